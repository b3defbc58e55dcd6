//! The tables of the original's `utils/replicaset/canary_test.go`, as facts.

use super::*;
use crate::api::rollout::Step;

#[test]
fn the_closest_pair_for_a_weight() {
    for (replicas, weight, surge, canary, stable) in [
        (1, 1, 0, 0, 1),
        (1, 49, 0, 0, 1),
        (1, 50, 0, 1, 0),
        (1, 1, 1, 1, 1),
        (1, 99, 1, 1, 1),
        (1, 100, 1, 1, 0),
        (2, 1, 0, 1, 1),
        (2, 1, 1, 1, 2),
        (2, 50, 1, 1, 1),
        (2, 99, 1, 2, 1),
        (3, 10, 0, 1, 2),
        (3, 50, 0, 2, 1),
        (3, 10, 1, 1, 3),
        (3, 33, 1, 1, 2),
        (3, 49, 1, 2, 2),
        (10, 1, 0, 1, 9),
        (10, 14, 0, 1, 9),
        (10, 15, 0, 2, 8),
        (10, 99, 0, 9, 1),
        (10, 1, 1, 1, 10),
        (10, 18, 1, 2, 9),
        (10, 20, 1, 2, 8),
        (10, 23, 1, 2, 8),
        (10, 24, 1, 3, 8),
        (10, 99, 1, 10, 1),
        (0, 50, 1, 0, 0),
    ] {
        assert_eq!(
            closest(replicas, weight, 100, surge),
            Counts { canary, stable },
            "{replicas} replicas, weight {weight}, surge {surge}"
        );
    }
}

#[test]
fn one_pass_without_a_router() {
    type Row = (
        i64,
        i64,
        (i64, i64),
        (i64, i64),
        i64,
        i64,
        (i64, i64),
        (i64, i64),
    );
    let rows: &[Row] = &[
        // replicas, weight, stable, canary, surge, unavailable, older, expected stable and canary
        (10, 20, (10, 10), (0, 0), 2, 0, (0, 0), (10, 2)),
        (10, 20, (10, 10), (2, 2), 2, 0, (0, 0), (8, 2)),
        (10, 30, (10, 10), (0, 0), 2, 0, (0, 0), (10, 2)),
        (10, 20, (10, 10), (0, 0), 0, 2, (0, 0), (8, 0)),
        (10, 50, (10, 10), (0, 0), 2, 1, (0, 0), (9, 2)),
        (10, 100, (7, 8), (6, 3), 3, 0, (0, 0), (7, 6)),
        (10, 5, (10, 10), (0, 0), 0, 1, (0, 0), (9, 0)),
        (10, 5, (9, 9), (0, 0), 0, 1, (0, 0), (9, 1)),
        (10, 30, (8, 5), (4, 4), 0, 3, (0, 0), (7, 3)),
        (10, 100, (10, 2), (10, 8), 1, 0, (0, 0), (2, 9)),
        (10, 30, (8, 6), (4, 2), 0, 1, (3, 3), (8, 4)),
        (4, 0, (0, 0), (4, 4), 1, 0, (0, 0), (1, 4)),
        (4, 0, (1, 0), (4, 4), 1, 0, (0, 0), (1, 4)),
        (4, 0, (1, 1), (4, 4), 1, 0, (0, 0), (1, 3)),
        (4, 100, (4, 4), (0, 0), 3, 0, (0, 0), (4, 3)),
        (4, 100, (4, 4), (4, 4), 3, 0, (0, 0), (0, 4)),
        (10, 20, (10, 10), (0, 0), 3, 2, (0, 0), (8, 2)),
    ];
    for (replicas, weight, stable, canary, surge, unavailable, older, expected) in rows {
        let pods = |(spec, available): (i64, i64)| Pods { spec, available };
        let counts = basic(&Situation {
            replicas: *replicas,
            weight: *weight,
            max_weight: 100,
            max_surge: *surge,
            max_unavailable: *unavailable,
            stable: Some(pods(*stable)),
            canary: Some(pods(*canary)),
            older: pods(*older),
        });
        assert_eq!(
            (counts.stable, counts.canary),
            *expected,
            "weight {weight}, stable {stable:?}, canary {canary:?}"
        );
    }
}

