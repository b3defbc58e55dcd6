//! The tables of what happens to a Secret, a case a row.

use proptest::prelude::*;
use serde_json::json;

use super::*;

const UID: &str = "uid-of-sealed";
const OTHER_UID: &str = "uid-of-other";

fn object(value: Value) -> Object {
    Object::from_value(value).unwrap()
}

fn sealed() -> Object {
    object(json!({
        "apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret",
        "metadata": {"name": "a", "namespace": "ns", "uid": UID, "generation": 1,
            "resourceVersion": "7"},
        "spec": {"encryptedData": {"k": "AgA="}},
    }))
}

fn owner(uid: &str) -> Value {
    json!([{"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "name": "a",
        "uid": uid, "controller": true}])
}

/// What the SealedSecret opens to.
fn desired() -> Object {
    object(json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "a", "namespace": "ns", "labels": {"new": "l"},
            "annotations": {"new": "a"}, "ownerReferences": owner(UID)},
        "type": "Opaque", "data": {"k": "bmV3"},
    }))
}

fn live(owner_uid: Option<&str>, annotations: Value) -> Object {
    let mut secret = object(json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "a", "namespace": "ns", "uid": "s", "resourceVersion": "3",
            "labels": {"old": "l"}, "annotations": annotations},
        "type": "Opaque", "data": {"k": "b2xk", "other": "b2xk"},
    }));
    if let Some(uid) = owner_uid {
        secret.set(&["metadata", "ownerReferences"], owner(uid));
    }
    secret
}

fn now() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

fn decide_on(secret: Option<Object>, desired: Object) -> Decision {
    let snapshot = Snapshot {
        sealed: sealed(),
        secret,
    };
    decide_opened(&snapshot, &Ok(desired), now(), Settings::default())
}

/// Plays the API server: what stands there after a plan.
fn after(snapshot: &Snapshot, plan: &Plan) -> Snapshot {
    let mut after = snapshot.clone();
    for effect in &plan.effects {
        if let Effect::Create(secret) | Effect::Replace(secret) = effect {
            let mut secret = secret.clone();
            if type_of(&secret) == DEFAULT_TYPE {
                secret.set(&["type"], DEFAULT_TYPE.into());
            }
            after.secret = Some(secret);
        }
    }
    if let Some(sealed) = &plan.status {
        after.sealed = sealed.clone();
    }
    after
}

fn written(decision: &Decision) -> &Object {
    decision
        .plan
        .effects
        .iter()
        .find_map(|effect| match effect {
            Effect::Create(secret) | Effect::Replace(secret) => Some(secret),
            _ => None,
        })
        .unwrap()
}

fn told(decision: &Decision) -> Vec<(&str, &str)> {
    decision
        .plan
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Event(event) => Some((event.reason.as_str(), event.message.as_str())),
            _ => None,
        })
        .collect()
}

fn condition(decision: &Decision) -> Value {
    let status = decision.plan.status.as_ref().unwrap();
    status.at(&["status", "conditions"]).unwrap()[0].clone()
}

#[test]
fn an_absent_secret_is_created_with_event_and_status() {
    let decision = decide_on(None, desired());
    assert_eq!(decision.plan.effects[0], Effect::Create(desired()));
    assert_eq!(
        told(&decision),
        [(UNSEALED, "SealedSecret unsealed successfully")]
    );
    assert_eq!(
        condition(&decision),
        json!({"type": "Synced", "status": "True", "reason": "Unsealed",
            "lastUpdateTime": "2026-01-02T03:04:05Z",
            "lastTransitionTime": "2026-01-02T03:04:05Z"})
    );
    let status = decision.plan.status.unwrap();
    assert_eq!(
        status.at(&["status", "observedGeneration"]),
        Some(&json!(1))
    );
}

