//! Builds the value of one document from its nodes, and holds the limits.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{
    error::{Limit, YamlError},
    node::{Content, Node},
    options::{DuplicateKeys, ReadOptions},
    position::{Place, Places, Position},
    scalar::Scalar,
};

/// The key that merges maps into the map that it stands in.
const MERGE_KEY: &str = "<<";

/// What a finished node is to the map or list around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Ordinary,
    /// A plain `<<`, which merges where it is a key.
    Merge,
    /// Read through an alias.
    Alias,
}

/// A map or list whose end is not read yet.
enum Open {
    List(Vec<Value>),
    Map {
        fields: Map<String, Value>,
        key: Option<Key>,
        /// The keys written in this map itself; kept only where duplicates are refused.
        own: BTreeSet<String>,
    },
}

/// A key that waits for its value.
enum Key {
    Field(String, Position),
    Merge,
}

struct Frame {
    open: Open,
    at: Position,
    anchor: Option<usize>,
    inside: BTreeMap<String, Places>,
    nodes: usize,
    bytes: usize,
    height: usize,
}

/// Takes the nodes of one document in their order.
pub(super) struct Builder<'a> {
    options: &'a ReadOptions,
    frames: Vec<Frame>,
    anchors: BTreeMap<usize, Node>,
    /// Nodes that the stream may still have.
    left: usize,
    nodes: usize,
    bytes: usize,
    aliases: usize,
    kept_nodes: usize,
    kept_bytes: usize,
    root: Option<(Node, Position)>,
}

impl<'a> Builder<'a> {
    /// `left` is how many nodes the stream may still have.
    pub(super) fn new(options: &'a ReadOptions, left: usize) -> Self {
        Self {
            options,
            frames: Vec::new(),
            anchors: BTreeMap::new(),
            left,
            nodes: 0,
            bytes: 0,
            aliases: 0,
            kept_nodes: 0,
            kept_bytes: 0,
            root: None,
        }
    }

    /// How many nodes the document has, those behind aliases included.
    pub(super) fn nodes(&self) -> usize {
        self.nodes
    }

    /// Whether the whole document is read.
    pub(super) fn is_complete(&self) -> bool {
        self.root.is_some()
    }

    /// Whether the next node is the key of a map.
    pub(super) fn expects_key(&self) -> bool {
        matches!(
            self.frames.last().map(|frame| &frame.open),
            Some(Open::Map { key: None, .. })
        )
    }

    /// The document's value, the place of its root, and the places of all its values if asked for.
    pub(super) fn finish(self) -> Result<Option<(Value, Position, Option<Places>)>, YamlError> {
        let Some((node, at)) = self.root else {
            return Ok(None);
        };
        let places = node.places;
        Ok(Some((node.content.into_value(at)?, at, places)))
    }

    pub(super) fn start_map(
        &mut self,
        at: Position,
        anchor: Option<usize>,
    ) -> Result<(), YamlError> {
        self.start(
            Open::Map {
                fields: Map::new(),
                key: None,
                own: BTreeSet::new(),
            },
            at,
            anchor,
        )
    }

    pub(super) fn start_list(
        &mut self,
        at: Position,
        anchor: Option<usize>,
    ) -> Result<(), YamlError> {
        self.start(Open::List(Vec::new()), at, anchor)
    }

    fn start(&mut self, open: Open, at: Position, anchor: Option<usize>) -> Result<(), YamlError> {
        if self.expects_key() {
            return Err(YamlError::Unrepresentable {
                at,
                what: "a map or a list cannot be a key",
            });
        }
        self.check_depth(1, at)?;
        self.charge(1, 0, at)?;
        self.frames.push(Frame {
            open,
            at,
            anchor,
            inside: BTreeMap::new(),
            nodes: 1,
            bytes: 0,
            height: 1,
        });
        Ok(())
    }

    /// Ends the innermost map or list.
    pub(super) fn end(&mut self) -> Result<(), YamlError> {
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        let value = match frame.open {
            Open::List(items) => Value::Array(items),
            Open::Map { fields, .. } => Value::Object(fields),
        };
        let node = Node {
            content: Content::Tree(value),
            nodes: frame.nodes,
            bytes: frame.bytes,
            height: frame.height,
            places: self.places(frame.at, frame.inside),
        };
        self.keep(frame.anchor, &node, frame.at)?;
        self.attach(node, frame.at, Role::Ordinary)
    }

    pub(super) fn scalar(
        &mut self,
        scalar: Scalar,
        role: Role,
        at: Position,
        anchor: Option<usize>,
    ) -> Result<(), YamlError> {
        let bytes = scalar.len();
        self.charge(1, bytes, at)?;
        let node = Node {
            content: Content::Scalar(scalar),
            nodes: 1,
            bytes,
            height: 0,
            places: self.places(at, BTreeMap::new()),
        };
        self.keep(anchor, &node, at)?;
        self.attach(node, at, role)
    }

