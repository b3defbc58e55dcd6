//! One file: read, parsed, looked at by the rules for files, documents and objects.

use std::borrow::Cow;

use super::{
    document::{Document, Item, id_of, objects},
    finding::{Finding, Unscanned},
    ignore::{self, Comment},
    layout::{self, Layout},
    report::{Report, Surroundings},
    rule::{Check, Rule},
    rules,
    set::{Fact, Source},
    text::Text,
};
use crate::object::yaml::{self, DuplicateKeys, ReadOptions};

/// The largest file that is looked at.
pub const MAX_FILE_BYTES: usize = 10 << 20;
/// The bytes in which a zero makes a file a binary one.
const BINARY_HEAD: usize = 8 << 10;
/// How a file begins that only points to its content.
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";

/// What was found in one file.
#[derive(Debug, Default)]
pub struct FileScan {
    /// Path from the root of what is scanned.
    pub path: String,
    /// Its size.
    pub bytes: usize,
    /// What there is to say.
    pub findings: Vec<Finding>,
    /// What was not looked at.
    pub unscanned: Vec<Unscanned>,
    /// Comments that take findings out.
    pub comments: Vec<Comment>,
    /// What rules about several objects need.
    pub facts: Vec<Fact>,
    /// How many objects were looked at.
    pub objects: usize,
}

/// Whether a file should be a manifest, by its name.
pub fn is_manifest(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    lower.ends_with(".yaml")
        || lower.ends_with(".yml")
        || lower.ends_with(".json")
        || layout::is_kustomization(path)
}

/// Looks at one file. `is_over` says whether its time is up, asked between documents.
pub fn scan(
    path: &str,
    bytes: &[u8],
    layout: &Layout,
    around: &Surroundings<'_>,
    is_over: &dyn Fn() -> bool,
) -> FileScan {
    let mut scan = FileScan {
        path: path.to_owned(),
        bytes: bytes.len(),
        ..FileScan::default()
    };
    if bytes.len() > MAX_FILE_BYTES {
        scan.skip(0, format!("it has more than {MAX_FILE_BYTES} bytes"));
        return scan;
    }
    let is_manifest = is_manifest(path);
    if is_manifest && bytes.starts_with(LFS_POINTER) {
        scan.skip(0, "its content is kept by Git LFS");
        return scan;
    }
    let text = match decode(bytes, is_manifest) {
        Ok(text) => text,
        Err(reason) => {
            if let Some(reason) = reason {
                scan.skip(0, reason);
            }
            rules::binary(path, bytes, around, &mut scan.findings);
            return scan;
        }
    };
    let is_read = is_manifest && layout.chart_of(path).is_none();
    if is_read {
        scan.documents(&text, false, layout, around, is_over);
        if !scan.findings.is_empty() {
            // Most files are clean: only the others are read again, with the place of every value.
            scan.findings.clear();
            scan.unscanned.clear();
            scan.facts.clear();
            scan.objects = 0;
            scan.documents(&text, true, layout, around, is_over);
        }
    }
    let lines = Text::new(path, &text, is_read && scan.unscanned.is_empty());
    for rule in rules::ALL {
        for check in rule.checks {
            if let Check::Text(check) = check {
                check(&lines, &mut Report::new(around, rule, &mut scan.findings));
            }
        }
    }
    let documents = ranges(&text);
    scan.comments = ignore::comments(&lines, &documents);
    scan
}

/// The first and the last lines of the documents of a text.
fn ranges(text: &str) -> Vec<(usize, usize)> {
    if !text.contains("waxwing:ignore") {
        return Vec::new();
    }
    let mut found: Vec<(usize, usize)> = Vec::new();
    let mut is_open = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line.starts_with("---") {
            is_open = false;
        } else if !line.trim().is_empty() && (is_open || !line.trim_start().starts_with('#')) {
            match found.last_mut().filter(|_| is_open) {
                Some((_, last)) => *last = number,
                None => found.push((number, number)),
            }
            is_open = true;
        }
    }
    found
}

/// The text of a file; an error with a reason where it should have been one, without where it is a binary file.
fn decode(bytes: &[u8], must_be_text: bool) -> Result<Cow<'_, str>, Option<&'static str>> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        if must_be_text {
            return Err(Some("it is not UTF-8"));
        }
        return Ok(Cow::Owned(utf16(bytes)));
    }
    let head = bytes.get(..BINARY_HEAD).unwrap_or(bytes);
    if head.contains(&0) {
        return Err(must_be_text.then_some("it is a binary file"));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(_) if must_be_text => Err(Some("it is not UTF-8")),
        Err(_) => Ok(String::from_utf8_lossy(bytes)),
    }
}

