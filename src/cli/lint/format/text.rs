//! For people: a finding a paragraph, and a sum.

use std::fmt::Write;

use super::write::Report;
use crate::lint::finding::Severity;

/// The report.
pub fn render(report: &Report<'_>, has_colour: bool) -> String {
    let mut text = String::new();
    let paint = |code: &str, word: &str| {
        if has_colour {
            format!("\u{1b}[{code}m{word}\u{1b}[0m")
        } else {
            word.to_owned()
        }
    };
    let outcome = &report.judged.outcome;
    for finding in report.open() {
        let place = &finding.place;
        let code = match finding.severity {
            Severity::Error => "1;31",
            Severity::Warning => "1;33",
            Severity::Info => "1;36",
        };
        let word = paint(code, finding.severity.as_str());
        let _ = writeln!(
            text,
            "{}:{}:{}: {word} {}: {}",
            place.path, place.line, place.column, finding.rule.id, finding.message
        );
        if !finding.excerpt.is_empty() {
            let _ = writeln!(text, "    {}", finding.excerpt);
        }
        if let Some(seen) = &finding.seen {
            let _ = writeln!(
                text,
                "    in the history from {} ({}) to {}",
                short(&seen.first),
                seen.first_date,
                short(&seen.last)
            );
        }
        if let Some(overlay) = finding
            .overlay
            .as_ref()
            .filter(|overlay| !finding.message.contains(overlay.as_str()))
        {
            let _ = writeln!(text, "    seen in the rendering of {overlay}");
        }
        let _ = writeln!(text, "    {} {}", paint("2", "hint:"), finding.remedy);
    }
    for one in &outcome.unscanned {
        let line = if one.line > 0 {
            format!(":{}", one.line)
        } else {
            String::new()
        };
        let _ = writeln!(
            text,
            "{}{line}: {} O602: not scanned: {}",
            one.path,
            paint("1;31", "error"),
            one.reason
        );
    }
    for entry in report.stale {
        let name = if entry.name.is_empty() {
            &entry.path
        } else {
            &entry.name
        };
        let _ = writeln!(
            text,
            "baseline: {} of {name} {} matches nothing any more",
            entry.rule, entry.field
        );
    }
    let count = |severity| {
        report
            .open()
            .filter(|finding| finding.severity == severity)
            .count()
    };
    let all = outcome.findings.len();
    let hidden = all - report.open().count();
    let _ = write!(
        text,
        "{} files: {} errors, {} warnings, {} notes",
        outcome.files,
        count(Severity::Error),
        count(Severity::Warning),
        count(Severity::Info)
    );
    if hidden > 0 {
        let _ = write!(text, "; {hidden} known or ignored");
    }
    if !outcome.unscanned.is_empty() {
        let _ = write!(text, "; {} not scanned", outcome.unscanned.len());
    }
    text.push('\n');
    text
}

fn short(id: &str) -> &str {
    id.get(..10).unwrap_or(id)
}
