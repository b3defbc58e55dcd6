//! Sets of paths (`fieldpath/set.go`).

use super::element::PathElement;

/// A set of paths, as a tree sorted on every level.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSet {
    nodes: Vec<Node>,
}

/// One element: itself in the set, or with paths below it in the set, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) element: PathElement,
    pub(super) is_member: bool,
    pub(super) below: FieldSet,
}

impl FieldSet {
    /// A set of paths of field names.
    pub fn of_fields(paths: &[&[&str]]) -> Self {
        let mut set = Self::default();
        for path in paths {
            let elements: Vec<_> = path
                .iter()
                .map(|name| PathElement::Field((*name).to_owned()))
                .collect();
            set.insert(&elements);
        }
        set
    }

    pub(super) fn of_node(element: PathElement) -> Self {
        Self {
            nodes: vec![Node {
                element,
                is_member: true,
                below: Self::default(),
            }],
        }
    }

    /// Whether no path is in the set.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Adds a path; the empty one stands for nothing.
    pub fn insert(&mut self, path: &[PathElement]) {
        let Some((first, rest)) = path.split_first() else {
            return;
        };
        let node = self.node(first);
        if rest.is_empty() {
            node.is_member = true;
        } else {
            node.below.insert(rest);
        }
    }

    /// Adds an element with what is below it; nothing when neither is there.
    pub(super) fn push(&mut self, element: PathElement, is_member: bool, below: Self) {
        if !is_member && below.is_empty() {
            return;
        }
        if self.nodes.last().is_none_or(|last| last.element < element) {
            self.nodes.push(Node {
                element,
                is_member,
                below,
            });
            return;
        }
        let node = self.node(&element);
        node.is_member |= is_member;
        node.below = std::mem::take(&mut node.below).union(below);
    }

    fn node(&mut self, element: &PathElement) -> &mut Node {
        let place = match self
            .nodes
            .binary_search_by(|node| node.element.cmp(element))
        {
            Ok(place) => place,
            Err(place) => {
                let node = Node {
                    element: element.clone(),
                    is_member: false,
                    below: Self::default(),
                };
                self.nodes.insert(place, node);
                place
            }
        };
        #[expect(
            clippy::indexing_slicing,
            reason = "the search gave a place that is there"
        )]
        &mut self.nodes[place]
    }

    /// What is below an element, and whether the element itself is in the set.
    pub(super) fn get(&self, element: &PathElement) -> Option<&Node> {
        let place = self
            .nodes
            .binary_search_by(|node| node.element.cmp(element))
            .ok()?;
        self.nodes.get(place)
    }

    /// The node of a field name, found without making an element.
    pub(super) fn field(&self, name: &str) -> Option<&Node> {
        let place = self
            .nodes
            .binary_search_by(|node| match &node.element {
                PathElement::Field(other) => other.as_str().cmp(name),
                _ => std::cmp::Ordering::Greater,
            })
            .ok()?;
        self.nodes.get(place)
    }

    /// Whether a path is in the set.
    pub fn has(&self, path: &[PathElement]) -> bool {
        match path.split_first() {
            None => false,
            Some((last, [])) => self.get(last).is_some_and(|node| node.is_member),
            Some((first, rest)) => self.get(first).is_some_and(|node| node.below.has(rest)),
        }
    }

    /// Paths of either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        if self.is_empty() {
            return other;
        }
        let mut nodes = Vec::with_capacity(self.nodes.len().max(other.nodes.len()));
        let mut right = other.nodes.into_iter().peekable();
        for mut node in self.nodes {
            while let Some(before) = right.next_if(|next| next.element < node.element) {
                nodes.push(before);
            }
            if let Some(same) = right.next_if(|next| next.element == node.element) {
                node.is_member |= same.is_member;
                node.below = node.below.union(same.below);
            }
            nodes.push(node);
        }
        nodes.extend(right);
        Self { nodes }
    }

    /// Paths of both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut found = Self::default();
        let mut right = other.nodes.iter().peekable();
        for node in &self.nodes {
            while right.next_if(|next| next.element < node.element).is_some() {}
            if let Some(same) = right.next_if(|next| next.element == node.element) {
                found.push(
                    node.element.clone(),
                    node.is_member && same.is_member,
                    node.below.intersection(&same.below),
                );
            }
        }
        found
    }

    /// Paths of this set that are not in the other; a path stays when only one above it is in the other.
    #[must_use]
    pub fn difference(self, other: &Self) -> Self {
        self.without(other, false)
    }

    /// Paths of this set that are not in the other and not below one that is.
    #[must_use]
    pub fn recursive_difference(self, other: &Self) -> Self {
        self.without(other, true)
    }

    fn without(self, other: &Self, is_recursive: bool) -> Self {
        if other.is_empty() {
            return self;
        }
        let mut right = other.nodes.iter().peekable();
        let mut nodes = Vec::with_capacity(self.nodes.len());
        for mut node in self.nodes {
            while right.next_if(|next| next.element < node.element).is_some() {}
            if let Some(same) = right.next_if(|next| next.element == node.element) {
                if same.is_member && is_recursive {
                    continue;
                }
                node.is_member &= !same.is_member;
                node.below = node.below.without(&same.below, is_recursive);
                if !node.is_member && node.below.is_empty() {
                    continue;
                }
            }
            nodes.push(node);
        }
        Self { nodes }
    }

    /// All paths; on each level its own before those below.
    pub fn paths(&self) -> Vec<Vec<PathElement>> {
        let mut found = Vec::new();
        self.gather(&mut Vec::new(), &mut found);
        found
    }

    fn gather(&self, prefix: &mut Vec<PathElement>, found: &mut Vec<Vec<PathElement>>) {
        for node in self.nodes.iter().filter(|node| node.is_member) {
            let mut path = prefix.clone();
            path.push(node.element.clone());
            found.push(path);
        }
        for node in &self.nodes {
            prefix.push(node.element.clone());
            node.below.gather(prefix, found);
            prefix.pop();
        }
    }
}
