//! Health and version.

use axum::response::Response;
use http::{HeaderValue, header};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::json;

use super::{query::Query, reply};

/// The Kubernetes version whose API is served.
pub const VERSION: [&str; 3] = ["1", "37", "2"];

/// Checks that the health pages list.
const CHECKS: &[&str] = &["ping", "log", "etcd"];

/// Whether anybody may read a path (the role `system:public-info-viewer`).
pub fn is_public(path: &str) -> bool {
    ["/healthz", "/livez", "/readyz", "/version", "/version/"].contains(&path)
}

/// `GET /version`; its date is by the server's own clock, which may run faster.
pub fn version(now: Timestamp) -> Response {
    let mut answer = page();
    let date = now.to_zoned(TimeZone::UTC);
    let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = HeaderValue::from_str(&date) {
        answer.headers_mut().insert(header::DATE, date);
    }
    answer
}

fn page() -> Response {
    let [major, minor, patch] = VERSION;
    let git_version = format!("v{major}.{minor}.{patch}+waxwing-sandbox");
    reply::value(
        200,
        &json!({
            "major": major,
            "minor": minor,
            "emulationMajor": major,
            "emulationMinor": minor,
            "minCompatibilityMajor": major,
            "minCompatibilityMinor": "36",
            "gitVersion": git_version,
            "gitCommit": "",
            "gitTreeState": "clean",
            "buildDate": "1970-01-01T00:00:00Z",
            "goVersion": "",
            "compiler": "rustc",
            "platform": format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH),
        }),
    )
}

/// `GET /healthz`, `/livez`, `/readyz` and the checks below them; absent when there is no such check.
pub fn health(page: &str, check: &[String], query: &Query) -> Option<Response> {
    let text = match check {
        [] if query.has("verbose") => {
            let lines: String = CHECKS
                .iter()
                .map(|check| format!("[+]{check} ok\n"))
                .collect();
            format!("{lines}{page} check passed\n")
        }
        [] => "ok".to_owned(),
        [check] if CHECKS.contains(&check.as_str()) => "ok".to_owned(),
        _ => return None,
    };
    Some(reply::with_type(200, "text/plain; charset=utf-8", text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_and_version_are_for_anybody_and_nothing_else_is() {
        for path in ["/healthz", "/livez", "/readyz", "/version"] {
            assert!(is_public(path), "{path}");
        }
        for path in ["/", "/readyz/ping", "/version/x", "/api", "/openapi/v2"] {
            assert!(!is_public(path), "{path}");
        }
    }
}
