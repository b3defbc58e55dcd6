//! Options of writes (`apimachinery/pkg/apis/meta/v1/validation`).

use serde_json::Value;

use super::{handle::Call, query::Query};
use crate::{
    object::patch::managed::{MAX_MANAGER_NAME, default_manager, unprintable},
    sandbox::error::{ApiError, ApiResult, Cause},
};

/// The name under which a request writes: its `fieldManager`, or what its `User-Agent` begins with.
pub fn manager(query: &Query, user_agent: &str) -> String {
    match query.text("fieldManager") {
        "" => default_manager(user_agent),
        name => name.to_owned(),
    }
}

impl Call {
    /// Checks the options of a write; tells whether nothing shall be kept. `options` is the kind that the
    /// error names.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub fn write_options(&self, options: &str, is_apply: bool) -> ApiResult<bool> {
        let mut causes = Vec::new();
        let manager = self.query.text("fieldManager");
        if options == "PatchOptions" {
            if is_apply && manager.is_empty() {
                causes.push(Cause::required(
                    "fieldManager",
                    "is required for apply patch",
                ));
            }
            if !is_apply && self.query.has("force") {
                let why = "may not be specified for non-apply patch";
                causes.push(Cause::forbidden("force", why));
            }
        }
        if manager.len() > MAX_MANAGER_NAME {
            causes.push(Cause::too_long("fieldManager", MAX_MANAGER_NAME));
        }
        for why in unprintable(manager) {
            causes.push(Cause::invalid("fieldManager", &manager.into(), &why));
        }
        let dry_run = self.query.dry_run(options).is_ok();
        if !dry_run {
            let given = Value::from(self.query.all("dryRun"));
            causes.push(Cause::unsupported("dryRun", &given, &["All"]));
        }
        let strictness = self.query.text("fieldValidation");
        if !matches!(strictness, "" | "Ignore" | "Strict" | "Warn") {
            let known = ["", "Ignore", "Strict", "Warn"];
            causes.push(Cause::unsupported(
                "fieldValidation",
                &strictness.into(),
                &known,
            ));
        }
        if causes.is_empty() {
            return self.query.dry_run(options);
        }
        Err(ApiError::invalid("meta.k8s.io", options, "", &causes))
    }
}
