//! Secrets with which calls to others are signed: brought along or made here, sealed in the row, shown once.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::database::DbError;
use entity::declare::{Arguments, SecretDecl};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, Secret, UserError, Writer};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::request::Services;
use crate::secrets::{KeyRing, Place};

/// Random bytes of a secret that we make.
const SECRET_BYTES: usize = 32;

/// How long a secret that somebody brings along may be, in characters.
const SECRET_LENGTH: RangeInclusive<usize> = 16..=200;

static WRONG_LENGTH: LazyLock<String> =
    LazyLock::new(|| format!("A secret has {} to {} characters.", SECRET_LENGTH.start(), SECRET_LENGTH.end()));

/// The secret in the answer of the mutations that make or change one.
pub const SHOWN_ONCE: SecretDecl = SecretDecl {
    name: "secret",
    doc: "The secret with which calls are signed. It is shown this once; null when the idempotency key was used before.",
};

/// A table whose rows have a secret, in the columns `secret` (sealed) and `secret_set_at`.
#[derive(Debug, Clone, Copy)]
pub struct Signed {
    /// The table.
    pub table: &'static str,
    /// What secrets that we make begin with, so that one that has leaked is recognized.
    pub prefix: &'static str,
    /// What is said when there is no such row.
    pub missing: &'static str,
}

impl Signed {
    /// The input `secret`, checked, or a new secret when it is left out.
    ///
    /// # Errors
    /// Outside, a fault when there is no randomness; inside, what to tell the user.
    pub fn chosen(self, input: &Arguments) -> Result<Result<Zeroizing<String>, UserError>, DbError> {
        if let Some(given) = input.text("secret") {
            let fits = SECRET_LENGTH.contains(&given.chars().count());
            let wrong = || UserError::new("VALIDATION", "secret", WRONG_LENGTH.as_str());
            return Ok(if fits { Ok(Zeroizing::new(given.to_owned())) } else { Err(wrong()) });
        }
        let mut bytes = Zeroizing::new([0_u8; SECRET_BYTES]);
        getrandom::fill(bytes.as_mut_slice()).map_err(|error| DbError::Fault(error.to_string()))?;
        Ok(Ok(Zeroizing::new(format!("{}{}", self.prefix, URL_SAFE_NO_PAD.encode(bytes.as_slice())))))
    }

    /// Where the secret of a row is sealed.
    #[must_use]
    pub fn place(self, tenant: Uuid, row: Uuid) -> Place<'static> {
        Place { tenant, table: self.table, column: "secret", row }
    }

    /// The secret as it is stored in a row.
    ///
    /// # Errors
    /// A fault when it cannot be sealed.
    pub fn sealed(self, keys: &KeyRing, tenant: Uuid, row: Uuid, secret: &str) -> Result<Bind, DbError> {
        let sealed = keys.seal(&self.place(tenant, row), secret.as_bytes());
        sealed.map(|sealed| Bind::Bytes(sealed.into_bytes())).map_err(|error| DbError::Fault(error.to_string()))
    }

    /// Gives the row of the input `id` the chosen secret, and shows it.
    ///
    /// # Errors
    /// What the database said.
    pub async fn rotate(self, writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
        let secret = match self.chosen(input)? {
            Ok(secret) => secret,
            Err(error) => return Ok(Outcome::refused(vec![error])),
        };
        let id = input.id("id");
        let sealed = self.sealed(&writer.service::<Services>()?.keys, writer.tenant, id, &secret)?;
        let mut sql = Sql::new();
        sql.push("update ").push(self.table).push(" set secret_set_at = clock_timestamp(), secret = ").bind(sealed);
        sql.push(" where tenant_id = ").bind(Bind::Uuid(writer.tenant)).push(" and id = ").bind(Bind::Uuid(id));
        sql.push(" returning id");
        if writer.statements.rows(sql, false).await?.is_empty() {
            return Ok(Outcome::refused(vec![UserError::new("NOT_FOUND", "id", self.missing)]));
        }
        Ok(Outcome { secret: Some(Secret(secret.to_string())), ..Outcome::written(id) })
    }
}
