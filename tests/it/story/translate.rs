//! The names of one story on a shared control plane: each namespace, and the node, with the story's ending.

use serde_json::Value;
use waxwing::controller::workload::NODE_NAME;

/// Namespaces that all stories share, for the names in them are the story's own.
const SHARED: [&str; 1] = ["kube-node-lease"];

/// Puts the ending on names and takes it off.
#[derive(Clone)]
pub struct Names {
    ending: String,
}

impl Names {
    pub fn of(story: &str) -> Self {
        Self {
            ending: format!("-story-{story}-x"),
        }
    }

    fn namespace(&self, name: &str) -> String {
        if name.is_empty() || SHARED.contains(&name) {
            return name.to_owned();
        }
        format!("{name}{}", self.ending)
    }

    /// Path and query of a request.
    pub fn target(&self, target: &str) -> String {
        let target = self.with_node(target);
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let mut parts: Vec<String> = path.split('/').map(str::to_owned).collect();
        // `/api/v1/namespaces/NAME` and `/apis/GROUP/VERSION/namespaces/NAME`.
        let place = if path.starts_with("/apis/") { 4 } else { 3 };
        if parts.get(place).is_some_and(|part| part == "namespaces")
            && let Some(name) = parts.get_mut(place + 1)
        {
            *name = self.namespace(name);
        }
        let path = parts.join("/");
        let namespace = |query: &str, field: &str| {
            let Some((before, after)) = query.split_once(field) else {
                return query.to_owned();
            };
            let end = after.find(['&', '%', ',']).unwrap_or(after.len());
            let (name, rest) = after.split_at(end);
            format!("{before}{field}{}{rest}", self.namespace(name))
        };
        let mut query = query.to_owned();
        for field in ["namespace%3D", "namespace="] {
            query = namespace(&query, field);
        }
        if path.ends_with("/v1/namespaces") {
            for field in ["metadata.name%3D", "metadata.name="] {
                query = namespace(&query, field);
            }
        }
        if query.is_empty() {
            path
        } else {
            format!("{path}?{query}")
        }
    }

    /// The body of a request.
    pub fn request(&self, bytes: &[u8]) -> Vec<u8> {
        let Ok(mut body) = serde_json::from_slice::<Value>(bytes) else {
            return bytes.to_vec();
        };
        if body["kind"] == "Namespace"
            && let Some(Value::String(name)) = body.pointer_mut("/metadata/name")
        {
            *name = self.namespace(name);
        }
        self.put_on(&mut body);
        self.with_node(&body.to_string()).into_bytes()
    }

    fn put_on(&self, value: &mut Value) {
        match value {
            Value::Object(map) => {
                for (field, value) in map {
                    match value {
                        Value::String(name) if field == "namespace" => {
                            *name = self.namespace(name);
                        }
                        _ => self.put_on(value),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.put_on(item)),
            _ => {}
        }
    }

    fn with_node(&self, text: &str) -> String {
        text.replace(NODE_NAME, &format!("{NODE_NAME}{}", self.ending))
    }

    /// The body of an answer; of a list what is this story's.
    pub fn answer(&self, bytes: &[u8]) -> Vec<u8> {
        let Ok(mut body) = serde_json::from_slice::<Value>(bytes) else {
            return bytes.to_vec();
        };
        let kind = body["kind"].as_str().unwrap_or_default();
        if let Some(kind) = kind.strip_suffix("List").map(str::to_owned)
            && let Some(Value::Array(items)) = body.get_mut("items")
        {
            items.retain(|item| self.is_ours(&kind, item));
        }
        self.taken_off(&body)
    }

    /// A line of a watch; `None` for what is not this story's.
    pub fn event(&self, line: &[u8]) -> Option<Vec<u8>> {
        let Ok(event) = serde_json::from_slice::<Value>(line) else {
            return Some(line.to_vec());
        };
        let object = &event["object"];
        let kind = object["kind"].as_str().unwrap_or_default();
        let is_of_all = event["type"] == "BOOKMARK" || event["type"] == "ERROR";
        if !is_of_all && !self.is_ours(kind, object) {
            return None;
        }
        let mut line = self.taken_off(&event);
        line.push(b'\n');
        Some(line)
    }

    fn taken_off(&self, value: &Value) -> Vec<u8> {
        value.to_string().replace(&self.ending, "").into_bytes()
    }

    /// Whether an object is this story's; those of the cluster that no story makes are everybody's.
    pub fn is_ours(&self, kind: &str, object: &Value) -> bool {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
        let name = text("/metadata/name").unwrap_or_default();
        if let Some(namespace) = text("/metadata/namespace") {
            let is_named = name.ends_with(&self.ending);
            return namespace.ends_with(&self.ending) || (is_named && SHARED.contains(&namespace));
        }
        match kind.to_ascii_lowercase().trim_end_matches('s') {
            "namespace" | "node" => name.ends_with(&self.ending),
            "persistentvolume" => text("/spec/claimRef/namespace")
                .is_some_and(|namespace| namespace.ends_with(&self.ending)),
            _ => true,
        }
    }
}

#[test]
fn names_go_there_and_back() {
    let names = Names::of("7");
    let target = |text: &str| names.target(text);
    assert_eq!(
        target("/api/v1/namespaces/shop/secrets/shop"),
        "/api/v1/namespaces/shop-story-7-x/secrets/shop"
    );
    assert_eq!(
        target("/apis/apps/v1/namespaces/default/deployments?watch=true"),
        "/apis/apps/v1/namespaces/default-story-7-x/deployments?watch=true"
    );
    assert_eq!(
        target("/api/v1/pods?fieldSelector=metadata.namespace%3Dshop%2Cstatus.phase%3DRunning"),
        "/api/v1/pods?fieldSelector=metadata.namespace%3Dshop-story-7-x%2Cstatus.phase%3DRunning"
    );
    assert_eq!(
        target("/api/v1/nodes/waxwing-sandbox/status"),
        "/api/v1/nodes/waxwing-sandbox-story-7-x/status"
    );
    let body =
        r#"{"data":{"user":"shop"},"kind":"Secret","metadata":{"name":"shop","namespace":"shop"}}"#;
    let sent = names.request(body.as_bytes());
    assert_eq!(
        String::from_utf8(sent.clone()).unwrap(),
        body.replace(r#""namespace":"shop""#, r#""namespace":"shop-story-7-x""#)
    );
    assert_eq!(names.answer(&sent), body.as_bytes());
    let foreign = body.replace(r#""namespace":"shop""#, r#""namespace":"shop-story-8-x""#);
    let event = format!(r#"{{"object":{foreign},"type":"ADDED"}}"#);
    assert_eq!(names.event(event.as_bytes()), None);
}
