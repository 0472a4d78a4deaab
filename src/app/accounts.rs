//! Accounts, as the settings want them.

use crate::config::Config;
use crate::password::{Cost, Passwords, Policy};
use crate::request::SessionTerms;

/// Hashes passwords, as many at a time as the settings say; by themselves one per core.
pub(super) fn passwords(config: &Config) -> Passwords {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let size = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    let hashers = if config.password_hashers == 0 { cores() } else { size(config.password_hashers) };
    Passwords::new(Cost::RECOMMENDED, Policy { min_characters: size(config.password_min_length) }, hashers)
}

/// How long sessions live.
pub(super) fn session_terms(config: &Config) -> SessionTerms {
    SessionTerms { idle: config.session_idle(), longest: config.session_max() }
}
