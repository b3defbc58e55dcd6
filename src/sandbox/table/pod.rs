//! How Pods are shown: the status sums up what holds the pod back, or the reason of its end.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    cell::{age, at, flag, human_duration, int, list, text, text_or},
    column::{AGE, NAME, Printer, text as column},
};
use crate::object::Object;

pub(super) const PRINTER: Printer = Printer {
    kind: ("", "Pod"),
    columns: &[
        NAME,
        column("Ready", "Containers ready of containers."),
        column("Status", "How the containers are, in one word."),
        column(
            "Restarts",
            "How often containers were restarted, and when last.",
        ),
        AGE,
        column("IP", "Address of the pod.").wide(),
        column("Node", "Where the pod runs.").wide(),
        column("Nominated Node", "Where the pod waits to run.").wide(),
        column("Readiness Gates", "Conditions that must hold too.").wide(),
    ],
    cells,
    conditions: Some(conditions),
};

fn conditions(object: &Object) -> Option<Value> {
    let (reason, message) = match text(object, "status.phase") {
        "Succeeded" => ("Succeeded", "The pod has completed successfully."),
        "Failed" => ("Failed", "The pod failed."),
        _ => return None,
    };
    Some(json!([{
        "type": "Completed", "status": "True", "reason": reason, "message": message,
    }]))
}

fn cells(object: &Object, now: Timestamp) -> Vec<Value> {
    let mut summary = Summary::of(object);
    let deleted = at(object, "metadata.deletionTimestamp").is_some();
    if deleted && text(object, "status.reason") == "NodeLost" {
        summary.status = "Unknown".to_owned();
    } else if deleted && !matches!(text(object, "status.phase"), "Succeeded" | "Failed") {
        summary.status = "Terminating".to_owned();
    }
    let ip = list(object, "status.podIPs")
        .first()
        .map_or("<none>", |ip| text_or(ip, "ip", "<none>"));
    vec![
        object.name().into(),
        format!("{}/{}", summary.ready, summary.total).into(),
        summary.status.clone().into(),
        summary.restarts.say(now).into(),
        age(object, now).into(),
        ip.into(),
        text_or(object, "spec.nodeName", "<none>").into(),
        text_or(object, "status.nominatedNodeName", "<none>").into(),
        readiness_gates(object).into(),
    ]
}

fn readiness_gates(object: &Object) -> String {
    let gates = list(object, "spec.readinessGates");
    if gates.is_empty() {
        return "<none>".to_owned();
    }
    let open = gates
        .iter()
        .filter(|gate| condition(object, text(*gate, "conditionType")) == "True")
        .count();
    format!("{open}/{}", gates.len())
}

fn condition<'a>(object: &'a Object, kind: &str) -> &'a str {
    list(object, "status.conditions")
        .iter()
        .find(|condition| text(*condition, "type") == kind)
        .map_or("", |condition| text(condition, "status"))
}

/// How often, and when last.
#[derive(Clone, Default)]
struct Restarts {
    count: i64,
    last: Option<Timestamp>,
}

impl Restarts {
    fn add(&mut self, container: &Value) {
        self.count += int(container, "restartCount");
        let ended = text(container, "lastState.terminated.finishedAt")
            .parse()
            .ok();
        self.last = self.last.max(ended);
    }

    fn say(&self, now: Timestamp) -> String {
        match self.last {
            Some(last) if self.count != 0 => {
                let ago = human_duration(now.as_millisecond() - last.as_millisecond());
                format!("{} ({ago} ago)", self.count)
            }
            _ => self.count.to_string(),
        }
    }
}

struct Summary {
    ready: usize,
    total: usize,
    status: String,
    restarts: Restarts,
}

impl Summary {
    fn of(object: &Object) -> Self {
        let sidecars: Vec<&str> = list(object, "spec.initContainers")
            .iter()
            .filter(|container| text(*container, "restartPolicy") == "Always")
            .map(|container| text(container, "name"))
            .collect();
        let mut summary = Self {
            ready: 0,
            total: list(object, "spec.containers").len() + sidecars.len(),
            status: text_or(object, "status.reason", text(object, "status.phase")).to_owned(),
            restarts: Restarts::default(),
        };
        if list(object, "status.conditions").iter().any(|condition| {
            text(condition, "type") == "PodScheduled"
                && text(condition, "reason") == "SchedulingGated"
        }) {
            summary.status = "SchedulingGated".to_owned();
        }
        let (initializing, of_sidecars) = summary.initialize(object, &sidecars);
        if !initializing || condition(object, "Initialized") == "True" {
            summary.restarts = of_sidecars;
            summary.run(object);
        }
        summary
    }

    /// Looks at the init containers up to the one that is not through; says whether there is one,
    /// and how often sidecars were restarted.
    fn initialize(&mut self, object: &Object, sidecars: &[&str]) -> (bool, Restarts) {
        let mut of_sidecars = Restarts::default();
        for (at_index, container) in list(object, "status.initContainerStatuses")
            .iter()
            .enumerate()
        {
            self.restarts.add(container);
            let sidecar = sidecars.contains(&text(container, "name"));
            if sidecar {
                of_sidecars.add(container);
            }
            let terminated = at(container, "state.terminated");
            if terminated.is_some_and(|end| int(end, "exitCode") == 0) {
                continue;
            }
            if sidecar && flag(container, "started") {
                self.ready += usize::from(flag(container, "ready"));
                continue;
            }
            let waiting = text(container, "state.waiting.reason");
            self.status = match terminated {
                Some(end) => format!("Init:{}", end_reason(end)),
                None if !waiting.is_empty() && waiting != "PodInitializing" => {
                    format!("Init:{waiting}")
                }
                None => format!(
                    "Init:{at_index}/{}",
                    list(object, "spec.initContainers").len()
                ),
            };
            return (true, of_sidecars);
        }
        (false, of_sidecars)
    }

    fn run(&mut self, object: &Object) {
        let (mut running, mut error) = (false, None);
        for container in list(object, "status.containerStatuses").iter().rev() {
            self.restarts.add(container);
            let waiting = text(container, "state.waiting.reason");
            if !waiting.is_empty() {
                self.status = waiting.to_owned();
            } else if let Some(end) = at(container, "state.terminated") {
                self.status = end_reason(end);
                if int(end, "exitCode") != 0 {
                    error = Some(self.status.clone());
                }
            } else if flag(container, "ready") && at(container, "state.running").is_some() {
                running = true;
                self.ready += 1;
            }
        }
        // One container that still runs keeps the pod from having completed.
        if self.status == "Completed" {
            if running && condition(object, "Ready") == "True" {
                self.status = "Running".to_owned();
            } else if let Some(error) = error {
                self.status = error;
            } else if running {
                self.status = "NotReady".to_owned();
            }
        }
    }
}

fn end_reason(end: &Value) -> String {
    match (text(end, "reason"), int(end, "signal")) {
        ("", 0) => format!("ExitCode:{}", int(end, "exitCode")),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}
