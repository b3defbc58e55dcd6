//! `--raw`: one value in, one ciphertext out.

use super::{
    failure::Failure,
    files::{MAX_RAW_BYTES, read_file, read_raw},
    kubeconfig::{self, Environment},
    options::Options,
};
use crate::{
    seal::{Certificate, Scope, seal_item},
    secret::Hidden,
};

/// Seals the value of the input or of `--from-file`; gives base64 without a line end.
///
/// # Errors
/// [`Failure`] in the original's words.
pub fn run(
    options: &Options,
    certificate: &Certificate,
    environment: Environment<'_>,
) -> Result<String, Failure> {
    let scope = options.scope;
    let needs = |flag: &str| {
        Failure(format!(
            "must provide the --{flag} flag with --raw and --scope {scope}"
        ))
    };
    let mut namespace = String::new();
    if scope != Scope::ClusterWide {
        namespace = kubeconfig::namespace(&options.cluster, environment)?
            .ok_or_else(|| needs("namespace"))?;
        if scope == Scope::Strict && options.name.is_empty() {
            return Err(needs("name"));
        }
    }
    let value = match options.from_file.as_slice() {
        [] => read_raw()?,
        [file] => {
            let path = file.split_once('=').map_or(file.as_str(), |(_, path)| path);
            read_file(path, MAX_RAW_BYTES)?
        }
        _ => {
            return Err(Failure::new(
                "must provide only one --from-file when encrypting a single item with --raw",
            ));
        }
    };
    let value = Hidden::new(value);
    Ok(seal_item(
        value.expose(),
        certificate,
        scope,
        &namespace,
        &options.name,
    )?)
}
