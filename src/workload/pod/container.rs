//! One pretended container: when it starts, is ready, exits and is started again.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::behaviour::Behaviour;
use crate::{object::Object, workload::field};

/// The first delay before a container that exited is started again; each further one doubles it.
const FIRST_BACKOFF: i64 = 10;
/// The longest such delay, in seconds.
const LONGEST_BACKOFF: i64 = 300;
/// After so long a run a container starts again at once.
const FORGIVEN_AFTER: SignedDuration = SignedDuration::from_secs(600);

/// When a container that exits is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Restart {
    Always,
    OnFailure,
    Never,
}

impl Restart {
    pub(super) fn of(pod: &Object) -> Self {
        match field::text(pod, &["spec", "restartPolicy"]) {
            "Never" => Self::Never,
            "OnFailure" => Self::OnFailure,
            _ => Self::Always,
        }
    }

    fn again(self, code: i64) -> bool {
        match self {
            Self::Always => true,
            Self::OnFailure => code != 0,
            Self::Never => false,
        }
    }
}

/// The state of one container in a status.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Container {
    pub(super) name: String,
    image: String,
    pub(super) restarts: i64,
    pub(super) state: State,
    last: Option<Value>,
    id: Option<String>,
    pub(super) is_ready: bool,
}

/// What a container does.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum State {
    Waiting {
        reason: String,
        message: String,
    },
    Running {
        since: Timestamp,
    },
    Ended {
        code: i64,
        at: Timestamp,
        value: Value,
    },
}

