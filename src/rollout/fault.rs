//! What is wrong with a Rollout: the first fault, in the words of the original's validation
//! (`pkg/apis/rollouts/validation`).

use std::fmt::Display;

use serde_json::{Value, json};

use super::{
    affinity,
    analysis::compose_at,
    compose::{ComposeError, Hashes},
    decide::Snapshot,
    router, service, workload,
};
use crate::{
    api::rollout::{
        Canary, DEFAULT_REVISION_HISTORY_LIMIT, HASH_LABEL, MANAGED_BY, Spec, Step, TemplateRef,
    },
    object::Object,
};

/// Fields of the strategy that this program does not carry out. They are refused, for a Rollout that names them counts
/// on them.
const UNSUPPORTED: &[&str] = &["pingPong"];

const STEP_KINDS: &str = "Step must have one of the following set: experiment, setWeight, setCanaryScale, plugin or pause";

fn invalid(path: &str, value: impl Display, why: &str) -> String {
    format!("{path}: Invalid value: {value}: {why}")
}

fn quoted(text: &str) -> String {
    format!("{text:?}")
}

fn required(path: &str, why: &str) -> String {
    format!("{path}: Required value: {why}")
}

/// The first thing that is wrong with a Rollout, or with what it names.
pub fn first(snapshot: &Snapshot, spec: &Spec) -> Option<String> {
    of_workload(snapshot)
        .or_else(|| of_spec(snapshot, spec))
        .or_else(|| of_strategy(spec))
        .or_else(|| of_services(snapshot, spec))
        .or_else(|| of_analyses(snapshot, spec))
}

fn of_workload(snapshot: &Snapshot) -> Option<String> {
    let target = match workload::target(&snapshot.rollout) {
        Ok(target) => target?,
        Err(fault) => return Some(fault),
    };
    if snapshot.object(&target).is_some() {
        return None;
    }
    let kind = target.gvk.kind.to_lowercase();
    let group = if target.gvk.group.is_empty() {
        String::new()
    } else {
        format!(".{}", target.gvk.group)
    };
    Some(format!("{kind}s{group} \"{}\" not found", target.name))
}

fn negative(path: &str, number: i64) -> Option<String> {
    (number < 0).then(|| invalid(path, number, "must be greater than or equal to 0"))
}

fn of_spec(snapshot: &Snapshot, spec: &Spec) -> Option<String> {
    let selector = snapshot.selector();
    let negative_replicas = negative("spec.replicas", spec.replicas());
    if negative_replicas.is_some() {
        return negative_replicas;
    }
    if selector.is_null() {
        let text = "Rollout has missing field '.spec.selector'";
        return Some(required("spec.selector", text));
    }
    let is_filled = |field: &str| match selector.get(field) {
        Some(Value::Object(labels)) => !labels.is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        _ => false,
    };
    if !is_filled("matchLabels") && !is_filled("matchExpressions") {
        let text = "empty selector is invalid for deployment";
        return Some(invalid("spec.selector", &selector, text));
    }
    let deadline = spec.progress_deadline();
    of_template(snapshot, &selector)
        .or_else(|| negative("spec.minReadySeconds", spec.min_ready_seconds))
        .or_else(|| {
            let limit = spec.revision_history_limit;
            let limit = limit.unwrap_or(DEFAULT_REVISION_HISTORY_LIMIT);
            negative("spec.revisionHistoryLimit", limit)
        })
        .or_else(|| negative("spec.progressDeadlineSeconds", deadline))
        .or_else(|| {
            let text = "must be greater than minReadySeconds";
            (deadline <= spec.min_ready_seconds)
                .then(|| invalid("spec.progressDeadlineSeconds", deadline, text))
        })
}

