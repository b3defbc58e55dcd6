//! Which function a call means.

use promql_parser::{
    label::{MatchOp, Matcher},
    parser::{Call, Expr},
};

use super::{histogram, label, math, over_time, rate, sort};
use crate::promql::{
    Element, Labels, METRIC_NAME, QueryError, Sample, Value,
    eval::{Evaluator, mapped, unique},
    select::Window,
};

impl Evaluator<'_> {
    pub(in crate::promql) fn call(&self, call: &Call, at: i64) -> Result<Value, QueryError> {
        let name = call.func.name;
        let arguments = Arguments {
            evaluator: self,
            call,
            at,
        };
        if let Some(function) = math::of(name) {
            return mapped(arguments.vector(0)?, function);
        }
        if let Some(function) = rate::of(name) {
            return over(&arguments.window(0)?, name, function);
        }
        if let Some(function) = over_time::of(name) {
            return over(&arguments.window(0)?, name, |_, samples| {
                Some(function(&over_time::values(samples)))
            });
        }
        arguments.other(name)
    }
}

/// The arguments of one call at one instant.
struct Arguments<'a> {
    evaluator: &'a Evaluator<'a>,
    call: &'a Call,
    at: i64,
}

impl Arguments<'_> {
    fn expression(&self, place: usize) -> Result<&Expr, QueryError> {
        let arguments = &self.call.args.args;
        arguments.get(place).map(AsRef::as_ref).ok_or_else(|| {
            QueryError::execution(format!("an argument of {} is missing", self.call.func.name))
        })
    }

    fn vector(&self, place: usize) -> Result<Vec<Element>, QueryError> {
        self.evaluator.vector(self.expression(place)?, self.at)
    }

    fn number(&self, place: usize) -> Result<f64, QueryError> {
        self.evaluator.number(self.expression(place)?, self.at)
    }

    fn text(&self, place: usize) -> Result<String, QueryError> {
        self.evaluator.text(self.expression(place)?, self.at)
    }

    fn window(&self, place: usize) -> Result<Window, QueryError> {
        self.evaluator.window(self.expression(place)?, self.at)
    }

    fn count(&self) -> usize {
        self.call.args.args.len()
    }

    fn other(&self, name: &str) -> Result<Value, QueryError> {
        let vector = match name {
            "pi" => return Ok(Value::Scalar(std::f64::consts::PI)),
            "time" => return Ok(Value::Scalar(self.at as f64 / 1000.0)),
            "scalar" => {
                return Ok(Value::Scalar(match self.vector(0)?.as_slice() {
                    [only] => only.value,
                    _ => f64::NAN,
                }));
            }
            "vector" => vec![Element {
                labels: Labels::default(),
                value: self.number(0)?,
            }],
            "absent" => {
                let is_absent = self.vector(0)?.is_empty();
                self.absent(is_absent)?
            }
            "absent_over_time" => {
                let is_absent = self.window(0)?.lines.is_empty();
                self.absent(is_absent)?
            }
            "clamp" => return self.clamp(self.number(1)?, self.number(2)?),
            "clamp_max" => return self.clamp(f64::NEG_INFINITY, self.number(1)?),
            "clamp_min" => return self.clamp(self.number(1)?, f64::INFINITY),
            "round" => {
                let inverse = 1.0
                    / if self.count() > 1 {
                        self.number(1)?
                    } else {
                        1.0
                    };
                return mapped(self.vector(0)?, |value| {
                    (value * inverse + 0.5).floor() / inverse
                });
            }
            "sort" => sort::sorted(self.vector(0)?, false),
            "sort_desc" => sort::sorted(self.vector(0)?, true),
            "timestamp" => self.timestamp()?,
            "histogram_quantile" => histogram::quantiles(self.number(0)?, self.vector(1)?),
            "quantile_over_time" => {
                let wanted = self.number(0)?;
                return over(&self.window(1)?, name, |_, samples| {
                    Some(over_time::quantile(wanted, &over_time::values(samples)))
                });
            }
            "predict_linear" => {
                let ahead = self.number(1)?;
                return over(&self.window(0)?, name, |_, samples| {
                    let (slope, value) = rate::regression(samples, self.at);
                    (samples.len() > 1).then_some(slope * ahead + value)
                });
            }
            "label_replace" => label::replace(
                self.vector(0)?,
                &self.text(1)?,
                &self.text(2)?,
                &self.text(3)?,
                &self.text(4)?,
            )?,
            "label_join" => {
                let sources: Vec<String> = (3..self.count())
                    .map(|place| self.text(place))
                    .collect::<Result<_, _>>()?;
                label::join(self.vector(0)?, &self.text(1)?, &self.text(2)?, &sources)?
            }
            _ => {
                let why = format!("function \"{name}\" is not supported");
                return Err(QueryError::bad_parameter("query", &why));
            }
        };
        Ok(Value::Vector(vector))
    }

    fn clamp(&self, least: f64, greatest: f64) -> Result<Value, QueryError> {
        let elements = self.vector(0)?;
        if greatest < least {
            return Ok(Value::Vector(Vec::new()));
        }
        if least.is_nan() || greatest.is_nan() {
            return mapped(elements, |_| f64::NAN);
        }
        mapped(elements, |value| {
            if value.is_nan() {
                value
            } else {
                value.min(greatest).max(least)
            }
        })
    }

    /// One element with the labels that the selector asks for, when nothing was found.
    fn absent(&self, is_absent: bool) -> Result<Vec<Element>, QueryError> {
        if !is_absent {
            return Ok(Vec::new());
        }
        let matchers: &[Matcher] = match self.expression(0)? {
            Expr::VectorSelector(selector) => &selector.matchers.matchers,
            Expr::MatrixSelector(matrix) => &matrix.vs.matchers.matchers,
            _ => &[],
        };
        let mut labels = Labels::default();
        let mut seen: Vec<&str> = Vec::new();
        for matcher in matchers.iter().filter(|m| m.name != METRIC_NAME) {
            let is_first = !seen.contains(&matcher.name.as_str());
            if matcher.op == MatchOp::Equal && is_first {
                labels = labels.with(&matcher.name, &matcher.value);
                seen.push(&matcher.name);
            } else {
                labels = labels.with(&matcher.name, "");
            }
        }
        Ok(vec![Element { labels, value: 1.0 }])
    }

    fn timestamp(&self) -> Result<Vec<Element>, QueryError> {
        let mut expression = self.expression(0)?;
        while let Expr::Paren(inner) = expression {
            expression = &inner.expr;
        }
        let elements = match expression {
            Expr::VectorSelector(selector) => self.evaluator.stamps(selector, self.at)?,
            other => {
                let now = self.at as f64 / 1000.0;
                let elements = self.evaluator.vector(other, self.at)?;
                let stamped = elements.into_iter().map(|element| Element {
                    labels: element.labels,
                    value: now,
                });
                stamped.collect()
            }
        };
        let stamped = elements.into_iter().map(|element| Element {
            labels: element.labels.without_name(),
            value: element.value,
        });
        unique(stamped.collect())
    }
}

/// One value for each series of a range.
fn over(
    window: &Window,
    name: &str,
    function: impl Fn(&Window, &[Sample]) -> Option<f64>,
) -> Result<Value, QueryError> {
    let keeps_name = matches!(name, "last_over_time" | "first_over_time");
    let found = window.lines.iter().filter_map(|line| {
        let value = function(window, &line.samples)?;
        let labels = if keeps_name {
            line.labels.clone()
        } else {
            line.labels.without_name()
        };
        Some(Element { labels, value })
    });
    unique(found.collect()).map(Value::Vector)
}
