//! What may differ from run to run is named by the order of its appearance: ids, versions, times, addresses.

use std::{collections::BTreeMap, sync::LazyLock};

use regex::{Captures, Regex};
use serde_json::Value;

use super::answer::Answer;

fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap()
}

static UID: LazyLock<Regex> =
    LazyLock::new(|| pattern("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"));
/// Of the client's certificate, which every start of the real server makes anew.
static CREDENTIAL: LazyLock<Regex> = LazyLock::new(|| pattern("X509SHA256=[0-9a-f]{64}"));
/// Times of about now; those that cases send are older.
static TIME: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"20(?:2[5-9]|[3-9]\d)-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z"));
static CLUSTER_IP: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b10\.(?:9[6-9]|10\d|11[01])\.\d{1,3}\.\d{1,3}\b"));
/// In an object that is quoted in a message.
static VERSION: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(resourceVersion[\\":]{2,6})(\d+)"#));
static AGE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\d+[smh](\d+s)?$"));
static CURRENT: LazyLock<Regex> = LazyLock::new(|| pattern(r"current: \d+"));

/// Names what differs, for all answers of one case.
#[derive(Default)]
pub struct Normal {
    space: String,
    seen: BTreeMap<&'static str, Vec<String>>,
}

impl Normal {
    pub fn new(space: &str) -> Self {
        Self {
            space: space.to_owned(),
            seen: BTreeMap::new(),
        }
    }

    pub fn answer(&mut self, answer: &Answer) -> Value {
        let mut answer = answer.clone();
        answer.warnings = answer.warnings.iter().map(|w| self.text(w)).collect();
        match &mut answer.body {
            Value::Array(events) => {
                for event in events {
                    let is_bookmark = event["type"] == "BOOKMARK";
                    if is_bookmark {
                        Self::hide_version(&mut event["object"]);
                    }
                    match event.get_mut("object") {
                        Some(object) => self.document(object),
                        None => self.document(event),
                    }
                }
            }
            body => self.document(body),
        }
        answer.to_value()
    }

    /// A whole answer: the version of a list is that of the store, which others move too.
    fn document(&mut self, value: &mut Value) {
        if value.get("items").is_some() || value.get("rows").is_some() {
            Self::hide_version(value);
            if let Some(token) = value.pointer_mut("/metadata/continue") {
                *token = "continue".into();
            }
        }
        sort_causes(value);
        self.value("", value);
    }

    fn hide_version(value: &mut Value) {
        if let Some(version) = value.pointer_mut("/metadata/resourceVersion")
            && version.as_str().is_some_and(|text| text.len() > 1)
        {
            *version = "version of the store".into();
        }
    }

    fn value(&mut self, key: &str, value: &mut Value) {
        match value {
            Value::Object(map) => {
                generated_name(map);
                sort_managers(map);
                for (key, value) in &mut *map {
                    self.value(key, value);
                }
                // Managed fields have ids in names.
                *map = std::mem::take(map)
                    .into_iter()
                    .map(|(key, value)| (self.text(&key), value))
                    .collect();
            }
            Value::Array(items) => {
                for item in items {
                    self.value(key, item);
                }
            }
            Value::String(text) => *text = self.field(key, text),
            Value::Number(number)
                if key == "nodePort" && number.as_u64().is_some_and(|port| port >= 30000) =>
            {
                *value = "node port".into();
            }
            _ => {}
        }
    }

    fn field(&mut self, key: &str, text: &str) -> String {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match key {
            "resourceVersion" if is_number => self.name("version", text),
            "serverAddress" => "address".to_owned(),
            // Made of the group, which for custom kinds has the namespace in it.
            "storageVersionHash" => "hash".to_owned(),
            "cells" if AGE.is_match(text) => "age".to_owned(),
            _ => self.text(text),
        }
    }

    fn text(&mut self, text: &str) -> String {
        let text = text.replace(&self.space, "NAMESPACE");
        let text = UID.replace_all(&text, |found: &Captures<'_>| self.name("uid", &found[0]));
        let text = CREDENTIAL.replace_all(&text, "X509SHA256=credential");
        let text = CLUSTER_IP.replace_all(&text, |found: &Captures<'_>| {
            self.name("cluster-ip", &found[0])
        });
        let text = VERSION.replace_all(&text, |found: &Captures<'_>| {
            format!("{}{}", &found[1], self.name("version", &found[2]))
        });
        let text = TIME.replace_all(&text, |found: &Captures<'_>| {
            if found.get(1).is_some() {
                "microtime"
            } else {
                "time"
            }
        });
        CURRENT
            .replace_all(&text, "current: version of the store")
            .into_owned()
    }

    fn name(&mut self, what: &'static str, text: &str) -> String {
        let seen = self.seen.entry(what).or_default();
        let position = seen.iter().position(|known| known == text);
        let position = position.unwrap_or_else(|| {
            seen.push(text.to_owned());
            seen.len() - 1
        });
        format!("{what}-{}", position + 1)
    }
}

/// The end of a generated name is chance.
fn generated_name(object: &mut serde_json::Map<String, Value>) {
    let Some(start) = object.get("generateName").and_then(Value::as_str) else {
        return;
    };
    let start = start.to_owned();
    if let Some(Value::String(name)) = object.get_mut("name")
        && let Some(end) = name.strip_prefix(&start)
    {
        *name = format!("{start}{}", "*".repeat(end.len()));
    }
}

/// The real server goes through maps in an order of chance: causes about one map are compared in the order of their
/// texts, and so are all of a custom object, whose schema is a map; the message has them in the same order.
fn sort_causes(status: &mut Value) {
    let is_custom = status
        .pointer("/details/group")
        .and_then(Value::as_str)
        .is_some_and(|group| group.ends_with(".example"));
    let Some(Value::Array(causes)) = status.pointer_mut("/details/causes") else {
        return;
    };
    if causes.len() < 2 {
        return;
    }
    let key = |cause: &Value| format!("{}{}", cause["field"], cause["message"]);
    if is_custom {
        causes.sort_by_key(key);
    } else {
        for run in causes.chunk_by_mut(|a, b| place(a).is_some() && place(a) == place(b)) {
            run.sort_by_key(key);
        }
    }
    let mut lines: Vec<String> = Vec::new();
    for cause in causes.iter() {
        let text = |name: &str| cause[name].as_str().unwrap_or_default();
        let line = format!("{}: {}", text("field"), text("message"));
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    let lines = format!("[{}]", lines.join(", "));
    if let Some(Value::String(message)) = status.get_mut("message")
        && let Some((head, _)) = message.split_once(": [")
    {
        let sorted = format!("{head}: {lines}");
        if sorted.len() == message.len() {
            *message = sorted;
        }
    }
}

/// The map that a cause is about, if it is about one.
fn place(cause: &Value) -> Option<&str> {
    let field = cause["field"].as_str()?;
    if ["metadata.labels", "metadata.annotations"].contains(&field) {
        return Some(field);
    }
    let (head, key) = field.split_once('[')?;
    let is_place = key
        .strip_suffix(']')
        .is_none_or(|key| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit()));
    (!is_place).then_some(head)
}

/// Managers are kept in the order of their seconds: which of two comes first is chance.
fn sort_managers(object: &mut serde_json::Map<String, Value>) {
    if let Some(Value::Array(managers)) = object.get_mut("managedFields") {
        managers.sort_by_key(|entry| {
            format!(
                "{}{}{}",
                entry["operation"], entry["manager"], entry["subresource"]
            )
        });
    }
}
