//! Where bytes come in and go out: opens the addresses that mutations made.
//!
//! Each request is checked anew, in the name of the user whose address it is: one who lost sight of a file, or was
//! switched off, finds nothing any more. Bytes are streamed both ways, and hashed on their way in.

use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use entity::database::{DbError, Statements};
use entity::rows::Rows;
use entity::sql::{Bind, Sql};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::content_type::{self, LOOKED_AT};
use super::link::{FileDisposition, Link, Purpose};
use crate::clock::SharedClock;
use crate::db::{Actor, Counters, Database, Mode, Scope, Transaction};
use crate::file_store::{FileStore, Pieces, StoreError, Writing};
use crate::secrets::KeyRing;

/// The door. Cheap to clone.
#[derive(Clone)]
pub struct FileDoor {
    database: Database,
    store: FileStore,
    keys: KeyRing,
    clock: SharedClock,
}

/// Why no bytes were taken or given.
#[derive(Debug)]
pub enum FileRefused {
    /// There is nothing behind this address, or not any more.
    Nothing,
    /// More or fewer bytes than were announced.
    WrongSize {
        /// How many were.
        announced: u64,
    },
    /// Other bytes than were announced.
    WrongChecksum,
    /// Bytes that cannot be of the media type that was claimed.
    WrongType {
        /// What was claimed.
        claimed: String,
        /// What they are.
        found: &'static str,
    },
    /// The client broke off.
    Broken,
    /// The store does not answer.
    Store(StoreError),
    /// The database does not answer, or refused.
    Database(DbError),
}

impl From<DbError> for FileRefused {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

impl From<StoreError> for FileRefused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// A file that may be read.
pub struct OpenFile {
    /// Its name.
    pub filename: String,
    /// Its media type.
    pub mime_type: String,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 in hexadecimal digits.
    pub checksum: String,
    /// Whether it is to be shown within a page.
    pub is_view: bool,
    key: String,
    door: FileDoor,
    note: Option<Note>,
}

/// What is written down when the file is read.
struct Note {
    actor: Actor,
    file: Uuid,
    address: Option<IpAddr>,
    action: &'static str,
}

/// What was announced.
struct Announced {
    key: String,
    size: u64,
    checksum: String,
    mime_type: String,
}

impl FileDoor {
    /// Between this database and this store.
    #[must_use]
    pub fn new(database: Database, store: FileStore, keys: KeyRing, clock: SharedClock) -> Self {
        Self { database, store, keys, clock }
    }

    /// Takes the bytes of an upload. Once this returns, they are stored and as they were announced. Bringing them again
    /// changes nothing.
    ///
    /// # Errors
    /// Why they were not taken; then nothing is stored that was not there before.
    pub async fn receive<E: Send>(
        &self,
        token: &str,
        length: Option<u64>,
        body: BoxStream<'static, Result<Bytes, E>>,
    ) -> Result<(), FileRefused> {
        let link = self.link(token)?;
        let Purpose::Upload { user } = link.purpose else { return Err(FileRefused::Nothing) };
        let actor = Actor::user(link.tenant, user, Scope::default());
        let announced = self.announced(&actor, link).await?.ok_or(FileRefused::Nothing)?;
        if length.is_some_and(|length| length != announced.size) {
            return Err(FileRefused::WrongSize { announced: announced.size });
        }
        let mut writing = self.store.write(&announced.key, announced.size).await?;
        if let Err(refused) = take(&announced, body, &mut writing).await {
            writing.give_up().await;
            return Err(refused);
        }
        writing.finish().await?;
        let mut sql = Sql::new();
        sql.push("update file_uploads u set received_at = now() where u.tenant_id = ").bind(Bind::Uuid(link.tenant));
        sql.push(" and u.id = ").bind(Bind::Uuid(link.row)).push(" and u.expires_at > now() returning u.id");
        let noted = self.write(actor, None, sql).await?;
        if noted.is_empty() {
            // Confirmed by another request that brought the same bytes, or called off: then nobody wants them.
            let mut sql = Sql::new();
            sql.push("select k from app.known_file_paths(").bind(Bind::Texts(vec![announced.key.clone()])).push(") k");
            let known = self.read(Actor::tenant(link.tenant, Scope::default()), sql).await?;
            if known.is_empty() {
                self.store.delete(&announced.key).await?;
                return Err(FileRefused::Nothing);
            }
        }
        Ok(())
    }

