//! The envelope: a magic word, then what it holds and of which kind (`runtime.Unknown`).

use serde_json::Value;

use super::{
    error::ProtobufError,
    message, render, table,
    wire::{BYTES, END_GROUP, Reader},
};
use crate::object::Gvk;

/// The media type.
pub const MEDIA_TYPE: &str = "application/vnd.kubernetes.protobuf";
const MAGIC: &[u8] = b"k8s\0";

/// A body whose envelope was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened<'a> {
    /// What it is, as the envelope says, completed by what the caller expects.
    pub gvk: Gvk,
    raw: &'a [u8],
}

struct Unknown<'a> {
    api_version: &'a [u8],
    kind: &'a [u8],
    raw: &'a [u8],
}

/// Reads the envelope of a body. What it does not say of its kind is taken from `default`. What it says of
/// its content's type and encoding is not looked at, as in Go.
///
/// # Errors
/// It is no protobuf, broken, or does not tell its kind.
pub fn open<'a>(bytes: &'a [u8], default: &Gvk) -> Result<Opened<'a>, ProtobufError> {
    if bytes.is_empty() {
        return Err(ProtobufError::Empty);
    }
    let body = bytes.strip_prefix(MAGIC).ok_or(ProtobufError::NoMagic)?;
    if body.is_empty() {
        return Err(ProtobufError::EmptyBody);
    }
    let unknown = unknown(body)?;
    Ok(Opened {
        gvk: kind_of(&unknown, default)?,
        raw: unknown.raw,
    })
}

impl Opened<'_> {
    /// The JSON that Go would write of the object, with `apiVersion` and `kind`.
    ///
    /// # Errors
    /// It is of an unknown kind, truncated, coded otherwise than its types, or beyond the limits.
    pub fn value(&self) -> Result<Value, ProtobufError> {
        let gvk = &self.gvk;
        let place = table::of_kind(gvk).ok_or_else(|| ProtobufError::UnknownKind {
            api_version: gvk.api_version(),
            kind: gvk.kind.clone(),
        })?;
        let mut value = render::show(place, &message::read(self.raw, place)?)?;
        if let Some(object) = value.as_object_mut() {
            object.insert("apiVersion".into(), gvk.api_version().into());
            object.insert("kind".into(), gvk.kind.as_str().into());
        }
        Ok(value)
    }
}

fn kind_of(unknown: &Unknown, default: &Gvk) -> Result<Gvk, ProtobufError> {
    let (api_version, kind) = (
        render::text(unknown.api_version),
        render::text(unknown.kind),
    );
    let (group, version) = match api_version.split_once('/') {
        Some((group, version)) => (group, version),
        None => ("", api_version.as_str()),
    };
    let (group, version) = if version.is_empty() {
        (default.group.as_str(), default.version.as_str())
    } else {
        (group, version)
    };
    let kind = if kind.is_empty() {
        &default.kind
    } else {
        &kind
    };
    match (kind.is_empty(), version.is_empty()) {
        (true, _) => Err(ProtobufError::Unnamed("Kind")),
        (_, true) => Err(ProtobufError::Unnamed("apiVersion")),
        _ => Ok(Gvk::new(group, version, kind.as_str())),
    }
}

fn unknown(bytes: &[u8]) -> Result<Unknown<'_>, ProtobufError> {
    let names = ["typeMeta", "raw", "contentEncoding", "contentType"];
    let [type_meta, raw, _, _] = pieces(bytes, "Unknown", names)?;
    let [api_version, kind] = pieces(type_meta, "TypeMeta", ["apiVersion", "kind"])?;
    Ok(Unknown {
        api_version,
        kind,
        raw,
    })
}

/// Reads a message all of whose fields have a length, numbered from 1.
fn pieces<'a, const N: usize>(
    bytes: &'a [u8],
    message: &'static str,
    names: [&'static str; N],
) -> Result<[&'a [u8]; N], ProtobufError> {
    let mut pieces: [&[u8]; N] = [&[]; N];
    let mut reader = Reader::new(bytes);
    while !reader.is_empty() {
        let tag = reader.tag()?;
        if tag.wire == END_GROUP {
            return Err(ProtobufError::Group(message));
        }
        let place = match usize::try_from(tag.number) {
            Ok(number @ 1..) => number - 1,
            _ => {
                return Err(ProtobufError::Tag {
                    message,
                    number: tag.number,
                    wire: tag.raw,
                });
            }
        };
        match (pieces.get_mut(place), names.get(place)) {
            (Some(_), Some(field)) if tag.wire != BYTES => {
                return Err(ProtobufError::WireType {
                    wire: tag.wire,
                    field,
                });
            }
            (Some(piece), _) => *piece = reader.bytes()?,
            _ => reader.skip(tag.wire)?,
        }
    }
    Ok(pieces)
}
