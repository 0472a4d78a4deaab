//! Shares: single records, shown to one more user or team.

use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, VerbDecl};
use entity::kind::{FieldType, Kind, Scalar};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, UserError, Writer};
use entity::{AnyId, Choice, Entity, Ref, entity};
use futures_util::FutureExt;
use uuid::Uuid;

use super::{Team, User};
use crate::crm::{Contact, Lead, Task};
use crate::processes::CRM;
use crate::properties::Property;

/// What can be shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum ShareableType {
    /// A contact.
    Contact,
    /// A property.
    Property,
    /// A lead.
    Lead,
    /// A task.
    Task,
}

/// What a share allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum ShareAccess {
    /// Seeing the record.
    Read,
    /// Changing it as well, and sharing it further.
    Write,
}

/// One record, shown to one more user or team. It matters where the business has switched on record sharing: agents and
/// clients then see only what is theirs, their team's, or shared with them.
#[entity(table = resource_shares, process = CRM, delete = WRITE, no_create)]
#[union(name = resource, of = SharedResource, nullable, doc = "The record that is shared.", branches(contact, lead, task, property))]
pub struct ResourceShare {
    /// What kind of record is shared.
    #[field(read_only)]
    pub resource_type: ShareableType,
    /// ID of the record.
    #[field(sql = "lower({t}.resource_type) || '_' || {t}.resource_id")]
    pub resource_id: AnyId,
    /// What the share allows.
    pub access: ShareAccess,
    /// The team that it is shown to, with the teams inside it; null when it is shown to a user.
    #[belongs_to(read_only, inverse = "shares", doc = "What is shared with the team.")]
    pub team: Option<Ref<Team>>,
    /// The user that it is shown to; null when it is shown to a team.
    #[belongs_to(read_only, inverse = "receivedShares", doc = "What is shared with the user alone.")]
    pub user: Option<Ref<User>>,
    /// The contact, when it is one that is shared.
    #[belongs_to(read_only, inverse = "shares", doc = "With whom the contact is shared.")]
    pub contact: Option<Ref<Contact>>,
    /// The lead, when it is one that is shared.
    #[belongs_to(read_only, inverse = "shares", doc = "With whom the lead is shared.")]
    pub lead: Option<Ref<Lead>>,
    /// The task, when it is one that is shared.
    #[belongs_to(read_only, inverse = "shares", doc = "With whom the task is shared.")]
    pub task: Option<Ref<Task>>,
    /// The property, when it is one that is shared.
    #[belongs_to(read_only, inverse = "shares", doc = "With whom the property is shared.")]
    pub property: Option<Ref<Property>>,
}

/// `createResourceShare`: the type of the record follows from its ID.
pub(super) static CREATE_RESOURCE_SHARE: VerbDecl = VerbDecl {
    mutation: "createResourceShare",
    doc: "Shares a contact, lead, task or property with one user or one team. You may share what you may change.",
    entity: ResourceShare::decl,
    right: CRM.write(),
    inputs: &[
        InputDecl {
            name: "resourceId",
            doc: "ID of the contact, lead, task or property.",
            ty: FieldType { kind: Kind::AnyId, nullable: false, normalize: None },
            need: Input::Required,
        },
        InputDecl {
            name: "teamId",
            doc: "The team to share it with, and with it the teams inside.",
            ty: FieldType { kind: Kind::Id("team"), nullable: true, normalize: None },
            need: Input::Optional,
        },
        InputDecl {
            name: "userId",
            doc: "The user to share it with.",
            ty: FieldType { kind: Kind::Id("user"), nullable: true, normalize: None },
            need: Input::Optional,
        },
        InputDecl { name: "access", doc: "What the share allows.", ty: ShareAccess::TYPE, need: Input::Required },
    ],
    secret: None,
    run: |writer, input| share(writer, input).boxed(),
};

async fn share(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let refuse = |field: &str, message: &str| Ok(Outcome::refused(vec![UserError::new("VALIDATION", field, message)]));
    let parts = input.text("resourceId").and_then(|text| text.rsplit_once('_'));
    let shared = parts.and_then(|(prefix, id)| Some((kind(prefix)?, Uuid::try_parse(id).ok()?)));
    let Some((kind, resource)) = shared else {
        return refuse(
            "resourceId",
            "Contacts, leads, tasks and properties can be shared; this is the ID of none of them.",
        );
    };
    let (column, recipient) = match (input.get("teamId"), input.get("userId")) {
        (Some(team), None) => ("team_id", team),
        (None, Some(user)) => ("user_id", user),
        _ => return refuse("userId", "A share is with one user or with one team."),
    };
    let mut sql = Sql::new();
    sql.push("insert into resource_shares (id, tenant_id, resource_type, resource_id, access, ").push(column);
    sql.push(") values (").bind(Bind::Uuid(writer.new_id)).push(", ").bind(Bind::Uuid(writer.tenant));
    sql.push(", ").bind(Bind::Text(kind.to_owned())).push(", ").bind(Bind::Uuid(resource));
    sql.push(", ").bind(input.get("access").cloned().unwrap_or(Bind::Text("READ".to_owned())));
    sql.push(", ").bind(recipient.clone()).push(") returning id");
    let id = writer.statements.rows(sql, false).await?.uuid_of_first();
    Ok(Outcome { id, ..Outcome::default() })
}

/// The kind of record that IDs with this prefix are of.
fn kind(prefix: &str) -> Option<&'static str> {
    [(Contact::decl(), "CONTACT"), (Lead::decl(), "LEAD"), (Task::decl(), "TASK"), (Property::decl(), "PROPERTY")]
        .into_iter()
        .find(|(decl, _)| decl.prefix == prefix)
        .map(|(_, kind)| kind)
}
