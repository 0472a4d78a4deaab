//! Accepting an invitation: the user is made, once, and signed in.
//!
//! All of it is one transaction that begins by locking the invitation: of two who accept at once, the second waits and
//! reads that it was accepted. That it was offered in time, and by somebody who still may, is for the database to say.

use std::sync::Arc;

use entity::database::{DbError, Statements};
use entity::kind::Scalar;
use entity::sql::{Bind, NullOf, Sql};
use entity::write::UserError;
use futures_util::FutureExt;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::account::AcceptInvitationPayload;
use super::account_mails::AcceptInvitationInput;
use super::change_password::{store, unhashed};
use super::mail_limits::count_token;
use super::start_session::{Arrival, Started, start};
use super::use_token::invalid_token;
use super::verify_email::mark_proven;
use crate::db::{Actor, Scope, Transaction};
use crate::opaque_token::{OpaqueToken, ParsedToken};
use crate::request::{RequestContext, fault};
use crate::values::PhoneNumber;

/// Who the new user is.
struct Person {
    first_name: Option<String>,
    last_name: Option<String>,
    phone: Option<String>,
}

/// An invitation that can be accepted, as far as can be seen.
struct Offer {
    id: Uuid,
    email: String,
    role: String,
}

/// Why a transaction must be undone.
enum Undone {
    /// The user can put it right.
    Refused(UserError),
    Failed(DbError),
}

/// Accepts an invitation.
pub(super) async fn accept(
    context: &Arc<RequestContext>,
    input: AcceptInvitationInput,
) -> async_graphql::Result<AcceptInvitationPayload> {
    let cookie = context.may_take_cookies(input.cookie)?;
    let password = Zeroizing::new(input.password);
    let refused = |error| Ok(AcceptInvitationPayload::refused(error));
    let Some(token) = OpaqueToken::parse(&input.token) else { return refused(invalid_token()) };
    let attempt = count_token(context, token.tenant)?;
    // Nobody who has no token makes us hash.
    let offer = match look(context, &token).await.map_err(fault)? {
        Ok(offer) => offer,
        Err(error) => return refused(error),
    };
    let person = match Person::of(input.first_name, input.last_name, input.phone) {
        Ok(person) => person,
        Err(error) => {
            attempt.undo();
            return refused(*error);
        }
    };
    if let Err(weakness) = context.services.passwords.policy().check(&password, &offer.email) {
        attempt.undo();
        return refused(UserError::new("VALIDATION", "password", weakness.to_string()));
    }
    let hash = context.services.passwords.hash(password).await.map_err(unhashed)?;
    let request = Arc::clone(context);
    // Nobody yet; from the session's beginning on it is the new user.
    let entered = context.write(Actor::tenant(token.tenant, Scope::default()), move |transaction| {
        async move { make_user(&request, transaction, &token, person, hash, cookie).await }.boxed()
    });
    match entered.await {
        Ok(Ok(started)) => {
            attempt.succeeded();
            started.set_cookies(context);
            Ok(AcceptInvitationPayload::of(*started))
        }
        Ok(Err(error)) => refused(error),
        Err(error) => match undone(error) {
            Undone::Refused(error) => refused(error),
            Undone::Failed(error) => Err(fault(error)),
        },
    }
}

/// The invitation as it is now. The connection is given back: hashing takes long.
async fn look(context: &RequestContext, token: &ParsedToken) -> Result<Result<Offer, UserError>, DbError> {
    let transaction = context.read(Actor::tenant(token.tenant, Scope::default()));
    let offer = find(&transaction, token, "").await;
    transaction.finish();
    offer
}

/// The invitation of this token; `lock` is empty or a locking clause.
async fn find(
    statements: &dyn Statements,
    token: &ParsedToken,
    lock: &'static str,
) -> Result<Result<Offer, UserError>, DbError> {
    let mut sql = Sql::new();
    sql.push(
        "select i.id, i.email, i.role, i.status, i.expires_at <= now(), t.status in ('TRIAL', 'ACTIVE') \
         from invitations i join tenants t on t.id = i.tenant_id where i.tenant_id = ",
    );
    sql.bind(Bind::Uuid(token.tenant)).push(" and i.token_hash = ").bind(Bind::Bytes(token.hash.to_vec())).push(lock);
    let rows = statements.rows(sql, false).await?;
    let Some(id) = rows.uuid_of_first() else { return Ok(Err(invalid_token())) };
    let text = |cell| rows.text(0, cell).unwrap_or_default();
    let is = |cell| rows.is_true(0, cell);
    let message = match text(3).as_str() {
        "ACCEPTED" => "This invitation was accepted already; sign in instead.",
        "REVOKED" => "This invitation was taken back.",
        "EXPIRED" => "This invitation has expired; ask for a new one.",
        _ if is(4) => "This invitation has expired; ask for a new one.",
        _ if !is(5) => "This business is closed at the moment.",
        _ => return Ok(Ok(Offer { id, email: text(1), role: text(2) })),
    };
    Ok(Err(UserError::new("VALIDATION", "token", message)))
}

