//! The order of a sync: phase, wave, kind, name (`gitops-engine/pkg/sync/sync_tasks.go`).

use crate::{
    api::application::SYNC_WAVE,
    object::{Gvk, Object},
};

/// Kinds in the order of their making; all others come behind them, then Rollouts.
///
/// Upstream's table; a SealedSecret stands with the Secret that it becomes and an AnalysisTemplate with the
/// ConfigMaps, for a Rollout reads both when it starts.
const KINDS: &[&[&str]] = &[
    &["Namespace"],
    &["NetworkPolicy"],
    &["ResourceQuota"],
    &["LimitRange"],
    &["PodSecurityPolicy"],
    &["PodDisruptionBudget"],
    &["ServiceAccount"],
    &["Secret", "SealedSecret"],
    &["SecretList"],
    &["ConfigMap", "AnalysisTemplate", "ClusterAnalysisTemplate"],
    &["StorageClass"],
    &["PersistentVolume"],
    &["PersistentVolumeClaim"],
    &["CustomResourceDefinition"],
    &["ClusterRole"],
    &["ClusterRoleList"],
    &["ClusterRoleBinding"],
    &["ClusterRoleBindingList"],
    &["Role"],
    &["RoleList"],
    &["RoleBinding"],
    &["RoleBindingList"],
    &["Service"],
    &["DaemonSet"],
    &["Pod"],
    &["ReplicationController"],
    &["ReplicaSet"],
    &["Deployment"],
    &["HorizontalPodAutoscaler"],
    &["StatefulSet"],
    &["Job"],
    &["CronJob"],
    &["IngressClass"],
    &["Ingress"],
    &["APIService"],
];

/// The place of a kind within its wave.
pub fn rank(gvk: &Gvk) -> usize {
    if gvk.kind == "Rollout" && gvk.group == "argoproj.io" {
        return KINDS.len() + 1;
    }
    KINDS
        .iter()
        .position(|kinds| kinds.contains(&gvk.kind.as_str()))
        .unwrap_or(KINDS.len())
}

/// Whether objects of a kind run pods, and so wait for SealedSecrets that this sync has changed.
pub fn is_workload(gvk: &Gvk) -> bool {
    matches!(
        gvk.kind.as_str(),
        "Rollout"
            | "Deployment"
            | "StatefulSet"
            | "DaemonSet"
            | "ReplicaSet"
            | "ReplicationController"
            | "Pod"
            | "Job"
            | "CronJob"
    )
}

/// The wave of an object: 0 unless its annotation is a number; a weight of Helm counts where there is none.
pub fn wave(object: &Object) -> i64 {
    [SYNC_WAVE, "helm.sh/hook-weight"]
        .iter()
        .find_map(|name| object.annotation(name)?.trim().parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn kinds_stand_in_their_order() {
        let rank = |group: &str, kind: &str| rank(&Gvk::new(group, "v1", kind));
        let names = [
            ("", "Namespace"),
            ("", "ServiceAccount"),
            ("", "Secret"),
            ("", "ConfigMap"),
            ("apiextensions.k8s.io", "CustomResourceDefinition"),
            ("rbac.authorization.k8s.io", "Role"),
            ("", "Service"),
            ("apps", "Deployment"),
            ("networking.k8s.io", "Ingress"),
            ("gateway.networking.k8s.io", "HTTPRoute"),
            ("argoproj.io", "Rollout"),
        ];
        assert!(names.is_sorted_by_key(|(group, kind)| rank(group, kind)));
        assert_eq!(rank("bitnami.com", "SealedSecret"), rank("", "Secret"));
        assert_eq!(
            rank("argoproj.io", "AnalysisTemplate"),
            rank("", "ConfigMap")
        );
    }

    #[test]
    fn waves_are_numbers_or_none() {
        for (annotations, expected) in [
            (json!({}), 0),
            (json!({SYNC_WAVE: "-5"}), -5),
            (json!({SYNC_WAVE: "soon"}), 0),
            (json!({SYNC_WAVE: "soon", "helm.sh/hook-weight": "3"}), 3),
        ] {
            let object = Object::from_value(json!({"apiVersion": "v1", "kind": "A",
                "metadata": {"annotations": annotations}}))
            .unwrap();
            assert_eq!(wave(&object), expected);
        }
    }
}
