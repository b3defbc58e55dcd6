//! Our answers to PromQL queries against those of a real Prometheus over the series that it has scraped from us.

use std::{
    fmt::Write as _,
    fs,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Router, routing::get};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use waxwing::{
    object::Object,
    promql::{self, Labels, METRIC_NAME, Query, QueryError, Steps, Store},
    simulation::{Endpoint, Exposition, Options, Scene, World, routes},
};

use super::prometheus_queries::{made_up, scenario};
use crate::sequence::chance::Chance;

/// How many scrapes are waited for; one a second.
const SCRAPES: usize = 12;
/// How many queries are made up.
const QUERIES: usize = 150;
const SEED: u64 = 20;
/// Libraries of mathematics and ways of adding up differ in the last digits.
const TOLERANCE: f64 = 1e-12;

/// What an exporter would show of a canary that fails and goes: Traefik's figures and those of kube-state-metrics.
fn expositions() -> Vec<Exposition> {
    let begin: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    let options = Options::default();
    let mut world = World::new(&options, begin);
    let mut shown = Vec::new();
    for (stable, canary, restarts) in [(80, 20, 0), (50, 50, 1), (50, 50, 3), (100, 0, 3)] {
        let mut endpoints = vec![
            endpoint("a", "stable", 0.0, 0),
            endpoint("b", "stable", 0.01, 0),
        ];
        if canary > 0 {
            endpoints.push(endpoint("c", "canary", 0.7, restarts));
        }
        let mut scene = Scene::of(endpoints);
        for name in ["backstage", "backstage-canary"] {
            let hash = if name == "backstage" {
                "stable"
            } else {
                "canary"
            };
            scene.add_service(&object(json!({"apiVersion": "v1", "kind": "Service",
                "metadata": {"name": name, "namespace": "backstage"},
                "spec": {"selector": {"hash": hash}}})));
        }
        let route = object(
            json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
            "metadata": {"name": "backstage", "namespace": "backstage"},
            "spec": {"rules": [{"backendRefs": [
                {"name": "backstage", "port": 80, "weight": stable},
                {"name": "backstage-canary", "port": 80, "weight": canary}]}]}}),
        );
        scene.routes = routes(&route, options.usual());
        world.set(scene);
        let until = begin + SignedDuration::from_secs(60 * (1 + shown.len() as i64 / 4));
        shown.extend(world.advance(until));
    }
    shown
}

fn object(value: Json) -> Object {
    Object::from_value(value).unwrap()
}

