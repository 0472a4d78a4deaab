//! The real binary, as a person at a terminal meets it.

mod commands;
mod configuration;
mod first_steps;
mod gateway;
mod lifetime;

pub(crate) use gateway::{Folder, Gateway, await_end, mostrador};
