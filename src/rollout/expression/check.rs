//! What can be told to be wrong before anything is evaluated, in the words of Go's expr.

use super::{
    function::{self, PREDICATES},
    node::Node,
    value::{Type, Value},
};

/// The type of a part, where names have types.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(node: &Node, names: &[(String, Type)]) -> Result<Type, String> {
    Checker {
        names: names.to_vec(),
        elements: Vec::new(),
    }
    .visit(node)
}

struct Checker {
    names: Vec<(String, Type)>,
    /// Of the lists that predicates stand in.
    elements: Vec<Type>,
}

impl Checker {
    fn visit(&mut self, node: &Node) -> Result<Type, String> {
        match node {
            Node::Value(value) => Ok(value.kind()),
            Node::Name(name) => self.name(name),
            Node::Pointer(name) => match (name.as_str(), self.elements.last()) {
                (_, None) => Err("cannot use pointer accessor outside predicate".to_owned()),
                ("", Some(element)) => Ok(element.clone()),
                ("index", _) => Ok(Type::Int),
                ("acc", _) => Ok(Type::Any),
                _ => Err(format!("unknown pointer #{name}")),
            },
            Node::List(items) => {
                let kinds = items
                    .iter()
                    .map(|item| self.visit(item))
                    .collect::<Result<Vec<_>, _>>()?;
                let first = kinds.first().cloned().unwrap_or(Type::Any);
                let is_one = kinds.iter().all(|kind| *kind == first);
                Ok(Type::List(Box::new(if is_one { first } else { Type::Any })))
            }
            Node::Map(pairs) => {
                for (_, value) in pairs {
                    self.visit(value)?;
                }
                Ok(Type::Map)
            }
            Node::Unary(sign, of) => {
                let kind = self.visit(of)?;
                unary(sign, &kind)
            }
            Node::Binary(sign, left, right) => {
                let (left, right) = (self.visit(left)?, self.visit(right)?);
                binary(sign, &left, &right)
            }
            Node::Member(of, key, is_optional) => {
                let (kind, by) = (self.visit(of)?, self.visit(key)?);
                member(&kind, &by, key, *is_optional)
            }
            Node::Slice(of, from, to) => {
                let kind = self.visit(of)?;
                if !matches!(kind, Type::Any | Type::Text | Type::List(_)) {
                    return Err(format!("cannot slice {}", kind.printed()));
                }
                for bound in [from, to].into_iter().flatten() {
                    let by = self.visit(bound)?;
                    if !by.is_integer() && by != Type::Any {
                        return Err(format!("non-integer slice index {}", by.printed()));
                    }
                }
                Ok(kind)
            }
            Node::Closure(body) => self.visit(body),
            Node::Call(name, args) => self.call(name, args),
            Node::Condition(condition, then, other) => {
                let kind = self.visit(condition)?;
                if !matches!(kind, Type::Bool | Type::Any) {
                    return Err(format!(
                        "non-bool expression (type {}) used as condition",
                        kind.printed()
                    ));
                }
                let (then, other) = (self.visit(then)?, self.visit(other)?);
                Ok(if then == other { then } else { Type::Any })
            }
            Node::Let(name, value, body) => {
                if self.name(name).is_ok() {
                    return Err(format!("cannot redeclare variable {name}"));
                }
                let kind = self.visit(value)?;
                self.names.push((name.clone(), kind));
                let kind = self.visit(body);
                self.names.pop();
                kind
            }
        }
    }

    fn name(&self, name: &str) -> Result<Type, String> {
        if name == "$env" {
            return Ok(Type::Any);
        }
        let known = self.names.iter().rev().find(|(known, _)| known == name);
        known
            .map(|(_, kind)| kind.clone())
            .ok_or_else(|| format!("unknown name {name}"))
    }

    fn call(&mut self, name: &str, args: &[Node]) -> Result<Type, String> {
        if PREDICATES.contains(&name) {
            return self.predicate(name, args);
        }
        let kinds = args
            .iter()
            .map(|arg| self.visit(arg))
            .collect::<Result<Vec<_>, _>>()?;
        function::check(name, &kinds)
    }

    fn predicate(&mut self, name: &str, args: &[Node]) -> Result<Type, String> {
        let least = if matches!(name, "count" | "sum") {
            1
        } else {
            2
        };
        let Some(list) = args.first().filter(|_| args.len() >= least) else {
            return Err(format!("expected at least {least} arguments"));
        };
        let kind = self.visit(list)?;
        let element = match &kind {
            Type::List(of) => (**of).clone(),
            Type::Any => Type::Any,
            Type::Map if name == "map" || name == "filter" => Type::Any,
            other => {
                return Err(format!(
                    "builtin {name} takes only array (got {})",
                    other.printed()
                ));
            }
        };
        let mut made = Type::Bool;
        if let Some(body) = args.get(1) {
            self.elements.push(element.clone());
            let outcome = self.visit(body);
            self.elements.pop();
            made = outcome?;
        }
        for arg in args.iter().skip(2) {
            self.visit(arg)?;
        }
        let asks = !matches!(name, "map" | "sum" | "reduce");
        if asks && !matches!(made, Type::Bool | Type::Any) {
            return Err(format!(
                "predicate should return boolean (got {})",
                made.printed()
            ));
        }
        Ok(match name {
            "all" | "any" | "none" | "one" => Type::Bool,
            "filter" => Type::List(Box::new(element)),
            "map" => Type::List(Box::new(made)),
            "count" | "findIndex" | "findLastIndex" => Type::Int,
            "find" | "findLast" => element,
            "sum" if args.len() > 1 => made,
            "sum" => element,
            _ => Type::Any,
        })
    }
}

