package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"
)

//go:embed demo.yaml
var manifests string

var (
	namespaces      = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
	services        = schema.GroupVersionResource{Version: "v1", Resource: "services"}
	pods            = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	events          = schema.GroupVersionResource{Version: "v1", Resource: "events"}
	replicaSets     = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "replicasets"}
	rollouts        = schema.GroupVersionResource{Group: "argoproj.io", Version: "v1alpha1", Resource: "rollouts"}
	templates       = schema.GroupVersionResource{Group: "argoproj.io", Version: "v1alpha1", Resource: "analysistemplates"}
	runs            = schema.GroupVersionResource{Group: "argoproj.io", Version: "v1alpha1", Resource: "analysisruns"}
	traefikServices = schema.GroupVersionResource{Group: "traefik.io", Version: "v1alpha1", Resource: "traefikservices"}

	resources = map[string]schema.GroupVersionResource{
		"Service": services, "Rollout": rollouts, "AnalysisTemplate": templates, "TraefikService": traefikServices,
	}
)

const rolloutName = "demo"

// story_ is what happens to a Rollout that is at rest.
type story_ struct {
	// What the metrics server answers: error rate.
	answer string
	// How often it is asked; 5s where nothing is said.
	interval string
	// Changes of the Rollout before it is made.
	patch string
	tell  func(context.Context, *stage, *account) error
}

func storyNames() []string { return slices.Sorted(maps.Keys(stories)) }

type stage struct {
	client    dynamic.Interface
	namespace string
}

// build makes the namespace and all that the Rollout stands on.
func (s *stage) build(ctx context.Context, told story_) error {
	space := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": s.namespace},
	}}
	if _, err := s.client.Resource(namespaces).Create(ctx, space, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	return s.make(ctx, told, func(kind string) bool { return kind != "Rollout" })
}

// raise makes the Rollout.
func (s *stage) raise(ctx context.Context, told story_) error {
	return s.make(ctx, told, func(kind string) bool { return kind == "Rollout" })
}

func (s *stage) make(ctx context.Context, told story_, chosen func(string) bool) error {
	interval := told.interval
	if interval == "" {
		interval = "5s"
	}
	written := strings.NewReplacer("ANSWER", told.answer, "INTERVAL", interval).Replace(manifests)
	for _, text := range strings.Split(written, "\n---\n") {
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(text), &object.Object); err != nil {
			return err
		}
		if !chosen(object.GetKind()) {
			continue
		}
		if object.GetKind() == "Rollout" && told.patch != "" {
			changed, err := merged(object.Object, told.patch)
			if err != nil {
				return err
			}
			object.Object = changed
		}
		target := s.client.Resource(resources[object.GetKind()]).Namespace(s.namespace)
		if _, err := target.Create(ctx, object, metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
	return nil
}

// merged is an object after a JSON merge patch.
func merged(object map[string]any, patch string) (map[string]any, error) {
	var change map[string]any
	if err := json.Unmarshal([]byte(patch), &change); err != nil {
		return nil, err
	}
	var merge func(into, from map[string]any)
	merge = func(into, from map[string]any) {
		for name, value := range from {
			if value == nil {
				delete(into, name)
			} else if inner, ok := value.(map[string]any); ok {
				below, ok := into[name].(map[string]any)
				if !ok {
					below = map[string]any{}
				}
				merge(below, inner)
				into[name] = below
			} else {
				into[name] = value
			}
		}
	}
	merge(object, change)
	return object, nil
}

// image changes the image, as a commit would.
func (s *stage) image(ctx context.Context, image string) error {
	patch := fmt.Sprintf(`[{"op":"replace","path":"/spec/template/spec/containers/0/image","value":%q}]`, image)
	_, err := s.client.Resource(rollouts).Namespace(s.namespace).
		Patch(ctx, rolloutName, types.JSONPatchType, []byte(patch), metav1.PatchOptions{})
	return err
}

// spec and status change the Rollout as its command line tool does.
func (s *stage) spec(ctx context.Context, patch string) error {
	_, err := s.client.Resource(rollouts).Namespace(s.namespace).
		Patch(ctx, rolloutName, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	return err
}

func (s *stage) status(ctx context.Context, patch string) error {
	_, err := s.client.Resource(rollouts).Namespace(s.namespace).
		Patch(ctx, rolloutName, types.MergePatchType, []byte(`{"status":`+patch+`}`), metav1.PatchOptions{}, "status")
	return err
}

func wait(ctx context.Context, span time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(span):
		return nil
	}
}
