//! `waxwing seal edit`: the values of a sealed file in an editor; what changed is sealed again.

use std::{collections::BTreeMap, path::PathBuf};

use serde_json::{Map, Value};

use super::{Found, SealedFile, editor::Editor, literal::check_key};
use crate::{
    api::{
        base64,
        secret::{Notation, Secret},
    },
    cli::{
        Exit, Failure, Shell, kubeseal::settle, private_keys::KeyArgs, sealing::CertificateArgs,
    },
    object::{
        edit::{self, Change, To},
        yaml::{self, ReadOptions},
    },
    seal::Binding,
    secret::Hidden,
};

/// Change the values of a sealed file in your editor; only what changed is sealed again, all else stays.
///
/// Needs a private key, to show what is sealed: --key or --cluster-keys. Without one values cannot be shown, but set
/// and taken out: `waxwing seal set`, `waxwing seal unset`. The plain values are in memory, and in a file on a tmpfs
/// that only you can read and that is wiped when the editor ends. VISUAL or EDITOR names the editor.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Example:\n  waxwing seal edit sealed.yaml --cluster-keys")]
pub(super) struct Args {
    /// The sealed file.
    file: PathBuf,
    /// Which SealedSecret of the file, if it holds several.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Namespace of a SealedSecret that does not say its own.
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,
    #[command(flatten)]
    keys: KeyArgs,
    #[command(flatten)]
    certificate: CertificateArgs,
}

type Values = BTreeMap<String, Hidden<Vec<u8>>>;

pub(super) fn run(args: &Args, shell: &mut Shell) -> Result<Exit, Failure> {
    if !args.keys.is_given() {
        return Err(
            Failure::new("without a private key the values cannot be shown")
                .hint("--key FILE or --cluster-keys gives one")
                .hint(
                    "`waxwing seal set` and `waxwing seal unset` change a value without seeing it",
                ),
        );
    }
    let mut file = SealedFile::read(&args.file)?;
    let mut certificates = args.certificate.certificates(shell.env());
    let rule = certificates.rule(file.folder())?;
    let found = file.one(args.name.as_deref())?.clone();
    let binding = found.binding(args.namespace.as_deref(), rule.as_ref())?;
    let keys = args.keys.read(args.certificate.controller(), shell)?;
    let certificate = match (&keys.current, args.certificate.is_typed() || rule.is_some()) {
        (Some(current), false) => current.clone(),
        _ => certificates.of(file.folder())?,
    };
    let before = opened(&found, &binding, &keys.ring)?;
    let Some(after) = edited(&before, &found, &binding, shell)? else {
        shell.note("nothing was changed");
        return Ok(Exit::Yes);
    };
    let mut sealed = Vec::new();
    for (key, value) in &after {
        if before.get(key) != Some(value) {
            let text = binding
                .seal(value.expose(), &certificate)
                .map_err(|error| Failure::new(format!("{key} cannot be sealed")).because(error))?;
            sealed.push((key.clone(), text));
        }
    }
    let changed: Vec<String> = sealed.iter().map(|(key, _)| key.clone()).collect();
    let gone: Vec<String> = before
        .keys()
        .filter(|key| !after.contains_key(*key))
        .cloned()
        .collect();
    let mut text = changed_text(&file.text, &found.changes(sealed))?;
    for key in &gone {
        let change = Change {
            document: found.document,
            pointer: found.item(key),
            to: To::Gone,
        };
        text = changed_text(&text, &[change])?;
    }
    file.write(text)?;
    for (what, keys) in [("sealed", changed), ("taken out", gone)] {
        if !keys.is_empty() {
            let keys = keys.join(", ");
            shell.note(format_args!("{}: {keys} {what}", args.file.display()));
        }
    }
    Ok(Exit::Yes)
}

fn changed_text(text: &str, changes: &[Change]) -> Result<String, Failure> {
    edit::apply(text, changes)
        .map_err(|error| Failure::new("the file cannot be changed in place").because(error))
}

fn opened(
    found: &Found,
    binding: &Binding,
    ring: &crate::seal::KeyRing,
) -> Result<Values, Failure> {
    let mut values = Values::new();
    for (key, text) in &found.sealed.spec.encrypted_data {
        let opened = binding.open(text, ring).map_err(|error| {
            Failure::new(format!("{}: {key} does not open", found.place))
                .because(error)
                .hint("`waxwing seal check` with the same keys says why")
                .exiting(Exit::No)
        })?;
        values.insert(key.clone(), opened.value);
    }
    Ok(values)
}