/// What would keep the API server from making pods; the rest of the template is judged by it.
fn of_template(snapshot: &Snapshot, selector: &Value) -> Option<String> {
    let template = snapshot.template();
    let none = json!({});
    let labels = template.pointer("/metadata/labels").unwrap_or(&none);
    let wanted = selector.get("matchLabels").and_then(Value::as_object);
    let is_selected = wanted
        .into_iter()
        .flatten()
        .all(|(name, value)| labels.get(name) == Some(value));
    if !is_selected {
        let text = "`selector` does not match template `labels`";
        return Some(invalid("spec.template.metadata.labels", labels, text));
    }
    let containers = template
        .pointer("/spec/containers")
        .and_then(Value::as_array);
    if containers.is_none_or(Vec::is_empty) {
        return Some("spec.template.spec.containers: Required value".to_owned());
    }
    let policy = template
        .pointer("/spec/restartPolicy")
        .and_then(Value::as_str);
    match policy {
        None | Some("" | "Always") => None,
        Some(policy) => Some(format!(
            "spec.template.spec.restartPolicy: Unsupported value: {policy:?}: supported values: \"Always\""
        )),
    }
}

fn of_strategy(spec: &Spec) -> Option<String> {
    let strategy = &spec.strategy;
    match (&strategy.canary, &strategy.blue_green) {
        (None, None) => {
            let text =
                "Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'";
            Some(required("spec.strategy.strategy", text))
        }
        (Some(_), Some(_)) => {
            let value = quoted("blueGreen: true canary: true");
            let text = "Multiple Strategies can not be listed";
            Some(invalid("spec.strategy.strategy", value, text))
        }
        (None, Some(_)) => Some(unsupported("spec.strategy.blueGreen")),
        (Some(canary), None) => of_canary(canary),
    }
}

fn unsupported(path: &str) -> String {
    format!("{path}: Forbidden: not supported by this controller")
}

/// Whether a bound is written as nothing; a text without `%` counts as its number.
fn is_nothing(bound: Option<&Value>) -> bool {
    match bound {
        Some(Value::Number(number)) => number.as_i64() == Some(0),
        Some(Value::String(text)) => text.trim_end_matches('%').parse() == Ok(0),
        _ => false,
    }
}

fn of_canary(canary: &Canary) -> Option<String> {
    let (surge, unavailable) = (canary.max_surge.as_ref(), canary.max_unavailable.as_ref());
    if is_nothing(surge) && is_nothing(unavailable) {
        let text = "MaxSurge and MaxUnavailable both can not be zero";
        let value = surge.cloned().unwrap_or_default();
        return Some(invalid("spec.strategy.maxSurge", value, text));
    }
    let name = |name: &Option<String>| name.clone().unwrap_or_default();
    let (stable, new) = (name(&canary.stable_service), name(&canary.canary_service));
    if !stable.is_empty() && stable == new {
        let text = "This rollout uses the same service for the stable and canary services, but two different services are required.";
        return Some(invalid(
            "spec.strategy.stableService",
            quoted(&stable),
            text,
        ));
    }
    let field = UNSUPPORTED.iter().find(|field| {
        canary
            .others
            .get(**field)
            .is_some_and(|value| !value.is_null())
    });
    if let Some(field) = field {
        return Some(unsupported(&format!("spec.strategy.canary.{field}")));
    }
    let wish = canary.others.get("antiAffinity");
    if let Some((field, value, why)) = wish
        .filter(|wish| !wish.is_null())
        .and_then(affinity::fault)
    {
        let path = format!("spec.strategy.antiAffinity{field}");
        return Some(invalid(&path, value, why));
    }
    of_routing(canary, &stable, &new).or_else(|| {
        let mut steps = canary.steps().iter().enumerate();
        steps.find_map(|(index, step)| of_step(canary, index, step))
    })
}