#[test]
fn each_row_of_the_table_of_updates() {
    let managed = json!({MANAGED: "true", "old": "a"});
    let patch = json!({PATCH: "true", "old": "a"});
    let both = json!({MANAGED: "true", PATCH: "true", "old": "a"});
    let replaced = (
        json!({"k": "bmV3"}),
        json!({"new": "l"}),
        json!({"new": "a"}),
    );
    let merged = |annotations: Value| {
        (
            json!({"k": "bmV3", "other": "b2xk"}),
            json!({"new": "l", "old": "l"}),
            annotations,
        )
    };
    let rows = [
        (Some(UID), json!({"old": "a"}), replaced.clone(), Some(UID)),
        (None, managed.clone(), replaced.clone(), Some(UID)),
        (Some(OTHER_UID), managed, replaced, Some(UID)),
        (
            None,
            patch.clone(),
            merged(json!({PATCH: "true", "new": "a", "old": "a"})),
            None,
        ),
        (
            Some(OTHER_UID),
            patch,
            merged(json!({PATCH: "true", "new": "a", "old": "a"})),
            Some(OTHER_UID),
        ),
        (
            None,
            both,
            merged(json!({MANAGED: "true", PATCH: "true", "new": "a", "old": "a"})),
            Some(UID),
        ),
    ];
    for (owned_by, annotations, (data, labels, notes), owned_after) in rows {
        let decision = decide_on(Some(live(owned_by, annotations.clone())), desired());
        let secret = written(&decision);
        let row = format!("{owned_by:?} {annotations}");
        assert_eq!(secret.at(&["data"]), Some(&data), "{row}");
        assert_eq!(secret.at(&["metadata", "labels"]), Some(&labels), "{row}");
        assert_eq!(
            secret.at(&["metadata", "annotations"]),
            Some(&notes),
            "{row}"
        );
        let owners = secret.at(&["metadata", "ownerReferences"]).cloned();
        assert_eq!(owners, owned_after.map(owner), "{row}");
        assert_eq!(secret.resource_version(), Some("3"), "{row}");
        assert_eq!(decision.outcome, Outcome::Opened, "{row}");
    }
}

#[test]
fn a_foreign_secret_is_left_alone() {
    for annotations in [
        json!({}),
        json!({MANAGED: "True"}),
        json!({PATCH: "1", MANAGED: "false"}),
    ] {
        for owned_by in [None, Some(OTHER_UID)] {
            let decision = decide_on(Some(live(owned_by, annotations.clone())), desired());
            let text = "Resource \"a\" already exists and is not managed by SealedSecret";
            assert_eq!(told(&decision), [(ERR_UPDATE_FAILED, text)]);
            assert_eq!(decision.plan.effects.len(), 1);
            assert_eq!(decision.outcome, Outcome::Unmanaged);
            let condition = condition(&decision);
            assert_eq!(condition["message"], format!("failed update: {text}"));
            assert_eq!(condition["status"], "False");
        }
    }
}

#[test]
fn without_a_watch_of_secrets_a_conflict_is_looked_at_again() {
    let snapshot = Snapshot {
        sealed: sealed(),
        secret: Some(live(None, json!({}))),
    };
    let settings = Settings {
        watches_secrets: false,
        ..Settings::default()
    };
    let decision = decide_opened(&snapshot, &Ok(desired()), now(), settings);
    assert_eq!(decision.plan.next, Next::Backoff);
}

#[test]
fn a_secret_without_owner_is_created_and_then_not_managed() {
    let mut orphan = desired();
    orphan.remove(&["metadata", "ownerReferences"]);
    let decision = decide_on(None, orphan.clone());
    assert_eq!(decision.plan.effects[0], Effect::Create(orphan.clone()));
    assert_eq!(decision.outcome, Outcome::Unmanaged);
    orphan.set(&["metadata", "annotations", MANAGED], TRUE.into());
    let decision = decide_on(None, orphan.clone());
    assert_eq!(decision.outcome, Outcome::Opened);
    // With the owner set aside, an owned Secret loses its owner.
    let decision = decide_on(Some(live(Some(UID), json!({}))), orphan);
    assert_eq!(
        written(&decision).at(&["metadata", "ownerReferences"]),
        None
    );
}

