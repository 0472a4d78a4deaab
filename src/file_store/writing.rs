//! Writing something large piece by piece. Until it is finished nobody sees anything of it.

use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, PutPayloadMut, WriteMultipart};

use super::StoreError;

/// What is at most this large is kept in memory and sent at once, in bytes. S3 takes no smaller parts.
const PART_BYTES: usize = 5 << 20;

/// Parts that are on their way at the same time.
const PARTS_AT_ONCE: usize = 2;

/// Something that is being written. Dropped, it leaves nothing but parts that the store cleans up.
pub struct Writing {
    store: Arc<dyn ObjectStore>,
    key: Path,
    way: Way,
}

enum Way {
    AtOnce(PutPayloadMut),
    InParts(Box<WriteMultipart>),
}

impl Writing {
    pub(super) async fn begin(store: &Arc<dyn ObjectStore>, key: Path, size: u64) -> Result<Self, StoreError> {
        let way = if size <= PART_BYTES as u64 {
            Way::AtOnce(PutPayloadMut::new())
        } else {
            let upload = store.put_multipart(&key).await.map_err(StoreError::of)?;
            Way::InParts(Box::new(WriteMultipart::new_with_chunk_size(upload, PART_BYTES)))
        };
        Ok(Self { store: Arc::clone(store), key, way })
    }

    /// Takes the next piece; waits while too much is on its way.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn push(&mut self, piece: Bytes) -> Result<(), StoreError> {
        match &mut self.way {
            Way::AtOnce(whole) => whole.push(piece),
            Way::InParts(parts) => {
                parts.wait_for_capacity(PARTS_AT_ONCE).await.map_err(StoreError::of)?;
                parts.put(piece);
            }
        }
        Ok(())
    }

    /// Keeps what was written.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing is kept.
    pub async fn finish(self) -> Result<(), StoreError> {
        match self.way {
            Way::AtOnce(whole) => self.store.put(&self.key, PutPayload::from(whole)).await.map(drop),
            Way::InParts(parts) => parts.finish().await.map(drop),
        }
        .map_err(StoreError::of)
    }

    /// Throws away what was written.
    pub async fn give_up(self) {
        if let Way::InParts(parts) = self.way
            && let Err(error) = parts.abort().await
        {
            tracing::warn!(%error, "an unfinished upload could not be taken away from the store");
        }
    }
}
