//! What is made of all values of a series within a range, or of all elements of a group.

use crate::promql::{Sample, sum::Sum};

/// A function of a series over a range, by its name; the values are never none.
pub(super) fn of(name: &str) -> Option<fn(&[f64]) -> f64> {
    let function: fn(&[f64]) -> f64 = match name {
        "avg_over_time" => average,
        "changes" => changes,
        "count_over_time" => |values| values.len() as f64,
        "first_over_time" => |values| values.first().copied().unwrap_or(f64::NAN),
        "last_over_time" => |values| values.last().copied().unwrap_or(f64::NAN),
        "max_over_time" => greatest,
        "min_over_time" => least,
        "present_over_time" => |_| 1.0,
        "resets" => resets,
        "stddev_over_time" => |values| variance(values).sqrt(),
        "stdvar_over_time" => variance,
        "sum_over_time" => sum,
        _ => return None,
    };
    Some(function)
}

/// The values of samples.
pub(super) fn values(samples: &[Sample]) -> Vec<f64> {
    samples.iter().map(|sample| sample.value).collect()
}

pub(in crate::promql) fn sum(values: &[f64]) -> f64 {
    added(values).total()
}

fn added(values: &[f64]) -> Sum {
    let mut values = values.iter();
    let mut sum = Sum::of(values.next().copied().unwrap_or(0.0));
    values.for_each(|value| sum.add(*value));
    sum
}

pub(in crate::promql) fn average(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = added(values).mean(count);
    if mean.is_finite() || values.iter().any(|value| !value.is_finite()) {
        return mean;
    }
    // The sum is too large, the mean is not.
    values.iter().map(|value| value / count).sum()
}

pub(in crate::promql) fn greatest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NAN, f64::max)
}

pub(in crate::promql) fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NAN, f64::min)
}

/// The population variance, by Welford's way.
pub(in crate::promql) fn variance(values: &[f64]) -> f64 {
    let (mut count, mut mean, mut squares) = (0.0, Sum::default(), Sum::default());
    for value in values {
        count += 1.0;
        let delta = value - mean.total();
        mean.add(delta / count);
        squares.add(delta * (value - mean.total()));
    }
    squares.total() / count
}

/// The quantile, between two values the weighted mean of both.
pub(in crate::promql) fn quantile(wanted: f64, values: &[f64]) -> f64 {
    if values.is_empty() || wanted.is_nan() {
        return f64::NAN;
    }
    if wanted < 0.0 {
        return f64::NEG_INFINITY;
    }
    if wanted > 1.0 {
        return f64::INFINITY;
    }
    let mut sorted = values.to_vec();
    // What is not a number counts as least.
    sorted.sort_by(|one, other| {
        let rank = |value: &f64| !value.is_nan();
        rank(one)
            .cmp(&rank(other))
            .then_with(|| one.total_cmp(other))
    });
    let rank = wanted * (sorted.len() - 1) as f64;
    let weight = rank - rank.floor();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between zero and the number of values"
    )]
    let lower = rank.floor() as usize;
    let at = |place: usize| sorted.get(place).copied().unwrap_or(f64::NAN);
    if weight == 0.0 {
        return at(lower);
    }
    at(lower) * (1.0 - weight) + at((lower + 1).min(sorted.len() - 1)) * weight
}

fn changes(values: &[f64]) -> f64 {
    let is_change = |one: f64, other: f64| one != other && !(one.is_nan() && other.is_nan());
    pairs(values)
        .filter(|(one, other)| is_change(*one, *other))
        .count() as f64
}

fn resets(values: &[f64]) -> f64 {
    pairs(values).filter(|(one, other)| other < one).count() as f64
}

fn pairs(values: &[f64]) -> impl Iterator<Item = (f64, f64)> {
    values.iter().copied().zip(values.iter().copied().skip(1))
}
