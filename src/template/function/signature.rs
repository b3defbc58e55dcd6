//! What a function of templates is.

use super::super::{
    budget::Budget,
    policy::Policy,
    print,
    template_error::Limit,
    value::{Map, Text, Value},
};

/// Why a function gave nothing; never with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Failed,
    Refused,
    Limit(Limit),
}

impl From<Limit> for Fault {
    fn from(limit: Limit) -> Self {
        Self::Limit(limit)
    }
}

pub type Called = Result<Value, Fault>;

/// Go's type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    Any,
    Bool,
    /// `map[string]interface{}`; nil fits.
    Dict,
    Float,
    Int,
    /// `[]interface{}`; nil fits.
    List,
    Text,
    Time,
    Uint32,
}

/// What runs a function.
#[derive(Clone, Copy)]
pub enum Run {
    And,
    Or,
    Call(fn(&mut Call, &[Value]) -> Called),
    /// Its arguments are looked at; it never runs.
    Refused,
}

pub struct Function {
    pub name: &'static str,
    pub fixed: &'static [Parameter],
    pub rest: Option<Parameter>,
    pub run: Run,
}

impl Function {
    pub const fn new(
        name: &'static str,
        fixed: &'static [Parameter],
        run: fn(&mut Call, &[Value]) -> Called,
    ) -> Self {
        Self {
            name,
            fixed,
            rest: None,
            run: Run::Call(run),
        }
    }

    pub const fn variadic(
        name: &'static str,
        fixed: &'static [Parameter],
        rest: Parameter,
        run: fn(&mut Call, &[Value]) -> Called,
    ) -> Self {
        Self {
            name,
            fixed,
            rest: Some(rest),
            run: Run::Call(run),
        }
    }

    pub const fn refused(name: &'static str, fixed: &'static [Parameter]) -> Self {
        Self {
            name,
            fixed,
            rest: None,
            run: Run::Refused,
        }
    }
}

/// What a running function may use.
pub struct Call<'c> {
    pub budget: &'c mut Budget,
    pub policy: &'c Policy,
}

impl Call<'_> {
    /// A text made by a function, counted.
    pub fn text(&mut self, text: impl Into<Text>) -> Called {
        let text = text.into();
        self.budget.take_bytes(text.bytes().len())?;
        Ok(Value::Text(text))
    }

    /// A list made by a function, counted.
    pub fn list(&mut self, items: Vec<Value>) -> Called {
        self.budget.take(items.len())?;
        Ok(Value::list(items))
    }

    /// Sprig's `strval`.
    pub fn string(&mut self, value: &Value) -> Result<Text, Fault> {
        print::to_text(value, self.budget)
    }
}

/// The bytes of a string argument; the signature has checked its type.
pub fn bytes(values: &[Value], place: usize) -> &[u8] {
    match values.get(place) {
        Some(Value::Text(text)) => text.bytes(),
        _ => &[],
    }
}

/// An int argument.
pub fn int(values: &[Value], place: usize) -> i64 {
    match values.get(place) {
        Some(Value::Int(int)) => *int,
        _ => 0,
    }
}

/// Any argument.
pub fn any(values: &[Value], place: usize) -> &Value {
    values.get(place).unwrap_or(&Value::Nil)
}

/// A dict argument; none for nil.
pub fn dict(values: &[Value], place: usize) -> Option<&Map> {
    match values.get(place) {
        Some(Value::Map(map)) => Some(map),
        _ => None,
    }
}

/// The items of a list argument of any type.
pub fn items(values: &[Value], place: usize) -> Result<&[Value], Fault> {
    match values.get(place) {
        Some(Value::List(list)) => Ok(&list.items),
        _ => Err(Fault::Failed),
    }
}

/// Arguments from a place on.
pub fn from(values: &[Value], place: usize) -> &[Value] {
    values.get(place..).unwrap_or_default()
}
