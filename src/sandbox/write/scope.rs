//! What every write knows beside the object.

use jiff::Timestamp;

use super::Writer;
use crate::sandbox::{
    registry::{Registry, Resource},
    store::{GroupResource, Key, Place},
};

/// One resource in one namespace, at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// All resources.
    pub registry: &'a Registry,
    /// The resource that is written, in the version of the request.
    pub resource: &'a Resource,
    /// The namespace, empty for kinds of the whole cluster.
    pub namespace: &'a str,
    /// The instant of the write.
    pub now: Timestamp,
    /// Whether nothing shall be kept.
    pub dry_run: bool,
    /// Who writes.
    pub writer: Writer<'a>,
}

impl Scope<'_> {
    /// The resource as errors name it.
    pub fn named(&self) -> GroupResource {
        GroupResource::new(&self.resource.gvk.group, &self.resource.plural)
    }

    /// Where objects of the resource are kept.
    pub fn shelf(&self) -> GroupResource {
        shelf_of(self.resource)
    }

    /// Where the original keeps an object of that name in etcd.
    pub fn storage_key(&self, name: &str) -> String {
        let resource = self.resource;
        let folder = match (resource.gvk.group.as_str(), resource.plural.as_str()) {
            (group, plural) if resource.custom => format!("{group}/{plural}"),
            ("", "nodes") => "minions".to_owned(),
            ("", "replicationcontrollers") => "controllers".to_owned(),
            ("", "services") => "services/specs".to_owned(),
            ("", "endpoints") => "services/endpoints".to_owned(),
            ("networking.k8s.io", "ingresses") => "ingress".to_owned(),
            (_, plural) => plural.to_owned(),
        };
        let space = if self.namespace.is_empty() {
            String::new()
        } else {
            format!("/{}", self.namespace)
        };
        format!("/registry/{folder}{space}/{name}")
    }

    /// Where an object of that name is kept.
    pub fn key(&self, name: &str) -> Key {
        Key::new(self.shelf(), Place::new(self.namespace, name))
    }
}

/// Where objects of a resource are kept, whatever the version.
pub fn shelf_of(resource: &Resource) -> GroupResource {
    GroupResource::new(&resource.storage.group, &resource.plural)
}
