//! Which files are kustomizations, what they name, and which of them are to be rendered.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::document::elements;
use crate::object::yaml::{self, ReadOptions};

/// The names that a kustomization file may have.
pub const KUSTOMIZATION_NAMES: &[&str] =
    &["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// The file that makes a folder a Helm chart.
pub const CHART_NAME: &str = "Chart.yaml";

/// One kustomization.
#[derive(Clone, Debug, Default)]
pub struct Kustomized {
    /// Path of the file.
    pub file: String,
    /// Whether it is a component, which is not rendered alone.
    pub is_component: bool,
    /// Paths that it names: files and folders, from the root of what is scanned.
    pub names: BTreeSet<String>,
    /// Patch files that it names.
    pub patches: BTreeSet<String>,
    /// Whether it names something on another machine.
    pub is_remote: bool,
    /// Whether it inflates charts or runs programs.
    pub has_charts: bool,
    /// Whether it could be read.
    pub is_readable: bool,
    /// The namespace that it sets, empty for none.
    pub namespace: String,
}

/// The kustomizations and charts of what is scanned.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// By folder, without a slash at the end; the root is empty.
    pub kustomizations: BTreeMap<String, Kustomized>,
    /// Folders of Helm charts.
    pub charts: BTreeSet<String>,
    /// Files that secret generators read.
    pub generated: Vec<Generated>,
    patches: BTreeSet<String>,
}

/// A file that a secret generator reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// The kustomization file.
    pub kustomization: String,
    /// The name of the generator.
    pub generator: String,
    /// The file as written.
    pub file: String,
    /// Where that is written.
    pub line: usize,
}

/// The folder of a path; the root is empty.
pub fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A path that a file in a folder names, from the root of what is scanned; `None` where it leads out.
pub fn resolve(folder: &str, path: &str) -> Option<String> {
    let mut words: Vec<&str> = folder.split('/').filter(|word| !word.is_empty()).collect();
    if path.starts_with('/') {
        return None;
    }
    for word in path.split('/') {
        match word {
            "" | "." => {}
            ".." => {
                words.pop()?;
            }
            word => words.push(word),
        }
    }
    Some(words.join("/"))
}

/// The first line that has a text.
fn line_of(bytes: &[u8], text: &str) -> usize {
    let whole = String::from_utf8_lossy(bytes);
    whole
        .lines()
        .position(|line| line.contains(text))
        .map_or(1, |at| at + 1)
}

/// Whether a name leads to another machine, as kustomize reads it.
pub fn is_remote(path: &str) -> bool {
    let path = path.strip_prefix("git::").unwrap_or(path).to_lowercase();
    let starts = [
        "https://",
        "http://",
        "ssh://",
        "file://",
        "github.com/",
        "github.com:",
        "git@",
    ];
    starts.iter().any(|start| path.starts_with(start)) || path.contains("?ref=")
}

/// Whether a file is a kustomization file, by its name.
pub fn is_kustomization(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    KUSTOMIZATION_NAMES.contains(&name)
}

impl Layout {
    /// Adds a kustomization file.
    pub fn add_kustomization(&mut self, path: &str, bytes: &[u8]) {
        let folder = folder_of(path);
        let read = yaml::read(bytes, &ReadOptions::default());
        let is_readable = read.is_ok();
        let value = read.ok().and_then(|documents| documents.into_iter().next());
        let value = value.map_or(Value::Null, |document| document.value);
        let mut own = Kustomized {
            file: path.to_owned(),
            is_readable,
            is_component: value.get("kind").and_then(Value::as_str) == Some("Component"),
            has_charts: ["helmCharts", "helmChartInflationGenerator"]
                .iter()
                .any(|key| value.get(*key).is_some()),
            namespace: value
                .get("namespace")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            ..Kustomized::default()
        };
        for list in [
            "resources",
            "bases",
            "components",
            "crds",
            "configurations",
            "generators",
            "transformers",
            "validators",
        ] {
            for (_, one) in elements(value.get(list)) {
                own.name(folder, one.as_str());
            }
        }
        for (_, one) in elements(value.get("patchesStrategicMerge")) {
            own.patch(folder, one.as_str().filter(|text| !text.contains('\n')));
        }
        for list in ["patches", "patchesJson6902"] {
            for (_, one) in elements(value.get(list)) {
                own.patch(folder, one.get("path").and_then(Value::as_str));
            }
        }
        for (_, one) in elements(value.get("replacements")) {
            own.name(folder, one.get("path").and_then(Value::as_str));
        }
        own.name(
            folder,
            value.pointer("/openapi/path").and_then(Value::as_str),
        );
        for list in ["configMapGenerator", "secretGenerator"] {
            for (_, one) in elements(value.get(list)) {
                let files = elements(one.get("files")).filter_map(|(_, file)| file.as_str());
                let files = files.map(|text| text.split_once('=').map_or(text, |(_, path)| path));
                let envs = elements(one.get("envs")).filter_map(|(_, file)| file.as_str());
                for file in files
                    .chain(envs)
                    .chain(one.get("env").and_then(Value::as_str))
                {
                    own.name(folder, Some(file));
                    if list == "secretGenerator" {
                        let generator = one.get("name").and_then(Value::as_str).unwrap_or_default();
                        self.generated.push(Generated {
                            kustomization: path.to_owned(),
                            generator: generator.to_owned(),
                            file: file.to_owned(),
                            line: line_of(bytes, file),
                        });
                    }
                }
            }
        }
        self.patches.extend(own.patches.iter().cloned());
        self.kustomizations.insert(folder.to_owned(), own);
    }

