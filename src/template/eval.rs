//! Runs a parsed template, after Go's `text/template/exec.go`.

use super::{
    arguments::constant,
    budget::{Budget, MAX_DEPTH, MAX_OUTPUT_BYTES},
    function::{self, Call, Fault, Function, Run},
    node::{Branch, BranchKind, Command, Node, Nodes, Operand, Pipe, Term, Trees},
    policy::Policy,
    print,
    template_error::{Class, Limit},
    value::{Text, Value},
};
use crate::secret::Hidden;

/// Why a run stopped, and at which byte of the text.
#[derive(Debug)]
pub struct Stop {
    pub at: usize,
    pub class: Class,
}

pub type Evaluated = Result<Value, Stop>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Next,
    Break,
    Continue,
}

const NO_VALUE: &[u8] = b"<no value>";

pub fn wrong<T>(at: usize, what: &'static str) -> Result<T, Stop> {
    let class = Class::Wrong(what);
    Err(Stop { at, class })
}

fn limit(at: usize, limit: Limit) -> Stop {
    let class = Class::Limit(limit);
    Stop { at, class }
}

/// Runs the named template of the trees over the data.
pub fn run(
    text: &str,
    trees: &Trees,
    name: &Text,
    data: Value,
    policy: &Policy,
) -> Result<Hidden<Vec<u8>>, Stop> {
    let mut state = State {
        trees,
        policy,
        budget: Budget::default(),
        output: Hidden::new(Vec::with_capacity(text.len())),
        variables: vec![(Text::from("$"), data.clone())],
        depth: 0,
    };
    if let Some(nodes) = trees.get(name) {
        state.nodes(&data, nodes)?;
    }
    Ok(state.output)
}

pub struct State<'t> {
    trees: &'t Trees,
    policy: &'t Policy,
    budget: Budget,
    output: Hidden<Vec<u8>>,
    variables: Vec<(Text, Value)>,
    depth: usize,
}

impl<'t> State<'t> {
    fn enter(&mut self, at: usize) -> Result<(), Stop> {
        self.budget.take(1).map_err(|reached| limit(at, reached))?;
        if self.depth >= MAX_DEPTH {
            return Err(limit(at, Limit::Depth));
        }
        self.depth += 1;
        Ok(())
    }

    fn write(&mut self, at: usize, bytes: &[u8]) -> Result<(), Stop> {
        let output = self.output.expose_mut();
        if output.len() + bytes.len() > MAX_OUTPUT_BYTES {
            return Err(limit(at, Limit::Output));
        }
        let taken = self.budget.take(1 + bytes.len() / 64);
        taken.map_err(|reached| limit(at, reached))?;
        self.output.expose_mut().extend_from_slice(bytes);
        Ok(())
    }

    fn nodes(&mut self, dot: &Value, nodes: &'t Nodes) -> Result<Flow, Stop> {
        for node in nodes {
            match node {
                Node::Text(text) => self.write(0, text.bytes())?,
                Node::Action(pipe) => {
                    let value = self.pipe(dot, pipe)?;
                    if pipe.variables.is_empty() {
                        self.print(pipe.at, &value)?;
                    }
                }
                Node::Branch(branch) => {
                    let mark = self.variables.len();
                    self.enter(branch.pipe.at)?;
                    let flow = self.branch(dot, branch)?;
                    self.depth -= 1;
                    self.variables.truncate(mark);
                    if flow != Flow::Next {
                        return Ok(flow);
                    }
                }
                Node::Template { at, name, pipe } => {
                    self.template(dot, *at, name, pipe.as_ref())?
                }
                Node::Break => return Ok(Flow::Break),
                Node::Continue => return Ok(Flow::Continue),
            }
        }
        Ok(Flow::Next)
    }

    fn print(&mut self, at: usize, value: &Value) -> Result<(), Stop> {
        match value {
            Value::Missing | Value::Nil => self.write(at, NO_VALUE),
            Value::Text(text) => self.write(at, text.bytes()),
            _ => match print::to_text(value, &mut self.budget) {
                Ok(text) => self.write(at, text.bytes()),
                Err(Fault::Limit(reached)) => Err(limit(at, reached)),
                Err(_) => wrong(at, "value cannot be printed"),
            },
        }
    }

    fn branch(&mut self, dot: &Value, branch: &'t Branch) -> Result<Flow, Stop> {
        let value = self.pipe(dot, &branch.pipe)?;
        match branch.kind {
            BranchKind::Range => self.range(dot, branch, &value),
            _ if !value.is_true() => self.nodes(dot, &branch.otherwise),
            BranchKind::If => self.nodes(dot, &branch.body),
            BranchKind::With => self.nodes(&value, &branch.body),
        }
    }

