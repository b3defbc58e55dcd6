//! How a Rollout and lists of them look: `kubectl argo rollouts`, letter for letter.

use super::view::{View, canary, index, set_weight, strategy};
use crate::{cli::rollout::phase::phase, object::Object};

/// A piece of text as wide as it looks, which colours do not change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cell {
    text: String,
    width: usize,
}

impl Cell {
    pub(super) fn plain(text: impl Into<String>) -> Self {
        let text = text.into();
        let width = text.chars().count();
        Self { text, width }
    }

    pub(super) fn then(self, more: impl Into<String>) -> Self {
        self.and(Self::plain(more))
    }

    pub(super) fn and(mut self, more: Self) -> Self {
        self.text.push_str(&more.text);
        self.width += more.width;
        self
    }

    pub(super) fn joined(cells: Vec<Self>) -> Self {
        cells
            .into_iter()
            .enumerate()
            .fold(Self::default(), |all, (index, cell)| {
                let all = if index == 0 { all } else { all.then(",") };
                all.and(cell)
            })
    }
}

/// Whether known words are coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint {
    /// Colours are wanted.
    pub is_on: bool,
}

impl Paint {
    /// A word in its own colour.
    pub(super) fn known(self, word: &str) -> Cell {
        self.by(word, word)
    }

    /// A text in the colour of a word.
    pub(super) fn by(self, text: &str, word: &str) -> Cell {
        self.over(Cell::plain(text), word)
    }

    pub(super) fn none(self, text: &str) -> Cell {
        Cell::plain(text)
    }

    /// A coloured text in the colour of one more word, which is laid around the first.
    pub(super) fn over(self, cell: Cell, word: &str) -> Cell {
        if !self.is_on {
            return cell;
        }
        Cell {
            text: format!("\u{1b}[{}m{}\u{1b}[0m", colour(word), cell.text),
            width: cell.width,
        }
    }
}

/// Upstream colours words that it does not know by 0, which is none.
fn colour(word: &str) -> u8 {
    match word {
        "◷" | "?" | "canary" => 33,
        "◌" | "preview" | "ping" | "pong" | "Pending" | "Running" => 94,
        "⚠" | "✖" => 31,
        "✔" | "stable" | "active" => 32,
        _ => 0,
    }
}

/// Rows in columns, each but the last as wide as its widest cell and two spaces, as Go's tabwriter does it.
pub(super) fn table(rows: &[Vec<Cell>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.width).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(widest).collect();
    let line = |row: &Vec<Cell>| {
        let last = row.len().saturating_sub(1);
        let cells = row.iter().zip(&widths).enumerate();
        cells.fold(String::new(), |mut line, (index, (cell, width))| {
            line.push_str(&cell.text);
            if index < last {
                line.push_str(&" ".repeat(width - cell.width + 2));
            }
            line
        })
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The lines above the tree.
pub(super) fn header(view: &View, paint: Paint) -> String {
    let mut lines = Vec::new();
    let mut line = |name: &str, value: &str| lines.push(format!("{name:<17}{value}"));
    line("Name:", &view.object_meta.name);
    line("Namespace:", &view.object_meta.namespace);
    let status = paint.known(view.icon).then(format!(" {}", view.status));
    line("Status:", &status.text);
    if !view.message.is_empty() {
        line("Message:", &view.message);
    }
    line("Strategy:", view.strategy);
    if view.strategy == "Canary" {
        line("  Step:", &view.step);
        line("  SetWeight:", &view.set_weight);
        line("  ActualWeight:", &view.actual_weight);
    }
    for (index, image) in view.images.iter().enumerate() {
        let name = if index == 0 { "Images:" } else { "" };
        if image.tags.is_empty() {
            line(name, &image.image);
        } else {
            let tags: Vec<String> = image.tags.iter().map(|tag| paint.known(tag).text).collect();
            line(name, &format!("{} ({})", image.image, tags.join(", ")));
        }
    }
    let counts = [
        ("  Desired:", view.desired),
        ("  Current:", view.current),
        ("  Updated:", view.updated),
        ("  Ready:", view.ready),
        ("  Available:", view.available),
    ];
    lines.push("Replicas:".to_owned());
    lines.extend(
        counts
            .iter()
            .map(|(name, count)| format!("{name:<17}{count}")),
    );
    lines.join("\n")
}

/// Which columns a list has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Columns {
    pub namespace: bool,
    pub timestamp: bool,
}

/// The names of the columns of a list.
pub(super) fn list_header(columns: Columns) -> Vec<Cell> {
    let mut names = Vec::new();
    if columns.timestamp {
        names.push("TIMESTAMP");
    }
    if columns.namespace {
        names.push("NAMESPACE");
    }
    names.extend([
        "NAME",
        "STRATEGY",
        "STATUS",
        "STEP",
        "SET-WEIGHT",
        "READY",
        "DESIRED",
        "UP-TO-DATE",
        "AVAILABLE",
    ]);
    names.into_iter().map(Cell::plain).collect()
}

/// One Rollout of a list; every value is padded to about the width of its header, so that lines that come later stand
/// under the first ones (`cmd/list/rollloutinfo.go`).
pub(super) fn list_row(rollout: &Object, columns: Columns, timestamp: &str) -> Vec<Cell> {
    let count = |path: &[&str]| rollout.at(path).and_then(serde_json::Value::as_i64);
    let status = |name: &str| count(&["status", name]).unwrap_or(0);
    let (mut step, mut weight) = ("-".to_owned(), "-".to_owned());
    if let Some(canary) = canary(rollout) {
        let steps = canary.steps().len();
        if let (Some(index), true) = (index(rollout), steps > 0) {
            step = format!("{index}/{steps}");
        }
        weight = set_weight(rollout, &canary).to_string();
    }
    let strategy = match strategy(rollout) {
        "" => "unknown",
        known => known,
    };
    let ready = format!("{}/{}", status("readyReplicas"), status("replicas"));
    let mut cells = Vec::new();
    if columns.timestamp {
        cells.push(format!("{timestamp:<20}"));
    }
    if columns.namespace {
        cells.push(format!("{:<9}", rollout.namespace().unwrap_or_default()));
    }
    cells.extend([
        format!("{:<10}", rollout.name()),
        format!("{strategy:<9}"),
        format!("{:<12}", phase(rollout).0),
        format!("{step:<4}"),
        format!("{weight:<10}"),
        format!("{ready:<5}"),
        format!("{:<7}", count(&["spec", "replicas"]).unwrap_or(1)),
        format!("{:<10}", status("updatedReplicas")),
        format!("{:<9}", status("availableReplicas")),
    ]);
    cells.into_iter().map(Cell::plain).collect()
}
