// Command timeline tells one canary to several controllers of Rollouts at once, writes down what each of them does, and
// fails where the accounts differ.
//
// Every side has a namespace of the same content and a controller of its own, started by whoever calls this. What is
// compared is what anybody on the cluster can see: ReplicaSets and how they are scaled, weights, selectors of Services,
// the status of Rollout and AnalysisRun field by field, and events; in order, and in time within -tolerance.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

var (
	kubeconfig = flag.String("kubeconfig", "", "the cluster")
	sides      = flag.String("sides", "ours,theirs", "names of the sides; each is also the end of its namespace")
	story      = flag.String("story", "good", "what is told: "+strings.Join(storyNames(), ", "))
	listen     = flag.String("metrics", "", "address of the proxy that answers for the metrics server")
	tolerance  = flag.Duration("tolerance", 2500*time.Millisecond, "how far apart in time the same step may be")
	eventLog   = flag.String("event-log", "", "the log of the last side, to take its events from")
	list       = flag.Bool("list", false, "print the names of the stories")
	quiet      = flag.Bool("quiet", false, "print the accounts only where they differ")
	measure    = flag.String("measure", "", "instead of a story: secrets or rollouts, made of -manifest -count times in the namespace -prefix")
	manifest   = flag.String("manifest", "", "what to make")
	count      = flag.Int("count", 1000, "how many")
	relayed    = flag.String("relay", "", "instead of a story: two commands, separated by a comma, that start ours and theirs")
	prefix     = flag.String("prefix", "duet", "beginning of the namespaces")
)

func main() {
	flag.Parse()
	if *list {
		fmt.Println(strings.Join(storyNames(), "\n"))
		return
	}
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = -1, -1
	stub := &metrics{started: time.Now()}
	if *listen != "" {
		listener, err := net.Listen("tcp", *listen)
		if err != nil {
			return err
		}
		go func() { _ = http.Serve(listener, stub) }()
	}
	if *measure != "" {
		return measured(ctx, config, *measure, *manifest, *count)
	}
	if ours, theirs, ok := strings.Cut(*relayed, ","); ok {
		return handOver(ctx, config, ours, theirs)
	}
	told, ok := stories[*story]
	if !ok {
		return fmt.Errorf("no story is named %q", *story)
	}
	names := strings.Split(*sides, ",")
	accounts := make([]*account, len(names))
	errs := make([]error, len(names))
	var ready, done sync.WaitGroup
	begin := make(chan struct{})
	ready.Add(len(names))
	for i, name := range names {
		done.Go(func() { accounts[i], errs[i] = side(ctx, config, name, told, &ready, begin) })
	}
	// All sides reach their first rest before the change, so that one does not take the machine from the other.
	ready.Wait()
	close(begin)
	done.Wait()
	for i, err := range errs {
		if err != nil {
			if accounts[i] != nil {
				accounts[i].print()
			}
			return fmt.Errorf("%s: %w", names[i], err)
		}
	}
	if *eventLog != "" {
		if err := accounts[len(accounts)-1].eventsFromLog(*eventLog); err != nil {
			return err
		}
	}
	differences := 0
	for _, other := range accounts[1:] {
		differences += compare(accounts[0], other, told)
	}
	if differences > 0 {
		return fmt.Errorf("story %s: %d differences", *story, differences)
	}
	fmt.Printf("story %s: the same by %s\n", *story, strings.Join(names, " and "))
	return nil
}

// side tells the story to one controller.
func side(ctx context.Context, config *rest.Config, name string, told story_, ready *sync.WaitGroup, begin <-chan struct{}) (*account, error) {
	waiting := true
	rest := func() {
		if waiting {
			waiting = false
			ready.Done()
		}
	}
	defer rest()
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	stage := &stage{client: client, namespace: *prefix + "-" + *story + "-" + name}
	if err := stage.build(ctx, told); err != nil {
		return nil, err
	}
	account := newAccount(name, stage.namespace)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := account.follow(ctx, client, stage.namespace); err != nil {
		return account, err
	}
	if err := stage.raise(ctx, told); err != nil {
		return account, err
	}
	if err := account.until(ctx, "the first revision is healthy", healthy); err != nil {
		return account, err
	}
	if err := account.rest(ctx, 2*time.Second); err != nil {
		return account, err
	}
	rest()
	<-begin
	account.mark("change")
	if err := told.tell(ctx, stage, account); err != nil {
		return account, err
	}
	return account, account.rest(ctx, 2*time.Second)
}