    fn range(&mut self, dot: &Value, branch: &'t Branch, value: &Value) -> Result<Flow, Stop> {
        let at = branch.pipe.at;
        let mut is_empty = true;
        match value {
            Value::Int(count) | Value::Int64(count) => {
                if branch.pipe.variables.len() > 1 {
                    return wrong(at, "range over a number gives one variable only");
                }
                for number in 0..*count {
                    is_empty = false;
                    let item = match value {
                        Value::Int(_) => Value::Int(number),
                        _ => Value::Int64(number),
                    };
                    if !self.iteration(branch, Value::Missing, item)? {
                        break;
                    }
                }
            }
            Value::Uint8(_) | Value::Uint64(_) => {
                if branch.pipe.variables.len() > 1 {
                    return wrong(at, "range over a number gives one variable only");
                }
                let (count, is_byte) = match value {
                    Value::Uint8(count) => (u64::from(*count), true),
                    Value::Uint64(count) => (*count, false),
                    _ => (0, false),
                };
                for number in 0..count {
                    is_empty = false;
                    let item = match u8::try_from(number) {
                        Ok(number) if is_byte => Value::Uint8(number),
                        _ => Value::Uint64(number),
                    };
                    if !self.iteration(branch, Value::Missing, item)? {
                        break;
                    }
                }
            }
            Value::List(list) => {
                for (place, item) in list.items.iter().enumerate() {
                    is_empty = false;
                    let place = Value::Int(i64::try_from(place).unwrap_or(i64::MAX));
                    if !self.iteration(branch, place, item.clone())? {
                        break;
                    }
                }
            }
            Value::Map(map) => {
                let entries = map.entries.borrow().clone();
                let taken = self.budget.take(entries.len());
                taken.map_err(|reached| limit(at, reached))?;
                for (key, item) in entries {
                    is_empty = false;
                    if !self.iteration(branch, Value::Text(key), item)? {
                        break;
                    }
                }
            }
            Value::Missing | Value::Nil => {}
            _ => return wrong(at, "range cannot iterate over this type"),
        }
        if is_empty {
            return self.nodes(dot, &branch.otherwise);
        }
        Ok(Flow::Next)
    }

    /// One turn of a range; false after `break`.
    fn iteration(&mut self, branch: &'t Branch, index: Value, item: Value) -> Result<bool, Stop> {
        let at = branch.pipe.at;
        let taken = self.budget.take(1);
        taken.map_err(|reached| limit(at, reached))?;
        let mark = self.variables.len();
        match (branch.pipe.is_assignment, branch.pipe.variables.as_slice()) {
            (_, []) => {}
            (true, [one]) => self.assign(at, one, item.clone())?,
            (true, [first, second, ..]) => {
                self.assign(at, first, index)?;
                self.assign(at, second, item.clone())?;
            }
            (false, names) => {
                let mut top = self.variables.iter_mut().rev();
                if let Some((_, value)) = top.next() {
                    *value = item.clone();
                }
                if let (Some((_, value)), true) = (top.next(), names.len() > 1) {
                    *value = index;
                }
            }
        }
        let flow = self.nodes(&item, &branch.body)?;
        self.variables.truncate(mark);
        Ok(flow != Flow::Break)
    }

    fn template(
        &mut self,
        dot: &Value,
        at: usize,
        name: &Text,
        pipe: Option<&'t Pipe>,
    ) -> Result<(), Stop> {
        let Some(nodes) = self.trees.get(name) else {
            return wrong(at, "template is not defined");
        };
        let value = match pipe {
            Some(pipe) => self.pipe(dot, pipe)?,
            None => Value::Missing,
        };
        self.enter(at)?;
        let fresh = vec![(Text::from("$"), value.clone())];
        let outer = std::mem::replace(&mut self.variables, fresh);
        self.nodes(&value, nodes)?;
        self.variables = outer;
        self.depth -= 1;
        Ok(())
    }

    fn assign(&mut self, at: usize, name: &Text, value: Value) -> Result<(), Stop> {
        match self
            .variables
            .iter_mut()
            .rev()
            .find(|(known, _)| known == name)
        {
            Some((_, place)) => {
                *place = value;
                Ok(())
            }
            None => wrong(at, "undefined variable"),
        }
    }

    fn pipe(&mut self, dot: &Value, pipe: &'t Pipe) -> Evaluated {
        self.enter(pipe.at)?;
        let mut value = None;
        for command in &pipe.commands {
            value = match self.command(dot, command, value)? {
                Value::Nil => Some(Value::Missing),
                other => Some(other),
            };
        }
        self.depth -= 1;
        let value = value.unwrap_or(Value::Missing);
        for name in &pipe.variables {
            if pipe.is_assignment {
                self.assign(pipe.at, name, value.clone())?;
            } else {
                self.variables.push((name.clone(), value.clone()));
            }
        }
        Ok(value)
    }

