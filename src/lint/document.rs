//! Documents of a file, and the objects within them at any depth: in lists, in templates, in texts.

use serde_json::Value;

use super::{
    finding::{ObjectId, Place},
    text::Text,
};
use crate::object::yaml::{self, Places, ReadOptions};

/// How deep objects are looked for within texts within objects.
const MAX_TEXT_DEPTH: usize = 3;

/// One YAML or JSON document of a file.
pub struct Document<'a> {
    /// The file.
    pub text: &'a Text<'a>,
    /// What the document says.
    pub value: &'a Value,
    /// Its number in the file, from 0.
    pub index: usize,
    /// Its first line.
    pub line: usize,
    /// Where its values stand.
    pub places: Option<&'a Places>,
    /// Whether the file is a patch of a kustomization, so that its objects are parts of objects.
    pub is_patch: bool,
}

impl Document<'_> {
    /// Where the value behind a JSON pointer stands, or the nearest one around it.
    pub fn place(&self, pointer: &str) -> Place {
        let mut pointer = pointer;
        loop {
            if let Some(place) = self.places.and_then(|places| places.at(pointer)) {
                return self.text.place_of_value(place.value.offset);
            }
            match pointer.rfind('/') {
                Some(end) => pointer = pointer.get(..end).unwrap_or_default(),
                None => return Place::line(self.text.path, self.line),
            }
        }
    }

    /// What the document itself is called.
    pub fn id(&self) -> ObjectId {
        id_of(self.value)
    }
}

/// One object: a map with `apiVersion` and `kind`.
pub struct Item<'a> {
    /// The document that it stands in.
    pub document: &'a Document<'a>,
    /// The object.
    pub value: &'a Value,
    /// JSON pointer to it, or to the text that holds it.
    pub pointer: String,
    /// Whether it stands in a text, so that its fields have no places of their own.
    pub is_in_text: bool,
    /// What it is called.
    pub id: ObjectId,
}

impl Item<'_> {
    /// Whether it is of a kind, in an API group (empty for the core).
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.id.kind == kind && group_of(&self.id.api_version) == group
    }

    /// Where a field of the object stands.
    pub fn place(&self, pointer: &str) -> Place {
        if self.is_in_text {
            self.document.place(&self.pointer)
        } else {
            self.document.place(&format!("{}{pointer}", self.pointer))
        }
    }

    /// A field that is a text.
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.value.pointer(pointer).and_then(Value::as_str)
    }

    /// An annotation below some metadata.
    pub fn annotations(&self, metadata: &str) -> impl Iterator<Item = (&str, &Value)> {
        let found = self.value.pointer(&format!("{metadata}/annotations"));
        entries(found)
    }
}

/// The entries of a map; none for anything else.
pub fn entries(value: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    let map = value.and_then(Value::as_object);
    map.into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value))
}

/// The entries of a list; none for anything else.
pub fn elements(value: Option<&Value>) -> impl Iterator<Item = (usize, &Value)> {
    let list = value.and_then(Value::as_array);
    list.into_iter().flatten().enumerate()
}

/// A name as a part of a JSON pointer.
pub fn word(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// A JSON pointer as people write fields: `spec.template.data.password`.
pub fn field(pointer: &str) -> String {
    let words = pointer.split('/').skip(1);
    let words: Vec<String> = words
        .map(|word| word.replace("~1", "/").replace("~0", "~"))
        .collect();
    words.join(".")
}

/// The group of an `apiVersion`; empty for the core.
pub fn group_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// What a value is called, as far as it says.
pub fn id_of(value: &Value) -> ObjectId {
    let text = |pointer: &str| match value.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    ObjectId {
        api_version: text("/apiVersion"),
        kind: text("/kind"),
        namespace: text("/metadata/namespace"),
        name: text("/metadata/name"),
    }
}

fn is_object(value: &Value) -> bool {
    let is_text = |name: &str| value.get(name).is_some_and(Value::is_string);
    is_text("apiVersion") && is_text("kind")
}

/// A place where an object was found: its value, and the way to it.
pub struct Found<'v> {
    /// The object, borrowed from the document or read out of a text.
    pub value: std::borrow::Cow<'v, Value>,
    /// JSON pointer to it or to the text that holds it.
    pub pointer: String,
    /// Whether it was read out of a text.
    pub is_in_text: bool,
}

/// All objects within a value, at any depth. Texts of Secrets are not read: they are secret as a whole.
pub fn objects(value: &Value) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    walk(value, &mut String::new(), false, 0, &mut found);
    found
}

fn walk<'v>(
    value: &'v Value,
    pointer: &mut String,
    is_in_text: bool,
    depth: usize,
    found: &mut Vec<Found<'v>>,
) {
    let length = pointer.len();
    match value {
        Value::Object(map) => {
            let mut read_texts = true;
            if is_object(value) {
                let kind = map.get("kind").and_then(Value::as_str).unwrap_or_default();
                read_texts = !matches!(kind, "Secret" | "SealedSecret");
                found.push(Found {
                    value: std::borrow::Cow::Borrowed(value),
                    pointer: pointer.clone(),
                    is_in_text,
                });
            }
            for (name, inner) in map {
                if !read_texts && matches!(inner, Value::String(_)) {
                    continue;
                }
                if !read_texts && matches!(name.as_str(), "data" | "stringData" | "spec") {
                    continue;
                }
                pointer.push('/');
                pointer.push_str(&word(name));
                walk(inner, pointer, is_in_text, depth, found);
                pointer.truncate(length);
            }
        }
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate() {
                pointer.push_str(&format!("/{index}"));
                walk(inner, pointer, is_in_text, depth, found);
                pointer.truncate(length);
            }
        }
        Value::String(text) if depth < MAX_TEXT_DEPTH && may_hold_objects(text) => {
            for value in read_text(text) {
                let mut inner = Vec::new();
                walk(&value, &mut String::new(), true, depth + 1, &mut inner);
                found.extend(inner.into_iter().map(|one| Found {
                    value: std::borrow::Cow::Owned(one.value.into_owned()),
                    pointer: pointer.clone(),
                    is_in_text: true,
                }));
            }
        }
        _ => {}
    }
}

fn may_hold_objects(text: &str) -> bool {
    text.contains("kind") && text.contains("apiVersion")
}

/// The documents of a text within a document; what cannot be read is none.
pub fn read_text(text: &str) -> Vec<Value> {
    let options = ReadOptions::default();
    let read = yaml::documents(text.as_bytes(), &options).filter_map(Result::ok);
    read.map(|document| document.value).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_are_found_at_any_depth() {
        let secret =
            json!({"apiVersion": "v1", "kind": "Secret", "stringData": {"a": "kind apiVersion"}});
        let value = json!({"apiVersion": "v1", "kind": "List", "items": [
            secret,
            {"apiVersion": "v1", "kind": "ConfigMap", "data": {"x.yaml": "apiVersion: v1\nkind: Secret\n"}},
        ]});
        let found = objects(&value);
        let shown: Vec<_> = found
            .iter()
            .map(|one| (one.pointer.as_str(), one.is_in_text, id_of(&one.value).kind))
            .collect();
        assert_eq!(
            shown,
            [
                ("", false, "List".to_owned()),
                ("/items/0", false, "Secret".to_owned()),
                ("/items/1", false, "ConfigMap".to_owned()),
                ("/items/1/data/x.yaml", true, "Secret".to_owned()),
            ]
        );
        assert_eq!(field("/spec/a~1b/0"), "spec.a/b.0");
    }
}
