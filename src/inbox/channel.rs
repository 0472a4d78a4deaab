//! Channels: the ways to reach a contact; shared by conversations and campaigns.

use entity::Choice;

/// A way to reach a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum Channel {
    /// WhatsApp.
    Whatsapp,
    /// Phone calls.
    Call,
    /// Text messages.
    Sms,
    /// E-mail.
    Email,
    /// The chat on the website.
    WebChat,
    /// Instagram messages.
    Instagram,
    /// Facebook Messenger.
    Messenger,
}
