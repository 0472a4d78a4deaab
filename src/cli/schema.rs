//! `mostrador schema`.

use clap::Args;

use crate::app::Failure;

/// Has no arguments; the schema is part of the binary.
#[derive(Args, Debug)]
pub(super) struct Schema {}

impl Schema {
    /// See [`crate::app::schema`].
    pub(super) fn run(self) -> Result<(), Failure> {
        crate::app::schema::schema()
    }
}
