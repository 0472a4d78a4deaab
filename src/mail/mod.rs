//! Mail: what leaves for somebody's mailbox.
//!
//! A mail is a row of the outbox (`emails`), written in the transaction that is its reason; the [`Postman`] sends it
//! later. What mails say is in [`letter`]; how they leave, by SMTP or into a folder, in [`transport`].
//!
//! The surprising thing: a mail can arrive twice. When a server dies between taking a mail and saying so, or we between
//! hearing that and writing it down, nobody knows, and we send again. Both copies carry the same Message-ID.

mod content;
mod english;
pub mod keeper;
pub mod letter;
mod links;
mod outbox;
mod postman;
pub mod smtp;
mod spanish;
pub mod transport;

pub use content::Content;
pub use keeper::MailKeeper;
pub use letter::{Letter, Locale};
pub use links::Links;
pub use outbox::{Outbox, Posting};
pub use postman::{Pace, Postman};
pub use transport::{Sender, Transport};