fn unary(sign: &str, kind: &Type) -> Result<Type, String> {
    match (sign, kind) {
        ("!" | "not", Type::Bool | Type::Any) => Ok(Type::Bool),
        ("+" | "-", kind) if kind.is_number() || *kind == Type::Any => Ok(kind.clone()),
        _ => Err(format!(
            "invalid operation: {sign} (mismatched type {})",
            kind.printed()
        )),
    }
}

fn binary(sign: &str, left: &Type, right: &Type) -> Result<Type, String> {
    use Type::{Any, Bool, Float, Int, List, Map, Span, Text, Time};
    let numbers = left.is_number() && right.is_number();
    let promoted = || match (left, right) {
        (Float, _) | (_, Float) => Float,
        _ => Int,
    };
    // Whether one is unknown and the other is one of these, or unknown too.
    let maybe = |fits: &dyn Fn(&Type) -> bool| match (left, right) {
        (Any, Any) => true,
        (Any, known) | (known, Any) => fits(known),
        _ => false,
    };
    let is_ordered = |kind: &Type| kind.is_number() || matches!(kind, Text | Time | Span);
    let made = match sign {
        "==" | "!=" if left.is_comparable(right) => Some(Bool),
        "or" | "||" | "and" | "&&"
            if (left, right) == (&Bool, &Bool) || maybe(&|kind| *kind == Bool) =>
        {
            Some(Bool)
        }
        "<" | ">" | "<=" | ">="
            if numbers || (left == right && is_ordered(left)) || maybe(&is_ordered) =>
        {
            Some(Bool)
        }
        "+" => match (left, right) {
            _ if numbers => Some(promoted()),
            (Text, Text) => Some(Text),
            (Time, Span) | (Span, Time) => Some(Time),
            (Span, Span) => Some(Span),
            _ => maybe(&is_ordered).then_some(Any),
        },
        "-" => match (left, right) {
            _ if numbers => Some(promoted()),
            (Time, Time) | (Span, Span) => Some(Span),
            (Time, Span) => Some(Time),
            _ => maybe(&|kind| *kind != Text && is_ordered(kind)).then_some(Any),
        },
        "*" => match (left, right) {
            _ if numbers => Some(promoted()),
            (Span, other) | (other, Span) if other.is_number() || *other == Span => Some(Span),
            _ => maybe(&|kind| kind.is_number() || *kind == Span).then_some(Any),
        },
        "/" | "**" | "^" if numbers || maybe(&Type::is_number) => Some(Float),
        "%" if left.is_integer() && right.is_integer() || maybe(&Type::is_integer) => Some(Int),
        ".." if left.is_integer() && right.is_integer() || maybe(&Type::is_integer) => {
            Some(List(Box::new(Int)))
        }
        "in" => match (left, right) {
            (Text | Any, Map) => Some(Bool),
            (_, Map) => {
                return Err(format!(
                    "cannot use {} as type string in map key",
                    left.printed()
                ));
            }
            (_, List(of)) if left.is_comparable(of) => Some(Bool),
            (_, List(of)) => {
                return Err(format!(
                    "cannot use {} as type {} in array",
                    left.printed(),
                    of.printed()
                ));
            }
            (_, Any) | (Any, Text) => Some(Bool),
            _ => None,
        },
        "matches" | "contains" | "startsWith" | "endsWith"
            if (left, right) == (&Text, &Text) || maybe(&|kind| *kind == Text) =>
        {
            Some(Bool)
        }
        "??" if *left == Type::Nil => Some(right.clone()),
        "??" if *right == Type::Nil || left == right => Some(left.clone()),
        "??" => Some(Any),
        _ => None,
    };
    made.ok_or_else(|| {
        format!(
            "invalid operation: {sign} (mismatched types {} and {})",
            left.printed(),
            right.printed()
        )
    })
}

fn member(of: &Type, by: &Type, key: &Node, is_optional: bool) -> Result<Type, String> {
    let name = match key {
        Node::Value(Value::Text(name)) => Some(name),
        _ => None,
    };
    match (of, name) {
        (Type::Any, _) => Ok(Type::Any),
        (Type::Nil, Some(_)) if is_optional => Ok(Type::Nil),
        (Type::Nil, Some(name)) => Err(format!("type nil has no field {name}")),
        (Type::Map, _) if matches!(by, Type::Text | Type::Any) => Ok(Type::Any),
        (Type::Map, _) => Err(format!(
            "cannot use {} to get an element from {}",
            by.printed(),
            of.printed()
        )),
        (Type::List(element), _) if by.is_integer() || *by == Type::Any => Ok((**element).clone()),
        (Type::List(_), _) => Err(format!(
            "array elements can only be selected using an integer (got {})",
            by.printed()
        )),
        (_, Some(name)) => Err(format!("type {} has no field {name}", of.printed())),
        _ => Err(format!(
            "type {}[{}] is undefined",
            of.printed(),
            by.printed()
        )),
    }
}
