//! Writes the demo data: set-wise, in the order in which a business would, as
//! any other writer under row-level security and all triggers.

use std::fmt;

use chrono::{DateTime, Utc};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Transaction};

use super::business::Business;
use super::plan;
use super::platform;
use super::roles::Grant;
use super::row::Row;

/// Rows that go to the server in one statement.
const CHUNK: usize = 4_000;

/// How many rows were written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Firms.
    pub tenants: usize,
    /// Rows by table, in the order of writing.
    pub rows: Vec<(&'static str, usize)>,
    /// The bytes of files by their keys, for the store: the database has none of them.
    pub files: Vec<(String, Vec<u8>)>,
}

impl Summary {
    /// The rows of one table; 0 for a table that got none.
    pub fn of(&self, table: &str) -> usize {
        self.rows.iter().find(|(known, _)| *known == table).map_or(0, |(_, count)| *count)
    }

    fn add(&mut self, table: &'static str, count: usize) {
        match self.rows.iter_mut().find(|(known, _)| *known == table) {
            Some((_, sum)) => *sum += count,
            None => self.rows.push((table, count)),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} firms, {} contacts, {} conversations, {} messages, {} sales",
            self.tenants,
            self.of("contacts"),
            self.of("conversations"),
            self.of("messages"),
            self.of("sales"),
        )
    }
}

/// Why the demo data could not be loaded. Nothing of it is in the database then.
#[derive(Debug)]
pub enum DemoError {
    /// A firm with the slug of a demo firm exists already.
    AlreadyLoaded(String),
    /// The role may not create tenants; only the role that migrates may.
    NotOwner(tokio_postgres::Error),
    /// Rows of a table could not be put into JSON.
    Encoding(&'static str, serde_json::Error),
    /// The database refused rows of a table, or a step that the text names.
    Database(&'static str, tokio_postgres::Error),
}

impl fmt::Display for DemoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyLoaded(slug) => {
                write!(f, "the demo firm {slug} is in this database already")
            }
            Self::NotOwner(_) => f.write_str("only the role that migrates the database can load the demo data"),
            Self::Encoding(table, _) => write!(f, "could not encode demo rows of {table}"),
            Self::Database(step, _) => write!(f, "could not write demo data: {step}"),
        }
    }
}

impl std::error::Error for DemoError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::AlreadyLoaded(_) => None,
            Self::Encoding(_, error) => Some(error),
            Self::NotOwner(error) | Self::Database(_, error) => Some(error),
        }
    }
}

/// Loads the demo data of this scale (see `plan`) as it looks at `today`,
/// which is the moment that counts as now in it.
///
/// The client must be the role that migrates, since only that role creates
/// tenants. All or nothing: one transaction holds every firm, and a load that
/// is cut short leaves the database as it was. Afterwards the tables are
/// vacuumed and analysed, so that the first query has a good plan.
///
/// # Errors
///
/// [`DemoError::AlreadyLoaded`] when one of the firms exists,
/// [`DemoError::NotOwner`] for a role without the right to create tenants,
/// [`DemoError::Database`] for whatever else the database refuses.
pub async fn load(client: &mut Client, scale: u32, today: DateTime<Utc>) -> Result<Summary, DemoError> {
    let (count, size) = plan::firms(scale);
    let mut summary = Summary { tenants: count, ..Summary::default() };
    let tx = client.transaction().await.map_err(|error| DemoError::Database("transaction", error))?;
    for number in 0..count {
        let business = Business::invent(number, size, today);
        write(&tx, &business, &mut summary).await?;
        summary.files.extend(business.files.bytes);
    }
    write_platform(&tx, today).await?;
    tx.commit().await.map_err(|error| DemoError::Database("commit", error))?;
    let tables: Vec<_> = summary.rows.iter().map(|(table, _)| *table).collect();
    // Not in the transaction: VACUUM refuses to run there.
    let tidy = format!("vacuum (analyze) {}", tables.join(", "));
    client.batch_execute(&tidy).await.map_err(|error| DemoError::Database("vacuum", error))?;
    Ok(summary)
}

