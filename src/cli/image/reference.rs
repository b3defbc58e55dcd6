//! What is asked of an image: a name, a tag, a digest.

use std::fmt;

/// An image as manifests write it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    /// Registry and repository.
    pub name: String,
    /// Behind the colon.
    pub tag: Option<String>,
    /// Behind the `@`.
    pub digest: Option<String>,
}

/// What is wrong with a reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// It says neither tag nor digest.
    #[error("{0:?} has neither a tag nor a digest")]
    Bare(String),
    /// Its digest is none.
    #[error("{0:?} is not a digest: algorithm and hexadecimal digits are expected")]
    Digest(String),
    /// Its tag is none.
    #[error("{0:?} is not a tag: up to 128 letters, digits, `_`, `.` and `-` are expected")]
    Tag(String),
    /// Its name is none.
    #[error("{0:?} is not the name of an image")]
    Name(String),
}

/// The most letters of a tag.
const MAX_TAG: usize = 128;
/// The fewest digits of a digest.
const MIN_DIGEST: usize = 32;

impl Reference {
    /// Takes an image apart; a part that is not there is none.
    pub fn parse(text: &str) -> Self {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.to_owned())),
            None => (text, None),
        };
        let last = rest.rfind('/').map_or(0, |slash| slash + 1);
        // A colon before the last slash is the port of the registry.
        let colon = rest.get(last..).and_then(|part| part.find(':'));
        let (name, tag) = match colon {
            Some(colon) => (
                rest.get(..last + colon).unwrap_or(rest),
                rest.get(last + colon + 1..).map(str::to_owned),
            ),
            None => (rest, None),
        };
        Self {
            name: name.to_owned(),
            tag,
            digest,
        }
    }

    /// Takes apart what an image shall become: without a name (`:tag`, `@digest`) it keeps the one that it has.
    ///
    /// # Errors
    /// [`ReferenceError`] names the part that is wrong.
    pub fn wanted(text: &str) -> Result<Self, ReferenceError> {
        let wanted = Self::parse(text);
        if wanted.tag.is_none() && wanted.digest.is_none() {
            return Err(ReferenceError::Bare(text.to_owned()));
        }
        let is_word = |letter: char| letter.is_ascii_alphanumeric() || "_.-".contains(letter);
        if let Some(tag) = &wanted.tag {
            let starts =
                tag.starts_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '_');
            if !starts || tag.len() > MAX_TAG || !tag.chars().all(is_word) {
                return Err(ReferenceError::Tag(tag.clone()));
            }
        }
        if let Some(digest) = &wanted.digest {
            let parts = digest.split_once(':');
            let is_digest = parts.is_some_and(|(algorithm, digits)| {
                let is_lower =
                    |letter: char| letter.is_ascii_digit() || ('a'..='f').contains(&letter);
                let length = if algorithm == "sha256" {
                    digits.len() == 64
                } else {
                    digits.len() >= MIN_DIGEST
                };
                !algorithm.is_empty() && length && digits.chars().all(is_lower)
            });
            if !is_digest {
                return Err(ReferenceError::Digest(digest.clone()));
            }
        }
        let is_part = |letter: char| is_word(letter) || "/:".contains(letter);
        if !wanted.name.chars().all(is_part) || wanted.name.ends_with('/') {
            return Err(ReferenceError::Name(wanted.name));
        }
        Ok(wanted)
    }

    /// The same with the name of another, where it has none.
    #[must_use]
    pub fn named(&self, name: &str) -> Self {
        let mut named = self.clone();
        if named.name.is_empty() {
            name.clone_into(&mut named.name);
        }
        named
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_come_apart_at_the_right_colon() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let table = [
            ("web", "web", None, None),
            ("web:2", "web", Some("2"), None),
            ("localhost:5000/web", "localhost:5000/web", None, None),
            (
                "localhost:5000/web:2",
                "localhost:5000/web",
                Some("2"),
                None,
            ),
            (":2", "", Some("2"), None),
        ];
        for (text, name, tag, digest) in table {
            let found = Reference::parse(text);
            let parts = (
                found.name.as_str(),
                found.tag.as_deref(),
                found.digest.as_deref(),
            );
            assert_eq!(parts, (name, tag, digest), "{text}");
            assert_eq!(found.to_string(), text);
        }
        let both = Reference::wanted(&format!("a/web:2@{digest}")).unwrap();
        assert_eq!(both.tag.as_deref(), Some("2"));
        assert_eq!(both.digest, Some(digest));
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        assert_eq!(
            Reference::wanted("web"),
            Err(ReferenceError::Bare("web".to_owned()))
        );
        let wrong = Reference::wanted("web@sha256:abc");
        assert_eq!(wrong, Err(ReferenceError::Digest("sha256:abc".to_owned())));
        let wrong = Reference::wanted("web:a b");
        assert_eq!(wrong, Err(ReferenceError::Tag("a b".to_owned())));
        let wrong = Reference::wanted("we\nb:2");
        assert_eq!(wrong, Err(ReferenceError::Name("we\nb".to_owned())));
        let long = format!("web:{}", "a".repeat(MAX_TAG + 1));
        assert!(matches!(
            Reference::wanted(&long),
            Err(ReferenceError::Tag(_))
        ));
    }
}
