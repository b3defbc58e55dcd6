//! What is left for the original controllers, should they take over.

use std::collections::BTreeMap;

use serde_json::Value;
use waxwing::{
    object::{Gvk, Object, ObjectRef},
    plan::{Effect, Plan},
    rollout::decide::{self, Snapshot},
};

use super::{
    secret_stage::{Stage, rollout, rollout_ref},
    world::{sealed_ref, secret_ref},
};

/// What a controller does that knows nothing of versions: the Rollout's own template, and ReplicaSets found by it.
async fn without_versions(stage: &Stage, name: &str) -> Plan {
    let found = stage.get(&rollout_ref(name)).await.unwrap();
    let sets = stage.list("apps", "ReplicaSet").await;
    let own = sets
        .into_iter()
        .filter(|set| set.controller_uid() == found.uid());
    let snapshot = Snapshot {
        replica_sets: own.collect(),
        rollout: found,
        effective_template: None,
        matching: None,
        is_held: false,
        runs: Vec::new(),
        objects: BTreeMap::new(),
    };
    decide::decide(&snapshot, stage.world.clock.now())
}

fn made(plan: &Plan) -> Vec<&Object> {
    let effects = plan.effects.iter();
    effects
        .filter_map(|effect| match effect {
            Effect::Create(object) => Some(object),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn point_13_a_rollout_makes_one_ordinary_revision_on_the_plain_name() {
    let stage = Stage::begun().await;
    stage.apply(rollout("other", "i", &["unsealed"])).await;
    stage.rollout("other", "Progressing", "1").await;
    stage.seal("new").await;
    stage.rollout("web", "Healthy", "2").await;
    stage.condition("db", "Promoted: version 2").await;
    let found = stage.get(&rollout_ref("web")).await.unwrap();
    // Numbered first, then made: what the Rollout says is not ours alone.
    let mut plan = without_versions(&stage, "web").await;
    if made(&plan).is_empty() {
        let target = rollout_ref("web");
        let patch = plan.effects.iter().find_map(|effect| match effect {
            Effect::Patch {
                target: patched,
                patch,
                ..
            } if *patched == target => Some(patch.clone()),
            _ => None,
        });
        assert!(patch.is_some(), "{plan:?}");
        let mut numbered = found.clone();
        let revision = patch.unwrap();
        let path = "/metadata/annotations/rollout.argoproj.io~1revision";
        assert_eq!(revision.pointer(path), Some(&Value::from("3")));
        numbered.set(
            &["metadata", "annotations", "rollout.argoproj.io/revision"],
            "3".into(),
        );
        let sets = stage.list("apps", "ReplicaSet").await;
        let own = sets
            .into_iter()
            .filter(|set| set.controller_uid() == found.uid());
        plan = decide::decide(
            &Snapshot {
                replica_sets: own.collect(),
                rollout: numbered,
                effective_template: None,
                matching: None,
                is_held: false,
                runs: Vec::new(),
                objects: BTreeMap::new(),
            },
            stage.world.clock.now(),
        );
    }
    let sets = made(&plan);
    assert_eq!(sets.len(), 1, "{plan:?}");
    let reads = waxwing::version::secrets(&waxwing::version::template_in(sets[0]), "shop");
    assert_eq!(reads.into_iter().collect::<Vec<_>>(), ["db"]);
    // Until its pods run, the old ones keep what they read: nothing deletes versions or ReplicaSets.
    let deletes = plan
        .effects
        .iter()
        .filter(|effect| matches!(effect, Effect::Delete { .. }));
    assert_eq!(deletes.count(), 0);
    // Who reads no canaried secret moves without a restart.
    let other = without_versions(&stage, "other").await;
    assert!(made(&other).is_empty(), "{other:?}");
}

#[tokio::test]
async fn point_13_nothing_of_ours_stands_in_the_way() {
    let stage = Stage::begun().await;
    stage.seal("new").await;
    stage.rollout("web", "Paused", "2").await;
    let web = stage.get(&rollout_ref("web")).await.unwrap();
    let wanted = rollout("web", "i", &["db"]);
    let spec = web.at(&["spec"]).unwrap();
    assert_eq!(
        spec["template"]["spec"]["containers"][0]["envFrom"],
        wanted["spec"]["template"]["spec"]["containers"][0]["envFrom"]
    );
    let plain = stage.get(&secret_ref("db")).await.unwrap();
    let owner = &plain.at(&["metadata", "ownerReferences"]).unwrap()[0];
    assert_eq!(
        (&owner["kind"], &owner["controller"]),
        (&"SealedSecret".into(), &true.into())
    );
    assert_eq!(plain.at(&["immutable"]), None);
    let sealed = stage.get(&sealed_ref("db")).await.unwrap();
    let ours = sealed
        .annotations()
        .into_keys()
        .filter(|name| name.starts_with("waxwing.dev/"));
    assert_eq!(
        ours.collect::<Vec<_>>(),
        ["waxwing.dev/canary"],
        "what Git has"
    );
    let synced = &sealed.at(&["status", "conditions"]).unwrap()[0];
    assert_eq!(
        synced["type"], "Synced",
        "the original reads it and leaves the other one alone"
    );
    let sets = Gvk::new("apps", "v1", "ReplicaSet");
    for set in stage.list("apps", "ReplicaSet").await {
        assert!(set.label("rollouts-pod-template-hash").is_some());
        // Pods and their template carry nothing of ours, so that no hash depends on it.
        let template = set
            .at(&["spec", "template", "metadata"])
            .unwrap()
            .to_string();
        assert!(!template.contains("waxwing.dev"), "{template}");
        let version = waxwing::version::secrets(&waxwing::version::template_in(&set), "shop");
        let version = stage
            .get(&secret_ref(version.iter().next().unwrap()))
            .await
            .unwrap();
        let owners = version
            .at(&["metadata", "ownerReferences"])
            .unwrap()
            .as_array()
            .unwrap();
        assert!(
            owners
                .iter()
                .any(|owner| owner["uid"].as_str() == set.uid()),
            "it goes with its ReplicaSet"
        );
        assert_eq!(version.at(&["metadata", "finalizers"]), None);
        let target = ObjectRef::new(sets.clone(), Some("shop"), set.name());
        assert_eq!(
            stage
                .get(&target)
                .await
                .unwrap()
                .at(&["metadata", "finalizers"]),
            None
        );
    }
}
