//! The integration tests: one binary, one PostgreSQL, one database per test.
#![expect(clippy::unwrap_used, reason = "tests")]

mod app;
mod architecture;
mod bad_input;
mod binary;
mod cancellation;
mod catalogue;
mod checked_in;
mod clients;
mod filters;
mod isolation;
mod known_documents;
mod mail;
mod migrations;
mod oauth;
mod oracle;
mod outage;
mod paging;
mod permissions;
mod plans;
mod record_sharing;
mod rotate_keys;
mod samples;
mod schema;
mod scripts;
mod secrets;
mod smoke;
mod statements;
mod writes;
