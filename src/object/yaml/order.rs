//! The order in which go-yaml writes keys: numbers within them by their value, letters last.

use std::cmp::Ordering;

/// A key, ordered as go-yaml version 2 orders (its `keyList.Less`).
///
/// Letters beyond ASCII are those of Unicode's Alphabetic property; only ASCII digits are digits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Natural<'a>(pub(super) &'a str);

impl Ord for Natural<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut left, mut right) = (self.0.chars(), other.0.chars());
        // Whether the digits just before are part of a number that does not start with zero.
        let mut in_number = false;
        loop {
            let (left_rest, right_rest) = (left.as_str(), right.as_str());
            match (left.next(), right.next()) {
                (None, None) => return Ordering::Equal,
                (None, Some(_)) => return Ordering::Less,
                (Some(_), None) => return Ordering::Greater,
                (Some(a), Some(b)) if a == b => {
                    in_number = a.is_ascii_digit() && (in_number || a != '0');
                }
                (Some(a), Some(b)) => return apart((a, left_rest), (b, right_rest), in_number),
            }
        }
    }
}

/// Orders two keys from the first letter in which they differ.
fn apart((a, left): (char, &str), (b, right): (char, &str), in_number: bool) -> Ordering {
    match (a.is_alphabetic(), b.is_alphabetic()) {
        (true, true) => return a.cmp(&b),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let start = i64::from(in_number && (a == '0' || b == '0'));
    let (left_number, left_digits) = number(left, start);
    let (right_number, right_digits) = number(right, start);
    left_number
        .cmp(&right_number)
        .then(left_digits.cmp(&right_digits))
        .then(a.cmp(&b))
}

/// The number that a text starts with, and how many digits it has. It wraps around as in Go.
fn number(text: &str, start: i64) -> (i64, usize) {
    let digits = text.bytes().take_while(u8::is_ascii_digit);
    digits.fold((start, 0), |(number, count), digit| {
        let number = number
            .wrapping_mul(10)
            .wrapping_add(i64::from(digit - b'0'));
        (number, count + 1)
    })
}

impl PartialOrd for Natural<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Natural<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Natural<'_> {}

#[cfg(test)]
mod tests {
    use super::Natural;

    #[test]
    fn numbers_within_keys_count() {
        let sorted = [
            "", "1", "2", "10", "a", "a-b", "a.b", "a_b", "a1", "a2", "a02", "a10", "aB", "ab",
            "abc",
        ];
        for pair in sorted.windows(2) {
            let [a, b] = pair else { unreachable!() };
            assert!(Natural(a) < Natural(b), "{a} {b}");
        }
    }
}
