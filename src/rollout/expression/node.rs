//! The parts of an expression.

use super::value::Value;

/// A part of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Value(Value),
    Name(String),
    /// `#`, `#index`, `#acc`: without the sign.
    Pointer(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
    Unary(String, Box<Node>),
    Binary(String, Box<Node>, Box<Node>),
    /// A member or an element, and whether nothing is looked up in nil (`?.`).
    Member(Box<Node>, Box<Node>, bool),
    Slice(Box<Node>, Option<Box<Node>>, Option<Box<Node>>),
    Call(String, Vec<Node>),
    /// What a predicate does with each element.
    Closure(Box<Node>),
    Condition(Box<Node>, Box<Node>, Box<Node>),
    /// `let name = value; body`.
    Let(String, Box<Node>, Box<Node>),
}