fn endpoint(name: &str, hash: &str, error_share: f64, restarts: i64) -> Endpoint {
    let pod = object(json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": format!("backstage-{name}"), "namespace": "backstage", "uid": name,
            "labels": {"hash": hash}},
        "spec": {"containers": [{"name": "backstage", "image": "backstage:1"}]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": "backstage", "restartCount": restarts}]}}));
    let latency = SignedDuration::from_millis(if hash == "stable" { 80 } else { 700 });
    Endpoint::of(&pod, latency, error_share)
}

/// The text format of exporters. The labels of the scrape are Prometheus' own.
fn text(exposition: &Exposition) -> String {
    let mut text = String::new();
    for figure in exposition
        .figures
        .iter()
        .filter(|figure| figure.name != "up")
    {
        let labels = figure.labels.iter();
        let labels: Vec<String> = labels
            .filter(|(name, _)| !matches!(**name, "job" | "instance"))
            .map(|(name, value)| format!("{name}={value:?}"))
            .collect();
        writeln!(
            text,
            "{}{{{}}} {}",
            figure.name,
            labels.join(","),
            figure.value
        )
        .unwrap();
    }
    text
}

struct Prometheus {
    child: Child,
    url: String,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Prometheus {
    /// Scrapes a target every second, with its data in a folder.
    async fn start(binary: &str, target: &str, folder: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let config = folder.join("prometheus.yml");
        let yaml = format!(
            "scrape_configs:\n- job_name: exporter\n  scrape_interval: 1s\n  scrape_timeout: 900ms\n  \
             static_configs: [{{targets: [{target:?}]}}]\n"
        );
        fs::write(&config, yaml).unwrap();
        let child = Command::new(binary)
            .arg(format!("--config.file={}", config.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.join("data").display()
            ))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.join("log")).unwrap())
            .spawn()
            .unwrap();
        let url = format!("http://127.0.0.1:{port}");
        Self { child, url }
    }

    async fn ask(&self, path: &str, form: &[(&str, String)]) -> Json {
        let body: Vec<String> = form
            .iter()
            .map(|(name, value)| {
                let value: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
                format!("{name}={value}")
            })
            .collect();
        let request = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = request
            .post(format!("{}/api/v1/{path}", self.url))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.join("&"));
        let answer = request.send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    /// Everything that was scraped up to an instant, gaps as ends of series; also as the judge reads it.
    async fn scraped(&self, until: i64) -> (Store, Vec<Json>) {
        let all = [
            ("query", "{__name__=~\".+\"}[10m]".to_owned()),
            ("time", seconds(until)),
        ];
        let answer = self.ask("query", &all).await;
        let series = answer["data"]["result"].as_array().unwrap();
        let instants = |one: &Json| -> Vec<i64> {
            let values = one["values"].as_array().unwrap();
            let millis = values
                .iter()
                .map(|pair| (pair[0].as_f64().unwrap() * 1000.0).round());
            millis.map(|millis| millis as i64).collect()
        };
        let up = series.iter().find(|one| one["metric"]["__name__"] == "up");
        let scrapes = instants(up.unwrap());
        let (mut store, mut written) = (Store::new(SignedDuration::from_hours(1)), Vec::new());
        for one in series {
            let labels = one["metric"].as_object().unwrap().iter();
            let labels: Labels = labels
                .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
                .collect();
            let own = instants(one);
            let values = one["values"].as_array().unwrap();
            let (mut is_on, mut times, mut texts) = (false, Vec::new(), Vec::new());
            for scrape in &scrapes {
                let at = Timestamp::from_millisecond(*scrape).unwrap();
                match own.iter().position(|own| own == scrape) {
                    Some(place) => {
                        let text = values[place][1].as_str().unwrap();
                        store.append(&labels, at, text.parse().unwrap()).unwrap();
                        texts.push(text);
                        is_on = true;
                    }
                    None if is_on => {
                        store.end(&labels, at).unwrap();
                        texts.push("stale");
                        is_on = false;
                    }
                    None => continue,
                }
                times.push(*scrape);
            }
            written
                .push(json!({"labels": one["metric"], "times": times, "values": texts.join(" ")}));
            let known = own.iter().all(|own| scrapes.contains(own));
            assert!(
                known,
                "a sample between scrapes: {}",
                labels.get(METRIC_NAME)
            );
        }
        (store, written)
    }
}

/// What the current engine of Prometheus, which `tests/peers/build` makes a program of, says to the same.
fn current_engine(judge: &str, series: &[Json], questions: &[Json], folder: &Path) -> Vec<Json> {
    let file = folder.join("questions.json");
    let asked = json!({"series": series, "questions": questions});
    fs::write(&file, asked.to_string()).unwrap();
    let done = Command::new(judge).arg(&file).output().unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let text = String::from_utf8(done.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn seconds(millis: i64) -> String {
    format!("{}.{:03}", millis / 1000, millis % 1000)
}

fn ours(store: &Store, query: &str, at: i64, steps: Option<(i64, i64)>) -> Json {
    let instant = |millis| Timestamp::from_millisecond(millis).unwrap();
    let asked = || -> Result<promql::Value, QueryError> {
        let query = Query::parse(query)?;
        let Some((start, step)) = steps else {
            return query.at(store, instant(at));
        };
        let step = SignedDuration::from_millis(step);
        query.over(store, Steps::new(instant(start), instant(at), step)?)
    };
    let text = match asked() {
        Ok(value) => promql::success(&value, at),
        Err(error) => promql::failure(&error),
    };
    serde_json::from_str(&text).unwrap()
}

/// The answer without what may differ: order of series, texts of errors, remarks.
fn essence(answer: &Json, keeps_order: bool) -> Json {
    if answer["status"] != "success" {
        return json!({"errorType": answer["errorType"]});
    }
    let mut data = answer["data"].clone();
    if let Some(series) = data["result"].as_array_mut()
        && !keeps_order
    {
        series.sort_by_key(|one| one["metric"].to_string());
    }
    json!({"resultType": data["resultType"], "result": data["result"]})
}

fn is_same(ours: &Json, theirs: &Json) -> bool {
    match (ours, theirs) {
        (Json::String(one), Json::String(other)) if one != other => {
            match (one.parse::<f64>(), other.parse::<f64>()) {
                (Ok(one), Ok(other)) => (one - other).abs() <= one.abs().max(1e-9) * TOLERANCE,
                _ => false,
            }
        }
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| is_same(a, b))
        }
        (Json::Object(one), Json::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(name, value)| other.get(name).is_some_and(|o| is_same(value, o)))
        }
        (Json::Number(one), Json::Number(other)) => {
            let (one, other) = (one.as_f64().unwrap(), other.as_f64().unwrap());
            (one - other).abs() < 0.0006
        }
        _ => ours == theirs,
    }
}

