//! The job that sends a message.
//!
//! It looks at the message right before it is sent: somebody may have called it off, a report of the provider may have
//! said that it has arrived, the window of WhatsApp may have closed. What came of the call is written in the transaction
//! that finishes the job.

use std::time::Duration;

use entity::database::{DbError, Statements};
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use url::Url;
use uuid::Uuid;

use super::address::Resolver;
use super::circuit::{Circuits, Way};
use super::failed::Failed;
use super::https::Https;
use super::outgoing::{self, Outgoing, WebhookAddress};
use super::{cloud_api, webhook_call, webhook_secret};
use crate::clock::SharedClock;
use crate::inbound::WhatsappCredentials;
use crate::jobs::{Effects, Job, JobError, JobKind, Policy};
use crate::secrets::KeyRing;
use crate::work::Tenancy;

/// The kind, as in `app.queue_message`.
const KIND: &str = "send_message";

/// How messages leave.
#[derive(Clone, Copy, Debug)]
pub struct OutboundSettings {
    /// How long a provider may take for one answer, connecting included.
    pub timeout: Duration,
    /// Whether addresses of private networks and of this machine may be called, and http is enough.
    pub is_private_allowed: bool,
    /// Whether messages of channels that are not connected count as sent, so that one can try things out; else they fail.
    pub pretends: bool,
}

/// Sends messages.
pub struct SendMessage {
    tenancy: Tenancy,
    keys: KeyRing,
    clock: SharedClock,
    https: Https,
    circuits: Circuits,
    settings: OutboundSettings,
}

/// By which way a message leaves.
enum Exit<'a> {
    Webhook(&'a WebhookAddress),
    Whatsapp(Uuid, &'a [u8]),
    /// Nowhere, which counts as sent.
    Pretended,
}

impl SendMessage {
    /// Sends with the credentials that these keys open.
    ///
    /// # Errors
    /// A sentence, when the system has no certificate authorities to know providers by.
    pub fn new(
        tenancy: &Tenancy,
        keys: KeyRing,
        clock: SharedClock,
        settings: OutboundSettings,
    ) -> Result<Self, String> {
        let resolver = Resolver { is_private_allowed: settings.is_private_allowed };
        Ok(Self {
            // Everybody's messages are sent, whosever contacts they are for.
            tenancy: tenancy.clone().seeing_all_records(),
            keys,
            clock,
            https: Https::new(resolver, settings.timeout)?,
            circuits: Circuits::default(),
            settings,
        })
    }

    async fn send(&self, job: &Job) -> Result<Effects, JobError> {
        let (tenant, id) = (job.tenant, job.payload_id("message_id")?);
        let rows = self.tenancy.read(tenant, outgoing::load(tenant, id)).await?;
        let message = match outgoing::read(tenant, &rows)? {
            Some(message) if message.is_queued => message,
            // Gone, sent, or called off.
            _ => return Ok(nothing_to_send(tenant, id)),
        };
        let exit = self.exit(&message).map_err(JobError::dead)?;
        let Exit::Pretended = exit else {
            let provider_id = self.call(&message, &exit, job.attempt).await?;
            return Ok(sent(tenant, id, provider_id));
        };
        Ok(sent(tenant, id, None))
    }

    /// The way that a message takes, or the code of why it may not leave.
    fn exit<'m>(&self, message: &'m Outgoing) -> Result<Exit<'m>, &'static str> {
        if message.is_stale {
            return Err("EXPIRED");
        }
        if message.content_type == "TEMPLATE" {
            if !message.template.as_ref().is_some_and(|template| template.is_approved) {
                return Err("TEMPLATE_NOT_APPROVED");
            }
        } else if !message.is_window_open {
            return Err("WINDOW_CLOSED");
        }
        let whatsapp = message.whatsapp.as_ref().filter(|_| message.channel == "WHATSAPP");
        match (&message.webhook, whatsapp) {
            (Some(webhook), _) if webhook.is_own => Ok(Exit::Webhook(webhook)),
            (_, Some((row, sealed))) => Ok(Exit::Whatsapp(*row, sealed)),
            (Some(webhook), None) => Ok(Exit::Webhook(webhook)),
            (None, None) if self.settings.pretends => Ok(Exit::Pretended),
            (None, None) => Err("CHANNEL_NOT_CONNECTED"),
        }
    }

    /// Calls the provider, unless it has to be left alone; gives the id that it gave the message.
    async fn call(&self, message: &Outgoing, exit: &Exit<'_>, attempt: i32) -> Result<Option<String>, JobError> {
        let row = if let Exit::Webhook(webhook) = exit { Some(webhook.id) } else { None };
        let way = Way { tenant: message.tenant, row };
        if let Err(after) = self.circuits.ask(way) {
            return Err(JobError::Postpone { code: "CIRCUIT_OPEN".to_owned(), after });
        }
        let outcome = match exit {
            Exit::Webhook(webhook) => self.call_webhook(message, webhook, attempt).await,
            Exit::Whatsapp(row, sealed) => self.call_whatsapp(message, *row, sealed).await,
            Exit::Pretended => Ok(None),
        };
        match &outcome {
            Err(failed) if failed.is_outage() => self.circuits.fails(way),
            Err(Failed::Later { after: Some(pause), .. }) => self.circuits.hold(way, *pause),
            _ => self.circuits.works(way),
        }
        Ok(outcome?)
    }

    async fn call_webhook(
        &self,
        message: &Outgoing,
        webhook: &WebhookAddress,
        attempt: i32,
    ) -> Result<Option<String>, Failed> {
        let place = webhook_secret::SECRETS.place(message.tenant, webhook.id);
        // A key that is missing today can be configured tomorrow.
        let secret = self.keys.open(&place, &webhook.secret).map_err(|_| later("CREDENTIALS"))?;
        let url = Url::parse(&webhook.url).map_err(|_| Failed::never("ADDRESS_REFUSED"))?;
        let (body, now) = (webhook_call::body(message), self.clock.now());
        let headers = webhook_call::headers(message, secret.expose(), attempt, now, &body);
        let headers = headers.ok_or_else(|| Failed::never("CREDENTIALS"))?;
        let answer = self.https.post(&url, headers, body).await;
        webhook_call::judge(message, answer, self.clock.now()).map(Some)
    }

    async fn call_whatsapp(&self, message: &Outgoing, row: Uuid, sealed: &[u8]) -> Result<Option<String>, Failed> {
        let credentials = WhatsappCredentials::open(&self.keys, message.tenant, row, sealed);
        let credentials = credentials.map_err(|_| later("CREDENTIALS"))?;
        let url = cloud_api::url(credentials.api_base_url.as_deref(), &credentials.phone_number_id);
        let url = url.ok_or_else(|| Failed::never("ADDRESS_REFUSED"))?;
        let headers = cloud_api::headers(&credentials.access_token).ok_or_else(|| Failed::never("CREDENTIALS"))?;
        let answer = self.https.post(&url, headers, cloud_api::body(message)?).await;
        cloud_api::judge(answer, self.clock.now())
    }
}

