//! The documentation of rules, for `--explain` and `docs/rules.md`.

use crate::{
    cli::{Exit, Failure, Shell},
    lint::{
        finding::Severity,
        rule::Rule,
        rules::{self, ALL},
    },
};

/// Shows one rule, or all as a page.
pub fn run(id: &str, shell: &mut Shell) -> Result<Exit, Failure> {
    if id == "all" {
        write!(shell.output(), "{}", page())?;
        return Ok(Exit::Yes);
    }
    let Some(rule) = rules::find(&id.to_ascii_uppercase()) else {
        return Err(Failure::new(format!("there is no rule {id:?}"))
            .hint("`waxwing lint --explain all` shows all rules"));
    };
    shell.say(format_args!(
        "{} ({}): {}",
        rule.id,
        rule.severity,
        rule.title()
    ))?;
    for (word, mark) in [("What", "What:"), ("Why", "Why:"), ("Instead", "Instead:")] {
        shell.say(format_args!("\n{word}: {}", rule.part(mark)))?;
    }
    Ok(Exit::Yes)
}

const FAMILIES: &[(char, &str)] = &[
    ('P', "Plain secrets"),
    ('C', "Ciphertexts"),
    ('S', "SealedSecrets"),
    ('R', "References"),
    ('K', "Sealing keys and certificates"),
    ('O', "The scan itself"),
];

/// The page of all rules.
pub fn page() -> String {
    let mut text = String::from(
        "# Rules of `waxwing lint`\n\nMade by `waxwing lint --explain all`; the text of a rule is the doc comment of its file in `src/lint/rules/`.\n\n\
         What no rule can tell: whether two environments share a value (only equal lengths show), how strong a password is, \
         whether a well-formed ciphertext opens, whether a token is still valid.\n\n| Rule | Severity | |\n|---|---|---|\n",
    );
    for rule in ALL {
        let link = format!("[{}](#{})", rule.id, rule.id.to_lowercase());
        text.push_str(&format!(
            "| {link} | {} | {} |\n",
            severity(rule),
            rule.title()
        ));
    }
    for (letter, title) in FAMILIES {
        text.push_str(&format!("\n## {title}\n"));
        for rule in ALL.iter().filter(|rule| rule.id.starts_with(*letter)) {
            let anchor = format!(
                "\n### {}\n\n**{}** ({}).\n",
                rule.id,
                rule.title(),
                severity(rule)
            );
            text.push_str(&anchor);
            for (word, mark) in [("What", "What:"), ("Why", "Why:"), ("Instead", "Instead:")] {
                text.push_str(&format!("\n{word}: {}\n", rule.part(mark)));
            }
        }
    }
    text
}

fn severity(rule: &Rule) -> String {
    let word = match rule.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    };
    if rule.is_opt_in {
        format!("{word}, off")
    } else {
        word.to_owned()
    }
}
