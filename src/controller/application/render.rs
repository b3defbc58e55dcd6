//! From a folder of a commit to manifests: kustomize where there is a kustomization file, plain files otherwise.

use globset::{Glob, GlobMatcher};
use serde_json::Value;

use super::overlay::{self, FILE_NAMES, Variables};
use crate::{
    api::application::{Directory, Source},
    kustomize,
    object::{Object, patch::merge, tree::Entry, yaml},
    source::Listed,
};

/// The most bytes of all plain manifests together.
const MAX_BYTES: usize = 10 << 20;
/// The most folders below a plain folder.
const MAX_FOLDERS: usize = 1_000;
/// A file with this in it is left out.
const SKIP: &str = "+argocd:skip-file-rendering";

/// Why there are no manifests.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The path leads out of the repository, or is no folder.
    #[error("app path {0:?}: {1}")]
    Path(String, &'static str),
    /// A renderer that is not run here.
    #[error("source field {0} is not supported")]
    Unsupported(&'static str),
    /// Two renderers are asked for.
    #[error("multiple application sources defined: Kustomize,Directory")]
    Two,
    /// The kustomization does not build.
    #[error("kustomize build of {path:?} failed: {cause}")]
    Kustomize {
        /// The folder.
        path: String,
        /// Why.
        cause: String,
    },
    /// A file cannot be read.
    #[error("{file}: {cause}")]
    File {
        /// The file.
        file: String,
        /// Why.
        cause: String,
    },
    /// Too much of it.
    #[error("the manifests of {0:?} have more than {MAX_BYTES} bytes or {MAX_FOLDERS} folders")]
    TooLarge(String),
}

/// For whom something is rendered.
#[derive(Clone, Debug, Default)]
pub(super) struct Context {
    /// The Application.
    pub app: String,
    /// The variables of the build.
    pub variables: Variables,
}

/// What a render gave.
#[derive(Clone, Debug, Default)]
pub(super) struct Rendered {
    /// The manifests.
    pub objects: Vec<Object>,
    /// Whether it may be another one at another commit with the same files.
    pub tells_commit: bool,
}

/// Renders the folder of a source, given as it is written; one that others only refer to has no objects.
///
/// # Errors
/// [`RenderError`]; a render is whole or it is an error.
pub(super) fn render(
    tree: &impl Listed,
    source: &Value,
    context: &Context,
) -> Result<Rendered, RenderError> {
    let written = read_source(source)?;
    if written.path.is_empty() && written.chart.is_empty() && !written.reference.is_empty() {
        return Ok(Rendered::default());
    }
    let folder = folder_of(&written.path)?;
    let source = &overridden(tree, &folder, source, &context.app)?;
    let is_set = |value: &Option<Value>| value.as_ref().is_some_and(|value| !value.is_null());
    for (is_there, field) in [
        (is_set(&source.helm), "helm"),
        (is_set(&source.plugin), "plugin"),
        (!source.chart.is_empty(), "chart"),
    ] {
        if is_there {
            return Err(RenderError::Unsupported(field));
        }
    }
    if tree.entry(&folder) != Entry::Folder {
        return Err(RenderError::Path(
            source.path.clone(),
            "app path does not exist",
        ));
    }
    let is_kustomized = FILE_NAMES
        .iter()
        .any(|name| matches!(tree.entry(&joined(&folder, name)), Entry::File(_)));
    let is_plain = source
        .directory
        .as_ref()
        .is_some_and(|directory| *directory != Directory::default());
    if is_plain && is_overlaid(&source.kustomize) {
        return Err(RenderError::Two);
    }
    if !is_plain && (is_kustomized || is_overlaid(&source.kustomize)) {
        let failed = |cause: String| RenderError::Kustomize {
            path: source.path.clone(),
            cause,
        };
        let options = kustomize::Options::default();
        let built = match source
            .kustomize
            .as_ref()
            .filter(|_| is_overlaid(&source.kustomize))
        {
            Some(edits) => {
                let files = overlay::edited(tree, &folder, edits, &context.variables)?;
                kustomize::build(&files, &folder, &options)
            }
            None => kustomize::build(tree, &folder, &options),
        };
        let built = built.map_err(|error| failed(error.to_string()))?;
        let resources = built.resources.into_iter();
        let objects = resources
            .map(|resource| Object::from_value(resource.value))
            .collect::<Result<_, _>>()
            .map_err(|error| failed(error.to_string()))?;
        // Edits may name variables, and the commit is one of them.
        let edits = source.kustomize.as_ref().map(Value::to_string);
        return Ok(Rendered {
            objects,
            tells_commit: edits.is_some_and(|edits| edits.contains('$')),
        });
    }
    Ok(Rendered {
        objects: plain(tree, &folder, source)?,
        tells_commit: false,
    })
}

/// Whether kustomize options ask for anything.
fn is_overlaid(options: &Option<Value>) -> bool {
    let map = options.as_ref().and_then(Value::as_object);
    map.is_some_and(|map| {
        map.iter()
            .any(|(name, value)| name != "version" && !value.is_null())
    })
}

fn read_source(value: &Value) -> Result<Source, RenderError> {
    serde_json::from_value(value.clone()).map_err(|error| RenderError::File {
        file: "spec.source".to_owned(),
        cause: error.to_string(),
    })
}

/// A source with what the repository itself says of it (`.argocd-source.yaml`, `.argocd-source-<app>.yaml`), which
/// may change everything but where it is read from.
fn overridden(
    tree: &impl Listed,
    folder: &str,
    source: &Value,
    app: &str,
) -> Result<Source, RenderError> {
    const FIXED: &[&str] = &["repoURL", "path", "targetRevision", "chart"];
    let mut value = source.clone();
    for name in [
        ".argocd-source.yaml".to_owned(),
        format!(".argocd-source-{app}.yaml"),
    ] {
        let Entry::File(bytes) = tree.entry(&joined(folder, &name)) else {
            continue;
        };
        let failed = |cause: String| RenderError::File {
            file: name.clone(),
            cause,
        };
        let documents = yaml::read(&bytes, &yaml::ReadOptions::default());
        let documents = documents.map_err(|error| failed(error.to_string()))?;
        let Some(patch) = documents.into_iter().next().map(|document| document.value) else {
            continue;
        };
        merge::apply(&mut value, &patch);
        if let Some(map) = value.as_object_mut() {
            for field in FIXED {
                map.remove(*field);
                if let Some(own) = source.get(*field) {
                    map.insert((*field).to_owned(), own.clone());
                }
            }
        }
    }
    read_source(&value)
}

fn folder_of(path: &str) -> Result<String, RenderError> {
    let refused = |why| RenderError::Path(path.to_owned(), why);
    if path.starts_with('/') {
        return Err(refused("app path is absolute"));
    }
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                if parts.pop().is_none() {
                    return Err(refused("app path outside root"));
                }
            }
            part => parts.push(part),
        }
    }
    Ok(format!("/{}", parts.join("/")))
}

