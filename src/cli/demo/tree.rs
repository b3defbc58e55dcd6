//! The work tree of the people in the story: they edit files as their tools do, and push.

use crate::{
    cli::{
        Failure,
        image::{self, Reference},
    },
    seal::{Certificate, Scope, seal_item},
    source::Tree,
};

use super::{
    scenario::SCENARIO,
    seen::{NAMESPACE, SECRET},
};

/// The file that the pipeline rewrites.
const IMAGE_FILE: &str = "overlays/production/patches/resources.yaml";
/// The sealed secret.
const SEALED_FILE: &str = "base/sealed-secret.yaml";
/// The image of the story.
const IMAGE: &str = "ghcr.io/example/backstage";

/// The files as they are, and the certificate that secrets are sealed for.
pub struct WorkTree {
    /// The files.
    pub files: Tree,
    certificate: Certificate,
}

impl WorkTree {
    /// The files that the story begins with.
    pub fn new(certificate: Certificate) -> Self {
        let files = SCENARIO
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        Self {
            files: files.collect(),
            certificate,
        }
    }

    /// What a pipeline does: `waxwing image set`.
    ///
    /// # Errors
    /// The patch is not as it was.
    pub fn set_image(&mut self, tag: &str) -> Result<(), Failure> {
        let failed = |error| Failure::new(format!("failed to edit {IMAGE_FILE}")).because(error);
        let mut text = self.file(IMAGE_FILE)?.clone();
        let wanted = Reference {
            name: IMAGE.to_owned(),
            tag: Some(tag.to_owned()),
            digest: None,
        };
        let spots = image::in_patch(IMAGE_FILE, &text)
            .map_err(|error| Failure::new(format!("failed to read {IMAGE_FILE}")).because(error))?;
        for spot in spots {
            text = image::change(&text, &spot, &wanted).map_err(failed)?;
        }
        self.files.insert(IMAGE_FILE.to_owned(), text);
        Ok(())
    }

    /// What a developer does: seal one value, and put it over the old one.
    ///
    /// # Errors
    /// The file is not as it was.
    pub fn seal(&mut self, key: &str, value: &str) -> Result<(), Failure> {
        let sealed = seal_item(
            value.as_bytes(),
            &self.certificate,
            Scope::Strict,
            NAMESPACE,
            SECRET,
        )
        .map_err(|error| Failure::new("failed to seal").because(error))?;
        let text = self.file(SEALED_FILE)?;
        let pointer = format!("/spec/encryptedData/{key}");
        let text = image::edit::set(text, 0, &pointer, &sealed).map_err(|error| {
            Failure::new(format!("failed to edit {SEALED_FILE}")).because(error)
        })?;
        self.files.insert(SEALED_FILE.to_owned(), text);
        Ok(())
    }

    fn file(&self, path: &str) -> Result<&String, Failure> {
        self.files
            .get(path)
            .ok_or_else(|| Failure::new(format!("{path} is missing")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_change_one_line_each() {
        let certificate = include_str!("../../../tests/vectors/kubeseal/keys/primary.crt");
        let certificate = Certificate::from_pem(certificate.as_bytes()).unwrap();
        let mut tree = WorkTree::new(certificate);
        let before = tree.files.clone();
        tree.set_image("sha-8d1e0f4").unwrap();
        tree.seal("POSTGRES_PASSWORD", "other").unwrap();
        let mut changed = Vec::new();
        for (path, text) in &tree.files {
            let lines = text.lines().zip(before[path].lines());
            changed.extend(
                lines
                    .filter(|(new, old)| new != old)
                    .map(|(new, _)| new.trim().to_owned()),
            );
            assert_eq!(text.lines().count(), before[path].lines().count());
        }
        assert_eq!(changed.len(), 2, "{changed:?}");
        assert!(
            changed[0].starts_with("POSTGRES_PASSWORD: Ag"),
            "{changed:?}"
        );
        assert_eq!(changed[1], "value: ghcr.io/example/backstage:sha-8d1e0f4");
    }
}
