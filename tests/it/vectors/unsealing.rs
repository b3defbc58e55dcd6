//! What the tests of the original assert of sealing and unsealing, asserted of ours.

use serde_json::{Value, json};
use waxwing::{
    api::{
        metadata::Metadata,
        sealed_secret::SealedSecret,
        secret::{Notation, Secret},
    },
    seal::{
        Certificate, DeprecatedData, KeyRing, Scope, SealOptions, UnsealError, check,
        opened_secret, reseal, seal, seal_item,
    },
};

use super::kubeseal::{ring_of, vector};

fn small() -> Certificate {
    Certificate::from_pem(&vector("keys/small.crt")).unwrap()
}

fn secret(metadata: Value) -> Secret {
    let value = json!({"metadata": metadata, "data": {"a": "MQ=="}, "stringData": {"b": "2"}});
    Secret::from_value(value, Notation::Json).unwrap()
}

fn sealed(scope: Scope) -> SealedSecret {
    let secret = secret(json!({"name": "name", "namespace": "ns"}));
    let options = SealOptions {
        scope,
        allow_empty: false,
    };
    seal(&secret, &small(), options).unwrap()
}

fn open(sealed: &SealedSecret) -> Result<Value, UnsealError> {
    opened_secret(sealed, &ring_of("small"), DeprecatedData::Accept).map(|secret| secret.to_value())
}

#[test]
fn string_data_becomes_data_in_every_scope() {
    for scope in [Scope::Strict, Scope::NamespaceWide, Scope::ClusterWide] {
        let opened = open(&sealed(scope)).unwrap();
        assert_eq!(opened["data"], json!({"a": "MQ==", "b": "Mg=="}), "{scope}");
    }
}

#[test]
fn a_scope_annotation_turned_to_false_no_longer_opens() {
    for (scope, annotation) in [
        (
            Scope::NamespaceWide,
            "sealedsecrets.bitnami.com/namespace-wide",
        ),
        (Scope::ClusterWide, "sealedsecrets.bitnami.com/cluster-wide"),
    ] {
        let mut sealed = sealed(scope);
        sealed
            .metadata
            .set_entry("annotations", annotation, "false");
        let error = open(&sealed).unwrap_err().to_string();
        assert_eq!(error, "no key could decrypt secret (a, b)");
    }
}

#[test]
fn a_template_needs_no_items_and_no_keys() {
    let mut sealed = SealedSecret {
        metadata: Metadata::named("ns", "name"),
        ..SealedSecret::default()
    };
    sealed.spec.template.data = [("t".to_owned(), Some("text".to_owned()))].into();
    let opened = opened_secret(&sealed, &KeyRing::new(), DeprecatedData::Refuse).unwrap();
    assert_eq!(opened.data["t"].expose(), b"text");
}

#[test]
fn the_owner_is_set_unless_the_template_says_no() {
    let mut sealed = sealed(Scope::Strict);
    sealed.metadata.set_text("uid", "the-uid");
    sealed
        .spec
        .template
        .metadata
        .set("ownerReferences", json!([{"kind": "Foreign"}]));
    let owner = json!([{"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret",
        "name": "name", "uid": "the-uid", "controller": true}]);
    assert_eq!(open(&sealed).unwrap()["metadata"]["ownerReferences"], owner);
    let skip = "sealedsecrets.bitnami.com/skip-set-owner-references";
    for (value, wanted) in [("false", owner), ("true", json!([{"kind": "Foreign"}]))] {
        let mut sealed = sealed.clone();
        sealed
            .spec
            .template
            .metadata
            .set_entry("annotations", skip, value);
        let opened = open(&sealed).unwrap();
        assert_eq!(opened["metadata"]["ownerReferences"], wanted, "{value}");
    }
}

