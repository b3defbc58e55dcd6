//! Why a protobuf body cannot be read, in the words of the generated Go decoders.

/// Why a body is not taken. Numbers and field names only, never a value of the object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtobufError {
    /// There is no body.
    #[error("empty data")]
    Empty,
    /// The magic is there, and nothing behind it.
    #[error("empty body")]
    EmptyBody,
    /// The magic is not there.
    #[error(
        "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"
    )]
    NoMagic,
    /// It ends within a value.
    #[error("unexpected EOF")]
    Truncated,
    /// A number that does not end within ten bytes.
    #[error("proto: integer overflow")]
    Overflow,
    /// A length that no body can have.
    #[error("proto: negative length found during unmarshaling")]
    NegativeLength,
    /// A group ends that never began.
    #[error("proto: unexpected end of group")]
    EndOfGroup,
    /// A group ends where a field of a message is due.
    #[error("proto: {0}: wiretype end group for non-group")]
    Group(&'static str),
    /// A field without a valid number.
    #[error("proto: {message}: illegal tag {number} (wire type {wire})")]
    Tag {
        /// The message.
        message: &'static str,
        /// The number of the field.
        number: i32,
        /// The whole tag.
        wire: u64,
    },
    /// A value is coded in a way that its type is not.
    #[error("proto: wrong wireType = {wire} for field {field}")]
    WireType {
        /// The wire type.
        wire: u8,
        /// The field.
        field: &'static str,
    },
    /// A wire type that protobuf does not have.
    #[error("proto: illegal wireType {0}")]
    UnknownWireType(u8),
    /// Messages within messages, further than [`super::message::MAX_DEPTH`].
    #[error("proto: exceeded max depth")]
    TooDeep,
    /// More messages than [`super::message::MAX_MESSAGES`].
    #[error("proto: too many messages")]
    TooMany,
    /// The envelope does not say what it holds.
    #[error("Object '{0}' is missing in the envelope")]
    Unnamed(&'static str),
    /// The kind has no protobuf form.
    #[error(
        "no kind {kind:?} is registered for version {api_version:?} in scheme \"pkg/api/legacyscheme/scheme.go:30\""
    )]
    UnknownKind {
        /// The API version.
        api_version: String,
        /// The kind.
        kind: String,
    },
    /// A number or a choice that JSON cannot show.
    #[error("field {0} has a value that JSON cannot show")]
    Unshowable(&'static str),
}
