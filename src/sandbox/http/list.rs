//! Lists and watches.

use std::sync::Arc;

use axum::{body::Body, response::Response};
use base64::{DecodeError, Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::{accept::Encoding, handle::Call, query::Query, read::parse_version, reply};
use crate::sandbox::{
    decode::syntax_error,
    error::{ApiError, ApiResult, Cause},
    form::Form,
    selection::Selection,
    store::{Place, Shelf, Stored},
    watch::{self, Start, Watch},
    write::shelf_of,
};

impl Call {
    /// What the selectors and the path of the request select.
    pub fn selection(&self) -> ApiResult<Selection> {
        let mut selection = Selection::all(&self.path.namespace).narrowed(
            &self.resource,
            self.query.text("labelSelector"),
            self.query.text("fieldSelector"),
        )?;
        if !self.path.name.is_empty() {
            selection.name = Some(self.path.name.clone());
        }
        Ok(selection)
    }

    /// A list of custom objects names the next page even where there is none.
    pub fn end_custom_list(&self, metadata: &mut Map<String, Value>) {
        if self.resource.custom && self.accept.form == Form::Object {
            metadata.entry("continue").or_insert_with(|| "".into());
        }
    }
}

/// Where the next page begins, at which version.
struct Token {
    version: u64,
    after: Place,
}

impl Token {
    fn encode(&self) -> String {
        let start = format!("{}/{}\0", self.after.namespace, self.after.name);
        let value = json!({"v": "meta.k8s.io/v1", "rv": self.version, "start": start});
        URL_SAFE_NO_PAD.encode(value.to_string())
    }

    /// Reads a token (`apiserver/pkg/storage/continue.go`).
    fn decode(text: &str) -> ApiResult<Self> {
        let invalid = |why: &str| {
            ApiError::bad_request(format!(
                "invalid continue token: continue key is not valid: {why}"
            ))
        };
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|error| {
            let place = match error {
                DecodeError::InvalidByte(place, _) => place,
                DecodeError::InvalidLastSymbol { offset, .. } => offset,
                DecodeError::InvalidLength(place) => place.saturating_sub(1),
                DecodeError::InvalidPadding => text.len(),
            };
            invalid(&format!("illegal base64 data at input byte {place}"))
        })?;
        if let Some(why) = syntax_error(&bytes) {
            return Err(invalid(&why));
        }
        let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default();
        if text("v") != "meta.k8s.io/v1" {
            let why = format!(
                "server does not recognize this encoded version {:?}",
                text("v")
            );
            return Err(invalid(&why));
        }
        let version = value
            .get("rv")
            .and_then(Value::as_u64)
            .filter(|version| *version > 0);
        let place = text("start")
            .strip_suffix('\0')
            .and_then(|start| start.split_once('/'));
        match (version, place) {
            (Some(version), Some((namespace, name))) => Ok(Self {
                version,
                after: Place::new(namespace, name),
            }),
            (None, _) => Err(invalid(
                "incorrect encoded start resourceVersion (version meta.k8s.io/v1)",
            )),
            _ => Err(invalid("encoded start key empty (version meta.k8s.io/v1)")),
        }
    }
}

/// What a list found.
struct Page {
    version: u64,
    items: Vec<Arc<Stored>>,
    next: Option<Token>,
    remaining: Option<usize>,
}

/// `GET` of a collection.
pub fn list(call: &Call) -> ApiResult<Response> {
    call.check_form(true)?;
    let selection = call.selection()?;
    let page = page(call, &selection)?;
    let mut metadata = Map::new();
    metadata.insert("resourceVersion".into(), page.version.to_string().into());
    if let Some(token) = page.next {
        metadata.insert("continue".into(), token.encode().into());
    }
    if let Some(remaining) = page.remaining {
        metadata.insert("remainingItemCount".into(), remaining.into());
    }
    call.end_custom_list(&mut metadata);
    let items = page.items.iter().map(|stored| &**stored);
    let now = call.sandbox.clock().now();
    let json = call.accept.form.list(&call.resource, metadata, items, now);
    Ok(reply::bytes(200, json, call.accept.encoding))
}

fn page(call: &Call, selection: &Selection) -> ApiResult<Page> {
    let query = &call.query;
    let limit = query.number("limit")?.unwrap_or_default();
    let limit = usize::try_from(limit).unwrap_or_default();
    let asked = query.text("resourceVersion");
    let matching = query.text("resourceVersionMatch");
    let token = query.text("continue");
    check_match(query, asked, matching, token)?;
    let shelf = shelf_of(&call.resource);
    if !token.is_empty() {
        let token = Token::decode(token)?;
        return call.sandbox.read(|store| {
            let Some(shelf) = store.shelf(&shelf) else {
                return Ok(cut(token.version, std::iter::empty(), selection, limit));
            };
            let then = shelf
                .range_at(token.version, &selection.namespace, Some(&token.after))
                .ok_or_else(expired_token)?;
            Ok(cut(token.version, then, selection, limit))
        });
    }
    parse_version(asked).map_err(|error| {
        ApiError::bad_request(format!("invalid resource version: {}", error.message))
    })?;
    let version = call.check_version(asked)?;
    call.sandbox.read(|store| {
        let current = store.version();
        if matching == "Exact" {
            let Some(shelf) = store.shelf(&shelf) else {
                return Ok(cut(version, std::iter::empty(), selection, limit));
            };
            let then = shelf
                .range_at(version, &selection.namespace, None)
                .ok_or_else(|| {
                    ApiError::expired("The resourceVersion for the provided list is too old.")
                })?;
            return Ok(cut(version, then, selection, limit));
        }
        Ok(match store.shelf(&shelf) {
            None => cut(current, std::iter::empty(), selection, limit),
            Some(shelf) => match &selection.name {
                Some(name) => cut(current, named(shelf, selection, name), selection, limit),
                None => cut(
                    current,
                    shelf.range(&selection.namespace, None),
                    selection,
                    limit,
                ),
            },
        })
    })
}

