//! The compiled table of built-in definitions. Its index is made when first asked for, each
//! definition is parsed when it is first asked for, so that a program that needs no schema pays nothing.

use std::sync::{LazyLock, OnceLock};

use serde_json::Value;

use super::kind::{ListKind, MapKind, PatchStrategy, ValueType};
use crate::object::Gvk;

const TABLE: &str = include_str!("table.txt");

/// One definition: its own type and attributes as those of a field, its kinds, its fields by name.
#[derive(Debug, PartialEq)]
pub(super) struct Definition {
    pub(super) own: Field,
    pub(super) kinds: Vec<Gvk>,
    pub(super) fields: Vec<Field>,
}

impl Definition {
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        let place = self
            .fields
            .binary_search_by(|field| field.name.cmp(name))
            .ok()?;
        self.fields.get(place)
    }
}

/// One field of a definition.
#[derive(Debug, PartialEq)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) is_required: bool,
    pub(super) list: Option<ListKind>,
    pub(super) map: Option<MapKind>,
    pub(super) merge_key: Option<&'static str>,
    pub(super) strategies: Vec<PatchStrategy>,
    pub(super) default: Option<Value>,
}

/// The type of a value.
#[derive(Debug, PartialEq)]
pub(super) enum Shape {
    Plain(ValueType, Option<&'static str>),
    List(Box<Shape>),
    Map(Box<Shape>),
    Reference(Link),
}

/// Another definition by its name, looked for once: every question about a value follows it.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) name: &'static str,
    found: OnceLock<Option<&'static Definition>>,
}

impl Link {
    pub(super) fn definition(&self) -> Option<&'static Definition> {
        *self.found.get_or_init(|| definition(self.name))
    }
}

impl PartialEq for Link {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

struct Entry {
    name: &'static str,
    /// The lines of the definition, the first one without the name.
    text: &'static str,
    parsed: OnceLock<Definition>,
}

struct Index {
    /// Sorted by name, as the table is.
    entries: Vec<Entry>,
    /// Group, version, kind and the place of the definition, sorted.
    kinds: Vec<([&'static str; 3], usize)>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut entries: Vec<Entry> = Vec::new();
    let mut kinds = Vec::new();
    let mut rest = TABLE;
    while let Some((line, after)) = rest.split_once('\n') {
        if line.starts_with('#') {
            rest = after;
            continue;
        }
        let mut end = line.len() + 1;
        for below in after.split_inclusive('\n') {
            let Some(below_text) = below.strip_prefix('\t') else {
                break;
            };
            end += below.len();
            if let Some(kind) = below_text.strip_prefix("@ ") {
                let mut words = kind.trim_end().split(' ');
                if let (Some(group), Some(version), Some(kind)) =
                    (words.next(), words.next(), words.next())
                {
                    kinds.push(([empty_if_dash(group), version, kind], entries.len()));
                }
            }
        }
        let (all, after) = rest.split_at(end.min(rest.len()));
        if let Some((name, text)) = all.split_once(' ') {
            entries.push(Entry {
                name,
                text,
                parsed: OnceLock::new(),
            });
        }
        rest = after;
    }
    kinds.sort_unstable();
    Index { entries, kinds }
});

/// The group of the core API is empty; the tables write it as a dash.
pub(super) fn empty_if_dash(group: &'static str) -> &'static str {
    if group == "-" { "" } else { group }
}

pub(super) fn of_kind(gvk: &Gvk) -> Option<&'static Definition> {
    let wanted = [gvk.group.as_str(), gvk.version.as_str(), gvk.kind.as_str()];
    let place = INDEX
        .kinds
        .binary_search_by(|(kind, _)| kind[..].cmp(&wanted[..]))
        .ok()?;
    let (_, entry) = INDEX.kinds.get(place)?;
    INDEX.entries.get(*entry).map(parsed)
}

pub(super) fn definition(name: &str) -> Option<&'static Definition> {
    let place = INDEX
        .entries
        .binary_search_by(|entry| entry.name.cmp(name))
        .ok()?;
    INDEX.entries.get(place).map(parsed)
}

/// The published names of all definitions, sorted.
pub fn definition_names() -> impl Iterator<Item = &'static str> {
    INDEX.entries.iter().map(|entry| entry.name)
}

/// All built-in kinds with the published names of their definitions, sorted by group, version and kind.
pub fn kinds() -> impl Iterator<Item = (Gvk, &'static str)> {
    INDEX
        .kinds
        .iter()
        .filter_map(|([group, version, kind], place)| {
            let name = INDEX.entries.get(*place)?.name;
            Some((Gvk::new(*group, *version, *kind), name))
        })
}

