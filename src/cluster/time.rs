//! The time that an API server goes by: ages are told by it, for it dates the objects.

use http::{Request, header};
use jiff::{SignedDuration, Timestamp, fmt::rfc2822::DateTimeParser};

use super::client::Cluster;
use crate::clock::Clock;

/// Clocks that differ by less are taken for the same: the server tells whole seconds.
const CLOSE: SignedDuration = SignedDuration::from_secs(5);

impl Cluster {
    /// How far the clock of the API server is ahead of a clock of ours; zero where it does not say, or hardly is.
    pub async fn ahead_of(&self, clock: &Clock) -> SignedDuration {
        let Ok(request) = Request::get("/version").body(Vec::new().into()) else {
            return SignedDuration::ZERO;
        };
        let Ok(answer) = self.client.send(request).await else {
            return SignedDuration::ZERO;
        };
        let date = answer.headers().get(header::DATE);
        let date = date.and_then(|date| parsed(date.to_str().ok()?));
        let ahead = date.map(|date| date.duration_since(clock.now()));
        ahead
            .filter(|ahead| ahead.abs() > CLOSE)
            .unwrap_or_default()
    }
}

fn parsed(date: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(date).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_http_are_read() {
        let at = parsed("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(at.to_string(), "1994-11-06T08:49:37Z");
        assert_eq!(parsed("today"), None);
    }
}
