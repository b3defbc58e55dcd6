//! The tree of a parsed template.

use std::collections::BTreeMap;

use super::{function::Function, number::Number, value::Text};

/// Nodes one after the other.
pub type Nodes = Vec<Node>;

/// The templates of one text by name, the text itself among them.
pub type Trees = BTreeMap<Text, Nodes>;

pub enum Node {
    Text(Text),
    Action(Pipe),
    Branch(Branch),
    Template {
        at: usize,
        name: Text,
        pipe: Option<Pipe>,
    },
    Break,
    Continue,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum BranchKind {
    If,
    With,
    Range,
}

pub struct Branch {
    pub kind: BranchKind,
    pub pipe: Pipe,
    pub body: Nodes,
    pub otherwise: Nodes,
}

/// `$a, $b := command | command`.
pub struct Pipe {
    pub at: usize,
    pub is_assignment: bool,
    pub variables: Vec<Text>,
    pub commands: Vec<Command>,
}

/// Operands, the first of which is what is done; never empty.
pub struct Command {
    pub first: Operand,
    pub rest: Vec<Operand>,
}

pub struct Operand {
    pub at: usize,
    pub term: Term,
}

pub enum Term {
    Bool(bool),
    Dot,
    Nil,
    Number(Number),
    Text(Text),
    /// `.a.b`, never empty.
    Field(Vec<Text>),
    /// `$x.a.b`: the variable with its `$`, and fields.
    Variable(Text, Vec<Text>),
    Function(&'static Function),
    Pipe(Box<Pipe>),
    /// `(…).a.b`.
    Chain(Box<Operand>, Vec<Text>),
}
