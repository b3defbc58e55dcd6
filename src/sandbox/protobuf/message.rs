//! From a message to the JSON of the same object.

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{
    table::{self, Field, Kind},
    wire::{Reader, Wire},
};
use crate::object::Gvk;

/// What every body begins with.
const MAGIC: &[u8] = b"k8s\0";
/// How deep messages may stand in messages.
pub const MAX_DEPTH: usize = 64;

/// Why a body cannot be read; never holds a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtobufError {
    /// The body does not begin as it must.
    #[error(
        "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"
    )]
    Magic,
    /// It ends within a field.
    #[error("unexpected EOF")]
    Short,
    /// A number does not end.
    #[error("proto: integer overflow")]
    Long,
    /// A field is of a kind that nobody uses.
    #[error("proto: illegal wireType {0}")]
    WireType(u64),
    /// The content is not of the type of the field.
    #[error("proto: wrong wireType for field {0}")]
    Field(&'static str),
    /// The kind is not built in.
    #[error("no kind {kind:?} is registered for version {version:?}")]
    Kind {
        /// As sent.
        kind: String,
        /// As sent.
        version: String,
    },
    /// Messages stand too deep in messages.
    #[error("proto: exceeded the depth of {MAX_DEPTH} messages")]
    Depth,
}

type Result<T> = std::result::Result<T, ProtobufError>;

/// Reads a body: the envelope, and in it a built-in object, as JSON would hold it.
///
/// # Errors
/// [`ProtobufError`] says what is wrong.
pub fn decode(bytes: &[u8]) -> Result<Value> {
    let bytes = bytes.strip_prefix(MAGIC).ok_or(ProtobufError::Magic)?;
    let mut reader = Reader::new(bytes);
    let (mut version, mut kind) = (String::new(), String::new());
    let (mut raw, mut content_type): (&[u8], &[u8]) = (&[], &[]);
    while let Some((number, content)) = reader.next()? {
        match (number, content) {
            (1, Wire::Bytes(meta)) => {
                let mut meta = Reader::new(meta);
                while let Some((number, content)) = meta.next()? {
                    match (number, content) {
                        (1, Wire::Bytes(text)) => version = text_of(text, "apiVersion")?,
                        (2, Wire::Bytes(text)) => kind = text_of(text, "kind")?,
                        _ => {}
                    }
                }
            }
            (2, Wire::Bytes(content)) => raw = content,
            (4, Wire::Bytes(content)) => content_type = content,
            _ => {}
        }
    }
    if content_type == b"application/json" {
        return serde_json::from_slice(raw).map_err(|_| ProtobufError::Field("raw"));
    }
    let gvk = Gvk::from_api_version(&version, &kind);
    let Some(message) = table::of_kind(&gvk) else {
        return Err(ProtobufError::Kind { kind, version });
    };
    let mut map = Map::new();
    map.insert("apiVersion".to_owned(), version.into());
    map.insert("kind".to_owned(), kind.into());
    read_message(message, raw, &mut map, MAX_DEPTH)?;
    Ok(Value::Object(map))
}

fn read_message(
    name: &str,
    bytes: &[u8],
    map: &mut Map<String, Value>,
    depth: usize,
) -> Result<()> {
    let depth = depth.checked_sub(1).ok_or(ProtobufError::Depth)?;
    let fields = table::fields(name);
    let mut reader = Reader::new(bytes);
    while let Some((number, content)) = reader.next()? {
        // A field of a later version is skipped.
        if let Some(field) = fields.iter().find(|field| field.number == number) {
            read_field(field, content, map, depth)?;
        }
    }
    Ok(())
}

