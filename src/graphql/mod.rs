//! GraphQL: the schema put together, and the way of one operation through it.
//!
//! [`gateway`] is the walk: document, viewer, session, execution, answer. [`documents`] keeps parsed documents,
//! [`limits`] refuses oversized ones, `introspection` oversized answers about the schema.

mod admission;
mod credentials;
mod denials;
pub mod documents;
pub mod gateway;
mod introspection;
pub mod limits;
mod live_caller;
pub mod mutation;
mod nobody;
pub mod schema;
pub mod service;
mod session;
mod sources;
mod subscription;
mod sync;
mod variables;

pub use gateway::{Gateway, GatewayParts};
