package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
)

const (
	hashLabel = "rollouts-pod-template-hash"
	patience  = 120 * time.Second
)

// entry is one thing that anybody on the cluster can see.
type entry struct {
	at      time.Duration // since the last mark
	instant time.Time
	after   string // the mark
	aspect  string // what it is about; only entries of one aspect have an order
	text    string
}

// account is what was seen of one side.
type account struct {
	side      string
	namespace string
	lock      sync.Mutex
	changed   chan struct{}
	entries   []entry
	marked    time.Time
	marks     map[string]time.Time
	after     string
	last      time.Time
	hashes    []string // of ReplicaSets, in the order of their making
	objects   map[string]*unstructured.Unstructured
	failed    error
}

func newAccount(side, namespace string) *account {
	return &account{
		side: side, namespace: namespace, changed: make(chan struct{}), marked: time.Now(), marks: map[string]time.Time{"creation": time.Now()}, after: "creation", last: time.Now(),
		objects: map[string]*unstructured.Unstructured{},
	}
}

// mark begins to count time anew.
func (a *account) mark(name string) {
	a.lock.Lock()
	defer a.lock.Unlock()
	a.marked, a.after = time.Now(), name
	a.marks[name] = a.marked
}

// follow watches what is compared until the context ends.
func (a *account) follow(ctx context.Context, client dynamic.Interface, namespace string) error {
	for _, of := range []schema.GroupVersionResource{replicaSets, services, traefikServices, rollouts, runs, events, pods} {
		target := client.Resource(of).Namespace(namespace)
		listed, err := target.List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for i := range listed.Items {
			a.note(watch.Added, &listed.Items[i])
		}
		version := listed.GetResourceVersion()
		go func() {
			for ctx.Err() == nil {
				watching, err := target.Watch(ctx, metav1.ListOptions{ResourceVersion: version})
				if err != nil {
					a.fail(ctx, fmt.Errorf("watch of %s: %w", of.Resource, err))
					return
				}
				for seen := range watching.ResultChan() {
					object, ok := seen.Object.(*unstructured.Unstructured)
					if !ok || seen.Type == watch.Error {
						a.fail(ctx, fmt.Errorf("watch of %s: %v", of.Resource, seen.Object))
						return
					}
					version = object.GetResourceVersion()
					a.note(seen.Type, object)
				}
			}
		}()
	}
	return nil
}

func (a *account) fail(ctx context.Context, err error) {
	a.lock.Lock()
	defer a.lock.Unlock()
	if ctx.Err() == nil {
		a.failed = err
	}
}

// note compares an object with what was known of it.
func (a *account) note(kind watch.EventType, object *unstructured.Unstructured) {
	a.lock.Lock()
	defer a.lock.Unlock()
	key := object.GetKind() + " " + object.GetName()
	before := a.objects[key]
	if kind == watch.Deleted {
		delete(a.objects, key)
	} else {
		a.objects[key] = object
	}
	say := func(aspect, format string, values ...any) {
		text := fmt.Sprintf(format, values...)
		a.entries = append(a.entries, entry{at: time.Since(a.marked), instant: time.Now(), after: a.after, aspect: aspect, text: text})
		a.last = time.Now()
	}
	switch object.GetKind() {
	case "ReplicaSet":
		a.replicaSet(kind, before, object, say)
	case "Rollout":
		rollout(before, object, say)
	case "AnalysisRun":
		analysisRun(before, object, kind, say)
	case "Service":
		changedText(before, object, "service "+object.GetName(), say, func(o *unstructured.Unstructured) string {
			return at(o, "spec", "selector", hashLabel)
		})
		changedText(before, object, "manager of service "+object.GetName(), say, func(o *unstructured.Unstructured) string {
			return o.GetAnnotations()["argo-rollouts.argoproj.io/managed-by-rollouts"]
		})
	case "TraefikService":
		changedText(before, object, "weights", say, weights)
	case "Event":
		about := at(object, "involvedObject", "kind")
		if kind == watch.Deleted || about != "Rollout" && about != "AnalysisRun" {
			break
		}
		say("events of "+about, "%s %s: %s", at(object, "type"), at(object, "reason"), at(object, "message"))
	}
	close(a.changed)
	a.changed = make(chan struct{})
}

type sayer func(aspect, format string, values ...any)