/// What the user made of the values; `None` where nothing changed. A text that cannot be read comes back with the
/// reason on top, until it can or until it is left as it is.
fn edited(
    before: &Values,
    found: &Found,
    binding: &Binding,
    shell: &mut Shell,
) -> Result<Option<Values>, Failure> {
    let editor = Editor::new(shell.env())?;
    let head = format!(
        "# The values of {}, sealed for {binding}.\n# What changes is sealed again when the editor ends; nothing changed or an empty file changes nothing.\n# Values that are no text are in `data`, in base64.\n",
        found.place
    );
    let body = text_of(before);
    let mut shown = Hidden::new(format!("{head}{}", body.expose()));
    loop {
        let left = editor.edit(&shown)?;
        if left == shown && left.expose().contains(REFUSED) {
            return Err(Failure::new(
                "the text is as it was refused: nothing was changed",
            ));
        }
        match parsed(left.expose()) {
            Ok(None) => return Ok(None),
            Ok(Some(after)) if after == *before => return Ok(None),
            Ok(Some(after)) => return Ok(Some(after)),
            Err(why) => {
                let kept: String = left
                    .expose()
                    .lines()
                    .filter(|line| !line.starts_with(REFUSED))
                    .map(|line| format!("{line}\n"))
                    .collect();
                shown = Hidden::new(format!("{REFUSED} {why}\n{kept}"));
            }
        }
    }
}

/// Begins the line that says why a text was refused.
const REFUSED: &str = "# refused:";

/// The values as a Secret has them.
fn text_of(values: &Values) -> Hidden<String> {
    let (mut texts, mut bytes) = (Map::new(), Map::new());
    for (key, value) in values {
        match std::str::from_utf8(value.expose()) {
            Ok(text)
                if text
                    .chars()
                    .all(|letter| letter == '\n' || letter == '\t' || !letter.is_control()) =>
            {
                texts.insert(key.clone(), text.into());
            }
            _ => {
                bytes.insert(key.clone(), base64::encode(value.expose()).into());
            }
        }
    }
    let mut secret = Map::new();
    if !bytes.is_empty() {
        secret.insert("data".to_owned(), bytes.into());
    }
    secret.insert("stringData".to_owned(), texts.into());
    Hidden::new(yaml::write(&Value::Object(secret)))
}

/// Reads what an editor left.
///
/// # Errors
/// Why it cannot be taken; never a value.
fn parsed(text: &str) -> Result<Option<Values>, String> {
    let mut documents =
        yaml::read(text.as_bytes(), &ReadOptions::default()).map_err(|error| error.to_string())?;
    if documents.len() > 1 {
        return Err("there is more than one document".to_owned());
    }
    let Some(mut document) = documents.pop() else {
        return Ok(None);
    };
    settle(&mut document, text.as_bytes(), 0).map_err(|error| error.to_string())?;
    let known = ["data", "stringData"];
    let other = document.value.as_object().and_then(|map| {
        map.keys()
            .find(|key| !known.contains(&key.as_str()))
            .cloned()
    });
    if let Some(other) = other {
        return Err(format!(
            "only data and stringData are known here, not {other}"
        ));
    }
    let secret =
        Secret::from_value(document.value, Notation::Yaml).map_err(|error| error.to_string())?;
    for key in secret.data.keys() {
        check_key(key).map_err(|failure| failure.message)?;
    }
    Ok(Some(secret.data))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_they_were() {
        let values: Values = [
            ("text", &b"yes"[..]),
            ("lines", b"a\n  b\n\n"),
            ("number", b"0123"),
            ("bytes", &[0, 255]),
            ("bell", b"a\x07b"),
            ("empty", b""),
        ]
        .map(|(key, value)| (key.to_owned(), Hidden::new(value.to_vec())))
        .into();
        let text = text_of(&values);
        assert_eq!(parsed(text.expose()), Ok(Some(values)), "{}", text.expose());
    }

    #[test]
    fn what_cannot_be_taken_is_refused_without_a_value() {
        assert_eq!(parsed("# nothing\n"), Ok(None));
        for text in [
            "stringData: {a: planted, \"\n",
            "stringdata: {a: planted}\n",
            "stringData: {a b: planted}\n",
            "data: {a: planted*}\n",
            "stringData: {a: planted}\n---\nstringData: {}\n",
        ] {
            let why = parsed(text).unwrap_err();
            assert!(!why.contains("planted"), "{why}");
        }
    }
}