/// A path below a folder, cleaned without asking the files.
pub(super) fn placed(folder: &str, path: &str) -> String {
    folder_of(&format!("{}/{path}", folder.trim_matches('/'))).unwrap_or_else(|_| "/..".to_owned())
}

pub(super) fn joined(folder: &str, name: &str) -> String {
    format!("{}/{name}", folder.trim_end_matches('/'))
}

fn plain(tree: &impl Listed, root: &str, source: &Source) -> Result<Vec<Object>, RenderError> {
    let options = source.directory.clone().unwrap_or_default();
    if options
        .jsonnet
        .as_ref()
        .is_some_and(|value| !value.is_null() && *value != serde_json::json!({}))
    {
        return Err(RenderError::Unsupported("directory.jsonnet"));
    }
    let include = glob(&options.include)?;
    let exclude = glob(&options.exclude)?;
    let mut folders = vec![root.to_owned()];
    let mut seen = 0;
    let mut left = MAX_BYTES;
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        seen += 1;
        if seen > MAX_FOLDERS {
            return Err(RenderError::TooLarge(source.path.clone()));
        }
        let entries = tree.list(&folder).map_err(|cause| RenderError::File {
            file: folder.clone(),
            cause,
        })?;
        for (name, is_folder) in entries {
            let path = joined(&folder, &name);
            if is_folder {
                if options.recurse {
                    folders.push(path);
                }
                continue;
            }
            let relative = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .trim_start_matches('/');
            let is_manifest = [".yaml", ".yml", ".json"]
                .iter()
                .any(|end| name.ends_with(end));
            let is_excluded = exclude.as_ref().is_some_and(|glob| glob.is_match(relative));
            let is_included = include.as_ref().is_none_or(|glob| glob.is_match(relative));
            if !is_manifest || is_excluded || !is_included {
                continue;
            }
            let refused = |cause: String| RenderError::File {
                file: path.clone(),
                cause,
            };
            let bytes = match tree.entry(&path) {
                Entry::File(bytes) => bytes,
                Entry::Link(_) => return Err(refused("it is a symbolic link".to_owned())),
                Entry::Refused(why) => return Err(refused(why)),
                Entry::Missing | Entry::Folder => continue,
            };
            left = left
                .checked_sub(bytes.len())
                .ok_or_else(|| RenderError::TooLarge(source.path.clone()))?;
            found.push((path, bytes));
        }
    }
    found.sort();
    let mut objects = Vec::new();
    for (path, bytes) in found {
        objects.extend(read(&path, &bytes)?);
    }
    Ok(objects)
}

