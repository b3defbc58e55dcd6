//! From words to parts.

use super::{
    function::PREDICATES,
    lex::{Token, words},
    node::Node,
    value::Value,
};

/// How deep parts may stand in each other.
pub const MAX_DEPTH: usize = 100;

/// How strongly operators bind, and whether to the right.
const BINARY: &[(&str, u16, bool)] = &[
    ("|", 0, false),
    ("or", 10, false),
    ("||", 10, false),
    ("and", 15, false),
    ("&&", 15, false),
    ("==", 20, false),
    ("!=", 20, false),
    ("<", 20, false),
    (">", 20, false),
    (">=", 20, false),
    ("<=", 20, false),
    ("in", 20, false),
    ("matches", 20, false),
    ("contains", 20, false),
    ("startsWith", 20, false),
    ("endsWith", 20, false),
    ("..", 25, false),
    ("+", 30, false),
    ("-", 30, false),
    ("*", 60, false),
    ("/", 60, false),
    ("%", 60, false),
    ("**", 100, true),
    ("^", 100, true),
    ("??", 500, false),
];
/// How strongly `not` and `!` bind.
const NOT: u16 = 50;
/// How strongly a sign binds.
const SIGN: u16 = 90;

/// Parses an expression.
///
/// # Errors
/// What is wrong with it, in words near to those of Go's expr.
pub fn parse(text: &str) -> Result<Node, String> {
    let mut parser = Parser {
        words: words(text)?,
        at: 0,
        depth: 0,
        predicates: 0,
    };
    let node = parser.sequence()?;
    match parser.peek() {
        Token::End => Ok(node),
        word => Err(unexpected(&word)),
    }
}

struct Parser {
    words: Vec<Token>,
    at: usize,
    depth: usize,
    /// In how many predicates we are.
    predicates: usize,
}

fn unexpected(word: &Token) -> String {
    match word {
        Token::End => "unexpected token EOF".to_owned(),
        Token::Int(number) => format!("unexpected token Number({:?})", number.to_string()),
        Token::Float(number) => format!("unexpected token Number({:?})", number.to_string()),
        Token::Text(text) => format!("unexpected token String({text:?})"),
        Token::Name(name) => format!("unexpected token Identifier({name:?})"),
        Token::Pointer(_) => "unexpected token Operator(\"#\")".to_owned(),
        Token::Sign(sign) if "()[]{}".contains(sign) => {
            format!("unexpected token Bracket({sign:?})")
        }
        Token::Sign(sign) => format!("unexpected token Operator({sign:?})"),
    }
}

impl Parser {
    fn peek(&self) -> Token {
        self.words.get(self.at).cloned().unwrap_or(Token::End)
    }

    fn next(&mut self) -> Token {
        let word = self.peek();
        self.at += 1;
        word
    }

    fn is(&self, sign: &str) -> bool {
        self.words.get(self.at).is_some_and(|word| match word {
            Token::Sign(found) => *found == sign,
            Token::Name(found) => found == sign,
            _ => false,
        })
    }

    fn take(&mut self, sign: &str) -> bool {
        let is = self.is(sign);
        self.at += usize::from(is);
        is
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.take(sign) {
            Ok(())
        } else {
            Err(unexpected(&self.peek()))
        }
    }

    fn name(&mut self) -> Result<String, String> {
        match self.next() {
            Token::Name(name) => Ok(name),
            word => Err(unexpected(&word)),
        }
    }

    /// `let … ; …`, or an expression.
    fn sequence(&mut self) -> Result<Node, String> {
        if !self.take("let") {
            return self.expression(0);
        }
        let name = self.name()?;
        self.expect("=")?;
        let value = self.expression(0)?;
        self.expect(";")?;
        self.deeper(|parser| {
            let body = parser.sequence()?;
            Ok(Node::Let(name, Box::new(value), Box::new(body)))
        })
    }

