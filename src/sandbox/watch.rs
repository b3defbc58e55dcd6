//! Watching: events of one resource as a stream of JSON lines.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::body::Bytes;
use futures::{Stream, stream};
use serde_json::json;
use tokio::{sync::watch, time::Instant};

use super::{
    Sandbox,
    error::{ApiError, ApiResult},
    form::{Form, is_kept_as, to_bytes},
    registry::Resource,
    selection::Selection,
    serve,
    store::{Change, ChangeKind, GroupResource, Stored},
    write::shelf_of,
};

/// How often a quiet watcher that asked for bookmarks gets one.
pub const BOOKMARK_INTERVAL: Duration = Duration::from_secs(60);
/// Annotation of the bookmark after the objects that were there already.
pub const INITIAL_EVENTS_END: &str = "k8s.io/initial-events-end";
/// The most events sent in one piece.
const BATCH: usize = 256;

/// Where a watch begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With the objects that are there, as if they were new.
    Objects,
    /// With the objects that are there, and a bookmark behind them.
    ObjectsAndBookmark,
    /// Behind this version.
    After(u64),
    /// Behind all that is there.
    Now,
}

/// What is watched, and how it is shown.
#[derive(Clone, Debug)]
pub struct Watch {
    /// The resource, in the version of the request.
    pub resource: Arc<Resource>,
    /// Which of its objects.
    pub selection: Selection,
    /// Where it begins.
    pub start: Start,
    /// Whether bookmarks are wanted.
    pub bookmarks: bool,
    /// When it ends by itself.
    pub timeout: Option<Duration>,
    /// How objects are shown.
    pub form: Form,
    /// Hears when it must end.
    pub closing: Option<watch::Receiver<bool>>,
}

struct Watcher {
    sandbox: Sandbox,
    watch: Watch,
    shelf: GroupResource,
    position: u64,
    initial: std::vec::IntoIter<Arc<Stored>>,
    owes_bookmark: bool,
    wake: watch::Receiver<u64>,
    deadline: Option<Instant>,
    next_bookmark: Instant,
    is_over: bool,
    /// Whether a table was sent, so that its columns are known.
    has_headers: bool,
}

/// Starts a watch.
///
/// # Errors
/// The version to begin at is forgotten, as an `Expired` error.
pub fn start(
    sandbox: &Sandbox,
    watch: Watch,
) -> ApiResult<impl Stream<Item = Result<Bytes, Infallible>> + Send + use<>> {
    let shelf = shelf_of(&watch.resource);
    let wake = sandbox.changes_of(&shelf);
    let (position, initial) = sandbox.read(|store| {
        let current = store.version();
        match watch.start {
            Start::Now => Ok((current, Vec::new())),
            Start::After(version) => {
                let floor = store.floor(&shelf);
                if version < floor {
                    return Err(ApiError::expired(format!(
                        "too old resource version: {version} ({floor})"
                    )));
                }
                Ok((version, Vec::new()))
            }
            Start::Objects | Start::ObjectsAndBookmark => {
                let objects = store
                    .shelf(&shelf)
                    .into_iter()
                    .flat_map(|shelf| shelf.range(&watch.selection.namespace, None))
                    .filter(|(place, stored)| watch.selection.takes(place, stored))
                    .map(|(_, stored)| stored.clone())
                    .collect();
                Ok((current, objects))
            }
        }
    })?;
    let now = Instant::now();
    let watcher = Watcher {
        sandbox: sandbox.clone(),
        shelf,
        position,
        initial: initial.into_iter(),
        owes_bookmark: watch.start == Start::ObjectsAndBookmark,
        wake,
        deadline: watch.timeout.map(|timeout| now + timeout),
        next_bookmark: now + BOOKMARK_INTERVAL,
        is_over: false,
        has_headers: false,
        watch,
    };
    Ok(stream::unfold(watcher, |mut watcher| async move {
        let bytes = watcher.next().await?;
        Some((Ok(bytes), watcher))
    }))
}

