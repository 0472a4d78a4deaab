//! The entity engine: one declaration per entity, everything else follows.
//!
//! In reading order: what can be declared ([`declare`]) and who may use it ([`access`]), the linked [`model`], the
//! GraphQL [`schema`] made from it, how a selection becomes a [`plan`], how a plan is [`run`] in a few statements, how
//! rows become the [`answer`], what is made of values on the way ([`late`]), how writes work ([`mod@write`]), and what subscriptions send ([`events`]). The engine
//! knows no domain, no HTTP and no pool: statements go through [`database::Statements`].

pub mod access;
pub mod answer;
pub mod database;
pub mod declare;
pub mod events;
pub mod id;
pub mod kind;
pub mod late;
pub mod model;
mod numeric;
pub mod plan;
pub mod roots;
pub mod rows;
pub mod run;
pub mod schema;
pub mod sql;
mod time;
pub mod write;

pub use declare::{Entity, Ref};
pub use entity_macros::{Choice, entity};
pub use kind::AnyId;
