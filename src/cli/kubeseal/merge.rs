//! `--merge-into`: new items in an old sealed file.

use super::{
    failure::Failure,
    files::{MAX_MANIFEST_BYTES, read_file, rewrite_file},
    input,
    options::Options,
    render::Format,
};
use crate::{
    api::{sealed_secret::SealedSecret, secret::Secret},
    seal::{Certificate, Scope, SealOptions, seal},
};

/// Seals the items of the input under the name, namespace and scope of the file, and writes them into it.
///
/// Mirrors `SealMergingInto` in `pkg/kubeseal/kubeseal.go`, but for the scope: the original takes that of the
/// input, and the file could then never be opened again.
///
/// # Errors
/// [`Failure`]; the file is then as it was.
pub fn run(
    options: &Options,
    certificate: &Certificate,
    manifest: &[u8],
    name: &str,
) -> Result<(), Failure> {
    let path = &options.merge_into;
    if std::path::Path::new(path).is_dir() {
        return Err(Failure(format!("open {path}: is a directory")));
    }
    let bytes = read_file(path, MAX_MANIFEST_BYTES)?;
    let mut file = match <[_; 1]>::try_from(input::sealed_secrets(&bytes, path)?) {
        Ok([file]) => file,
        Err(others) => {
            return Err(Failure(format!(
                "{path}: one SealedSecret is needed, {} found",
                others.len()
            )));
        }
    };
    let scope = Scope::of(&file.metadata);
    if options.scope != Scope::Strict && options.scope != scope {
        return Err(Failure(format!(
            "{path}: is sealed with scope {scope}, items of scope {} could not be opened in it",
            options.scope
        )));
    }
    for found in input::secrets(manifest, name)? {
        let is_empty = found.secret.data.is_empty() && !options.allow_empty_data;
        let secret = if is_empty {
            found.secret
        } else {
            found.into_secret()?
        };
        add(
            &mut file,
            secret,
            certificate,
            scope,
            options.allow_empty_data,
        )?;
    }
    let mut text = String::new();
    Format::of(&options.format)?.write(&file.to_value(), &mut text);
    rewrite_file(path, text.as_bytes())
}

fn add(
    file: &mut SealedSecret,
    mut secret: Secret,
    certificate: &Certificate,
    scope: Scope,
    allow_empty: bool,
) -> Result<(), Failure> {
    secret.metadata.set_text("name", file.metadata.name());
    secret
        .metadata
        .set_text("namespace", file.metadata.namespace());
    // The file's scope stands; without this the annotations of the input would change it.
    scope.annotate(&mut secret.metadata);
    let sealed = seal(&secret, certificate, SealOptions { scope, allow_empty })?;
    file.spec.encrypted_data.extend(sealed.spec.encrypted_data);
    let template = &mut file.spec.template.metadata;
    for field in ["annotations", "labels"] {
        for (name, text) in sealed.spec.template.metadata.texts(field) {
            template.set_entry(field, name, text);
        }
    }
    Ok(())
}
