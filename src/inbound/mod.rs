//! Inbound: what providers bring. Messages of contacts, what became of ours, decisions about templates.
//!
//! A payload comes to the [`Door`], which checks who sent it and stores it together with a job, in one statement; the
//! provider is answered then. The job ([`InboundPayloads`]) reads it into events and writes them down, one transaction
//! each; doing that twice changes nothing. What a message does to its conversation and contact, the database does. What
//! belongs to a provider's form stays in its reader; sending is not here.

pub mod credentials;
mod door;
mod event;
pub mod generic;
mod json_text;
mod keeper;
mod payload;
mod phone;
mod process;
mod signature;
mod tenant_credentials;
pub mod whatsapp;
mod write;

use std::sync::Arc;

use entity::Entity;
use entity::declare::{EntityDecl, VerbDecl};

pub use credentials::{WhatsappCredentials, whatsapp_credentials};
pub use door::{Delivery, Door, Refused};
pub use event::{Event, Message, Moved, Reading, Report, Said, Sender, Stray, TemplateReport};
pub use keeper::InboundKeeper;
pub use payload::Source;
pub use process::InboundPayloads;
pub use tenant_credentials::TenantCredentials;

use crate::ids::SharedIds;
use crate::inbox::Channel;
use crate::jobs::JobKind;
use crate::work::Tenancy;

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![TenantCredentials::decl()]
}

/// The verbs of this domain.
pub fn verbs() -> Vec<&'static VerbDecl> {
    vec![&tenant_credentials::SET_TENANT_CREDENTIALS]
}

/// The kinds of jobs of this domain.
#[must_use]
pub fn job_kinds(tenancy: &Tenancy, ids: &SharedIds) -> Vec<Arc<dyn JobKind>> {
    vec![Arc::new(InboundPayloads::new(tenancy.clone(), Arc::clone(ids)))]
}

/// The channel that an address of the generic webhook names, in any case and with hyphens for underscores. Calls are no
/// messages, so theirs is not among them.
#[must_use]
pub fn channel_of(name: &str) -> Option<Channel> {
    payload::channel_of(name).filter(|channel| *channel != Channel::Call)
}
