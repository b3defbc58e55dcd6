//! A file with SealedSecrets, and changes of its text that leave all else as it is.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::location;
use crate::{
    api::sealed_secret::{KIND, SealedSecret},
    cli::{
        Failure,
        seal_config::Rule,
        whole_file::{MAX_MANIFEST_BYTES, Readers, put, read_text},
    },
    object::{
        edit::{self, Change, To},
        yaml::{self, ReadOptions},
    },
    seal::{Binding, Scope},
};

/// One SealedSecret of a text.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Found {
    /// The document, from 0.
    pub(in crate::cli) document: usize,
    /// Where in it: `""`, or an item of a List.
    pub(in crate::cli) pointer: String,
    /// Where it was found, for messages.
    pub(in crate::cli) place: String,
    /// What it says.
    pub(in crate::cli) sealed: SealedSecret,
}

/// A file with SealedSecrets.
#[derive(Debug)]
pub(in crate::cli) struct SealedFile {
    pub(in crate::cli) path: PathBuf,
    pub(in crate::cli) text: String,
    pub(in crate::cli) all: Vec<Found>,
}

/// The SealedSecrets of a text, those in Lists included; other objects are passed over.
///
/// # Errors
/// The text cannot be read, or a SealedSecret has a field of a wrong type.
pub(in crate::cli) fn found_in(text: &str, name: &str) -> Result<Vec<Found>, Failure> {
    let documents = yaml::read(text.as_bytes(), &ReadOptions::default())
        .map_err(|error| Failure::new(format!("{name} cannot be read")).because(error))?;
    let mut all = Vec::new();
    for (number, document) in documents.into_iter().enumerate() {
        let place = location(name, number, document.line);
        let mut add = |value: Value, pointer: String, place: String| {
            if value.get("kind").and_then(Value::as_str) != Some(KIND) {
                return Ok(());
            }
            let sealed = SealedSecret::from_value(value).map_err(|error| {
                Failure::new(format!("{place} is no SealedSecret")).because(error)
            })?;
            all.push(Found {
                document: number,
                pointer,
                place,
                sealed,
            });
            Ok::<(), Failure>(())
        };
        match document.value.get("items").and_then(Value::as_array) {
            Some(items) => {
                for (at, item) in items.iter().enumerate() {
                    let place = format!("{place}, item {}", at + 1);
                    add(item.clone(), format!("/items/{at}"), place)?;
                }
            }
            None => add(document.value, String::new(), place)?,
        }
    }
    Ok(all)
}

impl Found {
    /// Pointer to one sealed item.
    pub(in crate::cli) fn item(&self, key: &str) -> String {
        let key = key.replace('~', "~0").replace('/', "~1");
        format!("{}/spec/encryptedData/{key}", self.pointer)
    }

    /// What binds the items; a namespace that the file leaves out comes from the flag or the rule.
    ///
    /// # Errors
    /// There is no namespace, or no name, and the scope needs one.
    pub(in crate::cli) fn binding(
        &self,
        namespace: Option<&str>,
        rule: Option<&Rule>,
    ) -> Result<Binding, Failure> {
        let mut binding = Binding::of(&self.sealed.metadata);
        let place = &self.place;
        if binding.namespace.is_empty() && binding.scope != Scope::ClusterWide {
            binding.namespace = namespace
                .or_else(|| rule.and_then(|rule| rule.namespace.as_deref()))
                .ok_or_else(|| {
                    Failure::new(format!("{place} has no namespace, and its scope needs one"))
                        .hint("-n gives it, or `namespace` in .waxwing.yaml")
                })?
                .to_owned();
        }
        if binding.name.is_empty() && binding.scope == Scope::Strict {
            return Err(Failure::new(format!(
                "{place} has no name, and its scope needs one"
            )));
        }
        Ok(binding)
    }

    /// The changes that give items new ciphertexts; new keys are added.
    pub(in crate::cli) fn changes(&self, items: Vec<(String, String)>) -> Vec<Change> {
        items
            .into_iter()
            .map(|(key, text)| Change {
                document: self.document,
                pointer: self.item(&key),
                to: if self.sealed.spec.encrypted_data.contains_key(&key) {
                    To::Text(text)
                } else {
                    To::New(text)
                },
            })
            .collect()
    }
}

impl SealedFile {
    /// Reads a file.
    ///
    /// # Errors
    /// As [`found_in`], and when the file cannot be read or is not UTF-8.
    pub(in crate::cli) fn read(path: &Path) -> Result<Self, Failure> {
        let text = read_text(path, MAX_MANIFEST_BYTES)?;
        let all = found_in(&text, &path.display().to_string())?;
        Ok(Self {
            path: path.to_owned(),
            text,
            all,
        })
    }

    /// The folder of the file.
    pub(in crate::cli) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// The one SealedSecret that is meant: by its name, or because there is no other.
    ///
    /// # Errors
    /// There is none, or several.
    pub(in crate::cli) fn one(&self, name: Option<&str>) -> Result<&Found, Failure> {
        let shown = self.path.display();
        let named = |found: &&Found| name.is_none_or(|name| found.sealed.metadata.name() == name);
        let found: Vec<&Found> = self.all.iter().filter(named).collect();
        match (found.as_slice(), name) {
            ([one], _) => Ok(one),
            ([], Some(name)) => Err(Failure::new(format!(
                "{shown} holds no SealedSecret {name}"
            ))),
            ([], None) => Err(Failure::new(format!("{shown} holds no SealedSecret"))
                .hint("`waxwing seal` makes one")),
            (several, _) => {
                let names: Vec<_> = several
                    .iter()
                    .map(|found| found.sealed.metadata.name())
                    .collect();
                Err(Failure::new(format!(
                    "{shown} holds {} SealedSecrets: {}",
                    several.len(),
                    names.join(", ")
                ))
                .hint("--name says which one is meant"))
            }
        }
    }

    /// Makes changes of the text, and writes the file.
    ///
    /// # Errors
    /// A change cannot be made alone, or the file cannot be written; it is then as it was.
    pub(in crate::cli) fn change(&mut self, changes: &[Change]) -> Result<(), Failure> {
        let text = edit::apply(&self.text, changes).map_err(|error| {
            Failure::new(format!(
                "{} cannot be changed in place",
                self.path.display()
            ))
            .because(error)
            .hint("write the item on a line of its own, as KEY: VALUE")
        })?;
        self.write(text)
    }

    /// Writes another text into the file, if it is another one.
    ///
    /// # Errors
    /// The file cannot be written; it is then as it was.
    pub(in crate::cli) fn write(&mut self, text: String) -> Result<(), Failure> {
        if text != self.text {
            put(&self.path, text.as_bytes(), Readers::All)?;
            self.text = text;
        }
        Ok(())
    }
}
