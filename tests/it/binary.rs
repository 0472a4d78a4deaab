//! The real binary, as a person at a terminal meets it.

mod commands;
mod configuration;
mod first_steps;
mod gateway;
mod lifetime;
mod worker;

pub(crate) use gateway::{Folder, Gateway, await_end, mostrador};
pub(crate) use worker::Worker;
