//! One generated ConfigMap or Secret.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use super::{
    super::{
        error::BuildError,
        load::{Context, Loader},
        resource::{Behavior, Resource},
    },
    pairs,
};
use crate::api::kustomization::{GeneratorArgs, GeneratorOptions};

/// Letters of base64 in a line, once there is more than one line.
const LINE: usize = 70;

/// What is generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Kind {
    /// A ConfigMap.
    ConfigMap,
    /// A Secret.
    Secret,
}

/// Makes one object.
pub(in super::super) fn generate(
    kind: Kind,
    args: &GeneratorArgs,
    global: Option<&GeneratorOptions>,
    loader: &Loader,
    context: &mut Context<'_>,
) -> Result<Resource, BuildError> {
    if args.name.is_empty() {
        return Err(BuildError::new("a configmap must have a name"));
    }
    let options = merged(args.options.as_ref(), global);
    let mut fields = Map::new();
    let text = |text: &str| Value::String(text.to_owned());
    fields.insert("apiVersion".to_owned(), text("v1"));
    let word = match kind {
        Kind::ConfigMap => "ConfigMap",
        Kind::Secret => "Secret",
    };
    fields.insert("kind".to_owned(), text(word));
    let mut metadata = Map::new();
    metadata.insert("name".to_owned(), text(&args.name));
    if !args.namespace.is_empty() {
        metadata.insert("namespace".to_owned(), text(&args.namespace));
    }
    fields.insert("metadata".to_owned(), Value::Object(metadata));
    if kind == Kind::Secret {
        let own = args.secret_type.as_str();
        let own = if own.is_empty() { "Opaque" } else { own };
        fields.insert("type".to_owned(), text(own));
    }
    let pairs =
        pairs::read(args, loader, context).map_err(|error| error.under("loading KV pairs"))?;
    let (mut data, mut binary) = (Map::new(), Map::new());
    for (key, bytes) in pairs {
        context.taken.generated(bytes.len())?;
        if data.contains_key(&key) || binary.contains_key(&key) {
            return Err(BuildError::new(format!(
                "configmap {} illegally repeats the key `{key}`",
                args.name
            )));
        }
        match (kind, String::from_utf8(bytes)) {
            (Kind::ConfigMap, Ok(value)) => {
                data.insert(key, Value::String(value));
            }
            (Kind::ConfigMap, Err(error)) => {
                binary.insert(key, Value::String(encoded(error.as_bytes())));
            }
            (Kind::Secret, Ok(value)) => {
                data.insert(key, Value::String(encoded(value.as_bytes())));
            }
            (Kind::Secret, Err(error)) => {
                data.insert(key, Value::String(encoded(error.as_bytes())));
            }
        }
    }
    for (field, map) in [("data", data), ("binaryData", binary)] {
        // A Secret has data even when there is none.
        if !map.is_empty() || (kind == Kind::Secret && field == "data") {
            fields.insert(field.to_owned(), Value::Object(map));
        }
    }
    if options.immutable {
        fields.insert("immutable".to_owned(), Value::Bool(true));
    }
    let mut resource = Resource::new(Value::Object(fields), &context.schema);
    resource.set_texts("labels", options.labels);
    resource.set_texts("annotations", options.annotations);
    resource.needs_hash = !options.disable_name_suffix_hash;
    resource.behavior = Behavior::read(&args.behavior);
    resource.is_marked = true;
    Ok(resource)
}

/// Own options win over global ones, but for the switches, which are on if either is.
fn merged(own: Option<&GeneratorOptions>, global: Option<&GeneratorOptions>) -> GeneratorOptions {
    let mut options = own.cloned().unwrap_or_default();
    if let Some(global) = global {
        for (own, global) in [
            (&mut options.labels, &global.labels),
            (&mut options.annotations, &global.annotations),
        ] {
            for (key, value) in global {
                own.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        options.disable_name_suffix_hash |= global.disable_name_suffix_hash;
        options.immutable |= global.immutable;
    }
    options
}

/// Base64, in lines once it is longer than one.
fn encoded(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    if text.len() < LINE {
        return text;
    }
    let mut lines = String::with_capacity(text.len() + text.len() / LINE + 1);
    for (index, letter) in text.chars().enumerate() {
        if index > 0 && index % LINE == 0 {
            lines.push('\n');
        }
        lines.push(letter);
    }
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn long_base64_stands_in_lines() {
        assert_eq!(encoded(b"abc"), "YWJj");
        let long = encoded(&[b'a'; 60]);
        let lines: Vec<usize> = long.lines().map(str::len).collect();
        assert_eq!(lines, [70, 10]);
        assert!(long.ends_with('\n'));
    }
}
