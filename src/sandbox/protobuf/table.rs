//! Which field of which message has which number, name and type.

use std::{collections::BTreeMap, sync::LazyLock};

use crate::object::Gvk;

const TEXT: &str = include_str!("table.txt");

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::parse(TEXT));

/// All messages.
struct Table {
    kinds: BTreeMap<Gvk, &'static str>,
    messages: BTreeMap<&'static str, Vec<Field>>,
}

/// One field of a message.
#[derive(Debug)]
pub(super) struct Field {
    pub number: u64,
    /// Name in JSON; absent for a message whose fields stand in the map itself.
    pub name: Option<&'static str>,
    pub kind: Kind,
    /// Whether zero is a value: the Go field is a pointer, or JSON always has it.
    pub keeps_zero: bool,
}

/// Type of a value.
#[derive(Debug)]
pub(super) enum Kind {
    Text,
    Boolean,
    Integer,
    Double,
    Bytes,
    Quantity,
    Time,
    MicroTime,
    Raw,
    IntOrString,
    Message(&'static str),
    List(Box<Kind>),
    Map(Box<Kind>),
    /// A list as the only field of a message.
    Items(Box<Kind>),
}

/// The message of a built-in kind; options of a deletion are the same in each group.
pub(super) fn of_kind(gvk: &Gvk) -> Option<&'static str> {
    if gvk.kind == "DeleteOptions" {
        let core = Gvk::new("", "v1", "DeleteOptions");
        return TABLE.kinds.get(&core).copied();
    }
    TABLE.kinds.get(gvk).copied()
}

/// The fields of a message.
pub(super) fn fields(message: &str) -> &'static [Field] {
    TABLE.messages.get(message).map_or(&[], Vec::as_slice)
}

impl Table {
    /// Reads the table; a line that cannot be read is left out, which a test forbids.
    fn parse(text: &'static str) -> Self {
        let mut table = Self {
            kinds: BTreeMap::new(),
            messages: BTreeMap::new(),
        };
        let mut message = "";
        for line in text.lines() {
            if let Some(field) = line.strip_prefix('\t') {
                let fields = table.messages.entry(message).or_default();
                fields.extend(field_of(field));
            } else if let Some(kind) = line.strip_prefix("@ ") {
                let mut words = kind.split(' ');
                if let (Some(group), Some(version), Some(kind), Some(name)) =
                    (words.next(), words.next(), words.next(), words.next())
                {
                    let group = group.strip_prefix('-').unwrap_or(group);
                    table.kinds.insert(Gvk::new(group, version, kind), name);
                }
            } else if !line.starts_with('#') {
                message = line;
                table.messages.entry(message).or_default();
            }
        }
        table
    }
}

fn field_of(line: &'static str) -> Option<Field> {
    let mut words = line.split(' ');
    let number = words.next()?.parse().ok()?;
    let name = words.next()?;
    Some(Field {
        number,
        name: (name != "~").then_some(name),
        kind: kind_of(words.next()?)?,
        keeps_zero: words.next() == Some("!"),
    })
}

fn kind_of(word: &'static str) -> Option<Kind> {
    let inside = |open, close| word.strip_prefix(open)?.strip_suffix(close);
    let boxed = |word| kind_of(word).map(Box::new);
    Some(match word {
        "string" => Kind::Text,
        "bool" => Kind::Boolean,
        "int" => Kind::Integer,
        "double" => Kind::Double,
        "bytes" => Kind::Bytes,
        "quantity" => Kind::Quantity,
        "time" => Kind::Time,
        "microtime" => Kind::MicroTime,
        "raw" => Kind::Raw,
        "intorstring" => Kind::IntOrString,
        _ => {
            if let Some(name) = word.strip_prefix('&') {
                Kind::Message(name)
            } else if let Some(list) = word.strip_prefix("items:[") {
                Kind::Items(boxed(list.strip_suffix(']')?)?)
            } else if let Some(list) = inside("[", "]") {
                Kind::List(boxed(list)?)
            } else {
                Kind::Map(boxed(inside("{", "}")?)?)
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_and_every_message_is_there() {
        let lines = TEXT.lines().filter(|line| line.starts_with('\t')).count();
        let read: usize = TABLE.messages.values().map(Vec::len).sum();
        assert_eq!(read, lines);
        assert!(TABLE.kinds.len() > 60);
        fn check(kind: &Kind) {
            match kind {
                Kind::Message(name) => assert!(TABLE.messages.contains_key(name), "{name}"),
                Kind::List(inner) | Kind::Map(inner) | Kind::Items(inner) => check(inner),
                _ => {}
            }
        }
        TABLE
            .messages
            .values()
            .flatten()
            .for_each(|f| check(&f.kind));
    }
}
