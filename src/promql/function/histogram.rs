//! Quantiles of histograms that are kept as series of buckets.

use std::collections::BTreeMap;

use crate::promql::{Element, Labels};

/// The label that holds the upper bound of a bucket.
const BOUND: &str = "le";
/// Counts of buckets that differ by less, in relation to their sum, are equal.
const TOLERANCE: f64 = 1e-12;

struct Bucket {
    bound: f64,
    count: f64,
}

/// The quantile of each histogram among some buckets.
pub(super) fn quantiles(wanted: f64, elements: Vec<Element>) -> Vec<Element> {
    let mut histograms: BTreeMap<Labels, Vec<Bucket>> = BTreeMap::new();
    for element in elements {
        let Some(bound) = bound(element.labels.get(BOUND)) else {
            continue;
        };
        let labels = element.labels.without(&[BOUND.to_owned()]);
        histograms.entry(labels).or_default().push(Bucket {
            bound,
            count: element.value,
        });
    }
    histograms
        .into_iter()
        .map(|(labels, buckets)| Element {
            labels,
            value: quantile(wanted, buckets),
        })
        .collect()
}

fn bound(text: &str) -> Option<f64> {
    match text {
        "+Inf" | "Inf" => Some(f64::INFINITY),
        _ => text.parse().ok(),
    }
}

fn quantile(wanted: f64, buckets: Vec<Bucket>) -> f64 {
    if wanted.is_nan() {
        return f64::NAN;
    }
    if wanted < 0.0 {
        return f64::NEG_INFINITY;
    }
    if wanted > 1.0 {
        return f64::INFINITY;
    }
    let buckets = tidied(buckets);
    let [.., before_last, last] = buckets.as_slice() else {
        return f64::NAN;
    };
    if last.bound != f64::INFINITY || last.count == 0.0 || last.count.is_nan() {
        return f64::NAN;
    }
    let rank = wanted * last.count;
    let place = buckets.partition_point(|bucket| bucket.count < rank || bucket.count.is_nan());
    let Some(bucket) = buckets.get(place).filter(|_| place + 1 < buckets.len()) else {
        return before_last.bound;
    };
    let Some(below) = place.checked_sub(1).and_then(|place| buckets.get(place)) else {
        return if bucket.bound <= 0.0 {
            bucket.bound
        } else {
            bucket.bound * (rank / bucket.count)
        };
    };
    let share = (rank - below.count) / (bucket.count - below.count);
    below.bound + (bucket.bound - below.bound) * share
}

/// In order of their bounds, each bound once, and with counts that never fall.
fn tidied(mut buckets: Vec<Bucket>) -> Vec<Bucket> {
    buckets.sort_by(|one, other| one.bound.total_cmp(&other.bound));
    let mut tidy: Vec<Bucket> = Vec::new();
    for bucket in buckets {
        match tidy.last_mut().filter(|last| last.bound == bucket.bound) {
            Some(last) => last.count += bucket.count,
            None => tidy.push(bucket),
        }
    }
    let mut highest = tidy.first().map_or(0.0, |bucket| bucket.count);
    for bucket in tidy.iter_mut().skip(1) {
        if is_almost(highest, bucket.count) || bucket.count < highest {
            bucket.count = highest;
        } else {
            highest = bucket.count;
        }
    }
    tidy
}

fn is_almost(one: f64, other: f64) -> bool {
    if one == other {
        return true;
    }
    let (sum, apart) = (one.abs() + other.abs(), (one - other).abs());
    if one == 0.0 || other == 0.0 || sum < f64::MIN_POSITIVE {
        return apart < TOLERANCE * f64::MIN_POSITIVE;
    }
    apart / sum.min(f64::MAX) < TOLERANCE
}