/// Makes the user, and signs them in.
async fn make_user(
    context: &RequestContext,
    transaction: &Transaction,
    token: &ParsedToken,
    person: Person,
    hash: String,
    cookie: bool,
) -> Result<Result<Box<Started>, UserError>, DbError> {
    let (tenant, services) = (token.tenant, &context.services);
    let offer = match find(transaction, token, " for update of i").await? {
        Ok(offer) => offer,
        Err(error) => return Ok(Err(error)),
    };
    let user = services.ids.next();
    let text = |value: Option<String>| value.map_or(Bind::Null(NullOf::Text), Bind::Text);
    let mut sql = Sql::new();
    // Without a display name the database makes one of the names or the address.
    sql.push("insert into users (tenant_id, id, email, role, first_name, last_name, display_name, phone) values (");
    sql.bind(Bind::Uuid(tenant)).push(", ").bind(Bind::Uuid(user));
    sql.push(", ").bind(Bind::Text(offer.email)).push(", ").bind(Bind::Text(offer.role));
    sql.push(", ").bind(text(person.first_name)).push(", ").bind(text(person.last_name)).push(", ''");
    sql.push(", ").bind(text(person.phone)).push(") returning id");
    transaction.rows(sql, false).await?;
    store(transaction, tenant, user, hash, services.clock.now()).await?;
    mark_proven(transaction, tenant, user).await?;
    let mut sql = Sql::new();
    sql.push("update invitations set status = 'ACCEPTED', accepted_by_id = ").bind(Bind::Uuid(user));
    sql.push(" where tenant_id = ").bind(Bind::Uuid(tenant)).push(" and id = ").bind(Bind::Uuid(offer.id));
    sql.push(" returning id");
    transaction.rows(sql, false).await?;
    let arrival = Arrival { tenant, user, method: "INVITATION", password_hash: None, cookie };
    match start(context, transaction, &arrival).await? {
        Some(started) => Ok(Ok(Box::new(started))),
        None => Err(DbError::Conflict),
    }
}

/// What the database refused, as the one who accepts reads it.
fn undone(error: DbError) -> Undone {
    match error {
        DbError::Refused(refusal) => Undone::Refused(UserError::new(&refusal.code, "token", refusal.message)),
        DbError::Constraint { name, .. } if name == "users_email_key" => {
            let message = "There is a user with this e-mail address by now; sign in instead.";
            Undone::Refused(UserError::new("CONFLICT", "token", message))
        }
        DbError::Constraint { name, .. } if name == "users_phone_check" => {
            let message = "A phone number has the form +34600111222.";
            Undone::Refused(UserError::new("VALIDATION", "phone", message))
        }
        DbError::TooLarge => Undone::Refused(UserError::new("VALIDATION", "", "A value is too large.")),
        other => Undone::Failed(other),
    }
}

impl Person {
    fn of(
        first_name: Option<String>,
        last_name: Option<String>,
        phone: Option<String>,
    ) -> Result<Self, Box<UserError>> {
        let refused = |field, message| Box::new(UserError::new("VALIDATION", field, message));
        let name = |field: &'static str, name: Option<String>| match name {
            Some(name) if name.chars().any(char::is_control) => {
                Err(refused(field, "A name has no control characters."))
            }
            Some(name) => Ok(Some(name.trim().to_owned()).filter(|name| !name.is_empty())),
            None => Ok(None),
        };
        let phone = match (phone, PhoneNumber::TYPE.normalize) {
            (Some(phone), Some(normalize)) => Some(normalize(&phone).map_err(|message| refused("phone", message))?),
            (phone, _) => phone,
        };
        Ok(Self { first_name: name("firstName", first_name)?, last_name: name("lastName", last_name)?, phone })
    }
}
