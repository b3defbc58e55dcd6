//! Label selectors as manifests hold them: `matchLabels` and `matchExpressions`.

use std::collections::BTreeMap;

use serde_json::Value;

/// Why a selector cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelSelectorError {
    /// The operator of an expression is none of the four.
    #[error("{0:?} is not a valid label selector operator")]
    Operator(String),
    /// A field is missing, or not of its type.
    #[error("field {0} of the label selector is missing or not of its type")]
    Field(&'static str),
}

/// Chooses objects by their labels (`metav1.LabelSelector`).
///
/// An empty selector chooses everything; whoever holds an absent one must decide what that means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSelector(Vec<Requirement>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    DoesNotExist,
}

impl LabelSelector {
    /// Reads a `metav1.LabelSelector`.
    ///
    /// # Errors
    /// [`LabelSelectorError`] names what is wrong.
    pub fn from_value(value: &Value) -> Result<Self, LabelSelectorError> {
        let mut all = Self::equal(value.get("matchLabels").unwrap_or(&Value::Null))?;
        let expressions = match value.get("matchExpressions") {
            None | Some(Value::Null) => return Ok(all),
            Some(Value::Array(list)) => list,
            Some(_) => return Err(LabelSelectorError::Field("matchExpressions")),
        };
        for expression in expressions {
            let key = expression
                .get("key")
                .and_then(Value::as_str)
                .ok_or(LabelSelectorError::Field("key"))?;
            let operator = expression
                .get("operator")
                .and_then(Value::as_str)
                .ok_or(LabelSelectorError::Field("operator"))?;
            let values: Vec<String> = expression
                .get("values")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|value| value.as_str().map(str::to_owned))
                .collect();
            let test = match operator {
                "In" => Test::In(values),
                "NotIn" => Test::NotIn(values),
                "Exists" => Test::Exists,
                "DoesNotExist" => Test::DoesNotExist,
                other => return Err(LabelSelectorError::Operator(other.to_owned())),
            };
            all.0.push(Requirement {
                key: key.to_owned(),
                test,
            });
        }
        Ok(all)
    }

    /// Reads a plain map of labels, as Services have it.
    ///
    /// # Errors
    /// [`LabelSelectorError`] if it is not a map of texts.
    fn equal(value: &Value) -> Result<Self, LabelSelectorError> {
        let labels = match value {
            Value::Null => return Ok(Self::default()),
            Value::Object(labels) => labels,
            _ => return Err(LabelSelectorError::Field("matchLabels")),
        };
        labels
            .iter()
            .map(|(key, value)| {
                let value = value
                    .as_str()
                    .ok_or(LabelSelectorError::Field("matchLabels"))?;
                Ok(Requirement {
                    key: key.clone(),
                    test: Test::In(vec![value.to_owned()]),
                })
            })
            .collect::<Result<Vec<_>, _>>()
            .map(Self)
    }

    /// Whether it chooses everything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it chooses an object with these labels.
    pub fn matches(&self, labels: &BTreeMap<&str, &str>) -> bool {
        self.0.iter().all(|requirement| {
            let value = labels.get(requirement.key.as_str());
            match &requirement.test {
                Test::In(values) => value.is_some_and(|value| values.iter().any(|v| v == value)),
                Test::NotIn(values) => {
                    !value.is_some_and(|value| values.iter().any(|v| v == value))
                }
                Test::Exists => value.is_some(),
                Test::DoesNotExist => value.is_none(),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn chooses_by_labels() {
        let labels = BTreeMap::from([("app", "web"), ("tier", "front")]);
        for (selector, expected) in [
            (json!({}), true),
            (json!({"matchLabels": {"app": "web"}}), true),
            (json!({"matchLabels": {"app": "api"}}), false),
            (
                json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "web"]}]}),
                true,
            ),
            (
                json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}),
                false,
            ),
            (
                json!({"matchExpressions": [{"key": "none", "operator": "NotIn", "values": ["web"]}]}),
                true,
            ),
            (
                json!({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}),
                true,
            ),
            (
                json!({"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}),
                false,
            ),
        ] {
            let read = LabelSelector::from_value(&selector).unwrap();
            assert_eq!(read.matches(&labels), expected, "{selector}");
        }
    }

    #[test]
    fn refuses_what_it_cannot_read() {
        for (selector, error) in [
            (
                json!({"matchExpressions": [{"key": "a", "operator": "Like"}]}),
                LabelSelectorError::Operator("Like".into()),
            ),
            (
                json!({"matchLabels": {"a": 1}}),
                LabelSelectorError::Field("matchLabels"),
            ),
            (
                json!({"matchExpressions": [{"operator": "In"}]}),
                LabelSelectorError::Field("key"),
            ),
        ] {
            assert_eq!(LabelSelector::from_value(&selector), Err(error), "{selector}");
        }
    }
}
