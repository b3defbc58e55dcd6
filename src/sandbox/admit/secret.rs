//! Secrets. No cause shows a value.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use super::{Rules, data};
use crate::{object::Object, sandbox::error::Cause};

/// The rules of Secrets.
pub const RULES: Rules = Rules {
    group: "",
    plural: "secrets",
    fill,
    prepare: |_, _| {},
    validate,
};

const ACCOUNT: &str = "kubernetes.io/service-account.name";

/// Folds `stringData` into `data`, where it wins.
fn fill(object: &mut Object) {
    if let Some(Value::Object(texts)) = object.remove(&["stringData"]) {
        let mut folded = match object.remove(&["data"]) {
            Some(Value::Object(data)) => data,
            _ => Map::new(),
        };
        for (key, text) in texts {
            let bytes = text.as_str().unwrap_or_default();
            folded.insert(key, STANDARD.encode(bytes).into());
        }
        if !folded.is_empty() {
            object.set(&["data"], Value::Object(folded));
        }
    }
}

fn validate(object: &Object, before: Option<&Object>) -> Vec<Cause> {
    let mut causes = Vec::new();
    if let Some(before) = before {
        if object.at(&["type"]) != before.at(&["type"]) {
            let value = object.at(&["type"]).cloned().unwrap_or_default();
            causes.push(Cause::invalid("type", &value, "field is immutable"));
        }
        causes.extend(data::frozen(object, before, &["data"]));
    }
    causes.extend(data::keys(object, "data"));
    let size: usize = data::items(object, "data")
        .map(|(_, text)| data::decoded_size(text))
        .sum();
    if size > data::MAX_DATA {
        causes.push(Cause::too_long("data", data::MAX_DATA));
    }
    causes.extend(of_type(object));
    causes
}

/// The keys that a type demands.
fn of_type(object: &Object) -> Vec<Cause> {
    let kind = object.at(&["type"]).and_then(Value::as_str);
    let has = |key: &str| object.at(&["data", key]).is_some();
    let missing = |keys: &[&str]| -> Vec<Cause> {
        keys.iter()
            .filter(|key| !has(key))
            .map(|key| Cause::required(format!("data[{key}]"), ""))
            .collect()
    };
    match kind.unwrap_or_default() {
        "kubernetes.io/service-account-token" => {
            if object.annotation(ACCOUNT).unwrap_or_default().is_empty() {
                let path = format!("metadata.annotations[{ACCOUNT}]");
                return vec![Cause::required(path, "")];
            }
            Vec::new()
        }
        "kubernetes.io/dockercfg" => docker(object, ".dockercfg"),
        "kubernetes.io/dockerconfigjson" => docker(object, ".dockerconfigjson"),
        "kubernetes.io/basic-auth" if has("username") || has("password") => Vec::new(),
        "kubernetes.io/basic-auth" => missing(&["username", "password"]),
        "kubernetes.io/ssh-auth" => {
            let key = object.at(&["data", "ssh-privatekey"]);
            if key.is_none_or(|key| key == "") {
                vec![Cause::required("data[ssh-privatekey]", "")]
            } else {
                Vec::new()
            }
        }
        "kubernetes.io/tls" => missing(&["tls.crt", "tls.key"]),
        _ => Vec::new(),
    }
}

fn docker(object: &Object, key: &str) -> Vec<Cause> {
    let path = format!("data[{key}]");
    let Some(text) = object.at(&["data", key]).and_then(Value::as_str) else {
        return vec![Cause::required(path, "")];
    };
    let is_map = STANDARD
        .decode(text)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Map<String, Value>>(&bytes).ok())
        .is_some();
    if is_map {
        return Vec::new();
    }
    vec![Cause::invalid(
        path,
        &"<secret contents redacted>".into(),
        "unexpected end of JSON input",
    )]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn causes(kind: &str, data: Value) -> Vec<String> {
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": kind, "data": data});
        validate(&Object::from_value(secret).unwrap(), None)
            .iter()
            .map(Cause::to_string)
            .collect()
    }

    #[test]
    fn types_demand_their_keys() {
        assert_eq!(
            causes("kubernetes.io/tls", json!({})),
            [
                "data[tls.crt]: Required value",
                "data[tls.key]: Required value"
            ]
        );
        assert_eq!(
            causes("kubernetes.io/basic-auth", json!({"password": ""})),
            [""; 0]
        );
        assert_eq!(
            causes(
                "kubernetes.io/dockerconfigjson",
                json!({".dockerconfigjson": "c2VjcmV0"})
            ),
            [
                "data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": unexpected end of JSON input"
            ]
        );
        assert_eq!(causes("my/own", json!({"a b": ""})).len(), 1);
    }

    #[test]
    fn a_mebibyte_is_the_limit() {
        let of_size = |bytes: usize| json!({"a": STANDARD.encode(vec![0; bytes])});
        assert!(causes("Opaque", of_size(data::MAX_DATA)).is_empty());
        assert_eq!(
            causes("Opaque", of_size(data::MAX_DATA + 1)),
            ["data: Too long: may not be more than 1048576 bytes"]
        );
    }
}
