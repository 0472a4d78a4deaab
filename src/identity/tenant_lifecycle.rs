//! How businesses come, rest and go. Only those who run the platform do this, at home in the platform's tenant.
//!
//! The work is done by functions of the database that check the caller once more, because they reach into another
//! tenant: `app.create_tenant`, `app.change_tenant_status`. Both audit logs hear of it, that of the business and that
//! of the platform.

use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, VerbDecl};
use entity::kind::{FieldType, Kind, Scalar};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, UserError, Writer};
use futures_util::FutureExt;
use uuid::Uuid;

use super::Tenant;
use super::invitation::{self, LOCALE};
use crate::processes::TENANTS;
use crate::request::Services;
use crate::values::{CurrencyCode, Email};

/// `createTenant`.
pub(super) static CREATE_TENANT: VerbDecl = VerbDecl {
    mutation: "createTenant",
    doc: "Makes a business on trial: with settings, roles, states of contacts and the like, and an invitation to its \
          first administrator, which goes out by mail. For those who run the platform.",
    entity: Tenant::decl,
    right: TENANTS.write(),
    inputs: &[
        InputDecl { name: "name", doc: "Name of the business.", ty: String::TYPE, need: Input::Required },
        InputDecl {
            name: "email",
            doc: "E-mail address of the business itself.",
            ty: Email::TYPE,
            need: Input::Required,
        },
        InputDecl {
            name: "slug",
            doc: "Short name for signing in, unique in the whole system: lower case letters, digits and hyphens.",
            ty: String::TYPE,
            need: Input::Required,
        },
        InputDecl {
            name: "defaultCurrency",
            doc: "Currency of amounts that name none.",
            ty: CurrencyCode::TYPE,
            need: Input::Required,
        },
        InputDecl {
            name: "timezone",
            doc: "IANA time zone in which the business counts its days, for instance Europe/Madrid.",
            ty: String::TYPE,
            need: Input::Required,
        },
        InputDecl {
            name: "adminEmail",
            doc: "Address of the first administrator, who is invited.",
            ty: Email::TYPE,
            need: Input::Required,
        },
        LOCALE,
    ],
    secret: None,
    run: |writer, input| create(writer, input).boxed(),
};

async fn create(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let mut sql = Sql::new();
    sql.push("select app.create_tenant(").bind(Bind::Uuid(writer.new_id));
    for name in ["name", "email", "slug", "defaultCurrency", "timezone"] {
        sql.push(", ").bind(input.get(name).cloned().unwrap_or(Bind::null(Kind::Text)));
    }
    sql.push(")");
    writer.statements.rows(sql, false).await?;
    invite(writer, input).await?;
    Ok(Outcome::written(writer.new_id))
}

/// Invites the first administrator, in the new business and in the name of the platform's staff.
async fn invite(writer: Writer<'_>, input: &Arguments) -> Result<(), DbError> {
    let services: &Services = writer.service()?;
    let mut invitation = vec![("role", Bind::Text("ADMIN".to_owned()))];
    invitation.extend(input.get("adminEmail").map(|email| ("email", email.clone())));
    invitation.extend(input.get("locale").map(|locale| ("locale", locale.clone())));
    act(writer, writer.new_id, Some(writer.user)).await?;
    let there = Writer { tenant: writer.new_id, new_id: services.ids.next(), ..writer };
    invitation::create(there, &Arguments(invitation)).await?;
    act(writer, writer.tenant, None).await
}

/// Goes on in another tenant, as platform staff that is no user of it. An error on the way takes the whole verb back,
/// and these settings with it.
async fn act(writer: Writer<'_>, tenant: Uuid, staff: Option<Uuid>) -> Result<(), DbError> {
    let staff = staff.map(|staff| staff.to_string()).unwrap_or_default();
    let mut sql = Sql::new();
    sql.push("select set_config('app.tenant_id', ").bind(Bind::Text(tenant.to_string()));
    sql.push(", true), set_config('app.platform_user', ").bind(Bind::Text(staff)).push(", true)");
    writer.statements.rows(sql, false).await.map(drop)
}

const TENANT: InputDecl = InputDecl {
    name: "id",
    doc: "The business.",
    ty: FieldType { kind: Kind::Id("tenant"), nullable: false, normalize: None },
    need: Input::Required,
};
const REASON: InputDecl =
    InputDecl { name: "reason", doc: "Why; both audit logs keep it.", ty: String::TYPE, need: Input::Required };

/// `activateTenant`.
pub(super) static ACTIVATE_TENANT: VerbDecl = VerbDecl {
    mutation: "activateTenant",
    doc: "Lets a business on trial use the system for good. For those who run the platform.",
    entity: Tenant::decl,
    right: TENANTS.write(),
    inputs: &[TENANT, REASON],
    secret: None,
    run: |writer, input| change_status(writer, input, "{TRIAL}", "ACTIVE").boxed(),
};

/// `reactivateTenant`.
pub(super) static REACTIVATE_TENANT: VerbDecl = VerbDecl {
    mutation: "reactivateTenant",
    doc: "Opens a suspended business again: its users may sign in, and sessions that have not expired work again. For \
          those who run the platform.",
    entity: Tenant::decl,
    right: TENANTS.write(),
    inputs: &[TENANT, REASON],
    secret: None,
    run: |writer, input| change_status(writer, input, "{SUSPENDED}", "ACTIVE").boxed(),
};

/// `suspendTenant`.
pub(super) static SUSPEND_TENANT: VerbDecl = VerbDecl {
    mutation: "suspendTenant",
    doc: "Closes a business for now: nobody can sign in, and sessions that are open are refused at once. For those who \
          run the platform.",
    entity: Tenant::decl,
    right: TENANTS.write(),
    inputs: &[TENANT, REASON],
    secret: None,
    run: |writer, input| change_status(writer, input, "{TRIAL, ACTIVE}", "SUSPENDED").boxed(),
};

/// `closeTenant`.
pub(super) static CLOSE_TENANT: VerbDecl = VerbDecl {
    mutation: "closeTenant",
    doc: "Closes a business for good; this cannot be undone. Its data stays until it is purged. For those who run the \
          platform.",
    entity: Tenant::decl,
    right: TENANTS.admin(),
    inputs: &[TENANT, REASON],
    secret: None,
    run: |writer, input| change_status(writer, input, "{TRIAL, ACTIVE, SUSPENDED}", "CLOSED").boxed(),
};

/// Moves the state of a business from one of those in `from`, an SQL array.
async fn change_status(
    writer: Writer<'_>,
    input: &Arguments,
    from: &'static str,
    to: &'static str,
) -> Result<Outcome, DbError> {
    let mut sql = Sql::new();
    sql.push("select app.change_tenant_status(").bind(Bind::Uuid(input.id("id")));
    sql.push(", '").push(from).push("', '").push(to).push("', ");
    sql.bind(input.get("reason").cloned().unwrap_or(Bind::null(Kind::Text))).push(")");
    Ok(match writer.statements.rows(sql, false).await?.uuid_of_first() {
        Some(id) => Outcome::written(id),
        None => Outcome::refused(vec![UserError::new("NOT_FOUND", "id", "There is no business with this ID.")]),
    })
}
