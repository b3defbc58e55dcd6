//! `waxwing rollout undo`: mirrors `pkg/kubectl-argo-rollouts/cmd/undo/undo.go`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    connect::{Connection, Place, Told, tell},
    member::{is_owned, revision},
    version::{SecretVersion, plain, versions},
};
use crate::{
    api::{rollout::HASH_LABEL, version::PIN},
    cli::{Exit, Failure, Shell},
    cluster::Selector,
    object::{Gvk, Object, ObjectRef},
    version::{Pin, pins_written, sealed_from},
};

/// Go back to an earlier revision.
///
/// Writes the template of that revision into the rollout. Where its pods read other versions of canaried secrets than
/// the newest revision, the rollout is pinned to them until the SealedSecret changes. What Git asks for stays: where
/// an Application heals itself, the template comes back.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  waxwing rollout undo guestbook\n  \
    waxwing rollout undo guestbook --to-revision 3")]
pub(super) struct Args {
    /// The rollout.
    name: String,
    #[command(flatten)]
    connection: Connection,
    /// The revision; 0 is the last one before the newest.
    #[arg(long, default_value_t = 0, value_name = "N")]
    to_revision: i64,
    /// A sentence, or the changed object.
    #[arg(short, long, value_enum, default_value_t)]
    output: Told,
}

pub(super) async fn run(args: Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let place = args.connection.place().await?;
    let rollout = place.rollout(&args.name).await?;
    let gvk = Gvk::new("apps", "v1", "ReplicaSet");
    let all = place
        .cluster
        .list(&gvk, Some(&place.namespace), &Selector::default())
        .await;
    let all = all.map_err(|error| {
        Failure::new(format!(
            "failed to retrieve replica sets from rollout {}",
            args.name
        ))
        .because(error)
    })?;
    let uid = rollout.uid().unwrap_or_default();
    let sets: Vec<Object> = all
        .objects
        .into_iter()
        .filter(|set| is_owned(set, uid))
        .collect();
    let set = chosen(&sets, args.to_revision, &args.name).map_err(Failure::new)?;
    let (target, holder) = holder(&place, &rollout).await?;
    let current = holder.at(&["spec", "template"]).unwrap_or(&Value::Null);
    let made = set.at(&["spec", "template"]).unwrap_or(&Value::Null);
    let newest = sets.iter().max_by_key(|set| revision(set));
    let newest = newest
        .and_then(|set| set.at(&["spec", "template"]))
        .unwrap_or(&Value::Null);
    let wanted = without_hash(&plain(current, made));
    let chosen_versions = versions(current, made);
    let pinned = rollout.annotation(PIN);
    let pins = if pinned.is_some() || chosen_versions != versions(current, newest) {
        pins(&place, &chosen_versions).await?
    } else {
        Value::Null
    };
    let moves_secrets = pins.as_str() != pinned;
    if is_part(&without_hash(current), &wanted) && !moves_secrets {
        let sentence = format!(
            "skipped rollback (current template already matches revision {})",
            args.to_revision
        );
        tell(shell, args.output, &rollout, &sentence)?;
        return Ok(Exit::Yes);
    }
    let failed = |error| {
        Failure::new(format!("failed restoring revision {}", args.to_revision)).because(error)
    };
    let mut patch = vec![json!({"op": "replace", "path": "/spec/template", "value": wanted})];
    let is_elsewhere = target != rollout.reference();
    if moves_secrets && !is_elsewhere {
        patch.push(pinning(&rollout, &pins));
    }
    if moves_secrets && is_elsewhere {
        // First the pin: a template without it would take the newest versions for a moment.
        let pin = json!({"metadata": {"annotations": {PIN: pins}}});
        place.patch(&args.name, &pin).await?;
    }
    let changed = place
        .cluster
        .patch_json(&target, &Value::Array(patch))
        .await;
    if changed.is_err() && moves_secrets && is_elsewhere {
        // Pinned without the template would be something that nobody asked for; the failure is told either way.
        let back = json!({"metadata": {"annotations": {PIN: pinned}}});
        let _ = place.patch(&args.name, &back).await;
    }
    let changed = changed.map_err(failed)?;
    tell(
        shell,
        args.output,
        &changed,
        &format!("rollout '{}' undo", args.name),
    )?;
    Ok(Exit::Yes)
}

/// The step of a patch that pins, or ends a pin.
fn pinning(rollout: &Object, pins: &Value) -> Value {
    let path = format!("/metadata/annotations/{}", PIN.replace('/', "~1"));
    match pins {
        Value::Null => json!({"op": "remove", "path": path}),
        _ if rollout.annotations().is_empty() => {
            json!({"op": "add", "path": "/metadata/annotations", "value": {PIN: pins}})
        }
        _ => json!({"op": "add", "path": path, "value": pins}),
    }
}

