//! The counts of a StatefulSet, and the end of an update.

use serde_json::{Map, Value};

use super::Pass;
use crate::{
    object::Object,
    workload::{field, replica_set, revision},
};

fn is_ready(pod: &Object) -> bool {
    field::text(pod, &["status", "phase"]) == "Running" && replica_set::is_ready(pod)
}

impl Pass<'_> {
    /// The status; once all pods are of the newest revision that one is the current one (`completeUpdate`).
    pub(super) fn status(&self) -> Value {
        let pods = || self.replicas.values().chain(self.condemned.values());
        let count = |is: &dyn Fn(&Object) -> bool| {
            i64::try_from(pods().filter(|pod| is(pod)).count()).unwrap_or(i64::MAX)
        };
        let of = |revision: &Object| {
            count(&|pod| {
                !field::is_deleting(pod) && pod.label(revision::POD_HASH) == Some(revision.name())
            })
        };
        let replicas = count(&|_| true);
        let ready = count(&is_ready);
        let available = count(&|pod| is_ready(pod) && self.is_available(pod));
        let updated = of(self.update);
        let mut current = of(self.current) - self.outdated;
        let mut current_name = self.current.name();
        let wanted = self.wanted();
        if (updated, ready, replicas) == (wanted, wanted, wanted) {
            current = updated;
            current_name = self.update.name();
        }
        let mut status = Map::new();
        let collisions = field::int(&self.set, &["status", "collisionCount"], 0);
        status.insert("collisionCount".into(), collisions.into());
        for (name, count) in [("replicas", replicas), ("availableReplicas", available)] {
            status.insert(name.into(), count.into());
        }
        for (name, count) in [
            ("readyReplicas", ready),
            ("currentReplicas", current),
            ("updatedReplicas", updated),
            ("observedGeneration", self.set.generation().unwrap_or(0)),
        ] {
            if count > 0 {
                status.insert(name.into(), count.into());
            }
        }
        status.insert("currentRevision".into(), current_name.into());
        status.insert("updateRevision".into(), self.update.name().into());
        if let Some(conditions) = self.set.at(&["status", "conditions"]) {
            status.insert("conditions".into(), conditions.clone());
        }
        Value::Object(status)
    }
}
