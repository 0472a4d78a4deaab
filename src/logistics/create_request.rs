//! `createLogisticsRequest` and `createBulkRequest`: the two ways in which vehicles become requests.
//!
//! Up to 50 vehicles are one request, made at once. More are staged under one bulk request in the same way in which they
//! came, and a job makes requests of them, 50 at a time. Staging checks all rows before it says yes: rules that look at
//! places, services and clients are tried with one vehicle of each kind.

use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, VerbDecl};
use entity::kind::{Kind, Scalar};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, UserError, Writer};
use futures_util::FutureExt;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::inputs::optional;
use super::vehicles::{self, FORM, MOST_IN_REQUEST, Vehicles};
use super::{BulkRequest, LogisticsRequest, LogisticsRequestType};
use crate::processes::TRANSPORT_REQUESTS;

const TYPE: InputDecl = InputDecl {
    name: "type",
    doc: "What is asked for: SERVICE needs a service for each vehicle, TRANSPORT two different ends, MIXED both.",
    ty: LogisticsRequestType::TYPE,
    need: Input::Required,
};
const VEHICLES: InputDecl =
    InputDecl { name: "vehicles", doc: FORM, ty: <Value as Scalar>::TYPE, need: Input::Required };
const HST_CODE_ID: InputDecl =
    optional("hstCodeId", Kind::Id("hst_code"), "The HST code in whose name it is asked for.");
const HST_CODE: InputDecl = optional("hstCode", Kind::Text, "The same by its code, when the ID is not given.");
const BILLING_ACCOUNT_ID: InputDecl = optional(
    "billingAccountId",
    Kind::Id("billing_account"),
    "The account that is charged: of SLC for services, of TMS for transports, of both for MIXED.",
);
const BILLING_ACCOUNT_CODE: InputDecl =
    optional("billingAccountCode", Kind::Text, "The same by its code, when the ID is not given.");
const TMS_BILLING_ACCOUNT_ID: InputDecl = optional(
    "tmsBillingAccountId",
    Kind::Id("billing_account"),
    "The account that is charged for the transports, where it is another one.",
);
const TMS_BILLING_ACCOUNT_CODE: InputDecl =
    optional("tmsBillingAccountCode", Kind::Text, "The same by its code, when the ID is not given.");
const RAC_CODE: InputDecl = optional("racCode", Kind::Text, "Return authorization code.");
const SHIPPING_TYPE: InputDecl =
    optional("transportShippingType", Kind::Int, "How it is shipped, as a number of the business's own list.");
const IS_DEALER_TRANSFER: InputDecl = optional(
    "isDealerTransfer",
    Kind::Bool,
    "Whether the vehicles go from one dealer to another; false when left out.",
);
const COMMENTS: InputDecl = optional("comments", Kind::Text, "What else whoever does it should know.");

/// The mutation for few vehicles.
pub(super) static CREATE_LOGISTICS_REQUEST: VerbDecl = VerbDecl {
    mutation: "createLogisticsRequest",
    doc: "Asks for 1 to 50 vehicles to be moved, worked on, or both: one request with a line for each. It begins as \
          PENDING_VALIDATION when its HST code wants transports to be validated, else as PENDING; where TMS and SLC are \
          connected, it is registered there by itself. For more vehicles there is createBulkRequest.",
    entity: LogisticsRequest::decl,
    right: TRANSPORT_REQUESTS.write(),
    inputs: &[
        TYPE,
        VEHICLES,
        HST_CODE_ID,
        HST_CODE,
        BILLING_ACCOUNT_ID,
        BILLING_ACCOUNT_CODE,
        TMS_BILLING_ACCOUNT_ID,
        TMS_BILLING_ACCOUNT_CODE,
        RAC_CODE,
        SHIPPING_TYPE,
        IS_DEALER_TRANSFER,
        COMMENTS,
    ],
    secret: None,
    run: |writer, input| create_one(writer, input).boxed(),
};

/// The mutation for any number of vehicles.
pub(super) static CREATE_BULK_REQUEST: VerbDecl = VerbDecl {
    mutation: "createBulkRequest",
    doc: "Asks for up to 10,000 vehicles at once. 50 or fewer become one request before this answers. More are checked \
          and staged, all or none of them, and become requests of 50 lines in the background: `processedVehicles` says \
          how far that is, `requests` which there are, `items` what is left.",
    entity: BulkRequest::decl,
    right: TRANSPORT_REQUESTS.write(),
    inputs: &[
        TYPE,
        VEHICLES,
        HST_CODE_ID,
        HST_CODE,
        BILLING_ACCOUNT_ID,
        BILLING_ACCOUNT_CODE,
        TMS_BILLING_ACCOUNT_ID,
        TMS_BILLING_ACCOUNT_CODE,
        RAC_CODE,
        SHIPPING_TYPE,
        IS_DEALER_TRANSFER,
        COMMENTS,
    ],
    secret: None,
    run: |writer, input| create_many(writer, input).boxed(),
};

async fn create_one(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let vehicles = match vehicles::read(input.get("vehicles")) {
        Ok(vehicles) => vehicles,
        Err(errors) => return Ok(Outcome::refused(errors)),
    };
    if vehicles.len() > MOST_IN_REQUEST {
        let message = format!(
            "{} vehicles are too many for one request; {MOST_IN_REQUEST} are the most. createBulkRequest takes more.",
            vehicles.len()
        );
        return Ok(Outcome::refused(vec![UserError::new("VALIDATION", "vehicles", message)]));
    }
    let header = match header(writer, input).await? {
        Ok(header) => header,
        Err(errors) => return Ok(Outcome::refused(errors)),
    };
    let mut sql = Sql::new();
    vehicles::problems(&mut sql).push("app.place_logistics_request(").bind(Bind::Uuid(writer.tenant));
    sql.push(", ").bind(Bind::Json(header)).push(", ").bind(vehicles.bind()).push(", ");
    sql.bind(Bind::Uuid(writer.new_id)).push(") p");
    let errors = vehicles.told(&writer.statements.rows(sql, false).await?);
    Ok(if errors.is_empty() { Outcome::written(writer.new_id) } else { Outcome::refused(errors) })
}

