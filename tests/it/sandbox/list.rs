//! Lists: pages, versions, forms.

use serde_json::json;

use super::server::{Raw, sandbox};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

async fn fill(raw: &Raw, count: usize) {
    for number in 0..count {
        let body = json!({"metadata": {"name": format!("m{number}")}});
        assert_eq!(raw.post(MAPS, body).await.code, 201);
    }
}

#[tokio::test]
async fn pages_show_one_version() {
    let raw = Raw::new(&sandbox());
    fill(&raw, 5).await;
    let first = raw.get(&format!("{MAPS}?limit=2")).await;
    assert_eq!(first.body["metadata"]["remainingItemCount"], 3);
    raw.delete(&format!("{MAPS}/m3"), json!({})).await;
    raw.post(MAPS, json!({"metadata": {"name": "m9"}})).await;
    let token = first.body["metadata"]["continue"].as_str().unwrap();
    let rest = raw.get(&format!("{MAPS}?limit=9&continue={token}")).await;
    let names: Vec<_> = rest.body["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["metadata"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["m2", "m3", "m4"]);
    assert_eq!(rest.version(), first.version());
    assert!(rest.body["metadata"].get("continue").is_none());
    let wrong = raw.get(&format!("{MAPS}?continue=x")).await;
    assert_eq!(wrong.code, 400);
}

#[tokio::test]
async fn versions_are_asked_for() {
    let raw = Raw::new(&sandbox());
    fill(&raw, 1).await;
    let then = raw.get(MAPS).await.version().to_owned();
    fill_more(&raw).await;
    let exact = format!("{MAPS}?resourceVersion={then}&resourceVersionMatch=Exact");
    assert_eq!(
        raw.get(&exact).await.body["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let newer = format!("{MAPS}?resourceVersion={then}&resourceVersionMatch=NotOlderThan");
    assert_eq!(
        raw.get(&newer).await.body["items"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let future = raw.get(&format!("{MAPS}?resourceVersion=99999")).await;
    assert_eq!(
        (future.code, future.body["reason"].as_str()),
        (504, Some("Timeout"))
    );
    assert!(
        future
            .message()
            .starts_with("Too large resource version: 99999, current: ")
    );
}

async fn fill_more(raw: &Raw) {
    raw.post(MAPS, json!({"metadata": {"name": "more"}})).await;
}

#[tokio::test]
async fn forms_are_negotiated() {
    let raw = Raw::new(&sandbox());
    fill(&raw, 1).await;
    let get = async |path: &str, accept: &str| {
        let request = axum::http::Request::get(path)
            .header("accept", accept)
            .body(axum::body::Body::empty())
            .unwrap();
        raw.send(request).await
    };
    let table = get(
        MAPS,
        "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
    )
    .await;
    assert_eq!(table.body["kind"], "Table");
    assert_eq!(table.body["rows"][0]["cells"][0], "m0");
    let metadata = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
    let list = get(MAPS, metadata).await;
    assert_eq!(list.body["kind"], "PartialObjectMetadataList");
    assert_eq!(list.body["items"][0]["metadata"]["name"], "m0");
    let protobuf = get(MAPS, "application/vnd.kubernetes.protobuf").await;
    assert_eq!(protobuf.body["kind"], "ConfigMapList");
    assert!(protobuf.body["items"][0].get("kind").is_none());
    let yaml = get(&format!("{MAPS}/m0"), "application/yaml").await;
    assert!(yaml.body.as_str().unwrap().starts_with("apiVersion: v1\n"));
    assert_eq!(get(MAPS, "text/html").await.code, 406);
}

#[tokio::test]
async fn unknown_selector_fields_are_refused() {
    let raw = Raw::new(&sandbox());
    let answer = raw.get(&format!("{MAPS}?fieldSelector=a%3Db")).await;
    assert_eq!(answer.code, 400);
    assert!(
        answer
            .message()
            .contains("\"a\" is not a known field selector"),
        "{answer:?}"
    );
    let one = raw
        .get(&format!("{MAPS}?fieldSelector=metadata.name%3Dx"))
        .await;
    assert_eq!(one.body["items"], json!([]));
}
