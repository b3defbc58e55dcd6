//! Where the kinds that we use stand in paths, so that no discovery is needed.

use crate::object::Gvk;

/// How a kind is named in paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plural {
    /// The name, such as `configmaps`.
    pub name: &'static str,
    /// Whether objects live in namespaces.
    pub namespaced: bool,
}

/// Group, kind, plural name, whether namespaced.
const KINDS: &[(&str, &str, &str, bool)] = &[
    ("", "ConfigMap", "configmaps", true),
    ("", "Endpoints", "endpoints", true),
    ("", "Event", "events", true),
    ("", "Namespace", "namespaces", false),
    ("", "Node", "nodes", false),
    ("", "PersistentVolume", "persistentvolumes", false),
    ("", "PersistentVolumeClaim", "persistentvolumeclaims", true),
    ("", "Pod", "pods", true),
    ("", "ReplicationController", "replicationcontrollers", true),
    ("", "Secret", "secrets", true),
    ("", "Service", "services", true),
    ("", "ServiceAccount", "serviceaccounts", true),
    (
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        false,
    ),
    ("apps", "ControllerRevision", "controllerrevisions", true),
    ("apps", "DaemonSet", "daemonsets", true),
    ("apps", "Deployment", "deployments", true),
    ("apps", "ReplicaSet", "replicasets", true),
    ("apps", "StatefulSet", "statefulsets", true),
    ("argoproj.io", "AnalysisRun", "analysisruns", true),
    ("argoproj.io", "AnalysisTemplate", "analysistemplates", true),
    ("argoproj.io", "Application", "applications", true),
    ("argoproj.io", "AppProject", "appprojects", true),
    (
        "argoproj.io",
        "ClusterAnalysisTemplate",
        "clusteranalysistemplates",
        false,
    ),
    ("argoproj.io", "Experiment", "experiments", true),
    ("argoproj.io", "Rollout", "rollouts", true),
    (
        "autoscaling",
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
        true,
    ),
    ("batch", "CronJob", "cronjobs", true),
    ("batch", "Job", "jobs", true),
    ("bitnami.com", "SealedSecret", "sealedsecrets", true),
    ("coordination.k8s.io", "Lease", "leases", true),
    ("discovery.k8s.io", "EndpointSlice", "endpointslices", true),
    ("gateway.networking.k8s.io", "GRPCRoute", "grpcroutes", true),
    ("gateway.networking.k8s.io", "HTTPRoute", "httproutes", true),
    ("networking.k8s.io", "Ingress", "ingresses", true),
    (
        "policy",
        "PodDisruptionBudget",
        "poddisruptionbudgets",
        true,
    ),
    ("traefik.io", "TraefikService", "traefikservices", true),
];

/// How a kind is named in paths, if this program uses it.
pub fn plural(gvk: &Gvk) -> Option<Plural> {
    KINDS
        .iter()
        .find(|(group, kind, ..)| *group == gvk.group && *kind == gvk.kind)
        .map(|&(_, _, name, namespaced)| Plural { name, namespaced })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_without_doubles() {
        let lower = |(group, kind, ..): &(&str, &str, &str, bool)| {
            (group.to_lowercase(), kind.to_lowercase())
        };
        assert!(KINDS.is_sorted_by(|a, b| lower(a) < lower(b)));
        let secret = plural(&Gvk::new("", "v1", "Secret")).unwrap();
        assert_eq!(secret.name, "secrets");
        assert_eq!(plural(&Gvk::new("x", "v1", "Secret")), None);
    }
}
