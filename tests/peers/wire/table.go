package main

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"sort"
	"strconv"
	"strings"
)

// forms are the types whose JSON is not that of their fields, with the name of what it is.
var forms = map[string]string{
	"meta/v1.Time":                                  "time",
	"meta/v1.MicroTime":                             "microtime",
	"meta/v1.FieldsV1":                              "raw",
	"runtime.RawExtension":                          "raw",
	"intstr.IntOrString":                            "intorstring",
	"resource.Quantity":                             "quantity",
	"apiextensions/v1.JSON":                         "json",
	"apiextensions/v1.JSONSchemaPropsOrBool":        "schemaorbool",
	"apiextensions/v1.JSONSchemaPropsOrArray":       "schemaorarray",
	"apiextensions/v1.JSONSchemaPropsOrStringArray": "schemaorstrings",
}

// hidden are the wire fields of types that keep them out of their Go struct or its tags.
var hidden = map[string][]string{
	"meta/v1.Time":                                  {"1 seconds int64 ?", "2 nanos int32 ?"},
	"meta/v1.MicroTime":                             {"1 seconds int64 ?", "2 nanos int32 ?"},
	"meta/v1.FieldsV1":                              {"1 raw bytes ?"},
	"runtime.RawExtension":                          {"1 raw bytes ?"},
	"resource.Quantity":                             {"1 string string ?"},
	"apiextensions/v1.JSON":                         {"1 raw bytes ?"},
	"apiextensions/v1.JSONSchemaPropsOrBool":        {"1 allows bool ?", "2 schema &apiextensions/v1.JSONSchemaProps ?*"},
	"apiextensions/v1.JSONSchemaPropsOrArray":       {"1 schema &apiextensions/v1.JSONSchemaProps ?*", "2 jSONSchemas [&apiextensions/v1.JSONSchemaProps] ?"},
	"apiextensions/v1.JSONSchemaPropsOrStringArray": {"1 schema &apiextensions/v1.JSONSchemaProps ?*", "2 property [string] ?"},
	"intstr.IntOrString":                            {"1 type int64 ?", "2 intVal int32 ?", "3 strVal string ?"},
}

var jsonMarshaler = reflect.TypeFor[json.Marshaler]()

type protoMarshaler interface{ Marshal() ([]byte, error) }

var protoMarshalerType = reflect.TypeFor[protoMarshaler]()

type message struct {
	form   string
	kinds  []string
	fields []string
}

type collector struct {
	messages map[string]*message
	types    map[string]reflect.Type
}

// name shortens a type's import path to what tells it from the others.
func name(t reflect.Type) string {
	path := t.PkgPath()
	for _, prefix := range []string{
		"k8s.io/apiextensions-apiserver/pkg/apis/",
		"k8s.io/apimachinery/pkg/apis/",
		"k8s.io/apimachinery/pkg/util/",
		"k8s.io/apimachinery/pkg/api/",
		"k8s.io/apimachinery/pkg/",
		"k8s.io/api/",
	} {
		if rest, ok := strings.CutPrefix(path, prefix); ok {
			path = rest
			break
		}
	}
	return path + "." + t.Name()
}

func writeTable(out io.Writer, found []root) error {
	all := collector{map[string]*message{}, map[string]reflect.Type{}}
	for _, root := range found {
		id, err := all.visit(root.kind)
		if err != nil {
			return err
		}
		all.messages[id].kinds = append(all.messages[id].kinds, root.key())
	}
	fmt.Fprintf(out, "# Protobuf forms of Kubernetes %s. Written by tests/peers/wire; do not edit.\n", kubernetes)
	fmt.Fprintln(out, "# NAME FORM, then the kinds it stands for, then its fields as Go orders them: NUMBER JSON-NAME TYPE FLAGS")
	fmt.Fprintln(out, "# types: [T] list of T, {T} map of T, &NAME the message of that name; name . is inlined")
	fmt.Fprintln(out, "# flags: ? left out of JSON when empty, * pointer, 0 left out when zero, - neither")
	names := make([]string, 0, len(all.messages))
	for id := range all.messages {
		names = append(names, id)
	}
	sort.Strings(names)
	for _, id := range names {
		message := all.messages[id]
		fmt.Fprintf(out, "%s %s\n", id, message.form)
		for _, kind := range message.kinds {
			fmt.Fprintf(out, "\t@ %s\n", kind)
		}
		for _, field := range message.fields {
			fmt.Fprintf(out, "\t%s\n", field)
		}
	}
	return nil
}

