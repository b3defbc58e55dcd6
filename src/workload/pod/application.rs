//! What the pretended application in a container does with requests, by annotations and by what it was started with.

use jiff::SignedDuration;
use serde_json::Value;

use super::{
    behaviour::{Behaviour, duration},
    surroundings::{Database, Surroundings, share},
    values::Environment,
};
use crate::object::Object;

/// Environment values with which the application fails: `NAME=VALUE` or `NAME!=VALUE`, separated by commas.
pub const FAILS_WHEN: &str = "sandbox.waxwing.dev/fails-when";
/// How it fails then, and when a database does not let it in: `errors`, `not-ready` or `crash`.
pub const FAILS_BY: &str = "sandbox.waxwing.dev/fails-by";
/// How long an answer takes.
pub const LATENCY: &str = "sandbox.waxwing.dev/latency";
/// The share of its answers that are errors, from 0 to 1.
pub const ERROR_SHARE: &str = "sandbox.waxwing.dev/error-share";

/// How long an answer takes where nobody says.
const USUAL_LATENCY: SignedDuration = SignedDuration::from_millis(30);
/// How long an application runs before it crashes, where it fails so.
const CRASHES_AFTER: SignedDuration = SignedDuration::from_secs(1);

/// How an application fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    /// It is ready, and answers every request with 500.
    Errors,
    /// It is never ready.
    NotReady,
    /// It exits soon after its start.
    Crash,
}

impl Failing {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "errors" => Some(Self::Errors),
            "not-ready" => Some(Self::NotReady),
            "crash" => Some(Self::Crash),
            _ => None,
        }
    }
}

/// What an application does with requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Application {
    /// How long an answer takes.
    pub latency: SignedDuration,
    /// The share of its answers that are errors, from 0 to 1.
    pub error_share: f64,
    /// How it fails, if it does.
    pub failing: Option<Failing>,
}

impl Application {
    /// The application in a container of a pod; without an environment nothing hangs on one.
    pub fn of(
        pod: &Object,
        container: &Value,
        environment: Option<&Environment>,
        surroundings: &Surroundings,
    ) -> Self {
        let image = container.get("image").and_then(Value::as_str);
        let image = image.and_then(|image| surroundings.image(image));
        let failing = environment
            .filter(|environment| is_failing(pod, environment, surroundings))
            .map(|_| {
                let said = pod.annotation(FAILS_BY).and_then(Failing::parse);
                said.unwrap_or(Failing::Errors)
            });
        let failing = failing.or_else(|| image?.fails_by);
        let error_share = pod.annotation(ERROR_SHARE).and_then(share);
        let latency = pod.annotation(LATENCY).and_then(duration);
        Self {
            latency: latency.or_else(|| image?.latency).unwrap_or(USUAL_LATENCY),
            error_share: match failing {
                Some(_) => 1.0,
                None => error_share.or_else(|| image?.error_share).unwrap_or(0.0),
            },
            failing,
        }
    }

    /// How the container behaves with this application in it.
    pub(super) fn changes(self, behaviour: Behaviour) -> Behaviour {
        match self.failing {
            None | Some(Failing::Errors) => behaviour,
            Some(Failing::NotReady) => Behaviour {
                ready_after: None,
                ..behaviour
            },
            Some(Failing::Crash) => Behaviour {
                exit: Some((CRASHES_AFTER, 1)),
                ..behaviour
            },
        }
    }
}

fn is_failing(pod: &Object, environment: &Environment, surroundings: &Surroundings) -> bool {
    let rules = pod.annotation(FAILS_WHEN).unwrap_or_default();
    rules
        .split(',')
        .any(|rule| is_met(rule.trim(), environment))
        || surroundings
            .databases
            .iter()
            .any(|database| refuses(database, environment))
}

/// Whether a rule of [`FAILS_WHEN`] holds; one that cannot be read never does.
fn is_met(rule: &str, environment: &Environment) -> bool {
    let Some((name, wanted)) = rule.split_once('=') else {
        return false;
    };
    let (name, is_equal) = match name.strip_suffix('!') {
        Some(name) => (name, false),
        None => (name, true),
    };
    let value = environment.values.get(name.trim());
    let value = value.map_or("", |value| value.expose().as_str());
    (value == wanted.trim()) == is_equal
}

