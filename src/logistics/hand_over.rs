//! `createOwnershipTransfer` and `createSubAllocation`: a vehicle goes to another dealer, or is set aside for an HST code.
//! Both can ask for the transport in the same breath; then they are linked with its request and move with it.

use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, VerbDecl};
use entity::kind::{Kind, Scalar};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, UserError, Writer};
use futures_util::FutureExt;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::inputs::{id_of, optional};
use super::{OwnershipTransfer, SubAllocation};
use crate::processes::{DEALER_TRANSFERS, TRANSPORT_REQUESTS};

const VIN: InputDecl = InputDecl {
    name: "vin",
    doc: "Vehicle identification number, 17 capital letters and digits without I, O and Q.",
    ty: String::TYPE,
    need: Input::Required,
};
const REQUEST_ID: InputDecl = optional(
    "requestId",
    Kind::Id("logistics_request"),
    "A request that has the vehicle already, to be linked; not together with `makeRequest`.",
);
const MAKE_REQUEST: InputDecl = optional(
    "makeRequest",
    Kind::Bool,
    "True: also asks for the transport, between the two dealerships. It takes WRITE on transport requests.",
);
const BILLING_ACCOUNT_ID: InputDecl =
    optional("billingAccountId", Kind::Id("billing_account"), "The account that is charged for that transport.");
const COMMENTS: InputDecl = optional("comments", Kind::Text, "What whoever does that transport should know.");

/// `createOwnershipTransfer`.
pub(super) static CREATE_OWNERSHIP_TRANSFER: VerbDecl = VerbDecl {
    mutation: "createOwnershipTransfer",
    doc: "Notes that a dealer hands a vehicle over to another one. The HST code of the dealer must allow transfers. With \
          `makeRequest` the transport is asked for as well, as a dealer transfer; the two are linked and move together.",
    entity: OwnershipTransfer::decl,
    right: DEALER_TRANSFERS.write(),
    inputs: &[
        VIN,
        InputDecl {
            name: "dealerCode",
            doc: "HST code of the dealer, as it is written; one that allows transfers.",
            ty: String::TYPE,
            need: Input::Required,
        },
        id_of("originDealershipId", "dealership", "The dealer who hands it over."),
        id_of("destinationDealershipId", "dealership", "The dealer who gets it, another one."),
        optional("requesterName", Kind::Text, "Who asked for it, in words."),
        optional("requestedAt", Kind::DateTime, "When it was asked for; now when it is not given."),
        optional("compound", Kind::Text, "The yard in which the vehicle stands."),
        REQUEST_ID,
        MAKE_REQUEST,
        BILLING_ACCOUNT_ID,
        COMMENTS,
    ],
    secret: None,
    run: |writer, input| transfer(writer, input).boxed(),
};

/// `createSubAllocation`.
pub(super) static CREATE_SUB_ALLOCATION: VerbDecl = VerbDecl {
    mutation: "createSubAllocation",
    doc: "Sets a vehicle aside for an HST code. With `makeRequest` its transport is asked for as well, between the two \
          dealerships that are given; the two are linked and move together.",
    entity: SubAllocation::decl,
    right: DEALER_TRANSFERS.write(),
    inputs: &[
        VIN,
        id_of("hstCodeId", "hst_code", "For whom."),
        optional("allocatedAt", Kind::DateTime, "When it was set aside; now when it is not given."),
        REQUEST_ID,
        MAKE_REQUEST,
        optional("originDealershipId", Kind::Id("dealership"), "Of the transport: where the vehicle comes from."),
        optional("destinationDealershipId", Kind::Id("dealership"), "Of the transport: where the vehicle goes."),
        BILLING_ACCOUNT_ID,
        COMMENTS,
    ],
    secret: None,
    run: |writer, input| allocation(writer, input).boxed(),
};

async fn transfer(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let columns = [
        ("vin", "vin"),
        ("dealerCode", "dealer_code"),
        ("originDealershipId", "origin_dealership_id"),
        ("destinationDealershipId", "destination_dealership_id"),
        ("requesterName", "requester_name"),
        ("requestedAt", "requested_at"),
        ("compound", "compound"),
    ];
    let Some(code) = input.text("dealerCode") else {
        return Ok(Outcome::refused(vec![UserError::new("VALIDATION", "dealerCode", "This is required.")]));
    };
    let request = match request(writer, input, Hst::Code(code), &["billingAccountId", "comments"]).await? {
        Ok(request) => request,
        Err(error) => return Ok(Outcome::refused(vec![error])),
    };
    insert(writer, "ownership_transfers", input, &columns, request).await
}

async fn allocation(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let columns = [("vin", "vin"), ("hstCodeId", "hst_code_id"), ("allocatedAt", "allocated_at")];
    let of_transport = ["originDealershipId", "destinationDealershipId", "billingAccountId", "comments"];
    let request = match request(writer, input, Hst::Id(input.id("hstCodeId")), &of_transport).await? {
        Ok(request) => request,
        Err(error) => return Ok(Outcome::refused(vec![error])),
    };
    insert(writer, "sub_allocations", input, &columns, request).await
}

/// The HST code in whose name a transport is asked for.
#[derive(Clone, Copy)]
enum Hst<'i> {
    Code(&'i str),
    Id(Uuid),
}