fn glob(text: &str) -> Result<Option<GlobMatcher>, RenderError> {
    if text.is_empty() {
        return Ok(None);
    }
    let glob = Glob::new(text).map_err(|_| RenderError::File {
        file: text.to_owned(),
        cause: "it is not a pattern".to_owned(),
    })?;
    Ok(Some(glob.compile_matcher()))
}

/// The manifests of one file; one that does not parse counts only if it looks like a manifest.
fn read(path: &str, bytes: &[u8]) -> Result<Vec<Object>, RenderError> {
    let text = String::from_utf8_lossy(bytes);
    if text.contains(SKIP) {
        return Ok(Vec::new());
    }
    let failed = |cause: String| RenderError::File {
        file: path.to_owned(),
        cause,
    };
    let looks_like_one = ["apiVersion:", "kind:", "metadata:"]
        .iter()
        .all(|field| text.contains(field));
    let documents = match yaml::read(bytes, &yaml::ReadOptions::default()) {
        Ok(documents) => documents,
        Err(error) if looks_like_one || path.ends_with(".json") => {
            return Err(failed(error.to_string()));
        }
        Err(_) => return Ok(Vec::new()),
    };
    let mut objects = Vec::new();
    for document in documents {
        match Object::from_value(document.value) {
            Ok(object) => objects.push(object),
            Err(error) if looks_like_one => return Err(failed(error.to_string())),
            Err(_) => {}
        }
    }
    Ok(objects)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_in_the_repository() {
        for (path, expected) in [
            ("", Some("/")),
            (".", Some("/")),
            ("a/b/", Some("/a/b")),
            ("a/../b", Some("/b")),
            ("/a", None),
            ("..", None),
            ("a/../../b", None),
        ] {
            assert_eq!(folder_of(path).ok().as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn only_what_looks_like_a_manifest_must_be_one() {
        assert_eq!(read("a.yaml", b"a: [").unwrap(), []);
        assert_eq!(read("values.yaml", b"a: 1").unwrap(), []);
        let broken = b"apiVersion: v1\nkind: A\nmetadata: {\n";
        assert!(
            read("a.yaml", broken)
                .unwrap_err()
                .to_string()
                .starts_with("a.yaml: ")
        );
        let skipped = b"# +argocd:skip-file-rendering\napiVersion: v1\nkind: A\nmetadata: {}\n";
        assert_eq!(read("a.yaml", skipped).unwrap(), []);
        assert_eq!(
            read("a.yaml", b"apiVersion: v1\nkind: A\nmetadata: {}\n")
                .unwrap()
                .len(),
            1
        );
    }
}
