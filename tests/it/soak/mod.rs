//! A soak: commits, seals, aborts, scalings, deletions, killed controllers and a faulty network, in an order that a seed
//! gives, and after every step what is promised of secrets holds (docs/secrets.md).
//!
//! `WAXWING_SOAK_MINUTES` says for how long seeds are tried, from `WAXWING_SEED` on or from one that no run had before;
//! without it one short round is played. A seed that fails is printed and replays. `tests/cluster/soak` does it on a real
//! control plane.

mod promise;
mod stage;
mod step;

use std::{
    env,
    time::{Duration, Instant, SystemTime},
};

use crate::sequence::Chance;
use promise::Promises;
use stage::Stage;
use step::Step;

/// How many steps a round has; a short one for every day.
const STEPS: usize = 25;
const SHORT: usize = 10;
/// The seed of every day.
const SEED: u64 = 1;

async fn round(seed: u64, steps: usize) {
    println!("soak: seed {seed}, {steps} steps");
    let mut chance = Chance::new(seed);
    let mut stage = Stage::new(seed).await;
    let mut promises = Promises::default();
    for number in 0..steps {
        let step = Step::any(&mut chance);
        println!("soak: {number} {step:?}");
        step.take(&mut stage, &mut chance).await;
        stage.pass(1 + chance.below(6)).await;
        promises.check(&stage).await;
    }
    stage.settle().await;
    promises.check(&stage).await;
    promises.check_settled(&stage).await;
}

#[tokio::test]
async fn whatever_happens_the_promises_of_secrets_hold() {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let Some(minutes) = number("WAXWING_SOAK_MINUTES") else {
        return round(number("WAXWING_SEED").unwrap_or(SEED), SHORT).await;
    };
    let fresh = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let mut seed = number("WAXWING_SEED").unwrap_or_else(|| fresh.unwrap().as_secs());
    let end = Instant::now() + Duration::from_secs(minutes * 60);
    let mut rounds = 0;
    while rounds == 0 || Instant::now() < end {
        let played = tokio::spawn(round(seed, STEPS)).await;
        assert!(played.is_ok(), "WAXWING_SEED={seed} replays this");
        seed += 1;
        rounds += 1;
    }
    println!("soak: {rounds} rounds");
}