/// The pins of versions: each holds until its SealedSecret is another than now; none where a revision reads plain names.
async fn pins(place: &Place, versions: &[SecretVersion]) -> Result<Value, Failure> {
    let mut pins = BTreeMap::new();
    for one in versions {
        let target = ObjectRef::new(sealed_secret(), Some(&place.namespace), one.secret.as_str());
        let sealed = place
            .cluster
            .get(&target)
            .await
            .map_err(|error| Failure::new(format!("failed to read {target}")).because(error))?;
        let pin = Pin {
            version: one.version,
            sealed_from: sealed.as_ref().map(sealed_from).unwrap_or_default(),
        };
        pins.insert(one.secret.clone(), pin);
    }
    Ok(pins_written(&pins).map_or(Value::Null, Value::String))
}

fn sealed_secret() -> Gvk {
    Gvk::new("bitnami.com", "v1alpha1", "SealedSecret")
}

/// The object that holds the template: the Rollout, or what it refers to.
async fn holder(place: &Place, rollout: &Object) -> Result<(ObjectRef, Object), Failure> {
    let Some(workload) = rollout.at(&["spec", "workloadRef"]) else {
        return Ok((rollout.reference(), rollout.clone()));
    };
    let text = |name: &str| {
        workload
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let kind = text("kind");
    let gvk = match kind {
        "Deployment" | "ReplicaSet" => Gvk::new("apps", "v1", kind),
        _ => {
            return Err(Failure::new(format!(
                "workload of type {kind} is not supported"
            )));
        }
    };
    let target = ObjectRef::new(gvk, Some(&place.namespace), text("name"));
    let found = place.cluster.get(&target).await;
    let found =
        found.map_err(|error| Failure::new(format!("failed to read {target}")).because(error))?;
    let found = found.ok_or_else(|| Failure::new(format!("{target} not found")))?;
    Ok((target, found))
}

/// The ReplicaSet of a revision; 0 is the second newest.
fn chosen<'a>(sets: &'a [Object], to: i64, name: &str) -> Result<&'a Object, String> {
    if to > 0 {
        return sets
            .iter()
            .find(|set| revision(set) == to)
            .ok_or_else(|| format!("unable to find specified revision {to} in history"));
    }
    let mut newest: Vec<&Object> = sets.iter().collect();
    newest.sort_by_key(|set| std::cmp::Reverse(revision(set)));
    newest
        .get(1)
        .copied()
        .ok_or_else(|| format!("no revision found for rollout \"{name}\""))
}

fn without_hash(template: &Value) -> Value {
    let mut template = template.clone();
    if let Some(labels) = template
        .pointer_mut("/metadata/labels")
        .and_then(Value::as_object_mut)
    {
        labels.remove(HASH_LABEL);
    }
    template
}

/// Whether all that one value says is said by the other; what the first leaves out or has empty may be anything
/// (`apiequality.Semantic.DeepDerivative`).
fn is_part(one: &Value, other: &Value) -> bool {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
    };
    match (one, other) {
        _ if is_empty(one) => true,
        (Value::Object(one), Value::Object(other)) => {
            let nothing = Value::Object(Map::new());
            one.iter().all(|(key, value)| {
                let other = other.get(key).unwrap_or(&nothing);
                is_part(value, other)
            })
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() <= other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| is_part(one, other))
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(revision: i64) -> Object {
        Object::from_value(json!({
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {"name": format!("a-{revision}"),
                "annotations": {"rollout.argoproj.io/revision": revision.to_string()}},
        }))
        .unwrap()
    }

    #[test]
    fn the_revision_is_the_asked_one_or_the_second_newest() {
        let sets = [set(3), set(1), set(2)];
        let name = |to| chosen(&sets, to, "a").map(|set| set.name().to_owned());
        assert_eq!(name(0).unwrap(), "a-2");
        assert_eq!(name(1).unwrap(), "a-1");
        assert_eq!(
            name(7).unwrap_err(),
            "unable to find specified revision 7 in history"
        );
        assert_eq!(
            chosen(&[set(1)], 0, "a").unwrap_err(),
            "no revision found for rollout \"a\""
        );
    }

    #[test]
    fn a_pin_is_one_step_of_the_patch() {
        let bare = set(1);
        let mut none = bare.clone();
        none.remove(&["metadata", "annotations"]);
        let pins = Value::from(r#"{"db":1}"#);
        let path = "/metadata/annotations/waxwing.dev~1pin";
        for (rollout, pins, step) in [
            (
                &bare,
                pins.clone(),
                json!({"op": "add", "path": path, "value": pins}),
            ),
            (
                &none,
                pins.clone(),
                json!({"op": "add", "path": "/metadata/annotations", "value": {PIN: pins}}),
            ),
            (&bare, Value::Null, json!({"op": "remove", "path": path})),
        ] {
            assert_eq!(pinning(rollout, &pins), step);
        }
    }

    #[test]
    fn what_a_template_leaves_out_may_be_anything() {
        let table = [
            (json!({"a": 1}), json!({"a": 1, "b": 2}), true),
            (json!({"a": 1, "b": 2}), json!({"a": 1}), false),
            (json!({"a": {}, "b": [], "c": "", "d": 0}), json!({}), true),
            (json!([1, 2]), json!([1, 2, 3]), true),
            (json!([2]), json!([1, 2]), false),
        ];
        for (one, other, held) in table {
            assert_eq!(is_part(&one, &other), held, "{one} {other}");
        }
    }
}
