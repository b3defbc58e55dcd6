//! Taking the Lease, keeping it, and giving it back.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::SignedDuration;
use serde_json::Value;

use super::decide::{JITTER, Settings, Turn, asked, decide, holder_of, released};
use crate::{
    api::lease,
    clock::{Clock, Mark},
    cluster::{Cluster, ClusterError, Gate},
    object::{Object, ObjectRef},
};

/// One candidate for the Lease.
pub struct Election {
    cluster: Cluster,
    clock: Clock,
    gate: Gate,
    settings: Settings,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The Lease as it was seen or written last, and since when its record has been so.
    seen: Option<(Object, Mark)>,
    /// When the last renewal that succeeded was begun.
    renewed: Option<Mark>,
    /// Who was told to hold it last, so that it is told once.
    told: String,
    tries: u64,
}

/// Why the Lease is not held any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was not renewed in time, or another has it.
    Lost,
    /// Another asks for it; it is still held, to be given back by [`Election::release`].
    Asked,
}

/// How one try ended.
enum Standing {
    Leads,
    Follows { left: SignedDuration },
}

impl Election {
    /// A candidate on a cluster, which does not hold the Lease yet.
    pub fn new(cluster: &Cluster, clock: &Clock, settings: Settings) -> Self {
        Self {
            cluster: cluster.clone(),
            clock: clock.clone(),
            gate: Gate::shut(clock),
            settings,
            state: Mutex::default(),
        }
    }

    /// The gate that is open while this candidate may write.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Waits until the Lease is ours.
    pub async fn acquire(&self) {
        tracing::info!(lease = %self.target(), identity = self.settings.identity, "waits for the lease");
        loop {
            let wait = match self.within_time().await {
                Ok(Standing::Leads) => {
                    tracing::info!(identity = self.settings.identity, "leads");
                    return;
                }
                Ok(Standing::Follows { left }) => left.min(self.retry()),
                Err(error) => {
                    if !error.is_conflict() {
                        tracing::warn!(lease = %self.target(), %error, "the lease cannot be taken, is tried again");
                    }
                    self.retry()
                }
            };
            self.clock.wait(wait).await;
        }
    }

    /// Renews the Lease until it is lost or asked for; writes are stopped before anybody else may hold it.
    pub async fn hold(&self) -> Ended {
        loop {
            let next = self.settings.retry.min(self.left());
            self.clock.wait(next).await;
            // One who was stopped for too long must not even ask: somebody else may be at work.
            if self.left().is_zero() {
                tracing::error!("the lease could not be renewed in time");
                break;
            }
            match self.within_time().await {
                Ok(Standing::Leads) => {
                    if self.is_asked_for() {
                        tracing::info!(lease = %self.target(), "another controller asks for the lease");
                        return Ended::Asked;
                    }
                }
                Ok(Standing::Follows { .. }) => {
                    tracing::error!("another controller has taken the lease");
                    break;
                }
                Err(error) => tracing::warn!(%error, "the lease was not renewed, is tried again"),
            }
        }
        self.step_down();
        Ended::Lost
    }

    /// Asks whoever holds the Lease to give it back.
    ///
    /// # Errors
    /// [`ClusterError`]: the Lease cannot be read or written, or was renewed meanwhile (a conflict).
    pub async fn ask(&self) -> Result<(), ClusterError> {
        let live = self.cluster.get(&self.target()).await?;
        if let Some(asked) = live.and_then(|live| asked(&self.settings, &live)) {
            self.cluster.replace(&asked).await?;
        }
        Ok(())
    }

    /// Who else was seen to hold the Lease last.
    pub fn other_holder(&self) -> Option<String> {
        let state = self.state();
        let (seen, _) = state.seen.as_ref()?;
        let holder = holder_of(seen);
        let is_other = !holder.is_empty() && holder != self.settings.identity;
        is_other.then(|| holder.to_owned())
    }

    fn is_asked_for(&self) -> bool {
        let state = self.state();
        let seen = state.seen.as_ref();
        seen.is_some_and(|(seen, _)| seen.annotation(lease::WANTED_BY).is_some())
    }

