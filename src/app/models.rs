//! Which language models this installation has.

use super::failure::Failure;
use crate::config::Config;
use crate::models::Models;

/// The models that the configuration names; else local ones in development, and none for chats in production.
///
/// # Errors
/// What keeps this system from calling any.
pub(super) fn models(config: &Config) -> Result<Models, Failure> {
    match config.model_service() {
        Some(service) => Models::of(&service)
            .map_err(|problem| Failure::Runtime(format!("language models cannot be asked: {problem}"))),
        None if config.is_development() => Ok(Models::local()),
        None => Ok(Models::none()),
    }
}
