//! Ranges of versions: `>=1.2 <2 || ~3.1, ^4`, `1.2 - 1.4`, `1.x`.

use std::{cmp::Ordering, sync::LazyLock};

use regex::Regex;

use super::version::{Version, compare_pre};

/// One bound of a range.
pub struct Bound {
    operator: String,
    version: Version,
    /// Which of the numbers were left open.
    is_open: bool,
    is_minor_open: bool,
    is_patch_open: bool,
}

/// Any of these, in each of which all must hold.
pub type Range = Vec<Vec<Bound>>;

const OPERATORS: &str = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^";
const VERSION: &str = r"v?([0-9|x|X|*]+)(\.[0-9|x|X|*]+)?(\.[0-9|x|X|*]+)?(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?";

fn regex(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}

static ONE: LazyLock<Option<Regex>> =
    LazyLock::new(|| regex(&format!(r"^\s*({OPERATORS})\s*({VERSION})\s*$")));
static FIND: LazyLock<Option<Regex>> =
    LazyLock::new(|| regex(&format!(r"({OPERATORS})\s*({VERSION})")));
static SPAN: LazyLock<Option<Regex>> =
    LazyLock::new(|| regex(&format!(r"\s*({VERSION})\s+-\s+({VERSION})\s*")));
static ALL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    regex(&format!(
        r"^(\s*({OPERATORS})\s*({VERSION})\s*)((?:\s+|,\s*)({OPERATORS})\s*({VERSION})\s*)*$"
    ))
});

/// Reads a range; `None` where it is none.
pub fn parse(text: &str) -> Option<Range> {
    let spans = SPAN.as_ref()?;
    let text = spans.replace_all(text, ">= ${1}, <= ${11} ");
    text.split("||")
        .map(|part| {
            if !ALL.as_ref()?.is_match(part) {
                return None;
            }
            FIND.as_ref()?
                .find_iter(part)
                .map(|found| bound(found.as_str()))
                .collect()
        })
        .collect()
}

fn is_wild(part: &str) -> bool {
    matches!(part, "" | "x" | "X" | "*")
}

fn bound(text: &str) -> Option<Bound> {
    let parts = ONE.as_ref()?.captures(text)?;
    let part = |place: usize| parts.get(place).map_or("", |part| part.as_str());
    let (major, minor, patch, pre) = (part(3), part(4), part(5), part(6));
    let is_minor_wild = is_wild(minor.trim_start_matches('.'));
    let is_patch_wild = is_wild(patch.trim_start_matches('.'));
    let mut bound = Bound {
        operator: part(1).to_owned(),
        version: Version::parse("0.0.0")?,
        is_open: true,
        is_minor_open: false,
        is_patch_open: false,
    };
    let text = if is_wild(major) {
        format!("0.0.0{pre}")
    } else if is_minor_wild {
        bound.is_minor_open = true;
        format!("{major}.0.0{pre}")
    } else if is_patch_wild {
        bound.is_patch_open = true;
        format!("{major}{minor}.0{pre}")
    } else {
        bound.is_open = false;
        part(2).to_owned()
    };
    bound.version = Version::parse(&text)?;
    Some(bound)
}

/// Whether a version is in a range.
pub fn holds(range: &Range, version: &Version) -> bool {
    range
        .iter()
        .any(|bounds| bounds.iter().all(|bound| bound.holds(version)))
}

impl Bound {
    fn holds(&self, version: &Version) -> bool {
        let wanted = &self.version;
        let is_not = self.operator == "!=";
        if !version.pre.is_empty() && wanted.pre.is_empty() && (!is_not || self.is_open) {
            return false;
        }
        let order = version.compare(wanted);
        match self.operator.as_str() {
            "!=" => self.is_other(version, order),
            ">" => {
                if !self.is_open {
                    order == Ordering::Greater
                } else if version.major != wanted.major {
                    version.major > wanted.major
                } else if self.is_minor_open {
                    false
                } else if self.is_patch_open {
                    version.minor > wanted.minor
                } else {
                    order == Ordering::Greater
                }
            }
            "<" => order == Ordering::Less,
            ">=" | "=>" => order != Ordering::Less,
            "<=" | "=<" => {
                if !self.is_open {
                    return order != Ordering::Greater;
                }
                version.major <= wanted.major
                    && !(version.major == wanted.major
                        && version.minor > wanted.minor
                        && !self.is_minor_open)
            }
            "^" => self.holds_caret(version, order),
            "~" | "~>" => self.holds_tilde(version, order),
            _ if self.is_open => self.holds_tilde(version, order),
            _ => order == Ordering::Equal,
        }
    }

    fn is_other(&self, version: &Version, order: Ordering) -> bool {
        let wanted = &self.version;
        if !self.is_open {
            return order != Ordering::Equal;
        }
        if version.major != wanted.major {
            return true;
        }
        if self.is_minor_open {
            return false;
        }
        if version.minor != wanted.minor {
            return true;
        }
        if self.is_patch_open {
            return compare_pre(&version.pre, &wanted.pre) != Ordering::Equal;
        }
        order != Ordering::Equal
    }

    fn holds_tilde(&self, version: &Version, order: Ordering) -> bool {
        let wanted = &self.version;
        if order == Ordering::Less {
            return false;
        }
        let is_zero = wanted.major == 0 && wanted.minor == 0 && wanted.patch == 0;
        if is_zero && !self.is_minor_open && !self.is_patch_open {
            return true;
        }
        version.major == wanted.major && (version.minor == wanted.minor || self.is_minor_open)
    }

    fn holds_caret(&self, version: &Version, order: Ordering) -> bool {
        let wanted = &self.version;
        if order == Ordering::Less || version.major != wanted.major {
            return false;
        }
        if wanted.major > 0 || self.is_minor_open {
            return true;
        }
        if wanted.minor > 0 || self.is_patch_open {
            return version.minor == wanted.minor;
        }
        version.minor == 0 && version.patch == wanted.patch
    }
}
