//! The program: puts the rooms of the house together, one file per command.
//!
//! What belongs here: start-up order, shutdown order, and what operators ask from the command
//! line. What does not: anything a request needs. This is the top of the house; it may name
//! everything, and nothing but `cli` names it.

mod accounts;
mod background;
pub mod banner;
pub mod connection;
pub mod database_access;
pub mod demo;
mod descriptors;
pub mod dev_logins;
pub mod directory;
pub mod doctor;
pub mod encryption_keys;
pub mod failure;
pub mod files;
mod kept_file;
mod mail;
pub mod migrate;
pub mod migrations;
mod models;
mod oauth;
pub mod output;
mod owner;
pub mod platform;
pub mod rotate_keys;
pub mod schema;
mod secret_link;
pub mod serve;
pub mod signals;
pub mod signing_keys;
pub mod signing_secret;
pub mod tenant;
pub mod token;
mod vectors;
pub mod webhooks;
pub mod work;

pub use failure::Failure;
