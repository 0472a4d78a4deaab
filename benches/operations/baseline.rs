//! The server to compare with: axum, a pool, and one prepared statement per operation that makes the whole answer.
//!
//! It does nothing that a gateway has to do: no GraphQL, no token, no row-level security, no transaction, no log.

use std::net::SocketAddr;
use std::str::FromStr;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::{Bytes, BytesMut};
use deadpool::managed::{Manager, Metrics, Pool, RecycleError, RecycleResult};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Config, NoTls, Statement};
use uuid::Uuid;

use crate::{Failure, Outcome, operation};

/// As many connections as the gateway has by default.
const POOL_SIZE: usize = 16;

/// Serves until it is killed.
pub(crate) fn serve(listen: SocketAddr, database_url: &str) -> Outcome<()> {
    let pool = Pool::builder(Connections { config: Config::from_str(database_url)? }).max_size(POOL_SIZE).build()?;
    let mut router = Router::new().route("/readyz", get(|| async { "ready" }));
    for (index, operation) in operation::ALL.iter().enumerate() {
        let handler = move |State(pool): State<Pool<Connections>>, body: Bytes| async move {
            match answer(&pool, index, &body).await {
                Ok(json) => {
                    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], json).into_response()
                }
                Err(error) => refuse(error.as_ref()),
            }
        };
        router = router.route(&format!("/{}", operation.name), post(handler));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(listen).await?;
        axum::serve(listener, router.with_state(pool)).await?;
        Ok(())
    })
}

async fn answer(pool: &Pool<Connections>, operation: usize, body: &[u8]) -> Outcome<Bytes> {
    let parameters: Vec<String> = serde_json::from_slice(body)?;
    let connection = pool.get().await.map_err(|error| error.to_string())?;
    let statement = &connection.statements[operation];
    let mut values = Vec::with_capacity(parameters.len());
    for (text, ty) in parameters.into_iter().zip(statement.params()) {
        values.push(if *ty == Type::UUID { Parameter::Uuid(text.parse()?) } else { Parameter::Text(text) });
    }
    let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
    let row = connection.client.query_one(statement, &values).await?;
    Ok(Bytes::copy_from_slice(row.try_get::<_, &str>(0)?.as_bytes()))
}

fn refuse(error: &(dyn std::error::Error + Send + Sync)) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response()
}

/// Opens connections and prepares all statements on each.
struct Connections {
    config: Config,
}

/// A connection with the statements of all operations.
struct Prepared {
    client: Client,
    statements: Vec<Statement>,
}

impl Manager for Connections {
    type Type = Prepared;
    type Error = tokio_postgres::Error;

    async fn create(&self) -> Result<Prepared, tokio_postgres::Error> {
        let (client, connection) = self.config.connect(NoTls).await?;
        tokio::spawn(connection);
        let mut statements = Vec::new();
        for operation in operation::ALL {
            statements.push(client.prepare(operation.statement).await?);
        }
        Ok(Prepared { client, statements })
    }

    async fn recycle(&self, prepared: &mut Prepared, _: &Metrics) -> RecycleResult<tokio_postgres::Error> {
        if prepared.client.is_closed() { Err(RecycleError::message("closed")) } else { Ok(()) }
    }
}

/// A parameter of one of the two types that occur.
#[derive(Debug)]
enum Parameter {
    Uuid(Uuid),
    Text(String),
}

impl ToSql for Parameter {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        match self {
            Self::Uuid(id) => {
                out.extend_from_slice(id.as_bytes());
                Ok(IsNull::No)
            }
            Self::Text(text) => text.to_sql(ty, out),
        }
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::UUID || <String as ToSql>::accepts(ty)
    }

    to_sql_checked!();
}