fn utf16(bytes: &[u8]) -> String {
    let is_little = bytes.starts_with(&[0xff, 0xfe]);
    let pairs = bytes.get(2..).unwrap_or_default().chunks_exact(2);
    let units = pairs.map(|pair| match *pair {
        [one, two] if is_little => u16::from_le_bytes([one, two]),
        [one, two] => u16::from_be_bytes([one, two]),
        _ => 0,
    });
    char::decode_utf16(units)
        .map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

impl FileScan {
    /// Notes that something was not looked at.
    pub fn skip(&mut self, line: usize, reason: impl Into<String>) {
        self.unscanned.push(Unscanned {
            path: self.path.clone(),
            line,
            reason: reason.into(),
        });
    }

    fn documents(
        &mut self,
        text: &str,
        positions: bool,
        layout: &Layout,
        around: &Surroundings<'_>,
        is_over: &dyn Fn() -> bool,
    ) {
        let path = self.path.clone();
        // Without places nobody asks for lines.
        let lines = Text::new(&path, if positions { text } else { "" }, true);
        let options = ReadOptions {
            positions,
            duplicate_keys: DuplicateKeys::Refuse,
            ..ReadOptions::default()
        };
        let is_json = path.to_ascii_lowercase().ends_with(".json");
        for (index, read) in yaml::documents(text.as_bytes(), &options).enumerate() {
            if is_over() {
                self.skip(0, "looking at it took too long");
                return;
            }
            let document = match read {
                Ok(document) => document,
                Err(error) => {
                    // Many a JSON file is none of ours, and some have comments.
                    if !is_json || (text.contains("apiVersion") && text.contains("kind")) {
                        let line = error.position().line;
                        self.skip(line, format!("it cannot be read: {error}"));
                    }
                    continue;
                }
            };
            let view = Document {
                text: &lines,
                value: &document.value,
                index,
                line: document.line,
                places: document.places.as_ref(),
                is_patch: layout.is_patch(&path),
            };
            self.document(&view, around);
        }
    }

    fn document(&mut self, document: &Document<'_>, around: &Surroundings<'_>) {
        for rule in rules::ALL {
            for check in rule.checks {
                if let Check::Document(check) = check {
                    check(document, &mut Report::new(around, rule, &mut self.findings));
                }
            }
        }
        for found in objects(document.value) {
            let item = Item {
                document,
                value: &found.value,
                id: id_of(&found.value),
                pointer: found.pointer,
                is_in_text: found.is_in_text,
            };
            self.objects += 1;
            check_item(&item, around, &mut self.findings, |_| true);
            if item.is_in_text {
                continue;
            }
            let source = Source {
                path: self.path.clone(),
                document: document.index,
                pointer: item.pointer.clone(),
                line: document.line,
            };
            let mut fact = Fact::of(item.value, source, !around.certificates.is_empty());
            fact.is_patch = document.is_patch;
            self.facts.push(fact);
        }
    }
}

/// The facts of the objects of a file, without looking at it; nothing for what cannot be read.
pub fn facts_of(path: &str, bytes: &[u8], layout: &Layout, keeps_blocks: bool) -> Vec<Fact> {
    let options = ReadOptions::default();
    let mut facts = Vec::new();
    for (index, read) in yaml::documents(bytes, &options).enumerate() {
        let Ok(document) = read else { continue };
        for found in objects(&document.value)
            .into_iter()
            .filter(|found| !found.is_in_text)
        {
            let source = Source {
                path: path.to_owned(),
                document: index,
                pointer: found.pointer,
                line: document.line,
            };
            let mut fact = Fact::of(&found.value, source, keeps_blocks);
            fact.is_patch = layout.is_patch(path);
            facts.push(fact);
        }
    }
    facts
}

/// Lets the rules about objects look at one.
pub fn check_item(
    item: &Item<'_>,
    around: &Surroundings<'_>,
    findings: &mut Vec<Finding>,
    is_meant: impl Fn(&Rule) -> bool,
) {
    for rule in rules::ALL {
        for check in rule.checks {
            if let Check::Item(check) = check
                && is_meant(rule)
            {
                check(item, &mut Report::new(around, rule, findings));
            }
        }
    }
}

/// Where the values of one file stand, for the findings that come from facts: the file is read once for all of them.
pub struct Standing<'a> {
    text: Text<'a>,
    documents: Vec<Option<yaml::Places>>,
}

impl<'a> Standing<'a> {
    /// Reads a file; `None` if it is no text.
    pub fn new(path: &'a str, bytes: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let options = ReadOptions {
            positions: true,
            ..ReadOptions::default()
        };
        let documents = yaml::documents(bytes, &options);
        Some(Self {
            text: Text::new(path, text, true),
            documents: documents.map(|document| document.ok()?.places).collect(),
        })
    }

    /// The place of a value of an object, or of the nearest around it that the file has.
    pub fn of(&self, source: &Source, pointer: &str) -> Option<super::finding::Place> {
        let places = self.documents.get(source.document)?.as_ref()?;
        let mut pointer = pointer;
        loop {
            if let Some(at) = places.at(&format!("{}{pointer}", source.pointer)) {
                return Some(self.text.place_of_value(at.value.offset));
            }
            pointer = pointer.get(..pointer.rfind('/')?)?;
        }
    }
}
