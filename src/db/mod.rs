//! The database: a pool of connections in the API's role, and the transaction that each operation runs in.
//!
//! Only this module opens connections and transactions. A query gets one read-only snapshot, a mutation one
//! transaction that runs to its end even when the client leaves. Tenant and user are settings of the transaction,
//! which row-level security reads; nothing of them outlives it.

mod actor;
mod audit;
mod connection;
mod error;
mod listener;
mod pool;
mod reading;
mod transaction;

pub use actor::{Actor, Scope};
pub use audit::audit;
pub use connection::Connection;
pub use listener::{Heard, Hearer, LONGEST_NOTICE, Listener, Unsaid};
pub use pool::{Database, DatabaseSettings};
pub use reading::audit_reading;
pub use transaction::{Counters, Mode, Transaction};
