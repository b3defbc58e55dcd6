//! A secret is delivered as a canary and promoted.

use super::{
    secret_stage::{Stage, counts, rollout},
    world::sealed_ref,
};

#[tokio::test]
async fn a_secret_canary_is_promoted() {
    let stage = Stage::new().await;
    stage.seal("old").await;
    stage.apply(rollout("web", "i", &["db"])).await;
    stage.rollout("web", "Healthy", "1").await;
    assert_eq!(
        stage.promoted("db").await,
        "Promoted: version 1 is promoted"
    );
    assert_eq!(stage.readers("web").await, counts(&[("db-v1", 2)]));

    stage.seal("new").await;
    stage.rollout("web", "Paused", "2").await;
    assert_eq!(
        stage.promoted("db").await,
        "Progressing: version 2 waits for Rollout web"
    );
    assert_eq!(stage.versions().await, ["db-v1=old*", "db-v2=new"]);
    assert_eq!(stage.value("db").await, "old");
    assert_eq!(
        stage.readers("web").await,
        counts(&[("db-v1", 1), ("db-v2", 1)])
    );

    stage.rollout("web", "Healthy", "2").await;
    stage.condition("db", "Promoted: version 2").await;
    assert_eq!(stage.value("db").await, "new");
    assert_eq!(stage.readers("web").await, counts(&[("db-v2", 2)]));
    // The old version stays as long as a ReplicaSet of the history names it.
    assert_eq!(stage.versions().await, ["db-v1=old", "db-v2=new*"]);
    let reasons = stage.reasons("db").await;
    for (reason, count) in [("SecretVersionCreated", 2), ("SecretVersionPromoted", 1)] {
        assert_eq!(
            reasons.iter().filter(|found| *found == reason).count(),
            count,
            "{reasons:?}"
        );
    }
    let sealed = stage.get(&sealed_ref("db")).await.unwrap();
    let first = &sealed.at(&["status", "conditions"]).unwrap()[0];
    assert_eq!(
        (&first["type"], &first["status"]),
        (&"Synced".into(), &"True".into())
    );
    // The spec of the Rollout is as Git has it.
    let live = stage
        .get(&super::secret_stage::rollout_ref("web"))
        .await
        .unwrap();
    assert!(!live.at(&["spec"]).unwrap().to_string().contains("db-v"));
    let figures = stage.running.handle.metrics.text();
    let promoted = r#"promotion_info{namespace="shop",name="db",reason="Promoted"} 1"#;
    assert!(figures.contains(promoted), "{figures}");
    assert!(
        !figures.contains(r#"condition="Promoted""#),
        "condition_info is for Synced only"
    );
}
