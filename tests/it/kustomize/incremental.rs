//! What is parsed once, and what a commit must touch for another build.

use waxwing::{
    kustomize::{Options, Session, build},
    object::tree::Tree,
    source::{Watched, local},
};

use crate::source::Repository;

const BASES: usize = 10;
const OVERLAYS: usize = 100;

fn tree() -> Tree {
    let mut tree = Tree::new();
    for base in 0..BASES {
        let text =
            "resources: [a.yaml, b.yaml]\nconfigMapGenerator: [{name: g, literals: [a=b]}]\n";
        tree.insert(&format!("base{base}/kustomization.yaml"), text.as_bytes());
        for file in ["a", "b"] {
            let text =
                format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {file}{base}}}\n");
            tree.insert(&format!("base{base}/{file}.yaml"), text.into_bytes());
        }
    }
    for overlay in 0..OVERLAYS {
        let base = overlay % BASES;
        let text = format!(
            "resources: [../base{base}]\nnamePrefix: o{overlay}-\npatches: [{{path: ../patch.yaml, target: {{kind: ConfigMap}}}}]\n"
        );
        tree.insert(
            &format!("over{overlay}/kustomization.yaml"),
            text.into_bytes(),
        );
    }
    tree.insert(
        "patch.yaml",
        &b"- {op: add, path: /data, value: {x: y}}\n"[..],
    );
    tree
}

#[test]
fn a_hundred_overlays_parse_each_file_once() {
    let tree = tree();
    let options = Options {
        load_restrictions: waxwing::kustomize::LoadRestrictions::None,
        ..Options::default()
    };
    let session = Session::new(&tree);
    for _ in 0..2 {
        for overlay in 0..OVERLAYS {
            let folder = format!("/over{overlay}");
            let built = session.build(&folder, &options).unwrap();
            let alone = build(&tree, &folder, &options).unwrap();
            assert_eq!(built.text(), alone.text());
            assert_eq!(built.read, alone.read);
        }
    }
    assert_eq!(session.parsed(), OVERLAYS + 3 * BASES + 1);
}

#[test]
fn a_build_knows_what_it_read() {
    let tree = tree();
    let options = Options {
        load_restrictions: waxwing::kustomize::LoadRestrictions::None,
        ..Options::default()
    };
    let built = build(&tree, "/over3", &options).unwrap();
    let read: Vec<&str> = built.read.iter().map(String::as_str).collect();
    assert_eq!(
        read,
        [
            "/base3/a.yaml",
            "/base3/b.yaml",
            "/base3/kustomization.yaml",
            "/over3/kustomization.yaml",
            "/patch.yaml",
        ]
    );
}

#[test]
fn only_what_was_asked_for_makes_a_build_old() {
    let repository = Repository::new();
    repository.write(
        "app/kustomization.yaml",
        "resources: [../base, link.yaml]\n",
    );
    std::os::unix::fs::symlink("real.yaml", repository.path().join("app/link.yaml")).unwrap();
    repository.write("app/real.yaml", "kind: A\nmetadata: {name: a}\n");
    repository.write("app/other.yaml", "kind: A\nmetadata: {name: a}\n");
    repository.write("base/kustomization.yaml", "resources: [b.yaml]\n");
    repository.write("base/b.yaml", "kind: B\nmetadata: {name: b}\n");
    repository.commit("one");
    let at = |revision: &str| local::at(repository.path(), revision).unwrap().tree;
    let first = at("HEAD");
    let watched = Watched::new(&first);
    build(&watched, "/app", &Options::default()).unwrap();
    let seen = watched.seen();
    let files: Vec<&str> = seen
        .paths()
        .filter(|(_, print)| print.is_some_and(|print| print.starts_with("file ")))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(
        files,
        [
            "/app/kustomization.yaml",
            "/app/real.yaml",
            "/base/b.yaml",
            "/base/kustomization.yaml"
        ]
    );
    assert!(seen.holds(&first));
    repository.write("readme.md", "words");
    repository.write("app/notes.txt", "words");
    repository.write("base/unused.yaml", "words");
    repository.commit("nothing of it");
    assert!(seen.holds(&at("HEAD")));
    // A second kustomization file beside the first one is an error, so its absence counts.
    repository.write("base/kustomization.yml", "resources: []\n");
    repository.commit("two of them");
    assert!(!seen.holds(&at("HEAD")));
    repository.git(&["revert", "--no-edit", "HEAD"]);
    assert!(seen.holds(&at("HEAD")));
    std::fs::remove_file(repository.path().join("app/link.yaml")).unwrap();
    std::os::unix::fs::symlink("other.yaml", repository.path().join("app/link.yaml")).unwrap();
    repository.commit("another link to the same text");
    assert!(!seen.holds(&at("HEAD")));
    repository.git(&["revert", "--no-edit", "HEAD"]);
    repository.write("base/b.yaml", "kind: B\nmetadata: {name: c}\n");
    repository.commit("a file of the base");
    assert!(!seen.holds(&at("HEAD")));
}
