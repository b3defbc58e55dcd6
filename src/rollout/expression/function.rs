//! The functions that expressions may call: those of Go's expr that make sense for metrics, and the original's own
//! (upstream `utils/evaluate`).

use jiff::{SignedDuration, Timestamp};

use super::{
    eval::order,
    value::{Type, Value},
};
use crate::api::analysis::go_duration;

/// Functions that do something for each element of a list.
pub const PREDICATES: &[&str] = &[
    "all",
    "any",
    "none",
    "one",
    "filter",
    "map",
    "find",
    "findIndex",
    "findLast",
    "findLastIndex",
    "count",
    "sum",
    "reduce",
];

/// The first float that is too large for a whole number.
const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;

/// What an expression is evaluated in.
#[derive(Clone, Debug)]
pub struct Env {
    /// What `now()` gives.
    pub now: Timestamp,
    /// Names and their values.
    pub names: Vec<(String, Value)>,
    /// What the provider gave, for `default` and `isNil`, which look at nothing else.
    pub result: Option<Value>,
}

/// What a function takes.
enum Takes {
    /// These, in this order.
    These(&'static [Of]),
    /// At least one number or list of numbers.
    Numbers,
}

#[derive(Clone, Copy)]
enum Of {
    Any,
    Float,
    Number,
    Text,
    List,
}

/// Names, what they take and what they give.
fn known(name: &str) -> Option<(Takes, Type)> {
    use Of::{Any, Float, List, Number, Text};
    use Takes::{Numbers, These};
    Some(match name {
        "asInt" => (These(&[Any]), Type::Int64),
        "asFloat" => (These(&[Any]), Type::Float),
        "isNaN" | "isInf" => (These(&[Float]), Type::Bool),
        "isNil" => (These(&[Any]), Type::Bool),
        "default" => (These(&[Any, Any]), Type::Any),
        "len" => (These(&[Any]), Type::Int),
        "abs" => (These(&[Number]), Type::Any),
        "ceil" | "floor" | "round" => (These(&[Number]), Type::Float),
        "int" => (These(&[Any]), Type::Int),
        "float" => (These(&[Any]), Type::Float),
        "string" => (These(&[Any]), Type::Text),
        "type" => (These(&[Any]), Type::Text),
        "trim" | "upper" | "lower" => (These(&[Text]), Type::Text),
        "hasPrefix" | "hasSuffix" => (These(&[Text, Text]), Type::Bool),
        "split" => (These(&[Text, Text]), Type::List(Box::new(Type::Text))),
        "max" | "min" | "mean" | "median" => (Numbers, Type::Any),
        "first" | "last" => (These(&[List]), Type::Any),
        "keys" | "values" => (These(&[Any]), Type::List(Box::new(Type::Any))),
        "sort" | "reverse" => (These(&[List]), Type::List(Box::new(Type::Any))),
        "now" => (These(&[]), Type::Time),
        "duration" => (These(&[Text]), Type::Span),
        "date" => (These(&[Text]), Type::Time),
        _ => return None,
    })
}

/// What a call gives.
///
/// # Errors
/// No such function, or it does not take these.
pub fn check(name: &str, given: &[Type]) -> Result<Type, String> {
    let (takes, gives) = known(name).ok_or_else(|| format!("unknown name {name}"))?;
    let wanted = match takes {
        Takes::Numbers if given.is_empty() => {
            return Err(format!("not enough arguments to call {name}"));
        }
        Takes::Numbers => {
            let fits = |kind: &&Type| kind.is_number() || matches!(kind, Type::Any | Type::List(_));
            return match given.iter().find(|kind| !fits(kind)) {
                Some(wrong) => Err(format!(
                    "invalid argument for {name} (type {})",
                    wrong.printed()
                )),
                None => Ok(gives),
            };
        }
        Takes::These(wanted) => wanted,
    };
    const COUNTED: &[&str] = &["len", "abs", "ceil", "floor", "round", "int", "float"];
    if given.len() != wanted.len() && COUNTED.contains(&name) {
        return Err(format!(
            "invalid number of arguments (expected {}, got {})",
            wanted.len(),
            given.len()
        ));
    }
    if given.len() != wanted.len() {
        let how = if given.len() < wanted.len() {
            "not enough"
        } else {
            "too many"
        };
        return Err(format!("{how} arguments to call {name}"));
    }
    for (of, kind) in wanted.iter().zip(given) {
        let (fits, named) = match of {
            Of::Any => (true, ""),
            Of::Float => (kind.is_number(), "float64"),
            Of::Number => (kind.is_number(), ""),
            Of::Text => (*kind == Type::Text, "string"),
            Of::List => (matches!(kind, Type::List(_)), ""),
        };
        if fits || *kind == Type::Any {
            continue;
        }
        let kind = kind.printed();
        return Err(match name {
            "first" | "last" => format!("cannot get {name} element from {kind}"),
            // The blank at the end is the original's.
            _ if named.is_empty() => format!("invalid argument for {name} (type {kind})"),
            _ => format!("cannot use {kind} as argument (type {named}) to call {name} "),
        });
    }
    if name == "len"
        && given
            .first()
            .is_some_and(|kind| kind.is_number() || *kind == Type::Bool)
    {
        let kind = given.first().map(Type::printed).unwrap_or_default();
        return Err(format!("invalid argument for len (type {kind})"));
    }
    Ok(gives)
}

/// Calls a function.
///
/// # Errors
/// What went wrong, in the words of Go's expr.
pub fn call(name: &str, args: Vec<Value>, env: &Env) -> Result<Value, String> {
    if matches!(name, "max" | "min" | "mean" | "median") {
        return numbers(name, args);
    }
    let mut args = args.into_iter();
    let (first, second) = (args.next().unwrap_or(Value::Nil), args.next());
    let wrong = |value: &Value| {
        Err(format!(
            "invalid argument for {name} (type {})",
            value.printed_kind()
        ))
    };
    Ok(match (name, first, second) {
        ("asInt", value, _) => as_int(value)?,
        ("asFloat", value, _) => as_float(value)?,
        ("isNaN", value, _) => Value::Bool(value.number().is_some_and(f64::is_nan)),
        ("isInf", value, _) => Value::Bool(value.number().is_some_and(f64::is_infinite)),
        ("isNil", _, _) => Value::Bool(is_nil(env)),
        ("default", _, second) if is_nil(env) => second.unwrap_or(Value::Nil),
        ("default", _, _) => env.result.clone().unwrap_or(Value::Nil),
        ("len", Value::List(items, _), _) => count(items.len()),
        ("len", Value::Text(text), _) => count(text.chars().count()),
        ("len", Value::Map(map), _) => count(map.len()),
        ("len", other, _) => return wrong(&other),
        ("abs", Value::Int(number), _) => Value::Int(number.wrapping_abs()),
        ("abs", Value::Float(number), _) => Value::Float(number.abs()),
        ("ceil" | "floor" | "round", value, _) => match value.number() {
            Some(number) if name == "ceil" => Value::Float(number.ceil()),
            Some(number) if name == "floor" => Value::Float(number.floor()),
            Some(number) => Value::Float(number.round()),
            None => return wrong(&value),
        },
        ("int", Value::Text(text), _) => match text.parse() {
            Ok(number) => Value::Int(number),
            Err(_) => return Err(format!("invalid operation: int({text})")),
        },
        ("int", value, _) if value.number().is_some() => as_int(value)?,
        ("float", Value::Text(text), _) => match text.parse() {
            Ok(number) => Value::Float(number),
            Err(_) => return Err(format!("invalid operation: float({text})")),
        },
        ("float", value, _) if value.number().is_some() => as_float(value)?,
        ("string", value, _) => Value::Text(shown(&value)),
        ("type", value, _) => Value::Text(match value {
            Value::Nil => "nil".to_owned(),
            Value::List(..) => "array".to_owned(),
            Value::Map(_) => "map".to_owned(),
            Value::Float(_) => "float".to_owned(),
            other => other.kind().printed(),
        }),
        ("trim", Value::Text(text), _) => Value::Text(text.trim().to_owned()),
        ("upper", Value::Text(text), _) => Value::Text(text.to_uppercase()),
        ("lower", Value::Text(text), _) => Value::Text(text.to_lowercase()),
        ("hasPrefix", Value::Text(a), Some(Value::Text(b))) => Value::Bool(a.starts_with(&b)),
        ("hasSuffix", Value::Text(a), Some(Value::Text(b))) => Value::Bool(a.ends_with(&b)),
        ("split", Value::Text(text), Some(Value::Text(by))) => {
            let parts = text.split(by.as_str());
            Value::list(parts.map(|part| Value::Text(part.to_owned())).collect())
        }
        ("first", Value::List(items, _), _) => items.into_iter().next().unwrap_or(Value::Nil),
        ("last", Value::List(items, _), _) => items.into_iter().next_back().unwrap_or(Value::Nil),
        ("keys", Value::Map(map), _) => Value::list(map.into_keys().map(Value::Text).collect()),
        ("values", Value::Map(map), _) => Value::list(map.into_values().collect()),
        ("reverse", Value::List(mut items, kind), _) => {
            items.reverse();
            Value::List(items, kind)
        }
        ("sort", Value::List(mut items, kind), _) => {
            items.sort_by(|a, b| order(a, b).flatten().unwrap_or(std::cmp::Ordering::Equal));
            Value::List(items, kind)
        }
        ("now", _, _) => Value::Time(env.now),
        ("duration", Value::Text(text), _) => {
            let span = SignedDuration::try_from_secs_f64(go_duration(&text)?);
            Value::Span(span.map_err(|_| format!("time: invalid duration {text:?}"))?)
        }
        ("date", Value::Text(text), _) => Value::Time(date(&text)?),
        (_, other, _) => return wrong(&other),
    })
}

fn count(number: usize) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

fn is_nil(env: &Env) -> bool {
    matches!(env.result, None | Some(Value::Nil))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a float is cut to its whole part, as in Go"
)]
fn as_int(value: Value) -> Result<Value, String> {
    match value {
        Value::Int(number) => Ok(Value::Int(number)),
        // What does not fit, NaN included, is the smallest number, as Go makes it on amd64.
        Value::Float(number) if !(-TWO_TO_63..TWO_TO_63).contains(&number) => {
            Ok(Value::Int(i64::MIN))
        }
        Value::Float(number) => Ok(Value::Int(number as i64)),
        Value::Text(text) => text
            .parse()
            .map(Value::Int)
            .map_err(|_| format!("strconv.ParseInt: parsing {text:?}: invalid syntax")),
        other => Err(not_a_number("asInt", &other)),
    }
}

