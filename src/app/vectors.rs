//! pgvector, where PostgreSQL has it. Without it the portable search of the migrations does the same, a little slower.

use super::connection::connect;
use super::failure::Failure;
use super::models;
use crate::config::Config;
use crate::config::secret::DatabaseUrl;

/// Installs the extension in a database of our own, which only a superuser may do.
///
/// # Errors
/// What the database said. That it has no such extension is no error.
pub(super) async fn install(superuser: &DatabaseUrl) -> Result<(), Failure> {
    let failed = |error: tokio_postgres::Error| Failure::because("could not install pgvector", &error);
    let client = connect(superuser).await?;
    let sql = "select from pg_available_extensions where name = 'vector' and installed_version is null";
    if client.query_opt(sql, &[]).await.map_err(failed)?.is_some() {
        client.batch_execute("create extension if not exists vector with schema public").await.map_err(failed)?;
    }
    Ok(())
}

/// Makes the indexes for the embeddings of the configured model, where the extension is installed and they are missing.
/// Searches do without, so that a failure is only told.
pub(super) async fn index(owner: &DatabaseUrl, config: &Config) {
    if let Err(error) = try_index(owner, config).await {
        tracing::warn!(%error, "embeddings could not be indexed; the portable search is used");
    }
}

async fn try_index(owner: &DatabaseUrl, config: &Config) -> Result<(), Failure> {
    let dimensions = models::models(config)?.embedder.dimensions();
    let client = connect(owner).await?;
    let indexed = client.batch_execute(&format!("call app.index_vectors({dimensions})")).await;
    indexed.map_err(|error| Failure::because("could not index embeddings", &error))
}
