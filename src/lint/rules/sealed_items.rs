//! The walk over sealed values that several rules share.

use crate::lint::{
    document::{Item, entries, word},
    sealed::{Layout, Sealed, judge},
};

/// Calls for every value of `encryptedData`: key, JSON pointer, what it is.
pub fn each(item: &Item<'_>, mut call: impl FnMut(&str, &str, Sealed)) {
    if !item.is("bitnami.com", "SealedSecret") || item.document.is_patch {
        return;
    }
    for (key, value) in entries(item.value.pointer("/spec/encryptedData")) {
        let judged = match value.as_str() {
            Some(text) => judge(text),
            None if value.is_null() => Sealed::Placeholder,
            None => Sealed::NotBase64 {
                at: 0,
                has_spaces: false,
            },
        };
        call(key, &format!("/spec/encryptedData/{}", word(key)), judged);
    }
}

/// The sealed values of an object: key, JSON pointer, lengths.
pub fn layouts(item: &Item<'_>) -> Vec<(String, String, Layout)> {
    let mut found = Vec::new();
    each(item, |key, pointer, judged| {
        if let Sealed::Value(layout) = judged {
            found.push((key.to_owned(), pointer.to_owned(), layout));
        }
    });
    found
}
