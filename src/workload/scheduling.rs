//! Whether a pod may run on a node: its node selector and affinity, the node's taints, and whether it is cordoned.

use serde_json::{Value, json};

use super::field;
use crate::object::{LabelSelector, Object};

/// Taint of a node that takes no new pods.
const CORDONED: &str = "node.kubernetes.io/unschedulable";

/// Why a node does not take a pod, in the words of the scheduler; `None` if it does.
pub fn refusal(pod: &Object, node: &Object) -> Option<&'static str> {
    let tolerations = field::list(pod, &["spec", "tolerations"]);
    if field::is_true(node, &["spec", "unschedulable"])
        && !tolerates(tolerations, CORDONED, "", "NoSchedule")
    {
        return Some("node(s) were unschedulable");
    }
    let untolerated = |effects: &[&str]| {
        field::list(node, &["spec", "taints"]).iter().any(|taint| {
            let text = |name: &str| taint.get(name).and_then(Value::as_str).unwrap_or_default();
            let effect = text("effect");
            effects.contains(&effect) && !tolerates(tolerations, text("key"), text("value"), effect)
        })
    };
    if untolerated(&["NoSchedule", "NoExecute"]) {
        return Some("node(s) had untolerated taint(s)");
    }
    (!is_chosen(pod, node)).then_some("node(s) didn't match Pod's node affinity/selector")
}

/// Whether a pod that is on a node may stay there: only its affinity, and taints that drive pods out, matter.
pub fn may_stay(pod: &Object, node: &Object) -> bool {
    let tolerations = field::list(pod, &["spec", "tolerations"]);
    let is_driven_out = field::list(node, &["spec", "taints"]).iter().any(|taint| {
        let text = |name: &str| taint.get(name).and_then(Value::as_str).unwrap_or_default();
        text("effect") == "NoExecute"
            && !tolerates(tolerations, text("key"), text("value"), "NoExecute")
    });
    !is_driven_out && is_chosen(pod, node)
}

/// The message of a scheduler that found no node among all.
pub fn message(nodes: usize, refusals: &[&str]) -> String {
    let mut reasons = refusals.to_vec();
    reasons.sort_unstable();
    let mut counted: Vec<String> = reasons
        .chunk_by(|one, other| one == other)
        .filter_map(|same| Some(format!("{} {}", same.len(), same.first()?)))
        .collect();
    counted.sort();
    let head = format!("0/{nodes} nodes are available:");
    if counted.is_empty() {
        return "no nodes available to schedule pods".to_owned();
    }
    with_preemption(&head, nodes, &counted.join(", "))
}

/// The message of a scheduler that need not look at single nodes.
pub fn message_of_all(nodes: usize, why: &str) -> String {
    with_preemption(&format!("0/{nodes} nodes are available:"), nodes, why)
}

fn with_preemption(head: &str, nodes: usize, why: &str) -> String {
    format!("{head} {why}. preemption: {head} {nodes} Preemption is not helpful for scheduling.")
}

fn tolerates(tolerations: &[Value], key: &str, value: &str, effect: &str) -> bool {
    tolerations.iter().any(|toleration| {
        let text = |name: &str| {
            toleration
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let is_everything = text("key").is_empty() && text("operator") == "Exists";
        (is_everything || text("key") == key)
            && (text("effect").is_empty() || text("effect") == effect)
            && (text("operator") == "Exists" || text("value") == value)
    })
}

/// Whether the node selector and the required node affinity of a pod choose a node.
fn is_chosen(pod: &Object, node: &Object) -> bool {
    let labels = node.labels();
    let selected = pod
        .at(&["spec", "nodeSelector"])
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .all(|(name, value)| labels.get(name.as_str()).copied() == value.as_str());
    let required = pod.at(&[
        "spec",
        "affinity",
        "nodeAffinity",
        "requiredDuringSchedulingIgnoredDuringExecution",
        "nodeSelectorTerms",
    ]);
    let terms = required.and_then(Value::as_array);
    selected && terms.is_none_or(|terms| terms.iter().any(|term| holds(term, node)))
}

/// Whether all of a term holds; a term that says nothing chooses nothing.
fn holds(term: &Value, node: &Object) -> bool {
    let list = |name: &str| {
        term.get(name)
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice)
    };
    let (expressions, fields) = (list("matchExpressions"), list("matchFields"));
    if expressions.is_empty() && fields.is_empty() {
        return false;
    }
    let labels = node.labels();
    let name = std::iter::once(("metadata.name", node.name())).collect();
    expressions
        .iter()
        .all(|expression| requirement(expression, &labels))
        && fields
            .iter()
            .all(|expression| requirement(expression, &name))
}

