//! Books what is due of recurring payments.

use std::time::Duration;

use entity::database::{DbError, Statements};
use entity::sql::Sql;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::work::{Stop, Tenancy, Worker};

/// The worker. Any number of gateways may run it: each payment is booked once for each of its days.
pub struct Booking {
    tenancy: Tenancy,
}

impl Booking {
    /// Over this database.
    #[must_use]
    pub fn new(tenancy: Tenancy) -> Self {
        Self { tenancy }
    }

    /// Books all that is due now, and says how many payments that were.
    ///
    /// # Errors
    /// What the database said first. What could be booked is booked, also of other users.
    pub async fn book(&self, stop: &Stop) -> Result<u64, DbError> {
        let (mut booked, mut failed) = (0, None);
        for (tenant, user) in self.users().await? {
            loop {
                if stop.is_asked() {
                    return Ok(booked);
                }
                match self.book_some(tenant, user).await {
                    Ok(0) => break,
                    Ok(count) => booked += count,
                    Err(error) => {
                        failed.get_or_insert(error);
                        break;
                    }
                }
            }
        }
        failed.map_or(Ok(booked), Err)
    }

    /// Those of whom something is due.
    async fn users(&self) -> Result<Vec<(Uuid, Uuid)>, DbError> {
        let mut sql = Sql::new();
        sql.push("select tenant_id, user_id from app.users_with_due_payments()");
        // The nil tenant has no rows: the function runs as its owner.
        let rows = self.tenancy.read(Uuid::nil(), sql).await?;
        Ok((0..rows.len()).filter_map(|row| Some((rows.uuid(row, 0)?, rows.uuid(row, 1)?))).collect())
    }

    /// Money is personal, so it is booked in the name of the user.
    async fn book_some(&self, tenant: Uuid, user: Uuid) -> Result<u64, DbError> {
        let mut sql = Sql::new();
        sql.push("select app.book_due_payments()::bigint");
        let tenancy = self.tenancy.clone().of_user(user);
        let rows = tenancy.write(tenant, |transaction| transaction.rows(sql, false)).await?;
        Ok(rows.int8(0, 0).and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
    }
}

impl Worker for Booking {
    fn name(&self) -> &'static str {
        "recurring payments"
    }

    fn rest(&self) -> Duration {
        Duration::from_secs(600)
    }

    fn round<'a>(&'a self, stop: &'a Stop) -> BoxFuture<'a, Result<bool, DbError>> {
        async move { self.book(stop).await.map(|_| false) }.boxed()
    }
}
