//! Semantic versions, as `Masterminds/semver` v3 reads them.

use std::{cmp::Ordering, rc::Rc};

use super::{
    super::value::Value,
    signature::{
        Fault, Function,
        Parameter::{Any, Text},
        any, bytes,
    },
    version_range,
};

/// A version with what it was written as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The first number.
    pub major: u64,
    /// The second number.
    pub minor: u64,
    /// The third number.
    pub patch: u64,
    /// What stands after `-`.
    pub pre: String,
    /// What stands after `+`.
    pub metadata: String,
    /// As it was written.
    pub original: String,
}

/// Functions of templates.
pub const FUNCTIONS: &[Function] = &[
    Function::new("semver", &[Text], |_, values| {
        let version = version(bytes(values, 0))?;
        Ok(Value::Version(Rc::new(version)))
    }),
    Function::new("semverCompare", &[Text, Text], |call, values| {
        call.budget.take(1 + bytes(values, 0).len())?;
        let range = std::str::from_utf8(bytes(values, 0)).map_err(|_| Fault::Failed)?;
        let range = version_range::parse(range).ok_or(Fault::Failed)?;
        let version = version(bytes(values, 1))?;
        Ok(Value::Bool(version_range::holds(&range, &version)))
    }),
];

/// Methods of a version in templates.
pub const METHODS: &[Function] = &[
    Function::new("Major", &[Any], |_, values| {
        of(values, |version| Value::Uint64(version.major))
    }),
    Function::new("Minor", &[Any], |_, values| {
        of(values, |version| Value::Uint64(version.minor))
    }),
    Function::new("Patch", &[Any], |_, values| {
        of(values, |version| Value::Uint64(version.patch))
    }),
    Function::new("Prerelease", &[Any], |_, values| {
        of(values, |version| Value::text(version.pre.as_str()))
    }),
    Function::new("Metadata", &[Any], |_, values| {
        of(values, |version| Value::text(version.metadata.as_str()))
    }),
    Function::new("Original", &[Any], |_, values| {
        of(values, |version| Value::text(version.original.as_str()))
    }),
    Function::new("String", &[Any], |_, values| {
        of(values, |version| Value::text(version.shown()))
    }),
];

fn of(values: &[Value], run: impl Fn(&Version) -> Value) -> Result<Value, Fault> {
    match any(values, 0) {
        Value::Version(version) => Ok(run(version)),
        _ => Err(Fault::Failed),
    }
}

fn version(text: &[u8]) -> Result<Version, Fault> {
    let text = std::str::from_utf8(text).map_err(|_| Fault::Failed)?;
    Version::parse(text).ok_or(Fault::Failed)
}

fn are_identifiers(text: &str) -> bool {
    text.split('.').all(|part| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

impl Version {
    /// `v1.2.3-pre+build`; minor and patch may be absent.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.strip_prefix('v').unwrap_or(text);
        let (plain, metadata) = plain
            .split_once('+')
            .map_or((plain, None), |(plain, rest)| (plain, Some(rest)));
        let (numbers, pre) = plain
            .split_once('-')
            .map_or((plain, None), |(numbers, rest)| (numbers, Some(rest)));
        let mut parts = Vec::new();
        for part in numbers.split('.') {
            if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            parts.push(part.parse().ok()?);
        }
        if parts.len() > 3 || ![pre, metadata].into_iter().flatten().all(are_identifiers) {
            return None;
        }
        let is_padded = |part: &str| {
            part.len() > 1
                && part.starts_with('0')
                && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if pre.is_some_and(|pre| pre.split('.').any(is_padded)) {
            return None;
        }
        let number = |place: usize| parts.get(place).copied().unwrap_or(0);
        Some(Self {
            major: number(0),
            minor: number(1),
            patch: number(2),
            pre: pre.unwrap_or("").to_owned(),
            metadata: metadata.unwrap_or("").to_owned(),
            original: text.to_owned(),
        })
    }

    /// The version in full.
    pub fn shown(&self) -> String {
        let mut text = format!("{}.{}.{}", self.major, self.minor, self.patch);
        for (mark, part) in [('-', &self.pre), ('+', &self.metadata)] {
            if !part.is_empty() {
                text.push(mark);
                text.push_str(part);
            }
        }
        text
    }

    /// Precedence, for which metadata does not count.
    pub fn compare(&self, other: &Self) -> Ordering {
        let numbers = |version: &Self| (version.major, version.minor, version.patch);
        numbers(self)
            .cmp(&numbers(other))
            .then_with(|| compare_pre(&self.pre, &other.pre))
    }
}

/// Precedence of pre-releases; none is above any.
pub fn compare_pre(left: &str, right: &str) -> Ordering {
    match (left.is_empty(), right.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(left), Some(right)) => match (left.parse::<u64>(), right.parse::<u64>()) {
                (Ok(left), Ok(right)) => left.cmp(&right),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => left.cmp(right),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}
