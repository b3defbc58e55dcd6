//! Strategic merge as kustomize does it (`kyaml/yaml/merge2` and `walk`), which is not what kubectl does:
//! elements of a patch come first, and only `$patch` is a directive.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{
    error::BuildError,
    scalar,
    schema::{Place, Schema},
};

/// The key of directives.
pub(super) const DIRECTIVE: &str = "$patch";

/// What a directive asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Directive {
    Merge,
    Replace,
    Delete,
}

impl Directive {
    pub(super) fn read(word: &str) -> Result<Self, BuildError> {
        match word {
            "merge" => Ok(Self::Merge),
            "replace" => Ok(Self::Replace),
            "delete" => Ok(Self::Delete),
            other => Err(BuildError::new(format!("unknown patch strategy '{other}'"))),
        }
    }
}

/// Two values that are merged.
#[derive(Clone, Debug)]
pub(super) struct Sources {
    /// What is there.
    pub(super) dest: Option<Value>,
    /// What the patch says.
    pub(super) patch: Patch,
}

/// What the patch says of a value.
#[derive(Clone, Debug)]
pub(super) enum Patch {
    /// Nothing.
    Nothing,
    /// The very value that is there, because it came from the patch.
    Same,
    /// Something of its own.
    Own(Value),
}

/// What became of two values.
#[derive(Clone, Debug)]
pub(super) struct Merged {
    /// The value; absent when the field goes away.
    pub(super) value: Option<Value>,
    /// Whether it is the value that was there, changed in place.
    pub(super) is_dest: bool,
}

/// Merges with one schema.
#[derive(Clone, Copy, Debug)]
pub(super) struct Merger<'a> {
    schema: &'a Schema,
}

/// Merges a patch into a resource; nothing is left when the patch deletes it.
pub(super) fn apply(
    dest: Value,
    patch: Value,
    schema: &Schema,
) -> Result<Option<Value>, BuildError> {
    // The original changes a resource in its place, and a patch that takes the place of the whole has none.
    if patch.get(DIRECTIVE).and_then(Value::as_str) == Some("replace") {
        return Ok(Some(dest));
    }
    let sources = Sources {
        dest: Some(dest),
        patch: Patch::Own(patch),
    };
    Merger { schema }
        .walk(sources, None)
        .map(|merged| merged.value)
}

impl Sources {
    fn new(dest: Option<Value>, patch: Option<Value>) -> Self {
        Self {
            dest,
            patch: patch.map_or(Patch::Nothing, Patch::Own),
        }
    }

    fn patch_is_null(&self) -> bool {
        match &self.patch {
            Patch::Own(value) => value.is_null(),
            Patch::Same => self.dest.as_ref().is_some_and(Value::is_null),
            Patch::Nothing => false,
        }
    }

    /// The patch takes the place of what was there.
    fn adopt(&mut self) {
        if let Patch::Own(value) = std::mem::replace(&mut self.patch, Patch::Same) {
            self.dest = Some(value);
        }
    }

    fn kind(&self) -> Option<&Value> {
        let own = match &self.patch {
            Patch::Own(value) => Some(value),
            _ => None,
        };
        let solid = |value: &&Value| !value.is_null();
        self.dest.as_ref().filter(solid).or(own.filter(solid))
    }

    fn check(&self, expected: &'static str) -> Result<(), BuildError> {
        let own = match &self.patch {
            Patch::Own(value) => Some(value),
            _ => None,
        };
        for value in self.dest.iter().chain(own) {
            let kind = scalar::node_kind(value);
            if !value.is_null() && kind != expected {
                return Err(BuildError::new(format!(
                    "wrong node kind: expected {expected} but got {kind}"
                )));
            }
        }
        Ok(())
    }
}

