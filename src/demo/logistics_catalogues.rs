//! With whom a firm moves vehicles and has work done on them: the catalogues of logistics, and who of the staff may ask for
//! and see what.

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::firm::{Firm, Trade, UserRow, founded};
use super::ids::Ids;
use super::places::{TOWNS, street};
use super::rng::Rng;
use super::row::rows;
use super::stock::BrandRow;
use super::teams::GroupRow;

rows! {
    /// An account to which something is charged.
    AccountRow in "billing_accounts" {
        id: Uuid, name: &'static str, code: &'static str, is_active: bool, r#type: &'static str, created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
    }
    /// A dealer.
    DealershipRow in "dealerships" {
        id: Uuid, billing_account_id: Uuid, name: String, buno_code: String, code: String, r#type: &'static str,
        channel: &'static str, compound: String, full_address: String, tms_address_id: String, slc_address_id: String,
        created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// A place that is no dealer.
    PlaceRow in "ad_hoc_addresses" {
        id: Uuid, address: String, province: &'static str, postal_code: &'static str, contact_name: &'static str,
        phone: &'static str, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// A kind of services.
    ServiceGroupRow in "service_groups" { id: Uuid, name: &'static str, created_at: DateTime<Utc>, updated_at: DateTime<Utc> }
    /// A service.
    ServiceRow in "service_types" {
        id: Uuid, group_id: Uuid, name: &'static str, service_code: &'static str, annex_path: String, file_name: String,
        slc_service_id: String, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// An HST code.
    HstRow in "hst_codes" {
        id: Uuid, name: &'static str, code: &'static str, allows_transfer: bool, zone: &'static str,
        blocks_services: bool, requires_transport_validation: bool, dual_ownership: bool, created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
    }
    /// Who carries vehicles.
    CarrierRow in "carriers" {
        id: Uuid, name: &'static str, code: &'static str, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// As whom a system knows the firm.
    ClientRow in "external_clients" {
        id: Uuid, system: &'static str, code: &'static str, name: String, created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
    }
    /// What a user may ask for and see.
    ProfileRow in "logistics_profiles" {
        id: Uuid, user_id: Uuid, carrier_id: Option<Uuid>, all_dealerships: bool, all_brands: bool,
        all_service_types: bool, group_name: Option<&'static str>, can_use_ad_hoc_address: bool,
        created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// A dealer in a profile.
    ProfileDealershipRow in "logistics_profile_dealerships" { profile_id: Uuid, dealership_id: Uuid, created_at: DateTime<Utc> }
    /// A brand in a profile.
    ProfileBrandRow in "logistics_profile_brands" { profile_id: Uuid, brand_id: Uuid, created_at: DateTime<Utc> }
    /// A service in a profile.
    ProfileServiceRow in "logistics_profile_service_types" { profile_id: Uuid, service_type_id: Uuid, created_at: DateTime<Utc> }
    /// A client in a profile.
    ProfileClientRow in "logistics_profile_external_clients" { profile_id: Uuid, external_client_id: Uuid, created_at: DateTime<Utc> }
    /// A dealer of a group.
    GroupDealershipRow in "user_group_dealerships" { group_id: Uuid, dealership_id: Uuid, created_at: DateTime<Utc> }
    /// An account of a group.
    GroupAccountRow in "user_group_billing_accounts" { group_id: Uuid, billing_account_id: Uuid, created_at: DateTime<Utc> }
    /// An HST code of a group.
    GroupHstRow in "user_group_hst_codes" { group_id: Uuid, hst_code_id: Uuid, created_at: DateTime<Utc> }
    /// An account in a profile.
    ProfileAccountRow in "logistics_profile_billing_accounts" { profile_id: Uuid, billing_account_id: Uuid, created_at: DateTime<Utc> }
    /// An HST code in a profile.
    ProfileHstRow in "logistics_profile_hst_codes" { profile_id: Uuid, hst_code_id: Uuid, created_at: DateTime<Utc> }
}

/// All of these rows.
#[derive(Debug, Default)]
pub(crate) struct Catalogues {
    pub(crate) accounts: Vec<AccountRow>,
    pub(crate) dealerships: Vec<DealershipRow>,
    pub(crate) places: Vec<PlaceRow>,
    pub(crate) service_groups: Vec<ServiceGroupRow>,
    pub(crate) services: Vec<ServiceRow>,
    pub(crate) codes: Vec<HstRow>,
    pub(crate) carriers: Vec<CarrierRow>,
    pub(crate) clients: Vec<ClientRow>,
    pub(crate) profiles: Vec<ProfileRow>,
    pub(crate) profile_dealerships: Vec<ProfileDealershipRow>,
    pub(crate) profile_brands: Vec<ProfileBrandRow>,
    pub(crate) profile_services: Vec<ProfileServiceRow>,
    pub(crate) profile_clients: Vec<ProfileClientRow>,
    pub(crate) profile_accounts: Vec<ProfileAccountRow>,
    pub(crate) profile_codes: Vec<ProfileHstRow>,
    pub(crate) group_dealerships: Vec<GroupDealershipRow>,
    pub(crate) group_accounts: Vec<GroupAccountRow>,
    pub(crate) group_codes: Vec<GroupHstRow>,
}

const ACCOUNTS: [(&str, &str, bool, &str); 4] = [
    ("Servicios y transportes", "CF-100", true, "BOTH"),
    ("Transportes", "CF-110", true, "TMS"),
    ("Preparación y taller", "CF-120", true, "SLC"),
    ("Cuenta antigua", "CF-090", false, "BOTH"),
];
const GROUPS: [&str; 2] = ["Preparación para la entrega", "Carrocería y pintura"];
/// Name, code, and which group.
const SERVICES: [(&str, &str, usize); 6] = [
    ("Inspección previa a la entrega", "PDI", 0),
    ("Lavado y entrega", "WASH", 0),
    ("Revisión mecánica", "MECH", 0),
    ("Montaje de accesorios", "ACC", 0),
    ("Reparación de carrocería", "BODY", 1),
    ("Pintura", "PAINT", 1),
];
/// Name, code, whether it allows transfers, blocks services, wants transports validated, has two owners.
const CODES: [(&str, &str, [bool; 4]); 4] = [
    ("Ocasión", "HST-10", [true, false, false, false]),
    ("Vehículo nuevo", "HST-20", [true, false, false, false]),
    ("Flota con validación", "HST-K2", [false, false, true, true]),
    ("Solo transporte", "HST-90", [false, true, false, false]),
];

/// The catalogues, and profiles of the staff: who runs the firm and its office see all, agents what their branch has.
pub(crate) fn catalogues(
    firm: &Firm,
    users: &[UserRow],
    groups: &[GroupRow],
    brands: &[BrandRow],
    ids: &mut Ids,
) -> Catalogues {
    let mut rng = Rng::for_subject(firm.number, "logistics catalogues");
    let at = founded() + Duration::days(2);
    let mut all = Catalogues::default();
    for (name, code, is_active, kind) in ACCOUNTS {
        let id = ids.at(at);
        all.accounts.push(AccountRow { id, name, code, is_active, r#type: kind, created_at: at, updated_at: at });
    }
    // An agency has a few cars of its own, which stand at a dealer's.
    let count = if firm.trade == Trade::Dealership { 8 } else { 3 };
    for number in 0..count {
        let town = &TOWNS[(firm.number + number) % TOWNS.len()];
        all.dealerships.push(DealershipRow {
            id: ids.at(at),
            billing_account_id: all.accounts[0].id,
            name: format!("{} {}", if number < 2 { firm.name.as_str() } else { "Motor" }, town.name),
            buno_code: format!("{}", 30_100 + 10 * number),
            code: format!("D{number:02}"),
            r#type: if number < 2 { "PROPIO" } else { "COLABORADOR" },
            channel: "RETAIL",
            compound: format!("Campa {}", town.name),
            full_address: format!("{}, {} {}", street(&mut rng), town.postcode, town.name),
            tms_address_id: format!("T-{}", 5_000 + number),
            slc_address_id: format!("S-{}", 7_000 + number),
            created_at: at,
            updated_at: at,
        });
    }
    all.places.push(PlaceRow {
        id: ids.at(at),
        address: format!("{}, nave 4", street(&mut rng)),
        province: "Valencia",
        postal_code: "46980",
        contact_name: "Taller Hermanos Roca",
        phone: "+34 759 961 200",
        created_at: at,
        updated_at: at,
    });
    for name in GROUPS {
        all.service_groups.push(ServiceGroupRow { id: ids.at(at), name, created_at: at, updated_at: at });
    }
    for (number, (name, code, group)) in SERVICES.into_iter().enumerate() {
        let file = format!("{}.pdf", code.to_lowercase());
        all.services.push(ServiceRow {
            id: ids.at(at),
            group_id: all.service_groups[group].id,
            name,
            service_code: code,
            annex_path: format!("Anexos/{file}"),
            file_name: file,
            slc_service_id: format!("S{}", 100 + number),
            created_at: at,
            updated_at: at,
        });
    }
    for (name, code, [allows_transfer, blocks_services, requires_transport_validation, dual_ownership]) in CODES {
        all.codes.push(HstRow {
            id: ids.at(at),
            name,
            code,
            allows_transfer,
            zone: "LEVANTE",
            blocks_services,
            requires_transport_validation,
            dual_ownership,
            created_at: at,
            updated_at: at,
        });
    }
    for (name, code) in [("Transportes Albufera", "TR-1"), ("Grúas del Júcar", "TR-2")] {
        all.carriers.push(CarrierRow { id: ids.at(at), name, code, created_at: at, updated_at: at });
    }
    for (system, code) in [("TMS", "TMS-4410"), ("SLC", "SLC-4410")] {
        let (id, name) = (ids.at(at), firm.name.clone());
        all.clients.push(ClientRow { id, system, code, name, created_at: at, updated_at: at });
    }
    profiles(users, brands, at, ids, &mut all);
    for group in groups {
        let group_id = group.id;
        for dealership in &all.dealerships[..2] {
            all.group_dealerships.push(GroupDealershipRow { group_id, dealership_id: dealership.id, created_at: at });
        }
        all.group_accounts.push(GroupAccountRow { group_id, billing_account_id: all.accounts[0].id, created_at: at });
        all.group_codes.push(GroupHstRow { group_id, hst_code_id: all.codes[0].id, created_at: at });
    }
    all
}

fn profiles(users: &[UserRow], brands: &[BrandRow], at: DateTime<Utc>, ids: &mut Ids, all: &mut Catalogues) {
    for (number, user) in users.iter().filter(|user| user.is_active).enumerate() {
        let runs = matches!(user.role, "ADMIN" | "EMPLOYEE");
        if !runs && user.role != "AGENT" {
            continue;
        }
        let profile_id = ids.at(at);
        all.profiles.push(ProfileRow {
            id: profile_id,
            user_id: user.id,
            carrier_id: None,
            all_dealerships: runs,
            all_brands: runs,
            // Half of the agents look after transports as well, which have no service.
            all_service_types: runs || number % 2 == 0,
            group_name: (!runs).then_some("Ventas"),
            can_use_ad_hoc_address: runs,
            created_at: at,
            updated_at: at,
        });
        if runs {
            let of_accounts = all.accounts.iter().map(|row| row.id);
            all.profile_accounts.extend(of_accounts.map(|billing_account_id| ProfileAccountRow {
                profile_id,
                billing_account_id,
                created_at: at,
            }));
            let of_codes = all.codes.iter().map(|row| row.id);
            all.profile_codes.extend(of_codes.map(|hst_code_id| ProfileHstRow {
                profile_id,
                hst_code_id,
                created_at: at,
            }));
            let of_clients = all.clients.iter().map(|row| row.id);
            all.profile_clients.extend(of_clients.map(|external_client_id| ProfileClientRow {
                profile_id,
                external_client_id,
                created_at: at,
            }));
            continue;
        }
        let dealership_id = all.dealerships[number % all.dealerships.len()].id;
        all.profile_dealerships.push(ProfileDealershipRow { profile_id, dealership_id, created_at: at });
        for brand in brands.iter().skip(number % 2).step_by(2) {
            all.profile_brands.push(ProfileBrandRow { profile_id, brand_id: brand.id, created_at: at });
        }
        for service in &all.services[..3] {
            all.profile_services.push(ProfileServiceRow { profile_id, service_type_id: service.id, created_at: at });
        }
    }
}
