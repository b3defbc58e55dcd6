//! The controller on the embedded server: how long until many SealedSecrets are opened, their status told.

use std::{collections::BTreeSet, pin::pin};

use divan::Bencher;
use futures::StreamExt;
use kube::{Client, runtime::watcher::Event};
use serde_json::{Value, json};
use tokio::{runtime::Runtime, sync::watch};
use waxwing::{
    api::{base64, crd, metadata::Metadata, secret::Secret},
    clock::Clock,
    cluster::{Cluster, Watch},
    controller::{self, Settings, sealed_secret},
    object::Object,
    sandbox::{Sandbox, SandboxOptions},
    seal::{Certificate, SealOptions, seal},
    secret::Hidden,
};

const KEY: &str = include_str!("../vectors/kubeseal/keys/primary.pkcs1.key");
const CERTIFICATE: &str = include_str!("../vectors/kubeseal/keys/primary.crt");

const SECRETS: usize = 1_000;
const ITEMS: usize = 3;

fn object(value: Value) -> Object {
    Object::from_value(value).expect("the bench makes objects")
}

/// A SealedSecret of three items for the RSA-4096 key.
fn sealed(certificate: &Certificate, number: usize) -> Object {
    let item = |item| (format!("item{item}"), Hidden::new(vec![b'x'; 32]));
    let secret = Secret {
        metadata: Metadata::named("default", &format!("s{number:04}")),
        data: (0..ITEMS).map(item).collect(),
        ..Secret::default()
    };
    let sealed = seal(&secret, certificate, SealOptions::default());
    object(sealed.expect("it can be sealed").to_value())
}

/// A server with the key and all SealedSecrets, and no controller yet.
async fn prepared(sealed: &[Object]) -> Cluster {
    let sandbox = Sandbox::new(SandboxOptions::default());
    let cluster = Cluster::new(Client::new(sandbox.service(), "default"));
    let key = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
        "metadata": {"name": "key", "namespace": "kube-system",
            "labels": {"sealedsecrets.bitnami.com/sealed-secrets-key": "active"}},
        "data": {"tls.key": base64::encode(KEY.as_bytes()),
            "tls.crt": base64::encode(CERTIFICATE.as_bytes())},
    });
    for made in [&object(crd::sealed_secret()), &object(key)]
        .into_iter()
        .chain(sealed)
    {
        cluster.create(made).await.expect("the server takes it");
    }
    cluster
}

fn is_opened(sealed: &Object) -> bool {
    let conditions = sealed.at(&["status", "conditions"]);
    conditions.and_then(|conditions| conditions.get(0)?.get("status")) == Some(&json!("True"))
}

/// Runs the controller until every SealedSecret says that it is opened.
async fn open_all(cluster: Cluster) {
    let clock = Clock::wall();
    let settings = Settings::default();
    let handle = settings.handle(&clock);
    let (stop, stopped) = watch::channel(false);
    let watched = Watch::all(sealed_secret::gvk());
    let mut events = pin!(cluster.watch(&watched).expect("the kind is known"));
    let work = controller::run(&cluster, &clock, settings, handle, stopped);
    let count = async {
        let mut opened = BTreeSet::new();
        while opened.len() < SECRETS {
            let event = events.next().await.expect("watches do not end");
            if let Event::Apply(live) | Event::InitApply(live) = event.expect("the watch goes on")
                && is_opened(live.object())
            {
                opened.insert(live.object().reference());
            }
        }
        stop.send(true).expect("the controller runs");
    };
    let (outcome, ()) = tokio::join!(work, count);
    outcome.expect("the controller runs");
}

/// 1,000 SealedSecrets of 3 items, sealed for RSA-4096.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn opens_1000_sealed_secrets_of_3_items(bencher: Bencher) {
    let runtime = Runtime::new().expect("the machine gives threads");
    let certificate = Certificate::from_pem(CERTIFICATE.as_bytes()).expect("it is a certificate");
    let all: Vec<_> = (0..SECRETS)
        .map(|number| sealed(&certificate, number))
        .collect();
    bencher
        .with_inputs(|| runtime.block_on(prepared(&all)))
        .bench_values(|cluster| runtime.block_on(open_all(cluster)));
}
