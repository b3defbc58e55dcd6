//! Files that note what they are asked, so that a later commit can be told to give the same answers.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use super::Listed;
use crate::object::tree::{Entry, Files, Kind};

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    /// What stands at a path.
    Entry(String),
    /// What a folder holds.
    List(String),
}

/// What was asked, and what stood there: files by the ids of their blobs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen(BTreeMap<Asked, Option<String>>);

impl Seen {
    /// Whether other files give the same answers, told without reading them.
    pub fn holds(&self, files: &(impl Listed + ?Sized)) -> bool {
        self.0.iter().all(|(asked, print)| {
            let now = match asked {
                Asked::Entry(path) => files.print(path),
                Asked::List(path) => listing(files, path),
            };
            now.is_some() && now == *print
        })
    }

    /// The paths that were asked for, with what stood there.
    pub fn paths(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0.iter().filter_map(|(asked, print)| match asked {
            Asked::Entry(path) => Some((path.as_str(), print.as_deref())),
            Asked::List(_) => None,
        })
    }
}

fn listing(files: &(impl Listed + ?Sized), path: &str) -> Option<String> {
    Some(match files.list(path) {
        Ok(names) => format!("{names:?}"),
        Err(why) => why,
    })
}

/// Files that note what they are asked.
pub struct Watched<'a, T: ?Sized> {
    files: &'a T,
    seen: Mutex<Seen>,
}

impl<'a, T: Listed + ?Sized> Watched<'a, T> {
    /// Nothing asked yet.
    pub fn new(files: &'a T) -> Self {
        Self {
            files,
            seen: Mutex::default(),
        }
    }

    /// What was asked.
    pub fn seen(self) -> Seen {
        self.seen
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, asked: Asked, print: impl FnOnce() -> Option<String>) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.0.entry(asked).or_insert_with(print);
    }
}

impl<T: Listed + ?Sized> Files for Watched<'_, T> {
    fn entry(&self, path: &str) -> Entry {
        self.note(Asked::Entry(path.to_owned()), || self.files.print(path));
        self.files.entry(path)
    }

    fn kind(&self, path: &str) -> Kind {
        self.note(Asked::Entry(path.to_owned()), || self.files.print(path));
        self.files.kind(path)
    }
}

impl<T: Listed + ?Sized> Listed for Watched<'_, T> {
    fn list(&self, path: &str) -> Result<Vec<(String, bool)>, String> {
        self.note(Asked::List(path.to_owned()), || listing(self.files, path));
        self.files.list(path)
    }

    fn print(&self, path: &str) -> Option<String> {
        self.files.print(path)
    }
}