/// The platform's own tenant, unless the database has one. It is no firm, so the
/// summary leaves it out.
async fn write_platform(tx: &Transaction<'_>, today: DateTime<Utc>) -> Result<(), DemoError> {
    let failed = |error| DemoError::Database("platform", error);
    let exists = tx.query_one("select exists (select from tenants where is_platform)", &[]).await.map_err(failed)?;
    if exists.get(0) {
        return Ok(());
    }
    let (tenant, user) = platform::rows(today);
    let settings = format!("set local app.tenant_id = '{}'; set local app.user_id = ''", tenant.id);
    tx.batch_execute(&settings).await.map_err(failed)?;
    let mut unsaid = Summary::default();
    insert(tx, &[tenant], &mut unsaid).await?;
    insert(tx, &[user], &mut unsaid).await
}

/// One firm. The order matters: parents before children, a car or home before
/// its sale, which reserves it, a conversation before its messages, which move
/// its counters.
async fn write(tx: &Transaction<'_>, business: &Business, summary: &mut Summary) -> Result<(), DemoError> {
    let tenant = &business.tenant;
    // Ids and roles are of our own making: nothing here needs to be escaped. Until the users are there nobody acts.
    let settings = format!(
        "set local app.tenant_id = '{}'; set local app.user_id = ''; set local app.scope = 'records users'",
        tenant.id
    );
    tx.batch_execute(&settings).await.map_err(|error| DemoError::Database("settings", error))?;
    insert(tx, std::slice::from_ref(tenant), summary).await.map_err(|error| match error {
        DemoError::Database(_, error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
            DemoError::AlreadyLoaded(tenant.slug.clone())
        }
        DemoError::Database(_, error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
            DemoError::NotOwner(error)
        }
        error => error,
    })?;
    replace_settings(tx, business, summary).await?;
    insert(tx, &business.teams.groups, summary).await?;
    insert(tx, &business.users, summary).await?;
    insert(tx, &business.roles.roles, summary).await?;
    grant(tx, &business.roles.grants, summary).await?;
    insert(tx, &business.roles.assignments, summary).await?;
    insert(tx, &business.invited.invitations, summary).await?;
    insert(tx, &business.invited.tokens, summary).await?;
    // The office clerk is who did what triggers write down.
    let clerk = business.users.get(1).map_or(tenant.id, |user| user.id);
    tx.batch_execute(&format!("set local app.user_id = '{clerk}'"))
        .await
        .map_err(|error| DemoError::Database("settings", error))?;
    insert(tx, &business.teams.settings, summary).await?;
    insert(tx, &business.teams.teams, summary).await?;
    insert(tx, &business.teams.members, summary).await?;
    insert(tx, &business.locations, summary).await?;
    insert(tx, &business.statuses, summary).await?;
    insert(tx, &business.fields, summary).await?;
    insert(tx, &business.contacts, summary).await?;
    insert(tx, &business.status_changes, summary).await?;
    insert(tx, &business.leads, summary).await?;
    insert(tx, &business.activities, summary).await?;
    insert(tx, &business.interactions, summary).await?;
    insert(tx, &business.brands, summary).await?;
    insert(tx, &business.engines, summary).await?;
    insert(tx, &business.vehicles, summary).await?;
    insert(tx, &business.movements, summary).await?;
    insert(tx, &business.properties, summary).await?;
    insert(tx, &business.media, summary).await?;
    insert(tx, &business.analyses, summary).await?;
    insert(tx, &business.interests, summary).await?;
    insert(tx, &business.tasks, summary).await?;
    insert(tx, &business.teams.shares, summary).await?;
    insert(tx, &business.sales, summary).await?;
    insert(tx, &business.tags, summary).await?;
    insert(tx, &business.templates, summary).await?;
    insert(tx, &business.replies, summary).await?;
    insert(tx, &business.inbox.conversations, summary).await?;
    insert(tx, &business.inbox.messages, summary).await?;
    insert(tx, &business.inbox.links, summary).await?;
    insert(tx, &business.notes.notes, summary).await?;
    insert(tx, &business.notes.mentions, summary).await?;
    insert(tx, &business.inbox.locks, summary).await?;
    insert(tx, &business.calls, summary).await?;
    insert(tx, &business.appointments, summary).await?;
    insert(tx, &business.campaigns, summary).await?;
    insert(tx, &business.batches, summary).await?;
    write_desk(tx, business, summary).await?;
    write_files(tx, business, summary).await?;
    write_knowledge(tx, business, summary).await?;
    write_assistants(tx, business, summary).await?;
    write_personal(tx, business, summary).await?;
    write_logistics(tx, business, summary).await
}