    /// Finds the file behind an address.
    ///
    /// # Errors
    /// Why there is none to be had.
    pub async fn open(&self, token: &str, address: Option<IpAddr>) -> Result<OpenFile, FileRefused> {
        let link = self.link(token)?;
        let (tenant, file) = (link.tenant, link.row);
        let mut sql = Sql::new();
        match link.purpose {
            Purpose::Upload { .. } => Err(FileRefused::Nothing),
            Purpose::Fetch { user, disposition } => {
                let actor = Actor::user(tenant, user, Scope::default());
                sql.push("select f.filename, f.mime_type, f.size, f.checksum, f.storage_path from stored_files f");
                sql.push(" join users u on u.tenant_id = f.tenant_id and u.is_active and u.deleted_at is null");
                sql.push(" and u.id = ").bind(Bind::Uuid(user));
                sql.push(" join tenants t on t.id = f.tenant_id and t.status in ('TRIAL', 'ACTIVE')");
                sql.push(" where f.tenant_id = ").bind(Bind::Uuid(tenant)).push(" and f.id = ").bind(Bind::Uuid(file));
                sql.push(" and f.deleted_at is null and f.scan_status = 'CLEAN'");
                let rows = self.read(actor.clone(), sql).await?;
                self.found(&rows, disposition, Some(Note { actor, file, address, action: disposition.action() }))
            }
            Purpose::Shared { share, disposition } => {
                sql.push("select f.filename, f.mime_type, f.size, f.checksum, f.storage_path from app.shared_file(");
                sql.bind(Bind::Uuid(share)).push(", ").bind(Bind::Text(disposition.action().to_owned()));
                sql.push(") f where f.file_id = ").bind(Bind::Uuid(file));
                let rows = self.read(Actor::tenant(tenant, Scope::default()), sql).await?;
                // That it was opened is written down already.
                self.found(&rows, disposition, None)
            }
        }
    }

    /// Finds a file that is everybody's, by the last part of its public path.
    ///
    /// # Errors
    /// Why there is none to be had.
    pub async fn open_public(&self, name: &str, address: Option<IpAddr>) -> Result<OpenFile, FileRefused> {
        let ids = name.split_once('.').and_then(|(tenant, file)| Some((tenant.parse().ok()?, file.parse().ok()?)));
        let (tenant, file): (Uuid, Uuid) = ids.ok_or(FileRefused::Nothing)?;
        let actor = Actor::tenant(tenant, Scope::default());
        let mut sql = Sql::new();
        sql.push("select f.filename, f.mime_type, f.size, f.checksum, f.storage_path from app.public_file(");
        sql.bind(Bind::Uuid(file)).push(") f");
        let rows = self.read(actor.clone(), sql).await?;
        let disposition = FileDisposition::View;
        self.found(&rows, disposition, Some(Note { actor, file, address, action: disposition.action() }))
    }

    fn link(&self, token: &str) -> Result<Link, FileRefused> {
        let link = Link::read(&self.keys, token).ok_or(FileRefused::Nothing)?;
        if link.expires_at > self.clock.now() { Ok(link) } else { Err(FileRefused::Nothing) }
    }

    async fn announced(&self, actor: &Actor, link: Link) -> Result<Option<Announced>, DbError> {
        let mut sql = Sql::new();
        sql.push("select p.storage_path, p.size, p.checksum, p.mime_type from file_uploads p");
        sql.push(" join users u on u.tenant_id = p.tenant_id and u.id = p.user_id and u.is_active");
        sql.push(" and u.deleted_at is null where p.tenant_id = ").bind(Bind::Uuid(link.tenant));
        sql.push(" and p.id = ").bind(Bind::Uuid(link.row)).push(" and p.expires_at > now()");
        let rows = self.read(actor.clone(), sql).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let text = |index| rows.text(0, index).unwrap_or_default();
        let size = u64::try_from(rows.int8(0, 1).unwrap_or_default()).unwrap_or_default();
        Ok(Some(Announced { key: text(0), size, checksum: text(2), mime_type: text(3) }))
    }

