//! A gate that only a leader's writes pass: shut before the lease can be another's.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use futures::future::{Either, Ready, ready};
use http::{Method, Request};
use jiff::SignedDuration;
use tower::{BoxError, Layer, Service};

use crate::clock::{Clock, Mark};

/// Lets writes pass for so long after a moment, and not any longer. Cheap to clone; clones are one gate.
///
/// The time is measured when a write is about to leave, so that a process that was stopped and goes on finds the gate
/// shut before it has done anything else.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    clock: Clock,
    open: Mutex<Option<(Mark, SignedDuration)>>,
}

impl Gate {
    /// A gate that is shut.
    pub fn shut(clock: &Clock) -> Self {
        Self(Arc::new(Inner {
            clock: clock.clone(),
            open: Mutex::new(None),
        }))
    }

    /// Opens it until so much time has passed since a moment.
    pub fn open_for(&self, since: Mark, span: SignedDuration) {
        *self.open() = Some((since, span));
    }

    /// Shuts it.
    pub fn close(&self) {
        *self.open() = None;
    }

    /// Whether a write may leave now.
    pub fn is_open(&self) -> bool {
        let open = *self.open();
        open.is_some_and(|(since, span)| self.0.clock.most_since(&since) < span)
    }

    fn open(&self) -> MutexGuard<'_, Option<(Mark, SignedDuration)>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a write was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this controller does not hold the lease")]
pub(super) struct Shut;

/// Whether a request changes nothing.
pub(super) fn is_read(method: &Method) -> bool {
    *method == Method::GET || *method == Method::HEAD
}

/// Looks at the gate that a request carries, below the retries of the client: what waited for its next try is looked
/// at once more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guard;

/// What [`Guard`] makes of a service.
#[derive(Debug)]
pub(super) struct Guarded<S>(S);

impl<S> Layer<S> for Guard {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded(inner)
    }
}

impl<S, B> Service<Request<B>> for Guarded<S>
where
    S: Service<Request<B>>,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Either<
        Ready<Result<S::Response, BoxError>>,
        futures::future::MapErr<S::Future, fn(S::Error) -> BoxError>,
    >;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        use futures::TryFutureExt;
        let gate = request.extensions().get::<Gate>();
        if !is_read(request.method()) && gate.is_some_and(|gate| !gate.is_open()) {
            return Either::Left(ready(Err(Shut.into())));
        }
        let into: fn(S::Error) -> BoxError = Into::into;
        Either::Right(self.0.call(request).map_err(into))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn it_shuts_by_itself() {
        let clock = Clock::stopped(Timestamp::UNIX_EPOCH);
        let gate = Gate::shut(&clock);
        assert!(!gate.is_open());
        gate.open_for(clock.mark(), SignedDuration::from_secs(10));
        clock.advance(SignedDuration::from_millis(9_999));
        assert!(gate.is_open());
        clock.advance(SignedDuration::from_millis(1));
        assert!(!gate.is_open());
        gate.open_for(clock.mark(), SignedDuration::from_secs(10));
        assert!(gate.is_open());
        gate.close();
        assert!(!gate.is_open());
    }

    #[tokio::test]
    async fn a_write_that_carries_a_shut_gate_goes_nowhere() {
        let clock = Clock::stopped(Timestamp::UNIX_EPOCH);
        let gate = Gate::shut(&clock);
        let mut service = Guard.layer(tower::service_fn(async |_: Request<()>| {
            Ok::<_, BoxError>("answered")
        }));
        let mut ask = async |method: Method, gate: Option<Gate>| {
            let mut request = Request::new(());
            *request.method_mut() = method;
            if let Some(gate) = gate {
                request.extensions_mut().insert(gate);
            }
            service
                .call(request)
                .await
                .map_err(|error| error.to_string())
        };
        let refused = Err(Shut.to_string());
        assert_eq!(ask(Method::PATCH, Some(gate.clone())).await, refused);
        assert_eq!(ask(Method::DELETE, Some(gate.clone())).await, refused);
        assert_eq!(ask(Method::GET, Some(gate.clone())).await, Ok("answered"));
        assert_eq!(ask(Method::POST, None).await, Ok("answered"));
        gate.open_for(clock.mark(), SignedDuration::from_secs(1));
        assert_eq!(ask(Method::PATCH, Some(gate)).await, Ok("answered"));
    }
}
