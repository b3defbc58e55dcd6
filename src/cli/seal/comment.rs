//! The comments of a Secret, carried to the SealedSecret. One that looks like a value is left out: a value that was
//! commented out is still a value.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    api::{base64, secret::Secret},
    object::yaml::{self, Document, ReadOptions},
};

/// Comments by the field of the SealedSecret that they belong to, as JSON pointer; the empty one is the document.
#[derive(Debug, Default)]
pub(super) struct Comments {
    above: BTreeMap<String, Vec<String>>,
    behind: BTreeMap<String, String>,
    /// How many were left out.
    pub(super) left_out: usize,
}

/// Shorter values are found in every text.
const SHORTEST_VALUE: usize = 4;

/// The comments of a document: lines above a field belong to it, and so does what stands behind its value.
pub(super) fn of(text: &str, document: &Document, secret: &Secret) -> Comments {
    let mut lines: Vec<(usize, String)> = Vec::new();
    collect(document, "", &document.value, &mut lines);
    lines.sort();
    let fields: BTreeMap<usize, &String> =
        lines.iter().map(|(line, field)| (*line, field)).collect();
    let all: Vec<&str> = text.lines().collect();
    let mut comments = Comments::default();
    let mut waiting = Vec::new();
    let first = document_start(&all, document.line);
    let mut is_head = true;
    for (number, line) in all.iter().enumerate().skip(first) {
        if line.starts_with("---") && number + 1 >= document.line {
            break;
        }
        let bare = line.trim();
        if bare.starts_with('#') {
            waiting.push(bare);
            continue;
        }
        let Some(&field) = fields.get(&(number + 1)) else {
            if !bare.is_empty() {
                waiting.clear();
            }
            continue;
        };
        let (above, behind) = (std::mem::take(&mut waiting), comment_behind(line));
        let target = if is_head {
            Some(String::new())
        } else {
            target(field)
        };
        is_head = false;
        for comment in above {
            let Some(target) = &target else { continue };
            if looks_like_value(comment, secret) {
                comments.left_out += 1;
            } else {
                let lines = comments.above.entry(target.clone()).or_default();
                lines.push(comment.to_owned());
            }
        }
        if let (Some(comment), Some(target)) = (behind, self::target(field)) {
            if looks_like_value(comment, secret) {
                comments.left_out += 1;
            } else {
                comments.behind.insert(target, comment.to_owned());
            }
        }
    }
    comments
}

/// The line (from 0) behind the separator before a document's first value.
fn document_start(lines: &[&str], first: usize) -> usize {
    let before = lines.get(..first.saturating_sub(1)).unwrap_or_default();
    before
        .iter()
        .rposition(|line| line.starts_with("---"))
        .map_or(0, |at| at + 1)
}

/// Line and pointer of every field of a map.
fn collect(document: &Document, pointer: &str, value: &Value, lines: &mut Vec<(usize, String)>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let pointer = format!("{pointer}/{}", escaped(name));
        if let Some(key) = document.place(&pointer).and_then(|place| place.key) {
            lines.push((key.line, pointer.clone()));
        }
        collect(document, &pointer, value, lines);
    }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Where a field of a Secret ends up in a SealedSecret.
fn target(pointer: &str) -> Option<String> {
    for (from, to) in [
        ("/data", "/spec/encryptedData"),
        ("/stringData", "/spec/encryptedData"),
        ("/metadata/labels", "/spec/template/metadata/labels"),
        (
            "/metadata/annotations",
            "/spec/template/metadata/annotations",
        ),
        ("/metadata", "/metadata"),
        ("/type", "/spec/template/type"),
        ("/immutable", "/spec/template/immutable"),
        ("/kind", "/kind"),
        ("/apiVersion", "/apiVersion"),
    ] {
        match pointer.strip_prefix(from) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                return Some(format!("{to}{rest}"));
            }
            _ => {}
        }
    }
    None
}

/// The comment at the end of a line with a plain value or none; behind quotes it cannot be told apart so cheaply, and
/// such a line keeps none.
fn comment_behind(line: &str) -> Option<&str> {
    if line.contains(['"', '\'', '{', '[', '|', '>']) {
        return None;
    }
    let at = line.find(" #")?;
    line.get(at + 1..)
}

