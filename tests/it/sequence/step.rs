//! One request of a sequence.

use std::fmt;

use serde_json::{Value, json};

use super::{chance::Chance, make::Kind};

#[derive(Clone, Debug)]
pub struct Step {
    pub method: &'static str,
    pub subresource: &'static str,
    pub media_type: &'static str,
    /// Options, each with its value.
    pub query: Vec<(&'static str, String)>,
    pub body: Content,
}

#[derive(Clone, Debug)]
pub enum Content {
    /// Nothing.
    None,
    /// This, with the name of the object.
    Object(Value),
    /// This as it is.
    Patch(Value),
    /// What the server answered last, with this written over it and fields of these paths taken out.
    OnLive(Value, Vec<&'static str>),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let query: Vec<String> = self
            .query
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        write!(
            f,
            "  {} /{} {} {} ",
            self.method,
            self.subresource,
            self.media_type,
            query.join("&")
        )?;
        match &self.body {
            Content::None => Ok(()),
            Content::Object(value) | Content::Patch(value) => write!(f, "{value}"),
            Content::OnLive(value, paths) => write!(f, "live without {paths:?} with {value}"),
        }
    }
}

const JSON: &str = "application/json";
const MERGE: &str = "application/merge-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";
const JSON_PATCH: &str = "application/json-patch+json";
const APPLY: &str = "application/apply-patch+yaml";

/// A step by chance; the first one mostly makes the object.
pub fn next(kind: &Kind, chance: &mut Chance, is_first: bool) -> Step {
    let mut query = Vec::new();
    let is_new = is_first && chance.once_in(2);
    let draw = if is_first {
        if is_new { 0 } else { 40 }
    } else {
        chance.below(100)
    };
    let subresource = match chance.below(8) {
        0 if kind.has_status && !is_first => "status",
        _ => "",
    };
    if chance.once_in(12) {
        query.push(("dryRun", "All".to_owned()));
    }
    if !chance.once_in(3) {
        let validation = *chance.pick(&["Strict", "Ignore", "Warn"]);
        query.push(("fieldValidation", validation.to_owned()));
    }
    let manager = *chance.pick(&["a", "b", "c", "kubectl"]);
    if !chance.once_in(4) || (40..).contains(&draw) {
        query.push(("fieldManager", manager.to_owned()));
    }
    let made = kind.make(chance);
    let step = |method, subresource, media_type, query, body| Step {
        method,
        subresource,
        media_type,
        query,
        body,
    };
    match draw {
        0..4 => step("POST", "", JSON, query, Content::Object(made)),
        4..16 => {
            let mut without = Vec::new();
            for (path, odds) in [
                ("/metadata/resourceVersion", 2),
                ("/metadata/managedFields", 6),
                ("/metadata/labels", 6),
                ("/spec/template/spec/tolerations", 3),
                ("/spec/rules", 4),
                ("/data", 5),
                ("/status", 6),
            ] {
                if chance.once_in(odds) {
                    without.push(path);
                }
            }
            let mut over = part_of(chance, &made);
            if chance.once_in(15) {
                over["metadata"]["managedFields"] = json!([]);
            }
            step(
                "PUT",
                subresource,
                JSON,
                query,
                Content::OnLive(over, without),
            )
        }
        16..24 => step(
            "PATCH",
            subresource,
            MERGE,
            query,
            Content::Patch(part_of(chance, &made)),
        ),
        24..32 if kind.kind != "Part" => step(
            "PATCH",
            subresource,
            STRATEGIC,
            query,
            Content::Patch(part_of(chance, &made)),
        ),
        24..38 => step(
            "PATCH",
            subresource,
            JSON_PATCH,
            query,
            Content::Patch(operations(chance)),
        ),
        38..40 => step("DELETE", "", JSON, Vec::new(), Content::None),
        90..96 if kind.has_scale => {
            let count = json!({"spec": {"replicas": chance.below(4)}});
            match chance.below(2) {
                // What custom kinds answer to an apply of a scale that nobody manages is a fault of the original.
                _ if kind.kind == "Part" => {
                    step("PATCH", "scale", MERGE, query, Content::Patch(count))
                }
                0 => step("PATCH", "scale", MERGE, query, Content::Patch(count)),
                _ => {
                    let mut count = count;
                    count["apiVersion"] = "autoscaling/v1".into();
                    count["kind"] = "Scale".into();
                    if chance.once_in(2) {
                        query.push(("force", "true".to_owned()));
                    }
                    step("PATCH", "scale", APPLY, query, Content::Object(count))
                }
            }
        }
        96.. => step("GET", "", JSON, Vec::new(), Content::None),
        _ => {
            if chance.once_in(3) {
                query.push(("force", "true".to_owned()));
            }
            let mut config = made;
            if kind.kind == "Deployment" && chance.once_in(2) {
                drop_some(chance, &mut config);
            }
            step("PATCH", subresource, APPLY, query, Content::Object(config))
        }
    }
}

/// A configuration of a part of a Deployment, as an autoscaler or another applier would write.
fn drop_some(chance: &mut Chance, config: &mut Value) {
    if let Some(spec) = config["spec"].as_object_mut() {
        if chance.once_in(2) {
            spec.remove("template");
            spec.remove("selector");
        }
        if chance.once_in(2) {
            spec.remove("paused");
        }
    }
}

/// Some of an object without kind and version.
fn part_of(chance: &mut Chance, made: &Value) -> Value {
    let mut part = made.clone();
    let map = part.as_object_mut().unwrap();
    map.remove("apiVersion");
    map.remove("kind");
    for name in ["spec", "data", "binaryData"] {
        if chance.once_in(4) {
            map.remove(name);
        }
    }
    part
}

fn operations(chance: &mut Chance) -> Value {
    let known = [
        json!({"op": "add", "path": "/metadata/labels", "value": {"j": "1"}}),
        json!({"op": "add", "path": "/metadata/labels/a", "value": "9"}),
        json!({"op": "remove", "path": "/metadata/labels/b"}),
        json!({"op": "replace", "path": "/metadata/annotations/m", "value": "9"}),
        json!({"op": "add", "path": "/data", "value": {"j": "1"}}),
        json!({"op": "replace", "path": "/spec/replicas", "value": 1}),
        json!({"op": "test", "path": "/metadata/labels/a", "value": "1"}),
        json!({"op": "remove", "path": "/spec/template/spec/containers/1"}),
        json!({"op": "add", "path": "/spec/tags", "value": ["j", "a"]}),
    ];
    let mut list = chance.some(&known);
    list.truncate(2);
    Value::Array(list)
}