fn of_routing(canary: &Canary, stable: &str, new: &str) -> Option<String> {
    let at = |field: &str| format!("spec.strategy.{field}");
    let Some(routing) = &canary.traffic_routing else {
        if let Some(seconds) = canary.scale_down_delay_seconds {
            let text = "Canary scaleDownDelaySeconds can only be used with traffic routing";
            return Some(invalid(&at("scaleDownDelaySeconds"), seconds, text));
        }
        let text = "Canary dynamicStableScale can only be used with traffic routing";
        return canary
            .dynamic_stable_scale
            .then(|| invalid(&at("dynamicStableScale"), true, text));
    };
    if routing.traefik.is_some() {
        for (field, name) in [("stableService", stable), ("canaryService", new)] {
            if name.is_empty() {
                let text =
                    "Canary service and Stable service must to be set to use Traffic Routing";
                return Some(invalid(&at(field), "\"\"", text));
            }
        }
    }
    if canary.dynamic_stable_scale && canary.scale_down_delay_seconds.is_some() {
        let text = "Canary dynamicStableScale cannot be used with scaleDownDelaySeconds";
        return Some(invalid(&at("dynamicStableScale"), true, text));
    }
    if let Some(weight) = routing.max_traffic_weight
        && routing.plugins.is_empty()
        && !routing.others.contains_key("nginx")
    {
        let text = "Canary maxTrafficWeight in traffic routing only supported in Nginx and Plugins";
        return Some(invalid(
            &at("trafficRouting.maxTrafficWeight"),
            weight,
            text,
        ));
    }
    router::unsupported(routing)
        .map(|field| unsupported(&format!("spec.strategy.canary.trafficRouting.{field}")))
}

fn of_step(canary: &Canary, index: usize, step: &Step) -> Option<String> {
    let path = format!("spec.strategy.steps[{index}]");
    let main = [
        ("Experiment", step.experiment.is_some()),
        ("Pause", step.pause.is_some()),
        ("SetWeight", step.set_weight.is_some()),
        ("Analysis", step.analysis.is_some()),
    ];
    let listed = |all: &[(&str, bool)]| {
        let all: Vec<String> = all
            .iter()
            .map(|(name, is_set)| format!("step.{name}: {is_set}"))
            .collect();
        quoted(&all.join(" "))
    };
    let count = main.iter().filter(|(_, is_set)| *is_set).count();
    if count > 1 {
        return Some(invalid(&path, listed(&main), STEP_KINDS));
    }
    let others = [
        ("setHeaderRoute", step.set_header_route.is_some()),
        ("setMirrorRoute", step.set_mirror_route.is_some()),
        ("plugin", step.plugin.is_some()),
        ("experiment", step.experiment.is_some()),
    ];
    let other = others.iter().find(|(_, is_set)| *is_set);
    if count == 0 && step.set_canary_scale.is_none() && other.is_none() {
        // The original says of each that it is absent.
        let names = [
            "SetCanaryScale",
            "SetHeaderRoute",
            "SetMirrorRoute",
            "Plugin",
        ];
        let mut absent: Vec<(&str, bool)> = main.iter().map(|(name, _)| (*name, true)).collect();
        absent.extend(names.map(|name| (name, true)));
        return Some(invalid(&path, listed(&absent), STEP_KINDS));
    }
    let max = canary.max_weight();
    if let Some(weight) = step.set_weight
        && !(0..=max).contains(&weight)
    {
        let text = format!("SetWeight needs to be between 0 and {max}");
        return Some(invalid(&format!("{path}.setWeight"), weight, &text));
    }
    if step
        .pause
        .as_ref()
        .is_some_and(|pause| pause.seconds().is_err())
    {
        let text = "Duration needs to be greater than 0";
        return Some(invalid(&format!("{path}.pause.duration"), -1, text));
    }
    if step.set_canary_scale.is_some() && canary.traffic_routing.is_none() {
        let text = "SetCanaryScale requires TrafficRouting to be set";
        return Some(required("spec.strategy.trafficRouting", text));
    }
    other.map(|(name, _)| unsupported(&format!("spec.strategy.canary.steps[{index}].{name}")))
}