/// Whether a database is used and does not let the application in. Without the variable nothing is known of its use.
fn refuses(database: &Database, environment: &Environment) -> bool {
    let is_used = database.host.is_empty()
        || environment
            .values
            .values()
            .any(|value| *value.expose() == database.host);
    let password = environment.values.get(&database.variable);
    is_used && password.is_some_and(|password| !database.accepts.contains(password))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{secret::Hidden, workload::pod::Image};

    fn environment(values: &[(&str, &str)]) -> Environment {
        let values = values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Hidden::new((*value).to_owned())));
        Environment {
            values: values.collect(),
            forgotten: Vec::new(),
        }
    }

    fn judged(annotations: Value, values: &[(&str, &str)]) -> Application {
        let pod = Object::from_value(json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"annotations": annotations}}))
        .unwrap();
        let surroundings = Surroundings {
            databases: vec![Database {
                host: "db".into(),
                variable: "PASSWORD".into(),
                accepts: vec![Hidden::new("good".into()), Hidden::new("new".into())],
            }],
            images: vec![Image {
                ends_with: ":slow".into(),
                latency: Some(SignedDuration::from_secs(6)),
                error_share: Some(0.5),
                fails_by: None,
            }],
        };
        let image = values
            .iter()
            .find_map(|(name, value)| (*name == "IMAGE").then_some(*value));
        let container = json!({"name": "c", "image": image.unwrap_or("demo:1")});
        Application::of(&pod, &container, Some(&environment(values)), &surroundings)
    }

    #[test]
    fn a_wrong_password_makes_errors_unless_said_otherwise() {
        for (annotations, values, failing) in [
            (json!({}), &[("HOST", "db"), ("PASSWORD", "good")][..], None),
            (json!({}), &[("HOST", "db"), ("PASSWORD", "new")], None),
            (
                json!({}),
                &[("HOST", "db"), ("PASSWORD", "bad")],
                Some(Failing::Errors),
            ),
            (json!({}), &[("HOST", "other"), ("PASSWORD", "bad")], None),
            (json!({}), &[("HOST", "db")], None),
            (
                json!({FAILS_BY: "not-ready"}),
                &[("A", "db"), ("PASSWORD", "")],
                Some(Failing::NotReady),
            ),
            (
                json!({FAILS_BY: "crash"}),
                &[("A", "db"), ("PASSWORD", "x")],
                Some(Failing::Crash),
            ),
            (json!({FAILS_BY: "crash"}), &[], None),
            (
                json!({FAILS_WHEN: "MODE=off, LEVEL!=info"}),
                &[("LEVEL", "info")],
                None,
            ),
            (
                json!({FAILS_WHEN: "MODE=off, LEVEL!=info"}),
                &[("LEVEL", "debug")],
                Some(Failing::Errors),
            ),
            (
                json!({FAILS_WHEN: "MODE=off"}),
                &[("MODE", "off")],
                Some(Failing::Errors),
            ),
            (json!({FAILS_WHEN: "nonsense"}), &[], None),
        ] {
            let found = judged(annotations.clone(), values);
            assert_eq!(found.failing, failing, "{annotations} {values:?}");
            assert_eq!(found.error_share, if failing.is_some() { 1.0 } else { 0.0 });
            assert_eq!(found.latency, USUAL_LATENCY);
        }
    }

    #[test]
    fn annotations_stand_over_what_is_said_of_the_image() {
        for (annotations, image, latency, errors) in [
            (json!({}), "demo:1", 30, 0.0),
            (json!({}), "demo:slow", 6000, 0.5),
            (
                json!({LATENCY: "1s", ERROR_SHARE: "0.25"}),
                "demo:slow",
                1000,
                0.25,
            ),
            (
                json!({LATENCY: "soon", ERROR_SHARE: "2"}),
                "demo:1",
                30,
                0.0,
            ),
        ] {
            let found = judged(annotations, &[("IMAGE", image)]);
            let latency = SignedDuration::from_millis(latency);
            assert_eq!((found.latency, found.error_share), (latency, errors));
        }
    }
}
