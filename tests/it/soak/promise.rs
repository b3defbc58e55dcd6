//! What must hold after every step, and what must hold at the end.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use waxwing::{api::rollout::HASH_LABEL, object::Object, version};

use super::stage::Stage;
use crate::story::{leak::forms, world::items};

/// What was seen before, for what must never change.
#[derive(Default)]
pub struct Promises {
    /// The content of each version that was ever seen.
    contents: BTreeMap<String, String>,
    /// What each ReplicaSet reads.
    reads: BTreeMap<String, BTreeSet<String>>,
    highest: u64,
}

fn number(version: &Object) -> u64 {
    let label = version.label("waxwing.dev/version");
    label.unwrap_or_default().parse().unwrap()
}

impl Promises {
    pub async fn check(&mut self, stage: &Stage) {
        // Pods before what they read: what is gone later was there when they were seen.
        let pods = stage.list("", "Pod").await;
        let sets = stage.list("apps", "ReplicaSet").await;
        let secrets = stage.list("", "Secret").await;
        let mut versions: Vec<&Object> = secrets
            .iter()
            .filter(|secret| secret.label("waxwing.dev/version").is_some())
            .collect();
        versions.sort_by_key(|version| number(version));
        let before = self.highest;
        for version in &versions {
            self.version(version, stage, before);
        }
        let promoted = versions
            .iter()
            .filter(|version| version.label("waxwing.dev/promoted") == Some("true"));
        assert!(promoted.count() <= 1, "one version is promoted at a time");
        if let Some(plain) = stage.plain().await {
            assert!(
                stage.values.contains(&plain),
                "the plain Secret holds {plain}"
            );
            let is_known = self.contents.values().any(|content| *content == plain);
            assert!(
                is_known || versions.is_empty(),
                "{plain} was never a version"
            );
        }
        for set in &sets {
            let read = version::secrets(&set.to_value()["spec"]["template"], "shop");
            assert!(
                !read.contains("db"),
                "{} reads the plain Secret",
                set.name()
            );
            let uid = set.uid().unwrap().to_owned();
            let known = self.reads.entry(uid).or_insert_with(|| read.clone());
            assert_eq!(*known, read, "{} reads something else now", set.name());
        }
        let there: BTreeSet<&str> = secrets.iter().map(Object::name).collect();
        for pod in pods.iter().filter(|pod| pod.label(HASH_LABEL).is_some()) {
            if pod.at(&["metadata", "deletionTimestamp"]).is_some() {
                continue;
            }
            for secret in version::secrets(&pod.to_value(), "shop") {
                let is_there = there.contains(secret.as_str());
                assert!(is_there, "{} reads {secret}, which is gone", pod.name());
            }
        }
        let text = stage.world.everything_but_secrets().await;
        for form in stage.values.iter().flat_map(|value| forms(value)) {
            assert!(!text.contains(&form), "{form} shows up outside of Secrets");
        }
    }

    /// A version never changes, no two are equal, and numbers are never given twice.
    fn version(&mut self, version: &Object, stage: &Stage, before: u64) {
        let name = version.name().to_owned();
        let content = items(version).remove("k").unwrap();
        assert_eq!(
            version.at(&["immutable"]),
            Some(&Value::Bool(true)),
            "{name}"
        );
        assert!(stage.values.contains(&content), "{name} holds {content}");
        let number = number(version);
        if let Some(known) = self.contents.get(&name) {
            assert_eq!(*known, content, "{name} was changed");
        } else {
            assert!(number > before, "{name}: the number was given before");
            self.highest = self.highest.max(number);
        }
        self.contents.insert(name, content);
    }

    /// At the end pods, plain Secret and Git agree.
    pub async fn check_settled(&self, stage: &Stage) {
        let wanted = stage.values.last().unwrap();
        assert_eq!(stage.plain().await.as_ref(), Some(wanted));
        let secrets = stage.list("", "Secret").await;
        let mut contents = BTreeMap::new();
        for version in secrets
            .iter()
            .filter(|one| one.label("waxwing.dev/version").is_some())
        {
            let content = items(version).remove("k").unwrap();
            let other = contents.insert(content, version.name().to_owned());
            assert_eq!(
                other,
                None,
                "two versions hold the same as {}",
                version.name()
            );
        }
        let name = &contents[wanted];
        for pod in stage.list("", "Pod").await {
            let is_leaving = pod.at(&["metadata", "deletionTimestamp"]).is_some();
            if pod.label(HASH_LABEL).is_some() && !is_leaving {
                let read = version::secrets(&pod.to_value(), "shop");
                assert_eq!(read, BTreeSet::from([name.clone()]), "{}", pod.name());
            }
        }
    }
}
