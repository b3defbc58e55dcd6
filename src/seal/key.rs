//! The private half of a sealing key.

use std::fmt;

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeySize, OaepPrivateDecryptingKey, PrivateDecryptingKey},
};
use jiff::Timestamp;
use rsa::{
    pkcs1::{
        self,
        der::{Decode, Encode, pem},
    },
    pkcs8::PrivateKeyInfo,
};
use x509_parser::pem::Pem;

use super::{
    envelope,
    x509::{self, Certificate},
};
use crate::{
    api::{
        certificate::{CertificateError, Fingerprint},
        sealed_secret::layout::MIN_RSA_BITS,
    },
    secret::Hidden,
};

/// Why a text holds no key that opens secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No private key block is in the text.
    #[error("data does not contain a valid RSA private key")]
    None,
    /// A private key is there, of a kind that cannot open secrets.
    #[error("private key is {0}, an RSA key is needed")]
    NotRsa(&'static str),
    /// The private key is locked with a passphrase.
    #[error("private key is encrypted with a passphrase, a plain one is needed")]
    Encrypted,
    /// The block is damaged.
    #[error("private key is malformed")]
    Malformed,
    /// The key is too short to be safe.
    #[error("RSA key has {0} bits, at least 2048 are needed")]
    TooShort(usize),
    /// A size that cannot be generated.
    #[error("cannot make an RSA key of {0} bits: use 2048, 3072, 4096 or 8192")]
    Size(usize),
    /// The machine gave no key.
    #[error("making an RSA key failed")]
    Making,
    /// The certificate of a new key could not be made, or one that was given cannot be used.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The certificate belongs to another key.
    #[error("certificate is for another key")]
    OtherCertificate,
}

/// A private RSA key with, usually, its certificate.
pub struct SealingKey {
    key: OaepPrivateDecryptingKey,
    pkcs8: Hidden<Vec<u8>>,
    fingerprint: Fingerprint,
    certificate: Option<Certificate>,
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKey({})", self.fingerprint)
    }
}