    /// Gives the Lease back, so that the next need not wait for its end.
    pub async fn release(&self) {
        let held = self.state().seen.clone().map(|(object, _)| object);
        self.step_down();
        let Some(held) = held.filter(|held| holder_of(held) == self.settings.identity) else {
            return;
        };
        let free = released(&held, self.clock.now());
        match self.cluster.replace(&free).await {
            Ok(_) => tracing::info!("the lease is given back"),
            Err(error) => tracing::warn!(%error, "the lease could not be given back"),
        }
    }

    fn step_down(&self) {
        self.gate.close();
        let mut state = self.state();
        state.renewed = None;
    }

    /// How much longer we hold it without a further renewal; zero where we do not.
    fn left(&self) -> SignedDuration {
        let renewed = self.state().renewed;
        renewed.map_or(SignedDuration::ZERO, |renewed| {
            let passed = self.clock.most_since(&renewed);
            (self.settings.renew - passed).max(SignedDuration::ZERO)
        })
    }

    /// One try, given up when half of the time for renewing is over, so that a server that does not answer leaves time
    /// for another.
    async fn within_time(&self) -> Result<Standing, ClusterError> {
        tokio::select! {
            biased;
            outcome = self.attempt() => outcome,
            () = self.clock.wait(self.settings.renew / 2) => {
                Err(ClusterError::Unreachable("no answer in time".to_owned()))
            }
        }
    }

    async fn attempt(&self) -> Result<Standing, ClusterError> {
        let begun = self.clock.mark();
        // The holder knows what it wrote last; if that is not so any more, the write is refused, and it looks.
        let known = self.known();
        let live = match known {
            Some(known) => Some(known),
            None => self.cluster.get(&self.target()).await?,
        };
        let unchanged = self.note(live.as_ref());
        let turn = decide(&self.settings, live.as_ref(), unchanged, self.clock.now());
        let written = match turn {
            Turn::Make(made) => {
                let made = Object::from_value(made);
                let made = made.map_err(|_| ClusterError::Answer("a lease".to_owned()))?;
                self.cluster.create(&made).await
            }
            Turn::Write(taken) => self.cluster.replace(&taken).await,
            Turn::Wait { holder, left } => {
                self.tell(&holder);
                return Ok(Standing::Follows { left });
            }
        };
        let written = written.inspect_err(|error| {
            if error.is_conflict() || error.is_not_found() {
                self.state().seen = None;
            }
        })?;
        let mut state = self.state();
        state.seen = Some((written, begun));
        state.renewed = Some(begun);
        drop(state);
        self.gate.open_for(begun, self.settings.renew);
        Ok(Standing::Leads)
    }

    /// The Lease as we wrote it, while we hold it.
    fn known(&self) -> Option<Object> {
        let state = self.state();
        let held = state.renewed.and(state.seen.as_ref());
        held.map(|(object, _)| object.clone())
    }

    /// Takes note of the record, and says for how long it has been as it is.
    fn note(&self, live: Option<&Object>) -> SignedDuration {
        let mut state = self.state();
        let Some(live) = live else {
            state.seen = None;
            return SignedDuration::ZERO;
        };
        match &state.seen {
            Some((seen, since)) if spec(seen) == spec(live) => self.clock.least_since(since),
            _ => {
                state.seen = Some((live.clone(), self.clock.mark()));
                SignedDuration::ZERO
            }
        }
    }

    fn tell(&self, holder: &str) {
        let mut state = self.state();
        if state.told != holder {
            tracing::info!(holder, "another controller leads");
            holder.clone_into(&mut state.told);
        }
    }

    /// The retry period, and for each try a little more of its own.
    fn retry(&self) -> SignedDuration {
        let tries = {
            let mut state = self.state();
            state.tries = state.tries.wrapping_add(1);
            state.tries
        };
        let seed = self.settings.identity.bytes().fold(tries, |sum, byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let percent = i32::try_from(seed >> 32 & 0x7fff_ffff).unwrap_or_default() % 100;
        self.settings.retry
            + self
                .settings
                .retry
                .mul_f64(JITTER * f64::from(percent) / 100.0)
    }

    fn target(&self) -> ObjectRef {
        let Settings {
            namespace, name, ..
        } = &self.settings;
        ObjectRef::new(lease::gvk(), Some(namespace), name)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn spec(lease: &Object) -> Option<&Value> {
    lease.at(&["spec"])
}
