//! How many managers an object may have (`managedfields/internal/capmanagers.go`).

use super::entry::{ManagerId, Managers, Operation};

/// The most entries of updates; the oldest are joined beyond.
pub const MAX_UPDATE_MANAGERS: usize = 10;
/// The manager that joined entries go to.
const OLD_UPDATES: &str = "ancient-changes";

/// Joins the oldest entries of updates, by version, until there are few enough (`capmanagers.go`).
pub(super) fn cap(mut managers: Managers) -> Managers {
    let mut updates: Vec<(Option<String>, ManagerId)> = managers
        .0
        .iter()
        .filter(|(id, _)| id.operation == Operation::Update)
        .map(|(id, owned)| (owned.time.clone(), id.clone()))
        .collect();
    let mut count = updates.len();
    if count <= MAX_UPDATE_MANAGERS {
        return managers;
    }
    updates.sort();
    let mut first_of: Vec<(String, ManagerId)> = Vec::new();
    for (time, id) in updates {
        if count <= MAX_UPDATE_MANAGERS {
            break;
        }
        let version = id.api_version.clone();
        let Some((_, first)) = first_of.iter().find(|(seen, _)| *seen == version) else {
            first_of.push((version, id));
            continue;
        };
        let bucket = ManagerId::new(OLD_UPDATES, Operation::Update, &version, "");
        if !managers.0.contains_key(&bucket)
            && let Some(owned) = managers.0.remove(first)
        {
            managers.0.insert(bucket.clone(), owned);
        }
        if let Some(owned) = managers.0.remove(&id)
            && let Some(joined) = managers.0.get_mut(&bucket)
        {
            joined.fields = std::mem::take(&mut joined.fields).union(owned.fields);
            joined.time = time;
            count -= 1;
        }
    }
    managers
}
