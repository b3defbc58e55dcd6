//! Vectors in order of their values.

use std::cmp::Ordering;

use crate::promql::Element;

/// By value, what is not a number last; equal values keep their order.
pub(in crate::promql) fn sorted(mut elements: Vec<Element>, is_descending: bool) -> Vec<Element> {
    elements.sort_by(
        |one, other| match (one.value.is_nan(), other.value.is_nan()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => {
                let order = one.value.total_cmp(&other.value);
                if is_descending {
                    order.reverse()
                } else {
                    order
                }
            }
        },
    );
    elements
}
