//! Vectors that are made here: each word and its beginnings and parts are thrown into some of 256 places by a hash. Texts
//! that share words, or words of one stem, come out near to each other. It knows no meaning, needs no network, and always
//! gives the same.

use futures_util::FutureExt;
use futures_util::future::{self, BoxFuture};

use super::embedder::normalise;
use super::{Embedder, Embeddings, ModelError};

/// How many numbers a vector has.
const DIMENSIONS: usize = 256;

/// Makes vectors by hashing words.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalEmbedder;

impl LocalEmbedder {
    fn vector(text: &str) -> Vec<f32> {
        let mut vector = vec![0.0; DIMENSIONS];
        let folded: String = text.chars().flat_map(char::to_lowercase).map(plain).collect();
        for word in folded.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()) {
            // Words that are everywhere say little.
            let weight = if word.chars().count() <= 3 { 0.3 } else { 1.0 };
            add(&mut vector, &["w", word], weight);
            let letters: Vec<char> = word.chars().collect();
            if letters.len() > 4 {
                let stem: String = letters.iter().take(letters.len().min(6) - 1).collect();
                add(&mut vector, &["s", &stem], 0.7);
            }
            for part in letters.windows(3) {
                add(&mut vector, &["p", &part.iter().collect::<String>()], 0.2);
            }
        }
        normalise(&mut vector);
        vector
    }
}

/// Letters of Spanish and its neighbours without their marks.
fn plain(letter: char) -> char {
    match letter {
        'á' | 'à' | 'ä' | 'â' | 'ã' => 'a',
        'é' | 'è' | 'ë' | 'ê' => 'e',
        'í' | 'ì' | 'ï' | 'î' => 'i',
        'ó' | 'ò' | 'ö' | 'ô' | 'õ' => 'o',
        'ú' | 'ù' | 'ü' | 'û' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        other => other,
    }
}

fn add(vector: &mut [f32], feature: &[&str], weight: f32) {
    let hash = fnv(feature);
    // The sign comes from another part of the hash, so that what collides cancels out as often as it adds up.
    let sign = if hash >> 63 == 0 { 1.0 } else { -1.0 };
    let place = usize::try_from(hash % DIMENSIONS as u64).unwrap_or(0);
    if let Some(value) = vector.get_mut(place) {
        *value += sign * weight;
    }
}

/// FNV-1a with a last mixing step: short, and the same on every machine and in every version.
fn fnv(feature: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in feature.iter().flat_map(|part| part.bytes().chain([0])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash ^= hash >> 32;
    hash.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Embedder for LocalEmbedder {
    fn name(&self) -> &str {
        "local-hash-256"
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Embeddings, ModelError>> {
        let vectors = texts.iter().map(|text| Self::vector(text)).collect();
        let words = texts.iter().map(|text| text.split_whitespace().count()).sum::<usize>();
        future::ready(Ok(Embeddings { vectors, tokens: u32::try_from(words).unwrap_or(u32::MAX) })).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearness(left: &str, right: &str) -> f32 {
        let (left, right) = (LocalEmbedder::vector(left), LocalEmbedder::vector(right));
        left.iter().zip(&right).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn texts_about_the_same_are_nearer_than_others() {
        let question = "¿Qué garantía tiene el coche?";
        let near = nearness(question, "La garantía de los coches usados es de doce meses.");
        let far = nearness(question, "Mañana visitamos el piso de la calle Mayor.");
        assert!(near > 0.2 && near > far + 0.2, "{near} {far}");
        assert!((nearness(question, "¿QUE GARANTIA TIENE EL COCHE?") - 1.0).abs() < 1e-5);
    }

    #[test]
    fn it_always_gives_the_same() {
        let vector = LocalEmbedder::vector("Hola");
        assert_eq!(vector.len(), DIMENSIONS);
        assert_eq!(vector, LocalEmbedder::vector("Hola"));
        let filled = vector.iter().filter(|value| **value != 0.0).count();
        assert_eq!(filled, 3);
        assert_eq!(LocalEmbedder::vector("…"), vec![0.0; DIMENSIONS]);
    }
}
