//! What an Application says of itself, as Argo CD writes it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{fetch::Ask, run::Found};
use crate::{
    api::application::{IN_CLUSTER_NAME, IN_CLUSTER_SERVER, REFRESH, Spec},
    object::Object,
    plan::EventSeverity,
    sync::{
        compare::Compared,
        operation::{OperationState, second},
        origin::Origin,
    },
};

/// How many past syncs are kept unless said otherwise.
const HISTORY: u64 = 10;

/// The Application as it will be written, and what is to be told.
pub(super) struct Report {
    pub app: Object,
    pub now: Timestamp,
    pub events: Vec<(EventSeverity, &'static str, String)>,
}

/// Whether a destination is one that is applied to.
///
/// # Errors
/// Why it is not, for the condition `InvalidSpecError`.
pub(super) fn check_destination(spec: &Spec) -> Result<(), String> {
    let destination = &spec.destination;
    if !destination.server.is_empty() && !destination.name.is_empty() {
        return Err(format!(
            "application destination can't have both name and server defined: {} {}",
            destination.name, destination.server
        ));
    }
    let is_here = [IN_CLUSTER_SERVER, ""].contains(&destination.server.trim_end_matches('/'))
        && ["", IN_CLUSTER_NAME].contains(&destination.name.as_str());
    if !is_here {
        return Err(format!(
            "application destination {}{} is another cluster, which is not supported",
            destination.server, destination.name
        ));
    }
    if destination.server.is_empty() && destination.name.is_empty() {
        return Err("Destination server missing from app spec".to_owned());
    }
    Ok(())
}

/// What an Application asks for: `sources` where there are some, `source` otherwise.
pub(super) fn ask(app: &Object, spec: &Spec) -> Ask {
    let is_plural = !spec.sources.is_empty();
    let written = if is_plural {
        app.at(&["spec", "sources"])
    } else {
        app.at(&["spec", "source"])
    };
    let sources = match written {
        Some(Value::Array(list)) => list.clone(),
        Some(Value::Null) | None => Vec::new(),
        Some(one) => vec![one.clone()],
    };
    Ask {
        is_plural,
        sources,
        ..Ask::default()
    }
}

impl Report {
    /// Begins with the Application as it is; a refresh that was asked for is served by this pass.
    pub fn new(app: &Object, now: Timestamp) -> Self {
        let mut app = app.clone();
        app.remove(&["metadata", "annotations", REFRESH]);
        Self {
            app,
            now,
            events: Vec::new(),
        }
    }

    /// Something to be told.
    pub fn event(&mut self, severity: EventSeverity, reason: &'static str, message: String) {
        self.events.push((severity, reason, message));
    }

    /// The spec makes no sense: nothing can be told of the rest.
    pub fn invalid(&mut self, message: String) {
        self.condition("ComparisonError", None);
        self.condition("InvalidSpecError", Some(message));
        self.states("Unknown", None, "Unknown", "");
    }

    /// What Git wants or what there is could not be read.
    pub fn unknown(&mut self, message: String) {
        self.condition("InvalidSpecError", None);
        self.condition("ComparisonError", Some(message));
        if let Some(Value::Array(resources)) = self
            .app
            .as_map_mut()
            .get_mut("status")
            .and_then(|s| s.get_mut("resources"))
        {
            for one in resources.iter_mut().filter_map(Value::as_object_mut) {
                if one.contains_key("status") {
                    one.insert("status".to_owned(), "Unknown".into());
                }
            }
        }
        let health = self.app.at(&["status", "health", "status"]);
        let health = health
            .and_then(Value::as_str)
            .unwrap_or("Unknown")
            .to_owned();
        self.states("Unknown", None, &health, "");
    }

