//! Values that the database must keep and must not be able to read: tokens of other systems, bodies of mails, codes.
//!
//! Belongs here: the ring of keys, how a sealed value looks, and the list of columns that hold one. Passwords and our
//! own tokens do not: they are hashed, because nobody ever needs them back.
//!
//! AES-256-GCM with a random nonce. A value is bound to its [`Place`]: copied into another row, column or tenant it does
//! not open. The id of its key stands in front of it, so several keys live side by side while `mostrador rotate-keys`
//! moves values from the old ones to the newest.
//!
//! To seal a new column: add it to [`columns::SEALED`] as `bytea`, choose the row's id in Rust before the insert (it is
//! part of the place), and keep it out of everything that is read by people (`hidden` in `app.protect`).

pub mod columns;
mod key;
mod place;
mod ring;
mod sealed;

pub use key::KeyId;
pub use place::Place;
pub use ring::{Clear, KeyRing, OpenError, RingError, SealError};
pub use sealed::Sealed;

#[cfg(test)]
mod tests;
