//! ControllerRevisions: the templates that a StatefulSet or DaemonSet has had, numbered.

use serde_json::{Value, json};

use super::{deployment, field, member};
use crate::{
    object::Object,
    plan::{Effect, Plan, Precondition},
};

/// Label that tells pods of different revisions apart.
pub const POD_HASH: &str = "controller-revision-hash";
/// Label of a StatefulSet's revision with its hash; a DaemonSet's has [`POD_HASH`].
const REVISION_HASH: &str = "controller.kubernetes.io/hash";

/// The longest name of an owner that a revision's name keeps.
const MAX_PREFIX: usize = 223;

/// What a pass finds, or does first.
#[derive(Debug, PartialEq)]
pub enum Found {
    /// The revision of the owner's template, and the others, oldest first.
    Ready {
        /// The revision of the template as it is now.
        update: Object,
        /// All others.
        old: Vec<Object>,
    },
    /// A revision must be made or renumbered first.
    First(Vec<Effect>),
    /// Another revision has the name: the owner's collision count must grow.
    Collision,
}

fn number(revision: &Object) -> i64 {
    field::int(revision, &["revision"], 0)
}

fn data(owner: &Object) -> Value {
    let mut template = owner
        .at(&["spec", "template"])
        .cloned()
        .unwrap_or_else(|| json!({}));
    if let Some(map) = template.as_object_mut() {
        map.insert("$patch".into(), "replace".into());
    }
    json!({"spec": {"template": template}})
}

/// The pod template that a revision keeps.
pub fn template(revision: &Object) -> Value {
    let mut template = revision
        .at(&["data", "spec", "template"])
        .cloned()
        .unwrap_or_else(|| json!({}));
    if let Some(map) = template.as_object_mut() {
        map.remove("$patch");
    }
    template
}

/// The name of the revision that an owner would make now.
pub fn new_name(owner: &Object) -> String {
    let prefix: String = owner.name().chars().take(MAX_PREFIX).collect();
    format!("{prefix}-{}", hash(owner))
}

fn hash(owner: &Object) -> String {
    let template = owner.at(&["spec", "template"]).unwrap_or(&Value::Null);
    let collisions = owner
        .at(&["status", "collisionCount"])
        .and_then(Value::as_i64)
        .filter(|count| *count > 0);
    deployment::pod_template_hash(template, collisions)
}

/// Finds the revision of the template as it is now; `holder` is what has the name of a new one.
pub fn find(owner: &Object, mut revisions: Vec<Object>, holder: Option<&Object>) -> Found {
    revisions.sort_by(|a, b| {
        (number(a), field::created(a), a.name()).cmp(&(number(b), field::created(b), b.name()))
    });
    let wanted = field::significant(&data(owner));
    let next = revisions.last().map_or(1, |last| number(last) + 1);
    let equal = revisions.iter().rposition(|revision| {
        revision
            .at(&["data"])
            .is_some_and(|data| field::significant(data) == wanted)
    });
    let Some(equal) = equal else {
        if holder.is_some() {
            return Found::Collision;
        }
        return Found::First(make(owner, next).into_iter().collect());
    };
    let is_last = equal + 1 == revisions.len();
    let update = revisions.remove(equal);
    if is_last {
        return Found::Ready {
            update,
            old: revisions,
        };
    }
    Found::First(vec![Effect::Patch {
        target: update.reference(),
        patch: json!({"revision": next}),
        precondition: Precondition {
            uid: update.uid().map(str::to_owned),
            resource_version: update.resource_version().map(str::to_owned),
        },
    }])
}

fn make(owner: &Object, number: i64) -> Option<Effect> {
    let hash = hash(owner);
    let mut revision = Object::from_value(json!({
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": new_name(owner),
            "namespace": owner.namespace(),
            "labels": owner.at(&["spec", "template", "metadata", "labels"])
                .filter(|labels| labels.is_object()).cloned().unwrap_or_else(|| json!({})),
            "annotations": owner.annotations(),
            "ownerReferences": [field::controller_reference(owner)],
        },
        "data": data(owner),
        "revision": number,
    }))
    .ok()?;
    let label = if owner.kind() == "StatefulSet" {
        REVISION_HASH
    } else {
        POD_HASH
    };
    revision.set(&["metadata", "labels", label], hash.into());
    if owner.annotations().is_empty() {
        revision.remove(&["metadata", "annotations"]);
    }
    Some(Effect::Create(revision))
}

/// The owner with one more collision of names in its status.
pub fn collided(owner: &Object) -> Plan {
    let mut object = owner.clone();
    let count = field::int(owner, &["status", "collisionCount"], 0) + 1;
    object.set(&["status", "collisionCount"], count.into());
    Plan {
        status: Some(object),
        ..Plan::default()
    }
}

/// Removes the oldest of those that nobody needs any more, down to a number.
pub fn truncate(old: &[Object], is_live: impl Fn(&Object) -> bool, limit: i64) -> Vec<Effect> {
    let dead: Vec<&Object> = old.iter().filter(|revision| !is_live(revision)).collect();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let surplus = dead.len().saturating_sub(limit);
    dead.into_iter().take(surplus).map(member::remove).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(image: &str) -> Object {
        Object::from_value(json!({
            "apiVersion": "apps/v1", "kind": "StatefulSet",
            "metadata": {"name": "db", "namespace": "n", "uid": "o", "annotations": {"a": "b"}},
            "spec": {"template": {"metadata": {"labels": {"app": "db"}},
                "spec": {"containers": [{"name": "c", "image": image}]}}},
        }))
        .unwrap()
    }

    fn made(found: Found) -> Object {
        match found {
            Found::First(mut effects) => match effects.remove(0) {
                Effect::Create(object) => object,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_template_has_one_revision_and_an_old_one_comes_back_on_top() {
        let first = made(find(&owner("i:1"), vec![], None));
        assert_eq!((number(&first), first.label("app")), (1, Some("db")));
        assert_eq!(first.annotation("a"), Some("b"));
        assert_eq!(
            first.at(&["data", "spec", "template", "$patch"]),
            Some(&json!("replace"))
        );
        assert_eq!(
            template(&first),
            *owner("i:1").at(&["spec", "template"]).unwrap()
        );
        let second = made(find(&owner("i:2"), vec![first.clone()], None));
        assert_eq!(number(&second), 2);
        let all = vec![second.clone(), first.clone()];
        assert_eq!(
            find(&owner("i:2"), all.clone(), None),
            Found::Ready {
                update: second,
                old: vec![first.clone()]
            }
        );
        let Found::First(effects) = find(&owner("i:1"), all, None) else {
            panic!("nothing first");
        };
        match effects.as_slice() {
            [Effect::Patch { target, patch, .. }] => {
                assert_eq!(
                    (target.name.as_str(), patch),
                    (first.name(), &json!({"revision": 3}))
                );
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_taken_name_is_a_collision() {
        let stranger = Object::from_value(
            json!({"apiVersion": "apps/v1", "kind": "ControllerRevision",
            "metadata": {"name": new_name(&owner("i:1")), "namespace": "n", "uid": "x"}}),
        )
        .unwrap();
        assert_eq!(
            find(&owner("i:1"), vec![], Some(&stranger)),
            Found::Collision
        );
        let mut counted = owner("i:1");
        counted.set(&["status", "collisionCount"], 1.into());
        assert_ne!(new_name(&counted), new_name(&owner("i:1")));
    }
}
