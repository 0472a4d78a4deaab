//! A message on its way out, with all that is needed to send it: loaded with one statement, right before it is sent.

use chrono::{DateTime, Utc};
use entity::database::DbError;
use entity::rows::{DecodeError, Rows};
use entity::sql::{Bind, Sql};
use serde_json::Value;
use uuid::Uuid;

/// A message that may have to be sent.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    pub(super) id: Uuid,
    pub(super) tenant: Uuid,
    /// QUEUED, or somebody was faster.
    pub(super) is_queued: bool,
    /// Since when it has been waiting; none for one that nobody has queued.
    pub(super) is_stale: bool,
    pub(super) conversation: Uuid,
    pub(super) contact: Uuid,
    /// `WHATSAPP` and so on.
    pub(super) channel: String,
    /// `TEXT` and so on.
    pub(super) content_type: String,
    pub(super) content: Option<String>,
    pub(super) file_url: Option<String>,
    pub(super) file_type: Option<String>,
    /// What there is besides text and file.
    pub(super) payload: Value,
    pub(super) created_at: DateTime<Utc>,
    /// Whether WhatsApp takes more than templates now.
    pub(super) is_window_open: bool,
    /// Where to reach the contact on the channel.
    pub(super) address: Option<String>,
    pub(super) contact_name: String,
    pub(super) template: Option<Template>,
    pub(super) webhook: Option<WebhookAddress>,
    /// The row with the credentials of the tenant, and those for WhatsApp, sealed.
    pub(super) whatsapp: Option<(Uuid, Vec<u8>)>,
}

/// The template that a message was made from.
#[derive(Clone, Debug)]
pub(super) struct Template {
    pub(super) name: String,
    pub(super) language: String,
    pub(super) is_approved: bool,
    pub(super) header: Option<String>,
    pub(super) body: String,
    /// The names of its variables, in order.
    pub(super) variables: Vec<String>,
    /// What they stand for.
    pub(super) values: Value,
}

/// The webhook that takes messages of the channel.
#[derive(Clone, Debug)]
pub(super) struct WebhookAddress {
    pub(super) id: Uuid,
    /// Whether it is for this channel alone.
    pub(super) is_own: bool,
    pub(super) url: String,
    /// Sealed.
    pub(super) secret: Vec<u8>,
}

/// The statement that loads a message.
pub(super) fn load(tenant: Uuid, message: Uuid) -> Sql {
    let mut sql = Sql::new();
    sql.push(
        "select m.id, m.delivery_status = 'QUEUED' and m.sender_type <> 'CONTACT' and m.content_type <> 'SYSTEM', \
         coalesce(m.queued_at < now() - interval '1 day', false), c.id, c.contact_id, c.channel, m.content_type, m.content, \
         m.file_url, m.file_type, m.payload, m.created_at, \
         c.channel <> 'WHATSAPP' or coalesce(c.whatsapp_24h_expires_at > now(), false), \
         app.contact_address(c.contact_id, c.channel), p.display_name, t.name, t.language, t.status = 'APPROVED', \
         t.header_text, t.body_text, t.variables, m.template_variables, w.id, w.channel <> 'CONVERSATIONS', w.url, w.secret, \
         cr.id, cr.whatsapp_credentials \
         from messages m join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id \
         left join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id \
         left join whatsapp_templates t on t.tenant_id = m.tenant_id and t.id = m.template_id \
         left join lateral (select w.id, w.channel, w.url, w.secret from webhooks w \
         where w.tenant_id = m.tenant_id and w.is_active and w.channel in ('CONVERSATIONS', \
         case c.channel when 'WHATSAPP' then 'WHATSAPP' when 'CALL' then 'CALLS' end) \
         order by w.channel = 'CONVERSATIONS' limit 1) w on true \
         left join tenant_credentials cr on cr.tenant_id = m.tenant_id and cr.whatsapp_credentials is not null \
         where m.tenant_id = ",
    );
    sql.bind(Bind::Uuid(tenant)).push(" and m.id = ").bind(Bind::Uuid(message));
    sql
}

/// Reads what [`load`] gave; none when there is no such message any more.
pub(super) fn read(tenant: Uuid, rows: &Rows) -> Result<Option<Outgoing>, DbError> {
    if rows.is_empty() {
        return Ok(None);
    }
    let broken = |error: DecodeError| DbError::Fault(error.to_string());
    let text = |index| rows.text(0, index);
    let uuid = |index| rows.uuid(0, index);
    let needed = |index| uuid(index).ok_or_else(|| DbError::Fault("an id is missing".into()));
    let json = |index| rows.decode::<tables::messages::payload, Option<Value>>(0, index).map_err(broken);
    let bytes = |index| rows.cell(0, index).map(<[u8]>::to_vec);
    let template = match text(15) {
        None => None,
        Some(name) => Some(Template {
            name,
            language: text(16).unwrap_or_default(),
            is_approved: rows.is_true(0, 17),
            header: text(18),
            body: text(19).unwrap_or_default(),
            variables: names(&json(20)?.unwrap_or_default()),
            values: json(21)?.unwrap_or_default(),
        }),
    };
    let webhook = match (uuid(22), text(24), bytes(25)) {
        (Some(id), Some(url), Some(secret)) => Some(WebhookAddress { id, is_own: rows.is_true(0, 23), url, secret }),
        _ => None,
    };
    Ok(Some(Outgoing {
        id: needed(0)?,
        tenant,
        is_queued: rows.is_true(0, 1),
        is_stale: rows.is_true(0, 2),
        conversation: needed(3)?,
        contact: needed(4)?,
        channel: text(5).unwrap_or_default(),
        content_type: text(6).unwrap_or_default(),
        content: text(7),
        file_url: text(8),
        file_type: text(9),
        payload: json(10)?.unwrap_or_default(),
        created_at: rows.decode::<tables::messages::created_at, _>(0, 11).map_err(broken)?,
        is_window_open: rows.is_true(0, 12),
        address: text(13),
        contact_name: text(14).unwrap_or_default(),
        template,
        webhook,
        whatsapp: uuid(26).zip(bytes(27)),
    }))
}

/// The names in a template's list of variables.
fn names(variables: &Value) -> Vec<String> {
    let listed = variables.as_array().into_iter().flatten();
    listed.map(|name| name.as_str().map_or_else(|| name.to_string(), str::to_owned)).collect()
}

/// A message for tests.
#[cfg(test)]
pub(super) fn sample(channel: &str) -> Outgoing {
    Outgoing {
        id: Uuid::from_u128(7),
        tenant: Uuid::from_u128(1),
        is_queued: true,
        is_stale: false,
        conversation: Uuid::from_u128(2),
        contact: Uuid::from_u128(3),
        channel: channel.to_owned(),
        content_type: "TEXT".to_owned(),
        content: Some("Hello".to_owned()),
        file_url: Some("https://files.example/a/offer.pdf?x=1".to_owned()),
        file_type: Some("application/pdf".to_owned()),
        payload: Value::Null,
        created_at: DateTime::UNIX_EPOCH,
        is_window_open: true,
        address: Some("+34600111222".to_owned()),
        contact_name: "Marta".to_owned(),
        template: None,
        webhook: None,
        whatsapp: None,
    }
}
