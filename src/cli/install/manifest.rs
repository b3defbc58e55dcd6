//! The manifests of an installation, as values.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    rights::{Place, rules},
    workload,
};
use crate::{api::crd, controller::Part};

/// What everything is called that is not called as the original's.
pub const NAME: &str = "waxwing-controller";

/// The Service that an unmodified kubeseal asks.
pub const SERVICE: &str = "sealed-secrets-controller";

/// The role of whoever may have the certificate.
const PROXIER: &str = "sealed-secrets-service-proxier";

/// The role of whoever may have SealedSecrets verified and re-encrypted.
const VERIFIER: &str = "sealed-secrets-service-verifier";

/// The role of what applies Git.
const APPLIER: &str = "waxwing-applier";

/// The API of rights.
const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// Namespaces that every cluster has.
const THERE: &[&str] = &["default", "kube-system"];

/// What is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The namespace of the controller.
    pub namespace: String,
    /// Whether it works in its own namespace only.
    pub namespaced: bool,
    /// The controllers that run.
    pub parts: BTreeSet<Part>,
    /// Whether the rights to apply anything are given.
    pub binds_applier: bool,
    /// Whether the custom resource definitions belong to it.
    pub has_definitions: bool,
    /// The image of the container.
    pub image: String,
    /// How many pods run, of which one works and the others stand by.
    pub replicas: u32,
}

/// The manifests in the order in which they can be made.
pub fn manifests(plan: &Plan) -> Vec<Value> {
    let mut all = Vec::new();
    if plan.has_definitions {
        all.extend([
            crd::sealed_secret(),
            crd::application(),
            crd::argo::app_project(),
        ]);
        all.extend(crd::argo::all());
    }
    if !THERE.contains(&plan.namespace.as_str()) {
        all.push(json!({"apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": plan.namespace, "labels": labels()}}));
    }
    all.push(json!({"apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": metadata(NAME, Some(&plan.namespace)), "automountServiceAccountToken": false}));
    all.extend(own_rights(plan));
    all.extend(strangers_rights(plan));
    all.extend(workload::services(plan));
    all.push(workload::deployment(plan));
    all.push(workload::budget(plan));
    all
}

/// What the controller may do.
fn own_rights(plan: &Plan) -> Vec<Value> {
    let within = |place| rules(&plan.parts, place);
    let mut all = Vec::new();
    let mut own = within(Place::Own);
    if plan.namespaced {
        own.extend(within(Place::Watched));
    } else {
        let mut wide = within(Place::Watched);
        wide.extend(within(Place::Cluster));
        all.push(role("ClusterRole", NAME, None, &wide));
        all.push(binding("ClusterRole", NAME, None, &account(plan)));
    }
    let namespace = Some(plan.namespace.as_str());
    all.push(role("Role", NAME, namespace, &own));
    all.push(binding("Role", NAME, namespace, &account(plan)));
    if !plan.namespaced {
        // Whatever is in Git may be anything: these rights are given only to whoever asks for it.
        let rule = json!({"apiGroups": ["*"], "resources": ["*"],
            "verbs": ["create", "delete", "get", "list", "patch", "update", "watch"]});
        all.push(role("ClusterRole", APPLIER, None, &[rule]));
        if plan.binds_applier {
            all.push(binding("ClusterRole", APPLIER, None, &account(plan)));
        }
    }
    all
}

/// What others may do with the controller: everybody may have the certificate, and nobody more unless it is given.
fn strangers_rights(plan: &Plan) -> Vec<Value> {
    if !plan.parts.contains(&Part::SealedSecrets) {
        return Vec::new();
    }
    let namespace = Some(plan.namespace.as_str());
    let names = json!([
        format!("http:{SERVICE}:"),
        format!("http:{SERVICE}:http"),
        SERVICE
    ]);
    let proxy = |verb: &str| json!({"apiGroups": [""], "resources": ["services/proxy"], "resourceNames": names, "verbs": [verb]});
    let service = json!({"apiGroups": [""], "resources": ["services"], "resourceNames": [SERVICE], "verbs": ["get"]});
    let everybody = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:authenticated"});
    vec![
        role("Role", PROXIER, namespace, &[service, proxy("get")]),
        binding("Role", PROXIER, namespace, &everybody),
        role("Role", VERIFIER, namespace, &[proxy("create")]),
    ]
}