    /// Repeats an anchored node.
    pub(super) fn alias(&mut self, anchor: usize, at: Position) -> Result<(), YamlError> {
        self.aliases += 1;
        if self.aliases > self.options.limits.aliases {
            return Err(self.too_large(Limit::Aliases, at));
        }
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(YamlError::Syntax {
                at,
                what: "an anchored value contains itself",
            });
        };
        let (nodes, bytes, height) = (node.nodes, node.bytes, node.height);
        self.check_depth(height, at)?;
        self.charge(nodes, bytes, at)?;
        if let Some(node) = self.anchors.get(&anchor).cloned() {
            self.attach(node, at, Role::Alias)?;
        }
        Ok(())
    }

    fn places(&self, at: Position, inside: BTreeMap<String, Places>) -> Option<Places> {
        let place = Place {
            key: None,
            value: at,
        };
        self.options.positions.then_some(Places { place, inside })
    }

    fn keep(&mut self, anchor: Option<usize>, node: &Node, at: Position) -> Result<(), YamlError> {
        let Some(anchor) = anchor else {
            return Ok(());
        };
        // Anchors within anchors would otherwise be kept once for each level.
        self.kept_nodes += node.nodes;
        self.kept_bytes += node.bytes;
        if self.kept_nodes > self.options.limits.nodes {
            return Err(self.too_large(Limit::Nodes, at));
        }
        if self.kept_bytes > self.options.limits.document_bytes {
            return Err(self.too_large(Limit::DocumentBytes, at));
        }
        self.anchors.insert(anchor, node.clone());
        Ok(())
    }

    fn attach(&mut self, node: Node, at: Position, role: Role) -> Result<(), YamlError> {
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some((node, at));
            return Ok(());
        };
        frame.nodes += node.nodes;
        frame.bytes += node.bytes;
        frame.height = frame.height.max(node.height + 1);
        match &mut frame.open {
            Open::List(items) => {
                if let Some(places) = node.places {
                    frame.inside.insert(items.len().to_string(), places);
                }
                items.push(node.content.into_value(at)?);
            }
            Open::Map { key, .. } if key.is_none() => {
                *key = Some(if role == Role::Merge {
                    Key::Merge
                } else {
                    Key::Field(node.content.into_key(at)?, at)
                });
            }
            Open::Map { fields, key, own } => match key.take() {
                Some(Key::Field(key, key_at)) => {
                    if self.options.duplicate_keys == DuplicateKeys::Refuse
                        && !own.insert(key.clone())
                    {
                        return Err(YamlError::DuplicateKey { at: key_at });
                    }
                    if let Some(mut places) = node.places {
                        places.place.key = Some(key_at);
                        frame.inside.insert(key.clone(), places);
                    }
                    fields.insert(key, node.content.into_value(at)?);
                }
                _ => merge(fields, &mut frame.inside, node, role, at)?,
            },
        }
        Ok(())
    }

    fn check_depth(&self, more: usize, at: Position) -> Result<(), YamlError> {
        if self.frames.len() + more > self.options.limits.depth {
            return Err(self.too_large(Limit::Depth, at));
        }
        Ok(())
    }

    fn charge(&mut self, nodes: usize, bytes: usize, at: Position) -> Result<(), YamlError> {
        self.nodes += nodes;
        self.bytes += bytes;
        if self.nodes > self.options.limits.nodes {
            return Err(self.too_large(Limit::Nodes, at));
        }
        if self.nodes > self.left {
            return Err(self.too_large(Limit::StreamNodes, at));
        }
        if self.bytes > self.options.limits.document_bytes {
            return Err(self.too_large(Limit::DocumentBytes, at));
        }
        Ok(())
    }

    fn too_large(&self, limit: Limit, at: Position) -> YamlError {
        YamlError::TooLarge {
            at,
            limit,
            most: self.options.limits.most(limit),
        }
    }
}

/// Whether a plain scalar, as a key, merges.
pub(super) fn is_merge(text: &str, plain_style: bool, tag: Option<&str>) -> bool {
    text == MERGE_KEY && (plain_style && tag.is_none() || tag == Some("merge"))
}

/// Merges a map, or the maps of a list of which the first counts most, over the fields so far: what
/// follows in the map counts more, what stands before counts less, as in go-yaml version 2.
fn merge(
    fields: &mut Map<String, Value>,
    inside: &mut BTreeMap<String, Places>,
    node: Node,
    role: Role,
    at: Position,
) -> Result<(), YamlError> {
    let refused = YamlError::Unrepresentable {
        at,
        what: "only a map or a list of maps can be merged",
    };
    let mut places = node.places.map(|places| places.inside).unwrap_or_default();
    match node.content {
        Content::Tree(Value::Object(merged)) => {
            fields.extend(merged);
            inside.extend(places);
        }
        Content::Tree(Value::Array(items)) if role != Role::Alias => {
            for (index, item) in items.into_iter().enumerate().rev() {
                let Value::Object(merged) = item else {
                    return Err(refused);
                };
                fields.extend(merged);
                if let Some(places) = places.remove(&index.to_string()) {
                    inside.extend(places.inside);
                }
            }
        }
        _ => return Err(refused),
    }
    Ok(())
}
