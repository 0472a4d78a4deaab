//! Where bytes are kept: in a folder of a local disk, in an S3-compatible store, or in memory for tests.
//!
//! The crate `object_store` does it; here is what we make of it. A key is a path of lower-case letters, digits, `_` and
//! `-`. Keys below [`FILES`] belong to rows of `stored_files` and `file_uploads`: what has no row there is swept away.
//! Whoever keeps something else begins with another word and deletes it alone. What is written is there as a whole or
//! not at all.

mod s3;
mod settings;
mod writing;

use std::fmt;
use std::ops::Range;
use std::path::Path as FilePath;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{Error, GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutPayload};

pub use settings::{S3Settings, StoreChoice, StoreSecret};
pub use writing::Writing;

/// The first word of keys that have a row.
pub const FILES: &str = "files";

/// Pieces of something stored, in their order.
pub type Pieces = BoxStream<'static, Result<Bytes, StoreError>>;

/// Keeps bytes under keys. Cheap to clone.
#[derive(Clone)]
pub struct FileStore(Option<Arc<dyn ObjectStore>>);

/// Why bytes could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// There is nothing under this key.
    Missing,
    /// The store does not answer, or not as it should. The reason is for the log.
    Unavailable(String),
}

/// Something stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its key.
    pub key: String,
    /// Size in bytes.
    pub size: u64,
    /// When it was written.
    pub written_at: DateTime<Utc>,
}

impl FileStore {
    /// Keeps nothing, and says so to everybody.
    #[must_use]
    pub const fn nowhere() -> Self {
        Self(None)
    }

    /// Forgets everything with the process.
    #[must_use]
    pub fn in_memory() -> Self {
        Self(Some(Arc::new(InMemory::new())))
    }

    /// In a folder, which is made when it is missing; nobody else may look into it.
    ///
    /// # Errors
    /// A sentence's end: what is wrong with the folder.
    pub fn local(folder: &FilePath) -> Result<Self, String> {
        make_private(folder).map_err(|error| format!("cannot be made: {error}"))?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(|error| format!("cannot be used: {error}"))?;
        // Whoever was told that a file is stored must find it after a power failure.
        Ok(Self(Some(Arc::new(store.with_fsync(true).with_automatic_cleanup(true)))))
    }

    /// In a bucket.
    ///
    /// # Errors
    /// A sentence's end: what is wrong with the settings.
    pub fn s3(settings: &S3Settings) -> Result<Self, String> {
        let store = s3::store(settings)?;
        Ok(match settings.prefix.as_str() {
            "" => Self(Some(Arc::new(store))),
            prefix => Self(Some(Arc::new(PrefixStore::new(store, Path::from(prefix))))),
        })
    }

    /// Keeps these bytes; what was under the key is gone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn put(&self, key: &str, bytes: Bytes) -> Result<(), StoreError> {
        self.place()?.put(&Path::from(key), PutPayload::from_bytes(bytes)).await.map(drop).map_err(StoreError::of)
    }

    /// All bytes under a key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn get(&self, key: &str) -> Result<Bytes, StoreError> {
        let found = self.place()?.get(&Path::from(key)).await.map_err(StoreError::of)?;
        found.bytes().await.map_err(StoreError::of)
    }

    /// Some of the bytes under a key, piece by piece.
    ///
    /// # Errors
    /// [`StoreError`], also on the way.
    pub async fn read(&self, key: &str, range: Range<u64>) -> Result<Pieces, StoreError> {
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
        let found = self.place()?.get_opts(&Path::from(key), options).await.map_err(StoreError::of)?;
        Ok(found.into_stream().map_err(StoreError::of).boxed())
    }

    /// Begins to write so many bytes under a key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn write(&self, key: &str, size: u64) -> Result<Writing, StoreError> {
        Writing::begin(self.place()?, Path::from(key), size).await
    }

    /// Forgets what is under a key; nothing there is fine as well.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete(&self, key: &str) -> Result<(), StoreError> {
        match self.place()?.delete(&Path::from(key)).await.map_err(StoreError::of) {
            Err(StoreError::Missing) => Ok(()),
            outcome => outcome,
        }
    }

    /// Everything whose key begins with these words, in any order.
    pub fn list(&self, prefix: &str) -> BoxStream<'static, Result<Kept, StoreError>> {
        let kept = |meta: object_store::ObjectMeta| Kept {
            key: meta.location.to_string(),
            size: meta.size,
            written_at: meta.last_modified,
        };
        match self.place() {
            Ok(store) => store.list(Some(&Path::from(prefix))).map_ok(kept).map_err(StoreError::of).boxed(),
            Err(_) => futures_util::stream::empty().boxed(),
        }
    }

    fn place(&self) -> Result<&Arc<dyn ObjectStore>, StoreError> {
        self.0.as_ref().ok_or_else(|| StoreError::Unavailable("no place for files is configured".to_owned()))
    }
}

impl StoreError {
    fn of(error: Error) -> Self {
        match error {
            Error::NotFound { .. } => Self::Missing,
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => formatter.write_str("there is nothing under this key"),
            Self::Unavailable(reason) => write!(formatter, "the store does not answer: {reason}"),
        }
    }
}

impl std::error::Error for StoreError {}

impl fmt::Debug for FileStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(store) => write!(formatter, "FileStore({store})"),
            None => formatter.write_str("FileStore(nowhere)"),
        }
    }
}

#[cfg(unix)]
fn make_private(folder: &FilePath) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_private(folder: &FilePath) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)
}
