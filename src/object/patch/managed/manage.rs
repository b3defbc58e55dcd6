//! Writes as the server has them: who is told, under which name and time
//! (`managedfields/internal/fieldmanager.go` and the managers that it wraps).

use serde_json::{Map, Value};

use super::{
    check::check,
    compare::compare,
    conflict::{Conflict, conflict_message},
    entry::{ManagerId, Managers, Operation, Ownership},
    extract::extract_map,
    form::Form,
    set::FieldSet,
    updater::Updater,
};
use crate::object::{Gvk, schema::Schema};

/// The most entries of updates; the oldest are joined beyond.
pub const MAX_UPDATE_MANAGERS: usize = 10;
/// The manager that joined entries go to.
const OLD_UPDATES: &str = "ancient-changes";
/// The manager of what was there before the first apply of an object without managers.
const BEFORE_FIRST_APPLY: &str = "before-first-apply";
/// The manager whose applies keep the annotation of client-side apply up to date.
const KUBECTL: &str = "kubectl";
/// Where client-side apply keeps what was applied last.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// The most bytes of all annotations (`TotalAnnotationSizeLimitB`).
const MAX_ANNOTATIONS: usize = 256 * 1024;
/// Fields that no manager has (`stripmeta.go`).
const STRIPPED: &[&[&str]] = &[
    &["apiVersion"],
    &["kind"],
    &["metadata"],
    &["metadata", "name"],
    &["metadata", "namespace"],
    &["metadata", "creationTimestamp"],
    &["metadata", "selfLink"],
    &["metadata", "uid"],
    &["metadata", "clusterName"],
    &["metadata", "generation"],
    &["metadata", "managedFields"],
    &["metadata", "resourceVersion"],
];

/// The kind that is written.
pub struct Subject<'a> {
    /// Group, version and kind of the request.
    pub gvk: &'a Gvk,
    /// What is known of its fields.
    pub schema: Option<&'a Schema>,
    /// What an object holds before anything is written, such as the inner maps of built-in kinds.
    pub blank: &'a dyn Fn() -> Map<String, Value>,
    /// Fields that this kind of write leaves alone, such as `status` on the object itself.
    pub reset: &'a FieldSet,
    /// Whether a version (`apps/v1`) is still served; managers of others go.
    pub is_served: &'a dyn Fn(&str) -> bool,
}

/// Who writes, where and when.
#[derive(Clone, Copy, Debug)]
pub struct Author<'a> {
    /// Name of the manager.
    pub manager: &'a str,
    /// The subresource, empty for the object itself.
    pub subresource: &'a str,
    /// The instant, as RFC 3339 in whole seconds.
    pub now: &'a str,
}

/// Why a configuration was not applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// Other managers have fields of it with other values.
    #[error("{}", conflict_message(.0))]
    Conflict(Vec<Conflict>),
    /// The request is wrong.
    #[error("{0}")]
    BadRequest(String),
    /// It does not fit the schema, or the managers of the object cannot be read.
    #[error("{0}")]
    Failed(String),
}

impl Subject<'_> {
    fn form(&self) -> Form {
        Form::of(self.schema)
    }
}

/// Brings `managedFields` of a new object in line with a write that is not an apply.
///
/// `live` is what was there before; none when the object is created.
pub fn update(
    subject: &Subject<'_>,
    author: Author<'_>,
    live: Option<&Map<String, Value>>,
    new: &mut Map<String, Value>,
) {
    let given = take_entries(new);
    let of_live = || {
        let entries = live.and_then(|live| entries(live));
        Managers::read(entries).unwrap_or_default()
    };
    let managers = if !author.subresource.is_empty() {
        of_live()
    } else if given.as_ref().is_some_and(is_reset) {
        Managers::default()
    } else {
        match Managers::read(given.as_ref()) {
            Ok(managers) if !managers.0.is_empty() => managers,
            _ => of_live(),
        }
    };
    let is_kept = live.is_some_and(|live| {
        live.get("metadata")
            .is_some_and(|it| it.get("uid").is_some())
    });
    if managers.0.is_empty() && is_kept {
        return;
    }
    let none;
    let live = match live {
        Some(live) => live,
        None => {
            none = (subject.blank)();
            &none
        }
    };
    let managers = updated(subject, author, live, new, managers);
    set_entries(new, &managers);
}

