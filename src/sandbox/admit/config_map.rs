//! ConfigMaps.

use super::{Rules, data};
use crate::{object::Object, sandbox::error::Cause};

/// The rules of ConfigMaps.
pub const RULES: Rules = Rules {
    group: "",
    plural: "configmaps",
    fill: |_| {},
    prepare: |_, _| {},
    validate,
};

fn validate(object: &Object, before: Option<&Object>) -> Vec<Cause> {
    let mut causes = before
        .map(|before| data::frozen(object, before, &["data", "binaryData"]))
        .unwrap_or_default();
    causes.extend(data::keys(object, "data"));
    for (key, value) in data::items(object, "data") {
        let _ = value;
        if object.at(&["binaryData", key]).is_some() {
            causes.push(Cause::invalid(
                format!("data[{key}]"),
                &key.as_str().into(),
                "duplicate of key present in binaryData",
            ));
        }
    }
    causes.extend(data::keys(object, "binaryData"));
    let texts: usize = data::items(object, "data")
        .map(|(_, text)| text.len())
        .sum();
    let bytes: usize = data::items(object, "binaryData")
        .map(|(_, text)| data::decoded_size(text))
        .sum();
    if texts + bytes > data::MAX_DATA {
        causes.push(Cause::too_long("", data::MAX_DATA));
    }
    causes
}
