package main

import (
	"fmt"
	"math/rand"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

type kind struct {
	file   string
	gvk    schema.GroupVersionKind
	schema map[string]any
	make   func(*rand.Rand) map[string]any
}

type object = map[string]any

var kinds = []kind{
	{"config-map", schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}, nil, configMap},
	{"deployment", schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}, nil, deployment},
	{"service", schema.GroupVersionKind{Version: "v1", Kind: "Service"}, nil, service},
	{"pod", schema.GroupVersionKind{Version: "v1", Kind: "Pod"}, nil, pod},
	{"custom", schema.GroupVersionKind{Group: "waxwing.test", Version: "v1", Kind: "Custom"}, customSchema, custom},
}

// Sets a field, most of the time not at all, rarely to nothing or to something wrong.
func maybe(chance *rand.Rand, into object, name string, value func() any) {
	switch draw := chance.Intn(100); {
	case draw < 45:
		into[name] = value()
	case draw < 47:
		into[name] = nil
	}
	if chance.Intn(400) == 0 {
		into[name] = []any{int64(7), "text", true, object{"odd": "map"}, []any{"list"}, 1.5}[chance.Intn(6)]
	}
}

func pick(chance *rand.Rand, values ...any) func() any {
	return func() any { return values[chance.Intn(len(values))] }
}

func texts(chance *rand.Rand, prefix string) func() any {
	return func() any {
		made := object{}
		for _, name := range []string{"a", "b", "c", "d.e/f"} {
			maybe(chance, made, prefix+name, pick(chance, "1", "2", ""))
		}
		return made
	}
}

// Some of the names, in any order, rarely one twice.
func some(chance *rand.Rand, names ...any) []any {
	var found []any
	for _, place := range chance.Perm(len(names)) {
		if chance.Intn(2) == 0 {
			found = append(found, names[place])
		}
	}
	if len(found) > 0 && chance.Intn(40) == 0 {
		found = append(found, found[0])
	}
	if found == nil {
		found = []any{}
	}
	return found
}

func each(chance *rand.Rand, key string, names []any, fill func(object)) func() any {
	return func() any {
		made := []any{}
		for _, name := range some(chance, names...) {
			item := object{key: name}
			fill(item)
			made = append(made, item)
		}
		return made
	}
}

func metadata(chance *rand.Rand) object {
	made := object{"name": "it", "namespace": "default"}
	maybe(chance, made, "labels", texts(chance, "l"))
	maybe(chance, made, "annotations", texts(chance, "n"))
	if chance.Intn(3) == 0 {
		maybe(chance, made, "finalizers", func() any { return some(chance, "x.y/a", "x.y/b", "x.y/<c>") })
	}
	if chance.Intn(4) == 0 {
		maybe(chance, made, "ownerReferences", each(chance, "uid", []any{"u1", "u2"}, func(item object) {
			item["kind"], item["name"], item["apiVersion"] = "Pod", "p", "v1"
			maybe(chance, item, "controller", pick(chance, true, false))
		}))
	}
	return made
}

func configMap(chance *rand.Rand) object {
	made := object{"metadata": metadata(chance)}
	maybe(chance, made, "data", texts(chance, "k"))
	maybe(chance, made, "binaryData", texts(chance, "b"))
	maybe(chance, made, "immutable", pick(chance, true, false))
	if chance.Intn(40) == 0 {
		made["unknown"] = "field"
	}
	return made
}

func container(chance *rand.Rand) func(object) {
	return func(item object) {
		maybe(chance, item, "image", pick(chance, "i:1", "i:2"))
		maybe(chance, item, "args", func() any { return some(chance, "-a", "-b", "-c") })
		maybe(chance, item, "env", each(chance, "name", []any{"A", "B", "C", "D"}, func(item object) {
			maybe(chance, item, "value", pick(chance, "1", "2"))
		}))
		maybe(chance, item, "ports", each(chance, "containerPort", []any{int64(80), int64(443), int64(8080)}, func(item object) {
			maybe(chance, item, "protocol", pick(chance, "TCP", "UDP"))
			maybe(chance, item, "name", pick(chance, "p", "q"))
		}))
		maybe(chance, item, "resources", func() any {
			return object{"limits": object{"cpu": []any{"500m", 0.5, int64(1)}[chance.Intn(3)]}}
		})
		maybe(chance, item, "volumeMounts", each(chance, "mountPath", []any{"/a", "/b"}, func(item object) { item["name"] = "v" }))
	}
}

