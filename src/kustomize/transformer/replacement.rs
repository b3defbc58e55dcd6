//! Values copied from one resource into others.

use serde_json::Value;

use super::super::{
    error::BuildError,
    id::Id,
    limits,
    load::{Context, Loader},
    path_match::{self, Make},
    resource::Resource,
    resource_set::ResourceSet,
    scalar,
    selection::Selection,
};
use super::structured;
use crate::{
    api::kustomization::{self, FieldOptions, Replacement, Source, Target},
    object::{
        Gvk,
        yaml::{self, Dialect, ReadOptions},
    },
};

/// The field that is meant when none is named.
const NAME: &str = "metadata.name";

/// Reads the replacements that stand in files of their own.
pub(in super::super) fn load(
    entries: &[Replacement],
    loader: &Loader,
    context: &mut Context<'_>,
) -> Result<Vec<Replacement>, BuildError> {
    let mut all = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        if entry.path.is_empty() {
            all.push(entry.clone());
            continue;
        }
        let found = load_file(entry, loader, context).map_err(|error| {
            error.of_field(|| format!("replacements[{index}] ({})", entry.path))
        })?;
        all.extend(found);
    }
    Ok(all)
}

fn load_file(
    entry: &Replacement,
    loader: &Loader,
    context: &mut Context<'_>,
) -> Result<Vec<Replacement>, BuildError> {
    if entry.source.is_some() || entry.targets.as_ref().is_some_and(|list| !list.is_empty()) {
        return Err(BuildError::new(
            "cannot specify both path and inline replacement",
        ));
    }
    let bytes = loader.load(context, &entry.path)?;
    let document = yaml::read(&bytes, &ReadOptions::default())
        .map_err(|error| BuildError::new(error.to_string()))?
        .into_iter()
        .next();
    let value = document.map_or(Value::Null, |document| document.value);
    if scalar::is_scalar(&value) {
        return Err(BuildError::new(
            "unsupported replacement type encountered within replacement path: invalid",
        ));
    }
    kustomization::replacements(value).map_err(|error| BuildError::new(error.to_string()))
}

/// Does all replacements, one after the other.
pub(super) fn run(set: &mut ResourceSet, replacements: &[Replacement]) -> Result<(), BuildError> {
    for replacement in replacements {
        let Some(targets) = &replacement.targets else {
            return Err(needs_source());
        };
        let value = match (&replacement.source_value, &replacement.source) {
            (Some(_), Some(_)) => {
                return Err(BuildError::new(
                    "value and resource selectors are mutually exclusive",
                ));
            }
            (Some(text), None) => plain(text),
            (None, Some(source)) => read(set, source)?,
            (None, None) => return Err(needs_source()),
        };
        for target in targets {
            write(set, target, &value)?;
        }
    }
    Ok(())
}

fn needs_source() -> BuildError {
    BuildError::new("replacements must specify a source and at least one target")
}

