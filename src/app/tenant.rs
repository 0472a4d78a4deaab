//! `mostrador tenant`: makes a business, and prints the invitation of its first administrator. Again, it prints a new
//! link, as long as nobody has come in.

use tokio_postgres::{Client, Row, Transaction};
use uuid::Uuid;

use super::database_access::DatabaseAccess;
use super::failure::Failure;
use super::owner::{self, Undone};
use super::{output, secret_link};
use crate::config::Config;
use crate::mail::Letter;
use crate::opaque_token::OpaqueToken;

/// A business to be, in the words of the operator.
#[derive(Clone, Debug)]
pub struct Business {
    /// Its name.
    pub name: String,
    /// Its slug, unique in the installation.
    pub slug: String,
    /// Code of the currency of amounts that name none.
    pub currency: String,
    /// IANA time zone in which it counts its days.
    pub timezone: String,
    /// Its own address; that of the administrator when there is none.
    pub email: Option<String>,
    /// Address of its first administrator.
    pub admin: String,
}

/// What there is afterwards.
struct Made {
    is_new: bool,
    token: OpaqueToken,
}

/// Makes the business when it is missing, and prints a link that makes its administrator.
///
/// # Errors
/// When the database cannot be reached as its owner or is not migrated, when something of the business is refused, or
/// when the slug is that of another business or of one that has users.
pub async fn tenant(config: &Config, business: &Business) -> Result<(), Failure> {
    config.check()?;
    let access = DatabaseAccess::open_or_join(config).await?;
    let made = run(&access, business).await;
    let closed = access.close().await;
    let made = made?;
    output::remark(&format!(
        "{} The link makes its administrator, once and within 7 days; no mail was sent.",
        if made.is_new { "Made the business." } else { "The business was there already." }
    ));
    let letter = |token| Letter::Invitation { business: business.name.clone(), inviter: None, token };
    secret_link::print(config, letter, &made.token)?;
    closed
}

async fn run(access: &DatabaseAccess, business: &Business) -> Result<Made, Failure> {
    let mut client = owner::connect_migrated(access).await?;
    match make(&mut client, business).await {
        Ok(made) => Ok(made),
        Err(undone) => Err(undone.explain(&client, "could not make the business").await),
    }
}

async fn make(client: &mut Client, business: &Business) -> Result<Made, Undone> {
    let tx = owner::begin(client).await?;
    let sql =
        "select id::text, name, default_currency::text, timezone, status, is_platform from tenants where slug = $1";
    let found = tx.query_opt(sql, &[&business.slug]).await?;
    let tenant = match &found {
        Some(row) => expect_the_same(&tx, business, row).await?,
        None => found_business(&tx, business).await?,
    };
    let token = invite(&tx, tenant, &business.admin).await?;
    tx.commit().await?;
    Ok(Made { is_new: found.is_none(), token })
}

/// What `app.create_tenant` does for platform staff, by the owner: both audit logs hear of it.
async fn found_business(tx: &Transaction<'_>, business: &Business) -> Result<Uuid, Undone> {
    let tenant = owner::new_id(tx).await?;
    let id = tenant.to_string();
    owner::enter(tx, tenant).await?;
    let email = business.email.as_ref().unwrap_or(&business.admin);
    let sql = "insert into tenants (id, name, email, slug, default_currency, timezone) \
               values ($1::text::uuid, $2, $3, $4, $5::text, $6)";
    let Business { name, slug, currency, timezone, .. } = business;
    tx.execute(sql, &[&id, name, email, slug, currency, timezone]).await?;
    tx.execute("select app.make_default_catalogues($1::text::uuid)", &[&id]).await?;
    if let Some(platform) = tx.query_opt("select id::text from tenants where is_platform", &[]).await? {
        owner::enter(tx, owner::id_of(&platform)?).await?;
        let sql = "select app.audit('tenant.created', 'Tenant', $1::text::uuid, \
                   jsonb_build_object('after', jsonb_build_object('name', $2::text, 'slug', $3::text)))";
        tx.execute(sql, &[&id, name, slug]).await?;
        owner::enter(tx, tenant).await?;
    }
    Ok(tenant)
}

/// Goes into the business that has this slug, if it is the one that is meant and nobody is in it yet. A slip of the
/// operator must not hand somebody's business to somebody else.
async fn expect_the_same(tx: &Transaction<'_>, business: &Business, row: &Row) -> Result<Uuid, Undone> {
    let slug = &business.slug;
    let is_the_same = row.get::<_, &str>("name") == business.name
        && row.get::<_, &str>("default_currency") == business.currency
        && row.get::<_, &str>("timezone") == business.timezone
        && !row.get::<_, bool>("is_platform");
    if !is_the_same {
        return Err(Undone::Because(format!("another business already uses the slug {slug:?}")));
    }
    if !matches!(row.get::<_, &str>("status"), "TRIAL" | "ACTIVE") {
        return Err(Undone::Because(format!("the business {slug:?} is suspended or closed")));
    }
    let tenant = owner::id_of(row)?;
    owner::enter(tx, tenant).await?;
    let sql = "select exists (select from users where tenant_id = $1::text::uuid and deleted_at is null)";
    if tx.query_one(sql, &[&tenant.to_string()]).await?.get(0) {
        return Err(Undone::Because(format!(
            "the business {slug:?} has users already: its administrators invite more"
        )));
    }
    Ok(tenant)
}

/// Invites the administrator, or makes a new token for the invitation that is still open.
async fn invite(tx: &Transaction<'_>, tenant: Uuid, admin: &str) -> Result<OpaqueToken, Undone> {
    let token = secret_link::new_token(tenant)?;
    let (tenant, hash) = (tenant.to_string(), token.hash());
    let sql = "update invitations set token_hash = $3, expires_at = now() + interval '7 days' \
               where tenant_id = $1::text::uuid and lower(email) = lower($2) and role = 'ADMIN' and status = 'PENDING'";
    if tx.execute(sql, &[&tenant, &admin, &hash.as_slice()]).await? == 0 {
        let sql = "insert into invitations (tenant_id, email, role, token_hash) \
                   values ($1::text::uuid, $2, 'ADMIN', $3)";
        tx.execute(sql, &[&tenant, &admin, &hash.as_slice()]).await?;
    }
    Ok(token)
}