/// Whether a comment may hold a value: it has the form `name: value` or `name=value`, or has one of the values in it.
fn looks_like_value(comment: &str, secret: &Secret) -> bool {
    let text = comment.trim_start_matches('#').trim();
    let word = |letter: char| letter.is_ascii_alphanumeric() || "-._\"'".contains(letter);
    let name = text.find(|letter| !word(letter)).unwrap_or(text.len());
    let rest = text.get(name..).unwrap_or_default().trim_start();
    if name > 0 && rest.starts_with([':', '=']) && rest.len() > 1 {
        return true;
    }
    secret.data.values().any(|value| {
        let value = value.expose();
        let plain = std::str::from_utf8(value).unwrap_or_default();
        value.len() >= SHORTEST_VALUE
            && (!plain.is_empty() && text.contains(plain) || text.contains(&base64::encode(value)))
    })
}

impl Comments {
    /// The text of the SealedSecret with the comments in their places.
    pub(super) fn put_into(&self, sealed: &str) -> String {
        if self.above.is_empty() && self.behind.is_empty() {
            return sealed.to_owned();
        }
        let options = ReadOptions {
            positions: true,
            ..ReadOptions::default()
        };
        let Ok(documents) = yaml::read(sealed.as_bytes(), &options) else {
            return sealed.to_owned();
        };
        let mut fields = Vec::new();
        if let Some(document) = documents.first() {
            collect(document, "", &document.value, &mut fields);
        }
        let fields: BTreeMap<usize, String> = fields.into_iter().collect();
        let mut text = String::new();
        for (number, line) in sealed.lines().enumerate() {
            let field = fields.get(&(number + 1));
            let indent = line.len() - line.trim_start().len();
            let above = field.and_then(|field| self.above.get(field));
            for comment in above.into_iter().flatten() {
                text.push_str(&format!("{:indent$}{comment}\n", ""));
            }
            text.push_str(line);
            if let Some(comment) = field.and_then(|field| self.behind.get(field)) {
                text.push_str(&format!(" {comment}"));
            }
            text.push('\n');
            if number == 0 {
                for comment in self.above.get("").into_iter().flatten() {
                    text.push_str(&format!("{comment}\n"));
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::secret::Notation;

    const SECRET: &str = "# of the shop\n# asked for in spring\nkind: Secret\nmetadata:\n  name: db # the name\n  labels:\n    # for the dashboard\n    app: shop\nstringData:\n  # who\n  user: me # not a person\n  # password: planted\n  # was planted-2 once\n  password: planted-2\n";

    fn comments(text: &str) -> Comments {
        let options = ReadOptions {
            positions: true,
            ..ReadOptions::default()
        };
        let document = yaml::read(text.as_bytes(), &options).unwrap().remove(0);
        let secret = Secret::from_value(document.value.clone(), Notation::Yaml).unwrap();
        of(text, &document, &secret)
    }

    #[test]
    fn comments_follow_their_fields_and_values_are_left_out() {
        let sealed = "---\nkind: SealedSecret\nmetadata:\n  name: db\nspec:\n  encryptedData:\n    password: AgA=\n    user: AgB=\n  template:\n    metadata:\n      labels:\n        app: shop\n";
        let found = comments(SECRET);
        assert_eq!(found.left_out, 2);
        assert_eq!(
            found.put_into(sealed),
            "---\n# of the shop\n# asked for in spring\nkind: SealedSecret\nmetadata:\n  name: db # the name\nspec:\n  encryptedData:\n    password: AgA=\n    # who\n    user: AgB= # not a person\n  template:\n    metadata:\n      labels:\n        # for the dashboard\n        app: shop\n"
        );
    }

    #[test]
    fn a_second_document_has_its_own() {
        let text = format!("# other\nkind: Secret\n---\n{SECRET}");
        let options = ReadOptions {
            positions: true,
            ..ReadOptions::default()
        };
        let document = yaml::read(text.as_bytes(), &options).unwrap().remove(1);
        let found = of(&text, &document, &Secret::default());
        assert_eq!(found.above[""], ["# of the shop", "# asked for in spring"]);
    }
}
