//! The ReplicaSets of a Deployment as a pass changes them, and what of that is to be written.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{strategy, template};
use crate::{
    object::Object,
    plan::{Effect, Event, EventSeverity},
    workload::field,
};

/// Annotation with the number of a revision.
pub(super) const REVISION: &str = "deployment.kubernetes.io/revision";
const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
const DESIRED_REPLICAS: &str = "deployment.kubernetes.io/desired-replicas";
const MAX_REPLICAS: &str = "deployment.kubernetes.io/max-replicas";

/// Annotations of a Deployment that its ReplicaSets do not take over.
const NOT_COPIED: &[&str] = &[
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    REVISION_HISTORY,
    DESIRED_REPLICAS,
    MAX_REPLICAS,
    "deprecated.deployment.rollback.to",
];

/// The longest list of earlier revisions that is kept in an annotation, in letters.
const MAX_REVISION_HISTORY: usize = 2000;

/// One ReplicaSet as it is read, and as it shall be.
#[derive(Clone, Debug)]
pub(super) struct ReplicaSet {
    live: Option<Object>,
    /// As it shall be.
    pub(super) object: Object,
    /// Sentences about its scaling.
    told: Vec<String>,
}

impl ReplicaSet {
    pub(super) fn read(live: Object) -> Self {
        Self {
            object: live.clone(),
            live: Some(live),
            told: Vec::new(),
        }
    }

