//! Reading one object.

use axum::response::Response;

use super::{handle::Call, object::internal_package, reply};
use crate::sandbox::{
    error::{ApiError, ApiResult},
    store::{GroupResource, Place, Stored},
    write::shelf_of,
};

impl Call {
    /// The resource as errors name it.
    pub fn named(&self) -> GroupResource {
        GroupResource::new(&self.resource.gvk.group, &self.resource.plural)
    }

    /// An object as the client wants to see it.
    pub fn show(&self, code: u16, stored: &Stored) -> Response {
        let now = self.sandbox.clock().now();
        let json = self.accept.form.one(&self.resource, stored, now, true);
        reply::bytes(code, json, self.accept.encoding)
    }

    /// Refuses metadata of one object where it is a list, and the reverse.
    ///
    /// # Errors
    /// 406.
    pub fn check_form(&self, is_list: bool) -> ApiResult<()> {
        let Some(asked_list) = self.accept.asked_list.filter(|asked| *asked != is_list) else {
            return Ok(());
        };
        let gvk = &self.resource.gvk;
        let end = if is_list { "List" } else { "" };
        let type_name = if self.resource.custom {
            format!("*unstructured.Unstructured{end}")
        } else {
            format!("*{}.{}{end}", internal_package(&gvk.group), gvk.kind)
        };
        Err(ApiError::unfit_form(if asked_list {
            format!(
                "you requested PartialObjectMetadataList, but the requested object is not a list ({type_name})"
            )
        } else {
            format!(
                "you requested PartialObjectMetadata, but the requested object is a list ({type_name})"
            )
        }))
    }

    /// The version that a reader insists on at least.
    pub fn check_version(&self, version: &str) -> ApiResult<u64> {
        let asked = parse_version(version)?;
        let current = self.sandbox.read(|store| store.version());
        if asked > current {
            return Err(ApiError::too_large_version(asked, current));
        }
        Ok(asked)
    }
}

/// Reads a resourceVersion; empty is 0.
pub fn parse_version(text: &str) -> ApiResult<u64> {
    if text.is_empty() {
        return Ok(0);
    }
    text.parse().map_err(|_| {
        let cause = crate::sandbox::error::Cause::invalid(
            "resourceVersion",
            &text.into(),
            &format!("strconv.ParseUint: parsing {text:?}: invalid syntax"),
        );
        ApiError::unknown(cause.to_string())
    })
}

/// `GET` of one object.
pub fn get(call: &Call) -> ApiResult<Response> {
    call.check_form(false)?;
    call.check_version(call.query.text("resourceVersion"))?;
    let place = Place::new(&call.path.namespace, &call.path.name);
    let stored = call
        .sandbox
        .read(|store| store.get(&shelf_of(&call.resource), &place))
        .ok_or_else(|| ApiError::not_found(&call.named(), &call.path.name))?;
    Ok(call.show(200, &stored))
}
