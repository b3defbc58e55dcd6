//! The status of a pod: phase, conditions, addresses.

use std::fmt::Write;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    container::{Container, Restart, State},
    decide::Snapshot,
};
use crate::{
    object::Object,
    workload::{condition, field},
};

/// Conditions of a kubelet, in its order.
const OWN: [&str; 5] = [
    READY_TO_START,
    "Initialized",
    "Ready",
    "ContainersReady",
    "PodScheduled",
];
const READY_TO_START: &str = "PodReadyToStartContainers";

/// How far a pod has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its volumes are not there yet.
    Preparing,
    /// Its containers run, or may.
    Running,
    /// It was told to stop, and has.
    Stopped,
}

/// The containers of the spec with what the status says of them.
pub(super) fn containers(pod: &Object) -> Vec<Container> {
    let waiting = if field::list(pod, &["spec", "initContainers"]).is_empty() {
        "ContainerCreating"
    } else {
        "PodInitializing"
    };
    read(pod, "containers", "containerStatuses", waiting)
}

/// The init containers likewise.
pub(super) fn init_containers(pod: &Object) -> Vec<Container> {
    read(
        pod,
        "initContainers",
        "initContainerStatuses",
        "PodInitializing",
    )
}

fn read(pod: &Object, specs: &str, statuses: &str, waiting: &str) -> Vec<Container> {
    let statuses = field::list(pod, &["status", statuses]);
    field::list(pod, &["spec", specs])
        .iter()
        .map(|spec| Container::read(spec, statuses, waiting))
        .collect()
}

/// Whether an init container runs beside the others for good.
pub(super) fn is_sidecar(spec: &Value) -> bool {
    spec.get("restartPolicy").and_then(Value::as_str) == Some("Always")
}

/// Whether the volumes were mounted already.
pub(super) fn has_begun(pod: &Object) -> bool {
    condition::is_true(field::list(pod, &["status", "conditions"]), READY_TO_START)
}

/// Puts the whole status together.
pub(super) fn write(
    snapshot: &Snapshot,
    init: &[Container],
    containers: &[Container],
    stage: Stage,
    now: Timestamp,
) -> Value {
    let pod = &snapshot.pod;
    let mut status = pod
        .at(&["status"])
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    let phase = phase(pod, init, containers, stage);
    let mut set = |name: &str, value: Value| {
        status.insert(name.to_owned(), value);
    };
    set("phase", phase.into());
    let known = |path: &[&str]| pod.at(path).filter(|value| !value.is_null()).cloned();
    if known(&["status", "startTime"]).is_none() {
        set("startTime", field::stamp(now).into());
    }
    if known(&["status", "qosClass"]).is_none() {
        set("qosClass", qos_class(pod).into());
    }
    if let Some(generation) = pod.generation() {
        set("observedGeneration", generation.into());
    }
    set("hostIP", snapshot.node.address.clone().into());
    set("hostIPs", json!([{"ip": snapshot.node.address}]));
    if stage != Stage::Preparing && known(&["status", "podIP"]).is_none() {
        let address = if field::is_true(pod, &["spec", "hostNetwork"]) {
            &snapshot.node.address
        } else {
            &snapshot.address
        };
        set("podIP", address.clone().into());
        set("podIPs", json!([{"ip": address}]));
    }
    let written = |all: &[Container]| -> Value { all.iter().map(Container::write).collect() };
    set("containerStatuses", written(containers));
    if !init.is_empty() {
        set("initContainerStatuses", written(init));
    }
    let conditions = conditions(pod, init, containers, phase, stage, now);
    status.insert("conditions".into(), conditions.into());
    Value::Object(status)
}

/// The phase as a kubelet gathers it (`getPhase`).
fn phase(pod: &Object, init: &[Container], containers: &[Container], stage: Stage) -> &'static str {
    let restart = Restart::of(pod);
    let init_specs = field::list(pod, &["spec", "initContainers"]);
    let main_began = containers.iter().any(|container| container.id().is_some());
    for (spec, container) in init_specs.iter().zip(init) {
        if main_began || is_sidecar(spec) {
            continue;
        }
        match container.state {
            State::Ended { code: 0, .. } => {}
            State::Ended { .. } if restart == Restart::Never => return "Failed",
            _ if stage != Stage::Stopped => return "Pending",
            _ => {}
        }
    }
    let (mut waiting, mut running, mut succeeded, mut failed) = (0, 0, 0, 0);
    for container in containers {
        let code = match &container.state {
            State::Running { .. } => {
                running += 1;
                continue;
            }
            State::Ended { code, .. } => Some(*code),
            State::Waiting { .. } => container.last_code(),
        };
        match code {
            None => waiting += 1,
            Some(0) => succeeded += 1,
            Some(_) => failed += 1,
        }
    }
    if stage == Stage::Stopped {
        return if waiting + failed == 0 {
            "Succeeded"
        } else {
            "Failed"
        };
    }
    match (waiting, running, failed, restart) {
        (1.., ..) => "Pending",
        (_, 1.., ..) | (_, _, _, Restart::Always) => "Running",
        (_, _, 0, _) if succeeded > 0 => "Succeeded",
        (_, _, _, Restart::Never) => "Failed",
        _ => "Running",
    }
}

