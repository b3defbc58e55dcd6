//! Events: the first of its kind is made, the same one again is counted up.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{Timestamp, tz::TimeZone};
use serde_json::json;

use super::{client::Cluster, error::ClusterError};
use crate::{
    clock::Clock,
    object::{Gvk, Object, ObjectRef},
    plan::{Event, EventSeverity, Precondition},
};

/// How many events are remembered for counting up; beyond that all are forgotten.
const MAX_REMEMBERED: usize = 4096;

/// How much of the name of an object goes into the name of its event; 253 letters are allowed in all.
const MAX_STEM: usize = 220;

/// Longest message of an event, as the API server has it.
const MAX_MESSAGE: usize = 1024;

/// Writes events in the name of one component.
#[derive(Clone)]
pub(super) struct Recorder(Arc<Inner>);

struct Inner {
    component: String,
    clock: Clock,
    seen: Mutex<BTreeMap<Key, Seen>>,
}

/// What makes two events the same.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    regarding: ObjectRef,
    uid: String,
    reason: String,
    message: String,
}

#[derive(Clone)]
struct Seen {
    name: String,
    count: u64,
}

impl Recorder {
    pub(super) fn new(component: &str, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            component: component.to_owned(),
            clock,
            seen: Mutex::new(BTreeMap::new()),
        }))
    }

    pub(super) async fn record(
        &self,
        cluster: &Cluster,
        event: &Event,
    ) -> Result<(), ClusterError> {
        let key = Key {
            regarding: event.regarding.reference(),
            uid: event.regarding.uid().unwrap_or_default().to_owned(),
            reason: event.reason.clone(),
            message: shortened(&event.message),
        };
        let now = self.0.clock.now();
        if let Some(seen) = self.seen(&key) {
            let count = seen.count.saturating_add(1);
            let target = ObjectRef::new(
                Gvk::new("", "v1", "Event"),
                Some(namespace_of(&event.regarding)),
                &seen.name,
            );
            let patch = json!({"count": count, "lastTimestamp": seconds(now)});
            match cluster
                .patch(&target, &patch, &Precondition::default())
                .await
            {
                Ok(_) => {
                    self.remember(key, Seen { count, ..seen });
                    return Ok(());
                }
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        let name = format!("{}.{:x}", stem(event.regarding.name()), now.as_nanosecond());
        let object = self.object(event, &key, &name, now)?;
        let made = match cluster.create(&object).await {
            // Two events of one instant: the name of the second is made by the server.
            Err(error) if error.is_conflict() => {
                let mut object = object;
                object.remove(&["metadata", "name"]);
                object.set(&["metadata", "generateName"], format!("{name}-").into());
                cluster.create(&object).await?
            }
            other => other?,
        };
        let name = made.name().to_owned();
        self.remember(key, Seen { name, count: 1 });
        Ok(())
    }

    fn object(
        &self,
        event: &Event,
        key: &Key,
        name: &str,
        now: Timestamp,
    ) -> Result<Object, ClusterError> {
        let regarding = &event.regarding;
        let mut involved = json!({
            "apiVersion": regarding.api_version(),
            "kind": regarding.kind(),
            "name": regarding.name(),
        });
        for (field, value) in [
            ("namespace", regarding.namespace()),
            ("uid", regarding.uid()),
            ("resourceVersion", regarding.resource_version()),
        ] {
            if let (Some(map), Some(value)) = (involved.as_object_mut(), value) {
                map.insert(field.to_owned(), value.into());
            }
        }
        let kind = match event.severity {
            EventSeverity::Normal => "Normal",
            EventSeverity::Warning => "Warning",
        };
        Object::from_value(json!({
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": namespace_of(regarding)},
            "involvedObject": involved,
            "reason": event.reason,
            "message": key.message,
            "type": kind,
            "count": 1,
            "firstTimestamp": seconds(now),
            "lastTimestamp": seconds(now),
            "source": {"component": self.0.component},
            "reportingComponent": self.0.component,
            "reportingInstance": "",
            "eventTime": null,
        }))
        .map_err(|_| ClusterError::Answer("an event".to_owned()))
    }

    fn seen(&self, key: &Key) -> Option<Seen> {
        let seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(key).cloned()
    }

    fn remember(&self, key: Key, value: Seen) {
        let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MAX_REMEMBERED {
            seen.clear();
        }
        seen.insert(key, value);
    }
}

/// Beginning of the name of an event: short enough that what follows fits, and whole in form.
fn stem(name: &str) -> &str {
    // Names are ASCII, so that any byte is the end of a letter; another name is left to the server to refuse.
    let short = name.get(..MAX_STEM).unwrap_or(name);
    short.trim_end_matches(['-', '.'])
}

/// Events of objects of the whole cluster live in `default`.
fn namespace_of(regarding: &Object) -> &str {
    regarding.namespace().unwrap_or("default")
}

/// An instant as Kubernetes writes it: whole seconds, UTC.
fn seconds(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}

fn shortened(message: &str) -> String {
    if message.len() <= MAX_MESSAGE {
        return message.to_owned();
    }
    const MORE: &str = "...";
    let mut end = MAX_MESSAGE - MORE.len();
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{MORE}", message.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_messages_are_cut_at_a_letter() {
        let long = "ä".repeat(MAX_MESSAGE);
        let short = shortened(&long);
        assert!(short.len() <= MAX_MESSAGE && short.ends_with("ä..."));
        assert_eq!(shortened("short"), "short");
    }

    #[test]
    fn long_names_leave_room_for_what_follows() {
        let long = format!("{}-.{}", "a".repeat(MAX_STEM - 2), "b".repeat(20));
        assert_eq!(stem(&long), "a".repeat(MAX_STEM - 2));
        assert_eq!(stem("db"), "db");
    }

    #[test]
    fn instants_are_whole_seconds() {
        let at = Timestamp::from_millisecond(1_500).unwrap();
        assert_eq!(seconds(at), "1970-01-01T00:00:01Z");
    }
}
