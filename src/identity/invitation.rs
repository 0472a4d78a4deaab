//! Invitations: offers to become a user, sent by mail.
//!
//! Accepting one is in `accept_invitation.rs`: it needs no session. Who may offer which role, and that an offer is
//! accepted once, is for the database to say.

use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, SecretDecl, VerbDecl};
use entity::kind::{FieldType, Kind, Scalar};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, Secret, UserError, Writer};
use entity::{Choice, Entity, Ref, entity};
use futures_util::FutureExt;
use uuid::Uuid;

use super::User;
use super::user::UserRole;
use crate::mail::{Letter, Locale, Posting};
use crate::opaque_token::OpaqueToken;
use crate::processes::USERS;
use crate::request::Services;
use crate::values::Email;

/// How long an invitation can be accepted; the table's default says the same.
const VALID_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// What became of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum InvitationStatus {
    /// Sent, and not answered yet.
    Pending,
    /// The user exists. Final.
    Accepted,
    /// Taken back. Final.
    Revoked,
    /// Not accepted in time. Final.
    Expired,
}

/// An offer to become a user of the business, sent by mail. Accepting it makes the user, once.
#[entity(table = invitations, process = USERS, read = MANAGE_USERS, no_create, no_update, no_delete)]
#[action(
    mutation = "revokeInvitation",
    doc = "Takes an invitation back: its link no longer works.",
    right = MANAGE_USERS,
    set(status = "'REVOKED'")
)]
pub struct Invitation {
    /// Address that the invitation was sent to, and with which the user will sign in.
    pub email: Email,
    /// Kind of the user that accepting makes.
    pub role: UserRole,
    /// What became of it.
    #[field(read_only)]
    pub status: InvitationStatus,
    /// Until when it can be accepted; sending it again sets a new time.
    pub expires_at: DateTime<Utc>,
    /// Who sent it; null for the platform's staff and for somebody who was removed.
    #[belongs_to(inverse = "sentInvitations", doc = "Invitations that the user has sent.")]
    pub invited_by: Option<Ref<User>>,
    /// The user that it became; null until it is accepted.
    #[belongs_to(one, inverse = "acceptedInvitation", doc = "The invitation by which the user came; null for none.")]
    pub accepted_by: Option<Ref<User>>,
}

pub(super) const LOCALE: InputDecl = InputDecl {
    name: "locale",
    doc: "Language of the mail, as browsers write it: `en`, `es`, `es-MX`. English when it is left out or another one.",
    ty: <Option<String>>::TYPE,
    need: Input::Optional,
};

const TOKEN: SecretDecl = SecretDecl {
    name: "token",
    doc: "The invitation's token, for `acceptInvitation`. It is shown this once, and the mail brings it as well; null \
          when the idempotency key was used before.",
};

/// The mutation that makes one.
pub(super) static CREATE_INVITATION: VerbDecl = VerbDecl {
    mutation: "createInvitation",
    doc: "Invites somebody to become a user, and sends the mail. You cannot offer a role that allows more than you may \
          do; an address has one open invitation at a time.",
    entity: Invitation::decl,
    right: USERS.manage_users(),
    inputs: &[
        InputDecl {
            name: "email",
            doc: "Address to invite; no user has it yet.",
            ty: Email::TYPE,
            need: Input::Required,
        },
        InputDecl { name: "role", doc: "Kind of the user to be.", ty: UserRole::TYPE, need: Input::Required },
        LOCALE,
    ],
    secret: Some(TOKEN),
    run: |writer, input| create(writer, input).boxed(),
};

/// The mutation that sends one again.
pub(super) static RESEND_INVITATION: VerbDecl = VerbDecl {
    mutation: "resendInvitation",
    doc: "Sends an open invitation again, with a new link and a new time; the old link no longer works.",
    entity: Invitation::decl,
    right: USERS.manage_users(),
    inputs: &[
        InputDecl {
            name: "id",
            doc: "The invitation.",
            ty: FieldType { kind: Kind::Id("invitation"), nullable: false, normalize: None },
            need: Input::Required,
        },
        LOCALE,
    ],
    secret: Some(TOKEN),
    run: |writer, input| resend(writer, input).boxed(),
};

/// Makes an invitation (`email`, `role`, perhaps `locale`) in the writer's tenant and posts its mail.
pub(super) async fn create(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let token = new_token(writer.tenant)?;
    let (Some(email), Some(role)) = (input.get("email"), input.get("role")) else {
        return Err(DbError::Fault("a required input is missing".into()));
    };
    let mut sql = Sql::new();
    sql.push("insert into invitations (id, tenant_id, email, role, token_hash) values (");
    sql.bind(Bind::Uuid(writer.new_id)).push(", ").bind(Bind::Uuid(writer.tenant));
    sql.push(", ").bind(email.clone()).push(", ").bind(role.clone());
    sql.push(", ").bind(Bind::Bytes(token.hash().to_vec())).push(") returning email");
    let rows = writer.statements.rows(sql, false).await?;
    send(writer, input, writer.new_id, &text(&rows, 0), token).await
}

async fn resend(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let token = new_token(writer.tenant)?;
    let id = input.id("id");
    let mut sql = Sql::new();
    sql.push("update invitations set token_hash = ").bind(Bind::Bytes(token.hash().to_vec()));
    sql.push(", expires_at = now() + make_interval(secs => ").bind(Bind::Int(VALID_FOR.as_secs() as i32));
    sql.push(") where tenant_id = ").bind(Bind::Uuid(writer.tenant)).push(" and id = ").bind(Bind::Uuid(id));
    sql.push(" returning email");
    let rows = writer.statements.rows(sql, false).await?;
    if rows.is_empty() {
        let error = UserError::new("NOT_FOUND", "id", "There is no invitation with this ID.");
        return Ok(Outcome::refused(vec![error]));
    }
    send(writer, input, id, &text(&rows, 0), token).await
}

/// Puts the mail into the outbox.
async fn send(
    writer: Writer<'_>,
    input: &Arguments,
    invitation: Uuid,
    to: &str,
    token: OpaqueToken,
) -> Result<Outcome, DbError> {
    let services: &Services = writer.service()?;
    let mut sql = Sql::new();
    sql.push("select t.name, u.display_name from tenants t left join users u on u.tenant_id = t.id and u.id = ");
    sql.bind(Bind::Uuid(writer.user)).push(" where t.id = ").bind(Bind::Uuid(writer.tenant));
    let names = writer.statements.rows(sql, false).await?;
    let inviter = Some(text(&names, 1)).filter(|name| !name.is_empty());
    let letter = Letter::Invitation { business: text(&names, 0), inviter, token: token.text().to_owned() };
    let locale = input.text("locale").map_or_else(Locale::default, Locale::best);
    let reference = Some(invitation);
    let posting = Posting { tenant: writer.tenant, to, locale, reference, valid_for: VALID_FOR, letter: &letter };
    services.outbox.post(writer.statements, posting).await?;
    Ok(Outcome { secret: Some(Secret(token.text().to_owned())), ..Outcome::written(invitation) })
}

fn new_token(tenant: Uuid) -> Result<OpaqueToken, DbError> {
    OpaqueToken::new(tenant).map_err(|error| DbError::Fault(error.to_string()))
}

/// A text cell of the first row; empty for null.
fn text(rows: &entity::rows::Rows, index: usize) -> String {
    if rows.is_empty() { String::new() } else { rows.text(0, index).unwrap_or_default() }
}
