//! Base64 and base32.

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::{
    signature::{Function, Parameter::Text, bytes},
    strings::part,
};

/// Go's standard encoding: padding needed, what hangs over in the last letter let through.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

pub const FUNCTIONS: &[Function] = &[
    Function::new("b64enc", &[Text], |call, values| {
        call.text(BASE64.encode(bytes(values, 0)))
    }),
    Function::new("b64dec", &[Text], |call, values| {
        let text = bytes(values, 0);
        match decode64(text) {
            Ok(decoded) => call.text(decoded),
            Err(place) => call.text(format!("illegal base64 data at input byte {place}")),
        }
    }),
    Function::new("b32enc", &[Text], |call, values| {
        call.text(encode32(bytes(values, 0)))
    }),
    Function::new("b32dec", &[Text], |call, values| {
        match decode32(bytes(values, 0)) {
            Ok(decoded) => call.text(decoded),
            Err(place) => call.text(format!("illegal base32 data at input byte {place}")),
        }
    }),
];

/// Decodes, or says at which byte Go would find the fault; line ends are passed over.
pub fn decode64(text: &[u8]) -> Result<Vec<u8>, usize> {
    let plain: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'))
        .collect();
    BASE64.decode(&plain).map_err(|_| fault64(text))
}

/// The byte at which Go finds a fault in base64.
fn fault64(text: &[u8]) -> usize {
    let mut count = 0;
    let mut at = 0;
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    while let Some(byte) = text.get(at) {
        match byte {
            b'\r' | b'\n' => {}
            byte if is_letter(*byte) => count += 1,
            b'=' if count % 4 >= 2 => {
                let mut next = at + 1;
                let mut wanted = 3 - count % 4;
                while let Some(byte) = text.get(next) {
                    match byte {
                        b'\r' | b'\n' => {}
                        b'=' if wanted > 0 => wanted -= 1,
                        _ => {
                            return if wanted > 0 {
                                next.saturating_sub(1)
                            } else {
                                next
                            };
                        }
                    }
                    next += 1;
                }
                return text.len();
            }
            _ => return at,
        }
        at += 1;
    }
    at.saturating_sub(count % 4)
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn encode32(text: &[u8]) -> String {
    let mut out = String::new();
    for chunk in text.chunks(5) {
        let mut block = [0_u8; 8];
        for (place, byte) in chunk.iter().enumerate() {
            if let Some(slot) = block.get_mut(3 + place) {
                *slot = *byte;
            }
        }
        let bits = u64::from_be_bytes(block);
        let letters = (chunk.len() * 8).div_ceil(5);
        for place in 0..8 {
            let index = usize::try_from((bits >> (35 - 5 * place)) & 31).unwrap_or(0);
            let letter = BASE32.get(index).copied().unwrap_or(b'=');
            out.push(if place < letters {
                char::from(letter)
            } else {
                '='
            });
        }
    }
    out
}

fn decode32(text: &[u8]) -> Result<Vec<u8>, usize> {
    let plain: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'))
        .collect();
    let mut out = Vec::new();
    let (mut at, mut is_padded) = (0, false);
    while at < plain.len() && !is_padded {
        let (mut bits, mut letters) = (0_u64, 0);
        while letters < 8 && !is_padded {
            let byte = plain.get(at).ok_or(at - letters)?;
            at += 1;
            let left = plain.len() - at;
            if *byte == b'=' && letters >= 2 && left < 8 {
                if left + letters < 7 {
                    return Err(plain.len());
                }
                let mut padding = part(&plain, at, at + 7 - letters).iter();
                if let Some(wrong) = padding.position(|byte| *byte != b'=') {
                    return Err(at + wrong - 1);
                }
                if matches!(letters, 3 | 6) {
                    return Err(at - 1);
                }
                is_padded = true;
            } else {
                let value = BASE32.iter().position(|letter| letter == byte);
                bits = (bits << 5) | value.ok_or(at - 1)? as u64;
                letters += 1;
            }
        }
        let bytes = (bits << (5 * (8 - letters))).to_be_bytes();
        out.extend_from_slice(part(&bytes, 3, 3 + letters * 5 / 8));
    }
    Ok(out)
}
