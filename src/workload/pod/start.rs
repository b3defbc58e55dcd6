//! Running a pod: volumes, then init containers one by one, then the containers.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{
    application::{Application, FAILS_WHEN},
    behaviour::Behaviour,
    container::{Container, Restart, State, later},
    decide::{Snapshot, references, tell},
    environment,
    reading::{Mounted, Reading, Versions},
    status::{self, Stage},
    surroundings::Surroundings,
    values,
};
use crate::{
    object::pod_template::{Place, Reference},
    plan::{Effect, EventSeverity, Next, Plan},
    workload::field,
};

/// How often a kubelet looks after the volumes of a pod.
const REFRESH: i64 = 60;

/// One pass over a pod that runs, or is to.
pub(super) struct Run {
    snapshot: Snapshot,
    reading: Reading,
    now: Timestamp,
    references: Vec<Reference>,
    behaviour: Behaviour,
    restart: Restart,
    effects: Vec<Effect>,
    times: Vec<Timestamp>,
}

impl Run {
    pub(super) fn begin(snapshot: Snapshot, reading: Reading, now: Timestamp) -> Self {
        Self {
            references: references(&snapshot.pod),
            behaviour: Behaviour::of(&snapshot.pod),
            restart: Restart::of(&snapshot.pod),
            snapshot,
            reading,
            now,
            effects: Vec::new(),
            times: Vec::new(),
        }
    }

    pub(super) fn finish(mut self) -> (Plan, Reading) {
        let mut init = status::init_containers(&self.snapshot.pod);
        let mut containers = status::containers(&self.snapshot.pod);
        let mut stage = Stage::Preparing;
        match self.mount() {
            Ok(()) => {
                self.reading.complaint = None;
                stage = Stage::Running;
                if self.initialize(&mut init) {
                    self.step_all(&mut containers);
                }
            }
            Err(why) => self.complain(why),
        }
        let status = status::write(&self.snapshot, &init, &containers, stage, self.now);
        let before = self.snapshot.pod.at(&["status"]).unwrap_or(&Value::Null);
        let mut plan = Plan {
            effects: self.effects,
            ..Plan::default()
        };
        if let Some(at) = self.times.into_iter().min() {
            plan.next = Next::At(at);
        }
        if field::significant(before) != field::significant(&status) {
            let mut object = self.snapshot.pod;
            object.set(&["status"], status);
            plan.status = Some(object);
        }
        (plan, self.reading)
    }

    fn namespace(&self) -> String {
        self.snapshot.pod.namespace().unwrap_or_default().to_owned()
    }

    fn complain(&mut self, why: String) {
        if self.reading.complaint.as_ref() != Some(&why) {
            self.effects.push(tell(
                &self.snapshot.pod,
                EventSeverity::Warning,
                "FailedMount",
                why.clone(),
            ));
            self.reading.complaint = Some(why);
        }
    }

    /// Mounts the volumes of a pod that has not begun; renews those of one that has.
    fn mount(&mut self) -> Result<(), String> {
        let volumes = field::list(&self.snapshot.pod, &["spec", "volumes"]).to_vec();
        let has_begun = status::has_begun(&self.snapshot.pod);
        let namespace = self.namespace();
        for volume in &volumes {
            let name = volume
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let place = Place::Volume(name.to_owned());
            if !self.references.iter().any(|r| r.place == place) {
                continue;
            }
            let found =
                environment::mount(volume, &self.references, &self.snapshot.sources, &namespace);
            match (found, self.reading.volumes.get(name).cloned()) {
                (Err(why), None) if !has_begun => return Err(why),
                // What was mounted stays when its source goes.
                (Err(_), _) => {}
                (Ok(versions), Some(mounted)) => self.refresh(name, mounted, versions),
                (Ok(versions), None) => {
                    let mounted = Mounted {
                        versions,
                        refresh_at: None,
                    };
                    self.reading.volumes.insert(name.to_owned(), mounted);
                }
            }
        }
        Ok(())
    }

