//! The modes' ways over the network; a runtime is made only here, so that sealing offline starts fast.

use std::{error::Error, future::Future, io, time::Duration};

use super::{
    failure::{Failure, go_words},
    kubeconfig,
    options::{ClusterFlags, Options},
    run::environment,
};
use crate::{
    cluster::{Access, AccessError, ProxyError, ServiceProxy},
    secret::without_password,
    web,
};

/// What the proxied certificate may be.
const CERTIFICATE_ACCEPT: &str = "application/x-pem-file, */*";

/// Fetches a certificate by URL.
///
/// # Errors
/// [`Failure`] in Go's words.
pub fn download(url: &str) -> Result<Vec<u8>, Failure> {
    let shown = without_password(url);
    block_on(async {
        match web::get(url).await {
            Ok(reply) if reply.status == 200 => Ok(reply.body),
            Ok(reply) => Err(Failure(format!(
                "cannot fetch {shown:?}: {} {}",
                reply.status, reply.reason
            ))),
            Err(error) => Err(Failure(unreachable("Get", &shown, &error))),
        }
    })
}

/// Fetches the certificate of the controller through the API server.
///
/// # Errors
/// [`Failure`] in the original's words.
pub fn controller_certificate(options: &Options) -> Result<Vec<u8>, Failure> {
    block_on(async {
        let proxy = controller(options).await?;
        proxy
            .get("/v1/cert.pem", CERTIFICATE_ACCEPT)
            .await
            .map_err(|error| Failure(format!("cannot fetch certificate: {}", words(&error))))
    })
}

/// Sends each body to the controller, one after the other, and gives the answers.
///
/// # Errors
/// The controller is not found, or `failed` makes words of an answer that is no success.
pub fn post_each(
    options: &Options,
    path: &str,
    bodies: Vec<Vec<u8>>,
    failed: impl Fn(usize, &ProxyError) -> Failure,
) -> Result<Vec<Vec<u8>>, Failure> {
    block_on(async {
        let proxy = controller(options).await?;
        let mut answers = Vec::new();
        for (place, body) in bodies.into_iter().enumerate() {
            let answer = proxy.post(path, body).await;
            answers.push(answer.map_err(|error| failed(place, &error))?);
        }
        Ok(answers)
    })
}

async fn controller(options: &Options) -> Result<ServiceProxy, Failure> {
    let access = access(&options.cluster)?;
    let client = access.connect().await.map_err(|error| match error {
        AccessError::Nothing => Failure::new(kubeconfig::NO_CONFIGURATION),
        other => Failure(other.to_string()),
    })?;
    let (namespace, name) = (&options.controller_namespace, &options.controller_name);
    ServiceProxy::find(client, namespace, name)
        .await
        .map_err(|error| {
            Failure(format!(
                "cannot get sealed secret service: {}.\nPlease, use the flag --controller-name and \
                 --controller-namespace to set up the name and namespace of the sealed secrets controller",
                words(&error)
            ))
        })
}

fn access(flags: &ClusterFlags) -> Result<Access, Failure> {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Ok(Access {
        files: kubeconfig::files(&flags.kubeconfig, &environment)?,
        context: some(&flags.context),
        cluster: some(&flags.cluster),
        user: some(&flags.user),
        server: some(&flags.server),
        tls_server_name: some(&flags.tls_server_name),
        insecure_skip_tls_verify: flags.insecure_skip_tls_verify,
        certificate_authority: some(&flags.certificate_authority),
        client_certificate: some(&flags.client_certificate),
        client_key: some(&flags.client_key),
        token: some(&flags.token).map(Into::into),
        username: some(&flags.username),
        password: some(&flags.password).map(Into::into),
        impersonate: some(&flags.impersonate),
        impersonate_groups: flags.impersonate_groups.clone(),
        impersonate_uid: some(&flags.impersonate_uid),
        timeout: timeout(&flags.request_timeout)?,
        proxy_url: some(&flags.proxy_url),
    })
}

/// A duration as the flag takes it: `0`, seconds, or a number with `ms`, `s`, `m` or `h`.
fn timeout(text: &str) -> Result<Option<Duration>, Failure> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = text.get(digits.len()..).unwrap_or("");
    let millis = match unit {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => 0,
    };
    match (text, digits.parse::<u64>()) {
        ("", _) => Ok(None),
        (_, Ok(0)) => Ok(None),
        (_, Ok(number)) if millis > 0 => {
            Ok(Some(Duration::from_millis(number.saturating_mul(millis))))
        }
        _ => Err(Failure::new(
            "Invalid timeout value. Timeout must be a single integer in seconds, or an \
             integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)",
        )),
    }
}

fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure(format!("cannot start: {}", go_words(&error))))?
        .block_on(work)
}

/// An error of the proxy as client-go says it.
pub fn words(error: &ProxyError) -> String {
    match error {
        ProxyError::Send { verb, url, source } => unreachable(verb, url, source.as_ref()),
        other => other.to_string(),
    }
}

/// Why nothing was reached, as Go's `net/http` says it.
fn unreachable(verb: &str, url: &str, error: &(dyn Error + 'static)) -> String {
    let mut innermost = error;
    let mut io_error = None;
    let mut next = Some(error);
    while let Some(error) = next {
        innermost = error;
        io_error = error.downcast_ref::<io::Error>().or(io_error);
        next = error.source();
    }
    let uri = url.parse::<http::Uri>().ok();
    let host = uri.as_ref().and_then(http::Uri::host).unwrap_or("");
    let why = match io_error.map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => {
            let default = if url.starts_with("https") { 443 } else { 80 };
            let port = uri
                .as_ref()
                .and_then(http::Uri::port_u16)
                .unwrap_or(default);
            format!("dial tcp {host}:{port}: connect: connection refused")
        }
        _ if innermost
            .to_string()
            .starts_with("failed to lookup address") =>
        {
            format!("dial tcp: lookup {host}: no such host")
        }
        _ => innermost.to_string(),
    };
    format!("{verb} {url:?}: {why}")
}
