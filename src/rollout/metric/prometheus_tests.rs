use serde_json::{Value, json};

use super::{
    Settings,
    prometheus::{read, request, token},
};
use crate::{
    api::exchange::{Reply, Request, Statuses},
    rollout::Reading,
};

fn now() -> jiff::Timestamp {
    "2030-01-01T00:00:00.5Z".parse().unwrap()
}

fn asked(own: Value) -> Result<Request, String> {
    request(&own, &Settings::default(), now()).map(|call| call.ask.request)
}

fn body(request: &Request) -> String {
    String::from_utf8(request.body.clone().unwrap()).unwrap()
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let found = request.headers.iter().find(|(own, _)| own == name);
    found.map(|(_, value)| value.expose().as_str())
}

fn replied(status: u16, body: impl Into<Vec<u8>>) -> Reply {
    Reply {
        status,
        media_type: String::new(),
        body: body.into(),
    }
}

fn data(kind: &str, result: Value) -> Reply {
    let body = json!({"status": "success", "data": {"resultType": kind, "result": result}});
    replied(200, body.to_string())
}

#[test]
fn a_query_is_posted_as_a_form_and_got_where_posts_are_refused() {
    let own = json!({"address": "http://prom:9090/base/", "query": "sum(a{b=~\"x y\"}) > 1"});
    let call = request(&own, &Settings::default(), now()).unwrap();
    let first = call.ask.request;
    assert_eq!(
        (first.method, first.url.as_str()),
        ("POST", "http://prom:9090/base/api/v1/query")
    );
    let form = "query=sum%28a%7Bb%3D~%22x+y%22%7D%29+%3E+1&time=1893456000.5";
    assert_eq!(body(&first), form);
    assert_eq!(
        header(&first, "content-type"),
        Some("application/x-www-form-urlencoded")
    );
    assert_eq!(first.timeout.as_secs(), 30);
    assert!(!first.is_insecure);
    let (statuses, second) = call.ask.otherwise.unwrap();
    assert_eq!(
        second.url,
        format!("http://prom:9090/base/api/v1/query?{form}")
    );
    assert_eq!((second.method, second.body), ("GET", None));
    for (status, is_asked_again) in [
        (200, false),
        (400, false),
        (405, true),
        (501, true),
        (500, false),
    ] {
        assert_eq!(statuses.contain(status), is_asked_again, "{status}");
    }
    assert_eq!(call.token, None);
}

#[test]
fn a_range_is_asked_for_by_its_expressions() {
    let own = json!({"address": "http://prom", "query": "up", "rangeQuery":
        {"start": "now() - duration(\"1h\")", "end": "now()", "step": "1m"}});
    let first = asked(own).unwrap();
    assert_eq!(first.url, "http://prom/api/v1/query_range");
    assert_eq!(
        body(&first),
        "end=1893456000.5&query=up&start=1893452400.5&step=60"
    );
    for (range, words) in [
        (
            json!({"start": "1", "end": "now()", "step": "1m"}),
            "failed to parse rangeQuery.start as time: expected time.Time, but got int",
        ),
        (
            json!({"start": "now()", "end": "x", "step": "1m"}),
            "failed to parse rangeQuery.end as time: unknown name x",
        ),
        (
            json!({"start": "now()", "end": "now()", "step": "1"}),
            "failed to parse rangeQuery.step as duration: time: missing unit in duration \"1\"",
        ),
    ] {
        let own = json!({"address": "http://prom", "query": "up", "rangeQuery": range});
        assert_eq!(asked(own), Err(words.to_owned()));
    }
}

#[test]
fn addresses_come_from_the_metric_or_from_the_operator() {
    let operators = Settings {
        prometheus_address: Some("https://of.operator".to_owned()),
    };
    let own = json!({"query": "up"});
    let call = request(&own, &operators, now()).unwrap();
    assert_eq!(call.ask.request.url, "https://of.operator/api/v1/query");
    for (address, words) in [
        ("", "prometheus address is not configured"),
        ("prom:9090", "prometheus address is not is url format"),
        ("/prom", "prometheus address is not is url format"),
        ("http://", "prometheus address is not is url format"),
        ("http://a b", "prometheus address is not is url format"),
    ] {
        assert_eq!(
            asked(json!({"address": address})),
            Err(words.to_owned()),
            "{address}"
        );
    }
    let negative = json!({"address": "http://prom", "timeout": -1});
    assert_eq!(
        asked(negative),
        Err("prometheus timeout should not be negative".to_owned())
    );
    let short = asked(json!({"address": "http://prom", "timeout": 5, "insecure": true})).unwrap();
    assert_eq!((short.timeout.as_secs(), short.is_insecure), (5, true));
}

#[test]
fn credentials_stand_in_headers_only() {
    let own = json!({"address": "http://ada:planted@prom", "headers": [{"key": "X-Scope-OrgID", "value": "t"}]});
    let first = asked(own).unwrap();
    assert_eq!(first.url, "http://prom/api/v1/query");
    assert_eq!(
        header(&first, "authorization"),
        Some("Basic YWRhOnBsYW50ZWQ=")
    );
    assert_eq!(header(&first, "X-Scope-OrgID"), Some("t"));
    let basic = json!({"address": "http://prom", "authentication":
        {"basicAuth": {"username": "ada", "password": "planted"}}});
    let first = asked(basic).unwrap();
    assert_eq!(
        header(&first, "authorization"),
        Some("Basic YWRhOnBsYW50ZWQ=")
    );
    assert!(!format!("{first:?}").contains("planted"));
    let half =
        json!({"address": "http://prom", "authentication": {"basicAuth": {"username": "ada"}}});
    assert!(
        asked(half)
            .unwrap_err()
            .contains("missing mandatory parameter")
    );
    let sigv4 = json!({"address": "https://aps-workspaces.x", "authentication": {"sigv4": {"region": "r"}}});
    assert_eq!(
        asked(sigv4),
        Err("sigv4 authentication is not supported by this controller".to_owned())
    );
}

