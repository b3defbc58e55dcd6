//! Rejection: an aborted update rejects each version that it brought.

use std::collections::BTreeMap;

use super::{
    consume::{Consumer, revision_number, template_in},
    effective::without_versions,
    read::Rejection,
    state::State,
};

/// The most letters of a cause that are kept.
const MAX_CAUSE: usize = 1024;

/// Rejections of all versions as they are to be, and those that are new.
pub(super) struct Rejections {
    /// By number, then by the name of the Rollout.
    pub by_version: BTreeMap<u64, BTreeMap<String, Rejection>>,
    /// Number, Rollout.
    pub new: Vec<(u64, String)>,
}

/// Brings the rejections up to date.
///
/// A rejection goes when the same Rollout tries the version again or has promoted it; of a Rollout that has gone, or
/// has gone on to something else, it stays.
pub(super) fn rejections(state: &State<'_>) -> Rejections {
    let mut by_version = BTreeMap::new();
    let mut new = Vec::new();
    for (number, version) in &state.versions {
        let mut rejections = version.rejections();
        for consumer in &state.consumers {
            let current = state.number_in(consumer, consumer.current());
            let stable = state.number_in(consumer, consumer.stable());
            let name = consumer.name().to_owned();
            if stable == Some(*number) {
                rejections.remove(&name);
            } else if current == Some(*number) {
                if !consumer.is_aborted() {
                    rejections.remove(&name);
                    continue;
                }
                let mut rejection = rejection(state, consumer);
                match rejections.get(&name) {
                    Some(before)
                        if (&before.uid, &before.revision)
                            == (&rejection.uid, &rejection.revision) =>
                    {
                        // The next revision says something else before it begins: what was said stays.
                        if rejection.message.is_empty() {
                            rejection.message.clone_from(&before.message);
                        }
                    }
                    _ => new.push((*number, name.clone())),
                }
                rejections.insert(name, rejection);
            }
        }
        by_version.insert(*number, rejections);
    }
    Rejections { by_version, new }
}

fn rejection(state: &State<'_>, consumer: &Consumer<'_>) -> Rejection {
    let names = [state.snapshot.secret().to_owned()].into();
    let plain = |set: Option<&crate::object::Object>| {
        let template = set.map(template_in).unwrap_or_default();
        let mut template = without_versions(&template, consumer.namespace(), &names);
        if let Some(labels) = template
            .pointer_mut("/metadata/labels")
            .and_then(serde_json::Value::as_object_mut)
        {
            labels.remove(crate::api::rollout::HASH_LABEL);
        }
        template
    };
    let message = consumer
        .condition("Progressing")
        .filter(|(_, reason, _)| *reason == "RolloutAborted")
        .map_or("", |(_, _, message)| message);
    Rejection {
        uid: consumer.rollout.uid().unwrap_or_default().to_owned(),
        revision: consumer
            .current()
            .map(revision_number)
            .unwrap_or_default()
            .to_string(),
        message: message.chars().take(MAX_CAUSE).collect(),
        template_changed: plain(consumer.current()) != plain(consumer.stable()),
    }
}
