//! One expression at one instant.

use std::{cell::Cell, collections::BTreeMap, collections::BTreeSet};

use promql_parser::parser::{Expr, SubqueryExpr};

use super::{
    Element, Labels, Line, QueryError, Sample, Store, Value,
    query::{MAX_SAMPLES, MAX_STEPS},
    select::{Window, long},
};

/// The step of a subquery that names none, in milliseconds: Prometheus' evaluation interval.
const SUBQUERY_STEP: i64 = 60_000;

/// Evaluates expressions over the series of a store.
pub(super) struct Evaluator<'a> {
    pub(super) store: &'a Store,
    /// What `@ start()` means.
    pub(super) start: i64,
    /// What `@ end()` means.
    pub(super) end: i64,
    samples: Cell<usize>,
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(store: &'a Store, start: i64, end: i64) -> Self {
        Self {
            store,
            start,
            end,
            samples: Cell::new(0),
        }
    }

    /// Counts samples that were read.
    pub(super) fn count(&self, samples: usize) -> Result<(), QueryError> {
        let read = self.samples.get().saturating_add(samples);
        self.samples.set(read);
        if read > MAX_SAMPLES {
            return Err(QueryError::execution(
                "query processing would load too many samples into memory in query execution",
            ));
        }
        Ok(())
    }

    pub(super) fn evaluate(&self, expression: &Expr, at: i64) -> Result<Value, QueryError> {
        match expression {
            Expr::NumberLiteral(number) => Ok(Value::Scalar(number.val)),
            Expr::StringLiteral(text) => Ok(Value::Text(text.val.clone())),
            Expr::Paren(inner) => self.evaluate(&inner.expr, at),
            Expr::Unary(unary) => match self.evaluate(&unary.expr, at)? {
                Value::Scalar(number) => Ok(Value::Scalar(-number)),
                Value::Vector(elements) => mapped(elements, |value| -value),
                other => Ok(other),
            },
            Expr::VectorSelector(selector) => self.select(selector, at).map(Value::Vector),
            Expr::MatrixSelector(_) | Expr::Subquery(_) => {
                Ok(Value::Matrix(self.window(expression, at)?.lines))
            }
            Expr::Call(call) => self.call(call, at),
            Expr::Aggregate(aggregate) => self.aggregate(aggregate, at),
            Expr::Binary(binary) => self.binary(binary, at),
            Expr::Extension(_) => Err(QueryError::execution("unhandled expression")),
        }
    }

    /// An expression whose type is known to be an instant vector.
    pub(super) fn vector(&self, expression: &Expr, at: i64) -> Result<Vec<Element>, QueryError> {
        match self.evaluate(expression, at)? {
            Value::Vector(elements) => Ok(elements),
            _ => Err(QueryError::execution("expected an instant vector")),
        }
    }

    /// An expression whose type is known to be a number.
    pub(super) fn number(&self, expression: &Expr, at: i64) -> Result<f64, QueryError> {
        match self.evaluate(expression, at)? {
            Value::Scalar(number) => Ok(number),
            _ => Err(QueryError::execution("expected a scalar")),
        }
    }

    /// An expression whose type is known to be a text.
    pub(super) fn text(&self, expression: &Expr, at: i64) -> Result<String, QueryError> {
        match self.evaluate(expression, at)? {
            Value::Text(text) => Ok(text),
            _ => Err(QueryError::execution("expected a string")),
        }
    }

    /// An expression whose type is known to be a range vector.
    pub(super) fn window(&self, expression: &Expr, at: i64) -> Result<Window, QueryError> {
        match expression {
            Expr::Paren(inner) => self.window(&inner.expr, at),
            Expr::MatrixSelector(matrix) => self.select_range(&matrix.vs, matrix.range, at),
            Expr::Subquery(subquery) => self.subquery(subquery, at),
            _ => Err(QueryError::execution("expected a range vector")),
        }
    }

    /// The inner expression at each multiple of the step within the range.
    fn subquery(&self, subquery: &SubqueryExpr, at: i64) -> Result<Window, QueryError> {
        let end = self.moment(at, subquery.at.as_ref(), subquery.offset.as_ref());
        let start = end.saturating_sub(long(subquery.range));
        let step = subquery.step.map_or(SUBQUERY_STEP, long).max(1);
        if (end - start) / step > MAX_STEPS {
            return Err(QueryError::execution(
                "exceeded maximum resolution of 11,000 points per timeseries in a subquery",
            ));
        }
        let mut lines: BTreeMap<Labels, Vec<Sample>> = BTreeMap::new();
        let mut moment = start.div_euclid(step) * step + step;
        while moment <= end {
            let elements = match self.evaluate(&subquery.expr, moment)? {
                Value::Vector(elements) => elements,
                Value::Scalar(value) => vec![Element {
                    labels: Labels::default(),
                    value,
                }],
                Value::Text(_) | Value::Matrix(_) => Vec::new(),
            };
            self.count(elements.len())?;
            for Element { labels, value } in elements {
                let samples = lines.entry(labels).or_default();
                samples.push(Sample { at: moment, value });
            }
            moment += step;
        }
        let lines = lines
            .into_iter()
            .map(|(labels, samples)| Line { labels, samples })
            .collect();
        Ok(Window { start, end, lines })
    }
}

/// Each value changed, without the name of its metric.
pub(super) fn mapped(
    elements: Vec<Element>,
    change: impl Fn(f64) -> f64,
) -> Result<Value, QueryError> {
    let changed = elements.into_iter().map(|element| Element {
        labels: element.labels.without_name(),
        value: change(element.value),
    });
    unique(changed.collect()).map(Value::Vector)
}

/// A vector has each set of labels once.
pub(super) fn unique(elements: Vec<Element>) -> Result<Vec<Element>, QueryError> {
    let mut seen = BTreeSet::new();
    if elements.iter().all(|element| seen.insert(&element.labels)) {
        Ok(elements)
    } else {
        Err(QueryError::execution(
            "vector cannot contain metrics with the same labelset",
        ))
    }
}
