package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

type kindOf struct{ Group, Version, Kind string }

func (k kindOf) String() string { return group(k.Group) + " " + k.Version + " " + k.Kind }

type operation struct {
	Action string `json:"x-kubernetes-action"`
	Kind   kindOf `json:"x-kubernetes-group-version-kind"`
}

type resource struct {
	kind         kindOf
	isNamespaced bool
	verbs        map[string]bool
}

// resourceTable writes a line a resource, and below it a line a subresource.
func resourceTable(documents []document) ([]byte, error) {
	all := map[string]*resource{}
	for _, one := range documents {
		for path, methods := range one.Paths {
			key, isNamespaced, ok := resourceOf(path)
			if !ok {
				continue
			}
			for method, text := range methods {
				var op operation
				if method == "parameters" || json.Unmarshal(text, &op) != nil || op.Action == "" {
					continue
				}
				verb := verbOf(op.Action, method)
				if verb == "" {
					continue
				}
				found := all[key]
				if found == nil {
					found = &resource{kind: op.Kind, verbs: map[string]bool{}}
					all[key] = found
				}
				if found.kind != op.Kind {
					return nil, fmt.Errorf("%s: %s and %s", path, found.kind, op.Kind)
				}
				found.isNamespaced = found.isNamespaced || isNamespaced
				found.verbs[verb] = true
			}
		}
	}
	var out bytes.Buffer
	out.WriteString(header("Resources"))
	out.WriteString("# GROUP VERSION PLURAL KIND SCOPE VERBS, then its subresources: NAME GROUP VERSION KIND VERBS\n")
	for _, key := range sorted(all) {
		one := all[key]
		parts := strings.Split(key, " ")
		verbs := strings.Join(sorted(one.verbs), ",")
		if len(parts) == 4 {
			fmt.Fprintf(&out, "\t%s %s %s\n", parts[3], one.kind, verbs)
			continue
		}
		scope := "cluster"
		if one.isNamespaced {
			scope = "namespaced"
		}
		fmt.Fprintf(&out, "%s %s %s %s\n", key, one.kind.Kind, scope, verbs)
	}
	return out.Bytes(), nil
}

// resourceOf reads a path: "GROUP VERSION PLURAL" or "GROUP VERSION PLURAL SUBRESOURCE".
func resourceOf(path string) (key string, isNamespaced, ok bool) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case len(parts) > 2 && parts[0] == "api":
		key, parts = "- "+parts[1], parts[2:]
	case len(parts) > 3 && parts[0] == "apis":
		key, parts = parts[1]+" "+parts[2], parts[3:]
	default:
		return "", false, false
	}
	if parts[0] == "watch" {
		parts = parts[1:]
	}
	if len(parts) > 2 && parts[0] == "namespaces" && parts[1] == "{namespace}" {
		isNamespaced, parts = true, parts[2:]
	}
	key += " " + parts[0]
	if len(parts) > 2 {
		key += " " + parts[2]
	}
	return key, isNamespaced, true
}

func verbOf(action, method string) string {
	switch action {
	case "connect":
		return map[string]string{
			"get": "get", "post": "create", "put": "update", "patch": "patch", "delete": "delete",
		}[method]
	case "post":
		return "create"
	case "put":
		return "update"
	case "watch", "watchlist":
		return "watch"
	}
	return action
}
