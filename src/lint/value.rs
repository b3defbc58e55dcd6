//! Whether a text is a credential in plain, or a placeholder, a reference or something public.

use std::sync::LazyLock;

use regex::Regex;

use super::{form, key};
use crate::api::base64;

/// Beginnings of texts that say where the value is to be had.
const REFERENCES: &[&str] = &[
    "ENC[",
    "vault:",
    "vault/",
    "ref+",
    "arn:",
    "op://",
    "ssm:",
    "awssm",
    "gcpsm",
    "azurekeyvault",
    "keyvault:",
    "secretref:",
    "secretKeyRef",
    "sops:",
    "env:",
    "file:",
    "projects/",
    "<path:",
    "$ANSIBLE_VAULT",
    "bao:",
    "sm://",
    "doppler:",
    "infisical:",
    "@Microsoft.KeyVault",
    "k8s:",
    "secret:",
    "secrets:",
];

/// Beginnings of what is public or one-way.
const PUBLIC: &[&str] = &[
    "ssh-rsa ",
    "ssh-ed25519 ",
    "ecdsa-sha2-",
    "age1",
    "sha256:",
    "sha384:",
    "sha512:",
    "sha1:",
    "md5:",
    "$2a$",
    "$2b$",
    "$2y$",
    "$argon2",
    "$6$",
    "$5$",
    "$1$",
    "$apr1$",
    "$pbkdf2",
    "$scrypt$",
    "{SHA}",
    "{SSHA}",
    "{bcrypt}",
    "-----BEGIN CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----",
    "-----BEGIN RSA PUBLIC KEY-----",
    "-----BEGIN PGP PUBLIC KEY BLOCK-----",
    "-----BEGIN TRUSTED CERTIFICATE-----",
    "-----BEGIN CERTIFICATE REQUEST-----",
    "-----BEGIN X509 CRL-----",
    "-----BEGIN PGP MESSAGE-----",
    "-----BEGIN AGE ENCRYPTED FILE-----",
];

/// Words that stand for a value to come, alone or with others around them.
static PLACEHOLDER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)
        change[-_\s]?(me|it|this)
        | replace[-_\s]?(me|this|with|by)
        | placeholder | redacted | to[-_]?be[-_](set|replaced|filled|defined|overridden|provided)
        | (insert|enter|put|set|fill|add|paste|use)[-_\s](your|my|the|in|a|here|me)
        | your[-_\s]?[a-z]*[-_\s]?(password|passwd|secret|token|key|value|user|username|here|api|pass)
        | <[^<>]*> | \$\{[^}]*\} | \$\([^)]*\) | \{\{.*\}\} | %[A-Z][A-Z0-9_]*% | \#\{[^}]*\} | @[A-Z_]+@ | __[A-Z0-9_]+__
        | (value|secret|password|key|token)[-_\s](goes|is)[-_\s](here|elsewhere)
        | not[-_\s]?(a|the)?[-_\s]?(real|used|set|secret)
        | sealed[-_\s](value|secret|data) | managed[-_\s]by | provided[-_\s]by | injected[-_\s]by
        | ^(todo|tbd|fixme|dummy|sample|example|fake|foo|bar|baz|none|null|nil|unset|empty|undefined|n/a|na|xxx+|test|default|optional|required|unused|disabled)$
        | ^(example|dummy|sample|fake|mock|todo|fixme)[-_\s:]
        | ^\$[A-Za-z_][A-Za-z0-9_]*$
        ",
    )
    .ok()
});

/// Whether a text only stands for a value that somebody else puts there.
pub fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    let mut letters = text.chars();
    let Some(first) = letters.next() else {
        return true;
    };
    let is_one_letter = letters.all(|letter| letter == first);
    (is_one_letter && (!first.is_alphanumeric() || matches!(first, 'x' | 'X') && text.len() > 2))
        || PLACEHOLDER
            .as_ref()
            .is_some_and(|regex| regex.is_match(text))
        || is_reference(text)
}

/// Whether a text says where a value is to be had.
pub fn is_reference(text: &str) -> bool {
    let text = text.trim();
    REFERENCES.iter().any(|start| {
        text.get(..start.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(start))
    })
}

