//! O601: an ignore comment without a reason, or past its date.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::lint::{
    finding::{Finding, Place},
    ignore::Comment,
    report::{Report, Surroundings},
    rule::rule,
};

rule! {
    /// An ignore comment has no reason, or is past its date.
    ///
    /// What: `# waxwing:ignore RULE` without `reason="…"`, with an `until=` that is past or no date, and entries of the
    /// configuration that are past their date.
    ///
    /// Why: an exception that nobody can explain stays for ever.
    ///
    /// Instead: write the reason and a date, or mend what the comment hides.
    "O601", Warning, []
}

/// Looks at all comments and at the configuration.
pub fn check(
    comments: &BTreeMap<String, Vec<Comment>>,
    today: Date,
    around: &Surroundings<'_>,
    findings: &mut Vec<Finding>,
) {
    let mut report = Report::new(around, &RULE, findings);
    for (path, comments) in comments {
        for comment in comments {
            let message = match comment.until {
                Err(()) => "the date of an ignore comment is no date such as 2027-01-31".to_owned(),
                Ok(Some(until)) if until < today => format!("an ignore comment held until {until}"),
                _ if comment.reason.trim().is_empty() => {
                    "an ignore comment gives no reason".to_owned()
                }
                _ => continue,
            };
            report.add(Place::line(path, comment.line), message).field =
                format!("line {}", comment.line);
        }
    }
    let config = &around.config;
    let ignored = config
        .ignore
        .iter()
        .filter_map(|one| Some((&one.path, one.until?)));
    let accepted = config.accept.iter().map(|one| (&one.path, one.until));
    for (path, until) in ignored.chain(accepted) {
        if until < today {
            let message = format!("the exception for {} held until {until}", path.as_str());
            report
                .add(Place::line(crate::lint::config::FILE_NAME, 1), message)
                .field = path.as_str().to_owned();
        }
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "a: 1 # %ignore% P101\n",
    "# %ignore% P101 until=2020-01-01 reason=\"old\"\na: 1\n",
    "# %ignore% P101 until=soon reason=\"x\"\na: 1\n",
    "# %ignore%-file P101, P102\na: 1\n",
    "a: 1 # %ignore% P101 reason=\"\"\n",
    "=== a.sh\n# %ignore% P114\necho\n",
    "=== .waxwing-lint.yaml\nignore: [{path: a, reason: b, until: 2020-01-01}]\n",
    "=== .waxwing-lint.yaml\naccept: [{path: a, reason: b, until: 2020-01-01}]\n",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "a: 1 # %ignore% P101 reason=\"test value\"\n",
    "# %ignore% P101 until=2099-12-31 reason=\"later\"\na: 1\n",
    "# %ignore%-file P101 reason=fixtures\na: 1\n",
    "a: 1 # ignore P101\n",
    "a: '%ignore% P101'\n",
    "=== .waxwing-lint.yaml\nignore: [{path: a, reason: b, until: 2099-01-01}]\n",
    "=== .waxwing-lint.yaml\nignore: [{path: a, reason: b}]\n",
    "# P101 is a rule\na: 1\n",
];
