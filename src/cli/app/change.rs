//! What a sync would change, object by object, with the values of Secrets out of sight.

use serde_json::{Map, Value, json};

use super::lines;
use crate::{
    object::{Object, yaml},
    sync::{Key, compare::Compared, compare::SyncStatus, diff},
};

/// What would become of one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// It would be made.
    Added,
    /// It would be changed.
    Changed,
    /// Git lacks it.
    Removed,
}

impl What {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
        }
    }
}

/// One object that is not as Git wants it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Change {
    pub key: Key,
    pub what: What,
    pub live: Option<Value>,
    pub target: Option<Value>,
}

/// What differs; hooks do not count.
pub(super) fn changes(resources: &[Compared]) -> Vec<Change> {
    resources
        .iter()
        .filter(|one| !one.is_hook && one.status == Some(SyncStatus::OutOfSync))
        .map(|one| {
            let (mut live, mut target) = match &one.difference {
                Some(difference) => (
                    Some(difference.live.clone()),
                    Some(difference.predicted.clone()),
                ),
                None => (
                    one.live.as_ref().map(diff::shown),
                    one.target.as_ref().map(diff::shown),
                ),
            };
            let what = match (&live, &target) {
                (None, _) => What::Added,
                (_, None) => What::Removed,
                _ => What::Changed,
            };
            if one.key.group.is_empty() && one.key.kind == "Secret" {
                mask(&mut live, &mut target);
            }
            Change {
                key: one.key.clone(),
                what,
                live,
                target,
            }
        })
        .collect()
}

/// Puts runs of `+` in the place of values: of one length where they are equal, of two where they differ.
fn mask(live: &mut Option<Value>, target: &mut Option<Value>) {
    const SAME: &str = "++++++++";
    const OTHER: &str = "++++++++++++";
    let items = |value: &Option<Value>, field: &str| -> Map<String, Value> {
        let map = value
            .as_ref()
            .and_then(|value| value.get(field)?.as_object());
        map.cloned().unwrap_or_default()
    };
    for field in ["data", "stringData"] {
        let before = items(live, field);
        for (side, is_target) in [(&mut *live, false), (&mut *target, true)] {
            let map = side
                .as_mut()
                .and_then(|value| value.get_mut(field)?.as_object_mut());
            for (name, value) in map.into_iter().flatten() {
                let is_other = is_target && before.get(name).is_some_and(|old| old != value);
                *value = if is_other { OTHER } else { SAME }.into();
            }
        }
        // What is no map is not shown at all.
        for side in [&mut *live, &mut *target] {
            if let Some(value) = side.as_mut().and_then(|value| value.get_mut(field))
                && !value.is_object()
            {
                *value = SAME.into();
            }
        }
    }
}

impl Change {
    fn texts(&self) -> (String, String) {
        let text = |value: &Option<Value>| value.as_ref().map_or_else(String::new, yaml::write);
        (text(&self.live), text(&self.target))
    }

    /// `===== group/kind ns/name ======` and what `diff` says.
    pub(super) fn block(&self) -> String {
        let Key {
            group,
            kind,
            namespace,
            name,
        } = &self.key;
        let (live, target) = self.texts();
        format!(
            "\n===== {group}/{kind} {namespace}/{name} ======\n{}",
            lines::normal(&live, &target).trim_end()
        )
    }

    /// As a program reads it.
    pub(super) fn value(&self) -> Value {
        json!({
            "group": self.key.group, "kind": self.key.kind,
            "namespace": self.key.namespace, "name": self.key.name,
            "change": self.what.text(), "live": self.live, "target": self.target,
        })
    }

    /// For a pull request.
    fn markdown(&self) -> String {
        let (live, target) = self.texts();
        let mark = match self.what {
            What::Added => '+',
            What::Changed => '~',
            What::Removed => '-',
        };
        let Key {
            group,
            kind,
            namespace,
            name,
        } = &self.key;
        let kind = if group.is_empty() {
            kind.clone()
        } else {
            format!("{group}/{kind}")
        };
        let sealed = self
            .sealed()
            .map_or_else(String::new, |told| format!("{told}\n\n"));
        let text = lines::unified(&live, &target);
        // A fence that the text itself cannot close.
        let mut fence = "```".to_owned();
        while text.contains(&fence) {
            fence.push('`');
        }
        format!(
            "<details><summary>{mark} {kind} <code>{}</code></summary>\n\n{sealed}{fence}diff\n{text}{fence}\n\n</details>\n",
            escaped(&format!("{namespace}/{name}"))
        )
    }

