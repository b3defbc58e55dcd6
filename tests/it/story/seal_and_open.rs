//! A secret is sealed, applied, opened, changed, and opened again.

use jiff::Timestamp;
use serde_json::json;

use super::world::{World, condition_of, has, items, object, sealed, sealed_ref, secret_ref};

#[tokio::test]
async fn a_sealed_secret_is_opened_and_follows_its_changes() {
    let world = World::new().await;
    let running = world.run();
    let began = world.clock.now();
    let mut first = object(sealed("db", &[("user", "shop"), ("password", "planted-1")]));
    first.set(
        &["spec", "template", "metadata", "labels"],
        json!({"app": "db"}),
    );
    first.set(&["spec", "template", "type"], "Opaque".into());
    let made = world.create(first.into_value()).await;
    let secret = world.secret("db", has("password", "planted-1")).await;
    assert_eq!(items(&secret).len(), 2);
    assert_eq!(secret.label("app"), Some("db"));
    assert_eq!(
        secret.at(&["metadata", "ownerReferences"]),
        Some(
            &json!([{"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "name": "db",
            "uid": made.uid().unwrap(), "controller": true}])
        )
    );
    let told = world.condition("db", "True", "").await;
    let condition = condition_of(&told);
    assert_eq!(condition["type"], "Synced");
    let at: Timestamp = condition["lastUpdateTime"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(began.as_second() <= at.as_second() && at <= world.clock.now());
    let unsealed = (
        "Unsealed".to_owned(),
        "SealedSecret unsealed successfully".to_owned(),
    );
    assert_eq!(world.events("db").await, [unsealed]);
    let again = sealed("db", &[("password", "planted-2"), ("extra", "x")]);
    let spec = again["spec"].clone();
    let patch = json!({"spec": {"encryptedData": spec["encryptedData"]}});
    let mut patch = patch;
    patch["spec"]["encryptedData"]["user"] = serde_json::Value::Null;
    world.patch(&sealed_ref("db"), patch).await;
    let secret = world.secret("db", has("password", "planted-2")).await;
    assert_eq!(
        items(&secret).keys().collect::<Vec<_>>(),
        ["extra", "password"]
    );
    world.condition("db", "True", "").await;
    world.delete(&sealed_ref("db")).await;
    world
        .until(&secret_ref("db"), |found| found.is_none())
        .await;
    running.stop().await;
}