impl Container {
    /// Reads a container of the spec with what the status says of it.
    pub(super) fn read(spec: &Value, statuses: &[Value], waiting: &str) -> Self {
        let text = |field: &str| {
            spec.get(field)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let name = text("name");
        let status = statuses
            .iter()
            .find(|status| status.get("name").and_then(Value::as_str) == Some(name.as_str()));
        let state = status
            .and_then(|status| read_state(status.get("state")?))
            .unwrap_or_else(|| State::Waiting {
                reason: waiting.to_owned(),
                message: String::new(),
            });
        Self {
            name,
            image: text("image"),
            restarts: status
                .and_then(|status| status.get("restartCount")?.as_i64())
                .unwrap_or(0),
            state,
            last: status
                .and_then(|status| status.get("lastState"))
                .filter(|last| last.get("terminated").is_some())
                .cloned(),
            id: status
                .and_then(|status| status.get("containerID")?.as_str())
                .filter(|id| !id.is_empty())
                .map(str::to_owned),
            is_ready: status
                .and_then(|status| status.get("ready")?.as_bool())
                .unwrap_or(false),
        }
    }

    pub(super) fn is_running(&self) -> bool {
        matches!(self.state, State::Running { .. })
    }

    /// The exit code of the last run, if the container waits after one.
    pub(super) fn last_code(&self) -> Option<i64> {
        self.last
            .as_ref()?
            .get("terminated")?
            .get("exitCode")?
            .as_i64()
    }

    pub(super) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    pub(super) fn wait(&mut self, reason: &str, message: &str) {
        self.is_ready = false;
        self.state = State::Waiting {
            reason: reason.to_owned(),
            message: message.to_owned(),
        };
    }

    /// Starts it: a run of its own, with an id of its own.
    pub(super) fn start(&mut self, pod: &Object, now: Timestamp) {
        if self.id.is_some() {
            self.restarts += 1;
        }
        let seed = format!(
            "{}/{}/{}",
            pod.uid().unwrap_or_default(),
            self.name,
            self.restarts
        );
        self.id = Some(format!("containerd://{}", hex(&seed)));
        self.set_last_aside();
        self.is_ready = false;
        self.state = State::Running {
            since: field::whole_second(now),
        };
    }

    /// Keeps a run that has ended as the last one.
    pub(super) fn set_last_aside(&mut self) {
        if let State::Ended { value, .. } = &self.state {
            self.last = Some(json!({"terminated": value}));
        }
    }

    /// Lets time pass for a running container: it may exit, or become ready.
    pub(super) fn pass(&mut self, behaviour: &Behaviour, now: Timestamp) {
        let State::Running { since } = self.state else {
            return;
        };
        if let Some((after, code)) = behaviour.exit
            && let Some(at) = later(since, after)
            && at <= now
        {
            self.end(code, since, at);
            return;
        }
        self.is_ready = behaviour
            .ready_after
            .and_then(|after| later(since, after))
            .is_some_and(|at| at <= now);
    }

    /// Ends a run.
    pub(super) fn end(&mut self, code: i64, since: Timestamp, at: Timestamp) {
        let reason = if code == 0 { "Completed" } else { "Error" };
        self.is_ready = false;
        self.state = State::Ended {
            code,
            at,
            value: json!({
                "exitCode": code, "reason": reason, "containerID": self.id,
                "startedAt": field::stamp(since), "finishedAt": field::stamp(at),
            }),
        };
    }

    /// What becomes of a container that has ended: `Some(at)` if it is to start again at an instant.
    pub(super) fn again_at(&self, restart: Restart) -> Option<Timestamp> {
        let (code, at, value) = match &self.state {
            State::Ended { code, at, value } => (*code, *at, value.clone()),
            State::Waiting { reason, .. } if reason == "CrashLoopBackOff" => {
                let value = self.last.as_ref()?.get("terminated")?.clone();
                let at = time(&value, "finishedAt")?;
                (self.last_code().unwrap_or(1), at, value)
            }
            _ => return None,
        };
        if !restart.again(code) {
            return None;
        }
        let ran = time(&value, "startedAt").map(|since| at.duration_since(since));
        let wait = if ran.is_some_and(|ran| ran >= FORGIVEN_AFTER) {
            SignedDuration::ZERO
        } else {
            self.backoff()
        };
        later(at, wait)
    }

    /// How long it waits before its next start: not at all the first time.
    fn backoff(&self) -> SignedDuration {
        if self.restarts == 0 {
            return SignedDuration::ZERO;
        }
        let doublings = u32::try_from(self.restarts - 1).unwrap_or(16).min(16);
        SignedDuration::from_secs((FIRST_BACKOFF << doublings).min(LONGEST_BACKOFF))
    }

    /// Moves the last run aside, and waits for the next.
    pub(super) fn back_off(&mut self, pod: &Object) {
        if matches!(self.state, State::Ended { .. }) {
            self.set_last_aside();
            let message = format!(
                "back-off {} restarting failed container={} pod={}_{}({})",
                go_duration(self.backoff()),
                self.name,
                pod.name(),
                pod.namespace().unwrap_or_default(),
                pod.uid().unwrap_or_default()
            );
            self.wait("CrashLoopBackOff", &message);
        }
    }

    /// When time will change it next.
    pub(super) fn next(&self, behaviour: &Behaviour, restart: Restart) -> Option<Timestamp> {
        match self.state {
            State::Running { since } => {
                let exit = behaviour.exit.and_then(|(after, _)| later(since, after));
                let ready = behaviour
                    .ready_after
                    .filter(|_| !self.is_ready)
                    .and_then(|after| later(since, after));
                exit.into_iter().chain(ready).min()
            }
            _ => self.again_at(restart),
        }
    }

    /// As it stands in a status.
    pub(super) fn write(&self) -> Value {
        let is_running = self.is_running();
        let state = match &self.state {
            State::Waiting { reason, message } if message.is_empty() => {
                json!({"waiting": {"reason": reason}})
            }
            State::Waiting { reason, message } => {
                json!({"waiting": {"reason": reason, "message": message}})
            }
            State::Running { since } => json!({"running": {"startedAt": since.to_string()}}),
            State::Ended { value, .. } => json!({"terminated": value}),
        };
        let mut status = json!({
            "name": self.name,
            "image": self.image,
            "imageID": if self.id.is_some() { image_id(&self.image) } else { String::new() },
            "lastState": self.last.clone().unwrap_or_else(|| json!({})),
            "ready": self.is_ready,
            "restartCount": self.restarts,
            "started": is_running,
            "state": state,
        });
        if let (Some(id), Some(map)) = (&self.id, status.as_object_mut()) {
            map.insert("containerID".into(), id.clone().into());
        }
        status
    }
}

fn read_state(state: &Value) -> Option<State> {
    if let Some(running) = state.get("running") {
        return Some(State::Running {
            since: time(running, "startedAt")?,
        });
    }
    if let Some(value) = state.get("terminated") {
        return Some(State::Ended {
            code: value.get("exitCode")?.as_i64()?,
            at: time(value, "finishedAt")?,
            value: value.clone(),
        });
    }
    let waiting = state.get("waiting")?;
    let text = |field: &str| {
        waiting
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    Some(State::Waiting {
        reason: text("reason"),
        message: text("message"),
    })
}

fn time(value: &Value, field: &str) -> Option<Timestamp> {
    value.get(field)?.as_str()?.parse().ok()
}

pub(super) fn later(from: Timestamp, by: SignedDuration) -> Option<Timestamp> {
    from.checked_add(by).ok()
}

fn hex(seed: &str) -> String {
    Sha256::digest(seed.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The id of an image: its name without the tag, and what stands for the digest of its content.
fn image_id(image: &str) -> String {
    let (name, digest) = image.split_once('@').unwrap_or((image, ""));
    let repository = match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => name,
    };
    let digest = if digest.is_empty() {
        format!("sha256:{}", hex(image))
    } else {
        digest.to_owned()
    };
    let first = repository.split('/').next().unwrap_or_default();
    match (repository.contains('/'), first.contains(['.', ':'])) {
        (false, _) => format!("docker.io/library/{repository}@{digest}"),
        (true, false) if first != "localhost" => format!("docker.io/{repository}@{digest}"),
        _ => format!("{repository}@{digest}"),
    }
}

/// Seconds as Go prints a duration.
fn go_duration(duration: SignedDuration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds}s"),
        (minutes, seconds) => format!("{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn image_ids_name_the_repository_in_full() {
        for (image, repository) in [
            ("nginx:1.27", "docker.io/library/nginx@"),
            ("library/nginx", "docker.io/library/nginx@"),
            ("ghcr.io/a/b:v1", "ghcr.io/a/b@"),
            ("localhost:5000/a", "localhost:5000/a@"),
            ("a@sha256:00", "docker.io/library/a@sha256:00"),
        ] {
            let id = image_id(image);
            assert!(id.starts_with(repository), "{id}");
        }
    }

    #[test]
    fn backoff_doubles_up_to_five_minutes() {
        let mut container = Container::read(&json!({"name": "a"}), &[], "ContainerCreating");
        let waits: Vec<String> = (0..8)
            .map(|restarts| {
                container.restarts = restarts;
                go_duration(container.backoff())
            })
            .collect();
        assert_eq!(
            waits,
            ["0s", "10s", "20s", "40s", "1m20s", "2m40s", "5m0s", "5m0s"]
        );
    }
}
