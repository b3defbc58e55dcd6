//! What one build may grow to, however small its files are: kustomizations and replacements can double what they
//! name, again and again.

use serde_json::Value;

use super::error::BuildError;

/// The most kustomization files that are taken in; one that is named twice counts twice.
pub(super) const MAX_KUSTOMIZATIONS: usize = 10_000;
/// The most resources that are taken in.
pub(super) const MAX_RESOURCES: usize = 200_000;
/// The most bytes that generators take in.
pub(super) const MAX_GENERATED_BYTES: usize = 256 << 20;
/// The most bytes of a resource after it was changed by something that can copy.
pub(super) const MAX_RESOURCE_BYTES: usize = 16 << 20;

/// What a build has taken in so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Taken {
    kustomizations: usize,
    resources: usize,
    generated: usize,
}

impl Taken {
    /// One more kustomization file.
    pub(super) fn kustomization(&mut self) -> Result<(), BuildError> {
        let what = "kustomizations";
        count(&mut self.kustomizations, 1, MAX_KUSTOMIZATIONS, what)
    }

    /// More resources.
    pub(super) fn resources(&mut self, more: usize) -> Result<(), BuildError> {
        count(&mut self.resources, more, MAX_RESOURCES, "resources")
    }

    /// More bytes of generators.
    pub(super) fn generated(&mut self, more: usize) -> Result<(), BuildError> {
        let what = "bytes of generated resources";
        count(&mut self.generated, more, MAX_GENERATED_BYTES, what)
    }
}

fn count(so_far: &mut usize, more: usize, most: usize, what: &str) -> Result<(), BuildError> {
    *so_far = so_far.saturating_add(more);
    if *so_far > most {
        return Err(BuildError::new(format!(
            "the build has more than {most} {what}"
        )));
    }
    Ok(())
}

/// Fails where a resource has grown too large.
pub(super) fn check_size(value: &Value) -> Result<(), BuildError> {
    if is_within(value, &mut { MAX_RESOURCE_BYTES }) {
        return Ok(());
    }
    Err(BuildError::new(format!(
        "the resource grows larger than {MAX_RESOURCE_BYTES} bytes"
    )))
}

/// Whether a value takes no more than what is left; it does not look further than that.
fn is_within(value: &Value, left: &mut usize) -> bool {
    /// What a node takes beside its text.
    const NODE: usize = 64;
    let own = NODE
        + match value {
            Value::String(text) => text.len(),
            _ => 0,
        };
    match left.checked_sub(own) {
        Some(rest) => *left = rest,
        None => return false,
    }
    match value {
        Value::Array(items) => items.iter().all(|item| is_within(item, left)),
        Value::Object(fields) => fields.iter().all(|(name, field)| {
            *left = left.saturating_sub(name.len());
            is_within(field, left)
        }),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_taken_in_is_counted() {
        let mut taken = Taken::default();
        for _ in 0..MAX_KUSTOMIZATIONS {
            taken.kustomization().unwrap();
        }
        let error = taken.kustomization().unwrap_err();
        assert_eq!(
            error.to_string(),
            "the build has more than 10000 kustomizations"
        );
        taken.resources(MAX_RESOURCES).unwrap();
        assert!(taken.resources(1).is_err());
        assert!(taken.generated(usize::MAX).is_err());
    }

    #[test]
    fn large_resources_are_refused() {
        assert!(check_size(&json!({"a": ["b"]})).is_ok());
        assert!(check_size(&json!({"a": "x".repeat(MAX_RESOURCE_BYTES)})).is_err());
    }
}