fn read_field(
    field: &Field,
    content: Wire<'_>,
    map: &mut Map<String, Value>,
    depth: usize,
) -> Result<()> {
    let Some(name) = field.name else {
        return match (&field.kind, content) {
            (Kind::Message(message), Wire::Bytes(bytes)) => {
                read_message(message, bytes, map, depth)
            }
            _ => Err(ProtobufError::Field("~")),
        };
    };
    match (&field.kind, content) {
        (Kind::List(inner), content) => {
            let list = map.entry(name).or_insert_with(|| Value::Array(Vec::new()));
            let Value::Array(list) = list else {
                return Err(ProtobufError::Field(name));
            };
            match (inner.as_ref(), content) {
                (Kind::Integer, Wire::Bytes(packed)) => {
                    let mut packed = Reader::new(packed);
                    while !packed.is_empty() {
                        list.push(integer(packed.varint()?));
                    }
                }
                (inner, content) => list.push(read_value(inner, content, name, depth)?),
            }
        }
        (Kind::Map(inner), Wire::Bytes(entry)) => {
            let (key, value) = read_entry(inner, entry, name, depth)?;
            let values = map.entry(name).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(values) = values {
                values.insert(key, value);
            }
        }
        (kind, content) => {
            let value = read_value(kind, content, name, depth)?;
            if field.keeps_zero || !is_zero(&value) {
                map.insert(name.to_owned(), value);
            }
        }
    }
    Ok(())
}

/// What JSON leaves out of a field that may be left out; maps are always there.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

fn read_entry(
    inner: &Kind,
    entry: &[u8],
    name: &'static str,
    depth: usize,
) -> Result<(String, Value)> {
    let (mut key, mut value) = (String::new(), None);
    let mut reader = Reader::new(entry);
    while let Some((number, content)) = reader.next()? {
        match (number, content) {
            (1, Wire::Bytes(text)) => key = text_of(text, name)?,
            (2, content) => value = Some(read_value(inner, content, name, depth)?),
            _ => {}
        }
    }
    let value = match value {
        Some(value) => value,
        None => read_value(inner, Wire::Bytes(&[]), name, depth)?,
    };
    Ok((key, value))
}

fn read_value(kind: &Kind, content: Wire<'_>, name: &'static str, depth: usize) -> Result<Value> {
    Ok(match (kind, content) {
        (Kind::Text, Wire::Bytes(text)) => text_of(text, name)?.into(),
        (Kind::Bytes, Wire::Bytes(bytes)) => STANDARD.encode(bytes).into(),
        (Kind::Boolean, Wire::Varint(number)) => (number != 0).into(),
        (Kind::Integer, Wire::Varint(number)) => integer(number),
        (Kind::Double, Wire::Fixed64(bits)) => f64::from_bits(bits).into(),
        (Kind::Message(message), Wire::Bytes(bytes)) => {
            let mut map = Map::new();
            read_message(message, bytes, &mut map, depth)?;
            Value::Object(map)
        }
        (Kind::Items(inner), Wire::Bytes(bytes)) => {
            let mut list = Vec::new();
            let mut reader = Reader::new(bytes);
            while let Some((_, content)) = reader.next()? {
                list.push(read_value(inner, content, name, depth)?);
            }
            list.into()
        }
        (Kind::Quantity, Wire::Bytes(bytes)) => match sub(bytes, 1)? {
            Some(Wire::Bytes(text)) => text_of(text, name)?.into(),
            _ => "0".into(),
        },
        (Kind::Raw, Wire::Bytes(bytes)) => match sub(bytes, 1)? {
            Some(Wire::Bytes(json)) => {
                serde_json::from_slice(json).map_err(|_| ProtobufError::Field(name))?
            }
            _ => Value::Null,
        },
        (Kind::IntOrString, Wire::Bytes(bytes)) => match sub(bytes, 1)? {
            Some(Wire::Varint(1)) => match sub(bytes, 3)? {
                Some(Wire::Bytes(text)) => text_of(text, name)?.into(),
                _ => "".into(),
            },
            _ => match sub(bytes, 2)? {
                Some(Wire::Varint(number)) => integer(number),
                _ => 0.into(),
            },
        },
        (Kind::Time, Wire::Bytes(bytes)) => time(bytes, "%Y-%m-%dT%H:%M:%SZ", name)?,
        (Kind::MicroTime, Wire::Bytes(bytes)) => time(bytes, "%Y-%m-%dT%H:%M:%S%.6fZ", name)?,
        _ => return Err(ProtobufError::Field(name)),
    })
}

