//! Argo CD's `Application` (`argoproj.io/v1alpha1`), as its users have it in their files.
//!
//! Mirrors `pkg/apis/application/v1alpha1/types.go`; reading is lenient: fields of other renderers are passed over
//! here and refused by name where they would change the result.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::object::{Gvk, Object};

/// API group.
pub const GROUP: &str = "argoproj.io";
/// API version.
pub const VERSION: &str = "v1alpha1";
/// Kind.
pub const KIND: &str = "Application";

/// Whom an object belongs to: `<app>:<group>/<kind>:<namespace>/<name>`.
pub const TRACKING_ID: &str = "argocd.argoproj.io/tracking-id";
/// Which of several installations an object belongs to.
pub const INSTALLATION_ID: &str = "argocd.argoproj.io/installation-id";
/// The label that marks an object, where labels do.
pub const INSTANCE_LABEL: &str = "app.kubernetes.io/instance";
/// The number of the wave.
pub const SYNC_WAVE: &str = "argocd.argoproj.io/sync-wave";
/// The phases of a hook.
pub const HOOK: &str = "argocd.argoproj.io/hook";
/// When a hook is deleted.
pub const HOOK_DELETE_POLICY: &str = "argocd.argoproj.io/hook-delete-policy";
/// Options of one object.
pub const SYNC_OPTIONS: &str = "argocd.argoproj.io/sync-options";
/// How an object or an application is compared.
pub const COMPARE_OPTIONS: &str = "argocd.argoproj.io/compare-options";
/// Asks for a look at once: `normal` or `hard`.
pub const REFRESH: &str = "argocd.argoproj.io/refresh";
/// Leaves an application alone.
pub const SKIP_RECONCILE: &str = "argocd.argoproj.io/skip-reconcile";
/// Leaves an object out of the health of its application.
pub const IGNORE_HEALTHCHECK: &str = "argocd.argoproj.io/ignore-healthcheck";
/// Approves deletions that were to be confirmed: an RFC 3339 instant.
pub const DELETION_APPROVED: &str = "argocd.argoproj.io/deletion-approved";
/// Keeps the result of a hook that is deleted meanwhile.
pub const HOOK_FINALIZER: &str = "argocd.argoproj.io/hook-finalizer";
/// Deletes the objects with the application.
pub const RESOURCES_FINALIZER: &str = "resources-finalizer.argocd.argoproj.io";
/// The same, foreground by name.
pub const FOREGROUND_FINALIZER: &str = "resources-finalizer.argocd.argoproj.io/foreground";
/// The same in the background.
pub const BACKGROUND_FINALIZER: &str = "resources-finalizer.argocd.argoproj.io/background";
/// What kubectl and the client-side apply keep of the manifest.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// The field manager of everything that is applied.
pub const MANAGER: &str = "argocd-controller";
/// The address of the cluster that the controller runs in.
pub const IN_CLUSTER_SERVER: &str = "https://kubernetes.default.svc";
/// The name of the same.
pub const IN_CLUSTER_NAME: &str = "in-cluster";

/// The kind of Applications.
pub fn gvk() -> Gvk {
    Gvk::new(GROUP, VERSION, KIND)
}

/// What cannot be read as an Application.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("application spec cannot be read: {0}")]
pub struct ApplicationError(pub String);

/// `spec`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Spec {
    /// Where the manifests come from.
    pub source: Option<Source>,
    /// Several sources; when there are some, `source` is not read.
    #[serde(deserialize_with = "null_as_default")]
    pub sources: Vec<Source>,
    /// Where they go.
    pub destination: Destination,
    /// The project; empty is `default`.
    pub project: String,
    /// When and how it is synced.
    pub sync_policy: Option<SyncPolicy>,
    /// Differences that are no drift.
    #[serde(deserialize_with = "null_as_default")]
    pub ignore_differences: Vec<IgnoreDifference>,
    /// How many past syncs are kept, 10 unless said.
    pub revision_history_limit: Option<u64>,
}

