//! From tokens to a tree, after Go's `text/template/parse/parse.go`.

use super::{
    budget::MAX_DEPTH,
    function,
    lex::{self, Keyword, Kind, Token},
    node::{Branch, BranchKind, Command, Node, Nodes, Operand, Pipe, Term, Trees},
    number::Number,
    quote,
    scope::{Ending, Place, Scope},
    template_error::{Class, Limit, TemplateError},
    value::Text,
};

type Parsed<T> = Result<T, Box<TemplateError>>;

/// Parses a template of a name, with what it defines.
pub fn parse(name: &str, text: &str) -> Parsed<Trees> {
    let mut parser = Parser {
        text,
        tokens: lex::tokens(text),
        at: 0,
        depth: 0,
        trees: Trees::new(),
    };
    let mut scope = Scope::default();
    let (nodes, end) = parser.nodes(&mut scope, true)?;
    debug_assert_eq!(end, Ending::Text);
    parser.define(Text::from(name), nodes, 0)?;
    Ok(parser.trees)
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    trees: Trees,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Token {
        let end = self.text.len();
        self.tokens
            .get(self.at)
            .or(self.tokens.last())
            .copied()
            .unwrap_or(Token {
                kind: Kind::EndOfText,
                start: end,
                end,
            })
    }

    fn next(&mut self) -> Token {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn skip_space(&mut self) {
        while self.peek().kind == Kind::Space {
            self.at += 1;
        }
    }

    fn next_word(&mut self) -> Token {
        self.skip_space();
        self.next()
    }

    fn peek_word(&mut self) -> Token {
        self.skip_space();
        self.peek()
    }

    fn source(&self, token: Token) -> &'t str {
        self.text.get(token.range()).unwrap_or("")
    }

    fn error(&self, token: Token, what: &'static str) -> Box<TemplateError> {
        let what = match token.kind {
            Kind::Error(what) => what,
            _ => what,
        };
        self.class_error(token.start, Class::Syntax(what))
    }

    fn class_error(&self, at: usize, class: Class) -> Box<TemplateError> {
        Box::new(TemplateError::at(self.text, at, class))
    }

    fn expect_close(&mut self) -> Parsed<()> {
        let token = self.next_word();
        if token.kind == Kind::RightDelimiter {
            Ok(())
        } else {
            Err(self.error(token, "unexpected token in action"))
        }
    }

    fn deeper<T>(&mut self, at: usize, run: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_DEPTH {
            return Err(self.class_error(at, Class::Limit(Limit::Depth)));
        }
        self.depth += 1;
        let result = run(self);
        self.depth -= 1;
        result
    }

    /// Nodes up to `end`, `else`, or the end of the text at the top.
    fn nodes(&mut self, scope: &mut Scope<'t>, is_top: bool) -> Parsed<(Nodes, Ending)> {
        let mut nodes = Nodes::new();
        loop {
            let token = self.next_word();
            match token.kind {
                Kind::Text => nodes.push(Node::Text(Text::from(self.source(token)))),
                Kind::LeftDelimiter => {
                    let word = self.peek_word();
                    match word.kind {
                        Kind::Keyword(Keyword::End) if !is_top => {
                            self.next();
                            self.expect_close()?;
                            return Ok((nodes, Ending::End));
                        }
                        Kind::Keyword(Keyword::Else) if !is_top => {
                            self.next();
                            let after = self.peek_word();
                            if !matches!(after.kind, Kind::Keyword(Keyword::If | Keyword::With)) {
                                self.expect_close()?;
                            }
                            return Ok((nodes, Ending::Else));
                        }
                        Kind::Keyword(Keyword::Define) if is_top => {
                            self.next();
                            self.definition()?;
                        }
                        _ => nodes.push(self.action(scope)?),
                    }
                }
                Kind::EndOfText if is_top => return Ok((nodes, Ending::Text)),
                Kind::EndOfText => return Err(self.error(token, "unexpected end of text")),
                _ => return Err(self.error(token, "unexpected token")),
            }
        }
    }

    fn template_name(&mut self) -> Parsed<Text> {
        let token = self.next_word();
        match token.kind {
            Kind::String | Kind::RawString => self.unquoted(token),
            _ => Err(self.error(token, "expected the name of a template")),
        }
    }

    fn unquoted(&self, token: Token) -> Parsed<Text> {
        quote::unquote(self.source(token))
            .map(Text::from)
            .ok_or_else(|| self.error(token, "invalid string"))
    }

    fn definition(&mut self) -> Parsed<()> {
        let token = self.peek_word();
        let name = self.template_name()?;
        self.expect_close()?;
        self.body_of(name, token.start)
    }

    /// The rest of a `define` or `block`: a template of its own, with no variables from outside.
    fn body_of(&mut self, name: Text, at: usize) -> Parsed<()> {
        let (nodes, ending) =
            self.deeper(at, |parser| parser.nodes(&mut Scope::default(), false))?;
        if ending != Ending::End {
            return Err(self.class_error(at, Class::Syntax("unexpected else in a definition")));
        }
        self.define(name, nodes, at)
    }

    /// Keeps a template; an empty one never replaces another, and two that are not empty are an error.
    fn define(&mut self, name: Text, nodes: Nodes, at: usize) -> Parsed<()> {
        match self.trees.get(&name) {
            Some(before) if !is_empty(before) => {
                if is_empty(&nodes) {
                    return Ok(());
                }
                Err(self.class_error(at, Class::Syntax("two definitions of one template")))
            }
            _ => {
                self.trees.insert(name, nodes);
                Ok(())
            }
        }
    }

    fn action(&mut self, scope: &mut Scope<'t>) -> Parsed<Node> {
        let token = self.peek_word();
        let Kind::Keyword(keyword) = token.kind else {
            return Ok(Node::Action(self.pipe(
                scope,
                Place::Action,
                Kind::RightDelimiter,
            )?));
        };
        self.next();
        match keyword {
            Keyword::Block => {
                let name = self.template_name()?;
                let pipe = self.pipe(scope, Place::Action, Kind::RightDelimiter)?;
                self.body_of(name.clone(), token.start)?;
                Ok(Node::Template {
                    at: token.start,
                    name,
                    pipe: Some(pipe),
                })
            }
            Keyword::Break | Keyword::Continue => {
                self.expect_close()?;
                if scope.ranges == 0 {
                    return Err(self.error(token, "break or continue outside range"));
                }
                Ok(if keyword == Keyword::Break {
                    Node::Break
                } else {
                    Node::Continue
                })
            }
            Keyword::If => self.branch(scope, BranchKind::If, token),
            Keyword::With => self.branch(scope, BranchKind::With, token),
            Keyword::Range => self.branch(scope, BranchKind::Range, token),
            Keyword::Template => {
                let name = self.template_name()?;
                let after = self.peek_word();
                let pipe = if after.kind == Kind::RightDelimiter {
                    self.next();
                    None
                } else {
                    Some(self.pipe(scope, Place::Action, Kind::RightDelimiter)?)
                };
                Ok(Node::Template {
                    at: token.start,
                    name,
                    pipe,
                })
            }
            Keyword::Define | Keyword::Else | Keyword::End => {
                Err(self.error(token, "unexpected keyword"))
            }
        }
    }

    fn branch(&mut self, scope: &mut Scope<'t>, kind: BranchKind, token: Token) -> Parsed<Node> {
        self.deeper(token.start, |parser| {
            let mark = scope.variables.len();
            let branch = parser.branch_inside(scope, kind);
            scope.variables.truncate(mark);
            branch
        })
        .map(Node::Branch)
    }

    fn branch_inside(&mut self, scope: &mut Scope<'t>, kind: BranchKind) -> Parsed<Branch> {
        let is_range = kind == BranchKind::Range;
        let place = if is_range {
            Place::Range
        } else {
            Place::Action
        };
        let pipe = self.pipe(scope, place, Kind::RightDelimiter)?;
        scope.ranges += usize::from(is_range);
        let (body, ending) = self.nodes(scope, false)?;
        scope.ranges -= usize::from(is_range);
        let mut otherwise = Nodes::new();
        if ending == Ending::Else {
            let after = self.peek();
            match (kind, after.kind) {
                (BranchKind::If, Kind::Keyword(Keyword::If))
                | (BranchKind::With, Kind::Keyword(Keyword::With)) => {
                    self.next();
                    otherwise.push(self.branch(scope, kind, after)?);
                }
                _ => {
                    let (nodes, ending) = self.nodes(scope, false)?;
                    if ending != Ending::End {
                        return Err(self.error(after, "expected end, found else"));
                    }
                    otherwise = nodes;
                }
            }
        }
        Ok(Branch {
            kind,
            pipe,
            body,
            otherwise,
        })
    }

    fn pipe(&mut self, scope: &mut Scope<'t>, place: Place, end: Kind) -> Parsed<Pipe> {
        let start = self.peek_word();
        let mut pipe = Pipe {
            at: start.start,
            is_assignment: false,
            variables: Vec::new(),
            commands: Vec::new(),
        };
        self.declarations(scope, place, &mut pipe)?;
        loop {
            let token = self.peek_word();
            if token.kind == end {
                self.next();
                break;
            }
            let command = match token.kind {
                Kind::Bool
                | Kind::Char
                | Kind::Complex
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::RawString
                | Kind::String
                | Kind::Variable
                | Kind::LeftParenthesis => self.command(scope)?,
                _ => return Err(self.error(token, "unexpected token in action")),
            };
            let is_constant = matches!(
                command.first.term,
                Term::Bool(_) | Term::Dot | Term::Nil | Term::Number(_) | Term::Text(_)
            );
            if is_constant && !pipe.commands.is_empty() {
                return Err(self.error(token, "a constant cannot take the value of a pipe"));
            }
            pipe.commands.push(command);
        }
        if pipe.commands.is_empty() {
            return Err(self.error(start, "missing value"));
        }
        Ok(pipe)
    }

    fn declarations(&mut self, scope: &mut Scope<'t>, place: Place, pipe: &mut Pipe) -> Parsed<()> {
        while self.peek_word().kind == Kind::Variable {
            let before = self.at;
            let variable = self.next();
            let name = self.source(variable);
            let next = self.peek_word();
            match next.kind {
                Kind::Assign | Kind::Declare => {
                    pipe.is_assignment = next.kind == Kind::Assign;
                    self.next();
                    pipe.variables.push(Text::from(name));
                    scope.variables.push(name);
                    return Ok(());
                }
                Kind::Comma if place == Place::Range && pipe.variables.is_empty() => {
                    self.next();
                    pipe.variables.push(Text::from(name));
                    scope.variables.push(name);
                    let after = self.peek_word();
                    if !matches!(
                        after.kind,
                        Kind::Variable | Kind::RightDelimiter | Kind::RightParenthesis
                    ) {
                        return Err(self.error(after, "range can only initialize variables"));
                    }
                }
                Kind::Comma => return Err(self.error(next, "too many declarations")),
                _ => {
                    self.at = before;
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn command(&mut self, scope: &mut Scope<'t>) -> Parsed<Command> {
        let mut operands = Vec::new();
        let start = self.peek_word();
        loop {
            if let Some(operand) = self.operand(scope)? {
                operands.push(operand);
            }
            let token = self.next();
            match token.kind {
                Kind::Space => continue,
                Kind::RightDelimiter | Kind::RightParenthesis => self.at -= 1,
                Kind::Pipe => {}
                _ => return Err(self.error(token, "unexpected token in operand")),
            }
            break;
        }
        if operands.is_empty() {
            return Err(self.error(start, "empty command"));
        }
        let first = operands.remove(0);
        Ok(Command {
            first,
            rest: operands,
        })
    }

    fn operand(&mut self, scope: &mut Scope<'t>) -> Parsed<Option<Operand>> {
        let token = self.peek_word();
        let Some(mut term) = self.term(scope)? else {
            return Ok(None);
        };
        let mut fields = Vec::new();
        while self.peek().kind == Kind::Field {
            let field = self.next();
            fields.push(self.field(field));
        }
        if !fields.is_empty() {
            term = match term {
                Term::Field(mut names) => {
                    names.append(&mut fields);
                    Term::Field(names)
                }
                Term::Variable(name, mut names) => {
                    names.append(&mut fields);
                    Term::Variable(name, names)
                }
                Term::Bool(_) | Term::Text(_) | Term::Number(_) | Term::Nil | Term::Dot => {
                    return Err(self.error(token, "unexpected . after a constant"));
                }
                term => Term::Chain(
                    Box::new(Operand {
                        at: token.start,
                        term,
                    }),
                    fields,
                ),
            };
        }
        Ok(Some(Operand {
            at: token.start,
            term,
        }))
    }

    fn field(&self, token: Token) -> Text {
        let source = self.source(token);
        Text::from(source.strip_prefix('.').unwrap_or(source))
    }

    fn term(&mut self, scope: &mut Scope<'t>) -> Parsed<Option<Term>> {
        let token = self.next_word();
        let source = self.source(token);
        Ok(Some(match token.kind {
            Kind::Identifier => Term::Function(
                function::find(source)
                    .ok_or_else(|| self.error(token, "function is not defined"))?,
            ),
            Kind::Dot => Term::Dot,
            Kind::Nil => Term::Nil,
            Kind::Variable => {
                if !scope.variables.contains(&source) {
                    return Err(self.error(token, "undefined variable"));
                }
                Term::Variable(Text::from(source), Vec::new())
            }
            Kind::Field => Term::Field(vec![self.field(token)]),
            Kind::Bool => Term::Bool(source == "true"),
            Kind::Char | Kind::Complex | Kind::Number => Term::Number(
                Number::parse(source).ok_or_else(|| self.error(token, "invalid number"))?,
            ),
            Kind::LeftParenthesis => Term::Pipe(Box::new(self.deeper(token.start, |parser| {
                parser.pipe(scope, Place::Parenthesis, Kind::RightParenthesis)
            })?)),
            Kind::String | Kind::RawString => Term::Text(self.unquoted(token)?),
            _ => {
                self.at -= 1;
                return Ok(None);
            }
        }))
    }
}

fn is_empty(nodes: &Nodes) -> bool {
    nodes.iter().all(|node| match node {
        Node::Text(text) => text.bytes().iter().all(u8::is_ascii_whitespace),
        _ => false,
    })
}
