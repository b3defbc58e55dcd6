//! Watching a kind: objects whole, or only their metadata.

use std::{borrow::Cow, fmt, sync::Arc};

use futures::{Stream, StreamExt};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{
    Api, Resource,
    core::{ApiResource, DynamicResourceScope, PartialObjectMeta},
    runtime::{
        reflector,
        watcher::{self, Event, watcher},
    },
};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::{
    client::{Cluster, known},
    error::ClusterError,
};
use crate::object::{Gvk, Object, ObjectRef};

/// What to watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Group, version and kind.
    pub gvk: Gvk,
    /// One namespace, or all.
    pub namespace: Option<String>,
    /// Label selector as text, empty for all.
    pub labels: String,
    /// Field selector as text, empty for all.
    pub fields: String,
}

impl Watch {
    /// All objects of a kind.
    pub fn all(gvk: Gvk) -> Self {
        Self {
            gvk,
            namespace: None,
            labels: String::new(),
            fields: String::new(),
        }
    }

    /// The objects of one namespace only, where one is given.
    #[must_use]
    pub fn within(mut self, namespace: Option<&str>) -> Self {
        self.namespace = namespace.map(str::to_owned);
        self
    }

    /// The objects with labels only.
    #[must_use]
    pub fn labelled(mut self, labels: impl Into<String>) -> Self {
        self.labels = labels.into();
        self
    }

    /// The one object of a name only.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.fields = format!("metadata.name={name}");
        self
    }

    pub(crate) fn resource(&self) -> Result<ApiResource, ClusterError> {
        let plural = known(&self.gvk)?;
        Ok(ApiResource {
            group: self.gvk.group.clone(),
            version: self.gvk.version.clone(),
            api_version: self.gvk.api_version(),
            kind: self.gvk.kind.clone(),
            plural: plural.name.to_owned(),
        })
    }

    fn config(&self) -> watcher::Config {
        let mut config = watcher::Config::default();
        if !self.labels.is_empty() {
            config = config.labels(&self.labels);
        }
        if !self.fields.is_empty() {
            config = config.fields(&self.fields);
        }
        config
    }
}

/// An object as a watch shows it. `Debug` names it only.
#[derive(Clone)]
pub struct Live {
    meta: ObjectMeta,
    object: Arc<Object>,
}

/// What a watch of whole objects tells.
pub type LiveEvent = Event<Live>;

/// What a watch of metadata tells, as objects that have nothing else.
pub type MetadataEvent = Event<Object>;

/// The objects that a watch has seen last.
pub type LiveStore = reflector::Store<Live>;

/// What a watch of metadata tells: where an object stands, its uid and its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The object.
    pub object: ObjectRef,
    /// `metadata.uid`.
    pub uid: String,
    /// `metadata.resourceVersion`.
    pub resource_version: String,
}

/// A change seen by a watch of metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TraceEvent {
    /// The objects are listed anew; what does not come before [`TraceEvent::Listed`] is gone.
    Relisting,
    /// The object is there, new or changed.
    Seen(Trace),
    /// The object is gone.
    Gone(Trace),
    /// All objects have come.
    Listed,
}

impl Live {
    /// The object itself.
    pub fn object(&self) -> &Arc<Object> {
        &self.object
    }

    fn with_type(mut self, gvk: &Gvk) -> Self {
        let object = Arc::make_mut(&mut self.object).as_map_mut();
        object.insert("apiVersion".to_owned(), gvk.api_version().into());
        object.insert("kind".to_owned(), gvk.kind.clone().into());
        self
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.object.reference())
    }
}

impl<'de> Deserialize<'de> for Live {
    /// Accepts any map, so that one odd object never stops a watch; the type is filled in afterwards.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut map = Map::deserialize(deserializer)?;
        for field in ["apiVersion", "kind"] {
            map.entry(field).or_insert_with(|| "unknown".into());
        }
        let object = Object::from_value(Value::Object(map)).map_err(serde::de::Error::custom)?;
        let meta = ObjectMeta {
            name: Some(object.name().to_owned()),
            namespace: object.namespace().map(str::to_owned),
            uid: object.uid().map(str::to_owned),
            resource_version: object.resource_version().map(str::to_owned),
            generation: object.generation(),
            ..ObjectMeta::default()
        };
        let object = Arc::new(object);
        Ok(Self { meta, object })
    }
}

