//! A small cluster for the tests of decisions: what a plan does is done to plain values.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::{Content, Decision, Metadata, Opened, Snapshot, decide, needs, testing::*};
use crate::{
    api::version::{PROMOTED, VERSION},
    object::{Object, patch::merge},
    plan::Effect,
};

/// The objects of a namespace that concern the secret `db`.
#[derive(Clone, Debug)]
pub struct World {
    pub sealed: Object,
    /// What the SealedSecret opens to; `None` when it does not open.
    pub value: Option<String>,
    pub secrets: BTreeMap<String, Object>,
    pub rollouts: Vec<Object>,
    pub sets: Vec<Object>,
    pub pods: Vec<Object>,
    /// Reasons of the events so far.
    pub events: Vec<String>,
    counter: u64,
}

impl World {
    /// A SealedSecret that opens to a value, and nothing else.
    pub fn new(value: &str) -> Self {
        let mut world = Self {
            sealed: sealed(""),
            value: None,
            secrets: BTreeMap::new(),
            rollouts: Vec::new(),
            sets: Vec::new(),
            pods: Vec::new(),
            events: Vec::new(),
            counter: 100,
        };
        world.seal(value);
        world
    }

    /// Seals a value.
    pub fn seal(&mut self, value: &str) {
        self.counter += 1;
        let ciphertext = format!("sealed-{}", self.counter);
        self.sealed
            .set(&["spec", "encryptedData", "k"], ciphertext.into());
        self.value = Some(value.to_owned());
    }

    pub fn put(&mut self, secret: Object) {
        self.secrets.insert(secret.name().to_owned(), secret);
    }

    pub fn snapshot(&self) -> Snapshot {
        let content = |value: &String| Opened::Content(Content::of(&opened(value)));
        let mut snapshot = Snapshot {
            sealed: self.sealed.clone(),
            opened: self.value.as_ref().map_or(Opened::Failed, content),
            metadata: self.value.as_ref().map(|_| Metadata {
                labels: BTreeMap::from([("team".to_owned(), "a".to_owned())]),
                annotations: BTreeMap::new(),
            }),
            plain: self.secrets.get("db").cloned(),
            versions: self
                .secrets
                .values()
                .filter(|secret| secret.label(VERSION).is_some())
                .cloned()
                .collect(),
            rollouts: self.rollouts.clone(),
            templates: BTreeMap::new(),
            replica_sets: self.sets.clone(),
            pods: None,
            looked: BTreeMap::new(),
        };
        loop {
            let needs = needs(&snapshot);
            if needs.is_empty() {
                return snapshot;
            }
            for target in needs.objects {
                let is_there =
                    target.gvk.kind == "Secret" && self.secrets.contains_key(&target.name);
                snapshot.looked.insert(target, is_there);
            }
            if needs.pods {
                snapshot.pods = Some(self.pods.clone());
            }
        }
    }

    pub fn decide(&self) -> Decision {
        decide(&self.snapshot(), now())
    }

    /// Does the first so many effects, and says what the condition is to be.
    pub fn apply(&mut self, decision: &Decision, effects: usize) {
        for effect in decision.effects.iter().take(effects) {
            self.counter += 1;
            let version: Value = self.counter.to_string().into();
            match effect {
                Effect::Create(object) => {
                    assert!(
                        !self.secrets.contains_key(object.name()),
                        "{} is there",
                        object.name()
                    );
                    let mut object = object.clone();
                    object.set(&["metadata", "uid"], format!("uid-{}", self.counter).into());
                    object.set(&["metadata", "resourceVersion"], version);
                    self.put(object);
                }
                Effect::Replace(object) => {
                    let live = &self.secrets[object.name()];
                    assert_eq!(live.resource_version(), object.resource_version());
                    assert_eq!(
                        Content::of(live).kind,
                        Content::of(object).kind,
                        "types do not change"
                    );
                    let mut object = object.clone();
                    object.set(&["metadata", "resourceVersion"], version);
                    self.put(object);
                }
                Effect::Patch {
                    target,
                    patch,
                    precondition,
                } => {
                    let live = self.secrets[&target.name].clone();
                    assert_eq!(precondition.uid.as_deref(), live.uid());
                    assert_eq!(
                        precondition.resource_version.as_deref(),
                        live.resource_version()
                    );
                    let mut value = live.into_value();
                    merge::apply(&mut value, patch);
                    let mut object = Object::from_value(value).unwrap();
                    object.set(&["metadata", "resourceVersion"], version);
                    self.put(object);
                }
                Effect::Delete {
                    target,
                    precondition,
                } => {
                    let live = self.secrets.remove(&target.name).unwrap();
                    assert_eq!(precondition.uid.as_deref(), live.uid());
                }
                Effect::Event(event) => self.events.push(event.reason.clone()),
                other => panic!("no such effect is expected: {other:?}"),
            }
        }
        if effects >= decision.effects.len()
            && let Some(condition) = &decision.condition
            && let Some(told) = condition.put(&self.sealed, now())
        {
            self.sealed = told;
        }
    }

    /// Decides and applies until nothing is left to do; says how the condition reads.
    pub fn settle(&mut self) -> String {
        for _ in 0..5 {
            let decision = self.decide();
            if decision.effects.is_empty() {
                self.apply(&decision, 0);
                return self.condition();
            }
            self.apply(&decision, decision.effects.len());
        }
        panic!("it never settles: {:?}", self.decide());
    }

    pub fn condition(&self) -> String {
        super::said(&self.sealed).map_or(String::new(), |(reason, message)| {
            format!("{reason}: {message}")
        })
    }

    /// Version names with their value, and a star at the promoted one.
    pub fn shown(&self) -> Vec<String> {
        let versions = self
            .secrets
            .values()
            .filter(|secret| secret.label(VERSION).is_some());
        versions
            .map(|secret| {
                let star = if secret.label(PROMOTED) == Some("true") {
                    "*"
                } else {
                    ""
                };
                format!("{}={}{star}", secret.name(), value(secret))
            })
            .collect()
    }

    /// What the plain Secret holds.
    pub fn plain(&self) -> String {
        self.secrets.get("db").map_or(String::new(), value)
    }

    /// Objects without what a server gives, for comparing ends.
    pub fn end(&self) -> Vec<Value> {
        let mut secrets: Vec<Object> = self.secrets.values().cloned().collect();
        for secret in &mut secrets {
            secret.remove(&["metadata", "uid"]);
            secret.remove(&["metadata", "resourceVersion"]);
        }
        secrets.into_iter().map(Object::into_value).collect()
    }
}

/// The value of the one item of a Secret.
pub fn value(secret: &Object) -> String {
    Content::of(secret)
        .data
        .get("k")
        .map_or(String::new(), |value| {
            String::from_utf8_lossy(value.expose()).into_owned()
        })
}

pub fn now() -> Timestamp {
    "2030-01-01T00:00:00Z".parse().unwrap()
}
