//! The JSONPath of printer columns: dotted fields, quoted fields, indices, wildcards and filters
//! such as `[?(@.type=="Ready")]` (a subset of `k8s.io/client-go/util/jsonpath`).

use serde_json::Value;

/// Why a path cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unrecognized column definition {0:?}")]
pub struct JsonPathError(String);

/// A path, read once.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonPath {
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Field(String),
    Index(i64),
    Wildcard,
    Filter {
        field: Vec<Step>,
        equal: bool,
        value: Value,
    },
}

impl JsonPath {
    /// Reads a path that begins with a dot or a bracket.
    ///
    /// # Errors
    /// The path is not of the subset.
    pub fn parse(text: &str) -> Result<Self, JsonPathError> {
        let inner = text.trim();
        let steps = (!inner.is_empty() && (inner.starts_with('.') || inner.starts_with('[')))
            .then(|| steps(inner))
            .flatten()
            .ok_or_else(|| JsonPathError(text.to_owned()))?;
        Ok(Self { steps })
    }

    /// All values at the path, in order.
    pub fn find<'a>(&self, root: &'a Value) -> Vec<&'a Value> {
        find(&self.steps, root)
    }

    /// The field with which the path begins, if it begins with one.
    pub(super) fn first_field(&self) -> Option<&str> {
        match self.steps.first() {
            Some(Step::Field(name)) => Some(name),
            _ => None,
        }
    }

    /// All values at the path, given the value of its first step.
    pub(super) fn find_behind_first<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        find(self.steps.get(1..).unwrap_or_default(), value)
    }
}

fn find<'a>(steps: &[Step], root: &'a Value) -> Vec<&'a Value> {
    steps.iter().fold(vec![root], |values, step| {
        values
            .into_iter()
            .flat_map(|value| take(step, value))
            .collect()
    })
}

fn take<'a>(step: &Step, value: &'a Value) -> Vec<&'a Value> {
    match (step, value) {
        (Step::Field(name), Value::Object(map)) => map.get(name).into_iter().collect(),
        (Step::Index(index), Value::Array(list)) => {
            let index = if *index < 0 {
                i64::try_from(list.len()).unwrap_or(i64::MAX) + index
            } else {
                *index
            };
            usize::try_from(index)
                .ok()
                .and_then(|index| list.get(index))
                .into_iter()
                .collect()
        }
        (Step::Wildcard, Value::Array(list)) => list.iter().collect(),
        (Step::Wildcard, Value::Object(map)) => map.values().collect(),
        (
            Step::Filter {
                field,
                equal,
                value: wanted,
            },
            Value::Array(list),
        ) => list
            .iter()
            .filter(|item| {
                find(field, item)
                    .first()
                    .is_some_and(|seen| (*seen == wanted) == *equal)
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn steps(mut rest: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            // `.[0]` and the lone dot are accepted as upstream does.
            if after.starts_with('[') || after.is_empty() {
                rest = after;
                continue;
            }
            let (name, after) = field_name(after)?;
            steps.push(if name == "*" {
                Step::Wildcard
            } else {
                Step::Field(name)
            });
            rest = after;
        } else {
            let inside = rest.strip_prefix('[')?;
            let end = closing(inside)?;
            let (inside, after) = inside.split_at_checked(end)?;
            steps.push(bracket(inside.trim())?);
            rest = after.strip_prefix(']')?;
        }
    }
    Some(steps)
}

/// A field name up to the next dot or bracket; a backslash takes the next character as it is.
fn field_name(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => name.push(characters.next()?.1),
            '.' | '[' => {
                let (_, rest) = text.split_at_checked(at)?;
                return (!name.is_empty()).then_some((name, rest));
            }
            _ => name.push(character),
        }
    }
    (!name.is_empty()).then_some((name, ""))
}

/// Where the bracket closes, outside of quotes and inner brackets.
fn closing(text: &str) -> Option<usize> {
    let (mut quote, mut depth) = (None, 0_u32);
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            (None, '[') => depth += 1,
            (None, ']') if depth == 0 => return Some(at),
            (None, ']') => depth -= 1,
            _ => {}
        }
    }
    None
}

fn bracket(inside: &str) -> Option<Step> {
    if inside == "*" {
        return Some(Step::Wildcard);
    }
    if let Some(filter) = inside
        .strip_prefix("?(")
        .and_then(|filter| filter.strip_suffix(')'))
    {
        let (left, equal, right) = match filter.split_once("==") {
            Some((left, right)) => (left, true, right),
            None => {
                let (left, right) = filter.split_once("!=")?;
                (left, false, right)
            }
        };
        return Some(Step::Filter {
            field: steps(left.trim().strip_prefix('@')?)?,
            equal,
            value: literal(right.trim())?,
        });
    }
    match literal(inside)? {
        Value::String(name) => Some(Step::Field(name)),
        Value::Number(index) => Some(Step::Index(index.as_i64()?)),
        _ => None,
    }
}

fn literal(text: &str) -> Option<Value> {
    for quote in ['"', '\''] {
        if let Some(inner) = text
            .strip_prefix(quote)
            .and_then(|inner| inner.strip_suffix(quote))
        {
            return Some(inner.into());
        }
    }
    match serde_json::from_str(text).ok()? {
        value @ (Value::Number(_) | Value::Bool(_)) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn finds_by_field_index_and_filter() {
        let root = json!({"a": {"b.c": 1, "l": [{"type": "Ready", "status": "True", "n": 2},
            {"type": "Other", "n": 3}]}});
        for (path, found) in [
            (".a.l[0].status", json!(["True"])),
            (".a.l[-1].n", json!([3])),
            (".a.l[?(@.type==\"Ready\")].status", json!(["True"])),
            (".a.l[?(@.type != 'Ready')].n", json!([3])),
            (".a.l[?(@.n==2)].type", json!(["Ready"])),
            (".a.l[*].n", json!([2, 3])),
            (".a['b.c']", json!([1])),
            (".a.b\\.c", json!([1])),
            (".a.none.more", json!([])),
            (".a.l[9]", json!([])),
        ] {
            let path = JsonPath::parse(path).unwrap();
            assert_eq!(json!(path.find(&root)), found, "{path:?}");
        }
    }

    #[test]
    fn refuses_what_is_no_path() {
        for path in ["", "a.b", ".a[", ".a[?(x)]", ".a[1", ".a..b", ".a[foo]"] {
            assert!(JsonPath::parse(path).is_err(), "{path}");
        }
    }
}
