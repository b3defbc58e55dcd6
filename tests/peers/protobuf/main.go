// Command protobuf writes the table of protobuf fields that the embedded server reads bodies with:
// which number of which message is which field of the JSON form. It reads the struct tags of the Go types.
//
// Use: go run . > ../../../src/sandbox/decode/protobuf.txt
package main

import (
	"fmt"
	"reflect"
	"sort"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
)

// Types whose JSON form is not that of their fields.
var special = map[string]string{
	"k8s.io/apimachinery/pkg/apis/meta/v1.Time":       "time",
	"k8s.io/apimachinery/pkg/apis/meta/v1.MicroTime":  "microtime",
	"k8s.io/apimachinery/pkg/apis/meta/v1.Duration":   "duration",
	"k8s.io/apimachinery/pkg/apis/meta/v1.FieldsV1":   "json",
	"k8s.io/apimachinery/pkg/api/resource.Quantity":   "quantity",
	"k8s.io/apimachinery/pkg/util/intstr.IntOrString": "intorstring",
	"k8s.io/apimachinery/pkg/runtime.RawExtension":    "json",
}

type table struct {
	messages map[string][]string
	todo     []reflect.Type
}

func name(t reflect.Type) string {
	path := strings.TrimPrefix(t.PkgPath(), "k8s.io/")
	path = strings.TrimPrefix(path, "apimachinery/pkg/")
	return path + "." + t.Name()
}

// word names a type; ask adds messages that are yet to be written.
func (w *table) word(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		return w.word(t.Elem())
	}
	if word, ok := special[t.PkgPath()+"."+t.Name()]; ok {
		return word
	}
	switch t.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	case reflect.Int32, reflect.Int64, reflect.Int, reflect.Uint32, reflect.Uint64, reflect.Uint8:
		return "int"
	case reflect.Float64:
		return "double"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		if t.Name() != "" && t.Elem().Kind() == reflect.String {
			// A named list is a message that holds the list.
			return "items"
		}
		return "[" + w.word(t.Elem()) + "]"
	case reflect.Map:
		return "{" + w.word(t.Elem()) + "}"
	case reflect.Struct:
		w.todo = append(w.todo, t)
		return "&" + name(t)
	}
	panic("no word for " + t.String())
}

func (w *table) write(t reflect.Type) {
	if _, done := w.messages[name(t)]; done {
		return
	}
	w.messages[name(t)] = nil
	var lines []string
	for i := 0; i < t.NumField(); i++ {
		field := t.Field(i)
		parts := strings.Split(field.Tag.Get("protobuf"), ",")
		if len(parts) < 2 {
			continue
		}
		json := strings.Split(field.Tag.Get("json"), ",")[0]
		if json == "-" {
			continue
		}
		if json == "" {
			json = "-"
		}
		word := w.word(field.Type)
		if field.Type.Kind() == reflect.Pointer {
			word = "*" + word
		}
		lines = append(lines, fmt.Sprintf("\t%s %s %s", parts[1], json, word))
	}
	w.messages[name(t)] = lines
}

func main() {
	w := &table{messages: map[string][]string{}}
	var kinds []string
	add := func(group, version, kind string, t reflect.Type) {
		kinds = append(kinds, fmt.Sprintf("=%s/%s/%s %s", group, version, kind, name(t)))
		w.todo = append(w.todo, t)
	}
	for gvk, t := range scheme.Scheme.AllKnownTypes() {
		if gvk.Version != "v1" && gvk.Version != "v2" {
			continue
		}
		if strings.HasSuffix(gvk.Kind, "List") || strings.HasSuffix(gvk.Kind, "Options") || gvk.Kind == "WatchEvent" {
			continue
		}
		add(gvk.Group, gvk.Version, gvk.Kind, t)
	}
	add("", "v1", "DeleteOptions", reflect.TypeOf(metav1.DeleteOptions{}))
	for len(w.todo) > 0 {
		t := w.todo[0]
		w.todo = w.todo[1:]
		w.write(t)
	}
	sort.Strings(kinds)
	fmt.Println("# Protobuf fields of Kubernetes 1.37.2. Written by tests/peers/protobuf; do not edit.")
	fmt.Println("# =GROUP/VERSION/KIND MESSAGE; MESSAGE, then its fields: NUMBER JSON-NAME TYPE (- is inline, * is a pointer)")
	for _, line := range kinds {
		fmt.Println(line)
	}
	names := make([]string, 0, len(w.messages))
	for name := range w.messages {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Println(name)
		for _, line := range w.messages[name] {
			fmt.Println(line)
		}
	}
}
