//! A query: read once, asked at an instant or over a range of steps.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use promql_parser::parser::{self, Expr, value::ValueType};

use super::{Labels, Line, QueryError, Sample, Store, Value, eval::Evaluator, store::millis};

/// The most bytes of a query.
pub const MAX_QUERY_BYTES: usize = 8 << 10;
/// The most operators, brackets and commas of a query: what bounds how deep it nests.
pub const MAX_QUERY_OPERATORS: usize = 300;
/// The most samples that one evaluation reads.
pub const MAX_SAMPLES: usize = 5_000_000;
/// The most steps of a range, as Prometheus has it.
pub const MAX_STEPS: i64 = 11_000;

/// A query that was understood.
#[derive(Debug)]
pub struct Query {
    expression: Expr,
}

/// The instants of a range query, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) width: i64,
}

impl Steps {
    /// From `start` to `end` by `step`.
    ///
    /// # Errors
    /// [`QueryError`] as Prometheus words it.
    pub fn new(start: Timestamp, end: Timestamp, step: SignedDuration) -> Result<Self, QueryError> {
        let steps = Self {
            first: start.as_millisecond(),
            last: end.as_millisecond(),
            width: millis(step),
        };
        if steps.last < steps.first {
            let why = "end timestamp must not be before start time";
            return Err(QueryError::bad_parameter("end", why));
        }
        if steps.width <= 0 {
            let why = "zero or negative query resolution step widths are not accepted. Try a positive integer";
            return Err(QueryError::bad_parameter("step", why));
        }
        if (steps.last - steps.first) / steps.width > MAX_STEPS {
            return Err(QueryError::bad_data(
                "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
            ));
        }
        Ok(steps)
    }
}

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// [`QueryError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let bad = |why: &str| QueryError::bad_parameter("query", why);
        if text.len() > MAX_QUERY_BYTES {
            return Err(bad(&format!("longer than {MAX_QUERY_BYTES} bytes")));
        }
        if operators(text) > MAX_QUERY_OPERATORS {
            return Err(bad(&format!(
                "more than {MAX_QUERY_OPERATORS} operators and brackets"
            )));
        }
        let expression =
            parser::parse(text).map_err(|why| bad(&format!("parse error: {}", why.trim())))?;
        Ok(Self { expression })
    }

    /// The answer at an instant.
    ///
    /// # Errors
    /// [`QueryError`] when it cannot be evaluated.
    pub fn at(&self, store: &Store, at: Timestamp) -> Result<Value, QueryError> {
        let at = at.as_millisecond();
        Evaluator::new(store, at, at).evaluate(&self.expression, at)
    }

    /// The answer at each of some instants, as a matrix.
    ///
    /// # Errors
    /// [`QueryError`] when it cannot be evaluated.
    pub fn over(&self, store: &Store, steps: Steps) -> Result<Value, QueryError> {
        let wrong = match self.expression.value_type() {
            ValueType::Matrix => Some("range vector"),
            ValueType::String => Some("string"),
            ValueType::Vector | ValueType::Scalar => None,
        };
        if let Some(kind) = wrong {
            return Err(QueryError::bad_parameter(
                "query",
                &format!(
                    "invalid expression type \"{kind}\" for range query, must be Scalar or instant Vector"
                ),
            ));
        }
        let evaluator = Evaluator::new(store, steps.first, steps.last);
        let mut lines: BTreeMap<Labels, Vec<Sample>> = BTreeMap::new();
        let mut at = steps.first;
        while at <= steps.last {
            match evaluator.evaluate(&self.expression, at)? {
                Value::Scalar(value) => {
                    lines
                        .entry(Labels::default())
                        .or_default()
                        .push(Sample { at, value });
                }
                Value::Vector(elements) => {
                    for element in elements {
                        let value = element.value;
                        lines
                            .entry(element.labels)
                            .or_default()
                            .push(Sample { at, value });
                    }
                }
                Value::Text(_) | Value::Matrix(_) => {}
            }
            at += steps.width;
        }
        Ok(Value::Matrix(
            lines
                .into_iter()
                .map(|(labels, samples)| Line { labels, samples })
                .collect(),
        ))
    }
}

/// How many operators, brackets and commas there are outside of strings.
fn operators(text: &str) -> usize {
    let mut quote = None;
    let mut is_escaped = false;
    let mut count = 0;
    for letter in text.chars() {
        match quote {
            Some(_) if is_escaped => is_escaped = false,
            Some(open) if letter == '\\' && open != '`' => is_escaped = true,
            Some(open) if letter == open => quote = None,
            Some(_) => {}
            None if matches!(letter, '"' | '\'' | '`') => quote = Some(letter),
            None if "([{+-*/%^<>=!@,".contains(letter) => count += 1,
            None => {}
        }
    }
    let words = [" and", " or", " unless", " atan2", "offset"];
    count
        + words
            .iter()
            .map(|word| text.matches(word).count())
            .sum::<usize>()
}
