//! How the loop names its objects.

use crate::object::{Gvk, ObjectRef};

/// The kinds that are watched whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Deployment,
    ReplicaSet,
    Pod,
    Service,
    EndpointSlice,
}

impl Kind {
    pub(super) const ALL: [Self; 5] = [
        Self::Deployment,
        Self::ReplicaSet,
        Self::Pod,
        Self::Service,
        Self::EndpointSlice,
    ];

    fn parts(self) -> (&'static str, &'static str) {
        match self {
            Self::Deployment => ("apps/v1", "Deployment"),
            Self::ReplicaSet => ("apps/v1", "ReplicaSet"),
            Self::Pod => ("v1", "Pod"),
            Self::Service => ("v1", "Service"),
            Self::EndpointSlice => ("discovery.k8s.io/v1", "EndpointSlice"),
        }
    }

    pub(super) fn gvk(self) -> Gvk {
        let (api_version, kind) = self.parts();
        Gvk::from_api_version(api_version, kind)
    }

    /// Which component of a cluster reports about objects of the kind.
    pub(super) fn component(self) -> &'static str {
        match self {
            Self::Deployment => "deployment-controller",
            Self::ReplicaSet => "replicaset-controller",
            Self::Pod => "kubelet",
            Self::Service | Self::EndpointSlice => "endpoint-slice-controller",
        }
    }

    fn of(gvk: &Gvk) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.gvk() == *gvk)
    }
}

/// One watched object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) kind: Kind,
    pub(super) namespace: String,
    pub(super) name: String,
}

impl Key {
    pub(super) fn new(kind: Kind, namespace: &str, name: &str) -> Self {
        Self {
            kind,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }

    /// The key of an object, if its kind is watched.
    pub(super) fn of(target: &ObjectRef) -> Option<Self> {
        let kind = Kind::of(&target.gvk)?;
        let namespace = target.namespace.as_deref().unwrap_or_default();
        Some(Self::new(kind, namespace, &target.name))
    }

    pub(super) fn reference(&self) -> ObjectRef {
        ObjectRef::new(self.kind.gvk(), Some(&self.namespace), &self.name)
    }
}
