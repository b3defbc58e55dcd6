//! `spec.source.kustomize`: as if the kustomization file in the repository had been edited before the build.

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::render::RenderError;
use crate::object::{
    tree::{Entry, Files, Kind},
    yaml,
};

/// The names that a kustomization file may have.
pub(super) const FILE_NAMES: &[&str] =
    &["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The options that change a build; those of other binaries and of charts have nothing to change here.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Options {
    name_prefix: String,
    name_suffix: String,
    namespace: String,
    images: Vec<String>,
    common_labels: BTreeMap<String, String>,
    common_annotations: BTreeMap<String, String>,
    force_common_labels: bool,
    force_common_annotations: bool,
    label_without_selector: bool,
    label_include_templates: bool,
    common_annotations_envsubst: bool,
    replicas: Vec<Replica>,
    patches: Vec<Value>,
    components: Vec<String>,
    ignore_missing_components: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Replica {
    name: String,
    count: Value,
}

/// The variables of a build: `ARGOCD_APP_NAME` and so on.
pub(super) type Variables = BTreeMap<&'static str, String>;

/// Files, one of which was edited.
pub(super) struct Edited<'a> {
    files: &'a dyn Files,
    path: String,
    bytes: Arc<[u8]>,
}

impl Files for Edited<'_> {
    fn entry(&self, path: &str) -> Entry {
        if path == self.path {
            return Entry::File(self.bytes.clone());
        }
        self.files.entry(path)
    }

    fn kind(&self, path: &str) -> Kind {
        if path == self.path {
            return Kind::File;
        }
        self.files.kind(path)
    }
}

/// The files with the kustomization of a folder edited.
pub(super) fn edited<'a>(
    files: &'a dyn Files,
    folder: &str,
    options: &Value,
    variables: &Variables,
) -> Result<Edited<'a>, RenderError> {
    let failed = |cause: String| RenderError::Kustomize {
        path: folder.trim_start_matches('/').to_owned(),
        cause,
    };
    let options: Options = serde_json::from_value(options.clone())
        .map_err(|error| failed(format!("spec.source.kustomize: {error}")))?;
    for name in FILE_NAMES {
        let path = super::render::joined(folder, name);
        let Entry::File(bytes) = files.entry(&path) else {
            continue;
        };
        let read = yaml::read(&bytes, &yaml::ReadOptions::default());
        let documents = read.map_err(|error| failed(error.to_string()))?;
        let mut file = match documents.into_iter().next().map(|document| document.value) {
            Some(Value::Object(map)) => map,
            None | Some(Value::Null) => Map::new(),
            Some(_) => return Err(failed(format!("{name} is no map"))),
        };
        options
            .edit(&mut file, files, folder, variables)
            .map_err(failed)?;
        return Ok(Edited {
            files,
            path,
            bytes: Value::Object(file).to_string().into_bytes().into(),
        });
    }
    Err(failed("there is no kustomization file".to_owned()))
}

impl Options {
    fn edit(
        &self,
        file: &mut Map<String, Value>,
        files: &dyn Files,
        folder: &str,
        variables: &Variables,
    ) -> Result<(), String> {
        for (field, value) in [
            ("namePrefix", &self.name_prefix),
            ("nameSuffix", &self.name_suffix),
            ("namespace", &self.namespace),
        ] {
            if !value.is_empty() {
                file.insert(field.to_owned(), value.as_str().into());
            }
        }
        let images = self.images.iter().map(|text| expand(text, variables));
        let images: Vec<Value> = images
            .map(|text| image(&text, file.get("images")))
            .collect::<Result<_, _>>()?;
        replace_named(file, "images", images);
        let mut replicas = Vec::new();
        for one in &self.replicas {
            let count = match &one.count {
                Value::Number(number) => number.as_i64(),
                Value::String(text) => text.parse().ok(),
                _ => None,
            };
            let count = count.ok_or_else(|| {
                format!(
                    "spec.source.kustomize.replicas: {:?} has no count",
                    one.name
                )
            })?;
            replicas.push(json!({"name": one.name, "count": count}));
        }
        replace_named(file, "replicas", replicas);
        self.label(file, variables)?;
        self.annotate(file, variables)?;
        let is_there = |component: &&String| {
            !self.ignore_missing_components
                || files.entry(&super::render::placed(folder, component)) == Entry::Folder
        };
        let components = self.components.iter().filter(is_there);
        append(
            file,
            "components",
            components.map(|one| one.as_str().into()),
        );
        append(file, "patches", self.patches.iter().cloned());
        Ok(())
    }