/// The managers after a write.
fn updated(
    subject: &Subject<'_>,
    author: Author<'_>,
    live: &Map<String, Value>,
    new: &Map<String, Value>,
    mut managers: Managers,
) -> Managers {
    let form = subject.form();
    let api_version = subject.gvk.api_version();
    let updater = Updater {
        form: &form,
        api_version: &api_version,
        reset: subject.reset,
        is_served: subject.is_served,
    };
    // Only what differs counts, so the writer stands apart from its own earlier entry.
    let current = ManagerId::new("current-operation", Operation::Update, "", "");
    updater.update(live, new, &mut managers, &current);
    if let Some(owned) = managers.0.remove(&current) {
        let fields = owned.fields.difference(&stripped());
        if !fields.is_empty() {
            let id = ManagerId::new(
                author.manager,
                Operation::Update,
                &api_version,
                author.subresource,
            );
            let before = managers
                .0
                .remove(&id)
                .map(|owned| owned.fields)
                .unwrap_or_default();
            let owned = Ownership {
                fields: fields.union(before),
                api_version,
                time: Some(author.now.to_owned()),
            };
            managers.0.insert(id, owned);
        }
    }
    cap(managers)
}

/// Applies a configuration; gives the new object with its `managedFields`.
///
/// `live` is what was there before; none when the object is created.
///
/// # Errors
/// See [`ApplyError`].
pub fn apply(
    subject: &Subject<'_>,
    author: Author<'_>,
    live: Option<&Map<String, Value>>,
    config: &Map<String, Value>,
    force: bool,
) -> Result<Map<String, Value>, ApplyError> {
    let form = subject.form();
    check_request(subject, &form, config)?;
    let managers = Managers::read(live.and_then(entries))
        .map_err(|error| ApplyError::Failed(format!("failed to decode managed fields: {error}")))?;
    let blank = if live.is_none() || managers.0.is_empty() {
        (subject.blank)()
    } else {
        Map::new()
    };
    let managers = match live {
        Some(live) if managers.0.is_empty() => {
            let author = Author {
                manager: BEFORE_FIRST_APPLY,
                ..author
            };
            updated(subject, author, &blank, live, managers)
        }
        _ => managers,
    };
    let live = live.unwrap_or(&blank);
    let applied = applied(
        subject,
        author,
        &form,
        live,
        config,
        managers.clone(),
        force,
    );
    let (mut new, managers) = match applied {
        Err(conflicts) if author.manager == KUBECTL => {
            let allowed = allowed_by_last_applied(subject, &form, live);
            match allowed {
                Some(allowed) => {
                    let left: Vec<Conflict> = conflicts
                        .into_iter()
                        .filter(|conflict| !allowed.has(&conflict.path))
                        .collect();
                    if left.is_empty() {
                        self::applied(subject, author, &form, live, config, managers, true)
                    } else {
                        Err(left)
                    }
                }
                None => Err(conflicts),
            }
        }
        other => other,
    }
    .map_err(ApplyError::Conflict)?;
    if author.manager == KUBECTL {
        renew_last_applied(&mut new, config);
    }
    take_entries(&mut new);
    set_entries(&mut new, &managers);
    Ok(new)
}

