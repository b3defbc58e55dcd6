//! Pods as endpoints: what they do with requests hangs on what their containers were started with.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    controller::workload::Readings,
    object::Object,
    simulation::Endpoint,
    workload::{
        field,
        pod::{self, Application, Surroundings},
    },
};

type Key = (String, String);

/// All pods that were seen.
#[derive(Default)]
pub(super) struct Pods {
    all: BTreeMap<Key, (Object, Endpoint)>,
    /// Those that run, and of which nobody knows yet what they were started with.
    unsettled: BTreeSet<Key>,
    /// Containers of which it was said that this was forgotten.
    told: BTreeSet<String>,
}

impl Pods {
    pub(super) fn put(&mut self, pod: Object, readings: &Readings, around: &Surroundings) {
        let key = key(&pod);
        let (endpoint, is_settled) = self.judge(&pod, readings, around);
        if is_settled {
            self.unsettled.remove(&key);
        } else {
            self.unsettled.insert(key.clone());
        }
        self.all.insert(key, (pod, endpoint));
    }

    pub(super) fn remove(&mut self, pod: &Object) {
        let key = key(pod);
        self.unsettled.remove(&key);
        self.all.remove(&key);
    }

    /// Judges those anew of which something was not known; says whether any is another now.
    pub(super) fn settle(&mut self, readings: &Readings, around: &Surroundings) -> bool {
        let waiting: Vec<Key> = self.unsettled.iter().cloned().collect();
        self.judge_again(waiting, readings, around)
    }

    /// Judges all anew.
    pub(super) fn judge_all(&mut self, readings: &Readings, around: &Surroundings) -> bool {
        let all: Vec<Key> = self.all.keys().cloned().collect();
        self.judge_again(all, readings, around)
    }

    pub(super) fn endpoints(&self) -> Vec<Endpoint> {
        self.all
            .values()
            .map(|(_, endpoint)| endpoint.clone())
            .collect()
    }

    /// After a whole list: what was not in it is gone.
    pub(super) fn retain(&mut self, listed: &BTreeSet<Key>) {
        self.all.retain(|key, _| listed.contains(key));
        self.unsettled.retain(|key| listed.contains(key));
    }

    fn judge_again(&mut self, keys: Vec<Key>, readings: &Readings, around: &Surroundings) -> bool {
        let mut is_changed = false;
        for key in keys {
            let Some((pod, before)) = self.all.get(&key).cloned() else {
                continue;
            };
            self.put(pod, readings, around);
            is_changed |= self.all.get(&key).is_some_and(|(_, now)| *now != before);
        }
        is_changed
    }

    /// The worst of a pod's containers counts: the slowest, and the one with most errors.
    fn judge(
        &mut self,
        pod: &Object,
        readings: &Readings,
        around: &Surroundings,
    ) -> (Endpoint, bool) {
        let reading = readings.of(pod.uid().unwrap_or_default());
        let mut worst: Option<Application> = None;
        let mut is_settled = true;
        for container in field::list(pod, &["spec", "containers"]) {
            let environment = pod::environment(pod, container, &reading);
            is_settled &= environment.is_some() || !is_running(pod, container);
            if let Some(environment) = &environment
                && !environment.forgotten.is_empty()
            {
                self.tell(pod, &environment.forgotten);
            }
            let found = Application::of(pod, container, environment.as_ref(), around);
            worst = Some(match worst {
                None => found,
                Some(other) => Application {
                    latency: found.latency.max(other.latency),
                    error_share: found.error_share.max(other.error_share),
                    failing: found.failing.or(other.failing),
                },
            });
        }
        let (latency, errors) = worst.map_or_else(Default::default, |application| {
            (application.latency, application.error_share)
        });
        (Endpoint::of(pod, latency, errors), is_settled)
    }

    /// Says once that nobody knows any more what a pod was started with.
    fn tell(&mut self, pod: &Object, forgotten: &[String]) {
        let uid = pod.uid().unwrap_or_default().to_owned();
        if self.told.insert(uid) {
            tracing::warn!(
                pod = %pod.reference(),
                sources = forgotten.join(", "),
                "what the pod read at its start has changed since, and is not known any more; it is taken for good"
            );
        }
    }
}

pub(super) fn key(object: &Object) -> Key {
    (
        object.namespace().unwrap_or_default().to_owned(),
        object.name().to_owned(),
    )
}

fn is_running(pod: &Object, container: &Value) -> bool {
    let name = container.get("name");
    field::list(pod, &["status", "containerStatuses"])
        .iter()
        .any(|status| status.get("name") == name && status.pointer("/state/running").is_some())
}
