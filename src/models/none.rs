//! No model, where none is configured.

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::{ChatModel, ModelError, Piece, Prompt, Provider};

/// Says that it is not there.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoModel;

impl ChatModel for NoModel {
    fn provider(&self) -> Provider {
        Provider::Local
    }

    fn default_model(&self) -> &str {
        "none"
    }

    fn answer(&self, _: Prompt) -> BoxStream<'static, Result<Piece, ModelError>> {
        stream::once(async { Err(ModelError::NotConfigured) }).boxed()
    }
}