/// The content of one field of a small message; of several, the last.
fn sub(bytes: &[u8], wanted: u64) -> Result<Option<Wire<'_>>> {
    let mut found = None;
    let mut reader = Reader::new(bytes);
    while let Some((number, content)) = reader.next()? {
        if number == wanted {
            found = Some(content);
        }
    }
    Ok(found)
}

/// Seconds and nanoseconds; an empty message is no time at all.
fn time(bytes: &[u8], format: &str, name: &'static str) -> Result<Value> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    let number = |wanted| {
        Ok(match sub(bytes, wanted)? {
            Some(Wire::Varint(number)) => number.cast_signed(),
            _ => 0,
        })
    };
    let nanoseconds = i32::try_from(number(2)?).map_err(|_| ProtobufError::Field(name))?;
    let instant =
        Timestamp::new(number(1)?, nanoseconds).map_err(|_| ProtobufError::Field(name))?;
    Ok(instant.strftime(format).to_string().into())
}

fn integer(number: u64) -> Value {
    number.cast_signed().into()
}

fn text_of(bytes: &[u8], name: &'static str) -> Result<String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| ProtobufError::Field(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A field of bytes; lengths under 128 only.
    fn part(number: u8, bytes: &[u8]) -> Vec<u8> {
        let length = u8::try_from(bytes.len()).unwrap();
        [&[number << 3 | 2, length], bytes].concat()
    }

    fn envelope(version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
        let meta = [part(1, version.as_bytes()), part(2, kind.as_bytes())].concat();
        [MAGIC, &part(1, &meta), &part(2, raw)].concat()
    }

    #[test]
    fn a_secret_is_read_as_its_json() {
        let metadata = [part(1, b"s"), part(3, b"ns"), part(8, b"")].concat();
        let entry = [part(1, b"k"), part(2, b"value")].concat();
        let empty = part(1, b"e");
        let raw = [
            part(1, &metadata),
            part(2, &entry),
            part(2, &empty),
            part(3, b"Opaque"),
        ]
        .concat();
        assert_eq!(
            decode(&envelope("v1", "Secret", &raw)),
            Ok(json!({
                "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
                "metadata": {"name": "s", "namespace": "ns"},
                "data": {"k": "dmFsdWU=", "e": ""},
            }))
        );
    }

    #[test]
    fn zero_of_a_pointer_is_kept_and_volumes_stand_in_their_own_map() {
        // DeploymentSpec.replicas = 0, and a volume whose source is an emptyDir.
        let volume = [part(1, b"v"), part(2, &part(2, b""))].concat();
        let template = part(2, &part(1, &volume));
        let spec = [vec![1 << 3, 0], part(3, &template)].concat();
        assert_eq!(
            decode(&envelope("apps/v1", "Deployment", &part(2, &spec))),
            Ok(json!({
                "apiVersion": "apps/v1", "kind": "Deployment",
                "spec": {"replicas": 0, "template": {"spec": {"volumes": [
                    {"name": "v", "emptyDir": {}}]}}},
            }))
        );
    }

    #[test]
    fn what_is_no_body_is_refused() {
        let whole = envelope("v1", "ConfigMap", &part(1, &part(1, b"n")));
        for (bytes, error) in [
            (&b"{}"[..], ProtobufError::Magic),
            (&whole[..whole.len() - 1], ProtobufError::Short),
            (
                &envelope("v1", "Nothing", b""),
                ProtobufError::Kind {
                    kind: "Nothing".into(),
                    version: "v1".into(),
                },
            ),
            (
                &envelope("v1", "ConfigMap", &[1 << 3, 1]),
                ProtobufError::Field("metadata"),
            ),
            (
                &envelope("v1", "ConfigMap", &[7]),
                ProtobufError::WireType(7),
            ),
        ] {
            assert_eq!(decode(bytes), Err(error));
        }
    }
}
