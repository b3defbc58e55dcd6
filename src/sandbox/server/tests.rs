//! A data folder whose disk is full, or breaks.

use std::{
    io,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use axum::{
    body::Body,
    http::{Method, Request},
};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::sandbox::data::Medium;

/// A disk with room for so many bytes.
#[derive(Debug, Default)]
struct Disk {
    bytes: Mutex<Vec<u8>>,
    room: AtomicUsize,
    is_dead: AtomicBool,
}

impl Medium for Disk {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut all = unpoisoned(&self.bytes);
        assert_eq!(all.len() as u64, offset);
        let room = self.room.load(Ordering::Relaxed).saturating_sub(all.len());
        all.extend(bytes.iter().take(room));
        if bytes.len() > room {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    fn cut(&self, length: u64) -> io::Result<()> {
        unpoisoned(&self.bytes).truncate(usize::try_from(length).unwrap());
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        if self.is_dead.load(Ordering::Relaxed) {
            return Err(io::Error::other("dead"));
        }
        Ok(())
    }

    fn tail(&self, _: u64, _: u64) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

fn start() -> (Arc<Disk>, Sandbox) {
    let disk = Arc::new(Disk::default());
    disk.room.store(usize::MAX, Ordering::Relaxed);
    let journal = Journal::start(std::path::Path::new("d"), disk.clone(), 0);
    let options = SandboxOptions::default();
    let sandbox = Sandbox::over(options, Store::default(), Some(journal));
    (disk, sandbox)
}

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

async fn ask(sandbox: &Sandbox, method: Method, path: &str, body: &str) -> (u16, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .body(Body::from(body.to_owned()))
        .unwrap();
    let answer = sandbox.service().oneshot(request).await.unwrap();
    let code = answer.status().as_u16();
    let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await;
    (code, serde_json::from_slice(&bytes.unwrap()).unwrap())
}

fn map(name: &str) -> String {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}).to_string()
}

async fn names(sandbox: &Sandbox) -> Vec<String> {
    let (_, list) = ask(sandbox, Method::GET, MAPS, "").await;
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|item| item["metadata"]["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_write_that_finds_no_room_leaves_nothing_and_the_next_one_is_taken() {
    let (disk, sandbox) = start();
    assert_eq!(ask(&sandbox, Method::POST, MAPS, &map("a")).await.0, 201);
    let before = names(&sandbox).await;
    let version = sandbox.read(Store::version);
    let length = unpoisoned(&disk.bytes).len();
    disk.room.store(length + 40, Ordering::Relaxed);
    let told = sandbox.changes_of(&GroupResource::new("", "configmaps"));
    let path = format!("{MAPS}/a");
    for (method, path, body) in [
        (Method::POST, MAPS, map("b")),
        (Method::DELETE, &path, String::new()),
        (Method::DELETE, MAPS, String::new()),
    ] {
        let (code, status) = ask(&sandbox, method, path, &body).await;
        assert_eq!(code, 500);
        let message = status["message"].as_str().unwrap();
        let text = "the data folder cannot be written, nothing is changed";
        assert!(message.contains(text), "{message}");
        assert_eq!(names(&sandbox).await, before);
        assert_eq!(sandbox.read(Store::version), version);
        assert_eq!(unpoisoned(&disk.bytes).len(), length);
    }
    assert!(!told.has_changed().unwrap());
    let health = sandbox.data_health().unwrap();
    assert!(matches!(&*health.borrow(), DataHealth::Refusing(_)));
    disk.room.store(usize::MAX, Ordering::Relaxed);
    assert_eq!(ask(&sandbox, Method::POST, MAPS, &map("b")).await.0, 201);
    assert!(told.has_changed().unwrap());
    assert_eq!(*health.borrow(), DataHealth::Good);
    assert_eq!(sandbox.read(Store::version), version + 1);
}

#[tokio::test]
async fn a_refused_definition_is_not_served() {
    let (disk, sandbox) = start();
    disk.room.store(0, Ordering::Relaxed);
    let crd = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "foos.example.org"},
        "spec": {"group": "example.org", "scope": "Namespaced",
            "names": {"plural": "foos", "kind": "Foo"},
            "versions": [{"name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object"}}}]}});
    let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let (code, status) = ask(&sandbox, Method::POST, path, &crd.to_string()).await;
    assert_eq!(code, 500, "{status}");
    assert!(
        sandbox
            .registry()
            .find("example.org", "v1", "foos")
            .is_none()
    );
}

#[tokio::test]
async fn a_disk_that_loses_what_it_took_ends_the_service() {
    let (disk, sandbox) = start();
    assert_eq!(ask(&sandbox, Method::GET, MAPS, "").await.0, 200);
    disk.is_dead.store(true, Ordering::Relaxed);
    assert_eq!(ask(&sandbox, Method::POST, MAPS, &map("a")).await.0, 500);
    assert_eq!(ask(&sandbox, Method::GET, MAPS, "").await.0, 500);
    let health = sandbox.data_health().unwrap();
    assert!(matches!(&*health.borrow(), DataHealth::Broken(_)));
}
