package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
)

// A Rollout of many waits, so that there is a rest in the middle of an update.
var handed = story_{answer: "0.01", patch: `{"spec":{"strategy":{"canary":{"steps":[
	{"setWeight":20},{"pause":{}},{"setWeight":50},{"pause":{}},{"setWeight":80},{"pause":{}}]}}}}`}

// relay is one Rollout that is passed between controllers.
type relay struct {
	stage   *stage
	account *account
	from    map[string]string // the commands of the controllers
	running *exec.Cmd
	now     string
	log     *os.File
}

// handOver passes one Rollout to and fro, at rest and in the middle of an update, and fails when that alone changes
// anything: a pod, a scale, a weight, a selector, a step.
func handOver(ctx context.Context, config *rest.Config, ours, theirs string) error {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	log, err := os.CreateTemp("", "relay")
	if err != nil {
		return err
	}
	defer os.Remove(log.Name())
	r := &relay{
		stage: &stage{client: client, namespace: *prefix + "-relay"},
		from:  map[string]string{"ours": ours, "theirs": theirs}, log: log,
	}
	defer r.stop()
	if err := r.play(ctx); err != nil {
		r.account.print()
		text, _ := os.ReadFile(log.Name())
		lines := strings.Split(string(text), "\n")
		fmt.Println(strings.Join(lines[max(0, len(lines)-20):], "\n"))
		return err
	}
	fmt.Println("passed between ours and theirs: nothing moved by it")
	return nil
}

func (r *relay) play(ctx context.Context) error {
	r.account = newAccount("relay", r.stage.namespace)
	if err := r.stage.build(ctx, handed); err != nil {
		return err
	}
	if err := r.account.follow(ctx, r.stage.client, r.stage.namespace); err != nil {
		return err
	}
	if err := r.start("theirs"); err != nil {
		return err
	}
	if err := r.stage.raise(ctx, handed); err != nil {
		return err
	}
	paused := func(index int) func(*account) bool {
		return both(atStep(index), func(a *account) bool { return phase(a) == "Paused" })
	}
	promote := func() error { return r.stage.status(ctx, `{"pauseConditions":null}`) }
	image := func(name string) func() error { return func() error { return r.stage.image(ctx, name) } }
	abort := func() error { return r.stage.status(ctx, `{"abort":true}`) }
	retry := func() error { return r.stage.status(ctx, `{"abort":false}`) }
	steps := []struct {
		what string
		do   func() error
		then func(*account) bool
		next string
	}{
		{"first revision", func() error { return nil }, healthy, "ours"},
		{"update begun", image("demo:2"), paused(1), "theirs"},
		{"half way", promote, paused(3), "ours"},
		{"more than half way", promote, paused(5), "theirs"},
		{"promoted", promote, both(healthyOn(2), alone), "ours"},
		{"next update begun", image("demo:3"), paused(1), "theirs"},
		{"half way again", promote, paused(3), "ours"},
		{"aborted", abort, both(degraded, alone), "theirs"},
		{"tried again", retry, paused(1), "ours"},
		{"back to the last image", image("demo:2"), both(healthyOn(4), alone), "theirs"},
		{"and forward", image("demo:4"), paused(1), "ours"},
	}
	for _, step := range steps {
		if err := step.do(); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
		if err := r.account.until(ctx, step.what+" by "+r.now, step.then); err != nil {
			return err
		}
		if err := r.account.rest(ctx, 1500*time.Millisecond); err != nil {
			return err
		}
		before := r.now
		if err := r.pass(ctx, step.next); err != nil {
			return fmt.Errorf("%s by %s, then passed to %s: %w", step.what, before, step.next, err)
		}
		fmt.Printf("%s by %s, passed to %s: nothing moved\n", step.what, before, step.next)
	}
	return nil
}

// pass ends one controller and starts the other; what people see must stay as it is.
func (r *relay) pass(ctx context.Context, next string) error {
	r.stop()
	before, seen := r.standing(), len(r.account.entries)
	alive, err := r.pods(ctx)
	if err != nil {
		return err
	}
	if err := r.start(next); err != nil {
		return err
	}
	// Until it has looked: it says so by its readiness, and acts within a moment.
	if err := wait(ctx, 3*time.Second); err != nil {
		return err
	}
	after, err := r.pods(ctx)
	if err != nil {
		return err
	}
	var moved []string
	if !slices.Equal(alive, after) {
		moved = append(moved, fmt.Sprintf("pods were %v and are %v", alive, after))
	}
	r.account.lock.Lock()
	defer r.account.lock.Unlock()
	for _, e := range r.account.entries[seen:] {
		kind, _, _ := strings.Cut(e.aspect, " ")
		// An analysis goes on, and tells of it.
		if kind == "analysis" || strings.HasSuffix(e.aspect, "AnalysisRunStatus") {
			continue
		}
		// The original tells of every Rollout when it starts.
		if strings.Contains(e.text, " RolloutAddedToInformer: ") {
			continue
		}
		moved = append(moved, e.aspect+": "+e.text)
	}
	now := r.standingLocked()
	for _, key := range slices.Sorted(maps.Keys(before)) {
		if before[key] != now[key] {
			moved = append(moved, fmt.Sprintf("%s was\n  %s\nand is\n  %s", key, before[key], now[key]))
		}
	}
	if len(moved) > 0 {
		return errors.New(r.account.plain(strings.Join(moved, "\n")))
	}
	return nil
}

// standing is the spec of everything that matters, as text.
func (r *relay) standing() map[string]string {
	r.account.lock.Lock()
	defer r.account.lock.Unlock()
	return r.standingLocked()
}

func (r *relay) standingLocked() map[string]string {
	texts := map[string]string{}
	for key, o := range r.account.objects {
		switch o.GetKind() {
		case "ReplicaSet", "Service", "TraefikService":
			texts[key] = compact(o.Object["spec"])
		}
	}
	return texts
}

// pods are the identities of those that are there.
func (r *relay) pods(ctx context.Context) ([]string, error) {
	listed, err := r.stage.client.Resource(pods).Namespace(r.stage.namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	var found []string
	for _, pod := range listed.Items {
		found = append(found, pod.GetName()+" "+string(pod.GetUID()))
	}
	slices.Sort(found)
	return found, nil
}

func (r *relay) start(who string) error {
	ports := make([]string, 2)
	for i := range ports {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		_, ports[i], _ = net.SplitHostPort(listener.Addr().String())
		listener.Close()
	}
	r.now = who
	r.running = exec.Command(r.from[who], r.stage.namespace, ports[0], ports[1], *listen)
	r.running.Stdout, r.running.Stderr = r.log, r.log
	return r.running.Start()
}

func (r *relay) stop() {
	if r.running == nil {
		return
	}
	_ = r.running.Process.Signal(syscall.SIGTERM)
	_ = r.running.Wait()
	r.running = nil
}
