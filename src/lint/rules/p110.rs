//! P110: a token of known form.

use super::p108::article;
use crate::lint::{
    form,
    report::Report,
    rule::{Check, rule},
    text::Text,
};

rule! {
    /// A token of a known provider.
    ///
    /// What: tokens of GitHub, GitLab, AWS, Slack, Google, Stripe, npm, PyPI, Docker Hub, SendGrid, Vault, DigitalOcean
    /// and Hugging Face, and JSON web tokens, by prefix, alphabet and length. Examples of documentation and parts of
    /// longer texts are left alone.
    ///
    /// Why: such a token works from anywhere, and programs look for it in every public repository.
    ///
    /// Instead: revoke the token at its provider, then seal the new one.
    "P110", Error, [Check::Text(check)]
}

fn check(text: &Text<'_>, report: &mut Report<'_>) {
    for found in form::tokens(text.text) {
        report.in_text(
            text,
            found.range.start,
            found.range.end,
            found.what,
            format!("{} in the text", article(found.what)),
        );
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "a: %token:github%",
    "=== a.sh\nexport X=%token:gitlab%\n",
    "# key: %token:aws%\na: 1",
    "=== a.md\nUse `%token:slack%`.\n",
    "{%CM%, data: {x: '%token:google%'}}",
    "=== a.ini\nk=%token:stripe%\n",
    "=== .npmrc\ntoken=%token:npm%\n",
    "=== a.txt\n%token:vault%\n",
    "a: %token:jwt%",
    "=== a.txt\n%token:docker%\n%token:sendgrid%\n",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "a: ghp_short",
    "a: ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "a: AKIAIOSFODNN7EXAMPLE",
    "{%SS%, metadata: {name: a, namespace: b}, spec: {encryptedData: {pw: %sealed%}}}",
    "a: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'",
    "a: glpat-YOUR_TOKEN_HERE_PLEASE",
    "a: npm_config_registry",
    "a: 0123AKIAABCDEFGHIJKLMNOPQRSTUVWX",
    "a: xoxb-placeholder",
];
