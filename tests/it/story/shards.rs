//! Several replicas share the SealedSecrets: each shard a Lease, one replica killed, one told to stop.

use std::{collections::BTreeMap, collections::BTreeSet, sync::Arc, time::Duration};

use axum::middleware::from_fn_with_state;
use jiff::SignedDuration;
use kube::Client;
use tokio::{sync::watch, task::JoinHandle};
use waxwing::{
    cluster::Cluster,
    controller::{
        Part, Together,
        application::Applier,
        lease::{Settings, Shards},
    },
    object::{Gvk, ObjectRef},
    source::{Git, GitOptions},
};

use super::{
    leader::{Network, lease_settings, noted},
    server::sandbox_only,
    world::{World, condition_of, sealed, sealed_ref, settings},
};

/// How many shards there are.
const SHARDS: u16 = 4;
/// How long it may take until others go on.
const MOST_SECONDS: i64 = 20;

struct Stage {
    world: World,
    network: Arc<Network>,
}

struct Replica {
    shards: Shards,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Stage {
    async fn new() -> Self {
        Self {
            world: World::new().await,
            network: Arc::default(),
        }
    }

    /// A replica as `waxwing controller --controllers sealed-secrets --shards 4` is.
    fn start(&self, name: &'static str) -> Replica {
        let clock = self.world.clock.clone();
        let service = self.world.sandbox.controllers();
        let service = service.layer(from_fn_with_state((name, self.network.clone()), noted));
        let cluster = Cluster::new(Client::new(service, "default"));
        let lease = Settings {
            name: "shard".to_owned(),
            ..lease_settings(name)
        };
        let shards = Shards::new(&cluster, &clock, &lease, SHARDS);
        let (stop, stopped) = watch::channel(false);
        let sealing = settings();
        let together = Together {
            parts: BTreeSet::from([Part::SealedSecrets]),
            handle: sealing.handle(&clock),
            sealing,
            applier: Applier::new(
                &cluster,
                &clock,
                &Git::new(GitOptions::default()),
                Default::default(),
            ),
            web: None,
            election: None,
            shards: Some(shards.clone()),
        };
        let task =
            tokio::spawn(async move { together.run(&cluster, &clock, stopped).await.unwrap() });
        Replica { shards, stop, task }
    }

    /// Lets time pass, a second at a time, until something is so; says how many seconds it took.
    async fn until(&self, what: &str, is_so: impl AsyncFn() -> bool) -> i64 {
        for second in 0..90 {
            for _ in 0..20 {
                if is_so().await {
                    return second;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            self.world.clock.advance(SignedDuration::from_secs(1));
        }
        panic!("never {what}: {:?}", self.holders().await);
    }

    /// How many shards each replica holds, as the Leases say.
    async fn holders(&self) -> BTreeMap<String, usize> {
        let lease = Gvk::new("coordination.k8s.io", "v1", "Lease");
        let mut holders = BTreeMap::new();
        for number in 0..SHARDS {
            let name = format!("shard-{number}");
            let lease = ObjectRef::new(lease.clone(), Some("kube-system"), &name);
            let found = self.world.cluster.get(&lease).await.unwrap();
            let holder = found.and_then(|found| {
                let holder = found.at(&["spec", "holderIdentity"])?;
                Some(holder.as_str()?.to_owned())
            });
            if let Some(holder) = holder.filter(|holder| !holder.is_empty()) {
                *holders.entry(holder).or_default() += 1;
            }
        }
        holders
    }

    async fn held(&self, wanted: &[(&str, usize)]) -> i64 {
        let wanted: BTreeMap<String, usize> = wanted
            .iter()
            .map(|(name, count)| ((*name).to_owned(), *count))
            .collect();
        let what = format!("{wanted:?}");
        self.until(&what, async || self.holders().await == wanted)
            .await
    }

    async fn create(&self, names: &[String]) {
        for name in names {
            self.world.create(sealed(name, &[("k", "v")])).await;
        }
    }

    async fn opened(&self, names: &[String]) -> i64 {
        self.until("all are open", async || {
            for name in names {
                let found = self.world.cluster.get(&sealed_ref(name)).await.unwrap();
                if !found.is_some_and(|found| condition_of(&found)["status"] == "True") {
                    return false;
                }
            }
            true
        })
        .await
    }

    /// Who made Secrets, one name for each of them.
    fn makers(&self) -> Vec<&'static str> {
        let writes = self.network.writes.lock().unwrap();
        let made = "POST /api/v1/namespaces/shop/secrets";
        let made = writes.iter().filter(|(_, line)| line.starts_with(made));
        made.map(|(who, _)| *who).collect()
    }

    /// Writes of status, which come once for each SealedSecret that is opened.
    fn statuses(&self) -> usize {
        let writes = self.network.writes.lock().unwrap();
        let told = |line: &str| line.contains("/sealedsecrets/") && line.ends_with("/status");
        writes.iter().filter(|(_, line)| told(line)).count()
    }
}

fn names(from: usize, to: usize) -> Vec<String> {
    (from..to).map(|number| format!("s{number}")).collect()
}

#[tokio::test]
async fn two_share_one_is_killed_and_nothing_is_written_twice() {
    sandbox_only!();
    let stage = Stage::new().await;
    let first = stage.start("first");
    stage.held(&[("first", 4)]).await;
    stage.create(&names(0, 8)).await;
    stage.opened(&names(0, 8)).await;
    assert_eq!(stage.makers(), ["first"; 8]);
    // The second is given its part, and nothing that was open is written again.
    let second = stage.start("second");
    stage.held(&[("first", 2), ("second", 2)]).await;
    stage.create(&names(8, 24)).await;
    stage.opened(&names(8, 24)).await;
    let made: BTreeSet<_> = stage.makers().into_iter().skip(8).collect();
    assert_eq!(made, BTreeSet::from(["first", "second"]), "both work");
    // A long time of peace moves nothing.
    for _ in 0..40 {
        stage.world.clock.advance(SignedDuration::from_secs(1));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(stage.held(&[("first", 2), ("second", 2)]).await, 0);
    first.task.abort();
    assert!(first.task.await.unwrap_err().is_cancelled());
    stage.create(&names(24, 40)).await;
    let seconds = stage.opened(&names(24, 40)).await;
    assert!((1..=MOST_SECONDS).contains(&seconds), "{seconds} s");
    stage.held(&[("second", 4)]).await;
    assert_eq!(second.shards.held(), 4);
    assert_eq!((stage.makers().len(), stage.statuses()), (40, 40));
    second.task.abort();
}

#[tokio::test]
async fn one_that_stops_gives_its_shards_back_at_once() {
    sandbox_only!();
    let stage = Stage::new().await;
    let first = stage.start("first");
    stage.held(&[("first", 4)]).await;
    let second = stage.start("second");
    stage.held(&[("first", 2), ("second", 2)]).await;
    second.stop.send_replace(true);
    second.task.await.unwrap();
    let seconds = stage.held(&[("first", 4)]).await;
    assert!(seconds <= 7, "{seconds} s");
    first.stop.send_replace(true);
    first.task.await.unwrap();
    assert_eq!(stage.held(&[]).await, 0);
}
