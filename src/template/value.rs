//! The values that templates work on, with the types that Go gives them.

use std::{borrow::Borrow, cell::RefCell, collections::BTreeMap, rc::Rc};

use jiff::Timestamp;

use super::function::version::Version;
use crate::secret::Hidden;

/// A Go string: any bytes, wiped when the last holder lets go.
#[derive(Clone, PartialEq, Eq)]
pub struct Text(Rc<Hidden<Vec<u8>>>);

impl Text {
    pub fn bytes(&self) -> &[u8] {
        self.0.expose()
    }
}

impl From<Vec<u8>> for Text {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Rc::new(Hidden::new(bytes)))
    }
}

impl From<&[u8]> for Text {
    fn from(bytes: &[u8]) -> Self {
        bytes.to_vec().into()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        text.as_bytes().into()
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.bytes().cmp(other.bytes())
    }
}

impl Borrow<[u8]> for Text {
    fn borrow(&self) -> &[u8] {
        self.bytes()
    }
}

/// What Go's type says of the items of a list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ListType {
    Any,
    Text,
    Int,
    Lists,
}

impl ListType {
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "[]interface {}",
            Self::Text => "[]string",
            Self::Int => "[]int",
            Self::Lists => "[][]interface {}",
        }
    }
}

/// A Go slice.
pub struct List {
    pub kind: ListType,
    pub items: Vec<Value>,
    /// Whether it is Go's nil slice, which JSON writes as null.
    pub is_nil: bool,
}

/// A Go map; `set` changes it under all its holders.
pub struct Map {
    /// Whether the values are strings by type.
    pub is_text: bool,
    pub entries: RefCell<BTreeMap<Text, Value>>,
}

#[derive(Clone)]
pub enum Value {
    /// No value at all, as a missing key gives.
    Missing,
    /// A nil within a list or map.
    Nil,
    Bool(bool),
    Int(i64),
    Int64(i64),
    Uint8(u8),
    Uint64(u64),
    Float(f64),
    Complex(f64, f64),
    Text(Text),
    List(Rc<List>),
    Map(Rc<Map>),
    Time(Timestamp),
    Version(Rc<Version>),
}

/// Values within values are let go one by one, not by recursion, however deep they nest.
fn let_go(mut waiting: Vec<Value>) {
    while let Some(value) = waiting.pop() {
        match value {
            Value::List(list) => {
                if let Ok(mut list) = Rc::try_unwrap(list) {
                    waiting.append(&mut list.items);
                }
            }
            Value::Map(map) => {
                if let Ok(map) = Rc::try_unwrap(map) {
                    waiting.extend(std::mem::take(&mut *map.entries.borrow_mut()).into_values());
                }
            }
            _ => {}
        }
    }
}

impl Drop for List {
    fn drop(&mut self) {
        if !self.items.is_empty() {
            let_go(std::mem::take(&mut self.items));
        }
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        let entries = self.entries.get_mut();
        if !entries.is_empty() {
            let_go(std::mem::take(entries).into_values().collect());
        }
    }
}

impl Value {
    pub fn text(text: impl Into<Text>) -> Self {
        Self::Text(text.into())
    }

    pub fn list(items: Vec<Self>) -> Self {
        Self::list_of(ListType::Any, items)
    }

    pub fn list_of(kind: ListType, items: Vec<Self>) -> Self {
        Self::List(Rc::new(List {
            kind,
            items,
            is_nil: false,
        }))
    }

    pub fn nil_list(kind: ListType) -> Self {
        Self::List(Rc::new(List {
            kind,
            items: Vec::new(),
            is_nil: true,
        }))
    }

    pub fn texts<T: Into<Text>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::list_of(ListType::Text, items.into_iter().map(Self::text).collect())
    }

    pub fn map(entries: BTreeMap<Text, Self>) -> Self {
        Self::Map(Rc::new(Map {
            is_text: false,
            entries: RefCell::new(entries),
        }))
    }

    pub fn text_map(entries: BTreeMap<Text, Self>) -> Self {
        Self::Map(Rc::new(Map {
            is_text: true,
            entries: RefCell::new(entries),
        }))
    }

    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Missing | Self::Nil)
    }

    /// Go's truth of `if`, `and` and `not`.
    pub fn is_true(&self) -> bool {
        match self {
            Self::Missing | Self::Nil => false,
            Self::Bool(value) => *value,
            Self::Int(value) | Self::Int64(value) => *value != 0,
            Self::Uint8(value) => *value != 0,
            Self::Uint64(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::Complex(real, imaginary) => *real != 0.0 || *imaginary != 0.0,
            Self::Text(text) => !text.bytes().is_empty(),
            Self::List(list) => !list.items.is_empty(),
            Self::Map(map) => !map.entries.borrow().is_empty(),
            Self::Time(_) | Self::Version(_) => true,
        }
    }

    /// The name of Go's type, as `%T` prints it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Missing | Self::Nil => "<nil>",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Int64(_) => "int64",
            Self::Uint8(_) => "uint8",
            Self::Uint64(_) => "uint64",
            Self::Float(_) => "float64",
            Self::Complex(..) => "complex128",
            Self::Text(_) => "string",
            Self::List(list) => list.kind.name(),
            Self::Map(map) if map.is_text => "map[string]string",
            Self::Map(_) => "map[string]interface {}",
            Self::Time(_) => "time.Time",
            Self::Version(_) => "*semver.Version",
        }
    }

    /// The name of Go's kind.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Missing | Self::Nil => "invalid",
            Self::List(_) => "slice",
            Self::Map(_) => "map",
            Self::Time(_) => "struct",
            Self::Version(_) => "ptr",
            _ => self.type_name(),
        }
    }
}
