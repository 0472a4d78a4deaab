//! Interactions: touches with a contact that somebody wrote down.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};

use super::Contact;
use crate::identity::User;

/// How somebody was in touch with a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum InteractionType {
    /// An e-mail.
    Email,
    /// A phone call.
    Call,
    /// A meeting.
    Meeting,
    /// Something worth noting.
    Note,
}

/// A touch with a contact that somebody wrote down.
#[entity(table = interactions, process = CONTACTS)]
pub struct Interaction {
    /// How somebody was in touch.
    pub type_: InteractionType,
    /// What was said.
    pub notes: Option<String>,
    /// When it was; now when it is not given.
    #[field(default)]
    pub occurred_at: DateTime<Utc>,
    /// What came of it.
    pub outcome: Option<String>,
    /// With whom.
    #[belongs_to(inverse = "interactions", doc = "Touches with the contact that somebody wrote down.")]
    pub contact: Ref<Contact>,
    /// Who was in touch; null when that is not known.
    #[belongs_to(inverse = "interactions", doc = "Touches with contacts that the user had.")]
    pub user: Option<Ref<User>>,
}
