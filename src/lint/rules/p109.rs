//! P109: a URL with a password.

use crate::lint::{
    form,
    report::Report,
    rule::{Check, rule},
    text::Text,
};

rule! {
    /// A URL carries a password.
    ///
    /// What: `scheme://user:password@host` with a literal password, in any file.
    ///
    /// Why: the URL is copied into logs, error messages and shell histories together with its password.
    ///
    /// Instead: keep the password in a SealedSecret, and put the URL together from variables.
    "P109", Error, [Check::Text(check)]
}

fn check(text: &Text<'_>, report: &mut Report<'_>) {
    for found in form::passwords_in_urls(text.text) {
        report.in_text(
            text,
            found.range.start,
            found.range.end,
            found.what,
            "a password in a URL",
        );
    }
}

#[cfg(test)]
const FOUND: &[&str] = &[
    "url: '%url:https%'",
    "=== a.md\nClone %url:https%/repo.git today.\n",
    "=== a.sh\ncurl %url:http%\n",
    "=== a.txt\namqp at %url:amqp%:5672/v\n",
    "{%CM%, data: {u: '%url:postgres%/db?x=y'}}",
    "=== a.json\n{\"dsn\": \"%url:mysql%\"}",
    "# %url:redis%\na: 1\n",
    "=== Dockerfile\nRUN git clone %url:git+https%/x\n",
];

#[cfg(test)]
const QUIET: &[&str] = &[
    "url: https://host/path",
    "url: https://user@host/path",
    "url: https://host:8443/a@b",
    "url: postgres://app:${PASSWORD}@db/app",
    "url: postgres://app:$(PASSWORD)@db/app",
    "url: https://user:<password>@host/",
    "url: 'https://{{ .user }}:{{ .password }}@host/'",
    "url: https://user:****@host/",
    "url: https://u:p@host",
    "url: git@github.com:a/b.git",
    "image: registry.example.com:5000/a@sha256:0123456789abcdef",
];
