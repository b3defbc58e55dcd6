//! Health of an APIService.

use super::health::{Health, condition, word};
use crate::object::Object;

pub(super) fn health(object: &Object) -> Option<Health> {
    let Some(available) = condition(object, "Available") else {
        return Some(Health::progressing("Waiting to be processed"));
    };
    let message = format!(
        "{}: {}",
        word(available, "reason"),
        word(available, "message")
    );
    Some(if word(available, "status") == "True" {
        Health::healthy(message)
    } else {
        Health::progressing(message)
    })
}
