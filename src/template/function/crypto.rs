//! Digests, and opening what `encryptAES` made.

use aws_lc_rs::{
    cipher::{AES_256, DecryptingKey, DecryptionContext, UnboundCipherKey},
    digest,
};

use super::{
    super::value::Value,
    encoding::decode64,
    signature::{Call, Called, Fault, Function, Parameter::Text, bytes},
    strings::part,
};

pub const FUNCTIONS: &[Function] = &[
    Function::new("sha1sum", &[Text], |call, values| {
        hex_digest(call, &digest::SHA1_FOR_LEGACY_USE_ONLY, bytes(values, 0))
    }),
    Function::new("sha256sum", &[Text], |call, values| {
        hex_digest(call, &digest::SHA256, bytes(values, 0))
    }),
    Function::new("sha512sum", &[Text], |call, values| {
        hex_digest(call, &digest::SHA512, bytes(values, 0))
    }),
    Function::new("adler32sum", &[Text], |call, values| {
        let (mut low, mut high) = (1_u32, 0_u32);
        for byte in bytes(values, 0) {
            low = (low + u32::from(*byte)) % ADLER_PRIME;
            high = (high + low) % ADLER_PRIME;
        }
        call.text(((high << 16) | low).to_string())
    }),
    Function::new("decryptAES", &[Text, Text], decrypt_aes),
];

const ADLER_PRIME: u32 = 65_521;
const KEY_BYTES: usize = 32;
const BLOCK_BYTES: usize = 16;

fn hex_digest(call: &mut Call, algorithm: &'static digest::Algorithm, text: &[u8]) -> Called {
    call.budget.take_bytes(text.len())?;
    let digest = digest::digest(algorithm, text);
    let hex: String = digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    call.text(hex)
}

/// AES-256 in CBC, the password padded with zeros as the key; only the last byte of the padding counts.
fn decrypt_aes(call: &mut Call, values: &[Value]) -> Called {
    let (password, text) = (bytes(values, 0), bytes(values, 1));
    if text.is_empty() {
        return call.text("");
    }
    let sealed = decode64(text).map_err(|_| Fault::Failed)?;
    let (iv, blocks) = sealed.split_at_checked(BLOCK_BYTES).ok_or(Fault::Failed)?;
    if blocks.is_empty() || blocks.len() % BLOCK_BYTES != 0 {
        return Err(Fault::Failed);
    }
    let mut key = part(password, 0, password.len().min(KEY_BYTES)).to_vec();
    key.resize(KEY_BYTES, 0);
    let key = UnboundCipherKey::new(&AES_256, &key).map_err(|_| Fault::Failed)?;
    let key = DecryptingKey::ecb(key).map_err(|_| Fault::Failed)?;
    let mut opened = blocks.to_vec();
    key.decrypt(&mut opened, DecryptionContext::None)
        .map_err(|_| Fault::Failed)?;
    for (byte, before) in opened.iter_mut().zip(iv.iter().chain(blocks)) {
        *byte ^= before;
    }
    let padding = usize::from(opened.last().copied().unwrap_or(0));
    let length = opened.len().checked_sub(padding).ok_or(Fault::Failed)?;
    opened.truncate(length);
    call.text(opened)
}
