//! `waxwing cert`: the certificate that is sealed for, and its fingerprint.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{
    Env, Exit, Failure, Shell, kubeseal,
    sealing::{ControllerArgs, checked, read_certificate},
    whole_file::{Readers, put},
};
use crate::{clock::Clock, seal::Certificate};

/// Fetch the certificate that secrets are sealed for, and show its fingerprint.
///
/// The certificate goes to the standard output, what it says to the standard error. Compare the fingerprint with that
/// of `waxwing key list`, then pin it: --fingerprint, or .waxwing.yaml.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    waxwing cert --context production -w production.pem\n  \
    waxwing cert --cert https://example.com/v1/cert.pem")]
pub struct Args {
    /// Show this one instead of the controller's: a file or a URL.
    #[arg(long, value_name = "FILE|URL")]
    cert: Option<String>,
    /// It must have this fingerprint.
    #[arg(long, value_name = "SHA256:…")]
    fingerprint: Option<String>,
    /// Write the certificate to a file.
    #[arg(short = 'w', long, value_name = "FILE")]
    output_file: Option<PathBuf>,
    /// text or json.
    #[arg(short, long, default_value = "text", value_parser = ["text", "json"])]
    output: String,
    #[command(flatten)]
    controller: ControllerArgs,
}

/// What `waxwing cert` is to do.
#[derive(Debug)]
pub struct Settings {
    args: Args,
    pin: Option<String>,
}

impl Args {
    /// From what was typed to what was meant.
    ///
    /// # Errors
    /// The fingerprint has not the form of one.
    pub fn resolve(self, _env: &Env) -> Result<Settings, Failure> {
        let pin = self.fingerprint.as_deref().map(checked).transpose()?;
        Ok(Settings { args: self, pin })
    }
}

/// Fetches and shows.
///
/// # Errors
/// There is no certificate, or it is not the pinned one (exit code 1).
pub fn run(settings: Settings, shell: &mut Shell) -> Result<Exit, Failure> {
    let Settings { args, pin } = settings;
    let certificate = match &args.cert {
        Some(source) => read_certificate(source)?,
        None => {
            let pem = kubeseal::fetch(&args.controller.options(None)?)?;
            Certificate::from_pem(&pem).map_err(|error| {
                Failure::new("the controller's answer cannot be sealed for").because(error)
            })?
        }
    };
    let facts = certificate.facts();
    let found = facts.fingerprint.to_string();
    if let Some(pin) = pin.filter(|pin| *pin != found) {
        return Err(Failure::new(format!(
            "the certificate is {found}, but --fingerprint wants {pin}"
        ))
        .exiting(Exit::No));
    }
    let expired = Clock::wall().now() > facts.not_after;
    if args.output == "json" {
        let told = json!({"fingerprint": found, "notBefore": facts.not_before.to_string(),
            "notAfter": facts.not_after.to_string(), "bits": facts.bits,
            "commonName": facts.common_name, "expired": expired, "pem": certificate.pem()});
        shell.say(serde_json::to_string_pretty(&told).unwrap_or_default())?;
    } else if args.output_file.is_none() {
        shell.output().write_all(certificate.pem().as_bytes())?;
        shell.output().flush()?;
    }
    if let Some(path) = args.output_file.as_deref() {
        put(Path::new(path), certificate.pem().as_bytes(), Readers::All)?;
    }
    if args.output == "text" {
        shell.note(format_args!("fingerprint: {found}"));
        shell.note(format_args!(
            "valid:       {} to {}, RSA {} bits",
            facts.not_before, facts.not_after, facts.bits
        ));
        if expired {
            shell.note("warning: it has expired, nothing is sealed for it any more");
        }
    }
    Ok(Exit::Yes)
}
