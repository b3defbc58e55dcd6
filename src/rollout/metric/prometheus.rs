//! Asks a Prometheus, and reads its answers (upstream `metricproviders/prometheus`, and the client that it uses).

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::Settings;
use crate::{
    api::{
        analysis::go_duration,
        base64,
        exchange::{Call, Reply, Request, Statuses, Step},
    },
    rollout::{Reading, instant},
    secret::Hidden,
};

/// Seconds that an answer may take where the metric says nothing.
const DEFAULT_TIMEOUT_SECONDS: i64 = 30;
/// The longest time that an answer may take, whatever the metric says: a day.
const MAX_TIMEOUT_SECONDS: i64 = 86_400;
/// Statuses by which a server says that it takes no POST.
const NO_POST: &[u16] = &[405, 501];

/// A `provider.prometheus`; without `Debug`, for it holds credentials.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Prometheus {
    address: String,
    query: String,
    authentication: Authentication,
    timeout: Option<i64>,
    insecure: bool,
    headers: Vec<Header>,
    range_query: Option<Range>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Header {
    key: String,
    value: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Range {
    start: String,
    end: String,
    step: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Authentication {
    basic_auth: BasicAuth,
    oauth2: OAuth2,
    sigv4: serde_json::Map<String, Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct BasicAuth {
    username: String,
    password: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OAuth2 {
    token_url: String,
    client_id: String,
    client_secret: String,
    scopes: Vec<String>,
}

/// What was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The numbers.
    pub reading: Reading,
    /// The numbers as text, as the original writes them.
    pub value: String,
    /// What the server warns of.
    pub warnings: Vec<String>,
}

/// What is to be sent for a metric's query.
///
/// # Errors
/// The text that the measurement shows: no address, a wrong one, a wrong time, or an authentication that is not ours.
pub fn request(own: &Value, settings: &Settings, now: Timestamp) -> Result<Call, String> {
    let own: Prometheus = serde_json::from_value(own.clone()).map_err(|error| error.to_string())?;
    let timeout = own.timeout.unwrap_or(DEFAULT_TIMEOUT_SECONDS);
    let timeout = u64::try_from(timeout.min(MAX_TIMEOUT_SECONDS))
        .map_err(|_| "prometheus timeout should not be negative".to_owned())?;
    let timeout = Duration::from_secs(timeout);
    let address = Address::of(match own.address.as_str() {
        "" => settings.prometheus_address.as_deref().unwrap_or_default(),
        own => own,
    })?;
    let mut headers: Vec<(String, Hidden<String>)> = own
        .headers
        .iter()
        .map(|header| (header.key.clone(), Hidden::new(header.value.clone())))
        .collect();
    let authentication = own.authentication;
    if !authentication.sigv4.is_empty() && address.base.contains("aps-workspaces") {
        return Err("sigv4 authentication is not supported by this controller".to_owned());
    }
    let token = token_step(&authentication.oauth2, &headers, timeout, own.insecure)?;
    headers.extend(authorization(&authentication.basic_auth, &address)?);
    let (endpoint, form) = match &own.range_query {
        None => (
            "query",
            vec![("query", own.query.clone()), ("time", seconds(now))],
        ),
        Some(range) => ("query_range", range_form(&own.query, range, now)?),
    };
    let url = format!("{}/api/v1/{endpoint}", address.base);
    let form = encoded(&form);
    let get = Request {
        method: "GET",
        url: joined(&url, &[&address.query, &form]),
        headers: headers.clone(),
        body: None,
        timeout,
        is_insecure: own.insecure,
    };
    headers.push(form_type());
    let post = Request {
        method: "POST",
        url: joined(&url, &[&address.query]),
        headers,
        body: Some(form.into_bytes()),
        timeout,
        is_insecure: own.insecure,
    };
    Ok(Call {
        token,
        ask: Step {
            request: post,
            otherwise: Some((Statuses::Among(NO_POST), get)),
        },
    })
}

/// What asks the same Prometheus in the same way for its own time.
pub fn asking_time(call: &Call) -> Call {
    let mut call = call.clone();
    let form = encoded(&[("query", "time()".to_owned())]);
    let (post, otherwise) = (&mut call.ask.request, &mut call.ask.otherwise);
    let before = post.body.replace(form.clone().into_bytes());
    let before = before.and_then(|form| String::from_utf8(form).ok());
    let get = otherwise.as_mut().map(|(_, get)| get);
    for request in std::iter::once(post).chain(get) {
        if let Some(start) = before
            .as_deref()
            .and_then(|before| request.url.strip_suffix(before))
        {
            request.url = format!("{start}{form}");
        }
        request.url = request
            .url
            .replacen("/api/v1/query_range", "/api/v1/query", 1);
    }
    call
}

/// The instant in the reply to [`asking_time`].
pub fn time(reply: &Reply) -> Option<Timestamp> {
    let Reading::Scalar(seconds) = read(reply).ok()?.reading else {
        return None;
    };
    let since = jiff::SignedDuration::try_from_secs_f64(seconds).ok()?;
    Timestamp::from_duration(since).ok()
}

/// A URL taken apart as far as it is needed here.
struct Address {
    /// Scheme, host and path, without a slash at the end.
    base: String,
    /// `name:password`, if the URL names one.
    user: Option<Hidden<String>>,
    query: String,
}

impl Address {
    fn of(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("prometheus address is not configured".to_owned());
        }
        let wrong = || "prometheus address is not is url format".to_owned();
        let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
        let is_scheme = scheme
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter));
        let rest = rest.split('#').next().unwrap_or_default();
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = place
            .find('/')
            .and_then(|at| place.split_at_checked(at))
            .unwrap_or((place, ""));
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(Hidden::new(user.to_owned())), host),
            None => (None, authority),
        };
        if scheme.is_empty() || !is_scheme || host.is_empty() || text.contains(char::is_whitespace)
        {
            return Err(wrong());
        }
        Ok(Self {
            base: format!("{scheme}://{host}{}", path.trim_end_matches('/')),
            user,
            query: query.to_owned(),
        })
    }
}

