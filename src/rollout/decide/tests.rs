//! The acceptance timetable, on a small world: pods are available ten seconds after they are asked for.

use jiff::SignedDuration;

use super::*;
use crate::{
    object::{Gvk, patch::merge},
    plan::Effect,
    rollout::replica_set,
};

#[derive(Clone)]
struct World {
    snapshot: Snapshot,
    start: Timestamp,
    now: Timestamp,
    /// ReplicaSet, when so many of its pods are available.
    coming: Vec<(String, Timestamp, i64)>,
    events: Vec<(String, String)>,
    steps: Vec<(i64, Option<u64>, i64, i64, i64)>,
    /// After how many writes a pass breaks off, once.
    breaks_after: Option<usize>,
}

fn object(value: Value) -> Object {
    Object::from_value(value).unwrap()
}

fn service(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "ns", "uid": name},
        "spec": {"selector": {"app": "demo"}}})
}

fn rollout(routed: bool) -> Value {
    let mut canary = json!({"canaryService": "canary", "stableService": "stable", "steps": [
        {"setWeight": 20}, {"pause": {"duration": "60s"}}, {"setWeight": 50},
        {"pause": {"duration": "60s"}}, {"setWeight": 80}, {"pause": {"duration": "30s"}}]});
    if routed {
        canary["trafficRouting"] =
            json!({"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "route"}}});
    }
    json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout",
        "metadata": {"name": "demo", "namespace": "ns", "uid": "u", "generation": 1},
        "spec": {"replicas": 10, "selector": {"matchLabels": {"app": "demo"}},
            "template": {"metadata": {"labels": {"app": "demo"}}, "spec": {"containers": [{"name": "demo", "image": "demo:1"}]}},
            "strategy": {"canary": canary}}})
}

