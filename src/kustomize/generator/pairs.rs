//! Keys and values from literals, files and environment files (kustomize's `kv`).

use super::super::{
    error::BuildError,
    load::{Context, Loader},
};
use crate::api::kustomization::GeneratorArgs;

/// A key and the bytes of its value.
pub(super) type Pair = (String, Vec<u8>);

/// The longest line of an environment file that Go's scanner takes.
const MAX_LINE: usize = 64 * 1024;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// All keys and values, in the order of their kinds: environment files, literals, files.
pub(super) fn read(
    args: &GeneratorArgs,
    loader: &Loader,
    context: &mut Context<'_>,
) -> Result<Vec<Pair>, BuildError> {
    let listed = |words: &[String]| format!("[{}]", words.join(" "));
    let mut pairs = Vec::new();
    for path in &args.envs {
        let failed =
            |error: BuildError| error.under(format!("env source files: {}", listed(&args.envs)));
        let bytes = loader.load(context, path).map_err(failed)?;
        pairs.extend(env_file(&bytes).map_err(failed)?);
    }
    for source in &args.literals {
        let pair = literal(source)
            .map_err(|error| error.under(format!("literal sources {}", listed(&args.literals))))?;
        pairs.push(pair);
    }
    for source in &args.files {
        let failed =
            |error: BuildError| error.under(format!("file sources: {}", listed(&args.files)));
        let (key, path) = file_source(source).map_err(failed)?;
        let bytes = loader.load(context, path).map_err(failed)?;
        pairs.push((key.to_owned(), bytes.to_vec()));
    }
    Ok(pairs)
}

fn literal(source: &str) -> Result<Pair, BuildError> {
    match source.split_once('=') {
        Some((key, value)) if !key.is_empty() => {
            Ok((key.to_owned(), unquoted(value).as_bytes().to_vec()))
        }
        _ => Err(BuildError::new(format!(
            "invalid literal source {source}, expected key=value"
        ))),
    }
}

/// Without one pair of quotes around it.
fn unquoted(text: &str) -> &str {
    for quote in ['"', '\''] {
        let inner = text
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner {
            return inner;
        }
    }
    text
}

/// The key and the path of a file source.
fn file_source(source: &str) -> Result<(&str, &str), BuildError> {
    let mut parts = source.split('=');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(path), None, _) => {
            let base = path.trim_end_matches('/').rsplit('/').next();
            Ok((base.unwrap_or(path), path))
        }
        (Some(""), Some(path), None) => Err(BuildError::new(format!(
            "missing key name for file path {path:?} in source {source:?}"
        ))),
        (Some(key), Some(""), None) => Err(BuildError::new(format!(
            "missing file path for key name {key:?} in source {source:?}"
        ))),
        (Some(key), Some(path), None) => Ok((key, path)),
        _ => Err(BuildError::new(format!(
            "source {source:?} key name or file path contains '='"
        ))),
    }
}

fn env_file(bytes: &[u8]) -> Result<Vec<Pair>, BuildError> {
    let mut pairs = Vec::new();
    let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    if lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    for (index, line) in lines.into_iter().enumerate() {
        if line.len() >= MAX_LINE {
            // The original stops reading here without a word.
            break;
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = if index == 0 {
            line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line)
        } else {
            line
        };
        let Ok(text) = std::str::from_utf8(line) else {
            return Err(BuildError::new(format!(
                "line {index} has invalid utf8 bytes"
            )));
        };
        let text = text.trim_start();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        if !key.is_empty() {
            pairs.push((key.to_owned(), value.as_bytes().to_vec()));
        }
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environment_files_keep_their_blanks() {
        let pairs = env_file(b"\xef\xbb\xbfA=1\n# c\n\n  B = 2 \nC\nD=\"q\"\r\n").unwrap();
        let pairs: Vec<(&str, &str)> = pairs
            .iter()
            .map(|(key, value)| (key.as_str(), std::str::from_utf8(value).unwrap()))
            .collect();
        assert_eq!(
            pairs,
            [("A", "1"), ("B ", " 2 "), ("C", ""), ("D", "\"q\"")]
        );
    }

    #[test]
    fn literals_lose_one_pair_of_quotes() {
        assert_eq!(literal("a='b=c'").unwrap(), ("a".into(), b"b=c".to_vec()));
        assert_eq!(literal("a='b\"").unwrap(), ("a".into(), b"'b\"".to_vec()));
        assert!(literal("ab").is_err() && literal("=b").is_err());
    }
}
