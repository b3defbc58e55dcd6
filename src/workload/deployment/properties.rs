use proptest::prelude::*;
use serde_json::json;

use super::{strategy, world::World};
use crate::{object::Object, plan::Plan, workload::field};

/// What may befall a Deployment.
#[derive(Clone, Debug)]
enum Turn {
    Image(u8),
    Replicas(u8),
    Pause(bool),
    /// So many more pods of each ReplicaSet become available.
    Ready(i64),
    /// All pods become unavailable.
    Lost,
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        (0..4u8).prop_map(Turn::Image),
        (0..9u8).prop_map(Turn::Replicas),
        any::<bool>().prop_map(Turn::Pause),
        (0..4i64).prop_map(Turn::Ready),
        Just(Turn::Lost),
    ]
}

fn fence() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![
        (0..5i64).prop_map(|number| json!(number)),
        (0..101u8).prop_map(|percent| json!(format!("{percent}%"))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever happens: each state settles in a few passes, then nothing more is to be done, and once pods come up
    /// the update ends with one ReplicaSet of the wanted size.
    #[test]
    fn every_state_settles_and_every_update_ends(
        surge in fence(), unavailable in fence(), turns in prop::collection::vec(turn(), 0..12)
    ) {
        let mut world = World::new(&json!({"replicas": 3, "strategy": {"type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}}));
        world.settle();
        for turn in turns {
            match turn {
                Turn::Image(number) => world.image(&format!("i:{number}")),
                Turn::Replicas(number) => world.change(&["spec", "replicas"], json!(number)),
                Turn::Pause(paused) => world.change(&["spec", "paused"], json!(paused)),
                Turn::Ready(more) => {
                    world.pods(|set: &Object| field::int(set, &["status", "availableReplicas"], 0) + more);
                }
                Turn::Lost => world.pods(|_| 0),
            }
            world.settle();
            let plan = world.plan();
            prop_assert_eq!((plan.effects, plan.status), (vec![], None));
        }
        world.change(&["spec", "paused"], json!(false));
        for _ in 0..40 {
            world.settle();
            world.pods(|_| i64::MAX);
        }
        world.settle();
        let wanted = strategy::replicas(&world.deployment);
        let sizes: Vec<i64> = world.sizes().into_iter().filter(|size| *size > 0).collect();
        prop_assert_eq!(sizes, if wanted == 0 { vec![] } else { vec![wanted] });
        prop_assert_eq!(world.plan(), Plan::default());
    }
}
