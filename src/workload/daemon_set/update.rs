//! Replacing pods of older templates, a few nodes at a time (`rollingUpdate`).

use serde_json::Value;

use super::{Pass, Place};
use crate::{
    object::Object,
    plan::Effect,
    workload::{deployment, field, member},
};

/// The live pods of a node: the one of the template as it is now, and the older one.
struct Pair<'a> {
    new: Option<&'a Object>,
    old: Option<&'a Object>,
}

impl<'a> Pass<'a> {
    fn fence(&self, name: &str, absent: i64) -> i64 {
        let absent = Value::from(absent);
        let wanted = self.places.iter().filter(|place| place.should_run).count();
        let value = self
            .daemon_set
            .at(&["spec", "updateStrategy", "rollingUpdate", name])
            .unwrap_or(&absent);
        let wanted = i64::try_from(wanted).unwrap_or(i64::MAX);
        deployment::scaled(value, wanted, true).unwrap_or(0)
    }

    pub(super) fn max_surge(&self) -> i64 {
        self.fence("maxSurge", 0)
    }

    /// How many pods may be unavailable: at least one when there may be no surplus (`unavailableCount`).
    fn max_unavailable(&self) -> i64 {
        let number = self.fence("maxUnavailable", 1);
        if number == 0 && self.max_surge() == 0 {
            1
        } else {
            number
        }
    }

    /// The pair of a node; none when there are too many pods, which is for the other part of the pass to mend.
    fn pair(&self, place: &Place<'a>) -> Option<Pair<'a>> {
        let mut pair = Pair {
            new: None,
            old: None,
        };
        for pod in place.pods.iter().filter(|pod| !field::is_deleting(pod)) {
            let side = if self.is_updated(pod) {
                &mut pair.new
            } else {
                &mut pair.old
            };
            if side.replace(pod).is_some() {
                return None;
            }
        }
        Some(pair)
    }

    pub(super) fn roll(&self) -> Vec<Effect> {
        if self.max_surge() > 0 {
            self.roll_with_surge()
        } else {
            self.roll_in_place()
        }
    }

    fn roll_in_place(&self) -> Vec<Effect> {
        let most = self.max_unavailable();
        let mut unavailable = 0;
        let mut replaced = Vec::new();
        let mut candidates = Vec::new();
        for place in self.places.iter().filter(|place| !place.pods.is_empty()) {
            match self.pair(place) {
                Some(Pair {
                    new: Some(new),
                    old: None,
                }) => unavailable += i64::from(!self.is_available(new)),
                Some(Pair {
                    new: None,
                    old: Some(old),
                }) => {
                    if self.is_available(old) {
                        candidates.push(old);
                    } else {
                        replaced.push(old);
                        unavailable += 1;
                    }
                }
                _ => unavailable += 1,
            }
        }
        let more = usize::try_from(most - unavailable).unwrap_or(0);
        replaced.extend(candidates.into_iter().take(more));
        replaced
            .into_iter()
            .flat_map(|pod| member::remove_told(&self.daemon_set, pod))
            .collect()
    }

    fn roll_with_surge(&self) -> Vec<Effect> {
        let mut effects = Vec::new();
        let mut candidates = Vec::new();
        let mut surge = 0;
        for place in self.places.iter().filter(|place| !place.pods.is_empty()) {
            match self.pair(place) {
                None => surge += 1,
                Some(Pair {
                    new: None,
                    old: Some(old),
                }) => {
                    if !place.should_run {
                        effects.extend(member::remove_told(&self.daemon_set, old));
                    } else if self.is_available(old) {
                        candidates.push(place.node);
                    } else {
                        effects.extend(self.make(place.node));
                    }
                }
                Some(Pair {
                    new: Some(new),
                    old: Some(old),
                }) => {
                    if self.is_available(new) {
                        effects.extend(member::remove_told(&self.daemon_set, old));
                    } else {
                        surge += 1;
                    }
                }
                Some(_) => {}
            }
        }
        let more = usize::try_from(self.max_surge() - surge).unwrap_or(0);
        for node in candidates.into_iter().take(more) {
            effects.extend(self.make(node));
        }
        effects
    }
}