fn later(code: &str) -> Failed {
    Failed::Later { code: code.to_owned(), after: None, is_outage: false }
}

impl JobKind for SendMessage {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn policy(&self) -> Policy {
        Policy {
            most_attempts: 12,
            first_wait: Duration::from_secs(2),
            longest_wait: Duration::from_secs(600),
            time_limit: self.settings.timeout * 2 + Duration::from_secs(30),
        }
    }

    fn run<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<Effects, JobError>> {
        self.send(job).boxed()
    }

    fn gave_up(&self, job: &Job, code: &str) -> Effects {
        let Ok(message) = job.payload_id("message_id") else { return Effects::none() };
        let (tenant, code) = (job.tenant, code.to_owned());
        let mut sql = Sql::new();
        sql.push("select app.message_failed(").bind(Bind::Uuid(tenant)).push(", ").bind(Bind::Uuid(message));
        sql.push(", ").bind(Bind::Text(code)).push(")");
        write([sql])
    }
}

fn sent(tenant: Uuid, message: Uuid, provider_id: Option<String>) -> Effects {
    let mut sql = Sql::new();
    sql.push("select app.message_sent(").bind(Bind::Uuid(tenant)).push(", ").bind(Bind::Uuid(message));
    sql.push(", ").bind(provider_id.map_or(Bind::Null(entity::sql::NullOf::Text), Bind::Text)).push(")");
    write([sql, still_queued(tenant, message)])
}

fn nothing_to_send(tenant: Uuid, message: Uuid) -> Effects {
    write([still_queued(tenant, message)])
}

/// Somebody may have queued the message again while this job was at it, and got no job because of this one.
fn still_queued(tenant: Uuid, message: Uuid) -> Sql {
    let mut sql = Sql::new();
    sql.push("select app.message_still_queued(")
        .bind(Bind::Uuid(tenant))
        .push(", ")
        .bind(Bind::Uuid(message))
        .push(")");
    sql
}

fn write<const N: usize>(statements: [Sql; N]) -> Effects {
    async fn all<const N: usize>(tx: &dyn Statements, statements: [Sql; N]) -> Result<(), DbError> {
        for sql in statements {
            tx.rows(sql, false).await?;
        }
        Ok(())
    }
    Effects::new(move |tx| all(tx, statements.clone()).boxed())
}
