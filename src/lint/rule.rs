//! A rule: data with a function, and the documentation that `--explain` and `docs/rules.md` show.

use std::fmt;

use super::{
    document::{Document, Item},
    finding::Severity,
    project::Project,
    report::Report,
    set::Set,
    text::Text,
};

/// What a rule looks at.
#[derive(Clone, Copy)]
pub enum Check {
    /// Each object of the source files, those within lists, templates and texts included.
    Item(fn(&Item<'_>, &mut Report<'_>)),
    /// Each YAML or JSON document, whatever it is.
    Document(fn(&Document<'_>, &mut Report<'_>)),
    /// The text of each file.
    Text(fn(&Text<'_>, &mut Report<'_>)),
    /// Each set of objects that is applied together: what a kustomization renders, or the manifests outside of all.
    Set(fn(&Set, &mut Report<'_>)),
    /// All files together.
    Project(fn(&Project<'_>, &mut Report<'_>)),
}

/// One rule.
pub struct Rule {
    /// Such as `P101`; never changes.
    pub id: &'static str,
    /// How grave its findings are unless they say otherwise.
    pub severity: Severity,
    /// The doc comment.
    pub doc: &'static str,
    /// What it looks at; nothing where the scan itself raises it.
    pub checks: &'static [Check],
    /// Whether it must be asked for in the configuration.
    pub is_opt_in: bool,
    /// Texts with at least one finding of the rule.
    #[cfg(test)]
    pub found: &'static [&'static str],
    /// Texts without any.
    #[cfg(test)]
    pub quiet: &'static [&'static str],
}

impl Rule {
    /// The first line of the documentation, without its full stop.
    pub fn title(&self) -> &'static str {
        let line = self.doc.lines().next().unwrap_or_default().trim();
        line.strip_suffix('.').unwrap_or(line)
    }

    /// The part of the documentation behind a word such as `What:`, its lines joined.
    pub fn part(&self, word: &str) -> String {
        let mut lines = Vec::new();
        let mut inside = false;
        for line in self.doc.lines().map(str::trim) {
            if let Some(rest) = line.strip_prefix(word) {
                inside = true;
                lines.push(rest.trim());
            } else if line.is_empty() {
                inside = false;
            } else if inside {
                lines.push(line);
            }
        }
        lines.join(" ")
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

/// Makes `RULE` out of a doc comment, an id, a severity and checks.
macro_rules! rule {
    ($(#[doc = $doc:literal])* $id:literal, $severity:ident, [$($check:expr),* $(,)?]) => {
        rule!(@ $(#[doc = $doc])* $id, $severity, [$($check),*], false);
    };
    ($(#[doc = $doc:literal])* $id:literal, opt_in $severity:ident, [$($check:expr),* $(,)?]) => {
        rule!(@ $(#[doc = $doc])* $id, $severity, [$($check),*], true);
    };
    (@ $(#[doc = $doc:literal])* $id:literal, $severity:ident, [$($check:expr),*], $opt_in:literal) => {
        $(#[doc = $doc])*
        pub static RULE: $crate::lint::rule::Rule = $crate::lint::rule::Rule {
            id: $id,
            severity: $crate::lint::finding::Severity::$severity,
            doc: concat!($($doc, "\n"),*),
            checks: &[$($check),*],
            is_opt_in: $opt_in,
            #[cfg(test)]
            found: FOUND,
            #[cfg(test)]
            quiet: QUIET,
        };
    };
}
pub(super) use rule;
