//! Who the server is on a socket: a throwaway CA, a certificate for loopback, a token, and the kubeconfig that trusts them.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::chance;
use crate::clock::Clock;

/// Name of the cluster, the user and the context in the kubeconfig.
pub const CONTEXT: &str = "waxwing-sandbox";
/// How long the certificate of the server is good for.
const DAYS: i64 = 3650;
/// Names that the server answers to.
const NAMES: [&str; 5] = [
    "localhost",
    "127.0.0.1",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
];

/// Certificates and token of one server. The key of the CA is not kept: it signs once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// Certificate of the CA.
    pub ca_pem: String,
    /// Certificate of the server.
    pub certificate_pem: String,
    /// Key of the server's certificate.
    pub key_pem: String,
    /// Bearer token of the one user.
    pub token: String,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

impl Identity {
    /// Makes a new identity; ECDSA keys, so that it takes no time.
    ///
    /// # Errors
    /// The certificates cannot be made.
    pub fn generate() -> Result<Self, rcgen::Error> {
        // Clients check validity by the machine's time, whatever the clock of the sandbox says.
        let now = OffsetDateTime::from_unix_timestamp(Clock::wall().now().as_second())
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let valid = |params: &mut CertificateParams, name: &str| {
            params.not_before = now - Duration::days(1);
            params.not_after = now + Duration::days(DAYS);
            params.distinguished_name = DistinguishedName::new();
            params.distinguished_name.push(DnType::CommonName, name);
        };
        let mut ca = CertificateParams::new(Vec::new())?;
        valid(&mut ca, "waxwing-sandbox-ca");
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        ca.key_usages = vec![
            KeyUsagePurpose::KeyCertSign,
            KeyUsagePurpose::DigitalSignature,
        ];
        let ca_key = KeyPair::generate()?;
        let ca_pem = ca.self_signed(&ca_key)?.pem();
        let issuer = Issuer::new(ca, ca_key);
        let mut server = CertificateParams::new(NAMES.map(str::to_owned))?;
        valid(&mut server, "waxwing-sandbox");
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        server.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        Ok(Self {
            ca_pem,
            certificate_pem: server.signed_by(&key, &issuer)?.pem(),
            key_pem: key.serialize_pem(),
            token: chance::token(),
        })
    }

    /// Whether a request carries the token; compared in constant time.
    pub fn accepts(&self, authorization: Option<&[u8]>) -> bool {
        authorization
            .and_then(|value| value.strip_prefix(b"Bearer "))
            .is_some_and(|token| {
                aws_lc_rs::constant_time::verify_slices_are_equal(token, self.token.as_bytes())
                    .is_ok()
            })
    }

    /// The kubeconfig for a server at a port of loopback.
    pub fn kubeconfig(&self, port: u16) -> String {
        format!(
            "apiVersion: v1\n\
             clusters:\n\
             - cluster:\n    certificate-authority-data: {ca}\n    server: https://127.0.0.1:{port}\n  name: {CONTEXT}\n\
             contexts:\n\
             - context:\n    cluster: {CONTEXT}\n    namespace: default\n    user: {CONTEXT}\n  name: {CONTEXT}\n\
             current-context: {CONTEXT}\n\
             kind: Config\n\
             preferences: {{}}\n\
             users:\n\
             - name: {CONTEXT}\n  user:\n    token: {token}\n",
            ca = STANDARD.encode(&self.ca_pem),
            token = self.token,
        )
    }
}

/// Writes a file that only its owner can read, all of it or nothing.
///
/// # Errors
/// The folder is not there or cannot be written to.
pub fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_token_is_accepted() {
        let identity = Identity::generate().unwrap();
        let header = format!("Bearer {}", identity.token);
        assert!(identity.accepts(Some(header.as_bytes())));
        for wrong in [
            "",
            "Bearer ",
            "Bearer x",
            &identity.token,
            &format!("{header}x"),
        ] {
            assert!(!identity.accepts(Some(wrong.as_bytes())), "{wrong}");
        }
        assert!(!identity.accepts(None));
        assert_eq!(format!("{identity:?}"), "Identity { .. }");
    }
}
