//! Sync options: those of the application, and those of one object, which win.

use crate::{api::application::SYNC_OPTIONS, object::Object};

/// The options of the whole, with questions for one object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options(Vec<String>);

impl Options {
    /// Options as written, `Name=value` each.
    pub fn new(options: &[String]) -> Self {
        Self(options.iter().map(|one| one.trim().to_owned()).collect())
    }

    /// The options of the application and those of one operation together.
    pub fn and(&self, more: &[String]) -> Self {
        let mut all = self.0.clone();
        all.extend(more.iter().map(|one| one.trim().to_owned()));
        Self(all)
    }

    /// Whether the application says just this.
    pub fn has(&self, option: &str) -> bool {
        self.0.iter().any(|one| one == option)
    }

    /// The value of an option by name, where it is given; the last one holds.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find_map(|one| value_of(one, name))
    }

    /// The value of an option for one object: what the object says wins.
    pub fn of<'a>(&'a self, object: &'a Object, name: &str) -> Option<&'a str> {
        own(object, name).or_else(|| self.value(name))
    }

    /// Whether an option is `true` for one object.
    pub fn is_on(&self, object: &Object, name: &str) -> bool {
        self.of(object, name) == Some("true")
    }
}

/// The value of an option in the annotation of an object.
pub fn own<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object
        .annotation(SYNC_OPTIONS)?
        .split(',')
        .find_map(|one| value_of(one.trim(), name))
}

fn value_of<'a>(option: &'a str, name: &str) -> Option<&'a str> {
    option.strip_prefix(name)?.strip_prefix('=')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_object_says_wins() {
        let options = Options::new(&["Prune=false".to_owned(), "Replace=true".to_owned()]);
        let object = Object::from_value(json!({"apiVersion": "v1", "kind": "A",
            "metadata": {"annotations": {SYNC_OPTIONS: "Validate=false, Prune=true"}}}))
        .unwrap();
        assert_eq!(options.of(&object, "Prune"), Some("true"));
        assert!(options.is_on(&object, "Replace"));
        assert_eq!(options.of(&object, "Validate"), Some("false"));
        assert_eq!(options.of(&object, "Prun"), None);
    }
}
