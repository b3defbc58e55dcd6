//! Command-line flags with the rules of Go's `pflag`: what it accepts, and what it says when it does not.

use std::collections::BTreeMap;

/// One flag, as data.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// Long name, without dashes.
    pub name: &'static str,
    /// One-letter name.
    pub short: Option<char>,
    /// What it takes.
    pub kind: Kind,
    /// How its value is called in the usage, empty for none.
    pub value: &'static str,
    /// Its default, as the usage shows it; empty for none.
    pub default: &'static str,
    /// What it does; empty hides it from the usage.
    pub usage: &'static str,
    /// Whether `SEALED_SECRETS_…` sets it.
    pub from_env: bool,
}

/// What a flag takes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `true` when given without a value.
    Bool,
    /// A text.
    Text,
    /// Texts, split at commas, repeatable.
    Texts,
    /// A text each time, repeatable.
    TextArray,
    /// A text that the function accepts or says why not.
    Checked(fn(&str) -> Result<(), String>),
    /// As [`Kind::Bool`], but each use prints a line that asks to use something else.
    Deprecated(&'static str),
}

/// Why parsing stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlagError {
    /// `-h`, which no flag takes: help is shown and nothing else.
    Help,
    /// The arguments are wrong, in pflag's words.
    Wrong(String),
}

/// The values of the flags that were set.
#[derive(Clone, Debug, Default)]
pub struct Given {
    values: BTreeMap<&'static str, Vec<String>>,
    /// Lines about deprecated flags, for the standard output as pflag has it.
    pub notes: Vec<String>,
}

impl Given {
    /// The last value of a flag.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.last().map(String::as_str)
    }

    /// All values of a flag.
    pub fn texts(&self, name: &str) -> Vec<String> {
        self.values.get(name).cloned().unwrap_or_default()
    }

    /// Whether a flag without a value was set.
    pub fn is_set(&self, name: &str) -> bool {
        self.text(name).and_then(parse_bool).unwrap_or(false)
    }

    fn set(&mut self, flag: &Flag, value: &str) -> Result<(), String> {
        let values = self.values.entry(flag.name).or_default();
        match flag.kind {
            Kind::Bool | Kind::Deprecated(_) => {
                if parse_bool(value).is_none() {
                    return Err(format!(
                        "strconv.ParseBool: parsing {value:?}: invalid syntax"
                    ));
                }
                *values = vec![value.to_owned()];
            }
            Kind::Text => *values = vec![value.to_owned()],
            Kind::Checked(check) => {
                check(value)?;
                *values = vec![value.to_owned()];
            }
            Kind::Texts => values.extend(split_commas(value)?),
            Kind::TextArray => values.push(value.to_owned()),
        }
        if let Kind::Deprecated(advice) = flag.kind {
            self.notes.push(format!(
                "Flag --{} has been deprecated, {advice}",
                flag.name
            ));
        }
        Ok(())
    }
}

/// Reads the environment and then the arguments (without the program's name).
///
/// # Errors
/// [`FlagError`] at the first argument that is wrong; a wrong environment variable is passed over.
pub fn parse(
    table: &[Flag],
    prefix: &str,
    environment: impl Fn(&str) -> Option<String>,
    arguments: &[String],
) -> Result<Given, FlagError> {
    let mut given = Given::default();
    for flag in table.iter().filter(|flag| flag.from_env) {
        let variable = format!("{prefix}_{}", flag.name.to_uppercase().replace('-', "_"));
        if let Some(value) = environment(&variable) {
            // Upstream passes a wrong variable over in silence.
            let _ = given.set(flag, &value);
        }
    }
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--" {
            break;
        }
        if let Some(long) = argument.strip_prefix("--") {
            parse_long(table, &mut given, argument, long, &mut rest)?;
        } else if let Some(shorts) = argument.strip_prefix('-').filter(|text| !text.is_empty()) {
            parse_shorts(table, &mut given, shorts, &mut rest)?;
        }
    }
    Ok(given)
}

type Rest<'a> = std::slice::Iter<'a, String>;

