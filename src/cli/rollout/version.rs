//! Which versions of canaried secrets a ReplicaSet reads, as its template tells.

use serde::Serialize;
use serde_json::Value;

use crate::object::pod_template::{SourceKind, references, replace};

/// One version of a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SecretVersion {
    /// The name that the Rollout's own template has.
    pub secret: String,
    /// Its number.
    pub version: u64,
}

/// The versions in a ReplicaSet's template, found beside the plain names of its Rollout's template.
///
/// A version of `db` is called `db-v3`, so no Secret needs to be read for this: whoever may see a Rollout may not
/// always see Secrets.
pub(super) fn versions(plain: &Value, made: &Value) -> Vec<SecretVersion> {
    let secrets = |template: &Value| {
        let found = references(template).into_iter();
        found
            .filter(|one| one.kind == SourceKind::Secret)
            .map(|one| one.name)
            .collect::<Vec<_>>()
    };
    let names = secrets(plain);
    let mut found: Vec<SecretVersion> = secrets(made)
        .iter()
        .filter(|name| !names.contains(name))
        .filter_map(|name| {
            let (secret, number) = name.rsplit_once("-v")?;
            let version = number
                .parse()
                .ok()
                .filter(|_| !number.starts_with(['0', '+']))?;
            names
                .iter()
                .any(|plain| plain == secret)
                .then(|| SecretVersion {
                    secret: secret.to_owned(),
                    version,
                })
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// The template of a ReplicaSet with the plain names put back.
pub(super) fn plain(names: &Value, made: &Value) -> Value {
    let mut template = made.clone();
    for one in versions(names, made) {
        let version = format!("{}-v{}", one.secret, one.version);
        replace(&mut template, |reference| {
            let is_it = reference.kind == SourceKind::Secret && reference.name == version;
            is_it.then(|| one.secret.clone())
        });
    }
    template
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn versions_are_told_from_names_that_merely_look_like_them() {
        let template = |names: [&str; 3]| {
            let from: Vec<Value> = names
                .iter()
                .map(|name| json!({"secretRef": {"name": name}}))
                .collect();
            json!({"spec": {"containers": [{"name": "a", "envFrom": from}]}})
        };
        let plain = template(["db", "other", "cache-v2"]);
        let made = template(["db-v12", "other-v02", "cache-v2"]);
        let found = versions(&plain, &made);
        let wanted = SecretVersion {
            secret: "db".to_owned(),
            version: 12,
        };
        assert_eq!(found, [wanted]);
        assert!(versions(&plain, &plain).is_empty());
    }
}
