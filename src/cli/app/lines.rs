//! Two texts line by line: the shortest way from one to the other, as `diff` prints it.

/// The largest table of lines that is filled; longer texts that differ much are shown as replaced as a whole.
const MAX_TABLE: usize = 4_000_000;

/// Lines around a change in the unified form.
const CONTEXT: usize = 3;

/// A run of lines that differ: where it begins in both texts, and how many lines it has there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Change {
    old: usize,
    old_lines: usize,
    new: usize,
    new_lines: usize,
}

/// As `diff` prints it: `2c2`, `< old`, `---`, `> new`; empty where nothing differs.
pub(super) fn normal(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let mut out = String::new();
    let span = |at: usize, lines: usize| match lines {
        0 => at.to_string(),
        1 => (at + 1).to_string(),
        lines => format!("{},{}", at + 1, at + lines),
    };
    for change in changes(&old, &new) {
        let letter = match (change.old_lines, change.new_lines) {
            (0, _) => 'a',
            (_, 0) => 'd',
            _ => 'c',
        };
        out.push_str(&format!(
            "{}{letter}{}\n",
            span(change.old, change.old_lines),
            span(change.new, change.new_lines)
        ));
        for line in lines(&old, change.old, change.old_lines) {
            out.push_str(&format!("< {line}\n"));
        }
        if letter == 'c' {
            out.push_str("---\n");
        }
        for line in lines(&new, change.new, change.new_lines) {
            out.push_str(&format!("> {line}\n"));
        }
    }
    out
}

/// With three lines around each change: ` `, `-` and `+` in front.
pub(super) fn unified(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let mut out = String::new();
    let mut shown = 0;
    for change in changes(&old, &new) {
        let from = change.old.saturating_sub(CONTEXT).max(shown);
        if from > shown {
            out.push_str("@@\n");
        }
        for line in lines(&old, from, change.old - from) {
            out.push_str(&format!(" {line}\n"));
        }
        for line in lines(&old, change.old, change.old_lines) {
            out.push_str(&format!("-{line}\n"));
        }
        for line in lines(&new, change.new, change.new_lines) {
            out.push_str(&format!("+{line}\n"));
        }
        let end = change.old + change.old_lines;
        shown = end;
        // The lines behind go with this change, unless the next one begins there.
        let behind = (end + CONTEXT).min(old.len());
        let next = next_change(&old, &new, end);
        for line in lines(&old, end, behind.min(next) - end) {
            out.push_str(&format!(" {line}\n"));
            shown += 1;
        }
    }
    out
}

fn next_change(old: &[&str], new: &[&str], from: usize) -> usize {
    changes(old, new)
        .iter()
        .map(|change| change.old)
        .find(|at| *at > from)
        .unwrap_or(old.len())
}

fn lines<'a>(all: &'a [&'a str], from: usize, count: usize) -> impl Iterator<Item = &'a &'a str> {
    all.iter().skip(from).take(count)
}

fn changes(old: &[&str], new: &[&str]) -> Vec<Change> {
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - start;
    let end = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(most)
        .take_while(|(a, b)| a == b)
        .count();
    let middle = |all: &'_ [&'_ str]| all.len() - start - end;
    let (rows, columns) = (middle(old), middle(new));
    if rows == 0 && columns == 0 {
        return Vec::new();
    }
    if rows == 0 || columns == 0 || rows.saturating_mul(columns) > MAX_TABLE {
        return vec![Change {
            old: start,
            old_lines: rows,
            new: start,
            new_lines: columns,
        }];
    }
    // The longest common lines from each pair of places on.
    let width = columns + 1;
    let mut table = vec![0_u32; (rows + 1) * width];
    let at = |table: &[u32], row: usize, column: usize| {
        table.get(row * width + column).copied().unwrap_or(0)
    };
    let is_same = |row: usize, column: usize| old.get(start + row) == new.get(start + column);
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            let best = if is_same(row, column) {
                at(&table, row + 1, column + 1) + 1
            } else {
                at(&table, row + 1, column).max(at(&table, row, column + 1))
            };
            if let Some(cell) = table.get_mut(row * width + column) {
                *cell = best;
            }
        }
    }
    let mut found = Vec::new();
    let (mut row, mut column) = (0, 0);
    let mut open: Option<Change> = None;
    while row < rows || column < columns {
        if row < rows && column < columns && is_same(row, column) {
            found.extend(open.take());
            row += 1;
            column += 1;
            continue;
        }
        let change = open.get_or_insert(Change {
            old: start + row,
            old_lines: 0,
            new: start + column,
            new_lines: 0,
        });
        let is_removed = column == columns
            || (row < rows && at(&table, row + 1, column) >= at(&table, row, column + 1));
        if is_removed {
            change.old_lines += 1;
            row += 1;
        } else {
            change.new_lines += 1;
            column += 1;
        }
    }
    found.extend(open);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_those_of_diff() {
        for (old, new, expected) in [
            ("a\nb\nc\n", "a\nb\nc\n", ""),
            ("a\nb\nc\n", "a\nx\nc\n", "2c2\n< b\n---\n> x\n"),
            ("a\nc\n", "a\nb\nc\n", "1a2\n> b\n"),
            ("a\nb\nc\n", "a\nc\n", "2d1\n< b\n"),
            ("", "a\nb\n", "0a1,2\n> a\n> b\n"),
            (
                "a\nb\nc\nd\n",
                "x\nb\nc\ny\nz\n",
                "1c1\n< a\n---\n> x\n4c4,5\n< d\n---\n> y\n> z\n",
            ),
        ] {
            assert_eq!(normal(old, new), expected, "{old:?} {new:?}");
        }
    }

    #[test]
    fn the_unified_form_has_lines_around() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";
        let new = old.replace("5\n", "five\n").replace("12\n", "");
        assert_eq!(
            unified(old, &new),
            "@@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n 9\n 10\n 11\n-12\n"
        );
        assert_eq!(unified(old, old), "");
    }
}
