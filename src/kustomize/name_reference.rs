//! Fields that name another resource follow its name (kustomize's `filters/nameref`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    error::BuildError,
    field_path::{self, Create},
    field_specs::{FieldSpecs, NameReference},
    id::{Id, NO_NAMESPACE},
    resource::Resource,
    resource_set::ResourceSet,
    scalar,
};
use crate::api::kustomization::FieldSpec;

/// A resource whose name changed.
#[derive(Debug)]
struct Candidate {
    former: Vec<Id>,
    now: Id,
    original_namespace: String,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
}

/// The one that refers.
#[derive(Debug)]
struct Referrer {
    now: Id,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
    /// Namespaces of the service accounts that a role binding names.
    binding_namespaces: BTreeSet<String>,
    role: Option<(String, String)>,
}

/// A field that refers, with its path taken apart.
struct Reference<'a> {
    names: &'a NameReference,
    spec: &'a FieldSpec,
    words: Vec<String>,
}

/// All candidates, found by their former names.
struct Candidates {
    list: Vec<Candidate>,
    by_name: BTreeMap<String, Vec<usize>>,
    original_namespaces: BTreeSet<String>,
}

/// Rewrites all references.
pub(super) fn update(set: &mut ResourceSet, specs: &FieldSpecs) -> Result<(), BuildError> {
    let candidates = Candidates::of(set.list());
    let mut by_kind: BTreeMap<&str, Vec<Reference<'_>>> = BTreeMap::new();
    for names in &specs.names {
        for spec in &names.referrers {
            let references = by_kind.entry(spec.kind.as_str()).or_default();
            references.push(Reference {
                names,
                spec,
                words: field_path::split(&spec.path, '/'),
            });
        }
    }
    if candidates.list.is_empty() && !needs_checks(set.list()) {
        return Ok(());
    }
    for resource in set.list_mut() {
        let original = resource.original_id();
        let referrer = Referrer::of(resource);
        let id = resource.id();
        for kind in [original.gvk.kind.as_str(), ""] {
            for reference in by_kind.get(kind).into_iter().flatten() {
                let spec = reference.spec;
                if !original.is_selected(&spec.group, &spec.version, &spec.kind) {
                    continue;
                }
                let rule = Rule {
                    names: reference.names,
                    is_role: spec.path.ends_with("roleRef/name"),
                    referrer: &referrer,
                    candidates: &candidates,
                };
                let words = &reference.words;
                field_path::visit_words(
                    resource,
                    &spec.path,
                    words,
                    Create::Nothing,
                    &mut |value| rule.set(value),
                )
                .map_err(|error| {
                    error.under(format!(
                        "updating name reference in '{}' field of '{id}'",
                        spec.path
                    ))
                })?;
            }
        }
    }
    Ok(())
}

/// Role bindings are looked at even where no name changed: a subject without a name is an error.
fn needs_checks(list: &[Resource]) -> bool {
    list.iter().any(|resource| {
        matches!(
            resource.kind(),
            "RoleBinding"
                | "ClusterRoleBinding"
                | "ValidatingWebhookConfiguration"
                | "MutatingWebhookConfiguration"
        )
    })
}

impl Candidates {
    fn of(list: &[Resource]) -> Self {
        let mut found = Self {
            list: Vec::new(),
            by_name: BTreeMap::new(),
            original_namespaces: BTreeSet::new(),
        };
        for resource in list {
            let original = resource.original_id().effective_namespace().to_owned();
            if original != NO_NAMESPACE {
                found.original_namespaces.insert(original.clone());
            }
            let former = resource.former_ids();
            let index = found.list.len();
            let names: BTreeSet<&str> = former.iter().map(|id| id.name.as_str()).collect();
            for name in names {
                found
                    .by_name
                    .entry(name.to_owned())
                    .or_default()
                    .push(index);
            }
            if !former.is_empty() {
                found.list.push(Candidate {
                    former,
                    now: resource.id(),
                    original_namespace: original,
                    prefixes: resource.prefixes.clone(),
                    suffixes: resource.suffixes.clone(),
                });
            }
        }
        found
    }
}

impl Referrer {
    fn of(resource: &Resource) -> Self {
        let mut binding_namespaces = BTreeSet::new();
        if resource.kind() == "RoleBinding" {
            let subjects = resource.value.get("subjects").and_then(Value::as_array);
            for subject in subjects.into_iter().flatten() {
                let text = |field: &str| subject.get(field).and_then(Value::as_str);
                if text("kind") == Some("ServiceAccount")
                    && let Some(namespace) = text("namespace")
                {
                    binding_namespaces.insert(namespace.to_owned());
                }
            }
        }
        let role = resource.value.get("roleRef").and_then(|role| {
            let text = |field: &str| role.get(field).map(scalar::text);
            Some((text("apiGroup")?, text("kind")?))
        });
        Self {
            now: resource.id(),
            prefixes: resource.prefixes.clone(),
            suffixes: resource.suffixes.clone(),
            binding_namespaces,
            role,
        }
    }

