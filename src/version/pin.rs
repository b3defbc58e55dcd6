//! Pins: a Rollout that went back to a revision keeps the versions of that revision until they are sealed anew.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{api::version::PIN, object::Object};

/// The version of one secret that a Rollout keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Pin {
    /// The number.
    pub version: u64,
    /// What was sealed when it was pinned: the pin ends when something else is.
    pub sealed_from: String,
}

/// The pins of a Rollout, by the name of the secret; an annotation that cannot be read pins nothing.
pub fn pins(rollout: &Object) -> BTreeMap<String, Pin> {
    rollout
        .annotation(PIN)
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}

/// Pins as the annotation holds them; `None` where there are none.
pub fn written(pins: &BTreeMap<String, Pin>) -> Option<String> {
    if pins.is_empty() {
        return None;
    }
    serde_json::to_string(pins).ok()
}

#[cfg(test)]
mod tests {
    use super::{super::testing::*, *};

    #[test]
    fn point_04_pins_go_both_ways() {
        let one = Pin {
            version: 1,
            sealed_from: "abc".to_owned(),
        };
        let all = BTreeMap::from([("db".to_owned(), one)]);
        let text = written(&all).unwrap();
        assert_eq!(text, r#"{"db":{"version":1,"sealedFrom":"abc"}}"#);
        let pinned = annotated(rollout("web", "db", "a", "a"), PIN, &text);
        assert_eq!(pins(&pinned), all);
        assert_eq!(written(&BTreeMap::new()), None);
        let broken = annotated(rollout("web", "db", "a", "a"), PIN, "{");
        assert!(pins(&broken).is_empty());
    }
}