impl World {
    /// A world in which revision 1 is stable, just before time 0.
    fn stable(rollout: Value) -> Self {
        let start: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
        let route = json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
            "metadata": {"name": "route", "namespace": "ns", "uid": "route"},
            "spec": {"rules": [{"backendRefs": [{"name": "stable", "weight": 100}, {"name": "canary", "weight": 0}]}]}});
        let objects = [service("stable"), service("canary"), route].map(object);
        let mut world = Self {
            snapshot: Snapshot {
                rollout: object(rollout),
                effective_template: None,
                matching: None,
                is_held: false,
                runs: Vec::new(),
                replica_sets: Vec::new(),
                objects: objects
                    .into_iter()
                    .map(|found| (found.reference(), Some(found)))
                    .collect(),
            },
            start,
            now: start - SignedDuration::from_secs(100),
            coming: Vec::new(),
            events: Vec::new(),
            steps: Vec::new(),
            breaks_after: None,
        };
        world.run(-50);
        world.now = start;
        world.events.clear();
        world.steps.clear();
        world
    }

    fn image(&mut self, image: &str) {
        let containers = json!([{"name": "demo", "image": image}]);
        self.snapshot
            .rollout
            .set(&["spec", "template", "spec", "containers"], containers);
        let generation = self.snapshot.rollout.generation().unwrap_or(0) + 1;
        let path = ["metadata", "generation"];
        self.snapshot.rollout.set(&path, generation.into());
    }

    fn user(&mut self, status: Value) {
        let mut value = self.snapshot.rollout.to_value();
        merge::apply(&mut value, &json!({"status": status}));
        self.snapshot.rollout = object(value);
    }

    /// Lets the world go on until a second, pass after pass.
    fn run(&mut self, until: i64) {
        let end = self.start + SignedDuration::from_secs(until);
        for _ in 0..500 {
            self.arrive();
            let plan = decide(&self.snapshot, self.now);
            assert_eq!(plan, decide(&self.snapshot, self.now));
            let is_quiet = plan.effects.is_empty() && plan.status.is_none();
            let next = plan.next;
            self.apply(plan);
            self.note();
            if !is_quiet {
                continue;
            }
            let waking = match next {
                Next::At(at) => Some(at),
                _ => None,
            };
            let arriving = self.coming.iter().map(|(_, at, _)| *at).min();
            match waking.into_iter().chain(arriving).min() {
                Some(at) if at <= end => self.now = at.max(self.now),
                _ => {
                    self.now = end;
                    return;
                }
            }
        }
        panic!("never quiet: {:?}", self.events);
    }

    fn arrive(&mut self) {
        let now = self.now;
        for set in &mut self.snapshot.replica_sets {
            for (name, at, count) in &self.coming {
                if name == set.name() && *at <= now {
                    set.set(&["status", "availableReplicas"], (*count).into());
                    set.set(&["status", "readyReplicas"], (*count).into());
                }
            }
        }
        self.coming.retain(|(_, at, _)| *at > now);
    }

    fn apply(&mut self, plan: Plan) {
        for effect in plan.effects {
            if self.breaks_off() {
                return;
            }
            match effect {
                Effect::Create(mut set) => {
                    set.set(&["metadata", "uid"], set.name().to_owned().into());
                    set.set(
                        &["metadata", "creationTimestamp"],
                        condition::stamp(self.now).into(),
                    );
                    self.snapshot.replica_sets.push(set);
                }
                Effect::Replace(found) => {
                    self.snapshot.objects.insert(found.reference(), Some(found));
                }
                Effect::Patch { target, patch, .. } => self.patch(&target, &patch),
                Effect::Delete { target, .. } => {
                    self.snapshot
                        .replica_sets
                        .retain(|set| set.reference() != target);
                }
                Effect::Event(event) => self.events.push((event.reason, event.message)),
                other => panic!("{other:?}"),
            }
        }
        if self.breaks_off() {
            return;
        }
        if let Some(status) = plan.status {
            let status = status.at(&["status"]).cloned().unwrap();
            self.snapshot.rollout.set(&["status"], status);
        }
    }

    /// Whether the pass ends before its next write.
    fn breaks_off(&mut self) -> bool {
        let left = self.breaks_after.take();
        self.breaks_after = left.and_then(|left| left.checked_sub(1));
        left == Some(0)
    }

    fn patch(&mut self, target: &ObjectRef, patch: &Value) {
        let patched = |found: &Object| {
            let mut value = found.to_value();
            merge::apply(&mut value, patch);
            object(value)
        };
        if *target == self.snapshot.rollout.reference() {
            self.snapshot.rollout = patched(&self.snapshot.rollout);
        } else if let Some(Some(found)) = self.snapshot.objects.get_mut(target) {
            *found = patched(found);
        } else {
            let set = self
                .snapshot
                .replica_sets
                .iter_mut()
                .find(|set| set.reference() == *target)
                .unwrap();
            *set = patched(set);
            let count = replica_set::pods(set).spec;
            set.set(&["status", "replicas"], count.into());
            let available = replica_set::pods(set).available;
            if count > available {
                let at = self.now + SignedDuration::from_secs(10);
                self.coming.retain(|(name, ..)| name != set.name());
                self.coming.push((set.name().to_owned(), at, count));
            } else {
                set.set(&["status", "availableReplicas"], count.into());
            }
        }
    }

    fn spec_of(&self, image: &str) -> i64 {
        self.snapshot
            .replica_sets
            .iter()
            .filter(|set| set.to_value().to_string().contains(&format!("\"{image}\"")))
            .map(|set| replica_set::pods(set).spec)
            .sum()
    }

    fn weight(&self) -> i64 {
        let gvk = Gvk::new("gateway.networking.k8s.io", "v1", "HTTPRoute");
        let route = self
            .snapshot
            .object(&ObjectRef::new(gvk, Some("ns"), "route"))
            .unwrap();
        route
            .to_value()
            .pointer("/spec/rules/0/backendRefs/1/weight")
            .unwrap()
            .as_i64()
            .unwrap()
    }

    /// Second, index, weight, canary and stable pods, noted whenever they change.
    fn note(&mut self) {
        let index = self
            .snapshot
            .rollout
            .at(&["status", "currentStepIndex"])
            .and_then(Value::as_u64);
        let second = self.now.duration_since(self.start).as_secs();
        let state = (
            second,
            index,
            self.weight(),
            self.spec_of("demo:2"),
            self.spec_of("demo:1"),
        );
        match self.steps.last() {
            Some(last)
                if (last.1, last.2, last.3, last.4) == (state.1, state.2, state.3, state.4) => {}
            Some(last) if last.0 == state.0 => *self.steps.last_mut().unwrap() = state,
            _ => self.steps.push(state),
        }
    }

    fn status(&self, name: &str) -> String {
        let text = self
            .snapshot
            .rollout
            .at(&["status", name])
            .and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    }

    fn selector(&self, name: &str) -> String {
        let found = self
            .snapshot
            .object(&service::service_ref(&self.snapshot.rollout, name))
            .unwrap();
        let selector = found.at(&["spec", "selector", crate::api::rollout::HASH_LABEL]);
        selector
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    }
}

