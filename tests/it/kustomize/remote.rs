//! Bases on other machines: off unless their host is named, then read through Git, and only from there.

use std::{fs, path::Path};

use crate::source::{HttpServer, Repository};

/// Builds a kustomization with one resource.
async fn build(resource: &str, flags: &[&str]) -> (bool, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("namePrefix: p-\nresources:\n- {resource}\n");
    fs::write(folder.path().join("kustomization.yaml"), text).unwrap();
    let mut command = assert_cmd::Command::cargo_bin("waxwing").unwrap();
    command.arg("build").arg(folder.path()).args(flags);
    // The server runs on the runtime of the test.
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = output.await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.success(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn map(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n")
}

fn repository() -> Repository {
    let repository = Repository::new();
    repository.write(
        "over/kustomization.yaml",
        "resources: [../base]\nnameSuffix: -s\n",
    );
    repository.write("base/kustomization.yaml", "resources: [a.yaml]\n");
    repository.write("base/a.yaml", &map("one"));
    repository.commit("one");
    repository.git(&["tag", "v1"]);
    repository.write("base/a.yaml", &map("two"));
    repository.commit("two");
    repository
}

const OPEN: &[&str] = &["--allow-remote", "127.0.0.1"];

#[tokio::test(flavor = "multi_thread")]
async fn a_base_is_read_at_its_revision_from_a_host_that_is_named() {
    let repository = repository();
    let server = HttpServer::start(repository.path(), None).await;
    for (path, name) in [
        (".git/over?ref=v1", "p-one-s"),
        (".git//over?ref=main", "p-two-s"),
        (".git/base", "p-two"),
        (".git/base?version=v1&timeout=20s", "p-one"),
    ] {
        let (is_good, out, said) = build(&server.url(path), OPEN).await;
        assert!(is_good, "{path}: {said}");
        assert_eq!(out, map(name), "{path}");
    }
    let host = server
        .url("")
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned();
    let (is_good, ..) = build(&server.url(".git/base"), &["--allow-remote", &host]).await;
    assert!(is_good);
    let forced = format!("git::{}", server.url(".git/base"));
    let (is_good, out, said) = build(&forced, OPEN).await;
    assert!(is_good && out == map("p-two"), "{said}");
    assert!(
        said.starts_with("Warning: Forcing the git protocol"),
        "{said}"
    );
    let (is_good, _, said) = build(&server.url(".git/base?ref=v9"), OPEN).await;
    assert!(
        !is_good && said.contains("unable to resolve 'v9'"),
        "{said}"
    );
    let (is_good, _, said) = build(&server.url(".git/gone"), OPEN).await;
    assert!(
        !is_good && said.contains("no such file or directory"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_asked_of_a_host_that_is_not_named() {
    let repository = repository();
    let server = HttpServer::start(repository.path(), None).await;
    let url = server.url(".git/base");
    for flags in [
        &[][..],
        &["--allow-remote", "other.example"],
        &["--allow-remote", "127.0.0.1:1"],
    ] {
        let (is_good, _, said) = build(&url, flags).await;
        assert!(
            !is_good && said.contains("is remote, and remote sources"),
            "{said}"
        );
        assert!(said.contains("hint: --allow-remote HOST"), "{said}");
    }
    assert!(server.seen().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_of_this_machine_and_flags_of_programs_are_no_remote_sources() {
    let repository = repository();
    for url in [
        format!("file://{}//base", repository.path().display()),
        "ssh://-oProxyCommand=x/a/b".to_owned(),
        "git@-oProxyCommand=x:a/b".to_owned(),
    ] {
        let (is_good, out, said) = build(&url, OPEN).await;
        assert!(!is_good && out.is_empty(), "{url}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_on_another_machine_does_not_leave_itself() {
    let secret = tempfile::tempdir().unwrap();
    fs::write(secret.path().join("a.yaml"), map("planted")).unwrap();
    fs::write(
        secret.path().join("kustomization.yaml"),
        "resources: [a.yaml]\n",
    )
    .unwrap();
    let up = "../".repeat(12);
    let outside = secret.path().display().to_string();
    let link = |repository: &Repository, name: &str, target: &str| {
        std::os::unix::fs::symlink(target, Path::new(repository.path()).join(name)).unwrap();
    };
    let repository = Repository::new();
    link(&repository, "file.yaml", &format!("{outside}/a.yaml"));
    link(&repository, "folder", &outside);
    for (folder, resource) in [
        ("a", "../file.yaml".to_owned()),
        ("b", "../folder".to_owned()),
        ("c", format!("{up}{outside}")),
        ("d", format!("{up}{outside}/a.yaml")),
        ("e", format!("{outside}/a.yaml")),
    ] {
        let path = format!("{folder}/kustomization.yaml");
        repository.write(&path, &format!("resources: [{resource}]\n"));
    }
    repository.commit("one");
    let server = HttpServer::start(repository.path(), None).await;
    for folder in ["a", "b", "c", "d", "e", "folder"] {
        let url = server.url(&format!(".git/{folder}"));
        let flags = [OPEN, &["--load-restrictor", "LoadRestrictionsNone"]].concat();
        let (is_good, out, said) = build(&url, &flags).await;
        assert!(!is_good && out.is_empty(), "{folder}: {out}");
        assert!(!said.contains("planted"), "{folder}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_taken_by_its_url_and_a_redirect_is_not_followed() {
    let router = axum::Router::new()
        .route("/a.yaml", axum::routing::get(|| async { map("web") }))
        .route(
            "/moved.yaml",
            axum::routing::get(|| async { axum::response::Redirect::to("/a.yaml") }),
        );
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let at = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let (is_good, out, said) = build(&format!("{at}/a.yaml"), OPEN).await;
    assert!(is_good, "{said}");
    assert_eq!(out, map("p-web"));
    let (is_good, _, said) = build(&format!("{at}/gone.yaml"), OPEN).await;
    assert!(
        !is_good && said.contains("HTTP Error: status code 404 (Not Found)"),
        "{said}"
    );
    let (is_good, _, said) = build(&format!("{at}/moved.yaml"), OPEN).await;
    assert!(!is_good && said.contains("status code 303"), "{said}");
    let (is_good, _, said) = build(&format!("{at}/a.yaml"), &[]).await;
    assert!(
        !is_good && said.contains("remote sources are off"),
        "{said}"
    );
}
