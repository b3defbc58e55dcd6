//! Renders kustomizations, and finds the files that rendered objects come from.

use std::collections::{BTreeMap, BTreeSet};

use super::input::Input;
use crate::{
    cli::work,
    kustomize::{self, Options, Resource},
    lint::{
        finding::Unscanned,
        layout::Layout,
        set::{Fact, Set, Source},
    },
    object::tree::Files,
};

/// What rendering gives.
#[derive(Default)]
pub struct Rendered {
    /// The sets, in the order of their folders.
    pub sets: Vec<Set>,
    /// What could not be rendered.
    pub unscanned: Vec<Unscanned>,
}

/// The folders to render: all roots, or those that reach something that is touched.
pub fn wanted<'a>(layout: &'a Layout, touched: &BTreeSet<String>) -> Vec<&'a str> {
    let roots = layout.roots().into_iter();
    let reaches = |root: &&str| {
        let (paths, kustomizations) = layout.closure(root);
        let names = kustomizations.iter().flat_map(|own| &own.names);
        let is_below = |path: &str| {
            // A folder that is named, but has lost its kustomization file.
            touched.iter().any(|one| {
                one == path
                    || one
                        .strip_prefix(path)
                        .is_some_and(|rest| rest.starts_with('/'))
            })
        };
        touched.is_empty()
            || paths.iter().any(|path| touched.contains(*path))
            || names.into_iter().any(|name| is_below(name))
    };
    roots.filter(reaches).collect()
}

/// Renders folders.
pub fn render(
    roots: &[&str],
    layout: &Layout,
    input: &Input,
    facts: &[Fact],
    keeps_blocks: bool,
) -> Rendered {
    let mut by_name: BTreeMap<(&str, &str), Vec<&Fact>> = BTreeMap::new();
    for fact in facts.iter().filter(|fact| !fact.is_patch) {
        by_name
            .entry((&fact.id.kind, &fact.id.name))
            .or_default()
            .push(fact);
    }
    let done = work::each(roots, || {
        |root: &&str| one(root, layout, input, facts, &by_name, keeps_blocks)
    });
    let mut rendered = Rendered::default();
    for (set, unscanned) in done {
        rendered.sets.push(set);
        rendered.unscanned.extend(unscanned);
    }
    rendered
}

fn one(
    root: &str,
    layout: &Layout,
    input: &Input,
    facts: &[Fact],
    by_name: &BTreeMap<(&str, &str), Vec<&Fact>>,
    keeps_blocks: bool,
) -> (Set, Option<Unscanned>) {
    let (paths, kustomizations) = layout.closure(root);
    let file = kustomizations.first().map_or(root, |own| own.file.as_str());
    let overlay = if root.is_empty() { "." } else { root };
    let failed = |reason: &str| {
        let sources = facts
            .iter()
            .filter(|fact| paths.contains(fact.source.path.as_str()));
        let set = Set {
            overlay: overlay.to_owned(),
            facts: sources.cloned().collect(),
            ..Set::default()
        };
        let unscanned = Unscanned {
            path: file.to_owned(),
            line: 0,
            reason: reason.to_owned(),
        };
        (set, Some(unscanned))
    };
    if kustomizations.iter().any(|own| own.is_remote) {
        return failed("it names something on another machine, which is not fetched");
    }
    if kustomizations.iter().any(|own| own.has_charts) {
        return failed("it inflates a chart, which is not done here");
    }
    let files: &dyn Files = input;
    // The words of kustomize may quote values, so they stay here; its places do not.
    let built = match kustomize::build(files, &format!("/{root}"), &Options::default()) {
        Ok(built) => built,
        Err(error) => {
            let place = error.place().map(|place| format!(" at {place}"));
            let place = place.unwrap_or_default();
            return failed(&format!(
                "the kustomization does not build{place}: `waxwing build` says why"
            ));
        }
    };
    let facts = built
        .resources
        .iter()
        .map(|resource| fact(resource, file, &built.read, by_name, keeps_blocks));
    let set = Set {
        overlay: overlay.to_owned(),
        facts: facts.filter(|fact| !fact.is_idle()).collect(),
        is_rendered: true,
        is_complete: true,
        ..Set::default()
    };
    (set, None)
}

/// The facts of a rendered object, with where it comes from.
fn fact(
    resource: &Resource,
    kustomization: &str,
    read: &BTreeSet<String>,
    by_name: &BTreeMap<(&str, &str), Vec<&Fact>>,
    keeps_blocks: bool,
) -> Fact {
    let original = resource.original_id();
    let candidates = by_name.get(&(original.gvk.kind.as_str(), original.name.as_str()));
    let is_same = |fact: &&&Fact| {
        let namespace = if fact.id.namespace.is_empty() {
            "default"
        } else {
            &fact.id.namespace
        };
        let is_read = read.contains(&format!("/{}", fact.source.path));
        is_read && (original.is_cluster_scoped || namespace == original.effective_namespace())
    };
    let source = candidates.into_iter().flatten().find(is_same);
    let place = source.map_or_else(
        || Source {
            path: kustomization.to_owned(),
            line: 1,
            ..Source::default()
        },
        |source| source.source.clone(),
    );
    let mut fact = Fact::of(&resource.value, place, keeps_blocks);
    if let Some(source) = source {
        fact.original = source.id.clone();
        fact.was_without_values = !source.has_plain_values;
    } else {
        fact.original.name = original.name;
    }
    fact
}
