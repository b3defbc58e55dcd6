//! What a write does to the managers (`merge/update.go`).

use serde_json::{Map, Value};

use super::{
    compare::{Comparison, compare},
    conflict::Conflict,
    element::PathElement,
    entry::{ManagerId, Managers, Ownership},
    extract::extract_map,
    form::Form,
    merge::merge_map,
    number::same,
    remove::remove_map,
    set::FieldSet,
};

/// The kind that is written, and how.
pub(super) struct Updater<'a> {
    /// How its fields are merged.
    pub(super) form: &'a Form,
    /// The version that is written in.
    pub(super) api_version: &'a str,
    /// Fields that this kind of write does not touch.
    pub(super) reset: &'a FieldSet,
    /// Whether a version is still there.
    pub(super) is_served: &'a dyn Fn(&str) -> bool,
}

impl Updater<'_> {
    /// Tells the managers of a write that is done: the writer gets what differs.
    pub(super) fn update(
        &self,
        live: &Map<String, Value>,
        new: &Map<String, Value>,
        managers: &mut Managers,
        writer: &ManagerId,
    ) {
        self.reconcile(managers);
        let seen = compare(self.form, live, new).without(self.reset);
        let others = self.conflicts(&seen, managers, writer);
        self.take_away(&seen, others, managers, writer);
        let had = managers.0.remove(writer);
        let had = had.map(|owned| owned.fields).unwrap_or_default();
        let fields = had
            .difference(&seen.removed)
            .union(seen.written())
            .recursive_difference(self.reset);
        if !fields.is_empty() {
            let owned = Ownership {
                fields,
                api_version: self.api_version.to_owned(),
                time: None,
            };
            managers.0.insert(writer.clone(), owned);
        }
    }

    /// Applies a configuration; gives the new object, or none when nothing changes.
    ///
    /// # Errors
    /// The fields that other managers have, unless forced.
    pub(super) fn apply(
        &self,
        live: &Map<String, Value>,
        config: &Map<String, Value>,
        managers: &mut Managers,
        writer: &ManagerId,
        force: bool,
    ) -> Result<Option<Map<String, Value>>, Vec<Conflict>> {
        self.reconcile(managers);
        let merged = merge_map(self.form, live, config);
        let fields = extract_map(self.form, config).recursive_difference(self.reset);
        let last = managers.0.remove(writer);
        let time = last.as_ref().and_then(|last| last.time.clone());
        let last = last.map(|last| last.fields).unwrap_or_default();
        let has_dropped = !last.clone().difference(&fields).is_empty();
        let owned = Ownership {
            fields,
            api_version: self.api_version.to_owned(),
            time,
        };
        managers.0.insert(writer.clone(), owned);
        let new = if has_dropped {
            self.prune(merged, managers, &last)
        } else {
            merged
        };
        let is_equal = *live == new;
        let seen = if is_equal {
            Comparison::default()
        } else {
            compare(self.form, live, &new).without(self.reset)
        };
        let others = self.conflicts(&seen, managers, writer);
        if !force && !others.is_empty() {
            return Err(others
                .into_iter()
                .flat_map(|(manager, fields)| {
                    fields
                        .paths()
                        .into_iter()
                        .map(move |path: Vec<PathElement>| Conflict {
                            manager: manager.clone(),
                            path,
                        })
                })
                .collect());
        }
        self.take_away(&seen, others, managers, writer);
        let is_same = is_equal
            || (live.len() == new.len()
                && live
                    .iter()
                    .zip(&new)
                    .all(|((name, was), (other, is))| name == other && same(was, is)));
        Ok((!is_same).then_some(new))
    }

    /// What other managers have of what was written.
    fn conflicts(
        &self,
        seen: &Comparison,
        managers: &mut Managers,
        writer: &ManagerId,
    ) -> Vec<(ManagerId, FieldSet)> {
        managers
            .0
            .retain(|id, owned| id == writer || (self.is_served)(&owned.api_version));
        let written = seen.written();
        if written.is_empty() {
            return Vec::new();
        }
        managers
            .0
            .iter()
            .filter(|(id, _)| *id != writer)
            .map(|(id, owned)| (id.clone(), owned.fields.intersection(&written)))
            .filter(|(_, fields)| !fields.is_empty())
            .collect()
    }

    /// Takes from the others what was written or removed; who has nothing left goes.
    fn take_away(
        &self,
        seen: &Comparison,
        others: Vec<(ManagerId, FieldSet)>,
        managers: &mut Managers,
        writer: &ManagerId,
    ) {
        for (id, fields) in others {
            if let Some(owned) = managers.0.get_mut(&id) {
                owned.fields = std::mem::take(&mut owned.fields).difference(&fields);
            }
        }
        if !seen.removed.is_empty() {
            for (id, owned) in &mut managers.0 {
                if id != writer {
                    owned.fields = std::mem::take(&mut owned.fields).difference(&seen.removed);
                }
            }
        }
        managers.0.retain(|_, owned| !owned.fields.is_empty());
    }

    /// Removes what the manager applied last time, not this time, and nobody else has.
    fn prune(
        &self,
        merged: Map<String, Value>,
        managers: &Managers,
        last: &FieldSet,
    ) -> Map<String, Value> {
        let named = |set: &FieldSet| with_named_fields(self.form, set);
        let last = named(last);
        let pruned = remove_map(self.form, &merged, &last);
        let all = named(&extract_map(self.form, &merged));
        let owned = managers.0.values().fold(FieldSet::default(), |all, owned| {
            all.union(owned.fields.clone())
        });
        let kept = named(&extract_map(self.form, &pruned)).union(named(&owned));
        let pruned = remove_map(self.form, &merged, &all.clone().difference(&kept));
        // What the manager did not apply last time is not its to remove.
        let kept = named(&extract_map(self.form, &pruned));
        remove_map(
            self.form,
            &merged,
            &all.difference(&kept).intersection(&last),
        )
    }

    /// Brings sets in line with a schema in which fields became whole since (`typed/reconcile_schema.go`).
    fn reconcile(&self, managers: &mut Managers) {
        for owned in managers.0.values_mut() {
            if let Some(fields) = reconciled(self.form, &owned.fields) {
                owned.fields = fields;
            }
        }
    }
}

