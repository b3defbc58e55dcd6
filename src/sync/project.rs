//! What an `AppProject` allows its applications: repositories, destinations and kinds.

use globset::Glob;
use serde::Deserialize;
use serde_json::Value;

use super::window::Window;
use crate::object::Object;

/// The name of the project of applications that name none.
pub const DEFAULT: &str = "default";

/// `spec` of an `AppProject`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Project {
    source_repos: Vec<String>,
    destinations: Vec<Destination>,
    cluster_resource_whitelist: Vec<GroupKind>,
    cluster_resource_blacklist: Vec<GroupKind>,
    namespace_resource_blacklist: Vec<GroupKind>,
    namespace_resource_whitelist: Option<Vec<GroupKind>>,
    /// When its applications are synced.
    pub sync_windows: Vec<Window>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Destination {
    server: String,
    name: String,
    namespace: String,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct GroupKind {
    group: String,
    kind: String,
}

impl GroupKind {
    fn is(&self, group: &str, kind: &str) -> bool {
        is_match(&self.group, group) && is_match(&self.kind, kind)
    }
}

impl Project {
    /// The project that allows everything: the default one as it is installed.
    pub fn open() -> Self {
        let all = || "*".to_owned();
        Self {
            source_repos: vec![all()],
            destinations: vec![Destination {
                server: all(),
                name: String::new(),
                namespace: all(),
            }],
            cluster_resource_whitelist: vec![GroupKind {
                group: all(),
                kind: all(),
            }],
            ..Self::default()
        }
    }

    /// From the object.
    ///
    /// # Errors
    /// What cannot be read.
    pub fn of(object: &Object) -> Result<Self, String> {
        let spec = object.at(&["spec"]).cloned().unwrap_or(Value::Null);
        if spec.is_null() {
            return Ok(Self::default());
        }
        serde_json::from_value(spec).map_err(|error| error.to_string())
    }

    /// Whether a repository may be read; `is_same` compares URLs.
    pub fn allows_source(&self, url: &str, is_same: impl Fn(&str, &str) -> bool) -> bool {
        let fits = |pattern: &str| is_match(pattern, url) || is_same(pattern, url);
        let (denied, allowed): (Vec<&String>, Vec<&String>) = self
            .source_repos
            .iter()
            .partition(|pattern| pattern.starts_with('!'));
        !denied
            .iter()
            .any(|pattern| fits(pattern.trim_start_matches('!')))
            && allowed.iter().any(|pattern| fits(pattern))
    }

    /// Whether objects may go to a namespace of a cluster, named by address and name.
    pub fn allows_destination(&self, server: &str, name: &str, namespace: &str) -> bool {
        let fits = |pattern: &str, text: &str| match pattern.strip_prefix('!') {
            Some(pattern) => is_match(pattern, text),
            None => is_match(pattern, text),
        };
        let is_it = |one: &Destination| {
            let by_server = !one.server.is_empty() && fits(&one.server, server);
            let by_name = !one.name.is_empty() && fits(&one.name, name);
            (by_server || by_name) && fits(&one.namespace, namespace)
        };
        let is_denial = |one: &Destination| {
            [&one.server, &one.name, &one.namespace]
                .iter()
                .any(|text| text.starts_with('!'))
        };
        !self
            .destinations
            .iter()
            .any(|one| is_denial(one) && is_it(one))
            && self
                .destinations
                .iter()
                .any(|one| !is_denial(one) && is_it(one))
    }

    /// Whether objects of a kind may be applied.
    pub fn allows_kind(&self, group: &str, kind: &str, is_namespaced: bool) -> bool {
        let any = |list: &[GroupKind]| list.iter().any(|one| one.is(group, kind));
        if is_namespaced {
            !any(&self.namespace_resource_blacklist)
                && self.namespace_resource_whitelist.as_deref().is_none_or(any)
        } else {
            any(&self.cluster_resource_whitelist) && !any(&self.cluster_resource_blacklist)
        }
    }
}

/// Whether a glob fits; one that is none fits only itself.
pub(super) fn is_match(pattern: &str, text: &str) -> bool {
    pattern == text || Glob::new(pattern).is_ok_and(|glob| glob.compile_matcher().is_match(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn project(spec: Value) -> Project {
        let object = Object::from_value(json!({"apiVersion": "argoproj.io/v1alpha1",
            "kind": "AppProject", "metadata": {"name": "p"}, "spec": spec}));
        Project::of(&object.unwrap()).unwrap()
    }

    #[test]
    fn the_open_project_allows_everything_and_an_empty_one_nothing() {
        let same = |a: &str, b: &str| a == b;
        for (project, expected) in [(Project::open(), true), (Project::default(), false)] {
            assert_eq!(project.allows_source("https://h/a", same), expected);
            assert_eq!(project.allows_destination("s", "n", "ns"), expected);
            assert_eq!(project.allows_kind("", "Namespace", false), expected);
            assert!(project.allows_kind("", "ConfigMap", true));
        }
    }

    #[test]
    fn lists_allow_and_deny() {
        let project = project(json!({
            "sourceRepos": ["https://h/team/*", "!https://h/team/secret"],
            "destinations": [{"server": "*", "namespace": "team-*"}, {"server": "*", "namespace": "!team-x"}],
            "namespaceResourceWhitelist": [{"group": "apps", "kind": "*"}],
            "namespaceResourceBlacklist": [{"group": "apps", "kind": "DaemonSet"}],
            "clusterResourceWhitelist": [{"group": "", "kind": "Namespace"}],
        }));
        let same = |a: &str, b: &str| a == b;
        assert!(project.allows_source("https://h/team/a", same));
        assert!(!project.allows_source("https://h/team/secret", same));
        assert!(!project.allows_source("https://h/other/a", same));
        assert!(project.allows_destination("s", "", "team-a"));
        assert!(!project.allows_destination("s", "", "team-x"));
        assert!(!project.allows_destination("s", "", "kube-system"));
        assert!(project.allows_kind("apps", "Deployment", true));
        assert!(!project.allows_kind("apps", "DaemonSet", true));
        assert!(!project.allows_kind("", "ConfigMap", true));
        assert!(project.allows_kind("", "Namespace", false));
        assert!(!project.allows_kind("rbac.authorization.k8s.io", "ClusterRole", false));
    }
}