/// One object need not be searched for when its namespace is known.
fn named<'a>(
    shelf: &'a Shelf,
    selection: &'a Selection,
    name: &str,
) -> Box<dyn Iterator<Item = (&'a Place, &'a Arc<Stored>)> + 'a> {
    if selection.namespace.is_empty() {
        return Box::new(shelf.range("", None));
    }
    let wanted = Place::new(&selection.namespace, name);
    Box::new(
        shelf
            .range(&selection.namespace, None)
            .filter(move |(place, _)| **place == wanted),
    )
}

/// What is wrong with the options of a list (`meta/internalversion/validation`).
fn check_match(query: &Query, asked: &str, matching: &str, token: &str) -> ApiResult<()> {
    let mut causes = Vec::new();
    if query.has("sendInitialEvents") {
        causes.push(Cause::forbidden(
            "sendInitialEvents",
            "sendInitialEvents is forbidden for list",
        ));
    }
    if matching.is_empty() {
        if causes.is_empty() && !token.is_empty() && !asked.is_empty() && asked != "0" {
            return Err(ApiError::bad_request(
                "specifying resource version is not allowed when using continue",
            ));
        }
        return refuse(causes);
    }
    if !token.is_empty() {
        causes.push(Cause::forbidden(
            MATCH,
            "resourceVersionMatch is forbidden when continue is provided",
        ));
    }
    if asked.is_empty() {
        causes.push(Cause::forbidden(
            MATCH,
            "resourceVersionMatch is forbidden unless resourceVersion is provided",
        ));
    }
    match matching {
        "Exact" if asked == "0" => causes.push(Cause::forbidden(
            MATCH,
            "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
        )),
        "Exact" | "NotOlderThan" => {}
        other => {
            let known = ["Exact", "NotOlderThan", ""];
            causes.push(Cause::unsupported(MATCH, &other.into(), &known));
        }
    }
    refuse(causes)
}

/// What is wrong with the options of a watch.
fn check_watch(initial: Option<bool>, matching: &str, token: &str) -> ApiResult<()> {
    const NEWER: &str = "NotOlderThan";
    let mut causes = Vec::new();
    if initial.is_some() && matching != NEWER {
        causes.push(Cause::forbidden(
            MATCH,
            "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        ));
    }
    if !matching.is_empty() {
        if initial.is_none() {
            causes.push(Cause::forbidden(
                MATCH,
                "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
            ));
        }
        if matching != NEWER {
            causes.push(Cause::unsupported(MATCH, &matching.into(), &[NEWER]));
        }
        if !token.is_empty() {
            causes.push(Cause::forbidden(
                MATCH,
                "resourceVersionMatch is forbidden when continue is provided",
            ));
        }
    }
    refuse(causes)
}

const MATCH: &str = "resourceVersionMatch";

fn refuse(causes: Vec<Cause>) -> ApiResult<()> {
    if causes.is_empty() {
        return Ok(());
    }
    Err(ApiError::invalid("meta.k8s.io", "ListOptions", "", &causes))
}

fn expired_token() -> ApiError {
    ApiError::expired(
        "The provided continue parameter is too old to display a consistent list result. \
         You can start a new list without the continue parameter.",
    )
}

/// Takes a page from objects in their order.
fn cut<'a>(
    version: u64,
    objects: impl Iterator<Item = (&'a Place, &'a Arc<Stored>)>,
    selection: &Selection,
    limit: usize,
) -> Page {
    let mut taken = objects.filter(|(place, stored)| selection.takes(place, stored));
    let mut items = Vec::new();
    let mut last = None;
    for (place, stored) in taken.by_ref() {
        items.push(stored.clone());
        last = Some(place);
        if limit > 0 && items.len() == limit {
            break;
        }
    }
    // The original does not count behind a selector.
    let is_counted = !selection.has_selector();
    let remaining = match limit {
        0 => 0,
        _ if is_counted => taken.count(),
        _ => usize::from(taken.next().is_some()),
    };
    let next = last.filter(|_| remaining > 0).map(|place| Token {
        version,
        after: place.clone(),
    });
    Page {
        version,
        items,
        next,
        remaining: (remaining > 0 && is_counted).then_some(remaining),
    }
}

/// `GET` with `watch=true`.
pub fn watch(call: Call) -> ApiResult<Response> {
    let selection = call.selection()?;
    let query = &call.query;
    let asked = query.text("resourceVersion");
    let matching = query.text("resourceVersionMatch");
    let initial = query.tristate("sendInitialEvents");
    check_watch(initial, matching, query.text("continue"))?;
    let start = match initial {
        Some(true) => {
            call.check_version(asked)?;
            if query.flag("allowWatchBookmarks") {
                Start::ObjectsAndBookmark
            } else {
                Start::Objects
            }
        }
        Some(false) if asked.is_empty() || asked == "0" => Start::Now,
        None if asked.is_empty() || asked == "0" => Start::Objects,
        _ => Start::After(parse_version(asked)?),
    };
    let watch = Watch {
        resource: call.resource.clone(),
        selection,
        start,
        bookmarks: query.flag("allowWatchBookmarks"),
        timeout: query.timeout()?,
        form: call.accept.form.clone(),
        closing: call.closing.map(|closing| closing.0),
    };
    if call.accept.encoding != Encoding::Json {
        return Err(ApiError::not_acceptable(
            "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch",
        ));
    }
    let stream = watch::start(&call.sandbox, watch)?;
    Ok(reply::with_type(
        200,
        "application/json",
        Body::from_stream(stream),
    ))
}