func changedText(before, now *unstructured.Unstructured, aspect string, say sayer, of func(*unstructured.Unstructured) string) {
	was, is := "", of(now)
	if before != nil {
		was = of(before)
	}
	if was != is {
		say(aspect, "%s", is)
	}
}

func weights(o *unstructured.Unstructured) string {
	listed, _, _ := unstructured.NestedSlice(o.Object, "spec", "weighted", "services")
	var parts []string
	for _, each := range listed {
		service, _ := each.(map[string]any)
		if service["weight"] != nil {
			parts = append(parts, fmt.Sprintf("%v %v", service["name"], service["weight"]))
		}
	}
	return strings.Join(parts, ", ")
}

func (a *account) replicaSet(kind watch.EventType, before, now *unstructured.Unstructured, say sayer) {
	hash := now.GetLabels()[hashLabel]
	if !slices.Contains(a.hashes, hash) {
		a.hashes = append(a.hashes, hash)
	}
	aspect := "replica set " + hash
	replicas := func(o *unstructured.Unstructured) string { return at(o, "spec", "replicas") }
	switch {
	case kind == watch.Deleted:
		say(aspect, "deleted")
	case before == nil:
		say(aspect, "made with %s replicas", replicas(now))
	case replicas(before) != replicas(now):
		say(aspect, "scaled from %s to %s", replicas(before), replicas(now))
	}
	for _, name := range []string{"rollout.argoproj.io/revision", "rollout.argoproj.io/desired-replicas", "rollout.argoproj.io/revision-history"} {
		changedText(before, now, aspect+" "+name, say, func(o *unstructured.Unstructured) string { return o.GetAnnotations()[name] })
	}
	changedText(before, now, aspect+" deadline", say, func(o *unstructured.Unstructured) string {
		if o.GetAnnotations()["scale-down-deadline"] != "" {
			return "set"
		}
		return ""
	})
}

func rollout(before, now *unstructured.Unstructured, say sayer) {
	field := func(aspect string, path ...string) {
		changedText(before, now, aspect, say, func(o *unstructured.Unstructured) string { return at(o, path...) })
	}
	changedText(before, now, "phase", say, func(o *unstructured.Unstructured) string {
		return strings.TrimSuffix(at(o, "status", "phase")+": "+at(o, "status", "message"), ": ")
	})
	field("step", "status", "currentStepIndex")
	changedText(before, now, "generation is observed", say, func(o *unstructured.Unstructured) string {
		return fmt.Sprint(at(o, "status", "observedGeneration") == at(o, "metadata", "generation"))
	})
	field("steps hash", "status", "currentStepHash")
	field("stable", "status", "stableRS")
	field("current", "status", "currentPodHash")
	for _, name := range []string{"abort", "promoteFull"} {
		changedText(before, now, name, say, func(o *unstructured.Unstructured) string {
			return strings.TrimPrefix(at(o, "status", name), "false")
		})
	}
	field("pause by the controller", "status", "controllerPause")
	field("revision", "metadata", "annotations", "rollout.argoproj.io/revision")
	changedText(before, now, "pauses", say, func(o *unstructured.Unstructured) string {
		listed, _, _ := unstructured.NestedSlice(o.Object, "status", "pauseConditions")
		var reasons []string
		for _, each := range listed {
			reasons = append(reasons, fmt.Sprint(each.(map[string]any)["reason"]))
		}
		return strings.Join(reasons, ", ")
	})
	changedText(before, now, "weights in status", say, func(o *unstructured.Unstructured) string {
		found, _, _ := unstructured.NestedMap(o.Object, "status", "canary", "weights")
		return compact(found)
	})
	for _, name := range []string{"currentBackgroundAnalysisRunStatus", "currentStepAnalysisRunStatus"} {
		changedText(before, now, name, say, func(o *unstructured.Unstructured) string {
			found, _, _ := unstructured.NestedMap(o.Object, "status", "canary", name)
			return compact(found)
		})
	}
	types := map[string]bool{}
	for _, o := range []*unstructured.Unstructured{before, now} {
		for name := range conditions(o) {
			types[name] = true
		}
	}
	for name := range types {
		changedText(before, now, "condition "+name, say, func(o *unstructured.Unstructured) string { return conditions(o)[name] })
	}
}

