//! From a branch, tag or commit as it is written to the full id of a commit.

use std::collections::BTreeMap;

use crate::template::{version::Version, version_range};

/// The shortest beginning of an id that counts as one.
const MIN_SHORT_ID: usize = 7;

/// The names of a repository with the commits that they stand at; annotated tags are followed to the commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refs(pub(super) BTreeMap<String, String>);

/// What a revision turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Resolved {
    /// A full id.
    Commit(String),
    /// What may be the beginning of an id.
    Prefix(String),
    /// Nothing.
    Unknown,
}

impl Refs {
    /// Finds what a revision names, as upstream does: a full id as it is, then names, then the beginning of an id.
    pub(super) fn resolve(&self, revision: &str) -> Resolved {
        let revision = if revision.is_empty() {
            "HEAD"
        } else {
            revision
        };
        if is_full_id(revision) {
            return Resolved::Commit(revision.to_lowercase());
        }
        if let Some(commit) = self.highest(revision) {
            return Resolved::Commit(commit);
        }
        let names = [
            revision.to_owned(),
            format!("refs/heads/{revision}"),
            format!("refs/tags/{revision}"),
        ];
        if let Some(commit) = names.iter().find_map(|name| self.0.get(name)) {
            return Resolved::Commit(commit.clone());
        }
        if revision.len() >= MIN_SHORT_ID && is_hex(revision) {
            return Resolved::Prefix(revision.to_lowercase());
        }
        Resolved::Unknown
    }
}

impl Refs {
    /// The commit of the highest tag within a range of versions; `None` for what is no range.
    fn highest(&self, range: &str) -> Option<String> {
        if Version::parse(range).is_some() {
            return None;
        }
        let range = version_range::parse(range)?;
        let tags = self.0.iter().filter_map(|(name, commit)| {
            let version = Version::parse(name.strip_prefix("refs/tags/")?)?;
            version_range::holds(&range, &version).then_some((version, commit))
        });
        tags.max_by(|(one, _), (other, _)| one.compare(other))
            .map(|(_, commit)| commit.clone())
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_full_id(text: &str) -> bool {
    text.len() == 40 && is_hex(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_before_short_ids() {
        let id = |letter: &str| letter.repeat(40);
        let refs = Refs(
            [
                ("HEAD", "a"),
                ("refs/heads/main", "a"),
                ("refs/heads/deadbeef", "b"),
                ("refs/tags/v1.0.0", "c"),
            ]
            .map(|(name, letter)| (name.to_owned(), id(letter)))
            .into(),
        );
        for (revision, expected) in [
            ("", Resolved::Commit(id("a"))),
            ("HEAD", Resolved::Commit(id("a"))),
            ("main", Resolved::Commit(id("a"))),
            ("refs/heads/main", Resolved::Commit(id("a"))),
            ("v1.0.0", Resolved::Commit(id("c"))),
            ("deadbeef", Resolved::Commit(id("b"))),
            ("DEADBEE", Resolved::Prefix("deadbee".to_owned())),
            ("deadbe", Resolved::Unknown),
            ("none", Resolved::Unknown),
            ("../main", Resolved::Unknown),
        ] {
            assert_eq!(refs.resolve(revision), expected, "{revision}");
        }
        assert_eq!(refs.resolve(&id("D")), Resolved::Commit(id("d")));
    }

    #[test]
    fn a_range_is_the_highest_tag_within_it() {
        let id = |letter: &str| letter.repeat(40);
        let refs = Refs(
            [
                ("refs/heads/main", "a"),
                ("refs/tags/v1.2.0", "b"),
                ("refs/tags/v1.10.0", "c"),
                ("refs/tags/2.0.0", "d"),
                ("refs/tags/3.0.0-rc.1", "e"),
                ("refs/tags/latest", "f"),
            ]
            .map(|(name, letter)| (name.to_owned(), id(letter)))
            .into(),
        );
        for (range, expected) in [
            ("1.*", Resolved::Commit(id("c"))),
            ("^1.2", Resolved::Commit(id("c"))),
            ("~1.2.0", Resolved::Commit(id("b"))),
            (">=1.0.0", Resolved::Commit(id("d"))),
            (">=3.0.0-0", Resolved::Commit(id("e"))),
            ("v1.2.0", Resolved::Commit(id("b"))),
            ("*", Resolved::Commit(id("d"))),
            (">=9", Resolved::Unknown),
            ("latest", Resolved::Commit(id("f"))),
        ] {
            assert_eq!(refs.resolve(range), expected, "{range}");
        }
    }
}
