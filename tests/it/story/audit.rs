//! What our controllers ask of an API server, as lines of an audit log in the file that `WAXWING_STORY_AUDIT` names.
//!
//! On a real control plane the API server itself writes one; of stories that only the embedded server can tell, this is
//! the only record of the rights that they need.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::{
    env,
    fs::{File, OpenOptions},
    io::Write,
    sync::{Arc, Mutex, OnceLock},
};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use http::Method;
use serde_json::{Value, json};

/// The variable that names the file; without it nothing is written.
const VARIABLE: &str = "WAXWING_STORY_AUDIT";
/// The account of our controllers on a real control plane.
const ACCOUNT: &str = "waxwing-controller";

type Log = Arc<Mutex<File>>;

/// A service that writes down what it is asked.
pub fn audited(service: Router) -> Router {
    static LOG: OnceLock<Option<Log>> = OnceLock::new();
    let log = LOG.get_or_init(|| {
        let path = env::var(VARIABLE).ok()?;
        let file = OpenOptions::new().create(true).append(true).open(path);
        Some(Arc::new(Mutex::new(file.unwrap())))
    });
    match log {
        Some(log) => service.layer(from_fn_with_state(log.clone(), write)),
        None => service,
    }
}

async fn write(State(log): State<Log>, request: Request, next: Next) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let asked = line(request.method(), request.uri().path(), query);
    let answer = next.run(request).await;
    if let Some(mut event) = asked {
        event["responseStatus"] = json!({"code": answer.status().as_u16()});
        writeln!(log.lock().unwrap(), "{event}").unwrap();
    }
    answer
}

/// A request as an audit log has it; `None` for one about no resource.
pub fn line(method: &Method, path: &str, query: &str) -> Option<Value> {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let (group, rest) = match parts.as_slice() {
        ["api", _, rest @ ..] => ("", rest),
        ["apis", group, _, rest @ ..] => (*group, rest),
        _ => return None,
    };
    let rest = match rest {
        ["namespaces", _, resource, more @ ..] if !matches!(*resource, "status" | "finalize") => {
            [&[*resource], more].concat()
        }
        other => other.to_vec(),
    };
    let (resource, name, sub) = match rest.as_slice() {
        [] => return None,
        [resource] => (*resource, None, None),
        [resource, name] => (*resource, Some(*name), None),
        [resource, name, sub, ..] => (*resource, Some(*name), Some(*sub)),
    };
    let is_watch = query
        .split('&')
        .any(|part| matches!(part, "watch=true" | "watch=1"));
    let verb = match (method.as_str(), name) {
        ("GET", None) if is_watch => "watch",
        ("GET", None) => "list",
        ("GET", Some(_)) => "get",
        ("POST", _) => "create",
        ("PUT", _) => "update",
        ("PATCH", _) => "patch",
        ("DELETE", Some(_)) => "delete",
        ("DELETE", None) => "deletecollection",
        _ => return None,
    };
    let mut object = json!({"resource": resource});
    if !group.is_empty() {
        object["apiGroup"] = group.into();
    }
    if let Some(sub) = sub {
        object["subresource"] = sub.into();
    }
    Some(json!({"verb": verb, "user": {"username": ACCOUNT}, "objectRef": object}))
}

#[test]
fn requests_are_read_as_an_audit_log_has_them() {
    for (method, path, query, verb, resource) in [
        (
            "GET",
            "/api/v1/secrets",
            "watch=true&x=1",
            "watch",
            "secrets",
        ),
        ("GET", "/api/v1/namespaces/a/secrets", "", "list", "secrets"),
        ("GET", "/api/v1/namespaces/a", "", "get", "namespaces"),
        (
            "POST",
            "/api/v1/namespaces/a/pods/p/eviction",
            "",
            "create",
            "pods",
        ),
        (
            "PUT",
            "/apis/argoproj.io/v1alpha1/namespaces/a/rollouts/r/status",
            "",
            "update",
            "rollouts",
        ),
        (
            "DELETE",
            "/apis/apps/v1/namespaces/a/replicasets/r",
            "",
            "delete",
            "replicasets",
        ),
    ] {
        let method = method.parse().unwrap();
        let found = line(&method, path, query).unwrap();
        assert_eq!(
            (
                found["verb"].as_str(),
                found["objectRef"]["resource"].as_str()
            ),
            (Some(verb), Some(resource)),
            "{path}"
        );
    }
    assert_eq!(line(&Method::GET, "/version", ""), None);
    let evicted = line(&Method::POST, "/api/v1/namespaces/a/pods/p/eviction", "");
    assert_eq!(evicted.unwrap()["objectRef"]["subresource"], "eviction");
}
