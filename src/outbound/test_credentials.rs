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
use crate::inbound::{TenantCredentials, WhatsappCredentials};
use crate::jobs::{Effects, Job, JobError, JobKind, NewJob, Policy};
use crate::processes::INTEGRATIONS;
use crate::secrets::{KeyRing, Place};
use crate::work::Tenancy;

/// The kind of the job.
const KIND: &str = "test_tenant_credentials";

/// For whom the credentials are: how their columns begin, and what the input is called.
const PURPOSES: [&str; 3] = [WHATSAPP, "calls", "conversations"];
const WHATSAPP: &str = "whatsapp";

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
    let is_wanted = |name: &str| matches!(input.get(name), Some(Bind::Bool(true)));
    let wanted: Vec<_> = PURPOSES.into_iter().enumerate().filter(|(_, name)| is_wanted(name)).collect();
    let refused = |field, message| Ok(Outcome::refused_for(row, vec![UserError::new("VALIDATION", field, message)]));
    if wanted.is_empty() {
        return refused("", "Say which credentials are to be tried out.");
    }
    for (place, name) in wanted {
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
        let known = PURPOSES.into_iter().find(|purpose| *purpose == word);
        let purpose = known.ok_or_else(|| JobError::dead("PAYLOAD"))?;
        let column = format!("{purpose}_credentials");
        let mut sql = Sql::new();
        sql.push("select id, ")
            .push(&column)
            .push(", ")
            .push(purpose)
            .push("_set_at::text from tenant_credentials where ");
        sql.push(&column).push(" is not null and tenant_id = ").bind(Bind::Uuid(tenant));
        let rows = self.tenancy.read(tenant, sql).await?;
        let Some(row) = rows.uuid_of_first() else { return Ok(Effects::none()) };
        let (sealed, set_at) = (rows.cell(0, 1).unwrap_or_default(), rows.text(0, 2).unwrap_or_default());
        let place = Place { tenant, table: "tenant_credentials", column: &column, row };
        let failure = match self.keys.open(&place, sealed) {
            Err(_) => Some("CREDENTIALS_DO_NOT_OPEN"),
            Ok(_) if purpose == WHATSAPP => match WhatsappCredentials::open(&self.keys, tenant, row, sealed) {
                Ok(credentials) => self.ask_whatsapp(&credentials).await,
                Err(_) => Some("CREDENTIALS_INCOMPLETE"),
            },
            Ok(clear) => {
                serde_json::from_slice::<serde_json::Value>(clear.expose()).is_err().then_some("CREDENTIALS_INCOMPLETE")
            }
        };
        Ok(Effects::new(move |statements| note(statements, tenant, purpose, set_at.clone(), failure).boxed()))
    }

    /// Why WhatsApp does not take them; `None` when it does.
    async fn ask_whatsapp(&self, credentials: &WhatsappCredentials) -> Option<&'static str> {
        let url = cloud_api::number_url(credentials.api_base_url.as_deref(), &credentials.phone_number_id);
        let Some((url, headers)) = url.zip(cloud_api::headers(&credentials.access_token)) else {
            return Some("CREDENTIALS_INCOMPLETE");
        };
        match self.https.get(&url, headers).await {
            Ok(answer) => match answer.status.as_u16() {
                200..=299 => None,
                401 | 403 => Some("TOKEN_REFUSED"),
                400 | 404 => Some("NUMBER_UNKNOWN"),
                429 => Some("PROVIDER_BUSY"),
                _ => Some("PROVIDER_UNAVAILABLE"),
            },
            Err(NoAnswer::Refused) => Some("ADDRESS_REFUSED"),
            Err(_) => Some("PROVIDER_UNREACHABLE"),
        }
    }
}

/// Writes what came of it, unless other credentials were set meanwhile.
async fn note(
    statements: &dyn Statements,
    tenant: Uuid,
    purpose: &'static str,
    set_at: String,
    failure: Option<&'static str>,
) -> Result<(), DbError> {
    let mut sql = Sql::new();
    sql.push("update tenant_credentials set ").push(purpose).push("_tested_at = clock_timestamp(), ").push(purpose);
    sql.push("_test_failure = ");
    sql.bind(failure.map_or(Bind::Null(NullOf::Text), |code| Bind::Text(code.to_owned())));
    sql.push(" where tenant_id = ").bind(Bind::Uuid(tenant)).push(" and ").push(purpose).push("_set_at::text = ");
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
