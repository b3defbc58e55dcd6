//! The main mode: Secrets in, SealedSecrets out.

use super::{
    failure::Failure,
    input::{self, Found},
    kubeconfig::{self, Environment},
    options::Options,
    render::Format,
};
use crate::{
    api::secret::Secret,
    cli::work,
    seal::{Certificate, Scope, SealOptions, seal},
};

/// Seals every Secret of the input, by all processors; gives the text of the output, whole or not at all.
///
/// # Errors
/// [`Failure`] in the original's words.
pub fn run(
    options: &Options,
    certificate: &Certificate,
    manifest: &[u8],
    name: &str,
    environment: Environment<'_>,
) -> Result<String, Failure> {
    let how = SealOptions {
        scope: options.scope,
        allow_empty: options.allow_empty_data,
    };
    let mut ready = Vec::new();
    let mut refused = None;
    for found in input::secrets(manifest, name)? {
        match prepared(options, how, found, environment) {
            Ok(secret) => ready.push(secret),
            Err(failure) => {
                // What is wrong with the documents before it comes first.
                refused = Some(failure);
                break;
            }
        }
    }
    let all = work::each(&ready, || |secret: &Secret| seal(secret, certificate, how));
    let mut text = String::new();
    for sealed in all {
        Format::of(&options.format)?.write(&sealed?.to_value(), &mut text);
    }
    refused.map_or(Ok(text), Err)
}

/// A Secret as it is to be sealed; one that cannot be is left as it is, for sealing to say why.
fn prepared(
    options: &Options,
    how: SealOptions,
    mut found: Found,
    environment: Environment<'_>,
) -> Result<Secret, Failure> {
    let secret = &mut found.secret;
    if !options.name.is_empty() {
        secret.metadata.set_text("name", &options.name);
    }
    let is_sealable =
        (how.allow_empty || !secret.data.is_empty()) && !secret.metadata.name().is_empty();
    if !is_sealable {
        return Ok(found.secret);
    }
    if how.scope_for(secret) != Scope::ClusterWide {
        settle_namespace(options, secret, environment)?;
    }
    found.into_secret()
}

fn settle_namespace(
    options: &Options,
    secret: &mut Secret,
    environment: Environment<'_>,
) -> Result<(), Failure> {
    let own = secret.metadata.namespace();
    let asked = options.cluster.namespace.as_str();
    if own.is_empty() {
        if let Some(namespace) = kubeconfig::namespace(&options.cluster, environment)? {
            secret.metadata.set_text("namespace", &namespace);
        }
        return Ok(());
    }
    if !asked.is_empty() && asked != own {
        return Err(Failure(format!(
            "namespace mismatch: input secret is in namespace {own:?} but {asked:?} was specified"
        )));
    }
    Ok(())
}
