//! From the command line to the report.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::work::{self, Done, Job};
use crate::cli::{
    Env, Exit, Failure, Shell,
    private_keys::{KeyArgs, PrivateKeys},
    sealing::{CertificateArgs, Certificates},
    tree,
};

/// Seal what is sealed for an old key again for the newest certificate, in a whole tree, in place.
///
/// Needs the private keys, old and new (--key, --cluster-keys), and no cluster. The certificate comes from --cert, from
/// .waxwing.yaml, or from the newest of the keys. Only stale items change: comments, order, format, scope, name and
/// template stay. All files are read and opened first; each is then written whole or not at all.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    waxwing reencrypt clusters/ --key backup.age --identity id.txt --dry-run\n  \
    waxwing reencrypt . --cluster-keys --check")]
pub struct Args {
    /// Folders and files.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Write nothing; say what would be.
    #[arg(long)]
    dry_run: bool,
    /// Write nothing; the exit code is 1 when something is stale.
    #[arg(long)]
    check: bool,
    /// Seal every item anew, stale or not.
    #[arg(long)]
    all: bool,
    /// Files to leave out, as a glob below each folder, repeatable.
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    /// Namespace of SealedSecrets that do not say their own.
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,
    /// text or json.
    #[arg(short, long, default_value = "text", value_parser = ["text", "json"])]
    output: String,
    #[command(flatten)]
    keys: KeyArgs,
    #[command(flatten)]
    certificate: CertificateArgs,
}

/// What `waxwing reencrypt` is to do.
#[derive(Debug)]
pub struct Settings(Args);

impl Args {
    /// From what was typed to what was meant.
    ///
    /// # Errors
    /// No private key is given.
    pub fn resolve(self, _env: &Env) -> Result<Settings, Failure> {
        if !self.keys.is_given() {
            return Err(Failure::new("sealing again needs the private keys")
                .hint("--key FILE, repeatable, or --cluster-keys")
                .hint("`kubeseal --re-encrypt` lets the controller do it, one file at a time"));
        }
        Ok(Settings(self))
    }
}

/// Seals again, and reports.
///
/// # Errors
/// Keys, certificate or files cannot be read.
pub fn run(settings: Settings, shell: &mut Shell) -> Result<Exit, Failure> {
    let args = settings.0;
    let keys = args.keys.read(args.certificate.controller(), shell)?;
    let files = tree::sealed_files(&args.paths, &args.exclude)?;
    let mut certificates = args.certificate.certificates(shell.env());
    let mut jobs = Vec::new();
    for path in files {
        jobs.push(job(&args, path, &keys, &mut certificates)?);
    }
    let writes = !(args.dry_run || args.check);
    let done = work::all(jobs, &keys.ring, args.all, writes, |count, of| {
        if shell.has_progress() && count % PROGRESS_STEP == 0 {
            shell.note(format_args!("{count} of {of} files"));
        }
    });
    tell(&args, &done, writes, shell)
}

/// How many files are between two lines of progress.
const PROGRESS_STEP: usize = 500;

fn job(
    args: &Args,
    path: PathBuf,
    keys: &PrivateKeys,
    certificates: &mut Certificates,
) -> Result<Job, Failure> {
    let folder = path.parent().unwrap_or(std::path::Path::new("")).to_owned();
    let rule = certificates.rule(&folder)?;
    let is_ruled = rule
        .as_ref()
        .is_some_and(|rule| rule.certificate.is_some() || rule.context.is_some());
    let certificate = match &keys.current {
        Some(current) if !args.certificate.is_typed() && !is_ruled => current.clone(),
        _ => certificates.of(&folder)?,
    };
    Ok(Job {
        path,
        certificate,
        rule,
        namespace: args.namespace.clone(),
    })
}

fn tell(args: &Args, done: &[Done], writes: bool, shell: &mut Shell) -> Result<Exit, Failure> {
    let sum = |count: fn(&Done) -> usize| done.iter().map(count).sum::<usize>();
    let (stale, fresh) = (sum(|one| one.stale.len()), sum(|one| one.fresh));
    let failed = sum(|one| one.failures.len());
    let files = done.iter().filter(|one| !one.stale.is_empty()).count();
    if args.output == "json" {
        let all: Vec<Value> = done
            .iter()
            .filter(|one| !one.stale.is_empty() || !one.failures.is_empty())
            .map(|one| {
                json!({"file": one.path.display().to_string(), "items": one.stale,
                    "failures": one.failures})
            })
            .collect();
        let told = json!({"written": writes, "files": all, "stale": stale, "current": fresh,
            "failed": failed});
        shell.say(serde_json::to_string_pretty(&told).unwrap_or_default())?;
    } else {
        for one in done {
            if !one.stale.is_empty() {
                let items = one.stale.join(", ");
                shell.say(format_args!("{}: {items}", one.path.display()))?;
            }
        }
        let (word, rest) = if writes {
            ("sealed again", "")
        } else {
            ("stale", "; nothing was written")
        };
        shell.say(format_args!(
            "{stale} items in {files} files {word}, {fresh} items are for the newest key already{rest}"
        ))?;
    }
    for failure in done.iter().flat_map(|one| &one.failures) {
        shell.note(format_args!("error: {failure}"));
    }
    if failed > 0 {
        shell.note("hint: `waxwing seal check` with the same keys says why an item does not open");
        return Ok(Exit::CouldNotTell);
    }
    Ok(if args.check && stale > 0 {
        Exit::No
    } else {
        Exit::Yes
    })
}