    fn command(&mut self, dot: &Value, command: &'t Command, last: Option<Value>) -> Evaluated {
        let first = &command.first;
        if let Term::Function(function) = &first.term {
            return self.call(dot, first.at, function, &command.rest, last);
        }
        let has_arguments = !command.rest.is_empty() || last.is_some();
        match &first.term {
            Term::Field(names) => {
                return self.chain(dot, first.at, dot.clone(), names, &command.rest, last);
            }
            Term::Variable(name, names) if !names.is_empty() => {
                let value = self.variable(first.at, name)?;
                return self.chain(dot, first.at, value, names, &command.rest, last);
            }
            Term::Chain(inner, names) => {
                let value = self.chained(dot, inner)?;
                return self.chain(dot, first.at, value, names, &command.rest, last);
            }
            _ if has_arguments => return wrong(first.at, "argument to what is no function"),
            Term::Nil => return wrong(first.at, "nil is not a command"),
            _ => {}
        }
        self.operand(dot, first)
    }

    fn variable(&self, at: usize, name: &Text) -> Evaluated {
        match self.variables.iter().rev().find(|(known, _)| known == name) {
            Some((_, value)) => Ok(value.clone()),
            None => wrong(at, "undefined variable"),
        }
    }

    fn chained(&mut self, dot: &Value, inner: &'t Operand) -> Evaluated {
        match inner.term {
            Term::Nil => wrong(inner.at, "field of nil"),
            _ => self.operand(dot, inner),
        }
    }

    /// The value of an operand without arguments, where any type will do.
    pub fn operand(&mut self, dot: &Value, operand: &'t Operand) -> Evaluated {
        let at = operand.at;
        match &operand.term {
            Term::Bool(value) => Ok(Value::Bool(*value)),
            Term::Dot => Ok(dot.clone()),
            Term::Nil => Ok(Value::Nil),
            Term::Number(number) => constant(at, number),
            Term::Text(text) => Ok(Value::Text(text.clone())),
            Term::Field(names) => self.chain(dot, at, dot.clone(), names, &[], None),
            Term::Variable(name, names) => {
                let value = self.variable(at, name)?;
                self.chain(dot, at, value, names, &[], None)
            }
            Term::Function(function) => self.call(dot, at, function, &[], None),
            Term::Pipe(pipe) => self.pipe(dot, pipe),
            Term::Chain(inner, names) => {
                let value = self.chained(dot, inner)?;
                self.chain(dot, at, value, names, &[], None)
            }
        }
    }

    /// Fields of fields; a method at the end takes the arguments.
    fn chain(
        &mut self,
        dot: &Value,
        at: usize,
        start: Value,
        names: &[Text],
        arguments: &'t [Operand],
        last: Option<Value>,
    ) -> Evaluated {
        let mut value = start;
        let mut last = last;
        for (place, name) in names.iter().enumerate() {
            let is_end = place + 1 == names.len();
            let arguments = if is_end { arguments } else { &[] };
            let last = if is_end { last.take() } else { None };
            value = match &value {
                Value::Missing => Value::Missing,
                Value::Nil => return wrong(at, "field of nil"),
                Value::Map(map) => {
                    if !arguments.is_empty() || last.is_some() {
                        return wrong(at, "a field takes no arguments");
                    }
                    map.entries
                        .borrow()
                        .get(name.bytes())
                        .cloned()
                        .unwrap_or(Value::Missing)
                }
                other => match function::method(other, name.bytes()) {
                    None => return wrong(at, "no such field in this type"),
                    Some(method) => {
                        let mut values = vec![other.clone()];
                        self.arguments(dot, at, method, arguments, last, &mut values)?;
                        self.run(at, method, &values)?
                    }
                },
            };
        }
        Ok(value)
    }

    fn call(
        &mut self,
        dot: &Value,
        at: usize,
        function: &'static Function,
        operands: &'t [Operand],
        last: Option<Value>,
    ) -> Evaluated {
        self.enter(at)?;
        let value = match function.run {
            Run::And | Run::Or => {
                if operands.is_empty() && last.is_none() {
                    return wrong(at, "wrong number of arguments");
                }
                let stops_at = matches!(function.run, Run::Or);
                let mut value = Value::Missing;
                let mut is_decided = false;
                for operand in operands {
                    value = self.operand(dot, operand)?;
                    if value.is_true() == stops_at {
                        is_decided = true;
                        break;
                    }
                }
                match last {
                    Some(last) if !is_decided => last,
                    _ => value,
                }
            }
            Run::Call(_) | Run::Refused => {
                let mut values = Vec::with_capacity(operands.len() + 1);
                self.arguments(dot, at, function, operands, last, &mut values)?;
                self.run(at, function, &values)?
            }
        };
        self.depth -= 1;
        Ok(value)
    }

    fn run(&mut self, at: usize, function: &'static Function, values: &[Value]) -> Evaluated {
        let Run::Call(run) = function.run else {
            let class = Class::Refused(function.name);
            return Err(Stop { at, class });
        };
        let mut call = Call {
            budget: &mut self.budget,
            policy: self.policy,
        };
        run(&mut call, values).map_err(|fault| Stop {
            at,
            class: match fault {
                Fault::Failed => Class::Failed(function.name),
                Fault::Refused => Class::Refused(function.name),
                Fault::Limit(reached) => Class::Limit(reached),
            },
        })
    }
}
