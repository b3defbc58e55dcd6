//! The public half of a sealing key: reading it for sealing, making it for a new key.

use aws_lc_rs::rsa::{OaepPublicEncryptingKey, PublicEncryptingKey};
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, KeyPair, KeyUsagePurpose,
    SerialNumber,
};
use time::OffsetDateTime;

use super::envelope;
use crate::api::{
    certificate::{self, CertificateError, CertificateFacts, Fingerprint},
    sealed_secret::layout::MIN_RSA_BITS,
};

/// Length of the random serial number of our certificates.
const SERIAL_BYTES: usize = 16;

/// A certificate that secrets are sealed for. Cheap to clone.
#[derive(Clone)]
pub struct Certificate {
    facts: CertificateFacts,
    pem: String,
    key: std::sync::Arc<OaepPublicEncryptingKey>,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Certificate({})", self.facts.fingerprint)
    }
}

impl Certificate {
    /// Reads the first certificate of a PEM text. Validity is not judged: see [`Certificate::usable_at`].
    ///
    /// # Errors
    /// [`CertificateError`] when there is none, or none for an RSA key of at least 2048 bits.
    pub fn from_pem(pem: &[u8]) -> Result<Self, CertificateError> {
        let facts = certificate::read(pem)?;
        if facts.bits < MIN_RSA_BITS {
            return Err(CertificateError::TooShort(facts.bits));
        }
        let key = PublicEncryptingKey::from_der(&facts.public_key)
            .map_err(|_| CertificateError::Malformed)?;
        let key = OaepPublicEncryptingKey::new(key).map_err(|_| CertificateError::Malformed)?;
        Ok(Self {
            facts,
            pem: String::from_utf8_lossy(pem).into_owned(),
            key: key.into(),
        })
    }

    /// Refuses a certificate that is past its last instant; `NotBefore` is not looked at, as upstream.
    ///
    /// # Errors
    /// [`CertificateError::Expired`] with the day.
    pub fn usable_at(self, now: Timestamp) -> Result<Self, CertificateError> {
        if now > self.facts.not_after {
            return Err(CertificateError::Expired(self.facts.not_after));
        }
        Ok(self)
    }

    /// What the certificate says.
    pub fn facts(&self) -> &CertificateFacts {
        &self.facts
    }

    /// Identity of the public key.
    pub fn fingerprint(&self) -> Fingerprint {
        self.facts.fingerprint
    }

    /// The text that it was read from.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Encrypts one value for the holder of the private half.
    pub(super) fn encrypt(&self, plaintext: &[u8], label: &[u8]) -> Option<Vec<u8>> {
        envelope::encrypt(&self.key, plaintext, label).ok()
    }
}

/// Makes the self-signed certificate of a sealing key, as PEM.
///
/// Mirrors `SignKey` in `pkg/crypto/keys.go`: X.509 v3, random 128-bit serial, issuer and subject the
/// common name only, `encipherOnly`, CA.
pub(super) fn self_signed(
    pkcs8: &[u8],
    common_name: &str,
    not_before: Timestamp,
    not_after: Timestamp,
) -> Result<String, CertificateError> {
    let making = |error: rcgen::Error| CertificateError::Making(error.to_string());
    let pair = KeyPair::try_from(pkcs8).map_err(making)?;
    let mut serial = [0; SERIAL_BYTES];
    aws_lc_rs::rand::fill(&mut serial)
        .map_err(|_| CertificateError::Making("no random bytes".into()))?;
    // The top bit stays clear, so that the number is positive in exactly these bytes.
    serial[0] &= 0x7f;
    let mut params = CertificateParams::default();
    params.not_before = date(not_before)?;
    params.not_after = date(not_after)?;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.distinguished_name = DistinguishedName::new();
    if !common_name.is_empty() {
        params
            .distinguished_name
            .push(DnType::CommonName, common_name);
    }
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::EncipherOnly];
    Ok(params.self_signed(&pair).map_err(making)?.pem())
}

fn date(at: Timestamp) -> Result<OffsetDateTime, CertificateError> {
    OffsetDateTime::from_unix_timestamp(at.as_second())
        .map_err(|error| CertificateError::Making(error.to_string()))
}
