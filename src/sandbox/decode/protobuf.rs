//! Kubernetes protobuf: what Go clients send for built-in kinds (`k8s.io/apimachinery/pkg/runtime/serializer/protobuf`).
//!
//! Bodies are read into the JSON form by a table of field numbers; answers are JSON, which clients take as well.

use std::{collections::BTreeMap, sync::LazyLock};

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::object::Gvk;

/// Every protobuf body begins so.
const MAGIC: &[u8] = b"k8s\0";
/// The deepest nesting of messages.
const MAX_DEPTH: usize = 64;

/// Why a protobuf body cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtobufError {
    /// It does not begin as it must.
    #[error(
        "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"
    )]
    NoMagic,
    /// The kind has no protobuf form here.
    #[error("no kind {0:?} is registered for protobuf")]
    UnknownKind(String),
    /// It is cut short or has a value of a wrong form.
    #[error("proto: {0}")]
    Broken(&'static str),
}

const CUT: ProtobufError = ProtobufError::Broken("unexpected EOF");
const WRONG: ProtobufError = ProtobufError::Broken("wrong wireType");

struct Field {
    number: u64,
    name: &'static str,
    kind: &'static str,
    /// A pointer in Go: a zero value is a value.
    is_pointer: bool,
}

struct Table {
    /// Message of a kind, by `group/version/kind`.
    kinds: BTreeMap<&'static str, &'static str>,
    messages: BTreeMap<&'static str, Vec<Field>>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table {
        kinds: BTreeMap::new(),
        messages: BTreeMap::new(),
    };
    let mut message = "";
    for line in include_str!("protobuf.txt").lines() {
        if let Some(line) = line.strip_prefix('=') {
            table.kinds.extend(line.split_once(' '));
        } else if let Some(line) = line.strip_prefix('\t') {
            let mut words = line.split(' ');
            let (Some(number), Some(name), Some(kind)) = (words.next(), words.next(), words.next())
            else {
                continue;
            };
            let field = Field {
                number: number.parse().unwrap_or_default(),
                name,
                kind: kind.trim_start_matches('*'),
                is_pointer: kind.starts_with('*'),
            };
            table.messages.entry(message).or_default().push(field);
        } else if !line.starts_with('#') {
            message = line;
            table.messages.entry(message).or_default();
        }
    }
    table
});

/// Reads a body into the JSON form of its object.
///
/// # Errors
/// [`ProtobufError`] says what is wrong.
pub fn read(bytes: &[u8]) -> Result<Value, ProtobufError> {
    let body = bytes.strip_prefix(MAGIC).ok_or(ProtobufError::NoMagic)?;
    let mut api_version = String::new();
    let mut kind = String::new();
    let mut raw: &[u8] = &[];
    for field in fields(body) {
        match field? {
            (1, Wire::Bytes(meta)) => {
                for field in fields(meta) {
                    match field? {
                        (1, Wire::Bytes(text)) => api_version = string(text)?,
                        (2, Wire::Bytes(text)) => kind = string(text)?,
                        _ => {}
                    }
                }
            }
            (2, Wire::Bytes(content)) => raw = content,
            _ => {}
        }
    }
    let gvk = Gvk::from_api_version(&api_version, &kind);
    let table = &*TABLE;
    // Options of all groups have one form.
    let key = if kind == "DeleteOptions" {
        "/v1/DeleteOptions".to_owned()
    } else {
        format!("{}/{}/{}", gvk.group, gvk.version, gvk.kind)
    };
    let Some(message) = table.kinds.get(key.as_str()) else {
        return Err(ProtobufError::UnknownKind(kind));
    };
    let mut object = message_of(table, message, raw, MAX_DEPTH)?;
    object.insert("apiVersion".to_owned(), api_version.into());
    object.insert("kind".to_owned(), kind.into());
    Ok(Value::Object(object))
}

enum Wire<'a> {
    Varint(u64),
    Fixed64([u8; 8]),
    Bytes(&'a [u8]),
}

/// The fields of a message in their order.
fn fields(mut left: &[u8]) -> impl Iterator<Item = Result<(u64, Wire<'_>), ProtobufError>> {
    std::iter::from_fn(move || {
        if left.is_empty() {
            return None;
        }
        let field = next_field(&mut left);
        if field.is_err() {
            left = &[];
        }
        Some(field)
    })
}

fn next_field<'a>(left: &mut &'a [u8]) -> Result<(u64, Wire<'a>), ProtobufError> {
    let tag = varint(left)?;
    let wire = match tag & 7 {
        0 => Wire::Varint(varint(left)?),
        1 => {
            let (bytes, rest) = left.split_first_chunk::<8>().ok_or(CUT)?;
            *left = rest;
            Wire::Fixed64(*bytes)
        }
        2 => {
            let length = usize::try_from(varint(left)?).map_err(|_| CUT)?;
            let (bytes, rest) = left.split_at_checked(length).ok_or(CUT)?;
            *left = rest;
            Wire::Bytes(bytes)
        }
        _ => return Err(WRONG),
    };
    Ok((tag >> 3, wire))
}