/// `WAXWING_PEER_PROMETHEUS` names the server.
#[tokio::test(flavor = "multi_thread")]
async fn the_peer_prometheus_answers_alike_over_what_it_scrapes() {
    let Ok(binary) = std::env::var("WAXWING_PEER_PROMETHEUS") else {
        return;
    };
    let shown: Arc<Vec<String>> = Arc::new(expositions().iter().map(text).collect());
    let served = Arc::new(AtomicUsize::new(0));
    let (pages, count) = (shown.clone(), served.clone());
    let exporter = Router::new().route(
        "/metrics",
        get(async move || {
            let place = count.fetch_add(1, Ordering::SeqCst);
            pages[place.min(pages.len() - 1)].clone()
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, exporter).await.unwrap() });
    let folder = tempfile::tempdir().unwrap();
    let peer = Prometheus::start(&binary, &target, folder.path()).await;
    let end = Instant::now() + Duration::from_secs(60);
    while served.load(Ordering::SeqCst) <= SCRAPES {
        assert!(
            Instant::now() < end,
            "{}",
            fs::read_to_string(folder.path().join("log")).unwrap()
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Between two scrapes, so that no sample lies on the edge of a window: Prometheus 2 and 3 differ there.
    let last = {
        let up = peer
            .ask("query", &[("query", "timestamp(up)".into())])
            .await;
        let value = up["data"]["result"][0]["value"][1].as_str().unwrap();
        (value.parse::<f64>().unwrap() * 1000.0).round() as i64
    };
    let at = last - 463;
    let (store, series) = peer.scraped(at).await;
    let mut chance = Chance::new(SEED);
    let mut queries = scenario();
    queries.extend((0..QUERIES).map(|_| made_up(&mut chance)));
    let (mut apart, mut answered) = (Vec::new(), 0);
    for query in &queries {
        let keeps_order = query.starts_with("sort(");
        for (at, steps) in [(at, None), (at - 3000, None), (at, Some((at - 8000, 2000)))] {
            let mut form = vec![("query", query.clone())];
            let path = match steps {
                None => {
                    form.push(("time", seconds(at)));
                    "query"
                }
                Some((start, step)) => {
                    form.extend([
                        ("start", seconds(start)),
                        ("end", seconds(at)),
                        ("step", seconds(step)),
                    ]);
                    "query_range"
                }
            };
            let theirs = essence(&peer.ask(path, &form).await, keeps_order);
            let own = essence(&ours(&store, query, at, steps), keeps_order);
            answered += usize::from(
                theirs["result"]
                    .as_array()
                    .is_some_and(|all| !all.is_empty()),
            );
            if !is_same(&own, &theirs) {
                let question = match steps {
                    None => json!({"query": query, "at": at}),
                    Some((start, step)) => {
                        json!({"query": query, "start": start, "end": at, "step": step})
                    }
                };
                apart.push((question, own, theirs, keeps_order));
            }
        }
    }
    let all = queries.len() * 3;
    println!(
        "{all} answers of Prometheus compared, {answered} with a value, {} series; {} of them the current engine decides",
        store.len(),
        apart.len()
    );
    assert!(answered * 2 > all, "too few queries find anything");
    // Debian's server is older: where it answers otherwise, the engine of today is asked over the same samples.
    assert!(apart.len() * 20 < all, "too many are apart from the server");
    let questions: Vec<Json> = apart
        .iter()
        .map(|(question, ..)| question.clone())
        .collect();
    let today = match std::env::var("WAXWING_PEER_PROMQL") {
        Ok(judge) => current_engine(&judge, &series, &questions, folder.path()),
        Err(_) => vec![Json::Null; apart.len()],
    };
    let mut wrong = Vec::new();
    for ((question, own, theirs, keeps_order), today) in apart.iter().zip(today) {
        if !is_same(own, &essence(&today, *keeps_order)) {
            wrong.push(format!(
                "{question}\n  ours   {own}\n  theirs {theirs}\n  today  {today}"
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {all} differ\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