fn of_services(snapshot: &Snapshot, spec: &Spec) -> Option<String> {
    let canary = spec.strategy.canary.as_ref()?;
    let both = [
        ("stableService", &canary.stable_service),
        ("canaryService", &canary.canary_service),
    ];
    both.into_iter().find_map(|(field, name)| {
        let name = name.as_deref().filter(|name| !name.is_empty())?;
        let path = format!("spec.strategy.canary.{field}");
        let target = service::service_ref(&snapshot.rollout, name);
        let Some(found) = snapshot.object(&target) else {
            let text = format!("service {name:?} not found");
            return Some(invalid(&path, quoted(name), &text));
        };
        of_service(snapshot, found).map(|text| invalid(&path, quoted(name), &text))
    })
}

fn of_service(snapshot: &Snapshot, service: &Object) -> Option<String> {
    let template = snapshot.template();
    let labels = template.pointer("/metadata/labels");
    let selector = service.at(&["spec", "selector"]).and_then(Value::as_object);
    let foreign = selector.into_iter().flatten().find(|(name, value)| {
        *name != HASH_LABEL && labels.and_then(|labels| labels.get(*name)) != Some(*value)
    });
    if let Some((name, _)) = foreign {
        let service = service.name();
        return Some(format!(
            "Service {service:?} has unmatch label {name:?} in rollout"
        ));
    }
    let owner = service.annotation(MANAGED_BY)?;
    (owner != snapshot.rollout.name())
        .then(|| format!("Service {:?} is managed by another Rollout", service.name()))
}

fn of_analyses(snapshot: &Snapshot, spec: &Spec) -> Option<String> {
    let canary = spec.strategy.canary.as_ref()?;
    for (index, step) in canary.steps().iter().enumerate() {
        if let Some(wanted) = &step.analysis {
            let index = index.to_string();
            let path = format!("spec.strategy.canary.steps[{index}].analysis.templates");
            let place = ["steps", index.as_str(), "analysis"];
            let fault = of_analysis(snapshot, &path, &place, &wanted.templates);
            if fault.is_some() {
                return fault;
            }
        }
    }
    let wanted = canary.analysis.as_ref()?;
    let path = "spec.strategy.canary.analysis.templates";
    of_analysis(snapshot, path, &["analysis"], &wanted.templates)
}

/// Composes what would be run, with hashes that stand for any.
fn of_analysis(
    snapshot: &Snapshot,
    path: &str,
    place: &[&str],
    templates: &[TemplateRef],
) -> Option<String> {
    if templates.is_empty() {
        return None;
    }
    let hashes = Hashes {
        stable: "dummy-stable-hash",
        latest: "dummy-new-hash",
    };
    let spec = match compose_at(&snapshot.rollout, &snapshot.objects, place, hashes) {
        Ok(spec) => spec,
        Err(error) => {
            if let ComposeError::NotFound { name, .. } = &error {
                return Some(invalid(path, quoted(name), &error.to_string()));
            }
            let names: Vec<&str> = templates
                .iter()
                .map(|template| template.template_name.as_str())
                .collect();
            let value = quoted(&format!("templateNames: [{}]", names.join(" ")));
            return Some(invalid(path, value, &error.to_string()));
        }
    };
    if place.first() != Some(&"steps") {
        return None;
    }
    let metrics = spec.get("metrics").and_then(Value::as_array);
    let endless = metrics.into_iter().flatten().find(|metric| {
        metric.get("interval").is_some() && metric.get("count").is_none_or(Value::is_null)
    })?;
    let name = templates
        .first()
        .map_or("", |template| &template.template_name);
    let metric = endless
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let text = format!(
        "AnalysisTemplate {name} has metric {metric} which runs indefinitely. Invalid value for count: <nil>"
    );
    Some(invalid(path, quoted(name), &text))
}

#[cfg(test)]
mod tests;
