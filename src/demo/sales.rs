//! Who made which deal: rows of `sales`.

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::contacts::{Person, Stage};
use super::deals::Deal;
use super::firm::Trade;
use super::ids::Ids;
use super::office::Office;
use super::rng::Rng;
use super::row::rows;

rows! {
    /// A sale or a letting.
    SaleRow in "sales" {
        id: Uuid, contact_id: Uuid, vehicle_id: Option<Uuid>, property_id: Option<Uuid>, salesperson_id: Uuid,
        deal_type: &'static str, sale_price: i64, currency: &'static str, down_payment: Option<i64>,
        financing_type: &'static str, status: &'static str, sale_date: Option<DateTime<Utc>>,
        delivery_date: Option<DateTime<Utc>>, notes: Option<&'static str>, created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
    }
}

/// Finds a contact for every deal, and moves these contacts to the stage that
/// follows. Gives for each contact their deal, as a place in `deals`.
pub(crate) fn buyers(number: usize, people: &mut [Person], deals: &[Deal]) -> Vec<Option<usize>> {
    let mut rng = Rng::for_subject(number, "buyers");
    let mut bought: Vec<Option<usize>> = vec![None; people.len()];
    for (place, deal) in deals.iter().enumerate() {
        // Most people decide within weeks; contacts are sorted by their age.
        let known = people.partition_point(|person| person.created < deal.opened - Duration::days(3));
        let wanted = known.saturating_sub(1 + rng.below(known.clamp(1, 90)));
        let free = |place: &usize| bought[*place].is_none() && !people[*place].call_name.is_empty();
        let Some(buyer) = (0..=wanted).rev().chain(wanted + 1..people.len()).find(free) else {
            continue;
        };
        bought[buyer] = Some(place);
        people[buyer].stage = match deal.status() {
            "CANCELLED" => Stage::Lost,
            "PENDING" | "APPROVED" => Stage::Negotiating,
            _ => Stage::Customer,
        };
    }
    bought
}

/// One row per deal, in order of time.
pub(crate) fn sales(office: &Office<'_>, ids: &mut Ids) -> Vec<SaleRow> {
    let mut rng = Rng::for_subject(office.firm.number, "sales");
    let cars = office.firm.trade == Trade::Dealership;
    let mut buyers: Vec<(usize, usize)> =
        office.bought.iter().enumerate().filter_map(|(person, deal)| Some(((*deal)?, person))).collect();
    buyers.sort_unstable();
    let mut sale = |(deal, buyer): (usize, usize)| {
        let (deal, buyer) = (&office.deals[deal], &office.people[buyer]);
        let offer = &office.offers[deal.listing];
        let discount = rng.between(0, 45) * offer.price / 1_000;
        let price = if deal.rental { offer.price } else { offer.price - discount / 50 * 50 };
        let financing = match (cars, deal.rental) {
            (_, true) => "OTHER",
            (true, _) => rng.weighted(&[(48, "LOAN"), (32, "CASH"), (9, "LEASING"), (8, "RENTING"), (3, "OTHER")]),
            (false, _) => rng.weighted(&[(62, "MORTGAGE"), (36, "CASH"), (2, "OTHER")]),
        };
        let down_payment = match financing {
            "LOAN" | "LEASING" => Some(price * rng.between(10, 40) / 100 / 100 * 100),
            "MORTGAGE" => Some(price * rng.between(20, 45) / 100 / 1_000 * 1_000),
            _ => None,
        };
        SaleRow {
            id: ids.at(deal.opened),
            contact_id: buyer.id,
            vehicle_id: cars.then_some(offer.id),
            property_id: (!cars).then_some(offer.id),
            salesperson_id: office.agent_of(buyer),
            deal_type: if deal.rental { "RENTAL" } else { "SALE" },
            sale_price: price,
            currency: "EUR",
            down_payment,
            financing_type: financing,
            status: deal.status(),
            sale_date: deal.completed,
            delivery_date: deal.delivered,
            notes: notes(office, deal, &mut rng),
            created_at: deal.opened,
            updated_at: deal.last_event(),
        }
    };
    buyers.into_iter().map(&mut sale).collect()
}

fn notes(office: &Office<'_>, deal: &Deal, rng: &mut Rng) -> Option<&'static str> {
    let texts: &[&str] = match (office.firm.trade, deal.cancelled.is_some(), deal.rental) {
        (Trade::Dealership, true, _) => {
            &["Financiación denegada.", "Se echa atrás, encontró otro coche.", "Devuelta la señal."]
        }
        (Trade::Dealership, false, _) => &[
            "Incluye transferencia y un año de garantía.",
            "Deja su coche a cambio.",
            "Entrega con segundo juego de ruedas.",
            "Pide matrícula antes del viernes.",
        ],
        (Trade::Agency, true, _) => &["Mortgage refused.", "Changed their mind after the survey.", "Owner withdrew."],
        (Trade::Agency, false, true) => &[
            "Monthly rent; 12-month contract.",
            "Monthly rent; one month's deposit paid.",
            "Monthly rent; small dog agreed.",
        ],
        (Trade::Agency, false, false) => &[
            "Furniture included.",
            "Deposit contract signed at the office.",
            "Solicitor acts under power of attorney.",
        ],
    };
    (deal.cancelled.is_some() || deal.rental || rng.chance(35)).then(|| rng.pick(texts))
}
