//! Aggregations of an instant vector, over all of it or in groups.

use std::collections::BTreeMap;

use promql_parser::parser::{
    AggregateExpr, LabelModifier,
    token::{
        T_AVG, T_BOTTOMK, T_COUNT, T_COUNT_VALUES, T_GROUP, T_MAX, T_MIN, T_QUANTILE, T_STDDEV,
        T_STDVAR, T_SUM, T_TOPK,
    },
};

use super::{
    Element, Labels, QueryError, Value,
    eval::Evaluator,
    function::{over_time, sort},
    number,
};

impl Evaluator<'_> {
    pub(super) fn aggregate(
        &self,
        aggregate: &AggregateExpr,
        at: i64,
    ) -> Result<Value, QueryError> {
        let elements = self.vector(&aggregate.expr, at)?;
        let modifier = aggregate.modifier.as_ref();
        let parameter = aggregate.param.as_deref();
        let id = aggregate.op.id();
        if id == T_COUNT_VALUES {
            let label = match parameter {
                Some(parameter) => self.text(parameter, at)?,
                None => String::new(),
            };
            return Ok(Value::Vector(count_values(&label, elements, modifier)));
        }
        let parameter = match parameter {
            Some(parameter) => self.number(parameter, at)?,
            None => 0.0,
        };
        let groups = grouped(elements, modifier);
        if matches!(id, T_TOPK | T_BOTTOMK) {
            return best(groups, parameter, id == T_TOPK).map(Value::Vector);
        }
        let reduce: &dyn Fn(&[f64]) -> f64 = match id {
            T_SUM => &over_time::sum,
            T_AVG => &over_time::average,
            T_MIN => &over_time::least,
            T_MAX => &over_time::greatest,
            T_COUNT => &|values| values.len() as f64,
            T_GROUP => &|_| 1.0,
            T_STDDEV => &|values| over_time::variance(values).sqrt(),
            T_STDVAR => &over_time::variance,
            T_QUANTILE => &|values| over_time::quantile(parameter, values),
            _ => {
                return Err(QueryError::bad_parameter(
                    "query",
                    &format!("aggregation \"{}\" is not supported", aggregate.op),
                ));
            }
        };
        let reduced = groups.into_iter().map(|(labels, members)| {
            let values: Vec<f64> = members.iter().map(|member| member.value).collect();
            let value = reduce(&values);
            Element { labels, value }
        });
        Ok(Value::Vector(reduced.collect()))
    }
}

/// The labels that a group goes by.
fn group_of(labels: &Labels, modifier: Option<&LabelModifier>) -> Labels {
    match modifier {
        None => Labels::default(),
        Some(LabelModifier::Include(names)) => labels.only(&names.labels),
        Some(LabelModifier::Exclude(names)) => labels.without(&names.labels),
    }
}

/// Groups in the order in which their first member comes.
fn grouped(
    elements: Vec<Element>,
    modifier: Option<&LabelModifier>,
) -> Vec<(Labels, Vec<Element>)> {
    let mut places: BTreeMap<Labels, usize> = BTreeMap::new();
    let mut groups: Vec<(Labels, Vec<Element>)> = Vec::new();
    for element in elements {
        let labels = group_of(&element.labels, modifier);
        let next = groups.len();
        let place = *places.entry(labels.clone()).or_insert(next);
        if place == next {
            groups.push((labels, Vec::new()));
        }
        if let Some((_, members)) = groups.get_mut(place) {
            members.push(element);
        }
    }
    groups
}

/// The greatest or least elements of each group, best first.
fn best(
    groups: Vec<(Labels, Vec<Element>)>,
    count: f64,
    is_top: bool,
) -> Result<Vec<Element>, QueryError> {
    if count.is_nan() {
        return Err(QueryError::execution("Parameter value is NaN"));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is less than one is none, what is more than there are is all"
    )]
    let count = count.max(0.0) as usize;
    let mut found = Vec::new();
    for (_, members) in groups {
        found.extend(sort::sorted(members, is_top).into_iter().take(count));
    }
    Ok(found)
}

/// How many elements have each value.
fn count_values(
    label: &str,
    elements: Vec<Element>,
    modifier: Option<&LabelModifier>,
) -> Vec<Element> {
    let mut counts: BTreeMap<Labels, f64> = BTreeMap::new();
    for element in elements {
        let labels = group_of(&element.labels, modifier).with(label, &number::plain(element.value));
        *counts.entry(labels).or_default() += 1.0;
    }
    counts
        .into_iter()
        .map(|(labels, value)| Element { labels, value })
        .collect()
}
