//! A sealed secret opens where it was sealed for, and nowhere else.

use serde_json::{Value, json};
use waxwing::seal::Scope;

use super::world::{World, has, sealed, sealed_in, sealed_ref, secret_ref};

const REFUSED: &str = "no key could decrypt secret (k)";
const CLUSTER_WIDE: &str = "sealedsecrets.bitnami.com/cluster-wide";

fn renamed(mut sealed: Value, name: &str) -> Value {
    sealed["metadata"]["name"] = name.into();
    sealed
}

#[tokio::test]
async fn a_copy_under_another_name_is_refused_and_says_why() {
    let world = World::new().await;
    let running = world.run();
    world
        .create(renamed(sealed("db", &[("k", "planted")]), "copy"))
        .await;
    world.condition("copy", "False", REFUSED).await;
    let told = (
        "ErrUnsealFailed".to_owned(),
        format!("Failed to unseal: {REFUSED}"),
    );
    assert_eq!(world.events("copy").await, [told]);
    assert_eq!(world.cluster.get(&secret_ref("copy")).await, Ok(None));
    running.stop().await;
}

#[tokio::test]
async fn a_changed_byte_is_refused_with_the_same_words() {
    let world = World::new().await;
    let running = world.run();
    let mut sealed = sealed("db", &[("k", "planted")]);
    let item = sealed["spec"]["encryptedData"]["k"].as_str().unwrap();
    let (letter, rest) = item.split_at(item.len() / 2);
    let other = if rest.starts_with('A') { "B" } else { "A" };
    let item = format!("{letter}{other}{}", &rest[1..]);
    sealed["spec"]["encryptedData"]["k"] = item.into();
    world.create(sealed).await;
    world.condition("db", "False", REFUSED).await;
    running.stop().await;
}

#[tokio::test]
async fn wider_scopes_may_be_renamed() {
    let world = World::new().await;
    let running = world.run();
    for scope in [Scope::NamespaceWide, Scope::ClusterWide] {
        let name = format!("other-{scope}");
        world
            .create(renamed(sealed_in(scope, "db", &[("k", "v")]), &name))
            .await;
        world.secret(&name, has("k", "v")).await;
    }
    running.stop().await;
}

#[tokio::test]
async fn an_edit_of_the_scope_annotation_alone_is_noticed() {
    let world = World::new().await;
    let running = world.run();
    world
        .create(sealed_in(Scope::ClusterWide, "db", &[("k", "v")]))
        .await;
    world.condition("db", "True", "").await;
    for (value, status) in [("false", "False"), ("true", "True")] {
        let patch = json!({"metadata": {"annotations": {CLUSTER_WIDE: value}}});
        world.patch(&sealed_ref("db"), patch).await;
        world.condition("db", status, "").await;
    }
    running.stop().await;
}
