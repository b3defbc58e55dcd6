//! Patches: which kind, and what they make of an object (`k8s.io/apiserver/pkg/endpoints/handlers/patch.go`).

use serde_json::{Value, json};

use super::body;
use crate::{
    object::{
        Gvk,
        patch::{PatchError, PatchProblem, json, merge, strategic},
        schema::Schema,
    },
    sandbox::{
        admit,
        decode::{go_value, patched_json},
        error::{ApiError, ApiResult, Cause},
        registry::Resource,
        store::Stored,
    },
};

/// The most operations of a JSON patch.
pub const MAX_OPERATIONS: usize = 10_000;

/// Media types of patches for built-in kinds.
const BUILT_IN: &str = "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml";
/// Media types of patches for custom kinds.
const CUSTOM: &str =
    "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";
/// Media type of server-side apply.
pub const APPLY: &str = "application/apply-patch+yaml";

/// One patch, with what a strict reader says of it.
#[derive(Clone, Debug)]
pub enum Patch {
    /// RFC 6902.
    Json(Value, Vec<String>),
    /// RFC 7386.
    Merge(Value, Vec<String>),
    /// Strategic merge.
    Strategic(Value, Vec<String>),
    /// Server-side apply; handled apart.
    Apply(Value),
}

impl Patch {
    /// Whether patches of a media type are taken for a resource.
    ///
    /// # Errors
    /// They are not.
    pub fn check_type(media_type: &str, resource: &Resource) -> ApiResult<()> {
        let offered = if resource.custom { CUSTOM } else { BUILT_IN };
        if offered.split(", ").any(|offered| offered == media_type) {
            Ok(())
        } else if resource.custom {
            Err(ApiError::unsupported_media_type(offered))
        } else {
            // The router of the built-in groups turns it away before any handler sees it.
            Err(ApiError::unrouted_media_type())
        }
    }

    /// Reads a patch of a media type that was checked before.
    ///
    /// # Errors
    /// The document is broken.
    pub fn read(media_type: &str, bytes: &[u8]) -> ApiResult<Self> {
        if media_type == APPLY {
            let document = body::yaml(bytes)
                .map_err(|error| ApiError::bad_request(format!("error encoding patch: {error}")))?;
            return Ok(Self::Apply(document.value));
        }
        let document =
            body::json(bytes).map_err(|_| ApiError::bad_request("invalid JSON patch"))?;
        let (value, complaints) = (document.value, document.complaints);
        let word = |value: &Value| match value {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let wrong = |head: &str, kind: &str| {
            let word = word(&value);
            Err(ApiError::bad_request(format!(
                "{head}json: cannot unmarshal {word} into Go value of type {kind}"
            )))
        };
        match (media_type, &value) {
            ("application/json-patch+json", Value::Array(operations)) => {
                let count = operations.len();
                if count > MAX_OPERATIONS {
                    return Err(ApiError::too_large(format!(
                        "The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {count}"
                    )));
                }
                let complaints = complaints.iter().map(|text| format!("json patch {text}"));
                Ok(Self::Json(value.clone(), complaints.collect()))
            }
            ("application/json-patch+json", _) => {
                wrong("error decoding patch: ", "[]handlers.jsonPatchOp")
            }
            ("application/merge-patch+json", Value::Object(_)) => {
                Ok(Self::Merge(value, complaints))
            }
            ("application/merge-patch+json", _) => {
                wrong("error decoding patch: ", "map[string]interface {}")
            }
            (_, Value::Object(_)) => Ok(Self::Strategic(value, complaints)),
            _ => wrong("", "map[string]interface {}"),
        }
    }

    /// What a strict reader says of the patch itself.
    pub fn complaints(&self) -> &[String] {
        match self {
            Self::Json(_, complaints)
            | Self::Merge(_, complaints)
            | Self::Strategic(_, complaints) => complaints,
            Self::Apply(_) => &[],
        }
    }

    /// What came of the patch, when it is no object of its kind: as Go shows it, but of a Secret nothing.
    pub fn refused(&self, gvk: &Gvk, patched: &Value, why: &str) -> ApiError {
        let shown = match self {
            _ if gvk.group.is_empty() && gvk.kind == "Secret" => "[hidden]".to_owned(),
            Self::Strategic(patch, _) => go_value(patch),
            Self::Merge(patch, _) | Self::Apply(patch) => patched_json(gvk, patched, patch),
            Self::Json(patch, _) => patched_json(gvk, patched, &shape(patch)),
        };
        let cause = Cause::invalid("patch", &shown.into(), why);
        ApiError::invalid("", "", "", &[cause])
    }

    /// Whether the object is made of maps, whose conversion has its own words for values of a wrong type.
    pub fn is_of_maps(&self) -> bool {
        matches!(self, Self::Strategic(..))
    }

    /// The object with the patch, in the version of the request.
    ///
    /// # Errors
    /// The patch does not fit the object.
    pub fn apply(&self, resource: &Resource, current: &Stored) -> ApiResult<Value> {
        let value = admit::from_storage(resource, &current.object).into_value();
        self.apply_to(value, resource.schema.as_ref())
    }

    /// A value with the patch.
    ///
    /// # Errors
    /// The patch does not fit the value.
    pub fn apply_to(&self, mut value: Value, schema: Option<&Schema>) -> ApiResult<Value> {
        match self {
            Self::Json(patch, _) => {
                json::apply(&mut value, patch).map_err(|_| ApiError::unprocessable())?
            }
            Self::Merge(patch, _) => merge::apply(&mut value, patch),
            // The managers are to be asked, which `write::applied` does.
            Self::Apply(_) => return Err(ApiError::internal("an apply is no patch of a value")),
            Self::Strategic(patch, _) => {
                let is_secret = value.get("kind") == Some(&"Secret".into());
                strategic::apply(&mut value, patch, schema)
                    .map_err(|error| unfit(&error, patch, is_secret))?;
            }
        }
        Ok(value)
    }
}

/// The maps that a JSON patch goes through, as a merge patch would name them.
fn shape(patch: &Value) -> Value {
    let mut shape = json!({});
    let paths = patch
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|operation| [operation.get("path"), operation.get("from")])
        .flatten()
        .filter_map(Value::as_str);
    for path in paths {
        let mut words: Vec<String> = path
            .split('/')
            .skip(1)
            .map(|word| word.replace("~1", "/").replace("~0", "~"))
            .collect();
        words.pop();
        let mut level = &mut shape;
        for word in words {
            let Value::Object(map) = level else {
                break;
            };
            level = map.entry(word).or_insert_with(|| json!({}));
        }
    }
    shape
}

