//! Random sequences of writes, patches and applies, sent to the embedded server and to a real one, which must
//! answer alike but for ids and times.
//!
//! Nothing is done unless `WAXWING_REAL_KUBECONFIG` names the kubeconfig of a real control plane, best one
//! without controllers. `WAXWING_SEQUENCES` says how many sequences (500): four of five have the seeds from 1 on, the
//! rest seeds that no run had before, which are printed. `WAXWING_SEED` runs those from one seed on instead.

mod answer;
pub mod chance;
mod make;
mod stage;
mod step;

use std::{env, time::SystemTime};

pub use chance::Chance;
use stage::Stage;
use step::Step;

/// The most steps of one sequence.
const STEPS: u64 = 10;
/// The most runs that shrink a failing sequence.
const SHRINKS: usize = 80;
/// After so many failing sequences no more are sought.
const ENOUGH: usize = 12;

fn number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().unwrap())
}

/// The seeds of this run.
fn seeds() -> Vec<u64> {
    let count = number("WAXWING_SEQUENCES").unwrap_or(500);
    if let Some(first) = number("WAXWING_SEED") {
        return (first..first + count).collect();
    }
    let fresh = count / 5;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    // Seconds, in steps that keep the runs of two seconds apart.
    let first = now.unwrap().as_secs() * 1000;
    println!("fresh seeds {first} to {}", first + fresh);
    (1..=count - fresh).chain(first..first + fresh).collect()
}

#[tokio::test]
async fn both_servers_answer_alike() {
    let Ok(path) = env::var("WAXWING_REAL_KUBECONFIG") else {
        return;
    };
    let stage = Stage::new(&path).await;
    let mut failures = Vec::new();
    for seed in seeds() {
        let mut chance = Chance::new(seed);
        let kind = chance.below(make::KINDS.len() as u64);
        let kind = &make::KINDS[usize::try_from(kind).unwrap()];
        let steps: Vec<Step> = (0..2 + chance.below(STEPS - 1))
            .map(|number| step::next(kind, &mut chance, number == 0))
            .collect();
        let Some((place, _)) = stage.differs(kind, &steps).await else {
            continue;
        };
        let (steps, why) = shrunk(&stage, kind, steps[..=place].to_vec()).await;
        let shown: Vec<String> = steps.iter().map(ToString::to_string).collect();
        failures.push(format!(
            "seed {seed}, {}:\n{}\n{why}",
            kind.plural,
            shown.join("\n")
        ));
        if failures.len() == ENOUGH {
            break;
        }
    }
    stage.end().await;
    assert!(
        failures.is_empty(),
        "{} sequences differ:\n\n{}",
        failures.len(),
        failures.join("\n\n")
    );
}

/// The steps without those that do not matter, and what differs.
async fn shrunk(stage: &Stage, kind: &make::Kind, mut steps: Vec<Step>) -> (Vec<Step>, String) {
    let mut why = String::from("(not seen again)");
    let mut runs = 0;
    let mut place = steps.len();
    while place > 0 && runs < SHRINKS {
        place -= 1;
        let mut fewer = steps.clone();
        fewer.remove(place);
        runs += 1;
        if let Some((last, found)) = stage.differs(kind, &fewer).await {
            fewer.truncate(last + 1);
            steps = fewer;
            why = found;
            place = place.min(steps.len());
        }
    }
    if let Some((_, found)) = stage.differs(kind, &steps).await {
        why = found;
    }
    (steps, why)
}
