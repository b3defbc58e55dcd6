//! Queries to ask: those of the scenario, and others made up of what people write for canaries.

use crate::sequence::chance::Chance;

/// The queries of the scenario's analysis.
pub fn scenario() -> Vec<String> {
    let canary = "backstage-backstage-canary-(http-)?80";
    let mut queries = Vec::new();
    for window in ["2m", "6s"] {
        queries.push(format!(
            "sum(rate(traefik_service_requests_total{{service=~\"{canary}.*\",code=~\"5..\"}}[{window}]))\n/\n\
             sum(rate(traefik_service_requests_total{{service=~\"{canary}.*\"}}[{window}]))\n"
        ));
        queries.push(format!(
            "histogram_quantile(0.95,\n  sum(rate(traefik_service_request_duration_seconds_bucket\
             {{service=~\"{canary}.*\"}}[{window}])) by (le))\n"
        ));
        queries.push(format!(
            "sum(increase(kube_pod_container_status_restarts_total{{namespace=\"backstage\",pod=~\"backstage-.*\"}}[{window}]))\n"
        ));
    }
    queries
}

/// Metrics and matchers as people write them for canaries.
const SELECTORS: &[&str] = &[
    "traefik_service_requests_total",
    "traefik_service_requests_total{code=~\"5..\"}",
    "traefik_service_requests_total{code!~\"2..\",service=~\".*canary.*\"}",
    "traefik_service_request_duration_seconds_bucket{le!=\"+Inf\"}",
    "traefik_service_request_duration_seconds_count",
    "traefik_service_request_duration_seconds_sum",
    "kube_pod_container_status_restarts_total",
    "kube_pod_status_ready{condition=\"true\"}",
    "kube_pod_status_phase",
    "nothing_of_this_name",
    "up",
];
const OVER_TIME: &[&str] = &[
    "rate",
    "increase",
    "irate",
    "idelta",
    "delta",
    "avg_over_time",
    "max_over_time",
    "min_over_time",
    "sum_over_time",
    "count_over_time",
    "last_over_time",
    "changes",
    "resets",
    "deriv",
    "stddev_over_time",
    "present_over_time",
];
const GROUPINGS: &[&str] = &[
    "",
    " by (service)",
    " by (code, service)",
    " without (code, method)",
    " by (le)",
    " by (pod)",
];

fn over(chance: &mut Chance) -> String {
    let (function, selector) = (chance.pick(OVER_TIME), chance.pick(SELECTORS));
    let window = chance.pick(&["2s", "4s", "9s", "2m"]);
    let offset = chance.pick(&["", "", "", " offset 3s"]);
    format!("{function}({selector}[{window}]{offset})")
}

fn vector(chance: &mut Chance) -> String {
    if chance.once_in(4) {
        (*chance.pick(SELECTORS)).to_owned()
    } else {
        over(chance)
    }
}

fn aggregated(chance: &mut Chance) -> String {
    let function = chance.pick(&["sum", "avg", "max", "min", "count", "stddev", "group"]);
    let (grouping, of) = (chance.pick(GROUPINGS), vector(chance));
    format!("{function}{grouping} ({of})")
}

/// A query made up of them.
pub fn made_up(chance: &mut Chance) -> String {
    match chance.below(8) {
        0 => vector(chance),
        1 | 2 => aggregated(chance),
        3 => {
            let operator = chance.pick(&["+", "-", "*", "/"]);
            format!("{} {operator} {}", aggregated(chance), aggregated(chance))
        }
        4 => {
            let rest = chance.pick(&["> 0", ">= bool 1", "* 100", "/ 0", "== 1"]);
            format!("{} {rest}", vector(chance))
        }
        5 => {
            let (share, window) = (
                chance.pick(&["0.5", "0.95", "0.99"]),
                chance.pick(&["4s", "9s"]),
            );
            let bucket = "traefik_service_request_duration_seconds_bucket";
            format!("histogram_quantile({share}, sum by (le) (rate({bucket}[{window}])))")
        }
        6 => {
            let operator = chance.pick(&["or", "and", "unless"]);
            format!("{} {operator} {}", vector(chance), vector(chance))
        }
        _ => {
            let function = chance.pick(&["abs", "ceil", "sqrt", "absent", "scalar", "sort"]);
            format!("{function}({})", vector(chance))
        }
    }
}