func podSpec(chance *rand.Rand) func() any {
	return func() any {
		made := object{"containers": each(chance, "name", []any{"a", "b", "c", "d"}, container(chance))()}
		maybe(chance, made, "nodeSelector", texts(chance, "s"))
		maybe(chance, made, "volumes", each(chance, "name", []any{"v", "w"}, func(item object) { maybe(chance, item, "emptyDir", func() any { return object{} }) }))
		maybe(chance, made, "imagePullSecrets", each(chance, "name", []any{"x", "y"}, func(object) {}))
		maybe(chance, made, "hostAliases", each(chance, "ip", []any{"1.1.1.1", "2.2.2.2"}, func(item object) { item["hostnames"] = some(chance, "h", "i") }))
		maybe(chance, made, "tolerations", each(chance, "key", []any{"k", "l"}, func(object) {}))
		maybe(chance, made, "terminationGracePeriodSeconds", pick(chance, int64(1), int64(30)))
		maybe(chance, made, "topologySpreadConstraints", each(chance, "topologyKey", []any{"zone", "host"}, func(item object) {
			item["whenUnsatisfiable"] = pick(chance, "DoNotSchedule", "ScheduleAnyway")()
			maybe(chance, item, "maxSkew", pick(chance, int64(1), int64(2)))
		}))
		maybe(chance, made, "securityContext", func() any { return object{} })
		return made
	}
}

func deployment(chance *rand.Rand) object {
	spec := object{}
	maybe(chance, spec, "replicas", pick(chance, int64(0), int64(1), int64(2)))
	maybe(chance, spec, "selector", func() any { return object{"matchLabels": texts(chance, "m")()} })
	maybe(chance, spec, "strategy", func() any {
		made := object{}
		maybe(chance, made, "type", pick(chance, "RollingUpdate", "Recreate"))
		maybe(chance, made, "rollingUpdate", func() any {
			return object{"maxSurge": pick(chance, int64(1), "25%")()}
		})
		return made
	})
	maybe(chance, spec, "template", func() any {
		return object{"metadata": object{"labels": texts(chance, "t")()}, "spec": podSpec(chance)()}
	})
	maybe(chance, spec, "paused", pick(chance, true, false))
	if chance.Intn(40) == 0 {
		spec["replica"] = int64(1)
	}
	made := object{"metadata": metadata(chance), "spec": spec}
	maybe(chance, made, "status", func() any {
		return object{"replicas": int64(chance.Intn(3)), "conditions": each(chance, "type", []any{"Available", "Progressing"}, func(item object) {
			item["status"] = pick(chance, "True", "False")()
		})()}
	})
	return made
}

func service(chance *rand.Rand) object {
	spec := object{}
	maybe(chance, spec, "selector", texts(chance, "s"))
	maybe(chance, spec, "type", pick(chance, "ClusterIP", "NodePort"))
	maybe(chance, spec, "externalIPs", func() any { return some(chance, "1.1.1.1", "2.2.2.2") })
	maybe(chance, spec, "ports", each(chance, "port", []any{int64(80), int64(443), int64(8080)}, func(item object) {
		maybe(chance, item, "protocol", pick(chance, "TCP", "UDP"))
		maybe(chance, item, "name", pick(chance, "p", "q"))
		maybe(chance, item, "targetPort", pick(chance, "web", int64(1)))
	}))
	maybe(chance, spec, "sessionAffinityConfig", func() any { return object{"clientIP": object{"timeoutSeconds": int64(chance.Intn(2))}} })
	return object{"metadata": metadata(chance), "spec": spec}
}

