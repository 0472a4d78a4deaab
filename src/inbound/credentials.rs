//! What a business gave us to speak with its providers: read from JSON, sealed, opened.
//!
//! [`WhatsappCredentials`] is what the WhatsApp webhook and the sender of messages need; [`ConversationsCredentials`]
//! what the webhook for all other channels needs. The forms of their JSON stand in `docs/whatsapp-webhook.md` and
//! `docs/inbound-webhooks.md`. Nothing here shows a secret: not in `Debug`, not in an error.

use std::fmt;

use entity::database::{DbError, Statements};
use entity::rows::Rows;
use entity::sql::{Bind, Sql};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::secrets::{KeyRing, Place};

/// The table of the credentials.
pub(super) const TABLE: &str = "tenant_credentials";

/// Longest secret or name, in characters.
const MAX_TEXT: usize = 1024;
/// A secret shorter than this could be guessed.
const MIN_SECRET: usize = 16;
/// Credentials of which only the provider knows the form: longest JSON, in bytes.
const MAX_JSON_BYTES: usize = 8 * 1024;

/// For whom the credentials are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// WhatsApp.
    Whatsapp,
    /// Phone calls.
    Calls,
    /// All other channels.
    Conversations,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Whatsapp, Self::Calls, Self::Conversations];

    /// The sealed column.
    #[must_use]
    pub const fn column(self) -> &'static str {
        match self {
            Self::Whatsapp => "whatsapp_credentials",
            Self::Calls => "calls_credentials",
            Self::Conversations => "conversations_credentials",
        }
    }

    /// The column that says when they were set.
    #[must_use]
    pub(super) const fn set_at_column(self) -> &'static str {
        match self {
            Self::Whatsapp => "whatsapp_set_at",
            Self::Calls => "calls_set_at",
            Self::Conversations => "conversations_set_at",
        }
    }

    /// The input of the mutation that sets them.
    #[must_use]
    pub(super) const fn input(self) -> &'static str {
        match self {
            Self::Whatsapp => "whatsappCredentials",
            Self::Calls => "callsCredentials",
            Self::Conversations => "conversationsCredentials",
        }
    }

    /// Reads what somebody wants to set, and writes it as it is sealed.
    ///
    /// # Errors
    /// A sentence for the user; it quotes nothing of the value.
    pub(super) fn accept(self, value: &serde_json::Value) -> Result<Zeroizing<Vec<u8>>, &'static str> {
        let written = match self {
            Self::Whatsapp => {
                let credentials: WhatsappCredentials = read(value, WhatsappCredentials::FORM)?;
                credentials.check()?;
                serde_json::to_vec(&credentials)
            }
            Self::Conversations => {
                let credentials: ConversationsCredentials = read(value, ConversationsCredentials::FORM)?;
                credentials.check()?;
                serde_json::to_vec(&credentials)
            }
            Self::Calls => {
                if !value.is_object() {
                    return Err("Credentials are a JSON object.");
                }
                serde_json::to_vec(value)
            }
        };
        let written = Zeroizing::new(written.map_err(|_| "Credentials are a JSON object.")?);
        if written.len() > MAX_JSON_BYTES { Err("These credentials are too long.") } else { Ok(written) }
    }
}

/// What is needed to receive and send WhatsApp messages over the Cloud API.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WhatsappCredentials {
    /// The app's secret, with which WhatsApp signs what it sends.
    pub app_secret: String,
    /// The word that WhatsApp repeats when it verifies the webhook; the business makes it up.
    pub verify_token: String,
    /// The token with which messages are sent.
    pub access_token: String,
    /// The id of the business's number, from which messages are sent.
    pub phone_number_id: String,
    /// The id of the WhatsApp business account.
    pub business_account_id: String,
    /// Where the provider's API lives; left out, WhatsApp's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_base_url: Option<String>,
}

/// What is needed to receive messages of all other channels.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConversationsCredentials {
    /// The secret with which whatever brings the messages signs them.
    pub signing_secret: String,
}

impl WhatsappCredentials {
    const FORM: &str = "WhatsApp credentials have appSecret, verifyToken, accessToken, phoneNumberId, businessAccountId \
                        and, if need be, apiBaseUrl, all of them texts.";

    /// Opens those of a tenant, as the row with this id holds them.
    ///
    /// # Errors
    /// A fault when what is stored does not open.
    pub fn open(keys: &KeyRing, tenant: Uuid, row: Uuid, sealed: &[u8]) -> Result<Self, DbError> {
        open(keys, tenant, row, Purpose::Whatsapp, sealed)
    }

    fn check(&self) -> Result<(), &'static str> {
        let texts = [
            &self.app_secret,
            &self.verify_token,
            &self.access_token,
            &self.phone_number_id,
            &self.business_account_id,
        ];
        if texts.iter().any(|text| text.trim().is_empty() || text.chars().count() > MAX_TEXT) {
            return Err("Each of the credentials has 1 to 1024 characters.");
        }
        let is_https = |url: &String| {
            url.len() <= MAX_TEXT && url::Url::parse(url).is_ok_and(|url| url.scheme() == "https" && url.has_host())
        };
        if self.api_base_url.as_ref().is_some_and(|url| !is_https(url)) {
            return Err("apiBaseUrl is an https:// address.");
        }
        Ok(())
    }
}

