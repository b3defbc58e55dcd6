//! The resources that a Kubernetes 1.37 API server serves by default, as its discovery lists them.
//!
//! Stable versions only, as `pkg/controlplane/instance.go` enables them. Left out is what the
//! sandbox does not serve: `bindings`, `componentstatuses`, and the subresources of a pod, a node
//! and a service account that need a kubelet or a token signer.

use std::sync::Arc;

use super::resource::{Resource, ScalePaths, Subresource};
use crate::object::{Gvk, schema::Schema};

/// Groups with their versions, in the order of discovery (the preferred version comes first).
const GROUPS: &[(&str, &str, &[Row])] = &[
    ("", "v1", CORE),
    ("apiregistration.k8s.io", "v1", APIREGISTRATION_V1),
    ("apps", "v1", APPS_V1),
    ("events.k8s.io", "v1", EVENTS_V1),
    ("authentication.k8s.io", "v1", AUTHENTICATION_V1),
    ("authorization.k8s.io", "v1", AUTHORIZATION_V1),
    ("autoscaling", "v2", AUTOSCALING),
    ("autoscaling", "v1", AUTOSCALING),
    ("batch", "v1", BATCH_V1),
    ("certificates.k8s.io", "v1", CERTIFICATES_V1),
    ("networking.k8s.io", "v1", NETWORKING_V1),
    ("policy", "v1", POLICY_V1),
    ("rbac.authorization.k8s.io", "v1", RBAC_V1),
    ("storage.k8s.io", "v1", STORAGE_V1),
    (
        "admissionregistration.k8s.io",
        "v1",
        ADMISSIONREGISTRATION_V1,
    ),
    ("apiextensions.k8s.io", "v1", APIEXTENSIONS_V1),
    ("scheduling.k8s.io", "v1", SCHEDULING_V1),
    ("coordination.k8s.io", "v1", COORDINATION_V1),
    ("node.k8s.io", "v1", NODE_V1),
    ("discovery.k8s.io", "v1", DISCOVERY_V1),
    ("resource.k8s.io", "v1", RESOURCE_V1),
    ("flowcontrol.apiserver.k8s.io", "v1", FLOWCONTROL_V1),
    ("storagemigration.k8s.io", "v1", STORAGEMIGRATION_V1),
];

const ALL_VERBS: &[&str] = &[
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
];
const KEPT_VERBS: &[&str] = &[
    "create", "delete", "get", "list", "patch", "update", "watch",
];
const SUB_VERBS: &[&str] = &["get", "patch", "update"];

/// A subresource: name, group, version and kind of what it takes (empty: those of the object), verbs.
type Extra = (&'static str, [&'static str; 3], &'static [&'static str]);

const SCALE: Extra = ("scale", ["autoscaling", "v1", "Scale"], SUB_VERBS);
const FINALIZE: Extra = ("finalize", ["", "", "Namespace"], &["update"]);
const BINDING: Extra = ("binding", ["", "v1", "Binding"], &["create"]);
const EVICTION: Extra = ("eviction", ["policy", "v1", "Eviction"], &["create"]);
const SERVICE_PROXY: Extra = (
    "proxy",
    ["", "", "ServiceProxyOptions"],
    &["create", "delete", "get", "patch", "update"],
);

/// What discovery says of one resource; its singular is its kind in lower case.
struct Row {
    plural: &'static str,
    kind: &'static str,
    namespaced: bool,
    short: &'static [&'static str],
    categories: &'static [&'static str],
    verbs: &'static [&'static str],
    status: bool,
    scale: bool,
    also: &'static [Extra],
}

impl Row {
    const fn namespaced(plural: &'static str, kind: &'static str) -> Self {
        Self {
            plural,
            kind,
            namespaced: true,
            short: &[],
            categories: &[],
            verbs: ALL_VERBS,
            status: false,
            scale: false,
            also: &[],
        }
    }

    const fn cluster(plural: &'static str, kind: &'static str) -> Self {
        let mut row = Self::namespaced(plural, kind);
        row.namespaced = false;
        row
    }

    const fn short(mut self, names: &'static [&'static str]) -> Self {
        self.short = names;
        self
    }

    const fn all(mut self) -> Self {
        self.categories = &["all"];
        self
    }

    const fn extension(mut self) -> Self {
        self.categories = &["api-extensions"];
        self
    }

    const fn status(mut self) -> Self {
        self.status = true;
        self
    }

    const fn scale(mut self) -> Self {
        self.scale = true;
        self
    }

    const fn also(mut self, extra: &'static [Extra]) -> Self {
        self.also = extra;
        self
    }

    /// Answered, not kept.
    const fn create_only(mut self) -> Self {
        self.verbs = &["create"];
        self
    }

    /// Not to be deleted by the collection.
    const fn kept(mut self) -> Self {
        self.verbs = KEPT_VERBS;
        self
    }
}