    fn found(&self, rows: &Rows, disposition: FileDisposition, note: Option<Note>) -> Result<OpenFile, FileRefused> {
        if rows.is_empty() {
            return Err(FileRefused::Nothing);
        }
        let text = |index| rows.text(0, index).unwrap_or_default();
        Ok(OpenFile {
            filename: text(0),
            mime_type: text(1),
            size: u64::try_from(rows.int8(0, 2).unwrap_or_default()).unwrap_or_default(),
            checksum: text(3),
            is_view: disposition == FileDisposition::View,
            key: text(4),
            door: self.clone(),
            note,
        })
    }

    async fn read(&self, actor: Actor, sql: Sql) -> Result<Rows, DbError> {
        let transaction = Transaction::new(self.database.clone(), Mode::Read, actor, Arc::<Counters>::default());
        let rows = transaction.rows(sql, true).await?;
        transaction.finish();
        Ok(rows)
    }

    async fn write(&self, actor: Actor, address: Option<IpAddr>, sql: Sql) -> Result<Rows, DbError> {
        let transaction = Transaction::new(self.database.clone(), Mode::Write, actor, Arc::<Counters>::default());
        let transaction = transaction.from_address(address);
        // In a task of its own, so that a client that leaves does not cut it off.
        let task = tokio::spawn(async move {
            let rows = transaction.rows(sql, false).await;
            match rows {
                Ok(rows) => transaction.commit().await.map(|()| rows),
                Err(error) => {
                    // The reason is more telling than a failing rollback, after which PostgreSQL undoes it anyway.
                    let _ = transaction.rollback().await;
                    Err(error)
                }
            }
        });
        task.await.unwrap_or_else(|_| Err(DbError::Fault("the write's task ended early".into())))
    }
}

impl OpenFile {
    /// Some of its bytes; that somebody had them is written down.
    ///
    /// # Errors
    /// Why they cannot be had.
    pub async fn read(self, range: Range<u64>) -> Result<Pieces, FileRefused> {
        let pieces = self.door.store.read(&self.key, range.clone()).await?;
        if let Some(note) = self.note {
            let mut sql = Sql::new();
            sql.push("select app.note_file_access(").bind(Bind::Uuid(note.file)).push(", ");
            sql.bind(Bind::Text(note.action.to_owned())).push(", ").bind(Bind::Bool(range.start > 0)).push(")");
            self.door.write(note.actor, note.address, sql).await?;
        }
        Ok(pieces)
    }
}

/// Takes the bytes as far as they are what was announced.
async fn take<E: Send>(
    announced: &Announced,
    mut body: BoxStream<'static, Result<Bytes, E>>,
    writing: &mut Writing,
) -> Result<(), FileRefused> {
    let wrong_size = || FileRefused::WrongSize { announced: announced.size };
    let check_type = |head: &[u8]| match content_type::contradiction(&announced.mime_type, head) {
        Some(found) => Err(FileRefused::WrongType { claimed: announced.mime_type.clone(), found }),
        None => Ok(()),
    };
    let (mut hasher, mut size) = (Sha256::new(), 0_u64);
    // The first bytes wait until there are enough of them to be looked at.
    let mut head = Some(BytesMut::new());
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|_| FileRefused::Broken)?;
        size += piece.len() as u64;
        if size > announced.size {
            return Err(wrong_size());
        }
        hasher.update(&piece);
        match &mut head {
            None => writing.push(piece).await?,
            Some(first) => {
                first.extend_from_slice(&piece);
                if first.len() >= LOOKED_AT {
                    check_type(first)?;
                    let first = head.take().unwrap_or_default();
                    writing.push(first.freeze()).await?;
                }
            }
        }
    }
    if size != announced.size {
        return Err(wrong_size());
    }
    if let Some(first) = head {
        check_type(&first)?;
        writing.push(first.freeze()).await?;
    }
    let checksum = crate::hex::encode(hasher.finalize());
    if checksum == announced.checksum { Ok(()) } else { Err(FileRefused::WrongChecksum) }
}