fn parse_long(
    table: &[Flag],
    given: &mut Given,
    argument: &str,
    long: &str,
    rest: &mut Rest<'_>,
) -> Result<(), FlagError> {
    if long.starts_with(['-', '=']) {
        return Err(FlagError::Wrong(format!("bad flag syntax: {argument}")));
    }
    let (name, value) = match long.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (long, None),
    };
    let Some(flag) = table.iter().find(|flag| flag.name == name) else {
        return Err(FlagError::Wrong(format!("unknown flag: --{name}")));
    };
    let value = match (value, takes_no_value(flag)) {
        (Some(value), _) => value,
        (None, true) => "true",
        (None, false) => rest
            .next()
            .map(String::as_str)
            .ok_or_else(|| FlagError::Wrong(format!("flag needs an argument: {argument}")))?,
    };
    set(given, flag, value)
}

fn parse_shorts(
    table: &[Flag],
    given: &mut Given,
    shorts: &str,
    rest: &mut Rest<'_>,
) -> Result<(), FlagError> {
    let mut letters = shorts;
    while let Some(letter) = letters.chars().next() {
        let following = letters.get(letter.len_utf8()..).unwrap_or("");
        let Some(flag) = table.iter().find(|flag| flag.short == Some(letter)) else {
            if letter == 'h' {
                return Err(FlagError::Help);
            }
            return Err(FlagError::Wrong(format!(
                "unknown shorthand flag: '{letter}' in -{letters}"
            )));
        };
        if let Some(value) = following
            .strip_prefix('=')
            .filter(|value| !value.is_empty())
        {
            return set(given, flag, value);
        }
        if takes_no_value(flag) {
            set(given, flag, "true")?;
            letters = following;
            continue;
        }
        if !following.is_empty() {
            return set(given, flag, following);
        }
        let value = rest.next().ok_or_else(|| {
            FlagError::Wrong(format!("flag needs an argument: '{letter}' in -{letters}"))
        })?;
        return set(given, flag, value);
    }
    Ok(())
}

fn takes_no_value(flag: &Flag) -> bool {
    matches!(flag.kind, Kind::Bool | Kind::Deprecated(_))
}

fn set(given: &mut Given, flag: &Flag, value: &str) -> Result<(), FlagError> {
    given.set(flag, value).map_err(|why| {
        let name = match flag.short {
            Some(short) => format!("-{short}, --{}", flag.name),
            None => format!("--{}", flag.name),
        };
        FlagError::Wrong(format!(
            "invalid argument {value:?} for \"{name}\" flag: {why}"
        ))
    })
}

/// The words that Go's `strconv.ParseBool` takes.
fn parse_bool(word: &str) -> Option<bool> {
    match word {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// Splits one CSV record: commas part, double quotes hold together, doubled quotes stand for one.
fn split_commas(value: &str) -> Result<Vec<String>, String> {
    if value.is_empty() {
        return Ok(Vec::new());
    }
    let mut fields = Vec::new();
    let mut rest = value;
    loop {
        let Some(quoted) = rest.strip_prefix('"') else {
            match rest.split_once(',') {
                Some((field, after)) => {
                    fields.push(bare(field)?);
                    rest = after;
                    continue;
                }
                None => {
                    fields.push(bare(rest)?);
                    return Ok(fields);
                }
            }
        };
        let mut field = String::new();
        let mut inside = quoted;
        rest = loop {
            let Some((part, after)) = inside.split_once('"') else {
                return Err(format!(
                    "parse error on line 1, column {}: extraneous or missing \" in quoted-field",
                    value.len() + 1
                ));
            };
            field.push_str(part);
            match after.strip_prefix('"') {
                Some(more) => {
                    field.push('"');
                    inside = more;
                }
                None => break after,
            }
        };
        fields.push(field);
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None if rest.is_empty() => return Ok(fields),
            None => {
                return Err(format!(
                    "parse error on line 1, column {}: extraneous or missing \" in quoted-field",
                    value.len() - rest.len()
                ));
            }
        }
    }
}

fn bare(field: &str) -> Result<String, String> {
    match field.find('"') {
        Some(at) => Err(format!(
            "parse error on line 1, column {}: bare \" in non-quoted-field",
            at + 1
        )),
        None => Ok(field.to_owned()),
    }
}

#[cfg(test)]
mod tests;