    fn label(&self, file: &mut Map<String, Value>, variables: &Variables) -> Result<(), String> {
        if self.common_labels.is_empty() {
            return Ok(());
        }
        let labels: Map<String, Value> = self
            .common_labels
            .iter()
            .map(|(name, value)| (name.clone(), expand(value, variables).into()))
            .collect();
        if self.label_without_selector {
            let mut entry = json!({"pairs": labels});
            if self.label_include_templates
                && let Some(map) = entry.as_object_mut()
            {
                map.insert("includeTemplates".to_owned(), true.into());
            }
            append(file, "labels", [entry].into_iter());
            return Ok(());
        }
        add(
            file,
            "commonLabels",
            "label",
            labels,
            self.force_common_labels,
        )
    }

    fn annotate(&self, file: &mut Map<String, Value>, variables: &Variables) -> Result<(), String> {
        let annotations = self.common_annotations.iter().map(|(name, value)| {
            let value = if self.common_annotations_envsubst {
                expand(value, variables)
            } else {
                value.clone()
            };
            (name.clone(), Value::String(value))
        });
        let annotations: Map<String, Value> = annotations.collect();
        if annotations.is_empty() {
            return Ok(());
        }
        let force = self.force_common_annotations;
        add(file, "commonAnnotations", "annotation", annotations, force)
    }
}

/// Adds to a map of texts; what is there already is an error unless forced.
fn add(
    file: &mut Map<String, Value>,
    field: &str,
    word: &str,
    more: Map<String, Value>,
    force: bool,
) -> Result<(), String> {
    let entry = file
        .entry(field)
        .or_insert_with(|| Value::Object(Map::new()));
    if entry.is_null() {
        *entry = Value::Object(Map::new());
    }
    let map = entry
        .as_object_mut()
        .ok_or_else(|| format!("{field} is no map"))?;
    for (name, value) in more {
        if map.contains_key(&name) && !force {
            return Err(format!("{word} {name} already in kustomization file"));
        }
        map.insert(name, value);
    }
    Ok(())
}

fn append(file: &mut Map<String, Value>, field: &str, more: impl Iterator<Item = Value>) {
    let mut more = more.peekable();
    if more.peek().is_none() {
        return;
    }
    match file.get_mut(field) {
        Some(Value::Array(list)) => list.extend(more),
        _ => {
            file.insert(field.to_owned(), more.collect());
        }
    }
}

/// Puts entries with names into a list, over those of the same names.
fn replace_named(file: &mut Map<String, Value>, field: &str, entries: Vec<Value>) {
    if entries.is_empty() {
        return;
    }
    let name_of = |entry: &Value| {
        let name = entry.get("name").and_then(Value::as_str);
        name.unwrap_or_default().to_owned()
    };
    let before = match file.remove(field) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    };
    let mut all: BTreeMap<String, Value> = before
        .into_iter()
        .chain(entries)
        .map(|entry| (name_of(&entry), entry))
        .collect();
    let sorted: Vec<Value> = std::mem::take(&mut all).into_values().collect();
    file.insert(field.to_owned(), sorted.into());
}

/// `name=new:tag`, `name:tag`, `name@digest`; `*` keeps what is there.
fn image(text: &str, before: Option<&Value>) -> Result<Value, String> {
    let (name, rest) = match text.split_once('=') {
        Some((name, rest)) => (Some(name), rest),
        None => (None, text),
    };
    let (rest, digest) = match rest.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (rest, None),
    };
    // A colon before the last slash is the port of a registry.
    let (repository, tag) = match rest.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
        _ => (rest, None),
    };
    let own = name.unwrap_or(repository);
    if own.is_empty() || (name.is_none() && tag.is_none() && digest.is_none()) {
        return Err(format!(
            "spec.source.kustomize.images: {text:?} is no image with a new name, tag or digest"
        ));
    }
    let listed = before.and_then(Value::as_array).into_iter().flatten();
    let before = listed
        .into_iter()
        .find(|entry| entry.get("name").and_then(Value::as_str) == Some(own));
    let mut entry = Map::new();
    entry.insert("name".to_owned(), own.into());
    let new_name = name.map(|_| repository).filter(|new| !new.is_empty());
    for (field, value) in [("newName", new_name), ("newTag", tag), ("digest", digest)] {
        let value = match value {
            Some("*") => before.and_then(|entry| entry.get(field)).cloned(),
            Some(value) => Some(value.into()),
            None => None,
        };
        if let Some(value) = value {
            entry.insert(field.to_owned(), value);
        }
    }
    Ok(entry.into())
}