const CORE: &[Row] = &[
    Row::namespaced("configmaps", "ConfigMap").short(&["cm"]),
    Row::namespaced("endpoints", "Endpoints").short(&["ep"]),
    Row::namespaced("events", "Event").short(&["ev"]),
    Row::namespaced("limitranges", "LimitRange").short(&["limits"]),
    Row::cluster("namespaces", "Namespace")
        .short(&["ns"])
        .status()
        .also(&[FINALIZE])
        .kept(),
    Row::cluster("nodes", "Node").short(&["no"]).status(),
    Row::namespaced("persistentvolumeclaims", "PersistentVolumeClaim")
        .short(&["pvc"])
        .status(),
    Row::cluster("persistentvolumes", "PersistentVolume")
        .short(&["pv"])
        .status(),
    Row::namespaced("pods", "Pod")
        .short(&["po"])
        .all()
        .status()
        .also(&[BINDING, EVICTION]),
    Row::namespaced("podtemplates", "PodTemplate"),
    Row::namespaced("replicationcontrollers", "ReplicationController")
        .short(&["rc"])
        .all()
        .status()
        .scale(),
    Row::namespaced("resourcequotas", "ResourceQuota")
        .short(&["quota"])
        .status(),
    Row::namespaced("secrets", "Secret"),
    Row::namespaced("serviceaccounts", "ServiceAccount").short(&["sa"]),
    Row::namespaced("services", "Service")
        .short(&["svc"])
        .all()
        .status()
        .also(&[SERVICE_PROXY]),
];
const APIREGISTRATION_V1: &[Row] = &[Row::cluster("apiservices", "APIService")
    .extension()
    .status()];
const APPS_V1: &[Row] = &[
    Row::namespaced("controllerrevisions", "ControllerRevision"),
    Row::namespaced("daemonsets", "DaemonSet")
        .short(&["ds"])
        .all()
        .status(),
    Row::namespaced("deployments", "Deployment")
        .short(&["deploy"])
        .all()
        .status()
        .scale(),
    Row::namespaced("replicasets", "ReplicaSet")
        .short(&["rs"])
        .all()
        .status()
        .scale(),
    Row::namespaced("statefulsets", "StatefulSet")
        .short(&["sts"])
        .all()
        .status()
        .scale(),
];
const EVENTS_V1: &[Row] = &[Row::namespaced("events", "Event").short(&["ev"])];
const AUTHENTICATION_V1: &[Row] = &[
    Row::cluster("selfsubjectreviews", "SelfSubjectReview").create_only(),
    Row::cluster("tokenreviews", "TokenReview").create_only(),
];
const AUTHORIZATION_V1: &[Row] = &[
    Row::namespaced("localsubjectaccessreviews", "LocalSubjectAccessReview").create_only(),
    Row::cluster("selfsubjectaccessreviews", "SelfSubjectAccessReview").create_only(),
    Row::cluster("selfsubjectrulesreviews", "SelfSubjectRulesReview").create_only(),
    Row::cluster("subjectaccessreviews", "SubjectAccessReview").create_only(),
];
const AUTOSCALING: &[Row] =
    &[
        Row::namespaced("horizontalpodautoscalers", "HorizontalPodAutoscaler")
            .short(&["hpa"])
            .all()
            .status(),
    ];
const BATCH_V1: &[Row] = &[
    Row::namespaced("cronjobs", "CronJob")
        .short(&["cj"])
        .all()
        .status(),
    Row::namespaced("jobs", "Job").all().status(),
];
const CERTIFICATES_V1: &[Row] = &[
    Row::cluster("certificatesigningrequests", "CertificateSigningRequest")
        .short(&["csr"])
        .status(),
    Row::cluster("clustertrustbundles", "ClusterTrustBundle"),
    Row::namespaced("podcertificaterequests", "PodCertificateRequest").status(),
];
const NETWORKING_V1: &[Row] = &[
    Row::cluster("ingressclasses", "IngressClass"),
    Row::namespaced("ingresses", "Ingress")
        .short(&["ing"])
        .status(),
    Row::cluster("ipaddresses", "IPAddress").short(&["ip"]),
    Row::namespaced("networkpolicies", "NetworkPolicy").short(&["netpol"]),
    Row::cluster("servicecidrs", "ServiceCIDR").status(),
];
const POLICY_V1: &[Row] = &[
    Row::namespaced("poddisruptionbudgets", "PodDisruptionBudget")
        .short(&["pdb"])
        .status(),
];
const RBAC_V1: &[Row] = &[
    Row::cluster("clusterrolebindings", "ClusterRoleBinding"),
    Row::cluster("clusterroles", "ClusterRole"),
    Row::namespaced("rolebindings", "RoleBinding"),
    Row::namespaced("roles", "Role"),
];
const STORAGE_V1: &[Row] = &[
    Row::cluster("csidrivers", "CSIDriver"),
    Row::cluster("csinodes", "CSINode").status(),
    Row::namespaced("csistoragecapacities", "CSIStorageCapacity"),
    Row::cluster("storageclasses", "StorageClass").short(&["sc"]),
    Row::cluster("volumeattachments", "VolumeAttachment").status(),
    Row::cluster("volumeattributesclasses", "VolumeAttributesClass").short(&["vac"]),
];
const ADMISSIONREGISTRATION_V1: &[Row] = &[
    Row::cluster("mutatingadmissionpolicies", "MutatingAdmissionPolicy").extension(),
    Row::cluster(
        "mutatingadmissionpolicybindings",
        "MutatingAdmissionPolicyBinding",
    )
    .extension(),
    Row::cluster(
        "mutatingwebhookconfigurations",
        "MutatingWebhookConfiguration",
    )
    .extension(),
    Row::cluster("validatingadmissionpolicies", "ValidatingAdmissionPolicy")
        .extension()
        .status(),
    Row::cluster(
        "validatingadmissionpolicybindings",
        "ValidatingAdmissionPolicyBinding",
    )
    .extension(),
    Row::cluster(
        "validatingwebhookconfigurations",
        "ValidatingWebhookConfiguration",
    )
    .extension(),
];
const APIEXTENSIONS_V1: &[Row] =
    &[
        Row::cluster("customresourcedefinitions", "CustomResourceDefinition")
            .short(&["crd", "crds"])
            .extension()
            .status(),
    ];
