//! What a ReplicaSet says of the secrets that its pods read: enough to tell what a version was when it is gone.

use std::collections::BTreeMap;

use crate::{api::version::SEALED_FROM, object::Object};

/// The sealed input that each secret of a ReplicaSet came from, by its name; empty text where that is not known. What
/// cannot be read says nothing.
pub fn notes(set: &Object) -> BTreeMap<String, String> {
    set.annotation(SEALED_FROM)
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}

/// The annotation as it is to be with these notes over those that stand there; `None` if it is so already.
pub fn noted(set: &Object, wanted: BTreeMap<String, String>) -> Option<String> {
    let before = notes(set);
    let mut after = before.clone();
    after.extend(wanted);
    if after == before {
        return None;
    }
    serde_json::to_string(&after).ok()
}

#[cfg(test)]
mod tests {
    use super::{super::testing::*, *};

    #[test]
    fn notes_are_added_and_what_is_nonsense_says_nothing() {
        let of = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            let pairs = pairs.iter();
            pairs
                .map(|(secret, input)| ((*secret).to_owned(), (*input).to_owned()))
                .collect()
        };
        let bare = set("web", "a", 1, "db", 1);
        assert_eq!(noted(&bare, BTreeMap::new()), None);
        let text = noted(&bare, of(&[("db", "abc")])).unwrap();
        assert_eq!(text, r#"{"db":"abc"}"#);
        let one = annotated(bare.clone(), SEALED_FROM, &text);
        assert_eq!(noted(&one, of(&[("db", "abc")])), None);
        let both = noted(&one, of(&[("tls", "")])).unwrap();
        assert_eq!(both, r#"{"db":"abc","tls":""}"#);
        assert!(notes(&annotated(bare, SEALED_FROM, "{")).is_empty());
    }
}