/// One source of manifests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Source {
    /// URL of the repository.
    #[serde(rename = "repoURL")]
    pub repo_url: String,
    /// Folder in it.
    pub path: String,
    /// Branch, tag, commit or `HEAD`.
    pub target_revision: String,
    /// Options of a plain folder.
    pub directory: Option<Directory>,
    /// Options of kustomize.
    pub kustomize: Option<Value>,
    /// Helm, which is not rendered here.
    pub helm: Option<Value>,
    /// A plugin, which is not run here.
    pub plugin: Option<Value>,
    /// A chart, which is not rendered here.
    pub chart: String,
    /// The name of a source that others refer to.
    #[serde(rename = "ref")]
    pub reference: String,
}

/// Options of a plain folder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Directory {
    /// Whether folders below are read too.
    pub recurse: bool,
    /// A glob of what is read; empty for all.
    pub include: String,
    /// A glob of what is not.
    pub exclude: String,
    /// Jsonnet, which is not rendered here.
    pub jsonnet: Option<Value>,
}

/// Where manifests go.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Destination {
    /// Address of the API server.
    pub server: String,
    /// Name of the cluster.
    pub name: String,
    /// Namespace of namespaced objects without one.
    pub namespace: String,
}

/// When and how an application is synced.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SyncPolicy {
    /// Syncs by itself.
    pub automated: Option<Automated>,
    /// Options of the whole, such as `CreateNamespace=true`.
    #[serde(deserialize_with = "null_as_default")]
    pub sync_options: Vec<String>,
    /// How often a failed sync is tried again.
    pub retry: Option<Retry>,
    /// Labels and annotations of a namespace that is made.
    pub managed_namespace_metadata: Option<NamespaceMetadata>,
}

/// Syncing by itself.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Automated {
    /// Whether what is gone from Git is deleted.
    pub prune: bool,
    /// Whether drift of the cluster is undone.
    pub self_heal: bool,
    /// Whether everything may be deleted.
    pub allow_empty: bool,
    /// `false` turns it off without taking the block out.
    pub enabled: Option<bool>,
}

/// How often a failed sync is tried again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Retry {
    /// How often; below zero for ever.
    pub limit: i64,
    /// The waits between.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backoff: Option<Backoff>,
    /// Whether each try reads Git anew.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub refresh: bool,
}

/// The waits between tries.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Backoff {
    /// The first, such as `5s`; a bare number is seconds.
    pub duration: String,
    /// What each is multiplied by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor: Option<i64>,
    /// The longest.
    pub max_duration: String,
}

/// Labels and annotations of a namespace that is made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NamespaceMetadata {
    /// Labels.
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub labels: std::collections::BTreeMap<String, String>,
    /// Annotations.
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub annotations: std::collections::BTreeMap<String, String>,
}

/// Differences that are no drift.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IgnoreDifference {
    /// Glob of the group.
    pub group: String,
    /// Glob of the kind.
    pub kind: String,
    /// Name, empty for all.
    pub name: String,
    /// Namespace, empty for all.
    pub namespace: String,
    /// RFC 6901 pointers.
    #[serde(deserialize_with = "null_as_default")]
    pub json_pointers: Vec<String>,
    /// jq expressions.
    #[serde(rename = "jqPathExpressions", deserialize_with = "null_as_default")]
    pub jq_path_expressions: Vec<String>,
    /// Field managers whose fields are not ours.
    #[serde(deserialize_with = "null_as_default")]
    pub managed_fields_managers: Vec<String>,
}

/// `operation`: one sync that is asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Operation {
    /// What to sync.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync: Option<SyncOperation>,
    /// Who asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initiated_by: Option<Initiator>,
    /// How often it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// Pairs shown to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub info: Option<Value>,
}

/// Who asks for a sync.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Initiator {
    /// A person.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// The controller itself.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub automated: bool,
}

/// What a sync is to do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SyncOperation {
    /// Commit, branch or tag; empty for the application's own.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub revision: String,
    /// Whether what is gone from Git is deleted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub prune: bool,
    /// Whether nothing is written.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// Hooks or not, by force or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync_strategy: Option<Value>,
    /// Only these objects; empty for all.
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_as_default"
    )]
    pub resources: Vec<Selected>,
    /// Options of the whole.
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_as_default"
    )]
    pub sync_options: Vec<String>,
    /// The source instead of the application's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Value>,
    /// The sources instead of the application's own.
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_as_default"
    )]
    pub sources: Vec<Value>,
    /// The commits of several sources.
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_as_default"
    )]
    pub revisions: Vec<String>,
    /// Manifests instead of those of Git.
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_as_default"
    )]
    pub manifests: Vec<String>,
    /// How many heals stand before this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_heal_attempts_count: Option<i64>,
}