    fn deeper<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, String>,
    ) -> Result<T, String> {
        if self.depth >= MAX_DEPTH {
            return Err("compilation failed: expression exceeds maximum allowed nodes".to_owned());
        }
        self.depth += 1;
        let outcome = work(self);
        self.depth -= 1;
        outcome
    }

    fn expression(&mut self, least: u16) -> Result<Node, String> {
        self.deeper(|parser| parser.expression_here(least))
    }

    fn expression_here(&mut self, least: u16) -> Result<Node, String> {
        if least == 0 && self.is("if") {
            return self.if_else();
        }
        let mut left = self.primary()?;
        let mut links = 0;
        loop {
            let is_negated = self.is("not");
            self.at += usize::from(is_negated);
            let found = BINARY.iter().find(|(sign, _, _)| self.is(sign));
            let Some((sign, power, is_right)) = found.filter(|(_, power, _)| *power >= least)
            else {
                self.at -= usize::from(is_negated);
                break;
            };
            // Each link makes the tree one deeper, to the left.
            links += 1;
            if links > MAX_DEPTH {
                return Err(
                    "compilation failed: expression exceeds maximum allowed nodes".to_owned(),
                );
            }
            self.at += 1;
            if *sign == "|" {
                let name = self.name()?;
                left = self.call(name, vec![left])?;
                left = self.postfix(left)?;
                continue;
            }
            let right = self.expression(if *is_right { *power } else { power + 1 })?;
            left = Node::Binary((*sign).to_owned(), Box::new(left), Box::new(right));
            if is_negated {
                left = Node::Unary("not".to_owned(), Box::new(left));
            }
        }
        if least == 0 && self.take("?") {
            if self.take(":") {
                let other = self.expression(0)?;
                let same = Box::new(left.clone());
                return Ok(Node::Condition(Box::new(left), same, Box::new(other)));
            }
            let then = self.expression(0)?;
            self.expect(":")?;
            let other = self.expression(0)?;
            return Ok(Node::Condition(
                Box::new(left),
                Box::new(then),
                Box::new(other),
            ));
        }
        Ok(left)
    }

    fn if_else(&mut self) -> Result<Node, String> {
        self.expect("if")?;
        let condition = self.expression(0)?;
        self.expect("{")?;
        let then = self.sequence()?;
        self.expect("}")?;
        self.expect("else")?;
        let other = if self.is("if") {
            self.expression(0)?
        } else {
            self.expect("{")?;
            let other = self.sequence()?;
            self.expect("}")?;
            other
        };
        Ok(Node::Condition(
            Box::new(condition),
            Box::new(then),
            Box::new(other),
        ))
    }

    fn primary(&mut self) -> Result<Node, String> {
        for (sign, power) in [("not", NOT), ("!", NOT), ("-", SIGN), ("+", SIGN)] {
            if self.take(sign) {
                let of = self.expression(power)?;
                let node = Node::Unary(sign.to_owned(), Box::new(of));
                return self.postfix(node);
            }
        }
        // Numbers, truths and nil have no members.
        let node = match self.next() {
            Token::Int(number) => return Ok(Node::Value(Value::Int(number))),
            Token::Float(number) => return Ok(Node::Value(Value::Float(number))),
            Token::Text(text) => Node::Value(Value::Text(text)),
            Token::Pointer(name) if self.predicates > 0 => Node::Pointer(name),
            Token::Name(name) => match name.as_str() {
                "true" => return Ok(Node::Value(Value::Bool(true))),
                "false" => return Ok(Node::Value(Value::Bool(false))),
                "nil" => return Ok(Node::Value(Value::Nil)),
                _ if self.is("(") => self.call(name, Vec::new())?,
                _ => Node::Name(name),
            },
            Token::Sign("(") => {
                let node = self.sequence()?;
                self.expect(")")?;
                node
            }
            Token::Sign("[") => Node::List(self.list("]")?),
            Token::Sign("{") => self.map()?,
            // `.name` within a predicate is a member of its element.
            Token::Sign(".") if self.predicates > 0 => {
                let name = Node::Value(Value::Text(self.name()?));
                let element = Box::new(Node::Pointer(String::new()));
                Node::Member(element, Box::new(name), false)
            }
            word => return Err(unexpected(&word)),
        };
        self.postfix(node)
    }

    fn postfix(&mut self, mut node: Node) -> Result<Node, String> {
        for _ in 0..MAX_DEPTH {
            if self.is(".") || self.is("?.") {
                let is_optional = self.is("?.");
                self.at += 1;
                if is_optional && self.take("[") {
                    let key = self.expression(0)?;
                    self.expect("]")?;
                    node = Node::Member(Box::new(node), Box::new(key), true);
                    continue;
                }
                let name = Node::Value(Value::Text(self.name()?));
                node = Node::Member(Box::new(node), Box::new(name), is_optional);
            } else if self.take("[") {
                node = self.element(node)?;
            } else {
                return Ok(node);
            }
        }
        Err("compilation failed: expression exceeds maximum allowed nodes".to_owned())
    }

    fn element(&mut self, of: Node) -> Result<Node, String> {
        let of = Box::new(of);
        if self.take(":") {
            let to = if self.is("]") {
                None
            } else {
                Some(Box::new(self.expression(0)?))
            };
            self.expect("]")?;
            return Ok(Node::Slice(of, None, to));
        }
        let from = Box::new(self.expression(0)?);
        if self.take(":") {
            let to = if self.is("]") {
                None
            } else {
                Some(Box::new(self.expression(0)?))
            };
            self.expect("]")?;
            return Ok(Node::Slice(of, Some(from), to));
        }
        self.expect("]")?;
        Ok(Node::Member(of, from, false))
    }

    /// The rest of a list of expressions.
    fn list(&mut self, end: &str) -> Result<Vec<Node>, String> {
        let mut nodes = Vec::new();
        while !self.take(end) {
            if !nodes.is_empty() {
                self.expect(",")?;
                if self.take(end) {
                    break;
                }
            }
            nodes.push(self.expression(0)?);
        }
        Ok(nodes)
    }

    fn map(&mut self) -> Result<Node, String> {
        let mut pairs = Vec::new();
        while !self.take("}") {
            if !pairs.is_empty() {
                self.expect(",")?;
                if self.take("}") {
                    break;
                }
            }
            let key = match self.next() {
                Token::Name(name) | Token::Text(name) => name,
                Token::Int(number) => number.to_string(),
                word => return Err(unexpected(&word)),
            };
            self.expect(":")?;
            pairs.push((key, self.expression(0)?));
        }
        Ok(Node::Map(pairs))
    }

    /// A call; what stands before a pipe is its first argument.
    fn call(&mut self, name: String, mut args: Vec<Node>) -> Result<Node, String> {
        self.expect("(")?;
        if !PREDICATES.contains(&name.as_str()) {
            args.extend(self.list(")")?);
            return Ok(Node::Call(name, args));
        }
        while !self.take(")") {
            if !args.is_empty() && !matches!(self.words.get(self.at - 1), Some(Token::Sign("("))) {
                self.expect(",")?;
                if self.take(")") {
                    break;
                }
            }
            // The second argument is done for each element.
            let node = if args.len() == 1 {
                self.predicates += 1;
                let body = self.closure();
                self.predicates -= 1;
                Node::Closure(Box::new(body?))
            } else {
                self.expression(0)?
            };
            args.push(node);
        }
        Ok(Node::Call(name, args))
    }

    /// What is done for each element, with or without braces.
    fn closure(&mut self) -> Result<Node, String> {
        if !self.take("{") {
            return self.expression(0);
        }
        let body = self.sequence()?;
        self.expect("}")?;
        Ok(body)
    }
}
