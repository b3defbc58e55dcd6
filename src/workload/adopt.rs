//! Which dependents a controller claims: its own, orphans to adopt, and those that it lets go.

use std::borrow::Borrow;

use serde_json::{Value, json};

use super::field;
use crate::{
    object::{LabelSelector, Object},
    plan::{Effect, Precondition},
};

/// What became of the candidates.
#[derive(Debug, PartialEq)]
pub struct Claim<T> {
    /// Those that the owner controls and selects; orphans count once they are adopted.
    pub owned: Vec<T>,
    /// Adoptions and releases to write first.
    pub effects: Vec<Effect>,
}

/// Sorts candidates by owner and selector (`PodControllerRefManager` and its like).
///
/// Owned and selected stay; owned and no longer selected are released; orphans that are selected are adopted, unless
/// one of the two is being deleted; all others are none of the owner's business.
pub fn claim<T: Borrow<Object>>(
    owner: &Object,
    selector: &LabelSelector,
    candidates: Vec<T>,
) -> Claim<T> {
    let mut claim = Claim {
        owned: Vec::new(),
        effects: Vec::new(),
    };
    for candidate in candidates {
        let object: &Object = candidate.borrow();
        let selected = selector.matches(&object.labels());
        match object.controller_uid() {
            Some(uid) if Some(uid) == owner.uid() => {
                if selected {
                    claim.owned.push(candidate);
                } else if !field::is_deleting(owner) {
                    claim.effects.push(release(owner, object));
                }
            }
            None if selected && !field::is_deleting(owner) && !field::is_deleting(object) => {
                claim.effects.push(adopt(owner, object));
            }
            _ => {}
        }
    }
    claim
}

fn adopt(owner: &Object, orphan: &Object) -> Effect {
    let mut owners = field::list(orphan, &["metadata", "ownerReferences"]).to_vec();
    owners.retain(|other| other.get("uid").and_then(Value::as_str) != owner.uid());
    owners.push(field::controller_reference(owner));
    write_owners(orphan, owners)
}

fn release(owner: &Object, dependent: &Object) -> Effect {
    let mut owners = field::list(dependent, &["metadata", "ownerReferences"]).to_vec();
    owners.retain(|other| other.get("uid").and_then(Value::as_str) != owner.uid());
    write_owners(dependent, owners)
}

fn write_owners(target: &Object, owners: Vec<Value>) -> Effect {
    Effect::Patch {
        target: target.reference(),
        patch: json!({"metadata": {"ownerReferences": owners}}),
        precondition: Precondition {
            uid: target.uid().map(str::to_owned),
            resource_version: target.resource_version().map(str::to_owned),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(name: &str, label: &str, owner: Option<&str>) -> Object {
        let owners: Vec<Value> = owner
            .map(|uid| json!({"uid": uid, "controller": true}))
            .into_iter()
            .collect();
        Object::from_value(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {
            "name": name, "namespace": "n", "uid": name, "labels": {"app": label}, "ownerReferences": owners}}))
        .unwrap()
    }

    #[test]
    fn keeps_adopts_releases_and_ignores() {
        let owner = Object::from_value(json!({"apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {"name": "r", "namespace": "n", "uid": "me"}}))
        .unwrap();
        let selector = LabelSelector::from_value(&json!({"matchLabels": {"app": "a"}})).unwrap();
        let claim = claim(
            &owner,
            &selector,
            vec![
                pod("mine", "a", Some("me")),
                pod("lost", "b", Some("me")),
                pod("orphan", "a", None),
                pod("stranger", "b", None),
                pod("taken", "a", Some("other")),
            ],
        );
        let names: Vec<_> = claim.owned.iter().map(Object::name).collect();
        assert_eq!(names, ["mine"]);
        let written: Vec<_> = claim
            .effects
            .iter()
            .map(|effect| match effect {
                Effect::Patch { target, patch, .. } => (
                    target.name.as_str(),
                    patch["metadata"]["ownerReferences"]
                        .as_array()
                        .unwrap()
                        .len(),
                ),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(written, [("lost", 0), ("orphan", 1)]);
    }
}
