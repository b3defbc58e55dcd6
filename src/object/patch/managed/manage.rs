//! Writes as the server has them: who is told, under which name and time
//! (`managedfields/internal/fieldmanager.go` and the managers that it wraps).

use serde_json::{Map, Value};

use super::{
    cap::cap,
    check::check,
    conflict::{Conflict, conflict_message},
    entry::{ManagerId, Managers, Operation, Ownership},
    form::Form,
    last_applied::{allowed_by_last_applied, renew_last_applied},
    set::FieldSet,
    updater::Updater,
};
use crate::object::{Gvk, schema::Schema};

/// The manager of what was there before the first apply of an object without managers.
const BEFORE_FIRST_APPLY: &str = "before-first-apply";
/// The manager whose applies keep the annotation of client-side apply up to date.
const KUBECTL: &str = "kubectl";
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
    // Only kubectl may have to be asked again.
    let spare = (author.manager == KUBECTL).then(|| managers.clone());
    let applied = applied(subject, author, &form, live, config, managers, force);
    let (mut new, managers) = match (applied, spare) {
        (Err(conflicts), Some(managers)) => {
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
        (other, _) => other,
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

/// Whether the managers are to be forgotten: an empty list, or one empty entry.
fn is_reset(entries: &Value) -> bool {
    match entries.as_array().map(Vec::as_slice) {
        Some([]) => true,
        Some([Value::Object(entry)]) => entry.is_empty(),
        _ => false,
    }
}

pub(super) fn entries(object: &Map<String, Value>) -> Option<&Value> {
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