impl Watcher {
    async fn next(&mut self) -> Option<Bytes> {
        if self.is_over {
            return None;
        }
        if self.initial.len() > 0 {
            return Some(self.initial_batch());
        }
        if self.owes_bookmark {
            self.owes_bookmark = false;
            return Some(self.bookmark(true));
        }
        loop {
            self.wake.mark_unchanged();
            match self.changes() {
                Ok(bytes) if bytes.is_empty() => {}
                Ok(bytes) => return Some(bytes),
                Err(error) => {
                    self.is_over = true;
                    return Some(frame("ERROR", &to_bytes(&error.to_status())));
                }
            }
            let until = match self.deadline {
                Some(deadline) if self.watch.bookmarks => deadline.min(self.next_bookmark),
                Some(deadline) => deadline,
                None => self.next_bookmark,
            };
            let closed = async {
                match &mut self.watch.closing {
                    Some(closing) => serve::closed(closing).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                changed = self.wake.changed() => changed.ok()?,
                () = closed => return None,
                () = tokio::time::sleep_until(until) => {
                    if self.deadline.is_some_and(|deadline| deadline <= until) {
                        self.is_over = true;
                        return self.watch.bookmarks.then(|| self.bookmark(false));
                    }
                    self.next_bookmark = until + BOOKMARK_INTERVAL;
                    if self.watch.bookmarks {
                        return Some(self.bookmark(false));
                    }
                }
            }
        }
    }

    fn initial_batch(&mut self) -> Bytes {
        let mut bytes = Vec::new();
        let batch: Vec<_> = self.initial.by_ref().take(BATCH).collect();
        for stored in batch {
            let object = self.object(&stored);
            bytes.extend_from_slice(&frame("ADDED", &object));
        }
        bytes.into()
    }

    /// The next changes as this watcher sees them; empty when there are none.
    fn changes(&mut self) -> ApiResult<Bytes> {
        loop {
            let batch: Vec<Arc<Change>> = self.sandbox.read(|store| {
                let Some(shelf) = store.shelf(&self.shelf) else {
                    return Ok(Vec::new());
                };
                match shelf.log().after(self.position) {
                    Some(changes) => Ok(changes.take(BATCH).cloned().collect()),
                    None => Err(ApiError::expired(format!(
                        "too old resource version: {} ({})",
                        self.position,
                        shelf.log().floor()
                    ))),
                }
            })?;
            let Some(last) = batch.last() else {
                return Ok(Bytes::new());
            };
            self.position = last.version();
            let frames: Vec<Bytes> = batch
                .iter()
                .filter_map(|change| self.show(change))
                .collect();
            match frames.as_slice() {
                [] => {}
                // The bytes of one frame are shared by all who see it.
                [frame] => return Ok(frame.clone()),
                frames => return Ok(frames.concat().into()),
            }
        }
    }

    /// A change as this watcher sees it: what enters or leaves its selection is new or gone to it.
    fn show(&mut self, change: &Change) -> Option<Bytes> {
        let selection = &self.watch.selection;
        let place = &change.key.place;
        let takes = |stored: &Arc<Stored>| selection.takes(place, stored);
        let was_there = change.previous.as_ref().is_some_and(takes);
        let is_there = change.after().is_some_and(takes);
        let kind = match (was_there, is_there) {
            (false, true) => ChangeKind::Added,
            (true, true) => ChangeKind::Modified,
            (true, false) => ChangeKind::Deleted,
            (false, false) => return None,
        };
        // Seen as it happened, in the version that is kept: one serialisation serves all.
        let resource = &self.watch.resource;
        if kind == change.kind
            && self.watch.form == Form::Object
            && resource.gvk == resource.storage
            && is_kept_as(resource)
        {
            let make = || frame(word(kind), &change.object.json(&resource.gvk));
            return Some(change.frame.get_or_init(make).clone());
        }
        match (&change.previous, kind == change.kind) {
            // It left the selection: shown as it was last seen, under the version of the change.
            (Some(previous), false) if kind == ChangeKind::Deleted => {
                let mut object = previous.object.clone();
                object.set(
                    &["metadata", "resourceVersion"],
                    change.version().to_string().into(),
                );
                let last = self.object(&Stored::new(object, change.version()));
                Some(frame(word(kind), &last))
            }
            _ => Some(frame(word(kind), &self.object(&change.object))),
        }
    }

    fn object(&mut self, stored: &Stored) -> Vec<u8> {
        let headers = !std::mem::replace(&mut self.has_headers, true);
        let now = self.sandbox.clock().now();
        self.watch
            .form
            .one(&self.watch.resource, stored, now, headers)
    }

    fn bookmark(&self, ends_initial: bool) -> Bytes {
        let position = if ends_initial {
            self.position
        } else {
            // All up to here was looked at.
            self.sandbox.read(|store| {
                let is_current = store
                    .shelf(&self.shelf)
                    .and_then(|shelf| shelf.log().after(self.position)?.next())
                    .is_none();
                if is_current {
                    store.version().max(self.position)
                } else {
                    self.position
                }
            })
        };
        let version = position.to_string();
        let metadata = if ends_initial {
            json!({
                "resourceVersion": version, "annotations": {INITIAL_EVENTS_END: "true"},
            })
        } else {
            json!({ "resourceVersion": version })
        };
        let object = self.watch.form.bookmark(&self.watch.resource, metadata);
        frame("BOOKMARK", &to_bytes(&object))
    }
}

fn word(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "ADDED",
        ChangeKind::Modified => "MODIFIED",
        ChangeKind::Deleted => "DELETED",
    }
}

/// One event as a line.
fn frame(kind: &str, object: &[u8]) -> Bytes {
    let mut line = Vec::with_capacity(object.len() + 40);
    line.extend_from_slice(b"{\"type\":\"");
    line.extend_from_slice(kind.as_bytes());
    line.extend_from_slice(b"\",\"object\":");
    line.extend_from_slice(object);
    line.extend_from_slice(b"}\n");
    line.into()
}