    /// Shows what has changed at the next of the regular looks, but never what was immutable.
    fn refresh(&mut self, name: &str, mut mounted: Mounted, mut versions: Versions) {
        for (key, old) in &mounted.versions {
            let is_immutable = old
                .as_ref()
                .is_some_and(|old| field::is_true(old, &["immutable"]));
            if is_immutable {
                versions.insert(key.clone(), old.clone());
            }
        }
        if is_same(&versions, &mounted.versions) {
            mounted.refresh_at = None;
        } else {
            let at = mounted.refresh_at.unwrap_or_else(|| self.next_look());
            if at <= self.now {
                mounted.versions = versions;
                mounted.refresh_at = None;
            } else {
                mounted.refresh_at = Some(at);
                self.times.push(at);
            }
        }
        self.reading.volumes.insert(name.to_owned(), mounted);
    }

    fn next_look(&self) -> Timestamp {
        let began = field::time(&self.snapshot.pod, &["status", "startTime"]).unwrap_or(self.now);
        let passed = self.now.duration_since(began).as_secs().max(0);
        let looks = passed / REFRESH + 1;
        later(began, SignedDuration::from_secs(looks * REFRESH)).unwrap_or(self.now)
    }

    /// Runs init containers in their order, and says whether the others may start.
    fn initialize(&mut self, containers: &mut [Container]) -> bool {
        let specs = field::list(&self.snapshot.pod, &["spec", "initContainers"]).to_vec();
        let started_once = status::containers(&self.snapshot.pod)
            .iter()
            .any(|container| container.id().is_some());
        for (spec, container) in specs.iter().zip(containers) {
            if status::is_sidecar(spec) {
                let behaviour = self.behaviour.of_sidecar();
                self.step(spec, container, behaviour, Restart::Always);
                if !container.is_running() && !started_once {
                    return false;
                }
                continue;
            }
            let restart = match self.restart {
                Restart::Never => Restart::Never,
                _ => Restart::OnFailure,
            };
            if started_once {
                continue;
            }
            self.step(spec, container, self.behaviour.of_init(), restart);
            if !matches!(container.state, State::Ended { code: 0, .. }) {
                return false;
            }
            container.is_ready = true;
        }
        true
    }

    fn step_all(&mut self, containers: &mut [Container]) {
        let specs = field::list(&self.snapshot.pod, &["spec", "containers"]).to_vec();
        for (spec, container) in specs.iter().zip(containers) {
            self.step(spec, container, self.behaviour, self.restart);
        }
    }

    /// Lets time pass for one container, and starts it if it is to.
    fn step(
        &mut self,
        spec: &Value,
        container: &mut Container,
        behaviour: Behaviour,
        restart: Restart,
    ) {
        self.recover(container);
        container.pass(&self.judged(spec, container, behaviour), self.now);
        let is_new = match &container.state {
            State::Waiting { reason, .. } => reason != "CrashLoopBackOff",
            _ => false,
        };
        let is_due = container.again_at(restart).is_some_and(|at| at <= self.now);
        if is_new || is_due {
            self.start(spec, container);
        } else if container.again_at(restart).is_some() && !container.is_running() {
            let before = container.state.clone();
            container.back_off(&self.snapshot.pod);
            if before != container.state {
                let message = format!(
                    "Back-off restarting failed container {} in pod {}_{}({})",
                    container.name,
                    self.snapshot.pod.name(),
                    self.namespace(),
                    self.snapshot.pod.uid().unwrap_or_default()
                );
                self.warn("BackOff", message);
            }
        }
        let behaviour = self.judged(spec, container, behaviour);
        self.times.extend(container.next(&behaviour, restart));
    }

    /// How a container behaves with what it was started with.
    fn judged(&self, spec: &Value, container: &Container, behaviour: Behaviour) -> Behaviour {
        let pod = &self.snapshot.pod;
        let surroundings = &self.snapshot.surroundings;
        let is_application = field::list(pod, &["spec", "containers"]).contains(spec);
        let is_told =
            **surroundings != Surroundings::default() || pod.annotation(FAILS_WHEN).is_some();
        if !is_application || !is_told {
            return behaviour;
        }
        let run = self.reading.environments.get(&container.name);
        let environment = run
            .filter(|(id, _)| Some(id.as_str()) == container.id())
            .map(|(_, versions)| values::read(pod, spec, versions));
        Application::of(pod, spec, environment.as_ref(), surroundings).changes(behaviour)
    }