// visit enters a message and all that it holds.
func (c collector) visit(t reflect.Type) (string, error) {
	id := name(t)
	if known, ok := c.types[id]; ok {
		if known != t {
			return "", fmt.Errorf("%v and %v share the name %s", known, t, id)
		}
		return id, nil
	}
	c.types[id] = t
	entry := &message{form: "struct"}
	c.messages[id] = entry
	if !reflect.PointerTo(t).Implements(protoMarshalerType) {
		return "", fmt.Errorf("%s has no protobuf form", id)
	}
	if form, ok := forms[id]; ok {
		entry.form = form
		entry.fields = hidden[id]
		if schema, ok := t.FieldByName("Schema"); ok {
			_, err := c.visit(schema.Type.Elem())
			return id, err
		}
		return id, nil
	}
	if reflect.PointerTo(t).Implements(jsonMarshaler) {
		return "", fmt.Errorf("%s writes its own JSON, which is not known here", id)
	}
	if t.Kind() == reflect.Slice {
		entry.form = "items"
		shape, err := c.shape(t.Elem())
		entry.fields = []string{"1 items [" + shape + "] ?"}
		return id, err
	}
	seen := map[int]bool{}
	for place := range t.NumField() {
		field := t.Field(place)
		number, line, err := c.field(field)
		if err != nil {
			return "", fmt.Errorf("%s.%s: %w", id, field.Name, err)
		}
		if line == "" {
			continue
		}
		if seen[number] {
			return "", fmt.Errorf("%s has two fields of number %d", id, number)
		}
		seen[number] = true
		entry.fields = append(entry.fields, line)
	}
	return id, noTwins(id, t)
}

// noTwins refuses two fields of one JSON name: which of them is shown is a rule that the table cannot tell.
func noTwins(id string, t reflect.Type) error {
	seen := map[string]bool{}
	var walk func(t reflect.Type) error
	walk = func(t reflect.Type) error {
		for place := range t.NumField() {
			name, flags, _ := strings.Cut(t.Field(place).Tag.Get("json"), ",")
			inner := t.Field(place).Type
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			if name == "" && (strings.Contains(flags, "inline") || t.Field(place).Anonymous) {
				if err := walk(inner); err != nil {
					return err
				}
			} else if name != "-" && seen[name] {
				return fmt.Errorf("%s has two fields of the name %s", id, name)
			}
			seen[name] = true
		}
		return nil
	}
	return walk(t)
}

// field reads the tags. The wire type in them is not always what is sent, so the Go type tells it, as it tells the
// generator of the wire code; the vectors judge that.
func (c collector) field(field reflect.StructField) (int, string, error) {
	tag := strings.Split(field.Tag.Get("protobuf"), ",")
	named := strings.Split(field.Tag.Get("json"), ",")
	if tag[0] == "" || tag[0] == "-" {
		if field.Name == "TypeMeta" || named[0] == "-" {
			return 0, "", nil
		}
		return 0, "", fmt.Errorf("shown in JSON, but not in protobuf")
	}
	number, err := strconv.Atoi(tag[1])
	if err != nil {
		return 0, "", err
	}
	flags := ""
	jsonName := named[0]
	for _, flag := range named[1:] {
		switch flag {
		case "omitempty":
			flags += "?"
		case "omitzero":
			flags += "0"
		case "inline":
			jsonName = "."
		default:
			return 0, "", fmt.Errorf("unknown JSON flag %s", flag)
		}
	}
	if jsonName == "" && field.Anonymous {
		jsonName = "."
	}
	if jsonName == "" {
		return 0, "", fmt.Errorf("no JSON name")
	}
	kind := field.Type
	if kind.Kind() == reflect.Pointer {
		flags += "*"
		kind = kind.Elem()
	}
	shape, err := c.shape(kind)
	if err != nil {
		return 0, "", err
	}
	if flags == "" {
		flags = "-"
	}
	return number, fmt.Sprintf("%d %s %s %s", number, jsonName, shape, flags), nil
}

// shape is the written type of a value that is not a pointer.
func (c collector) shape(t reflect.Type) (string, error) {
	if reflect.PointerTo(t).Implements(protoMarshalerType) {
		id, err := c.visit(t)
		return "&" + id, err
	}
	switch t.Kind() {
	case reflect.String:
		return "string", nil
	case reflect.Bool:
		return "bool", nil
	case reflect.Int32, reflect.Int64, reflect.Uint32, reflect.Uint64:
		return t.Kind().String(), nil
	case reflect.Int:
		return "int64", nil
	case reflect.Float64:
		return "double", nil
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes", nil
		}
		inner, err := c.shape(t.Elem())
		if strings.HasPrefix(inner, "[") || strings.HasPrefix(inner, "{") {
			return "", fmt.Errorf("a list of %s", inner)
		}
		return "[" + inner + "]", err
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			return "", fmt.Errorf("a map by %v", t.Key())
		}
		inner, err := c.shape(t.Elem())
		if strings.HasPrefix(inner, "[") || strings.HasPrefix(inner, "{") {
			return "", fmt.Errorf("a map of %s", inner)
		}
		return "{" + inner + "}", err
	}
	return "", fmt.Errorf("a type that is not known here: %v", t)
}
