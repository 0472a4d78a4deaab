//! `recordPropertyView`: somebody looked at a property. Reading it does not count: whoever shows it knows who looks.

use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, VerbDecl};
use entity::kind::{FieldType, Kind};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, UserError, Writer};
use futures_util::FutureExt;

use crate::processes::PROPERTIES;
use crate::properties::Property;

/// The mutation.
pub(super) static RECORD_PROPERTY_VIEW: VerbDecl = VerbDecl {
    mutation: "recordPropertyView",
    doc: "Notes that you, or whom you show it to, looked at a property: an AnalyticsEvent VIEW with the value 1. Reading \
          a property does not count as looking at it.",
    entity: Property::decl,
    right: PROPERTIES.read(),
    inputs: &[InputDecl {
        name: "propertyId",
        doc: "The property.",
        ty: FieldType { kind: Kind::Id("property"), nullable: false, normalize: None },
        need: Input::Required,
    }],
    secret: None,
    run: |writer, input| record(writer, input).boxed(),
};

async fn record(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let property = input.id("propertyId");
    let mut sql = Sql::new();
    sql.push(
        "select id, app.measure_property(tenant_id, id, 'VIEW', 1, null) from properties where deleted_at is null",
    );
    sql.push(" and tenant_id = ").bind(Bind::Uuid(writer.tenant)).push(" and id = ").bind(Bind::Uuid(property));
    if writer.statements.rows(sql, false).await?.is_empty() {
        let error = UserError::new("NOT_FOUND", "propertyId", "There is no property with this ID.");
        return Ok(Outcome::refused(vec![error]));
    }
    Ok(Outcome::written(property))
}
