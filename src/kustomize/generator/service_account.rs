//! A service account that stands for one of Google's cloud (kustomize's `IAMPolicyGenerator`).

use serde_json::{Value, json};

use super::super::{error::BuildError, resource::Resource, scalar, schema::Schema};

/// Makes the service account that an object configures.
pub(in super::super) fn service_account(
    config: &Value,
    schema: &Schema,
) -> Result<Resource, BuildError> {
    let text = |pointer: &str| {
        config
            .pointer(pointer)
            .map(scalar::text)
            .unwrap_or_default()
    };
    let cloud = text("/cloud");
    if cloud != "gke" {
        return Err(BuildError::new(format!(
            "cloud provider {cloud} not supported yet"
        )));
    }
    let account = format!(
        "{}@{}.iam.gserviceaccount.com",
        text("/serviceAccount/name"),
        text("/serviceAccount/projectId")
    );
    let mut value = json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {
            "annotations": {"iam.gke.io/gcp-service-account": account},
            "name": text("/kubernetesService/name"),
        },
    });
    let namespace = text("/kubernetesService/namespace");
    if !namespace.is_empty()
        && let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut)
    {
        metadata.insert("namespace".to_owned(), Value::String(namespace));
    }
    Ok(Resource::new(value, schema))
}
