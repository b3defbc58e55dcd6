//! Where rules put their findings.

use jiff::Timestamp;

use super::{
    config::{Certificate, Config},
    document::{Document, Item, field},
    finding::{Confidence, Finding, ObjectId, Place, Severity},
    rule::Rule,
    set::Fact,
    text::Text,
};

/// What rules may look at beside the files, and nothing else of the machine.
pub struct Surroundings<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The sealing certificates that the configuration names.
    pub certificates: &'a [Certificate],
    /// The time.
    pub now: Timestamp,
}

/// Takes the findings of one rule.
pub struct Report<'a> {
    /// What rules may look at.
    pub around: &'a Surroundings<'a>,
    rule: &'static Rule,
    findings: &'a mut Vec<Finding>,
}

impl<'a> Report<'a> {
    /// A report of a rule that adds to a list.
    pub fn new(
        around: &'a Surroundings<'a>,
        rule: &'static Rule,
        findings: &'a mut Vec<Finding>,
    ) -> Self {
        Self {
            around,
            rule,
            findings,
        }
    }

    /// Adds a finding with all that it has; the severity is the rule's.
    pub fn add(&mut self, place: Place, message: impl Into<String>) -> &mut Finding {
        let severity = self.rule.severity;
        self.findings.push(Finding {
            rule: self.rule,
            severity,
            confidence: Confidence::Proved,
            message: message.into(),
            remedy: self.rule.part("Instead:"),
            place,
            object: None,
            field: String::new(),
            excerpt: String::new(),
            overlay: None,
            seen: None,
            in_baseline: false,
            suppressed: None,
            source: None,
        });
        // A push is never followed by an empty list.
        #[expect(clippy::expect_used, reason = "something was pushed on the line above")]
        self.findings.last_mut().expect("just pushed")
    }

    /// Adds a finding about a field of an object.
    pub fn at(
        &mut self,
        item: &Item<'_>,
        pointer: &str,
        message: impl Into<String>,
    ) -> &mut Finding {
        let found = self.add(item.place(pointer), message);
        found.object = Some(item.id.clone());
        found.field = if item.is_in_text {
            format!("{}:{}", field(&item.pointer), field(pointer))
        } else {
            field(pointer)
        };
        found.excerpt = excerpt(pointer);
        found
    }

    /// Adds a finding about a value of a document.
    pub fn in_document(
        &mut self,
        document: &Document<'_>,
        pointer: &str,
        message: impl Into<String>,
    ) -> &mut Finding {
        let found = self.add(document.place(pointer), message);
        let id = document.id();
        found.object = (!id.kind.is_empty()).then_some(id);
        found.field = field(pointer);
        found.excerpt = excerpt(pointer);
        found
    }

    /// Adds a finding about some bytes of a text; `what` stands in the place of the value.
    pub fn in_text(
        &mut self,
        text: &Text<'_>,
        start: usize,
        end: usize,
        what: &str,
        message: impl Into<String>,
    ) -> &mut Finding {
        let place = text.place(start, end);
        let found = self.add(place, message);
        found.field = what.to_owned();
        found.excerpt = format!("{what} ****");
        found
    }

    /// Adds a finding about a field of an object that is known by its facts.
    pub fn of_fact(
        &mut self,
        fact: &Fact,
        pointer: &str,
        message: impl Into<String>,
    ) -> &mut Finding {
        let found = self.of_object(fact.source.place(), &fact.original, pointer, message);
        found.source = Some((fact.source.clone(), pointer.to_owned()));
        found
    }

    /// Adds a finding about an object.
    pub fn of_object(
        &mut self,
        place: Place,
        id: &ObjectId,
        pointer: &str,
        message: impl Into<String>,
    ) -> &mut Finding {
        let found = self.add(place, message);
        found.object = Some(id.clone());
        found.field = field(pointer);
        found
    }
}

impl Finding {
    /// With another severity than the rule's.
    pub fn severity(&mut self, severity: Severity) -> &mut Self {
        self.severity = severity;
        self
    }

    /// Less sure than proved.
    pub fn confidence(&mut self, confidence: Confidence) -> &mut Self {
        self.confidence = confidence;
        self
    }
}

/// The line as it may be shown: the key, and a mask in the place of the value.
fn excerpt(pointer: &str) -> String {
    let key = pointer.rsplit('/').next().unwrap_or_default();
    if key.is_empty() {
        return String::new();
    }
    format!("{}: ****", key.replace("~1", "/").replace("~0", "~"))
}
