//! Images in place: each case is a text, what is asked, and the text that comes of it.

use super::{
    change::{change, current, speaks_of},
    edit::EditError,
    find::{in_kustomization, in_patch, patch_files},
    reference::Reference,
};

const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// The text with every place that speaks of `web` changed.
fn after(text: &str, wanted: &str, is_patch: bool) -> Result<String, EditError> {
    let wanted = Reference::wanted(wanted).unwrap();
    let spots = if is_patch {
        in_patch("patch.yaml", text)
    } else {
        in_kustomization("kustomization.yaml", text)
    };
    let mut text = text.to_owned();
    let mut count = 0;
    for spot in spots? {
        let now = current(&text, &spot)?;
        if speaks_of(&now, &spot, "web") {
            text = change(&text, &spot, &wanted.named(&now.name))?;
            count += 1;
        }
    }
    assert!(count > 0, "nothing speaks of it in\n{text}");
    Ok(text)
}

#[track_caller]
fn becomes(before: &str, wanted: &str, expected: &str) {
    assert_eq!(
        after(before, wanted, false).as_deref(),
        Ok(expected),
        "{before}"
    );
}

#[test]
fn entries_keep_their_comments_and_order() {
    becomes(
        "images: # ours\n- newTag: '1' # the pipeline's\n  name: web\n- name: db\n  newTag: 5\n",
        ":2",
        "images: # ours\n- newTag: '2' # the pipeline's\n  name: web\n- name: db\n  newTag: 5\n",
    );
    becomes(
        "images:\n- {name: web, newTag: v1}\n",
        ":1.20",
        "images:\n- {name: web, newTag: \"1.20\"}\n",
    );
    becomes(
        "{\"images\": [{\"name\": \"web\"}]}\n",
        ":v2",
        "{\"images\": [{\"name\": \"web\", \"newTag\": \"v2\"}]}\n",
    );
}

#[test]
fn an_entry_takes_what_it_lacks() {
    becomes(
        "images:\n  - name: web # a\n    # b\nnamespace: x\n",
        ":v2",
        "images:\n  - name: web # a\n    newTag: v2\n    # b\nnamespace: x\n",
    );
    becomes(
        "images:\r\n- name: web\r\n",
        ":v2",
        "images:\r\n- name: web\r\n  newTag: v2\r\n",
    );
    becomes(
        "images:\n- name: web",
        ":v2",
        "images:\n- name: web\n  newTag: v2",
    );
    becomes(
        "images:\n- {name: web}\n",
        ":v2",
        "images:\n- {name: web, newTag: v2}\n",
    );
    becomes(
        "images:\n- name: web\n  newTag: v1\n",
        "ghcr.io/a/web:v2",
        "images:\n- name: web\n  newName: ghcr.io/a/web\n  newTag: v2\n",
    );
    becomes(
        "images:\n- name: web\n  newName: old/web\n  newTag: v1\n",
        ":v2",
        "images:\n- name: web\n  newName: old/web\n  newTag: v2\n",
    );
}

#[test]
fn tag_and_digest_give_way_to_each_other() {
    becomes(
        &format!("images:\n- name: web\n  digest: {DIGEST} # pinned\n"),
        ":v2",
        "images:\n- name: web\n  newTag: v2 # pinned\n",
    );
    becomes(
        "images:\n- name: web\n  newTag: v1\n",
        &format!("@{DIGEST}"),
        &format!("images:\n- name: web\n  digest: {DIGEST}\n"),
    );
    becomes(
        &format!("images:\n- name: web\n  digest: {DIGEST}\n  newTag: v1\n"),
        ":v2",
        "images:\n- name: web\n  newTag: v2\n",
    );
    becomes(
        "images:\n- name: web\n  newTag: v1\n",
        &format!(":v2@{DIGEST}"),
        &format!("images:\n- name: web\n  newTag: v2\n  digest: {DIGEST}\n"),
    );
}

#[test]
fn inline_patches_are_changed_line_by_line() {
    let before = "\
patches:
  - target: {kind: Rollout}
    patch: |-
      # first
      - op: replace
        path: /spec/template/spec/containers/0/image
        value: web:1   # the pipeline's

      - op: test
        path: /spec/template/spec/containers/0/image
        value: web:1
  - patch: |
      kind: Deployment
      spec:
        template:
          spec:
            initContainers: [{name: a, image: \"web:1\"}]
            containers:
              - image: db:5
namespace: x
";
    let expected = before
        .replace("value: web:1   # the", "value: web:2   # the")
        .replace("image: \"web:1\"", "image: \"web:2\"");
    becomes(before, ":2", &expected);
    becomes(
        "patches:\n- patch: \"[{op: add, path: /spec/containers/-, value: {image: 'web:1'}}]\"\n",
        ":2",
        "patches:\n- patch: \"[{op: add, path: /spec/containers/-, value: {image: 'web:2'}}]\"\n",
    );
}

#[test]
fn patch_files_are_changed_alike() {
    let json = "- op: add\n  path: /spec/template\n  value:\n    spec:\n      containers:\n      - image: 'web:1'\n";
    let changed = after(json, "ghcr.io/a/web:2", true).unwrap();
    assert_eq!(changed, json.replace("web:1", "ghcr.io/a/web:2"));
    let merge = "---\nkind: A\n---\nkind: B\nspec:\n  containers:\n  - name: x\n    image: web # any\n  image: web:1\n";
    let changed = after(merge, ":2", true).unwrap();
    assert_eq!(
        changed,
        merge.replace("image: web # any", "image: web:2 # any")
    );
}

#[test]
fn what_cannot_be_changed_alone_is_left() {
    let shared = "spec:\n  containers:\n  - image: &i web:1\n  - image: *i\n";
    assert_eq!(after(shared, ":2", true), Err(EditError::Unclear));
    let folded = "spec:\n  containers:\n  - image: >-\n      web:1\n";
    let changed = after(folded, ":2", true).unwrap();
    assert_eq!(changed, folded.replace("web:1", "web:2"));
}

#[test]
fn patch_files_of_others_are_not_ours() {
    let text = "patches: [{path: a.yaml}, {path: ../b.yaml}, {path: a.yaml}]\n\
                patchesJson6902: [{path: c.yaml}]\n\
                patchesStrategicMerge: [d.yaml, '/e.yaml', \"kind: A\\n\"]\n";
    let documents = super::edit::read(text).unwrap();
    assert_eq!(
        patch_files(&documents[0].value),
        ["a.yaml", "c.yaml", "d.yaml"]
    );
}