#[test]
fn a_token_is_fetched_by_header_and_then_by_form() {
    let mut own = json!({"address": "http://prom", "authentication": {"oauth2": {
        "tokenUrl": "https://id/token", "clientId": "me", "clientSecret": "plan ted", "scopes": ["a", "b"],
    }}});
    let step = request(&own, &Settings::default(), now())
        .unwrap()
        .token
        .unwrap();
    assert_eq!(step.request.url, "https://id/token");
    assert_eq!(
        body(&step.request),
        "grant_type=client_credentials&scope=a+b"
    );
    assert_eq!(
        header(&step.request, "authorization"),
        Some("Basic bWU6cGxhbit0ZWQ=")
    );
    let (statuses, by_form) = step.otherwise.unwrap();
    assert_eq!(statuses, Statuses::NoSuccess);
    assert_eq!(
        body(&by_form),
        "client_id=me&client_secret=plan+ted&grant_type=client_credentials&scope=a+b"
    );
    assert_eq!(header(&by_form, "authorization"), None);
    own["authentication"]["oauth2"]["clientId"] = json!("");
    assert_eq!(
        asked(own),
        Err("missing mandatory parameter in metric for OAuth2 setup".to_owned())
    );
    assert_eq!(
        token(&replied(200, r#"{"access_token":"t"}"#))
            .unwrap()
            .expose(),
        "t"
    );
    for reply in [
        replied(200, "{}"),
        replied(200, "planted"),
        replied(401, "planted"),
    ] {
        assert!(!token(&reply).unwrap_err().contains("planted"));
    }
}

#[test]
fn answers_become_numbers() {
    let pair = |number: &str| json!([1.5, number]);
    let series = |number: &str| json!({"metric": {"a": "b"}, "value": [1, number]});
    for (reply, value) in [
        (data("scalar", pair("0.5")), "0.5"),
        (
            data("vector", json!([series("0.1"), series("NaN")])),
            "[0.1,NaN]",
        ),
        (data("vector", json!([])), "[]"),
        (
            data(
                "vector",
                json!([series("+Inf"), series("-Inf"), series("1e3")]),
            ),
            "[+Inf,-Inf,1000]",
        ),
        (
            data(
                "matrix",
                json!([{"values": [pair("1"), pair("2")]}, {"values": [pair("3")]}]),
            ),
            "[1,2,3]",
        ),
        (data("matrix", json!([])), "[]"),
    ] {
        assert_eq!(read(&reply).unwrap().value, value);
    }
    let Reading::Samples(samples) = read(&data("vector", json!([series("NaN")])))
        .unwrap()
        .reading
    else {
        panic!("no samples");
    };
    assert!(samples[0].is_nan());
    let warned = json!({"status": "success", "warnings": ["slow", "old"],
        "data": {"resultType": "vector", "result": []}});
    assert_eq!(
        read(&replied(200, warned.to_string())).unwrap().warnings,
        ["slow", "old"]
    );
}

#[test]
fn nonsense_is_told_apart() {
    let told = json!({"status": "error", "errorType": "bad_data", "error": "parse error"});
    for (reply, words) in [
        (replied(400, told.to_string()), "bad_data: parse error"),
        (replied(422, told.to_string()), "bad_data: parse error"),
        (replied(200, told.to_string()), "bad_data: parse error"),
        (
            replied(400, r#"{"status":"success"}"#),
            "bad_response: inconsistent body for response code",
        ),
        (replied(404, "planted"), "client_error: client error: 404"),
        (replied(503, "planted"), "server_error: server error: 503"),
        (replied(302, ""), "bad_response: bad response code 302"),
        (
            replied(200, "<html>planted</html>"),
            "bad_response: invalid character '<' looking for beginning of value",
        ),
        (
            replied(200, ""),
            "bad_response: unexpected end of JSON input",
        ),
        (
            replied(200, "{\"status\": \"succ"),
            "bad_response: the answer breaks off or is not JSON",
        ),
        (
            replied(200, "[]"),
            "bad_response: the answer is not that of a Prometheus",
        ),
        (
            replied(200, "3"),
            "bad_response: the answer is not that of a Prometheus",
        ),
        (
            data("string", json!([1, "x"])),
            "Prometheus metric type not supported",
        ),
        (
            data("streams", json!([])),
            "unexpected value type \"streams\"",
        ),
        (
            replied(200, r#"{"status":"success"}"#),
            "Prometheus metric type not supported",
        ),
        (
            data("vector", json!([{"value": [1, 2]}])),
            "sample value must be a quoted string",
        ),
        (
            data("vector", json!([{}])),
            "sample value must be a quoted string",
        ),
        (
            data("scalar", json!([1, "x"])),
            "strconv.ParseFloat: parsing \"x\": invalid syntax",
        ),
    ] {
        assert_eq!(read(&reply), Err(words.to_owned()));
    }
}
