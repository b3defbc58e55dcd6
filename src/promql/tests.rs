//! Values computed by hand, and limits.

use jiff::{SignedDuration, Timestamp};

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

/// One counter, scraped every 15 s from second 0 on: 0, 15, 30, and so on.
fn store() -> Store {
    let mut store = Store::default();
    let labels = Labels::named("c_total", &[("job", "a")]);
    for place in 0..9_i32 {
        let value = f64::from(place * 15);
        store
            .append(&labels, at(i64::from(place) * 15), value)
            .unwrap();
    }
    store
}

fn only(query: &str, seconds: i64) -> f64 {
    match Query::parse(query).unwrap().at(&store(), at(seconds)) {
        Ok(Value::Vector(elements)) => elements[0].value,
        Ok(Value::Scalar(value)) => value,
        other => panic!("{query}: {other:?}"),
    }
}

#[test]
fn rates_reach_to_the_ends_of_the_range_where_samples_are_near() {
    for (query, seconds, value) in [
        // Samples at 75, 90, 105 and 120: the range is open at 60, and 15 s of it are added at the slope.
        ("increase(c_total[1m])", 120, 60.0),
        ("rate(c_total[1m])", 120, 1.0),
        // Samples at 75 to 120, 7 s after the last: 8 s before the first and 7 s after the last are near.
        ("increase(c_total[1m])", 127, 60.0),
        // The series begins at 0 with the value zero: nothing lies before it.
        ("increase(c_total[5m])", 60, 60.0),
        ("irate(c_total[1m])", 120, 1.0),
        ("delta(c_total[1m])", 120, 60.0),
        // Samples at 105 and 120: the 15 s before are near, of the 120 s after them only half a step is added.
        ("increase(c_total[2m30s])", 240, 37.5),
    ] {
        assert_eq!(only(query, seconds), value, "{query} at {seconds}");
    }
}

#[test]
fn an_instant_looks_back_five_minutes_and_not_longer() {
    let query = Query::parse("c_total").unwrap();
    for (seconds, found) in [(120, 1), (419, 1), (420, 0), (-1, 0)] {
        let Ok(Value::Vector(elements)) = query.at(&store(), at(seconds)) else {
            panic!("a selector gives a vector");
        };
        assert_eq!(elements.len(), found, "at {seconds}");
    }
}

#[test]
fn what_is_not_understood_is_bad_data() {
    let long = format!("c_total{{a=\"{}\"}}", "x".repeat(MAX_QUERY_BYTES));
    let deep = "-".repeat(MAX_QUERY_OPERATORS + 1) + "1";
    for query in [
        "",
        "sum(",
        "nosuch(1)",
        "{a=~\"[\"}",
        long.as_str(),
        deep.as_str(),
    ] {
        let error = Query::parse(query).unwrap_err();
        assert_eq!(error.kind, ErrorType::BadData, "{query}");
        assert!(
            error.message.starts_with("invalid parameter \"query\": "),
            "{error}"
        );
    }
    let query = Query::parse("holt_winters(c_total[1m], 0.5, 0.5)");
    let error = query
        .and_then(|query| query.at(&store(), at(0)))
        .unwrap_err();
    let body = failure(&error);
    assert!(
        body.starts_with("{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\""),
        "{body}"
    );
}

#[test]
fn the_deepest_query_that_is_taken_is_evaluated() {
    let deep = "-".repeat(MAX_QUERY_OPERATORS) + "1";
    assert_eq!(only(&deep, 0), 1.0);
    let brackets = format!(
        "{}1{}",
        "(".repeat(MAX_QUERY_OPERATORS),
        ")".repeat(MAX_QUERY_OPERATORS)
    );
    assert_eq!(only(&brackets, 0), 1.0);
}

#[test]
fn ranges_have_at_most_so_many_steps() {
    let second = SignedDuration::from_secs(1);
    assert!(Steps::new(at(0), at(MAX_STEPS), second).is_ok());
    for (start, end, step, why) in [
        (
            0,
            MAX_STEPS + 1,
            second,
            "exceeded maximum resolution of 11,000 points",
        ),
        (
            1,
            0,
            second,
            "invalid parameter \"end\": end timestamp must not be before start time",
        ),
        (
            0,
            1,
            SignedDuration::ZERO,
            "invalid parameter \"step\": zero or negative",
        ),
    ] {
        let error = Steps::new(at(start), at(end), step).unwrap_err();
        assert!(error.message.starts_with(why), "{error}");
    }
    let query = Query::parse("max_over_time(c_total[12000s:1s])").unwrap();
    let error = query.at(&store(), at(0)).unwrap_err();
    assert_eq!(error.kind, ErrorType::Execution);
}

#[test]
fn a_query_reads_at_most_so_many_samples() {
    let evaluator = eval::Evaluator::new(&Store::default(), 0, 0).count(MAX_SAMPLES);
    assert_eq!(evaluator, Ok(()));
    let store = Store::default();
    let evaluator = eval::Evaluator::new(&store, 0, 0);
    evaluator.count(MAX_SAMPLES).unwrap();
    assert_eq!(
        evaluator.count(1).unwrap_err().message,
        "query processing would load too many samples into memory in query execution"
    );
}

#[test]
fn a_store_is_bounded_in_series_and_in_age() {
    let mut store = Store::new(SignedDuration::from_secs(60));
    let labels = Labels::named("m", &[]);
    for seconds in 0..1000 {
        store.append(&labels, at(seconds), 1.0).unwrap();
    }
    let kept = store.all().next().unwrap().1.len();
    assert!((61..=124).contains(&kept), "{kept}");
    assert_eq!(
        store.append(&labels, at(999), 1.0),
        Err(StoreError::OutOfOrder)
    );
    store.trim(at(1_060));
    assert!(store.is_empty());
    for place in 0..MAX_SERIES {
        let labels = Labels::named("m", &[("n", &place.to_string())]);
        store.append(&labels, at(0), 1.0).unwrap();
    }
    assert_eq!(
        store.append(&Labels::named("m", &[]), at(0), 1.0),
        Err(StoreError::TooManySeries)
    );
}
