use proptest::prelude::*;
use serde_json::json;

use super::world::{active, conditions, count, job, plan};
use crate::plan::Plan;

/// What may befall a Job.
#[derive(Clone, Debug)]
enum Turn {
    End(usize, i64),
    Run(usize),
    Evict(usize),
    Stopped,
    Suspend(bool),
    Parallelism(i64),
    Wait(i64),
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        (0..4usize, 0..2i64).prop_map(|(pod, code)| Turn::End(pod, code)),
        (0..4usize).prop_map(Turn::Run),
        (0..4usize).prop_map(Turn::Evict),
        Just(Turn::Stopped),
        any::<bool>().prop_map(Turn::Suspend),
        (0..4i64).prop_map(Turn::Parallelism),
        (1..700i64).prop_map(Turn::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever happens: each state settles, then nothing more is to be done; and once pods end well the Job ends.
    #[test]
    fn every_state_settles_and_every_job_ends(
        completions in 1..5i64, indexed in any::<bool>(), late in any::<bool>(),
        turns in prop::collection::vec(turn(), 0..16)
    ) {
        let mode = if indexed { "Indexed" } else { "NonIndexed" };
        let policy = if late { "Failed" } else { "TerminatingOrFailed" };
        let mut world = job(&json!({"completions": completions, "parallelism": 2, "completionMode": mode,
            "podReplacementPolicy": policy}));
        world.settle(plan);
        for turn in turns {
            let pods = active(&world);
            let pod = |index: usize| pods.get(index % pods.len().max(1)).cloned();
            match turn {
                Turn::End(index, code) => pod(index).into_iter().for_each(|pod| world.end(&pod, code)),
                Turn::Run(index) => pod(index).into_iter().for_each(|pod| world.run(&pod, true)),
                Turn::Evict(index) => pod(index).into_iter().for_each(|pod| world.delete("Pod", &pod)),
                Turn::Stopped => world.stop_deleted(),
                Turn::Suspend(suspend) => world.set("Job", "work", &["spec", "suspend"], json!(suspend)),
                Turn::Parallelism(number) => world.set("Job", "work", &["spec", "parallelism"], json!(number)),
                Turn::Wait(seconds) => world.wait(seconds),
            }
            world.settle(plan);
            let Plan { effects, status, .. } = plan(&world);
            prop_assert_eq!((effects, status), (vec![], None));
            prop_assert!(count(&world, "active") <= 3);
        }
        world.set("Job", "work", &["spec", "suspend"], json!(false));
        world.set("Job", "work", &["spec", "parallelism"], json!(2));
        for _ in 0..12 {
            world.stop_deleted();
            world.wait(700);
            world.settle(plan);
            for pod in active(&world) {
                world.end(&pod, 0);
            }
            world.settle(plan);
        }
        let last = conditions(&world).pop().unwrap_or_default();
        let is_over = last.starts_with("Complete=True") || last.starts_with("Failed=True");
        prop_assert!(is_over || conditions(&world).iter().any(|c| c.starts_with("Complete=True")), "{:?}", conditions(&world));
        if conditions(&world).iter().any(|c| c.starts_with("Complete=True")) {
            prop_assert_eq!(count(&world, "succeeded"), completions);
        }
        prop_assert_eq!(plan(&world), Plan::default());
    }
}
