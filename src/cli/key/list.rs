//! `waxwing key list`.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    cluster_keys::{ClusterKey, Place, current},
    usage::{self, Usage},
};
use crate::{
    cli::{Exit, Failure, Shell},
    clock::Clock,
    seal::KeyState,
};

/// List the keys, newest first: state, fingerprint, age, last backup, and on request what each opens.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  waxwing key list --usage")]
pub(super) struct Args {
    /// Count the SealedSecrets of the cluster that each key opens; takes a private operation an item.
    #[arg(long)]
    usage: bool,
    /// text or json.
    #[arg(short, long, default_value = "text", value_parser = ["text", "json"])]
    output: String,
    #[command(flatten)]
    place: Place,
}

pub(super) async fn run(args: &Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let cluster = args.place.cluster().await?;
    let keys = args.place.keys(&cluster).await?;
    let now = Clock::wall().now();
    let current = current(&keys, now);
    let usage = match args.usage {
        true => Some(usage::of_cluster(&cluster, &keys).await?),
        false => None,
    };
    if args.output == "json" {
        let all: Vec<Value> = keys
            .iter()
            .map(|key| as_json(key, current.as_deref(), usage.as_ref(), now))
            .collect();
        shell.say(serde_json::to_string_pretty(&Value::from(all)).unwrap_or_default())?;
        return Ok(Exit::Yes);
    }
    let mut rows = vec![header(usage.is_some())];
    for key in &keys {
        let mut row = vec![
            key.record.name.clone(),
            state(key, current.as_deref(), now),
            key.fingerprint(),
            age(Some(key.record.ordered_at), now),
            age(key.record.backed_up_at, now),
        ];
        if let Some(usage) = &usage {
            let of = usage.of(&key.fingerprint());
            row.push(of.secrets.to_string());
            row.push(of.items.to_string());
        }
        rows.push(row);
    }
    shell.say(table(&rows))?;
    if keys.is_empty() {
        shell.note("there is no sealing key: the controller makes one when it starts");
    } else if current.is_none() {
        shell.note("warning: no key may be sealed for; `waxwing key new` makes one");
    }
    if let Some(usage) = usage.filter(|usage| usage.unopened > 0) {
        shell.note(format_args!(
            "warning: {} items of the cluster open with none of these keys",
            usage.unopened
        ));
    }
    Ok(Exit::Yes)
}

fn header(usage: bool) -> Vec<String> {
    let mut header = vec!["NAME", "STATE", "FINGERPRINT", "AGE", "BACKUP"];
    if usage {
        header.extend(["SECRETS", "ITEMS"]);
    }
    header.into_iter().map(str::to_owned).collect()
}

/// The state in a word; the key that is sealed for says so, whatever its label.
pub(super) fn state(key: &ClusterKey, current: Option<&str>, now: Timestamp) -> String {
    if key.key.is_err() {
        return "unusable".to_owned();
    }
    if current == Some(key.record.name.as_str()) {
        return KeyState::Current.to_string();
    }
    match key.record.state_at(now) {
        // Not the newest, and nobody has said more of it: as with the original it only opens.
        None | Some(KeyState::Current) => KeyState::Retired.to_string(),
        Some(state) => state.to_string(),
    }
}

/// A time span as kubectl shows ages.
pub(super) fn age(at: Option<Timestamp>, now: Timestamp) -> String {
    let Some(at) = at else {
        return "never".to_owned();
    };
    let seconds = now.as_second() - at.as_second();
    match seconds {
        ..0 => "not yet".to_owned(),
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

fn as_json(
    key: &ClusterKey,
    current: Option<&str>,
    usage: Option<&Usage>,
    now: Timestamp,
) -> Value {
    let facts = key.key.as_ref().ok();
    let mut told = json!({
        "name": key.record.name,
        "state": state(key, current, now),
        "opens": key.record.opens() && facts.is_some(),
        "fingerprint": facts.map(|key| key.fingerprint().to_string()),
        "bits": facts.map(crate::seal::SealingKey::bits),
        "since": key.record.ordered_at.to_string(),
        "currentFrom": key.record.current_from.map(|at| at.to_string()),
        "backedUpAt": key.record.backed_up_at.map(|at| at.to_string()),
        "fault": key.key.as_ref().err(),
    });
    if let (Some(usage), Some(map)) = (usage, told.as_object_mut()) {
        let of = usage.of(&key.fingerprint());
        map.insert("secrets".to_owned(), of.secrets.into());
        map.insert("items".to_owned(), of.items.into());
    }
    told
}

/// Rows as kubectl shows them.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    crate::cli::table::table(rows, 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_shown_as_kubectl_shows_them() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let ago = |seconds: i64| age(Timestamp::from_second(1_000_000 - seconds).ok(), now);
        assert_eq!(ago(-5), "not yet");
        assert_eq!(ago(90), "90s");
        assert_eq!(ago(600), "10m");
        assert_eq!(ago(10_000), "2h");
        assert_eq!(ago(800_000), "9d");
        assert_eq!(age(None, now), "never");
    }
}
