//! Rows of which every user has one, such as settings: made when they are first saved, changed from then on.

use entity::database::DbError;
use entity::sql::{Bind, Sql};
use entity::write::Writer;
use uuid::Uuid;

/// A table with at most one row of each user that is not deleted.
#[derive(Debug, Clone, Copy)]
pub struct OwnRow {
    /// The table; it has `id`, `tenant_id` and `user_id`.
    pub table: &'static str,
    /// Whether deleted rows stay in it, which the unique key over `user_id` leaves out.
    pub soft_delete: bool,
}

impl OwnRow {
    /// Writes these columns of the signed-in user's row, which is made if need be. What is not given stays as it is.
    ///
    /// # Errors
    /// What the database said.
    pub async fn save(self, writer: Writer<'_>, given: &[(&'static str, Bind)]) -> Result<Option<Uuid>, DbError> {
        let mut sql = self.insert(writer, given);
        // With nothing given it is a no-op, which makes RETURNING see the row that is there.
        sql.push(" do update set user_id = excluded.user_id");
        for (column, _) in given {
            sql.push(", ").push(column).push(" = excluded.").push(column);
        }
        sql.push(" returning id");
        Ok(writer.statements.rows(sql, false).await?.uuid_of_first())
    }

    /// Makes the row; none when there is one already, even one that somebody is making at this moment.
    ///
    /// # Errors
    /// What the database said.
    pub async fn make(self, writer: Writer<'_>, given: &[(&'static str, Bind)]) -> Result<Option<Uuid>, DbError> {
        let mut sql = self.insert(writer, given);
        sql.push(" do nothing returning id");
        Ok(writer.statements.rows(sql, false).await?.uuid_of_first())
    }

    /// The statement up to what is done about a row that is there.
    fn insert(self, writer: Writer<'_>, given: &[(&'static str, Bind)]) -> Sql {
        let mut sql = Sql::new();
        sql.push("insert into ").push(self.table).push(" (id, tenant_id, user_id");
        for (column, _) in given {
            sql.push(", ").push(column);
        }
        sql.push(") values (").bind(Bind::Uuid(writer.new_id));
        for value in [writer.tenant, writer.user] {
            sql.push(", ").bind(Bind::Uuid(value));
        }
        for (_, value) in given {
            sql.push(", ").bind(value.clone());
        }
        sql.push(") on conflict (tenant_id, user_id)");
        if self.soft_delete {
            sql.push(" where deleted_at is null");
        }
        sql
    }
}
