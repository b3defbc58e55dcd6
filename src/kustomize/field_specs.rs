//! Which fields the transformers touch: the defaults, and what `configurations` and `crds` add.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::{error::BuildError, order};
use crate::api::kustomization::FieldSpec;

/// The fields that name resources of one kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct NameReference {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) kind: String,
    pub(super) referrers: Vec<FieldSpec>,
}

/// Which fields the transformers touch.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct FieldSpecs {
    pub(super) name_prefix: Vec<FieldSpec>,
    pub(super) name_suffix: Vec<FieldSpec>,
    pub(super) namespace: Vec<FieldSpec>,
    pub(super) common_labels: Vec<FieldSpec>,
    pub(super) labels: Vec<FieldSpec>,
    pub(super) template_labels: Vec<FieldSpec>,
    pub(super) common_annotations: Vec<FieldSpec>,
    pub(super) variables: Vec<FieldSpec>,
    pub(super) images: Vec<FieldSpec>,
    pub(super) replicas: Vec<FieldSpec>,
    pub(super) names: Vec<NameReference>,
}

/// The names of the lists in configuration files.
const SECTIONS: &[&str] = &[
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "templateLabels",
    "commonAnnotations",
    "varReference",
    "images",
    "replicas",
];

impl FieldSpecs {
    /// The specs that are built in.
    pub(super) fn defaults() -> Arc<Self> {
        static DEFAULTS: OnceLock<Arc<FieldSpecs>> = OnceLock::new();
        DEFAULTS
            .get_or_init(|| Arc::new(Self::read_table(include_str!("field_specs/defaults.txt"))))
            .clone()
    }

    fn read_table(text: &str) -> Self {
        let mut specs = Self::default();
        let mut section = "";
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some(reference) = line.strip_prefix("ref ") {
                let word = |index: usize| {
                    let word = reference.split(' ').nth(index).unwrap_or_default();
                    word.replace('-', "")
                };
                section = "";
                specs.names.push(NameReference {
                    group: reference
                        .split(' ')
                        .next()
                        .filter(|group| *group != "-")
                        .unwrap_or_default()
                        .to_owned(),
                    version: word(1),
                    kind: word(2),
                    referrers: Vec::new(),
                });
                continue;
            }
            let Some(line) = line.strip_prefix('\t') else {
                section = line;
                continue;
            };
            let (path, gvk) = line.split_once(' ').unwrap_or_default();
            let part = |index: usize| gvk.split('/').nth(index).unwrap_or_default().to_owned();
            // The group of IngressClass holds a slash, so the kind is what is last.
            let parts = gvk.split('/').count();
            let spec = FieldSpec {
                group: part(0),
                version: part(parts.saturating_sub(2)),
                kind: part(parts.saturating_sub(1)),
                path: path.trim_start_matches('+').to_owned(),
                create: path.starts_with('+'),
            };
            if section.is_empty() {
                if let Some(names) = specs.names.last_mut() {
                    names.referrers.push(spec);
                }
            } else if let Some(list) = specs.section(section) {
                list.push(spec);
            }
        }
        specs.sort();
        specs
    }

    fn sort(&mut self) {
        for section in SECTIONS {
            if let Some(list) = self.section(section) {
                list.sort_by_cached_key(|spec| rank(&spec.group, &spec.version, &spec.kind));
            }
        }
        self.names.sort_by_cached_key(NameReference::rank);
    }

    fn section(&mut self, name: &str) -> Option<&mut Vec<FieldSpec>> {
        Some(match name {
            "namePrefix" => &mut self.name_prefix,
            "nameSuffix" => &mut self.name_suffix,
            "namespace" => &mut self.namespace,
            "commonLabels" => &mut self.common_labels,
            "labels" => &mut self.labels,
            "templateLabels" => &mut self.template_labels,
            "commonAnnotations" => &mut self.common_annotations,
            "varReference" => &mut self.variables,
            "images" => &mut self.images,
            "replicas" => &mut self.replicas,
            _ => return None,
        })
    }

    /// Reads a configuration file.
    pub(super) fn read(value: &Value) -> Result<Self, BuildError> {
        let mut specs = Self::default();
        let Some(fields) = value.as_object() else {
            return Ok(specs);
        };
        for (name, list) in fields {
            let lower = name.to_lowercase();
            if !SECTIONS.iter().any(|own| own.to_lowercase() == lower) && lower != "namereference" {
                return Err(BuildError::new(format!(
                    "error unmarshaling JSON: while decoding JSON: json: unknown field {name:?}"
                )));
            }
            let section = SECTIONS
                .iter()
                .find(|section| section.to_lowercase() == lower);
            if let Some(section) = section {
                let read = read_list(list)?;
                if let Some(list) = specs.section(section) {
                    list.extend(read);
                }
            } else if lower == "namereference" {
                for entry in list.as_array().into_iter().flatten() {
                    let text = |field: &str| {
                        let found = entry.get(field).and_then(Value::as_str);
                        found.unwrap_or_default().to_owned()
                    };
                    specs.names.push(NameReference {
                        group: text("group"),
                        version: text("version"),
                        kind: text("kind"),
                        referrers: read_list(entry.get("fieldSpecs").unwrap_or(&Value::Null))?,
                    });
                }
            }
        }
        specs.sort();
        Ok(specs)
    }

    /// Adds what another one has beyond this one.
    pub(super) fn merge(&mut self, other: &Self) -> Result<(), BuildError> {
        let mut other = other.clone();
        for section in SECTIONS {
            let more = other.section(section).map(std::mem::take);
            if let Some(list) = self.section(section) {
                merge_all(list, more.unwrap_or_default()).map_err(|error| {
                    error.under(format!("failed to merge {} fieldSpec", go_name(section)))
                })?;
            }
        }
        for names in other.names {
            let same = self.names.iter_mut().find(|own| own.rank() == names.rank());
            match same {
                Some(own) => merge_all(&mut own.referrers, names.referrers)
                    .map_err(|error| error.under("failed to merge NameReference fieldSpec"))?,
                None => self.names.push(names),
            }
        }
        self.sort();
        Ok(())
    }
}