fn as_float(value: Value) -> Result<Value, String> {
    match value {
        Value::Text(text) => text
            .parse()
            .map(Value::Float)
            .map_err(|_| format!("strconv.ParseFloat: parsing {text:?}: invalid syntax")),
        other => match other.number() {
            Some(number) => Ok(Value::Float(number)),
            None => Err(not_a_number("asFloat", &other)),
        },
    }
}

fn not_a_number(name: &str, value: &Value) -> String {
    format!(
        "{name}() not supported on {} {}",
        value.printed_kind(),
        shown(value)
    )
}

/// A value as Go's `%v` shows it.
fn shown(value: &Value) -> String {
    match value {
        Value::Nil => "<nil>".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::List(items, _) => {
            let items: Vec<String> = items.iter().map(shown).collect();
            format!("[{}]", items.join(" "))
        }
        Value::Map(map) => {
            let pairs: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{key}:{}", shown(value)))
                .collect();
            format!("map[{}]", pairs.join(" "))
        }
        Value::Time(at) => at.to_string(),
        Value::Span(span) => format!("{span:#}"),
    }
}

fn date(text: &str) -> Result<Timestamp, String> {
    let midnight = format!("{text}T00:00:00Z");
    text.parse()
        .or_else(|_| midnight.parse())
        .map_err(|_| format!("invalid date {text}"))
}

