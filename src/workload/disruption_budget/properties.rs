use proptest::prelude::*;
use serde_json::json;

use super::tests::{counts, plan, world};
use crate::plan::Plan;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the budget and the pods: one pass settles it, and never more may go than are healthy.
    #[test]
    fn every_state_settles_and_allows_no_more_than_there_are(
        percent in any::<bool>(), most in any::<bool>(), amount in 0..101i64, owned in any::<bool>(),
        ready in prop::collection::vec(any::<bool>(), 0..6)
    ) {
        let value = if percent { json!(format!("{amount}%")) } else { json!(amount % 6) };
        let name = if most { "maxUnavailable" } else { "minAvailable" };
        let spec = json!({"selector": {"matchLabels": {"app": "web"}}, name: value});
        let mut world = world(&spec, ready.len(), owned);
        for (number, ready) in ready.iter().enumerate() {
            world.run(&format!("web-{number}"), *ready);
        }
        world.settle(plan);
        let [_, desired, healthy, allowed] = counts(&world);
        prop_assert_eq!(healthy, i64::try_from(ready.iter().filter(|ready| **ready).count()).unwrap());
        prop_assert!(allowed == 0 || healthy - allowed == desired);
        prop_assert_eq!(plan(&world), Plan::default());
    }
}