func conditions(o *unstructured.Unstructured) map[string]string {
	texts := map[string]string{}
	if o == nil {
		return texts
	}
	listed, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	for _, each := range listed {
		condition := each.(map[string]any)
		texts[fmt.Sprint(condition["type"])] = fmt.Sprintf("%v %v: %v", condition["status"], condition["reason"], condition["message"])
	}
	return texts
}

func analysisRun(before, now *unstructured.Unstructured, kind watch.EventType, say sayer) {
	aspect := "analysis " + now.GetName()
	if kind == watch.Deleted {
		say(aspect, "deleted")
		return
	}
	changedText(before, now, aspect, say, func(o *unstructured.Unstructured) string {
		return at(o, "status", "phase") + " " + at(o, "status", "message") + " terminate=" + at(o, "spec", "terminate")
	})
	results := func(o *unstructured.Unstructured) map[string]string {
		texts := map[string]string{}
		if o == nil {
			return texts
		}
		listed, _, _ := unstructured.NestedSlice(o.Object, "status", "metricResults")
		for _, each := range listed {
			result := each.(map[string]any)
			number := func(name string) any {
				if result[name] == nil {
					return 0
				}
				return result[name]
			}
			texts[fmt.Sprint(result["name"])] = fmt.Sprintf("%v: %v successful, %v failed, %v inconclusive, %v errors",
				result["phase"], number("successful"), number("failed"), number("inconclusive"), number("error"))
		}
		return texts
	}
	for name := range results(now) {
		changedText(before, now, aspect+" metric "+name, say, func(o *unstructured.Unstructured) string { return results(o)[name] })
	}
}

// at is a field as text; empty where it is not.
func at(o *unstructured.Unstructured, path ...string) string {
	found, ok, _ := unstructured.NestedFieldNoCopy(o.Object, path...)
	if !ok || found == nil {
		return ""
	}
	return fmt.Sprint(found)
}

func compact(value any) string {
	text, _ := json.Marshal(value)
	return strings.Trim(string(text), "{}")
}

// until waits for what is seen to be so.
func (a *account) until(ctx context.Context, what string, is func(*account) bool) error {
	deadline := time.After(patience)
	for {
		a.lock.Lock()
		now, changed, err := is(a), a.changed, a.failed
		a.lock.Unlock()
		switch {
		case err != nil:
			return err
		case now:
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-deadline:
			return fmt.Errorf("never seen: %s", what)
		}
	}
}

// rest waits until nothing was said for a while.
func (a *account) rest(ctx context.Context, span time.Duration) error {
	for end := time.Now().Add(patience); ; {
		a.lock.Lock()
		left := time.Until(a.last.Add(span))
		a.lock.Unlock()
		if left <= 0 {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("no rest")
		}
		if err := wait(ctx, left); err != nil {
			return err
		}
	}
}

// What is waited for.

func text(number int) string { return fmt.Sprint(number) }

func found(a *account) *unstructured.Unstructured { return a.objects["Rollout "+rolloutName] }

func phase(a *account) string {
	if o := found(a); o != nil && at(o, "status", "observedGeneration") == at(o, "metadata", "generation") {
		return at(o, "status", "phase")
	}
	return ""
}

func healthy(a *account) bool  { return phase(a) == "Healthy" && alone(a) }
func degraded(a *account) bool { return phase(a) == "Degraded" }

func healthyOn(revision int) func(*account) bool {
	return func(a *account) bool {
		return phase(a) == "Healthy" && at(found(a), "metadata", "annotations", "rollout.argoproj.io/revision") == fmt.Sprint(revision)
	}
}

func atStep(index int) func(*account) bool {
	return func(a *account) bool {
		return phase(a) != "" && at(found(a), "status", "currentStepIndex") == fmt.Sprint(index)
	}
}

// alone says that one ReplicaSet has all replicas, and that nothing of others is left.
func alone(a *account) bool {
	o := found(a)
	wanted := at(o, "spec", "replicas")
	if at(o, "status", "replicas") != wanted || at(o, "status", "availableReplicas") != wanted {
		return false
	}
	with := 0
	for key, set := range a.objects {
		if strings.HasPrefix(key, "ReplicaSet ") && (at(set, "spec", "replicas") != "0" || at(set, "status", "replicas") != "0") {
			with++
		}
	}
	return with <= 1
}

func both(all ...func(*account) bool) func(*account) bool {
	return func(a *account) bool {
		for _, is := range all {
			if !is(a) {
				return false
			}
		}
		return true
	}
}
