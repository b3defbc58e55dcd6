//! `waxwing seal unset`: values taken out of a file, in place.

use std::path::PathBuf;

use super::SealedFile;
use crate::{
    cli::{Exit, Failure, Shell},
    object::edit::{Change, To},
};

/// Take values out of a sealed file, each with its line; all else stays. Needs neither certificate nor keys.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Example:\n  waxwing seal unset sealed.yaml old-password")]
pub(super) struct Args {
    /// The sealed file.
    file: PathBuf,
    /// Keys.
    #[arg(required = true, value_name = "KEY")]
    keys: Vec<String>,
    /// Which SealedSecret of the file, if it holds several.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

pub(super) fn run(args: &Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let mut file = SealedFile::read(&args.file)?;
    let found = file.one(args.name.as_deref())?.clone();
    let items = &found.sealed.spec.encrypted_data;
    if let Some(key) = args.keys.iter().find(|key| !items.contains_key(*key)) {
        let there: Vec<&str> = items.keys().map(String::as_str).collect();
        return Err(Failure::new(format!("{} has no {key}", found.place))
            .hint(format!("it has {}", there.join(", ")))
            .exiting(Exit::No));
    }
    let before = file.text.clone();
    for key in &args.keys {
        let gone = Change {
            document: found.document,
            pointer: found.item(key),
            to: To::Gone,
        };
        file.text = crate::object::edit::apply(&file.text, &[gone]).map_err(|error| {
            Failure::new(format!("{key} cannot be taken out in place")).because(error)
        })?;
    }
    let after = std::mem::replace(&mut file.text, before);
    file.write(after)?;
    shell.note(format_args!(
        "{}: {} taken out",
        args.file.display(),
        args.keys.join(", ")
    ));
    let left_names = args
        .keys
        .iter()
        .filter(|key| found.sealed.spec.template.data.contains_key(*key));
    for key in left_names {
        shell.note(format_args!(
            "note: spec.template.data still has {key}, which is rendered as a template"
        ));
    }
    Ok(Exit::Yes)
}
