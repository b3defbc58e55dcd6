package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"sort"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// Objects stay as they are: no versions, no defaults.
type plain struct{}

func (plain) Convert(in, out, context any) error { return errors.New("not here") }
func (plain) ConvertToVersion(in runtime.Object, _ runtime.GroupVersioner) (runtime.Object, error) {
	return in, nil
}
func (plain) ConvertFieldLabel(schema.GroupVersionKind, string, string) (string, string, error) {
	return "", "", errors.New("not here")
}
func (plain) Default(runtime.Object) {}
func (plain) New(gvk schema.GroupVersionKind) (runtime.Object, error) {
	object := &unstructured.Unstructured{Object: map[string]any{}}
	object.SetGroupVersionKind(gvk)
	return object, nil
}

func readTypes(folder string) (map[string]*spec.Schema, error) {
	types := map[string]*spec.Schema{}
	for _, name := range []string{"api__v1", "apis__apps__v1"} {
		text, err := os.ReadFile(filepath.Join(folder, name+"_openapi.json"))
		if err != nil {
			return nil, err
		}
		var document struct {
			Components struct {
				Schemas map[string]*spec.Schema `json:"schemas"`
			} `json:"components"`
		}
		if err := json.Unmarshal(text, &document); err != nil {
			return nil, err
		}
		for name, schema := range document.Components.Schemas {
			types[name] = schema
		}
	}
	for _, kind := range kinds {
		if kind.schema == nil {
			continue
		}
		text, err := json.Marshal(kind.schema)
		if err != nil {
			return nil, err
		}
		custom := &spec.Schema{}
		if err := json.Unmarshal(text, custom); err != nil {
			return nil, err
		}
		// What the API server adds to the schema of a definition.
		custom.SetProperty("apiVersion", *spec.StringProperty())
		custom.SetProperty("kind", *spec.StringProperty())
		custom.SetProperty("metadata", *spec.RefSchema("#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"))
		custom.AddExtension("x-kubernetes-group-version-kind", []any{map[string]any{
			"group": kind.gvk.Group, "version": kind.gvk.Version, "kind": kind.gvk.Kind,
		}})
		types["waxwing.dev.test."+kind.gvk.Kind] = custom
	}
	return types, nil
}

func run(types map[string]*spec.Schema, kind kind, chance *rand.Rand) sequence {
	converter, err := managedfields.NewTypeConverter(types, false)
	if err != nil {
		panic(err)
	}
	managerOf := func(subresource string) *managedfields.FieldManager {
		reset := fieldpath.NewSet(fieldpath.MakePathOrDie("status"))
		if subresource == "status" {
			reset = fieldpath.NewSet(fieldpath.MakePathOrDie("spec"))
		}
		filter := fieldpath.NewExcludeFilterSetMap(map[fieldpath.APIVersion]*fieldpath.Set{
			fieldpath.APIVersion(kind.gvk.GroupVersion().String()): reset,
		})
		manager, err := managedfields.NewDefaultFieldManager(converter, plain{}, plain{}, plain{}, kind.gvk, kind.gvk.GroupVersion(), subresource, filter)
		if err != nil {
			panic(err)
		}
		return manager
	}
	managers := map[string]*managedfields.FieldManager{"": managerOf(""), "status": managerOf("status")}
	live, _ := plain{}.New(kind.gvk)
	result := sequence{Kind: kind.gvk.GroupVersion().String() + "/" + kind.gvk.Kind, Schema: kind.schema}
	for range 3 + chance.Intn(10) {
		step := nextStep(kind, live.(*unstructured.Unstructured), chance)
		object := &unstructured.Unstructured{Object: runtime.DeepCopyJSON(step.Object)}
		var out runtime.Object
		var err error
		if step.Operation == "Apply" {
			out, err = managers[step.Subresource].Apply(live.DeepCopyObject(), object, step.Manager, step.Force)
		} else {
			out, err = managers[step.Subresource].Update(live.DeepCopyObject(), object, step.Manager)
		}
		if err != nil && (step.Operation == "Update" || strings.Contains(err.Error(), "existing fields") || strings.Contains(err.Error(), "typed live object")) {
			// The API server lets nothing of a wrong type that far.
			continue
		}
		if err != nil {
			step.Error = err.Error()
			if status, ok := err.(apierrors.APIStatus); ok && status.Status().Details != nil {
				for _, cause := range status.Status().Details.Causes {
					step.Causes = append(step.Causes, cause.Field+": "+cause.Message)
				}
				sort.Strings(step.Causes)
			}
		} else {
			live = out
			next := live.(*unstructured.Unstructured)
			next.SetUID("there")
			evenTimes(next)
			step.Result = runtime.DeepCopyJSON(next.Object)
		}
		result.Steps = append(result.Steps, step)
	}
	return result
}

// Only whether there is a time is of interest.
func evenTimes(object *unstructured.Unstructured) {
	entries := object.GetManagedFields()
	for place := range entries {
		if entries[place].Time != nil {
			entries[place].Time = &metav1.Time{Time: metav1.Unix(1, 0).UTC()}
		}
	}
	if len(entries) > 0 {
		object.SetManagedFields(entries)
	}
}

func nextStep(kind kind, live *unstructured.Unstructured, chance *rand.Rand) step {
	step := step{Operation: "Apply", Manager: string(rune('a' + chance.Intn(3))), Force: chance.Intn(3) == 0}
	if chance.Intn(12) == 0 {
		step.Manager = "kubectl"
	}
	if chance.Intn(6) == 0 {
		step.Subresource = "status"
	}
	made := kind.make(chance)
	if chance.Intn(3) == 0 {
		step.Operation, step.Force = "Update", false
		if chance.Intn(4) == 0 {
			step.Manager = fmt.Sprintf("many-%d", chance.Intn(14))
		}
		object := runtime.DeepCopyJSON(live.Object)
		blend(object, made, chance)
		switch chance.Intn(20) {
		case 0:
			unstructured.RemoveNestedField(object, "metadata", "managedFields")
		case 1:
			unstructured.SetNestedSlice(object, []any{}, "metadata", "managedFields")
		}
		made = object
	}
	step.Object = made
	step.Object["apiVersion"], step.Object["kind"] = live.GetAPIVersion(), live.GetKind()
	return step
}

// Writes what was made into an object, and drops some of what is there.
func blend(object, made map[string]any, chance *rand.Rand) {
	for _, name := range names(object) {
		if name != "managedFields" && name != "metadata" && name != "uid" && chance.Intn(8) == 0 {
			delete(object, name)
		}
	}
	for _, name := range names(made) {
		value := made[name]
		inner, isMap := value.(map[string]any)
		before, wasMap := object[name].(map[string]any)
		switch {
		case isMap && wasMap:
			blend(before, inner, chance)
		case chance.Intn(3) > 0:
			object[name] = value
		}
	}
}

func names(object map[string]any) []string {
	var found []string
	for name := range object {
		found = append(found, name)
	}
	sort.Strings(found)
	return found
}