impl Resource for Live {
    type DynamicType = ApiResource;
    type Scope = DynamicResourceScope;

    fn kind(resource: &ApiResource) -> Cow<'_, str> {
        resource.kind.as_str().into()
    }

    fn group(resource: &ApiResource) -> Cow<'_, str> {
        resource.group.as_str().into()
    }

    fn version(resource: &ApiResource) -> Cow<'_, str> {
        resource.version.as_str().into()
    }

    fn plural(resource: &ApiResource) -> Cow<'_, str> {
        resource.plural.as_str().into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.meta
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.meta
    }
}

impl Cluster {
    /// Watches whole objects for ever; errors come as items, and the stream goes on after each.
    ///
    /// # Errors
    /// [`ClusterError::UnknownKind`] at once.
    pub fn watch(
        &self,
        watch: &Watch,
    ) -> Result<impl Stream<Item = Result<LiveEvent, watcher::Error>> + Send + use<>, ClusterError>
    {
        let resource = watch.resource()?;
        let gvk = watch.gvk.clone();
        let api: Api<Live> = match &watch.namespace {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        };
        Ok(watcher(api, watch.config()).map(move |event| {
            event.map(|event| match event {
                Event::Apply(live) => Event::Apply(live.with_type(&gvk)),
                Event::Delete(live) => Event::Delete(live.with_type(&gvk)),
                Event::InitApply(live) => Event::InitApply(live.with_type(&gvk)),
                Event::Init => Event::Init,
                Event::InitDone => Event::InitDone,
            })
        }))
    }

    /// Watches metadata only, and gives it as objects without anything else.
    ///
    /// # Errors
    /// [`ClusterError::UnknownKind`] at once.
    pub fn watch_metadata(
        &self,
        watch: &Watch,
    ) -> Result<
        impl Stream<Item = Result<Event<Object>, watcher::Error>> + Send + use<>,
        ClusterError,
    > {
        let resource = watch.resource()?;
        let api: Api<PartialObjectMeta<Live>> = match &watch.namespace {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        };
        let bare = move |meta: PartialObjectMeta<Live>| {
            let metadata = serde_json::to_value(&meta.metadata).unwrap_or_default();
            let mut map = Map::new();
            map.insert("apiVersion".to_owned(), resource.api_version.clone().into());
            map.insert("kind".to_owned(), resource.kind.clone().into());
            map.insert("metadata".to_owned(), metadata);
            Object::from_value(Value::Object(map)).ok()
        };
        let events = watcher(api, watch.config()).map(move |event| {
            event.map(|event| match event {
                Event::Apply(meta) => bare(meta).map(Event::Apply),
                Event::Delete(meta) => bare(meta).map(Event::Delete),
                Event::InitApply(meta) => bare(meta).map(Event::InitApply),
                Event::Init => Some(Event::Init),
                Event::InitDone => Some(Event::InitDone),
            })
        });
        Ok(events.filter_map(|event| std::future::ready(event.transpose())))
    }

    /// Watches metadata only, so that contents never enter this process.
    ///
    /// # Errors
    /// [`ClusterError::UnknownKind`] at once.
    pub fn watch_traces(
        &self,
        watch: &Watch,
    ) -> Result<impl Stream<Item = Result<TraceEvent, watcher::Error>> + Send + use<>, ClusterError>
    {
        let resource = watch.resource()?;
        let gvk = watch.gvk.clone();
        let api: Api<PartialObjectMeta<Live>> = match &watch.namespace {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        };
        Ok(watcher(api, watch.config()).map(move |event| {
            let trace = |meta: &PartialObjectMeta<Live>| Trace {
                object: ObjectRef::new(
                    gvk.clone(),
                    meta.metadata.namespace.as_deref(),
                    meta.metadata.name.clone().unwrap_or_default(),
                ),
                uid: meta.metadata.uid.clone().unwrap_or_default(),
                resource_version: meta.metadata.resource_version.clone().unwrap_or_default(),
            };
            event.map(|event| match &event {
                Event::Apply(meta) | Event::InitApply(meta) => TraceEvent::Seen(trace(meta)),
                Event::Delete(meta) => TraceEvent::Gone(trace(meta)),
                Event::Init => TraceEvent::Relisting,
                Event::InitDone => TraceEvent::Listed,
            })
        }))
    }
}
