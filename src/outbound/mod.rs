//! Messages on their way out: to the business's own systems (webhooks) or to WhatsApp's Cloud API.
//!
//! A message that is QUEUED has a job of kind `send_message`, made by a trigger on `messages`; those of a conversation are
//! done one after another. [`SendMessage`] looks at the message, calls the provider outside of any transaction, and writes
//! SENT or FAILED in the transaction that finishes the job.
//!
//! The surprising thing: between the provider's answer and our commit the process can die, and then the provider is
//! called again. Webhooks get the same idempotency key, so that a receiver that remembers keys sees each message once;
//! the Cloud API has no such key.

pub(crate) mod address;
pub(crate) mod circuit;
mod cloud_api;
mod failed;
pub(crate) mod https;
mod outgoing;
pub(crate) mod retry_after;
mod retry_message;
mod send_message;
mod signature;
mod template_fields;
mod test_credentials;
pub mod webhook;
mod webhook_call;
mod webhook_secret;

use entity::Entity;
use entity::declare::{EntityDecl, VerbDecl};

pub(crate) use address::Resolver;
pub use send_message::{OutboundSettings, SendMessage};
pub use test_credentials::TestCredentials;
pub use webhook::Webhook;

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![Webhook::decl()]
}

/// The verbs of this domain.
pub fn verbs() -> Vec<&'static VerbDecl> {
    vec![
        &webhook_secret::CREATE_WEBHOOK,
        &webhook_secret::ROTATE_WEBHOOK_SECRET,
        &retry_message::RETRY_MESSAGE,
        &test_credentials::TEST_TENANT_CREDENTIALS,
    ]
}