/// What stands beside daily business, and the figures of all of it, so that the first dashboard is not empty.
async fn write_desk(tx: &Transaction<'_>, business: &Business, summary: &mut Summary) -> Result<(), DemoError> {
    let desk = &business.desk;
    insert(tx, &desk.tickets, summary).await?;
    insert(tx, &desk.messages, summary).await?;
    insert(tx, &desk.integrations, summary).await?;
    insert(tx, &desk.settings, summary).await?;
    insert(tx, &desk.logs, summary).await?;
    insert(tx, &desk.looks, summary).await?;
    let figures = format!("select app.refresh_figures('{}')", business.tenant.id);
    tx.batch_execute(&figures).await.map_err(|error| DemoError::Database("figures", error))
}

/// What people have stored.
async fn write_files(tx: &Transaction<'_>, business: &Business, summary: &mut Summary) -> Result<(), DemoError> {
    insert(tx, &business.files.folders, summary).await?;
    insert(tx, &business.files.files, summary).await?;
    insert(tx, &business.files.shares, summary).await?;
    insert(tx, &business.files.accesses, summary).await
}

/// What assistants know and made.
async fn write_knowledge(tx: &Transaction<'_>, business: &Business, summary: &mut Summary) -> Result<(), DemoError> {
    insert(tx, &business.knowledge.documents, summary).await?;
    insert(tx, &business.knowledge.settings, summary).await?;
    insert(tx, &business.knowledge.artifacts, summary).await
}

/// Who made an agent is not who acts, so nobody acts. Limits come before what counts against them.
async fn write_assistants(tx: &Transaction<'_>, business: &Business, summary: &mut Summary) -> Result<(), DemoError> {
    let nobody = "set local app.user_id = ''";
    tx.batch_execute(nobody).await.map_err(|error| DemoError::Database("settings", error))?;
    let all = &business.assistants;
    insert(tx, &all.agents, summary).await?;
    insert(tx, &all.permits, summary).await?;
    insert(tx, &all.sessions, summary).await?;
    insert(tx, &all.threads, summary).await?;
    insert(tx, &all.messages, summary).await?;
    insert(tx, &all.asked, summary).await?;
    insert(tx, &all.prices, summary).await?;
    insert(tx, &all.months, summary).await?;
    insert(tx, &all.usage, summary).await
}

/// What is personal is written by whom it belongs to.
async fn write_personal(tx: &Transaction<'_>, business: &Business, summary: &mut Summary) -> Result<(), DemoError> {
    let Some(own) = &business.personal else { return Ok(()) };
    let owner = format!("set local app.user_id = '{}'", own.owner);
    tx.batch_execute(&owner).await.map_err(|error| DemoError::Database("settings", error))?;
    insert(tx, &own.health.profiles, summary).await?;
    insert(tx, &own.health.conditions, summary).await?;
    insert(tx, &own.health.allergies, summary).await?;
    insert(tx, &own.health.medications, summary).await?;
    insert(tx, &own.health.doses, summary).await?;
    insert(tx, &own.health.visits, summary).await?;
    insert(tx, &own.health.measurements, summary).await?;
    insert(tx, &own.money.profiles, summary).await?;
    insert(tx, &own.money.accounts, summary).await?;
    insert(tx, &own.money.payments, summary).await?;
    insert(tx, &own.money.transactions, summary).await?;
    insert(tx, &own.money.budgets, summary).await?;
    insert(tx, &own.money.debts, summary).await?;
    insert(tx, &own.money.debt_payments, summary).await?;
    insert(tx, &own.money.investments, summary).await
}

