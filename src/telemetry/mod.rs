//! What the gateway says about itself: log lines and metrics. Neither ever holds a value of a
//! tenant, a token or the text of a query.

pub mod jobs;
mod json_line;
pub mod live;
pub mod logs;
pub mod metrics;
