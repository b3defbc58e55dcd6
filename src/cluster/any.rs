//! Any kind that the API server knows: found by discovery, and read and written by it.

use std::{collections::BTreeMap, sync::Arc};

use futures::{Stream, StreamExt};
use http::Method;
use kube::{
    Api,
    core::{ApiResource, PartialObjectMeta},
    runtime::watcher::{self, Event, watcher},
};
use serde_json::{Value, json};

use super::{
    client::{Cluster, json, typed},
    error::ClusterError,
    watch::Live,
};
use crate::object::{Gvk, Object, ObjectRef};

/// How many objects a list asks for at a time.
const PAGE: u32 = 500;

/// One kind as the API server serves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Group, version and kind.
    pub gvk: Gvk,
    /// Name in paths.
    pub plural: String,
    /// Whether objects live in namespaces.
    pub namespaced: bool,
}

/// The kinds of an API server, by group and kind; each in the version that was asked for, or the preferred one.
#[derive(Clone, Debug, Default)]
pub struct Kinds(Arc<BTreeMap<(String, String), Vec<Resource>>>);

impl Kinds {
    /// One kind in a version.
    pub fn find(&self, gvk: &Gvk) -> Option<&Resource> {
        let versions = self.0.get(&(gvk.group.clone(), gvk.kind.clone()))?;
        versions.iter().find(|one| one.gvk == *gvk)
    }

    /// One kind, in whatever version.
    pub fn any_version(&self, group: &str, kind: &str) -> Option<&Resource> {
        let key = (group.to_owned(), kind.to_owned());
        self.0.get(&key).and_then(|versions| versions.first())
    }

    /// Whether each kind lives in namespaces.
    pub fn scopes(&self) -> BTreeMap<(String, String), bool> {
        self.0
            .iter()
            .filter_map(|(key, versions)| Some((key.clone(), versions.first()?.namespaced)))
            .collect()
    }
}

/// How a patch is to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchForm {
    /// RFC 7386.
    Merge,
    /// With merge keys, for built-in kinds.
    Strategic,
    /// A whole manifest, merged by field managers, in spite of conflicts.
    Apply,
}

/// How objects that an object owns go with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagation {
    /// First they, then it.
    Foreground,
    /// First it, then they.
    Background,
    /// They stay.
    Orphan,
}

