//! Binary operators on numbers and vectors.

use std::collections::{BTreeMap, BTreeSet};

use promql_parser::parser::{
    BinModifier, BinaryExpr, VectorMatchCardinality,
    token::{T_LAND, T_LOR, T_LUNLESS},
};

use super::{
    Element, Labels, QueryError, Value,
    arithmetic::Operator,
    eval::{Evaluator, unique},
    matching::Matching,
};

impl Evaluator<'_> {
    pub(super) fn binary(&self, binary: &BinaryExpr, at: i64) -> Result<Value, QueryError> {
        let left = self.evaluate(&binary.lhs, at)?;
        let right = self.evaluate(&binary.rhs, at)?;
        let matching = Matching::of(binary.modifier.as_ref());
        match binary.op.id() {
            T_LAND => return set(left, right, |l, r| and(l, &r, &matching, true)),
            T_LUNLESS => return set(left, right, |l, r| and(l, &r, &matching, false)),
            T_LOR => return set(left, right, |l, r| or(l, r, &matching)),
            _ => {}
        }
        let operator = Operator::of(binary.op)?;
        let is_bool = binary.return_bool();
        match (left, right) {
            (Value::Scalar(left), Value::Scalar(right)) => Ok(Value::Scalar(
                operator.apply(left, right, left, is_bool).unwrap_or(0.0),
            )),
            (Value::Vector(left), Value::Scalar(right)) => {
                each(left, operator, is_bool, |left| (left, right))
            }
            (Value::Scalar(left), Value::Vector(right)) => {
                each(right, operator, is_bool, |right| (left, right))
            }
            (Value::Vector(left), Value::Vector(right)) => {
                let joint = Joint {
                    operator,
                    is_bool,
                    matching,
                    modifier: binary.modifier.as_ref(),
                };
                joint.apply(left, right).map(Value::Vector)
            }
            _ => Err(QueryError::execution(
                "binary expression must contain only scalar and instant vector types",
            )),
        }
    }
}

/// One operator on each element and a number.
fn each(
    elements: Vec<Element>,
    operator: Operator,
    is_bool: bool,
    pair: impl Fn(f64) -> (f64, f64),
) -> Result<Value, QueryError> {
    let is_renamed = is_bool || operator.is_arithmetic();
    let mut found = Vec::new();
    for Element { labels, value } in elements {
        let (left, right) = pair(value);
        if let Some(value) = operator.apply(left, right, value, is_bool) {
            let labels = if is_renamed {
                labels.without_name()
            } else {
                labels
            };
            found.push(Element { labels, value });
        }
    }
    unique(found).map(Value::Vector)
}

fn set(
    left: Value,
    right: Value,
    join: impl FnOnce(Vec<Element>, Vec<Element>) -> Vec<Element>,
) -> Result<Value, QueryError> {
    match (left, right) {
        (Value::Vector(left), Value::Vector(right)) => Ok(Value::Vector(join(left, right))),
        _ => Err(QueryError::execution(
            "set operators work on instant vectors only",
        )),
    }
}

/// Elements that have a match on the right, or those that have none.
fn and(
    left: Vec<Element>,
    right: &[Element],
    matching: &Matching,
    is_wanted: bool,
) -> Vec<Element> {
    let keys: BTreeSet<Labels> = right.iter().map(|e| matching.key(&e.labels)).collect();
    left.into_iter()
        .filter(|element| keys.contains(&matching.key(&element.labels)) == is_wanted)
        .collect()
}

fn or(left: Vec<Element>, right: Vec<Element>, matching: &Matching) -> Vec<Element> {
    let keys: BTreeSet<Labels> = left.iter().map(|e| matching.key(&e.labels)).collect();
    let more = right
        .into_iter()
        .filter(|element| !keys.contains(&matching.key(&element.labels)));
    left.into_iter().chain(more).collect()
}

/// An operator on two vectors.
struct Joint<'a> {
    operator: Operator,
    is_bool: bool,
    matching: Matching,
    modifier: Option<&'a BinModifier>,
}

impl Joint<'_> {
    fn apply(&self, left: Vec<Element>, right: Vec<Element>) -> Result<Vec<Element>, QueryError> {
        let fill = self.modifier.map(|modifier| &modifier.fill_values);
        if fill.is_some_and(|fill| fill.lhs.is_some() || fill.rhs.is_some()) {
            return Err(QueryError::bad_parameter(
                "query",
                "the fill modifiers are not supported",
            ));
        }
        let one = VectorMatchCardinality::OneToOne;
        let cardinality = self.modifier.map_or(&one, |modifier| &modifier.card);
        let (many, single, included) = match cardinality {
            VectorMatchCardinality::OneToMany(included) => (right, left, Some(&included.labels)),
            VectorMatchCardinality::ManyToOne(included) => (left, right, Some(&included.labels)),
            _ => (left, right, None),
        };
        let is_swapped = matches!(cardinality, VectorMatchCardinality::OneToMany(_));
        let singles = self.index(&single, is_swapped)?;
        let mut taken: BTreeSet<(Labels, Labels)> = BTreeSet::new();
        let mut found = Vec::new();
        for element in many {
            let key = self.matching.key(&element.labels);
            let Some(other) = singles.get(&key) else {
                continue;
            };
            let (left, right) = if is_swapped {
                (other.value, element.value)
            } else {
                (element.value, other.value)
            };
            let value = self.operator.apply(left, right, left, self.is_bool);
            let labels = self.labels(&element.labels, &other.labels, included);
            let (mark, why) = if included.is_some() {
                (
                    (key, labels.clone()),
                    "multiple matches for labels: grouping labels must ensure unique matches",
                )
            } else {
                (
                    (key, Labels::default()),
                    "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
                )
            };
            if !taken.insert(mark) {
                return Err(QueryError::execution(why));
            }
            if let Some(value) = value {
                found.push(Element { labels, value });
            }
        }
        unique(found)
    }

    /// The side that has each key once.
    fn index<'e>(
        &self,
        single: &'e [Element],
        is_swapped: bool,
    ) -> Result<BTreeMap<Labels, &'e Element>, QueryError> {
        let mut singles = BTreeMap::new();
        for element in single {
            let key = self.matching.key(&element.labels);
            let text = key.to_string();
            if let Some(other) = singles.insert(key, element) {
                let mut names = [element.labels.to_string(), other.labels.to_string()];
                names.sort();
                let side = if is_swapped { "left" } else { "right" };
                return Err(QueryError::execution(format!(
                    "found duplicate series for the match group {text} on the {side} hand-side of the operation: \
                     [{}];many-to-many matching not allowed: matching labels must be unique on one side",
                    names.join(", ")
                )));
            }
        }
        Ok(singles)
    }

    fn labels(&self, many: &Labels, single: &Labels, included: Option<&Vec<String>>) -> Labels {
        let labels = if self.is_bool || self.operator.is_arithmetic() {
            many.without_name()
        } else {
            many.clone()
        };
        match included {
            None => self.matching.one_to_one(&labels),
            Some(included) => included
                .iter()
                .fold(labels, |labels, name| labels.with(name, single.get(name))),
        }
    }
}
