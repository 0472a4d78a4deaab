//! What a new password must be like.
//!
//! After NIST SP 800-63B (5.1.1.2) and OWASP ASVS (2.1): length counts, any character may occur, nothing is composed by
//! rule and nothing expires unless the business wants it; but what attackers try first is refused. 12 characters are
//! ASVS's least (NIST's third revision asks for 8, the fourth for 15 where nothing else protects an account).

/// The longest password that is hashed, in bytes.
pub const MAX_PASSWORD_BYTES: usize = 512;

/// The rules for new passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The least number of characters.
    pub min_characters: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self { min_characters: 12 }
    }
}

/// Why a password will not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// Fewer characters than so many.
    Short(usize),
    /// More than [`MAX_PASSWORD_BYTES`].
    Long,
    /// It is the e-mail address, or what stands before its @.
    Email,
    /// One of those that are tried first, or one pattern repeated.
    Guessable,
}

/// Beginnings and wholes of the most frequent long passwords; digits and signs around them do not help.
const FREQUENT: [&str; 16] = [
    "password",
    "passwort",
    "contrasena",
    "contraseña",
    "qwertyuiop",
    "qwerty",
    "letmein",
    "iloveyou",
    "administrator",
    "admin",
    "welcome",
    "bienvenido",
    "mostrador",
    "changeme",
    "secret",
    "abcdefghijklmnopqrstuvwxyz",
];

impl Policy {
    /// Whether a password will do for the account with this address.
    ///
    /// # Errors
    /// Why it will not.
    pub fn check(&self, password: &str, email: &str) -> Result<(), Weakness> {
        if password.len() > MAX_PASSWORD_BYTES {
            return Err(Weakness::Long);
        }
        if password.chars().count() < self.min_characters {
            return Err(Weakness::Short(self.min_characters));
        }
        let lower = password.to_lowercase();
        let email = email.to_lowercase();
        let name = email.split('@').next().unwrap_or_default();
        let letters = lower.trim_matches(|letter: char| !letter.is_alphabetic());
        if lower == email || (!name.is_empty() && letters == name) {
            return Err(Weakness::Email);
        }
        // A name of many parts would meet no other rule, and one word with digits is what programs try.
        if FREQUENT.contains(&letters) || is_pattern(&lower) {
            return Err(Weakness::Guessable);
        }
        Ok(())
    }
}

/// Whether it is a short pattern repeated, or a run of neighbours such as 123456 or fedcba.
fn is_pattern(text: &str) -> bool {
    let letters: Vec<u32> = text.chars().map(u32::from).collect();
    let is_repeated =
        (1..=letters.len() / 3).any(|period| letters.iter().zip(&letters[period..]).all(|(left, right)| left == right));
    let is_run = |step: i64| {
        letters.windows(2).all(|pair| {
            let distance = i64::from(pair[1]) - i64::from(pair[0]);
            // After 9 comes 0.
            distance == step || (distance, step) == (-9, 1) || (distance, step) == (9, -1)
        })
    };
    is_repeated || is_run(1) || is_run(-1)
}

impl std::fmt::Display for Weakness {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Short(least) => write!(formatter, "A password has at least {least} characters."),
            Self::Long => write!(formatter, "A password has at most {MAX_PASSWORD_BYTES} bytes."),
            Self::Email => formatter.write_str("A password must not be the e-mail address."),
            Self::Guessable => formatter.write_str("This password is too easy to guess."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str) -> Result<(), Weakness> {
        Policy::default().check(password, "Ana.Molina@autos.example")
    }

    #[test]
    fn length_counts_and_nothing_else() {
        for good in ["correct horse battery", "ñañañá ñú ñó", "            a", "🐎🐎🔋📎🐎🐎🔋📎📎🔋🐎📎"]
        {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        assert_eq!(check("elevenchars"), Err(Weakness::Short(12)));
        assert_eq!(check("ñañañá ñú ñ"), Err(Weakness::Short(12)));
        assert_eq!(check(&"long ".repeat(103)), Err(Weakness::Long));
    }

    #[test]
    fn what_is_tried_first_is_refused() {
        for bad in ["ana.molina@autos.example", "ANA.MOLINA@AUTOS.EXAMPLE", "Ana.Molina2026"] {
            assert_eq!(check(bad), Err(Weakness::Email), "{bad}");
        }
        for bad in ["Password2026!", "123456789012", "aaaaaaaaaaaaa", "abcabcabcabc", "contraseña123", "zyxwvutsrqpo"]
        {
            assert_eq!(check(bad), Err(Weakness::Guessable), "{bad}");
        }
    }
}
