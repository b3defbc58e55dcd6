//! Our discovery against that of a real API server.

use std::collections::BTreeSet;

use serde_json::Value;
use waxwing::sandbox::{discovery, registry::Registry};

/// What a real server offers and ours does not: it needs a kubelet, a token signer or an approver.
const NOT_SERVED: &[&str] = &[
    "bindings",
    "certificatesigningrequests/approval",
    "componentstatuses",
    "nodes/proxy",
    "pods/attach",
    "pods/ephemeralcontainers",
    "pods/exec",
    "pods/log",
    "pods/portforward",
    "pods/proxy",
    "pods/resize",
    "serviceaccounts/token",
];

fn recorded() -> Value {
    serde_json::from_str(include_str!("../../vectors/discovery/v1.37.2.json")).unwrap()
}

#[test]
fn each_line_is_that_of_a_real_server() {
    let registry = Registry::built_in();
    let mut missing = BTreeSet::new();
    for (path, theirs) in recorded().as_object().unwrap() {
        let Some(name) = path.strip_prefix("/api") else {
            continue;
        };
        if path == "/apis" {
            continue;
        }
        let (group, version) = name
            .strip_prefix("s/")
            .and_then(|name| name.split_once('/'))
            .unwrap_or(("", "v1"));
        let mut ours = discovery::resources(&registry, group, version).unwrap();
        let mut theirs = theirs.clone();
        let names = |list: &Value| -> BTreeSet<String> {
            list["resources"]
                .as_array()
                .unwrap()
                .iter()
                .map(|line| line["name"].as_str().unwrap().to_owned())
                .collect()
        };
        let lacking: BTreeSet<String> = names(&theirs).difference(&names(&ours)).cloned().collect();
        theirs["resources"]
            .as_array_mut()
            .unwrap()
            .retain(|line| !lacking.contains(line["name"].as_str().unwrap()));
        // The recording does not keep null and empty fields.
        ours.as_object_mut().unwrap().retain(|_, v| !v.is_null());
        assert_eq!(ours, theirs, "{path}");
        missing.extend(lacking);
    }
    assert_eq!(
        missing,
        NOT_SERVED.iter().map(|&name| name.to_owned()).collect()
    );
}

#[test]
fn groups_come_in_the_order_of_a_real_server() {
    let ours = discovery::groups(&Registry::built_in());
    let ours: Vec<&str> = ours["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group["name"].as_str().unwrap())
        .collect();
    let recorded = recorded();
    let theirs: Vec<&str> = recorded["/apis"]["groups"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .filter(|group| ours.contains(group))
        .collect();
    assert_eq!(ours, theirs);
}

#[test]
fn the_aggregated_form_says_the_same() {
    let ours = discovery::aggregated(&Registry::built_in(), false);
    let mut apps = ours["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["metadata"]["name"] == "apps")
        .unwrap()
        .clone();
    apps["metadata"]
        .as_object_mut()
        .unwrap()
        .remove("creationTimestamp");
    assert_eq!(apps, recorded()["aggregated apps/v1"]);
}