fn role(kind: &str, name: &str, namespace: Option<&str>, rules: &[Value]) -> Value {
    json!({"apiVersion": RBAC, "kind": kind, "metadata": metadata(name, namespace), "rules": rules})
}

fn binding(kind: &str, name: &str, namespace: Option<&str>, subject: &Value) -> Value {
    json!({"apiVersion": RBAC, "kind": format!("{kind}Binding"), "metadata": metadata(name, namespace),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
        "subjects": [subject]})
}

fn account(plan: &Plan) -> Value {
    json!({"kind": "ServiceAccount", "name": NAME, "namespace": plan.namespace})
}

/// The labels of everything that is installed.
pub fn labels() -> Value {
    json!({"app.kubernetes.io/name": "waxwing", "app.kubernetes.io/component": "controller"})
}

/// The metadata of something that is installed.
pub fn metadata(name: &str, namespace: Option<&str>) -> Value {
    let mut metadata = json!({"name": name, "labels": labels()});
    if let (Some(map), Some(namespace)) = (metadata.as_object_mut(), namespace) {
        map.insert("namespace".to_owned(), namespace.into());
    }
    metadata
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Object;

    fn plan() -> Plan {
        Plan {
            namespace: "kube-system".to_owned(),
            namespaced: false,
            parts: Part::ALL.iter().copied().collect(),
            binds_applier: false,
            has_definitions: true,
            image: "waxwing:1".to_owned(),
            replicas: 2,
        }
    }

    fn names(plan: &Plan) -> Vec<String> {
        let all = manifests(plan).into_iter();
        let all = all.map(|value| Object::from_value(value).unwrap());
        all.filter(|object| object.kind() != "CustomResourceDefinition")
            .map(|object| object.reference().to_string())
            .collect()
    }

    #[test]
    fn a_whole_cluster_has_all_and_the_applier_is_not_bound() {
        let expected = [
            "ServiceAccount kube-system/waxwing-controller",
            "ClusterRole waxwing-controller",
            "ClusterRoleBinding waxwing-controller",
            "Role kube-system/waxwing-controller",
            "RoleBinding kube-system/waxwing-controller",
            "ClusterRole waxwing-applier",
            "Role kube-system/sealed-secrets-service-proxier",
            "RoleBinding kube-system/sealed-secrets-service-proxier",
            "Role kube-system/sealed-secrets-service-verifier",
            "Service kube-system/sealed-secrets-controller",
            "Service kube-system/sealed-secrets-controller-metrics",
            "Deployment kube-system/waxwing-controller",
            "PodDisruptionBudget kube-system/waxwing-controller",
        ];
        assert_eq!(names(&plan()), expected);
        let bound = Plan {
            binds_applier: true,
            ..plan()
        };
        assert!(names(&bound).contains(&"ClusterRoleBinding waxwing-applier".to_owned()));
    }

    #[test]
    fn in_one_namespace_nothing_is_given_for_the_cluster() {
        let own = Plan {
            namespace: "team".to_owned(),
            namespaced: true,
            ..plan()
        };
        let names = names(&own);
        assert!(names.contains(&"Namespace team".to_owned()));
        assert!(
            !names.iter().any(|name| name.starts_with("Cluster")),
            "{names:?}"
        );
        let role = manifests(&own)
            .into_iter()
            .find(|value| value["kind"] == "Role" && value["metadata"]["name"] == NAME);
        assert!(role.unwrap()["rules"].to_string().contains("sealedsecrets"));
    }

    #[test]
    fn nobody_may_post_to_the_controller_unless_it_is_given() {
        let all = manifests(&plan());
        let bound = all.iter().filter(|value| value["kind"] == "RoleBinding");
        let bound: Vec<&str> = bound
            .map(|value| value["roleRef"]["name"].as_str().unwrap())
            .collect();
        assert_eq!(bound, [NAME, PROXIER]);
        let proxier = all
            .iter()
            .find(|value| value["metadata"]["name"] == PROXIER);
        assert!(!proxier.unwrap().to_string().contains("create"));
    }
}
