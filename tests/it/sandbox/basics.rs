//! The first way through: create, read, list, watch, update, delete.

use std::collections::BTreeMap;

use futures::TryStreamExt;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, ListParams, PostParams, WatchEvent, WatchParams},
};

use super::server::{client, sandbox};

fn config_map(name: &str, value: &str) -> ConfigMap {
    ConfigMap {
        metadata: kube::api::ObjectMeta {
            name: Some(name.into()),
            ..Default::default()
        },
        data: Some(BTreeMap::from([("key".into(), value.into())])),
        ..Default::default()
    }
}

#[tokio::test]
async fn an_object_lives_from_creation_to_deletion() {
    let client = client(&sandbox());
    let maps: Api<ConfigMap> = Api::namespaced(client, "default");
    let before = maps.list(&ListParams::default()).await.unwrap();
    let version = before.metadata.resource_version.unwrap();
    let watch = maps.watch(&WatchParams::default(), &version).await.unwrap();
    futures::pin_mut!(watch);

    let made = maps
        .create(&PostParams::default(), &config_map("a", "1"))
        .await
        .unwrap();
    assert_eq!(made.namespace().as_deref(), Some("default"));
    assert_eq!(
        made.creation_timestamp().unwrap().0.to_string(),
        "2026-03-01T12:00:00Z"
    );
    let mut changed = maps.get("a").await.unwrap();
    assert_eq!(changed, made);
    changed.data = config_map("a", "2").data;
    let changed = maps
        .replace("a", &PostParams::default(), &changed)
        .await
        .unwrap();
    assert_ne!(changed.resource_version(), made.resource_version());
    let stale = maps
        .replace("a", &PostParams::default(), &made)
        .await
        .unwrap_err();
    let kube::Error::Api(status) = stale else {
        panic!("{stale}");
    };
    assert_eq!((status.code, status.reason.as_str()), (409, "Conflict"));
    assert_eq!(
        maps.list(&ListParams::default()).await.unwrap().items.len(),
        1
    );
    let gone = maps.delete("a", &DeleteParams::default()).await.unwrap();
    assert!(gone.right().is_some_and(|status| status.is_success()));
    assert!(maps.get_opt("a").await.unwrap().is_none());

    let mut seen = Vec::new();
    while seen.len() < 3 {
        seen.push(match watch.try_next().await.unwrap().unwrap() {
            WatchEvent::Added(_) => "added",
            WatchEvent::Modified(_) => "modified",
            WatchEvent::Deleted(_) => "deleted",
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(seen, ["added", "modified", "deleted"]);
}

#[tokio::test]
async fn a_fresh_server_has_its_namespaces() {
    let sandbox = sandbox();
    let namespaces: Api<Namespace> = Api::all(client(&sandbox));
    let names: Vec<String> = namespaces
        .list(&ListParams::default())
        .await
        .unwrap()
        .iter()
        .map(ResourceExt::name_any)
        .collect();
    assert_eq!(
        names,
        ["default", "kube-node-lease", "kube-public", "kube-system"]
    );
    let secrets: Api<Secret> = Api::namespaced(client(&sandbox), "nowhere");
    let error = secrets
        .create(
            &PostParams::default(),
            &Secret {
                metadata: kube::api::ObjectMeta {
                    name: Some("a".into()),
                    ..Default::default()
                },
                ..Default::default()
            },
        )
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("namespaces \"nowhere\" not found"),
        "{error}"
    );
}
