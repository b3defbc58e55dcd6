//! The pieces of protobuf: numbers, tags, and lengths.

use super::error::ProtobufError;

/// A number.
pub const VARINT: u8 = 0;
/// Eight bytes.
pub const FIXED64: u8 = 1;
/// A length and as many bytes.
pub const BYTES: u8 = 2;
const START_GROUP: u8 = 3;
/// The end of a group, which no message of Kubernetes has.
pub const END_GROUP: u8 = 4;
const FIXED32: u8 = 5;

/// What precedes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The field; not positive when the tag is broken.
    pub number: i32,
    /// How the value is coded.
    pub wire: u8,
    /// The tag as it was sent.
    pub raw: u64,
}

/// What is left to be read of a message.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads a message.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Whether the message is read to its end.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// A number of at most ten bytes; what does not fit in 64 bits is cut off, as in Go.
    ///
    /// # Errors
    /// It does not end.
    pub fn varint(&mut self) -> Result<u64, ProtobufError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let (first, rest) = self.rest.split_first().ok_or(ProtobufError::Truncated)?;
            self.rest = rest;
            value |= u64::from(first & 0x7f) << shift;
            if *first < 0x80 {
                return Ok(value);
            }
        }
        Err(ProtobufError::Overflow)
    }

    /// The next tag.
    ///
    /// # Errors
    /// It does not end.
    pub fn tag(&mut self) -> Result<Tag, ProtobufError> {
        let raw = self.varint()?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "Go takes the lower 32 bits of the number as it is"
        )]
        let number = (raw >> 3) as i32;
        Ok(Tag {
            number,
            wire: (raw & 7) as u8,
            raw,
        })
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], ProtobufError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(ProtobufError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// A length and as many bytes.
    ///
    /// # Errors
    /// The length is absurd, or longer than the rest.
    pub fn bytes(&mut self) -> Result<&'a [u8], ProtobufError> {
        let length = self.varint()?;
        if i64::try_from(length).is_err() {
            return Err(ProtobufError::NegativeLength);
        }
        self.take(usize::try_from(length).map_err(|_| ProtobufError::Truncated)?)
    }

    /// A floating-point number.
    ///
    /// # Errors
    /// Fewer than eight bytes are left.
    pub fn double(&mut self) -> Result<f64, ProtobufError> {
        let (taken, rest) = self
            .rest
            .split_first_chunk::<8>()
            .ok_or(ProtobufError::Truncated)?;
        self.rest = rest;
        Ok(f64::from_le_bytes(*taken))
    }

    /// Passes over the value of a tag, a whole group included.
    ///
    /// # Errors
    /// It is truncated, or of no known wire type.
    pub fn skip(&mut self, wire: u8) -> Result<(), ProtobufError> {
        let mut wire = wire;
        let mut depth = 0_usize;
        loop {
            match wire {
                VARINT => {
                    self.varint()?;
                }
                FIXED64 => {
                    self.take(8)?;
                }
                BYTES => {
                    self.bytes()?;
                }
                START_GROUP => depth += 1,
                END_GROUP => depth = depth.checked_sub(1).ok_or(ProtobufError::EndOfGroup)?,
                FIXED32 => {
                    self.take(4)?;
                }
                other => return Err(ProtobufError::UnknownWireType(other)),
            }
            if depth == 0 {
                return Ok(());
            }
            wire = self.tag()?.wire;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (bytes, value) in [
            (&[0][..], Ok(0)),
            (&[0xac, 0x02], Ok(300)),
            (
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
                Ok(u64::MAX),
            ),
            (&[0x80], Err(ProtobufError::Truncated)),
            (&[0xff; 11], Err(ProtobufError::Overflow)),
        ] {
            assert_eq!(Reader::new(bytes).varint(), value, "{bytes:?}");
        }
    }

    #[test]
    fn lengths() {
        assert_eq!(Reader::new(&[2, 7, 8]).bytes(), Ok(&[7, 8][..]));
        assert_eq!(Reader::new(&[2, 7]).bytes(), Err(ProtobufError::Truncated));
        let mut negative = vec![0xff; 9];
        negative.push(1);
        assert_eq!(
            Reader::new(&negative).bytes(),
            Err(ProtobufError::NegativeLength)
        );
    }

    #[test]
    fn groups_are_passed_over() {
        // A group of field 1 with a number and a group in it, then one byte more.
        let mut reader = Reader::new(&[0x10, 5, 0x1b, 0x1c, 0x0c, 9]);
        assert_eq!(reader.skip(START_GROUP), Ok(()));
        assert_eq!(reader.varint(), Ok(9));
        assert_eq!(
            Reader::new(&[]).skip(END_GROUP),
            Err(ProtobufError::EndOfGroup)
        );
        assert_eq!(
            Reader::new(&[]).skip(7),
            Err(ProtobufError::UnknownWireType(7))
        );
        assert_eq!(
            Reader::new(&[0x0b; 100_000]).skip(START_GROUP),
            Err(ProtobufError::Truncated)
        );
    }
}