fn conditions(
    pod: &Object,
    init: &[Container],
    containers: &[Container],
    phase: &str,
    stage: Stage,
    now: Timestamp,
) -> Vec<Value> {
    let old = field::list(pod, &["status", "conditions"]);
    let ready = containers_ready(pod, init, containers, phase);
    let wanted = [
        if stage == Stage::Running && !is_over(phase) {
            Judged::yes()
        } else {
            Judged::no("", String::new())
        },
        initialized(pod, init, containers, phase),
        pod_ready(pod, old, &ready),
        ready,
        Judged::yes(),
    ];
    let mut all = Vec::with_capacity(OWN.len());
    for (kind, judged) in OWN.into_iter().zip(wanted) {
        all.push(judged.write(kind, condition::find(old, kind), pod.generation(), now));
    }
    let foreign = old
        .iter()
        .filter(|c| !OWN.contains(&condition::field(c, "type")));
    all.extend(foreign.cloned());
    all
}

fn is_over(phase: &str) -> bool {
    matches!(phase, "Succeeded" | "Failed")
}

/// A condition but for its type and times.
#[derive(Clone)]
struct Judged {
    is_true: bool,
    reason: &'static str,
    message: String,
}

impl Judged {
    fn yes() -> Self {
        Self {
            is_true: true,
            reason: "",
            message: String::new(),
        }
    }

    fn no(reason: &'static str, message: String) -> Self {
        Self {
            is_true: false,
            reason,
            message,
        }
    }

    fn write(
        self,
        kind: &str,
        old: Option<&Value>,
        generation: Option<i64>,
        now: Timestamp,
    ) -> Value {
        let status = if self.is_true { "True" } else { "False" };
        let since = old
            .filter(|old| condition::field(old, "status") == status)
            .map(|old| condition::field(old, "lastTransitionTime").to_owned())
            .filter(|time| !time.is_empty())
            .unwrap_or_else(|| field::stamp(now));
        let mut map = Map::new();
        for (name, value) in [
            ("type", kind),
            ("status", status),
            ("reason", self.reason),
            ("message", &self.message),
            ("lastTransitionTime", &since),
        ] {
            if !value.is_empty() {
                map.insert(name.to_owned(), value.into());
            }
        }
        if let Some(generation) = generation {
            map.insert("observedGeneration".into(), generation.into());
        }
        Value::Object(map)
    }
}

/// Names in brackets, as Go prints a list.
fn listed<'a>(what: &str, containers: impl Iterator<Item = &'a Container>) -> Option<String> {
    let names: Vec<&str> = containers.map(|c| c.name.as_str()).collect();
    (!names.is_empty()).then(|| {
        let mut text = String::new();
        // Writing to a text cannot fail.
        let _ = write!(text, "containers with {what} status: [{}]", names.join(" "));
        text
    })
}

fn containers_ready(
    pod: &Object,
    init: &[Container],
    containers: &[Container],
    phase: &str,
) -> Judged {
    match phase {
        "Succeeded" => return Judged::no("PodCompleted", String::new()),
        "Failed" => return Judged::no("PodFailed", String::new()),
        _ => {}
    }
    let specs = field::list(pod, &["spec", "initContainers"]);
    let sidecars = specs
        .iter()
        .zip(init)
        .filter(|(spec, _)| is_sidecar(spec))
        .map(|(_, container)| container);
    let unready = sidecars.chain(containers).filter(|c| !c.is_ready);
    match listed("unready", unready) {
        Some(message) => Judged::no("ContainersNotReady", message),
        None => Judged::yes(),
    }
}

fn pod_ready(pod: &Object, conditions: &[Value], containers: &Judged) -> Judged {
    if !containers.is_true {
        return containers.clone();
    }
    let mut missing = Vec::new();
    for gate in field::list(pod, &["spec", "readinessGates"]) {
        let kind = condition::field(gate, "conditionType");
        match condition::find(conditions, kind) {
            None => missing.push(format!(
                "corresponding condition of pod readiness gate \"{kind}\" does not exist."
            )),
            Some(found) if condition::field(found, "status") != "True" => missing.push(format!(
                "the status of pod readiness gate \"{kind}\" is not \"True\", but {}",
                condition::field(found, "status")
            )),
            Some(_) => {}
        }
    }
    if missing.is_empty() {
        Judged::yes()
    } else {
        Judged::no("ReadinessGatesNotReady", missing.join(", "))
    }
}

fn initialized(pod: &Object, init: &[Container], containers: &[Container], phase: &str) -> Judged {
    if phase == "Succeeded" {
        return Judged {
            reason: "PodCompleted",
            ..Judged::yes()
        };
    }
    if containers.iter().any(|container| container.id().is_some()) {
        return Judged::yes();
    }
    let specs = field::list(pod, &["spec", "initContainers"]);
    let incomplete = specs.iter().zip(init).filter(|(spec, container)| {
        if is_sidecar(spec) {
            !container.is_running()
        } else {
            !container.is_ready
        }
    });
    match listed("incomplete", incomplete.map(|(_, container)| container)) {
        Some(message) => Judged::no("ContainersNotInitialized", message),
        None => Judged::yes(),
    }
}

/// The class by the requests and limits of its containers (`ComputePodQOS`).
fn qos_class(pod: &Object) -> &'static str {
    let mut any = false;
    let mut is_guaranteed = true;
    let specs = ["containers", "initContainers"]
        .into_iter()
        .flat_map(|list| field::list(pod, &["spec", list]));
    for spec in specs {
        let part = |part: &str, name: &str| {
            spec.get("resources")
                .and_then(|resources| resources.get(part)?.get(name))
                .filter(|amount| !matches!(amount.as_str(), Some("0" | "")))
        };
        for name in ["cpu", "memory"] {
            let (request, limit) = (part("requests", name), part("limits", name));
            any |= request.is_some() || limit.is_some();
            is_guaranteed &= limit.is_some() && (request.is_none() || request == limit);
        }
    }
    match (any, is_guaranteed) {
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
        (false, _) => "BestEffort",
    }
}
