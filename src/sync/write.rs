//! How one object is written: made, patched, replaced, or merged by the API server.

use serde_json::Value;

use super::{
    compare::means,
    diff::{Means, last_applied},
    ignore::Ignore,
    normal,
    option::Options,
    path,
};
use crate::{
    api::application::{LAST_APPLIED, MANAGER},
    object::{
        Object,
        patch::{PatchError, apply::three_way},
        schema::Schema,
    },
};

/// One way to write an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// It is not there yet.
    Create(Object),
    /// A patch that was made here.
    Patch {
        /// Strategic for built-in kinds, a merge patch for others.
        is_strategic: bool,
        /// The patch.
        patch: Value,
    },
    /// A whole object over the one that is there.
    Replace(Object),
    /// Merged by the API server, in spite of conflicts.
    ServerSide(Object),
    /// Nothing is to be done.
    Nothing,
}

impl Write {
    /// What kubectl says when it is done.
    pub fn done(&self) -> &'static str {
        match self {
            Self::Create(_) => "created",
            Self::Patch { .. } => "configured",
            Self::Replace(_) => "replaced",
            Self::ServerSide(_) => "serverside-applied",
            Self::Nothing => "unchanged",
        }
    }
}

/// How an object is written so that it is as Git wants it.
///
/// # Errors
/// [`PatchError`] names the field of which no patch can be made.
pub fn write(
    target: &Object,
    live: Option<&Object>,
    ignore: &Ignore,
    options: &Options,
) -> Result<Write, PatchError> {
    let wanted = match live {
        Some(live) => ignore.respected(target, live, options.has("RespectIgnoreDifferences=true")),
        None => target.clone(),
    };
    let Ok(mut wanted) = Object::from_value(normal::target(&wanted)) else {
        return Ok(Write::Nothing);
    };
    if means(target, options) == Means::ServerSide {
        if let Some(live) = live {
            leave(&mut wanted, ignore, live);
        }
        return Ok(Write::ServerSide(wanted));
    }
    let is_replaced = options.is_on(target, "Replace")
        || live.is_some_and(|live| super::option::own(live, "Replace") == Some("true"));
    if is_replaced {
        return Ok(match live {
            Some(live) => {
                if let Some(version) = live.resource_version() {
                    wanted.set(&["metadata", "resourceVersion"], version.into());
                }
                Write::Replace(wanted)
            }
            None => Write::Create(wanted),
        });
    }
    let text = format!("{}\n", wanted.to_value());
    wanted.set(&["metadata", "annotations", LAST_APPLIED], text.into());
    let Some(live) = live else {
        return Ok(Write::Create(wanted));
    };
    let schema = Schema::of(&live.gvk());
    let before = last_applied(live);
    let mut current = live.clone();
    current.remove(&["metadata", "managedFields"]);
    let mut patch = three_way(
        before.as_ref(),
        &wanted.to_value(),
        &current.to_value(),
        schema.as_ref(),
    )?;
    Ok(
        if patch.as_object().is_some_and(serde_json::Map::is_empty) {
            Write::Nothing
        } else {
            // A weight that moves between our look and our write must not be put back.
            if !ignore.moved(target).is_empty()
                && let Some(version) = live.resource_version()
            {
                path::put(&mut patch, "/metadata/resourceVersion", version.into());
            }
            Write::Patch {
                is_strategic: schema.is_some(),
                patch,
            }
        },
    )
}

/// Takes out what a Rollout moves, where another manager owns just that field: the API server leaves it as it is.
/// What we own still stays, for leaving it out would delete it; so does what is part of a list that is owned as a
/// whole, with its live value.
fn leave(wanted: &mut Object, ignore: &Ignore, live: &Object) {
    let pointers = ignore.moved(wanted);
    if pointers.is_empty() {
        return;
    }
    let entries = live.at(&["metadata", "managedFields"]);
    let entries = entries.and_then(Value::as_array);
    let owned = |pointer: &str, by_us: bool| {
        let of = entries.into_iter().flatten().filter(|entry| {
            let is_ours = entry.get("manager").and_then(Value::as_str) == Some(MANAGER)
                && entry.get("operation").and_then(Value::as_str) == Some("Apply");
            is_ours == by_us
        });
        of.filter_map(|entry| entry.get("fieldsV1"))
            .filter_map(|tree| ownership(tree, pointer))
            .max()
    };
    let mut value = wanted.to_value();
    for pointer in pointers {
        if owned(&pointer, true).is_none() && owned(&pointer, false) == Some(Ownership::Field) {
            path::remove(&mut value, &pointer);
        }
    }
    if let Ok(object) = Object::from_value(value) {
        *wanted = object;
    }
}

/// How a manager owns a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Ownership {
    /// As part of something that is owned as a whole.
    Whole,
    /// The field itself.
    Field,
}

fn ownership(tree: &Value, pointer: &str) -> Option<Ownership> {
    let mut here = tree;
    for part in pointer.split('/').skip(1) {
        let map = here.as_object()?;
        if map.is_empty() {
            return Some(Ownership::Whole);
        }
        let part = part.replace("~1", "/").replace("~0", "~");
        here = map.get(&format!("f:{part}")).or_else(|| map.get(&part))?;
    }
    Some(Ownership::Field)
}

/// How kubectl names an object in its messages: `deployment.apps/x`.
pub fn named(object: &Object) -> String {
    let gvk = object.gvk();
    let kind = gvk.kind.to_lowercase();
    if gvk.group.is_empty() {
        format!("{kind}/{}", object.name())
    } else {
        format!("{kind}.{}/{}", gvk.group, object.name())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn config(data: Value, annotations: Value) -> Object {
        Object::from_value(json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "a", "namespace": "ns", "annotations": annotations}, "data": data}))
        .unwrap()
    }

    fn go(live: Option<&Object>, options: &[&str]) -> Write {
        let options: Vec<String> = options.iter().map(|&one| one.to_owned()).collect();
        let target = config(json!({"k": "v"}), json!({}));
        write(&target, live, &Ignore::default(), &Options::new(&options)).unwrap()
    }

    #[test]
    fn each_way_by_options() {
        let Write::Create(made) = go(None, &[]) else {
            panic!("not made");
        };
        assert_eq!(last_applied(&made).unwrap()["data"], json!({"k": "v"}));
        assert_eq!(go(Some(&made), &[]), Write::Nothing);
        let mut edited = made.clone();
        edited.set(&["data", "k"], json!("w"));
        let Write::Patch {
            is_strategic: true,
            patch,
        } = go(Some(&edited), &[])
        else {
            panic!("not patched");
        };
        assert_eq!(patch, json!({"data": {"k": "v"}}));
        assert_eq!(go(Some(&edited), &["Replace=true"]).done(), "replaced");
        assert_eq!(go(None, &["Replace=true"]).done(), "created");
        assert_eq!(
            go(None, &["ServerSideApply=true"]).done(),
            "serverside-applied"
        );
        assert_eq!(
            go(Some(&edited), &["ServerSideApply=true", "Replace=true"]).done(),
            "replaced"
        );
    }

    #[test]
    fn names_are_kubectls() {
        let one = Object::from_value(
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}}),
        );
        assert_eq!(named(&one.unwrap()), "deployment.apps/x");
        assert_eq!(named(&config(json!({}), json!({}))), "configmap/a");
    }
}
