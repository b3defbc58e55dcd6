// Writes src/sandbox/protobuf/table.txt: which field of which built-in message has which number, name and type.
// Facts come from the struct tags of the published Go types. Use: go run . KINDS > ../../../src/sandbox/protobuf/table.txt
// where KINDS is a file of lines "GROUP VERSION KIND" (the core group is "-").
package main

import (
	"bufio"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes/scheme"
)

// Messages whose JSON is not a map of their fields.
var special = map[reflect.Type]string{
	reflect.TypeOf(resource.Quantity{}):    "quantity",
	reflect.TypeOf(metav1.Time{}):          "time",
	reflect.TypeOf(metav1.MicroTime{}):     "microtime",
	reflect.TypeOf(metav1.FieldsV1{}):      "raw",
	reflect.TypeOf(runtime.RawExtension{}): "raw",
	reflect.TypeOf(intstr.IntOrString{}):   "intorstring",
}

var done = map[reflect.Type]bool{}
var lines = map[string]string{}

func name(t reflect.Type) string {
	path := strings.TrimPrefix(t.PkgPath(), "k8s.io/")
	return strings.ReplaceAll(path, "/", ".") + "." + t.Name()
}

type protoMessage interface{ ProtoMessage() }

func code(t reflect.Type) string {
	if s, ok := special[t]; ok {
		return s
	}
	switch t.Kind() {
	case reflect.Pointer:
		return code(t.Elem())
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	case reflect.Int32, reflect.Int64, reflect.Int, reflect.Uint8, reflect.Uint32:
		return "int"
	case reflect.Float64:
		return "double"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		// A named list is a message of its own with one field.
		if t.Name() != "" {
			return "items:[" + code(t.Elem()) + "]"
		}
		return "[" + code(t.Elem()) + "]"
	case reflect.Map:
		return "{" + code(t.Elem()) + "}"
	case reflect.Struct:
		message(t)
		return "&" + name(t)
	}
	panic(fmt.Sprint("unknown type ", t))
}

func message(t reflect.Type) {
	if done[t] {
		return
	}
	done[t] = true
	var out strings.Builder
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		tag := strings.Split(f.Tag.Get("protobuf"), ",")
		if len(tag) < 2 {
			// Kind and version are not part of the message.
			continue
		}
		json := strings.Split(f.Tag.Get("json"), ",")
		field := json[0]
		flags := ""
		if len(json) > 1 && json[1] == "inline" || f.Anonymous && field == "" {
			field = "~"
		} else if f.Type.Kind() == reflect.Pointer || len(json) < 2 || json[1] != "omitempty" {
			// Kept even if it is zero.
			flags = " !"
		}
		fmt.Fprintf(&out, "\t%s %s %s%s\n", tag[1], field, code(f.Type), flags)
	}
	lines[name(t)] = out.String()
}

func main() {
	file, err := os.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	var kinds []string
	for s := bufio.NewScanner(file); s.Scan(); {
		part := strings.Fields(s.Text())
		if len(part) != 3 {
			continue
		}
		gvk := schema.GroupVersionKind{Group: strings.TrimPrefix(part[0], "-"), Version: part[1], Kind: part[2]}
		object, err := scheme.Scheme.New(gvk)
		if err != nil {
			continue
		}
		t := reflect.TypeOf(object).Elem()
		message(t)
		kinds = append(kinds, fmt.Sprintf("@ %s %s", strings.Join(part, " "), name(t)))
	}
	sort.Strings(kinds)
	fmt.Println("# Messages of Kubernetes 1.37.2. Written by tests/peers/protobuf; do not edit.")
	fmt.Println("# Kinds with their messages, then messages: NUMBER FIELD TYPE, ~ for fields that stand in the map itself,")
	fmt.Println("# ! for fields that are kept though zero; [T] list, {T} map of text to T, items:[T] a list in a message.")
	for _, kind := range kinds {
		fmt.Println(kind)
	}
	var names []string
	for n := range lines {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		fmt.Printf("%s\n%s", n, lines[n])
	}
}