impl Cluster {
    /// Asks for all kinds; a group that does not answer is an error, for what is not seen would look deleted.
    ///
    /// # Errors
    /// [`ClusterError`] as the API server gives it.
    pub async fn kinds(&self) -> Result<Kinds, ClusterError> {
        let mut versions = vec!["v1".to_owned()];
        let groups = self.call(Method::GET, "/apis", None).await?;
        let text = |value: &Value, pointer: &str| {
            let text = value.pointer(pointer).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        for group in list(&groups, "groups") {
            let preferred = text(group, "/preferredVersion/groupVersion");
            let mut own: Vec<String> = list(group, "versions")
                .map(|version| text(version, "/groupVersion"))
                .collect();
            own.sort_by_key(|version| *version != preferred);
            versions.extend(own);
        }
        let mut kinds: BTreeMap<(String, String), Vec<Resource>> = BTreeMap::new();
        for version in versions {
            let path = if version == "v1" {
                "/api/v1".to_owned()
            } else {
                format!("/apis/{version}")
            };
            let answer = match self.call(Method::GET, &path, None).await {
                // A definition went away between the two questions.
                Err(error) if error.is_not_found() => continue,
                other => other?,
            };
            for resource in list(&answer, "resources") {
                let plural = text(resource, "/name");
                let is_listed = list(resource, "verbs").any(|verb| verb == "list");
                if plural.contains('/') || !is_listed {
                    continue;
                }
                let gvk = Gvk::from_api_version(&version, &text(resource, "/kind"));
                let key = (gvk.group.clone(), gvk.kind.clone());
                kinds.entry(key).or_default().push(Resource {
                    gvk,
                    plural,
                    namespaced: resource.pointer("/namespaced") == Some(&Value::Bool(true)),
                });
            }
        }
        Ok(Kinds(Arc::new(kinds)))
    }

    /// Reads an object of any kind.
    ///
    /// # Errors
    /// [`ClusterError`] for every refusal but that it is not there.
    pub async fn get_any(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Option<Object>, ClusterError> {
        let path = path(resource, namespace, Some(name))?;
        match self.call(Method::GET, &path, None).await {
            Ok(value) => typed(value, &resource.gvk, &path).map(Some),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Lists all objects of any kind.
    ///
    /// # Errors
    /// [`ClusterError`]; a list is whole or it is an error.
    pub async fn list_any(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
    ) -> Result<Vec<Object>, ClusterError> {
        let path = path(resource, namespace, None)?;
        let mut found = Vec::new();
        let mut next = String::new();
        loop {
            let target = format!("{path}?limit={PAGE}{next}");
            let mut answer = self.call(Method::GET, &target, None).await?;
            if let Some(Value::Array(items)) = answer.get_mut("items").map(Value::take) {
                for item in items {
                    found.push(typed(item, &resource.gvk, &path)?);
                }
            }
            match answer.pointer("/metadata/continue").and_then(Value::as_str) {
                Some(token) if !token.is_empty() => {
                    next = format!("&continue={}", super::client::escaped(token));
                }
                _ => return Ok(found),
            }
        }
    }

    /// Makes an object of any kind.
    ///
    /// # Errors
    /// [`ClusterError`] as the API server gives it.
    pub async fn create_any(
        &self,
        resource: &Resource,
        object: &Object,
        options: &WriteOptions<'_>,
    ) -> Result<Object, ClusterError> {
        let path = path(resource, object.namespace(), None)?;
        let body = Some(("application/json", json(object)?));
        let target = format!("{path}?{}", options.query());
        let answer = self.call(Method::POST, &target, body).await?;
        typed(answer, &resource.gvk, &path)
    }

    /// Writes a whole object of any kind over the one that is there.
    ///
    /// # Errors
    /// [`ClusterError`] as the API server gives it.
    pub async fn replace_any(
        &self,
        resource: &Resource,
        object: &Object,
        options: &WriteOptions<'_>,
    ) -> Result<Object, ClusterError> {
        let path = path(resource, object.namespace(), Some(object.name()))?;
        let body = Some(("application/json", json(object)?));
        let target = format!("{path}?{}", options.query());
        let answer = self.call(Method::PUT, &target, body).await?;
        typed(answer, &resource.gvk, &path)
    }

    /// Changes an object of any kind.
    ///
    /// # Errors
    /// [`ClusterError`] as the API server gives it.
    pub async fn patch_any(
        &self,
        resource: &Resource,
        target: &ObjectRef,
        form: PatchForm,
        patch: &Value,
        options: &WriteOptions<'_>,
    ) -> Result<Object, ClusterError> {
        let path = path(resource, target.namespace.as_deref(), Some(&target.name))?;
        let (media, force) = match form {
            PatchForm::Merge => ("application/merge-patch+json", ""),
            PatchForm::Strategic => ("application/strategic-merge-patch+json", ""),
            PatchForm::Apply => ("application/apply-patch+yaml", "&force=true"),
        };
        let target = format!("{path}?{}{force}", options.query());
        let body = Some((media, json(patch)?));
        let answer = self.call(Method::PATCH, &target, body).await?;
        typed(answer, &resource.gvk, &path)
    }

    /// Deletes an object of any kind; one that is not there is no error.
    ///
    /// # Errors
    /// [`ClusterError`]; [`ClusterError::is_conflict`] if it is another one by now.
    pub async fn delete_any(
        &self,
        resource: &Resource,
        target: &ObjectRef,
        uid: Option<&str>,
        propagation: Propagation,
    ) -> Result<(), ClusterError> {
        let path = path(resource, target.namespace.as_deref(), Some(&target.name))?;
        let policy = match propagation {
            Propagation::Foreground => "Foreground",
            Propagation::Background => "Background",
            Propagation::Orphan => "Orphan",
        };
        let mut options =
            json!({"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": policy});
        if let (Some(map), Some(uid)) = (options.as_object_mut(), uid) {
            map.insert("preconditions".to_owned(), json!({"uid": uid}));
        }
        let body = Some(("application/json", json(&options)?));
        match self.call(Method::DELETE, &path, body).await {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }

    /// Watches the metadata of all objects of any kind: each change is named, deletions too.
    pub fn watch_any(
        &self,
        resource: &Resource,
    ) -> impl Stream<Item = Result<Vec<ObjectRef>, watcher::Error>> + Send + use<> {
        let api_resource = ApiResource {
            group: resource.gvk.group.clone(),
            version: resource.gvk.version.clone(),
            api_version: resource.gvk.api_version(),
            kind: resource.gvk.kind.clone(),
            plural: resource.plural.clone(),
        };
        let gvk = resource.gvk.clone();
        let api: Api<PartialObjectMeta<Live>> = Api::all_with(self.client.clone(), &api_resource);
        watcher(api, watcher::Config::default()).map(move |event| {
            event.map(|event| match &event {
                Event::Apply(meta) | Event::InitApply(meta) | Event::Delete(meta) => {
                    let namespace = meta.metadata.namespace.as_deref();
                    let name = meta.metadata.name.clone().unwrap_or_default();
                    vec![ObjectRef::new(gvk.clone(), namespace, name)]
                }
                Event::Init | Event::InitDone => Vec::new(),
            })
        })
    }
}

/// How a write is to be taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriteOptions<'a> {
    /// Who writes.
    pub manager: &'a str,
    /// Whether nothing is kept.
    pub dry_run: bool,
    /// Whether unknown fields are refused.
    pub strict: bool,
}

impl WriteOptions<'_> {
    fn query(&self) -> String {
        let mut query = format!("fieldManager={}", self.manager);
        if self.dry_run {
            query.push_str("&dryRun=All");
        }
        if self.strict {
            query.push_str("&fieldValidation=Strict");
        }
        query
    }
}

fn list<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    let list = value.get(field).and_then(Value::as_array);
    list.into_iter().flatten()
}

fn path(
    resource: &Resource,
    namespace: Option<&str>,
    name: Option<&str>,
) -> Result<String, ClusterError> {
    let gvk = &resource.gvk;
    let mut path = if gvk.group.is_empty() {
        format!("/api/{}", gvk.version)
    } else {
        format!("/apis/{}/{}", gvk.group, gvk.version)
    };
    if let (true, Some(namespace)) = (resource.namespaced, namespace) {
        path.push_str("/namespaces/");
        path.push_str(super::client::segment(namespace)?);
    }
    path.push('/');
    path.push_str(&resource.plural);
    if let Some(name) = name {
        path.push('/');
        path.push_str(super::client::segment(name)?);
    }
    Ok(path)
}