/// The request to be linked: the one that was named, a new one, or none. Some inputs are of the transport alone.
async fn request(
    writer: Writer<'_>,
    input: &Arguments,
    hst: Hst<'_>,
    of_transport: &[&str],
) -> Result<Result<Option<Uuid>, UserError>, DbError> {
    let named = match input.get("requestId") {
        Some(Bind::Uuid(id)) => Some(*id),
        _ => None,
    };
    if !matches!(input.get("makeRequest"), Some(Bind::Bool(true))) {
        // What nobody would look at is refused: it would be taken whatever it names.
        let stray = of_transport.iter().find(|name| input.get(name).is_some());
        let message = "This is of the transport, and none is asked for: say makeRequest, or leave it out.";
        if let Some(name) = stray {
            return Ok(Err(UserError::new("VALIDATION", name, message)));
        }
        return Ok(Ok(named));
    }
    if named.is_some() {
        let message = "Name a request that there is, or have one made.";
        return Ok(Err(UserError::new("VALIDATION", "makeRequest", message)));
    }
    if let Some(error) = may_ask(writer).await? {
        return Ok(Err(error));
    }
    let mut line = Map::new();
    for (name, column) in
        [("originDealershipId", "origin_dealership_id"), ("destinationDealershipId", "destination_dealership_id")]
    {
        let Some(Bind::Uuid(id)) = input.get(name) else {
            return Ok(Err(UserError::new("VALIDATION", name, "A transport needs to know from where and to where.")));
        };
        line.insert(column.to_owned(), json!(id));
    }
    if let Some(vin) = input.text("vin") {
        line.insert("vin".to_owned(), json!(vin));
    }
    let hst = match hst {
        Hst::Id(id) => Some(id),
        Hst::Code(code) => {
            let mut sql = Sql::new();
            sql.push("select id from hst_codes where tenant_id = ").bind(Bind::Uuid(writer.tenant));
            sql.push(" and deleted_at is null and code = ").bind(Bind::Text(code.to_owned()));
            writer.statements.rows(sql, false).await?.uuid_of_first()
        }
    };
    let Some(hst) = hst else {
        let message = "There is no HST code that is written like this.";
        return Ok(Err(UserError::new("VALIDATION", "dealerCode", message)));
    };
    let mut header = Map::new();
    header.insert("type".to_owned(), json!("TRANSPORT"));
    header.insert("is_dealer_transfer".to_owned(), json!(true));
    header.insert("hst_code_id".to_owned(), json!(hst));
    if let Some(Bind::Uuid(account)) = input.get("billingAccountId") {
        header.insert("billing_account_id".to_owned(), json!(account));
    }
    if let Some(comments) = input.text("comments") {
        header.insert("comments".to_owned(), json!(comments));
    }
    let mut sql = Sql::new();
    sql.push("select app.create_logistics_request(").bind(Bind::Uuid(writer.tenant)).push(", ");
    sql.bind(Bind::Json(Value::Object(header))).push(", ");
    sql.bind(Bind::Json(json!([line]))).push(")");
    Ok(Ok(writer.statements.rows(sql, false).await?.uuid_of_first()))
}

/// Whoever may note transfers may not, for that alone, ask for transports.
async fn may_ask(writer: Writer<'_>) -> Result<Option<UserError>, DbError> {
    let mut sql = Sql::new();
    sql.push("select exists (select from app.user_rights(").bind(Bind::Uuid(writer.tenant)).push(", ");
    sql.bind(Bind::Uuid(writer.user)).push(") r where r.process = '").push(TRANSPORT_REQUESTS.code);
    sql.push("' and r.action = 'WRITE')");
    // Staff of the platform are no users of the tenant, and may do all that is not personal.
    sql.push(" or not exists (select from users u where u.tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and u.id = ").bind(Bind::Uuid(writer.user)).push(")");
    let may = writer.statements.rows(sql, false).await?.is_true(0, 0);
    let message = "Asking for a transport takes WRITE on transport requests.";
    Ok((!may).then(|| UserError::new("FORBIDDEN", "makeRequest", message)))
}

async fn insert(
    writer: Writer<'_>,
    table: &'static str,
    input: &Arguments,
    columns: &[(&str, &'static str)],
    request: Option<Uuid>,
) -> Result<Outcome, DbError> {
    let given: Vec<_> = columns.iter().filter_map(|(name, column)| Some((*column, input.get(name)?))).collect();
    let mut sql = Sql::new();
    sql.push("insert into ").push(table).push(" (id, tenant_id, request_id");
    for (column, _) in &given {
        sql.push(", ").push(column);
    }
    sql.push(") values (").bind(Bind::Uuid(writer.new_id)).push(", ").bind(Bind::Uuid(writer.tenant)).push(", ");
    match request {
        Some(id) => sql.bind(Bind::Uuid(id)),
        None => sql.push("null"),
    };
    for (_, value) in given {
        sql.push(", ").bind(value.clone());
    }
    sql.push(") returning id");
    let id = writer.statements.rows(sql, false).await?.uuid_of_first();
    Ok(Outcome { id, ..Outcome::default() })
}
