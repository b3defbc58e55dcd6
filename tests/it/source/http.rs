//! Fetching over HTTP, with and without credentials.

use std::fs;

use waxwing::{
    object::tree::{Entry, Files},
    source::{Credentials, Git, GitOptions, SourceError},
};

use super::{http_server::HttpServer, repository::Repository};

fn fetching(store: &tempfile::TempDir) -> Git {
    Git::new(GitOptions {
        store: store.path().to_owned(),
        ..GitOptions::default()
    })
}

#[tokio::test]
async fn a_repository_is_fetched_and_what_is_new_too() {
    let repository = Repository::new();
    let first = repository.commit_file("a/one.yaml", "1");
    let server = HttpServer::start(repository.path(), None).await;
    let store = tempfile::tempdir().unwrap();
    let git = fetching(&store);
    let url = server.url(".git");
    assert_eq!(git.resolve(&url, "main").await.unwrap(), first);
    repository.git(&["tag", "--annotate", "v1.4.0", "-m", "v"]);
    let second = repository.commit_file("a/one.yaml", "2");
    git.fetch(&url).await.unwrap();
    for (revision, expected) in [("HEAD", &second), ("1.x", &first), (&first, &first)] {
        assert_eq!(&git.resolve(&url, revision).await.unwrap(), expected);
    }
    let tree = git.snapshot(&url, &second).await.unwrap().tree;
    assert_eq!(tree.entry("/a/one.yaml"), Entry::File((*b"2").into()));
    // A rewritten branch is followed, and the commit before it stays readable.
    repository.git(&["commit", "--quiet", "--amend", "-m", "other"]);
    let rewritten = repository.git(&["rev-parse", "HEAD"]);
    git.fetch(&url).await.unwrap();
    assert_eq!(git.resolve(&url, "main").await.unwrap(), rewritten);
    assert!(!git.follows(&url, &second, &rewritten).await);
    assert!(git.follows(&url, &first, &rewritten).await);
    git.snapshot(&url, &second).await.unwrap();
    // Away and back.
    let away = repository.path().join("away");
    fs::rename(repository.path().join(".git"), &away).unwrap();
    let error = git.fetch(&url).await.unwrap_err();
    assert!(matches!(error, SourceError::Fetch { .. }), "{error}");
    assert_eq!(git.resolve(&url, "main").await.unwrap(), rewritten);
    fs::rename(&away, repository.path().join(".git")).unwrap();
    git.fetch(&url).await.unwrap();
}

#[tokio::test]
async fn credentials_are_sent_to_their_server_only_and_never_told() {
    let repository = Repository::new();
    let commit = repository.commit_file("a", "1");
    let server = HttpServer::start(repository.path(), Some("Basic bWU6cGxhbnRlZA==")).await;
    let store = tempfile::tempdir().unwrap();
    let git = fetching(&store);
    let url = server.url(".git");
    let refused = git.fetch(&url).await.unwrap_err();
    assert!(matches!(refused, SourceError::Fetch { .. }), "{refused}");
    let credentials = |password: &str| Credentials {
        username: "me".to_owned(),
        password: Some(password.to_owned().into()),
        ..Credentials::default()
    };
    git.authenticate(&url, Some(credentials("wrong-planted")))
        .await;
    let refused = git.fetch(&url).await.unwrap_err();
    assert!(!format!("{refused} {refused:?}").contains("planted"));
    git.authenticate(&url, Some(credentials("planted"))).await;
    git.fetch(&url).await.unwrap();
    assert_eq!(git.resolve(&url, "main").await.unwrap(), commit);
    // Whoever answers with another place does not get them there.
    let moved = server.url("moved/.git");
    git.authenticate(&moved, Some(credentials("planted"))).await;
    let error = git.fetch(&moved).await.unwrap_err();
    let told = format!("{error} {error:?}");
    assert!(
        !told.contains("planted") && !told.contains("127.0.0.1:1/"),
        "{told}"
    );
    assert!(!server.seen().is_empty());
}
