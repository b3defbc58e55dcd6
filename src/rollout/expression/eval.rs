//! From parts to a value.

use std::cmp::Ordering;

use super::{
    function::{self, Env, PREDICATES},
    node::Node,
    operator,
    value::{Type, Value},
};

/// How many parts may be evaluated, those of predicates once for each element; also the most elements of a range.
pub const MAX_STEPS: usize = 1_000_000;

/// Evaluates a part.
///
/// # Errors
/// What went wrong, in the words of Go's expr.
pub fn eval(node: &Node, env: &Env) -> Result<Value, String> {
    Run {
        env,
        names: env.names.clone(),
        elements: Vec::new(),
        steps: 0,
    }
    .eval(node)
}

/// What a predicate looks at.
struct Element {
    item: Value,
    index: usize,
    sum: Value,
}

struct Run<'a> {
    env: &'a Env,
    names: Vec<(String, Value)>,
    elements: Vec<Element>,
    steps: usize,
}

impl Run<'_> {
    fn eval(&mut self, node: &Node) -> Result<Value, String> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Err("memory budget exceeded".to_owned());
        }
        match node {
            Node::Value(value) => Ok(value.clone()),
            Node::Name(name) if name == "$env" => {
                Ok(Value::Map(self.env.names.iter().cloned().collect()))
            }
            Node::Name(name) => {
                let known = self.names.iter().rev().find(|(known, _)| known == name);
                let value = known.map(|(_, value)| value.clone());
                value.ok_or_else(|| format!("unknown name {name}"))
            }
            Node::Pointer(name) => {
                let element = self.elements.last();
                let element = element.ok_or("cannot use pointer accessor outside predicate")?;
                Ok(match name.as_str() {
                    "index" => Value::Int(i64::try_from(element.index).unwrap_or(i64::MAX)),
                    "acc" => element.sum.clone(),
                    _ => element.item.clone(),
                })
            }
            Node::List(items) => {
                let items = items.iter().map(|item| self.eval(item));
                Ok(Value::list(items.collect::<Result<_, _>>()?))
            }
            Node::Map(pairs) => {
                let pairs = pairs
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), self.eval(value)?)));
                Ok(Value::Map(pairs.collect::<Result<_, String>>()?))
            }
            Node::Unary(sign, of) => {
                let value = self.eval(of)?;
                operator::unary(sign, value)
            }
            Node::Binary(sign, left, right) => self.binary(sign, left, right),
            Node::Member(of, key, is_optional) => {
                let value = self.eval(of)?;
                if *is_optional && value == Value::Nil {
                    return Ok(Value::Nil);
                }
                let key = self.eval(key)?;
                operator::member(value, &key)
            }
            Node::Slice(of, from, to) => {
                let value = self.eval(of)?;
                let mut bound = |bound: &Option<Box<Node>>| match bound {
                    Some(node) => self.eval(node).map(Some),
                    None => Ok(None),
                };
                let (from, to) = (bound(from)?, bound(to)?);
                operator::slice(value, from, to)
            }
            Node::Closure(body) => self.eval(body),
            Node::Call(name, args) if PREDICATES.contains(&name.as_str()) => {
                self.predicate(name, args)
            }
            Node::Call(name, args) => {
                let args = args.iter().map(|arg| self.eval(arg));
                let args = args.collect::<Result<Vec<_>, _>>()?;
                function::call(name, args, self.env)
            }
            Node::Condition(condition, then, other) => {
                if truth(self.eval(condition)?)? {
                    self.eval(then)
                } else {
                    self.eval(other)
                }
            }
            Node::Let(name, value, body) => {
                let value = self.eval(value)?;
                self.names.push((name.clone(), value));
                let made = self.eval(body);
                self.names.pop();
                made
            }
        }
    }

    fn binary(&mut self, sign: &str, left: &Node, right: &Node) -> Result<Value, String> {
        let first = self.eval(left)?;
        match sign {
            "&&" | "and" if !truth(first.clone())? => return Ok(Value::Bool(false)),
            "||" | "or" if truth(first.clone())? => return Ok(Value::Bool(true)),
            "&&" | "and" | "||" | "or" => {
                let second = self.eval(right)?;
                return truth(second).map(Value::Bool);
            }
            "??" if first != Value::Nil => return Ok(first),
            "??" => return self.eval(right),
            _ => {}
        }
        let second = self.eval(right)?;
        operator::binary(sign, first, second)
    }

    fn predicate(&mut self, name: &str, args: &[Node]) -> Result<Value, String> {
        let list = match args.first() {
            Some(list) => self.eval(list)?,
            None => Value::Nil,
        };
        let (items, kind) = match list {
            Value::List(items, kind) => (items, kind),
            other => {
                return Err(format!(
                    "builtin {name} takes only array (got {})",
                    other.printed_kind()
                ));
            }
        };
        let mut sum = match args.get(2) {
            Some(first) => self.eval(first)?,
            None => Value::Nil,
        };
        let mut made: Vec<(usize, Value)> = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let Some(body) = args.get(1) else {
                made.push((index, item.clone()));
                continue;
            };
            if name == "reduce" && args.len() == 2 && index == 0 {
                sum = item.clone();
                continue;
            }
            self.elements.push(Element {
                item: item.clone(),
                index,
                sum: sum.clone(),
            });
            let outcome = self.eval(body);
            self.elements.pop();
            let outcome = outcome?;
            if name == "reduce" {
                sum = outcome;
                continue;
            }
            let is_enough = match (name, &outcome) {
                ("all", Value::Bool(holds)) => !holds,
                ("any" | "none" | "find" | "findIndex", Value::Bool(holds)) => *holds,
                _ => false,
            };
            made.push((index, outcome));
            if is_enough {
                break;
            }
        }
        if name == "reduce" {
            return Ok(sum);
        }
        outcome(name, &items, kind, made)
    }
}

