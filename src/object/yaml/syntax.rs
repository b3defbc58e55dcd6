//! The classes of broken YAML: what the event parser found, told without any of the text.

use granit_parser::ErrorKind as Kind;

pub(super) const TAB: &str = "a tab where only spaces may indent";

/// Whether the error is too deep a nesting.
pub(super) fn is_depth(kind: &Kind) -> bool {
    matches!(kind, Kind::RecursionLimitExceeded)
}

/// What is wrong, in words that quote nothing.
pub(super) fn class(kind: &Kind) -> &'static str {
    match kind {
        Kind::TabNotAllowed
        | Kind::TabInBlockIndentation
        | Kind::TabInIndentation
        | Kind::TabAtBlockScalarStart
        | Kind::TabInPlainScalar => TAB,
        Kind::InvalidIndentation
        | Kind::InvalidBlockScalarIndent
        | Kind::InvalidQuotedScalarIndent
        | Kind::InvalidFlowScalarIndent
        | Kind::ZeroBlockScalarIndent => "the indentation fits nothing above",
        Kind::UnknownAnchor => "an alias to an anchor that is not defined",
        Kind::UnclosedFlowCollection { .. }
        | Kind::UnexpectedEofFlowSequence
        | Kind::UnexpectedEofFlowMapping
        | Kind::UnexpectedEofImplicitFlowMapping => "a bracket or brace is not closed",
        Kind::MisplacedFlowCollectionEnd | Kind::MismatchedFlowCollectionEnd { .. } => {
            "a closing bracket or brace without its opening one"
        }
        Kind::ExpectedFlowMappingSeparator | Kind::ExpectedFlowSequenceSeparator => {
            "a comma or a closing bracket or brace is missing"
        }
        Kind::UnclosedQuotedScalar | Kind::DocumentIndicatorInQuotedScalar => {
            "a quote is not closed"
        }
        Kind::InvalidTrailingSingleQuotedScalar | Kind::InvalidTrailingDoubleQuotedScalar => {
            "text behind a closing quote"
        }
        Kind::UnknownQuotedScalarEscape
        | Kind::InvalidQuotedScalarHexEscape
        | Kind::InvalidLowSurrogateHexEscape
        | Kind::InvalidLowSurrogate
        | Kind::MissingLowSurrogate
        | Kind::UnpairedLowSurrogate
        | Kind::InvalidUnicodeEscape => "an escape in double quotes that does not exist",
        Kind::SimpleKeyExpected | Kind::InvalidSimpleKey => "a colon behind a key is missing",
        Kind::ExpectedBlockMappingKey => "a key is missing",
        Kind::ExpectedBlockSequenceEntry
        | Kind::BlockEntryInFlowCollection
        | Kind::BlockSequenceEntryNotAllowed
        | Kind::InvalidBlockEntryWhitespace => "a list entry where none can be",
        Kind::MappingKeyNotAllowed
        | Kind::MappingValueNotAllowed
        | Kind::InvalidColonPlacement
        | Kind::InvalidMappingValueWhitespace
        | Kind::FlowMappingValueAdjacentCollection => "a key or a value where none can be",
        Kind::ExpectedNodeContent | Kind::UnexpectedEndOfPlainScalar => "a value is missing",
        Kind::InvalidBlockScalarHeader => "text behind the indicator of a block of text",
        Kind::UndeclaredTagHandle
        | Kind::ExpectedTagBang
        | Kind::ExpectedTagDirectiveBang
        | Kind::InvalidGlobalTagCharacter
        | Kind::InvalidTagTerminator
        | Kind::MissingTagUri
        | Kind::UnclosedVerbatimTag
        | Kind::InvalidTagEscape
        | Kind::InvalidTagUtf8LeadingByte
        | Kind::InvalidTagUtf8TrailingByte
        | Kind::InvalidTagUtf8 => "a tag that is malformed or not declared",
        Kind::MissingAnchorOrAliasName => "an anchor or an alias without a name",
        Kind::UnexpectedCharacter { .. } | Kind::PlainScalarStartsWithDashFlowIndicator => {
            "a character that cannot start a value"
        }
        Kind::CommentInterceptedScalar | Kind::CommentNotSeparated => "a comment where none can be",
        Kind::BomInsideDocument => "a byte order mark inside a document",
        Kind::DuplicateVersionDirective
        | Kind::UnsupportedYamlMajorVersion
        | Kind::DuplicateTagDirective
        | Kind::MissingDocumentEndBeforeDirective
        | Kind::InvalidDirectiveTerminator
        | Kind::MissingYamlVersionSeparator
        | Kind::MissingDirectiveName
        | Kind::InvalidDirectiveName
        | Kind::DirectiveByteLimitExceeded { .. }
        | Kind::TooManyReservedDirectiveParams { .. }
        | Kind::YamlVersionTooLong
        | Kind::MissingYamlVersion
        | Kind::InvalidTagDirectiveTerminator => "a malformed directive",
        Kind::ExpectedDocumentStart | Kind::InvalidDocumentEnd => {
            "text behind the end of a document"
        }
        _ => "this is not YAML",
    }
}
