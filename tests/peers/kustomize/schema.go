package main

import (
	"encoding/json"
	"fmt"
	"io"
	"sort"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/openapi"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// field is what a strategic merge needs to know of one field.
type field struct {
	name, reference, strategy string
	keys                      []string
	isList                    bool
}

// writeSchema writes src/kustomize/schema/table.txt: the definitions through which a merged list can be
// reached, the kinds that start there, and the kinds that are cluster-scoped.
func writeSchema(out io.Writer) {
	definitions := openapi.Schema().Definitions
	fields := map[string][]field{}
	useful := map[string]bool{}
	for name, definition := range definitions {
		for key, property := range definition.Properties {
			f := field{name: key}
			reference := property.Ref.String()
			if property.Items != nil && property.Items.Schema != nil {
				f.isList = true
				reference = property.Items.Schema.Ref.String()
			}
			f.reference = strings.TrimPrefix(reference, "#/definitions/")
			f.strategy, f.keys = (&openapi.ResourceSchema{Schema: &property}).PatchStrategyAndKeyList()
			if strings.Contains(f.strategy, "merge") && f.isList {
				useful[name] = true
			} else {
				f.strategy, f.keys = "", nil
			}
			fields[name] = append(fields[name], f)
		}
	}
	for changed := true; changed; {
		changed = false
		for name, list := range fields {
			for _, f := range list {
				if useful[f.reference] && !useful[name] {
					useful[name], changed = true, true
				}
			}
		}
	}
	fmt.Fprintln(out, "# Written by tests/peers/kustomize from the schema that kustomize 5.8.1 has built in; do not edit.")
	fmt.Fprintln(out, "# cluster APIVERSION KIND; kind APIVERSION KIND DEFINITION; DEFINITION, then its fields:")
	fmt.Fprintln(out, "# FIELD REFERENCE, FIELD [REFERENCE] or FIELD [REFERENCE] merge=KEYS")
	var kinds []string
	for name, definition := range definitions {
		list, _ := definition.Extensions["x-kubernetes-group-version-kind"].([]interface{})
		for _, one := range list {
			text, _ := json.Marshal(one)
			var gvk struct{ Group, Version, Kind string }
			json.Unmarshal(text, &gvk)
			version := strings.TrimPrefix(gvk.Group+"/"+gvk.Version, "/")
			if useful[name] {
				kinds = append(kinds, fmt.Sprintf("kind %s %s %s", version, gvk.Kind, name))
			}
			if openapi.IsCertainlyClusterScoped(yaml.TypeMeta{APIVersion: version, Kind: gvk.Kind}) {
				kinds = append(kinds, fmt.Sprintf("cluster %s %s", version, gvk.Kind))
			}
		}
	}
	sort.Strings(kinds)
	for _, line := range kinds {
		fmt.Fprintln(out, line)
	}
	var names []string
	for name := range useful {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintln(out, name)
		list := fields[name]
		sort.Slice(list, func(i, j int) bool { return list[i].name < list[j].name })
		for _, f := range list {
			reference := f.reference
			if !useful[reference] {
				reference = ""
			}
			if f.isList {
				reference = "[" + reference + "]"
			}
			if f.strategy != "" {
				reference += " merge=" + strings.Join(f.keys, ",")
			}
			if reference != "" && reference != "[]" {
				fmt.Fprintf(out, "\t%s %s\n", f.name, reference)
			}
		}
	}
}
