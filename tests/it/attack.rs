//! An attack on the border between tenants, generated from the schema.
//!
//! [`types`] reads the schema by introspection; from it follow the requests of [`reads`], [`writes`] and [`guesses`], and
//! what there is to cover ([`coverage`]): every field, argument, filter, operator, order key, mutation and input. A thing
//! that is added tomorrow is attacked tomorrow, or reported as not covered.
//!
//! [`stage`] has two databases: one with tenant A alone, and one in which B has the same rows under other IDs, and C the
//! same rows under the very same IDs. The strongest proof is the plainest: whatever A asks, with IDs, values and cursors
//! of B in it, the answer is the one of the database in which B does not exist, byte by byte and statement by statement.
//!
//! [`roles`] attacks from within: users of each kind go through every root field and every mutation, and get what
//! `@requires` in the schema and `app.user_rights` say, and no more. [`tokens`] tries to be somebody else.
//!
//! No attack, but made of the same requests: [`replay`] shows that the change log misses nothing that mutations do.

mod accounts;
mod ask;
mod changes;
mod coverage;
mod guesses;
mod proof;
mod reads;
mod replay;
mod roles;
mod stage;
mod tokens;
mod types;
mod values;
mod writes;

pub(crate) use stage::{A, filled};
