//! Builds over the same files, which parse each file once.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use super::{
    build::{Build, Options},
    error::BuildError,
    parse::{self, ParseError},
    resource::Resource,
    schema::Schema,
    transformer::Operations,
};
use crate::{
    api::kustomization::{self, KustomizationError},
    object::tree::Files,
};

/// Builds over the same files: what one has parsed, the next one has at hand. The files stay as they are meanwhile.
pub struct Session<'a> {
    files: &'a dyn Files,
    cache: Cache,
}

impl<'a> Session<'a> {
    /// A session that has parsed nothing yet.
    pub fn new(files: &'a dyn Files) -> Self {
        Self {
            files,
            cache: Cache {
                keeps: true,
                ..Cache::default()
            },
        }
    }

    /// Builds the kustomization in a folder.
    ///
    /// # Errors
    /// [`BuildError`] in kustomize's words; notes that were made until then are lost with it.
    pub fn build(&self, folder: &str, options: &Options) -> Result<Build, BuildError> {
        super::build::run(self.files, &self.cache, folder, options)
    }

    /// How many files were parsed.
    pub fn parsed(&self) -> usize {
        self.cache.parsed.get()
    }
}

impl std::fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session({} files parsed)", self.parsed())
    }
}

/// What a file holds that may be a patch of either kind.
pub(super) struct PatchFile {
    /// The resources in it, if it is a strategic merge patch.
    pub(super) strategic: Option<Vec<Resource>>,
    /// The operations in it, if it is a JSON patch.
    pub(super) operations: Option<Operations>,
}

/// What was parsed, by the path of the file without links.
#[derive(Default)]
pub(super) struct Cache {
    /// Whether resources are kept, which takes as much memory again: for more than one build only.
    keeps: bool,
    parsed: Cell<usize>,
    kustomizations: RefCell<BTreeMap<String, Rc<kustomization::Read>>>,
    resources: RefCell<BTreeMap<String, Rc<[Resource]>>>,
    patches: RefCell<BTreeMap<String, Rc<PatchFile>>>,
}

impl Cache {
    fn count(&self) {
        self.parsed.set(self.parsed.get() + 1);
    }

    /// A kustomization file.
    pub(super) fn kustomization(
        &self,
        path: &str,
        bytes: &[u8],
    ) -> Result<Rc<kustomization::Read>, KustomizationError> {
        if let Some(found) = self.kustomizations.borrow().get(path) {
            return Ok(found.clone());
        }
        self.count();
        let read = Rc::new(kustomization::read(bytes)?);
        let mut all = self.kustomizations.borrow_mut();
        all.insert(path.to_owned(), read.clone());
        Ok(read)
    }

    /// The resources of a file, for one build.
    pub(super) fn resources(
        &self,
        path: &str,
        bytes: &[u8],
        schema: &Schema,
    ) -> Result<Vec<Resource>, ParseError> {
        if let Some(found) = self.resources.borrow().get(path) {
            return Ok(found.iter().map(|one| one.with_schema(schema)).collect());
        }
        self.count();
        let read = parse::resources(bytes, schema)?;
        if self.keeps {
            let mut all = self.resources.borrow_mut();
            all.insert(path.to_owned(), read.clone().into());
        }
        Ok(read)
    }

    /// A file with a patch, whose text is given.
    pub(super) fn patch(&self, path: &str, text: &str) -> Rc<PatchFile> {
        if let Some(found) = self.patches.borrow().get(path) {
            return found.clone();
        }
        self.count();
        let read = Rc::new(PatchFile::read(text));
        let mut all = self.patches.borrow_mut();
        all.insert(path.to_owned(), read.clone());
        read
    }
}

impl PatchFile {
    /// Reads a text both ways.
    pub(super) fn read(text: &str) -> Self {
        Self {
            strategic: parse::resources(text.as_bytes(), &Schema::default()).ok(),
            operations: Operations::read(text).ok(),
        }
    }
}
