//! Contacts: the people and companies a tenant talks to.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};

use super::ContactStatus;
use crate::identity::{Team, User};
use crate::values::{Email, PhoneNumber};

/// How close a contact is to buying.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum NurtureStatus {
    /// Not yet judged.
    New,
    /// Wants to buy soon.
    Hot,
    /// Interested.
    Warm,
    /// Not interested at present.
    Cold,
}

/// A person or company the business talks to.
#[entity(
    table = contacts,
    process = CONTACTS,
    soft_delete,
    writable = "app.may_write_record('CONTACT', {t}.id, {t}.owner_id, {t}.team_id)"
)]
pub struct Contact {
    /// Name as shown to agents; first and last name, else phone or e-mail, when it is not given.
    #[field(default, folded)]
    pub display_name: String,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Main phone in E.164 form; unique among contacts that are not deleted.
    pub phone: Option<PhoneNumber>,
    /// Main e-mail address; unique among contacts that are not deleted, whatever its case.
    pub email: Option<Email>,
    /// Postal address.
    pub address: Option<String>,
    /// National identity number, in Spain the DNI or NIE.
    pub national_id: Option<String>,
    /// Custom attributes by key, as the business has defined them in its custom fields.
    #[field(default)]
    pub attributes: serde_json::Value,
    /// How promising the contact is; more is better.
    #[field(default)]
    pub lead_score: i32,
    /// How close the contact is to buying.
    #[field(default)]
    pub nurture_status: NurtureStatus,
    /// When somebody of the business last got in touch; null for never.
    #[field(read_only)]
    pub last_contacted_at: Option<DateTime<Utc>>,
    /// Whether the contact is still dealt with.
    #[field(default)]
    pub is_active: bool,
    /// Where the contact stands in the business's own list of states.
    #[belongs_to(inverse = "contacts", doc = "Contacts in this state.")]
    pub status: Option<Ref<ContactStatus>>,
    /// The user who answers for this contact; null when nobody does.
    #[belongs_to(inverse = "ownedContacts", doc = "Contacts that the user answers for.")]
    pub owner: Option<Ref<User>>,
    /// The team that looks after the contact, beside or instead of an owner; null for none.
    #[belongs_to(inverse = "contacts", doc = "Contacts that the team looks after.")]
    pub team: Option<Ref<Team>>,
}
