//! Lines of requests: one vehicle each. Their dealerships, brand and service decide who sees them and their request.

use chrono::{DateTime, Utc};
use entity::{Ref, entity};
use uuid::Uuid;

use super::{AdHocAddress, Dealership, LogisticsRequest, LogisticsStatus, ServiceType};
use crate::identity::User;
use crate::inventory::{Brand, Vehicle};

/// One vehicle of a logistics request: what is done with it and where it goes.
#[entity(table = logistics_request_lines, process = TRANSPORT_REQUESTS, soft_delete)]
pub struct LogisticsRequestLine {
    /// Code of the service; that of `serviceType`, which is looked up by it when it is not given.
    pub service_code: Option<String>,
    /// Vehicle identification number, 17 capital letters and digits without I, O and Q; once in a request.
    pub vin: String,
    /// Make and model in words; those of the vehicle when they are not given and it is in the stock.
    pub make_model: Option<String>,
    /// License plate.
    pub license_plate: Option<String>,
    /// How far it has come: as far as its request.
    #[field(read_only)]
    pub status: LogisticsStatus,
    /// What the service system (SLC) calls it.
    pub slc_request_id: Option<String>,
    /// What the transport system (TMS) calls it, a UUID; unique in the business.
    pub tms_request_id: Option<Uuid>,
    /// What the transport system calls the service, a UUID.
    pub tms_service_code: Option<Uuid>,
    /// Where it comes from, as the transport system has it.
    pub tms_origin: Option<String>,
    /// Where it goes, as the transport system has it.
    pub tms_destination: Option<String>,
    /// The model, as the transport system has it.
    pub tms_model: Option<String>,
    /// The service, as the service system has it.
    pub slc_service: Option<String>,
    /// In whose name it was asked for in the service system, one of your clients; needed to cancel it there.
    pub slc_client_code: Option<String>,
    /// In whose name it was asked for in the transport system, one of your clients; needed to cancel it there.
    pub tms_client_code: Option<String>,
    /// Code of the carrier; needed to cancel the transport.
    pub carrier_code: Option<String>,
    /// When the transport system took it back; null while it has not.
    #[field(read_only)]
    pub tms_cancelled_at: Option<DateTime<Utc>>,
    /// When the service system took it back; null while it has not.
    #[field(read_only)]
    pub slc_cancelled_at: Option<DateTime<Utc>>,
    /// The request.
    #[belongs_to(
        create_only,
        inverse = "lines",
        doc = "The vehicles of the request that you may see: all of your own requests, of others those in your scope."
    )]
    pub request: Ref<LogisticsRequest>,
    /// Where the vehicle comes from; null for nowhere, or for the ad hoc address.
    #[belongs_to(inverse = "originLines", doc = "Vehicles that are fetched from the dealership.")]
    pub origin_dealership: Option<Ref<Dealership>>,
    /// Where the vehicle goes, another one than where it comes from; null for nowhere, or for the ad hoc address.
    #[belongs_to(inverse = "destinationLines", doc = "Vehicles that are brought to the dealership.")]
    pub destination_dealership: Option<Ref<Dealership>>,
    /// Stands in for the dealership on one side. Naming one takes `canUseAdHocAddress` in your profile.
    #[belongs_to(inverse = "lines", doc = "Vehicles that are fetched from the place or brought there.")]
    pub ad_hoc_address: Option<Ref<AdHocAddress>>,
    /// Who added it; null when it was no user.
    #[belongs_to(read_only, inverse = "logisticsLines", doc = "Vehicles of logistics requests that the user added.")]
    pub created_by: Option<Ref<User>>,
    /// What is done with the vehicle, one of the services in your scope; null for nothing but moving it.
    #[belongs_to(inverse = "lines", doc = "Vehicles for which the service was asked for.")]
    pub service_type: Option<Ref<ServiceType>>,
    /// The vehicle of the stock with this VIN; null when there is none.
    #[belongs_to(read_only, inverse = "logisticsLines", doc = "Logistics requests for the vehicle.")]
    pub vehicle: Option<Ref<Vehicle>>,
    /// The brand: that of the vehicle, else the one that is given, else the one with whose name `makeModel` begins.
    #[belongs_to(inverse = "logisticsLines", doc = "Logistics requests for vehicles of the brand.")]
    pub brand: Option<Ref<Brand>>,
}