#[test]
fn what_does_not_open_is_said_and_nothing_is_written() {
    let snapshot = Snapshot {
        sealed: sealed(),
        secret: Some(live(Some(UID), json!({}))),
    };
    let error = "no key could decrypt secret (foo)".to_owned();
    let decision = decide_opened(&snapshot, &Err(error), now(), Settings::default());
    let text = "Failed to unseal: no key could decrypt secret (foo)";
    assert_eq!(told(&decision), [(ERR_UNSEAL_FAILED, text)]);
    assert_eq!(decision.plan.effects.len(), 1);
    let condition = condition(&decision);
    assert_eq!(condition["message"], "no key could decrypt secret (foo)");
    let again = after(&snapshot, &decision.plan);
    let error = "no key could decrypt secret (bar)".to_owned();
    let decision = decide_opened(&again, &Err(error), now(), Settings::default());
    let condition = self::condition(&decision);
    assert_eq!(condition["message"], "no key could decrypt secret (bar)");
}

#[test]
fn an_immutable_secret_is_not_written_but_its_metadata_is() {
    let mut secret = live(Some(UID), json!({}));
    secret.set(&["immutable"], true.into());
    let decision = decide_on(Some(secret.clone()), desired());
    assert_eq!(
        told(&decision),
        [(
            ERR_UPDATE_FAILED,
            "Error updating ns/a: the target Secret is immutable. Once a Secret is marked as immutable, it is \
             not possible to revert this change nor to mutate the contents of the data field. You can only \
             delete and recreate the Secret."
        )]
    );
    assert_eq!(
        condition(&decision)["message"],
        "Secret \"a\" is invalid: data: Forbidden: field is immutable when `immutable` is set"
    );
    secret.set(&["data"], json!({"k": "bmV3"}));
    let decision = decide_on(Some(secret), desired());
    assert_eq!(written(&decision).at(&["immutable"]), Some(&json!(true)));
}

#[test]
fn an_api_refusal_is_event_and_status() {
    let snapshot = Snapshot {
        sealed: sealed(),
        secret: None,
    };
    let text = "Secret \"a\" is invalid: type: Invalid value: \"Opaque\": field is immutable";
    let decision = refused(&snapshot, text, now(), Settings::default());
    assert_eq!(told(&decision), [(ERR_UPDATE_FAILED, text)]);
    assert_eq!(condition(&decision)["message"], text);
    assert_eq!(decision.outcome, Outcome::Update);
}

#[test]
fn an_empty_type_is_opaque_and_another_is_taken_over() {
    let mut untyped = desired();
    untyped.remove(&["type"]);
    let mut secret = desired();
    secret.set(&["metadata", "resourceVersion"], "3".into());
    let decision = decide_on(Some(secret.clone()), untyped);
    assert!(matches!(decision.plan.effects[..], [Effect::Event(_)]));
    let mut typed = desired();
    typed.set(&["type"], "kubernetes.io/tls".into());
    let decision = decide_on(Some(secret), typed);
    assert_eq!(
        written(&decision).at(&["type"]),
        Some(&json!("kubernetes.io/tls"))
    );
}

