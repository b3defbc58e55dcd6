//! Several controllers, of which one works: killed, paused beyond its lease, told to stop.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use axum::{
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode};
use jiff::SignedDuration;
use kube::Client;
use tokio::{sync::watch, task::JoinHandle};
use waxwing::{
    clock::Clock,
    cluster::Cluster,
    controller::{
        Part, Together,
        application::Applier,
        lease::{Election, Settings},
        serve::router,
    },
    object::{Gvk, ObjectRef},
    source::{Git, GitOptions},
};

use super::{
    server::{Server, sandbox_only},
    world::{World, ask, has, sealed, sealed_ref, settings},
};

/// How long it may take until another goes on.
const MOST_SECONDS: i64 = 20;

/// What lies between the controllers and their server.
#[derive(Default)]
pub(super) struct Network {
    /// Who has written what, in the order of arrival.
    pub(super) writes: Mutex<Vec<(&'static str, String)>>,
    is_down: AtomicBool,
}

pub(super) async fn noted(
    State((name, network)): State<(&'static str, Arc<Network>)>,
    request: Request,
    next: Next,
) -> Response {
    if network.is_down.load(Ordering::SeqCst) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    if *request.method() != Method::GET {
        let line = format!("{} {}", request.method(), request.uri().path());
        network.writes.lock().unwrap().push((name, line));
    }
    next.run(request).await
}

pub(super) fn lease_settings(name: &str) -> Settings {
    Settings {
        namespace: "kube-system".to_owned(),
        name: "waxwing-controller".to_owned(),
        identity: name.to_owned(),
        lease: SignedDuration::from_secs(15),
        renew: SignedDuration::from_secs(10),
        retry: SignedDuration::from_secs(2),
    }
}

/// A controller as `waxwing controller --controllers sealed-secrets --leader-elect` is.
async fn candidate(
    name: &'static str,
    server: Server,
    clock: Clock,
    network: Arc<Network>,
    stop: watch::Receiver<bool>,
) {
    let service = server
        .controllers()
        .layer(from_fn_with_state((name, network), noted));
    let cluster = Cluster::new(Client::new(service, "default"));
    let election = Election::new(&cluster, &clock, lease_settings(name));
    let cluster = cluster.behind(election.gate());
    let git = Git::new(GitOptions::default());
    let sealing = settings();
    let together = Together {
        parts: BTreeSet::from([Part::SealedSecrets]),
        handle: sealing.handle(&clock),
        sealing,
        applier: Applier::new(&cluster, &clock, &git, Default::default()),
        web: None,
        election: Some(election),
        shards: None,
    };
    together.run(&cluster, &clock, stop).await.unwrap();
}

struct Stage {
    world: World,
    network: Arc<Network>,
}

impl Stage {
    async fn new() -> Self {
        Self {
            world: World::new().await,
            network: Arc::default(),
        }
    }

    fn start(&self, name: &'static str) -> (watch::Sender<bool>, JoinHandle<()>) {
        let (stop, stopped) = watch::channel(false);
        let (server, clock) = (self.world.sandbox.clone(), self.world.clock.clone());
        let task = candidate(name, server, clock, self.network.clone(), stopped);
        (stop, tokio::spawn(task))
    }

    /// Lets time pass, a second at a time, until something is so; says how many seconds it took.
    async fn until(&self, what: &str, is_so: impl AsyncFn() -> bool) -> i64 {
        for second in 0..60 {
            for _ in 0..20 {
                if is_so().await {
                    return second;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            self.world.clock.advance(SignedDuration::from_secs(1));
        }
        panic!("never {what}: {:#?}", self.network.writes.lock().unwrap());
    }

    async fn leads(&self, name: &str) -> i64 {
        let what = format!("{name} leads");
        self.until(&what, async || self.holder().await == name)
            .await
    }

    async fn holder(&self) -> String {
        let lease = Gvk::new("coordination.k8s.io", "v1", "Lease");
        let lease = ObjectRef::new(lease, Some("kube-system"), "waxwing-controller");
        let found = self.world.cluster.get(&lease).await.unwrap();
        let holder = found.and_then(|found| found.at(&["spec", "holderIdentity"]).cloned());
        holder.map_or(String::new(), |holder| holder.as_str().unwrap().to_owned())
    }

    async fn is_open(&self, name: &str) -> bool {
        let found = self.world.cluster.get(&sealed_ref(name)).await.unwrap();
        found.is_some_and(|found| super::world::condition_of(&found)["status"] == "True")
    }

    /// The writes of one from a place on, without those to its Lease.
    fn writes_of(&self, name: &str, from: usize) -> Vec<String> {
        let writes = self.network.writes.lock().unwrap();
        let own = writes[from..].iter().filter(|(who, _)| *who == name);
        let lines = own.map(|(_, line)| line.clone());
        lines.filter(|line| !line.contains("/leases")).collect()
    }

    fn count(&self) -> usize {
        self.network.writes.lock().unwrap().len()
    }
}

#[tokio::test]
async fn one_is_killed_and_the_other_goes_on() {
    sandbox_only!();
    let stage = Stage::new().await;
    let (_keep, first) = stage.start("first");
    stage.leads("first").await;
    let (_keep, second) = stage.start("second");
    stage.world.create(sealed("a", &[("k", "v")])).await;
    stage
        .until("a is open", async || stage.is_open("a").await)
        .await;
    // A long time of peace.
    for _ in 0..60 {
        stage.world.clock.advance(SignedDuration::from_secs(1));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(stage.holder().await, "first");
    assert_eq!(stage.writes_of("second", 0), Vec::<String>::new());
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    stage.world.create(sealed("b", &[("k", "v")])).await;
    let seconds = stage
        .until("b is open", async || stage.is_open("b").await)
        .await;
    assert!((1..=MOST_SECONDS).contains(&seconds), "{seconds} s");
    assert_eq!(stage.holder().await, "second");
    let creates = |name: &str| {
        let path = "POST /api/v1/namespaces/shop/secrets";
        let writes = stage.writes_of(name, 0);
        writes.iter().filter(|line| line.starts_with(path)).count()
    };
    assert_eq!((creates("first"), creates("second")), (1, 1));
    second.abort();
}

#[tokio::test]
async fn one_that_is_told_to_stop_gives_the_lease_back() {
    sandbox_only!();
    let stage = Stage::new().await;
    let (stop, first) = stage.start("first");
    stage.leads("first").await;
    let (_keep, _second) = stage.start("second");
    for _ in 0..5 {
        stage.world.clock.advance(SignedDuration::from_secs(1));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    stop.send_replace(true);
    first.await.unwrap();
    let seconds = stage.leads("second").await;
    assert!(seconds <= 3, "{seconds} s");
}

/// A candidate on a thread of its own, which can be stopped as a process is by SIGSTOP.
fn on_a_thread(
    stage: &Stage,
    name: &'static str,
) -> (
    tokio::runtime::Handle,
    watch::Sender<bool>,
    thread::JoinHandle<()>,
) {
    let (stop, stopped) = watch::channel(false);
    let (server, clock) = (stage.world.sandbox.clone(), stage.world.clock.clone());
    let network = stage.network.clone();
    let (tell, told) = mpsc::channel();
    let thread = thread::spawn(move || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().unwrap();
        tell.send(runtime.handle().clone()).unwrap();
        runtime.block_on(candidate(name, server, clock, network, stopped));
    });
    (told.recv().unwrap(), stop, thread)
}

/// Stops the one thread of a runtime until the sender is dropped.
async fn paused(runtime: &tokio::runtime::Handle) -> mpsc::Sender<()> {
    let (wake, woken) = mpsc::channel::<()>();
    let (is_down, down) = tokio::sync::oneshot::channel();
    runtime.spawn(async move {
        is_down.send(()).unwrap();
        let _ = woken.recv();
    });
    down.await.unwrap();
    wake
}

#[tokio::test]
async fn one_that_was_paused_beyond_its_lease_writes_nothing_when_it_wakes() {
    sandbox_only!();
    let stage = Stage::new().await;
    let (runtime, stop, thread) = on_a_thread(&stage, "sleeper");
    stage.leads("sleeper").await;
    stage.world.create(sealed("a", &[("k", "v")])).await;
    stage
        .until("a is open", async || stage.is_open("a").await)
        .await;
    let wake = paused(&runtime).await;
    let (_keep, other) = stage.start("other");
    // Work that the sleeper finds at its bed when it wakes.
    for number in 0..20 {
        let name = format!("b{number}");
        stage.world.create(sealed(&name, &[("k", "v")])).await;
    }
    stage.leads("other").await;
    other.abort();
    let _ = other.await;
    // The other has done nothing yet or has died in the middle: there is work left, and still the sleeper is no leader.
    for number in 20..40 {
        let name = format!("b{number}");
        stage.world.create(sealed(&name, &[("k", "v")])).await;
    }
    let before = stage.count();
    drop(wake);
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(stage.writes_of("sleeper", before), Vec::<String>::new());
    assert_eq!(stage.holder().await, "other");
    // It stands by like any other, and goes on when the lease is over, which its thread sees when the machine lets it.
    stage
        .until("all is open", async || stage.is_open("b39").await)
        .await;
    assert_eq!(stage.holder().await, "sleeper");
    stop.send_replace(true);
    thread.join().unwrap();
}

#[tokio::test]
async fn one_that_was_paused_alone_takes_the_lease_before_it_writes() {
    sandbox_only!();
    let stage = Stage::new().await;
    let (runtime, stop, thread) = on_a_thread(&stage, "sleeper");
    stage.leads("sleeper").await;
    let wake = paused(&runtime).await;
    stage.world.create(sealed("a", &[("k", "v")])).await;
    stage.world.clock.advance(SignedDuration::from_secs(60));
    let before = stage.count();
    drop(wake);
    stage
        .until("a is open", async || stage.is_open("a").await)
        .await;
    let first = stage.network.writes.lock().unwrap()[before].1.clone();
    assert!(first.contains("/leases/waxwing-controller"), "{first}");
    stop.send_replace(true);
    thread.join().unwrap();
}

#[tokio::test]
async fn one_that_stands_by_answers_with_the_certificate() {
    sandbox_only!();
    let stage = Stage::new().await;
    let (_keep, _first) = stage.start("first");
    stage.leads("first").await;
    let cluster = stage.world.cluster.clone();
    let clock = stage.world.clock.clone();
    let election = Election::new(&cluster, &clock, lease_settings("second"));
    let cluster = cluster.behind(election.gate());
    let sealing = settings();
    let handle = sealing.handle(&clock);
    let together = Together {
        parts: BTreeSet::from([Part::SealedSecrets]),
        handle: handle.clone(),
        sealing,
        applier: Applier::new(
            &cluster,
            &clock,
            &Git::new(GitOptions::default()),
            Default::default(),
        ),
        web: None,
        election: Some(election),
        shards: None,
    };
    let routes = together.router();
    let (_stop, stopped) = watch::channel(false);
    let task = tokio::spawn(async move { together.run(&cluster, &clock, stopped).await });
    handle.keys.ready().await;
    let (code, _) = ask(routes.clone(), "GET", "/readyz", String::new()).await;
    assert_eq!(code, 200);
    let (code, text) = ask(router(handle), "GET", "/v1/cert.pem", String::new()).await;
    assert_eq!(code, 200);
    assert!(text.starts_with("-----BEGIN CERTIFICATE"));
    assert_eq!(stage.holder().await, "first");
    task.abort();
}

#[tokio::test]
async fn an_api_server_that_is_away_ends_nothing() {
    sandbox_only!();
    let stage = Stage::new().await;
    let (_keep, first) = stage.start("first");
    stage.leads("first").await;
    stage.world.create(sealed("a", &[("k", "v")])).await;
    stage.world.secret("a", has("k", "v")).await;
    stage.network.is_down.store(true, Ordering::SeqCst);
    for _ in 0..40 {
        stage.world.clock.advance(SignedDuration::from_secs(1));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    stage.network.is_down.store(false, Ordering::SeqCst);
    stage.world.create(sealed("b", &[("k", "v")])).await;
    stage
        .until("b is open", async || stage.is_open("b").await)
        .await;
    assert!(!first.is_finished());
}
