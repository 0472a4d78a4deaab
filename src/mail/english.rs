//! The mails in English.

use super::content::Draft;
use super::letter::Letter;

pub(super) fn draft(letter: &Letter) -> Draft {
    let ignored = |what: &str| format!("If you did not ask for this, ignore this mail: {what}");
    match letter {
        Letter::Invitation { business, inviter, .. } => Draft {
            subject: format!("Invitation to {business}"),
            before: vec![match inviter {
                Some(inviter) => format!("{inviter} invites you to work with {business} in Mostrador."),
                None => format!("You are invited to work with {business} in Mostrador."),
            }],
            action: "Accept the invitation",
            after: vec![
                "The link works once, for seven days.".into(),
                "If you do not know who invites you, ignore this mail: without the link no account is made.".into(),
            ],
        },
        Letter::PasswordReset { business, .. } => Draft {
            subject: format!("A new password for {business}"),
            before: vec![format!("Somebody, probably you, wants a new password for your account at {business}.")],
            action: "Choose a new password",
            after: vec!["The link works once, for one hour.".into(), ignored("your password stays as it is.")],
        },
        Letter::MagicLink { business, .. } => Draft {
            subject: format!("Sign in to {business}"),
            before: vec![format!("With this link you sign in to {business} without a password.")],
            action: "Sign in",
            after: vec![
                "The link works once, for 15 minutes. Give it to nobody: whoever has it is you.".into(),
                ignored("nobody is signed in without the link."),
            ],
        },
        Letter::EmailVerification { business, .. } => Draft {
            subject: format!("Confirm your e-mail address for {business}"),
            before: vec![format!("Please confirm that this is the e-mail address of your account at {business}.")],
            action: "Confirm the address",
            after: vec!["The link works once, for one day.".into(), ignored("the address stays unconfirmed.")],
        },
        Letter::PasswordChanged { business } => Draft {
            subject: format!("Your password for {business} was changed"),
            before: vec![
                format!(
                    "The password of your account at {business} was just changed, and all devices were signed out."
                ),
                "If it was you, there is nothing to do. If it was not, choose another one now and tell the people who \
                 run the business."
                    .into(),
            ],
            action: "Choose another password",
            after: Vec::new(),
        },
    }
}
