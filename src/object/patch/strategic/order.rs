//! The order of merged lists: `$setElementOrder` before the order of the patch before that of the
//! live list.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{
    Mode, PATCH, PatchError, PatchProblem, SET_ELEMENT_ORDER, drop_directives,
    element::{Kind, as_map, identity, is_delete, key_value, kind_of, type_name},
    field_of, list,
    rule::list_rule,
};
use crate::object::schema::Schema;

/// Where the elements of a list stand, by what tells them apart.
pub(super) struct Places {
    index: BTreeMap<String, usize>,
    /// Whether an element lacks the merge key.
    lacks_key: bool,
}

impl Places {
    pub(super) fn of(list: &[Value], key: Option<&str>) -> Self {
        let mut index = BTreeMap::new();
        let mut lacks_key = false;
        for (place, element) in list.iter().enumerate() {
            lacks_key |= key.is_some_and(|key| element.get(key).is_none());
            index.entry(identity(element, key)).or_insert(place);
        }
        Self { index, lacks_key }
    }

    /// Upstream deletes in place, and the new elements of the patch move up into the places that
    /// became free at the end of the live list: as many of them count as being there.
    fn fill_gaps(&mut self, live: &[Value], patched: &[Value], key: &str) {
        let name = |element: &Value| identity(element, Some(key));
        let (directives, plain): (Vec<&Value>, Vec<&Value>) = patched
            .iter()
            .partition(|element| element.get(PATCH).is_some());
        if directives.iter().any(|element| !is_delete(element)) {
            return;
        }
        let deleted: BTreeSet<String> = directives.into_iter().map(name).collect();
        let gaps = live
            .iter()
            .filter(|element| deleted.contains(&name(element)))
            .count();
        self.index.retain(|name, _| !deleted.contains(name));
        let mut added = BTreeSet::new();
        for element in plain {
            let name = name(element);
            if added.len() < gaps && !self.index.contains_key(&name) && added.insert(name.clone()) {
                self.index.insert(name, live.len() + added.len());
            }
        }
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }

    fn check(&self, key: Option<&str>, kind: Kind) -> Result<(), PatchError> {
        match key {
            Some(key) if kind == Kind::Map && self.lacks_key => {
                Err(PatchProblem::NoMergeKey(key.to_owned()).into())
            }
            _ => Ok(()),
        }
    }
}

/// Puts the elements that are wanted in the wanted order, the others in that of the live list, and
/// interleaves both by the live list.
pub(super) fn arrange(
    merged: Vec<Value>,
    wanted: &Places,
    live: &Places,
    key: Option<&str>,
    kind: Kind,
) -> Result<Vec<Value>, PatchError> {
    let mut from_patch = Vec::new();
    let mut others = Vec::new();
    for element in merged {
        if let Some(key) = key {
            key_value(&element, key)?;
        }
        let name = identity(&element, key);
        if wanted.place(&name).is_some() {
            from_patch.push((name, element));
        } else {
            others.push((name, element));
        }
    }
    if kind == Kind::Map && key.is_none() {
        return Err(PatchProblem::NoMergeKey(String::new()).into());
    }
    wanted.check(key, kind)?;
    live.check(key, kind)?;
    let from_patch = sorted(from_patch, wanted, kind);
    let others = sorted(others, live, kind);
    Ok(interleave(others, from_patch, live))
}

type Named = (String, Value);

/// How many elements upstream sorts by insertion.
const MAX_INSERTED: usize = 20;

/// Sorts by place; of maps, those to be deleted come last.
pub(super) fn sorted(elements: Vec<Named>, places: &Places, kind: Kind) -> Vec<Named> {
    let (deleted, kept): (Vec<Named>, Vec<Named>) = elements
        .into_iter()
        .partition(|(_, element)| kind == Kind::Map && is_delete(element));
    let mut all = by_place(kept, places);
    all.extend(deleted);
    all
}

fn by_place(mut elements: Vec<Named>, places: &Places) -> Vec<Named> {
    let is_stranger = |named: &Named| places.place(&named.0).is_none();
    if elements.len() > MAX_INSERTED || !elements.iter().any(is_stranger) {
        elements.sort_by_key(|(name, _)| places.place(name));
        return elements;
    }
    // Upstream compares strangers as less than all, and all as less than strangers: what comes out
    // is given by the way it sorts few elements, by insertion.
    let mut all: Vec<Named> = Vec::with_capacity(elements.len());
    for element in elements {
        let place = places.place(&element.0);
        let after = |other: &Named| match (place, places.place(&other.0)) {
            (Some(place), Some(other)) => place < other,
            _ => true,
        };
        let passed = all.iter().rev().take_while(|other| after(other)).count();
        all.insert(all.len() - passed, element);
    }
    all
}

