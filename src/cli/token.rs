//! `mostrador token`.

use std::time::Duration;

use clap::Args;

use crate::app::Failure;
use crate::config::Config;

/// For whom, and for how long.
#[derive(Args, Debug)]
pub(super) struct Token {
    /// The tenant's slug
    #[arg(long)]
    tenant: String,

    /// The user's address
    #[arg(long)]
    user: String,

    /// How long the token works: a number with s, m, h or d
    #[arg(long, default_value = "1h", value_parser = lifetime)]
    ttl: Duration,
}

impl Token {
    /// See [`crate::app::token`].
    pub(super) async fn run(self, config: &Config) -> Result<(), Failure> {
        crate::app::token::token(config, &self.tenant, &self.user, self.ttl).await
    }
}

/// The longest lifetime, in seconds: a year. What lives longer cannot be taken back for too long.
const MAX_SECONDS: u64 = 366 * 86_400;

fn lifetime(text: &str) -> Result<Duration, String> {
    let seconds_per = |unit| match unit {
        's' => Some(1),
        'm' => Some(60),
        'h' => Some(3_600),
        'd' => Some(86_400),
        _ => None,
    };
    text.char_indices()
        .next_back()
        .and_then(|(at, unit)| {
            let count: u64 = text[..at].parse().ok()?;
            count.checked_mul(seconds_per(unit)?)
        })
        .filter(|seconds| (1..=MAX_SECONDS).contains(seconds))
        .map(Duration::from_secs)
        .ok_or_else(|| format!("must be a time of at most a year, as 90s, 30m, 8h or 7d, not {text:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_are_read() {
        for (text, seconds) in [("90s", 90), ("30m", 1_800), ("8h", 28_800), ("7d", 604_800)] {
            assert_eq!(lifetime(text), Ok(Duration::from_secs(seconds)));
        }
        for text in ["", "h", "0h", "8", "8w", "-1h", "1.5h", "367d", "99999999999999999999d", "1é"] {
            assert!(lifetime(text).is_err(), "{text}");
        }
    }
}