/// Why a strategic patch does not fit (`interpretStrategicMergePatchError`).
fn unfit(error: &PatchError, patch: &Value, is_secret: bool) -> ApiError {
    let plain = error.problem.to_string();
    match &error.problem {
        PatchProblem::NotMap
        | PatchProblem::DeleteFromPrimitiveList
        | PatchProblem::RetainKeys
        | PatchProblem::SetElementOrder => ApiError::bad_request(plain),
        PatchProblem::ListOfLists => ApiError::unprocessable(),
        PatchProblem::NoMergeKey(key) if !is_secret => {
            let element = element(patch, &error.field, |element| element.get(key).is_none());
            ApiError::unknown(match element {
                Some(element) => {
                    let shown = go_value(element);
                    format!("map: {shown} does not contain declared merge key: {key}")
                }
                None => plain,
            })
        }
        PatchProblem::UnknownDirective if !is_secret => {
            const KNOWN: [&str; 3] = ["delete", "replace", "merge"];
            let directive = |element: &Value| Some(element.get("$patch")?.as_str()?.to_owned());
            let element = element(patch, &error.field, |element| {
                directive(element).is_some_and(|word| !KNOWN.contains(&word.as_str()))
            });
            ApiError::unknown(match element.and_then(|it| Some((it, directive(it)?))) {
                Some((element, word)) => {
                    let shown = go_value(element);
                    format!("unknown patch type: {word} in map: {shown}")
                }
                None => plain,
            })
        }
        _ => ApiError::unknown(plain),
    }
}

/// The value at a field of a patch that is meant, or the first such element of the list there.
fn element<'a>(
    patch: &'a Value,
    field: &str,
    is_meant: impl Fn(&Value) -> bool,
) -> Option<&'a Value> {
    let mut words = field.split('.').filter(|word| !word.is_empty());
    let value = words.try_fold(patch, |value, word| value.get(word))?;
    match value {
        Value::Array(items) => items.iter().find(|item| is_meant(item)),
        value => Some(value).filter(|value| is_meant(value)),
    }
}
