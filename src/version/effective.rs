//! The template that pods are made from: plain names replaced by those of versions, and back.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::name::{number_in, version_name};
use crate::object::pod_template::{self, Reference, SourceKind};

/// What a template reads of one secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Nothing.
    None,
    /// The plain Secret.
    Plain,
    /// A version.
    Version(u64),
}

impl Held {
    /// The number that is held, where the plain Secret counts as one.
    pub fn number(self, adopted: Option<u64>) -> Option<u64> {
        match self {
            Self::None => None,
            Self::Plain => adopted,
            Self::Version(number) => Some(number),
        }
    }
}

/// The names of Secrets of its own namespace that a template reads.
pub fn secrets(template: &Value, namespace: &str) -> BTreeSet<String> {
    named(template, namespace)
        .map(|reference| reference.name)
        .collect()
}

/// What a template reads of a secret; of several versions the highest, and the plain one before all.
pub fn held(template: &Value, namespace: &str, secret: &str) -> Held {
    let mut found = Held::None;
    for reference in named(template, namespace) {
        if reference.name == secret {
            return Held::Plain;
        }
        if let Some(number) = number_in(secret, &reference.name) {
            found = match found {
                Held::Version(before) => Held::Version(before.max(number)),
                _ => Held::Version(number),
            };
        }
    }
    found
}

/// A template with the names of chosen versions in the place of plain ones.
pub fn effective(template: &Value, namespace: &str, chosen: &BTreeMap<String, u64>) -> Value {
    let mut effective = template.clone();
    pod_template::replace(&mut effective, |reference| {
        let number = chosen.get(&reference.name)?;
        is_in(reference, namespace).then(|| version_name(&reference.name, *number))
    });
    effective
}

/// What a ReplicaSet reads where the template of its Rollout names a secret.
///
/// Looked at place by place: a Rollout may itself name something that looks like a version.
pub fn held_for(live: &Value, own: &Value, namespace: &str, secret: &str) -> Held {
    let mut found = Held::None;
    let places = places(own, namespace);
    for reference in named(live, namespace) {
        if places.get(&reference.pointer).map(String::as_str) != Some(secret) {
            continue;
        }
        if reference.name == secret {
            return Held::Plain;
        }
        if let Some(number) = number_in(secret, &reference.name) {
            found = Held::Version(number);
        }
    }
    found
}

/// The template of a ReplicaSet with the plain names where the template of its Rollout has them.
pub fn put_back(live: &Value, own: &Value, namespace: &str) -> Value {
    let places = places(own, namespace);
    let mut back = live.clone();
    pod_template::replace(&mut back, |reference| {
        let secret = places.get(&reference.pointer)?;
        number_in(secret, &reference.name).map(|_| secret.clone())
    });
    back
}

/// A template without the numbers of the secrets that it names, for telling whether something else changed.
pub fn without_versions(template: &Value, namespace: &str, secrets: &BTreeSet<String>) -> Value {
    let mut plain = template.clone();
    pod_template::replace(&mut plain, |reference| {
        let secret = secrets
            .iter()
            .find(|secret| number_in(secret, &reference.name).is_some())?;
        is_in(reference, namespace).then(|| secret.clone())
    });
    plain
}

fn places(template: &Value, namespace: &str) -> BTreeMap<String, String> {
    named(template, namespace)
        .map(|reference| (reference.pointer, reference.name))
        .collect()
}

fn named(template: &Value, namespace: &str) -> impl Iterator<Item = Reference> {
    pod_template::references(template)
        .into_iter()
        .filter(move |reference| is_in(reference, namespace))
}

fn is_in(reference: &Reference, namespace: &str) -> bool {
    reference.kind == SourceKind::Secret
        && reference
            .namespace
            .as_deref()
            .is_none_or(|other| other == namespace)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template(env: &str, volume: &str) -> Value {
        json!({"metadata": {"labels": {"app": "web"}}, "spec": {
            "initContainers": [{"name": "i", "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": env, "key": "k"}}}]}],
            "containers": [{"name": "c", "envFrom": [{"secretRef": {"name": env}}, {"configMapRef": {"name": env}}]}],
            "imagePullSecrets": [{"name": env}],
            "volumes": [{"name": "v", "projected": {"sources": [{"secret": {"name": volume}}]}},
                {"name": "w", "csi": {"driver": "d", "nodePublishSecretRef": {"name": volume}}},
                {"name": "x", "azureFile": {"secretName": env, "secretNamespace": "elsewhere"}}]}})
    }

    #[test]
    fn point_04_every_place_of_a_template_is_replaced_and_put_back() {
        let own = template("db", "tls");
        let chosen = BTreeMap::from([("db".to_owned(), 2), ("tls".to_owned(), 7)]);
        let made = effective(&own, "shop", &chosen);
        let text = made.to_string();
        assert_eq!(text.matches("db-v2").count(), 3);
        assert_eq!(text.matches("tls-v7").count(), 2);
        // The ConfigMap of that name, and the Secret of another namespace, are others.
        assert_eq!(text.matches("\"db\"").count(), 2);
        assert_eq!(put_back(&made, &own, "shop"), own);
        assert_eq!(held(&made, "shop", "db"), Held::Version(2));
        assert_eq!(held(&own, "shop", "db"), Held::Plain);
        assert_eq!(held(&own, "shop", "other"), Held::None);
        assert_eq!(held_for(&made, &own, "shop", "tls"), Held::Version(7));
        assert_eq!(effective(&own, "shop", &BTreeMap::new()), own);
        assert_eq!(
            secrets(&own, "shop").into_iter().collect::<Vec<_>>(),
            ["db", "tls"]
        );
    }

    #[test]
    fn point_06_a_name_that_the_rollout_itself_writes_is_never_put_back() {
        let own = template("db", "db-v1");
        let made = effective(&own, "shop", &BTreeMap::from([("db".to_owned(), 2)]));
        assert_eq!(put_back(&made, &own, "shop"), own);
        assert_eq!(held_for(&made, &own, "shop", "db"), Held::Version(2));
        assert_eq!(held_for(&made, &own, "shop", "db-v1"), Held::Plain);
    }

    #[test]
    fn what_changed_besides_versions_can_be_told() {
        let names = BTreeSet::from(["db".to_owned()]);
        let of = |env: &str| {
            let template =
                json!({"spec": {"containers": [{"envFrom": [{"secretRef": {"name": env}}]}]}});
            without_versions(&template, "shop", &names)
        };
        assert_eq!(of("db-v1"), of("db-v2"));
        assert_eq!(of("db"), of("db-v2"));
        assert_ne!(of("db-v1"), of("other"));
    }

    #[test]
    fn the_plain_secret_counts_as_what_was_adopted() {
        assert_eq!(Held::Plain.number(Some(1)), Some(1));
        assert_eq!(Held::Plain.number(None), None);
        assert_eq!(Held::Version(3).number(Some(1)), Some(3));
        assert_eq!(Held::None.number(Some(1)), None);
    }
}