#[test]
fn the_first_revision_is_stable_without_steps() {
    let world = World::stable(rollout(true));
    assert_eq!(world.status("phase"), "Healthy");
    assert_eq!(world.spec_of("demo:1"), 10);
    assert_eq!(world.selector("stable"), world.status("stableRS"));
}

#[test]
fn a_healthy_canary_is_promoted_by_the_timetable() {
    let mut world = World::stable(rollout(true));
    world.image("demo:2");
    world.run(300);
    let expected = [
        (0, Some(0), 0, 2, 10),
        (10, Some(1), 20, 2, 10),
        (70, Some(2), 20, 5, 10),
        (80, Some(3), 50, 5, 10),
        (140, Some(4), 50, 8, 10),
        (150, Some(5), 80, 8, 10),
        (180, Some(6), 80, 10, 10),
        (190, Some(6), 0, 10, 10),
        (220, Some(6), 0, 10, 0),
    ];
    assert_eq!(world.steps, expected);
    assert_eq!(
        (world.status("phase"), world.status("message")),
        ("Healthy".into(), String::new())
    );
    assert_eq!(world.status("stableRS"), world.status("currentPodHash"));
    assert_eq!(world.selector("stable"), world.status("stableRS"));
    let reasons: Vec<&str> = world
        .events
        .iter()
        .map(|(reason, _)| reason.as_str())
        .take(5)
        .collect();
    assert_eq!(
        reasons,
        [
            "RolloutUpdated",
            "NewReplicaSetCreated",
            "RolloutNotCompleted",
            "TrafficWeightUpdated",
            "ScalingReplicaSet"
        ]
    );
    for message in [
        "Rollout step 1/6 completed (setWeight: 20)",
        "Traffic weight updated from 20 to 50",
    ] {
        assert!(
            world.events.iter().any(|(_, text)| text == message),
            "{:?}",
            world.events
        );
    }
    assert!(
        world
            .events
            .iter()
            .any(|(_, text)| text.ends_with("Completed all 6 canary steps"))
    );
}

#[test]
fn a_generation_is_not_observed_with_the_phase_of_the_last_one() {
    let mut world = World::stable(rollout(true));
    world.image("demo:2");
    for _ in 0..4 {
        let plan = decide(&world.snapshot, world.now);
        world.apply(plan);
        let (seen, phase) = (world.status("observedGeneration"), world.status("phase"));
        assert!(seen == "1" || phase == "Progressing", "{seen} {phase}");
    }
}

#[test]
fn a_pass_that_breaks_off_anywhere_ends_in_the_same_state() {
    let stable = World::stable(rollout(true));
    let end = |breaks_after: Option<usize>| {
        let mut world = stable.clone();
        world.breaks_after = breaks_after;
        world.image("demo:2");
        world.run(300);
        let status = world.snapshot.rollout.at(&["status"]).cloned();
        (world.steps, status, world.breaks_after)
    };
    let whole = end(None);
    let mut count = 0;
    loop {
        let (steps, status, left) = end(Some(count));
        assert_eq!(
            (&steps, &status),
            (&whole.0, &whole.1),
            "after {count} writes"
        );
        if left.is_some() {
            break;
        }
        count += 1;
    }
    assert!(count > 40, "{count}");
}

