//! Options in the query of a request.

use std::{collections::BTreeMap, time::Duration};

use axum::{extract, http::Uri};
use serde_json::Value;

use crate::sandbox::error::{ApiError, ApiResult, Cause};

/// The parameters of a query; of several of one name the first counts.
#[derive(Clone, Debug, Default)]
pub struct Query(BTreeMap<String, Vec<String>>);

impl Query {
    /// Reads the query of an address.
    ///
    /// # Errors
    /// It is not form-encoded.
    pub fn of(uri: &Uri) -> ApiResult<Self> {
        let pairs = extract::Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|error| ApiError::bad_request(error.body_text()))?;
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in pairs.0 {
            found.entry(name).or_default().push(value);
        }
        Ok(Self(found))
    }

    /// One parameter; absent reads as empty.
    pub fn text(&self, name: &str) -> &str {
        self.0
            .get(name)
            .and_then(|values| values.first())
            .map_or("", String::as_str)
    }

    /// Whether a parameter is there.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether a parameter is set to something true, as `Convert_Slice_string_To_bool` has it.
    pub fn flag(&self, name: &str) -> bool {
        self.has(name) && !matches!(self.text(name), "false" | "0")
    }

    /// A flag that may be absent.
    pub fn tristate(&self, name: &str) -> Option<bool> {
        self.has(name).then(|| self.flag(name))
    }

    /// A whole number, if the parameter is there.
    ///
    /// # Errors
    /// It is no whole number.
    pub fn number(&self, name: &str) -> ApiResult<Option<i64>> {
        let text = self.text(name);
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| {
            ApiError::bad_request(format!(
                "strconv.ParseInt: parsing {text:?}: invalid syntax"
            ))
        })
    }

    /// How long a watch may take.
    ///
    /// # Errors
    /// It is no whole number.
    pub fn timeout(&self) -> ApiResult<Option<Duration>> {
        Ok(self
            .number("timeoutSeconds")?
            .and_then(|seconds| u64::try_from(seconds).ok())
            .filter(|seconds| *seconds > 0)
            .map(Duration::from_secs))
    }

    /// All values of a parameter.
    pub fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether nothing shall be kept; `options` is the kind that the error names.
    ///
    /// # Errors
    /// It is anything but `All`.
    pub fn dry_run(&self, options: &str) -> ApiResult<bool> {
        let given = self.0.get("dryRun").map(Vec::as_slice).unwrap_or_default();
        check_dry_run(given.iter().map(String::as_str), options)
    }
}

/// Whether a list of dry-run directives asks for one.
///
/// # Errors
/// One is anything but `All`.
pub fn check_dry_run<'a>(given: impl Iterator<Item = &'a str>, options: &str) -> ApiResult<bool> {
    let given: Vec<&str> = given.collect();
    if given.iter().all(|text| *text == "All") {
        return Ok(!given.is_empty());
    }
    let cause = Cause::unsupported("dryRun", &Value::from(given), &["All"]);
    Err(ApiError::invalid("meta.k8s.io", options, "", &[cause]))
}
