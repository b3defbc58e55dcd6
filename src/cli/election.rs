//! Flags of the election of the one controller that works: those of Argo Rollouts and of client-go.

use clap::ArgAction;
use jiff::SignedDuration;

use super::{Env, Failure, go_value};
use crate::controller::{
    Part,
    lease::{MAX_SHARDS, Settings},
};

/// The name of the Lease, unless another is chosen.
const NAME: &str = "waxwing-controller";

/// How it is decided which of several controllers works.
#[derive(Debug, clap::Args)]
pub struct ElectionArgs {
    /// Work only while holding a Lease, so that several controllers can stand by; without the flag, unless only
    /// SealedSecrets are worked at.
    #[arg(long, value_name = "BOOL", default_missing_value = "true", num_args = 0..=1, require_equals = true, action = ArgAction::Set, value_parser = go_value::boolean)]
    leader_elect: Option<bool>,
    /// How long others let a Lease be that is not renewed.
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = go_value::positive_duration)]
    leader_election_lease_duration: SignedDuration,
    /// How long after the last renewal the leader goes on.
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = go_value::positive_duration)]
    leader_election_renew_deadline: SignedDuration,
    /// How long between two tries to take or renew the Lease.
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = go_value::positive_duration)]
    leader_election_retry_period: SignedDuration,
    /// Namespace of the Lease; without it that of this controller.
    #[arg(long, value_name = "NAME")]
    leader_election_namespace: Option<String>,
    /// Name of the Lease.
    #[arg(long, value_name = "NAME", default_value = NAME)]
    leader_election_id: String,
    /// Share the SealedSecrets in so many parts among all replicas, each part a Lease, instead of one that leads; only
    /// where nothing but SealedSecrets is worked at.
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=i64::from(MAX_SHARDS)))]
    pub shards: u16,
}

impl ElectionArgs {
    /// From what was typed to what was meant; none without an election. The namespace may be left open.
    ///
    /// # Errors
    /// [`Failure`] says which times do not go together.
    pub fn resolve(self, env: &Env, parts: &[Part]) -> Result<Option<Settings>, Failure> {
        let only_seals = parts.iter().all(|part| *part == Part::SealedSecrets);
        if self.shards > 1 && !only_seals {
            return Err(Failure::new("--shards cannot be followed")
                .because("only the work at SealedSecrets can be shared")
                .hint("run them apart with --controllers sealed-secrets"));
        }
        if self.shards == 1 && !self.leader_elect.unwrap_or(!only_seals) {
            return Ok(None);
        }
        let settings = Settings {
            namespace: self.leader_election_namespace.unwrap_or_default(),
            name: self.leader_election_id,
            identity: format!("{}_{}", env.get("HOSTNAME").unwrap_or("waxwing"), random()),
            lease: self.leader_election_lease_duration,
            renew: self.leader_election_renew_deadline,
            retry: self.leader_election_retry_period,
        };
        settings.check().map_err(|error| {
            Failure::new("the times of the leader election do not go together").because(error)
        })?;
        Ok(Some(settings))
    }
}

/// Random digits that no other process has.
fn random() -> String {
    let mut bytes = [0_u8; 16];
    // Without chance there are no keys either, and the process would not have come so far.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: ElectionArgs,
    }

    fn resolve(words: &[&str], parts: &[Part]) -> Result<Option<Settings>, Failure> {
        let line = Line::try_parse_from(["controller"].iter().chain(words)).unwrap();
        line.args.resolve(&Env::default(), parts)
    }

    #[test]
    fn it_is_held_unless_only_secrets_are_opened() {
        let seconds = SignedDuration::from_secs;
        let settings = resolve(&[], Part::ALL).unwrap().unwrap();
        assert_eq!(settings.name, "waxwing-controller");
        assert_eq!(settings.namespace, "");
        let times = (settings.lease, settings.renew, settings.retry);
        assert_eq!(times, (seconds(15), seconds(10), seconds(2)));
        let again = resolve(&[], Part::ALL).unwrap().unwrap();
        assert_ne!(settings.identity, again.identity);
        assert_eq!(resolve(&[], &[Part::SealedSecrets]).unwrap(), None);
        assert_eq!(resolve(&["--leader-elect=false"], Part::ALL).unwrap(), None);
        let asked = resolve(&["--leader-elect"], &[Part::SealedSecrets]);
        assert!(asked.unwrap().is_some());
    }

    #[test]
    fn only_the_work_at_secrets_is_shared() {
        let shared = resolve(&["--shards=8"], &[Part::SealedSecrets]);
        assert!(shared.unwrap().is_some());
        let failure = resolve(&["--shards=8"], Part::ALL).unwrap_err();
        assert!(failure.to_string().contains("--shards"));
        for wrong in ["--shards=0", "--shards=17"] {
            assert!(Line::try_parse_from(["controller", wrong]).is_err());
        }
    }

    #[test]
    fn times_that_do_not_go_together_are_refused() {
        let failure = resolve(&["--leader-election-lease-duration=5s"], Part::ALL);
        assert!(failure.unwrap_err().to_string().contains("leader election"));
    }
}