fn parsed(entry: &'static Entry) -> &'static Definition {
    entry.parsed.get_or_init(|| {
        let mut lines = entry.text.lines();
        let own = parse_field(entry.name, lines.next().unwrap_or_default());
        let mut kinds = Vec::new();
        let mut fields = Vec::new();
        for line in lines {
            let line = line.trim_start_matches('\t');
            let Some((name, rest)) = line.split_once(' ') else {
                continue;
            };
            if name == "@" {
                let mut words = rest.split(' ');
                if let (Some(group), Some(version), Some(kind)) =
                    (words.next(), words.next(), words.next())
                {
                    kinds.push(Gvk::new(empty_if_dash(group), version, kind));
                }
            } else {
                fields.push(parse_field(name, rest));
            }
        }
        Definition { own, kinds, fields }
    })
}

fn parse_field(name: &'static str, text: &'static str) -> Field {
    let (text, default) = match text.split_once(" default=") {
        Some((text, default)) => (text, serde_json::from_str(default).ok()),
        None => (text, None),
    };
    let mut words = text.split(' ');
    let mut field = Field {
        name,
        shape: parse_shape(words.next().unwrap_or_default()),
        is_required: false,
        list: None,
        map: None,
        merge_key: None,
        strategies: Vec::new(),
        default,
    };
    for word in words {
        match word.split_once('=') {
            None => field.is_required |= word == "required",
            Some(("list", kind)) => field.list = parse_list_kind(kind),
            Some(("map", "atomic")) => field.map = Some(MapKind::Atomic),
            Some(("map", _)) => field.map = Some(MapKind::Granular),
            Some(("key", key)) => field.merge_key = Some(key),
            Some(("patch", strategies)) => {
                field.strategies = strategies
                    .split(',')
                    .filter_map(PatchStrategy::from_word)
                    .collect();
            }
            Some(_) => {}
        }
    }
    field
}

fn parse_list_kind(text: &str) -> Option<ListKind> {
    match text {
        "atomic" => Some(ListKind::Atomic),
        "set" => Some(ListKind::Set),
        _ => {
            let keys = text.strip_prefix("map(")?.strip_suffix(')')?;
            Some(ListKind::Map(keys.split(',').map(str::to_owned).collect()))
        }
    }
}

fn parse_shape(text: &'static str) -> Shape {
    if let Some(name) = text.strip_prefix('&') {
        return Shape::Reference(Link {
            name,
            found: OnceLock::new(),
        });
    }
    let inner = |open, close| text.strip_prefix(open)?.strip_suffix(close);
    if let Some(inner) = inner('[', ']') {
        return Shape::List(Box::new(parse_shape(inner)));
    }
    if let Some(inner) = inner('{', '}') {
        return Shape::Map(Box::new(parse_shape(inner)));
    }
    let (word, format) = match text.split_once(':') {
        Some((word, format)) => (word, Some(format)),
        None => (text, None),
    };
    Shape::Plain(ValueType::from_word(word), format)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        let mut lines = 0;
        for name in definition_names() {
            let definition = definition(name).unwrap();
            lines += 1 + definition.kinds.len() + definition.fields.len();
            for field in definition.fields.iter().chain([&definition.own]) {
                let mut shape = &field.shape;
                while let Shape::List(inner) | Shape::Map(inner) = shape {
                    shape = inner;
                }
                if let Shape::Reference(other) = shape {
                    assert!(other.definition().is_some(), "{name} names {}", other.name);
                }
            }
            assert!(definition.fields.is_sorted_by_key(|field| field.name));
        }
        let written = TABLE.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(lines, written);
        assert!(definition_names().is_sorted());
        assert!(kinds().count() > 200);
    }

    #[test]
    fn every_word_of_the_table_is_known() {
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let line = line.trim_start_matches('\t');
            if line.starts_with("@ ") {
                continue;
            }
            let text = line.split(" default=").next().unwrap();
            for word in text.split(' ').skip(2) {
                let (name, value) = word.split_once('=').unwrap_or((word, ""));
                let is_known = match name {
                    "required" => value.is_empty(),
                    "list" => parse_list_kind(value).is_some(),
                    "map" => ["atomic", "granular"].contains(&value),
                    "key" => !value.is_empty(),
                    "patch" => value
                        .split(',')
                        .all(|word| PatchStrategy::from_word(word).is_some()),
                    _ => false,
                };
                assert!(is_known, "{line}");
            }
            if let Some((_, default)) = line.split_once(" default=") {
                serde_json::from_str::<Value>(default).unwrap();
            }
        }
    }
}
