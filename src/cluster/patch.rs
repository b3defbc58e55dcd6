//! Patches beside the merge patch of an object: of its status, and RFC 6902.

use http::Method;
use serde_json::Value;

use super::{
    client::{Cluster, guarded, json, path_of, typed},
    error::ClusterError,
};
use crate::{
    object::{Object, ObjectRef},
    plan::Precondition,
};

impl Cluster {
    /// Changes fields of an object's status by a merge patch (RFC 7386).
    ///
    /// # Errors
    /// [`ClusterError`]; [`ClusterError::is_not_found`] if the object or the subresource is not there.
    pub async fn patch_status(
        &self,
        target: &ObjectRef,
        patch: &Value,
    ) -> Result<Object, ClusterError> {
        let path = path_of(target)? + "/status";
        self.send_patch(target, &path, "application/merge-patch+json", patch)
            .await
    }

    /// Changes fields of a built-in object by a strategic merge patch; the precondition is checked by the API server.
    ///
    /// # Errors
    /// [`ClusterError`]; [`ClusterError::is_conflict`] if the precondition does not hold.
    pub async fn merge(
        &self,
        target: &ObjectRef,
        patch: &Value,
        precondition: &Precondition,
    ) -> Result<Object, ClusterError> {
        let patch = guarded(patch, precondition);
        let path = path_of(target)?;
        let media = "application/strategic-merge-patch+json";
        self.send_patch(target, &path, media, &patch).await
    }

    /// Changes an object by a JSON patch (RFC 6902).
    ///
    /// # Errors
    /// [`ClusterError`] as the API server gives it.
    pub async fn patch_json(
        &self,
        target: &ObjectRef,
        patch: &Value,
    ) -> Result<Object, ClusterError> {
        let path = path_of(target)?;
        self.send_patch(target, &path, "application/json-patch+json", patch)
            .await
    }

    pub(super) async fn send_patch(
        &self,
        target: &ObjectRef,
        path: &str,
        media: &str,
        patch: &Value,
    ) -> Result<Object, ClusterError> {
        let body = Some((media, json(patch)?));
        let answer = self.call(Method::PATCH, &self.managed(path), body).await?;
        typed(answer, &target.gvk, path)
    }
}
