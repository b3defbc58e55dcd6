//! How the loop names its objects.

use crate::object::{Gvk, ObjectRef};

/// The kinds that are watched whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Node,
    Deployment,
    StatefulSet,
    DaemonSet,
    ReplicaSet,
    Job,
    ControllerRevision,
    VolumeClaim,
    Volume,
    Pod,
    DisruptionBudget,
    Service,
    EndpointSlice,
    Endpoints,
}

impl Kind {
    /// All that a whole cluster needs.
    pub(super) const ALL: [Self; 14] = [
        Self::Node,
        Self::Deployment,
        Self::StatefulSet,
        Self::DaemonSet,
        Self::ReplicaSet,
        Self::Job,
        Self::ControllerRevision,
        Self::VolumeClaim,
        Self::Volume,
        Self::Pod,
        Self::DisruptionBudget,
        Self::Service,
        Self::EndpointSlice,
        Self::Endpoints,
    ];

    /// What a node, its scheduler and its volumes need.
    pub(super) const OF_NODE: [Self; 4] = [Self::Node, Self::VolumeClaim, Self::Volume, Self::Pod];

    fn parts(self) -> (&'static str, &'static str) {
        match self {
            Self::Node => ("v1", "Node"),
            Self::Deployment => ("apps/v1", "Deployment"),
            Self::StatefulSet => ("apps/v1", "StatefulSet"),
            Self::DaemonSet => ("apps/v1", "DaemonSet"),
            Self::ReplicaSet => ("apps/v1", "ReplicaSet"),
            Self::Job => ("batch/v1", "Job"),
            Self::ControllerRevision => ("apps/v1", "ControllerRevision"),
            Self::VolumeClaim => ("v1", "PersistentVolumeClaim"),
            Self::Volume => ("v1", "PersistentVolume"),
            Self::Pod => ("v1", "Pod"),
            Self::DisruptionBudget => ("policy/v1", "PodDisruptionBudget"),
            Self::Service => ("v1", "Service"),
            Self::EndpointSlice => ("discovery.k8s.io/v1", "EndpointSlice"),
            Self::Endpoints => ("v1", "Endpoints"),
        }
    }

    pub(super) fn gvk(self) -> Gvk {
        let (api_version, kind) = self.parts();
        Gvk::from_api_version(api_version, kind)
    }

    /// Which component of a cluster reports about objects of the kind.
    pub(super) fn component(self) -> &'static str {
        match self {
            Self::Node | Self::Pod => "kubelet",
            Self::Deployment => "deployment-controller",
            Self::StatefulSet | Self::ControllerRevision => "statefulset-controller",
            Self::DaemonSet => "daemonset-controller",
            Self::ReplicaSet => "replicaset-controller",
            Self::Job => "job-controller",
            Self::VolumeClaim | Self::Volume => "persistentvolume-controller",
            Self::DisruptionBudget => "controllermanager",
            Self::Service | Self::EndpointSlice | Self::Endpoints => "endpoint-slice-controller",
        }
    }

    /// The kinds that control pods, or revisions.
    pub(super) fn controllers_of(self) -> &'static [Self] {
        match self {
            Self::Pod => &[
                Self::ReplicaSet,
                Self::StatefulSet,
                Self::DaemonSet,
                Self::Job,
            ],
            Self::ReplicaSet => &[Self::Deployment],
            Self::ControllerRevision => &[Self::StatefulSet, Self::DaemonSet],
            _ => &[],
        }
    }

    fn of(gvk: &Gvk) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.gvk() == *gvk)
    }
}

/// Who reports where a pod goes.
pub(super) const SCHEDULER: &str = "default-scheduler";

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
        let namespace = (!self.namespace.is_empty()).then_some(self.namespace.as_str());
        ObjectRef::new(self.kind.gvk(), namespace, &self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::plural;

    #[test]
    fn every_kind_can_be_watched() {
        for kind in Kind::ALL.into_iter().chain(Kind::OF_NODE) {
            assert!(plural(&kind.gvk()).is_some(), "{kind:?}");
            assert_eq!(Kind::of(&kind.gvk()), Some(kind));
        }
    }
}
