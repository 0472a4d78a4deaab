//! Bytes written as hexadecimal digits, two for each.

/// Writes bytes in lower case.
#[must_use]
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let bytes = bytes.as_ref();
    // Never grows, so that a secret leaves no copies behind.
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)]);
        text.push(DIGITS[usize::from(byte & 15)]);
    }
    text
}

/// Reads as many bytes as are wanted, in either case; `None` when it is anything else.
#[must_use]
pub fn decode<const LENGTH: usize>(text: impl AsRef<[u8]>) -> Option<[u8; LENGTH]> {
    let text = text.as_ref();
    if text.len() != LENGTH * 2 {
        return None;
    }
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let mut bytes = [0; LENGTH];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = u8::try_from(digit(pair[0])? << 4 | digit(pair[1])?).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        assert_eq!(encode([0, 1, 0x7f, 0xab, 0xff]), "00017fabff");
        assert_eq!(encode([]), "");
        assert_eq!(decode(encode([7, 200])), Some([7, 200]));
        assert_eq!(decode("FFab"), Some([255, 171]));
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(decode::<256>(encode(&all)).unwrap().to_vec(), all);
    }

    #[test]
    fn what_is_no_digit_or_not_as_long_is_nothing() {
        for text in ["", "a", "abc", "abcdef", "0g00", " 000", "+0+0", "é0"] {
            assert_eq!(decode::<2>(text), None, "{text}");
        }
    }
}