fn check_request(
    subject: &Subject<'_>,
    form: &Form,
    config: &Map<String, Value>,
) -> Result<(), ApplyError> {
    let text = |name: &str| config.get(name).and_then(Value::as_str).unwrap_or_default();
    let given = Gvk::from_api_version(text("apiVersion"), text("kind"));
    let shown = format!("{}/{}, Kind={}", given.group, given.version, given.kind);
    if given != *subject.gvk {
        return Err(ApplyError::BadRequest(format!(
            "invalid object type: {shown}"
        )));
    }
    if entries(config).is_some_and(Value::is_array) {
        return Err(ApplyError::BadRequest(
            "metadata.managedFields must be nil".to_owned(),
        ));
    }
    check(form, config).map_err(|error| {
        let metadata = config.get("metadata");
        let text = |name: &str| {
            metadata
                .and_then(|metadata| metadata.get(name))
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let (namespace, name) = (text("namespace"), text("name"));
        ApplyError::Failed(format!(
            "failed to create typed patch object ({namespace}/{name}; {shown}): {error}"
        ))
    })
}

fn applied(
    subject: &Subject<'_>,
    author: Author<'_>,
    form: &Form,
    live: &Map<String, Value>,
    config: &Map<String, Value>,
    mut managers: Managers,
    force: bool,
) -> Result<(Map<String, Value>, Managers), Vec<Conflict>> {
    let api_version = subject.gvk.api_version();
    let updater = Updater {
        form,
        api_version: &api_version,
        reset: subject.reset,
        is_served: subject.is_served,
    };
    let id = ManagerId::new(author.manager, Operation::Apply, "", author.subresource);
    let new = updater.apply(live, config, &mut managers, &id, force)?;
    if let Some(mut owned) = managers.0.remove(&id) {
        owned.fields = owned.fields.difference(&stripped());
        if new.is_some() {
            owned.time = Some(author.now.to_owned());
        }
        if !owned.fields.is_empty() {
            managers.0.insert(id, owned);
        }
    }
    Ok((new.unwrap_or_else(|| live.clone()), managers))
}

fn stripped() -> FieldSet {
    FieldSet::of_fields(STRIPPED)
}

/// Joins the oldest entries of updates, by version, until there are few enough (`capmanagers.go`).
fn cap(mut managers: Managers) -> Managers {
    let mut updates: Vec<(Option<String>, ManagerId)> = managers
        .0
        .iter()
        .filter(|(id, _)| id.operation == Operation::Update)
        .map(|(id, owned)| (owned.time.clone(), id.clone()))
        .collect();
    let mut count = updates.len();
    if count <= MAX_UPDATE_MANAGERS {
        return managers;
    }
    updates.sort();
    let mut first_of: Vec<(String, ManagerId)> = Vec::new();
    for (time, id) in updates {
        if count <= MAX_UPDATE_MANAGERS {
            break;
        }
        let version = id.api_version.clone();
        let Some((_, first)) = first_of.iter().find(|(seen, _)| *seen == version) else {
            first_of.push((version, id));
            continue;
        };
        let bucket = ManagerId::new(OLD_UPDATES, Operation::Update, &version, "");
        if !managers.0.contains_key(&bucket)
            && let Some(owned) = managers.0.remove(first)
        {
            managers.0.insert(bucket.clone(), owned);
        }
        if let Some(owned) = managers.0.remove(&id)
            && let Some(joined) = managers.0.get_mut(&bucket)
        {
            joined.fields = std::mem::take(&mut joined.fields).union(owned.fields);
            joined.time = time;
            count -= 1;
        }
    }
    managers
}

/// The fields that client-side apply wrote and nobody changed since; none without its annotation.
fn allowed_by_last_applied(
    subject: &Subject<'_>,
    form: &Form,
    live: &Map<String, Value>,
) -> Option<FieldSet> {
    let text = annotations(live)?.get(LAST_APPLIED)?.as_str()?;
    let Ok(Value::Object(last)) = serde_json::from_str(text) else {
        return None;
    };
    if last.get("apiVersion")?.as_str()? != subject.gvk.api_version() || check(form, &last).is_err()
    {
        return None;
    }
    let seen = compare(form, &last, live);
    let fields = extract_map(form, &last);
    Some(
        fields
            .difference(&seen.modified)
            .difference(&seen.added)
            .difference(&seen.removed),
    )
}

/// Writes what was applied into the annotation of client-side apply, if that is there.
fn renew_last_applied(new: &mut Map<String, Value>, config: &Map<String, Value>) {
    let has_any = annotations(new)
        .and_then(|annotations| annotations.get(LAST_APPLIED)?.as_str())
        .is_some_and(|text| !text.is_empty());
    if !has_any {
        return;
    }
    let mut config = config.clone();
    if let Some(Value::Object(annotations)) = config
        .get_mut("metadata")
        .and_then(|metadata| metadata.get_mut("annotations"))
    {
        annotations.remove(LAST_APPLIED);
    }
    let text = format!("{}\n", super::element::go_json(&Value::Object(config)));
    let Some(Value::Object(annotations)) = new
        .get_mut("metadata")
        .and_then(|metadata| metadata.get_mut("annotations"))
    else {
        return;
    };
    annotations.insert(LAST_APPLIED.to_owned(), text.into());
    let size: usize = annotations
        .iter()
        .map(|(name, value)| name.len() + value.as_str().map_or(0, str::len))
        .sum();
    if size > MAX_ANNOTATIONS {
        annotations.remove(LAST_APPLIED);
    }
}

fn annotations(object: &Map<String, Value>) -> Option<&Map<String, Value>> {
    object.get("metadata")?.get("annotations")?.as_object()
}

/// Keeps the old times of managers when nothing but times differs, so that a write that changes nothing
/// is none (`apiserver/pkg/endpoints/handlers/fieldmanager/equality.go`).
pub fn without_new_times(old: &Map<String, Value>, new: &mut Map<String, Value>) {
    let (Some(was), Some(is)) = (entries(old), entries(new)) else {
        return;
    };
    if was == is || timeless(was) != timeless(is) {
        return;
    }
    let is_same = old.len() == new.len()
        && old
            .iter()
            .zip(new.iter())
            .all(|((name, was), (other, is))| {
                name == other
                    && match (name.as_str(), was, is) {
                        ("metadata", Value::Object(was), Value::Object(is)) => {
                            was.len() == is.len()
                                && was.iter().zip(is).all(|((name, was), (other, is))| {
                                    name == other && (name == "managedFields" || was == is)
                                })
                        }
                        _ => was == is,
                    }
            });
    if is_same && let Some(Value::Object(metadata)) = new.get_mut("metadata") {
        metadata.insert("managedFields".to_owned(), was.clone());
    }
}

fn timeless(entries: &Value) -> Vec<Value> {
    let mut entries = entries.as_array().cloned().unwrap_or_default();
    for entry in &mut entries {
        if let Value::Object(entry) = entry {
            entry.remove("time");
        }
    }
    entries
}

/// Whether the managers are to be forgotten: an empty list, or one empty entry.
fn is_reset(entries: &Value) -> bool {
    match entries.as_array().map(Vec::as_slice) {
        Some([]) => true,
        Some([Value::Object(entry)]) => entry.is_empty(),
        _ => false,
    }
}

fn entries(object: &Map<String, Value>) -> Option<&Value> {
    object.get("metadata")?.get("managedFields")
}

fn take_entries(object: &mut Map<String, Value>) -> Option<Value> {
    object
        .get_mut("metadata")?
        .as_object_mut()?
        .remove("managedFields")
}

fn set_entries(object: &mut Map<String, Value>, managers: &Managers) {
    if let Some(entries) = managers.write()
        && let Some(metadata) = object
            .entry("metadata")
            .or_insert_with(|| Value::Object(Map::new()))
            .as_object_mut()
    {
        metadata.insert("managedFields".to_owned(), entries);
    }
}
