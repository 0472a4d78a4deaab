//! SLC: has work done on vehicles. An order is a resource under `/services`, found by our reference or by the id that SLC
//! gave it.

use axum::http::Method;
use entity::sql::Bind;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::calls::{Call, Calls, Said};
use super::{Account, Failed, LogisticsSystem, Order, Place, Registered, System};

/// Speaks to SLC.
pub struct Slc(pub(super) Calls);

const SERVICES: &str = "services";

/// Longest id that is taken, in characters.
const MAX_ID: usize = 50;

impl LogisticsSystem for Slc {
    fn system(&self) -> System {
        System::Slc
    }

    fn register<'a>(&'a self, account: &'a Account, order: &'a Order) -> BoxFuture<'a, Result<Registered, Failed>> {
        let call = Call {
            method: Method::POST,
            path: &[SERVICES],
            body: Some(body(order)),
            idempotency_key: Some(order.line.to_string()),
        };
        async move { self.0.register(self.system(), account, call, read).await }.boxed()
    }

    fn find<'a>(&'a self, account: &'a Account, order: &'a Order) -> BoxFuture<'a, Result<Option<Registered>, Failed>> {
        async move { self.0.find(self.system(), account, &[SERVICES, &order.line.to_string()], read).await }.boxed()
    }

    fn cancel<'a>(&'a self, account: &'a Account, order: &'a Order) -> BoxFuture<'a, Result<(), Failed>> {
        let body = json!({ "reference": order.line, "clientCode": order.slc_client_code });
        let id = order.slc_request_id.clone().unwrap_or_else(|| order.line.to_string());
        async move {
            let call = Call {
                method: Method::POST,
                path: &[SERVICES, &id, "cancellation"],
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
        "service": order.service.as_ref().map(|service| json!({
            "id": service.slc_id, "code": service.code, "name": service.name,
        })),
        // Where the vehicle is when the work is done: where it goes, if it goes anywhere.
        "place": order.destination.as_ref().or(order.origin.as_ref()).map(place),
        "clientCode": order.slc_client_code,
        "billingAccount": order.billing_account,
        "comments": order.comments,
    })
}

fn place(place: &Place) -> Value {
    let mut value = json!(place);
    value["addressId"] = json!(place.slc_address_id);
    value
}

/// What SLC has taken; none when its answer does not say so.
fn read(said: &Said) -> Option<Registered> {
    let id = said.text("id").filter(|id| id.chars().count() <= MAX_ID)?;
    let mut columns = vec![("slc_request_id", Bind::Text(id))];
    for (name, column) in [("service", "slc_service"), ("clientCode", "slc_client_code")] {
        if let Some(text) = said.text(name) {
            columns.push((column, Bind::Text(text)));
        }
    }
    Some(Registered(columns))
}
