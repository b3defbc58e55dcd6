//! The compiled table: which field a number stands for, and how it is shown. Parsed when first asked for.

use std::{collections::BTreeMap, sync::LazyLock};

use crate::object::Gvk;

const TABLE: &str = include_str!("table.txt");

/// What the JSON of a message is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// An object of its fields.
    Struct,
    /// The list that is its only field.
    Items,
    /// RFC 3339 in seconds.
    Time,
    /// RFC 3339 in microseconds.
    MicroTime,
    /// A number or a text.
    IntOrString,
    /// A text.
    Quantity,
    /// The JSON that its bytes are.
    Raw,
    /// The same, where no bytes are as good as none.
    Json,
    /// A schema, or whether anything is allowed.
    SchemaOrBool,
    /// A schema, or several.
    SchemaOrArray,
    /// A schema, or names.
    SchemaOrStrings,
}

/// What one value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// Bytes, base64 in JSON.
    Bytes,
    /// True or false.
    Bool,
    /// 32 bits.
    Int32,
    /// 64 bits.
    Int64,
    /// A floating-point number.
    Double,
    /// A message, by its place in the table.
    Message(usize),
}

/// How often it may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// The last one counts.
    One,
    /// All of them.
    List,
    /// By a key of text.
    Map,
}

/// One field of a message.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Number on the wire.
    pub number: i32,
    /// Name in JSON.
    pub name: &'static str,
    /// How often it may come.
    pub arity: Arity,
    /// What it is.
    pub kind: Kind,
    /// Not shown when it is empty.
    pub omits_empty: bool,
    /// Not shown when it is a message of nothing.
    pub omits_zero: bool,
    /// Whether Go tells its absence from a zero value.
    pub is_pointer: bool,
}

impl Field {
    /// Whether its fields are shown among those of the message that has it.
    pub fn is_inline(&self) -> bool {
        self.name == "."
    }
}

/// One message.
#[derive(Debug)]
pub struct Message {
    /// Its Go name with the end of its package, such as `core/v1.Pod`.
    pub id: &'static str,
    /// Its Go name without the package.
    pub name: &'static str,
    /// What its JSON is made of.
    pub form: Form,
    /// In the order of the Go struct.
    pub fields: Vec<Field>,
    /// Numbers with the places of their fields, sorted.
    numbers: Vec<(i32, usize)>,
}

impl Message {
    /// The field of a number.
    pub fn field(&self, number: i32) -> Option<&Field> {
        let found = self
            .numbers
            .binary_search_by_key(&number, |(number, _)| *number);
        let (_, place) = self.numbers.get(found.ok()?)?;
        self.fields.get(*place)
    }
}

struct Table {
    messages: Vec<Message>,
    kinds: BTreeMap<[&'static str; 3], usize>,
}

static INDEX: LazyLock<Table> = LazyLock::new(|| {
    let lines = || TABLE.lines().filter(|line| !line.starts_with('#'));
    let places: BTreeMap<&str, usize> = lines()
        .filter(|line| !line.starts_with('\t'))
        .filter_map(|line| line.split_once(' '))
        .enumerate()
        .map(|(place, (name, _))| (name, place))
        .collect();
    let mut table = Table {
        messages: Vec::with_capacity(places.len()),
        kinds: BTreeMap::new(),
    };
    for line in lines() {
        let words: Vec<&'static str> = line.trim_start().split(' ').collect();
        match (words.as_slice(), table.messages.len().checked_sub(1)) {
            ([name, form], _) => table.messages.push(Message {
                id: name,
                name: name.rsplit_once('.').map_or(*name, |(_, last)| last),
                form: form_of(form),
                fields: Vec::new(),
                numbers: Vec::new(),
            }),
            (["@", group, version, kind], Some(place)) => {
                let group = if *group == "-" { "" } else { group };
                table.kinds.insert([group, version, kind], place);
            }
            ([number, name, shape, flags], Some(place)) => {
                let field = field_of(&places, [number, name, shape, flags]);
                if let (Some(message), Some(field)) = (table.messages.get_mut(place), field) {
                    message.numbers.push((field.number, message.fields.len()));
                    message.fields.push(field);
                }
            }
            _ => {}
        }
    }
    for message in &mut table.messages {
        message.numbers.sort_unstable();
    }
    table
});

fn form_of(word: &str) -> Form {
    match word {
        "items" => Form::Items,
        "time" => Form::Time,
        "microtime" => Form::MicroTime,
        "intorstring" => Form::IntOrString,
        "quantity" => Form::Quantity,
        "raw" => Form::Raw,
        "json" => Form::Json,
        "schemaorbool" => Form::SchemaOrBool,
        "schemaorarray" => Form::SchemaOrArray,
        "schemaorstrings" => Form::SchemaOrStrings,
        _ => Form::Struct,
    }
}

fn field_of(places: &BTreeMap<&str, usize>, words: [&'static str; 4]) -> Option<Field> {
    let [number, name, shape, flags] = words;
    let list = shape.strip_prefix('[').and_then(|s| s.strip_suffix(']'));
    let map = shape.strip_prefix('{').and_then(|s| s.strip_suffix('}'));
    let (arity, one) = match (list, map) {
        (Some(one), _) => (Arity::List, one),
        (_, Some(one)) => (Arity::Map, one),
        _ => (Arity::One, shape),
    };
    let kind = match one {
        "string" => Kind::Text,
        "bytes" => Kind::Bytes,
        "bool" => Kind::Bool,
        "int32" => Kind::Int32,
        "int64" => Kind::Int64,
        "double" => Kind::Double,
        other => Kind::Message(*places.get(other.strip_prefix('&')?)?),
    };
    Some(Field {
        number: number.parse().ok()?,
        name,
        arity,
        kind,
        omits_empty: flags.contains('?'),
        omits_zero: flags.contains('0'),
        is_pointer: flags.contains('*'),
    })
}

/// The message at a place.
pub fn message(place: usize) -> Option<&'static Message> {
    INDEX.messages.get(place)
}

/// The message of an id; searched for one by one.
pub fn named(id: &str) -> Option<&'static Message> {
    INDEX.messages.iter().find(|message| message.id == id)
}

/// Whether a kind is one of those that are built in.
pub fn is_known(gvk: &Gvk) -> bool {
    of_kind(gvk).is_some()
}

/// The message of a kind. The options of requests are the same in every group, and stand in the table once.
pub fn of_kind(gvk: &Gvk) -> Option<usize> {
    let find = |key: [&str; 3]| INDEX.kinds.get(&key[..] as &[&str]).copied();
    let own = find([&gvk.group, &gvk.version, &gvk.kind]);
    own.or_else(|| {
        gvk.kind
            .ends_with("Options")
            .then(|| find(["", "v1", &gvk.kind]))
            .flatten()
    })
}