impl SyncOperation {
    /// Whether hooks run: not with the strategy `apply`, and not for a selection.
    pub fn has_hooks(&self) -> bool {
        let is_apply = self
            .sync_strategy
            .as_ref()
            .is_some_and(|strategy| strategy.get("apply").is_some_and(|apply| !apply.is_null()));
        !is_apply && self.resources.is_empty()
    }

    /// Whether what cannot be changed is deleted and made again.
    pub fn is_forced(&self) -> bool {
        ["apply", "hook"].iter().any(|name| {
            self.sync_strategy
                .as_ref()
                .and_then(|strategy| strategy.get(name)?.get("force"))
                == Some(&Value::Bool(true))
        })
    }
}

/// One object of a selection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Selected {
    /// API group.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Namespace, empty for any.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
}

/// The `spec` of an Application.
///
/// # Errors
/// [`ApplicationError`] names the field of another type.
pub fn spec(app: &Object) -> Result<Spec, ApplicationError> {
    let value = app.at(&["spec"]).cloned().unwrap_or(Value::Null);
    if value.is_null() {
        return Ok(Spec::default());
    }
    serde_json::from_value(value).map_err(|error| ApplicationError(error.to_string()))
}

/// The `operation` that is asked for, if one is.
///
/// # Errors
/// [`ApplicationError`] names the field of another type.
pub fn operation(app: &Object) -> Result<Option<Operation>, ApplicationError> {
    match app.at(&["operation"]) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => serde_json::from_value(value.clone())
            .map(Some)
            .map_err(|error| ApplicationError(error.to_string())),
    }
}

impl Spec {
    /// The automated block, where it is on.
    pub fn automated(&self) -> Option<&Automated> {
        let automated = self.sync_policy.as_ref()?.automated.as_ref()?;
        (automated.enabled != Some(false)).then_some(automated)
    }

    /// Labels and annotations of the namespace, where some are given.
    pub fn namespace_metadata(&self) -> Option<&NamespaceMetadata> {
        let policy = self.sync_policy.as_ref()?;
        policy.managed_namespace_metadata.as_ref()
    }

    /// The options of the whole.
    pub fn options(&self) -> &[String] {
        self.sync_policy
            .as_ref()
            .map_or(&[], |policy| &policy.sync_options)
    }
}

/// Go's JSON takes `null` for every list.
fn null_as_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_what_users_write() {
        let app = Object::from_value(json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
            "metadata": {"name": "shop"},
            "spec": {
                "project": "default",
                "source": {"repoURL": "https://git/x.git", "path": "a", "targetRevision": "main"},
                "destination": {"server": IN_CLUSTER_SERVER, "namespace": "shop"},
                "syncPolicy": {"automated": {"prune": true, "selfHeal": true},
                    "syncOptions": ["CreateNamespace=true"]},
                "ignoreDifferences": [{"kind": "Deployment", "jsonPointers": ["/spec/replicas"]}],
                "unknown": 1,
            },
        }))
        .unwrap();
        let spec = spec(&app).unwrap();
        assert!(spec.automated().unwrap().self_heal);
        assert_eq!(spec.options(), ["CreateNamespace=true"]);
        assert_eq!(spec.ignore_differences[0].json_pointers, ["/spec/replicas"]);
        assert_eq!(operation(&app), Ok(None));
    }

    #[test]
    fn automated_can_be_turned_off_in_place() {
        let spec: Spec = serde_json::from_value(
            json!({"syncPolicy": {"automated": {"enabled": false}, "syncOptions": null}}),
        )
        .unwrap();
        assert_eq!(spec.automated(), None);
    }

    #[test]
    fn a_selection_and_the_strategy_apply_run_no_hooks() {
        let read = |value| serde_json::from_value::<SyncOperation>(value).unwrap();
        assert!(read(json!({})).has_hooks());
        assert!(!read(json!({"syncStrategy": {"apply": {"force": true}}})).has_hooks());
        assert!(read(json!({"syncStrategy": {"apply": {"force": true}}})).is_forced());
        assert!(!read(json!({"resources": [{"kind": "A", "name": "a"}]})).has_hooks());
    }
}
