//! What the schema says of how a field merges.

use super::{PatchError, PatchProblem};
use crate::object::schema::{PatchStrategy, Schema};

/// How a list merges.
pub(super) struct ListRule {
    pub(super) items: Option<Schema>,
    pub(super) key: Option<String>,
    pub(super) merges: bool,
    pub(super) retains_keys: bool,
}

impl ListRule {
    /// The merge key, or the error that none is declared.
    pub(super) fn declared_key(&self) -> Result<&str, PatchError> {
        self.key
            .as_deref()
            .ok_or_else(|| PatchProblem::NoDeclaredKey.into())
    }
}

/// The schema of a field that is merged. A built-in kind must know the field; a structural schema
/// may leave it open, then nothing is known below.
pub(super) fn field_schema(
    schema: Option<&Schema>,
    field: &str,
) -> Result<Option<Schema>, PatchError> {
    let Some(schema) = schema else {
        return Ok(None);
    };
    match schema.field(field) {
        Some(below) => Ok(Some(below)),
        None if schema.keywords().is_some() => Ok(schema.values()),
        None => Err(PatchError::from(PatchProblem::UnknownField).under(field)),
    }
}

/// Whether the value of a field is replaced as a whole.
pub(super) fn replaces(schema: Option<&Schema>) -> bool {
    has_strategy(schema, PatchStrategy::Replace)
}

/// Whether patches of the field say which fields to retain.
pub(super) fn retains_keys(schema: Option<&Schema>) -> bool {
    has_strategy(schema, PatchStrategy::RetainKeys)
}

/// How the list in a field merges.
pub(super) fn list_rule(schema: Option<&Schema>, field: &str) -> Result<ListRule, PatchError> {
    let found = field_schema(schema, field)?;
    let items = found.as_ref().and_then(Schema::items);
    let is_open = found
        .as_ref()
        .is_none_or(|found| found.keywords().is_some());
    if items.is_none() && !is_open {
        return Err(PatchError::from(PatchProblem::Type {
            expected: "list",
            received: "field of another type",
        })
        .under(field));
    }
    Ok(ListRule {
        items,
        key: found
            .as_ref()
            .and_then(|found| found.merge_key().map(str::to_owned)),
        merges: has_strategy(found.as_ref(), PatchStrategy::Merge),
        retains_keys: retains_keys(found.as_ref()),
    })
}

fn has_strategy(schema: Option<&Schema>, strategy: PatchStrategy) -> bool {
    schema.is_some_and(|schema| schema.patch_strategies().contains(&strategy))
}
