//! The same object in another version: events of both groups, autoscalers of both versions, and
//! custom resources, which differ in their `apiVersion` only.

mod autoscaler;
mod event;

use crate::object::{Gvk, Object};

/// The object in a version of its resource; objects of unknown pairs only change their name.
pub fn to_version(object: &Object, to: &Gvk) -> Object {
    let from = object.gvk();
    let mut converted = object.clone();
    if from == *to {
        return converted;
    }
    match (from.group.as_str(), to.group.as_str(), to.kind.as_str()) {
        ("", "events.k8s.io", "Event") => event::rename(&mut converted, event::Way::ToNew),
        ("events.k8s.io", "", "Event") => event::rename(&mut converted, event::Way::ToCore),
        ("autoscaling", "autoscaling", "HorizontalPodAutoscaler") => match to.version.as_str() {
            "v1" => autoscaler::to_v1(&mut converted),
            _ => autoscaler::to_v2(&mut converted),
        },
        _ => {}
    }
    converted.set(&["apiVersion"], to.api_version().into());
    converted.set(&["kind"], to.kind.as_str().into());
    converted
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_are_the_same_in_both_groups() {
        let core = Object::from_value(json!({"apiVersion": "v1", "kind": "Event",
            "metadata": {"name": "a"}, "involvedObject": {"kind": "Pod"}, "message": "m",
            "reason": "R", "reportingComponent": "c", "count": 2,
            "firstTimestamp": "2026-01-01T00:00:00Z", "source": {"component": "s"}}))
        .unwrap();
        let gvk = Gvk::new("events.k8s.io", "v1", "Event");
        let new = to_version(&core, &gvk);
        assert_eq!(
            new.to_value(),
            json!({"apiVersion": "events.k8s.io/v1", "kind": "Event",
                "metadata": {"name": "a"}, "regarding": {"kind": "Pod"}, "note": "m",
                "reason": "R", "reportingController": "c", "deprecatedCount": 2,
                "deprecatedFirstTimestamp": "2026-01-01T00:00:00Z",
                "deprecatedSource": {"component": "s"}})
        );
        assert_eq!(to_version(&new, &core.gvk()), core);
    }

    #[test]
    fn autoscalers_keep_all_metrics_on_the_way() {
        let two = Object::from_value(json!({
            "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "a", "annotations": {"k": "v"}},
            "spec": {"maxReplicas": 3, "scaleTargetRef": {"kind": "Deployment", "name": "d"},
                "behavior": {"scaleDown": {"stabilizationWindowSeconds": 5}},
                "metrics": [
                    {"type": "Resource", "resource": {"name": "cpu",
                        "target": {"type": "Utilization", "averageUtilization": 80}}},
                    {"type": "Pods", "pods": {"metric": {"name": "rps"},
                        "target": {"type": "AverageValue", "averageValue": "5"}}}]}}))
        .unwrap();
        let one = to_version(&two, &Gvk::new("autoscaling", "v1", two.kind()));
        assert_eq!(
            one.at(&["spec", "targetCPUUtilizationPercentage"]),
            Some(&json!(80))
        );
        assert_eq!(
            one.annotation("autoscaling.alpha.kubernetes.io/metrics"),
            Some(r#"[{"pods":{"metricName":"rps","targetAverageValue":"5"},"type":"Pods"}]"#)
        );
        let back = to_version(&one, &two.gvk());
        assert_eq!(back.annotations().keys().collect::<Vec<_>>(), [&"k"]);
        let kinds: Vec<_> = back
            .at(&["spec", "metrics"])
            .unwrap()
            .as_array()
            .unwrap()
            .clone();
        assert_eq!(kinds.len(), 2);
        assert_eq!(
            kinds[0]["pods"],
            two.at(&["spec", "metrics"]).unwrap()[1]["pods"]
        );
        assert_eq!(kinds[1], two.at(&["spec", "metrics"]).unwrap()[0]);
        assert_eq!(
            back.at(&["spec", "behavior"]),
            two.at(&["spec", "behavior"])
        );
    }
}
