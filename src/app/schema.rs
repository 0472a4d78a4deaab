//! `mostrador schema`: the schema's text, as checked in at `schema.graphql`.

use super::failure::Failure;
use super::output;
use crate::graphql::schema::sdl;

/// Prints the SDL. Needs no database.
///
/// # Errors
/// When standard output is closed.
pub fn schema() -> Result<(), Failure> {
    output::print(&sdl())
}
