use proptest::prelude::*;
use serde_json::json;

use super::tests::{count, image, live, plan, run_all, world};
use crate::plan::Plan;

/// What may befall a StatefulSet.
#[derive(Clone, Debug)]
enum Turn {
    Image(u8),
    Replicas(i64),
    Partition(i64),
    Ready,
    Stopped,
    Delete(usize),
    Fail(usize),
    Wait(i64),
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        (1..4u8).prop_map(Turn::Image),
        (0..5i64).prop_map(Turn::Replicas),
        (0..4i64).prop_map(Turn::Partition),
        Just(Turn::Ready),
        Just(Turn::Stopped),
        (0..4usize).prop_map(Turn::Delete),
        (0..4usize).prop_map(Turn::Fail),
        (1..100i64).prop_map(Turn::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever happens: each state settles, then nothing more is to be done; once pods come up the update ends.
    #[test]
    fn every_state_settles_and_every_update_ends(
        parallel in any::<bool>(), turns in prop::collection::vec(turn(), 0..14)
    ) {
        let policy = if parallel { "Parallel" } else { "OrderedReady" };
        let mut world = world(2, &json!({"podManagementPolicy": policy}));
        let partition = ["spec", "updateStrategy", "rollingUpdate", "partition"];
        world.settle(plan);
        for turn in turns {
            let pods = world.names("Pod");
            let pod = |index: usize| pods.get(index % pods.len().max(1)).cloned();
            match turn {
                Turn::Image(number) => image(&mut world, &format!("i:{number}")),
                Turn::Replicas(number) => world.set("StatefulSet", "db", &["spec", "replicas"], json!(number)),
                Turn::Partition(number) => world.set("StatefulSet", "db", &partition, json!(number)),
                Turn::Ready => run_all(&mut world),
                Turn::Stopped => world.stop_deleted(),
                Turn::Delete(index) => pod(index).into_iter().for_each(|pod| world.delete("Pod", &pod)),
                Turn::Fail(index) => pod(index).into_iter().for_each(|pod| world.end(&pod, 1)),
                Turn::Wait(seconds) => world.wait(seconds),
            }
            world.settle(plan);
            let Plan { effects, status, .. } = plan(&world);
            prop_assert_eq!((effects, status), (vec![], None));
        }
        world.set("StatefulSet", "db", &partition, json!(0));
        live(&mut world);
        let wanted = crate::workload::field::int(world.get("StatefulSet", "db"), &["spec", "replicas"], 1);
        prop_assert_eq!(count(&world, "updatedReplicas"), wanted);
        prop_assert_eq!(count(&world, "availableReplicas"), wanted);
        prop_assert_eq!(world.all("Pod").len(), usize::try_from(wanted).unwrap());
        prop_assert_eq!(plan(&world), Plan::default());
    }
}
