//! The main mode: Secrets in, SealedSecrets out.

use super::{
    failure::Failure,
    input::{self, Found},
    kubeconfig::{self, Environment},
    options::Options,
    render::Format,
};
use crate::{
    api::{sealed_secret::SealedSecret, secret::Secret},
    seal::{Certificate, Scope, SealOptions, seal},
};

/// Seals every Secret of the input; gives the text of the output, whole or not at all.
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
    let mut text = String::new();
    for found in input::secrets(manifest, name)? {
        let sealed = seal_one(options, certificate, found, environment)?;
        Format::of(&options.format)?.write(&sealed.to_value(), &mut text);
    }
    Ok(text)
}

fn seal_one(
    options: &Options,
    certificate: &Certificate,
    mut found: Found,
    environment: Environment<'_>,
) -> Result<SealedSecret, Failure> {
    let how = SealOptions {
        scope: options.scope,
        allow_empty: options.allow_empty_data,
    };
    let secret = &mut found.secret;
    if !options.name.is_empty() {
        secret.metadata.set_text("name", &options.name);
    }
    let is_sealable =
        (how.allow_empty || !secret.data.is_empty()) && !secret.metadata.name().is_empty();
    if is_sealable && how.scope_for(secret) != Scope::ClusterWide {
        settle_namespace(options, secret, environment)?;
    }
    if !is_sealable {
        return Ok(seal(secret, certificate, how)?);
    }
    Ok(seal(&found.into_secret()?, certificate, how)?)
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