#[test]
fn an_aborted_canary_goes_after_its_delay_and_can_be_retried() {
    let mut world = World::stable(rollout(true));
    world.image("demo:2");
    world.run(100);
    world.user(json!({"abort": true}));
    world.run(140);
    assert_eq!(world.status("phase"), "Degraded");
    assert_eq!(
        world.status("message"),
        "RolloutAborted: Rollout aborted update to revision 2"
    );
    let end: Vec<_> = world
        .steps
        .iter()
        .skip_while(|step| step.0 < 100)
        .copied()
        .collect();
    assert_eq!(end, [(100, Some(0), 0, 5, 10), (130, Some(0), 0, 0, 10)]);
    assert_eq!(world.selector("canary"), world.status("stableRS"));
    world.user(json!({"abort": false}));
    world.run(151);
    assert_eq!((world.weight(), world.spec_of("demo:2")), (20, 2));
    world.image("demo:1");
    world.run(152);
    assert_eq!(
        (world.status("phase"), world.weight()),
        ("Healthy".into(), 0)
    );
    assert!(world.events.iter().any(|(reason, _)| reason == "SkipSteps"));
}

#[test]
fn stable_pods_that_scale_along_come_back_before_the_traffic() {
    let mut rollout = rollout(true);
    rollout["spec"]["replicas"] = 4.into();
    let canary = &mut rollout["spec"]["strategy"]["canary"];
    canary["dynamicStableScale"] = true.into();
    canary["steps"] = json!([{"setWeight": 25}, {"pause": {}}, {"setWeight": 75}, {"pause": {}}]);
    let mut world = World::stable(rollout);
    let seen = |world: &World| {
        (
            world.weight(),
            world.spec_of("demo:2"),
            world.spec_of("demo:1"),
        )
    };
    world.image("demo:2");
    world.run(15);
    assert_eq!(seen(&world), (25, 1, 3));
    world.user(json!({"pauseConditions": null}));
    world.run(35);
    assert_eq!(seen(&world), (75, 3, 1));
    world.user(json!({"abort": true}));
    world.run(36);
    assert_eq!(seen(&world), (75, 3, 3));
    world.run(46);
    assert_eq!(seen(&world), (25, 1, 4));
    assert_ne!(world.selector("canary"), world.status("stableRS"));
    world.run(70);
    assert_eq!(seen(&world), (0, 0, 4));
    assert_eq!(world.selector("canary"), world.status("stableRS"));
}

#[test]
fn without_a_router_replicas_make_the_weight() {
    let mut world = World::stable(rollout(false));
    world.image("demo:2");
    world.run(0);
    assert_eq!((world.spec_of("demo:2"), world.spec_of("demo:1")), (2, 8));
    world.run(69);
    assert_eq!((world.spec_of("demo:2"), world.spec_of("demo:1")), (2, 8));
    world.run(90);
    assert_eq!((world.spec_of("demo:2"), world.spec_of("demo:1")), (5, 5));
    world.run(400);
    assert_eq!((world.spec_of("demo:2"), world.spec_of("demo:1")), (10, 0));
    assert_eq!(world.status("phase"), "Healthy");
}

#[test]
fn a_user_promotes_and_pauses() {
    let mut world = World::stable(rollout(true));
    world.image("demo:2");
    world.run(20);
    assert_eq!(world.status("phase"), "Paused");
    world.user(json!({"pauseConditions": null}));
    world.run(35);
    assert_eq!(world.weight(), 50);
    world.user(json!({"promoteFull": true}));
    world.run(46);
    assert_eq!(world.status("phase"), "Healthy");
    assert_eq!(world.status("stableRS"), world.status("currentPodHash"));
}

#[test]
fn a_wrong_spec_is_a_condition() {
    let mut world = World::stable(rollout(true));
    world.snapshot.rollout.set(
        &["spec", "strategy", "canary", "steps"],
        json!([{"setWeight": 101}]),
    );
    let plan = decide(&world.snapshot, world.now);
    let status = plan.status.unwrap();
    assert_eq!(status.at(&["status", "phase"]).unwrap(), "Degraded");
    let message = status.at(&["status", "message"]).unwrap().as_str().unwrap();
    assert!(
        message.ends_with("SetWeight needs to be between 0 and 100"),
        "{message}"
    );
    assert_eq!(plan.effects, []);
}
