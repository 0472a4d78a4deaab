//! Where new ids come from.
//!
//! Ids are UUIDv7, so they sort by creation. Rows get theirs from the database
//! (`app.uuid_v7()`); what the gateway itself has to name, such as a request, asks an [`Ids`], so
//! that a test can foresee the answer. `clippy.toml` forbids the global makers.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

/// Makes ids.
pub trait Ids: fmt::Debug + Send + Sync + 'static {
    /// A new UUIDv7, different from every other.
    fn next(&self) -> Uuid;
}

/// A maker of ids that can be handed around.
pub type SharedIds = Arc<dyn Ids>;

/// Ids from the machine's clock and random source.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "the one place that may make ids from the machine")]
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// Ids that count up from one, in the form of a UUIDv7. For tests and reproducible demo data.
#[derive(Debug, Default)]
pub struct CountingIds {
    last: AtomicU64,
}

impl Ids for CountingIds {
    fn next(&self) -> Uuid {
        let count = self.last.fetch_add(1, Ordering::SeqCst) + 1;
        uuid::Builder::from_u128(u128::from(count))
            .with_version(uuid::Version::SortRand)
            .with_variant(uuid::Variant::RFC4122)
            .into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_version_7_and_differ() {
        let (one, two) = (SystemIds.next(), SystemIds.next());
        assert_ne!(one, two);
        assert_eq!(one.get_version_num(), 7);
    }

    #[test]
    fn counting_ids_are_foreseeable() {
        let ids = CountingIds::default();
        assert_eq!(ids.next().to_string(), "00000000-0000-7000-8000-000000000001");
        assert_eq!(ids.next().to_string(), "00000000-0000-7000-8000-000000000002");
    }
}
