//! Mostrador: one GraphQL API for everything that happens at the front desk of a business that sells cars or homes.
//!
//! In reading order, outside in. Each module may use those below it, never those above (`tests/it/architecture.rs`).

// The binary.
pub mod app;
pub mod cli;
pub mod config;

// The outside.
pub mod http;
pub mod telemetry;

// GraphQL.
pub mod graphql;

// The domains: one folder each, one file per entity.
pub mod entities;
pub mod workers;

pub mod analytics;
pub mod artifacts;
pub mod assistants;
pub mod audit;
pub mod calendar;
pub mod campaigns;
pub mod crm;
pub mod files;
pub mod finance;
pub mod health;
pub mod identity;
pub mod inbound;
pub mod inbox;
pub mod integrations;
pub mod inventory;
pub mod logistics;
pub mod logistics_systems;
pub mod outbound;
pub mod properties;
pub mod retrieval;
pub mod sales;
pub mod support;
pub mod usage;

// From the change log to those who watch.
pub mod live;

// What account mutations get of a request.
pub mod request;

// Demo data.
pub mod demo;

// What everything stands on.
pub mod access;
pub mod bus;
pub mod changes;
pub mod clock;
pub mod db;
pub mod file_store;
pub mod hex;
pub mod https;
pub mod ids;
pub mod jobs;
pub mod mail;
pub mod models;
pub mod oauth;
pub mod opaque_token;
pub mod own_row;
pub mod password;
pub mod postgres;
pub mod processes;
pub mod scanner;
pub mod sealed;
pub mod secrets;
pub mod signals;
pub mod signing_secret;
pub mod throttle;
pub mod token;
pub mod values;
pub mod work;