/// The value that a source names.
fn read(set: &ResourceSet, source: &Source) -> Result<Value, BuildError> {
    let selector = Id {
        gvk: Gvk::new(
            source.group.as_str(),
            source.version.as_str(),
            source.kind.as_str(),
        ),
        name: source.name.clone(),
        namespace: source.namespace.clone(),
        is_cluster_scoped: false,
    };
    let is_meant = |id: &Id| {
        (source.name.is_empty() || source.name == id.name)
            && (source.namespace.is_empty()
                || selector.effective_namespace() == id.effective_namespace())
            && id.is_selected(&source.group, &source.version, &source.kind)
    };
    let described = || {
        let mut text = selector.to_string();
        if !source.field_path.is_empty() {
            text = format!("{text}:{}", source.field_path);
        }
        match &source.options {
            Some(own) if own.create || !own.delimiter.is_empty() => format!(
                "{text}:{}({}), create={}",
                own.delimiter, own.index, own.create
            ),
            _ => text,
        }
    };
    let mut found = set
        .list()
        .iter()
        .filter(|resource| resource.all_ids().iter().any(is_meant));
    let resource = match (found.next(), found.next()) {
        (Some(resource), None) => resource,
        (None, _) => {
            return Err(BuildError::new(format!(
                "nothing selected by {}",
                described()
            )));
        }
        _ => {
            return Err(BuildError::new(format!(
                "multiple matches for selector {}",
                described()
            )));
        }
    };
    let path = or_name(&source.field_path);
    let value = path_match::lookup(&resource.value, &path_match::split(path))
        .map_err(|error| error.under("error looking up replacement source"))?;
    let is_empty = |value: &Value| match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    };
    let Some(value) = value.filter(|value| !is_empty(value)) else {
        return Err(BuildError::new(format!(
            "fieldPath `{path}` is missing for replacement source {selector}"
        )));
    };
    let options = source.options.clone().unwrap_or_default();
    if options.delimiter.is_empty() {
        return Ok(value.clone());
    }
    if !scalar::is_scalar(value) {
        return Err(only_scalars());
    }
    let text = scalar::text(value);
    let part = usize::try_from(options.index)
        .ok()
        .and_then(|index| text.split(&options.delimiter).nth(index));
    match part {
        Some(part) if value.is_string() => Ok(Value::String(part.to_owned())),
        Some(part) => Ok(plain(part)),
        None => Err(BuildError::new(format!(
            "options.index {} is out of bounds for value {text}",
            options.index
        ))),
    }
}

fn only_scalars() -> BuildError {
    BuildError::new("delimiter option can only be used with scalar nodes")
}

fn or_name(path: &str) -> &str {
    if path.is_empty() { NAME } else { path }
}

/// A scalar without quotes: what it looks like.
pub(super) fn plain(text: &str) -> Value {
    match written(text) {
        Some(value) if !value.is_string() => value,
        _ => Value::String(text.to_owned()),
    }
}

/// The scalar that a text is when it is read as YAML.
fn written(text: &str) -> Option<Value> {
    let options = ReadOptions {
        dialect: Dialect::Kustomize,
        ..ReadOptions::default()
    };
    let read = yaml::read(text.as_bytes(), &options).ok()?;
    match read.as_slice() {
        [document] if scalar::is_scalar(&document.value) => Some(document.value.clone()),
        _ => None,
    }
}

/// What a field that was not there becomes: a date is the text of its instant there, for it has no type to keep.
fn fresh(text: &str, found: Value) -> Value {
    let is_date = text.get(..5).is_some_and(|year| {
        year.ends_with('-') && year.bytes().take(4).all(|digit| digit.is_ascii_digit())
    });
    match written(text) {
        Some(value) if is_date => value,
        _ => found,
    }
}

/// Puts a value into all resources that a target takes.
fn write(set: &mut ResourceSet, target: &Target, value: &Value) -> Result<(), BuildError> {
    let Some(select) = &target.select else {
        return Err(BuildError::new("target must specify resources to select"));
    };
    let failed = |error: BuildError| error.under("error creating target selector");
    let select = Selection::new(select).map_err(failed)?;
    let reject = target
        .reject
        .iter()
        .map(Selection::new)
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?;
    for resource in set.list_mut() {
        if !select.takes_texts(resource)
            || reject
                .iter()
                .any(|reject| reject.asks_for_texts() && reject.takes_texts(resource))
        {
            continue;
        }
        let ids = resource.all_ids();
        let is_rejected = reject
            .iter()
            .any(|reject| reject.asks_for_id() && ids.iter().any(|id| reject.takes_id(id)));
        if !is_rejected && ids.iter().any(|id| select.takes_id(id)) {
            write_one(resource, target, value)?;
            limits::check_size(&resource.value)?;
        }
    }
    Ok(())
}

