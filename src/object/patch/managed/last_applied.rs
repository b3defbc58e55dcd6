//! The annotation of client-side apply beside server-side apply
//! (`managedfields/internal/lastappliedmanager.go`, `lastappliedupdater.go`).

use serde_json::{Map, Value};

use super::{
    check::check, compare::compare, element::go_json, extract::extract_map, form::Form,
    manage::Subject, set::FieldSet,
};

/// Where client-side apply keeps what was applied last.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// The most bytes of all annotations (`TotalAnnotationSizeLimitB`).
const MAX_ANNOTATIONS: usize = 256 * 1024;

/// The fields that client-side apply wrote and nobody changed since; none without its annotation.
pub(super) fn allowed_by_last_applied(
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
pub(super) fn renew_last_applied(new: &mut Map<String, Value>, config: &Map<String, Value>) {
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
    let text = format!("{}\n", go_json(&Value::Object(config)));
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