/// Whether a text is public or one-way: a certificate, a public key, a hash.
pub fn is_public(text: &str) -> bool {
    let text = text.trim();
    if PUBLIC.iter().any(|start| text.starts_with(start)) {
        return !text.contains("PRIVATE KEY");
    }
    // A line of htpasswd.
    text.lines().all(|line| {
        line.split_once(':').is_some_and(|(_, hash)| {
            PUBLIC
                .iter()
                .any(|start| start.starts_with(['$', '{']) && hash.starts_with(start))
        })
    })
}

/// Whether the value of a name that says "credential" may be one.
pub fn is_plausible(name: &str, text: &str) -> bool {
    let text = text.trim();
    if is_placeholder(text) || is_public(text) {
        return false;
    }
    if matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "~"
    ) {
        return false;
    }
    if text.starts_with(['/', '~']) && !text.contains(' ') && text.contains('/') && text.len() > 1 {
        // A path, unless it is base64 that begins with a slash.
        return !text.chars().all(|l| {
            l.is_ascii_lowercase() || matches!(l, '/' | '.' | '-' | '_' | '~' | '0'..='9')
        });
    }
    if text.starts_with("./") || text.starts_with("../") {
        return false;
    }
    if let Some((scheme, _)) = text.split_once("://")
        && scheme
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '+')
    {
        return !form::passwords_in_urls(text).is_empty();
    }
    !(key::is_vague(name) && is_name(text))
}

/// Whether a text looks like the name of an object: lower-case words with hyphens, one of them a usual one.
fn is_name(text: &str) -> bool {
    let is_label = text.len() <= 253
        && text.chars().all(|letter| {
            letter.is_ascii_lowercase()
                || letter.is_ascii_digit()
                || matches!(letter, '-' | '.' | '/')
        });
    let words: Vec<&str> = text.split(['-', '.', '/']).collect();
    is_label
        && words.iter().any(|word| {
            matches!(
                *word,
                "secret"
                    | "secrets"
                    | "credentials"
                    | "credential"
                    | "creds"
                    | "tls"
                    | "cert"
                    | "auth"
                    | "token"
                    | "key"
                    | "keys"
                    | "password"
                    | "passwords"
                    | "config"
                    | "env"
                    | "registry"
                    | "pull"
                    | "account"
                    | "sa"
            )
        })
}

/// Whether a name and its value are a credential in plain.
pub fn is_credential(name: &str, text: &str) -> bool {
    key::is_credential(name) && is_plausible(name, text)
}

/// What a value of a Secret's `data` decodes to, where that is text.
pub fn decoded(text: &str) -> Option<String> {
    base64::decode(text.trim())
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_no_values() {
        for text in [
            "",
            "  ",
            "CHANGEME",
            "change-me",
            "<password>",
            "${DB_PASSWORD}",
            "$(PW)",
            "{{ .Values.pw }}",
            "****",
            "xxxx",
            "REPLACE_ME",
            "your-password-here",
            "todo",
            "%PW%",
            "$PW",
            "vault:secret/data/x#y",
            "ENC[AES256_GCM,data:x]",
            "example-token",
            "ref+awsssm://x",
            "...",
            "insert your token",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in [
            "hunter2",
            "s3cret",
            "password",
            "1",
            "a",
            "admin",
            "Pa$$w0rd",
            "xX9",
            "correct horse",
        ] {
            assert!(!is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn names_paths_and_public_things_are_no_credentials() {
        for (name, text) in [
            ("password", "/run/secrets/pw"),
            ("secret", "db-credentials"),
            ("clientSecret", "web-auth"),
            ("token", "false"),
            ("password", "$2y$10$abcdefghijklmnopqrstuv"),
            ("secretKey", "ssh-rsa AAAA"),
            ("token", "https://host/path"),
            ("length", "hunter2"),
            ("users_password", "bob:$apr1$x$y"),
        ] {
            assert!(!is_credential(name, text), "{name} {text}");
        }
        for (name, text) in [
            ("password", "hunter2"),
            ("secret", "hunter2"),
            ("token", "abc/def"),
            ("password", "/aB3x/9Q"),
        ] {
            assert!(is_credential(name, text), "{name} {text}");
        }
    }
}