#[test]
fn with_a_router_stable_stays_whole() {
    let plain = Canary::default();
    let scale = |replicas, weight| CanaryScale {
        replicas,
        weight,
        match_traffic_weight: false,
    };
    let of = |canary: &Canary, replicas, weight, scale: Option<&CanaryScale>| {
        let counts = routed(&Routed {
            canary,
            replicas,
            weight,
            scale,
            actual: None,
            is_aborted: false,
        });
        (counts.canary, counts.stable)
    };
    assert_eq!(of(&plain, 10, 20, None), (2, 10));
    assert_eq!(of(&plain, 4, 50, None), (2, 4));
    assert_eq!(of(&plain, 1, 5, Some(&scale(Some(9), None))), (9, 1));
    assert_eq!(of(&plain, 4, 5, Some(&scale(None, Some(200)))), (8, 4));
    let floored = Canary {
        min_pods_per_replica_set: Some(2),
        ..Canary::default()
    };
    assert_eq!(of(&floored, 10, 5, None), (2, 10));
    assert_eq!(of(&plain, 0, 50, None), (0, 0));
}

#[test]
fn with_a_router_stable_may_scale_along() {
    let dynamic = Canary {
        dynamic_stable_scale: true,
        ..Canary::default()
    };
    let of = |weight, actual: Option<(i64, i64)>, is_aborted| {
        let actual = actual.map(|(canary, stable)| Weights { canary, stable });
        let counts = routed(&Routed {
            canary: &dynamic,
            replicas: 10,
            weight,
            scale: None,
            actual,
            is_aborted,
        });
        (counts.canary, counts.stable)
    };
    assert_eq!(of(10, None, false), (1, 9));
    assert_eq!(of(20, Some((10, 90)), false), (2, 9));
    assert_eq!(of(0, Some((20, 80)), true), (2, 10));
    // Aborted at 60/40 with the steps 20 and 60: back by way of 20.
    let steps = [20, 60].map(|weight| Step {
        set_weight: Some(weight),
        ..Step::default()
    });
    let stepwise = Canary {
        steps: Some(steps.to_vec()),
        ..dynamic.clone()
    };
    let pods = |available| Pods {
        spec: available,
        available,
    };
    for (canary, stable, expected) in [(6, 4, (6, 8)), (1, 4, (6, 8)), (2, 10, (6, 10))] {
        let weight = step_back(&stepwise, 10, pods(canary), pods(stable));
        assert_eq!(
            of(weight, Some((60, 40)), true),
            expected,
            "{canary}/{stable}"
        );
    }
    assert_eq!(of(0, Some((60, 40)), true), (6, 10));
}

#[test]
fn a_threshold_says_how_many_pods_suffice() {
    let of = |threshold: Option<(&str, i64)>, available, wanted| {
        let canary = Canary {
            replica_progress_threshold: threshold.map(|(kind, value)| ProgressThreshold {
                kind: kind.to_owned(),
                value,
            }),
            ..Canary::default()
        };
        let pods = Pods {
            spec: wanted,
            available,
        };
        is_reached(&canary, Some(pods), wanted)
    };
    for (threshold, available, wanted, expected) in [
        (None, 10, 10, true),
        (None, 9, 10, false),
        (Some(("Percent", 90)), 9, 10, true),
        (Some(("Percent", 90)), 8, 10, false),
        (Some(("Percent", 90)), 0, 0, true),
        (Some(("Pods", 9)), 9, 10, true),
        (Some(("Pods", 9)), 8, 10, false),
        (Some(("Pods", -1)), 9, 10, false),
    ] {
        assert_eq!(
            of(threshold, available, wanted),
            expected,
            "{threshold:?} {available}/{wanted}"
        );
    }
    assert!(!is_reached(&Canary::default(), None, 0));
}

#[test]
fn bounds_are_numbers_or_percentages() {
    let of = |surge: Value, unavailable: Value| {
        let canary = Canary {
            max_surge: Some(surge),
            max_unavailable: Some(unavailable),
            ..Canary::default()
        };
        (max_surge(&canary, 10), max_unavailable(&canary, 10))
    };
    assert_eq!(of("25%".into(), "25%".into()), (3, 2));
    assert_eq!(of("25".into(), "25".into()), (3, 2));
    assert_eq!(of(1.into(), 2.into()), (1, 2));
    assert_eq!(of("0%".into(), "0%".into()), (0, 1));
}
