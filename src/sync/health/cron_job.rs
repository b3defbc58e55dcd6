//! Health of a CronJob; never suspended on purpose, so that one that is does not hold a sync.

use jiff::Timestamp;
use serde_json::Value;

use super::health::{Health, text};
use crate::object::Object;

pub(super) fn health(object: &Object) -> Option<Health> {
    if object.at(&["spec", "suspend"]) == Some(&Value::Bool(true)) {
        return Some(Health::healthy("CronJob is Suspended"));
    }
    if object.at(&["status"]).is_none() {
        return Some(Health::progressing("Waiting for Cronjob"));
    }
    let active = object.at(&["status", "active"]).and_then(Value::as_array);
    let running = active.map_or(0, Vec::len);
    if running > 0 {
        return Some(Health::healthy(format!(
            "The job is running. There is {running} active job(s)."
        )));
    }
    let at = |field: &str| text(object, &["status", field]).parse::<Timestamp>().ok();
    Some(match (at("lastScheduleTime"), at("lastSuccessfulTime")) {
        (None, _) => Health::healthy("CronJob has not been scheduled yet"),
        (_, None) => Health::healthy("CronJob has not completed successfully yet"),
        (Some(scheduled), Some(done)) if done < scheduled => {
            Health::degraded("CronJob has not completed its last execution successfully")
        }
        _ => Health::healthy("CronJob has completed its last execution successfully"),
    })
}