#[test]
fn status_is_written_on_flip_message_and_generation_only() {
    let with = |status: Value| {
        let mut sealed = sealed();
        sealed.set(&["status"], status);
        sealed
    };
    let since = "2020-01-01T00:00:00Z";
    let synced = |generation: i64| {
        json!({"observedGeneration": generation, "conditions": [
            {"type": "Other", "status": "True"},
            {"type": SYNCED, "status": "True", "lastUpdateTime": since, "lastTransitionTime": since}]})
    };
    assert_eq!(
        with_status(&with(synced(1)), Outcome::Opened, "", now()),
        None
    );
    let observed = with_status(&with(synced(0)), Outcome::Opened, "", now()).unwrap();
    let conditions = observed.at(&["status", "conditions"]).unwrap();
    assert_eq!(conditions[0]["lastTransitionTime"], since);
    assert_eq!(conditions[0]["lastUpdateTime"], "2026-01-02T03:04:05Z");
    assert_eq!(conditions[1]["type"], "Other");
    let flipped = with_status(&with(synced(1)), Outcome::Unseal, "why", now()).unwrap();
    let conditions = flipped.at(&["status", "conditions"]).unwrap();
    assert_eq!(conditions[0]["lastTransitionTime"], "2026-01-02T03:04:05Z");
    assert_eq!(conditions.as_array().unwrap().len(), 2);
}

#[test]
fn without_status_nothing_is_told_of_what_is_unchanged() {
    let settings = Settings {
        update_status: false,
        ..Settings::default()
    };
    let snapshot = Snapshot {
        sealed: sealed(),
        secret: Some(desired()),
    };
    let decision = decide_opened(&snapshot, &Ok(desired()), now(), settings);
    assert_eq!(decision.plan, Plan::default());
}

#[test]
fn one_that_is_being_deleted_is_left_alone() {
    let mut sealed = sealed();
    sealed.set(
        &["metadata", "deletionTimestamp"],
        "2026-01-02T03:04:05Z".into(),
    );
    let snapshot = Snapshot {
        sealed,
        secret: None,
    };
    let decision = decide_opened(&snapshot, &Ok(desired()), now(), Settings::default());
    assert_eq!(decision.plan, Plan::default());
    assert_eq!(decision.outcome, Outcome::Leaving);
}

fn entries() -> impl Strategy<Value = Value> {
    prop::collection::btree_map("[a-c]", "[x-z]", 0..3).prop_map(|map| json!(map))
}

fn secrets(consent: bool) -> impl Strategy<Value = Object> {
    let consents = (any::<bool>(), any::<bool>());
    let owners = prop::option::of(prop::sample::select(vec![UID, OTHER_UID]));
    let kinds = prop::option::of(prop::sample::select(vec!["Opaque", ""]));
    let maps = (entries(), entries(), entries());
    (maps, owners, consents, kinds, any::<bool>()).prop_map(
        move |((data, labels, annotations), uid, (managed, patch), kind, immutable)| {
            let mut secret = object(json!({"apiVersion": "v1", "kind": "Secret",
                "metadata": {"name": "a", "namespace": "ns", "labels": labels,
                    "annotations": annotations},
                "data": data}));
            if let Some(uid) = uid {
                secret.set(&["metadata", "ownerReferences"], owner(uid));
            }
            for (set, name) in [(managed, MANAGED), (patch, PATCH)] {
                if set && consent {
                    secret.set(&["metadata", "annotations", name], TRUE.into());
                }
            }
            if let Some(kind) = kind {
                secret.set(&["type"], kind.into());
            }
            if immutable {
                secret.set(&["immutable"], true.into());
            }
            secret
        },
    )
}

proptest! {
    #[test]
    fn applied_and_decided_again_nothing_is_left_to_do(
        live in prop::option::of(secrets(true)),
        wanted in secrets(true),
        fails in any::<bool>(),
    ) {
        let snapshot = Snapshot { sealed: sealed(), secret: live };
        let opened = if fails { Err("no".to_owned()) } else { Ok(wanted) };
        let first = decide_opened(&snapshot, &opened, now(), Settings::default());
        let settled = after(&snapshot, &first.plan);
        let second = decide_opened(&settled, &opened, now(), Settings::default());
        prop_assert_eq!(second.plan.effects, vec![]);
        prop_assert_eq!(second.plan.status, None);
        prop_assert_eq!(first.outcome, second.outcome);
    }
}
