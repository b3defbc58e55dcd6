//! Pods.

use serde_json::{Map, Value, json};

use super::{Rules, pod_spec, set};
use crate::{object::Object, sandbox::error::Cause};

/// The rules of Pods.
pub const RULES: Rules = Rules {
    group: "",
    plural: "pods",
    fill,
    prepare,
    validate,
};

/// Fields of a running pod's specification that may change.
const CHANGEABLE: &str = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

/// What holds for pods, not for templates of them.
fn fill(object: &mut Object) {
    if let Some(spec) = set::spec(object) {
        let seconds = spec
            .get("terminationGracePeriodSeconds")
            .and_then(Value::as_i64);
        if seconds.is_some_and(|seconds| seconds < 0) {
            spec.insert("terminationGracePeriodSeconds".to_owned(), 1.into());
        }
        set::default(spec, "enableServiceLinks", true);
        let is_in_host = spec.get("hostNetwork") == Some(&true.into());
        for list in ["containers", "initContainers"] {
            for container in set::maps(spec, list) {
                default_requests(container);
                for port in set::maps(container, "ports").filter(|_| is_in_host) {
                    let number = port.get("containerPort").cloned().unwrap_or_default();
                    set::default(port, "hostPort", number);
                }
            }
        }
    }
}

/// Admission names an account and a priority, and tolerates for a while a node that is not reached.
fn prepare(object: &mut Object, before: Option<&Object>) {
    if let Some(spec) = set::spec(object) {
        set::default_text(spec, "serviceAccountName", "default");
        set::default_text(spec, "serviceAccount", "default");
        set::default(spec, "preemptionPolicy", "PreemptLowerPriority");
        set::default(spec, "priority", 0);
        tolerate(spec);
    }
    if before.is_none() {
        let class = quality(object);
        object.set(&["status"], json!({"phase": "Pending", "qosClass": class}));
    }
}

/// Taints of nodes that are out of reach, tolerated until the pod is given up
/// (`plugin/pkg/admission/defaulttolerationseconds`).
const OUT_OF_REACH: [&str; 2] = [
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
];
const TOLERATED_SECONDS: i64 = 300;

fn tolerate(spec: &mut Map<String, Value>) {
    set::default(spec, "tolerations", json!([]));
    let Some(Value::Array(tolerations)) = spec.get_mut("tolerations") else {
        return;
    };
    for taint in OUT_OF_REACH {
        let is_tolerated = tolerations.iter().any(|toleration| {
            let text = |field: &str| toleration[field].as_str().unwrap_or_default();
            matches!(text("key"), key if key == taint || key.is_empty())
                && matches!(text("effect"), "NoExecute" | "")
        });
        if !is_tolerated {
            tolerations.push(json!({
                "key": taint, "operator": "Exists", "effect": "NoExecute",
                "tolerationSeconds": TOLERATED_SECONDS,
            }));
        }
    }
}

/// What is limited but not requested is requested up to its limit.
fn default_requests(container: &mut Map<String, Value>) {
    let Some(resources) = container
        .get_mut("resources")
        .and_then(Value::as_object_mut)
    else {
        return;
    };
    let Some(limits) = resources.get("limits").and_then(Value::as_object).cloned() else {
        return;
    };
    if let Some(requests) = set::map(resources, "requests") {
        for (name, amount) in limits {
            set::default(requests, &name, amount);
        }
    }
}

/// The quality of service class (`pkg/apis/core/v1/helper/qos`).
fn quality(object: &Object) -> &'static str {
    let lists = ["containers", "initContainers"].map(|list| {
        object
            .at(&["spec", list])
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default()
    });
    let mut has_any = false;
    let mut is_guaranteed = true;
    for container in lists.into_iter().flatten() {
        let amount = |part: &str, name: &str| {
            container
                .get("resources")
                .and_then(|resources| resources.get(part)?.get(name))
        };
        for name in ["cpu", "memory"] {
            has_any |= amount("requests", name).is_some() || amount("limits", name).is_some();
            is_guaranteed &= amount("limits", name).is_some()
                && amount("limits", name) == amount("requests", name);
        }
    }
    match (has_any, is_guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

fn validate(object: &Object, before: Option<&Object>) -> Vec<Cause> {
    let mut causes = pod_spec::validate(object.at(&["spec"]), "spec");
    if let Some(before) = before
        && fixed(object) != fixed(before)
    {
        causes.push(Cause::forbidden("spec", CHANGEABLE));
    }
    causes
}

/// The specification without what may change.
fn fixed(object: &Object) -> Option<Value> {
    let mut spec = object.at(&["spec"])?.clone();
    if let Some(spec) = spec.as_object_mut() {
        for field in [
            "activeDeadlineSeconds",
            "tolerations",
            "terminationGracePeriodSeconds",
        ] {
            spec.remove(field);
        }
        for list in ["containers", "initContainers"] {
            for container in set::maps(spec, list) {
                container.remove("image");
            }
        }
    }
    Some(spec)
}