/// Numbers, and numbers in lists, taken together.
fn numbers(name: &str, args: Vec<Value>) -> Result<Value, String> {
    let mut all = Vec::new();
    for arg in args {
        match arg {
            Value::List(items, _) => all.extend(items),
            other => all.push(other),
        }
    }
    if let Some(wrong) = all.iter().find(|value| value.number().is_none()) {
        let kind = wrong.printed_kind();
        return Err(format!("invalid argument for {name} (type {kind})"));
    }
    let mut floats: Vec<f64> = all.iter().filter_map(Value::number).collect();
    #[expect(clippy::cast_precision_loss, reason = "no list is that long")]
    let length = floats.len() as f64;
    Ok(match name {
        "mean" if floats.is_empty() => Value::Float(0.0),
        "mean" => Value::Float(floats.iter().sum::<f64>() / length),
        "median" => {
            floats.sort_by(f64::total_cmp);
            let half = floats.len() / 2;
            let at = |index: usize| floats.get(index).copied().unwrap_or(0.0);
            Value::Float(match floats.len() {
                0 => 0.0,
                odd if odd % 2 == 1 => at(half),
                _ => f64::midpoint(at(half - 1), at(half)),
            })
        }
        _ => {
            let is_better = |new: f64, old: f64| if name == "max" { new > old } else { new < old };
            let mut best = Value::Nil;
            for value in all {
                let new = value.number().unwrap_or_default();
                if best.number().is_none_or(|old| is_better(new, old)) {
                    best = value;
                }
            }
            best
        }
    })
}
