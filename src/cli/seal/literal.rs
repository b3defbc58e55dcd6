//! The items of a Secret from literals, files and env files, with the rules of `kubectl create secret generic`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::{
    cli::{
        Failure, Shell,
        whole_file::{MAX_VALUE_BYTES, read, within},
    },
    secret::Hidden,
};

/// The most letters of a key.
const MAX_KEY_LETTERS: usize = 253;

/// Items of a new Secret.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "A new Secret")]
pub(super) struct LiteralArgs {
    /// An item, repeatable. Others on this machine can see it while the command runs: prefer --from-file.
    #[arg(long, value_name = "KEY=VALUE")]
    from_literal: Vec<String>,
    /// A file as an item, or each file of a folder, repeatable; `KEY=-` reads the standard input.
    #[arg(long, value_name = "[KEY=]FILE")]
    from_file: Vec<String>,
    /// A file with lines KEY=VALUE, repeatable.
    #[arg(long, value_name = "FILE")]
    from_env_file: Vec<PathBuf>,
}

type Items = BTreeMap<String, Hidden<Vec<u8>>>;

impl LiteralArgs {
    pub(super) fn is_given(&self) -> bool {
        !(self.from_literal.is_empty()
            && self.from_file.is_empty()
            && self.from_env_file.is_empty())
    }

    /// The items.
    ///
    /// # Errors
    /// A key is none or comes twice, a file cannot be read.
    pub(super) fn items(&self, shell: &mut Shell) -> Result<Items, Failure> {
        let mut items = Items::new();
        for text in &self.from_literal {
            let (key, value) = text
                .split_once('=')
                .filter(|(key, _)| !key.is_empty())
                .ok_or_else(|| Failure::new("--from-literal: not of the form KEY=VALUE"))?;
            add(&mut items, key, Hidden::new(value.as_bytes().to_vec()))?;
        }
        for text in &self.from_file {
            add_file(&mut items, text, shell)?;
        }
        for file in &self.from_env_file {
            let text = read(file, MAX_VALUE_BYTES)?;
            add_env_file(&mut items, text.expose(), file, shell)?;
        }
        Ok(items)
    }
}

/// Adds an item whose key may stand in a Secret.
///
/// # Errors
/// The key cannot, or is there already.
pub(super) fn add(items: &mut Items, key: &str, value: Hidden<Vec<u8>>) -> Result<(), Failure> {
    check_key(key)?;
    if items.insert(key.to_owned(), value).is_some() {
        return Err(Failure::new(format!("key {key} is given twice")));
    }
    Ok(())
}

/// Whether a key may stand in a Secret, by the rule of the API server.
///
/// # Errors
/// It may not.
pub(super) fn check_key(key: &str) -> Result<(), Failure> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "-._".contains(letter);
    if key.is_empty()
        || key.len() > MAX_KEY_LETTERS
        || key == "."
        || key.starts_with("..")
        || !key.chars().all(fits)
    {
        return Err(
            Failure::new(format!("{key:?} cannot be a key of a Secret")).hint(format!(
                "letters, digits, '-', '_' and '.', at most {MAX_KEY_LETTERS}, and not beginning with '..'"
            )),
        );
    }
    Ok(())
}

