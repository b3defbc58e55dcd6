//! Comments that take findings out: `# waxwing:ignore P101 reason="…" until=2099-12-31`.

use std::{collections::BTreeSet, ops::RangeInclusive, sync::LazyLock};

use jiff::civil::Date;
use regex::Regex;

use super::text::Text;

static COMMENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:#|//|<!--|--|;)\s*waxwing:ignore(-file)?[ \t]+([A-Z]\d{3}(?:[ ,]+[A-Z]\d{3})*)([^\n]*)").ok()
});
static REASON: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"reason=(?:"([^"]*)"|'([^']*)'|(\S+))"#).ok());
static UNTIL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"until=([\w-]+)").ok());

/// One comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The line that it stands in.
    pub line: usize,
    /// The rules that it names.
    pub rules: BTreeSet<String>,
    /// The lines that it is about; `None` for the whole file.
    pub lines: Option<RangeInclusive<usize>>,
    /// The reason, empty when there is none.
    pub reason: String,
    /// The last day; `Err` when what is written is no date.
    pub until: Result<Option<Date>, ()>,
}

impl Comment {
    /// Whether it holds on a day: not past its date, and where it is asked for with a reason.
    pub fn holds(&self, today: Date, is_strict: bool) -> bool {
        let in_time = match self.until {
            Ok(until) => until.is_none_or(|until| today <= until),
            Err(()) => false,
        };
        in_time && !(is_strict && self.reason.trim().is_empty())
    }

    /// Whether it is about a finding of a rule at a line.
    pub fn takes(&self, rule: &str, line: usize) -> bool {
        self.rules.contains(rule)
            && self
                .lines
                .as_ref()
                .is_none_or(|lines| lines.contains(&line))
    }
}

/// The comments of a file. `documents` are the first and last lines of its documents: a comment directly above one is
/// about all of it.
pub fn comments(text: &Text<'_>, documents: &[(usize, usize)]) -> Vec<Comment> {
    let Some(regex) = COMMENT
        .as_ref()
        .filter(|_| text.text.contains("waxwing:ignore"))
    else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for captures in regex.captures_iter(text.text) {
        let part = |number: usize| captures.get(number).map_or("", |part| part.as_str());
        let start = captures.get(0).map_or(0, |whole| whole.start());
        let line = text.line_of(start);
        let is_alone = text
            .line(line)
            .trim_start()
            .starts_with(['#', '/', '<', '-', ';']);
        let lines = if !part(1).is_empty() {
            None
        } else if is_alone {
            // A comment of its own is about what follows it.
            let is_comment = |line: &str| line.trim_start().starts_with(['#', '/', '<', ';']);
            let next = (line + 1..).find(|next| *next > line + 50 || !is_comment(text.line(*next)));
            let next = next.unwrap_or(line + 1);
            let next = if text.line(next).starts_with("---") {
                next + 1
            } else {
                next
            };
            let document = documents.iter().find(|(first, _)| *first == next);
            Some(next..=document.map_or(next, |(_, last)| *last))
        } else {
            Some(line..=line)
        };
        let rest = part(3);
        let reason = REASON
            .as_ref()
            .and_then(|regex| regex.captures(rest))
            .map(|found| {
                let each = (1..=3).find_map(|number| found.get(number));
                each.map_or(String::new(), |text| text.as_str().to_owned())
            });
        let until = UNTIL.as_ref().and_then(|regex| regex.captures(rest));
        let until = until.and_then(|found| found.get(1).map(|text| text.as_str().to_owned()));
        found.push(Comment {
            line,
            rules: part(2)
                .split([' ', ','])
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect(),
            lines,
            reason: reason.unwrap_or_default(),
            until: until.map(|text| text.parse()).transpose().map_err(|_| ()),
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_about_its_line_the_next_or_the_file() {
        let mark = "waxwing:ignore";
        let source = format!(
            "# {mark}-file P109 reason=all\na: 1 # {mark} P101 reason=\"two words\" until=2026-12-31\n\
             # {mark} P102, P103\nb: 2\n---\n# {mark} S301 until=soon\nc: 3\nd: 4\n"
        );
        let text = Text::new("a.yaml", &source, true);
        let found = comments(&text, &[(2, 4), (7, 8)]);
        let lines: Vec<_> = found.iter().map(|one| one.lines.clone()).collect();
        assert_eq!(lines, [None, Some(2..=2), Some(4..=4), Some(7..=8)]);
        let today = jiff::civil::date(2027, 1, 1);
        assert_eq!(found[1].reason, "two words");
        assert!(!found[1].holds(today, false) && found[1].holds(today.yesterday().unwrap(), true));
        assert!(found[2].holds(today, false) && !found[2].holds(today, true));
        assert!(
            found[2].takes("P103", 4) && !found[2].takes("P104", 4) && !found[2].takes("P103", 5)
        );
        assert!(!found[3].holds(today, false));
    }
}
