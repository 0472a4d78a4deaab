//! The transactions of workers.

use std::sync::Arc;

use entity::database::{DbError, Statements};
use entity::rows::Rows;
use entity::sql::{Bind, Sql};
use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::db::{Actor, Counters, Database, Mode, Scope, Transaction};

/// Opens transactions in the name of a tenant and of nobody in it. Cheap to clone.
#[derive(Clone)]
pub struct Tenancy {
    database: Database,
    scope: Scope,
    user: Option<Uuid>,
}

/// Lets the transaction of these statements go on in the name of a user: for the [`Effects`](crate::jobs::Effects) of
/// jobs about what is personal, which are written in the name of the tenant.
///
/// # Errors
/// What the database said.
pub async fn act_for(statements: &dyn Statements, user: Uuid) -> Result<(), DbError> {
    let mut sql = Sql::new();
    sql.push("select set_config('app.user_id', ").bind(Bind::Text(user.to_string())).push(", true)");
    statements.rows(sql, false).await.map(drop)
}

impl Tenancy {
    /// Over this database.
    pub fn new(database: Database) -> Self {
        Self { database, scope: Scope::default(), user: None }
    }

    /// The same in the name of a user, whose personal rows are then there. A tenant who has no such user has no such rows.
    #[must_use]
    pub fn of_user(mut self, user: Uuid) -> Self {
        self.user = Some(user);
        self
    }

    /// The same, seeing all records of the tenants, as those do who serve every user alike.
    #[must_use]
    pub fn seeing_all_records(mut self) -> Self {
        self.scope.records = true;
        self
    }

    /// The same, seeing the tickets of all users.
    #[must_use]
    pub fn seeing_all_tickets(mut self) -> Self {
        self.scope.support = true;
        self
    }

    /// The same, seeing the connections of all users to other systems.
    #[must_use]
    pub fn seeing_all_integrations(mut self) -> Self {
        self.scope.every_integration = true;
        self
    }

    /// The tenants that a function of the database names.
    ///
    /// # Errors
    /// What the database said.
    pub async fn tenants(&self, sql: Sql) -> Result<Vec<Uuid>, DbError> {
        // The nil tenant has no rows: such functions run as their owner.
        let transaction = self.open(Mode::Read, Uuid::nil());
        let rows = transaction.rows(sql, false).await?;
        transaction.finish();
        Ok((0..rows.len()).filter_map(|row| rows.uuid(row, 0)).collect())
    }

    /// One statement of a tenant that only reads.
    ///
    /// # Errors
    /// What the database said.
    pub async fn read(&self, tenant: Uuid, sql: Sql) -> Result<Rows, DbError> {
        let transaction = self.open(Mode::Read, tenant);
        let rows = transaction.rows(sql, true).await?;
        transaction.finish();
        Ok(rows)
    }

    /// Runs a job in a transaction of a tenant and commits what it wrote; an error undoes it.
    ///
    /// # Errors
    /// What the job or the database says.
    pub async fn write<T, J>(&self, tenant: Uuid, job: J) -> Result<T, DbError>
    where
        J: for<'t> FnOnce(&'t Transaction) -> BoxFuture<'t, Result<T, DbError>>,
    {
        let transaction = self.open(Mode::Write, tenant);
        match job(&transaction).await {
            Ok(value) => transaction.commit().await.map(|()| value),
            Err(error) => {
                // The reason is more telling than a failing rollback, after which PostgreSQL undoes it anyway.
                let _ = transaction.rollback().await;
                Err(error)
            }
        }
    }

    fn open(&self, mode: Mode, tenant: Uuid) -> Transaction {
        let actor = match self.user {
            Some(user) => Actor::user(tenant, user, self.scope),
            None => Actor::tenant(tenant, self.scope),
        };
        Transaction::new(self.database.clone(), mode, actor, Arc::new(Counters::default()))
    }
}