const SCHEDULING_V1: &[Row] = &[Row::cluster("priorityclasses", "PriorityClass").short(&["pc"])];
const COORDINATION_V1: &[Row] = &[Row::namespaced("leases", "Lease")];
const NODE_V1: &[Row] = &[Row::cluster("runtimeclasses", "RuntimeClass")];
const DISCOVERY_V1: &[Row] = &[Row::namespaced("endpointslices", "EndpointSlice")];
const RESOURCE_V1: &[Row] = &[
    Row::cluster("deviceclasses", "DeviceClass"),
    Row::cluster("devicetaintrules", "DeviceTaintRule").status(),
    Row::namespaced("resourceclaims", "ResourceClaim").status(),
    Row::namespaced("resourceclaimtemplates", "ResourceClaimTemplate"),
    Row::cluster("resourceslices", "ResourceSlice"),
];
const FLOWCONTROL_V1: &[Row] = &[
    Row::cluster("flowschemas", "FlowSchema").status(),
    Row::cluster("prioritylevelconfigurations", "PriorityLevelConfiguration").status(),
];
const STORAGEMIGRATION_V1: &[Row] =
    &[Row::cluster("storageversionmigrations", "StorageVersionMigration").status()];

/// All built-in resources in the order of discovery.
pub(super) fn resources() -> Vec<Arc<Resource>> {
    GROUPS
        .iter()
        .flat_map(|(group, version, rows)| {
            rows.iter()
                .map(|row| Arc::new(resource(group, version, row)))
        })
        .collect()
}

/// What is said to those who still use Endpoints.
const ENDPOINTS: &str =
    "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";

fn resource(group: &str, version: &str, row: &Row) -> Resource {
    let gvk = Gvk::new(group, version, row.kind);
    Resource {
        plural: row.plural.to_owned(),
        singular: row.kind.to_lowercase(),
        list_kind: format!("{}List", row.kind),
        namespaced: row.namespaced,
        short_names: texts(row.short),
        categories: texts(row.categories),
        verbs: texts(row.verbs),
        subresources: subresources(&gvk, row),
        has_status: row.status,
        scale: row.scale.then(|| ScalePaths {
            spec: "spec.replicas".to_owned(),
            status: "status.replicas".to_owned(),
            selector: Some("spec.selector".to_owned()),
        }),
        schema: Schema::of(&gvk),
        custom: false,
        structural: None,
        open_api: None,
        columns: Vec::new(),
        storage: storage(&gvk),
        deprecation: (group.is_empty() && row.plural == "endpoints").then(|| ENDPOINTS.to_owned()),
        gvk,
    }
}

/// Where two versions or groups show the same objects, they are kept in one of them.
fn storage(gvk: &Gvk) -> Gvk {
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("events.k8s.io", kind) => Gvk::new("", "v1", kind),
        ("autoscaling", kind) => Gvk::new("autoscaling", "v2", kind),
        _ => gvk.clone(),
    }
}

fn subresources(gvk: &Gvk, row: &Row) -> Vec<Subresource> {
    let scale: &[Extra] = if row.scale { &[SCALE] } else { &[] };
    let status = ("status", ["", "", row.kind], SUB_VERBS);
    let status: &[Extra] = if row.status { &[status] } else { &[] };
    let mut all: Vec<Subresource> = [scale, status, row.also]
        .concat()
        .into_iter()
        .map(|(name, [group, version, kind], verbs)| Subresource {
            name: name.to_owned(),
            gvk: if version.is_empty() {
                Gvk::new(gvk.group.clone(), gvk.version.clone(), kind)
            } else {
                Gvk::new(group, version, kind)
            },
            verbs: texts(verbs),
        })
        .collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}
