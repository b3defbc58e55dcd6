//! What the steps ask for now: a weight, and pods of either side.

use serde_json::Value;

use super::{
    canary::{self, Counts, Pods, Routed, Situation, Weights},
    pass::Pass,
    replica_set,
};
use crate::api::rollout::CanaryScale;

impl Pass<'_> {
    /// The weight of the current step: that of the last `setWeight` at or before it.
    pub fn step_weight(&self) -> i64 {
        if self.flag("abort") {
            return 0;
        }
        match self.index() {
            Some(index) if index < self.canary.steps().len() => self.weight_up_to(index + 1),
            _ => self.canary.max_weight(),
        }
    }

    /// The last `setWeight` among the first steps.
    pub fn weight_up_to(&self, count: usize) -> i64 {
        let steps = self.canary.steps().iter().take(count).rev();
        steps.filter_map(|step| step.set_weight).next().unwrap_or(0)
    }

    /// The weight that the pods have to match, whatever the traffic is.
    fn wanted_weight(&self) -> i64 {
        if self.is_whole() {
            return self.canary.max_weight();
        }
        self.desired_weight()
    }

    /// The weight that the canary shall come to; after an abort with stable pods that scale along, step by step.
    pub fn desired_weight(&self) -> i64 {
        if let (true, true, Some(new), Some(stable)) = (
            self.flag("abort"),
            self.canary.dynamic_stable_scale,
            self.new_set,
            self.stable_set,
        ) {
            let (new, stable) = (replica_set::pods(new), replica_set::pods(stable));
            return canary::step_back(&self.canary, self.spec.replicas(), new, stable);
        }
        self.step_weight()
    }

    /// Whether no step counts: all pods shall be new ones.
    fn is_whole(&self) -> bool {
        self.flag("promoteFull") || self.text("stableRS").is_empty() || self.is_promoted()
    }

    /// The last `setCanaryScale` at or before the current step, where it holds.
    fn canary_scale(&self) -> Option<&CanaryScale> {
        if self.is_whole() || !self.is_routed() {
            return None;
        }
        if self.flag("abort") && self.canary.abort_scale_down_delay_seconds != Some(0) {
            return None;
        }
        let index = self.index()?;
        self.canary.steps().get(index)?;
        let steps = self.canary.steps().iter().take(index + 1).rev();
        let last = steps
            .filter_map(|step| step.set_canary_scale.as_ref())
            .next()?;
        (!last.match_traffic_weight).then_some(last)
    }

    /// The weights that the routers were given by earlier passes.
    pub fn weights(&self) -> Option<Weights> {
        weights_of(self.before.get("canary"))
    }

    /// The weights that this pass has noted.
    fn new_weights(&self) -> Option<Weights> {
        weights_of(self.status.get("canary"))
    }

    /// How many pods each side shall have next.
    pub fn counts(&self, actual: Option<Weights>) -> Counts {
        let replicas = self.spec.replicas();
        if self.is_routed() {
            return canary::routed(&Routed {
                canary: &self.canary,
                replicas,
                weight: self.wanted_weight(),
                scale: self.canary_scale(),
                actual,
                is_aborted: self.flag("abort"),
            });
        }
        let mut older = Pods::default();
        for pods in self.others.iter().map(|set| replica_set::pods(set)) {
            older.spec += pods.spec;
            older.available += pods.available;
        }
        canary::basic(&Situation {
            replicas,
            weight: self.wanted_weight(),
            max_weight: self.canary.max_weight(),
            max_surge: canary::max_surge(&self.canary, replicas),
            max_unavailable: canary::max_unavailable(&self.canary, replicas),
            stable: self.separate_stable().map(replica_set::pods),
            canary: self.new_set.map(replica_set::pods),
            older,
        })
    }

    /// The pods of the stable ReplicaSet to be, by the weights of earlier passes: pods go only after their traffic.
    pub fn stable_count(&self) -> i64 {
        self.counts(self.weights()).stable
    }

    /// The pods of the new ReplicaSet to be.
    pub fn canary_count(&self) -> i64 {
        self.counts(self.new_weights()).canary
    }

    /// Whether the pods are as the current step wants them.
    pub fn is_at_counts(&self, actual: Option<Weights>) -> bool {
        let counts = self.counts(actual);
        if !canary::is_reached(
            &self.canary,
            self.new_set.map(replica_set::pods),
            counts.canary,
        ) {
            return false;
        }
        if !(self.is_routed() && self.canary.dynamic_stable_scale) {
            let Some(stable) = self.stable_set else {
                return false;
            };
            let there = replica_set::count(stable, &["status", "replicas"]);
            if replica_set::pods(stable).spec != counts.stable || there != counts.stable {
                return false;
            }
        }
        // Without a router older pods would serve as well.
        self.is_routed()
            || self
                .others
                .iter()
                .all(|set| replica_set::pods(set).available == 0)
    }

    /// Whether the pods are as the current step wants them, by the weights of this pass.
    pub fn is_step_reached(&self) -> bool {
        self.is_at_counts(self.new_weights())
    }
}

fn weights_of(canary: Option<&Value>) -> Option<Weights> {
    let of = |side: &str| canary?.get("weights")?.get(side)?.get("weight")?.as_i64();
    Some(Weights {
        canary: of("canary")?,
        stable: of("stable")?,
    })
}
