//! `requestMarketAnalysis`: asks for an analysis and returns at once; a job completes it.

use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, VerbDecl};
use entity::kind::{FieldType, Kind};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, UserError, Writer};
use futures_util::FutureExt;
use serde_json::json;
use uuid::Uuid;

use super::MarketAnalysis;
use super::analyse_market::KIND;
use crate::jobs::NewJob;
use crate::processes::PROPERTIES;
use crate::request::Services;

/// The mutation.
pub(super) static REQUEST_MARKET_ANALYSIS: VerbDecl = VerbDecl {
    mutation: "requestMarketAnalysis",
    doc: "Asks what the market says about a property. The analysis is there at once, with an `aiRequest` that is QUEUED, \
          and without results; they are there with `completedAt`, some moments later. They come from comparable properties \
          that you may see: of the same type and currency, like it in place, size and rooms, on offer or sold; prices more \
          than five times apart are not compared, since one is a rent.",
    entity: MarketAnalysis::decl,
    right: PROPERTIES.write(),
    inputs: &[InputDecl {
        name: "propertyId",
        doc: "The property.",
        ty: FieldType { kind: Kind::Id("property"), nullable: false, normalize: None },
        need: Input::Required,
    }],
    secret: None,
    run: |writer, input| request(writer, input).boxed(),
};

async fn request(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let services = writer.service::<Services>()?;
    let property = input.id("propertyId");
    let mut sql = Sql::new();
    // Staff of the platform are no users here: they get an analysis without a request of their own.
    sql.push("select p.currency, coalesce(current_setting('app.user_id', true), '') <> '', app.in_scope('records') from properties p");
    sql.push(" where p.tenant_id = ").bind(Bind::Uuid(writer.tenant)).push(" and p.id = ").bind(Bind::Uuid(property));
    sql.push(" and p.deleted_at is null");
    let rows = writer.statements.rows(sql, false).await?;
    let Some(currency) = (!rows.is_empty()).then(|| rows.text(0, 0)).flatten() else {
        let error = UserError::new("NOT_FOUND", "propertyId", "There is no property with this ID.");
        return Ok(Outcome::refused(vec![error]));
    };
    let (is_user, sees_all) = (rows.is_true(0, 1), rows.is_true(0, 2));
    let request = is_user.then(|| services.ids.next());
    if let Some(request) = request {
        let mut sql = Sql::new();
        sql.push("insert into ai_requests (id, tenant_id, user_id, source, provider, request_payload) values (");
        sql.bind(Bind::Uuid(request)).push(", ").bind(Bind::Uuid(writer.tenant)).push(", ");
        sql.bind(Bind::Uuid(writer.user)).push(", 'CMA', ");
        sql.bind(Bind::Text(services.models.chat.provider().word().to_owned())).push(", ");
        sql.bind(Bind::Json(json!({ "propertyId": entity::id::format_id("property", property) })));
        sql.push(") returning id");
        writer.statements.rows(sql, false).await?;
    }
    let mut sql = Sql::new();
    sql.push("insert into market_analyses (id, tenant_id, property_id, currency, ai_request_id) values (");
    for value in [writer.new_id, writer.tenant, property] {
        sql.bind(Bind::Uuid(value)).push(", ");
    }
    sql.bind(Bind::Text(currency)).push(", ").bind(request.map_or(Bind::null(Kind::Uuid), Bind::Uuid));
    sql.push(") returning id");
    writer.statements.rows(sql, false).await?;
    queue(writer, request, sees_all).await?;
    Ok(Outcome::written(writer.new_id))
}

/// The job sees what the user sees who asked.
async fn queue(writer: Writer<'_>, request: Option<Uuid>, sees_all: bool) -> Result<(), DbError> {
    let payload = json!({
        "analysisId": writer.new_id,
        "requestId": request,
        "userId": request.map(|_| writer.user),
        "seesAllRecords": sees_all,
    });
    NewJob::new(KIND, payload).enqueue(writer.statements, writer.tenant).await.map(drop)
}
