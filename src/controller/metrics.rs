//! Figures for Prometheus, under the names of the original (`pkg/controller/metrics.go`).

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use serde_json::Value;

use super::key_figures::KeyFigures;
use crate::{
    api::version::CONDITION,
    object::{Object, ObjectRef},
    version,
};

/// What every name begins with.
const PREFIX: &str = "sealed_secrets_controller";

/// The version that `build_info` carries.
const REVISION: &str = env!("CARGO_PKG_VERSION");

/// Upper bounds of the buckets of a duration, in seconds: those of Prometheus' Go client.
const BUCKETS: [f64; 11] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// The label that tells instances of an application apart.
const INSTANCE: &str = "app.kubernetes.io/instance";

/// All figures of the controller. Cheap to clone; clones share the same figures.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    requests: Counter,
    errors: Family<ErrorLabels, Counter>,
    conditions: Family<ConditionLabels, Gauge>,
    promotions: Family<PromotionLabels, Gauge>,
    omit_conditions: bool,
    http_requests: Family<HttpLabels, Counter>,
    http_durations: Family<PathLabels, Histogram>,
    keys: Family<KeyLabels, Gauge>,
    sealing_keys: KeyFigures,
    key_tries: Counter,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ErrorLabels {
    reason: &'static str,
    namespace: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ConditionLabels {
    namespace: String,
    name: String,
    condition: String,
    ss_app_kubernetes_io_instance: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct PromotionLabels {
    namespace: String,
    name: String,
    reason: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct HttpLabels {
    path: &'static str,
    code: u16,
    method: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct PathLabels {
    path: &'static str,
    method: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct KeyLabels {
    state: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct BuildLabels {
    revision: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new(false)
    }
}

impl Metrics {
    /// Figures that begin at nothing; `omit_conditions` leaves `condition_info` out, for it names secrets.
    pub fn new(omit_conditions: bool) -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
        let build = Family::<BuildLabels, Gauge>::default();
        let revision = BuildLabels { revision: REVISION };
        build.get_or_create(&revision).set(1);
        registry.register("build_info", "Build information", build);
        let requests = Counter::default();
        registry.register(
            "unseal_requests",
            "Total number of sealed secret unseal requests",
            requests.clone(),
        );
        let errors = Family::default();
        registry.register(
            "unseal_errors",
            "Total number of sealed secret unseal errors by reason",
            errors.clone(),
        );
        let conditions = Family::default();
        if !omit_conditions {
            registry.register(
                "condition_info",
                "Current SealedSecret condition status. Values are -1 (false), 0 (unknown or absent), 1 (true)",
                conditions.clone(),
            );
        }
        let promotions = Family::default();
        if !omit_conditions {
            registry.register(
                "promotion_info",
                "Whether what is sealed is promoted, by the reason of the condition Promoted; 1 for the one that holds",
                promotions.clone(),
            );
        }
        let http_requests = Family::default();
        registry.register(
            "http_requests",
            "A counter for requests to the wrapped handler",
            http_requests.clone(),
        );
        let http_durations =
            Family::<PathLabels, Histogram>::new_with_constructor(|| Histogram::new(BUCKETS));
        registry.register(
            "http_request_duration_seconds",
            "A histogram of latencies for requests",
            http_durations.clone(),
        );
        let keys = Family::default();
        registry.register(
            "sealing_keys",
            "Sealing-key Secrets by state: loaded, or invalid and skipped",
            keys.clone(),
        );
        let sealing_keys = KeyFigures::registered(&mut registry);
        let key_tries = Counter::default();
        registry.register(
            "unseal_key_tries",
            "Private-key operations, one for each key that was tried on a ciphertext",
            key_tries.clone(),
        );
        Self(Arc::new(Inner {
            registry,
            requests,
            errors,
            conditions,
            promotions,
            omit_conditions,
            http_requests,
            http_durations,
            keys,
            sealing_keys,
            key_tries,
        }))
    }

    /// One more pass over a SealedSecret.
    pub fn count_request(&self) {
        self.0.requests.inc();
    }

    /// One more pass that failed; `reason` is `unseal`, `unmanaged`, `update`, `status` or `fetch`.
    pub fn count_error(&self, reason: &'static str, namespace: &str) {
        let labels = ErrorLabels {
            reason,
            namespace: namespace.to_owned(),
        };
        self.0.errors.get_or_create(&labels).inc();
    }

    /// Takes over the conditions of a SealedSecret.
    pub fn observe_conditions(&self, sealed: &Object) {
        if self.0.omit_conditions {
            return;
        }
        for (labels, value) in conditions(sealed) {
            self.0.conditions.get_or_create(&labels).set(value);
        }
        if let Some(labels) = promotion(sealed) {
            self.0.promotions.get_or_create(&labels).set(1);
        }
    }

    /// Drops the conditions of a SealedSecret that is gone, or whose instance label changes.
    pub fn forget_conditions(&self, sealed: &Object) {
        for (labels, _) in conditions(sealed) {
            self.0.conditions.remove(&labels);
        }
        if let Some(labels) = promotion(sealed) {
            self.0.promotions.remove(&labels);
        }
    }

    /// Takes over how many key Secrets are loaded, and how many are skipped.
    pub fn set_keys(&self, loaded: usize, invalid: usize) {
        for (state, count) in [("loaded", loaded), ("invalid", invalid)] {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            self.0.keys.get_or_create(&KeyLabels { state }).set(count);
        }
    }

    /// The figures of each sealing key.
    pub fn sealing_keys(&self) -> &KeyFigures {
        &self.0.sealing_keys
    }

    /// Takes over how many keys were tried on ciphertexts so far.
    pub fn set_key_tries(&self, tries: u64) {
        self.0.key_tries.inner().fetch_max(tries, Ordering::Relaxed);
    }

    /// One more answer to a request.
    pub fn count_http(&self, path: &'static str, method: &str, code: u16, took: Duration) {
        let method = known_method(method).to_owned();
        let labels = PathLabels {
            path,
            method: method.clone(),
        };
        let seconds = took.as_secs_f64();
        self.0
            .http_durations
            .get_or_create(&labels)
            .observe(seconds);
        let labels = HttpLabels { path, code, method };
        self.0.http_requests.get_or_create(&labels).inc();
    }

    /// All figures in the text format of Prometheus.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = text::encode(&mut text, &self.0.registry);
        text
    }
}

/// The condition series of one SealedSecret.
fn conditions(sealed: &Object) -> impl Iterator<Item = (ConditionLabels, i64)> {
    let ObjectRef {
        namespace, name, ..
    } = sealed.reference();
    let namespace = namespace.unwrap_or_default();
    let instance = sealed.label(INSTANCE).unwrap_or_default().to_owned();
    sealed
        .at(&["status", "conditions"])
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|condition| condition.get("type").and_then(Value::as_str) != Some(CONDITION))
        .filter_map(move |condition| {
            let text = |field: &str| condition.get(field).and_then(Value::as_str);
            let labels = ConditionLabels {
                namespace: namespace.clone(),
                name: name.clone(),
                condition: text("type")?.to_owned(),
                ss_app_kubernetes_io_instance: instance.clone(),
            };
            let value = match text("status") {
                Some("True") => 1,
                Some("False") => -1,
                _ => 0,
            };
            Some((labels, value))
        })
}

/// The series of the condition `Promoted` of one SealedSecret, if it has that condition.
fn promotion(sealed: &Object) -> Option<PromotionLabels> {
    let (reason, _) = version::said(sealed)?;
    Some(PromotionLabels {
        namespace: sealed.namespace().unwrap_or_default().to_owned(),
        name: sealed.name().to_owned(),
        reason,
    })
}

/// The method in lower case; what HTTP does not know is one word, so that strangers cannot make series.
fn known_method(method: &str) -> &'static str {
    const KNOWN: [&str; 9] = [
        "get", "post", "put", "patch", "delete", "head", "options", "connect", "trace",
    ];
    KNOWN
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(method))
        .unwrap_or("unknown")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sealed(status: &str) -> Object {
        Object::from_value(json!({
            "apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret",
            "metadata": {"namespace": "ns", "name": "a", "labels": {INSTANCE: "app"}},
            "status": {"conditions": [{"type": "Synced", "status": status}]},
        }))
        .unwrap()
    }

    #[test]
    fn names_and_labels_are_those_of_the_original() {
        let metrics = Metrics::default();
        metrics.count_request();
        metrics.count_error("unseal", "ns");
        metrics.observe_conditions(&sealed("False"));
        metrics.observe_conditions(&sealed("True"));
        metrics.count_http("/v1/verify", "POST", 409, Duration::from_millis(20));
        metrics.count_http("/v1/verify", "PLANTED", 405, Duration::ZERO);
        metrics.set_keys(2, 1);
        let text = metrics.text();
        for line in [
            "sealed_secrets_controller_unseal_requests_total 1",
            "sealed_secrets_controller_unseal_errors_total{reason=\"unseal\",namespace=\"ns\"} 1",
            "sealed_secrets_controller_condition_info{namespace=\"ns\",name=\"a\",condition=\"Synced\",ss_app_kubernetes_io_instance=\"app\"} 1",
            "sealed_secrets_controller_http_requests_total{path=\"/v1/verify\",code=\"409\",method=\"post\"} 1",
            "sealed_secrets_controller_http_request_duration_seconds_bucket{le=\"0.025\",path=\"/v1/verify\",method=\"post\"} 1",
            "sealed_secrets_controller_sealing_keys{state=\"invalid\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(text.contains("build_info{revision="));
        assert!(!text.contains("PLANTED") && !text.contains("planted"));
        metrics.forget_conditions(&sealed("True"));
        assert!(!metrics.text().contains("condition_info{"));
    }

    #[test]
    fn conditions_can_be_left_out() {
        let metrics = Metrics::new(true);
        metrics.observe_conditions(&sealed("True"));
        assert!(!metrics.text().contains("condition_info"));
    }
}
