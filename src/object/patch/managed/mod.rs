//! Who manages which field: server-side apply and `metadata.managedFields`, pure
//! (`sigs.k8s.io/structured-merge-diff/v6`, `k8s.io/apimachinery/pkg/util/managedfields`).
//!
//! | file | what |
//! |---|---|
//! | `element`, `set`, `fields_v1` | paths, sets of paths, their text in `fieldsV1` |
//! | `form` | how a value of a schema is merged: as map, list or scalar |
//! | `extract`, `compare`, `merge`, `remove`, `check` | the walks over values |
//! | `entry`, `updater` | the managers of an object, and what a write does to them |
//! | `manage` | update and apply as the server has them, around the updater |
//! | `cap`, `times`, `last_applied` | how many managers, when an entry is new, the annotation of client-side apply |
//! | `conflict`, `name`, `scale` | texts of conflicts, names of managers, the scale subresource |

mod cap;
mod check;
mod compare;
mod conflict;
mod element;
mod entry;
mod extract;
mod fields_v1;
mod form;
mod last_applied;
mod manage;
mod merge;
mod name;
mod number;
mod remove;
mod scale;
mod set;
mod times;
mod updater;

pub use conflict::{Conflict, conflict_message};
pub use element::PathElement;
pub use entry::{ManagerId, Managers, Operation, Ownership};
pub use fields_v1::{from_fields_v1, to_fields_v1};
pub use manage::{ApplyError, Author, Subject, apply, update};
pub use name::{MAX_MANAGER_NAME, default_manager, unprintable};
pub use scale::{parent_to_scale, scale_to_parent};
pub use set::FieldSet;
pub use times::without_new_times;
