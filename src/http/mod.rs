//! HTTP: reads requests, asks the gateway through [`service`], writes answers.
//!
//! [`routes`] lists every endpoint and middleware. Nothing here knows the schema or the database.
//! The surprising thing: GraphQL's handler is our own (see [`graphql`] for why).

pub mod accept;
pub mod body;
pub mod caller;
pub mod catch_panic;
pub mod client_address;
pub mod content_type;
pub mod cors;
pub mod dev;
pub mod embedded_page;
pub mod error_document;
pub mod files;
pub mod graphiql;
pub mod graphql;
pub mod home;
pub mod inbox_page;
pub mod live;
pub mod observe;
pub mod parameters;
pub mod probes;
pub mod request_id;
pub mod routes;
pub mod server;
pub mod service;
pub mod state;
pub mod surround;
pub mod timeout;
pub mod webhooks;
pub mod work_probes;

#[cfg(test)]
mod tests;
