//! Where keys and values end in a text: the reader tells only where they start.

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    /// Lines under `|` or `>`.
    Block,
}

/// A scalar of the text, as bytes from its start to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scalar {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) style: Style,
}

/// The end of a key that starts at an offset, and the offset behind its colon. `None` for keys behind `? `.
pub(super) fn key(text: &str, start: usize) -> Option<(usize, usize)> {
    let rest = text.get(start..)?;
    let end = match rest.chars().next()? {
        quote @ ('"' | '\'') => start + closed(rest, quote)?,
        _ => {
            let line = rest.split('\n').next()?;
            let colon = line.match_indices(':').map(|(at, _)| at).find(|at| {
                let behind = line.get(at + 1..).unwrap_or_default();
                behind.is_empty() || behind.starts_with([' ', '\t', '\r'])
            })?;
            start + line.get(..colon)?.trim_end().len()
        }
    };
    let behind = text.get(end..)?;
    let colon = end + (behind.len() - behind.trim_start_matches([' ', '\t', '\r', '\n']).len());
    text.get(colon..)?
        .starts_with(':')
        .then_some((end, colon + 1))
}

/// The scalar value behind a key's colon; `indent` is that of the key, `flow` whether brackets or braces are around.
pub(super) fn value(text: &str, colon: usize, indent: usize, flow: bool) -> Option<Scalar> {
    let start = content(text, colon)?;
    let rest = text.get(start..)?;
    let (length, style) = match rest.chars().next()? {
        '"' => (closed(rest, '"')?, Style::Double),
        '\'' => (closed(rest, '\'')?, Style::Single),
        '*' => return None,
        '|' | '>' if !flow => (block(rest, indent), Style::Block),
        _ if flow => (plain_in_flow(rest), Style::Plain),
        _ => (plain(rest, indent), Style::Plain),
    };
    Some(Scalar {
        start,
        end: start + length,
        style,
    })
}

/// Where the content behind a colon starts: after blanks, line ends, comments, anchors and tags.
pub(super) fn content(text: &str, colon: usize) -> Option<usize> {
    let mut at = colon;
    loop {
        let rest = text.get(at..)?;
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        at += blank;
        let rest = text.get(at..)?;
        match rest.chars().next()? {
            '#' if blank > 0 => at += rest.find('\n')?,
            '&' | '!' => at += rest.find([' ', '\t', '\r', '\n'])?,
            _ => return Some(at),
        }
    }
}

/// The length of a quoted scalar with its quotes.
pub fn closed(text: &str, quote: char) -> Option<usize> {
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((index, letter)) = letters.next() {
        if letter == '\\' && quote == '"' {
            letters.next();
        } else if letter == quote {
            if quote == '\'' && letters.peek().is_some_and(|(_, next)| *next == '\'') {
                letters.next();
            } else {
                return Some(index + 1);
            }
        }
    }
    None
}

/// The length of a block scalar with its header, without the empty lines and the line end behind it.
fn block(text: &str, indent: usize) -> usize {
    let mut end = line_end(text, 0);
    let mut last = end;
    while end < text.len() {
        let start = end + 1;
        let line_ends = line_end(text, start);
        let line = text.get(start..line_ends).unwrap_or_default();
        if line.trim().is_empty() {
            end = line_ends;
            continue;
        }
        if indent_of(line) <= indent {
            break;
        }
        last = line_ends;
        end = line_ends;
    }
    without_return(text, last)
}

/// The length of a plain scalar that may go on in deeper lines.
fn plain(text: &str, indent: usize) -> usize {
    let first_end = line_end(text, 0);
    let first = text.get(..first_end).unwrap_or(text);
    let bare = uncommented(first);
    let mut last = bare.trim_end().len();
    if bare.len() < first.trim_end_matches('\r').len() {
        return last;
    }
    let mut end = first_end;
    while end < text.len() {
        let start = end + 1;
        end = line_end(text, start);
        let line = text.get(start..end).unwrap_or_default();
        if line.trim().is_empty() {
            continue;
        }
        let bare = uncommented(line);
        if indent_of(line) <= indent || line.trim_start().starts_with('#') {
            break;
        }
        last = start + bare.trim_end().len();
        if bare.len() < line.trim_end_matches('\r').len() {
            break;
        }
    }
    last
}

fn plain_in_flow(text: &str) -> usize {
    let end = text.find([',', ']', '}', '\n']).unwrap_or(text.len());
    uncommented(text.get(..end).unwrap_or(text))
        .trim_end()
        .len()
}

/// A line without the comment at its end.
fn uncommented(line: &str) -> &str {
    let end = [" #", "\t#"]
        .iter()
        .filter_map(|mark| line.find(mark))
        .min();
    end.and_then(|end| line.get(..end)).unwrap_or(line)
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Where the line of an offset ends: at its line feed, or at the end of the text.
pub(super) fn line_end(text: &str, from: usize) -> usize {
    text.get(from..)
        .and_then(|rest| rest.find('\n'))
        .map_or(text.len(), |at| from + at)
}

/// Where the line of an offset starts.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text.get(..at)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |at| at + 1)
}

fn without_return(text: &str, end: usize) -> usize {
    match text.get(..end) {
        Some(before) if before.ends_with('\r') => end - 1,
        _ => end,
    }
}