/// What was asked for in the past is an import: nobody asks now, so states and histories come along.
async fn write_logistics(tx: &Transaction<'_>, business: &Business, summary: &mut Summary) -> Result<(), DemoError> {
    let nobody = "set local app.user_id = ''";
    tx.batch_execute(nobody).await.map_err(|error| DemoError::Database("settings", error))?;
    let (all, told) = (&business.catalogues, &business.logistics);
    insert(tx, &all.accounts, summary).await?;
    insert(tx, &all.dealerships, summary).await?;
    insert(tx, &all.places, summary).await?;
    insert(tx, &all.service_groups, summary).await?;
    insert(tx, &all.services, summary).await?;
    insert(tx, &all.codes, summary).await?;
    insert(tx, &all.carriers, summary).await?;
    insert(tx, &all.clients, summary).await?;
    insert(tx, &all.profiles, summary).await?;
    insert(tx, &all.profile_dealerships, summary).await?;
    insert(tx, &all.profile_brands, summary).await?;
    insert(tx, &all.profile_services, summary).await?;
    insert(tx, &all.profile_clients, summary).await?;
    insert(tx, &all.profile_accounts, summary).await?;
    insert(tx, &all.profile_codes, summary).await?;
    insert(tx, &all.group_dealerships, summary).await?;
    insert(tx, &all.group_accounts, summary).await?;
    insert(tx, &all.group_codes, summary).await?;
    insert(tx, &told.requests, summary).await?;
    insert(tx, &told.lines, summary).await?;
    insert(tx, &told.documents, summary).await?;
    insert(tx, &told.moves, summary).await?;
    insert(tx, &told.transfers, summary).await?;
    insert(tx, &told.allocations, summary).await
}

/// Gives roles their permissions, which are rows of the database's own.
async fn grant(tx: &Transaction<'_>, grants: &[Grant], summary: &mut Summary) -> Result<(), DemoError> {
    const SQL: &str = "insert into role_permissions (id, role_id, permission_id, created_at, updated_at)
        select g.id, g.role_id, p.id, g.created_at, g.created_at
        from json_to_recordset($1::text::json) as g (id uuid, role_id uuid, permission text, created_at timestamptz)
        join permissions p on p.name = g.permission";
    let json = serde_json::to_string(grants).map_err(|error| DemoError::Encoding("role_permissions", error))?;
    let count = tx.execute(SQL, &[&json]).await.map_err(|error| DemoError::Database("role_permissions", error))?;
    summary.add("role_permissions", usize::try_from(count).unwrap_or(usize::MAX));
    Ok(())
}

/// Inserts the rows, some thousands in a statement. JSON because COPY is
/// refused under row-level security, and because one parameter carries any
/// number of rows of any shape.
async fn insert<R: Row>(tx: &Transaction<'_>, rows: &[R], summary: &mut Summary) -> Result<(), DemoError> {
    if rows.is_empty() {
        return Ok(());
    }
    let columns = R::columns();
    let table = R::TABLE;
    let sql = format!(
        "insert into {table} ({columns}) select {columns} from json_populate_recordset(null::{table}, $1::text::json)"
    );
    let statement = tx.prepare(&sql).await.map_err(|error| DemoError::Database(table, error))?;
    for chunk in rows.chunks(CHUNK) {
        let json = serde_json::to_string(chunk).map_err(|error| DemoError::Encoding(table, error))?;
        tx.execute(&statement, &[&json]).await.map_err(|error| DemoError::Database(table, error))?;
    }
    summary.add(table, rows.len());
    Ok(())
}

/// The settings came into being with the tenant; this fills them.
async fn replace_settings(tx: &Transaction<'_>, business: &Business, summary: &mut Summary) -> Result<(), DemoError> {
    use super::firm::SettingsRow;
    let table = SettingsRow::TABLE;
    let columns = SettingsRow::columns();
    let sql = format!(
        "update {table} set ({columns}) = (select {columns} from json_populate_record(null::{table}, $1::text::json)) \
         where tenant_id = $2::text::uuid"
    );
    let json = serde_json::to_string(&business.settings).map_err(|error| DemoError::Encoding(table, error))?;
    let tenant = business.tenant.id.to_string();
    tx.execute(&sql, &[&json, &tenant]).await.map_err(|error| DemoError::Database(table, error))?;
    summary.add(table, 1);
    Ok(())
}
