//! `waxwing seal set`: values sealed into a file, in place.

use std::path::PathBuf;

use super::{SealedFile, literal::check_key};
use crate::{
    cli::{
        Exit, Failure, Shell,
        sealing::CertificateArgs,
        whole_file::{MAX_VALUE_BYTES, read, within},
    },
    object::edit::Change,
    secret::Hidden,
};

/// Seal values into a sealed file: comments, order, format, scope and template stay.
///
/// Needs the certificate only. Without a value it is read from --from-file, asked for on a terminal, or read from the
/// standard input, to its last byte.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    waxwing seal set sealed.yaml password --from-file ./password\n  \
    pwgen -s 40 1 | tr -d '\\n' | waxwing seal set sealed.yaml password\n  \
    waxwing seal set sealed.yaml user=me")]
pub(super) struct Args {
    /// The sealed file.
    file: PathBuf,
    /// Keys, with their values or without. Others on this machine can see a value that is typed here.
    #[arg(required = true, value_name = "KEY[=VALUE]")]
    items: Vec<String>,
    /// File with the value.
    #[arg(long, value_name = "FILE")]
    from_file: Option<PathBuf>,
    /// Which SealedSecret of the file, if it holds several.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Namespace of a SealedSecret that does not say its own.
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,
    #[command(flatten)]
    certificate: CertificateArgs,
}

pub(super) fn run(args: &Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let mut file = SealedFile::read(&args.file)?;
    let values = values(args, shell)?;
    let mut certificates = args.certificate.certificates(shell.env());
    let rule = certificates.rule(file.folder())?;
    let found = file.one(args.name.as_deref())?.clone();
    let binding = found.binding(args.namespace.as_deref(), rule.as_ref())?;
    if found.sealed.spec.data.is_some() {
        return Err(Failure::new(format!(
            "{} uses the deprecated spec.data, to which nothing can be added",
            found.place
        ))
        .hint("`kubeseal --re-encrypt` makes items of it"));
    }
    let certificate = certificates.of(file.folder())?;
    let mut sealed = Vec::new();
    for (key, value) in values {
        let text = binding
            .seal(value.expose(), &certificate)
            .map_err(|error| Failure::new(format!("{key} cannot be sealed")).because(error))?;
        sealed.push((key, text));
    }
    sealed.sort();
    let keys: Vec<String> = sealed.iter().map(|(key, _)| key.clone()).collect();
    let changes: Vec<Change> = found.changes(sealed);
    file.change(&changes)?;
    shell.note(format_args!(
        "{}: {} sealed for {binding}",
        args.file.display(),
        keys.join(", ")
    ));
    Ok(Exit::Yes)
}

/// Values with their keys, in the order in which they were given.
type Values = Vec<(String, Hidden<Vec<u8>>)>;

/// The values, by key.
fn values(args: &Args, shell: &mut Shell) -> Result<Values, Failure> {
    let mut values = Values::new();
    let mut waiting = Vec::new();
    for item in &args.items {
        let (key, value) = match item.split_once('=') {
            Some((key, value)) => (key, Some(value)),
            None => (item.as_str(), None),
        };
        check_key(key)?;
        if values.iter().any(|(other, _)| other == key) || waiting.iter().any(|one| one == key) {
            return Err(Failure::new(format!("key {key} is given twice")));
        }
        match value {
            Some(value) => values.push((key.to_owned(), Hidden::new(value.as_bytes().to_vec()))),
            None => waiting.push(key.to_owned()),
        }
    }
    match (waiting.as_slice(), &args.from_file) {
        ([], None) => {}
        ([], Some(_)) => return Err(Failure::new("--from-file: no key waits for a value")),
        ([key], Some(file)) => values.push((key.clone(), read(file, MAX_VALUE_BYTES)?)),
        ([key], None) if !shell.can_ask() => {
            let value = within(shell.input(), MAX_VALUE_BYTES, "the standard input")?;
            values.push((key.clone(), value));
        }
        (keys, None) if shell.can_ask() => {
            for key in keys {
                let value = shell.ask_hidden(&format!("value of {key}: "))?;
                values.push((
                    key.clone(),
                    Hidden::new(value.expose().clone().into_bytes()),
                ));
            }
        }
        (keys, _) => {
            return Err(Failure::new(format!(
                "{} keys wait for a value: one can be read",
                keys.len()
            ))
            .hint("set them one after the other"));
        }
    }
    Ok(values)
}
