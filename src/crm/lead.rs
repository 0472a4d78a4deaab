//! Leads: chances to sell something to a contact.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};
use rust_decimal::Decimal;

use super::{Contact, Priority};
use crate::identity::User;
use crate::values::CurrencyCode;

/// Where a lead came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum LeadSource {
    /// A form on the website.
    Website,
    /// Came through the door.
    WalkIn,
    /// Sent by somebody who knows the business.
    Referral,
    /// Called.
    Phone,
    /// Wrote on WhatsApp.
    Whatsapp,
    /// Wrote an e-mail.
    Email,
    /// A social network.
    SocialMedia,
    /// Answered a campaign.
    Campaign,
    /// A portal for advertisements.
    Marketplace,
    /// Anything else.
    Other,
}

/// How far a lead has come. Steps may be skipped; a lost lead may start anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum LeadStatus {
    /// Nobody has been in touch yet.
    New,
    /// Somebody has been in touch.
    Contacted,
    /// Wants something the business has, and can pay for it.
    Qualified,
    /// Price and terms are being talked about.
    Negotiation,
    /// Bought. Final.
    Won,
    /// Did not buy.
    Lost,
}

/// A chance to sell something to a contact.
#[entity(
    table = leads,
    process = LEADS,
    soft_delete,
    writable = "app.may_write_record('LEAD', {t}.id, {t}.assigned_to_id)"
)]
#[action(
    mutation = "assignLead",
    doc = "Gives a lead to a user; `assignedToId` null takes it away from whoever has it.",
    inputs(assigned_to_id)
)]
pub struct Lead {
    /// Where the lead came from.
    pub source: LeadSource,
    /// How far the lead has come. Each change writes an activity.
    #[field(transition = "changeLeadStatus")]
    pub status: LeadStatus,
    /// How urgent the lead is.
    #[field(default)]
    pub priority: Priority,
    /// Lower end of what the contact wants to spend; null when not known.
    pub budget_min: Option<Decimal>,
    /// Upper end of what the contact wants to spend, not below the lower end; null when not known.
    pub budget_max: Option<Decimal>,
    /// Currency of the budget; that of the business when it is not given.
    #[field(default)]
    pub currency: CurrencyCode,
    /// What the contact is looking for.
    pub preferences: Option<String>,
    /// Notes for colleagues.
    pub notes: Option<String>,
    /// When the contact was last spoken to or written to about this lead; null for never.
    #[field(read_only)]
    pub last_contact_at: Option<DateTime<Utc>>,
    /// Who might buy.
    #[belongs_to(inverse = "leads", doc = "Chances to sell something to the contact.")]
    pub contact: Ref<Contact>,
    /// The user who works on the lead; null when nobody does.
    #[belongs_to(inverse = "assignedLeads", doc = "Leads that the user works on.")]
    pub assigned_to: Option<Ref<User>>,
}
