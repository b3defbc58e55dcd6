//! P114: a secret on a command line.

use std::sync::LazyLock;

use regex::Regex;

use crate::lint::{
    finding::Confidence,
    report::Report,
    rule::{Check, rule},
    text::Text,
    value,
};

rule! {
    /// A command line in the repository carries a value in plain.
    ///
    /// What: `create secret` with a literal value or a Docker password, and a literal that is piped into
    /// `kubeseal` in raw mode: in scripts, Makefiles, pipelines, comments and documents.
    ///
    /// Why: the line was run once, so the value is real.
    ///
    /// Instead: read the value from a file, a variable or standard input.
    "P114", Warning, [Check::Text(check)]
}

static LITERAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"--(?:from-literal[= ]+["']?([A-Za-z0-9._-]+)=|docker-password[= ]+)("[^"]*"|'[^']*'|[^\s"'\\)`]+)"#).ok()
});
static PIPED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?:echo|printf)[ \t]+(?:-[a-zA-Z]+[ \t]+|["']?%s(?:\\n)?["']?[ \t]+)*("[^"\n]*"|'[^'\n]*'|[^\s|"']+)[ \t]*\|[ \t]*kubeseal\b[^\n|;]*--raw"#).ok()
});

fn check(text: &Text<'_>, report: &mut Report<'_>) {
    let has = |word: &str| text.text.contains(word);
    if (has("--from-literal") || has("--docker-password")) && has("secret") {
        literals(text, report);
    }
    if has("kubeseal") && has("--raw") {
        let all = PIPED
            .as_ref()
            .map(|regex| regex.captures_iter(text.text))
            .into_iter()
            .flatten();
        for captures in all {
            let Some(found) = captures.get(1) else {
                continue;
            };
            if is_literal(found.as_str()) {
                let message = "a literal is piped into kubeseal";
                report
                    .in_text(
                        text,
                        found.start(),
                        found.end(),
                        "literal for kubeseal",
                        message,
                    )
                    .confidence(Confidence::Likely);
            }
        }
    }
}

fn literals(text: &Text<'_>, report: &mut Report<'_>) {
    let all = LITERAL
        .as_ref()
        .map(|regex| regex.captures_iter(text.text))
        .into_iter()
        .flatten();
    for captures in all {
        let (Some(whole), Some(found)) = (captures.get(0), captures.get(2)) else {
            continue;
        };
        if !is_literal(found.as_str()) || !is_of_secret(text, whole.start()) {
            continue;
        }
        let what = captures
            .get(1)
            .map_or("docker-password", |key| key.as_str());
        let message = format!("value of {what:?} on the command line of `create secret`");
        report
            .in_text(text, found.start(), found.end(), what, message)
            .confidence(Confidence::Likely);
    }
}

/// Whether the command that a flag belongs to makes a Secret: looked for backwards over continued lines.
fn is_of_secret(text: &Text<'_>, at: usize) -> bool {
    let before = text.text.get(..at).unwrap_or_default();
    let mut command = String::new();
    for (number, line) in before.rsplit('\n').take(30).enumerate() {
        let is_continued =
            line.trim_end().ends_with(['\\', '`', '^']) || line.trim_end().ends_with("\\n");
        if number > 0 && !is_continued {
            break;
        }
        command.insert_str(0, line);
        command.insert(0, ' ');
    }
    command.contains("create secret") || command.contains("create  secret")
}

fn is_literal(word: &str) -> bool {
    let word = word.trim_matches(['"', '\'']);
    !word.starts_with('$')
        && !word.starts_with("...")
        && !value::is_placeholder(word)
        && !word.contains("$(")
        && !word.contains("${")
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "# kubectl create secret generic a %fl%=pw=x\na: 1",
    "=== a.sh\nkubectl create secret generic a %fl%=pw=hunter2\n",
    "=== Makefile\ns:\n\tkubectl -n b create secret generic a \\\n\t  %fl% pw='hunter2' \\\n\t  --dry-run=client\n",
    "=== a.md\n```\noc create secret generic a %fl%=\"pw=hunter2\"\n```\n",
    "=== a.sh\necho -n hunter2 | kubeseal %raw% --name a\n",
    "=== a.sh\nprintf '%s' 'hunter2' | kubeseal --scope strict %raw%\n",
    "=== a.sh\nkubectl create secret docker-registry a --docker-user=b %dp%=hunter2\n",
    "=== ci.yml\nrun: kubectl create secret generic a %fl%=user=admin %fl%=pw=${PW}\n",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "=== a.sh\nkubectl create secret generic a %fl%=pw=$PW\n",
    "=== a.sh\nkubectl create secret generic a %fl%=pw=\"${PW}\"\n",
    "=== a.sh\nkubectl create configmap a %fl%=mode=fast\n",
    "=== a.md\nkubectl create secret generic a %fl%=pw=<password>\n",
    "=== a.sh\nkubectl create secret generic a --from-file=pw=./pw.txt\n",
    "=== a.sh\necho -n \"$PW\" | kubeseal %raw% --name a\n",
    "=== a.sh\nkubeseal %raw% --from-file=pw.txt\n",
    "=== a.sh\nkubectl create secret docker-registry a %dp%=\"$(cat pw)\"\n",
    "=== a.md\nUse %fl%=key=value to make a secret.\n",
    "=== a.sh\necho hello | tee x; kubeseal --fetch-cert\n",
];