/// The name of a section in messages.
fn go_name(section: &str) -> String {
    if section == "namespace" {
        return "NameSpace".to_owned();
    }
    let mut letters = section.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

impl NameReference {
    fn rank(&self) -> Rank {
        rank(&self.group, &self.version, &self.kind)
    }
}

/// The order of specs: that of kinds in the output, then by name.
type Rank = ((u8, usize), String);

fn rank(group: &str, version: &str, kind: &str) -> Rank {
    fn or<'a>(text: &'a str, absent: &'a str) -> &'a str {
        if text.is_empty() { absent } else { text }
    }
    let name = format!(
        "{}_{}_{}",
        or(group, "~G"),
        or(version, "~V"),
        or(kind, "~K")
    );
    (order::rank(kind), name)
}

fn read_list(list: &Value) -> Result<Vec<FieldSpec>, BuildError> {
    match list {
        Value::Null => Ok(Vec::new()),
        list => serde_json::from_value(list.clone())
            .map_err(|error| BuildError::new(format!("invalid field specs: {error}"))),
    }
}

/// Adds the specs that are not there yet.
pub(super) fn merge_all(list: &mut Vec<FieldSpec>, more: Vec<FieldSpec>) -> Result<(), BuildError> {
    for spec in more {
        let same = list.iter().find(|own| {
            own.group == spec.group
                && own.version == spec.version
                && own.kind == spec.kind
                && own.path == spec.path
        });
        match same {
            Some(own) if own.create != spec.create => {
                return Err(BuildError::new("conflicting fieldspecs"));
            }
            Some(_) => {}
            None => list.push(spec),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_whole() {
        let specs = FieldSpecs::defaults();
        assert_eq!(specs.images.len(), 6);
        assert_eq!(specs.name_prefix.len(), 1);
        assert!(specs.names.iter().any(|names| names.kind == "ConfigMap"
            && names.version == "v1"
            && names.referrers.len() > 40));
        let class = specs
            .names
            .iter()
            .find(|names| names.kind == "IngressClass");
        assert_eq!(class.unwrap().group, "networking.k8s.io/v1");
    }
}
