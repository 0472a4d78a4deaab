//! What the gateway says about itself: log lines and metrics. Neither ever holds a value of a
//! tenant, a token or the text of a query.

mod json_line;
pub mod logs;
pub mod metrics;
