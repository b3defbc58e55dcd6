//! Certificates as far as the linter judges them, and which sealed values they can be ruled out for.

use jiff::Timestamp;
use x509_parser::{pem::Pem, prelude::*, public_key::PublicKey};

use crate::api::certificate::{self, CertificateError, CertificateFacts};

/// Signature algorithms that rest on SHA-1 or MD5.
const WEAK_SIGNATURES: &[&str] = &[
    "1.2.840.113549.1.1.4",
    "1.2.840.113549.1.1.5",
    "1.2.840.10045.4.1",
    "1.2.840.10040.4.3",
];

/// A certificate with what it says.
#[derive(Clone, Debug)]
pub struct Facts {
    /// What the certificate says.
    pub facts: CertificateFacts,
    /// The RSA modulus, big-endian, without leading zeros.
    pub modulus: Vec<u8>,
    /// Whether its signature rests on SHA-1 or MD5.
    pub is_weakly_signed: bool,
    /// Whether its subject is empty or names sealed secrets, as those of the controller do.
    pub looks_like_sealing: bool,
}

impl Facts {
    /// Reads the first certificate of a PEM text.
    ///
    /// # Errors
    /// What is missing or wrong.
    pub fn read(pem: &[u8]) -> Result<Self, CertificateError> {
        let facts = certificate::read(pem)?;
        let mut is_weakly_signed = false;
        let mut modulus = Vec::new();
        let mut has_subject = false;
        for block in Pem::iter_from_buffer(pem).filter_map(Result::ok) {
            if block.label != "CERTIFICATE" {
                continue;
            }
            let (_, parsed) = X509Certificate::from_der(&block.contents)
                .map_err(|_| CertificateError::Malformed)?;
            let algorithm = parsed.signature_algorithm.algorithm.to_id_string();
            is_weakly_signed = WEAK_SIGNATURES.contains(&algorithm.as_str());
            has_subject = parsed.subject().iter().next().is_some();
            if let Ok(PublicKey::RSA(rsa)) = parsed.public_key().parsed() {
                let zeros = rsa.modulus.iter().take_while(|byte| **byte == 0).count();
                modulus = rsa.modulus.get(zeros..).unwrap_or_default().to_vec();
            }
            break;
        }
        let name = facts.common_name.to_lowercase();
        let looks_like_sealing = !has_subject || name.contains("sealed-secret") || name.is_empty();
        Ok(Self {
            facts,
            modulus,
            is_weakly_signed,
            looks_like_sealing,
        })
    }

    /// Bytes of an RSA block made with its key.
    pub fn rsa_bytes(&self) -> usize {
        self.modulus.len()
    }

    /// Whether an RSA block was surely not made with its key: another length, or a number that is not below the
    /// modulus.
    pub fn excludes(&self, block: &[u8]) -> bool {
        block.len() != self.modulus.len() || block >= self.modulus.as_slice()
    }

    /// Days until it is no longer valid, negative when it is past.
    pub fn days_left(&self, now: Timestamp) -> i64 {
        (self.facts.not_after.as_second() - now.as_second()).div_euclid(86_400)
    }
}