    /// Finds out what a container read that was started before anybody kept track: what has not changed since.
    fn recover(&mut self, container: &Container) {
        let State::Running { since } = container.state else {
            return;
        };
        let known = self.reading.environments.get(&container.name);
        if known.is_some_and(|(id, _)| Some(id.as_str()) == container.id()) {
            return;
        }
        let place = Place::Environment(container.name.clone());
        let sources = &self.snapshot.sources;
        let read = environment::read(&self.references, &place, sources, &self.namespace());
        let mut versions = read.unwrap_or_default();
        versions.retain(|_, version| {
            version
                .as_deref()
                .and_then(environment::last_change)
                .is_some_and(|at| at < since)
        });
        let id = container.id().unwrap_or_default().to_owned();
        self.reading
            .environments
            .insert(container.name.clone(), (id, versions));
    }

    fn start(&mut self, spec: &Value, container: &mut Container) {
        let place = Place::Environment(container.name.clone());
        let read = environment::read(
            &self.references,
            &place,
            &self.snapshot.sources,
            &self.namespace(),
        );
        match read {
            Ok(versions) => {
                self.pull(spec, container);
                container.start(&self.snapshot.pod, self.now);
                let id = container.id().unwrap_or_default().to_owned();
                self.reading
                    .environments
                    .insert(container.name.clone(), (id, versions));
                self.fix_sub_paths(spec, &container.name);
                for (reason, message) in [
                    ("Created", "Container created"),
                    ("Started", "Container started"),
                ] {
                    self.effects.push(tell(
                        &self.snapshot.pod,
                        EventSeverity::Normal,
                        reason,
                        message.to_owned(),
                    ));
                }
            }
            Err(why) => {
                let before = container.state.clone();
                container.set_last_aside();
                container.wait("CreateContainerConfigError", &why);
                if before != container.state {
                    self.warn("Failed", format!("Error: {why}"));
                }
            }
        }
    }

    fn warn(&mut self, reason: &str, message: String) {
        let told = tell(&self.snapshot.pod, EventSeverity::Warning, reason, message);
        self.effects.push(told);
    }

    /// Reads the credentials for the image where it is pulled: at the first start, or at each where so wanted.
    fn pull(&mut self, spec: &Value, container: &Container) {
        let is_always = spec.get("imagePullPolicy").and_then(Value::as_str) == Some("Always");
        if container.id().is_some() && !is_always {
            return;
        }
        let mut missing = Vec::new();
        let mut versions = Versions::new();
        for reference in self
            .references
            .iter()
            .filter(|r| r.place == Place::ImagePull)
        {
            let key = super::reading::SourceKey {
                kind: reference.kind,
                name: reference.name.clone(),
            };
            let found = self.snapshot.sources.0.get(&key).cloned();
            if found.is_none() {
                missing.push(reference.name.clone());
            }
            versions.insert(key, found);
        }
        self.reading.pull = versions;
        if !missing.is_empty() {
            let names = missing.join(", ");
            self.warn(
                "FailedToRetrieveImagePullSecret",
                format!(
                    "Unable to retrieve some image pull secrets ({names}); attempting to pull the image may not succeed."
                ),
            );
        }
    }

    /// What a container mounts by `subPath` stays as it is now until its next start.
    fn fix_sub_paths(&mut self, spec: &Value, container: &str) {
        self.reading.fixed.retain(|(name, _), _| name != container);
        let mounts = spec.get("volumeMounts").and_then(Value::as_array);
        for mount in mounts.into_iter().flatten() {
            let text = |field: &str| mount.get(field).and_then(Value::as_str).unwrap_or_default();
            if text("subPath").is_empty() && text("subPathExpr").is_empty() {
                continue;
            }
            if let Some(mounted) = self.reading.volumes.get(text("name")) {
                let key = (container.to_owned(), text("name").to_owned());
                self.reading.fixed.insert(key, mounted.versions.clone());
            }
        }
    }
}

/// Whether both show the same objects in the same state.
fn is_same(one: &Versions, other: &Versions) -> bool {
    let state = |versions: &Versions| -> Vec<Option<(Option<String>, Option<String>)>> {
        versions
            .values()
            .map(|version| {
                version.as_ref().map(|object| {
                    let uid = object.uid().map(str::to_owned);
                    (uid, object.resource_version().map(str::to_owned))
                })
            })
            .collect()
    };
    one.len() == other.len() && state(one) == state(other)
}
