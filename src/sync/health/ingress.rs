//! Health of an Ingress.

use super::{health::Health, service::has_ingress};
use crate::object::Object;

pub(super) fn health(object: &Object) -> Option<Health> {
    Some(if has_ingress(object) {
        Health::healthy("")
    } else {
        Health::progressing("")
    })
}
