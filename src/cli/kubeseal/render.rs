//! Objects as text, byte for byte as Kubernetes' pretty serializers write them.

use serde_json::{Map, Value};

use super::failure::Failure;
use crate::object::yaml;

/// The order in which Go's structs have their fields; fields that are not named follow, sorted.
struct Shape {
    fields: &'static [&'static str],
    inside: &'static [(&'static str, &'static Shape)],
}

const PLAIN: Shape = Shape {
    fields: &[],
    inside: &[],
};

const OWNER: Shape = Shape {
    fields: &[
        "apiVersion",
        "kind",
        "name",
        "uid",
        "controller",
        "blockOwnerDeletion",
    ],
    inside: &[],
};

const MANAGED_FIELD: Shape = Shape {
    fields: &[
        "manager",
        "operation",
        "apiVersion",
        "time",
        "fieldsType",
        "fieldsV1",
        "subresource",
    ],
    inside: &[],
};

const METADATA: Shape = Shape {
    fields: &[
        "name",
        "generateName",
        "namespace",
        "selfLink",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "labels",
        "annotations",
        "ownerReferences",
        "finalizers",
        "managedFields",
    ],
    inside: &[
        ("ownerReferences", &OWNER),
        ("managedFields", &MANAGED_FIELD),
    ],
};

const TEMPLATE: Shape = Shape {
    fields: &["metadata", "type", "immutable", "data"],
    inside: &[("metadata", &METADATA)],
};

const SPEC: Shape = Shape {
    fields: &["template", "data", "encryptedData"],
    inside: &[("template", &TEMPLATE)],
};

const CONDITION: Shape = Shape {
    fields: &[
        "type",
        "status",
        "lastUpdateTime",
        "lastTransitionTime",
        "reason",
        "message",
    ],
    inside: &[],
};

const STATUS: Shape = Shape {
    fields: &["observedGeneration", "conditions"],
    inside: &[("conditions", &CONDITION)],
};

/// SealedSecret and Secret in one: their fields do not get in each other's way.
const OBJECT: Shape = Shape {
    fields: &[
        "kind",
        "apiVersion",
        "metadata",
        "spec",
        "status",
        "immutable",
        "data",
        "stringData",
        "type",
    ],
    inside: &[
        ("metadata", &METADATA),
        ("spec", &SPEC),
        ("status", &STATUS),
    ],
};

/// What the output is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Two spaces of indent, a line end after each object.
    Json,
    /// Each document begins with `---`.
    Yaml,
}

impl Format {
    /// Reads the flag; letter case does not matter, and the empty word is JSON.
    pub fn of(word: &str) -> Result<Self, Failure> {
        match word.to_lowercase().as_str() {
            "" | "json" => Ok(Self::Json),
            "yaml" => Ok(Self::Yaml),
            _ => Err(Failure(format!("unsupported output format: {word}"))),
        }
    }

    /// Adds an object to a text.
    pub fn write(self, object: &Value, text: &mut String) {
        match self {
            Self::Json => {
                write_json(object, &OBJECT, 0, text);
                text.push('\n');
            }
            Self::Yaml => {
                text.push_str("---\n");
                text.push_str(&yaml::write(object));
            }
        }
    }
}

fn write_json(value: &Value, shape: &Shape, depth: usize, text: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            text.push('{');
            for (place, (name, value)) in in_order(map, shape).into_iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                break_line(depth + 1, text);
                write_text(name, text);
                text.push_str(": ");
                let inner = shape.inside.iter().find(|(field, _)| field == name);
                write_json(
                    value,
                    inner.map_or(&PLAIN, |(_, shape)| shape),
                    depth + 1,
                    text,
                );
            }
            break_line(depth, text);
            text.push('}');
        }
        Value::Array(list) if !list.is_empty() => {
            text.push('[');
            for (place, value) in list.iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                break_line(depth + 1, text);
                write_json(value, shape, depth + 1, text);
            }
            break_line(depth, text);
            text.push(']');
        }
        Value::Object(_) => text.push_str("{}"),
        Value::Array(_) => text.push_str("[]"),
        Value::String(string) => write_text(string, text),
        Value::Null => text.push_str("null"),
        Value::Bool(truth) => text.push_str(if *truth { "true" } else { "false" }),
        Value::Number(number) => text.push_str(&number.to_string()),
    }
}

fn in_order<'a>(map: &'a Map<String, Value>, shape: &Shape) -> Vec<(&'a String, &'a Value)> {
    let mut entries: Vec<_> = map.iter().collect();
    let rank = |name: &str| shape.fields.iter().position(|field| *field == name);
    entries.sort_by_key(|(name, _)| rank(name).unwrap_or(usize::MAX));
    entries
}

fn break_line(depth: usize, text: &mut String) {
    text.push('\n');
    for _ in 0..depth {
        text.push_str("  ");
    }
}

/// A JSON string with the escapes of Go's encoder, which keeps HTML safe.
fn write_text(string: &str, text: &mut String) {
    text.push('"');
    for letter in string.chars() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                text.push_str(&format!("\\u{:04x}", letter as u32));
            }
            _ => text.push(letter),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_has_the_order_of_the_structs() {
        let mut text = String::new();
        let object = json!({
            "apiVersion": "v1", "kind": "Secret", "zz": 1, "type": "t", "data": {"b": "", "a": ""},
            "metadata": {"annotations": {}, "name": "n", "labels": {"name": "x", "kind": "y"},
                "ownerReferences": [{"uid": "", "kind": "K", "controller": true}]},
        });
        Format::Json.write(&object, &mut text);
        assert_eq!(
            text,
            "{\n  \"kind\": \"Secret\",\n  \"apiVersion\": \"v1\",\n  \"metadata\": {\n    \
             \"name\": \"n\",\n    \"labels\": {\n      \"kind\": \"y\",\n      \"name\": \"x\"\n    },\n    \
             \"annotations\": {},\n    \"ownerReferences\": [\n      {\n        \"kind\": \"K\",\n        \
             \"uid\": \"\",\n        \"controller\": true\n      }\n    ]\n  },\n  \"data\": {\n    \
             \"a\": \"\",\n    \"b\": \"\"\n  },\n  \"type\": \"t\",\n  \"zz\": 1\n}\n"
        );
    }

    #[test]
    fn strings_are_escaped_as_go_does() {
        let mut text = String::new();
        write_text("<&>\"\\\n\u{1}\u{8}\u{2028}é\u{7f}", &mut text);
        assert_eq!(
            text,
            "\"\\u003c\\u0026\\u003e\\\"\\\\\\n\\u0001\\b\\u2028é\u{7f}\""
        );
    }
}
