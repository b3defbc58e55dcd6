//! `--validate` and `--re-encrypt`: what the controller is asked for.

use super::{failure::Failure, input, network, options::Options, render::Format};
use crate::{
    api::sealed_secret::{API_VERSION, KIND, SealedSecret},
    cluster::ProxyError,
};

/// HTTP 409, by which the controller says that it cannot open the secret.
const CONFLICT: u16 = 409;

/// Asks whether every SealedSecret of the input opens.
///
/// # Errors
/// [`Failure`] for the first that does not.
pub fn validate(options: &Options, manifest: &[u8], name: &str) -> Result<(), Failure> {
    // The Service is looked up first: without a cluster that is what the original says.
    let sealed = input::sealed_secrets(manifest, name);
    let readable = sealed.as_deref().unwrap_or_default();
    let failed = |place: usize, error: &ProxyError| match error.status() {
        Some(CONFLICT) => {
            let name = readable
                .get(place)
                .map_or("", |sealed| sealed.metadata.name());
            Failure(format!("unable to decrypt sealed secret: {name}"))
        }
        _ => Failure(format!(
            "cannot validate sealed secret: {}",
            network::words(error)
        )),
    };
    network::post_each(options, "/v1/verify", bodies(readable)?, failed)?;
    match sealed {
        Ok(sealed) if sealed.is_empty() => Err(Failure(format!("{name}: holds no SealedSecret"))),
        Ok(_) => Ok(()),
        Err(error) => Err(Failure(format!("unable to decrypt sealed secret: {error}"))),
    }
}

/// Lets the controller seal every SealedSecret of the input again; gives the text of the new ones.
///
/// # Errors
/// [`Failure`] for the first that cannot be.
pub fn re_encrypt(options: &Options, manifest: &[u8], name: &str) -> Result<String, Failure> {
    let sealed = input::sealed_secrets(manifest, name);
    let readable = sealed.as_deref().unwrap_or_default();
    let failed = |_: usize, error: &ProxyError| match error.status() {
        Some(CONFLICT) => Failure::new("unable to rotate secret"),
        _ => Failure(format!(
            "cannot re-encrypt secret: {}",
            network::words(error)
        )),
    };
    let answers = network::post_each(options, "/v1/rotate", bodies(readable)?, failed)?;
    if sealed?.is_empty() {
        return Err(Failure(format!("{name}: holds no SealedSecret")));
    }
    let mut text = String::new();
    for answer in answers {
        let value = serde_json::from_slice(&answer)
            .map_err(|_| Failure::new("cannot re-encrypt secret: the answer is no JSON"))?;
        let mut sealed = SealedSecret::from_any(value)?;
        sealed.kind = KIND.to_owned();
        sealed.api_version = API_VERSION.to_owned();
        for field in ["creationTimestamp", "deletionTimestamp", "generation"] {
            sealed.metadata.remove(field);
        }
        Format::of(&options.format)?.write(&sealed.to_value(), &mut text);
    }
    Ok(text)
}

fn bodies(sealed: &[SealedSecret]) -> Result<Vec<Vec<u8>>, Failure> {
    sealed
        .iter()
        .map(|sealed| {
            serde_json::to_vec(&sealed.to_value()).map_err(|error| Failure(error.to_string()))
        })
        .collect()
}
