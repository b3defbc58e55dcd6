//! The resources of a build so far, in order, no two of one name.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    error::BuildError,
    id::Id,
    resource::{Behavior, Resource},
    scalar,
    trace::Cause,
};

/// The resources of a build so far.
#[derive(Clone, Debug, Default)]
pub(super) struct ResourceSet {
    list: Vec<Resource>,
    /// What they are called; not kept while names change.
    ids: Option<BTreeSet<Id>>,
}

impl ResourceSet {
    /// The resources in their order.
    pub(super) fn list(&self) -> &[Resource] {
        &self.list
    }

    /// The resources, whose names may change now.
    pub(super) fn list_mut(&mut self) -> &mut Vec<Resource> {
        self.ids = None;
        &mut self.list
    }

    /// Lets each resource look what a step has changed, where anyone wants to know.
    pub(super) fn note(&mut self, cause: &Cause) {
        for resource in &mut self.list {
            resource.note(cause);
        }
    }

    fn ids(&mut self) -> &mut BTreeSet<Id> {
        let list = &self.list;
        self.ids.get_or_insert_with(|| {
            list.iter()
                .map(|resource| resource.id().normalized())
                .collect()
        })
    }

    /// Adds a resource at the end.
    pub(super) fn append(&mut self, resource: Resource) -> Result<(), BuildError> {
        let id = resource.id();
        if !self.ids().insert(id.normalized()) {
            return Err(BuildError::new(format!(
                "may not add resource with an already registered id: {id}"
            )));
        }
        self.list.push(resource);
        Ok(())
    }

    pub(super) fn append_all(
        &mut self,
        resources: impl IntoIterator<Item = Resource>,
    ) -> Result<(), BuildError> {
        resources
            .into_iter()
            .try_for_each(|resource| self.append(resource))
    }

    /// Fails when two resources have one name.
    pub(super) fn check_unique(&mut self) -> Result<(), BuildError> {
        let list = std::mem::take(self.list_mut());
        self.append_all(list)
    }

    /// Takes them all out.
    pub(super) fn take(&mut self) -> Vec<Resource> {
        std::mem::take(self.list_mut())
    }

    /// The one resource that is or was called so, for a patch.
    pub(super) fn find(&self, id: &Id) -> Result<usize, BuildError> {
        let mut found = self.positions_of(id);
        let first = found.next();
        let several = found.next().is_some();
        match first {
            Some(first) if !several => Ok(first),
            _ => {
                let how = if several { "multiple" } else { "no" };
                Err(BuildError::new(format!(
                    "{how} matches for Id {id}; failed to find unique target for patch {id}"
                )))
            }
        }
    }

    fn positions_of<'a>(&'a self, id: &'a Id) -> impl Iterator<Item = usize> + 'a {
        self.list
            .iter()
            .enumerate()
            .filter(|(_, resource)| resource.has_had(id))
            .map(|(index, _)| index)
    }

    /// Adds a generated resource, or merges it into the one that has its name.
    pub(super) fn absorb(&mut self, mut resource: Resource) -> Result<(), BuildError> {
        let id = resource.id();
        let found: Vec<usize> = self.positions_of(&id).collect();
        let described = |id: &Id| {
            let go = |text: &str| format!("{text:?}");
            format!(
                "resid.ResId{{Gvk:resid.Gvk{{Group:{}, Version:{}, Kind:{}, isClusterScoped:{}}}, Name:{}, Namespace:{}}}",
                go(&id.gvk.group),
                go(&id.gvk.version),
                go(&id.gvk.kind),
                id.is_cluster_scoped,
                go(&id.name),
                go(&id.namespace)
            )
        };
        match (found.as_slice(), resource.behavior) {
            ([], Behavior::Merge | Behavior::Replace) => Err(BuildError::new(format!(
                "id {} does not exist; cannot merge or replace",
                described(&id)
            ))),
            ([], _) => self.append(resource),
            ([index], behavior @ (Behavior::Merge | Behavior::Replace)) => {
                let Some(old) = self.list.get_mut(*index) else {
                    return Ok(());
                };
                copy_metadata(&mut resource, old);
                if behavior == Behavior::Merge {
                    for field in ["data", "binaryData"] {
                        merge_data(&mut resource, old, field);
                    }
                }
                resource.trace = old.trace.take();
                resource.transformations.clone_from(&old.transformations);
                // What replaces comes from where it stands itself, what is merged from where the first was.
                if old.origin.is_some() && behavior == Behavior::Merge {
                    resource.origin.clone_from(&old.origin);
                }
                *old = resource;
                self.ids = None;
                Ok(())
            }
            ([_], behavior) => Err(BuildError::new(format!(
                "id {} exists; can not use behavior: '{}', behavior must be merge or replace",
                described(&id),
                behavior.word()
            ))),
            _ => Err(BuildError::new(format!(
                "found multiple objects that could accept merge of {id}"
            ))),
        }
    }
}

/// Gives a resource the metadata of an older one, where it has none of its own.
fn copy_metadata(resource: &mut Resource, old: &Resource) {
    for field in ["labels", "annotations"] {
        let read = |from: &Resource| match field {
            "labels" => from.labels(),
            _ => from.annotations(),
        };
        let mut texts = read(old);
        texts.extend(read(resource));
        resource.set_texts(field, texts);
    }
    resource.needs_hash = resource.needs_hash && old.needs_hash;
    resource.set_name(&old.name());
    resource.set_namespace(&old.namespace());
    resource.inherit(old);
}

fn merge_data(resource: &mut Resource, old: &Resource, field: &str) {
    let read = |from: &Resource| -> serde_json::Map<String, Value> {
        let found = from.value.get(field).and_then(Value::as_object);
        found
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.clone(), Value::String(scalar::text(value))))
            .collect()
    };
    let mut data = read(old);
    data.extend(read(resource));
    let Some(fields) = resource.value.as_object_mut() else {
        return;
    };
    if data.is_empty() {
        fields.remove(field);
    } else {
        fields.insert(field.to_owned(), Value::Object(data));
    }
}
