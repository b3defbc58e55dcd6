//! Reads and writes any object by its kind.

use std::path::Path;

use axum::body::{self, Body};
use http::{Method, Request, header};
use kube::{
    Client, Config,
    client::{ClientBuilder, retry::RetryPolicy},
    config::{KubeConfigOptions, Kubeconfig},
};
use serde::Serialize;
use serde_json::{Map, Value};
use tower::{buffer::BufferLayer, retry::RetryLayer};

use super::{
    error::ClusterError,
    event::Recorder,
    gate::{Gate, Guard, is_read},
    kinds::{Plural, plural},
};
use crate::{
    clock::Clock,
    object::{Gvk, Object, ObjectRef},
    plan::{Event, Precondition},
};

/// The most bytes of one answer that are read (a page of large objects).
const MAX_ANSWER: usize = 256 * 1024 * 1024;

/// How many objects a list asks for at a time.
const PAGE: u32 = 500;

/// How many requests wait for their way out at most; further ones wait before.
const WAITING: usize = 1024;

/// One cluster, reached through its API server. Cheap to clone.
#[derive(Clone)]
pub struct Cluster {
    pub(super) client: Client,
    recorder: Recorder,
    /// In whose name fields are written; without one the server makes up a name.
    manager: Option<String>,
    gate: Option<Gate>,
}

/// Which objects of a kind to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// Label selector as text, empty for all.
    pub labels: String,
    /// Field selector as text, empty for all.
    pub fields: String,
}

impl Selector {
    /// Objects with these labels.
    pub fn labels(text: impl Into<String>) -> Self {
        Self {
            labels: text.into(),
            fields: String::new(),
        }
    }
}

/// A whole list as of one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listed {
    /// The objects, in the order of the API server.
    pub objects: Vec<Object>,
    /// From where a watch would go on.
    pub resource_version: String,
}

impl Cluster {
    /// Speaks through a client; the client may be made of any tower service.
    pub fn new(client: Client) -> Self {
        Self {
            client,
            recorder: Recorder::new("waxwing", Clock::wall()),
            manager: None,
            gate: None,
        }
    }

    /// Speaks to the cluster of a kubeconfig file, or where none is given, to that of the environment:
    /// `KUBECONFIG`, the file in the home folder, then the service account of the pod.
    ///
    /// # Errors
    /// [`ClusterError::Config`] says what is missing.
    pub async fn from_kubeconfig(
        path: Option<&Path>,
        context: Option<&str>,
    ) -> Result<Self, ClusterError> {
        let options = KubeConfigOptions {
            context: context.map(str::to_owned),
            ..KubeConfigOptions::default()
        };
        let mut config = match path {
            Some(path) => {
                let file = Kubeconfig::read_from(path).map_err(kube::Error::from)?;
                Config::from_custom_kubeconfig(file, &options)
                    .await
                    .map_err(kube::Error::from)?
            }
            None if context.is_some() => Config::from_kubeconfig(&options)
                .await
                .map_err(kube::Error::from)?,
            None => Config::infer().await.map_err(kube::Error::InferConfig)?,
        };
        // The tries of the client go around the guard, so that a gate is looked at before each.
        config.default_retry = false;
        let client = ClientBuilder::try_from(config)?
            .with_layer(&Guard)
            .with_layer(&BufferLayer::new(WAITING))
            .with_layer(&RetryLayer::new(RetryPolicy::server_retry()))
            .build();
        Ok(Self::new(client))
    }

    /// Speaks to the cluster that this pod runs in.
    ///
    /// # Errors
    /// [`ClusterError::Config`] outside of a pod.
    pub fn in_cluster() -> Result<Self, ClusterError> {
        let config =
            Config::incluster().map_err(|error| ClusterError::Config(error.to_string()))?;
        Ok(Self::new(Client::try_from(config)?))
    }

    /// The same cluster, whose events are reported by a component and dated by a clock, and whose fields are managed in its
    /// name.
    #[must_use]
    pub fn reporting_as(mut self, component: &str, clock: &Clock) -> Self {
        self.recorder = Recorder::new(component, clock.clone());
        self.manager = Some(component.to_owned());
        self
    }

    /// The same cluster, to which writes go only while a gate is open.
    #[must_use]
    pub fn behind(mut self, gate: &Gate) -> Self {
        self.gate = Some(gate.clone());
        self
    }

    /// The same cluster, to which writes go whoever leads.
    #[must_use]
    pub fn without_gate(mut self) -> Self {
        self.gate = None;
        self
    }

    /// Whether writes would leave now.
    pub fn may_write(&self) -> bool {
        self.gate.as_ref().is_none_or(Gate::is_open)
    }

