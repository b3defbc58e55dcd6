//! The arguments of calls, by the types that Go gives parameters.

use super::{
    eval::{Evaluated, State, Stop, wrong},
    function::{Function, Parameter},
    node::{Operand, Term},
    number::Number,
    value::{ListType, Value},
};

impl<'t> State<'t> {
    /// Evaluates the arguments of a call, each checked against its parameter.
    pub fn arguments(
        &mut self,
        dot: &Value,
        at: usize,
        function: &'static Function,
        operands: &'t [Operand],
        last: Option<Value>,
        values: &mut Vec<Value>,
    ) -> Result<(), Stop> {
        let given = values.len();
        let count = given + operands.len() + usize::from(last.is_some());
        let fixed = function.fixed.len();
        if count < fixed || (count > fixed && function.rest.is_none()) {
            return wrong(at, "wrong number of arguments");
        }
        let parameter = |place: usize| {
            let fixed = function.fixed.get(place).copied();
            fixed.or(function.rest).unwrap_or(Parameter::Any)
        };
        for (place, operand) in operands.iter().enumerate() {
            let value = self.argument(dot, parameter(given + place), operand)?;
            values.push(value);
        }
        if let Some(last) = last {
            values.push(checked(at, parameter(count - 1), last)?);
        }
        Ok(())
    }

    fn argument(&mut self, dot: &Value, parameter: Parameter, operand: &'t Operand) -> Evaluated {
        let at = operand.at;
        let value = match (&operand.term, parameter) {
            (Term::Number(number), Parameter::Int) => match number.int {
                Some(int) => return Ok(Value::Int(int)),
                None => return wrong(at, "expected integer"),
            },
            (Term::Number(number), Parameter::Uint32) => match number.uint {
                Some(int) => return Ok(Value::Uint64(int)),
                None => return wrong(at, "expected unsigned integer"),
            },
            (Term::Number(number), Parameter::Float) => match number.float {
                Some(float) => return Ok(Value::Float(float)),
                None => return wrong(at, "expected float"),
            },
            (
                Term::Bool(_) | Term::Number(_) | Term::Text(_),
                Parameter::Dict | Parameter::Time | Parameter::List,
            ) => {
                return wrong(at, "wrong type for an argument");
            }
            _ => self.operand(dot, operand)?,
        };
        checked(at, parameter, value)
    }
}

/// Lets a value through if Go could assign it to the parameter.
fn checked(at: usize, parameter: Parameter, value: Value) -> Evaluated {
    let fits = match (parameter, &value) {
        (Parameter::Any, Value::Missing | Value::Nil) => return Ok(Value::Nil),
        (Parameter::Any, _)
        | (Parameter::Text, Value::Text(_))
        | (Parameter::Int, Value::Int(_))
        | (Parameter::Float, Value::Float(_))
        | (Parameter::Bool, Value::Bool(_))
        | (Parameter::Time, Value::Time(_))
        | (Parameter::Dict | Parameter::List, Value::Missing | Value::Nil) => true,
        (Parameter::Dict, Value::Map(map)) => !map.is_text,
        (Parameter::List, Value::List(list)) => list.kind == ListType::Any,
        _ => false,
    };
    if fits {
        Ok(value)
    } else {
        wrong(at, "wrong type for an argument")
    }
}

/// The type of a number where any type will do, by its form.
pub fn constant(at: usize, number: &Number) -> Evaluated {
    if let Some((real, imaginary)) = number.complex {
        return Ok(Value::Complex(real, imaginary));
    }
    if let (Some(float), true) = (number.float, number.looks_float) {
        return Ok(Value::Float(float));
    }
    match number.int {
        Some(int) => Ok(Value::Int(int)),
        None => wrong(at, "number overflows int"),
    }
}