fn varint(left: &mut &[u8]) -> Result<u64, ProtobufError> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = left.split_first().ok_or(CUT)?;
        *left = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(ProtobufError::Broken("integer overflow"))
}

fn string(bytes: &[u8]) -> Result<String, ProtobufError> {
    String::from_utf8(bytes.to_vec()).map_err(|_| ProtobufError::Broken("invalid UTF-8"))
}

fn message_of(
    table: &Table,
    message: &str,
    bytes: &[u8],
    depth: usize,
) -> Result<Map<String, Value>, ProtobufError> {
    let depth = depth
        .checked_sub(1)
        .ok_or(ProtobufError::Broken("nesting too deep"))?;
    let known = table
        .messages
        .get(message)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut map = Map::new();
    for field in fields(bytes) {
        let (number, wire) = field?;
        let Some(field) = known.iter().find(|field| field.number == number) else {
            continue;
        };
        let inner = |brackets: [char; 2]| {
            field
                .kind
                .strip_prefix(brackets[0])
                .and_then(|kind| kind.strip_suffix(brackets[1]))
        };
        if let Some(kind) = inner(['[', ']']) {
            let value = value_of(table, kind, wire, depth)?.unwrap_or_else(|| zero(kind));
            match map
                .entry(field.name)
                .or_insert_with(|| Value::Array(Vec::new()))
            {
                Value::Array(items) => items.push(value),
                other => *other = value,
            }
        } else if let Some(kind) = inner(['{', '}']) {
            let Wire::Bytes(bytes) = wire else {
                return Err(WRONG);
            };
            let (key, value) = entry(table, kind, bytes, depth)?;
            match map
                .entry(field.name)
                .or_insert_with(|| Value::Object(Map::new()))
            {
                Value::Object(entries) => {
                    entries.insert(key, value);
                }
                other => *other = value,
            }
        } else {
            let value = match value_of(table, field.kind, wire, depth)? {
                None if field.is_pointer => zero(field.kind),
                None => continue,
                Some(value) => value,
            };
            match value {
                Value::Object(fields) if field.name == "-" => map.extend(fields),
                Value::Null => {}
                value => {
                    map.insert(field.name.to_owned(), value);
                }
            }
        }
    }
    Ok(map)
}

/// An entry of a map: key 1, value 2.
fn entry(
    table: &Table,
    kind: &str,
    bytes: &[u8],
    depth: usize,
) -> Result<(String, Value), ProtobufError> {
    let mut key = String::new();
    let mut value = None;
    for field in fields(bytes) {
        match field? {
            (1, Wire::Bytes(text)) => key = string(text)?,
            (2, wire) => value = value_of(table, kind, wire, depth)?,
            _ => {}
        }
    }
    Ok((key, value.unwrap_or_else(|| zero(kind))))
}

/// A value; none is the zero value, which Go writes out for fields that are not set.
fn value_of(
    table: &Table,
    kind: &str,
    wire: Wire<'_>,
    depth: usize,
) -> Result<Option<Value>, ProtobufError> {
    Ok(match (kind, wire) {
        ("int", Wire::Varint(0)) | ("bool", Wire::Varint(0)) => None,
        // Negative numbers are the complement to two in 64 bits.
        ("int", Wire::Varint(number)) => Some(number.cast_signed().into()),
        ("bool", Wire::Varint(_)) => Some(true.into()),
        ("double", Wire::Fixed64(bytes)) => Some(f64::from_le_bytes(bytes).into()),
        ("string" | "bytes", Wire::Bytes([])) => None,
        ("string", Wire::Bytes(bytes)) => Some(string(bytes)?.into()),
        ("bytes", Wire::Bytes(bytes)) => Some(STANDARD.encode(bytes).into()),
        (kind, Wire::Bytes(bytes)) => match kind.strip_prefix('&') {
            Some(message) => {
                let map = message_of(table, message, bytes, depth)?;
                (!map.is_empty()).then_some(Value::Object(map))
            }
            None => special(kind, bytes)?,
        },
        _ => return Err(WRONG),
    })
}

