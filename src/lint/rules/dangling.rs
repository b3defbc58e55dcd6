//! What the references of a set lack: the walk that the rules about references share.

use std::collections::BTreeMap;

use crate::lint::{
    reference::Reference,
    set::{Fact, Provided, Set},
};

/// What a reference lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// Nothing provides the Secret.
    Secret,
    /// The Secret has no such key.
    Key(String),
    /// The Secret is in another namespace.
    Elsewhere(String),
    /// The Secret has another name here.
    Renamed(String),
}

/// Whether two namespaces may be the same: an absent one is whichever it is applied to.
fn may_be_same(one: &str, other: &str) -> bool {
    one.is_empty() || other.is_empty() || one == other
}

/// Calls for each reference that lacks something, with what it lacks.
pub fn each(set: &Set, mut call: impl FnMut(&Fact, &Reference, Lack)) {
    if !set.is_complete {
        return;
    }
    let mut providers: BTreeMap<&str, Vec<(&Fact, &Provided)>> = BTreeMap::new();
    let mut renamed: BTreeMap<&str, Vec<&Fact>> = BTreeMap::new();
    for fact in set.facts.iter().filter(|fact| !fact.is_patch) {
        for provided in &fact.provides {
            providers
                .entry(&provided.name)
                .or_default()
                .push((fact, provided));
        }
        if fact.sealed.is_some() && fact.original.name != fact.id.name {
            renamed.entry(&fact.original.name).or_default().push(fact);
        }
    }
    for fact in &set.facts {
        for reference in fact
            .references
            .iter()
            .filter(|reference| !reference.is_optional)
        {
            let wanted = reference.namespace.as_deref().unwrap_or(&fact.id.namespace);
            let all = providers
                .get(reference.name.as_str())
                .map_or(&[][..], Vec::as_slice);
            let namespace_of = |(fact, provided): &(&'_ Fact, &'_ Provided)| -> String {
                provided
                    .namespace
                    .clone()
                    .unwrap_or_else(|| fact.id.namespace.clone())
            };
            let here: Vec<_> = all
                .iter()
                .filter(|one| may_be_same(wanted, &namespace_of(one)))
                .collect();
            if here.is_empty() {
                if is_elsewhere_in_repository(set, wanted, &reference.name)
                    || may_come_from_chart(set, wanted, &reference.name)
                {
                    continue;
                }
                let old = renamed.get(reference.name.as_str()).into_iter().flatten();
                let old = old
                    .into_iter()
                    .find(|old| may_be_same(wanted, &old.id.namespace));
                let lack = match (old, all.first()) {
                    (Some(old), _) => Lack::Renamed(old.id.name.clone()),
                    (None, Some(other)) => Lack::Elsewhere(namespace_of(other)),
                    (None, None) => Lack::Secret,
                };
                call(fact, reference, lack);
                continue;
            }
            for key in &reference.keys {
                let has = here.iter().any(|(_, provided)| {
                    provided.keys.as_ref().is_none_or(|keys| keys.contains(key))
                });
                if !has {
                    call(fact, reference, Lack::Key(key.clone()));
                }
            }
        }
    }
}

/// Whether another set provides the Secret for sure: both say the namespace.
fn is_elsewhere_in_repository(set: &Set, namespace: &str, name: &str) -> bool {
    !namespace.is_empty()
        && set
            .elsewhere
            .contains(&(namespace.to_owned(), name.to_owned()))
}

/// Whether a chart in the same namespace may make the Secret: by its name.
fn may_come_from_chart(set: &Set, namespace: &str, name: &str) -> bool {
    set.facts.iter().any(|fact| {
        fact.is_release
            && may_be_same(namespace, &fact.id.namespace)
            && name.starts_with(fact.id.name.as_str())
    })
}