    /// Everything was compared.
    pub fn compared(&mut self, spec: &Spec, ask: &Ask, found: &Found) {
        self.condition("InvalidSpecError", None);
        self.condition("ComparisonError", None);
        let comparison = &found.comparison;
        let shared = comparison.shared.first().map(|(key, other)| {
            format!(
                "{}/{} is part of applications {} and {other}",
                key.kind,
                key.name,
                self.app.name()
            )
        });
        self.condition("SharedResourceWarning", shared);
        let repeated = found.targets.repeated.first().map(|key| {
            format!("Resource {key} appeared more than once among application resources.")
        });
        self.condition("RepeatedResourceWarning", repeated);
        let excluded = found.targets.excluded.first().map(|key| {
            format!(
                "Resource {}/{} {} is excluded in the settings",
                key.group, key.kind, key.name
            )
        });
        self.condition("ExcludedResourceWarning", excluded);
        let health = &comparison.health;
        self.states(
            comparison.status.text(),
            Some(&found.origin),
            health.status.text(),
            &health.message,
        );
        let destination = self
            .app
            .at(&["spec", "destination"])
            .cloned()
            .unwrap_or_default();
        let mut compared_to = json!({"destination": destination});
        if let Some(map) = compared_to.as_object_mut() {
            if ask.is_plural {
                map.insert("sources".to_owned(), ask.sources.clone().into());
            } else if let Some(source) = ask.sources.first() {
                map.insert("source".to_owned(), source.clone());
            }
        }
        if !spec.ignore_differences.is_empty()
            && let (Some(map), Some(rules)) = (
                compared_to.as_object_mut(),
                self.app.at(&["spec", "ignoreDifferences"]),
            )
        {
            map.insert("ignoreDifferences".to_owned(), rules.clone());
        }
        self.app.set(&["status", "sync", "comparedTo"], compared_to);
        let resources: Vec<Value> = comparison.resources.iter().map(resource).collect();
        self.app.set(&["status", "resources"], resources.into());
        let images = images(&comparison.resources);
        if !images.is_empty() {
            self.app
                .set(&["status", "summary"], json!({"images": images}));
        }
        self.app.set(
            &["status", "controllerNamespace"],
            self.app.namespace().unwrap_or_default().into(),
        );
        if self.app.at(&["status", "reconciledAt"]).is_none() {
            self.app
                .set(&["status", "reconciledAt"], second(self.now).into());
        }
    }

