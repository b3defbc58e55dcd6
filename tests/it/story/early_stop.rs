//! The controller is told to stop while the API server still owes it its first list: it stops all the same.

use std::{convert::Infallible, time::Duration};

use axum::{body::Body, http::Request, response::Response};
use kube::Client;
use tokio::sync::{Notify, watch};
use tower::{ServiceExt, service_fn};
use waxwing::{cluster::Cluster, controller};

use super::world::{World, settings};

/// Longer than stopping takes; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_controller_stops_before_it_has_seen_everything() {
    let world = World::new().await;
    let asked = std::sync::Arc::new(Notify::new());
    let (service, heard) = (world.sandbox.controllers(), asked.clone());
    let silent = service_fn(move |request: Request<Body>| {
        let (service, heard) = (service.clone(), heard.clone());
        async move {
            if request.uri().path().ends_with("/sealedsecrets") {
                heard.notify_one();
                std::future::pending::<()>().await;
            }
            let answer: Result<Response, Infallible> = service.oneshot(request).await;
            answer
        }
    });
    let kube_service = tower::ServiceBuilder::new()
        .map_request(|request: Request<kube::client::Body>| request.map(Body::new))
        .service(silent);
    let cluster = Cluster::new(Client::new(kube_service, "default"));
    let settings = settings();
    let handle = settings.handle(&world.clock);
    let (stop, stopped) = watch::channel(false);
    let clock = world.clock.clone();
    let running =
        tokio::spawn(
            async move { controller::run(&cluster, &clock, settings, handle, stopped).await },
        );
    asked.notified().await;
    stop.send(true).unwrap();
    let ended = tokio::time::timeout(PATIENCE, running).await;
    ended.expect("it stops").unwrap().unwrap();
}
