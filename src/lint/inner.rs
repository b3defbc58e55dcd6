//! Settings inside of a text: properties, ini, env, YAML, JSON and XML, line by line.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::value;

static LINE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?m)^[ \t]*(?:export[ \t]+|-[ \t]+|set[ \t]+)?["']?([A-Za-z_][A-Za-z0-9_.\-]*)["']?[ \t]*(?:=|:[ \t]|:$)[ \t]*([^\n]*)$"#).ok()
});
static XML: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"<([A-Za-z_][A-Za-z0-9_.\-]*)>([^<>\n]+)</").ok());

/// The name of the first setting in a text that is a credential. `name` is what the text itself is called.
pub fn credential(name: &str, text: &str) -> Option<String> {
    if !text.contains(['=', ':', '<']) {
        return None;
    }
    let trimmed = text.trim_start();
    if trimmed.starts_with(['{', '[']) {
        let json: Option<Value> = serde_json::from_str(trimmed).ok();
        if let Some(json) = json {
            return leaf(&json, None);
        }
    }
    // Code is full of assignments that are no settings.
    let ends = [
        ".js", ".ts", ".py", ".lua", ".go", ".rb", ".java", ".html", ".css", ".md", ".tpl",
        ".rules",
    ];
    if ends.iter().any(|end| name.ends_with(end)) {
        return None;
    }
    for captures in LINE.as_ref()?.captures_iter(text) {
        let part = |number: usize| captures.get(number).map_or("", |part| part.as_str());
        if value::is_credential(part(1), bare(part(2))) && !is_expression(part(2)) {
            return Some(part(1).to_owned());
        }
    }
    if trimmed.starts_with('<') {
        for captures in XML.as_ref()?.captures_iter(text) {
            let part = |number: usize| captures.get(number).map_or("", |part| part.as_str());
            if value::is_credential(part(1), part(2)) {
                return Some(part(1).to_owned());
            }
        }
    }
    None
}

/// A value without its quotes, what ends its line, and the comment behind it.
fn bare(text: &str) -> &str {
    let text = text.trim();
    for quote in ['"', '\''] {
        if let Some(rest) = text.strip_prefix(quote) {
            return rest.split(quote).next().unwrap_or(rest);
        }
    }
    let text = text.split(" #").next().unwrap_or(text);
    text.trim_end_matches([',', ';']).trim_end()
}

/// Whether a value is code: a call, a field of something, a block that follows.
fn is_expression(text: &str) -> bool {
    let text = text.trim();
    matches!(
        text,
        "|" | ">" | "|-" | ">-" | "|+" | ">+" | "{" | "[" | "("
    ) || text.starts_with(['&', '*', '{', '[', '|', '>'])
        || (text.ends_with([')', '{', '(']) && text.contains('('))
        || text.starts_with("os.")
        || text.starts_with("process.env")
}

/// The name of the first leaf that is a credential.
pub fn leaf(value: &Value, name: Option<&str>) -> Option<String> {
    match value {
        Value::Object(map) => map.iter().find_map(|(name, value)| leaf(value, Some(name))),
        Value::Array(list) => list.iter().find_map(|value| leaf(value, name)),
        Value::String(text) => {
            let name = name?;
            value::is_credential(name, text).then(|| name.to_owned())
        }
        Value::Number(number) => {
            let name = name?;
            value::is_credential(name, &number.to_string()).then(|| name.to_owned())
        }
        _ => None,
    }
}
