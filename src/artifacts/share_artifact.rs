//! `shareArtifact`, and `sharedArtifact`, which needs no session: the token says which artifact may be seen, as long as it
//! is public.

use async_graphql::{ServerResult, Value as Argument};
use entity::Entity;
use entity::database::{DbError, Statements};
use entity::declare::{Arguments, Input, InputDecl, SecretDecl, VerbDecl};
use entity::events::{Event, EventField, EventRoot, EventRows, EventType, FieldOf, Value, object_type, plan_events};
use entity::kind::{FieldType, Kind};
use entity::roots::{MadeAnswer, MadeArgument, MadeField, MadeQuery};
use entity::rows::Rows;
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, Secret, UserError, Writer};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::sync::Arc;

use super::Artifact;
use super::artifact::content_of;
use crate::db::{Actor, Counters, Mode, Scope, Transaction};
use crate::opaque_token::{OpaqueToken, ParsedToken};
use crate::processes::ASSISTANTS;
use crate::request::Services;

/// The mutation that opens an artifact.
pub(super) static SHARE_ARTIFACT: VerbDecl = VerbDecl {
    mutation: "shareArtifact",
    doc: "Opens this version of an artifact to whoever has the token, without signing in, until it is closed by \
          `unshareArtifact`. Doing it again gives another token; the one before opens nothing any more.",
    entity: Artifact::decl,
    right: ASSISTANTS.write(),
    inputs: &[InputDecl {
        name: "id",
        doc: "The artifact.",
        ty: FieldType { kind: Kind::Id("artifact"), nullable: false, normalize: None },
        need: Input::Required,
    }],
    secret: Some(SecretDecl {
        name: "shareToken",
        doc: "The token for `sharedArtifact`. It is shown this once; null when the idempotency key was used before.",
    }),
    run: |writer, input| share(writer, input).boxed(),
};

async fn share(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let token = OpaqueToken::new(writer.tenant).map_err(|error| DbError::Fault(error.to_string()))?;
    let mut sql = Sql::new();
    sql.push("update artifacts set is_public = true, share_token_hash = ").bind(Bind::Bytes(token.hash().to_vec()));
    sql.push(" where tenant_id = ").bind(Bind::Uuid(writer.tenant)).push(" and id = ").bind(Bind::Uuid(input.id("id")));
    sql.push(" returning id");
    match writer.statements.rows(sql, false).await?.uuid_of_first() {
        Some(id) => Ok(Outcome { secret: Some(Secret(token.text().to_owned())), ..Outcome::written(id) }),
        None => {
            let error = UserError::new("NOT_FOUND", "id", "There is no artifact with this ID.");
            Ok(Outcome::refused(vec![error]))
        }
    }
}

/// The query that shows one.
pub(super) static SHARED_ARTIFACT: MadeQuery = MadeQuery {
    name: "sharedArtifact",
    ty: "SharedArtifact",
    doc: "An artifact that somebody has opened to whoever has the token. It needs no session. NOT_FOUND when the token is \
          wrong or the artifact is not public any more; which of the two is not said.",
    arguments: &[MadeArgument { name: "token", ty: "String!", default: None, doc: "The token." }],
    register: |_, registry| object_type(&SHARED, registry),
    resolve: shared,
};

static SHARED: EventType = EventType {
    name: "SharedArtifact",
    doc: "An artifact as others see it.",
    fields: &[
        EventField { name: "name", doc: "What it is called.", ty: FieldOf::Leaf("String!") },
        EventField { name: "type", doc: "What kind of thing it is.", ty: FieldOf::Leaf("ArtifactType!") },
        EventField { name: "version", doc: "Number of this version, from 1.", ty: FieldOf::Leaf("Int!") },
        EventField {
            name: "content",
            doc: "What it is made of; null when its file is gone or cannot be read.",
            ty: FieldOf::Leaf("String"),
        },
        EventField { name: "metadata", doc: "Facts about it, a JSON object.", ty: FieldOf::Leaf("JSON!") },
        EventField { name: "createdAt", doc: "When it was made.", ty: FieldOf::Leaf("DateTime!") },
    ],
};

fn shared(field: MadeField<'_>) -> BoxFuture<'_, ServerResult<MadeAnswer>> {
    async move {
        let planner = field.planner();
        let plan = plan_events(&planner, &EventRoot::Object(&SHARED), &[], &field.selection());
        let plan = plan.map_err(|why| field.refusal(why))?;
        let unknown = || field.error("NOT_FOUND", "There is no shared artifact for this token.");
        let token = match field.argument("token") {
            Some(Argument::String(text)) => OpaqueToken::parse(&text).ok_or_else(unknown)?,
            _ => return Err(unknown()),
        };
        let services: Option<&Services> = field.session().lender().lent().downcast_ref();
        let services = services.ok_or_else(|| field.fault(&DbError::Fault("the gateway lends no services".into())))?;
        let rows = find(services, token).await.map_err(|error| field.fault(&error))?;
        if rows.is_empty() {
            return Err(unknown());
        }
        let event = Event { ty: &SHARED, values: values(services, &rows).await };
        let mut answer = MadeAnswer::default();
        plan.value(&event, &EventRows::default(), Vec::new(), &mut answer);
        Ok(answer)
    }
    .boxed()
}

/// The row that a token opens, in the token's tenant and in nobody's name.
async fn find(services: &Services, token: ParsedToken) -> Result<Rows, DbError> {
    let actor = Actor::tenant(token.tenant, Scope::NONE);
    let transaction = Transaction::new(services.database.clone(), Mode::Read, actor, Arc::new(Counters::default()));
    let mut sql = Sql::new();
    sql.push("select s.name, s.type, s.version, s.content, s.metadata, s.created_at, s.storage_path from app.shared_artifact(");
    sql.bind(Bind::Bytes(token.hash.to_vec())).push(") s");
    let rows = transaction.rows(sql, true).await?;
    transaction.finish();
    Ok(rows)
}

async fn values(services: &Services, rows: &Rows) -> Vec<Value> {
    let cell = |index: usize, kind: Kind| match rows.cell(0, index) {
        Some(bytes) => {
            let mut json = String::new();
            kind.write(bytes, &mut json);
            Value::Json(json)
        }
        None => Value::Null,
    };
    let content = match rows.text(0, 6) {
        Some(key) => Value::maybe_text(content_of(&services.files, &key).await.ok().as_deref()),
        None => cell(3, Kind::Text),
    };
    vec![
        cell(0, Kind::Text),
        cell(1, Kind::Text),
        cell(2, Kind::Int),
        content,
        cell(4, Kind::Json),
        cell(5, Kind::DateTime),
    ]
}
