//! An order: one vehicle of a request, with all that a system needs to know of it. The orders of a request are loaded with
//! one statement.

use chrono::{DateTime, Utc};
use entity::database::DbError;
use entity::rows::Rows;
use entity::sql::{Bind, Sql};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::System;

/// One vehicle of a request.
#[derive(Clone, Debug, Deserialize)]
pub struct Order {
    /// The line; our reference.
    pub line: Uuid,
    /// The code of the request.
    pub request_code: String,
    /// The vehicle.
    pub vin: String,
    /// What it is, as people say it.
    pub make_model: Option<String>,
    /// Its plate.
    pub license_plate: Option<String>,
    /// Where it is.
    pub origin: Option<Place>,
    /// Where it goes.
    pub destination: Option<Place>,
    /// What is done with it.
    pub service: Option<Service>,
    /// As whom it is asked for in TMS.
    pub tms_client_code: Option<String>,
    /// As whom it is asked for in SLC.
    pub slc_client_code: Option<String>,
    /// Who carries it.
    pub carrier_code: Option<String>,
    /// The account that is charged.
    pub billing_account: Option<String>,
    /// The account that is charged for the transport, where it is another one.
    pub tms_billing_account: Option<String>,
    /// How it is shipped.
    pub shipping_type: Option<i32>,
    /// What else whoever does it should know.
    pub comments: Option<String>,
    /// What TMS calls it.
    pub tms_request_id: Option<Uuid>,
    /// What SLC calls it.
    pub slc_request_id: Option<String>,
    /// When TMS took it back.
    pub tms_cancelled_at: Option<DateTime<Utc>>,
    /// When SLC took it back.
    pub slc_cancelled_at: Option<DateTime<Utc>>,
}

/// A place: a dealership, or any other address.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all(serialize = "camelCase"))]
pub struct Place {
    /// What TMS calls the address.
    #[serde(skip_serializing)]
    pub tms_address_id: Option<String>,
    /// What SLC calls the address.
    #[serde(skip_serializing)]
    pub slc_address_id: Option<String>,
    /// The code of the dealership.
    pub code: Option<String>,
    /// The name of the dealership, or of who is there.
    pub name: Option<String>,
    /// Street and so on.
    pub address: Option<String>,
    /// The province.
    pub province: Option<String>,
    /// The postal code.
    pub postal_code: Option<String>,
    /// Whom to call.
    pub phone: Option<String>,
}

/// Work that is done with a vehicle.
#[derive(Clone, Debug, Deserialize)]
pub struct Service {
    /// Our own code.
    pub code: Option<String>,
    /// What people call it.
    pub name: String,
    /// What SLC calls it.
    pub slc_id: Option<String>,
}

impl Order {
    /// Whether a system has it, as far as we know.
    pub(super) fn is_registered(&self, system: System) -> bool {
        match system {
            System::Tms => self.tms_request_id.is_some(),
            System::Slc => self.slc_request_id.is_some(),
        }
    }

    /// Whether a system took it back.
    pub(super) fn is_cancelled(&self, system: System) -> bool {
        match system {
            System::Tms => self.tms_cancelled_at.is_some(),
            System::Slc => self.slc_cancelled_at.is_some(),
        }
    }
}

/// A request with its orders.
pub(super) struct Orders {
    pub(super) status: String,
    pub(super) systems: &'static [System],
    /// Whether it was tried before, so that a system may have what it never said it has.
    pub(super) was_tried: bool,
    pub(super) orders: Vec<Order>,
}

/// A dealership as a place.
const DEALERSHIP: &str = "jsonb_build_object('tms_address_id', {t}.tms_address_id, 'slc_address_id', {t}.slc_address_id, \
     'code', coalesce({t}.buno_code, {t}.code), 'name', {t}.name, 'address', {t}.full_address)";

/// The other address as a place.
const AD_HOC: &str = "jsonb_build_object('name', a.contact_name, 'address', a.address, 'province', a.province, \
     'postal_code', a.postal_code, 'phone', a.phone)";

/// The statement that loads the orders of a request.
pub(super) fn load(tenant: Uuid, request: Uuid) -> Sql {
    let mut sql = Sql::new();
    sql.push(
        "select r.status, r.type, exists (select from logistics_status_changes h where h.tenant_id = r.tenant_id \
         and h.request_id = r.id and h.new_status in ('ERROR', 'PENDING_CANCELLATION')), \
         coalesce((select jsonb_agg(jsonb_build_object('line', l.id, 'request_code', r.code, 'vin', l.vin, \
         'make_model', l.make_model, 'license_plate', l.license_plate, 'tms_client_code', l.tms_client_code, \
         'slc_client_code', l.slc_client_code, 'carrier_code', l.carrier_code, 'billing_account', b.code, \
         'tms_billing_account', coalesce(tb.code, b.code), 'shipping_type', r.transport_shipping_type, \
         'comments', r.comments, 'tms_request_id', l.tms_request_id, 'slc_request_id', l.slc_request_id, \
         'tms_cancelled_at', l.tms_cancelled_at, 'slc_cancelled_at', l.slc_cancelled_at, 'origin', case when o.id is not null then ",
    );
    sql.push_with(DEALERSHIP, "o").push(" when a.id is not null and d.id is not null then ").push(AD_HOC);
    // One end that is no dealership: it is where the vehicle goes, unless that is known.
    sql.push(" end, 'destination', case when d.id is not null then ").push_with(DEALERSHIP, "d");
    sql.push(" when a.id is not null then ").push(AD_HOC);
    sql.push(
        " end, 'service', case when s.id is not null then jsonb_build_object('code', s.service_code, 'name', s.name, \
         'slc_id', s.slc_service_id) end) order by l.id) from logistics_request_lines l \
         left join dealerships o on o.tenant_id = l.tenant_id and o.id = l.origin_dealership_id \
         left join dealerships d on d.tenant_id = l.tenant_id and d.id = l.destination_dealership_id \
         left join ad_hoc_addresses a on a.tenant_id = l.tenant_id and a.id = l.ad_hoc_address_id \
         left join service_types s on s.tenant_id = l.tenant_id and s.id = l.service_type_id \
         where l.tenant_id = r.tenant_id and l.request_id = r.id and l.deleted_at is null), '[]') \
         from logistics_requests r \
         left join billing_accounts b on b.tenant_id = r.tenant_id and b.id = r.billing_account_id \
         left join billing_accounts tb on tb.tenant_id = r.tenant_id and tb.id = r.tms_billing_account_id \
         where r.deleted_at is null and r.tenant_id = ",
    );
    sql.bind(Bind::Uuid(tenant)).push(" and r.id = ").bind(Bind::Uuid(request));
    sql
}

/// Reads what [`load`] gave; none when there is no such request any more.
pub(super) fn read(rows: &Rows) -> Result<Option<Orders>, DbError> {
    if rows.is_empty() {
        return Ok(None);
    }
    let orders: Value =
        rows.decode::<tables::jobs::payload, _>(0, 3).map_err(|error| DbError::Fault(error.to_string()))?;
    let orders = serde_json::from_value(orders).map_err(|_| DbError::Fault("lines that are no orders".into()))?;
    Ok(Some(Orders {
        status: rows.text(0, 0).unwrap_or_default(),
        systems: System::of_type(&rows.text(0, 1).unwrap_or_default()),
        was_tried: rows.is_true(0, 2),
        orders,
    }))
}
