//! What was found settled, so that the news of our own writes costs neither requests nor RSA operations.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    cluster::{Trace, TraceEvent},
    object::{Object, ObjectRef},
};

/// The state in which an object needed nothing. Holds no secret, and no hash of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// SHA-256 of the SealedSecret, status included, without what changes by itself.
    pub sealed: [u8; 32],
    /// The state of the SealedSecret after our own write.
    pub version: Version,
    /// The Secret that belongs to it.
    pub secret: Option<Version>,
    /// How many keys had been seen, where a new one could change the outcome.
    pub epoch: Option<u64>,
}

/// One state of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// `metadata.uid`.
    pub uid: String,
    /// `metadata.resourceVersion`.
    pub resource_version: String,
}

impl Version {
    /// The state that an object was read in.
    pub fn of(object: &Object) -> Self {
        Self {
            uid: object.uid().unwrap_or_default().to_owned(),
            resource_version: object.resource_version().unwrap_or_default().to_owned(),
        }
    }
}

impl Settled {
    /// Whether a SealedSecret was read before the write that settled it: the news of that is still on its way.
    pub fn is_after(&self, sealed: &Object) -> bool {
        let read = Version::of(sealed);
        let number = |version: &Version| version.resource_version.parse::<u64>().ok();
        read.uid == self.version.uid && number(&read) < number(&self.version)
    }
}

/// What was found settled, and in which versions Secrets were seen last. Cheap to clone.
#[derive(Clone, Default)]
pub struct Memo(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    settled: BTreeMap<ObjectRef, Settled>,
    traces: BTreeMap<ObjectRef, Version>,
    /// Secrets that came since a list began: the rest is gone when it ends.
    listed: BTreeMap<ObjectRef, Version>,
    listing: bool,
    /// Whether a list of Secrets has come at all.
    traced: bool,
}

impl Memo {
    /// What was settled of a SealedSecret.
    pub fn settled(&self, sealed: &ObjectRef) -> Option<Settled> {
        self.state().settled.get(sealed).cloned()
    }

    /// Notes that a SealedSecret needs nothing in this state.
    pub fn settle(&self, sealed: ObjectRef, state: Settled) {
        self.state().settled.insert(sealed, state);
    }

    /// Drops what was noted of a SealedSecret.
    pub fn forget(&self, sealed: &ObjectRef) {
        self.state().settled.remove(sealed);
    }

    /// The version that a Secret was seen in last: `None` if the watch cannot tell, `Some(None)` if the Secret
    /// is not there.
    pub fn seen(&self, secret: &ObjectRef) -> Option<Option<Version>> {
        let state = self.state();
        state.traced.then(|| state.traces.get(secret).cloned())
    }

    /// Takes over what the watch of Secrets tells, and gives the Secrets that are new, changed or gone.
    pub fn take(&self, event: TraceEvent) -> Vec<ObjectRef> {
        let mut state = self.state();
        match event {
            TraceEvent::Relisting => {
                state.listed.clear();
                state.listing = true;
                Vec::new()
            }
            TraceEvent::Seen(trace) => {
                let (secret, version) = parts(trace);
                if state.listing {
                    state.listed.insert(secret.clone(), version.clone());
                }
                let before = state.traces.insert(secret.clone(), version.clone());
                if before == Some(version) {
                    return Vec::new();
                }
                vec![secret]
            }
            TraceEvent::Gone(trace) => {
                let (secret, _) = parts(trace);
                state.traces.remove(&secret);
                vec![secret]
            }
            TraceEvent::Listed => {
                state.listing = false;
                state.traced = true;
                let now = std::mem::take(&mut state.listed);
                let before = std::mem::replace(&mut state.traces, now);
                before
                    .into_keys()
                    .filter(|secret| !state.traces.contains_key(secret))
                    .collect()
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn parts(trace: Trace) -> (ObjectRef, Version) {
    let version = Version {
        uid: trace.uid,
        resource_version: trace.resource_version,
    };
    (trace.object, version)
}

/// SHA-256 of a SealedSecret as a decision sees it: what the server changes by itself is left out.
pub fn digest(sealed: &Object) -> [u8; 32] {
    let mut map = sealed.as_map().clone();
    if let Some(metadata) = map.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("resourceVersion");
        metadata.remove("managedFields");
    }
    // Maps are sorted, and writing a value cannot fail.
    let bytes = serde_json::to_vec(&map).unwrap_or_default();
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::object::Gvk;

    fn trace(name: &str, version: &str) -> Trace {
        Trace {
            object: ObjectRef::new(Gvk::new("", "v1", "Secret"), Some("ns"), name),
            uid: "u".to_owned(),
            resource_version: version.to_owned(),
        }
    }

    #[test]
    fn a_list_tells_of_what_went_while_the_watch_was_broken() {
        let memo = Memo::default();
        let name = |name: &str| trace(name, "").object;
        assert_eq!(memo.seen(&name("a")), None);
        memo.take(TraceEvent::Relisting);
        for version in ["a", "b"] {
            let news = memo.take(TraceEvent::Seen(trace(version, "1")));
            assert_eq!(news, [name(version)]);
        }
        assert!(memo.take(TraceEvent::Listed).is_empty());
        assert_eq!(memo.seen(&name("c")), Some(None));
        assert!(memo.take(TraceEvent::Seen(trace("a", "1"))).is_empty());
        assert_eq!(memo.take(TraceEvent::Seen(trace("a", "2"))), [name("a")]);
        assert_eq!(memo.take(TraceEvent::Gone(trace("a", "3"))), [name("a")]);
        memo.take(TraceEvent::Relisting);
        assert_eq!(memo.take(TraceEvent::Listed), [name("b")]);
    }

    #[test]
    fn what_was_read_before_our_write_is_old() {
        let read = |uid: &str, version: &str| {
            let metadata = json!({"name": "a", "uid": uid, "resourceVersion": version});
            Object::from_value(json!({"apiVersion": "v1", "kind": "A", "metadata": metadata}))
        };
        let settled = Settled {
            sealed: [0; 32],
            version: Version::of(&read("u", "10").unwrap()),
            secret: None,
            epoch: None,
        };
        for (uid, version, is_old) in [
            ("u", "9", true),
            ("u", "10", false),
            ("u", "11", false),
            ("another", "9", false),
        ] {
            assert_eq!(settled.is_after(&read(uid, version).unwrap()), is_old);
        }
    }

    #[test]
    fn the_digest_sees_all_but_the_server_s_own() {
        let object = |version: &str, scope: &str| {
            Object::from_value(json!({"apiVersion": "v1", "kind": "A", "metadata": {
                "resourceVersion": version, "annotations": {"scope": scope}}}))
            .unwrap()
        };
        assert_eq!(digest(&object("1", "a")), digest(&object("2", "a")));
        assert_ne!(digest(&object("1", "a")), digest(&object("1", "b")));
    }
}
