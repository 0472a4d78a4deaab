//! The job that indexes a document: its text is taken from where it is, cut into chunks, embedded and stored.
//!
//! Each change of the text is a round. What was made of an earlier round is thrown away, because the next one has its job
//! already; they run one after another.

use std::sync::Arc;
use std::time::Duration;

use entity::database::{DbError, Statements};
use entity::rows::Rows;
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::chunk::chunks;
use super::extract::{Format, NoText, even, text_of};
use super::page::{NoPage, PageClient};
use crate::file_store::{FileStore, StoreError};
use crate::ids::SharedIds;
use crate::jobs::{Effects, Job, JobError, JobKind, Policy};
use crate::models::{Embedder, ModelError};
use crate::work::{Tenancy, act_for};

/// Texts that a model is given at once.
const AT_ONCE: usize = 64;

/// Chunks that are written by one statement.
const WRITTEN_AT_ONCE: usize = 250;

/// How long to wait for the virus scanner.
const SCAN_PAUSE: Duration = Duration::from_secs(2);

/// Indexes documents.
pub(super) struct IndexDocuments {
    pub(super) tenancy: Tenancy,
    pub(super) ids: SharedIds,
    pub(super) embedder: Arc<dyn Embedder>,
    pub(super) files: FileStore,
    pub(super) pages: PageClient,
}

/// Whose document in which round.
#[derive(Clone, Copy)]
struct Round {
    tenant: Uuid,
    user: Uuid,
    document: Uuid,
    number: i32,
}

/// A chunk to be stored.
struct Chunk {
    id: Uuid,
    content: String,
    embedding: Vec<f32>,
}

/// Why there is nothing to store.
enum Stop {
    /// The document cannot be indexed as it is; a code for its user.
    Failed(&'static str),
    /// Something else is in the way.
    Job(JobError),
}

impl From<NoText> for Stop {
    fn from(why: NoText) -> Self {
        Self::Failed(why.code())
    }
}

impl From<DbError> for Stop {
    fn from(error: DbError) -> Self {
        Self::Job(error.into())
    }
}

impl Round {
    fn of(job: &Job) -> Result<Self, JobError> {
        let number = job.payload.get("round").and_then(serde_json::Value::as_i64).and_then(|it| i32::try_from(it).ok());
        Ok(Self {
            tenant: job.tenant,
            user: job.payload_id("userId")?,
            document: job.payload_id("documentId")?,
            number: number.ok_or_else(|| JobError::dead("PAYLOAD"))?,
        })
    }

    /// The document in this round, as the end of a statement over `rag_documents d`.
    fn push_where(self, sql: &mut Sql) {
        sql.push(" where d.tenant_id = ").bind(Bind::Uuid(self.tenant)).push(" and d.user_id = ");
        sql.bind(Bind::Uuid(self.user)).push(" and d.id = ").bind(Bind::Uuid(self.document));
        sql.push(" and d.index_round = ").bind(Bind::Int(self.number));
    }
}

impl IndexDocuments {
    async fn work(&self, job: &Job) -> Result<Effects, JobError> {
        let round = Round::of(job)?;
        let mut sql = Sql::new();
        sql.push(
            "select d.source, d.content, d.source_url, f.storage_path, f.mime_type, f.filename, f.scan_status from \
             rag_documents d left join stored_files f on f.tenant_id = d.tenant_id and f.id = d.file_id \
             and f.deleted_at is null",
        );
        round.push_where(&mut sql);
        let rows = self.tenancy.clone().of_user(round.user).read(round.tenant, sql).await?;
        // Deleted, or changed meanwhile: then another job is waiting.
        if rows.is_empty() {
            return Ok(Effects::none());
        }
        match self.chunks(&rows).await {
            Ok(chunks) => Ok(stored(round, self.embedder.name().to_owned(), chunks)),
            Err(Stop::Failed(code)) => Ok(failed(round, code)),
            Err(Stop::Job(error)) => Err(error),
        }
    }

