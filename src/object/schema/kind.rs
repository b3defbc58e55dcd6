//! What a schema says of a value: its type, and how it is merged.

/// What a value may be in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// A map, with known fields (`Schema::field`) or values of one kind (`Schema::values`).
    Object,
    /// A list.
    Array,
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
    /// A whole number or text.
    IntOrString,
    /// Text or any number (quantities).
    StringOrNumber,
    /// Nothing is said of it.
    Any,
}

impl ValueType {
    pub(super) fn from_word(word: &str) -> Self {
        match word {
            "object" => Self::Object,
            "array" => Self::Array,
            "string" => Self::String,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "boolean" => Self::Boolean,
            "integer|string" => Self::IntOrString,
            "string|number" => Self::StringOrNumber,
            _ => Self::Any,
        }
    }
}

/// How a list is merged by server-side apply (`x-kubernetes-list-type`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListKind {
    /// Replaced as a whole.
    Atomic,
    /// Unique scalars.
    Set,
    /// Maps told apart by these key fields.
    Map(Vec<String>),
}

/// How a map is merged by server-side apply (`x-kubernetes-map-type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapKind {
    /// Field by field.
    Granular,
    /// Replaced as a whole.
    Atomic,
}

/// One word of `x-kubernetes-patch-strategy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchStrategy {
    /// Lists are merged element by element.
    Merge,
    /// The value is replaced as a whole.
    Replace,
    /// Fields that a patch does not retain are removed.
    RetainKeys,
}

impl PatchStrategy {
    pub(super) fn from_word(word: &str) -> Option<Self> {
        match word {
            "merge" => Some(Self::Merge),
            "replace" => Some(Self::Replace),
            "retainKeys" => Some(Self::RetainKeys),
            _ => None,
        }
    }
}
