//! A business with vehicles to move: a gateway, workers, and a stub that is its TMS and its SLC.

use std::sync::Arc;
use std::time::Duration;

use mostrador::clock::SystemClock;
use mostrador::ids::{SharedIds, SystemIds};
use mostrador::jobs::{JobKind, Pace};
use mostrador::logistics::ProcessBulkRequest;
use mostrador::logistics_systems::{self, Connections, DeskParts};
use mostrador::outbound::OutboundSettings;
use mostrador::work::{Crew, Tenancy};
use serde_json::{Value, json};
use uuid::Uuid;

use super::stub::Stub;
use crate::app::{TestApp, TestClient, keys};
use crate::jobs::errand::{PACE, stop, tenant, until, worker};

/// A stub that says nothing is given up soon.
pub(crate) const SETTINGS: OutboundSettings =
    OutboundSettings { timeout: Duration::from_secs(2), is_private_allowed: true, pretends: false };

pub(crate) struct Office {
    pub(crate) app: TestApp,
    pub(crate) ana: TestClient,
    pub(crate) tenant: Uuid,
}

pub(crate) const CREATE: &str = "mutation($input: CreateLogisticsRequestInput!) { createLogisticsRequest(input: $input) { \
     logisticsRequest { id code status } errors { code path message } } }";

pub(crate) const CREATE_BULK: &str = "mutation($input: CreateBulkRequestInput!) { createBulkRequest(input: $input) { \
     bulkRequest { id status totalVehicles processedVehicles items { totalCount } requests { totalCount } } \
     errors { code path message } } }";

impl Office {
    pub(crate) async fn open() -> Self {
        let app = TestApp::world().await;
        let ana = app.sign_in("autos", "ana@autos.test").await;
        let tenant = tenant(&app, "autos").await;
        // What was asked for before is none of these tests' business.
        app.sql("delete from bulk_requests; delete from logistics_requests").await;
        Self { app, ana, tenant }
    }

    /// The same, with TMS and SLC connected.
    pub(crate) async fn connected(stub: &Stub) -> Self {
        let office = Self::open().await;
        for system in ["TMS", "SLC"] {
            office.connect(system, &stub.url("/api"), &stub.secret).await;
        }
        office
    }

    /// Connects a system; the connection's id.
    pub(crate) async fn connect(&self, system: &str, url: &str, secret: &str) -> String {
        let create = "mutation($input: CreateLogisticsConnectionInput!) { createLogisticsConnection(input: $input) { logisticsConnection { id } errors { code message } } }";
        let input = json!({ "input": { "system": system, "baseUrl": url, "keyId": "autos", "secret": secret } });
        let made = self.ana.data(create, input).await;
        assert_eq!(made["createLogisticsConnection"]["errors"], json!([]), "{made:#}");
        made["createLogisticsConnection"]["logisticsConnection"]["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn crew(&self, workers: usize) -> Crew {
        self.crew_with(workers, PACE)
    }

    /// Workers that can do everything about logistics.
    pub(crate) fn crew_with(&self, workers: usize, pace: Pace) -> Crew {
        let tenancy = Tenancy::new(self.app.database.clone());
        let ids: SharedIds = Arc::new(SystemIds);
        let mut kinds = logistics_systems::job_kinds(DeskParts {
            tenancy: tenancy.clone(),
            accounts: Arc::new(Connections::new(tenancy.clone(), keys())),
            clock: Arc::new(SystemClock),
            ids: Arc::clone(&ids),
            settings: SETTINGS,
        })
        .unwrap();
        kinds.push(Arc::new(ProcessBulkRequest::new(&tenancy, ids)) as Arc<dyn JobKind>);
        Crew::start((0..workers).map(|_| worker(&self.app, pace, kinds.clone())).collect())
    }

    pub(crate) async fn stop(crew: Crew) {
        stop(crew).await;
    }

    pub(crate) async fn until(&self, condition: &str) {
        until(&self.app, condition).await;
    }

    /// Waits until nothing is under way, ending the waits between attempts.
    pub(crate) async fn quiet(&self) {
        for _ in 0..3000 {
            if self.app.cell("select count(*) from jobs where state in ('QUEUED', 'RUNNING')").await == "0" {
                return;
            }
            self.app.sql("update jobs set run_at = now() where state = 'QUEUED'").await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{:#?}", self.app.rows("select kind, state, attempts, last_error from jobs").await);
    }

    /// Asks for vehicles of this type with all that a system may need; the request's id.
    pub(crate) async fn request(&self, of_type: &str, vehicles: usize) -> String {
        let made = self.ana.data(CREATE, json!({ "input": { "type": of_type, "vehicles": fleet(vehicles) } })).await;
        assert_eq!(made["createLogisticsRequest"]["errors"], json!([]), "{made:#}");
        made["createLogisticsRequest"]["logisticsRequest"]["id"].as_str().unwrap().to_owned()
    }

    /// What there is to know of a request.
    pub(crate) async fn seen(&self, id: &str) -> Value {
        let query = "query($id: ID!) { logisticsRequest(id: $id) { status errorMessage completedAt \
             statusHistory(orderBy: [{field: CHANGED_AT}]) { nodes { newStatus } } lines(first: 60, orderBy: [{field: VIN}]) { nodes { vin status \
             tmsRequestId tmsServiceCode tmsOrigin tmsDestination tmsCancelledAt slcRequestId slcService slcCancelledAt } } } }";
        self.ana.data(query, json!({ "id": id })).await["logisticsRequest"].clone()
    }

    /// The states that a request has had.
    pub(crate) async fn history(&self, id: &str) -> Vec<String> {
        let seen = self.seen(id).await;
        let nodes = seen["statusHistory"]["nodes"].as_array().unwrap();
        nodes.iter().map(|node| node["newStatus"].as_str().unwrap().to_owned()).collect()
    }

    /// Runs a verb that takes an id and perhaps more; its payload.
    pub(crate) async fn act(&self, verb: &str, input: Value) -> Value {
        let of = if verb.contains("Bulk") {
            "bulkRequest { id status errorMessage }"
        } else {
            "logisticsRequest { id status errorMessage }"
        };
        let name = format!("{}{}Input", verb[..1].to_uppercase(), &verb[1..]);
        let mutation =
            format!("mutation($input: {name}!) {{ {verb}(input: $input) {{ {of} errors {{ code path message }} }} }}");
        self.ana.data(&mutation, json!({ "input": input })).await[verb].clone()
    }
}

/// The VIN of the vehicle with this number.
pub(crate) fn vin(number: usize) -> String {
    format!("VSSZZZKLZPT{number:06}")
}

/// So many vehicles from Madrid to Sevilla, for an inspection, with the codes of all systems.
pub(crate) fn fleet(vehicles: usize) -> Value {
    let one = |number| {
        json!({
            "vin": vin(number), "make": "SEAT", "model": "Ibiza", "origin": "10001", "destination": "SEV",
            "service": "PDI", "tmsClientCode": "TMS-77", "slcClientCode": "SLC-77", "carrierCode": "T-1",
        })
    };
    Value::Array((1..=vehicles).map(one).collect())
}