    async fn chunks(&self, rows: &Rows) -> Result<Vec<Chunk>, Stop> {
        let text = self.text(rows).await?;
        let pieces: Vec<String> = chunks(&text).into_iter().map(str::to_owned).collect();
        let mut made = Vec::with_capacity(pieces.len());
        for pieces in pieces.chunks(AT_ONCE) {
            let embedded = self.embedder.embed(pieces).await.map_err(no_embedding)?;
            if embedded.vectors.len() != pieces.len() {
                return Err(Stop::Job(JobError::retry(ModelError::Malformed.code())));
            }
            made.extend(pieces.iter().zip(embedded.vectors).map(|(content, embedding)| Chunk {
                id: self.ids.next(),
                content: content.clone(),
                embedding,
            }));
        }
        Ok(made)
    }

    /// The text of a document, from where it is.
    async fn text(&self, rows: &Rows) -> Result<String, Stop> {
        let source = rows.text(0, 0).unwrap_or_default();
        if let Some(content) = rows.text(0, 1) {
            return Ok(even(&content)?);
        }
        let (format, bytes) = if source == "URL" {
            let page = self.pages.fetch(&rows.text(0, 2).unwrap_or_default()).await.map_err(no_page)?;
            (Format::of(&page.content_type, ""), page.body)
        } else {
            let Some(key) = rows.text(0, 3) else { return Err(Stop::Failed("FILE_GONE")) };
            match rows.text(0, 6).as_deref() {
                Some("CLEAN") => {}
                Some("PENDING") => {
                    let error = JobError::Postpone { code: "FILE_NOT_SCANNED".to_owned(), after: SCAN_PAUSE };
                    return Err(Stop::Job(error));
                }
                _ => return Err(Stop::Failed("FILE_REFUSED")),
            }
            let format = Format::of(&rows.text(0, 4).unwrap_or_default(), &rows.text(0, 5).unwrap_or_default());
            let bytes = match self.files.get(&key).await {
                Ok(bytes) => bytes,
                Err(StoreError::Missing) => return Err(Stop::Failed("FILE_GONE")),
                Err(StoreError::Unavailable(_)) => return Err(Stop::Job(JobError::retry("FILE_STORE_UNAVAILABLE"))),
            };
            (format, bytes)
        };
        let Some(format) = format else { return Err(Stop::Failed("UNSUPPORTED_TYPE")) };
        // Reading a PDF can take seconds, and a damaged one can make the reader panic.
        match tokio::task::spawn_blocking(move || text_of(format, &bytes)).await {
            Ok(text) => Ok(text?),
            Err(_) => Err(NoText::Unreadable.into()),
        }
    }
}

fn no_embedding(error: ModelError) -> Stop {
    match error {
        ModelError::Busy { after } => Stop::Job(JobError::Retry { code: error.code().to_owned(), after }),
        error if error.is_passing() => Stop::Job(JobError::retry(error.code())),
        error => Stop::Failed(error.code()),
    }
}

fn no_page(why: NoPage) -> Stop {
    match why {
        NoPage::Refused => Stop::Failed("PAGE_REFUSED"),
        NoPage::Missing => Stop::Failed("PAGE_MISSING"),
        NoPage::TooLong => Stop::Failed(NoText::TooLong.code()),
        NoPage::Unavailable => Stop::Job(JobError::retry("PAGE_UNAVAILABLE")),
    }
}

/// Puts the chunks in place of those of before.
fn stored(round: Round, model: String, chunks: Vec<Chunk>) -> Effects {
    let chunks = Arc::new(chunks);
    Effects::new(move |statements: &dyn Statements| {
        let (model, chunks) = (model.clone(), Arc::clone(&chunks));
        async move {
            if !begin(statements, round).await? {
                return Ok(());
            }
            for (index, part) in chunks.chunks(WRITTEN_AT_ONCE).enumerate() {
                let first = i32::try_from(index * WRITTEN_AT_ONCE).unwrap_or(i32::MAX);
                statements.rows(insert(round, &model, first, part), false).await?;
            }
            let mut sql = Sql::new();
            sql.push("update rag_documents d set indexed = true, indexed_at = clock_timestamp(), index_error = null");
            round.push_where(&mut sql);
            sql.push(" returning d.id");
            statements.rows(sql, false).await.map(drop)
        }
        .boxed()
    })
}

fn insert(round: Round, model: &str, first: i32, chunks: &[Chunk]) -> Sql {
    let dimensions = chunks.first().map_or(0, |chunk| chunk.embedding.len());
    let dimensions = Bind::Int(i32::try_from(dimensions).unwrap_or(i32::MAX));
    // All numbers in one array, of which each row takes its part: arrays of arrays would come apart.
    let numbers = chunks.iter().flat_map(|chunk| chunk.embedding.iter().copied().map(f64::from)).collect();
    let mut sql = Sql::new();
    sql.push("with given as (select ").bind(Bind::Floats(numbers)).push("::real[] as numbers, ").bind(dimensions);
    sql.push(
        " as dimensions) insert into rag_chunks (id, tenant_id, user_id, document_id, ordinal, content, model, embedding) \
         select c.id, ",
    );
    for value in [round.tenant, round.user, round.document] {
        sql.bind(Bind::Uuid(value)).push(", ");
    }
    sql.bind(Bind::Int(first)).push(" + c.place::integer, c.content, ").bind(Bind::Text(model.to_owned()));
    sql.push(", g.numbers[(c.place - 1) * g.dimensions + 1 : c.place * g.dimensions] from given g cross join unnest(");
    sql.bind(Bind::Uuids(chunks.iter().map(|chunk| chunk.id).collect())).push(", ");
    sql.bind(Bind::Texts(chunks.iter().map(|chunk| chunk.content.clone()).collect()));
    sql.push(") with ordinality as c (id, content, place) order by c.place returning id");
    sql
}

/// Says why the document cannot be found.
fn failed(round: Round, code: &str) -> Effects {
    let code = code.to_owned();
    Effects::new(move |statements: &dyn Statements| {
        let code = code.clone();
        async move {
            if !begin(statements, round).await? {
                return Ok(());
            }
            let mut sql = Sql::new();
            sql.push("update rag_documents d set indexed = false, indexed_at = null, index_error = ");
            sql.bind(Bind::Text(code));
            round.push_where(&mut sql);
            sql.push(" returning d.id");
            statements.rows(sql, false).await.map(drop)
        }
        .boxed()
    })
}

/// Locks the document and takes its chunks away; false when it is gone or in another round.
async fn begin(statements: &dyn Statements, round: Round) -> Result<bool, DbError> {
    act_for(statements, round.user).await?;
    let mut sql = Sql::new();
    sql.push("select d.id from rag_documents d");
    round.push_where(&mut sql);
    sql.push(" for no key update");
    if statements.rows(sql, false).await?.is_empty() {
        return Ok(false);
    }
    let mut sql = Sql::new();
    sql.push("delete from rag_chunks c where c.tenant_id = ").bind(Bind::Uuid(round.tenant));
    sql.push(" and c.document_id = ").bind(Bind::Uuid(round.document)).push(" returning c.id");
    statements.rows(sql, false).await?;
    Ok(true)
}

impl JobKind for IndexDocuments {
    fn kind(&self) -> &'static str {
        "index_document"
    }

    fn policy(&self) -> Policy {
        Policy { most_attempts: 8, ..Policy::default() }
    }

    fn run<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<Effects, JobError>> {
        self.work(job).boxed()
    }

    fn gave_up(&self, job: &Job, code: &str) -> Effects {
        Round::of(job).map_or_else(|_| Effects::none(), |round| failed(round, code))
    }
}
