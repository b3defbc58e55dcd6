//! Versions of a secret: which one is asked for, which is promoted, who has rejected which, and which may go.
//!
//! A SealedSecret that is opted in is delivered as numbered, immutable Secrets; Rollouts take a new one by an ordinary
//! update, and the plain Secret takes it when all of them are on it. Everything here is decided from what was read.

mod adopt;
mod choose;
mod collect;
mod condition;
mod consume;
mod content;
mod decide;
mod desired;
mod effective;
mod input;
mod leave;
mod name;
mod note;
mod number;
mod pin;
mod promote;
mod read;
mod reject;
mod snapshot;
mod state;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod testing_world;
#[cfg(test)]
mod tests;
mod write;

pub use choose::{Choice, Delivered, choose, judged};
pub use condition::{Condition, removed, said};
pub use consume::{Consumer, consumers, has_pods, revision_number, template_in, template_of};
pub use content::Content;
pub use decide::{Decision, decide, needs, plain_metadata};
pub use effective::{Held, effective, held, held_for, put_back, secrets};
pub use input::{is_opted_in, sealed_from};
pub use leave::{leave, leave_needs};
pub use name::{label_value, number_in, number_of, secret_of, stem, version_name};
pub use note::{noted as noted_input, notes};
pub use pin::{Pin, noted as noted_pins, pins, written as pins_written};
pub use read::{Rejection, Version, versions};
pub use snapshot::{Metadata, Needs, Opened, Snapshot};