fn requirement(expression: &Value, labels: &std::collections::BTreeMap<&str, &str>) -> bool {
    let text = |name: &str| {
        expression
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let bound = || -> Option<i64> { expression.get("values")?.get(0)?.as_str()?.parse().ok() };
    let number = || -> Option<i64> { labels.get(text("key"))?.parse().ok() };
    match text("operator") {
        "Gt" => number()
            .zip(bound())
            .is_some_and(|(has, least)| has > least),
        "Lt" => number().zip(bound()).is_some_and(|(has, most)| has < most),
        _ => LabelSelector::from_value(&json!({"matchExpressions": [expression]}))
            .is_ok_and(|selector| selector.matches(labels)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_refuse_as_the_scheduler_says() {
        let plain = json!({"metadata": {"name": "a", "labels": {"disk": "ssd", "size": "5"}}});
        let cordoned = json!({"metadata": {"name": "a"}, "spec": {"unschedulable": true,
            "taints": [{"key": CORDONED, "effect": "NoSchedule"}]}});
        let tainted = json!({"metadata": {"name": "a"},
            "spec": {"taints": [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]}});
        let affinity = |term: Value| {
            json!({"affinity": {"nodeAffinity":
            {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}})
        };
        let expression = |operator: &str, values: Value| {
            affinity(
                json!({"matchExpressions": [{"key": "size", "operator": operator, "values": values}]}),
            )
        };
        let chosen = "node(s) didn't match Pod's node affinity/selector";
        for (node, spec, expected) in [
            (&plain, json!({}), None),
            (&plain, json!({"nodeSelector": {"disk": "ssd"}}), None),
            (
                &plain,
                json!({"nodeSelector": {"disk": "hdd"}}),
                Some(chosen),
            ),
            (&plain, expression("In", json!(["5", "6"])), None),
            (&plain, expression("NotIn", json!(["5"])), Some(chosen)),
            (&plain, expression("Gt", json!(["4"])), None),
            (&plain, expression("Lt", json!(["5"])), Some(chosen)),
            (&plain, affinity(json!({})), Some(chosen)),
            (
                &plain,
                affinity(
                    json!({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["a"]}]}),
                ),
                None,
            ),
            (&cordoned, json!({}), Some("node(s) were unschedulable")),
            (
                &cordoned,
                json!({"tolerations": [{"key": CORDONED, "operator": "Exists", "effect": "NoSchedule"}]}),
                None,
            ),
            (
                &tainted,
                json!({}),
                Some("node(s) had untolerated taint(s)"),
            ),
            (
                &tainted,
                json!({"tolerations": [{"key": "gpu", "value": "yes"}]}),
                None,
            ),
            (
                &tainted,
                json!({"tolerations": [{"operator": "Exists"}]}),
                None,
            ),
            (
                &tainted,
                json!({"tolerations": [{"key": "gpu", "value": "no"}]}),
                Some("node(s) had untolerated taint(s)"),
            ),
        ] {
            let mut node = node.clone();
            node["apiVersion"] = "v1".into();
            node["kind"] = "Node".into();
            let pod =
                json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec});
            let node = Object::from_value(node).unwrap();
            let pod = Object::from_value(pod).unwrap();
            assert_eq!(refusal(&pod, &node), expected, "{node:?} {pod:?}");
        }
    }

    #[test]
    fn the_message_counts_reasons() {
        assert_eq!(
            message(1, &["node(s) were unschedulable"]),
            "0/1 nodes are available: 1 node(s) were unschedulable. preemption: \
             0/1 nodes are available: 1 Preemption is not helpful for scheduling."
        );
        assert_eq!(message(0, &[]), "no nodes available to schedule pods");
    }
}