    /// The namespace that the configuration names, `default` where it names none.
    pub fn default_namespace(&self) -> &str {
        self.client.default_namespace()
    }

    /// Reads an object; `None` if it is not there.
    ///
    /// # Errors
    /// [`ClusterError`] for every other refusal.
    pub async fn get(&self, target: &ObjectRef) -> Result<Option<Object>, ClusterError> {
        let path = path_of(target)?;
        match self.call(Method::GET, &path, None).await {
            Ok(value) => typed(value, &target.gvk, &path).map(Some),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads all objects of a kind, in one namespace or in all, page by page.
    ///
    /// # Errors
    /// [`ClusterError`] as the API server gives it; a list that grew too old between pages is read again whole.
    pub async fn list(
        &self,
        gvk: &Gvk,
        namespace: Option<&str>,
        selector: &Selector,
    ) -> Result<Listed, ClusterError> {
        let path = collection(gvk, namespace)?;
        match self.list_paged(gvk, &path, selector, Some(PAGE)).await {
            Err(error) if error.is_expired() => self.list_paged(gvk, &path, selector, None).await,
            other => other,
        }
    }

    async fn list_paged(
        &self,
        gvk: &Gvk,
        path: &str,
        selector: &Selector,
        page: Option<u32>,
    ) -> Result<Listed, ClusterError> {
        let mut listed = Listed::default();
        let mut next = String::new();
        loop {
            let mut query = Vec::new();
            for (name, value) in [
                ("labelSelector", selector.labels.as_str()),
                ("fieldSelector", selector.fields.as_str()),
                ("continue", next.as_str()),
            ] {
                if !value.is_empty() {
                    query.push(format!("{name}={}", escaped(value)));
                }
            }
            if let Some(page) = page {
                query.push(format!("limit={page}"));
            }
            let target = format!("{path}?{}", query.join("&"));
            let mut answer = self.call(Method::GET, &target, None).await?;
            let text = |name: &str| {
                answer
                    .pointer(&format!("/metadata/{name}"))
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned()
            };
            let (version, following) = (text("resourceVersion"), text("continue"));
            let items = answer.get_mut("items").map(Value::take);
            for item in items
                .and_then(|items| match items {
                    Value::Array(items) => Some(items),
                    _ => None,
                })
                .unwrap_or_default()
            {
                listed.objects.push(typed(item, gvk, path)?);
            }
            listed.resource_version = version;
            if following.is_empty() {
                return Ok(listed);
            }
            next = following;
        }
    }

    /// Makes an object and gives it back as stored.
    ///
    /// # Errors
    /// [`ClusterError`]; [`ClusterError::is_conflict`] if one of that name exists.
    pub async fn create(&self, object: &Object) -> Result<Object, ClusterError> {
        let path = collection(&object.gvk(), object.namespace())?;
        self.write(Method::POST, &path, object).await
    }

    /// Writes a whole object over the one of its name and `resourceVersion`.
    ///
    /// # Errors
    /// [`ClusterError`]; [`ClusterError::is_conflict`] if it has changed.
    pub async fn replace(&self, object: &Object) -> Result<Object, ClusterError> {
        let path = path_of(&object.reference())?;
        self.write(Method::PUT, &path, object).await
    }

    /// Writes the status of an object, guarded by its `resourceVersion`.
    ///
    /// # Errors
    /// [`ClusterError`]; [`ClusterError::is_conflict`] if it has changed.
    pub async fn replace_status(&self, object: &Object) -> Result<Object, ClusterError> {
        let path = path_of(&object.reference())? + "/status";
        self.write(Method::PUT, &path, object).await
    }

    /// Changes fields of an object by a merge patch (RFC 7386); the precondition is checked by the API server.
    ///
    /// # Errors
    /// [`ClusterError`]; [`ClusterError::is_conflict`] if the precondition does not hold.
    pub async fn patch(
        &self,
        target: &ObjectRef,
        patch: &Value,
        precondition: &Precondition,
    ) -> Result<Object, ClusterError> {
        let patch = guarded(patch, precondition);
        let path = path_of(target)?;
        let media = "application/merge-patch+json";
        self.send_patch(target, &path, media, &patch).await
    }

    /// Removes an object; one that is not there is no error.
    ///
    /// # Errors
    /// [`ClusterError`]; [`ClusterError::is_conflict`] if the precondition does not hold.
    pub async fn delete(
        &self,
        target: &ObjectRef,
        precondition: &Precondition,
    ) -> Result<(), ClusterError> {
        self.remove(target, precondition, None).await.map(drop)
    }

    /// Tells people what happened to an object; the same event again counts up the one that is there.
    ///
    /// # Errors
    /// [`ClusterError`]; the event is then lost, so callers log it and go on.
    pub async fn event(&self, event: &Event) -> Result<(), ClusterError> {
        self.recorder.record(self, event).await
    }

    async fn write(
        &self,
        method: Method,
        path: &str,
        object: &Object,
    ) -> Result<Object, ClusterError> {
        let target = self.managed(path);
        let answer = self
            .call(method, &target, Some(("application/json", json(object)?)))
            .await?;
        typed(answer, &object.gvk(), path)
    }

    /// A path with the name in which fields are written.
    pub(super) fn managed(&self, path: &str) -> String {
        match &self.manager {
            Some(manager) => format!("{path}?fieldManager={}", escaped(manager)),
            None => path.to_owned(),
        }
    }

    /// One call; the answer is read here and not by the client library, whose log would show a body.
    pub(super) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, Vec<u8>)>,
    ) -> Result<Value, ClusterError> {
        let what = || format!("{method} {}", path.split('?').next().unwrap_or(path));
        let mut request = Request::builder()
            .method(method.clone())
            .uri(path)
            .header(header::ACCEPT, "application/json");
        let mut bytes = Vec::new();
        if let Some((media, body)) = body {
            request = request.header(header::CONTENT_TYPE, media);
            bytes = body;
        }
        let mut request = request
            .body(bytes.into())
            .map_err(|_| ClusterError::Name(path.to_owned()))?;
        if let Some(gate) = &self.gate
            && !is_read(&method)
        {
            if !gate.is_open() {
                return Err(ClusterError::NotLeading);
            }
            request.extensions_mut().insert(gate.clone());
        }
        let answer = self.client.send(request).await?;
        let status = answer.status();
        let bytes = body::to_bytes(Body::new(answer.into_body()), MAX_ANSWER)
            .await
            .map_err(|error| ClusterError::Unreachable(error.to_string()))?;
        if !status.is_success() {
            return Err(ClusterError::from_answer(status.as_u16(), &bytes));
        }
        serde_json::from_slice(&bytes).map_err(|_| ClusterError::Answer(what()))
    }
}