async fn create_many(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let vehicles = match vehicles::read(input.get("vehicles")) {
        Ok(vehicles) => vehicles,
        Err(errors) => return Ok(Outcome::refused(errors)),
    };
    let header = match header(writer, input).await? {
        Ok(header) => header,
        Err(errors) => return Ok(Outcome::refused(errors)),
    };
    let is_one = vehicles.len() <= MOST_IN_REQUEST;
    stage(writer, &vehicles, header, is_one).await?;
    let mut sql = Sql::new();
    vehicles::problems(&mut sql).push("app.check_bulk_request(").bind(Bind::Uuid(writer.tenant));
    sql.push(", ").bind(Bind::Uuid(writer.new_id)).push(") p");
    let errors = vehicles.told(&writer.statements.rows(sql, false).await?);
    if !errors.is_empty() {
        return Ok(Outcome::refused(errors));
    }
    if is_one {
        let mut sql = Sql::new();
        sql.push("select app.process_bulk_block(").bind(Bind::Uuid(writer.tenant)).push(", ");
        sql.bind(Bind::Uuid(writer.new_id)).push(")");
        writer.statements.rows(sql, false).await?;
    }
    Ok(Outcome::written(writer.new_id))
}

/// Writes all vehicles with one statement; a trigger queues the job for what is STAGED.
async fn stage(writer: Writer<'_>, vehicles: &Vehicles, header: Value, is_one: bool) -> Result<(), DbError> {
    let total = i32::try_from(vehicles.len()).unwrap_or(i32::MAX);
    let mut sql = Sql::new();
    sql.push("insert into bulk_requests (id, tenant_id, status, total_vehicles, request) values (");
    sql.bind(Bind::Uuid(writer.new_id)).push(", ").bind(Bind::Uuid(writer.tenant)).push(", ");
    sql.push(if is_one { "'PROCESSING'" } else { "'STAGED'" }).push(", ").bind(Bind::Int(total));
    sql.push(", ").bind(Bind::Json(header)).push(") returning id");
    writer.statements.rows(sql, false).await?;
    let mut sql = Sql::new();
    sql.push(
        "with staged as (insert into bulk_request_items \
         (tenant_id, bulk_request_id, row_number, vin, make, model, origin, destination, payload) select ",
    );
    sql.bind(Bind::Uuid(writer.tenant)).push(", ").bind(Bind::Uuid(writer.new_id));
    sql.push(
        ", (v ->> 'row_number')::integer, v ->> 'vin', v ->> 'make', v ->> 'model', v ->> 'origin', v ->> 'destination', \
         nullif(v - '{row_number,vin,make,model,origin,destination}'::text[], '{}') from jsonb_array_elements(",
    );
    sql.bind(vehicles.bind()).push(") as v returning 1) select count(*) from staged");
    writer.statements.rows(sql, false).await.map(drop)
}

/// What the whole request says, as columns of its table.
async fn header(writer: Writer<'_>, input: &Arguments) -> Result<Result<Value, Vec<UserError>>, DbError> {
    let mut header = Map::new();
    for (name, column) in [
        ("type", "type"),
        ("racCode", "rac_code"),
        ("transportShippingType", "transport_shipping_type"),
        ("isDealerTransfer", "is_dealer_transfer"),
        ("comments", "comments"),
    ] {
        let value = match input.get(name) {
            Some(Bind::Text(text)) => json!(text),
            Some(Bind::Int(number)) => json!(number),
            Some(Bind::Bool(flag)) => json!(flag),
            _ => continue,
        };
        header.insert(column.to_owned(), value);
    }
    let mut errors = Vec::new();
    for (by_id, by_code, column, table, what) in [
        ("hstCodeId", "hstCode", "hst_code_id", "hst_codes", "HST code"),
        ("billingAccountId", "billingAccountCode", "billing_account_id", "billing_accounts", "billing account"),
        (
            "tmsBillingAccountId",
            "tmsBillingAccountCode",
            "tms_billing_account_id",
            "billing_accounts",
            "billing account",
        ),
    ] {
        let id = match (input.get(by_id), input.get(by_code)) {
            (Some(Bind::Uuid(id)), _) => Some(*id),
            (_, Some(Bind::Text(code))) => {
                let found = find(writer, table, code).await?;
                if found.is_none() {
                    let message = format!("There is no {what} that is written like this.");
                    errors.push(UserError::new("VALIDATION", by_code, message));
                }
                found
            }
            _ => None,
        };
        if let Some(id) = id {
            header.insert(column.to_owned(), json!(id));
        }
    }
    Ok(if errors.is_empty() { Ok(Value::Object(header)) } else { Err(errors) })
}

/// The row with this code.
async fn find(writer: Writer<'_>, table: &str, code: &str) -> Result<Option<Uuid>, DbError> {
    let mut sql = Sql::new();
    sql.push("select id from ").push(table).push(" where tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and code = ").bind(Bind::Text(code.trim().to_owned())).push(" and deleted_at is null");
    Ok(writer.statements.rows(sql, false).await?.uuid_of_first())
}