func pod(chance *rand.Rand) object {
	made := object{"metadata": metadata(chance), "spec": podSpec(chance)()}
	maybe(chance, made, "status", func() any {
		return object{"phase": pick(chance, "Running", "Failed")(), "podIPs": each(chance, "ip", []any{"1.1.1.1", "2.2.2.2"}, func(object) {})()}
	})
	return made
}

var text = object{"type": "string"}

var customSchema = object{
	"type": "object",
	"properties": object{
		"spec": object{
			"type": "object",
			"properties": object{
				"size":    object{"type": "integer"},
				"port":    object{"x-kubernetes-int-or-string": true},
				"tags":    object{"type": "array", "x-kubernetes-list-type": "set", "items": text},
				"numbers": object{"type": "array", "x-kubernetes-list-type": "set", "items": object{"type": "number"}},
				"words":   object{"type": "array", "items": text},
				"whole":   object{"type": "object", "x-kubernetes-map-type": "atomic", "additionalProperties": text},
				"map":     object{"type": "object", "additionalProperties": text},
				"nested":  object{"type": "object", "additionalProperties": object{"type": "object", "properties": object{"a": text, "b": text}}},
				"free":    object{"type": "object", "x-kubernetes-preserve-unknown-fields": true},
				"partly": object{"type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": object{
					"known": text, "inner": object{"type": "object", "properties": object{"x": text}}}},
				"rules": object{"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": []any{"name", "kind"}, "items": object{
					"type": "object", "required": []any{"name"}, "properties": object{
						"name": text, "kind": object{"type": "string", "default": "plain"}, "value": text,
						"parts": object{"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": []any{"id"}, "items": object{
							"type": "object", "properties": object{"id": object{"type": "integer"}, "on": object{"type": "boolean"}}}},
					}}},
			},
		},
		"status": object{"type": "object", "properties": object{"phase": text, "seen": object{"type": "integer"}}},
	},
}

func custom(chance *rand.Rand) object {
	spec := object{}
	free := func() any {
		made := object{}
		maybe(chance, made, "a", pick(chance, int64(1), "x", object{"deep": object{"er": true}}))
		maybe(chance, made, "list", func() any { return some(chance, "x", "y") })
		maybe(chance, made, "known", pick(chance, "k", "l"))
		maybe(chance, made, "inner", func() any { return object{"x": fmt.Sprint(chance.Intn(2))} })
		return made
	}
	maybe(chance, spec, "size", pick(chance, int64(1), int64(2)))
	maybe(chance, spec, "port", pick(chance, int64(80), "http"))
	maybe(chance, spec, "tags", func() any { return some(chance, "a", "b", "c", "<d>") })
	maybe(chance, spec, "numbers", func() any { return some(chance, int64(1), 2.5, int64(30)) })
	maybe(chance, spec, "words", func() any { return some(chance, "a", "b") })
	maybe(chance, spec, "whole", texts(chance, "w"))
	maybe(chance, spec, "map", texts(chance, "m"))
	maybe(chance, spec, "nested", func() any {
		made := object{}
		for _, name := range []string{"x", "y"} {
			maybe(chance, made, name, func() any {
				inner := object{}
				maybe(chance, inner, "a", pick(chance, "1", "2"))
				maybe(chance, inner, "b", pick(chance, "1", "2"))
				return inner
			})
		}
		return made
	})
	maybe(chance, spec, "free", free)
	maybe(chance, spec, "partly", free)
	maybe(chance, spec, "rules", each(chance, "name", []any{"a", "b", "c"}, func(item object) {
		maybe(chance, item, "kind", pick(chance, "plain", "other"))
		maybe(chance, item, "value", pick(chance, "1", "2"))
		maybe(chance, item, "parts", each(chance, "id", []any{int64(1), int64(2), int64(10)}, func(item object) {
			maybe(chance, item, "on", pick(chance, true, false))
		}))
	}))
	made := object{"metadata": metadata(chance), "spec": spec}
	maybe(chance, made, "status", func() any { return object{"phase": pick(chance, "A", "B")(), "seen": int64(1)} })
	return made
}
