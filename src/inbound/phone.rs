//! Numbers as providers write them.

/// Digits of the shortest and the longest number there is, the country's included.
const LENGTHS: std::ops::RangeInclusive<usize> = 7..=15;

/// The number of an id that is one, in E.164 form and in the other forms in which people have it in their books, the
/// usual one first. Empty when the id is no number.
///
/// WhatsApp writes numbers of some countries as they were when the account was made: Mexican mobiles with a 1 that is
/// dialled no more, Brazilian ones without the 9 that came later, Argentinian ones with the 9 that is only dialled from
/// abroad.
pub(super) fn phones_of(id: &str) -> Vec<String> {
    let digits = id.strip_prefix('+').unwrap_or(id);
    let is_number =
        LENGTHS.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    if !is_number {
        return Vec::new();
    }
    let mut forms = vec![digits.to_owned()];
    match (digits.get(..2), digits.len()) {
        (Some("52"), 13) if digits[2..].starts_with('1') => forms.insert(0, format!("52{}", &digits[3..])),
        (Some("52"), 12) => forms.push(format!("521{}", &digits[2..])),
        (Some("54"), 13) if digits[2..].starts_with('9') => forms.push(format!("54{}", &digits[3..])),
        (Some("54"), 12) => forms.push(format!("549{}", &digits[2..])),
        (Some("55"), 12) if matches!(digits.as_bytes()[4], b'6'..=b'9') => {
            forms.insert(0, format!("{}9{}", &digits[..4], &digits[4..]));
        }
        (Some("55"), 13) if digits.as_bytes()[4] == b'9' => forms.push(format!("{}{}", &digits[..4], &digits[5..])),
        _ => {}
    }
    forms.into_iter().map(|form| format!("+{form}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_in_all_forms_in_which_people_have_them() {
        for (id, forms) in [
            ("34600111222", &["+34600111222"][..]),
            ("+34600111222", &["+34600111222"]),
            ("5215512345678", &["+525512345678", "+5215512345678"]),
            ("525512345678", &["+525512345678", "+5215512345678"]),
            ("5491123456789", &["+5491123456789", "+541123456789"]),
            ("551187654321", &["+5511987654321", "+551187654321"]),
            ("5511987654321", &["+5511987654321", "+551187654321"]),
            ("551123456789", &["+551123456789"]),
            ("US.13491208655302741918", &[]),
            ("", &[]),
            ("0034600111222", &[]),
            ("123456", &[]),
            ("1234567890123456", &[]),
            ("٣٤٦٠٠١١١٢٢٢", &[]),
        ] {
            assert_eq!(phones_of(id), forms, "{id}");
        }
    }
}
