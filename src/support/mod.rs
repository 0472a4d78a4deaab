//! Questions to the people who run the platform: tickets, what is said about them, and who has to answer until when.
//!
//! Who asks sees the own tickets; the staff, who has ADMIN on SUPPORT, sees all: the word `support` of a transaction's
//! scope, which row-level security asks for. Numbers, clocks and the moves that follow from messages are triggers.

mod accept_suggestion;
mod escalation;
mod message;
mod suggest_answer;
mod ticket;

use std::sync::Arc;

use entity::Entity;
use entity::declare::{EntityDecl, VerbDecl};
use entity::roots::MadeQuery;

use crate::jobs::JobKind;
use crate::models::ChatModel;
use crate::work::{Tenancy, Worker};

pub use escalation::Escalation;
pub use message::SupportMessage;
pub use ticket::SupportTicket;

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![SupportTicket::decl(), SupportMessage::decl()]
}

/// The verbs of this domain.
pub fn verbs() -> Vec<&'static VerbDecl> {
    vec![&accept_suggestion::ACCEPT_TICKET_SUGGESTION]
}

/// The queries of this domain that are more than rows of an entity.
pub fn queries() -> Vec<&'static MadeQuery> {
    vec![]
}

/// The background workers of this domain.
#[must_use]
pub fn workers(tenancy: &Tenancy) -> Vec<Box<dyn Worker>> {
    vec![Box::new(Escalation::new(tenancy))]
}

/// The kinds of jobs of this domain.
#[must_use]
pub fn job_kinds(tenancy: &Tenancy, model: &Arc<dyn ChatModel>) -> Vec<Arc<dyn JobKind>> {
    vec![Arc::new(suggest_answer::SuggestAnswer::new(tenancy, Arc::clone(model)))]
}