#[test]
fn name_and_namespace_are_those_of_the_sealed_secret() {
    let mut sealed = sealed(Scope::Strict);
    sealed.spec.template.metadata.set_text("name", "other");
    sealed.spec.template.metadata.set_text("namespace", "other");
    let opened = open(&sealed).unwrap();
    assert_eq!(opened["metadata"]["name"], "name");
    assert_eq!(opened["metadata"]["namespace"], "ns");
}

#[test]
fn copies_of_the_plain_secret_and_owners_are_not_sealed_along() {
    let secret = secret(json!({
        "name": "n", "namespace": "ns", "resourceVersion": "1", "ownerReferences": [{}],
        "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": "planted",
            "kubecfg.ksonnet.io/last-applied-configuration": "planted", "kept": "yes"},
    }));
    let sealed = seal(&secret, &small(), SealOptions::default()).unwrap();
    assert_eq!(
        sealed.spec.template.metadata.to_value(),
        json!({"name": "n", "namespace": "ns", "annotations": {"kept": "yes"}})
    );
}

#[test]
fn errors_of_all_items_are_grouped() {
    let mut sealed = sealed(Scope::Strict);
    let items = &mut sealed.spec.encrypted_data;
    for (name, text) in [
        ("c", "AgA="),
        ("d", ""),
        ("x", "*"),
        ("y", "A*AA"),
        ("z", "*"),
    ] {
        items.insert(name.to_owned(), text.to_owned());
    }
    sealed.spec.template.data = [("t".to_owned(), Some("{{ fail .a }}".to_owned()))].into();
    assert_eq!(
        open(&sealed).unwrap_err().to_string(),
        "illegal base64 data at input byte 0 (x, z)\n\
         illegal base64 data at input byte 1 (y)\n\
         no key could decrypt secret (c, d)\n\
         template: line 1, column 4: function fail failed (t)"
    );
}

#[test]
fn the_deprecated_form_opens_where_it_is_accepted() {
    let plain = br#"{"kind":"Secret","metadata":{"name":"x","namespace":"y","labels":{"l":"1"}},"type":"t","data":{"a":"MQ=="}}"#;
    let mut sealed = SealedSecret {
        metadata: Metadata::named("ns", "name"),
        ..SealedSecret::default()
    };
    let item = seal_item(plain, &small(), Scope::Strict, "ns", "name").unwrap();
    sealed.spec.data = Some(item);
    let opened = open(&sealed).unwrap();
    assert_eq!(opened["metadata"]["name"], "name");
    assert_eq!(opened["metadata"]["labels"], json!({"l": "1"}));
    assert_eq!(opened["data"], json!({"a": "MQ=="}));
    let ring = ring_of("small");
    check(&sealed, &ring, DeprecatedData::Accept).unwrap();
    let again = reseal(&sealed, &ring, &small(), DeprecatedData::Accept).unwrap();
    assert_eq!(again.spec.data, None);
    assert_eq!(open(&again).unwrap()["data"], json!({"a": "MQ=="}));
    let refused = "using deprecated 'data' field, use 'encryptedData' or flip the feature flag";
    let error = check(&sealed, &ring, DeprecatedData::Refuse).unwrap_err();
    assert_eq!(error.to_string(), refused);
    sealed.spec.encrypted_data = [("a".to_owned(), String::new())].into();
    assert_eq!(
        open(&sealed).unwrap_err().to_string(),
        "cannot use the field 'encryptedData' and the deprecated field 'data' at the same time"
    );
    let error = check(&sealed, &ring, DeprecatedData::Refuse).unwrap_err();
    assert_eq!(error.to_string(), refused);
    for (data, wanted) in [
        (
            seal_item(b"no json", &small(), Scope::Strict, "ns", "name").unwrap(),
            "spec.data does not hold a Secret",
        ),
        (String::new(), "no key could decrypt secret"),
        (
            "*".to_owned(),
            "spec.data: illegal base64 data at input byte 0",
        ),
    ] {
        sealed.spec.encrypted_data.clear();
        sealed.spec.data = Some(data);
        assert_eq!(open(&sealed).unwrap_err().to_string(), wanted);
    }
}
