//! Variables of the older kind: `$(NAME)` in a fixed list of fields.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    error::BuildError,
    field_path::{self, Create},
    field_specs::FieldSpecs,
    id::{Id, gvk_text},
    limits::MAX_RESOURCE_BYTES,
    path_match,
    resource_set::ResourceSet,
    scalar,
};
use crate::{api::kustomization::Variable, object::Gvk};

/// Adds the variables of one kustomization to those that came from below.
pub(super) fn add(
    all: &mut Vec<Variable>,
    more: &[Variable],
    set: &mut ResourceSet,
) -> Result<(), BuildError> {
    for variable in more {
        let target = target_of(variable);
        let found: Vec<usize> = set
            .list()
            .iter()
            .enumerate()
            .filter(|(_, resource)| {
                resource.all_ids().iter().any(|id| {
                    if target.namespace.is_empty() && !id.is_cluster_scoped {
                        id.name == target.name && id.gvk == target.gvk
                    } else {
                        id.name == target.name
                            && id.gvk == target.gvk
                            && (id.is_cluster_scoped
                                || id.effective_namespace() == target.effective_namespace())
                    }
                })
            })
            .map(|(index, _)| index)
            .collect();
        if found.len() > 1 {
            return Err(BuildError::new(format!(
                "found {} resId matches for var {{{} {} {{{}}}}} (unable to disambiguate)",
                found.len(),
                variable.name,
                gvk_text(&target.gvk),
                variable.fieldref.field_path
            )));
        }
        if let Some(resource) = found.first().and_then(|at| set.list_mut().get_mut(*at)) {
            resource.variables.push(variable.name.clone());
        }
    }
    merge(all, more.to_vec())
}

/// Joins variables; a name may stand only once.
pub(super) fn merge(all: &mut Vec<Variable>, more: Vec<Variable>) -> Result<(), BuildError> {
    for variable in more {
        if all.iter().any(|own| own.name == variable.name) {
            return Err(BuildError::new(format!(
                "var '{}' already encountered",
                variable.name
            )));
        }
        all.push(variable);
    }
    Ok(())
}

fn target_of(variable: &Variable) -> Id {
    let reference = &variable.objref;
    let gvk = if reference.api_version.is_empty() {
        Gvk::new(
            reference.group.as_str(),
            reference.version.as_str(),
            reference.kind.as_str(),
        )
    } else {
        Gvk::from_api_version(&reference.api_version, &reference.kind)
    };
    Id {
        gvk,
        name: reference.name.clone(),
        namespace: reference.namespace.clone(),
        is_cluster_scoped: false,
    }
}

/// Puts the values of all variables where they are asked for.
pub(super) fn resolve(
    set: &mut ResourceSet,
    variables: &[Variable],
    specs: &FieldSpecs,
    notes: &mut Vec<String>,
) -> Result<(), BuildError> {
    if variables.is_empty() {
        return Ok(());
    }
    let mut values = BTreeMap::new();
    for variable in variables {
        values.insert(variable.name.as_str(), value_of(set, variable)?);
    }
    let mut used = BTreeSet::new();
    for resource in set.list_mut() {
        for spec in &specs.variables {
            field_path::visit(resource, spec, Create::Nothing, &mut |value| {
                replace(value, &values, &mut used)
            })?;
        }
    }
    let unused: Vec<&str> = values
        .keys()
        .copied()
        .filter(|name| !used.contains(*name))
        .collect();
    if !unused.is_empty() {
        notes.push(format!(
            "well-defined vars that were never replaced: {}",
            unused.join(",")
        ));
    }
    Ok(())
}

fn value_of(set: &ResourceSet, variable: &Variable) -> Result<Value, BuildError> {
    let path = match variable.fieldref.field_path.as_str() {
        "" => "metadata.name",
        path => path,
    };
    let resource = set
        .list()
        .iter()
        .find(|resource| resource.variables.contains(&variable.name))
        .ok_or_else(|| {
            BuildError::new(format!(
                "var '{}' cannot be mapped to a field in the set of known resources",
                variable.name
            ))
        })?;
    // `a[0]` is the same as `a.0`.
    let path = path.replace('[', ".").replace(']', "");
    path_match::lookup(&resource.value, &path_match::split(&path))
        .ok()
        .flatten()
        .cloned()
        .ok_or_else(|| {
            BuildError::new(format!(
                "field specified in var '{}' not found in corresponding resource",
                variable.name
            ))
        })
}

type Values<'a> = BTreeMap<&'a str, Value>;

fn replace(
    value: &mut Value,
    values: &Values<'_>,
    used: &mut BTreeSet<String>,
) -> Result<(), BuildError> {
    match value {
        Value::String(text) => *value = replaced(text, values, used)?,
        Value::Array(items) => {
            for item in items {
                let Value::String(text) = item else {
                    return Err(BuildError::new("invalid value type expect a string"));
                };
                *item = replaced(text, values, used)?;
            }
        }
        Value::Object(fields) => {
            for field in fields.values_mut() {
                if let Value::String(text) = field {
                    *field = replaced(text, values, used)?;
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// A text with its variables filled in; a text that is one variable takes the type of its value.
fn replaced(
    text: &str,
    values: &Values<'_>,
    used: &mut BTreeSet<String>,
) -> Result<Value, BuildError> {
    let mut done = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at(at);
        done.push_str(before);
        let after = from.get(1..).unwrap_or_default();
        if after.is_empty() {
            rest = from;
            break;
        }
        if let Some(behind) = after.strip_prefix('$') {
            done.push('$');
            rest = behind;
            continue;
        }
        let name = after
            .strip_prefix('(')
            .and_then(|inner| inner.split_once(')'));
        let Some((name, behind)) = name else {
            let length = after.chars().next().map_or(0, char::len_utf8);
            let (first, behind) = after.split_at(length);
            done.push('$');
            done.push_str(first);
            rest = behind;
            continue;
        };
        match values.get(name).filter(|value| scalar::is_scalar(value)) {
            Some(value) => {
                used.insert(name.to_owned());
                if text.len() == name.len() + 3 {
                    return Ok(value.clone());
                }
                done.push_str(&scalar::text(value));
                if done.len() > MAX_RESOURCE_BYTES {
                    return Err(BuildError::new(format!(
                        "a text with vars grows larger than {MAX_RESOURCE_BYTES} bytes"
                    )));
                }
            }
            None => {
                done.push_str(&format!("$({name})"));
            }
        }
        rest = behind;
    }
    done.push_str(rest);
    Ok(Value::String(done))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in() {
        let values: Values<'_> = [("A", Value::from(5)), ("B", Value::from("b"))].into();
        let mut used = BTreeSet::new();
        for (text, expected) in [
            ("$(A)", Value::from(5)),
            ("x$(A)y$(B)", Value::from("x5yb")),
            ("$$(A)", Value::from("$(A)")),
            ("$(C)", Value::from("$(C)")),
            ("a$", Value::from("a$")),
            ("$(A", Value::from("$(A")),
            ("$x", Value::from("$x")),
        ] {
            assert_eq!(
                replaced(text, &values, &mut used).unwrap(),
                expected,
                "{text}"
            );
        }
    }
}
