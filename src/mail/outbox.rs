//! Puts mails into the outbox.

use std::time::Duration;

use entity::database::{DbError, Statements};
use entity::sql::{Bind, Sql};
use uuid::Uuid;

use super::letter::{Letter, Locale};
use super::links::Links;
use crate::ids::SharedIds;
use crate::secrets::{KeyRing, Place};

/// The table of the outbox.
pub(super) const TABLE: &str = "emails";
/// Its sealed column.
pub(super) const BODY: &str = "body";

/// Where mails are put to be sent. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Outbox {
    keys: KeyRing,
    ids: SharedIds,
    links: Links,
}

/// A mail to be sent.
#[derive(Clone, Debug)]
pub struct Posting<'a> {
    /// The tenant in whose name it is sent.
    pub tenant: Uuid,
    /// Address of the recipient.
    pub to: &'a str,
    /// The language it is written in.
    pub locale: Locale,
    /// The row it is about, such as the invitation.
    pub reference: Option<Uuid>,
    /// After this time it is of no use and not sent any more; whole seconds.
    pub valid_for: Duration,
    /// What it says.
    pub letter: &'a Letter,
}

impl Outbox {
    /// An outbox that seals with these keys and writes these links.
    pub fn new(keys: KeyRing, ids: SharedIds, links: Links) -> Self {
        Self { keys, ids, links }
    }

    /// The keys that open what is in it.
    pub fn keys(&self) -> &KeyRing {
        &self.keys
    }

    /// Writes the mail into the outbox, in the transaction of these statements: it is sent when that is committed, and
    /// never was when it is rolled back. Gives the mail's id.
    ///
    /// # Errors
    /// What the database said.
    pub async fn post(&self, statements: &dyn Statements, posting: Posting<'_>) -> Result<Uuid, DbError> {
        let id = self.ids.next();
        let content = posting.letter.write(posting.locale, &self.links);
        let clear = serde_json::to_vec(&content).map_err(|error| DbError::Fault(error.to_string()))?;
        let place = Place { tenant: posting.tenant, table: TABLE, column: BODY, row: id };
        let body = self.keys.seal(&place, &clear).map_err(|error| DbError::Fault(error.to_string()))?;
        let seconds = i32::try_from(posting.valid_for.as_secs()).unwrap_or(i32::MAX);
        let mut sql = Sql::new();
        sql.push("insert into emails (tenant_id, id, template, to_address, body, expires_at, reference) values (");
        sql.bind(Bind::Uuid(posting.tenant)).push(", ").bind(Bind::Uuid(id));
        sql.push(", ").bind(Bind::Text(posting.letter.template().to_owned()));
        sql.push(", ").bind(Bind::Text(posting.to.to_owned()));
        sql.push(", ").bind(Bind::Bytes(body.into_bytes()));
        sql.push(", now() + make_interval(secs => ").bind(Bind::Int(seconds)).push("), ");
        match posting.reference {
            Some(row) => sql.bind(Bind::Uuid(row)),
            None => sql.push("null"),
        };
        sql.push(") returning id");
        statements.rows(sql, false).await?;
        Ok(id)
    }
}
