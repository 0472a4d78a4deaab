//! Column types with a form of their own: phone numbers, e-mail addresses, currencies; what is shown of secrets.

use diesel::deserialize::FromSql;
use diesel::pg::{Pg, PgValue};
use diesel::sql_types::Text;
use entity::Choice;
use entity::kind::{FieldType, Kind, Normalize, Scalar};

macro_rules! text_value {
    ($(#[$doc:meta])* $name:ident, $kind:expr, $normalize:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(pub String);

        impl Scalar for $name {
            const TYPE: FieldType = FieldType { kind: $kind, nullable: false, normalize: $normalize };
        }

        impl FromSql<Text, Pg> for $name {
            fn from_sql(bytes: PgValue<'_>) -> diesel::deserialize::Result<Self> {
                <String as FromSql<Text, Pg>>::from_sql(bytes).map(Self)
            }
        }
    };
}

text_value!(
    /// A phone number in E.164 form, for instance `+34600111222`.
    PhoneNumber, Kind::Text, Some(normalize_phone as Normalize)
);
text_value!(
    /// An e-mail address.
    Email, Kind::Text, Some(normalize_email as Normalize)
);
text_value!(
    /// A currency code of ISO 4217.
    CurrencyCode, Kind::Currency, None
);

/// What is shown of a secret: whether there is one. The secret itself comes out of no API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum SecretState {
    /// One is stored, encrypted.
    Set,
    /// There is none.
    NotSet,
}

/// Takes out the spaces, dots, dashes and brackets that people write, and turns a leading `00` into `+`.
///
/// # Errors
/// When what is left is not E.164: `+`, then 7 to 15 digits that do not begin with 0.
fn normalize_phone(text: &str) -> Result<String, &'static str> {
    let bare: String =
        text.chars().filter(|letter| !matches!(letter, ' ' | '\u{a0}' | '.' | '-' | '(' | ')' | '/')).collect();
    let number = bare.strip_prefix("00").map_or_else(|| bare.clone(), |rest| format!("+{rest}"));
    let digits = number.strip_prefix('+').unwrap_or_default();
    let valid = (7..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    if valid {
        Ok(number)
    } else {
        Err("A phone number is written with its country code, for instance +34 600 111 222.")
    }
}

/// Takes off surrounding space; keeps the case, which the part before the @ may carry.
///
/// # Errors
/// When it cannot be an address.
fn normalize_email(text: &str) -> Result<String, &'static str> {
    let trimmed = text.trim();
    let valid = trimmed.len() <= 254
        && !trimmed.chars().any(|letter| letter.is_whitespace() || letter.is_control())
        && trimmed.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && !domain.contains('@')
                && domain.contains('.')
                && !domain.starts_with('.')
                && !domain.ends_with('.')
        });
    if valid { Ok(trimmed.to_owned()) } else { Err("An e-mail address is written like name@example.com.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_numbers_are_found_however_people_write_them() {
        for spelled in ["+34600111222", "+34 600 11 12 22", "0034 600-111-222", "(+34) 600.111.222"] {
            assert_eq!(normalize_phone(spelled).as_deref(), Ok("+34600111222"), "{spelled}");
        }
        for bad in ["", "600111222", "+0600111222", "+34", "+34 600 111 222 333 444", "call me"] {
            assert!(normalize_phone(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn addresses_are_trimmed_but_not_lowered() {
        assert_eq!(normalize_email("  Ana@Example.com ").as_deref(), Ok("Ana@Example.com"));
        for bad in
            ["", "ana", "@example.com", "ana@", "ana@localhost", "a b@example.com", "a@b@example.com", "ana@.com"]
        {
            assert!(normalize_email(bad).is_err(), "{bad}");
        }
    }
}
