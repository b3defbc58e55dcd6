//! What the containers of a pod have read, kept beside the pod and never in it.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use crate::object::{Object, pod_template::SourceKind};

/// A Secret or ConfigMap of the pod's namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceKey {
    /// Which kind.
    pub kind: SourceKind,
    /// Its name.
    pub name: String,
}

/// The state of a source at the moment when it was read; `None` where an optional one was not there.
///
/// The object itself is kept, shared with the cache: what a container does may hang on a value. `Debug` of a Secret
/// shows none.
pub type Version = Option<Arc<Object>>;

/// The sources that something read.
pub(super) type Versions = BTreeMap<SourceKey, Version>;

/// What a volume shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Mounted {
    pub(super) versions: Versions,
    /// When what was read is to be replaced by what is there, if that differs.
    pub(super) refresh_at: Option<Timestamp>,
}

/// What the containers of one pod have read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// By container: the id of the run, and what its environment was made of.
    pub(super) environments: BTreeMap<String, (String, Versions)>,
    /// By container and volume: what it mounted by `subPath`, which stays for the run.
    pub(super) fixed: BTreeMap<(String, String), Versions>,
    /// By volume.
    pub(super) volumes: BTreeMap<String, Mounted>,
    /// The credentials that were at hand when images were pulled.
    pub(super) pull: Versions,
    /// The last complaint about volumes, so that it is told once.
    pub(super) complaint: Option<String>,
}

impl Reading {
    /// The `resourceVersion` of a source that the environment of a running container was made of.
    ///
    /// `None` if the container did not read it, or has been running since before anybody kept track.
    pub fn environment_version(&self, container: &str, source: &SourceKey) -> Option<&str> {
        version(&self.environments.get(container)?.1, source)
    }

    /// The `resourceVersion` of a source that a volume shows now.
    pub fn volume_version(&self, volume: &str, source: &SourceKey) -> Option<&str> {
        version(&self.volumes.get(volume)?.versions, source)
    }

    /// The `resourceVersion` of a source as a container sees it in a volume; what it mounted by `subPath` stays as it
    /// was when the container started.
    pub fn mount_version(&self, container: &str, volume: &str, source: &SourceKey) -> Option<&str> {
        let key = (container.to_owned(), volume.to_owned());
        match self.fixed.get(&key) {
            Some(versions) => version(versions, source),
            None => self.volume_version(volume, source),
        }
    }

    /// The `resourceVersion` of a pull secret at the last pull.
    pub fn pull_version(&self, name: &str) -> Option<&str> {
        let source = SourceKey {
            kind: SourceKind::Secret,
            name: name.to_owned(),
        };
        version(&self.pull, &source)
    }

    /// The source as the environment of a container was made of it.
    pub fn environment(&self, container: &str, source: &SourceKey) -> Option<&Object> {
        self.environments.get(container)?.1.get(source)?.as_deref()
    }

    /// The source as a volume shows it now.
    pub fn volume(&self, volume: &str, source: &SourceKey) -> Option<&Object> {
        self.volumes.get(volume)?.versions.get(source)?.as_deref()
    }
}

fn version<'a>(versions: &'a Versions, source: &SourceKey) -> Option<&'a str> {
    versions.get(source)?.as_ref()?.resource_version()
}
