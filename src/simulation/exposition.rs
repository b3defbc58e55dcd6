//! The figures as Traefik and kube-state-metrics show them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Scene, account::Account};

/// Upper bounds of the buckets that Traefik sorts answers into, in milliseconds and as their labels.
const BUCKETS: &[(i64, &str)] = &[(100, "0.1"), (300, "0.3"), (1_200, "1.2"), (5_000, "5")];
/// The phases of a pod.
const PHASES: [&str; 5] = ["Pending", "Succeeded", "Failed", "Unknown", "Running"];
/// What is scraped: job and instance.
const TRAEFIK: (&str, &str) = ("traefik", "traefik.traefik:9100");
const STATE: (&str, &str) = ("kube-state-metrics", "kube-state-metrics.kube-system:8080");

/// One figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Exposed {
    /// Name of the metric.
    pub name: &'static str,
    /// Its labels, those of the scrape included.
    pub labels: BTreeMap<&'static str, String>,
    /// Its value.
    pub value: f64,
}

/// All figures at one instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Exposition {
    /// The instant.
    pub at: Timestamp,
    /// The figures.
    pub figures: Vec<Exposed>,
}

struct Writer {
    figures: Vec<Exposed>,
    scrape: (&'static str, &'static str),
}

impl Writer {
    fn add(&mut self, name: &'static str, labels: &[(&'static str, &str)], value: f64) {
        let (job, instance) = self.scrape;
        let scrape = [("job", job), ("instance", instance)];
        let labels = labels.iter().copied().chain(scrape);
        self.figures.push(Exposed {
            name,
            labels: labels
                .map(|(name, value)| (name, value.to_owned()))
                .collect(),
            value,
        });
    }
}

/// The figures of a moment.
pub(super) fn figures(scene: &Scene, account: &Account) -> Vec<Exposed> {
    let mut writer = Writer {
        figures: Vec::new(),
        scrape: TRAEFIK,
    };
    traefik(account, &mut writer);
    writer.scrape = STATE;
    state(scene, &mut writer);
    writer.figures
}

/// Requests of one series: service and code.
#[derive(Default)]
struct Counted {
    requests: u64,
    seconds: f64,
    buckets: Vec<u64>,
}

fn traefik(account: &Account, writer: &mut Writer) {
    writer.add("up", &[], 1.0);
    let mut counted: BTreeMap<(&str, u16), Counted> = BTreeMap::new();
    for (flow, requests) in account.requests() {
        let series = counted.entry((&flow.service, flow.code)).or_default();
        series.requests += requests;
        series.seconds += requests as f64 * flow.millis as f64 / 1000.0;
        series.buckets.resize(BUCKETS.len(), 0);
        for ((bound, _), bucket) in BUCKETS.iter().zip(&mut series.buckets) {
            if flow.millis <= *bound {
                *bucket += requests;
            }
        }
    }
    for ((service, code), series) in counted {
        let code = code.to_string();
        let labels = [
            ("code", code.as_str()),
            ("method", "GET"),
            ("protocol", "http"),
            ("service", service),
        ];
        let all = series.requests as f64;
        writer.add("traefik_service_requests_total", &labels, all);
        const SECONDS: &str = "traefik_service_request_duration_seconds_bucket";
        let bounds = BUCKETS.iter().map(|(_, bound)| *bound);
        let counts = series.buckets.iter().map(|count| *count as f64);
        for (bound, count) in bounds.zip(counts).chain([("+Inf", all)]) {
            let [a, b, c, d] = labels;
            writer.add(SECONDS, &[a, b, c, d, ("le", bound)], count);
        }
        writer.add(
            "traefik_service_request_duration_seconds_sum",
            &labels,
            series.seconds,
        );
        writer.add(
            "traefik_service_request_duration_seconds_count",
            &labels,
            all,
        );
    }
}

fn state(scene: &Scene, writer: &mut Writer) {
    writer.add("up", &[], 1.0);
    let flag = |is: bool| if is { 1.0 } else { 0.0 };
    for pod in &scene.endpoints {
        let labels = [
            ("namespace", pod.namespace.as_str()),
            ("pod", pod.name.as_str()),
            ("uid", pod.uid.as_str()),
        ];
        let [namespace, name, uid] = labels;
        for (container, restarts) in &pod.restarts {
            let labels = [namespace, name, uid, ("container", container.as_str())];
            writer.add(
                "kube_pod_container_status_restarts_total",
                &labels,
                *restarts as f64,
            );
        }
        for (condition, is) in [
            ("true", pod.is_ready),
            ("false", !pod.is_ready),
            ("unknown", false),
        ] {
            let labels = [namespace, name, uid, ("condition", condition)];
            writer.add("kube_pod_status_ready", &labels, flag(is));
        }
        for phase in PHASES {
            let labels = [namespace, name, uid, ("phase", phase)];
            writer.add("kube_pod_status_phase", &labels, flag(pod.phase == phase));
        }
    }
    for deployment in &scene.deployments {
        let labels = [
            ("namespace", deployment.namespace.as_str()),
            ("deployment", deployment.name.as_str()),
        ];
        for (name, value) in &deployment.figures {
            writer.add(name, &labels, *value as f64);
        }
    }
}
