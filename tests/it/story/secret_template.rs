//! Templates of an opted-in SealedSecret: nothing of chance, nothing in our name, and metadata for the plain name only.

use serde_json::json;

use super::{
    secret_stage::{Stage, opted_in},
    world::{sealed, secret_ref},
};

#[tokio::test]
async fn point_02_functions_of_chance_and_clock_are_refused() {
    let stage = Stage::new().await;
    for (name, template) in [("chance", "{{ randAlphaNum 5 }}"), ("clock", "{{ now }}")] {
        let mut refused = opted_in(sealed(name, &[("k", "v")]));
        refused["spec"]["template"]["data"] = json!({"t": template});
        stage.apply(refused).await;
        stage.world.condition(name, "False", "").await;
    }
    assert!(stage.versions().await.is_empty());
}

#[tokio::test]
async fn point_02_metadata_goes_to_the_plain_name_and_names_of_ours_to_nobody() {
    let stage = Stage::new().await;
    let mut forged = opted_in(sealed("db", &[("k", "old")]));
    forged["spec"]["template"]["metadata"] = json!({
        "labels": {"team": "a", "waxwing.dev/promoted": "no", "waxwing.dev/secret": "other"},
        "annotations": {"note": "b", "waxwing.dev/last-version": "99"}});
    stage.apply(forged.clone()).await;
    stage.condition("db", "Promoted: version 1").await;
    let plain = stage.get(&secret_ref("db")).await.unwrap();
    let labels: Vec<(&str, &str)> = plain.labels().into_iter().collect();
    assert_eq!(labels, [("team", "a")]);
    assert_eq!(plain.annotation("note"), Some("b"));
    assert_eq!(plain.annotation("waxwing.dev/last-version"), Some("1"));
    let version = stage.get(&secret_ref("db-v1")).await.unwrap();
    assert_eq!(
        (version.label("team"), version.annotation("note")),
        (None, None)
    );
    // Another label is no other content.
    forged["spec"]["template"]["metadata"]["labels"]["team"] = "c".into();
    stage.apply(forged).await;
    stage
        .until("the label is there", async |stage: &Stage| {
            let plain = stage.get(&secret_ref("db")).await.unwrap();
            plain.label("team") == Some("c")
        })
        .await;
    assert_eq!(stage.versions().await, ["db-v1=old*"]);
}