/// The set with the fields of structs that have something below them.
fn with_named_fields(form: &Form, set: &FieldSet) -> FieldSet {
    let mut named = FieldSet::default();
    for node in set.nodes() {
        let (below, is_own) = match &node.element {
            PathElement::Field(name) => form.field_or_deduced(name),
            PathElement::Key(_) => (form.items(), false),
            PathElement::Value(_) | PathElement::Index(_) => (Form::Deduced, false),
        };
        let is_member = node.is_member || (is_own && !node.below.is_empty());
        named.push(
            node.element.clone(),
            is_member,
            with_named_fields(&below, &node.below),
        );
    }
    named
}

/// The set with paths below a whole value replaced by the value; none when there are none.
fn reconciled(form: &Form, set: &FieldSet) -> Option<FieldSet> {
    if form.is_untold() {
        return None;
    }
    let mut changed = None;
    for node in set.nodes().iter().filter(|node| !node.below.is_empty()) {
        let form = match &node.element {
            PathElement::Field(name) => match form.field(name) {
                Some((form, _)) => form,
                None => continue,
            },
            _ => form.items(),
        };
        let options = form.options();
        let is_whole = (options.map && !form.is_untold() && form.is_whole_map())
            || (!options.map && options.scalar.is_none() && form.keys().is_none());
        let below = if is_whole {
            FieldSet::default()
        } else {
            match reconciled(&form, &node.below) {
                Some(below) => below,
                None => continue,
            }
        };
        let rest = FieldSet::of_node(node.element.clone());
        let set = changed.take().unwrap_or_else(|| set.clone());
        let mut set = set.recursive_difference(&rest);
        set.push(node.element.clone(), node.is_member || is_whole, below);
        changed = Some(set);
    }
    changed
}
