//! `testTenantCredentials`: whether the credentials of the business work, without anybody reading them back.
//!
//! The mutation queues a job, because a provider may take its time; what came of it stands beside the credentials. Of
//! WhatsApp the provider is asked for the business's number, which sends nothing. For the other channels there is nobody
//! to ask: of theirs it is found out whether they open and are complete.

use entity::Entity;
use entity::database::{DbError, Statements};
use entity::declare::{Arguments, Input, InputDecl, VerbDecl};
use entity::kind::Scalar;
use entity::sql::{Bind, NullOf, Sql};
use entity::write::{Outcome, UserError, Writer};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::json;
use uuid::Uuid;

use super::address::Resolver;
use super::cloud_api;
use super::https::{Https, NoAnswer};
use super::send_message::OutboundSettings;
use crate::inbound::credentials::Purpose;
use crate::inbound::{TenantCredentials, whatsapp_credentials};
use crate::jobs::{Effects, Job, JobError, JobKind, NewJob, Policy};
use crate::processes::INTEGRATIONS;
use crate::secrets::{KeyRing, Place};
use crate::work::Tenancy;

/// The kind of the job.
const KIND: &str = "test_tenant_credentials";

/// How the columns of credentials begin, and what the input is called.
fn prefix(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Whatsapp => "whatsapp",
        Purpose::Calls => "calls",
        Purpose::Conversations => "conversations",
    }
}

const fn input(name: &'static str, doc: &'static str) -> InputDecl {
    InputDecl { name, doc, ty: bool::TYPE, need: Input::Optional }
}

/// The mutation.
pub(super) static TEST_TENANT_CREDENTIALS: VerbDecl = VerbDecl {
    mutation: "testTenantCredentials",
    doc: "Has credentials of the business tried out. It takes some seconds; then `…TestedAt` of the TenantCredentials says \
          when it was done, and `…TestFailure` why they do not work, null when they do. WhatsApp's are tried at WhatsApp, \
          which sends nothing; of the others it is found out whether they can be opened and are complete.",
    entity: TenantCredentials::decl,
    right: INTEGRATIONS.admin(),
    inputs: &[
        input("whatsapp", "Whether those for WhatsApp are tried out; they are set. False when left out."),
        input("calls", "Whether those for phone calls are tried out; they are set. False when left out."),
        input(
            "conversations",
            "Whether those for the other channels are tried out; they are set. False when left out.",
        ),
    ],
    secret: None,
    run: |writer, input| queue(writer, input).boxed(),
};

async fn queue(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let mut sql = Sql::new();
    sql.push("select id, whatsapp_set_at is not null, calls_set_at is not null, conversations_set_at is not null ");
    sql.push("from tenant_credentials where tenant_id = ").bind(Bind::Uuid(writer.tenant));
    let rows = writer.statements.rows(sql, false).await?;
    let row = rows.uuid_of_first();
    let wanted: Vec<_> = Purpose::ALL
        .into_iter()
        .enumerate()
        .filter(|(_, purpose)| matches!(input.get(prefix(*purpose)), Some(Bind::Bool(true))))
        .collect();
    let refused = |field, message| Ok(Outcome::refused_for(row, vec![UserError::new("VALIDATION", field, message)]));
    if wanted.is_empty() {
        return refused("", "Say which credentials are to be tried out.");
    }
    for (place, purpose) in wanted {
        let name = prefix(purpose);
        if row.is_none() || !rows.is_true(0, place + 1) {
            return refused(name, "These credentials are not set.");
        }
        let job = NewJob { key: Some(format!("{KIND}:{name}")), ..NewJob::new(KIND, json!({ "credentials": name })) };
        job.enqueue(writer.statements, writer.tenant).await?;
    }
    Ok(Outcome { id: row, ..Outcome::default() })
}

/// Tries credentials out.
pub struct TestCredentials {
    tenancy: Tenancy,
    keys: KeyRing,
    https: Https,
}

impl TestCredentials {
    /// Tries out what these keys open.
    ///
    /// # Errors
    /// A sentence, when the system has no certificate authorities to know providers by.
    pub fn new(tenancy: &Tenancy, keys: KeyRing, settings: &OutboundSettings) -> Result<Self, String> {
        let resolver = Resolver { is_private_allowed: settings.is_private_allowed };
        Ok(Self { tenancy: tenancy.clone(), keys, https: Https::new(resolver, settings.timeout)? })
    }

