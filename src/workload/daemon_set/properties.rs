use proptest::prelude::*;
use serde_json::json;

use super::tests::{count, image, node, plan, rolling, run_all, world};
use crate::{object::Object, plan::Plan};

/// What may befall a DaemonSet.
#[derive(Clone, Debug)]
enum Turn {
    Image(u8),
    Ready,
    Stopped,
    Delete(usize),
    Fail(usize),
    Node(usize),
    Cordon(usize, bool),
    Wait(i64),
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        (1..4u8).prop_map(Turn::Image),
        Just(Turn::Ready),
        Just(Turn::Stopped),
        (0..4usize).prop_map(Turn::Delete),
        (0..4usize).prop_map(Turn::Fail),
        (0..5usize).prop_map(Turn::Node),
        (0..3usize, any::<bool>()).prop_map(|(node, cordoned)| Turn::Cordon(node, cordoned)),
        (1..100i64).prop_map(Turn::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever happens: each state settles, then nothing more is to be done; once pods come up the update ends.
    #[test]
    fn every_state_settles_and_every_update_ends(
        unavailable in 0..3i64, surge in 0..3i64, turns in prop::collection::vec(turn(), 0..14)
    ) {
        let mut world = world(3, &rolling(unavailable, surge));
        world.settle(plan);
        for turn in turns {
            let pods = world.names("Pod");
            let pod = |index: usize| pods.get(index % pods.len().max(1)).cloned();
            match turn {
                Turn::Image(number) => image(&mut world, &format!("i:{number}")),
                Turn::Ready => run_all(&mut world),
                Turn::Stopped => world.stop_deleted(),
                Turn::Delete(index) => pod(index).into_iter().for_each(|pod| world.delete("Pod", &pod)),
                Turn::Fail(index) => pod(index).into_iter().for_each(|pod| world.end(&pod, 1)),
                Turn::Node(number) => {
                    let name = format!("node-{number}");
                    if world.names("Node").contains(&name) {
                        let path = ["metadata", "labels", "on"];
                        world.set("Node", &name, &path, json!(if number % 2 == 0 { "yes" } else { "no" }));
                    } else {
                        world.add(Object::from_value(node(&name)).unwrap());
                    }
                }
                Turn::Cordon(number, cordoned) => {
                    let name = format!("node-{number}");
                    world.set("Node", &name, &["spec", "unschedulable"], json!(cordoned));
                }
                Turn::Wait(seconds) => world.wait(seconds),
            }
            world.settle(plan);
            let Plan { effects, status, .. } = plan(&world);
            prop_assert_eq!((effects, status), (vec![], None));
        }
        for _ in 0..12 {
            world.stop_deleted();
            world.settle(plan);
            run_all(&mut world);
            world.settle(plan);
        }
        let wanted = count(&world, "desiredNumberScheduled");
        prop_assert_eq!(count(&world, "updatedNumberScheduled"), wanted);
        prop_assert_eq!(count(&world, "numberAvailable"), wanted);
        prop_assert_eq!(world.all("Pod").len(), usize::try_from(wanted).unwrap());
        prop_assert_eq!(plan(&world), Plan::default());
    }
}
