//! `mostrador platform`: makes the platform tenant and somebody who runs it, and prints the link with which that person
//! sets a password. Again, it makes what is missing and a new link.

use tokio_postgres::{Client, Transaction};
use uuid::Uuid;

use super::database_access::DatabaseAccess;
use super::failure::Failure;
use super::owner::{self, Undone};
use super::{output, secret_link};
use crate::config::Config;
use crate::mail::Letter;
use crate::opaque_token::OpaqueToken;

/// What a new platform tenant is called.
const NAME: &str = "Platform";

/// Its slug, with which staff signs in.
const SLUG: &str = "platform";

/// What there is afterwards.
struct Made {
    slug: String,
    is_new: bool,
    has_new_user: bool,
    token: OpaqueToken,
}

/// Makes what is missing, and prints a link for the user with this address. The name counts for a new user only.
///
/// # Errors
/// When the database cannot be reached as its owner or is not migrated, or when the user is not one who may run the
/// platform.
pub async fn platform(config: &Config, email: &str, name: Option<&str>) -> Result<(), Failure> {
    config.check()?;
    let access = DatabaseAccess::open_or_join(config).await?;
    let made = run(&access, email, name).await;
    let closed = access.close().await;
    let made = made?;
    if made.is_new {
        output::remark(&format!("Made the platform tenant {}.", made.slug));
    }
    output::remark(&format!(
        "{} The link sets the password, once and within an hour; then sign in to the tenant {}.",
        if made.has_new_user { "Made a SUPER_ADMIN." } else { "The SUPER_ADMIN was there already." },
        made.slug
    ));
    let letter = |token| Letter::PasswordReset { business: NAME.to_owned(), token };
    secret_link::print(config, letter, &made.token)?;
    closed
}

async fn run(access: &DatabaseAccess, email: &str, name: Option<&str>) -> Result<Made, Failure> {
    let mut client = owner::connect_migrated(access).await?;
    match make(&mut client, email, name).await {
        Ok(made) => Ok(made),
        Err(undone) => Err(undone.explain(&client, "could not make the platform").await),
    }
}

async fn make(client: &mut Client, email: &str, name: Option<&str>) -> Result<Made, Undone> {
    let tx = owner::begin(client).await?;
    let found = tx.query_opt("select id::text, slug, status from tenants where is_platform", &[]).await?;
    let (tenant, slug) = match &found {
        Some(row) if matches!(row.get::<_, &str>("status"), "TRIAL" | "ACTIVE") => {
            (owner::id_of(row)?, row.get::<_, String>("slug"))
        }
        Some(row) => {
            return Err(Undone::Because(format!("the platform tenant is {}", row.get::<_, &str>("status"))));
        }
        None => (owner::new_id(&tx).await?, SLUG.to_owned()),
    };
    owner::enter(&tx, tenant).await?;
    if found.is_none() {
        // Nothing is sold here, and days are counted for nobody: staff may change both.
        let sql = "insert into tenants (id, name, email, slug, status, default_currency, timezone, is_platform) \
                   values ($1::text::uuid, $2, $3, $4, 'ACTIVE', 'EUR', 'UTC', true)";
        tx.execute(sql, &[&tenant.to_string(), &NAME, &email, &SLUG]).await?;
    }
    let (user, has_new_user) = match find_user(&tx, tenant, email).await? {
        Some(user) => (user, false),
        None => (make_user(&tx, tenant, email, name).await?, true),
    };
    let token = secret_link::password_token(&tx, tenant, user).await?;
    tx.commit().await?;
    Ok(Made { slug, is_new: found.is_none(), has_new_user, token })
}

/// The user with this address. Whoever may do less is not raised behind the staff's back, nor let in again.
async fn find_user(tx: &Transaction<'_>, tenant: Uuid, email: &str) -> Result<Option<Uuid>, Undone> {
    let sql = "select id::text, role, is_active from users \
               where tenant_id = $1::text::uuid and lower(email) = lower($2) and deleted_at is null";
    let Some(user) = tx.query_opt(sql, &[&tenant.to_string(), &email]).await? else { return Ok(None) };
    let role: &str = user.get("role");
    if role != "SUPER_ADMIN" {
        return Err(Undone::Because(format!("the platform's user {email:?} is {role}, not SUPER_ADMIN")));
    }
    if !user.get::<_, bool>("is_active") {
        return Err(Undone::Because(format!("the platform's user {email:?} is not active")));
    }
    owner::id_of(&user).map(Some)
}

async fn make_user(tx: &Transaction<'_>, tenant: Uuid, email: &str, name: Option<&str>) -> Result<Uuid, Undone> {
    // Without a display name the database takes the address.
    let sql = "insert into users (tenant_id, email, role, display_name) \
               values ($1::text::uuid, $2, 'SUPER_ADMIN', $3) returning id::text";
    owner::id_of(&tx.query_one(sql, &[&tenant.to_string(), &email, &name.unwrap_or_default()]).await?)
}
