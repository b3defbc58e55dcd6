//! What a client wants to read (`k8s.io/apiserver/pkg/endpoints/handlers/negotiation`).

use axum::http::{HeaderMap, header};

use super::query::Query;
use crate::sandbox::{
    error::{ApiError, ApiResult},
    form::Form,
    table::Include,
};

/// Media types that the server writes.
pub const ACCEPTED: &str =
    "application/json, application/yaml, application/vnd.kubernetes.protobuf";

/// The same for lists, which may be watched.
const ACCEPTED_OF_LISTS: &str = "application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// One built-in object, or a change.
    One,
    /// A list of built-in objects.
    List,
    /// Something custom.
    Custom,
}

/// How the answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// JSON.
    #[default]
    Json,
    /// YAML.
    Yaml,
}

/// Form and encoding of the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accept {
    /// Which form.
    pub form: Form,
    /// Which encoding.
    pub encoding: Encoding,
    /// Whether metadata is asked for by the name of a list, if it is asked for.
    pub asked_list: Option<bool>,
}

/// The `Accept` header as text.
pub fn text(headers: &HeaderMap) -> String {
    let values: Vec<&str> = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    values.join(",")
}

/// Chooses the first media range that the server can answer; protobuf is answered with JSON.
///
/// # Errors
/// None of them can be.
pub fn negotiate(headers: &HeaderMap, query: &Query, asked: Asked) -> ApiResult<Accept> {
    let text = text(headers);
    if text.trim().is_empty() {
        return Ok(Accept::default());
    }
    let mut ranges: Vec<(f32, &str)> = text
        .split(',')
        .map(str::trim)
        .filter(|range| !range.is_empty())
        .map(|range| {
            let quality = parameter(range, "q").and_then(|q| q.parse().ok());
            (quality.unwrap_or(1.0), range)
        })
        .collect();
    ranges.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut has_protobuf = false;
    let mut is_routed = false;
    for (_, range) in ranges {
        let media = range.split(';').next().unwrap_or_default().trim();
        let encoding = match media {
            "application/json" | "*/*" | "application/*" => Encoding::Json,
            "application/yaml" => Encoding::Yaml,
            "application/vnd.kubernetes.protobuf" => {
                is_routed = true;
                has_protobuf |= parameter(range, "as").is_none();
                continue;
            }
            _ => continue,
        };
        is_routed = true;
        let Some(form) = form(range, query)? else {
            continue;
        };
        let asked_list = (form == Form::Metadata)
            .then(|| parameter(range, "as") == Some("PartialObjectMetadataList"));
        return Ok(Accept {
            form,
            encoding,
            asked_list,
        });
    }
    if has_protobuf {
        return Ok(Accept::default());
    }
    Err(match asked {
        // The router of the built-in groups turns it away before any handler sees it.
        Asked::One if !is_routed => ApiError::unrouted_acceptance(ACCEPTED),
        Asked::List if !is_routed => ApiError::unrouted_acceptance(ACCEPTED_OF_LISTS),
        _ => ApiError::not_acceptable(ACCEPTED),
    })
}

fn parameter<'a>(range: &'a str, name: &str) -> Option<&'a str> {
    range.split(';').skip(1).find_map(|part| {
        let (key, value) = part.split_once('=')?;
        (key.trim() == name).then(|| value.trim())
    })
}

/// The form that a media range asks for, absent when it is one that the server does not know.
fn form(range: &str, query: &Query) -> ApiResult<Option<Form>> {
    let Some(kind) = parameter(range, "as") else {
        return Ok(Some(Form::Object));
    };
    if parameter(range, "g") != Some("meta.k8s.io") || parameter(range, "v") != Some("v1") {
        return Ok(None);
    }
    Ok(match kind {
        "Table" => {
            let text = query
                .has("includeObject")
                .then(|| query.text("includeObject"));
            let include = Include::from_parameter(text).ok_or_else(|| {
                ApiError::bad_request(format!(
                    "Unable to convert to Table as requested: includeObject: Invalid value: {:?}: must be 'Metadata', 'Object', 'None', or empty",
                    text.unwrap_or_default()
                ))
            })?;
            Some(Form::Table(include))
        }
        "PartialObjectMetadata" | "PartialObjectMetadataList" => Some(Form::Metadata),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(accept: &str) -> Option<Accept> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().unwrap());
        negotiate(&headers, &Query::default(), Asked::One).ok()
    }

    #[test]
    fn the_best_range_wins() {
        let table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
        assert_eq!(choose(table).unwrap().form, Form::Table(Include::Metadata));
        let old = "application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
        assert_eq!(choose(old).unwrap().form, Form::Object);
        let metadata = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
        assert_eq!(choose(metadata).unwrap().form, Form::Metadata);
        let yaml = "application/json;q=0.5, application/yaml";
        assert_eq!(choose(yaml).unwrap().encoding, Encoding::Yaml);
        let protobuf = "application/vnd.kubernetes.protobuf";
        assert_eq!(choose(protobuf), Some(Accept::default()));
        assert_eq!(choose("text/html"), None);
    }
}