    /// Whether it can refer to a resource at all.
    fn can_see(&self, other: &Candidate) -> bool {
        self.now.is_cluster_scoped
            || other.now.is_cluster_scoped
            || other.now.effective_namespace() == self.now.effective_namespace()
            || self.binding_namespaces.contains(&other.now.namespace)
    }

    fn shares_namespace(&self, other: &Candidate) -> bool {
        self.now.is_cluster_scoped
            || other.now.is_cluster_scoped
            || other.now.gvk.kind == "ServiceAccount"
            || other.now.effective_namespace() == self.now.effective_namespace()
    }

    /// Whether prefixes and suffixes tell that both came the same way.
    fn is_kin(&self, other: &Candidate, allow_empty: bool) -> bool {
        let same = |own: &[String], other: &[String]| {
            (allow_empty && (own.is_empty() || other.is_empty())) || same_ending(own, other)
        };
        same(&self.prefixes, &other.prefixes) && same(&self.suffixes, &other.suffixes)
    }
}

/// Whether the shorter list is the end of the longer one.
fn same_ending(left: &[String], right: &[String]) -> bool {
    if left.is_empty() || right.is_empty() {
        return left.len() == right.len();
    }
    left.ends_with(right) || right.ends_with(left)
}

/// One field of one referrer.
struct Rule<'a> {
    names: &'a NameReference,
    is_role: bool,
    referrer: &'a Referrer,
    candidates: &'a Candidates,
}

impl Rule<'_> {
    fn set(&self, value: &mut Value) -> Result<(), BuildError> {
        match value {
            Value::Null => Ok(()),
            Value::Array(items) => items.iter_mut().try_for_each(|item| match item {
                Value::Object(_) => self.set_map(item),
                _ => self.set_scalar(item),
            }),
            Value::Object(_) => self.set_map(value),
            _ => self.set_scalar(value),
        }
    }

    fn set_scalar(&self, value: &mut Value) -> Result<(), BuildError> {
        let text = scalar::text(value);
        if let Some(found) = self.select(&text, None, false)?
            && found.now.name != text
        {
            *value = Value::String(found.now.name.clone());
        }
        Ok(())
    }

    fn set_map(&self, value: &mut Value) -> Result<(), BuildError> {
        let Some(fields) = value.as_object_mut() else {
            return Ok(());
        };
        let Some(name) = fields.get("name").map(scalar::text) else {
            return Err(BuildError::new(
                "path config error; no 'name' field in node",
            ));
        };
        let namespace = fields.get("namespace").map(scalar::text);
        let Some(found) = self.select(&name, namespace.as_deref(), true)? else {
            return Ok(());
        };
        fields.insert("name".to_owned(), Value::String(found.now.name.clone()));
        if !found.now.namespace.is_empty() {
            fields.insert(
                "namespace".to_owned(),
                Value::String(found.now.namespace.clone()),
            );
        }
        Ok(())
    }

    /// The one resource that is meant, if there is one.
    fn select(
        &self,
        name: &str,
        namespace: Option<&str>,
        with_namespace: bool,
    ) -> Result<Option<&Candidate>, BuildError> {
        let by_original =
            namespace.is_some_and(|ns| self.candidates.original_namespaces.contains(ns));
        let in_namespace = |candidate: &Candidate| match namespace {
            None => true,
            Some(namespace) if by_original => candidate.original_namespace == namespace,
            Some(namespace) => candidate.now.effective_namespace() == namespace,
        };
        let is_role = |candidate: &Candidate| match &self.referrer.role {
            Some((group, kind)) if self.is_role => candidate
                .former
                .iter()
                .any(|id| id.is_selected(group, "", kind)),
            _ => true,
        };
        let names = self.names;
        let mut found: Vec<&Candidate> = self
            .candidates
            .by_name
            .get(name)
            .into_iter()
            .flatten()
            .filter_map(|index| self.candidates.list.get(*index))
            .filter(|candidate| {
                let is_kind = |id: &Id| id.is_selected(&names.group, &names.version, &names.kind);
                candidate.former.iter().any(is_kind)
                    && self.referrer.can_see(candidate)
                    && in_namespace(candidate)
                    && is_role(candidate)
                    && self.referrer.shares_namespace(candidate)
            })
            .collect();
        if found.len() > 1 {
            found.retain(|candidate| self.referrer.is_kin(candidate, true));
        }
        if found.len() > 1 {
            found.retain(|candidate| self.referrer.is_kin(candidate, false));
        }
        let Some(first) = found.first().copied() else {
            return Ok(None);
        };
        let is_equal = |other: &&Candidate| {
            other.now.name == first.now.name
                && (!with_namespace || other.now.namespace == first.now.namespace)
        };
        if found.iter().all(is_equal) {
            return Ok(Some(first));
        }
        let ids: Vec<String> = found.iter().map(|one| one.now.to_string()).collect();
        Err(BuildError::new(format!(
            "found multiple possible referrals: {}",
            ids.join(", ")
        )))
    }
}
