//! The Secret stays as its SealedSecret says, and what belongs to others is left alone.

use serde_json::json;

use super::world::{World, has, items, sealed, sealed_ref, secret_ref};

const FOREIGN: &str =
    "failed update: Resource \"db\" already exists and is not managed by SealedSecret";

#[tokio::test]
async fn an_edit_of_an_opened_secret_is_corrected() {
    let world = World::new().await;
    let running = world.run();
    world.create(sealed("db", &[("k", "v")])).await;
    world.condition("db", "True", "").await;
    let edits = [
        json!({"data": {"k": "ZWRpdGVk"}}),
        json!({"data": {"more": "YWRkZWQ="}}),
        json!({"metadata": {"labels": {"foreign": "label"}}}),
        json!({"metadata": {"ownerReferences": null,
            "annotations": {"sealedsecrets.bitnami.com/managed": "true"}}}),
    ];
    for edit in edits {
        let edited = world.patch(&secret_ref("db"), edit).await;
        let restored = world.secret("db", |secret| {
            if secret.resource_version() == edited.resource_version() {
                return false;
            }
            let owned = secret.at(&["metadata", "ownerReferences"]).is_some();
            owned && secret.labels().is_empty() && items(secret).len() == 1 && has("k", "v")(secret)
        });
        let restored = restored.await;
        assert!(restored.annotations().is_empty());
    }
    running.stop().await;
}

#[tokio::test]
async fn a_deleted_secret_is_made_again() {
    let world = World::new().await;
    let running = world.run();
    world.create(sealed("db", &[("k", "v")])).await;
    let first = world.secret("db", has("k", "v")).await;
    world.delete(&secret_ref("db")).await;
    let second = world
        .secret("db", |secret| secret.uid() != first.uid())
        .await;
    assert!(has("k", "v")(&second));
    running.stop().await;
}

#[tokio::test]
async fn a_foreign_secret_is_not_overwritten_and_its_going_is_noticed() {
    let world = World::new().await;
    let running = world.run();
    let foreign = json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "db", "namespace": "shop"}, "data": {"mine": "a2VlcA=="}});
    let foreign = world.create(foreign).await;
    world.create(sealed("db", &[("k", "v")])).await;
    world.condition("db", "False", FOREIGN).await;
    let kept = world.cluster.get(&secret_ref("db")).await.unwrap().unwrap();
    assert_eq!(kept, foreign);
    world.delete(&secret_ref("db")).await;
    world.condition("db", "True", "").await;
    world.secret("db", has("k", "v")).await;
    running.stop().await;
}

#[tokio::test]
async fn consent_on_the_secret_itself_lets_it_be_taken_over_or_added_to() {
    let world = World::new().await;
    let running = world.run();
    for (consent, keeps) in [("managed", false), ("patch", true)] {
        let annotation = format!("sealedsecrets.bitnami.com/{consent}");
        let theirs = json!({"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": consent, "namespace": "shop", "annotations": {annotation: "true"}},
            "data": {"mine": "a2VlcA=="}});
        world.create(theirs).await;
        world.create(sealed(consent, &[("k", "v")])).await;
        let secret = world.secret(consent, has("k", "v")).await;
        assert_eq!(has("mine", "keep")(&secret), keeps, "{consent}");
        let owned = secret.at(&["metadata", "ownerReferences"]).is_some();
        assert_eq!(owned, !keeps, "{consent}");
    }
    running.stop().await;
}

#[tokio::test]
async fn an_immutable_secret_is_told_of_and_left_alone() {
    let world = World::new().await;
    let running = world.run();
    let mut first = sealed("db", &[("k", "v")]);
    first["spec"]["template"]["immutable"] = true.into();
    world.create(first).await;
    world.condition("db", "True", "").await;
    let again = sealed("db", &[("k", "w")]);
    world
        .patch(
            &sealed_ref("db"),
            json!({"spec": {"encryptedData": again["spec"]["encryptedData"]}}),
        )
        .await;
    world
        .condition("db", "False", "field is immutable when `immutable` is set")
        .await;
    let text = "Error updating shop/db: the target Secret is immutable.";
    let is_told = |(reason, message): &(String, String)| {
        reason == "ErrUpdateFailed" && message.starts_with(text)
    };
    let events = world.events("db").await;
    assert!(events.iter().any(is_told), "{events:?}");
    running.stop().await;
}

#[tokio::test]
async fn what_the_api_refuses_is_told() {
    let world = World::new().await;
    let running = world.run();
    let mut bad = sealed("db", &[("k", "v")]);
    bad["spec"]["template"]["metadata"]["labels"] = json!({"app": "not a label value!"});
    world.create(bad).await;
    let told = world
        .condition("db", "False", "Secret \"db\" is invalid")
        .await;
    assert_eq!(world.events("db").await[0].0, "ErrUpdateFailed");
    assert_eq!(told.at(&["status", "observedGeneration"]), Some(&json!(1)));
    running.stop().await;
}
