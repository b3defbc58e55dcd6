//! Choosing the resources that a patch or a replacement is for.

use std::collections::BTreeMap;

use regex::Regex;

use super::{error::BuildError, id::Id, resource::Resource};
use crate::{api::kustomization::Selector, object::LabelSelector};

/// A selector, ready to be asked often.
#[derive(Debug)]
pub(super) struct Selection {
    group: Option<Regex>,
    version: Option<Regex>,
    kind: Option<Regex>,
    name: Option<Regex>,
    namespace: Option<Regex>,
    annotations: Option<LabelSelector>,
    labels: Option<LabelSelector>,
}

impl Selection {
    pub(super) fn new(selector: &Selector) -> Result<Self, BuildError> {
        let regex = |pattern: &str| match pattern {
            "" => Ok(None),
            pattern => Regex::new(&format!("^(?:{pattern})$"))
                .map(Some)
                .map_err(|error| BuildError::new(format!("error parsing regexp: {error}"))),
        };
        let labels = |text: &str| match text {
            "" => Ok(None),
            text => LabelSelector::parse(text)
                .map(Some)
                .map_err(|error| BuildError::new(error.to_string())),
        };
        Ok(Self {
            group: regex(&selector.group)?,
            version: regex(&selector.version)?,
            kind: regex(&selector.kind)?,
            name: regex(&selector.name)?,
            namespace: regex(&selector.namespace)?,
            annotations: labels(&selector.annotation_selector)?,
            labels: labels(&selector.label_selector)?,
        })
    }

    /// Whether a patch for this selector is for the resource.
    pub(super) fn takes(&self, resource: &Resource) -> bool {
        if !fits(self.kind.as_ref(), resource.kind()) {
            return false;
        }
        let (now, first) = (resource.id(), resource.original_id());
        let either = |pattern: &Option<Regex>, first: &str, now: &str| {
            fits(pattern.as_ref(), first) || fits(pattern.as_ref(), now)
        };
        either(
            &self.namespace,
            first.effective_namespace(),
            now.effective_namespace(),
        ) && either(&self.name, &first.name, &now.name)
            && self.takes_gvk(&now)
            && self.takes_texts(resource)
    }

    fn takes_gvk(&self, id: &Id) -> bool {
        fits(self.group.as_ref(), &id.gvk.group)
            && fits(self.version.as_ref(), &id.gvk.version)
            && fits(self.kind.as_ref(), &id.gvk.kind)
    }

    /// Whether one name of a resource fits, as replacements ask.
    pub(super) fn takes_id(&self, id: &Id) -> bool {
        self.takes_gvk(id)
            && fits(self.name.as_ref(), &id.name)
            && fits(self.namespace.as_ref(), &id.namespace)
    }

    /// Whether labels and annotations fit.
    pub(super) fn takes_texts(&self, resource: &Resource) -> bool {
        let has = |selector: &Option<LabelSelector>,
                   texts: &dyn Fn() -> BTreeMap<String, String>| {
            selector.as_ref().is_none_or(|selector| {
                let texts = texts();
                let texts = texts
                    .iter()
                    .map(|(key, value)| (key.as_str(), value.as_str()))
                    .collect();
                selector.matches(&texts)
            })
        };
        has(&self.labels, &|| resource.labels())
            && has(&self.annotations, &|| resource.annotations())
    }

    /// Whether it asks for labels or annotations.
    pub(super) fn asks_for_texts(&self) -> bool {
        self.labels.is_some() || self.annotations.is_some()
    }

    /// Whether it asks for any part of a name.
    pub(super) fn asks_for_id(&self) -> bool {
        [
            &self.group,
            &self.version,
            &self.kind,
            &self.name,
            &self.namespace,
        ]
        .iter()
        .any(|pattern| pattern.is_some())
    }
}

fn fits(pattern: Option<&Regex>, text: &str) -> bool {
    pattern.is_none_or(|pattern| pattern.is_match(text))
}
