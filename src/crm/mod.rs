//! CRM: the people and companies a business talks to, its leads and tasks.

mod contact;
mod contact_status;
mod custom_field;
mod interaction;
mod lead;
mod lead_activity;
mod priority;
mod task;
mod timeline;

use entity::Entity;
use entity::declare::EntityDecl;

pub use contact::Contact;
pub use contact_status::{ContactStatus, ContactStatusChange};
pub use custom_field::CustomField;
pub use interaction::Interaction;
pub use lead::Lead;
pub use lead_activity::LeadActivity;
pub use priority::Priority;
pub use task::Task;
pub use timeline::TimelineEntry;

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![
        Contact::decl(),
        ContactStatus::decl(),
        ContactStatusChange::decl(),
        CustomField::decl(),
        Lead::decl(),
        LeadActivity::decl(),
        Interaction::decl(),
        Task::decl(),
        TimelineEntry::decl(),
    ]
}
