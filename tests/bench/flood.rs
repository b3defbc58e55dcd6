//! A flood of requests on the verify port of a controller in a process of its own: what it costs the others.
//!
//! `WAXWING_FLOOD=60 cargo bench --bench bench flood` floods for so many seconds from 1,000 connections, and prints the
//! growth of memory, the times of the certificate, and the times from a SealedSecret to its Secret meanwhile.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench that cannot go on ends at once, and prints its own figures"
)]

use std::{
    collections::BTreeMap,
    fs,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::body::{Body, Bytes};
use http::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::{Value, json};
use tokio::{net::TcpStream, runtime::Runtime, task::JoinSet, time::sleep};
use waxwing::{
    api::{base64, crd, metadata::Metadata, secret::Secret},
    cluster::Cluster,
    object::{Gvk, Object, ObjectRef},
    sandbox::{Sandbox, SandboxOptions, ServeOptions, serve},
    seal::{Certificate, SealOptions, seal},
    secret::Hidden,
};

const KEY: &str = include_str!("../vectors/kubeseal/keys/primary.pkcs1.key");
const CERTIFICATE: &str = include_str!("../vectors/kubeseal/keys/primary.crt");

/// The variable that says for how many seconds.
const VARIABLE: &str = "WAXWING_FLOOD";
/// Connections of the flood.
const CONNECTIONS: usize = 1_000;
/// How often the certificate is asked for, and a secret is sealed.
const ASK_EVERY: Duration = Duration::from_millis(20);
const SEAL_EVERY: Duration = Duration::from_millis(500);

/// A controller that is ended when dropped.
struct Controller(Child);

impl Drop for Controller {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn object(value: Value) -> Object {
    Object::from_value(value).unwrap()
}

fn sealed(name: &str) -> Object {
    let certificate = Certificate::from_pem(CERTIFICATE.as_bytes()).unwrap();
    let item = |item| (format!("item{item}"), Hidden::new(vec![b'x'; 32]));
    let secret = Secret {
        metadata: Metadata::named("default", name),
        data: (0..3).map(item).collect(),
        ..Secret::default()
    };
    object(
        seal(&secret, &certificate, SealOptions::default())
            .unwrap()
            .to_value(),
    )
}

async fn connect(kubeconfig: &Path) -> Cluster {
    let kubeconfig = Kubeconfig::read_from(kubeconfig).unwrap();
    let options = KubeConfigOptions::default();
    let config = Config::from_custom_kubeconfig(kubeconfig, &options).await;
    Cluster::new(Client::try_from(config.unwrap()).unwrap())
}

/// Kilobytes that a process has in memory: now, and at its highest.
fn memory(process: u32) -> (u64, u64) {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.unwrap().parse().unwrap()
    };
    (of("VmRSS:"), of("VmHWM:"))
}

async fn open(address: SocketAddr) -> Option<SendRequest<Body>> {
    let stream = TcpStream::connect(address).await.ok()?;
    stream.set_nodelay(true).ok()?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.ok()?;
    tokio::spawn(connection);
    Some(sender)
}

/// The code of an answer; its body is read to the end.
async fn ask(sender: &mut SendRequest<Body>, method: &str, path: &str, body: Bytes) -> Option<u16> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "a");
    let response = sender
        .send_request(request.body(Body::from(body)).ok()?)
        .await
        .ok()?;
    let code = response.status().as_u16();
    let body = Body::new(response.into_body());
    axum::body::to_bytes(body, 1 << 20).await.ok()?;
    Some(code)
}

type Codes = Arc<Mutex<BTreeMap<u16, u64>>>;

/// One connection of the flood; opened anew when it is closed.
async fn flood(address: SocketAddr, body: Bytes, codes: Codes) {
    loop {
        let Some(mut sender) = open(address).await else {
            sleep(Duration::from_millis(50)).await;
            continue;
        };
        while let Some(code) = ask(&mut sender, "POST", "/v1/verify", body.clone()).await {
            *codes.lock().unwrap().entry(code).or_default() += 1;
        }
        *codes.lock().unwrap().entry(0).or_default() += 1;
    }
}

/// Times of the certificate, each on a connection of its own.
async fn certificates(address: SocketAddr, until: Instant) -> Vec<Duration> {
    let mut times = Vec::new();
    while Instant::now() < until {
        let begun = Instant::now();
        let mut sender = open(address)
            .await
            .expect("the controller takes connections");
        let code = ask(&mut sender, "GET", "/v1/cert.pem", Bytes::new()).await;
        assert_eq!(code, Some(200));
        times.push(begun.elapsed());
        sleep(ASK_EVERY).await;
    }
    times
}

