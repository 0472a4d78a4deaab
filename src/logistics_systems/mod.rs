//! TMS and SLC: the systems that have vehicles carried, and that have work done on them.
//!
//! What belongs here: speaking to them over HTTP ([`LogisticsSystem`], with one adapter for each), and the jobs that
//! register and cancel requests there. What a request is, and when it is to be registered, is the domain's and the
//! database's. `docs/logistics-systems.md` is the contract that the other side keeps.
//!
//! The surprising thing: between their answer and our commit the process can die. So each vehicle has one idempotency key
//! for ever, what has been taken is written down vehicle by vehicle, and whoever tries again asks first what is there.

mod account;
mod calls;
mod cancel_request;
mod desk;
mod failed;
mod order;
mod register_request;
mod signature;
mod slc;
mod system;
mod tms;

use std::sync::Arc;

pub use account::{Account, Accounts, Connections};
pub use cancel_request::CancelLogisticsRequest;
pub use desk::{Desk, DeskParts};
pub use failed::Failed;
pub use order::{Order, Place, Service};
pub use register_request::RegisterLogisticsRequest;
pub use slc::Slc;
pub use system::{LogisticsSystem, Registered, System};
pub use tms::Tms;

use crate::jobs::JobKind;

/// The kinds of jobs that ask systems.
///
/// # Errors
/// A sentence, when the system has no certificate authorities to know others by.
pub fn job_kinds(parts: DeskParts) -> Result<Vec<Arc<dyn JobKind>>, String> {
    let desk = Arc::new(Desk::open(parts)?);
    Ok(vec![Arc::new(RegisterLogisticsRequest(Arc::clone(&desk))), Arc::new(CancelLogisticsRequest(desk))])
}
