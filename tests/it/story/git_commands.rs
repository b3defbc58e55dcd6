//! The commands on Applications, through the program's own front door, against a served sandbox.

use serde_json::json;
use waxwing::{
    api::application,
    cli::{
        controllers::{GitSettings, Repositories},
        embedded::Embedded,
    },
    cluster::Cluster,
    object::{Object, ObjectRef},
    plan::Precondition,
    sandbox::{Sandbox, SandboxOptions, ServeOptions},
    source::Mapping,
};

use super::gitops::{URL, config, text};
use crate::source::Repository;

/// A sandbox as `waxwing sandbox` serves it.
struct Served {
    embedded: Embedded,
    repository: Repository,
    _repositories: Repositories,
    flag: String,
}

impl Served {
    async fn start() -> Self {
        let repository = Repository::new();
        let path = repository.path().display().to_string();
        let git = GitSettings {
            mappings: vec![Mapping {
                from: URL.to_owned(),
                to: path.clone(),
            }],
            ..GitSettings::default()
        };
        let sandbox = Sandbox::new(SandboxOptions::default());
        let repositories = git.open().unwrap();
        let applied = (repositories.git.clone(), git.applications);
        let embedded = Embedded::start_with(sandbox, ServeOptions::default(), Some(applied)).await;
        Self {
            embedded: embedded.unwrap(),
            repository,
            _repositories: repositories,
            flag: format!("--git-url={URL}={path}"),
        }
    }

    fn cluster(&self) -> &Cluster {
        self.embedded.cluster()
    }

    /// Runs a command; gives its exit code and what it says.
    async fn run(&self, words: &[&str]) -> (i32, String) {
        let kubeconfig = self.embedded.served().kubeconfig().display().to_string();
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let work = tokio::task::spawn_blocking(move || {
            let run = assert_cmd::Command::cargo_bin("waxwing")
                .unwrap()
                .args(&words)
                .arg("--kubeconfig")
                .arg(kubeconfig)
                .env("NO_COLOR", "1")
                .output()
                .unwrap();
            let said = [run.stdout, run.stderr].concat();
            (run.status.code().unwrap(), String::from_utf8(said).unwrap())
        });
        work.await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_is_compared_synced_and_taken_back() {
    let served = Served::start().await;
    served.repository.write(
        "app/secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  k: planted\n",
    );
    let first = served
        .repository
        .commit_file("app/a.yaml", &config("a", "one", 0));
    let app = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
        "metadata": {"name": "shop", "namespace": "argocd"},
        "spec": {"project": "default", "source": {"repoURL": URL, "path": "app", "targetRevision": "main"},
            "destination": {"server": application::IN_CLUSTER_SERVER, "namespace": "web"},
            "syncPolicy": {"syncOptions": ["CreateNamespace=true"]}}});
    // The definition comes up beside the server.
    let app = Object::from_value(app).unwrap();
    while served.cluster().create(&app).await.is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let (code, said) = served.run(&["app", "diff", "shop", &served.flag]).await;
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("\n===== /ConfigMap web/a ======\n0a1,"),
        "{said}"
    );
    assert!(
        !said.contains("planted") && !said.contains("cGxhbnRlZA"),
        "{said}"
    );
    let (code, said) = served.run(&["app", "sync", "shop"]).await;
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("Phase:              Succeeded"), "{said}");
    assert!(said.contains(&first), "{said}");
    let (code, said) = served.run(&["diff", "shop", &served.flag]).await;
    assert_eq!((code, said.as_str()), (0, ""));
    served
        .repository
        .git(&["checkout", "--quiet", "-b", "branch"]);
    let second = served
        .repository
        .commit_file("app/a.yaml", &config("a", "two", 0));
    served.repository.git(&["checkout", "--quiet", "main"]);
    let (code, said) = served
        .run(&[
            "app",
            "diff",
            "shop",
            "--revision",
            "branch",
            "-o",
            "markdown",
            &served.flag,
        ])
        .await;
    assert_eq!(code, 1, "{said}");
    for part in [
        &format!("### `argocd/shop` at `{}`", second.get(..7).unwrap()),
        "**1** to change, **0** to add, **0** to remove, 1 unchanged.",
        "-  k: one\n+  k: two\n",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let local = served.repository.path().join("app").display().to_string();
    let (code, said) = served
        .run(&["app", "diff", "shop", "--local", &local])
        .await;
    assert_eq!(code, 0, "{said}");
    let (code, said) = served
        .run(&["app", "sync", "shop", "--revision", "branch"])
        .await;
    assert_eq!(code, 0, "{said}");
    let (code, said) = served.run(&["app", "history", "shop"]).await;
    assert_eq!(code, 0, "{said}");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], format!("SOURCE  {URL}"));
    assert!(lines[1].starts_with("ID  DATE"), "{said}");
    assert!(
        lines[2].starts_with("0 ") && lines[2].contains(first.get(..7).unwrap()),
        "{said}"
    );
    assert!(
        lines[3].starts_with("1 ") && lines[3].contains(second.get(..7).unwrap()),
        "{said}"
    );
    let (code, said) = served.run(&["app", "rollback", "shop", "0"]).await;
    assert_eq!(code, 0, "{said}");
    assert!(said.contains(&first), "{said}");
    let (code, said) = served
        .run(&["app", "manifests", "shop", "--source", "live"])
        .await;
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("  k: one") && !said.contains("cGxhbnRlZA"),
        "{said}"
    );
    let (code, said) = served.run(&["app", "terminate", "shop"]).await;
    assert_eq!(code, 1, "{said}");
    let (code, said) = served.run(&["app", "rollback", "shop", "77"]).await;
    assert_eq!(code, 2, "{said}");
    let target = ObjectRef::new(application::gvk(), Some("argocd"), "shop");
    let automated = json!({"spec": {"syncPolicy": {"automated": {}}}});
    let always = Precondition::default();
    let patched = served
        .cluster()
        .patch(&target, &automated, &always)
        .await
        .unwrap();
    assert_eq!(text(&patched, "/status/sync/revision"), first);
    let (code, said) = served.run(&["app", "rollback", "shop", "0"]).await;
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("rollback cannot be initiated when auto-sync is enabled"),
        "{said}"
    );
    served.embedded.stop().await;
}
