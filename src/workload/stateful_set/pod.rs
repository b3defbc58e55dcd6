//! The pods of a StatefulSet: names, host names, volumes.

use serde_json::{Value, json};

use super::Pass;
use crate::{
    object::Object,
    plan::{Effect, EventSeverity},
    workload::{field, member, revision},
};

/// Label of a pod with its own name, for Services that choose one pod.
const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";
/// Label of a pod with its ordinal.
const POD_INDEX: &str = "apps.kubernetes.io/pod-index";

/// The ordinal of a pod, if its name is one that the set gives.
pub(super) fn ordinal(set: &Object, pod: &Object) -> Option<i64> {
    let (parent, ordinal) = pod.name().rsplit_once('-')?;
    let is_number = !ordinal.is_empty() && ordinal.bytes().all(|digit| digit.is_ascii_digit());
    (parent == set.name() && is_number)
        .then(|| ordinal.parse().ok())
        .flatten()
}

impl Pass<'_> {
    fn name(&self, ordinal: i64) -> String {
        format!("{}-{ordinal}", self.set.name())
    }

    /// Makes the claims and then the pod of an ordinal; a claim that is being deleted is waited for.
    pub(super) fn make(&mut self, ordinal: i64) {
        if !self.make_claims(ordinal) {
            return;
        }
        let name = self.name(ordinal);
        if let Some(pod) = self.pod(ordinal, &name) {
            self.effects.push(Effect::Create(pod));
            let set = self.set.name();
            self.tell(
                "SuccessfulCreate",
                format!("Create Pod {name} in StatefulSet {set} successful"),
            );
        }
    }

    pub(super) fn remove(&mut self, pod: &Object) {
        self.effects.push(member::remove(pod));
        let message = format!(
            "Delete Pod {} in StatefulSet {} successful",
            pod.name(),
            self.set.name()
        );
        self.tell("SuccessfulDelete", message);
    }

    fn tell(&mut self, reason: &str, message: String) {
        let told = member::tell(&self.set, EventSeverity::Normal, reason, message);
        self.effects.push(told);
    }

    /// The templates of claims, with the name of each claim of an ordinal.
    fn claim_names(&self, ordinal: i64) -> Vec<(Value, String, String)> {
        field::list(&self.set, &["spec", "volumeClaimTemplates"])
            .iter()
            .filter_map(|template| {
                let volume = template.get("metadata")?.get("name")?.as_str()?.to_owned();
                let claim = format!("{volume}-{}", self.name(ordinal));
                Some((template.clone(), volume, claim))
            })
            .collect()
    }

    /// Makes missing claims; says whether all are there or made.
    pub(super) fn make_claims(&mut self, ordinal: i64) -> bool {
        for (template, _, name) in self.claim_names(ordinal) {
            match self.claims.get(name.as_str()) {
                Some(claim) if field::is_deleting(claim) => return false,
                Some(_) => {}
                None => {
                    let Some(claim) = self.claim(template, &name) else {
                        continue;
                    };
                    self.effects.push(Effect::Create(claim));
                    let message = format!(
                        "Create Claim {name} Pod {} in StatefulSet {} success",
                        self.name(ordinal),
                        self.set.name()
                    );
                    self.tell("SuccessfulCreate", message);
                }
            }
        }
        true
    }

    fn claim(&self, mut template: Value, name: &str) -> Option<Object> {
        let map = template.as_object_mut()?;
        map.insert("apiVersion".into(), "v1".into());
        map.insert("kind".into(), "PersistentVolumeClaim".into());
        map.remove("status");
        let mut claim = Object::from_value(template).ok()?;
        claim.set(&["metadata", "name"], name.into());
        claim.set(&["metadata", "namespace"], json!(self.set.namespace()));
        let labels = self.set.at(&["spec", "selector", "matchLabels"]);
        for (label, value) in labels.and_then(Value::as_object).into_iter().flatten() {
            claim.set(&["metadata", "labels", label], value.clone());
        }
        claim.remove(&["metadata", "creationTimestamp"]);
        Some(claim)
    }

    /// A pod of the revision that its ordinal has now (`newVersionedStatefulSetPod`).
    fn pod(&self, ordinal: i64, name: &str) -> Option<Object> {
        let strategy = self.set.at(&["spec", "updateStrategy"]);
        let rolling = strategy.and_then(|strategy| strategy.get("rollingUpdate"));
        let kind = strategy.and_then(|strategy| strategy.get("type")?.as_str());
        let kept = match (kind, rolling.is_some_and(|rolling| !rolling.is_null())) {
            (_, true) => self.partition(),
            (Some("OnDelete"), false) => 0,
            _ => field::int(&self.set, &["status", "currentReplicas"], 0),
        };
        let revision = if ordinal < self.start() + kept {
            self.current
        } else {
            self.update
        };
        let template = revision::template(revision);
        let prefix = format!("{}-", self.set.name());
        let mut pod = member::of_template(&self.set, &template, name, &prefix)?;
        for (label, value) in [
            (revision::POD_HASH, revision.name().to_owned()),
            (POD_NAME, name.to_owned()),
            (POD_INDEX, ordinal.to_string()),
        ] {
            pod.set(&["metadata", "labels", label], value.into());
        }
        pod.set(&["spec", "hostname"], name.into());
        let service = field::text(&self.set, &["spec", "serviceName"]);
        if !service.is_empty() {
            pod.set(&["spec", "subdomain"], service.into());
        }
        let claims = self.claim_names(ordinal);
        let mut volumes: Vec<Value> = claims
            .iter()
            .map(|(_, volume, claim)| {
                json!({"name": volume, "persistentVolumeClaim": {"claimName": claim}})
            })
            .collect();
        let is_claim = |volume: &&Value| {
            let name = volume.get("name").and_then(Value::as_str);
            claims
                .iter()
                .any(|(_, volume, _)| Some(volume.as_str()) == name)
        };
        let others = field::list(&pod, &["spec", "volumes"]);
        volumes.extend(others.iter().filter(|volume| !is_claim(volume)).cloned());
        if !volumes.is_empty() {
            pod.set(&["spec", "volumes"], volumes.into());
        }
        Some(pod)
    }
}
