//! Random names: uids and the ends of generated names.

/// The letters of generated names: no vowels, so that no words come out (`pkg/util/rand`).
const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
/// Letters at the end of a generated name.
const SUFFIX: usize = 5;
/// The most letters of a `generateName` that are taken over.
pub const MAX_GENERATED_BASE: usize = 253 - SUFFIX;

/// Fills with random bytes; the system's source does not fail on a machine that booted.
fn fill(bytes: &mut [u8]) {
    let _ = aws_lc_rs::rand::fill(bytes);
}

/// A few random bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

/// A random uid (RFC 4122, version 4).
pub fn uid() -> String {
    let mut bytes = [0; 16];
    fill(&mut bytes);
    let number = u128::from_be_bytes(bytes);
    let number = number & !(0xf << 76) | (4 << 76);
    let number = number & !(0b11 << 62) | (0b10 << 62);
    let hex = format!("{number:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-{}-{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32)
    )
}

/// A name that begins as asked and ends by chance.
pub fn name(base: &str) -> String {
    let mut end = base.len().min(MAX_GENERATED_BASE);
    while !base.is_char_boundary(end) {
        end -= 1;
    }
    let mut name = base.get(..end).unwrap_or_default().to_owned();
    let mut bytes = [0; SUFFIX];
    fill(&mut bytes);
    for byte in bytes {
        let letter = ALPHABET.get(usize::from(byte) % ALPHABET.len());
        name.push(letter.copied().map_or('x', char::from));
    }
    name
}

/// A random token in hexadecimal digits, 256 bits strong.
pub fn token() -> String {
    let mut bytes = [0; 32];
    fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_uids_have_their_shape() {
        let uid = uid();
        assert_eq!(uid.len(), 36);
        assert_eq!(uid.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&uid.as_bytes()[19]), "{uid}");
        let name = name("web-");
        assert_eq!(name.len(), 9);
        assert!(name.starts_with("web-"));
        assert!(
            name.bytes()
                .skip(4)
                .all(|letter| ALPHABET.contains(&letter))
        );
    }
}
