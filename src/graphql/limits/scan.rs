//! Looks over a document's text before it is parsed.
//!
//! One pass over the bytes, a handful of counters, no allocation: 10,000 brackets inside each
//! other are refused in about a microsecond.
//!
//! It must never count less than the parser will make of the text. That parser is laxer than the
//! specification about what may stand side by side: it reads `007` as three numbers and
//! `truetrue` as two booleans, so this does too.

use async_graphql::Pos;

use super::{LimitError, Limits, code};

/// What a text holds; for tests and for those who tune the limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextSize {
    /// Names, numbers, strings and punctuators.
    pub tokens: usize,
    /// The deepest nesting of brackets.
    pub nesting: usize,
}

/// Checks the size, the tokens and the nesting of a text.
///
/// # Errors
/// The first limit passed; or, as a syntax error, a character that cannot stand in a document
/// (NUL, for one), which the parser would refuse as well, or a string without an end, which it
/// may read differently: `"""x"` is two strings to it, and none to the specification.
pub fn scan(text: &str, limits: &Limits) -> Result<TextSize, LimitError> {
    let refuse = |at: usize, code: &'static str, message: String| {
        Err(LimitError { code, message, position: position(text, at) })
    };
    if text.len() > limits.bytes {
        let message = format!("The document is larger than {} bytes.", limits.bytes);
        return refuse(0, code::SIZE_LIMIT, message);
    }
    let bytes = text.as_bytes();
    let mut size = TextSize::default();
    let mut open = 0_usize;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        let mut tokens = 1;
        match byte {
            b' ' | b'\t' | b',' | b'\n' | b'\r' => {
                at += 1;
                continue;
            }
            b'#' => {
                at += length(&bytes[at..], |byte| !matches!(byte, b'\n' | b'\r'));
                continue;
            }
            // A byte order mark.
            0xEF if bytes[at..].starts_with(b"\xEF\xBB\xBF") => {
                at += 3;
                continue;
            }
            b'{' | b'(' | b'[' => {
                at += 1;
                open += 1;
                size.nesting = size.nesting.max(open);
                if open > limits.nesting {
                    let message = format!("Brackets may be nested at most {} deep.", limits.nesting);
                    return refuse(start, code::NESTING_LIMIT, message);
                }
            }
            b'}' | b')' | b']' => {
                at += 1;
                // One too many is the parser's to complain about.
                open = open.saturating_sub(1);
            }
            b'.' if bytes[at..].starts_with(b"...") => at += 3,
            b'!' | b'$' | b'&' | b':' | b'=' | b'@' | b'|' | b'.' => at += 1,
            b'"' => match string_length(&bytes[at..]) {
                Some(length) => at += length,
                None => {
                    let message = "Syntax error: this string has no end.".to_owned();
                    return refuse(start, code::GRAPHQL_PARSE_FAILED, message);
                }
            },
            b'-' | b'0'..=b'9' => at += number_length(&bytes[at..]),
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                let length = length(&bytes[at..], |byte| byte == b'_' || byte.is_ascii_alphanumeric());
                tokens += literals(&bytes[at..at + length]);
                at += length;
            }
            _ => {
                let message = "Syntax error: this character cannot stand here.".to_owned();
                return refuse(start, code::GRAPHQL_PARSE_FAILED, message);
            }
        }
        size.tokens += tokens;
        if size.tokens > limits.tokens {
            let message = format!("The document has more than {} tokens.", limits.tokens);
            return refuse(start, code::TOKEN_LIMIT, message);
        }
    }
    Ok(size)
}

/// How many bytes at the start belong.
fn length(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|&byte| !belongs(byte)).unwrap_or(bytes.len())
}

/// The length of the string at the start, its quotes included; `None` when it does not end.
fn string_length(bytes: &[u8]) -> Option<usize> {
    const BLOCK: &[u8] = b"\"\"\"";
    let is_block = bytes.starts_with(BLOCK);
    let mut at = if is_block { BLOCK.len() } else { 1 };
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' if !is_block => return Some(at + 1),
            b'"' if bytes[at..].starts_with(BLOCK) => return Some(at + BLOCK.len()),
            b'\\' if is_block && bytes[at + 1..].starts_with(BLOCK) => at += 1 + BLOCK.len(),
            b'\\' if !is_block => at += 2,
            b'\n' | b'\r' if !is_block => return None,
            _ => at += 1,
        }
    }
    None
}

/// The length of the number at the start, as the parser reads it: `0` ends after the zero.
fn number_length(bytes: &[u8]) -> usize {
    let digits = |from: usize| length(&bytes[from..], |byte| byte.is_ascii_digit());
    let mut at = usize::from(bytes[0] == b'-');
    at += if bytes.get(at) == Some(&b'0') { 1 } else { digits(at) };
    if bytes.get(at) == Some(&b'.') && digits(at + 1) > 0 {
        at += 1 + digits(at + 1);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        if digits((at + 1 + sign).min(bytes.len())) > 0 {
            at += 1 + sign + digits(at + 1 + sign);
        }
    }
    at.max(1)
}

/// How many `true`, `false` and `null` stand glued together at the start of a name.
fn literals(name: &[u8]) -> usize {
    let mut rest = name;
    let mut count = 0;
    while let Some(after) = [&b"true"[..], b"false", b"null"].iter().find_map(|literal| rest.strip_prefix(*literal)) {
        count += 1;
        rest = after;
    }
    count
}

/// Line and column, both from one, of a byte that starts a character.
fn position(text: &str, at: usize) -> Pos {
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Pos {
        line: 1 + before.bytes().filter(|&byte| byte == b'\n').count(),
        column: 1 + before[line_start..].chars().count(),
    }
}

#[cfg(test)]
mod tests;
