//! TMS: has vehicles carried. An order is a resource under `/transports`, found by our reference or by the id that TMS
//! gave it.

use axum::http::Method;
use entity::sql::Bind;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use uuid::Uuid;

use super::calls::{Call, Calls, Said};
use super::{Account, Failed, LogisticsSystem, Order, Place, Registered, System};

/// Speaks to TMS.
pub struct Tms(pub(super) Calls);

const TRANSPORTS: &str = "transports";

impl LogisticsSystem for Tms {
    fn system(&self) -> System {
        System::Tms
    }

    fn register<'a>(&'a self, account: &'a Account, order: &'a Order) -> BoxFuture<'a, Result<Registered, Failed>> {
        let call = Call {
            method: Method::POST,
            path: &[TRANSPORTS],
            body: Some(body(order)),
            idempotency_key: Some(order.line.to_string()),
        };
        async move { self.0.register(self.system(), account, call, read).await }.boxed()
    }

    fn find<'a>(&'a self, account: &'a Account, order: &'a Order) -> BoxFuture<'a, Result<Option<Registered>, Failed>> {
        async move { self.0.find(self.system(), account, &[TRANSPORTS, &order.line.to_string()], read).await }.boxed()
    }

    fn cancel<'a>(&'a self, account: &'a Account, order: &'a Order) -> BoxFuture<'a, Result<(), Failed>> {
        let body = json!({
            "reference": order.line,
            "clientCode": order.tms_client_code,
            "carrierCode": order.carrier_code,
        });
        let id = order.tms_request_id.unwrap_or(order.line).to_string();
        async move {
            let call = Call {
                method: Method::POST,
                path: &[TRANSPORTS, &id, "cancellation"],
                body: Some(body),
                idempotency_key: Some(format!("{}:cancel", order.line)),
            };
            self.0.cancel(self.system(), account, call).await
        }
        .boxed()
    }
}

fn body(order: &Order) -> Value {
    json!({
        "reference": order.line,
        "requestCode": order.request_code,
        "vin": order.vin,
        "model": order.make_model,
        "licensePlate": order.license_plate,
        "origin": order.origin.as_ref().map(place),
        "destination": order.destination.as_ref().map(place),
        "clientCode": order.tms_client_code,
        "carrierCode": order.carrier_code,
        "billingAccount": order.tms_billing_account,
        "shippingType": order.shipping_type,
        "comments": order.comments,
    })
}

fn place(place: &Place) -> Value {
    let mut value = json!(place);
    value["addressId"] = json!(place.tms_address_id);
    value
}

/// What TMS has taken; none when its answer does not say so.
fn read(said: &Said) -> Option<Registered> {
    let id: Uuid = said.text("id")?.parse().ok()?;
    let mut columns = vec![("tms_request_id", Bind::Uuid(id))];
    if let Some(code) = said.text("serviceCode").and_then(|code| code.parse().ok()) {
        columns.push(("tms_service_code", Bind::Uuid(code)));
    }
    for (name, column) in [
        ("origin", "tms_origin"),
        ("destination", "tms_destination"),
        ("model", "tms_model"),
        ("clientCode", "tms_client_code"),
        ("carrierCode", "carrier_code"),
    ] {
        if let Some(text) = said.text(name) {
            columns.push((column, Bind::Text(text)));
        }
    }
    Some(Registered(columns))
}