impl SealingKey {
    /// Reads the first private key of a PEM text, PKCS#1 or PKCS#8; blocks of other kinds are passed over.
    ///
    /// # Errors
    /// [`KeyError`] when there is none, or it is not an RSA key of at least 2048 bits.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        Self::each_from_pem(pem)
            .next()
            .unwrap_or(Err(KeyError::None))
    }

    /// Reads every private key of a PEM text.
    ///
    /// # Errors
    /// As [`SealingKey::from_pem`], for the first key that cannot be used.
    pub fn all_from_pem(pem: &[u8]) -> Result<Vec<Self>, KeyError> {
        let keys: Vec<Self> = Self::each_from_pem(pem).collect::<Result<_, _>>()?;
        if keys.is_empty() {
            return Err(KeyError::None);
        }
        Ok(keys)
    }

    fn each_from_pem(pem: &[u8]) -> impl Iterator<Item = Result<Self, KeyError>> {
        Pem::iter_from_buffer(pem)
            .map_while(Result::ok)
            .filter_map(|block| {
                let contents = Hidden::new(block.contents);
                Some(match block.label.as_str() {
                    "RSA PRIVATE KEY" => Self::from_pkcs1(contents.expose()),
                    "PRIVATE KEY" => Self::from_pkcs8(contents),
                    "EC PRIVATE KEY" => Err(KeyError::NotRsa("an EC key")),
                    "DSA PRIVATE KEY" => Err(KeyError::NotRsa("a DSA key")),
                    "OPENSSH PRIVATE KEY" => Err(KeyError::NotRsa("in the form of OpenSSH")),
                    "ENCRYPTED PRIVATE KEY" => Err(KeyError::Encrypted),
                    _ => return None,
                })
            })
    }

    fn from_pkcs1(der: &[u8]) -> Result<Self, KeyError> {
        let info = PrivateKeyInfo::new(pkcs1::ALGORITHM_ID, der);
        let pkcs8 = info.to_der().map_err(|_| KeyError::Malformed)?;
        Self::from_pkcs8(Hidden::new(pkcs8))
    }

    fn from_pkcs8(pkcs8: Hidden<Vec<u8>>) -> Result<Self, KeyError> {
        let info = PrivateKeyInfo::from_der(pkcs8.expose()).map_err(|_| KeyError::Malformed)?;
        if info.algorithm.oid != pkcs1::ALGORITHM_OID {
            return Err(KeyError::NotRsa("of another algorithm"));
        }
        let numbers =
            pkcs1::RsaPrivateKey::from_der(info.private_key).map_err(|_| KeyError::Malformed)?;
        let modulus = numbers.modulus.as_bytes();
        let bits = modulus
            .first()
            .map_or(0, |top| modulus.len() * 8 - top.leading_zeros() as usize);
        if bits < MIN_RSA_BITS {
            return Err(KeyError::TooShort(bits));
        }
        let fingerprint = Fingerprint::of_rsa(numbers.public_exponent.as_bytes(), modulus);
        let key =
            PrivateDecryptingKey::from_pkcs8(pkcs8.expose()).map_err(|_| KeyError::Malformed)?;
        let key = OaepPrivateDecryptingKey::new(key).map_err(|_| KeyError::Malformed)?;
        Ok(Self {
            key,
            pkcs8,
            fingerprint,
            certificate: None,
        })
    }

    /// Makes a new key of 2048, 3072, 4096 or 8192 bits with its self-signed certificate.
    ///
    /// Takes up to some seconds of computing: call it where that hurts nobody.
    ///
    /// # Errors
    /// [`KeyError`] for another size, or when the machine gives no random bytes.
    pub fn generate(
        bits: usize,
        common_name: &str,
        not_before: Timestamp,
        not_after: Timestamp,
    ) -> Result<Self, KeyError> {
        let size = match bits {
            2048 => KeySize::Rsa2048,
            3072 => KeySize::Rsa3072,
            4096 => KeySize::Rsa4096,
            8192 => KeySize::Rsa8192,
            short if short < MIN_RSA_BITS => return Err(KeyError::TooShort(short)),
            other => return Err(KeyError::Size(other)),
        };
        let made = PrivateDecryptingKey::generate(size).map_err(|_| KeyError::Making)?;
        let der: Pkcs8V1Der<'_> = made.as_der().map_err(|_| KeyError::Making)?;
        let key = Self::from_pkcs8(Hidden::new(der.as_ref().to_vec()))?;
        let pem = x509::self_signed(key.pkcs8.expose(), common_name, not_before, not_after)?;
        key.with_certificate(Certificate::from_pem(pem.as_bytes())?)
    }

    /// Adds the certificate that belongs to the key.
    ///
    /// # Errors
    /// [`KeyError::OtherCertificate`] when its public key is another one.
    pub fn with_certificate(mut self, certificate: Certificate) -> Result<Self, KeyError> {
        if certificate.fingerprint() != self.fingerprint {
            return Err(KeyError::OtherCertificate);
        }
        self.certificate = Some(certificate);
        Ok(self)
    }

    /// The certificate, if one was given.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    /// Identity of the public half.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Length of the modulus in bits.
    pub fn bits(&self) -> usize {
        self.key.key_size_bits()
    }

    /// The key as the original stores it: PEM, PKCS#1 (`RSA PRIVATE KEY`).
    ///
    /// # Errors
    /// [`KeyError::Malformed`] when the key cannot be written, which a key that was read always can.
    pub fn to_pem(&self) -> Result<Hidden<String>, KeyError> {
        let info =
            PrivateKeyInfo::from_der(self.pkcs8.expose()).map_err(|_| KeyError::Malformed)?;
        pem::encode_string("RSA PRIVATE KEY", pem::LineEnding::LF, info.private_key)
            .map(Hidden::new)
            .map_err(|_| KeyError::Malformed)
    }

    /// Decrypts one value; whatever is wrong with it, the answer is the same `None`.
    pub(super) fn decrypt(&self, item: &[u8], label: &[u8]) -> Option<Hidden<Vec<u8>>> {
        envelope::decrypt(&self.key, item, label)
    }

    /// Length of the RSA block that this key opens.
    pub(super) fn block_bytes(&self) -> usize {
        self.key.key_size_bytes()
    }
}