fn authorization(
    basic: &BasicAuth,
    address: &Address,
) -> Result<Option<(String, Hidden<String>)>, String> {
    let is_given = [&basic.username, &basic.password].map(|part| !part.is_empty());
    let pair = match is_given {
        [true, true] => Hidden::new(format!("{}:{}", basic.username, basic.password)),
        [false, false] => match &address.user {
            Some(user) => user.clone(),
            None => return Ok(None),
        },
        _ => return Err("missing mandatory parameter in metric for basicAuth setup".to_owned()),
    };
    Ok(Some(basic_header(&pair)))
}

fn basic_header(pair: &Hidden<String>) -> (String, Hidden<String>) {
    let encoded = base64::encode(pair.expose().as_bytes());
    (
        "authorization".to_owned(),
        Hidden::new(format!("Basic {encoded}")),
    )
}

/// The client credentials grant: by a header first, then by the form, as Go's client finds out what a server takes.
fn token_step(
    oauth: &OAuth2,
    headers: &[(String, Hidden<String>)],
    timeout: Duration,
    is_insecure: bool,
) -> Result<Option<Step>, String> {
    if oauth.token_url.is_empty() {
        return Ok(None);
    }
    let secret = &oauth.client_secret;
    if oauth.client_id.is_empty() || secret.is_empty() {
        return Err("missing mandatory parameter in metric for OAuth2 setup".to_owned());
    }
    let mut form = vec![("grant_type", "client_credentials".to_owned())];
    if !oauth.scopes.is_empty() {
        form.push(("scope", oauth.scopes.join(" ")));
    }
    let request = |form: &[(&str, String)]| {
        let mut headers = headers.to_vec();
        headers.push(form_type());
        Request {
            method: "POST",
            url: oauth.token_url.clone(),
            headers,
            body: Some(encoded(form).into_bytes()),
            timeout,
            is_insecure,
        }
    };
    let mut by_header = request(&form);
    let pair = format!("{}:{}", escaped(&oauth.client_id), escaped(secret));
    by_header.headers.push(basic_header(&Hidden::new(pair)));
    form.push(("client_id", oauth.client_id.clone()));
    form.push(("client_secret", secret.clone()));
    Ok(Some(Step {
        request: by_header,
        otherwise: Some((Statuses::NoSuccess, request(&form))),
    }))
}

/// The token of a token server's reply.
///
/// # Errors
/// The text that the measurement shows; never what the server wrote.
pub fn token(reply: &Reply) -> Result<Hidden<String>, String> {
    #[derive(Deserialize)]
    struct Token {
        access_token: String,
    }
    if Statuses::NoSuccess.contain(reply.status) {
        return Err(format!("oauth2: cannot fetch token: {}", reply.status));
    }
    match serde_json::from_slice::<Token>(&reply.body) {
        Ok(token) if !token.access_token.is_empty() => Ok(Hidden::new(token.access_token)),
        _ => Err("oauth2: server response missing access_token".to_owned()),
    }
}

fn range_form(
    query: &str,
    range: &Range,
    now: Timestamp,
) -> Result<Vec<(&'static str, String)>, String> {
    let at = |name: &str, text: &str| {
        instant(text, now)
            .map(seconds)
            .map_err(|error| format!("failed to parse rangeQuery.{name} as time: {error}"))
    };
    let (start, end) = (at("start", &range.start)?, at("end", &range.end)?);
    let step = go_duration(&range.step)
        .map_err(|error| format!("failed to parse rangeQuery.step as duration: {error}"))?;
    Ok(vec![
        ("query", query.to_owned()),
        ("start", start),
        ("end", end),
        ("step", step.to_string()),
    ])
}

