//! Names of managers (`apiserver/pkg/endpoints/handlers/create.go`,
//! `apimachinery/pkg/apis/meta/v1/validation`).

/// The most bytes of a manager's name.
pub const MAX_MANAGER_NAME: usize = 128;

/// The name of a writer that gives none: what its `User-Agent` begins with, up to the first `/`.
pub fn default_manager(user_agent: &str) -> String {
    let prefix = user_agent.split('/').next().unwrap_or_default();
    let mut name = String::new();
    for character in prefix.chars().filter(|character| is_printable(*character)) {
        if name.len() + character.len_utf8() > MAX_MANAGER_NAME {
            break;
        }
        name.push(character);
    }
    name
}

/// The characters of a name that are not allowed, with their places in bytes, in the words of the API server.
pub fn unprintable(name: &str) -> Vec<String> {
    name.char_indices()
        .filter(|(_, character)| !is_printable(*character))
        .map(|(place, character)| {
            format!(
                "invalid character U+{:04X} (at position {place})",
                u32::from(character)
            )
        })
        .collect()
}

/// Letters, marks, numbers, punctuation, symbols and the plain space.
fn is_printable(character: char) -> bool {
    character == ' '
        || !(character.is_control() || character.is_whitespace() || is_format(character))
}

/// Marks that show nothing: joiners, directions, private use.
fn is_format(character: char) -> bool {
    matches!(u32::from(character),
        0xAD | 0x600..=0x605 | 0x61C | 0x6DD | 0x70F | 0x180E | 0x200B..=0x200F | 0x202A..=0x202E
        | 0x2060..=0x206F | 0xE000..=0xF8FF | 0xFEFF | 0xFFF9..=0xFFFB | 0xE0000..=0xE007F
        | 0xF0000..=0x10_FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_agent_names_the_writer() {
        assert_eq!(default_manager("kubectl/v1.37.2 (linux/amd64)"), "kubectl");
        assert_eq!(default_manager("a\u{7}b"), "ab");
        assert_eq!(default_manager(""), "");
        assert_eq!(default_manager(&"x".repeat(200)).len(), MAX_MANAGER_NAME);
    }

    #[test]
    fn what_cannot_be_printed_is_named() {
        assert_eq!(unprintable("kubectl apply-é"), Vec::<String>::new());
        assert_eq!(
            unprintable("a\n"),
            ["invalid character U+000A (at position 1)"]
        );
    }
}
