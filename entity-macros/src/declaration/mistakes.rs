//! Collects mistakes, so that a declaration reports all of them at once, each at its place.

use proc_macro2::Span;
use syn::{Error, Result};

/// What was found wrong so far.
#[derive(Default)]
pub(crate) struct Mistakes(Option<Error>);

impl Mistakes {
    pub(crate) fn add(&mut self, place: Span, message: impl std::fmt::Display) {
        self.note(Error::new(place, message));
    }

    pub(crate) fn note(&mut self, error: Error) {
        match &mut self.0 {
            Some(known) => known.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// The value, unless it could not be read; then the mistake is noted.
    pub(crate) fn keep<T>(&mut self, read: Result<T>) -> Option<T> {
        read.map_err(|error| self.note(error)).ok()
    }

    /// # Errors
    /// When anything was noted.
    pub(crate) fn finish(self) -> Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}
