package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"
)

var (
	secrets       = schema.GroupVersionResource{Version: "v1", Resource: "secrets"}
	sealedSecrets = schema.GroupVersionResource{Group: "bitnami.com", Version: "v1alpha1", Resource: "sealedsecrets"}
)

// makers is how many objects are made or changed at the same time.
const makers = 32

// measured makes `count` copies of a manifest and prints how long it takes until all are done: SealedSecrets until their
// Secrets exist; Rollouts until all are Healthy, once after their making and once after all images are changed.
func measured(ctx context.Context, config *rest.Config, what, file string, count int) error {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	manifest := map[string]any{}
	if err := yaml.Unmarshal(text, &manifest); err != nil {
		return err
	}
	name := func(i int) string { return fmt.Sprintf("m%04d", i) }
	create := func(of schema.GroupVersionResource) error {
		return each(count, func(i int) error {
			object := (&unstructured.Unstructured{Object: manifest}).DeepCopy()
			object.SetName(name(i))
			object.SetNamespace(*prefix)
			if object.GetKind() == "SealedSecret" {
				_ = unstructured.SetNestedField(object.Object, name(i), "spec", "template", "metadata", "name")
				_ = unstructured.SetNestedField(object.Object, *prefix, "spec", "template", "metadata", "namespace")
			}
			_, err := client.Resource(of).Namespace(*prefix).Create(ctx, object, metav1.CreateOptions{})
			if apierrors.IsAlreadyExists(err) {
				return nil
			}
			return err
		})
	}
	begin := time.Now()
	switch what {
	case "secrets":
		if err := create(sealedSecrets); err != nil {
			return err
		}
		made := time.Since(begin)
		if err := counted(ctx, client, secrets, count, func(o *unstructured.Unstructured) bool {
			return len(o.GetOwnerReferences()) > 0
		}); err != nil {
			return err
		}
		fmt.Printf("%d SealedSecrets made in %.1f s, all Secrets exist after %.1f s\n", count, made.Seconds(), time.Since(begin).Seconds())
	case "rollouts":
		healthy := func(revision string) func(*unstructured.Unstructured) bool {
			return func(o *unstructured.Unstructured) bool {
				return at(o, "status", "phase") == "Healthy" && at(o, "status", "observedGeneration") == at(o, "metadata", "generation") &&
					o.GetAnnotations()["rollout.argoproj.io/revision"] == revision
			}
		}
		if err := create(rollouts); err != nil {
			return err
		}
		if err := counted(ctx, client, rollouts, count, healthy("1")); err != nil {
			return err
		}
		fmt.Printf("%d Rollouts made and Healthy after %.1f s\n", count, time.Since(begin).Seconds())
		if err := wait(ctx, 3*time.Second); err != nil {
			return err
		}
		begin = time.Now()
		fmt.Fprintln(os.Stderr, "images change")
		patch := []byte(`[{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"demo:2"}]`)
		if err := each(count, func(i int) error {
			_, err := client.Resource(rollouts).Namespace(*prefix).Patch(ctx, name(i), types.JSONPatchType, patch, metav1.PatchOptions{})
			return err
		}); err != nil {
			return err
		}
		if err := counted(ctx, client, rollouts, count, healthy("2")); err != nil {
			return err
		}
		fmt.Printf("%d images changed at once, all Rollouts Healthy after %.1f s\n", count, time.Since(begin).Seconds())
	default:
		return fmt.Errorf("nothing to measure is named %q", what)
	}
	return nil
}

// each does something for every number below a bound, some at a time.
func each(count int, do func(int) error) error {
	var group sync.WaitGroup
	errs := make([]error, makers)
	for maker := range makers {
		group.Go(func() {
			for i := maker; i < count && errs[maker] == nil; i += makers {
				errs[maker] = do(i)
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// counted waits until so many objects of a kind are as wanted.
func counted(ctx context.Context, client dynamic.Interface, of schema.GroupVersionResource, count int, is func(*unstructured.Unstructured) bool) error {
	for end := time.Now().Add(20 * time.Minute); time.Now().Before(end); {
		listed, err := client.Resource(of).Namespace(*prefix).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		found := 0
		for i := range listed.Items {
			if is(&listed.Items[i]) {
				found++
			}
		}
		if found >= count {
			return nil
		}
		// Seldom, for whoever looks takes from whoever works.
		if err := wait(ctx, 500*time.Millisecond); err != nil {
			return err
		}
	}
	return fmt.Errorf("never were %d %s as wanted", count, of.Resource)
}
