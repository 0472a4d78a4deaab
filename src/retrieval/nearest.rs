//! What is nearest to a question by meaning. The database compares; see `app.near_chunks` in the migration of search.

use entity::database::{DbError, Statements};
use entity::rows::Rows;
use entity::sql::{Bind, Sql};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::models::{Embedder, ModelError};

/// Longest part of a text that is embedded as one, in characters. Models take little more.
const MAX_EMBEDDED: usize = 8000;

/// A passage of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// Its key.
    pub id: Uuid,
    /// The document.
    pub document: Uuid,
    /// Its place in the document, from 1.
    pub ordinal: i32,
    /// What it says.
    pub content: String,
    /// How near it is to the question: 1 for the same meaning.
    pub score: f64,
}

/// How documents are searched. What is not said is as the user's settings say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PassageSearch {
    /// Most passages.
    pub top_k: Option<i32>,
    /// How near they must be, from 0 to 1.
    pub threshold: Option<Decimal>,
    /// Only of documents with one of these tags; of all when it is empty.
    pub tags: Option<Vec<String>>,
}

/// Where a text stands among others by meaning.
///
/// # Errors
/// What is wrong with the model.
pub(super) async fn embedding_of(embedder: &dyn Embedder, text: &str) -> Result<Vec<f32>, ModelError> {
    let texts = [embeddable(text)];
    let mut vectors = embedder.embed(&texts).await?.vectors;
    vectors.pop().ok_or(ModelError::Malformed)
}

/// The part of a text that is embedded.
pub(super) fn embeddable(text: &str) -> String {
    text.chars().take(MAX_EMBEDDED).collect()
}

/// An embedding as a value of a statement, where it needs `::real[]`.
pub(super) fn bind(embedding: &[f32]) -> Bind {
    Bind::Floats(embedding.iter().copied().map(f64::from).collect())
}

/// A cell that holds a double precision number.
pub(super) fn float(rows: &Rows, row: usize, index: usize) -> Option<f64> {
    rows.cell(row, index).and_then(|bytes| bytes.try_into().ok()).map(f64::from_be_bytes)
}

/// A cell that holds an integer.
pub(super) fn int(rows: &Rows, row: usize, index: usize) -> Option<i32> {
    rows.cell(row, index).and_then(|bytes| bytes.try_into().ok()).map(i32::from_be_bytes)
}

/// The passages of the user's documents that are nearest to a question, the nearest first.
///
/// `question` is its embedding, by the model of this name.
///
/// # Errors
/// What the database said.
pub(super) async fn passages(
    (statements, is_last): (&dyn Statements, bool),
    (tenant, user): (Uuid, Uuid),
    (question, model): (&[f32], &str),
    search: &PassageSearch,
) -> Result<Vec<Passage>, DbError> {
    let mut sql = Sql::new();
    sql.push("with settings as (select ");
    match search.top_k {
        Some(top_k) => sql.bind(Bind::Int(top_k)),
        None => sql.push("coalesce(s.top_k, 5)"),
    };
    sql.push(" as top_k, ");
    match search.threshold {
        Some(threshold) => sql.bind(Bind::Decimal(threshold)),
        None => sql.push("coalesce(s.threshold, 0.7)"),
    };
    sql.push(" as threshold, ");
    match &search.tags {
        Some(tags) => sql.bind(Bind::Texts(tags.clone())),
        None => sql.push("coalesce(s.collections, '{}')"),
    };
    sql.push(" as collections from (select 1) one left join rag_settings s on s.tenant_id = ").bind(Bind::Uuid(tenant));
    sql.push(" and s.user_id = ").bind(Bind::Uuid(user));
    sql.push(
        ") select c.id, c.document_id, c.ordinal, c.content, n.score from settings cross join lateral app.near_chunks(",
    );
    sql.bind(bind(question)).push("::real[], ").bind(Bind::Text(model.to_owned()));
    sql.push(", settings.collections, settings.top_k) n join rag_chunks c on c.tenant_id = ").bind(Bind::Uuid(tenant));
    sql.push(" and c.id = n.id where n.score >= settings.threshold order by n.score desc, c.id");
    let rows = statements.rows(sql, is_last).await?;
    let passage = |row| {
        Some(Passage {
            id: rows.uuid(row, 0)?,
            document: rows.uuid(row, 1)?,
            ordinal: int(&rows, row, 2)?,
            content: rows.text(row, 3)?,
            score: float(&rows, row, 4)?,
        })
    };
    Ok((0..rows.len()).filter_map(passage).collect())
}

/// Looks in the documents of a user, in whose name the statements run.
///
/// # Errors
/// What is wrong with the model, or what the database said.
pub async fn find_passages(
    statements: &dyn Statements,
    (tenant, user): (Uuid, Uuid),
    embedder: &dyn Embedder,
    question: &str,
    search: &PassageSearch,
) -> Result<Vec<Passage>, SearchError> {
    let embedding = embedding_of(embedder, question).await?;
    Ok(passages((statements, false), (tenant, user), (&embedding, embedder.name()), search).await?)
}

/// Why nothing could be looked for.
#[derive(Debug, Clone, PartialEq)]
pub enum SearchError {
    /// The model that compares meanings.
    Model(ModelError),
    /// The database.
    Database(DbError),
}

impl From<ModelError> for SearchError {
    fn from(error: ModelError) -> Self {
        Self::Model(error)
    }
}

impl From<DbError> for SearchError {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}