/// What a predicate comes to, from what it gave for each element.
fn outcome(
    name: &str,
    items: &[Value],
    kind: Box<Type>,
    made: Vec<(usize, Value)>,
) -> Result<Value, String> {
    match name {
        "map" => {
            return Ok(Value::list(
                made.into_iter().map(|(_, value)| value).collect(),
            ));
        }
        "sum" => {
            return made.into_iter().try_fold(Value::Int(0), |sum, (_, value)| {
                operator::binary("+", sum, value)
            });
        }
        _ => {}
    }
    let mut holding = Vec::new();
    for (index, value) in made {
        if truth(value)? {
            holding.push(index);
        }
    }
    let count = holding.len();
    let at = |index: Option<&usize>| index.and_then(|index| items.get(*index));
    let number = |count: usize| Value::Int(i64::try_from(count).unwrap_or(i64::MAX));
    Ok(match name {
        "all" => Value::Bool(count == items.len()),
        "any" => Value::Bool(count > 0),
        "none" => Value::Bool(count == 0),
        "one" => Value::Bool(count == 1),
        "count" => number(count),
        "filter" => Value::List(
            holding
                .iter()
                .filter_map(|index| items.get(*index).cloned())
                .collect(),
            kind,
        ),
        "find" => at(holding.first()).cloned().unwrap_or(Value::Nil),
        "findLast" => at(holding.last()).cloned().unwrap_or(Value::Nil),
        "findIndex" => holding.first().map_or(Value::Nil, |index| number(*index)),
        _ => holding.last().map_or(Value::Nil, |index| number(*index)),
    })
}

/// A value that must be a truth.
fn truth(value: Value) -> Result<bool, String> {
    match value {
        Value::Bool(holds) => Ok(holds),
        other => Err(format!(
            "interface conversion: interface {{}} is {}, not bool",
            other.printed_kind().replace("<nil>", "nil")
        )),
    }
}

/// Orders two values of one kind.
pub fn order(left: &Value, right: &Value) -> Option<Option<Ordering>> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => Some(Some(a.cmp(b))),
        (Value::Text(a), Value::Text(b)) => Some(Some(a.cmp(b))),
        (Value::Time(a), Value::Time(b)) => Some(Some(a.cmp(b))),
        (Value::Span(a), Value::Span(b)) => Some(Some(a.cmp(b))),
        _ => Some(left.number()?.partial_cmp(&right.number()?)),
    }
}