fn interleave(others: Vec<Named>, from_patch: Vec<Named>, live: &Places) -> Vec<Value> {
    let mut all = Vec::with_capacity(others.len() + from_patch.len());
    let mut others = others.into_iter().peekable();
    let mut from_patch = from_patch.into_iter().peekable();
    while let (Some((other, _)), Some((patched, _))) = (others.peek(), from_patch.peek()) {
        let is_before = match (live.place(other), live.place(patched)) {
            (Some(other), Some(patched)) => other < patched,
            _ => false,
        };
        all.extend(if is_before {
            others.next()
        } else {
            from_patch.next()
        });
    }
    all.extend(others);
    all.extend(from_patch);
    all.into_iter().map(|(_, element)| element).collect()
}

/// Merges each list that the patch gives an order for, and takes it out of the patch; in a
/// combination the order goes over to the original.
pub(super) fn merge_ordered_lists(
    original: &mut Map<String, Value>,
    patch: &mut Map<String, Value>,
    schema: Option<&Schema>,
    mode: Mode,
) -> Result<(), PatchError> {
    let directives: Vec<String> = patch
        .keys()
        .filter(|field| field.starts_with(SET_ELEMENT_ORDER))
        .cloned()
        .collect();
    for directive in directives {
        let Some(order) = patch.remove(&directive) else {
            continue;
        };
        if mode == Mode::Combine
            && *original
                .entry(directive.as_str())
                .or_insert_with(|| order.clone())
                != order
        {
            return Err(PatchProblem::SetElementOrder.into());
        }
        let order = list_of(order)?;
        let field = field_of(&directive, SET_ELEMENT_ORDER).ok_or(PatchProblem::SetElementOrder)?;
        let live = original.get(field).cloned().map(list_of).transpose()?;
        let patched = patch.remove(field).map(list_of).transpose()?;
        let merged = merge_ordered(live, patched, &order, schema, field, mode);
        if let Some(merged) = merged.map_err(|error| error.under(field))? {
            original.insert(field.to_owned(), Value::Array(merged));
        }
    }
    Ok(())
}

fn list_of(value: Value) -> Result<Vec<Value>, PatchError> {
    match value {
        Value::Array(list) => Ok(list),
        other => Err(PatchProblem::Type {
            expected: "list",
            received: type_name(&other),
        }
        .into()),
    }
}

fn merge_ordered(
    live: Option<Vec<Value>>,
    patched: Option<Vec<Value>>,
    order: &[Value],
    schema: Option<&Schema>,
    field: &str,
    mode: Mode,
) -> Result<Option<Vec<Value>>, PatchError> {
    let rule = list_rule(schema, field).map_err(|error| PatchError::from(error.problem))?;
    let key = rule.key.as_deref();
    check_order(patched.as_deref().unwrap_or_default(), order, key)?;
    let kind = kind_of(live.iter().chain(&patched).flatten());
    let mut live_places = Places::of(live.as_deref().unwrap_or_default(), key);
    if let (Some(live), Some(patched), Some(key)) = (&live, &patched, key) {
        live_places.fill_gaps(live, patched, key);
    }
    let merged = match (live, patched) {
        (None, None) => return Ok(None),
        (Some(live), None) => live,
        (None, Some(mut patched)) => {
            patched.retain_mut(drop_directives);
            patched
        }
        (Some(live), Some(patched)) if rule.merges => {
            list::merge(live, patched, &rule, mode, false)?
        }
        (Some(_), Some(patched)) => patched,
    };
    for element in order.iter().filter(|_| key.is_some()) {
        as_map(element)?;
    }
    arrange(merged, &Places::of(order, key), &live_places, key, kind?).map(Some)
}

/// The elements of the patch must be in the order, and in the same order as there.
fn check_order(patched: &[Value], order: &[Value], key: Option<&str>) -> Result<(), PatchError> {
    if order.is_empty() || patched.is_empty() {
        return Ok(());
    }
    let mut wanted = order.iter();
    for element in patched {
        if key.is_some() {
            as_map(element)?;
            if is_delete(element) {
                continue;
            }
        }
        if element.get(PATCH).is_some() {
            if wanted.len() == 0 {
                return Err(PatchProblem::OrderMismatch.into());
            }
            continue;
        }
        loop {
            let next = wanted.next().ok_or(PatchProblem::OrderMismatch)?;
            let is_same = match key {
                Some(key) => key_value(element, key)? == key_value(next, key)?,
                None => element == next,
            };
            if is_same {
                break;
            }
        }
    }
    Ok(())
}