/// `$NAME` and `${NAME}` become values, `$$` a dollar; unknown names nothing, as Go's `os.Expand` does it.
pub(super) fn expand(text: &str, variables: &Variables) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let (name, next) = if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            ("", after)
        } else if let Some(inner) = after.strip_prefix('{') {
            inner.split_once('}').unwrap_or(("", inner))
        } else {
            let end = after.find(|letter| !is_letter(letter));
            after.split_at(end.unwrap_or(after.len()))
        };
        if let Some(value) = variables.get(name) {
            out.push_str(value);
        }
        rest = next;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::tree::Tree;

    fn file(before: &str, options: Value) -> Result<Value, RenderError> {
        let mut tree = Tree::new();
        tree.insert("a/kustomization.yaml", before.as_bytes());
        tree.insert("a/there/kustomization.yaml", *b"kind: Component");
        let variables: Variables = [("ARGOCD_APP_REVISION_SHORT", "abc1234".to_owned())].into();
        let edited = edited(&tree, "/a", &options, &variables)?;
        Ok(serde_json::from_slice(&edited.bytes).unwrap())
    }

    #[test]
    fn every_option_edits_the_file() {
        let before = "resources: [r.yaml]\nimages:\n- {name: a, newName: b, newTag: '1'}\n- {name: z, newTag: '9'}\nreplicas:\n- {name: web, count: 1}\npatches:\n- path: p.yaml\n";
        let options = json!({
            "namePrefix": "pre-", "nameSuffix": "-suf", "namespace": "ns",
            "images": ["a=*:2", "registry:5000/c:${ARGOCD_APP_REVISION_SHORT}", "d@sha256:x"],
            "replicas": [{"name": "web", "count": "3"}],
            "commonLabels": {"l": "$ARGOCD_APP_REVISION_SHORT"},
            "commonAnnotations": {"n": "$$x"},
            "patches": [{"patch": "x", "target": {"kind": "A"}}],
            "components": ["there", "gone"], "ignoreMissingComponents": true,
            "version": "v5",
        });
        assert_eq!(
            file(before, options).unwrap(),
            json!({
                "resources": ["r.yaml"], "namePrefix": "pre-", "nameSuffix": "-suf", "namespace": "ns",
                "images": [{"name": "a", "newName": "b", "newTag": "2"}, {"name": "d", "digest": "sha256:x"},
                    {"name": "registry:5000/c", "newTag": "abc1234"}, {"name": "z", "newTag": "9"}],
                "replicas": [{"name": "web", "count": 3}],
                "commonLabels": {"l": "abc1234"}, "commonAnnotations": {"n": "$$x"},
                "patches": [{"path": "p.yaml"}, {"patch": "x", "target": {"kind": "A"}}],
                "components": ["there"],
            })
        );
    }

    #[test]
    fn labels_may_leave_selectors_alone_and_replace_only_by_force() {
        let without = json!({"commonLabels": {"l": "v"}, "labelWithoutSelector": true, "labelIncludeTemplates": true});
        assert_eq!(
            file("{}", without).unwrap(),
            json!({"labels": [{"pairs": {"l": "v"}, "includeTemplates": true}]})
        );
        let before = "commonLabels: {l: old}\n";
        let again = |force: bool| json!({"commonLabels": {"l": "v"}, "forceCommonLabels": force});
        let error = file(before, again(false)).unwrap_err().to_string();
        assert!(
            error.contains("label l already in kustomization file"),
            "{error}"
        );
        assert_eq!(
            file(before, again(true)).unwrap(),
            json!({"commonLabels": {"l": "v"}})
        );
        for bad in [
            json!({"images": ["plain"]}),
            json!({"replicas": [{"name": "a"}]}),
            json!({"namePrefix": 1}),
        ] {
            assert!(file("{}", bad.clone()).is_err(), "{bad}");
        }
    }
}
