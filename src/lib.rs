//! x

pub mod clock;
pub mod http;
pub mod ids;
pub mod postgres;
pub mod telemetry;
pub mod crm;
pub mod identity;
pub mod values;
