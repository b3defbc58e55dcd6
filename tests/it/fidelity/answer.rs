//! What a server answered, and how it is written into a record.

use serde_json::{Value, json};

/// One answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub code: u16,
    pub content_type: String,
    pub warnings: Vec<String>,
    /// JSON and YAML as a value, anything else as text; the events of a watch as a list.
    pub body: Value,
}

impl Answer {
    pub fn to_value(&self) -> Value {
        let mut value =
            json!({"code": self.code, "contentType": self.content_type, "body": self.body});
        if !self.warnings.is_empty() {
            value["warnings"] = json!(self.warnings);
        }
        value
    }
}
