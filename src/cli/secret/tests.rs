//! What the tables show: states, readers, keys; never a value.

use serde_json::{Value, json};

use super::{connect::Known, history, list};
use crate::object::Object;

fn object(value: Value) -> Object {
    Object::from_value(value).unwrap()
}

fn version(number: u64, data: Value, labels: Value, annotations: Value) -> Object {
    let mut found = object(json!({"apiVersion": "v1", "kind": "Secret", "data": data,
        "metadata": {"name": format!("db-v{number}"), "namespace": "shop", "labels": labels, "annotations": annotations,
            "creationTimestamp": format!("2030-01-0{number}T00:00:00Z")}}));
    found.set(&["metadata", "labels", "waxwing.dev/secret"], "db".into());
    found.set(
        &["metadata", "labels", "waxwing.dev/version"],
        number.to_string().into(),
    );
    found
}

fn known() -> Known {
    let rejected =
        r#"{"web":{"uid":"u","revision":"2","message":"error rate","templateChanged":false}}"#;
    Known {
        sealed: Some(object(
            json!({"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret",
            "metadata": {"name": "db", "namespace": "shop", "annotations": {"waxwing.dev/canary": "true"}},
            "status": {"conditions": [{"type": "Promoted", "status": "False", "reason": "Rejected",
                "message": "version 2 was rejected by Rollout web in revision 2: error rate"}]}}),
        )),
        versions: vec![
            version(
                1,
                json!({"host": "cGxhbnRlZA==", "user": "cGxhbnRlZA=="}),
                json!({"waxwing.dev/promoted": "true"}),
                json!({}),
            ),
            version(
                2,
                json!({"host": "cGxhbnRlZA==", "user": "b3RoZXI="}),
                json!({"waxwing.dev/desired": "true"}),
                json!({"waxwing.dev/rejected": rejected}),
            ),
        ],
    }
}

#[test]
fn a_list_says_what_is_promoted_and_what_is_in_the_way() {
    let row = list::row("shop", "db", &known());
    let shown = list::text(&[row], false);
    assert_eq!(
        shown,
        "NAME   PROMOTED   DESIRED   VERSIONS   STATUS     MESSAGE\n\
         db     1          2         2          Rejected   version 2 was rejected by Rollout web in revision 2: error rate"
    );
    let orphan = Known {
        sealed: None,
        ..known()
    };
    let shown = list::text(&[list::row("shop", "db", &orphan)], true);
    assert!(
        shown.contains("shop        db     1          2         2          Orphaned"),
        "{shown}"
    );
    assert_eq!(
        list::text(&[], false),
        "No secrets are delivered as versions."
    );
}

#[test]
fn a_history_names_keys_and_readers_but_never_a_value() {
    let template = |name: &str| json!({"containers": [{"name": "c", "envFrom": [{"secretRef": {"name": name}}]}]});
    let sets = [object(
        json!({"apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {"name": "web-a", "namespace": "shop"}, "spec": {"template": {"spec": template("db-v1")}}}),
    )];
    // What names the plain Secret reads the promoted version.
    let pods = ["db-v1", "db", "db-v2"].map(|name| {
        object(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "shop"}, "spec": template(name)}))
    });
    let rows = history::rows("db", &known(), &sets, &pods);
    let shown = history::text(&rows);
    assert_eq!(
        shown,
        "VERSION   STATE              CREATED                CHANGED KEYS   REPLICASETS   PODS   REJECTED\n\
         2         desired,rejected   2030-01-02T00:00:00Z   user           -             1      web revision 2: error rate\n\
         1         promoted           2030-01-01T00:00:00Z   host,user      web-a         2      -"
    );
    let later = Known {
        versions: [3, 5]
            .map(|number| {
                version(
                    number,
                    json!({"user": "cGxhbnRlZA=="}),
                    json!({}),
                    json!({}),
                )
            })
            .into(),
        ..known()
    };
    let later = history::text(&history::rows("db", &later, &[], &[]));
    let keys: Vec<&str> = later.lines().filter_map(|line| line.get(41..53)).collect();
    assert_eq!(
        keys,
        ["CHANGED KEYS", "- (since 3) ", "unknown     "],
        "{later}"
    );
    let json = serde_json::to_string(&rows).unwrap();
    for text in [&shown, &json] {
        assert!(
            !text.contains("planted") && !text.contains("cGxhbnRlZA") && !text.contains("other")
        );
    }
}
