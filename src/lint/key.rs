//! Whether a name says that its value is a credential.

/// Words behind the one that counts: they say which one it is, not what.
const NEUTRAL: &[&str] = &[
    "b64",
    "base64",
    "current",
    "default",
    "dev",
    "new",
    "old",
    "plain",
    "plaintext",
    "primary",
    "prod",
    "production",
    "raw",
    "secondary",
    "staging",
    "string",
    "test",
    "text",
    "value",
];

/// Ends of words that are credentials in any company.
const ENDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "apikey",
    "secretkey",
    "accesskey",
    "privatekey",
    "authtoken",
    "accesstoken",
    "refreshtoken",
    "clientsecret",
];

/// Words that are credentials where they stand last.
const LAST: &[&str] = &[
    "pass",
    "secret",
    "token",
    "credential",
    "credentials",
    "creds",
    "passcode",
];

/// What makes a `key` one that must stay secret.
const KEYS: &[&str] = &[
    "access",
    "account",
    "api",
    "application",
    "cipher",
    "crypt",
    "encrypt",
    "encryption",
    "hmac",
    "jwt",
    "license",
    "master",
    "private",
    "secret",
    "session",
    "shared",
    "sign",
    "signing",
    "storage",
];

/// Words before `token` and the like that make it something public.
const PUBLIC: &[&str] = &[
    "create",
    "enable",
    "enabled",
    "existing",
    "has",
    "use",
    "csrf",
    "max",
    "min",
    "next",
    "no",
    "page",
    "public",
    "pagination",
    "continuation",
];

/// The words of a name, in lower case: `dbPassword`, `DB_PASSWORD`, `db.password` are all two.
pub fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    let letters: Vec<char> = name.chars().collect();
    for (at, letter) in letters.iter().copied().enumerate() {
        let next_is_lower = letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        let starts = letter.is_uppercase()
            && (before.is_lowercase()
                || before.is_numeric()
                || (before.is_uppercase() && next_is_lower));
        if (!letter.is_alphanumeric() || starts) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
        before = letter;
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Whether a name says that its value is a credential itself, not a name, a path or a setting of one.
pub fn is_credential(name: &str) -> bool {
    let mut words = words(name);
    while words.len() > 1
        && words.last().is_some_and(|last| {
            NEUTRAL.contains(&last.as_str()) || last.bytes().all(|byte| byte.is_ascii_digit())
        })
    {
        words.pop();
    }
    let Some(last) = words.last() else {
        return false;
    };
    let last = last.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let before = words.len().checked_sub(2).and_then(|at| words.get(at));
    let before = before.map_or("", String::as_str);
    if words.iter().any(|word| word == "public") || PUBLIC.contains(&before) {
        return false;
    }
    ENDS.iter().any(|end| last.ends_with(end))
        || LAST.contains(&last)
        || (last == "pwd" && !before.is_empty() && before != "old")
        || (last == "auth" && before.starts_with("redis"))
        || (last == "key" && KEYS.contains(&before))
        || (last == "base" && before == "key")
        || (last == "pepper" || last == "salt" && before == "secret")
}

/// Whether the last word alone is so general that it often names an object instead.
pub fn is_vague(name: &str) -> bool {
    let words = words(name);
    words.last().is_some_and(|last| {
        matches!(
            last.as_str(),
            "secret" | "credential" | "credentials" | "creds" | "token"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_credentials_are_told_from_names_of_settings() {
        for name in [
            "password",
            "DB_PASSWORD",
            "dbPassword",
            "postgresqlPassword",
            "PGPASSWORD",
            "MYSQL_PWD",
            "DB_PASS",
            "api-key",
            "API_KEY",
            "apiKey",
            "APIKey",
            "AWS_SECRET_ACCESS_KEY",
            "SECRET_KEY_BASE",
            "jwtSecret",
            "GITHUB_TOKEN",
            "auth.token",
            "password2",
            "DB_PASSWORD_PROD",
            "client_secret",
            "signing-key",
            "REDISCLI_AUTH",
            "adminPassword",
            "passwordValue",
            "credentials",
            "smtp_passwd",
            "passphrase",
        ] {
            assert!(is_credential(name), "{name}");
        }
        for name in [
            "PASSWORD_FILE",
            "passwordSecretName",
            "secretName",
            "TOKEN_URL",
            "MAX_TOKENS",
            "tokenTTL",
            "PWD",
            "OLD_PWD",
            "bypass",
            "publicKey",
            "PUBLIC_API_KEY",
            "key",
            "keyRef",
            "secretKeyRef",
            "existingSecretKey_name",
            "passwordPolicy",
            "PASSWORD_MIN_LENGTH",
            "AWS_ACCESS_KEY_ID",
            "compass_url",
            "secretRef",
            "csrf_token",
            "next_token",
            "",
            "--",
            "tokenizer",
            "passwordHash",
        ] {
            assert!(!is_credential(name), "{name}");
        }
    }
}
