//! The text of one file, with its lines.

use super::finding::Place;

/// The text of one file.
pub struct Text<'a> {
    /// Path from the root of what is scanned.
    pub path: &'a str,
    /// What the file says.
    pub text: &'a str,
    /// Whether it is YAML or JSON that was read as documents.
    pub is_read: bool,
    lines: Vec<usize>,
}

impl<'a> Text<'a> {
    /// Looks where the lines start.
    pub fn new(path: &'a str, text: &'a str, is_read: bool) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0).chain(ends.map(|(at, _)| at + 1));
        Self {
            path,
            text,
            is_read,
            lines: lines.collect(),
        }
    }

    /// The last part of the path.
    pub fn name(&self) -> &'a str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// The line, from 1, that a byte stands in.
    pub fn line_of(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset)
    }

    /// The text of a line, from 1, without its end.
    pub fn line(&self, number: usize) -> &'a str {
        let Some(start) = number.checked_sub(1).and_then(|at| self.lines.get(at)) else {
            return "";
        };
        let rest = self.text.get(*start..).unwrap_or_default();
        rest.lines().next().unwrap_or_default()
    }

    /// The lines, each with its number from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &'a str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(at, line)| (at + 1, line))
    }

    /// The range between two bytes.
    pub fn place(&self, start: usize, end: usize) -> Place {
        let (line, column) = self.position(start);
        let (end_line, end_column) = self.position(end.max(start));
        Place {
            path: self.path.to_owned(),
            line,
            column,
            end_line,
            end_column,
        }
    }

    fn position(&self, offset: usize) -> (usize, usize) {
        let line = self.line_of(offset);
        let start = line.checked_sub(1).and_then(|at| self.lines.get(at));
        let before = self.text.get(start.copied().unwrap_or(0)..offset);
        (line, before.unwrap_or_default().chars().count() + 1)
    }

    /// The range from a byte to the end of what stands on its line, a comment behind it left out.
    pub fn place_of_value(&self, start: usize) -> Place {
        let rest = self.text.get(start..).unwrap_or_default();
        let line = rest.lines().next().unwrap_or_default();
        let line = if line.starts_with(['"', '\'']) {
            line
        } else {
            line.split(" #").next().unwrap_or(line)
        };
        self.place(start, start + line.trim_end().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_lines_and_columns() {
        let text = Text::new("a/b.yaml", "ä: x\nbc: de  # f\n", true);
        assert_eq!(text.name(), "b.yaml");
        assert_eq!(text.line(2), "bc: de  # f");
        assert_eq!(text.line(9), "");
        let place = text.place_of_value(10);
        assert_eq!((place.line, place.column), (2, 5));
        assert_eq!((place.end_line, place.end_column), (2, 7));
        assert_eq!(text.place(4, 5).column, 4);
    }
}
