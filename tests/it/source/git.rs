//! Fetching, naming commits, and reading files.

use std::{fs, os::unix::fs::PermissionsExt};

use waxwing::{
    object::tree::{Entry, Files},
    source::{Git, GitOptions, MAX_BLOB_BYTES, Mapping, SourceError},
};

use super::repository::Repository;

const URL: &str = "https://git.example.com/shop.git";

fn mapped(repository: &Repository) -> Git {
    Git::new(GitOptions {
        mappings: vec![Mapping {
            from: URL.to_owned(),
            to: repository.path().display().to_string(),
        }],
        ..GitOptions::default()
    })
}

fn text(entry: Entry) -> String {
    match entry {
        Entry::File(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn names_become_commits_and_commits_files() {
    let repository = Repository::new();
    let first = repository.commit_file("a/one.yaml", "1");
    repository.git(&["tag", "--annotate", "v1", "-m", "v1"]);
    let second = repository.commit_file("a/one.yaml", "2");
    let git = mapped(&repository);
    for (revision, expected) in [
        ("", &second),
        ("HEAD", &second),
        ("main", &second),
        ("refs/heads/main", &second),
        ("v1", &first),
        (first.as_str(), &first),
        (first.get(..9).unwrap(), &first),
    ] {
        assert_eq!(
            git.resolve(URL, revision).await.as_ref(),
            Ok(expected),
            "{revision}"
        );
    }
    let snapshot = git.snapshot(URL, &first).await.unwrap();
    assert_eq!(text(snapshot.tree.entry("/a/one.yaml")), "1");
    assert_eq!(snapshot.tree.entry("/a"), Entry::Folder);
    assert_eq!(snapshot.tree.entry("/b"), Entry::Missing);
    assert_eq!(snapshot.tree.folder("/").unwrap(), [("a".to_owned(), true)]);
    let unknown = git.resolve(URL, "none").await.unwrap_err();
    assert_eq!(
        unknown.to_string(),
        format!("unable to resolve 'none' to a commit SHA in repository {URL}")
    );
}

#[tokio::test]
async fn a_rewritten_branch_and_a_repository_that_is_away_are_seen() {
    let repository = Repository::new();
    repository.commit_file("a", "1");
    let git = mapped(&repository);
    git.fetch(URL).await.unwrap();
    repository.git(&["commit", "--quiet", "--amend", "-m", "other"]);
    let rewritten = repository.git(&["rev-parse", "HEAD"]);
    assert_ne!(git.resolve(URL, "main").await.unwrap(), rewritten);
    git.fetch(URL).await.unwrap();
    assert_eq!(git.resolve(URL, "main").await.unwrap(), rewritten);
    let away = repository.path().with_extension("away");
    fs::rename(repository.path(), &away).unwrap();
    assert!(matches!(
        git.fetch(URL).await,
        Err(SourceError::Fetch { .. })
    ));
    fs::rename(&away, repository.path()).unwrap();
    git.fetch(URL).await.unwrap();
}

#[tokio::test]
async fn ssh_fetches_into_a_bare_store_and_forgets_deleted_branches() {
    let repository = Repository::new();
    let first = repository.commit_file("a", "1");
    repository.git(&["branch", "old"]);
    let scratch = tempfile::tempdir().unwrap();
    let stand_in = scratch.path().join("ssh");
    // What follows the host is the command for the other side.
    fs::write(
        &stand_in,
        "#!/bin/sh\nwhile [ \"$1\" != git-upload-pack ]; do shift; done\nexec sh -c \"$*\"\n",
    )
    .unwrap();
    fs::set_permissions(&stand_in, fs::Permissions::from_mode(0o755)).unwrap();
    let git = Git::new(GitOptions {
        store: scratch.path().join("store"),
        ssh_command: Some(stand_in.display().to_string()),
        ..GitOptions::default()
    });
    let url = format!("ssh://git@host.example{}", repository.path().display());
    git.fetch(&url).await.unwrap();
    assert_eq!(git.resolve(&url, "old").await.unwrap(), first);
    let snapshot = git.snapshot(&url, &first).await.unwrap();
    assert_eq!(text(snapshot.tree.entry("/a")), "1");
    repository.git(&["branch", "-D", "old"]);
    let second = repository.commit_file("a", "2");
    git.fetch(&url).await.unwrap();
    assert_eq!(git.resolve(&url, "HEAD").await.unwrap(), second);
    assert!(git.resolve(&url, "old").await.is_err());
    let snapshot = git.snapshot(&url, &second).await.unwrap();
    assert_eq!(text(snapshot.tree.entry("/a")), "2");
}

#[tokio::test]
async fn what_is_no_plain_file_is_told_and_not_followed() {
    let repository = Repository::new();
    repository.write(
        "big",
        &"x".repeat(usize::try_from(MAX_BLOB_BYTES).unwrap() + 1),
    );
    std::os::unix::fs::symlink("/etc/passwd", repository.path().join("link")).unwrap();
    repository.commit("odd things");
    let blob = repository.git(&["rev-parse", "HEAD:link"]);
    let commit = repository.git(&["rev-parse", "HEAD"]);
    repository.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("160000,{commit},module"),
    ]);
    repository.git(&["commit", "--quiet", "-m", "module"]);
    let git = mapped(&repository);
    let commit = git.resolve(URL, "main").await.unwrap();
    let tree = git.snapshot(URL, &commit).await.unwrap().tree;
    assert_eq!(tree.entry("/link"), Entry::Link("/etc/passwd".to_owned()));
    assert!(matches!(tree.entry("/module"), Entry::Refused(_)));
    assert!(matches!(tree.entry("/big"), Entry::Refused(_)));
    assert!(matches!(tree.entry("/../etc"), Entry::Refused(_)));
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n";
    let kept_elsewhere = repository.commit_file("large.yaml", pointer);
    let other = git.snapshot(URL, &kept_elsewhere).await.unwrap().tree;
    assert_eq!(
        other.entry("/large.yaml"),
        Entry::Refused("/large.yaml is kept by Git LFS, which is not fetched".to_owned())
    );
    assert!(matches!(tree.entry("/.git/config"), Entry::Refused(_)));

    // A tree with a name that Git itself would refuse.
    let hostile = tempfile::NamedTempFile::new().unwrap();
    let mut raw = b"100644 ../out\0".to_vec();
    let id = |text: &str| -> Vec<u8> {
        (0..20)
            .map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
            .collect()
    };
    raw.extend(id(&blob));
    fs::write(hostile.path(), raw).unwrap();
    let tree_id = repository.git(&[
        "hash-object",
        "-t",
        "tree",
        "-w",
        "--literally",
        hostile.path().to_str().unwrap(),
    ]);
    let commit = repository.git(&["commit-tree", &tree_id, "-m", "hostile"]);
    let tree = git.snapshot(URL, &commit).await.unwrap().tree;
    assert_eq!(tree.folder("/").unwrap(), []);
    assert_eq!(
        tree.entry("/../out"),
        Entry::Refused("name \"..\" is not read".to_owned())
    );
}

#[tokio::test]
async fn errors_carry_no_credentials() {
    let scratch = tempfile::tempdir().unwrap();
    let git = Git::new(GitOptions {
        store: scratch.path().to_owned(),
        ..GitOptions::default()
    });
    let error = git
        .fetch("http://me:planted@127.0.0.1:1/a.git")
        .await
        .unwrap_err();
    assert!(!format!("{error} {error:?}").contains("planted"), "{error}");
}