impl ConversationsCredentials {
    const FORM: &str = "Conversations credentials have a signingSecret, a text.";

    fn check(&self) -> Result<(), &'static str> {
        let length = self.signing_secret.chars().count();
        if (MIN_SECRET..=MAX_TEXT).contains(&length) {
            Ok(())
        } else {
            Err("A signingSecret has 16 to 1024 characters; 32 random bytes in base64 are a good one.")
        }
    }
}

fn read<T: DeserializeOwned>(value: &serde_json::Value, form: &'static str) -> Result<T, &'static str> {
    T::deserialize(value).map_err(|_| form)
}

/// The credentials of a tenant for WhatsApp; none when they are not set.
///
/// # Errors
/// What the database said, and a fault when what is stored does not open.
pub async fn whatsapp_credentials(
    statements: &dyn Statements,
    keys: &KeyRing,
    tenant: Uuid,
) -> Result<Option<WhatsappCredentials>, DbError> {
    let rows = statements.rows(select(tenant, Purpose::Whatsapp), false).await?;
    let Some((row, sealed)) = of_rows(&rows) else { return Ok(None) };
    open(keys, tenant, row, Purpose::Whatsapp, &sealed).map(Some)
}

/// Reads the sealed value for a purpose.
pub(super) fn select(tenant: Uuid, purpose: Purpose) -> Sql {
    let column = purpose.column();
    let mut sql = Sql::new();
    sql.push("select id, ").push(column).push(" from tenant_credentials where tenant_id = ").bind(Bind::Uuid(tenant));
    sql.push(" and ").push(column).push(" is not null");
    sql
}

/// What [`select`] found: the row and the sealed value; none when they are not set.
pub(super) fn of_rows(rows: &Rows) -> Option<(Uuid, Vec<u8>)> {
    let row = rows.uuid_of_first()?;
    Some((row, rows.cell(0, 1)?.to_vec()))
}

/// Where the value for a purpose is sealed.
pub(super) fn place(tenant: Uuid, row: Uuid, purpose: Purpose) -> Place<'static> {
    Place { tenant, table: TABLE, column: purpose.column(), row }
}

/// Opens a stored value.
pub(super) fn open<T: DeserializeOwned>(
    keys: &KeyRing,
    tenant: Uuid,
    row: Uuid,
    purpose: Purpose,
    sealed: &[u8],
) -> Result<T, DbError> {
    let broken = |reason: String| DbError::Fault(format!("the {} of a tenant: {reason}", purpose.column()));
    let clear = keys.open(&place(tenant, row, purpose), sealed).map_err(|error| broken(error.to_string()))?;
    serde_json::from_slice(clear.expose()).map_err(|_| broken("not of the form that is stored".to_owned()))
}

impl fmt::Debug for WhatsappCredentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WhatsappCredentials(…)")
    }
}

impl fmt::Debug for ConversationsCredentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ConversationsCredentials(…)")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn whatsapp() -> serde_json::Value {
        json!({
            "appSecret": "0123456789abcdef", "verifyToken": "word", "accessToken": "EAAB…",
            "phoneNumberId": "27681414235104944", "businessAccountId": "8856996819413533"
        })
    }

    #[test]
    fn whatsapp_credentials_are_complete_or_refused() {
        assert!(Purpose::Whatsapp.accept(&whatsapp()).is_ok());
        for missing in ["appSecret", "verifyToken", "accessToken", "phoneNumberId", "businessAccountId"] {
            let mut credentials = whatsapp();
            credentials.as_object_mut().unwrap().remove(missing);
            assert!(Purpose::Whatsapp.accept(&credentials).is_err(), "{missing}");
            credentials[missing] = json!(" ");
            assert!(Purpose::Whatsapp.accept(&credentials).is_err(), "{missing}");
        }
        for (key, value) in
            [("appsecret", json!("x")), ("apiBaseUrl", json!("http://graph.example")), ("appSecret", json!(1))]
        {
            let mut credentials = whatsapp();
            credentials[key] = value;
            assert!(Purpose::Whatsapp.accept(&credentials).is_err(), "{key}");
        }
        let mut credentials = whatsapp();
        credentials["apiBaseUrl"] = json!("https://graph.example/v23.0");
        assert!(Purpose::Whatsapp.accept(&credentials).is_ok());
    }

    #[test]
    fn a_signing_secret_cannot_be_guessed() {
        assert!(Purpose::Conversations.accept(&json!({ "signingSecret": "0123456789abcdef" })).is_ok());
        for bad in [json!({ "signingSecret": "short" }), json!({}), json!("0123456789abcdef"), json!(null)] {
            assert!(Purpose::Conversations.accept(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn calls_take_any_object_that_is_not_too_long() {
        assert!(Purpose::Calls.accept(&json!({ "account": "AC1", "nested": { "token": 1 } })).is_ok());
        assert!(Purpose::Calls.accept(&json!([1])).is_err());
        assert!(Purpose::Calls.accept(&json!({ "long": "x".repeat(9000) })).is_err());
    }

    #[test]
    fn nothing_shows_a_secret() {
        let credentials: WhatsappCredentials = serde_json::from_value(whatsapp()).unwrap();
        assert_eq!(format!("{credentials:?}"), "WhatsappCredentials(…)");
    }
}
