//! Logistics at work: thousands of vehicles that become requests, and systems that register and cancel them, and behave
//! badly.

mod bulk;
mod cancelled;
mod killed;
mod office;
mod registered;
mod stub;
