//! Who was asked to join, and what became of it: rows of `invitations` and
//! `verification_tokens`.
//!
//! Told last, like `teams`. Nobody has these tokens: their hashes are those of
//! no token at all.

use chrono::{DateTime, Duration, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::firm::{Firm, UserRow};
use super::ids::Ids;
use super::row::rows;

rows! {
    /// An offer to become a user.
    InvitationRow in "invitations" {
        id: Uuid, email: String, role: &'static str, token_hash: String, status: &'static str,
        expires_at: DateTime<Utc>, invited_by_id: Option<Uuid>, accepted_by_id: Option<Uuid>,
        created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// A token sent by mail.
    TokenRow in "verification_tokens" {
        id: Uuid, identifier: String, purpose: &'static str, locale: &'static str, token_hash: String,
        expires_at: DateTime<Utc>, consumed_at: Option<DateTime<Utc>>, user_id: Option<Uuid>,
        created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
}

/// All of these rows.
#[derive(Debug)]
pub(crate) struct Invited {
    pub(crate) invitations: Vec<InvitationRow>,
    pub(crate) tokens: Vec<TokenRow>,
}

/// Two invitations that wait for an answer, one of each other state, and the
/// mails by which staff proved their addresses.
pub(crate) fn invited(firm: &Firm, users: &[UserRow], ids: &mut Ids, today: DateTime<Utc>) -> Invited {
    let inviter = users.first().map(|user| user.id);
    let domain = users.first().and_then(|user| user.email.split_once('@')).map_or("example.com", |(_, domain)| domain);
    let joined = users.iter().find(|user| user.role == "AGENT");
    let offers = [
        ("nuevo", "AGENT", "PENDING", 1),
        ("taller", "EMPLOYEE", "PENDING", 5),
        ("becario", "USER", "REVOKED", 20),
        ("verano", "AGENT", "EXPIRED", 40),
    ];
    let mut invitations: Vec<_> = offers
        .into_iter()
        .map(|(name, role, status, days)| {
            let sent = today - Duration::days(days);
            let answered = match status {
                "PENDING" => sent,
                "REVOKED" => sent + Duration::days(1),
                _ => sent + Duration::days(7),
            };
            offer(format!("{name}@{domain}"), role, status, sent, answered, inviter, ids)
        })
        .collect();
    if let Some(joined) = joined {
        let (sent, answered) = (joined.created_at - Duration::days(2), joined.created_at);
        let accepted = offer(joined.email.clone(), "AGENT", "ACCEPTED", sent, answered, inviter, ids);
        invitations.push(InvitationRow { accepted_by_id: Some(joined.id), ..accepted });
    }
    let tokens = users.iter().take(3).map(|user| {
        let sent = user.created_at;
        let id = ids.at(sent);
        let used = sent + Duration::minutes(4);
        TokenRow {
            id,
            identifier: user.email.clone(),
            purpose: "EMAIL_VERIFICATION",
            locale: firm.say("es", "en"),
            token_hash: no_token(id),
            expires_at: sent + Duration::days(1),
            consumed_at: Some(used),
            user_id: Some(user.id),
            created_at: sent,
            updated_at: used,
        }
    });
    let tokens = tokens.collect();
    Invited { invitations, tokens }
}

fn offer(
    email: String,
    role: &'static str,
    status: &'static str,
    sent: DateTime<Utc>,
    answered: DateTime<Utc>,
    invited_by_id: Option<Uuid>,
    ids: &mut Ids,
) -> InvitationRow {
    let id = ids.at(sent);
    InvitationRow {
        id,
        email,
        role,
        token_hash: no_token(id),
        status,
        expires_at: sent + Duration::days(7),
        invited_by_id,
        accepted_by_id: None,
        created_at: sent,
        updated_at: answered,
    }
}

/// A hash, as PostgreSQL reads bytes, of something that is no token.
fn no_token(id: Uuid) -> String {
    format!("\\x{}", crate::hex::encode(Sha256::digest(id)))
}
