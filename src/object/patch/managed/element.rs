//! One step of a path (`fieldpath/element.go`, `fieldpath/serialize-pe.go`).

use std::{cmp::Ordering, fmt};

use serde_json::Value;

use super::number;

/// One step of a path into an object.
#[derive(Clone, Debug)]
pub enum PathElement {
    /// A field of a map, `f:NAME`.
    Field(String),
    /// An element of an associative list by its keys, sorted by name, `k:{…}`.
    Key(Vec<(String, Value)>),
    /// An element of a set, `v:…`.
    Value(Value),
    /// An element by its place, `i:N`.
    Index(i64),
}

impl PathElement {
    /// The text of the element in `fieldsV1`.
    pub fn to_text(&self) -> String {
        match self {
            Self::Field(name) => format!("f:{name}"),
            Self::Key(keys) => {
                let mut text = String::from("k:{");
                for (place, (name, value)) in keys.iter().enumerate() {
                    if place > 0 {
                        text.push(',');
                    }
                    text.push_str(&go_json(&Value::from(name.as_str())));
                    text.push(':');
                    text.push_str(&go_json(value));
                }
                text.push('}');
                text
            }
            Self::Value(value) => format!("v:{}", go_json(value)),
            Self::Index(place) => format!("i:{place}"),
        }
    }

    /// Reads the text of an element; none for a kind that is not known, which is skipped.
    ///
    /// # Errors
    /// It is no element; tells why.
    pub fn from_text(text: &str) -> Result<Option<Self>, String> {
        let Some((kind, rest)) = text.split_at_checked(2) else {
            return Err("key must be 2 characters long:".to_owned());
        };
        if !kind.ends_with(':') {
            return Err(format!("missing colon: {text}"));
        }
        let json = || serde_json::from_str::<Value>(rest).map_err(|error| error.to_string());
        Ok(Some(match kind {
            "f:" => Self::Field(rest.to_owned()),
            "v:" => Self::Value(json()?),
            "k:" => match json()? {
                // A map of this kind is sorted already.
                Value::Object(map) => Self::Key(map.into_iter().collect()),
                _ => return Err(format!("not a map: {rest}")),
            },
            "i:" => Self::Index(rest.parse().map_err(|_| format!("not a number: {rest}"))?),
            _ => return Ok(None),
        }))
    }
}

/// JSON as Go's encoder writes it: `<`, `>` and `&` escaped.
pub(super) fn go_json(value: &Value) -> String {
    let text = value.to_string();
    if !text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        return text;
    }
    text.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// As paths of conflicts show it: `.name`, `[name="x"]`, `[="x"]`, `[3]`.
impl fmt::Display for PathElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(f, ".{name}"),
            Self::Key(keys) => {
                f.write_str("[")?;
                for (place, (name, value)) in keys.iter().enumerate() {
                    let comma = if place > 0 { "," } else { "" };
                    write!(f, "{comma}{name}={}", Shown(value))?;
                }
                f.write_str("]")
            }
            Self::Value(value) => write!(f, "[={}]", Shown(value)),
            Self::Index(place) => write!(f, "[{place}]"),
        }
    }
}

struct Shown<'a>(&'a Value);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::String(text) => write!(f, "{text:?}"),
            Value::Array(items) => {
                let shown: Vec<_> = items.iter().map(|item| Shown(item).to_string()).collect();
                write!(f, "[{}]", shown.join(","))
            }
            Value::Object(map) => map
                .iter()
                .try_for_each(|(name, value)| write!(f, "{name}={}", Shown(value))),
            other => write!(f, "{other}"),
        }
    }
}

impl PartialEq for PathElement {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for PathElement {}

impl PartialOrd for PathElement {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Fields, then keys, then values, then places.
impl Ord for PathElement {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Field(left), Self::Field(right)) => left.cmp(right),
            (Self::Key(left), Self::Key(right)) => {
                let pairs = left
                    .iter()
                    .zip(right)
                    .map(|((name, value), (other, second))| {
                        name.cmp(other).then_with(|| number::order(value, second))
                    });
                pairs
                    .fold(Ordering::Equal, Ordering::then)
                    .then(left.len().cmp(&right.len()))
            }
            (Self::Value(left), Self::Value(right)) => number::order(left, right),
            (Self::Index(left), Self::Index(right)) => left.cmp(right),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PathElement {
    fn rank(&self) -> u8 {
        match self {
            Self::Field(_) => 0,
            Self::Key(_) => 1,
            Self::Value(_) => 2,
            Self::Index(_) => 3,
        }
    }
}
