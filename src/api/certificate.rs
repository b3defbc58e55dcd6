//! Facts of an X.509 certificate in PEM: whose key, how long valid. No cryptography.

use std::fmt;

use base64::Engine;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use x509_parser::{pem::Pem, prelude::*, public_key::PublicKey as Parsed};

/// Why a text holds no certificate that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// No `CERTIFICATE` block without headers is in the text.
    #[error("data does not contain any valid RSA or ECDSA certificates")]
    None,
    /// A block is there, but its content is no certificate.
    #[error("x509: malformed certificate")]
    Malformed,
    /// The certificate is for a key of another kind.
    #[error("expected RSA public key but found {0}")]
    NotRsa(&'static str),
    /// The RSA key is too short to be safe.
    #[error("RSA key of the certificate has {0} bits, at least 2048 are needed")]
    TooShort(usize),
    /// The certificate is past its last day.
    #[error("failed to encrypt using an expired certificate on {}", .0.strftime("%B %-d, %Y"))]
    Expired(Timestamp),
    /// A certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    Making(String),
}

/// What a certificate says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// First instant of validity.
    pub not_before: Timestamp,
    /// Last instant of validity.
    pub not_after: Timestamp,
    /// Common name of the subject, empty when it has none.
    pub common_name: String,
    /// Length of the RSA modulus in bits.
    pub bits: usize,
    /// Identity of the public key.
    pub fingerprint: Fingerprint,
    /// SubjectPublicKeyInfo, DER.
    pub public_key: Vec<u8>,
    /// The RSA modulus, big-endian; leading zeros may stand before it.
    pub modulus: Vec<u8>,
}

/// Identity of a public key: SHA-256 of its OpenSSH form, as `ssh-keygen -l` shows it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of an RSA key from its big-endian exponent and modulus.
    ///
    /// Mirrors `PublicKeyFingerprint` in `pkg/crypto/keys.go` (OpenSSH wire form, RFC 4253 section 6.6).
    pub fn of_rsa(exponent: &[u8], modulus: &[u8]) -> Self {
        let mut hash = Sha256::new();
        put_field(&mut hash, b"ssh-rsa");
        put_number(&mut hash, exponent);
        put_number(&mut hash, modulus);
        Self(hash.finalize().into())
    }
}

fn put_field(hash: &mut Sha256, bytes: &[u8]) {
    hash.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    hash.update(bytes);
}

/// An RFC 4251 `mpint`: no leading zeros but one where the top bit is set.
fn put_number(hash: &mut Sha256, bytes: &[u8]) {
    let start = bytes.iter().take_while(|byte| **byte == 0).count();
    let digits = bytes.get(start..).unwrap_or_default();
    if digits.first().is_some_and(|top| top & 0x80 != 0) {
        let mut padded = Vec::with_capacity(digits.len() + 1);
        padded.push(0);
        padded.extend_from_slice(digits);
        put_field(hash, &padded);
    } else {
        put_field(hash, digits);
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = base64::engine::general_purpose::STANDARD_NO_PAD.encode(self.0);
        write!(f, "SHA256:{text}")
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Reads the first certificate of a PEM text; blocks of other kinds are passed over.
///
/// Mirrors `ParseCertsPEM` of client-go and `ParseKey` of kubeseal, without the look at the clock.
///
/// # Errors
/// [`CertificateError`] says what is missing or wrong.
pub fn read(pem: &[u8]) -> Result<CertificateFacts, CertificateError> {
    let mut facts = None;
    for block in Pem::iter_from_buffer(pem) {
        let Ok(block) = block else { break };
        if block.label != "CERTIFICATE" {
            continue;
        }
        // The others are looked at as upstream does: one bad block spoils the whole file.
        let (_, certificate) =
            X509Certificate::from_der(&block.contents).map_err(|_| CertificateError::Malformed)?;
        if facts.is_none() {
            facts = Some(facts_of(&certificate)?);
        }
    }
    facts.ok_or(CertificateError::None)
}

fn facts_of(certificate: &X509Certificate<'_>) -> Result<CertificateFacts, CertificateError> {
    let info = certificate.public_key();
    let rsa = match info.parsed().map_err(|_| CertificateError::Malformed)? {
        Parsed::RSA(rsa) => rsa,
        Parsed::EC(_) => return Err(CertificateError::NotRsa("an ECDSA key")),
        Parsed::DSA(_) => return Err(CertificateError::NotRsa("a DSA key")),
        _ => return Err(CertificateError::NotRsa("a key of another kind")),
    };
    let instant = |time: ASN1Time| {
        Timestamp::from_second(time.timestamp()).map_err(|_| CertificateError::Malformed)
    };
    let validity = certificate.validity();
    Ok(CertificateFacts {
        not_before: instant(validity.not_before)?,
        not_after: instant(validity.not_after)?,
        common_name: certificate
            .subject()
            .iter_common_name()
            .next()
            .and_then(|name| name.as_str().ok())
            .unwrap_or_default()
            .to_owned(),
        bits: bits_of(rsa.modulus),
        fingerprint: Fingerprint::of_rsa(rsa.exponent, rsa.modulus),
        public_key: info.raw.to_vec(),
        modulus: rsa.modulus.to_vec(),
    })
}

fn bits_of(modulus: &[u8]) -> usize {
    let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
    let digits = modulus.get(zeros..).unwrap_or_default();
    digits
        .first()
        .map_or(0, |top| digits.len() * 8 - top.leading_zeros() as usize)
}
