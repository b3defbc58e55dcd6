package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
)

const refPrefix = "#/components/schemas/"

// definitionTable writes a line a definition, and below it its kinds ("@") and its fields, by name.
func definitionTable(documents []document) ([]byte, error) {
	lines := map[string]string{}
	kinds := map[string]map[string]bool{}
	for _, one := range documents {
		for name, schema := range one.Components.Schemas {
			if kinds[name] == nil {
				kinds[name] = map[string]bool{}
			}
			for _, kind := range list(schema["x-kubernetes-group-version-kind"]) {
				parts := kind.(map[string]any)
				kinds[name][fmt.Sprintf("\t@ %s %s %s\n", group(parts["group"]), parts["version"], parts["kind"])] = true
			}
			text, err := definition(name, schema)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", one.name, name, err)
			}
			if old, ok := lines[name]; ok && old != text {
				return nil, fmt.Errorf("%s: %s differs from its other publication", one.name, name)
			}
			lines[name] = text
		}
	}
	var out bytes.Buffer
	out.WriteString(header("Definitions"))
	out.WriteString("# NAME TYPE ATTRIBUTES, then the kinds it stands for, then its fields: FIELD TYPE ATTRIBUTES\n")
	out.WriteString("# types: [T] list of T, {T} map of T, &NAME the definition of that name\n")
	for _, name := range sorted(lines) {
		first, fields, _ := strings.Cut(lines[name], "\n")
		out.WriteString(first + "\n" + strings.Join(sorted(kinds[name]), "") + fields)
	}
	return out.Bytes(), nil
}

func definition(name string, schema map[string]any) (string, error) {
	var out strings.Builder
	text, err := described(schema, false)
	if err != nil {
		return "", err
	}
	out.WriteString(name + " " + text + "\n")
	properties, _ := schema["properties"].(map[string]any)
	for _, field := range sorted(properties) {
		isRequired := false
		for _, required := range list(schema["required"]) {
			isRequired = isRequired || required == field
		}
		text, err := described(properties[field].(map[string]any), isRequired)
		if err != nil {
			return "", fmt.Errorf("%s: %w", field, err)
		}
		out.WriteString("\t" + field + " " + text + "\n")
	}
	return out.String(), nil
}

// described is type and attributes of a definition or a field.
func described(schema map[string]any, isRequired bool) (string, error) {
	text, err := typeOf(schema)
	if err != nil {
		return "", err
	}
	if isRequired {
		text += " required"
	}
	for _, keyword := range sorted(schema) {
		value := schema[keyword]
		switch keyword {
		case "x-kubernetes-list-type":
			text += " list=" + value.(string)
			if keys := list(schema["x-kubernetes-list-map-keys"]); len(keys) > 0 {
				text += "(" + joined(keys) + ")"
			}
		case "x-kubernetes-map-type":
			text += " map=" + value.(string)
		case "x-kubernetes-patch-merge-key":
			text += " key=" + value.(string)
		case "x-kubernetes-patch-strategy":
			text += " patch=" + value.(string)
		case "x-kubernetes-int-or-string":
			text += " int-or-string"
		case "x-kubernetes-preserve-unknown-fields":
			text += " preserve-unknown"
		case "x-kubernetes-embedded-resource":
			text += " embedded"
		case "description", "type", "format", "allOf", "oneOf", "$ref", "items", "additionalProperties", "properties",
			"required", "default", "x-kubernetes-list-map-keys", "x-kubernetes-group-version-kind",
			"x-kubernetes-unions":
		default:
			return "", fmt.Errorf("keyword %s is not known", keyword)
		}
	}
	// The default comes last, as it may hold blanks.
	if value, ok := schema["default"]; ok {
		shown, err := json.Marshal(value)
		if err != nil {
			return "", err
		}
		text += " default=" + string(shown)
	}
	return text, nil
}

func typeOf(schema map[string]any) (string, error) {
	if ref, ok := schema["$ref"].(string); ok {
		return "&" + strings.TrimPrefix(ref, refPrefix), nil
	}
	if all := list(schema["allOf"]); len(all) > 0 {
		if len(all) > 1 {
			return "", fmt.Errorf("allOf of %d", len(all))
		}
		return typeOf(all[0].(map[string]any))
	}
	if one := list(schema["oneOf"]); len(one) > 0 {
		var types []string
		for _, branch := range one {
			types = append(types, branch.(map[string]any)["type"].(string))
		}
		return strings.Join(types, "|"), nil
	}
	kind, ok := schema["type"].(string)
	if !ok {
		return "any", nil
	}
	switch kind {
	case "array":
		inner, err := element(schema["items"])
		return "[" + inner + "]", err
	case "object":
		if schema["additionalProperties"] == nil {
			return "object", nil
		}
		inner, err := element(schema["additionalProperties"])
		return "{" + inner + "}", err
	}
	if format, ok := schema["format"].(string); ok {
		return kind + ":" + format, nil
	}
	return kind, nil
}

// element is the type of list elements and map values; of these only the type is of use.
func element(value any) (string, error) {
	schema, ok := value.(map[string]any)
	if !ok {
		return "", fmt.Errorf("neither items nor values")
	}
	for keyword := range schema {
		switch keyword {
		case "type", "format", "allOf", "$ref", "items", "additionalProperties", "default", "description":
		default:
			return "", fmt.Errorf("keyword %s in an element is not known", keyword)
		}
	}
	return typeOf(schema)
}

func group(value any) string {
	if value == "" {
		return "-"
	}
	return value.(string)
}

func list(value any) []any {
	items, _ := value.([]any)
	return items
}

func joined(values []any) string {
	var texts []string
	for _, value := range values {
		texts = append(texts, value.(string))
	}
	return strings.Join(texts, ",")
}

func sorted[T any](values map[string]T) []string {
	var names []string
	for name := range values {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
