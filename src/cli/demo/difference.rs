//! What is told of the difference between two moments.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    seen::{NAME, SECRET, Seen},
    told::Event,
};
use crate::object::Object;

/// Reasons of events that are told otherwise, or that say nothing to the story.
const QUIET: &[&str] = &[
    "Scheduled",
    "Pulled",
    "Pulling",
    "Created",
    "Started",
    "Killing",
    "SuccessfulCreate",
    "SuccessfulDelete",
    "ResourceUpdated",
    "OperationStarted",
    "RolloutAddedToInformer",
    "RolloutNotCompleted",
    "SwitchService",
];

/// Remembers which events of the cluster were told.
#[derive(Debug, Default)]
pub struct Differences {
    told: BTreeSet<(String, i64)>,
}

impl Differences {
    /// What is to be told, in the order of the story: Git's way first, then the workload, then what controllers say.
    pub fn between(&mut self, before: &Seen, after: &Seen) -> Vec<Event> {
        let mut found = Vec::new();
        let mut differs = |what: &str, from: String, to: String| {
            if from != to && !to.is_empty() {
                let what = what.to_owned();
                found.push(Event::Changed { what, from, to });
            }
        };
        let app = |seen: &Seen| {
            let health = seen.app(&["status", "health", "status"]);
            let sync = seen.app(&["status", "sync", "status"]);
            let revision = seen.app(&["status", "sync", "revision"]);
            match (sync, health) {
                ("", "") => String::new(),
                _ => format!(
                    "{sync} ({}), {health}",
                    revision.get(..7).unwrap_or(revision)
                ),
            }
        };
        differs(&format!("Application {NAME}"), app(before), app(after));
        let sealed = |seen: &Seen| {
            let (status, reason, _) = seen.sealed_condition("Promoted");
            if status.is_empty() {
                String::new()
            } else {
                format!("Promoted={status} {reason}")
            }
        };
        differs(
            &format!("SealedSecret {SECRET}"),
            sealed(before),
            sealed(after),
        );
        let rollout = |seen: &Seen| {
            format!("{} {}", seen.view.status, seen.view.message)
                .trim()
                .to_owned()
        };
        differs(&format!("Rollout {NAME}"), rollout(before), rollout(after));
        let step = |seen: &Seen| seen.view.step.clone();
        differs(&format!("Rollout {NAME} step"), step(before), step(after));
        let weight = |seen: &Seen| {
            if seen.route.is_none() {
                String::new()
            } else {
                format!("{} % to the canary", seen.weight())
            }
        };
        differs(&format!("HTTPRoute {NAME}"), weight(before), weight(after));
        for version in after.versions() {
            let said = |seen: &Seen| {
                let found = seen
                    .versions()
                    .into_iter()
                    .find(|one| one.number == version.number)?;
                Some(match (found.is_promoted, found.is_rejected) {
                    (true, _) => "promoted",
                    (false, true) => "rejected",
                    (false, false) => "there",
                })
            };
            let from = said(before).unwrap_or_default().to_owned();
            differs(
                &format!("Secret {SECRET}-v{}", version.number),
                from,
                said(after).unwrap_or_default().to_owned(),
            );
        }
        for version in before.versions() {
            if after
                .versions()
                .iter()
                .all(|one| one.number != version.number)
            {
                let what = format!("Secret {SECRET}-v{}", version.number);
                differs(&what, "there".to_owned(), "gone".to_owned());
            }
        }
        found.extend(after.events.iter().filter_map(|event| self.happened(event)));
        found
    }

    fn happened(&mut self, event: &Object) -> Option<Event> {
        let text = |path: &[&str]| {
            event
                .at(path)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let count = event.at(&["count"]).and_then(Value::as_i64).unwrap_or(1);
        let reason = text(&["reason"]);
        let kind = text(&["involvedObject", "kind"]);
        let is_ours = matches!(
            kind.as_str(),
            "Rollout" | "SealedSecret" | "AnalysisRun" | "Application" | "Secret"
        );
        let is_new = self
            .told
            .insert((event.uid().unwrap_or_default().to_owned(), count));
        (is_ours && is_new && !QUIET.contains(&reason.as_str())).then(|| Event::Happened {
            object: format!("{kind} {}", text(&["involvedObject", "name"])),
            reason,
            message: text(&["message"]),
            warning: text(&["type"]) == "Warning",
        })
    }
}
