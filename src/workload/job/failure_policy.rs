//! What a failed pod means for its Job (`job/pod_failure_policy.go`).

use serde_json::Value;

use crate::{
    object::Object,
    workload::{condition, field},
};

/// The rules of a Job; none say that each failure counts.
#[derive(Clone, Debug, Default)]
pub(super) struct FailurePolicy {
    rules: Option<Vec<Value>>,
}

impl FailurePolicy {
    pub(super) fn read(job: &Object) -> Self {
        let rules = job.at(&["spec", "podFailurePolicy", "rules"]);
        Self {
            rules: rules.and_then(Value::as_array).cloned(),
        }
    }

    /// Whether a failure counts towards the limit.
    pub(super) fn counts(&self, pod: &Object) -> bool {
        self.matching(pod)
            .is_none_or(|found| found.action != "Ignore")
    }

    /// Why the Job fails with this pod, if it does.
    pub(super) fn failure(&self, pod: &Object) -> Option<String> {
        let found = self.matching(pod)?;
        (found.action == "FailJob").then(|| {
            let place = found.place;
            let why = found.why;
            format!("{why} matching FailJob rule at index {place}")
        })
    }

    fn matching(&self, pod: &Object) -> Option<Match<'_>> {
        let rules = self.rules.iter().flatten().enumerate();
        rules
            .filter_map(|(place, rule)| {
                let action = text(rule, "action");
                if !matches!(action, "Ignore" | "Count" | "FailJob" | "FailIndex") {
                    return None;
                }
                let why = match rule.get("onExitCodes").filter(|codes| !codes.is_null()) {
                    Some(codes) => exit_code(pod, codes),
                    None => pod_condition(pod, rule.get("onPodConditions")?),
                }?;
                Some(Match { action, place, why })
            })
            .next()
    }
}

struct Match<'a> {
    action: &'a str,
    place: usize,
    why: String,
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn named(pod: &Object) -> String {
    format!("{}/{}", pod.namespace().unwrap_or_default(), pod.name())
}

/// The first container that ended with a code of the rule; init containers come last.
fn exit_code(pod: &Object, rule: &Value) -> Option<String> {
    let values = rule.get("values").and_then(Value::as_array);
    let is_listed = |code: i64| values.is_some_and(|values| values.contains(&code.into()));
    let wanted = rule.get("containerName").and_then(Value::as_str);
    ["containerStatuses", "initContainerStatuses"]
        .into_iter()
        .flat_map(|list| field::list(pod, &["status", list]))
        .filter(|status| wanted.is_none_or(|wanted| text(status, "name") == wanted))
        .find_map(|status| {
            let code = status.pointer("/state/terminated/exitCode")?.as_i64()?;
            let is_met = match text(rule, "operator") {
                "In" => is_listed(code),
                "NotIn" => !is_listed(code),
                _ => false,
            };
            let name = text(status, "name");
            (code != 0 && is_met).then(|| {
                format!(
                    "Container {name} for pod {} failed with exit code {code}",
                    named(pod)
                )
            })
        })
}

fn pod_condition(pod: &Object, patterns: &Value) -> Option<String> {
    let patterns = patterns.as_array()?;
    let found = field::list(pod, &["status", "conditions"])
        .iter()
        .find(|found| {
            let same =
                |pattern: &Value, name: &str| text(pattern, name) == condition::field(found, name);
            let matches = |pattern: &&Value| same(pattern, "type") && same(pattern, "status");
            patterns.iter().any(|pattern| matches(&pattern))
        })?;
    let kind = condition::field(found, "type");
    Some(format!("Pod {} has condition {kind}", named(pod)))
}
