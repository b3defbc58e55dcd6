//! What pretended applications find around them: databases that accept passwords, images that are faulty.

use serde_json::Value;

use super::{application::Failing, behaviour::duration, values::item};
use crate::{
    object::{Object, pod_template::SourceKind},
    secret::Hidden,
};

/// The label of a Secret that describes a database.
pub const DATABASE: &str = "sandbox.waxwing.dev/database";
/// The label of a ConfigMap that describes an image.
pub const IMAGE: &str = "sandbox.waxwing.dev/image";

/// A database that containers open with a password.
#[derive(Clone, Debug, PartialEq)]
pub struct Database {
    /// Where it is: a container uses it if one of its environment values is this. Empty: every container does that
    /// has the variable.
    pub host: String,
    /// The environment variable that holds the password.
    pub variable: String,
    /// The passwords that open it.
    pub accepts: Vec<Hidden<String>>,
}

impl Database {
    /// Reads a Secret with the items `host`, `variable` and `accepts`, the last with one password a line.
    fn of(secret: &Object) -> Option<Self> {
        let text = |key: &str| item(secret, SourceKind::Secret, key);
        let accepts = text("accepts")?;
        let passwords = accepts.expose().lines().filter(|line| !line.is_empty());
        Some(Self {
            host: text("host").map_or_else(String::new, |host| host.expose().trim().to_owned()),
            variable: text("variable")?.expose().trim().to_owned(),
            accepts: passwords.map(|line| Hidden::new(line.to_owned())).collect(),
        })
    }
}

/// How containers of an image behave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Image {
    /// What the name of the image ends with, such as `:sha-8d1e0f4`.
    pub ends_with: String,
    /// The share of its answers that are errors, from 0 to 1.
    pub error_share: Option<f64>,
    /// How long an answer takes.
    pub latency: Option<jiff::SignedDuration>,
    /// How it fails, if it always does.
    pub fails_by: Option<Failing>,
}

impl Image {
    /// Reads a ConfigMap with the item `ends-with`, and any of `error-share`, `latency` and `fails-by`.
    fn of(map: &Object) -> Option<Self> {
        let text = |key: &str| map.at(&["data", key]).and_then(Value::as_str);
        Some(Self {
            ends_with: text("ends-with").filter(|end| !end.is_empty())?.to_owned(),
            error_share: text("error-share").and_then(share),
            latency: text("latency").and_then(duration),
            fails_by: text("fails-by").and_then(Failing::parse),
        })
    }
}

/// A share from 0 to 1.
pub(super) fn share(text: &str) -> Option<f64> {
    text.parse()
        .ok()
        .filter(|share| (0.0..=1.0).contains(share))
}

/// All that pretended applications find around them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Surroundings {
    /// Databases.
    pub databases: Vec<Database>,
    /// Images; the first that fits counts.
    pub images: Vec<Image>,
}

impl Surroundings {
    /// Adds what an object describes; objects without our labels describe nothing.
    pub fn add(&mut self, object: &Object) {
        match object.kind() {
            "Secret" if object.label(DATABASE).is_some() => {
                self.databases.extend(Database::of(object));
            }
            "ConfigMap" if object.label(IMAGE).is_some() => {
                self.images.extend(Image::of(object));
            }
            _ => {}
        }
    }

    pub(super) fn image(&self, name: &str) -> Option<&Image> {
        self.images
            .iter()
            .find(|image| name.ends_with(&image.ends_with))
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::json;

    use super::*;
    use crate::api::base64;

    #[test]
    fn objects_with_our_labels_describe_the_surroundings() {
        let encode = |text: &str| base64::encode(text.as_bytes());
        let mut found = Surroundings::default();
        for (kind, labels, data) in [
            (
                "Secret",
                json!({DATABASE: ""}),
                json!({"host": encode("db.shop\n"), "variable": encode("PASSWORD"), "accepts": encode("one\ntwo\n")}),
            ),
            (
                "Secret",
                json!({}),
                json!({"variable": encode("X"), "accepts": encode("y")}),
            ),
            (
                "Secret",
                json!({DATABASE: ""}),
                json!({"accepts": encode("y")}),
            ),
            (
                "ConfigMap",
                json!({IMAGE: ""}),
                json!({"ends-with": ":2", "error-share": "0.5", "latency": "6s", "fails-by": "crash"}),
            ),
            (
                "ConfigMap",
                json!({IMAGE: ""}),
                json!({"error-share": "0.5"}),
            ),
        ] {
            found.add(
                &Object::from_value(json!({"apiVersion": "v1", "kind": kind,
                    "metadata": {"name": "a", "labels": labels}, "data": data}))
                .unwrap(),
            );
        }
        let wanted = Surroundings {
            databases: vec![Database {
                host: "db.shop".into(),
                variable: "PASSWORD".into(),
                accepts: vec![Hidden::new("one".into()), Hidden::new("two".into())],
            }],
            images: vec![Image {
                ends_with: ":2".into(),
                error_share: Some(0.5),
                latency: Some(SignedDuration::from_secs(6)),
                fails_by: Some(Failing::Crash),
            }],
        };
        assert_eq!(found, wanted);
        assert!(found.image("demo:2").is_some() && found.image("demo:12").is_none());
    }
}
