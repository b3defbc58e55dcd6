//! What a query gives.

use super::{Labels, Sample};

/// One element of an instant vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// Its labels.
    pub labels: Labels,
    /// Its value.
    pub value: f64,
}

/// One series of a range vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its labels.
    pub labels: Labels,
    /// Its samples, in order.
    pub samples: Vec<Sample>,
}

/// What a query gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// One number.
    Scalar(f64),
    /// A text.
    Text(String),
    /// One value for each of some series.
    Vector(Vec<Element>),
    /// Some values for each of some series.
    Matrix(Vec<Line>),
}
