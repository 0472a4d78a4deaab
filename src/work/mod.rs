//! Background work: workers that look for what is due, again and again, while the gateway serves.
//!
//! What belongs here: starting workers, resting between rounds, stopping. What a worker does belongs to its domain. A
//! worker acts in one tenant per transaction; finding the tenants with something due is all it reads across them. Any
//! number of gateways may run the same workers: rows are taken with `for update skip locked`.

mod crew;
mod months;
mod tenancy;

pub use crew::{Crew, Stop, Stopper, Worker};
pub use months::Months;
pub use tenancy::{Tenancy, act_for};