    fn states(&mut self, sync: &str, origin: Option<&Origin>, health: &str, message: &str) {
        let text = |app: &Object, path: &[&str]| {
            let text = app.at(path).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let before = text(&self.app, &["status", "sync", "status"]);
        if before != sync {
            self.event(
                EventSeverity::Normal,
                "ResourceUpdated",
                format!("Updated sync status: {before} -> {sync}"),
            );
            self.app.set(&["status", "sync", "status"], sync.into());
        }
        if let Some(origin) = origin {
            let before = self.app.at(&["status", "sync"]).cloned();
            if origin.is_plural {
                let revisions = origin.revisions.clone();
                self.app
                    .set(&["status", "sync", "revisions"], revisions.into());
                self.app.remove(&["status", "sync", "revision"]);
            } else {
                self.app
                    .set(&["status", "sync", "revision"], origin.revision().into());
                self.app.remove(&["status", "sync", "revisions"]);
            }
            if before.as_ref() != self.app.at(&["status", "sync"]) {
                self.app
                    .set(&["status", "reconciledAt"], second(self.now).into());
            }
        }
        let before = text(&self.app, &["status", "health", "status"]);
        if before != health {
            self.event(
                EventSeverity::Normal,
                "ResourceUpdated",
                format!("Updated health status: {before} -> {health}"),
            );
            self.app.set(&["status", "health", "status"], health.into());
            self.app.set(
                &["status", "health", "lastTransitionTime"],
                second(self.now).into(),
            );
        }
        if message.is_empty() {
            self.app.remove(&["status", "health", "message"]);
        } else {
            self.app
                .set(&["status", "health", "message"], message.into());
        }
    }

    /// Sets a condition, or takes it away; its time changes with its message only.
    pub fn condition(&mut self, kind: &str, message: Option<String>) {
        let listed = self
            .app
            .at(&["status", "conditions"])
            .and_then(Value::as_array);
        let mut conditions: Vec<Value> = listed.cloned().unwrap_or_default();
        let is_it = |one: &Value| one.get("type").and_then(Value::as_str) == Some(kind);
        let before = conditions.iter().find(|one| is_it(one)).cloned();
        match message {
            None if before.is_none() => return,
            None => conditions.retain(|one| !is_it(one)),
            Some(message) => {
                let is_same = before.is_some_and(|one| {
                    one.get("message").and_then(Value::as_str) == Some(message.as_str())
                });
                if is_same {
                    return;
                }
                conditions.retain(|one| !is_it(one));
                conditions.push(json!({"type": kind, "message": message, "lastTransitionTime": second(self.now)}));
            }
        }
        if conditions.is_empty() {
            self.app.remove(&["status", "conditions"]);
        } else {
            self.app.set(&["status", "conditions"], conditions.into());
        }
    }

    /// How far the sync is; what asked for it goes when it ends.
    pub fn operation(&mut self, state: &OperationState) {
        if let Ok(value) = serde_json::to_value(state) {
            self.app.set(&["status", "operationState"], value);
        }
        if state.phase.is_completed() {
            self.app.remove(&["operation"]);
        } else if let Ok(operation) = serde_json::to_value(&state.operation) {
            self.app.set(&["operation"], operation);
        }
    }

    /// A sync of the whole that worked is remembered.
    pub fn history(&mut self, state: &OperationState) {
        let limit = self
            .app
            .at(&["spec", "revisionHistoryLimit"])
            .and_then(Value::as_u64);
        let limit = usize::try_from(limit.unwrap_or(HISTORY)).unwrap_or(usize::MAX);
        let listed = self
            .app
            .at(&["status", "history"])
            .and_then(Value::as_array);
        let mut history: Vec<Value> = listed.cloned().unwrap_or_default();
        let last = history
            .last()
            .and_then(|one| one.get("id"))
            .and_then(Value::as_i64);
        let Some(result) = &state.sync_result else {
            return;
        };
        let origin = Origin::of(result);
        let (revision, source) = if origin.is_plural {
            ("revisions", "sources")
        } else {
            ("revision", "source")
        };
        let mut entry = json!({
            "id": last.map_or(0, |id| id + 1),
            "deployedAt": second(self.now),
            "deployStartedAt": state.started_at,
            "initiatedBy": state.operation.initiated_by.clone().unwrap_or_default(),
        });
        if let Some(map) = entry.as_object_mut() {
            let (revisions, sources) = if origin.is_plural {
                (origin.revisions.into(), origin.sources.into())
            } else {
                (result.revision.clone().into(), result.source.clone())
            };
            map.insert(revision.to_owned(), revisions);
            map.insert(source.to_owned(), sources);
        }
        history.push(entry);
        let more = history.len().saturating_sub(limit);
        history.drain(..more);
        self.app.set(&["status", "history"], history.into());
    }
}

fn resource(one: &Compared) -> Value {
    let mut value = json!({
        "version": one.version,
        "kind": one.key.kind,
        "name": one.key.name,
    });
    let Some(map) = value.as_object_mut() else {
        return value;
    };
    for (field, text) in [("group", &one.key.group), ("namespace", &one.key.namespace)] {
        if !text.is_empty() {
            map.insert(field.to_owned(), text.clone().into());
        }
    }
    if let Some(status) = one.status {
        map.insert("status".to_owned(), status.text().into());
    }
    if one.is_hook {
        map.insert("hook".to_owned(), true.into());
    }
    if one.requires_pruning {
        map.insert("requiresPruning".to_owned(), true.into());
    }
    if one.wave != 0 {
        map.insert("syncWave".to_owned(), one.wave.into());
    }
    if let Some(health) = &one.health {
        let mut shown = json!({"status": health.status.text()});
        if let (Some(map), false) = (shown.as_object_mut(), health.message.is_empty()) {
            map.insert("message".to_owned(), health.message.clone().into());
        }
        map.insert("health".to_owned(), shown);
    }
    value
}

fn images(resources: &[Compared]) -> Vec<String> {
    let mut found = std::collections::BTreeSet::new();
    for live in resources.iter().filter_map(|one| one.live.as_ref()) {
        for path in [
            &["spec", "template", "spec"][..],
            &["spec", "jobTemplate", "spec", "template", "spec"],
            &["spec"],
        ] {
            for field in ["containers", "initContainers"] {
                let listed = live.at(path).and_then(|pod| pod.get(field)?.as_array());
                let images = listed.into_iter().flatten();
                found.extend(images.filter_map(|c| Some(c.get("image")?.as_str()?.to_owned())));
            }
        }
    }
    found.into_iter().collect()
}
