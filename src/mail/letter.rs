//! What mails there are. What they say stands in `english.rs` and `spanish.rs`.

use super::content::{Content, Draft};
use super::links::Links;
use super::{english, spanish};

/// A language that mails are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Locale {
    /// English.
    #[default]
    English,
    /// Spanish.
    Spanish,
}

impl Locale {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::Spanish];

    /// The language's code, `en` or `es`.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }

    /// The language that a person asks for, as browsers write it: `es`, `es-MX`, `EN_gb`. English for any that we do
    /// not write.
    pub fn best(asked: &str) -> Self {
        let language = asked.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|known| known.code().eq_ignore_ascii_case(language)).unwrap_or_default()
    }
}

/// A mail that the gateway writes. Names come from the database and may be anything; tokens are secrets.
#[derive(Clone)]
pub enum Letter {
    /// Offers to become a user.
    Invitation {
        /// Name of the business.
        business: String,
        /// Who invites, when known.
        inviter: Option<String>,
        /// The invitation's token.
        token: String,
    },
    /// Lets somebody choose a new password.
    PasswordReset {
        /// Name of the business.
        business: String,
        /// The token to do it with.
        token: String,
    },
    /// Lets somebody sign in without a password.
    MagicLink {
        /// Name of the business.
        business: String,
        /// The token to do it with.
        token: String,
    },
    /// Asks whether somebody reads this address.
    EmailVerification {
        /// Name of the business.
        business: String,
        /// The token that proves it.
        token: String,
    },
    /// Tells that the password was changed, in case somebody else did it.
    PasswordChanged {
        /// Name of the business.
        business: String,
    },
}

impl Letter {
    /// Its name in the column `template`.
    pub fn template(&self) -> &'static str {
        match self {
            Self::Invitation { .. } => "INVITATION",
            Self::PasswordReset { .. } => "PASSWORD_RESET",
            Self::MagicLink { .. } => "MAGIC_LINK",
            Self::EmailVerification { .. } => "EMAIL_VERIFICATION",
            Self::PasswordChanged { .. } => "PASSWORD_CHANGED",
        }
    }

    /// The page that the mail leads to.
    pub fn link(&self, links: &Links) -> String {
        match self {
            Self::Invitation { token, .. } => links.page("accept-invitation", token),
            Self::PasswordReset { token, .. } => links.page("reset-password", token),
            Self::MagicLink { token, .. } => links.page("magic-link", token),
            Self::EmailVerification { token, .. } => links.page("verify-email", token),
            Self::PasswordChanged { .. } => links.plain("forgot-password"),
        }
    }

    /// Writes it.
    pub fn write(&self, locale: Locale, links: &Links) -> Content {
        let draft: Draft = match locale {
            Locale::English => english::draft(self),
            Locale::Spanish => spanish::draft(self),
        };
        draft.finish(locale, &self.link(links))
    }
}

/// Letters hold tokens: nothing of them is printed but their kind.
impl std::fmt::Debug for Letter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Letter({})", self.template())
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    fn letters() -> Vec<Letter> {
        let (business, token) = ("Autos <b> & \"Co\"\r\nBcc: x@y.example".to_owned(), "t.abc-_".to_owned());
        vec![
            Letter::Invitation {
                business: business.clone(),
                inviter: Some("Ana <Molina>".into()),
                token: token.clone(),
            },
            Letter::Invitation { business: business.clone(), inviter: None, token: token.clone() },
            Letter::PasswordReset { business: business.clone(), token: token.clone() },
            Letter::MagicLink { business: business.clone(), token: token.clone() },
            Letter::EmailVerification { business: business.clone(), token },
            Letter::PasswordChanged { business },
        ]
    }

    #[test]
    fn every_letter_has_a_subject_a_text_with_its_link_and_html_without_markup_from_names() {
        let links = Links::new(&Url::parse("https://app.example/").unwrap());
        for letter in letters() {
            let link = letter.link(&links);
            assert!(link.starts_with("https://app.example/"), "{link}");
            for locale in Locale::ALL {
                let content = letter.write(locale, &links);
                assert!(!content.subject.chars().any(char::is_control), "{:?}", content.subject);
                assert!(content.text.contains(&link), "{}", content.text);
                assert!(content.html.contains(&format!("href=\"{link}\"")), "{}", content.html);
                assert!(!content.html.contains("<b>") && !content.html.contains("<Molina>"), "{}", content.html);
                assert!(content.html.contains(&format!("lang=\"{}\"", locale.code())));
            }
        }
    }

    #[test]
    fn languages_are_found_as_browsers_name_them() {
        for (asked, found) in
            [("es", "es"), ("es-MX", "es"), ("ES_es", "es"), ("en-GB", "en"), ("de", "en"), ("", "en")]
        {
            assert_eq!(Locale::best(asked).code(), found, "{asked}");
        }
    }

    #[test]
    fn a_letter_prints_nothing_but_its_kind() {
        assert_eq!(format!("{:?}", letters()[0]), "Letter(INVITATION)");
    }
}