fn write_one(resource: &mut Resource, target: &Target, value: &Value) -> Result<(), BuildError> {
    let options = target.options.clone().unwrap_or_default();
    let make = if options.create {
        Make::like(value)
    } else {
        Make::Nothing
    };
    let own = [NAME.to_owned()];
    let paths = if target.field_paths.is_empty() {
        &own[..]
    } else {
        target.field_paths.as_slice()
    };
    for path in paths {
        let words = path_match::split(path);
        if structured::set(&mut resource.value, &words, make, value) {
            continue;
        }
        let how = if options.create {
            "find or create"
        } else {
            "find"
        };
        let missing = format!("unable to {how} field {path:?} in replacement target");
        // Annotations are written anew as texts when a build ends, whatever they look like.
        let is_annotation = words.starts_with(&["metadata".to_owned(), "annotations".to_owned()]);
        let mut inner = None;
        let count = path_match::visit(&mut resource.value, &words, make, &mut |field, is_new| {
            put(field, is_new, value, &options).inspect_err(|error| inner = Some(error.clone()))?;
            if is_new && is_annotation && scalar::is_scalar(value) && options.delimiter.is_empty() {
                *field = plain(&scalar::text(value));
            }
            Ok(())
        });
        match (count, inner) {
            (_, Some(error)) => return Err(error),
            (Err(error), None) => return Err(error.under(missing)),
            (Ok(0), None) => return Err(BuildError::new(missing)),
            (Ok(_), None) => {}
        }
    }
    Ok(())
}

/// Sets one field; a scalar keeps its type, and only its text changes.
pub(super) fn put(
    field: &mut Value,
    is_new: bool,
    value: &Value,
    options: &FieldOptions,
) -> Result<(), BuildError> {
    if !scalar::is_scalar(field) {
        if !options.delimiter.is_empty() {
            return Err(only_scalars());
        }
        *field = value.clone();
        return Ok(());
    }
    let mut text = scalar::text(value);
    if !options.delimiter.is_empty() {
        let own = if field.is_null() {
            String::new()
        } else {
            scalar::text(field)
        };
        let mut parts: Vec<String> = own.split(&options.delimiter).map(str::to_owned).collect();
        match usize::try_from(options.index) {
            Err(_) => parts.insert(0, text),
            Ok(index) => match parts.get_mut(index) {
                Some(part) => *part = text,
                None => parts.push(text),
            },
        }
        text = parts.join(&options.delimiter);
    }
    let found = plain(&text);
    let misfit = |kind: &str| {
        BuildError::new(format!(
            "yaml: cannot decode !!{} `{text}` as a !!{kind}",
            tag(&found)
        ))
    };
    *field = match (&*field, &found) {
        (Value::Null, _) if is_new => fresh(&text, found),
        (Value::Null, Value::Null) => Value::Null,
        (Value::Null, _) => return Err(misfit("null")),
        (Value::Number(_), Value::Number(number)) if number.is_i64() || number.is_u64() => found,
        (Value::Number(own), _) if own.is_i64() || own.is_u64() => return Err(misfit("int")),
        (Value::Number(_), Value::Number(_)) => found,
        (Value::Number(_), _) => return Err(misfit("float")),
        (Value::Bool(_), Value::Bool(_)) => found,
        (Value::Bool(_), _) => return Err(misfit("bool")),
        _ => Value::String(text),
    };
    Ok(())
}

/// The tag of a scalar in messages.
fn tag(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_i64() || number.is_u64() => "int",
        Value::Number(_) => "float",
        _ => "str",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_keep_their_types() {
        let mut field = Value::from(1);
        put(
            &mut field,
            false,
            &Value::String("5".into()),
            &FieldOptions::default(),
        )
        .unwrap();
        assert_eq!(field, 5);
        let word = Value::String("five".into());
        assert!(put(&mut field, false, &word, &FieldOptions::default()).is_err());
        let mut field = Value::String("a-b".into());
        let options = FieldOptions {
            delimiter: "-".into(),
            index: 1,
            ..FieldOptions::default()
        };
        put(&mut field, false, &Value::from(7), &options).unwrap();
        assert_eq!(field, "a-7");
    }
}
