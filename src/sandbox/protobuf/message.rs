//! From the wire to what the Go object would hold: the fields that were sent, by number.

use std::collections::BTreeMap;

use super::{
    error::ProtobufError,
    table::{self, Arity, Field, Form, Kind, Message},
    wire::{BYTES, END_GROUP, FIXED64, Reader, VARINT},
};

/// The furthest that messages may lie within each other. Only schemas of custom resources nest freely;
/// Go sets no limit, and runs out of stack.
pub const MAX_DEPTH: usize = 100;
/// The most messages of a body. Two bytes can be a message whose JSON is long; this bounds what a body can
/// grow to.
pub const MAX_MESSAGES: usize = 100_000;

/// One message as it was sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sent<'a> {
    /// The fields by number.
    pub fields: BTreeMap<i32, Content<'a>>,
    /// Whether there was any byte of it; a time tells that from zero seconds.
    pub is_present: bool,
}

/// What came for a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Content<'a> {
    /// The last value.
    One(One<'a>),
    /// All values.
    List(Vec<One<'a>>),
    /// The last value of each key; absent when an entry had only a key.
    Map(BTreeMap<&'a [u8], Option<One<'a>>>),
}

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum One<'a> {
    /// A number or a truth value.
    Number(u64),
    /// A floating-point number.
    Double(f64),
    /// Text or bytes.
    Bytes(&'a [u8]),
    /// A message.
    Message(Sent<'a>),
}

/// Counts what a body holds.
#[derive(Debug, Default)]
struct Budget {
    messages: usize,
}

/// Reads a body as a message.
///
/// # Errors
/// It is truncated, coded otherwise than its types, or beyond the limits.
pub fn read(bytes: &[u8], message: usize) -> Result<Sent<'_>, ProtobufError> {
    let mut sent = Sent::default();
    merge(bytes, message, &mut sent, 0, &mut Budget::default())?;
    Ok(sent)
}

/// Reads a message into what came of it before, as generated Go code does.
fn merge<'a>(
    bytes: &'a [u8],
    place: usize,
    sent: &mut Sent<'a>,
    depth: usize,
    budget: &mut Budget,
) -> Result<(), ProtobufError> {
    let Some(message) = table::message(place) else {
        return Ok(());
    };
    if depth > MAX_DEPTH {
        return Err(ProtobufError::TooDeep);
    }
    budget.messages += 1;
    if budget.messages > MAX_MESSAGES {
        return Err(ProtobufError::TooMany);
    }
    if matches!(message.form, Form::Time | Form::MicroTime) {
        *sent = Sent::default();
    }
    sent.is_present |= !bytes.is_empty();
    let mut reader = Reader::new(bytes);
    while !reader.is_empty() {
        let tag = reader.tag()?;
        if tag.wire == END_GROUP {
            return Err(ProtobufError::Group(message.name));
        }
        if tag.number <= 0 {
            return Err(ProtobufError::Tag {
                message: message.name,
                number: tag.number,
                wire: tag.raw,
            });
        }
        let Some(field) = message.field(tag.number) else {
            reader.skip(tag.wire)?;
            continue;
        };
        take(&mut reader, tag.wire, field, message, sent, depth, budget)?;
    }
    Ok(())
}

fn take<'a>(
    reader: &mut Reader<'a>,
    wire: u8,
    field: &'static Field,
    message: &'static Message,
    sent: &mut Sent<'a>,
    depth: usize,
    budget: &mut Budget,
) -> Result<(), ProtobufError> {
    let name = if field.is_inline() {
        message.name
    } else {
        field.name
    };
    match field.arity {
        Arity::One => {
            let before = match sent.fields.remove(&field.number) {
                Some(Content::One(before)) => Some(before),
                _ => None,
            };
            let value = one(reader, wire, field.kind, name, before, depth, budget)?;
            sent.fields.insert(field.number, Content::One(value));
        }
        Arity::List => {
            let list = sent
                .fields
                .entry(field.number)
                .or_insert_with(|| Content::List(Vec::new()));
            let Content::List(list) = list else {
                return Ok(());
            };
            if wire == BYTES && wire_of(field.kind) == VARINT {
                // Numbers may come packed in one value.
                let mut packed = Reader::new(reader.bytes()?);
                while !packed.is_empty() {
                    list.push(One::Number(packed.varint()?));
                }
            } else {
                list.push(one(reader, wire, field.kind, name, None, depth, budget)?);
            }
        }
        Arity::Map => {
            expect(wire, BYTES, name)?;
            let (key, value) = entry(reader.bytes()?, field.kind, name, depth, budget)?;
            let map = sent
                .fields
                .entry(field.number)
                .or_insert_with(|| Content::Map(BTreeMap::new()));
            if let Content::Map(map) = map {
                map.insert(key, value);
            }
        }
    }
    Ok(())
}

/// One entry of a map: the key is field 1, the value field 2, in any order.
fn entry<'a>(
    bytes: &'a [u8],
    kind: Kind,
    name: &'static str,
    depth: usize,
    budget: &mut Budget,
) -> Result<(&'a [u8], Option<One<'a>>), ProtobufError> {
    let mut reader = Reader::new(bytes);
    let mut key: &[u8] = &[];
    let mut value = None;
    while !reader.is_empty() {
        let tag = reader.tag()?;
        match tag.number {
            1 => key = reader.bytes()?,
            2 => value = Some(one(&mut reader, tag.wire, kind, name, None, depth, budget)?),
            _ => reader.skip(tag.wire)?,
        }
    }
    Ok((key, value))
}

fn wire_of(kind: Kind) -> u8 {
    match kind {
        Kind::Bool | Kind::Int32 | Kind::Int64 => VARINT,
        Kind::Double => FIXED64,
        Kind::Text | Kind::Bytes | Kind::Message(_) => BYTES,
    }
}

fn expect(wire: u8, wanted: u8, field: &'static str) -> Result<(), ProtobufError> {
    if wire == wanted {
        Ok(())
    } else {
        Err(ProtobufError::WireType { wire, field })
    }
}

fn one<'a>(
    reader: &mut Reader<'a>,
    wire: u8,
    kind: Kind,
    name: &'static str,
    before: Option<One<'a>>,
    depth: usize,
    budget: &mut Budget,
) -> Result<One<'a>, ProtobufError> {
    expect(wire, wire_of(kind), name)?;
    Ok(match kind {
        Kind::Bool | Kind::Int32 | Kind::Int64 => One::Number(reader.varint()?),
        Kind::Double => One::Double(reader.double()?),
        Kind::Text | Kind::Bytes => One::Bytes(reader.bytes()?),
        Kind::Message(place) => {
            let mut sent = match before {
                Some(One::Message(sent)) => sent,
                _ => Sent::default(),
            };
            merge(reader.bytes()?, place, &mut sent, depth + 1, budget)?;
            One::Message(sent)
        }
    })
}
