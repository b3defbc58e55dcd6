package main

import (
	"context"
	"time"
)

var stories = map[string]story_{
	// All measurements are good: promoted.
	"good": {answer: "0.01", tell: func(ctx context.Context, s *stage, a *account) error {
		if err := s.image(ctx, "demo:2"); err != nil {
			return err
		}
		return a.until(ctx, "the second revision is alone", both(healthyOn(2), alone))
	}},
	// Too many errors: aborted.
	"bad": {answer: "0.99", tell: func(ctx context.Context, s *stage, a *account) error {
		if err := s.image(ctx, "demo:2"); err != nil {
			return err
		}
		return a.until(ctx, "the second revision is aborted and gone", both(degraded, alone))
	}},
	// A pause for ever, ended by hand; then aborted by hand, tried again, and promoted in full.
	"by-hand": {answer: "0.01", interval: "10m", patch: `{"spec":{"strategy":{"canary":{"steps":[{"setWeight":25},{"pause":{}},{"setWeight":50},{"pause":{}}]}}}}`,
		tell: func(ctx context.Context, s *stage, a *account) error {
			return inOrder(ctx, a,
				move{"a pause", func() error { return s.image(ctx, "demo:2") }, both(atStep(1), paused)},
				move{"the next pause", func() error { return s.status(ctx, `{"pauseConditions":null}`) }, both(atStep(3), paused)},
				move{"the abort", func() error { return s.status(ctx, `{"abort":true}`) }, both(degraded, alone)},
				move{"a pause again", func() error { return s.status(ctx, `{"abort":false}`) }, both(atStep(1), paused)},
				move{"the promotion", func() error { return s.status(ctx, `{"promoteFull":true}`) }, both(healthyOn(2), alone)},
			)
		}},
	// Another image in the middle, and then the first again.
	"changed-mind": {answer: "0.01", interval: "10m", tell: func(ctx context.Context, s *stage, a *account) error {
		return inOrder(ctx, a,
			move{"a pause", func() error { return s.image(ctx, "demo:2") }, both(atStep(1), paused)},
			move{"a pause of the next", func() error { return s.image(ctx, "demo:3") }, both(atStep(1), paused, onSet(3))},
			move{"rest", func() error { return s.image(ctx, "demo:1") }, both(healthyOn(4), alone)},
		)
	}},
	// Scaled in the middle, paused by its spec, and scaled again.
	"scaled": {answer: "0.01", interval: "10m", patch: `{"spec":{"strategy":{"canary":{"steps":[{"setWeight":50},{"pause":{}}]}}}}`,
		tell: func(ctx context.Context, s *stage, a *account) error {
			return inOrder(ctx, a,
				move{"a pause", func() error { return s.image(ctx, "demo:2") }, both(atStep(1), paused)},
				move{"more pods", func() error { return s.spec(ctx, `{"spec":{"replicas":6}}`) }, available(9)},
				move{"fewer pods", func() error { return s.spec(ctx, `{"spec":{"replicas":2}}`) }, available(3)},
				move{"rest", func() error { return s.status(ctx, `{"pauseConditions":null}`) }, both(healthyOn(2), alone)},
			)
		}},
	// Without a router: by the number of pods alone.
	"basic": {answer: "0.01", patch: `{"spec":{"replicas":5,"strategy":{"canary":{"canaryService":null,"stableService":null,
			"scaleDownDelaySeconds":null,"abortScaleDownDelaySeconds":null,"trafficRouting":null,
			"steps":[{"setWeight":20},{"pause":{"duration":"4s"}},{"setWeight":60},{"pause":{"duration":"4s"}}]}}}}`,
		tell: func(ctx context.Context, s *stage, a *account) error {
			if err := s.image(ctx, "demo:2"); err != nil {
				return err
			}
			return a.until(ctx, "the second revision is alone", both(healthyOn(2), alone))
		}},
	// Pods that are never ready: degraded at the deadline, mended by another image.
	"never-ready": {answer: "0.01", patch: `{"spec":{"progressDeadlineSeconds":5}}`,
		tell: func(ctx context.Context, s *stage, a *account) error {
			never := `{"spec":{"template":{"metadata":{"annotations":{"sandbox.waxwing.dev/ready-after":"never"}}}}}`
			ready := `{"spec":{"template":{"metadata":{"annotations":{"sandbox.waxwing.dev/ready-after":"1s"}}}}}`
			return inOrder(ctx, a,
				move{"the deadline", func() error { return s.spec(ctx, never) }, degraded},
				move{"rest", func() error { return s.spec(ctx, ready) }, both(healthyOn(3), alone)},
			)
		}},
	// A spec that makes no sense, and one that does.
	"invalid": {answer: "0.01", tell: func(ctx context.Context, s *stage, a *account) error {
		return inOrder(ctx, a,
			move{"the refusal", func() error {
				return s.spec(ctx, `{"spec":{"strategy":{"canary":{"steps":[{"setWeight":120}]}}}}`)
			}, degraded},
			move{"rest", func() error {
				return s.spec(ctx, `{"spec":{"strategy":{"canary":{"steps":[{"setWeight":20}]}}}}`)
			}, healthy},
		)
	}},
}

// move is something that a person does, and what is waited for then.
type move struct {
	what string
	do   func() error
	then func(*account) bool
}

func inOrder(ctx context.Context, a *account, moves ...move) error {
	for _, m := range moves {
		a.mark(m.what)
		if err := m.do(); err != nil {
			return err
		}
		if err := a.until(ctx, m.what, m.then); err != nil {
			return err
		}
		// What the move sets off is to end before the next one.
		if err := a.rest(ctx, 1500*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

func paused(a *account) bool { return phase(a) == "Paused" }

// onSet says that the status speaks of the ReplicaSet that was made at this place in the row.
func onSet(place int) func(*account) bool {
	return func(a *account) bool {
		return len(a.hashes) >= place && at(found(a), "status", "currentPodHash") == a.hashes[place-1]
	}
}

func available(number int) func(*account) bool {
	return func(a *account) bool {
		return phase(a) != "" && at(found(a), "status", "availableReplicas") == text(number) && at(found(a), "status", "replicas") == text(number)
	}
}
