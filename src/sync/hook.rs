//! Hooks: objects that run at a phase of the sync and are deleted afterwards.

use crate::{
    api::application::{HOOK, HOOK_DELETE_POLICY},
    object::Object,
};

/// A phase of a sync, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Before anything is applied.
    PreSync,
    /// With everything else.
    Sync,
    /// After everything is healthy.
    PostSync,
    /// When something failed.
    SyncFail,
}

impl Phase {
    /// As it is written.
    pub fn text(self) -> &'static str {
        match self {
            Self::PreSync => "PreSync",
            Self::Sync => "Sync",
            Self::PostSync => "PostSync",
            Self::SyncFail => "SyncFail",
        }
    }

    /// From what is written.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::PreSync, Self::Sync, Self::PostSync, Self::SyncFail]
            .into_iter()
            .find(|phase| phase.text() == text)
    }
}

/// What an object is to a sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// A part of the application.
    Resource,
    /// A hook of these phases; none for hooks of the deletion.
    Hook(Vec<Phase>),
    /// Never applied, never pruned, without status: `Skip`, or only unknown words.
    Ignored,
}

/// When a hook is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletePolicy {
    /// Before it is made again.
    BeforeHookCreation,
    /// When the sync ends well.
    HookSucceeded,
    /// When it fails.
    HookFailed,
}

const HELM_HOOK: &str = "helm.sh/hook";
const HELM_POLICY: &str = "helm.sh/hook-delete-policy";

/// What an object is to a sync, by its annotations.
pub fn role(object: &Object) -> Role {
    let words: Vec<&str> = object.annotation(HOOK).map_or_else(Vec::new, words_of);
    if !words.is_empty() {
        let phases: Vec<Phase> = words.iter().filter_map(|word| Phase::parse(word)).collect();
        let is_deletion = words
            .iter()
            .any(|word| ["PreDelete", "PostDelete"].contains(word));
        if !phases.is_empty() || is_deletion {
            return Role::Hook(phases);
        }
        return Role::Ignored;
    }
    let Some(helm) = object.annotation(HELM_HOOK) else {
        return Role::Resource;
    };
    let mut phases = Vec::new();
    let mut is_hook = false;
    for word in words_of(helm) {
        match word {
            "pre-install" | "pre-upgrade" => phases.push(Phase::PreSync),
            "post-install" | "post-upgrade" => phases.push(Phase::PostSync),
            "pre-delete" | "post-delete" => is_hook = true,
            "crd-install" => return Role::Resource,
            _ => {}
        }
    }
    phases.sort_unstable();
    phases.dedup();
    if phases.is_empty() && !is_hook {
        Role::Ignored
    } else {
        Role::Hook(phases)
    }
}

/// When a hook is deleted; `BeforeHookCreation` unless said.
pub fn delete_policies(object: &Object) -> Vec<DeletePolicy> {
    let mut found = Vec::new();
    for word in object
        .annotation(HOOK_DELETE_POLICY)
        .or_else(|| object.annotation(HELM_POLICY))
        .map_or_else(Vec::new, words_of)
    {
        match word {
            "BeforeHookCreation" | "before-hook-creation" => {
                found.push(DeletePolicy::BeforeHookCreation);
            }
            "HookSucceeded" | "hook-succeeded" => found.push(DeletePolicy::HookSucceeded),
            "HookFailed" | "hook-failed" => found.push(DeletePolicy::HookFailed),
            _ => {}
        }
    }
    if found.is_empty() {
        found.push(DeletePolicy::BeforeHookCreation);
    }
    found
}

fn words_of(text: &str) -> Vec<&str> {
    text.split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn annotated(name: &str, value: &str) -> Object {
        Object::from_value(json!({"apiVersion": "v1", "kind": "A",
            "metadata": {"annotations": {name: value}}}))
        .unwrap()
    }

    #[test]
    fn roles_by_annotation() {
        for (name, value, expected) in [
            ("a", "b", Role::Resource),
            (HOOK, "PreSync", Role::Hook(vec![Phase::PreSync])),
            (
                HOOK,
                "PostSync, SyncFail",
                Role::Hook(vec![Phase::PostSync, Phase::SyncFail]),
            ),
            (HOOK, "Skip", Role::Ignored),
            (HOOK, "Skip,PreSync", Role::Hook(vec![Phase::PreSync])),
            (HOOK, "garbage", Role::Ignored),
            (HOOK, "PostDelete", Role::Hook(vec![])),
            (
                HELM_HOOK,
                "pre-install,pre-upgrade",
                Role::Hook(vec![Phase::PreSync]),
            ),
            (HELM_HOOK, "crd-install", Role::Resource),
            (HELM_HOOK, "test", Role::Ignored),
        ] {
            assert_eq!(role(&annotated(name, value)), expected, "{value}");
        }
    }

    #[test]
    fn policies_by_annotation() {
        use DeletePolicy::{BeforeHookCreation, HookFailed, HookSucceeded};
        for (value, expected) in [
            ("", vec![BeforeHookCreation]),
            ("HookSucceeded", vec![HookSucceeded]),
            ("HookSucceeded,HookFailed", vec![HookSucceeded, HookFailed]),
        ] {
            let object = annotated(HOOK_DELETE_POLICY, value);
            assert_eq!(delete_policies(&object), expected);
        }
    }
}
