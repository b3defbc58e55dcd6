package main

import (
	"fmt"
	"io"
	"reflect"
	"sort"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

// Writes which plain values (numbers, texts, booleans) each type leaves out when they are zero, a type a line.
func omitted(out io.Writer) {
	found := map[string][]string{}
	seen := map[reflect.Type]bool{}
	var visit func(reflect.Type)
	visit = func(kind reflect.Type) {
		switch kind.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			visit(kind.Elem())
			return
		case reflect.Struct:
		default:
			return
		}
		if seen[kind] || !strings.HasPrefix(kind.PkgPath(), "k8s.io/") {
			return
		}
		seen[kind] = true
		var names []string
		var fields func(reflect.Type)
		fields = func(kind reflect.Type) {
			for place := range kind.NumField() {
				field := kind.Field(place)
				name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
				if field.Anonymous && name == "" && field.Type.Kind() == reflect.Struct {
					fields(field.Type)
				}
				visit(field.Type)
				switch field.Type.Kind() {
				case reflect.String, reflect.Bool, reflect.Int32, reflect.Int64:
					if name != "" && strings.Contains(options, "omitempty") {
						names = append(names, name)
					}
				}
			}
		}
		fields(kind)
		sort.Strings(names)
		if len(names) > 0 {
			found[kind.Name()] = names
		}
	}
	for _, root := range []any{
		corev1.Pod{}, corev1.Service{}, corev1.ConfigMap{}, corev1.Secret{}, corev1.Namespace{}, corev1.Node{}, corev1.PersistentVolumeClaim{},
		corev1.ServiceAccount{}, appsv1.Deployment{}, appsv1.ReplicaSet{}, appsv1.StatefulSet{}, appsv1.DaemonSet{}, batchv1.CronJob{}, batchv1.Job{},
	} {
		visit(reflect.TypeOf(root))
	}
	fmt.Fprintln(out, "# Fields of the types of k8s.io/api v0.37.2 that are left out when they are zero. Written by tests/peers/apply -omitted; do not edit.")
	for _, name := range names(toAny(found)) {
		fmt.Fprintln(out, name, strings.Join(found[name], " "))
	}
}

func toAny(found map[string][]string) map[string]any {
	made := map[string]any{}
	for name := range found {
		made[name] = nil
	}
	return made
}
