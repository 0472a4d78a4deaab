//! Global IDs: a type prefix and a UUID in the TypeID form, `contact_01h455vb4pex5vsknk084sn02q`.
//!
//! Source: the TypeID specification 0.3 (prefix, `_`, 26 characters of Crockford base 32, lower case).

use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Why a text is no ID of the wanted type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdError {
    /// Neither a TypeID nor a UUID.
    Malformed,
    /// A well-formed ID of another type; holds that type's prefix.
    WrongType(String),
}

/// Appends the TypeID form.
pub fn write_id(out: &mut String, prefix: &str, id: Uuid) {
    out.push_str(prefix);
    out.push('_');
    let value = id.as_u128();
    for place in (0..26).rev() {
        let digit = (value >> (place * 5)) as usize & 31;
        out.push(char::from(ALPHABET[digit]));
    }
}

/// The TypeID form as a new string.
#[must_use]
pub fn format_id(prefix: &str, id: Uuid) -> String {
    let mut out = String::with_capacity(prefix.len() + 27);
    write_id(&mut out, prefix, id);
    out
}

/// Splits a TypeID into prefix and UUID; a bare UUID has no prefix.
#[must_use]
pub fn split_id(text: &str) -> Option<(Option<&str>, Uuid)> {
    if let Some((prefix, suffix)) = text.rsplit_once('_') {
        return Some((Some(prefix), decode_suffix(suffix)?));
    }
    // Only the two usual spellings of a UUID, not everything the parser would take (braces, urn:).
    if text.len() != 36 && text.len() != 32 {
        return None;
    }
    Uuid::try_parse(text).ok().map(|id| (None, id))
}

/// Reads an ID of the type with this prefix; raw UUIDs are accepted.
///
/// # Errors
/// [`IdError`] when the text is malformed or names another type.
pub fn parse_id(prefix: &str, text: &str) -> Result<Uuid, IdError> {
    match split_id(text) {
        Some((None, id)) => Ok(id),
        Some((Some(found), id)) if found == prefix => Ok(id),
        Some((Some(found), _)) if !found.is_empty() => Err(IdError::WrongType(found.to_owned())),
        _ => Err(IdError::Malformed),
    }
}

fn decode_suffix(suffix: &str) -> Option<Uuid> {
    let bytes = suffix.as_bytes();
    // 26 digits hold 130 bits; the first may only be 0 to 7.
    if bytes.len() != 26 || bytes[0] > b'7' {
        return None;
    }
    let mut value: u128 = 0;
    for byte in bytes {
        let digit = ALPHABET.iter().position(|known| known == byte)?;
        value = (value << 5) | digit as u128;
    }
    Some(Uuid::from_u128(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_id_matches_the_published_example() {
        let id = Uuid::parse_str("01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
        assert_eq!(format_id("prefix", id), "prefix_01h455vb4pex5vsknk084sn02q");
        assert_eq!(parse_id("prefix", "prefix_01h455vb4pex5vsknk084sn02q"), Ok(id));
        assert_eq!(parse_id("prefix", "01890a5d-ac96-774b-bcce-b302099a8057"), Ok(id));
    }

    #[test]
    fn a_wrong_type_and_garbage_are_told_apart() {
        assert_eq!(parse_id("contact", "user_01h455vb4pex5vsknk084sn02q"), Err(IdError::WrongType("user".into())));
        for bad in [
            "",
            "contact",
            "contact_",
            "contact_81h455vb4pex5vsknk084sn02q",
            "contact_01h455vb4pex5vsknk084sn02u",
            "_01h455vb4pex5vsknk084sn02q",
            "{01890a5d-ac96-774b-bcce-b302099a8057}",
        ] {
            assert_eq!(parse_id("contact", bad), Err(IdError::Malformed), "{bad}");
        }
    }
}
