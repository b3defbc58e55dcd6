//! The usage text, laid out as `pflag` lays it out.

use super::flags::Flag;

/// All flags, one a line, their texts in one column.
pub fn usage(table: &[Flag]) -> String {
    let shown: Vec<_> = table
        .iter()
        .filter(|flag| !flag.usage.is_empty())
        .map(|flag| (head(flag), flag))
        .collect();
    let width = shown.iter().map(|(head, _)| head.len()).max().unwrap_or(0) + GAP;
    let mut text = String::new();
    for (head, flag) in shown {
        text.push_str(&format!("{head:width$}{}", flag.usage));
        if !flag.default.is_empty() {
            text.push_str(&format!(" (default {})", flag.default));
        }
        text.push('\n');
    }
    text
}

/// Spaces between the longest flag and the texts.
const GAP: usize = 3;

fn head(flag: &Flag) -> String {
    let mut head = match flag.short {
        Some(short) => format!("  -{short}, --{}", flag.name),
        None => format!("      --{}", flag.name),
    };
    if !flag.value.is_empty() {
        head.push(' ');
        head.push_str(flag.value);
    }
    head
}

#[cfg(test)]
mod tests {
    use super::{super::table::FLAGS, *};

    #[test]
    fn every_flag_has_its_line_in_order() {
        assert!(FLAGS.is_sorted_by_key(|flag| flag.name));
        let text = usage(FLAGS);
        assert_eq!(
            text.lines().count(),
            FLAGS.len() - 1,
            "only --rotate is hidden"
        );
        assert!(text.contains("\n  -o, --format string"), "{text}");
        assert!(text.lines().all(|line| line.len() > 44), "{text}");
    }
}