pub(super) fn json(body: &impl Serialize) -> Result<Vec<u8>, ClusterError> {
    serde_json::to_vec(body).map_err(|error| ClusterError::Config(error.to_string()))
}

/// Items of lists come without their type: it is put back.
pub(super) fn typed(mut value: Value, gvk: &Gvk, path: &str) -> Result<Object, ClusterError> {
    if let Some(map) = value.as_object_mut() {
        map.entry("apiVersion")
            .or_insert_with(|| gvk.api_version().into());
        map.entry("kind").or_insert_with(|| gvk.kind.clone().into());
    }
    Object::from_value(value).map_err(|_| ClusterError::Answer(path.to_owned()))
}

pub(super) fn guarded(patch: &Value, precondition: &Precondition) -> Value {
    let mut patch = patch.clone();
    let held = [
        ("uid", &precondition.uid),
        ("resourceVersion", &precondition.resource_version),
    ];
    for (name, value) in held {
        let Some(value) = value else { continue };
        let Some(map) = patch.as_object_mut() else {
            continue;
        };
        let metadata = map
            .entry("metadata")
            .or_insert_with(|| Value::Object(Map::new()));
        if let Some(metadata) = metadata.as_object_mut() {
            metadata.insert(name.to_owned(), value.clone().into());
        }
    }
    patch
}

pub(super) fn known(gvk: &Gvk) -> Result<Plural, ClusterError> {
    plural(gvk).ok_or_else(|| ClusterError::UnknownKind(gvk.clone()))
}

fn collection(gvk: &Gvk, namespace: Option<&str>) -> Result<String, ClusterError> {
    let plural = known(gvk)?;
    let mut path = if gvk.group.is_empty() {
        format!("/api/{}", gvk.version)
    } else {
        format!("/apis/{}/{}", gvk.group, gvk.version)
    };
    if let (true, Some(namespace)) = (plural.namespaced, namespace) {
        path.push_str("/namespaces/");
        path.push_str(segment(namespace)?);
    }
    path.push('/');
    path.push_str(plural.name);
    Ok(path)
}

pub(super) fn path_of(target: &ObjectRef) -> Result<String, ClusterError> {
    let mut path = collection(&target.gvk, target.namespace.as_deref())?;
    path.push('/');
    path.push_str(segment(&target.name)?);
    Ok(path)
}

/// A name as one part of a path: what would leave its place is refused.
pub(super) fn segment(name: &str) -> Result<&str, ClusterError> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._~:@+".contains(letter);
    if name.is_empty() || name == "." || name == ".." || !name.chars().all(plain) {
        return Err(ClusterError::Name(name.to_owned()));
    }
    Ok(name)
}

pub(super) fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
        escaped
    })
}
