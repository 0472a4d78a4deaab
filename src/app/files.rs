//! Files: the store that the configuration names, and the domain's door behind HTTP's trait.

use std::net::IpAddr;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use entity::database::DbError;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};

use super::failure::Failure;
use crate::clock::SharedClock;
use crate::config::Config;
use crate::demo::Summary;
use crate::file_store::{FileStore, S3Settings, StoreChoice, StoreError};
use crate::files::{FileDoor, FileKeeper, FileRefused, OpenFile, OrphanSweep, ScanFile};
use crate::http::files::{About, BrokenOff, ByteStream, FilePlace, FileProblem, Files, OpenedFile};
use crate::jobs::JobKind;
use crate::request::Services;
use crate::work::{Tenancy, Worker};

/// The folder in the data folder that files are kept in.
const FOLDER: &str = "files";

/// The store.
///
/// # Errors
/// What is wrong with the settings, or with the folder.
pub(super) fn store(config: &Config, data_dir: Option<&Path>) -> Result<FileStore, Failure> {
    let files = &config.files;
    match &files.file_store {
        StoreChoice::Local => {
            let kept = || data_dir.or(config.data_dir.as_deref()).map(|folder| folder.join(FOLDER));
            let Some(folder) = files.file_store_dir.clone().or_else(kept) else {
                tracing::warn!("files cannot be stored: set FILE_STORE to a bucket, or FILE_STORE_DIR to a folder");
                return Ok(FileStore::nowhere());
            };
            FileStore::local(&folder).map_err(|problem| {
                Failure::Configuration(format!("FILE_STORE_DIR: the folder {} {problem}", folder.display()))
            })
        }
        StoreChoice::S3 { bucket, prefix } => {
            let access_key = files.file_store_access_key_id.clone().zip(files.file_store_secret_access_key.clone());
            let settings = S3Settings {
                bucket: bucket.clone(),
                prefix: prefix.clone(),
                region: files.file_store_region.clone(),
                endpoint: files.file_store_endpoint.clone(),
                access_key,
            };
            FileStore::s3(&settings)
                .map_err(|problem| Failure::Configuration(format!("FILE_STORE: the bucket {bucket} {problem}")))
        }
    }
}

/// Says once at the start what becomes of files without a scanner.
pub(super) fn tell_of_scanner(config: &Config) {
    if config.files.file_scanner.is_there() {
        return;
    }
    if config.is_development() {
        tracing::warn!(
            "no virus scanner is configured (FILE_SCANNER): in development every stored file counts as clean"
        );
    } else {
        tracing::warn!(
            "no virus scanner is configured (FILE_SCANNER): stored files stay PENDING and cannot be downloaded"
        );
    }
}

/// The files of a gateway.
pub struct FileService(FileDoor);

impl FileService {
    /// Over the services of a gateway.
    #[must_use]
    pub fn new(services: &Services) -> Self {
        Self(FileDoor::new(
            services.database.clone(),
            services.files.clone(),
            services.keys.clone(),
            Arc::clone(&services.clock),
        ))
    }
}

impl Files for FileService {
    fn receive(
        &self,
        token: String,
        length: Option<u64>,
        body: ByteStream,
    ) -> BoxFuture<'static, Result<(), FileProblem>> {
        let door = self.0.clone();
        async move { door.receive(&token, length, body).await.map_err(problem) }.boxed()
    }

    fn open(
        &self,
        place: FilePlace,
        address: Option<IpAddr>,
    ) -> BoxFuture<'static, Result<Box<dyn OpenedFile>, FileProblem>> {
        let door = self.0.clone();
        async move {
            let file = match place {
                FilePlace::Address(token) => door.open(&token, address).await,
                FilePlace::Public(name) => door.open_public(&name, address).await,
            };
            file.map(|file| Box::new(Opened(file)) as Box<dyn OpenedFile>).map_err(problem)
        }
        .boxed()
    }
}

struct Opened(OpenFile);

impl OpenedFile for Opened {
    fn about(&self) -> About {
        let OpenFile { filename, mime_type, size, checksum, is_view, .. } = &self.0;
        About {
            filename: filename.clone(),
            mime_type: mime_type.clone(),
            size: *size,
            tag: checksum.clone(),
            is_view: *is_view,
        }
    }

    fn read(self: Box<Self>, range: Range<u64>) -> BoxFuture<'static, Result<ByteStream, FileProblem>> {
        async move {
            let pieces = self.0.read(range).await.map_err(problem)?;
            let pieces = pieces.map(|piece| {
                piece.map_err(|error| {
                    tracing::warn!(%error, "a download broke off");
                    BrokenOff
                })
            });
            Ok(pieces.boxed())
        }
        .boxed()
    }
}

fn problem(refused: FileRefused) -> FileProblem {
    match refused {
        FileRefused::Nothing => FileProblem::Nothing,
        FileRefused::WrongSize { announced } => {
            FileProblem::NotAsAnnounced(format!("These are not the {announced} bytes that were announced."))
        }
        FileRefused::WrongChecksum => {
            FileProblem::NotAsAnnounced("The checksum of these bytes is not the one that was announced.".to_owned())
        }
        FileRefused::WrongType { claimed, found } => {
            FileProblem::NotAsAnnounced(format!("These bytes are not of the type {claimed} but of {found}."))
        }
        FileRefused::Broken => FileProblem::Broken,
        FileRefused::Store(StoreError::Missing) => {
            tracing::error!("the bytes of a file are not in the store");
            FileProblem::Fault
        }
        FileRefused::Store(error) => {
            tracing::warn!(%error, "a file could not be stored or read");
            FileProblem::Unavailable
        }
        FileRefused::Database(DbError::Unavailable(reason)) => {
            tracing::warn!(reason, "a file could not be looked up");
            FileProblem::Unavailable
        }
        FileRefused::Database(DbError::TimedOut | DbError::Conflict) => FileProblem::Unavailable,
        FileRefused::Database(error) => {
            tracing::error!(?error, "a file could not be looked up");
            FileProblem::Fault
        }
    }
}

/// Puts the bytes of the demo's files into the store.
///
/// # Errors
/// What the store says.
pub(super) async fn keep_demo(store: &FileStore, summary: &Summary) -> Result<(), Failure> {
    for (key, bytes) in &summary.files {
        let kept = store.put(key, bytes.clone().into()).await;
        kept.map_err(|error| Failure::because("could not store the files of the demo", &error))?;
    }
    Ok(())
}

/// Workers, and the kind of jobs that look files through.
type FileWork = (Vec<Box<dyn Worker>>, Arc<dyn JobKind>);

/// The background work of files: what is over is taken away, what is new is looked through.
///
/// # Errors
/// As [`store`].
pub(super) fn work(
    config: &Config,
    data_dir: Option<&Path>,
    tenancy: &Tenancy,
    clock: SharedClock,
) -> Result<FileWork, Failure> {
    let store = store(config, data_dir)?;
    tell_of_scanner(config);
    let (scanner, pretends) = (config.files.file_scanner.clone(), config.is_development());
    let trash_days = i32::try_from(config.files.file_trash_days).unwrap_or(i32::MAX);
    let is_scanning = scanner.is_there() || pretends;
    let keeper = FileKeeper::new(tenancy.clone(), store.clone(), trash_days, is_scanning);
    let sweep = OrphanSweep::new(tenancy.clone(), store.clone(), clock);
    let scan = ScanFile::new(tenancy.clone(), store, scanner, pretends);
    Ok((vec![Box::new(keeper), Box::new(sweep)], Arc::new(scan)))
}
