//! Where a resource came from and what changed it, as kustomize's annotations tell.

use serde_json::Value;

use crate::object::yaml;

/// A file, or something that a kustomization file configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The file that holds the resource, as seen from the root of the build.
    File(String),
    /// A generator or transformer.
    Configured {
        /// The file that configures it.
        file: String,
        /// Its kind.
        kind: String,
        /// The name of the object that configures it, if it is one of its own.
        name: String,
        /// The namespace of that object.
        namespace: String,
    },
}

impl Origin {
    /// The text of the annotation.
    pub(super) fn text(&self) -> String {
        let scalar = |text: &str| yaml::write(&Value::String(text.to_owned()));
        match self {
            Self::File(path) => format!("path: {}", scalar(path)),
            Self::Configured {
                file,
                kind,
                name,
                namespace,
            } => {
                let mut text = format!(
                    "configuredIn: {}configuredBy:\n  apiVersion: builtin\n  kind: {kind}\n",
                    scalar(file)
                );
                for (field, own) in [("name", name), ("namespace", namespace)] {
                    if !own.is_empty() {
                        text.push_str(&format!("  {field}: {}", scalar(own)));
                    }
                }
                text
            }
        }
    }
}

/// The text of the annotation that lists changes.
pub(super) fn list(changes: &[Origin]) -> String {
    let mut text = String::new();
    for change in changes {
        for (index, line) in change.text().lines().enumerate() {
            text.push_str(if index == 0 { "- " } else { "  " });
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}