/// Times from a SealedSecret to its Secret.
async fn openings(cluster: &Cluster, part: &str, until: Instant) -> Vec<Duration> {
    let mut times = Vec::new();
    while Instant::now() < until {
        let name = format!("{part}-{}", times.len());
        let sealed = sealed(&name);
        let begun = Instant::now();
        cluster.create(&sealed).await.unwrap();
        let secret = ObjectRef::new(Gvk::new("", "v1", "Secret"), Some("default"), &name);
        while cluster.get(&secret).await.unwrap().is_none() {
            sleep(Duration::from_millis(2)).await;
        }
        times.push(begun.elapsed());
        sleep(SEAL_EVERY).await;
    }
    times
}

fn tell(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!(
        "  {what}: {} times, p50 {:.1?}, p99 {:.1?}, most {:.1?}",
        times.len(),
        at(50),
        at(99),
        at(100)
    );
}

async fn measure(seconds: u64) {
    let sandbox = Sandbox::new(SandboxOptions::default());
    let served = serve(sandbox, ServeOptions::default()).await.unwrap();
    let kubeconfig = served.kubeconfig();
    let cluster = connect(kubeconfig).await;
    cluster.create(&object(crd::sealed_secret())).await.unwrap();
    let key = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
        "metadata": {"name": "key", "namespace": "kube-system",
            "labels": {"sealedsecrets.bitnami.com/sealed-secrets-key": "active"}},
        "data": {"tls.key": base64::encode(KEY.as_bytes()),
            "tls.crt": base64::encode(CERTIFICATE.as_bytes())},
    });
    cluster.create(&object(key)).await.unwrap();
    let free = || {
        TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
    };
    let (address, figures) = (free(), free());
    let child = Command::new(env!("CARGO_BIN_EXE_waxwing"))
        .args([
            "controller",
            "--controllers",
            "sealed-secrets",
            "--key-renew-period",
            "0",
        ])
        .arg(format!("--kubeconfig={}", kubeconfig.display()))
        .arg(format!("--listen-addr={address}"))
        .arg(format!("--listen-metrics-addr={figures}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let controller = Controller(child.unwrap());
    let process = controller.0.id();
    loop {
        if let Some(mut sender) = open(address).await
            && ask(&mut sender, "GET", "/readyz", Bytes::new()).await == Some(200)
        {
            break;
        }
        sleep(Duration::from_millis(20)).await;
    }
    let quiet = Instant::now() + Duration::from_secs(5);
    let (calm, opened) = tokio::join!(
        certificates(address, quiet),
        openings(&cluster, "calm", quiet)
    );
    let (before, _) = memory(process);
    println!("\nbefore the flood, {before} KiB in memory:");
    tell("certificate", calm);
    tell("SealedSecret to Secret", opened);
    let codes = Codes::default();
    let body = Bytes::from(sealed("flood").to_value().to_string());
    let mut flooding = JoinSet::new();
    for _ in 0..CONNECTIONS {
        flooding.spawn(flood(address, body.clone(), codes.clone()));
    }
    let until = Instant::now() + Duration::from_secs(seconds);
    let (asked, opened) = tokio::join!(
        certificates(address, until),
        openings(&cluster, "flood", until)
    );
    let (after, most) = memory(process);
    flooding.abort_all();
    println!(
        "{seconds} s of flood from {CONNECTIONS} connections, {after} KiB in memory ({:+} KiB), at its highest {most} KiB ({:+} KiB):",
        after as i64 - before as i64,
        most as i64 - before as i64
    );
    println!(
        "  answers by code (0: the connection was closed): {:?}",
        codes.lock().unwrap()
    );
    tell("certificate", asked);
    tell("SealedSecret to Secret", opened);
}

/// 1,000 connections that ask for nothing but verification, as fast as they are answered.
#[divan::bench(ignore = std::env::var_os(VARIABLE).is_none(), sample_count = 1, sample_size = 1)]
fn flood_of_1000_connections() {
    let seconds = std::env::var(VARIABLE)
        .ok()
        .and_then(|text| text.parse().ok());
    Runtime::new()
        .unwrap()
        .block_on(measure(seconds.unwrap_or(60)));
}
