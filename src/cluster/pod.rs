//! Binding and evicting pods, and removing an object with or without grace.

use http::Method;
use serde_json::{Map, Value, json};

use super::{
    client::{Cluster, json, path_of, typed},
    error::ClusterError,
};
use crate::{
    object::{Object, ObjectRef},
    plan::Precondition,
};

impl Cluster {
    /// Gives a pod to a node; the pod as it then is comes back where the API server shows it.
    ///
    /// An API server without the `binding` subresource has its pods written directly.
    ///
    /// # Errors
    /// [`ClusterError`]; [`ClusterError::is_conflict`] if it has a node already.
    pub async fn bind(
        &self,
        pod: &ObjectRef,
        uid: &str,
        node: &str,
    ) -> Result<Option<Object>, ClusterError> {
        let path = path_of(pod)? + "/binding";
        let binding = json!({
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": pod.name, "namespace": pod.namespace, "uid": uid},
            "target": {"apiVersion": "v1", "kind": "Node", "name": node},
        });
        let body = ("application/json", json(&binding)?);
        match self.call(Method::POST, &path, Some(body)).await {
            Ok(_) => Ok(None),
            Err(error) if error.is_not_found() => {
                let patch = json!({"spec": {"nodeName": node}});
                let precondition = Precondition {
                    uid: Some(uid.to_owned()),
                    resource_version: None,
                };
                self.patch(pod, &patch, &precondition).await.map(Some)
            }
            Err(error) => Err(error),
        }
    }

    /// Asks for a pod to be removed; `false` if its disruption budgets forbid that now.
    ///
    /// # Errors
    /// [`ClusterError`]; [`ClusterError::is_conflict`] if it is another pod by now.
    pub async fn evict(&self, pod: &ObjectRef, uid: &str) -> Result<bool, ClusterError> {
        let path = path_of(pod)? + "/eviction";
        let eviction = json!({
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": pod.name, "namespace": pod.namespace},
            "deleteOptions": {"preconditions": {"uid": uid}},
        });
        let body = ("application/json", json(&eviction)?);
        match self.call(Method::POST, &path, Some(body)).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(true),
            Err(ClusterError::Refused { code: 429, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Removes an object, after so many seconds of grace where they are given; gives it back as it then is, or `None`
    /// if it is gone.
    ///
    /// # Errors
    /// [`ClusterError`]; [`ClusterError::is_conflict`] if the precondition does not hold.
    pub async fn remove(
        &self,
        target: &ObjectRef,
        precondition: &Precondition,
        grace: Option<u32>,
    ) -> Result<Option<Object>, ClusterError> {
        let path = path_of(target)?;
        let mut held = Map::new();
        if let Some(uid) = &precondition.uid {
            held.insert("uid".into(), uid.clone().into());
        }
        if let Some(version) = &precondition.resource_version {
            held.insert("resourceVersion".into(), version.clone().into());
        }
        let mut options = json!({"apiVersion": "v1", "kind": "DeleteOptions"});
        if let Some(map) = options.as_object_mut() {
            if !held.is_empty() {
                map.insert("preconditions".into(), held.into());
            }
            if let Some(grace) = grace {
                map.insert("gracePeriodSeconds".into(), grace.into());
            } else {
                // Without a word the pods of a Job would be left behind.
                map.insert("propagationPolicy".into(), "Background".into());
            }
        }
        let body = ("application/json", json(&options)?);
        match self.call(Method::DELETE, &path, Some(body)).await {
            Ok(answer) if answer.get("kind").and_then(Value::as_str) == Some("Status") => Ok(None),
            Ok(answer) => {
                let object = typed(answer, &target.gvk, &path)?;
                // One that is only being deleted says so; any other was shown for the last time.
                let is_left = object.at(&["metadata", "deletionTimestamp"]).is_some();
                let grace = object.at(&["metadata", "deletionGracePeriodSeconds"]);
                let has_grace = grace.and_then(Value::as_i64).unwrap_or(0) > 0;
                let is_held = object
                    .at(&["metadata", "finalizers"])
                    .and_then(Value::as_array)
                    .is_some_and(|finalizers| !finalizers.is_empty());
                Ok((is_left && (has_grace || is_held)).then_some(object))
            }
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}