/// Seconds since 1970, with what is below a second.
#[expect(
    clippy::cast_precision_loss,
    reason = "an instant is a float in Prometheus' API"
)]
fn seconds(at: Timestamp) -> String {
    (at.as_microsecond() as f64 / 1e6).to_string()
}

fn form_type() -> (String, Hidden<String>) {
    let value = "application/x-www-form-urlencoded".to_owned();
    ("content-type".to_owned(), Hidden::new(value))
}

fn joined(url: &str, queries: &[&str]) -> String {
    let queries: Vec<&str> = queries.iter().copied().filter(|q| !q.is_empty()).collect();
    if queries.is_empty() {
        url.to_owned()
    } else {
        format!("{url}?{}", queries.join("&"))
    }
}

fn encoded(form: &[(&str, String)]) -> String {
    let mut pairs: Vec<String> = form
        .iter()
        .map(|(name, value)| format!("{name}={}", escaped(value)))
        .collect();
    pairs.sort();
    pairs.join("&")
}

/// As forms escape: a space is a plus.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut made, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            made.push(char::from(byte));
        } else if byte == b' ' {
            made.push('+');
        } else {
            made.push_str(&format!("%{byte:02X}"));
        }
        made
    })
}

/// Reads a reply.
///
/// # Errors
/// The text that the measurement shows: what Prometheus says is wrong, or that this is no Prometheus.
pub fn read(reply: &Reply) -> Result<Answer, String> {
    let is_told = matches!(reply.status, 400 | 422);
    if Statuses::NoSuccess.contain(reply.status) && !is_told {
        let status = reply.status;
        return Err(match status / 100 {
            4 => format!("client_error: client error: {status}"),
            5 => format!("server_error: server error: {status}"),
            _ => format!("bad_response: bad response code {status}"),
        });
    }
    let answer: Value = serde_json::from_slice(&reply.body).map_err(|_| not_json(&reply.body))?;
    let text = |field: &str| {
        answer
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    match (text("status"), is_told) {
        ("error", _) => return Err(format!("{}: {}", text("errorType"), text("error"))),
        ("success", false) => {}
        ("success", true) => {
            return Err("bad_response: inconsistent body for response code".to_owned());
        }
        _ => return Err("bad_response: the answer is not that of a Prometheus".to_owned()),
    }
    let warnings = answer.get("warnings").and_then(Value::as_array);
    let warnings = warnings
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    let data = answer.get("data").unwrap_or(&Value::Null);
    let result = data.get("result").unwrap_or(&Value::Null);
    let kind = data.get("resultType").and_then(Value::as_str);
    let numbers = match kind {
        Some("scalar") => {
            let number = sample(result)?;
            return Ok(Answer {
                reading: Reading::Scalar(number),
                value: printed(number),
                warnings,
            });
        }
        Some("vector") => each(result)
            .map(|series| sample(series.get("value").unwrap_or(&Value::Null)))
            .collect::<Result<Vec<f64>, String>>()?,
        Some("matrix") => each(result)
            .flat_map(|series| each(series.get("values").unwrap_or(&Value::Null)))
            .map(sample)
            .collect::<Result<Vec<f64>, String>>()?,
        Some("string") | None => return Err("Prometheus metric type not supported".to_owned()),
        Some(other) => return Err(format!("unexpected value type {other:?}")),
    };
    let texts: Vec<String> = numbers.iter().copied().map(printed).collect();
    Ok(Answer {
        reading: Reading::Samples(numbers),
        value: format!("[{}]", texts.join(",")),
        warnings,
    })
}

fn each(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// The number of a `[time, "number"]`.
fn sample(pair: &Value) -> Result<f64, String> {
    let text = pair
        .get(1)
        .and_then(Value::as_str)
        .ok_or("sample value must be a quoted string")?;
    text.parse()
        .map_err(|_| format!("strconv.ParseFloat: parsing {text:?}: invalid syntax"))
}

fn printed(number: f64) -> String {
    if number.is_infinite() {
        let sign = if number > 0.0 { '+' } else { '-' };
        return format!("{sign}Inf");
    }
    number.to_string()
}

/// In Go's words, as far as the first letter tells.
fn not_json(body: &[u8]) -> String {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    match first {
        None => "bad_response: unexpected end of JSON input".to_owned(),
        Some(byte) if b"{[\"".contains(byte) => {
            "bad_response: the answer breaks off or is not JSON".to_owned()
        }
        Some(byte) => {
            let letter = char::from(*byte);
            format!("bad_response: invalid character {letter:?} looking for beginning of value")
        }
    }
}
