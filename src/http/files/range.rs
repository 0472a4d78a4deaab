//! The header `Range` (RFC 9110, section 14): one range of bytes. Several at once, and other units, are no error: the
//! whole is sent, as the RFC allows.

use std::ops::Range;

/// Which bytes of something are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All.
    Whole,
    /// These.
    Part(Range<u64>),
    /// None of those there are.
    Nothing,
}

/// Reads the header, for something of this size.
pub(super) fn read(text: &str, size: u64) -> Wanted {
    let Some((unit, range)) = text.split_once('=') else { return Wanted::Whole };
    let Some((first, last)) = range.trim().split_once('-').filter(|_| unit.trim().eq_ignore_ascii_case("bytes")) else {
        return Wanted::Whole;
    };
    let number = |text: &str| -> Option<u64> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        // A number that is too large is behind every end.
        Some(text.parse().unwrap_or(u64::MAX))
    };
    match (first, number(first), last, number(last)) {
        // The last so many.
        ("", None, _, Some(0)) => Wanted::Nothing,
        ("", None, _, Some(count)) if size > 0 => Wanted::Part(size.saturating_sub(count)..size),
        (_, Some(first), _, Some(last)) if last < first => Wanted::Whole,
        (_, Some(first), "", None) if first < size => Wanted::Part(first..size),
        (_, Some(first), _, Some(last)) if first < size => Wanted::Part(first..last.saturating_add(1).min(size)),
        (_, Some(_), "", None) | (_, Some(_), _, Some(_)) | ("", None, _, Some(_)) => Wanted::Nothing,
        _ => Wanted::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_rfc_has_them() {
        for (text, wanted) in [
            ("bytes=0-499", Wanted::Part(0..500)),
            ("bytes=500-999", Wanted::Part(500..1000)),
            ("bytes=500-", Wanted::Part(500..1000)),
            ("bytes=-200", Wanted::Part(800..1000)),
            ("bytes=-2000", Wanted::Part(0..1000)),
            ("bytes=990-2000", Wanted::Part(990..1000)),
            ("bytes=0-0", Wanted::Part(0..1)),
            ("Bytes=0-0", Wanted::Part(0..1)),
            ("bytes=0-18446744073709551615", Wanted::Part(0..1000)),
            ("bytes=0-99999999999999999999999", Wanted::Part(0..1000)),
            ("bytes=1000-", Wanted::Nothing),
            ("bytes=1000-1001", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=5-4", Wanted::Whole),
            ("bytes=0-1,5-6", Wanted::Whole),
            ("bytes=a-b", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=+1-2", Wanted::Whole),
            ("lines=1-2", Wanted::Whole),
            ("bytes", Wanted::Whole),
            ("", Wanted::Whole),
        ] {
            assert_eq!(read(text, 1000), wanted, "{text}");
        }
    }
}