fn add_file(items: &mut Items, text: &str, shell: &mut Shell) -> Result<(), Failure> {
    let (key, path) = match text.split_once('=') {
        Some((key, path)) => (Some(key), path),
        None => (None, text),
    };
    if path.is_empty() || key == Some("") {
        return Err(Failure::new(format!(
            "--from-file {text}: not of the form [KEY=]FILE"
        )));
    }
    if path == "-" {
        let key = key.ok_or_else(|| Failure::new("--from-file -: write KEY=-"))?;
        let value = within(shell.input(), MAX_VALUE_BYTES, "the standard input")?;
        return add(items, key, value);
    }
    let path = Path::new(path);
    if path.is_dir() {
        if key.is_some() {
            return Err(Failure::new(format!(
                "--from-file {text}: a folder has the keys of its files"
            )));
        }
        return add_folder(items, path);
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    add(items, key.unwrap_or(&name), read(path, MAX_VALUE_BYTES)?)
}

/// The files of a folder whose names can be keys; others are passed over, as kubectl does.
fn add_folder(items: &mut Items, folder: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(format!("failed to read {}", folder.display())).because(error)
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    for path in files {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if check_key(&name).is_ok() {
            add(items, &name, read(&path, MAX_VALUE_BYTES)?)?;
        }
    }
    Ok(())
}

/// Lines `KEY=VALUE` as kubectl reads them: blank lines and comments are passed over, quotes are part of the value, and
/// a line with a key alone takes the value of that environment variable.
fn add_env_file(
    items: &mut Items,
    bytes: &[u8],
    file: &Path,
    shell: &Shell,
) -> Result<(), Failure> {
    let place = |number: usize| format!("{}: line {}", file.display(), number + 1);
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Failure::new(format!("{} is not UTF-8", file.display())))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (number, line) in text.lines().enumerate() {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = match line.split_once('=') {
            Some((key, value)) => (key, value),
            None => match shell.env().get(line) {
                Some(value) => (line, value),
                None => continue,
            },
        };
        let starts_well =
            key.starts_with(|letter: char| letter.is_ascii_alphabetic() || "-._".contains(letter));
        if !starts_well || check_key(key).is_err() {
            return Err(Failure::new(format!(
                "{}: the key is not one of an environment variable",
                place(number)
            )));
        }
        add(items, key, Hidden::new(value.as_bytes().to_vec()))
            .map_err(|failure| Failure::new(place(number)).because(failure.message))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Env;

    fn shell() -> Shell {
        let env: Env = [("FROM_ENV", "e")].into_iter().collect();
        Shell::new(&b"piped\n"[..], Vec::new(), Vec::new(), env)
    }

    fn shown(items: &Items) -> Vec<(&str, &str)> {
        items
            .iter()
            .map(|(key, value)| (key.as_str(), std::str::from_utf8(value.expose()).unwrap()))
            .collect()
    }

    #[test]
    fn env_files_are_read_as_kubectl_reads_them() {
        let text = "\u{feff}A=1\n\n  # no\n  B= \"two\" \r\nC=x=y\nFROM_ENV\nNOT_SET\nE=\n";
        let mut items = Items::new();
        add_env_file(&mut items, text.as_bytes(), Path::new("f"), &shell()).unwrap();
        assert_eq!(
            shown(&items),
            [
                ("A", "1"),
                ("B", " \"two\" "),
                ("C", "x=y"),
                ("E", ""),
                ("FROM_ENV", "e")
            ]
        );
        for (text, wanted) in [
            ("A=1\n1A=planted\n", "f: line 2: the key"),
            ("A=1\nA=planted\n", "key A is given twice"),
            ("A B=planted\n", "f: line 1: the key"),
        ] {
            let mut items = Items::new();
            let failure = add_env_file(&mut items, text.as_bytes(), Path::new("f"), &shell());
            let failure = failure.unwrap_err().to_string();
            assert!(
                failure.contains(wanted) && !failure.contains("planted"),
                "{failure}"
            );
        }
    }

    #[test]
    fn literals_and_files_come_together() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tls.crt");
        #[expect(clippy::disallowed_methods, reason = "a test has a folder of its own")]
        std::fs::write(&file, "c").unwrap();
        let args = LiteralArgs {
            from_literal: vec!["a=b=c".to_owned(), "e=".to_owned()],
            from_file: vec![
                folder.path().display().to_string(),
                format!("other={}", file.display()),
                "p=-".to_owned(),
            ],
            from_env_file: Vec::new(),
        };
        let items = args.items(&mut shell()).unwrap();
        assert_eq!(
            shown(&items),
            [
                ("a", "b=c"),
                ("e", ""),
                ("other", "c"),
                ("p", "piped\n"),
                ("tls.crt", "c")
            ]
        );
    }

    #[test]
    fn keys_that_no_secret_can_have_are_refused() {
        let long = "k".repeat(254);
        for key in ["", ".", "..a", "a b", "ä", &long] {
            assert!(check_key(key).is_err(), "{key}");
        }
        for key in [".a", "a..b", "tls.crt", "A-_9"] {
            assert!(check_key(key).is_ok(), "{key}");
        }
    }
}