    /// A new one for the Deployment's template, with as many replicas as given.
    pub(super) fn make(deployment: &Object, replicas: i64, revision: i64) -> Option<Self> {
        let hash = template::hash_of(deployment);
        let mut pods = deployment.at(&["spec", "template"])?.clone();
        let labels = pods
            .get("metadata")
            .and_then(|metadata| metadata.get("labels"))
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        let mut selector = deployment.at(&["spec", "selector"])?.clone();
        let mut object = Object::from_value(json!({
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": template::new_name(deployment),
                "namespace": deployment.namespace(),
                "labels": labels,
                "ownerReferences": [field::controller_reference(deployment)],
            },
        }))
        .ok()?;
        object.set(
            &["metadata", "labels", template::POD_TEMPLATE_HASH],
            hash.clone().into(),
        );
        if !pods.get("metadata").is_some_and(Value::is_object) {
            pods.as_object_mut()?.insert("metadata".into(), json!({}));
        }
        let metadata = pods.get_mut("metadata")?.as_object_mut()?;
        metadata.insert("labels".into(), object.at(&["metadata", "labels"])?.clone());
        let selector = selector.as_object_mut()?;
        let mut matched = selector
            .get("matchLabels")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        matched.insert(template::POD_TEMPLATE_HASH.into(), hash.into());
        selector.insert("matchLabels".into(), matched.into());
        object.set(&["spec", "selector"], selector.clone().into());
        object.set(&["spec", "template"], pods);
        object.set(&["spec", "replicas"], replicas.into());
        let min_ready = field::int(deployment, &["spec", "minReadySeconds"], 0);
        if min_ready != 0 {
            object.set(&["spec", "minReadySeconds"], min_ready.into());
        }
        let mut new = Self {
            live: None,
            object,
            told: Vec::new(),
        };
        new.number(deployment, revision);
        new.note_size(deployment);
        if replicas > 0 {
            new.told.push(format!(
                "Scaled up replica set {} from 0 to {replicas}",
                new.name()
            ));
        }
        Some(new)
    }

    pub(super) fn name(&self) -> &str {
        self.object.name()
    }

    pub(super) fn created(&self) -> Timestamp {
        field::created(&self.object)
    }

    pub(super) fn replicas(&self) -> i64 {
        field::int(&self.object, &["spec", "replicas"], 1)
    }

    pub(super) fn status(&self, count: &str) -> i64 {
        field::int(&self.object, &["status", count], 0)
    }

    pub(super) fn revision(&self) -> i64 {
        self.annotation_number(REVISION).unwrap_or(0)
    }

    pub(super) fn desired_replicas(&self) -> Option<i64> {
        self.annotation_number(DESIRED_REPLICAS)
    }

    pub(super) fn max_replicas(&self) -> Option<i64> {
        self.annotation_number(MAX_REPLICAS)
    }

    fn annotation_number(&self, name: &str) -> Option<i64> {
        self.object
            .annotation(name)?
            .parse()
            .ok()
            .filter(|number| (0..=i64::from(i32::MAX)).contains(number))
    }

    fn annotate(&mut self, name: &str, value: &str) {
        if self.object.annotation(name) != Some(value) {
            self.object
                .set(&["metadata", "annotations", name], value.into());
        }
    }

    /// Takes over the Deployment's annotations and the revision, if that is higher (`SetNewReplicaSetAnnotations`).
    pub(super) fn number(&mut self, deployment: &Object, revision: i64) {
        for (name, value) in deployment.annotations() {
            if !NOT_COPIED.contains(&name) {
                self.annotate(name, value);
            }
        }
        let old = self.object.annotation(REVISION).map(str::to_owned);
        let old_number = match old.as_deref() {
            None | Some("") => 0,
            Some(text) => match text.parse::<i64>() {
                Ok(number) => number,
                Err(_) => return,
            },
        };
        if old_number >= revision {
            return;
        }
        self.annotate(REVISION, &revision.to_string());
        if let Some(old) = old {
            self.remember(&old);
        }
    }

    fn remember(&mut self, old: &str) {
        let history = self.object.annotation(REVISION_HISTORY).unwrap_or_default();
        let mut entries: Vec<&str> = history.split(',').filter(|e| !e.is_empty()).collect();
        entries.push(old);
        let mut joined = entries.join(",");
        while joined.len() > MAX_REVISION_HISTORY && !entries.is_empty() {
            entries.remove(0);
            joined = entries.join(",");
        }
        self.annotate(REVISION_HISTORY, &joined);
    }

    /// Notes how large the Deployment wants to be, for later proportions.
    fn note_size(&mut self, deployment: &Object) {
        let wanted = strategy::replicas(deployment);
        let most = wanted + strategy::max_surge(deployment);
        self.annotate(DESIRED_REPLICAS, &wanted.to_string());
        self.annotate(MAX_REPLICAS, &most.to_string());
    }

    pub(super) fn set_min_ready(&mut self, seconds: i64) {
        if field::int(&self.object, &["spec", "minReadySeconds"], 0) != seconds {
            self.object
                .set(&["spec", "minReadySeconds"], seconds.into());
        }
    }

    /// Scales, and says whether the number changed. An unchanged number is noted only where `renew` is given.
    pub(super) fn scale(&mut self, to: i64, deployment: &Object, renew: bool) -> bool {
        let from = self.replicas();
        if from == to && !renew {
            return false;
        }
        self.note_size(deployment);
        if from == to {
            return false;
        }
        self.object.set(&["spec", "replicas"], to.into());
        let way = if from < to { "up" } else { "down" };
        self.told.push(format!(
            "Scaled {way} replica set {} from {from} to {to}",
            self.name()
        ));
        true
    }

    /// What is to be written, and told about the Deployment.
    pub(super) fn effects(self, deployment: &Object) -> Vec<Effect> {
        let mut effects = Vec::new();
        match self.live {
            None => effects.push(Effect::Create(self.object)),
            Some(live) if live != self.object => effects.push(Effect::Replace(self.object)),
            Some(_) => {}
        }
        effects.extend(self.told.into_iter().map(|message| {
            Effect::Event(Event {
                regarding: deployment.clone(),
                severity: EventSeverity::Normal,
                reason: "ScalingReplicaSet".into(),
                message,
            })
        }));
        effects
    }
}

/// The wanted replicas of several.
pub(super) fn wanted<'a>(sets: impl IntoIterator<Item = &'a ReplicaSet>) -> i64 {
    sets.into_iter().map(ReplicaSet::replicas).sum()
}

/// One count of the status of several, added up.
pub(super) fn counted<'a>(sets: impl IntoIterator<Item = &'a ReplicaSet>, count: &str) -> i64 {
    sets.into_iter().map(|set| set.status(count)).sum()
}
