//! What differs between two objects (`typed/compare.go`).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    element::PathElement,
    form::{Form, Keys, Options, Take},
    number::same,
    set::FieldSet,
};

/// Paths that a second object removes, changes and adds; no path is in two of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Comparison {
    pub(super) removed: FieldSet,
    pub(super) modified: FieldSet,
    pub(super) added: FieldSet,
}

impl Comparison {
    /// Without some paths and all below them.
    pub(super) fn without(self, paths: &FieldSet) -> Self {
        Self {
            removed: self.removed.recursive_difference(paths),
            modified: self.modified.recursive_difference(paths),
            added: self.added.recursive_difference(paths),
        }
    }

    /// What is there now and was not, or not so.
    pub(super) fn written(&self) -> FieldSet {
        self.modified.clone().union(self.added.clone())
    }
}

/// Compares two objects.
pub(super) fn compare(
    form: &Form,
    left: &Map<String, Value>,
    right: &Map<String, Value>,
) -> Comparison {
    let mut walk = Walk::default();
    walk.maps(form, Some(left), Some(right));
    walk.found
}

#[derive(Default)]
struct Walk {
    path: Vec<PathElement>,
    found: Comparison,
}

impl Walk {
    fn values(&mut self, form: &Form, left: Option<&Value>, right: Option<&Value>) {
        let options = form.options();
        let (was, is) = (options.of(left), options.of(right));
        let is_leaf = match (left, right) {
            (_, None) => self.taken(form, was, left, right),
            (None, _) => self.taken(form, is, left, right),
            _ if was == is => self.taken(form, is, left, right),
            _ => {
                self.taken(form, was, left, right);
                self.taken(form, is, left, right)
            }
        };
        if !is_leaf {
            if left.is_none() {
                self.found.added.insert(&self.path);
            } else if right.is_none() {
                self.found.removed.insert(&self.path);
            }
        }
    }

    /// Compares values taken as one thing; tells whether they were compared as a whole.
    fn taken(
        &mut self,
        form: &Form,
        options: Options,
        left: Option<&Value>,
        right: Option<&Value>,
    ) -> bool {
        match options.take() {
            Take::Scalar => self.leaf(left, right),
            Take::Map => {
                let (was, is) = (as_map(left), as_map(right));
                if form.is_whole_map() || (was.is_none() && is.is_none()) {
                    return self.leaf(left, right);
                }
                self.maps(form, was, is);
                false
            }
            Take::List => {
                let (was, is) = (as_list(left), as_list(right));
                match form.keys() {
                    Some(keys) if !was.is_empty() || !is.is_empty() => {
                        self.lists(&keys, was, is);
                        false
                    }
                    _ => self.leaf(left, right),
                }
            }
        }
    }

    fn leaf(&mut self, left: Option<&Value>, right: Option<&Value>) -> bool {
        match (left, right) {
            (None, _) => self.found.added.insert(&self.path),
            (_, None) => self.found.removed.insert(&self.path),
            (Some(left), Some(right)) if !same(left, right) => {
                self.found.modified.insert(&self.path);
            }
            _ => {}
        }
        true
    }

    fn maps(
        &mut self,
        form: &Form,
        left: Option<&Map<String, Value>>,
        right: Option<&Map<String, Value>>,
    ) {
        let names = left.into_iter().flat_map(Map::iter);
        for (name, was) in names {
            let is = right.and_then(|map| map.get(name));
            self.field(form, name, Some(was), is);
        }
        for (name, is) in right.into_iter().flat_map(Map::iter) {
            if left.is_none_or(|map| !map.contains_key(name)) {
                self.field(form, name, None, Some(is));
            }
        }
    }

    fn field(&mut self, form: &Form, name: &str, left: Option<&Value>, right: Option<&Value>) {
        // Most of an object stays as it is.
        if left == right {
            return;
        }
        self.path.push(PathElement::Field(name.to_owned()));
        self.values(&form.field_or_deduced(name).0, left, right);
        self.path.pop();
    }

    fn lists(&mut self, keys: &Keys, left: &[Value], right: &[Value]) {
        let mut found: BTreeMap<PathElement, (Vec<&Value>, Vec<&Value>)> = BTreeMap::new();
        for item in left {
            if let Ok(element) = keys.element(item) {
                found.entry(element).or_default().0.push(item);
            }
        }
        for item in right {
            if let Ok(element) = keys.element(item) {
                found.entry(element).or_default().1.push(item);
            }
        }
        for (element, (was, is)) in found {
            self.path.push(element);
            match (was.as_slice(), is.as_slice()) {
                ([was], [is]) if was == is => {}
                ([] | [_], [] | [_]) => {
                    self.values(&keys.items, was.first().copied(), is.first().copied());
                }
                ([_, _, ..], [_, _, ..]) => {
                    let is_same =
                        was.len() == is.len() && was.iter().zip(&is).all(|(was, is)| same(was, is));
                    if !is_same {
                        self.found.modified.insert(&self.path);
                    }
                }
                ([_, _, ..], one) => {
                    if let Some(one) = one.first() {
                        self.values(&keys.items, None, Some(one));
                    }
                    self.found.removed.insert(&self.path);
                }
                (one, _) => {
                    if let Some(one) = one.first() {
                        self.values(&keys.items, Some(one), None);
                    }
                    self.found.added.insert(&self.path);
                }
            }
            self.path.pop();
        }
    }
}

/// A map that holds something.
fn as_map(value: Option<&Value>) -> Option<&Map<String, Value>> {
    value?.as_object().filter(|map| !map.is_empty())
}

fn as_list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