impl Merger<'_> {
    /// Merges two values.
    pub(super) fn walk(self, sources: Sources, place: Option<Place>) -> Result<Merged, BuildError> {
        let place = place.or_else(|| self.embedded(&sources));
        match sources.kind() {
            None => {
                let keeps = matches!(sources.patch, Patch::Nothing) && sources.dest.is_some();
                Ok(Merged {
                    value: keeps.then_some(Value::Null),
                    is_dest: false,
                })
            }
            Some(Value::Object(_)) => {
                sources.check("MappingNode")?;
                self.map(sources, place.as_ref())
            }
            Some(Value::Array(_)) => {
                sources.check("SequenceNode")?;
                let keys = place.as_ref().and_then(Place::merge_keys);
                match keys.map(<[String]>::to_vec) {
                    Some(keys) => self.keyed_list(sources, &keys, place.as_ref()),
                    None => Ok(whole(sources)),
                }
            }
            Some(_) => {
                sources.check("ScalarNode")?;
                Ok(whole(sources))
            }
        }
    }

    /// The schema of a whole object that stands inside of something without one.
    fn embedded(self, sources: &Sources) -> Option<Place> {
        let own = match &sources.patch {
            Patch::Own(value) => Some(value),
            _ => None,
        };
        sources.dest.iter().chain(own).find_map(|value| {
            let text = |field: &str| value.get(field).and_then(Value::as_str);
            self.schema.of(text("apiVersion")?, text("kind")?)
        })
    }

    fn map(self, mut sources: Sources, place: Option<&Place>) -> Result<Merged, BuildError> {
        let is_missing = sources.dest.as_ref().is_none_or(Value::is_null);
        let gone = Merged {
            value: None,
            is_dest: false,
        };
        let mut is_dest = true;
        if is_missing {
            if let Patch::Own(patch) = &mut sources.patch
                && map_directive(patch).unwrap_or(Directive::Merge) == Directive::Delete
            {
                return Ok(gone);
            }
            sources.adopt();
            is_dest = false;
        } else if sources.patch_is_null() {
            return Ok(gone);
        } else {
            let directive = match (&mut sources.patch, &mut sources.dest) {
                (Patch::Own(patch), _) => map_directive(patch)?,
                (Patch::Same, Some(dest)) => map_directive(dest)?,
                _ => Directive::Merge,
            };
            match directive {
                Directive::Delete => return Ok(gone),
                Directive::Replace => {
                    is_dest = matches!(sources.patch, Patch::Same);
                    sources.adopt();
                }
                Directive::Merge => {}
            }
        }
        let Some(Value::Object(mut fields)) = sources.dest else {
            return Ok(gone);
        };
        let (mut patch, same) = match sources.patch {
            Patch::Own(Value::Object(patch)) => (patch, false),
            Patch::Same => (Map::new(), true),
            _ => (Map::new(), false),
        };
        let names: BTreeSet<String> = fields.keys().chain(patch.keys()).cloned().collect();
        for name in names {
            let inner = if same {
                Sources {
                    dest: fields.remove(&name),
                    patch: Patch::Same,
                }
            } else {
                Sources::new(fields.remove(&name), patch.remove(&name))
            };
            let inner_place = place.and_then(|place| place.field(&name));
            if let Some(value) = self.walk(inner, inner_place)?.value {
                fields.insert(name, value);
            }
        }
        Ok(Merged {
            value: Some(Value::Object(fields)),
            is_dest,
        })
    }
}

/// Values that are not merged: the patch wins, if it says anything.
fn whole(sources: Sources) -> Merged {
    let (value, is_dest) = match sources.patch {
        Patch::Own(value) => (Some(value), false),
        Patch::Same | Patch::Nothing => (sources.dest, true),
    };
    Merged {
        value: value.filter(|value| !value.is_null()),
        is_dest,
    }
}

/// Takes the directive out of a map.
fn map_directive(value: &mut Value) -> Result<Directive, BuildError> {
    let Some(fields) = value.as_object_mut() else {
        return Ok(Directive::Merge);
    };
    let Some(word) = fields.get(DIRECTIVE).filter(|word| !word.is_null()) else {
        return Ok(Directive::Merge);
    };
    let directive = Directive::read(&scalar::text(word))?;
    fields.remove(DIRECTIVE);
    Ok(directive)
}
