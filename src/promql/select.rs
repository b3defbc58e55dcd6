//! Series by their matchers, at an instant or over a range.

use std::time::Duration;

use promql_parser::{
    label::{MatchOp, Matcher},
    parser::{AtModifier, Offset, VectorSelector},
};

use super::{Element, Labels, Line, METRIC_NAME, QueryError, Sample, eval::Evaluator};

/// How far an instant looks back for a value, in milliseconds.
const LOOK_BACK: i64 = 300_000;

/// Series over a range that is open on the left.
#[derive(Debug)]
pub(super) struct Window {
    /// Exclusive, in milliseconds.
    pub(super) start: i64,
    /// Inclusive, in milliseconds.
    pub(super) end: i64,
    pub(super) lines: Vec<Line>,
}

impl Window {
    pub(super) fn seconds(&self) -> f64 {
        (self.end - self.start) as f64 / 1000.0
    }
}

impl Evaluator<'_> {
    /// The instant that a selector or subquery looks at.
    pub(super) fn moment(
        &self,
        at: i64,
        fixed: Option<&AtModifier>,
        offset: Option<&Offset>,
    ) -> i64 {
        let at = match fixed {
            None => at,
            Some(AtModifier::Start) => self.start,
            Some(AtModifier::End) => self.end,
            Some(AtModifier::At(time)) => match time.duration_since(std::time::UNIX_EPOCH) {
                Ok(after) => long(after),
                Err(before) => -long(before.duration()),
            },
        };
        match offset {
            None => at,
            Some(Offset::Pos(back)) => at.saturating_sub(long(*back)),
            Some(Offset::Neg(on)) => at.saturating_add(long(*on)),
        }
    }

    /// The newest value of each series, unless it is too old or the series has ended.
    pub(super) fn select(
        &self,
        selector: &VectorSelector,
        at: i64,
    ) -> Result<Vec<Element>, QueryError> {
        let at = self.moment(at, selector.at.as_ref(), selector.offset.as_ref());
        let mut found = Vec::new();
        for (labels, samples) in self.matching(selector) {
            let newest = before(samples, at).last();
            let Some(newest) = newest.filter(|newest| newest.at > at - LOOK_BACK) else {
                continue;
            };
            if !newest.is_stale() {
                self.count(1)?;
                found.push(Element {
                    labels: labels.clone(),
                    value: newest.value,
                });
            }
        }
        Ok(found)
    }

    /// The instant of the newest value of each series that [`Evaluator::select`] finds.
    pub(super) fn stamps(
        &self,
        selector: &VectorSelector,
        at: i64,
    ) -> Result<Vec<Element>, QueryError> {
        let moment = self.moment(at, selector.at.as_ref(), selector.offset.as_ref());
        let mut found = self.select(selector, at)?;
        let newest: Vec<i64> = self
            .matching(selector)
            .filter_map(|(_, samples)| before(samples, moment).last())
            .filter(|newest| newest.at > moment - LOOK_BACK && !newest.is_stale())
            .map(|newest| newest.at)
            .collect();
        for (element, at) in found.iter_mut().zip(newest) {
            element.value = at as f64 / 1000.0;
        }
        Ok(found)
    }

    /// The values of each series within a range.
    pub(super) fn select_range(
        &self,
        selector: &VectorSelector,
        range: Duration,
        at: i64,
    ) -> Result<Window, QueryError> {
        let end = self.moment(at, selector.at.as_ref(), selector.offset.as_ref());
        let start = end.saturating_sub(long(range));
        let mut lines = Vec::new();
        for (labels, samples) in self.matching(selector) {
            let until = before(samples, end);
            let first = until.partition_point(|sample| sample.at <= start);
            let within: Vec<Sample> = until
                .iter()
                .skip(first)
                .filter(|sample| !sample.is_stale())
                .copied()
                .collect();
            self.count(within.len())?;
            if !within.is_empty() {
                lines.push(Line {
                    labels: labels.clone(),
                    samples: within,
                });
            }
        }
        Ok(Window { start, end, lines })
    }

    /// Series that a selector names, in order of their labels.
    fn matching<'s>(
        &'s self,
        selector: &'s VectorSelector,
    ) -> Box<dyn Iterator<Item = (&'s Labels, &'s Vec<Sample>)> + 's> {
        let chosen = move |(labels, _): &(&Labels, &Vec<Sample>)| is_match(selector, labels);
        let exact = selector.name.as_deref().or_else(|| {
            let all = &selector.matchers.matchers;
            let named = all
                .iter()
                .find(|m| m.name == METRIC_NAME && m.op == MatchOp::Equal);
            named.map(|matcher| matcher.value.as_str())
        });
        match exact {
            Some(name) => Box::new(self.store.of_metric(name).filter(chosen)),
            None => Box::new(self.store.all().filter(chosen)),
        }
    }
}

fn is_match(selector: &VectorSelector, labels: &Labels) -> bool {
    let all = |matchers: &[Matcher]| matchers.iter().all(|m| m.is_match(labels.get(&m.name)));
    let named = selector
        .name
        .as_deref()
        .is_none_or(|name| labels.get(METRIC_NAME) == name);
    let either = &selector.matchers.or_matchers;
    named
        && all(&selector.matchers.matchers)
        && (either.is_empty() || either.iter().any(|matchers| all(matchers)))
}

/// Samples up to an instant, that one included.
fn before(samples: &[Sample], at: i64) -> &[Sample] {
    let count = samples.partition_point(|sample| sample.at <= at);
    samples.get(..count).unwrap_or_default()
}

pub(super) fn long(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}
