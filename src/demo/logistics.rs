//! Vehicles on their way: requests with their lines, papers and histories, transfers between dealers, sub-allocations.

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::clock::working;
use super::firm::{Firm, Trade, UserRow};
use super::ids::Ids;
use super::logistics_catalogues::Catalogues;
use super::rng::Rng;
use super::row::rows;
use super::stock::VehicleRow;
use super::vin::vin;

rows! {
    /// A request.
    RequestRow in "logistics_requests" {
        id: Uuid, created_by_id: Uuid, billing_account_id: Uuid, hst_code_id: Uuid, r#type: &'static str,
        status: &'static str, completed_at: Option<DateTime<Utc>>, rac_code: Option<String>, is_dealer_transfer: bool,
        comments: Option<&'static str>, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// A vehicle of a request.
    LineRow in "logistics_request_lines" {
        id: Uuid, request_id: Uuid, created_by_id: Uuid, origin_dealership_id: Option<Uuid>,
        destination_dealership_id: Option<Uuid>, service_type_id: Option<Uuid>, vin: String, make_model: String,
        carrier_code: Option<&'static str>, slc_client_code: Option<&'static str>, tms_client_code: Option<&'static str>,
        created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// A paper of a request.
    DocumentRow in "logistics_request_documents" {
        id: Uuid, request_id: Uuid, uploaded_by_id: Uuid, file_name: &'static str, storage_path: String,
        uploaded_at: DateTime<Utc>, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// A state that a request came into.
    MoveRow in "logistics_status_changes" {
        id: Uuid, request_id: Uuid, changed_by_id: Uuid, previous_status: Option<&'static str>,
        new_status: &'static str, changed_at: DateTime<Utc>, created_at: DateTime<Utc>,
    }
    /// A vehicle that one dealer hands over to another.
    TransferRow in "ownership_transfers" {
        id: Uuid, user_id: Uuid, origin_dealership_id: Uuid, destination_dealership_id: Uuid, vin: String,
        dealer_code: &'static str, requester_name: String, requested_at: DateTime<Utc>, status: &'static str,
        compound: String, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// A vehicle that is set aside.
    AllocationRow in "sub_allocations" {
        id: Uuid, user_id: Uuid, hst_code_id: Uuid, vin: String, allocated_at: DateTime<Utc>, status: &'static str,
        created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
}

/// All of these rows.
#[derive(Debug, Default)]
pub(crate) struct Logistics {
    pub(crate) requests: Vec<RequestRow>,
    pub(crate) lines: Vec<LineRow>,
    pub(crate) documents: Vec<DocumentRow>,
    pub(crate) moves: Vec<MoveRow>,
    pub(crate) transfers: Vec<TransferRow>,
    pub(crate) allocations: Vec<AllocationRow>,
}

/// How requests go, and how often.
const WAYS: &[(u32, &[&str])] = &[
    (60, &["PENDING", "IN_PROGRESS", "REGISTERED"]),
    (8, &["PENDING", "IN_PROGRESS", "ERROR", "PENDING", "IN_PROGRESS", "REGISTERED"]),
    (6, &["PENDING", "CANCELLED"]),
    (4, &["PENDING", "IN_PROGRESS", "REGISTERED", "PENDING_CANCELLATION", "CANCELLED"]),
];
/// How far the newest ones have come.
const NEW_WAYS: &[(u32, &[&str])] =
    &[(5, &["PENDING"]), (3, &["PENDING", "IN_PROGRESS"]), (1, &["PENDING", "IN_PROGRESS", "ERROR"])];
const COMMENTS: &[&str] = &[
    "Entregar por la mañana, antes de las 11.",
    "Las llaves están en recepción.",
    "El cliente lo recoge el viernes.",
    "Cargar con batería al menos al 40 %.",
];

/// What a firm has asked for in the last five months, the newest still under way.
pub(crate) fn logistics(
    firm: &Firm,
    all: &Catalogues,
    (users, vehicles): (&[UserRow], &[VehicleRow]),
    ids: &mut Ids,
    today: DateTime<Utc>,
) -> Logistics {
    let mut rng = Rng::for_subject(firm.number, "logistics");
    let mut told = Logistics::default();
    let staff: Vec<Uuid> = users
        .iter()
        .filter(|user| user.is_active && matches!(user.role, "ADMIN" | "EMPLOYEE" | "AGENT"))
        .map(|user| user.id)
        .collect();
    let count: i64 = if firm.trade == Trade::Dealership { 90 } else { 12 };
    for number in 0..count {
        let days = 150 * (count - number) / count;
        let made = working(today - Duration::days(days) - Duration::hours(2), &mut rng).min(today);
        let is_new = days < 5;
        let user = rng.pick(&staff);
        let kind = rng.weighted(&[(4, "TRANSPORT"), (3, "SERVICE"), (3, "MIXED")]);
        // The third code wants transports validated, the fourth has no services.
        let code = if kind == "SERVICE" { rng.below(2) } else { rng.weighted(&[(5, 0), (3, 1), (2, 2)]) };
        let mut way = rng.weighted(if is_new { NEW_WAYS } else { WAYS }).to_vec();
        if code == 2 {
            way = match (is_new, rng.below(6)) {
                (true, _) => vec!["PENDING_VALIDATION"],
                (false, 0) => vec!["PENDING_VALIDATION", "VALIDATION_CANCELLED"],
                (false, _) => [vec!["PENDING_VALIDATION"], way].concat(),
            };
        }
        let id = ids.at(made);
        let moved = history(id, &way, (user, staff[0]), made, today, (ids, &mut rng));
        let status = way.last().copied().unwrap_or("PENDING");
        let is_over = matches!(status, "REGISTERED" | "CANCELLED" | "VALIDATION_CANCELLED");
        let last = moved.last().map_or(made, |row| row.changed_at);
        told.moves.extend(moved);
        told.requests.push(RequestRow {
            id,
            created_by_id: user,
            billing_account_id: all.accounts[match kind {
                "TRANSPORT" => 1,
                "SERVICE" => 2,
                _ => 0,
            }]
            .id,
            hst_code_id: all.codes[code].id,
            r#type: kind,
            status,
            completed_at: is_over.then_some(last),
            rac_code: rng.chance(20).then(|| format!("RAC-{:05}", 20_000 + 37 * number)),
            is_dealer_transfer: kind == "TRANSPORT" && rng.chance(30),
            comments: rng.chance(35).then(|| rng.pick(COMMENTS)),
            created_at: made,
            updated_at: last,
        });
        lines(firm, all, vehicles, told.requests.last(), &mut told.lines, (ids, &mut rng));
        if status == "REGISTERED" && rng.chance(60) {
            let folder = ["Transport", "Service", "Mixed"].into_iter().find(|name| name.to_uppercase() == kind);
            let at = last + Duration::minutes(12);
            told.documents.push(DocumentRow {
                id: ids.at(at),
                request_id: id,
                uploaded_by_id: user,
                file_name: "albaran.pdf",
                storage_path: format!("{}/{}/{id}/albaran.pdf", folder.unwrap_or("Mixed"), made.format("%Y-%m")),
                uploaded_at: at.min(today),
                created_at: at.min(today),
                updated_at: at.min(today),
            });
        }
    }
    hand_over(firm, all, (vehicles, &staff, users), &mut told, (ids, &mut rng), today);
    told
}

fn history(
    request_id: Uuid,
    way: &[&'static str],
    (maker, office): (Uuid, Uuid),
    made: DateTime<Utc>,
    today: DateTime<Utc>,
    (ids, rng): (&mut Ids, &mut Rng),
) -> Vec<MoveRow> {
    let mut at = made;
    let mut previous_status = None;
    let mut moves = Vec::new();
    for new_status in way {
        moves.push(MoveRow {
            id: ids.at(at),
            request_id,
            changed_by_id: if previous_status.is_none() { maker } else { office },
            previous_status,
            new_status,
            changed_at: at,
            created_at: at,
        });
        previous_status = Some(*new_status);
        at = (at + Duration::minutes(rng.between(25, 1_300))).min(today);
    }
    moves
}

fn lines(
    firm: &Firm,
    all: &Catalogues,
    vehicles: &[VehicleRow],
    request: Option<&RequestRow>,
    lines: &mut Vec<LineRow>,
    (ids, rng): (&mut Ids, &mut Rng),
) {
    let Some(request) = request else { return };
    let count = rng.weighted(&[(5, 1), (4, 2), (3, 4), (1, 8)]);
    let first = rng.below(vehicles.len().max(1));
    for place in 0..count {
        let (is_moved, is_worked_on) = (request.r#type != "SERVICE", request.r#type != "TRANSPORT");
        let origin = rng.below(all.dealerships.len());
        let destination = (origin + 1 + rng.below(all.dealerships.len() - 1)) % all.dealerships.len();
        let (vin, make_model) = match vehicles.get(first + place) {
            Some(vehicle) => (vehicle.vin.clone(), format!("{} {}", vehicle.make, vehicle.model)),
            None => invented(firm, rng),
        };
        let id = ids.at(request.created_at);
        lines.push(LineRow {
            id,
            request_id: request.id,
            created_by_id: request.created_by_id,
            origin_dealership_id: Some(all.dealerships[origin].id),
            destination_dealership_id: is_moved.then(|| all.dealerships[destination].id),
            service_type_id: is_worked_on.then(|| rng.choose(&all.services).id),
            vin,
            make_model,
            carrier_code: is_moved.then_some("TR-1"),
            slc_client_code: is_worked_on.then_some("SLC-4410"),
            tms_client_code: is_moved.then_some("TMS-4410"),
            created_at: request.created_at,
            updated_at: request.updated_at,
        });
    }
}

/// A car that is not in the stock.
fn invented(firm: &Firm, rng: &mut Rng) -> (String, String) {
    let serial = rng.below(900_000) as u32 + firm.number as u32;
    (vin("VSS", "ZZZKL", 2024, 'R', serial), "SEAT León".to_owned())
}

fn hand_over(
    firm: &Firm,
    all: &Catalogues,
    (vehicles, staff, users): (&[VehicleRow], &[Uuid], &[UserRow]),
    told: &mut Logistics,
    (ids, rng): (&mut Ids, &mut Rng),
    today: DateTime<Utc>,
) {
    let count: usize = if firm.trade == Trade::Dealership { 14 } else { 2 };
    for number in 0..count {
        let days = (100 * (count - number) / count + 1) as i64;
        let at = working(today - Duration::days(days), rng).min(today);
        let status = if number + 3 > count { "PENDING" } else { "REGISTERED" };
        let vin = match vehicles.get(number * 3) {
            Some(vehicle) => vehicle.vin.clone(),
            None => invented(firm, rng).0,
        };
        let user_id = rng.pick(staff);
        let name = users.iter().find(|user| user.id == user_id).map(|user| user.display_name.clone());
        let origin = &all.dealerships[number % all.dealerships.len()];
        let destination = &all.dealerships[(number + 1) % all.dealerships.len()];
        told.transfers.push(TransferRow {
            id: ids.at(at),
            user_id,
            origin_dealership_id: origin.id,
            destination_dealership_id: destination.id,
            vin: vin.clone(),
            dealer_code: "HST-10",
            requester_name: name.unwrap_or_default(),
            requested_at: at,
            status,
            compound: origin.compound.clone(),
            created_at: at,
            updated_at: at,
        });
        if number.is_multiple_of(2) {
            told.allocations.push(AllocationRow {
                id: ids.at(at),
                user_id,
                hst_code_id: all.codes[1].id,
                vin,
                allocated_at: at,
                status,
                created_at: at,
                updated_at: at,
            });
        }
    }
}
