//! The only cryptography of the sealing format: RSA-OAEP around a session key, AES-256-GCM around the value.
//!
//! Mirrors `HybridEncrypt` and `HybridDecrypt` in `pkg/crypto/crypto.go`.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    error::Unspecified,
    rand,
    rsa::{OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, OaepPublicEncryptingKey},
};

use crate::{
    api::sealed_secret::layout::{self, LENGTH_BYTES, NONCE_BYTES, SESSION_KEY_BYTES, TAG_BYTES},
    secret::Hidden,
};

/// A fresh key for one value.
type SessionKey = Hidden<[u8; SESSION_KEY_BYTES]>;

/// Encrypts one value for a public key, bound to a label.
pub(super) fn encrypt(
    key: &OaepPublicEncryptingKey,
    plaintext: &[u8],
    label: &[u8],
) -> Result<Vec<u8>, Unspecified> {
    let mut session = SessionKey::new([0; SESSION_KEY_BYTES]);
    rand::fill(session.expose_mut())?;
    let rsa_bytes = key.ciphertext_size();
    let length = u16::try_from(rsa_bytes).map_err(|_| Unspecified)?;
    let mut item = Vec::with_capacity(LENGTH_BYTES + rsa_bytes + plaintext.len() + TAG_BYTES);
    item.extend(length.to_be_bytes());
    let mut block = vec![0; rsa_bytes];
    let block = key.encrypt(
        &OAEP_SHA256_MGF1SHA256,
        session.expose(),
        &mut block,
        Some(label),
    )?;
    item.extend_from_slice(block);
    let body = item.len();
    item.extend_from_slice(plaintext);
    let sealed = item.get_mut(body..).ok_or(Unspecified)?;
    let tag =
        cipher(session.expose())?.seal_in_place_separate_tag(nonce(), Aad::empty(), sealed)?;
    item.extend_from_slice(tag.as_ref());
    Ok(item)
}

/// Decrypts one value; whatever is wrong with it, the answer is the same `None`.
pub(super) fn decrypt(
    key: &OaepPrivateDecryptingKey,
    item: &[u8],
    label: &[u8],
) -> Option<Hidden<Vec<u8>>> {
    let (block, sealed) = layout::split(item)?;
    let mut buffer = Hidden::new(vec![0; key.min_output_size()]);
    let session = key
        .decrypt(
            &OAEP_SHA256_MGF1SHA256,
            block,
            buffer.expose_mut(),
            Some(label),
        )
        .ok()?;
    let cipher = cipher(session).ok()?;
    let mut plaintext = Hidden::new(sealed.to_vec());
    let length = cipher
        .open_in_place(nonce(), Aad::empty(), plaintext.expose_mut())
        .ok()?
        .len();
    plaintext.expose_mut().truncate(length);
    Some(plaintext)
}

fn cipher(session: &[u8]) -> Result<LessSafeKey, Unspecified> {
    Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, session)?))
}

/// All zero: safe because every session key is used for one value only.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_BYTES])
}
