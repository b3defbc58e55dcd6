//! The names that a template reads from its values, found without running it.

use std::collections::BTreeMap;

use super::node::{BranchKind, Command, Node, Nodes, Operand, Pipe, Term, Trees};

/// Functions that make a missing value nothing to worry about.
const FORGIVING: &[&str] = &[
    "default", "hasKey", "coalesce", "empty", "ternary", "dig", "get",
];

/// The names by where each is first read, in bytes, and whether a missing one is provided for.
#[derive(Debug, Default)]
pub struct Names(BTreeMap<String, (usize, bool)>);

impl Names {
    pub fn of(trees: &Trees, main: &str) -> Self {
        let mut names = Self::default();
        for (name, nodes) in trees {
            // Only the text itself starts with the values as its dot.
            names.nodes(nodes, name.bytes() == main.as_bytes());
        }
        names
    }

    /// Names that are read without any provision for their absence, with their places.
    pub fn needed(self) -> Vec<(String, usize)> {
        let each = self.0.into_iter();
        each.filter(|(_, (_, is_optional))| !is_optional)
            .map(|(name, (at, _))| (name, at))
            .collect()
    }

    fn add(&mut self, name: &[u8], at: usize, is_optional: bool) {
        let Ok(name) = std::str::from_utf8(name) else {
            return;
        };
        let entry = self.0.entry(name.to_owned()).or_insert((at, is_optional));
        entry.1 |= is_optional;
    }

    fn nodes(&mut self, nodes: &Nodes, is_root: bool) {
        for node in nodes {
            match node {
                Node::Action(pipe) => self.pipe(pipe, is_root, false),
                Node::Branch(branch) => {
                    self.pipe(&branch.pipe, is_root, true);
                    let keeps = branch.kind == BranchKind::If;
                    self.nodes(&branch.body, is_root && keeps);
                    self.nodes(&branch.otherwise, is_root);
                }
                Node::Template {
                    pipe: Some(pipe), ..
                } => self.pipe(pipe, is_root, false),
                _ => {}
            }
        }
    }

    fn pipe(&mut self, pipe: &Pipe, is_root: bool, is_optional: bool) {
        let forgives = pipe
            .commands
            .iter()
            .any(|command| match &command.first.term {
                Term::Function(function) => FORGIVING.contains(&function.name),
                _ => false,
            });
        for command in &pipe.commands {
            self.command(command, is_root, is_optional || forgives);
        }
    }

    fn command(&mut self, command: &Command, is_root: bool, is_optional: bool) {
        if let Term::Function(function) = &command.first.term
            && function.name == "index"
            && let [
                holder,
                Operand {
                    at,
                    term: Term::Text(name),
                },
                ..,
            ] = command.rest.as_slice()
        {
            let is_values = match &holder.term {
                Term::Dot => is_root,
                Term::Variable(name, fields) => name.bytes() == b"$" && fields.is_empty(),
                _ => false,
            };
            if is_values {
                self.add(name.bytes(), *at, is_optional);
            }
        }
        for operand in std::iter::once(&command.first).chain(&command.rest) {
            self.operand(operand, is_root, is_optional);
        }
    }

    fn operand(&mut self, operand: &Operand, is_root: bool, is_optional: bool) {
        match &operand.term {
            Term::Field(fields) if is_root => {
                if let Some(name) = fields.first() {
                    self.add(name.bytes(), operand.at, is_optional);
                }
            }
            Term::Variable(variable, fields) if variable.bytes() == b"$" => {
                if let Some(name) = fields.first() {
                    self.add(name.bytes(), operand.at, is_optional);
                }
            }
            Term::Pipe(pipe) => self.pipe(pipe, is_root, is_optional),
            Term::Chain(inner, _) => self.operand(inner, is_root, is_optional),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::template::Template;

    #[test]
    fn names_are_those_that_must_be_there() {
        for (text, expected) in [
            (
                "{{ .a }} {{ .b | quote }} {{ printf \"%s\" .c }}",
                vec!["a", "b", "c"],
            ),
            (
                "{{ if .a }}{{ .a }}{{ end }}{{ .b | default \"x\" }}",
                vec![],
            ),
            (
                "{{ index . \"a.b\" }} {{ $.c }} {{ (index $ \"d\") | b64enc }}",
                vec!["a.b", "c", "d"],
            ),
            ("{{ range $k, $v := . }}{{ $v }}{{ .x }}{{ end }}", vec![]),
            (
                "{{ with .a }}{{ .x }}{{ $.b }}{{ else }}{{ .c }}{{ end }}",
                vec!["b", "c"],
            ),
            ("{{ define \"t\" }}{{ .x }}{{ end }}plain", vec![]),
        ] {
            let template = Template::parse("t0", text).unwrap();
            let names: Vec<String> = template
                .needed_names()
                .into_iter()
                .map(|(name, _)| name)
                .collect();
            assert_eq!(names, expected, "{text}");
        }
    }
}
