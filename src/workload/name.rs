//! Names for objects that are made in numbers: as `generateName` would give them, but from a seed.
//!
//! A pass that is decided twice on the same state gives the same names, so that the second creation fails instead of
//! making too many.

use super::field;

/// How many letters follow the prefix, as with `generateName`.
const SUFFIX: usize = 5;

/// Letters without vowels and look-alikes, so that no words arise.
const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// The longest prefix that is kept, as with `generateName`.
const MAX_PREFIX: usize = 58;

/// A name with this prefix, made of the seed and a number.
pub fn from_seed(prefix: &str, seed: &str, number: usize) -> String {
    let mut hash = mix(field::fnv1a(format!("{seed}/{number}").as_bytes()));
    let mut name: String = prefix.chars().take(MAX_PREFIX).collect();
    for _ in 0..SUFFIX {
        let index = usize::try_from(hash % 27).unwrap_or(0);
        name.extend(ALPHABET.get(index).map(|letter| char::from(*letter)));
        hash = mix(hash.wrapping_add(0x9e37_79b9));
    }
    name
}

/// Spreads near seeds over all numbers (the finish of MurmurHash3).
fn mix(mut hash: u32) -> u32 {
    hash ^= hash >> 16;
    hash = hash.wrapping_mul(0x85eb_ca6b);
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_stable_and_spread() {
        let names: BTreeSet<String> = (0..2000).map(|n| from_seed("web-", "uid/1", n)).collect();
        assert!(names.len() > 1995, "{}", names.len());
        assert_eq!(from_seed("web-", "uid/1", 7), from_seed("web-", "uid/1", 7));
        assert!(names.iter().all(|name| name.len() == 4 + SUFFIX));
        assert_eq!(from_seed(&"x".repeat(80), "", 0).len(), MAX_PREFIX + SUFFIX);
    }
}
