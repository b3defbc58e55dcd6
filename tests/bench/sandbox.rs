//! The embedded server in process: many objects, many watchers.
#![expect(clippy::print_stderr, reason = "memory is told beside the figures")]

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use divan::Bencher;
use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api, Client,
    api::{ListParams, ObjectMeta, PostParams, WatchEvent, WatchParams},
};
use tokio::runtime::Runtime;
use waxwing::sandbox::{Sandbox, SandboxOptions};

/// Objects of the big list.
const OBJECTS: usize = 10_000;
/// Watchers of one write.
const WATCHERS: usize = 100;
/// Writes that are under way at once.
const AT_ONCE: usize = 16;

fn config_map(number: usize) -> ConfigMap {
    ConfigMap {
        metadata: ObjectMeta {
            name: Some(format!("settings-{number:05}")),
            labels: Some(BTreeMap::from([("app".into(), "bench".into())])),
            ..Default::default()
        },
        data: Some(BTreeMap::from([
            ("colour".into(), "blue".into()),
            ("number".into(), number.to_string()),
        ])),
        ..Default::default()
    }
}

fn maps() -> Api<ConfigMap> {
    let sandbox = Sandbox::new(SandboxOptions::default());
    Api::namespaced(Client::new(sandbox.service(), "default"), "default")
}

async fn create_all(maps: &Api<ConfigMap>) {
    futures::stream::iter(0..OBJECTS)
        .map(|number| async move {
            maps.create(&PostParams::default(), &config_map(number))
                .await
        })
        .buffer_unordered(AT_ONCE)
        .try_for_each(|_| async { Ok(()) })
        .await
        .unwrap();
}

/// 10,000 ConfigMaps created: at most 3 s. The memory that they take is printed.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn create_10_000_config_maps(bencher: Bencher) {
    let runtime = Runtime::new().unwrap();
    bencher
        .with_inputs(|| runtime.block_on(async { (maps(), resident_kib()) }))
        .bench_values(|(maps, before)| {
            runtime.block_on(create_all(&maps));
            if let (Some(before), Some(after)) = (before, resident_kib()) {
                eprintln!(
                    "memory of {OBJECTS} ConfigMaps: {} MiB",
                    after.saturating_sub(before) >> 10
                );
            }
            maps
        });
}

/// The same listed: at most 300 ms, decoding by the client included.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn list_10_000_config_maps(bencher: Bencher) {
    let runtime = Runtime::new().unwrap();
    let maps = runtime.block_on(async {
        let maps = maps();
        create_all(&maps).await;
        maps
    });
    bencher.bench_local(|| {
        let list = runtime.block_on(maps.list(&ListParams::default())).unwrap();
        assert_eq!(list.items.len(), OBJECTS);
    });
}

/// One write until the last of 100 watchers has seen it: at most 50 ms.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn write_seen_by_100_watchers(bencher: Bencher) {
    let runtime = Runtime::new().unwrap();
    let maps = runtime.block_on(async { maps() });
    let (seen, mut all_seen) = tokio::sync::mpsc::unbounded_channel();
    runtime.block_on(async {
        let version = maps.list(&ListParams::default()).await.unwrap();
        let version = version.metadata.resource_version.unwrap();
        for _ in 0..WATCHERS {
            let watch = maps.watch(&WatchParams::default(), &version).await.unwrap();
            let seen = seen.clone();
            tokio::spawn(async move {
                futures::pin_mut!(watch);
                while let Some(Ok(event)) = watch.next().await {
                    if matches!(event, WatchEvent::Added(_)) && seen.send(()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    let mut number = 0;
    bencher.bench_local(|| {
        runtime.block_on(async {
            number += 1;
            let began = Instant::now();
            maps.create(&PostParams::default(), &config_map(number))
                .await
                .unwrap();
            for _ in 0..WATCHERS {
                all_seen.recv().await.unwrap();
            }
            assert!(began.elapsed() < Duration::from_secs(5));
        });
    });
}

/// Memory of this process in KiB, where the machine tells it.
fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
