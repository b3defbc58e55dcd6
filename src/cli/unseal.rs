//! `waxwing unseal`: sealed files opened at the desk, with private keys.

use std::path::PathBuf;

use super::{
    Env, Exit, Failure, Shell,
    kubeseal::Format,
    private_keys::KeyArgs,
    seal::found_in,
    sealing::ControllerArgs,
    whole_file::{MAX_MANIFEST_BYTES, Readers, goes_to_git, put, read, within},
};
use crate::{
    api::sealed_secret::SealedSecret,
    seal::{DeprecatedData, opened_secret},
    secret::Hidden,
};

/// Open sealed files with private keys, without a controller: for the day when the cluster is gone.
///
/// Opens every SealedSecret of the input, runs its templates, and writes Secrets.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    waxwing unseal sealed.yaml --key backup.age --identity id.txt\n  \
    waxwing unseal sealed.yaml --cluster-keys --item password")]
pub struct Args {
    /// Sealed files; `-`, or nothing, reads the standard input.
    files: Vec<PathBuf>,
    /// Write the value of this item alone, as it is.
    #[arg(long, value_name = "KEY")]
    item: Option<String>,
    /// Write to a file that only you can read, instead of the standard output.
    #[arg(short = 'w', long, value_name = "FILE")]
    output_file: Option<PathBuf>,
    /// Write plain values even where Git would take the file.
    #[arg(long, requires = "output_file")]
    force: bool,
    /// yaml or json.
    #[arg(short, long, default_value = "yaml", value_parser = ["yaml", "json"])]
    output: String,
    #[command(flatten)]
    keys: KeyArgs,
    #[command(flatten)]
    controller: ControllerArgs,
}

/// What `waxwing unseal` is to do.
#[derive(Debug)]
pub struct Settings(Args);

impl Args {
    /// From what was typed to what was meant.
    ///
    /// # Errors
    /// No private key is given, or the plain values would go to Git.
    pub fn resolve(self, _env: &Env) -> Result<Settings, Failure> {
        if !self.keys.is_given() {
            return Err(Failure::new("opening needs a private key")
                .hint("--key FILE, repeatable, or --cluster-keys"));
        }
        if let Some(path) = self.output_file.as_deref().filter(|path| goes_to_git(path))
            && !self.force
        {
            return Err(Failure::new(format!(
                "{} would hold plain values, and Git does not ignore it",
                path.display()
            ))
            .hint("write it outside of the repository, or add it to .gitignore")
            .hint("--force writes it all the same"));
        }
        Ok(Settings(self))
    }
}

/// Opens, and writes only what was opened as a whole.
///
/// # Errors
/// Something does not open (exit code 1), or cannot be read or written.
pub fn run(settings: Settings, shell: &mut Shell) -> Result<Exit, Failure> {
    let args = settings.0;
    let keys = args.keys.read(&args.controller, shell)?;
    let mut files = args.files.clone();
    if files.is_empty() {
        files.push(PathBuf::from("-"));
    }
    let mut all = Vec::new();
    for file in &files {
        let (bytes, name) = if file.as_os_str() == "-" {
            let name = "standard input".to_owned();
            (within(shell.input(), MAX_MANIFEST_BYTES, &name)?, name)
        } else {
            (read(file, MAX_MANIFEST_BYTES)?, file.display().to_string())
        };
        let text = std::str::from_utf8(bytes.expose())
            .map_err(|_| Failure::new(format!("{name} is not UTF-8")))?;
        all.extend(found_in(text, &name)?);
    }
    if all.is_empty() {
        return Err(Failure::new("there is no SealedSecret in what was named"));
    }
    let mut output = Hidden::new(Vec::new());
    for found in &all {
        let secret = opened(&found.sealed, &keys.ring).map_err(|failure| Failure {
            message: format!("{} does not open", found.place),
            ..failure
        })?;
        match &args.item {
            Some(item) => {
                let value = secret.data.get(item).ok_or_else(|| {
                    Failure::new(format!("{} has no item {item}", found.place)).exiting(Exit::No)
                })?;
                output.expose_mut().extend_from_slice(value.expose());
            }
            None => {
                let mut text = Hidden::new(String::new());
                let format = match args.output.as_str() {
                    "json" => Format::Json,
                    _ => Format::Yaml,
                };
                format.write(&secret.to_value(), text.expose_mut());
                output
                    .expose_mut()
                    .extend_from_slice(text.expose().as_bytes());
            }
        }
    }
    match &args.output_file {
        Some(path) => put(path, output.expose(), Readers::Owner)?,
        None => shell.output().write_all(output.expose())?,
    }
    shell.output().flush()?;
    Ok(Exit::Yes)
}

/// The Secret, without the owner that only a cluster knows.
fn opened(
    sealed: &SealedSecret,
    ring: &crate::seal::KeyRing,
) -> Result<crate::api::secret::Secret, Failure> {
    let mut secret = opened_secret(sealed, ring, DeprecatedData::Accept).map_err(|error| {
        Failure::new("it does not open")
            .because(error.to_string())
            .hint("`waxwing seal check` with the same keys says why")
            .exiting(Exit::No)
    })?;
    if sealed.metadata.text("uid").is_empty() {
        secret.metadata.remove("ownerReferences");
    }
    Ok(secret)
}
