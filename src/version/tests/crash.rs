//! Stopped after any effect, the next passes come to the same end.

use proptest::prelude::*;

use super::super::{testing::*, testing_world::*};

/// One thing that happens to the world.
#[derive(Clone, Copy, Debug)]
enum Change {
    Seal(u8),
    Unreadable,
    /// The Rollout makes a ReplicaSet of the desired version.
    Update,
    Promote,
    Abort,
    Retry,
    DeletePlain,
    EditPlain,
    ForgetSets,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (0_u8..3).prop_map(Change::Seal),
        Just(Change::Unreadable),
        Just(Change::Update),
        Just(Change::Update),
        Just(Change::Promote),
        Just(Change::Abort),
        Just(Change::Retry),
        Just(Change::DeletePlain),
        Just(Change::EditPlain),
        Just(Change::ForgetSets),
    ]
}

fn happen(world: &mut World, change: Change) {
    let status = |world: &World, field: &str| {
        let hash = world.rollouts[0].at(&["status", field]).cloned();
        hash.and_then(|hash| hash.as_str().map(str::to_owned))
            .unwrap_or_default()
    };
    match change {
        Change::Seal(value) => world.seal(&format!("value-{value}")),
        Change::Unreadable => {
            world.seal("");
            world.value = None;
        }
        Change::Update => {
            let desired = world
                .secrets
                .values()
                .find(|secret| secret.label(crate::api::version::DESIRED).is_some());
            let Some(name) = desired.map(|secret| secret.name().to_owned()) else {
                return;
            };
            let hash = name.clone();
            if world.sets.iter().all(|set| !set.name().ends_with(&hash)) {
                let revision = world.sets.len() as u64 + 1;
                world.sets.push(set("web", &hash, revision, &name, 1));
            }
            let stable = status(world, "stableRS");
            world.rollouts[0] = rollout("web", "db", &stable, &hash);
        }
        Change::Promote => {
            let current = status(world, "currentPodHash");
            world.rollouts[0] = rollout("web", "db", &current, &current);
        }
        Change::Abort => world.rollouts[0] = aborted(world.rollouts[0].clone(), "aborted"),
        Change::Retry => {
            world.rollouts[0].remove(&["status", "abort"]);
        }
        Change::DeletePlain => {
            world.secrets.remove("db");
        }
        Change::EditPlain => {
            if let Some(plain) = world.secrets.get_mut("db") {
                super::super::Content::of(&opened("edited")).put(plain);
            }
        }
        Change::ForgetSets => {
            let kept = [status(world, "stableRS"), status(world, "currentPodHash")];
            world
                .sets
                .retain(|set| kept.iter().any(|hash| set.name() == format!("web-{hash}")));
        }
    }
}

fn world(has_plain: bool) -> World {
    let mut world = World::new("value-0");
    world.rollouts = vec![rollout("web", "db", "first", "first")];
    world.sets = vec![set("web", "first", 1, "db", 1)];
    if has_plain {
        world.put(plain("value-1"));
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn point_12_a_stop_after_any_effect_ends_in_the_same_state(
        has_plain in any::<bool>(),
        changes in prop::collection::vec(change(), 1..10),
    ) {
        let mut world = world(has_plain);
        for change in changes {
            happen(&mut world, change);
            let decision = world.decide();
            let mut whole = world.clone();
            let condition = whole.settle();
            for effects in 0..decision.effects.len() {
                let mut stopped = world.clone();
                stopped.apply(&decision, effects);
                let after = stopped.settle();
                prop_assert_eq!(stopped.end(), whole.end(), "{:?} stopped after {}", change, effects);
                prop_assert_eq!(&after, &condition);
            }
            // Decided again on what it led to, nothing is done.
            prop_assert!(whole.decide().effects.is_empty());
            // What every stable ReplicaSet reads is there.
            for set in &whole.sets {
                let name = set.to_value().pointer("/spec/template/spec/containers/0/envFrom/0/secretRef/name")
                    .and_then(|name| name.as_str().map(str::to_owned)).unwrap();
                prop_assert!(whole.secrets.contains_key(&name) || whole.secrets.is_empty(), "{name} is gone");
            }
            world = whole;
        }
    }
}
