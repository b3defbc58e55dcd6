//! Which objects of a resource a list or a watch is about.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    error::{ApiError, ApiResult},
    registry::Resource,
    store::{Place, Stored},
};
use crate::object::{
    Object,
    selector::{FieldSelector, LabelSelector},
};

/// Namespace, name and selectors of a list or a watch.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Namespace, empty for all.
    pub namespace: String,
    /// One object only.
    pub name: Option<String>,
    labels: Option<LabelSelector>,
    fields: Option<FieldSelector>,
    /// Fields that can be selected by, for this resource.
    known: Vec<(String, Vec<String>)>,
}

/// Fields that a resource can be selected by, beside name and namespace (`pkg/apis/*/conversion.go`).
const FIELDS: &[(&str, &str, &[&str])] = &[
    (
        "",
        "pods",
        &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
    ),
    (
        "",
        "events",
        &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
    ),
    (
        "events.k8s.io",
        "events",
        &[
            "reason",
            "regarding.kind",
            "regarding.namespace",
            "regarding.name",
            "regarding.uid",
            "regarding.apiVersion",
            "regarding.resourceVersion",
            "regarding.fieldPath",
            "reportingController",
            "type",
        ],
    ),
    ("", "secrets", &["type"]),
    ("", "namespaces", &["status.phase"]),
    ("", "nodes", &["spec.unschedulable"]),
    ("", "services", &["spec.clusterIP", "spec.type"]),
    ("", "replicationcontrollers", &["status.replicas"]),
    ("apps", "replicasets", &["status.replicas"]),
    ("batch", "jobs", &["status.successful"]),
];

impl Selection {
    /// All objects of a namespace, or of all namespaces when it is empty.
    pub fn all(namespace: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            ..Self::default()
        }
    }

    /// Takes the selectors of a request; empty texts select all.
    ///
    /// # Errors
    /// A selector cannot be read, or names a field that the resource cannot be selected by.
    pub fn narrowed(mut self, resource: &Resource, labels: &str, fields: &str) -> ApiResult<Self> {
        if !labels.is_empty() {
            let selector = LabelSelector::parse(labels)
                .map_err(|error| ApiError::bad_request(error.to_string()))?;
            self.labels = Some(selector);
        }
        if !fields.is_empty() {
            let selector = FieldSelector::parse(fields)
                .map_err(|error| ApiError::bad_request(error.to_string()))?;
            self.known = known_fields(resource);
            for term in selector.terms() {
                if !self.known.iter().any(|(name, _)| *name == term.field) {
                    return Err(unknown_field(resource, &term.field));
                }
            }
            if let Some(name) = selector.exact("metadata.name") {
                self.name.get_or_insert_with(|| name.to_owned());
            }
            self.fields = Some(selector);
        }
        Ok(self)
    }

    /// Whether it has a label or field selector.
    pub fn has_selector(&self) -> bool {
        self.labels.is_some() || self.fields.is_some()
    }

    /// Whether it takes an object.
    pub fn takes(&self, place: &Place, stored: &Stored) -> bool {
        if !self.namespace.is_empty() && place.namespace != self.namespace {
            return false;
        }
        if self.name.as_ref().is_some_and(|name| *name != place.name) {
            return false;
        }
        if let Some(labels) = &self.labels
            && !labels.matches(&stored.object.labels())
        {
            return false;
        }
        match &self.fields {
            None => true,
            Some(fields) => {
                let texts: BTreeMap<&str, String> = self
                    .known
                    .iter()
                    .map(|(name, path)| (name.as_str(), field_text(&stored.object, path)))
                    .collect();
                fields.matches(|name| texts.get(name).map(String::as_str))
            }
        }
    }
}

fn unknown_field(resource: &Resource, field: &str) -> ApiError {
    ApiError::bad_request(if own_fields(resource).is_empty() {
        format!(
            "{field:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
        )
    } else {
        format!("field label not supported: {field}")
    })
}

fn own_fields(resource: &Resource) -> &'static [&'static str] {
    let of = |wanted: &str| {
        let row = FIELDS.iter().find(|(group, plural, _)| {
            !resource.custom && *group == wanted && *plural == resource.plural
        });
        row.map(|(_, _, fields)| *fields)
    };
    of(&resource.gvk.group)
        .or_else(|| of(&resource.storage.group))
        .unwrap_or_default()
}

fn known_fields(resource: &Resource) -> Vec<(String, Vec<String>)> {
    ["metadata.name", "metadata.namespace"]
        .iter()
        .chain(own_fields(resource))
        .map(|name| {
            let path = match *name {
                "source" if resource.plural == "events" => "source.component",
                "reportingController" => "reportingComponent",
                "status.successful" => "status.succeeded",
                other => other,
            };
            let path = path.replace("regarding", "involvedObject");
            (
                (*name).to_owned(),
                path.split('.').map(str::to_owned).collect(),
            )
        })
        .collect()
}

fn field_text(object: &Object, path: &[String]) -> String {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match object.at(&path) {
        Some(Value::String(text)) => text.clone(),
        Some(value @ (Value::Bool(_) | Value::Number(_))) => value.to_string(),
        _ => match path.last() {
            Some(&("unschedulable" | "hostNetwork")) => "false".to_owned(),
            Some(&("replicas" | "succeeded")) => "0".to_owned(),
            _ => String::new(),
        },
    }
}