    async fn test(&self, job: &Job) -> Result<Effects, JobError> {
        let tenant = job.tenant;
        let word = job.payload.get("credentials").and_then(serde_json::Value::as_str).unwrap_or_default();
        let known = Purpose::ALL.into_iter().find(|purpose| prefix(*purpose) == word);
        let which = known.ok_or_else(|| JobError::dead("PAYLOAD"))?;
        let mut sql = Sql::new();
        sql.push("select id, ").push(which.column()).push(", ").push(prefix(which));
        sql.push("_set_at::text from tenant_credentials where ").push(which.column());
        sql.push(" is not null and tenant_id = ").bind(Bind::Uuid(tenant));
        let rows = self.tenancy.read(tenant, sql).await?;
        let Some(row) = rows.uuid_of_first() else { return Ok(Effects::none()) };
        let set_at = rows.text(0, 2).unwrap_or_default();
        let place = Place { tenant, table: "tenant_credentials", column: which.column(), row };
        let opened = self.keys.open(&place, rows.cell(0, 1).unwrap_or_default());
        let failure = match (which, opened) {
            (_, Err(_)) => Some("CREDENTIALS_DO_NOT_OPEN"),
            (Purpose::Whatsapp, Ok(_)) => self.ask_whatsapp(tenant).await?,
            (_, Ok(clear)) => {
                serde_json::from_slice::<serde_json::Value>(clear.expose()).is_err().then_some("CREDENTIALS_INCOMPLETE")
            }
        };
        Ok(Effects::new(move |statements| note(statements, tenant, which, set_at.clone(), failure).boxed()))
    }

    /// Why WhatsApp does not take them; `None` when it does.
    async fn ask_whatsapp(&self, tenant: Uuid) -> Result<Option<&'static str>, JobError> {
        let keys = self.keys.clone();
        let credentials = self
            .tenancy
            .write(tenant, |transaction| async move { whatsapp_credentials(transaction, &keys, tenant).await }.boxed())
            .await?;
        let Some(credentials) = credentials else { return Ok(Some("CREDENTIALS_INCOMPLETE")) };
        let url = cloud_api::number_url(credentials.api_base_url.as_deref(), &credentials.phone_number_id);
        let Some((url, headers)) = url.zip(cloud_api::headers(&credentials.access_token)) else {
            return Ok(Some("CREDENTIALS_INCOMPLETE"));
        };
        Ok(match self.https.get(&url, headers).await {
            Ok(answer) => match answer.status.as_u16() {
                200..=299 => None,
                401 | 403 => Some("TOKEN_REFUSED"),
                400 | 404 => Some("NUMBER_UNKNOWN"),
                429 => Some("PROVIDER_BUSY"),
                _ => Some("PROVIDER_UNAVAILABLE"),
            },
            Err(NoAnswer::Refused) => Some("ADDRESS_REFUSED"),
            Err(_) => Some("PROVIDER_UNREACHABLE"),
        })
    }
}

/// Writes what came of it, unless other credentials were set meanwhile.
async fn note(
    statements: &dyn Statements,
    tenant: Uuid,
    which: Purpose,
    set_at: String,
    failure: Option<&'static str>,
) -> Result<(), DbError> {
    let name = prefix(which);
    let mut sql = Sql::new();
    sql.push("update tenant_credentials set ").push(name).push("_tested_at = clock_timestamp(), ").push(name);
    sql.push("_test_failure = ");
    sql.bind(failure.map_or(Bind::Null(NullOf::Text), |code| Bind::Text(code.to_owned())));
    sql.push(" where tenant_id = ").bind(Bind::Uuid(tenant)).push(" and ").push(name).push("_set_at::text = ");
    sql.bind(Bind::Text(set_at)).push(" returning id");
    statements.rows(sql, false).await.map(drop)
}

impl JobKind for TestCredentials {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn policy(&self) -> Policy {
        Policy { most_attempts: 3, ..Policy::default() }
    }

    fn run<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<Effects, JobError>> {
        self.test(job).boxed()
    }
}