/// Types whose JSON form is not that of their fields.
fn special(kind: &str, bytes: &[u8]) -> Result<Option<Value>, ProtobufError> {
    let mut numbers = [0_i64; 3];
    let mut texts: Vec<&[u8]> = Vec::new();
    for field in fields(bytes) {
        match field? {
            (number @ 1..=2, Wire::Varint(value)) => {
                if let Some(place) = usize::try_from(number)
                    .ok()
                    .and_then(|n| numbers.get_mut(n))
                {
                    *place = value.cast_signed();
                }
            }
            (_, Wire::Bytes(text)) => texts.push(text),
            _ => {}
        }
    }
    let [_, first, second] = numbers;
    let text = texts.first().copied().unwrap_or_default();
    Ok(match kind {
        "time" | "microtime" if bytes.is_empty() => None,
        "time" | "microtime" => {
            let nanos = i32::try_from(second).unwrap_or_default();
            let at = Timestamp::new(first, nanos)
                .map_err(|_| ProtobufError::Broken("time out of range"))?;
            let form = if kind == "time" {
                "%Y-%m-%dT%H:%M:%SZ"
            } else {
                "%Y-%m-%dT%H:%M:%S.%6fZ"
            };
            Some(at.strftime(form).to_string().into())
        }
        "quantity" if text.is_empty() => Some("0".into()),
        "quantity" => Some(string(text)?.into()),
        "intorstring" if first == 0 => Some(second.into()),
        "intorstring" => Some(string(text)?.into()),
        "duration" => Some(go_duration(first).into()),
        "items" => {
            let items: Result<Vec<Value>, _> = texts
                .iter()
                .map(|text| string(text).map(Value::from))
                .collect();
            Some(Value::Array(items?))
        }
        "json" if text.is_empty() => None,
        "json" => {
            Some(serde_json::from_slice(text).map_err(|_| ProtobufError::Broken("invalid JSON"))?)
        }
        _ => return Err(WRONG),
    })
}

/// Nanoseconds as Go writes them, to the second and below.
fn go_duration(nanos: i64) -> String {
    let seconds = nanos / 1_000_000_000;
    let rest = nanos % 1_000_000_000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let mut text = String::new();
    if hours != 0 {
        text.push_str(&format!("{hours}h"));
    }
    if hours != 0 || minutes != 0 {
        text.push_str(&format!("{minutes}m"));
    }
    if rest == 0 {
        text.push_str(&format!("{seconds}s"));
    } else {
        let fraction = format!("{:09}", rest.abs());
        text.push_str(&format!("{seconds}.{}s", fraction.trim_end_matches('0')));
    }
    text
}

fn zero(kind: &str) -> Value {
    match kind {
        "int" | "intorstring" => 0.into(),
        "double" => 0.0.into(),
        "bool" => false.into(),
        "string" | "bytes" => "".into(),
        "items" => Value::Array(Vec::new()),
        "time" | "microtime" | "json" => Value::Null,
        _ => Value::Object(Map::new()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![number << 3 | 2, u8::try_from(content.len()).unwrap()];
        bytes.extend_from_slice(content);
        bytes
    }

    fn body(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
        let meta = [field(1, api_version.as_bytes()), field(2, kind.as_bytes())].concat();
        [MAGIC.to_vec(), field(1, &meta), field(2, raw)].concat()
    }

    #[test]
    fn objects_are_read_by_their_numbers() {
        // metadata.name, an empty generateName, data, and a pointer to false.
        let metadata = [field(1, b"a"), field(2, b"")].concat();
        let entry = [field(1, b"k"), field(2, b"v")].concat();
        let raw = [field(1, &metadata), field(2, &entry), vec![4 << 3, 0]].concat();
        assert_eq!(
            read(&body("v1", "ConfigMap", &raw)).unwrap(),
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"},
                "data": {"k": "v"}, "immutable": false})
        );
        // replicas 0 is a pointer, minReadySeconds 0 is not set; maxSurge is 25%.
        let percent = [vec![1 << 3, 1], field(3, b"25%")].concat();
        let rolling = field(2, &percent);
        let strategy = field(2, &rolling);
        let spec = [vec![1 << 3, 0], field(4, &strategy), vec![5 << 3, 0]].concat();
        assert_eq!(
            read(&body("apps/v1", "Deployment", &field(2, &spec))).unwrap()["spec"],
            json!({"replicas": 0, "strategy": {"rollingUpdate": {"maxSurge": "25%"}}})
        );
    }

    #[test]
    fn inline_messages_are_part_of_their_holder() {
        let secret = field(1, b"s");
        let volume = [field(1, b"v"), field(2, &field(6, &secret))].concat();
        let spec = field(1, &volume);
        assert_eq!(
            read(&body("v1", "Pod", &field(2, &spec))).unwrap()["spec"],
            json!({"volumes": [{"name": "v", "secret": {"secretName": "s"}}]})
        );
    }

    #[test]
    fn broken_bodies_are_refused() {
        assert_eq!(read(b"{}"), Err(ProtobufError::NoMagic));
        let whole = body("v1", "ConfigMap", &field(1, &field(1, b"a")));
        for end in MAGIC.len()..whole.len() {
            // Between two fields a shorter message is whole.
            let _ = read(&whole[..end]);
        }
        assert_eq!(read(&whole[..whole.len() - 1]), Err(CUT));
        let unknown = body("v1", "Nothing", b"");
        assert_eq!(
            read(&unknown),
            Err(ProtobufError::UnknownKind("Nothing".into()))
        );
    }

    #[test]
    fn durations_are_written_as_go_writes_them() {
        assert_eq!(go_duration(3_600_000_000_000), "1h0m0s");
        assert_eq!(go_duration(1_500_000_000), "1.5s");
        assert_eq!(go_duration(0), "0s");
    }
}
