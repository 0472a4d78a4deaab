//! What makes texts into vectors.

use std::fmt;

use futures_util::future::BoxFuture;

use super::ModelError;

/// Makes texts into vectors whose angles say how near the texts are to each other in meaning.
pub trait Embedder: fmt::Debug + Send + Sync + 'static {
    /// The name of the model: vectors of different models cannot be compared.
    fn name(&self) -> &str;

    /// How many numbers a vector has.
    fn dimensions(&self) -> usize;

    /// One vector of length 1 for each text, in their order. A text without any word gives zeros.
    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Embeddings, ModelError>>;
}

/// What became of some texts.
#[derive(Clone, Debug, PartialEq)]
pub struct Embeddings {
    /// One for each text.
    pub vectors: Vec<Vec<f32>>,
    /// How many tokens were read.
    pub tokens: u32,
}

/// Makes it a vector of length 1, unless it is zero.
pub(super) fn normalise(vector: &mut [f32]) {
    let length = vector.iter().map(|value| f64::from(*value) * f64::from(*value)).sum::<f64>().sqrt();
    if length > 0.0 && length.is_finite() {
        for value in vector {
            *value = (f64::from(*value) / length) as f32;
        }
    }
}
