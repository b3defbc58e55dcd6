//! Binary operators on two numbers.

use promql_parser::parser::token::{
    T_ADD, T_ATAN2, T_DIV, T_EQLC, T_GTE, T_GTR, T_LSS, T_LTE, T_MOD, T_MUL, T_NEQ, T_POW, T_SUB,
    TokenType,
};

use super::QueryError;

/// What an operator does with two numbers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Operator {
    /// Gives a number, of another metric.
    Arithmetic(fn(f64, f64) -> f64),
    /// Says yes or no.
    Comparison(fn(&f64, &f64) -> bool),
}

impl Operator {
    pub(super) fn of(token: TokenType) -> Result<Self, QueryError> {
        let operator = match token.id() {
            T_ADD => Self::Arithmetic(|a, b| a + b),
            T_SUB => Self::Arithmetic(|a, b| a - b),
            T_MUL => Self::Arithmetic(|a, b| a * b),
            T_DIV => Self::Arithmetic(|a, b| a / b),
            T_MOD => Self::Arithmetic(|a, b| a % b),
            T_POW => Self::Arithmetic(f64::powf),
            T_ATAN2 => Self::Arithmetic(f64::atan2),
            T_EQLC => Self::Comparison(f64::eq),
            T_NEQ => Self::Comparison(f64::ne),
            T_GTR => Self::Comparison(f64::gt),
            T_LSS => Self::Comparison(f64::lt),
            T_GTE => Self::Comparison(f64::ge),
            T_LTE => Self::Comparison(f64::le),
            _ => {
                return Err(QueryError::execution(format!(
                    "operator \"{token}\" not allowed for operations between vectors"
                )));
            }
        };
        Ok(operator)
    }

    pub(super) fn is_arithmetic(self) -> bool {
        matches!(self, Self::Arithmetic(_))
    }

    /// The value, or nothing where a comparison says no; `kept` is the value that a comparison keeps.
    pub(super) fn apply(self, left: f64, right: f64, kept: f64, is_bool: bool) -> Option<f64> {
        match self {
            Self::Arithmetic(operation) => Some(operation(left, right)),
            Self::Comparison(compare) if is_bool => {
                Some(if compare(&left, &right) { 1.0 } else { 0.0 })
            }
            Self::Comparison(compare) => compare(&left, &right).then_some(kept),
        }
    }
}
