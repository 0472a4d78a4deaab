//! Demo data: two lively firms that never existed, a car dealership and an
//! estate agency on the coast between Valencia and Alicante.
//!
//! Everything is invented from a scale and a moment that counts as now; the
//! same two always give the same rows, ids included. `business` tells the
//! story of one firm (who works there, what is offered, whom it sells to, what
//! they write), one file per subject; `load` writes it. `plan` says how much
//! a scale means.
//!
//! The surprising thing: statuses and counters are hardly ever chosen. A deal
//! is PENDING because the day of its completion has not come, a car is sold
//! because its deal is, and what the database can count it counts itself.

mod agency_talk;
mod appointments;
mod assistants;
mod business;
mod campaigns;
mod clock;
mod contact_fields;
mod contacts;
mod conversations;
mod dealership_talk;
mod deals;
mod desk;
mod dialogue;
mod diary;
mod files;
mod firm;
mod health;
mod home_papers;
mod homes;
mod ids;
mod invitations;
mod knowledge;
mod leads;
mod load;
mod logistics;
mod logistics_catalogues;
mod messages;
mod models;
mod money;
mod notes;
mod offer;
mod office;
mod people;
mod places;
mod plan;
mod platform;
mod replies;
mod rng;
mod roles;
mod row;
mod sales;
mod script;
mod small_talk;
mod stock;
mod tags;
mod tasks;
mod teams;
mod templates;
#[cfg(test)]
mod tests;
mod vin;

/// A statement that checks the rows of the demo data (or any others) against
/// each other, counters against what they count first of all. It gives one row
/// (`rule`, `broken`) for each rule that does not hold; none is good. Appointments
/// age: run it within the hour after [`load()`] with the present moment.
pub const CONSISTENCY: &str = include_str!("consistency.sql");

pub use firm::{Login, logins};
pub use load::{DemoError, Summary, load};
