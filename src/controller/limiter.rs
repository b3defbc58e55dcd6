//! How often one peer may ask: the generic cell rate algorithm, as the original has it.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

/// How many peers are remembered at most; those whose limit is full again are forgotten first.
const MAX_PEERS: usize = 65_536;

/// What one peer is: an address; of IPv6 the network, for the rest is the peer's to choose.
pub fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// Limits requests by peer and path. Cheap to clone; clones share the same limits.
#[derive(Clone)]
pub struct Limiter(Arc<Inner>);

struct Inner {
    /// Time that one request costs; none where there is no limit.
    cost: Option<SignedDuration>,
    burst: u32,
    peers: Mutex<Peers>,
}

/// For each peer and path, the instant from which it would be as if it had never asked.
#[derive(Default)]
struct Peers {
    full_at: BTreeMap<Peer, Timestamp>,
    /// The same by instant, so that room is made without looking at all.
    by_time: BTreeSet<(Timestamp, Peer)>,
}

type Peer = (String, &'static str);

impl Peers {
    fn put(&mut self, peer: Peer, full_at: Timestamp) {
        if let Some(before) = self.full_at.insert(peer.clone(), full_at) {
            self.by_time.remove(&(before, peer.clone()));
        }
        self.by_time.insert((full_at, peer));
        if self.full_at.len() > MAX_PEERS
            && let Some((_, first)) = self.by_time.pop_first()
        {
            self.full_at.remove(&first);
        }
    }
}

/// The answer to one request, for its headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the request may go on.
    pub allowed: bool,
    /// How many requests are possible at once.
    pub limit: u32,
    /// How many are possible now.
    pub remaining: u32,
    /// Until the limit is full again.
    pub reset: SignedDuration,
    /// Until the next request is allowed, where this one is not.
    pub retry: Option<SignedDuration>,
}

impl Limiter {
    /// So many requests a second, and so many more than one at once; a rate of 0 is no limit.
    pub fn new(rate: u32, burst: u32) -> Self {
        let cost = 1_000_000_000_i64
            .checked_div(i64::from(rate))
            .map(SignedDuration::from_nanos);
        Self(Arc::new(Inner {
            cost,
            burst,
            peers: Mutex::default(),
        }))
    }

    /// Asks for one request of a peer.
    pub fn ask(&self, peer: &str, path: &'static str, now: Timestamp) -> Verdict {
        let limit = self.0.burst.saturating_add(1);
        let Some(cost) = self.0.cost else {
            return Verdict {
                allowed: true,
                limit,
                remaining: limit,
                reset: SignedDuration::ZERO,
                retry: None,
            };
        };
        let mut peers = self.0.peers.lock().unwrap_or_else(PoisonError::into_inner);
        let tolerance = cost.saturating_mul(i32::try_from(limit).unwrap_or(i32::MAX));
        let key = (peer.to_owned(), path);
        let full_at = peers.full_at.get(&key).map_or(now, |at| (*at).max(now));
        let next = full_at.checked_add(cost).unwrap_or(Timestamp::MAX);
        let ahead = next.duration_since(now);
        let allowed = ahead <= tolerance;
        let reset = if allowed {
            peers.put(key, next);
            ahead
        } else {
            full_at.duration_since(now)
        };
        let left = tolerance.as_nanos() - reset.as_nanos();
        Verdict {
            allowed,
            limit,
            remaining: u32::try_from(left / cost.as_nanos().max(1)).unwrap_or(0),
            reset,
            retry: (!allowed).then(|| ahead - tolerance),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_at_once_then_two_a_second() {
        let limiter = Limiter::new(2, 2);
        let start = Timestamp::UNIX_EPOCH;
        let ask = |peer: &str, millis| {
            limiter.ask(
                peer,
                "/v1/verify",
                start + SignedDuration::from_millis(millis),
            )
        };
        let remaining: Vec<_> = (0..3).map(|_| ask("a", 0)).map(|v| v.remaining).collect();
        assert_eq!(remaining, [2, 1, 0]);
        let refused = ask("a", 100);
        assert!(!refused.allowed);
        assert_eq!(refused.retry, Some(SignedDuration::from_millis(400)));
        assert_eq!((refused.limit, refused.remaining), (3, 0));
        assert!(ask("b", 100).allowed);
        assert!(ask("a", 500).allowed);
        assert!(!ask("a", 500).allowed);
        let fresh = ask("a", 60_000);
        assert_eq!(fresh.reset, SignedDuration::from_millis(500));
        assert_eq!(fresh.remaining, 2);
    }

    #[test]
    fn another_path_has_its_own_limit_and_a_rate_of_zero_has_none() {
        let limiter = Limiter::new(1, 0);
        assert!(
            limiter
                .ask("a", "/v1/verify", Timestamp::UNIX_EPOCH)
                .allowed
        );
        assert!(
            limiter
                .ask("a", "/v1/rotate", Timestamp::UNIX_EPOCH)
                .allowed
        );
        let limiter = Limiter::new(0, 0);
        let open = |_| {
            limiter
                .ask("a", "/v1/verify", Timestamp::UNIX_EPOCH)
                .allowed
        };
        assert!((0..100).all(open));
    }

    #[test]
    fn the_number_of_remembered_peers_is_bounded() {
        let limiter = Limiter::new(1, 0);
        let at = |second| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second);
        assert!(limiter.ask("last", "/v1/verify", at(1)).allowed);
        for peer in 0..MAX_PEERS + 9 {
            limiter.ask(&peer.to_string(), "/v1/verify", at(0));
        }
        {
            let peers = limiter.0.peers.lock().unwrap();
            assert_eq!(peers.full_at.len(), MAX_PEERS);
            assert_eq!(peers.by_time.len(), MAX_PEERS);
        }
        // Who is limited for longest is forgotten last.
        assert!(!limiter.ask("last", "/v1/verify", at(1)).allowed);
    }
}
