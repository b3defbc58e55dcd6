//! How one object is written: made, patched, replaced, or merged by the API server.

use serde_json::Value;

use super::{
    compare::means,
    diff::{Means, last_applied},
    ignore::Ignore,
    normal,
    option::Options,
};
use crate::{
    api::application::LAST_APPLIED,
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
    let patch = three_way(
        before.as_ref(),
        &wanted.to_value(),
        &current.to_value(),
        schema.as_ref(),
    )?;
    Ok(
        if patch.as_object().is_some_and(serde_json::Map::is_empty) {
            Write::Nothing
        } else {
            Write::Patch {
                is_strategic: schema.is_some(),
                patch,
            }
        },
    )
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