    /// Adds the file of a chart.
    pub fn add_chart(&mut self, path: &str) {
        self.charts.insert(folder_of(path).to_owned());
    }

    /// Whether a file is a patch, so that its objects are parts of objects.
    pub fn is_patch(&self, path: &str) -> bool {
        self.patches.contains(path)
    }

    /// The chart whose template a file is.
    pub fn chart_of(&self, path: &str) -> Option<&str> {
        let charts = self.charts.iter();
        let found = charts.filter(|chart| {
            let inside = if chart.is_empty() {
                Some(path)
            } else {
                path.strip_prefix(chart.as_str())
                    .and_then(|rest| rest.strip_prefix('/'))
            };
            inside.is_some_and(|inside| inside.starts_with("templates/"))
        });
        found.map(String::as_str).max_by_key(|chart| chart.len())
    }

    /// The folders to be rendered: kustomizations that no other one names, components left out.
    pub fn roots(&self) -> Vec<&str> {
        let named: BTreeSet<&str> = self
            .kustomizations
            .values()
            .flat_map(|own| own.names.iter().map(String::as_str))
            .collect();
        let folders = self.kustomizations.iter();
        let roots =
            folders.filter(|(folder, own)| !own.is_component && !named.contains(folder.as_str()));
        roots.map(|(folder, _)| folder.as_str()).collect()
    }

    /// All files and folders that a kustomization reaches, itself included, and the kustomizations among them.
    pub fn closure(&self, folder: &str) -> (BTreeSet<&str>, Vec<&Kustomized>) {
        let mut paths = BTreeSet::new();
        let mut kustomizations = Vec::new();
        let mut waiting = vec![folder];
        while let Some(folder) = waiting.pop() {
            let Some((folder, own)) = self.kustomizations.get_key_value(folder) else {
                continue;
            };
            if !paths.insert(folder.as_str()) && !kustomizations.is_empty() {
                continue;
            }
            paths.insert(own.file.as_str());
            kustomizations.push(own);
            for name in &own.names {
                if self.kustomizations.contains_key(name) {
                    if !paths.contains(name.as_str()) {
                        waiting.push(name);
                    }
                } else {
                    paths.insert(name.as_str());
                }
            }
        }
        (paths, kustomizations)
    }
}

impl Kustomized {
    fn name(&mut self, folder: &str, path: Option<&str>) {
        let Some(path) = path else { return };
        if is_remote(path) {
            self.is_remote = true;
        } else if !path.contains('\n')
            && let Some(path) = resolve(folder, path)
        {
            self.names.insert(path);
        }
    }

    fn patch(&mut self, folder: &str, path: Option<&str>) {
        if let Some(path) = path.and_then(|path| resolve(folder, path)) {
            self.names.insert(path.clone());
            self.patches.insert(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_what_nobody_names() {
        let mut layout = Layout::default();
        layout.add_kustomization("base/kustomization.yaml", b"resources: [a.yaml]\n");
        layout.add_kustomization("parts/c/kustomization.yml", b"kind: Component\n");
        layout.add_kustomization(
            "o/prod/Kustomization",
            b"resources: [../../base, https://example.com/x]\ncomponents: [../../parts/c]\npatches: [{path: p.yaml}]\n\
              secretGenerator: [{name: s, files: [k=s.txt], envs: [.env]}]\n",
        );
        layout.add_chart("charts/web/Chart.yaml");
        assert_eq!(layout.roots(), ["o/prod"]);
        let (paths, kustomizations) = layout.closure("o/prod");
        for path in [
            "base",
            "base/a.yaml",
            "o/prod/p.yaml",
            "o/prod/s.txt",
            "o/prod/.env",
            "parts/c/kustomization.yml",
        ] {
            assert!(paths.contains(path), "{path}");
        }
        assert_eq!(kustomizations.len(), 3);
        assert!(kustomizations[0].is_remote && layout.is_patch("o/prod/p.yaml"));
        assert_eq!(
            layout.chart_of("charts/web/templates/x.yaml"),
            Some("charts/web")
        );
        assert_eq!(layout.chart_of("charts/web/values.yaml"), None);
        assert_eq!(resolve("a", "../../b"), None);
    }
}
