//! How fast series change within a range.

use crate::promql::{Sample, select::Window, sum::Sum};

/// What the samples of a range say of it.
pub(super) type Change = fn(&Window, &[Sample]) -> Option<f64>;

/// How series change, by the name of the function.
pub(super) fn of(name: &str) -> Option<Change> {
    let function: Change = match name {
        "rate" => |window, samples| Some(extrapolated(window, samples, true)? / window.seconds()),
        "increase" => |window, samples| extrapolated(window, samples, true),
        "delta" => |window, samples| extrapolated(window, samples, false),
        "irate" => |_, samples| instant(samples, true),
        "idelta" => |_, samples| instant(samples, false),
        "deriv" => |_, samples| {
            let since = samples.first()?.at;
            (samples.len() > 1).then(|| regression(samples, since).0)
        },
        _ => return None,
    };
    Some(function)
}

/// The change over the whole range, as far as the samples are near its ends.
fn extrapolated(window: &Window, samples: &[Sample], is_counter: bool) -> Option<f64> {
    let (first, last) = (samples.first()?, samples.last()?);
    if samples.len() < 2 {
        return None;
    }
    let mut change = last.value - first.value;
    if is_counter {
        for (one, next) in samples.iter().zip(samples.iter().skip(1)) {
            if next.value < one.value {
                change += one.value;
            }
        }
    }
    let seconds = |from: i64, to: i64| (to - from) as f64 / 1000.0;
    let sampled = seconds(first.at, last.at);
    let between = sampled / (samples.len() - 1) as f64;
    let near = between * 1.1;
    let mut to_start = seconds(window.start, first.at);
    if to_start >= near {
        to_start = between / 2.0;
    }
    if is_counter && change > 0.0 && first.value >= 0.0 {
        // A counter is never negative: where it would have been zero, its series began.
        let to_zero = sampled * (first.value / change);
        to_start = to_start.min(to_zero);
    }
    let mut to_end = seconds(last.at, window.end);
    if to_end >= near {
        to_end = between / 2.0;
    }
    Some((sampled + to_start + to_end) / sampled * change)
}

/// The change between the last two samples; of a counter, by second.
fn instant(samples: &[Sample], is_counter: bool) -> Option<f64> {
    let [.., one, last] = samples else {
        return None;
    };
    if !is_counter {
        return Some(last.value - one.value);
    }
    let change = if last.value < one.value {
        last.value
    } else {
        last.value - one.value
    };
    Some(change / ((last.at - one.at) as f64 / 1000.0))
}

/// Slope by second, and value at an instant, of the line through the samples.
pub(super) fn regression(samples: &[Sample], at: i64) -> (f64, f64) {
    let first = samples.first().map_or(f64::NAN, |sample| sample.value);
    if samples.iter().all(|sample| sample.value == first) {
        return if first.is_infinite() {
            (f64::NAN, f64::NAN)
        } else {
            (0.0, first)
        };
    }
    let (mut x, mut y, mut xy, mut xx) = <(Sum, Sum, Sum, Sum)>::default();
    for sample in samples {
        let seconds = (sample.at - at) as f64 / 1000.0;
        x.add(seconds);
        y.add(sample.value);
        xy.add(seconds * sample.value);
        xx.add(seconds * seconds);
    }
    let count = samples.len() as f64;
    let (x, y) = (x.total(), y.total());
    let slope = (xy.total() - x * y / count) / (xx.total() - x * x / count);
    (slope, y / count - slope * x / count)
}