    /// Which items of a SealedSecret are other ciphertexts: their values stay in the dark, and may be the same.
    fn sealed(&self) -> Option<String> {
        if self.key.kind != "SealedSecret" || self.what != What::Changed {
            return None;
        }
        let items = |value: &Option<Value>| {
            let map = value.as_ref()?.pointer("/spec/encryptedData")?;
            map.as_object().cloned()
        };
        let (live, target) = (items(&self.live)?, items(&self.target)?);
        let names = |all: Vec<&String>| {
            let names: Vec<String> = all.iter().map(|name| format!("`{name}`")).collect();
            names.join(", ")
        };
        let changed = live
            .iter()
            .filter(|(name, old)| target.get(*name).is_some_and(|new| new != *old));
        let added = target.keys().filter(|name| !live.contains_key(*name));
        let removed = live.keys().filter(|name| !target.contains_key(*name));
        let mut told = Vec::new();
        for (word, found) in [
            (
                "re-encrypted or changed",
                changed.map(|(name, _)| name).collect::<Vec<_>>(),
            ),
            ("added", added.collect()),
            ("removed", removed.collect()),
        ] {
            if !found.is_empty() {
                told.push(format!("{word}: {}", names(found)));
            }
        }
        (!told.is_empty()).then(|| format!("Sealed items {}.", told.join("; ")))
    }
}

/// What a pull request will do, for its discussion.
pub(super) fn markdown(
    app: &Object,
    revision: &str,
    changes: &[Change],
    unchanged: usize,
    prunes: bool,
) -> String {
    let count = |what: What| changes.iter().filter(|one| one.what == what).count();
    let name = format!("{}/{}", app.namespace().unwrap_or_default(), app.name());
    let short = revision.get(..7).unwrap_or(revision);
    let mut out = format!("### `{name}` at `{short}`\n\n");
    if changes.is_empty() {
        out.push_str(&format!(
            "Nothing changes; {unchanged} objects stay as they are.\n"
        ));
        return out;
    }
    out.push_str(&format!(
        "**{}** to change, **{}** to add, **{}** to remove, {unchanged} unchanged.\n",
        count(What::Changed),
        count(What::Added),
        count(What::Removed)
    ));
    if count(What::Removed) > 0 {
        out.push_str(if prunes {
            "\n> What is removed is deleted by the sync (automated prune).\n"
        } else {
            "\n> What is removed stays until somebody syncs with prune.\n"
        });
    }
    for change in changes {
        out.push('\n');
        out.push_str(&change.markdown());
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(value: &str) -> Option<Value> {
        Some(json!({"data": {"same": "cGxhbnRlZA==", "k": value}}))
    }

    #[test]
    fn values_of_secrets_are_masked_and_still_seen_to_differ() {
        let (mut live, mut target) = (secret("cGxhbnRlZDE="), secret("cGxhbnRlZDI="));
        mask(&mut live, &mut target);
        assert_ne!(live, target);
        let text = format!("{live:?}{target:?}");
        assert!(!text.contains("cGxh"), "{text}");
        let item = |value: &Option<Value>| value.as_ref().unwrap()["data"]["same"].clone();
        assert_eq!(item(&live), item(&target));
        let mut odd = Some(json!({"data": "cGxhbnRlZA=="}));
        mask(&mut odd, &mut None);
        assert!(!format!("{odd:?}").contains("cGxh"));
    }

    #[test]
    fn a_pull_request_reads_what_it_does() {
        let key = |kind: &str, group: &str| Key {
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace: "web".to_owned(),
            name: "a".to_owned(),
        };
        let sealed = |text: &str| Some(json!({"spec": {"encryptedData": {"k": text}}}));
        let all = [
            Change {
                key: key("SealedSecret", "bitnami.com"),
                what: What::Changed,
                live: sealed("A"),
                target: sealed("B"),
            },
            Change {
                key: key("ConfigMap", ""),
                what: What::Removed,
                live: Some(json!({"data": {"k": "```"}})),
                target: None,
            },
        ];
        let app = json!({"apiVersion": "v1", "kind": "A", "metadata": {"name": "shop", "namespace": "argocd"}});
        let app = Object::from_value(app).unwrap();
        let text = markdown(&app, "abcdef0123", &all, 3, true);
        for part in [
            "### `argocd/shop` at `abcdef0`",
            "**1** to change, **0** to add, **1** to remove, 3 unchanged.",
            "is deleted by the sync",
            "Sealed items re-encrypted or changed: `k`.",
            "~ bitnami.com/SealedSecret <code>web/a</code>",
            "- ConfigMap <code>web/a</code>",
            "````diff",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }
}
