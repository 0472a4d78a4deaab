//! The dealership's cars: rows of `brands`, `engine_types`, `vehicles` and
//! `inventory_movements`.

use chrono::{DateTime, Datelike, Duration, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::clock::local;
use super::deals::{Deal, Listing};
use super::firm::{Firm, UserRow, founded};
use super::ids::Ids;
use super::models::{COLORS, ELECTRIC, ENGINES, FEATURES, MODELS, Model, Version};
use super::offer::Offer;
use super::people::Language;
use super::rng::Rng;
use super::row::rows;
use super::script::{Words, euros, grouped};
use super::vin::vin;

rows! {
    /// A make.
    BrandRow in "brands" { id: Uuid, name: &'static str, created_at: DateTime<Utc>, updated_at: DateTime<Utc> }
    /// A kind of motor.
    EngineTypeRow in "engine_types" {
        id: Uuid, code: &'static str, description: &'static str, translation: &'static str,
        created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// A car.
    VehicleRow in "vehicles" {
        id: Uuid, vin: String, make: &'static str, model: &'static str, year: i32, color: &'static str, price: i64,
        currency: &'static str, mileage: i64, fuel_type: &'static str, transmission: &'static str,
        description: String, status: &'static str, features: Value, images: Value, brand_id: Uuid,
        engine_type_id: Option<Uuid>, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// Something that happened to a car.
    MovementRow in "inventory_movements" {
        id: Uuid, vehicle_id: Uuid, user_id: Option<Uuid>, movement_type: &'static str, movement_date: DateTime<Utc>,
        notes: Option<&'static str>, created_at: DateTime<Utc>,
    }
}

/// The catalogues of makes and motors.
pub(crate) fn catalogues(ids: &mut Ids) -> (Vec<BrandRow>, Vec<EngineTypeRow>) {
    let at = founded() + Duration::hours(6);
    let mut brands: Vec<BrandRow> = Vec::new();
    for model in MODELS {
        if brands.iter().all(|brand| brand.name != model.make) {
            brands.push(BrandRow { id: ids.at(at), name: model.make, created_at: at, updated_at: at });
        }
    }
    let engine = |&(code, _, description, translation)| EngineTypeRow {
        id: ids.at(at),
        code,
        description,
        translation,
        created_at: at,
        updated_at: at,
    };
    (brands, ENGINES.iter().map(engine).collect())
}

/// One car for each listing, in the same order. A car with an open deal is
/// still AVAILABLE here: opening the deal is what reserves it.
pub(crate) fn vehicles(
    firm: &Firm,
    listings: &[Listing],
    deals: &[Deal],
    (brands, engines): (&[BrandRow], &[EngineTypeRow]),
    ids: &mut Ids,
    today: DateTime<Utc>,
) -> (Vec<VehicleRow>, Vec<Offer>) {
    let mut rng = Rng::for_subject(firm.number, "vehicles");
    let mut serial = rng.between(100_000, 400_000) as u32;
    let mut vehicle = |listing: &Listing| {
        let bought = local(listing.since).year();
        let (model, version, age) = loop {
            let model = rng.choose(MODELS);
            let age = rng.weighted(&[(9, 0), (13, 1), (18, 2), (20, 3), (16, 4), (12, 5), (7, 6), (5, 7)]);
            if bought - age >= model.since {
                break (model, rng.choose(model.versions), age);
            }
        };
        serial += rng.between(7, 2_900) as u32;
        let mileage = mileage(version, age, &mut rng);
        let price = price(version, age, mileage, &mut rng);
        let color = rng.weighted(COLORS);
        let equipped = rng.between(5, FEATURES.len() as i64) as usize;
        let last = listing.deals.last().map(|place| &deals[*place]);
        let images = rng.between(4, 9);
        let id = ids.at(listing.since);
        let row = VehicleRow {
            id,
            vin: vin(model.maker, model.description, bought - age, model.plant, serial),
            make: model.make,
            model: model.model,
            year: bought - age,
            color,
            price,
            currency: "EUR",
            mileage,
            fuel_type: version.1,
            transmission: version.2.code(),
            description: describe(version, age, &mut rng),
            status: status(last, &mut rng),
            features: json!(FEATURES[..equipped]),
            images: (1..=images).map(|at| image(firm, id, at)).collect(),
            brand_id: brands.iter().find(|brand| brand.name == model.make).map_or(id, |brand| brand.id),
            engine_type_id: engine(version, engines),
            created_at: listing.since,
            updated_at: last.map_or(listing.since, |deal| deal.last_event()).min(today),
        };
        let offer = offer(&row, model, version, listing);
        (row, offer)
    };
    listings.iter().map(&mut vehicle).unzip()
}

/// What happened to the cars, oldest first for each car; but for the
/// reservations of open deals, which the database notes when it reserves.
pub(crate) fn movements(
    vehicles: &[VehicleRow],
    listings: &[Listing],
    deals: &[Deal],
    users: &[UserRow],
    ids: &mut Ids,
    today: DateTime<Utc>,
) -> Vec<MovementRow> {
    let mut rows = Vec::new();
    for (vehicle, listing) in vehicles.iter().zip(listings) {
        let mut events = vec![("INBOUND", listing.since, None)];
        for deal in listing.deals.iter().map(|place| &deals[*place]) {
            let open = matches!(deal.status(), "PENDING" | "APPROVED");
            let states = [
                ("RESERVATION", (!open).then_some(deal.opened)),
                ("SALE", deal.completed),
                ("DELIVERY", deal.delivered),
                ("RELEASE", deal.cancelled),
            ];
            events.extend(states.into_iter().filter_map(|(kind, at)| Some((kind, at?, None))));
        }
        // Whatever befell a car without a deal happened since it came in.
        let lately = listing.since + (today - listing.since) / 2;
        match vehicle.status {
            "MAINTENANCE" => events.push(("MAINTENANCE_IN", lately, Some("Pulido de faros y cambio de neumáticos."))),
            "WITHDRAWN" => events.push(("WITHDRAWAL", lately, Some("Devuelto al proveedor."))),
            "IN_TRANSIT" => events = vec![("TRANSFER", listing.since, Some("En camión desde la central."))],
            _ => {}
        }
        for (movement_type, movement_date, notes) in events {
            rows.push(MovementRow {
                id: ids.at(movement_date),
                vehicle_id: vehicle.id,
                user_id: users.get(1).map(|user| user.id),
                movement_type,
                movement_date,
                notes,
                created_at: movement_date,
            });
        }
    }
    rows
}

fn status(last: Option<&Deal>, rng: &mut Rng) -> &'static str {
    match last.map(Deal::status) {
        Some("COMPLETED") => "SOLD",
        Some("DELIVERED") => "DELIVERED",
        Some(_) => "AVAILABLE",
        None => rng.weighted(&[(84, "AVAILABLE"), (7, "MAINTENANCE"), (6, "IN_TRANSIT"), (3, "WITHDRAWN")]),
    }
}

fn mileage(version: &Version, age: i32, rng: &mut Rng) -> i64 {
    if age == 0 {
        return rng.between(5, 4_900);
    }
    let a_year = if version.1 == "DIESEL" { rng.between(14_000, 27_000) } else { rng.between(7_500, 17_500) };
    i64::from(age) * a_year + rng.between(-2_400, 2_400)
}

/// A tenth of the price is gone at the gate, the rest goes year by year.
fn price(version: &Version, age: i32, mileage: i64, rng: &mut Rng) -> i64 {
    let kept = if age == 0 { 0.93 } else { 0.89 * 0.91_f64.powi(age) };
    let worn = 1.0 - (mileage as f64 / 1_000_000.0);
    let price = version.3 as f64 * kept * worn * (0.96 + rng.unit() * 0.08);
    // Dealers like prices that end in 900, 500 or 490.
    (price / 500.0).round() as i64 * 500 - rng.pick(&[0, 10, 100])
}

fn describe(version: &Version, age: i32, rng: &mut Rng) -> String {
    let origin = match age {
        0 => "Kilómetro 0, con garantía de fábrica.",
        1 | 2 => "Procedente de renting, un solo conductor.",
        _ => rng.pick(&["Único propietario.", "Nacional, dos llaves.", "Particular, siempre en garaje."]),
    };
    let care = rng.pick(&[
        "Libro de mantenimiento completo en servicio oficial.",
        "Revisado en 110 puntos y con neumáticos nuevos.",
        "Recién revisado y con la ITV pasada.",
        "Carrocería e interior impecables.",
    ]);
    format!("{}. {origin} {care}", version.0)
}

fn image(firm: &Firm, vehicle: Uuid, number: i64) -> String {
    format!("https://media.{}/vehicles/{vehicle}/{number:02}.jpg", firm.domain())
}

fn engine(version: &Version, engines: &[EngineTypeRow]) -> Option<Uuid> {
    let code = ENGINES.iter().find(|engine| engine.1 == version.1)?.0;
    engines.iter().find(|row| row.code == code).map(|row| row.id)
}

fn offer(row: &VehicleRow, model: &Model, version: &Version, listing: &Listing) -> Offer {
    let (spanish_fuel, english_fuel, badge) = match row.fuel_type {
        "DIESEL" => ("diésel", "diesel", "C"),
        "HYBRID" => ("híbrido", "hybrid", "ECO"),
        "PLUG_IN_HYBRID" => ("híbrido enchufable", "a plug-in hybrid", "CERO"),
        "LPG" => ("de GLP", "LPG", "ECO"),
        fuel if fuel == ELECTRIC => ("eléctrico", "electric", "CERO"),
        _ => ("de gasolina", "petrol", "C"),
    };
    let words = |language| {
        let spanish = language == Language::Spanish;
        let mut words = Words::default();
        let item = format!("{} {}", model.make, model.model);
        words.set("title", format!("{item} {}", version.0));
        words.set("item", item);
        words.set("year", row.year.to_string());
        words.set("km", grouped(row.mileage, if spanish { '.' } else { ',' }));
        words.set("price", euros(row.price, language));
        words.set("deal_price", euros(row.price - row.price / 40 / 50 * 50, language));
        words.set("deposit", euros(500, language));
        let down = row.price / 4 / 500 * 500;
        words.set("down", euros(down, language));
        words.set("months", "60");
        // An annuity of 60 months at 6.95 % a year.
        words.set("monthly", euros((row.price - down) * 1_977 / 100_000, language));
        words.set("fuel", if spanish { spanish_fuel } else { english_fuel });
        words.set("badge", badge);
        let color = if spanish { row.color.to_lowercase() } else { english_color(row.color).to_owned() };
        words.set("color", color);
        words
    };
    Offer {
        id: row.id,
        price: row.price,
        rental: false,
        since: listing.since,
        taken: listing.taken,
        talked_about: true,
        spanish: words(Language::Spanish),
        english: words(Language::English),
    }
}

fn english_color(color: &str) -> &'static str {
    match color {
        "Blanco" => "white",
        "Gris" => "grey",
        "Negro" => "black",
        "Azul" => "blue",
        "Plata" => "silver",
        "Rojo" => "red",
        "Verde" => "green",
        "Naranja" => "orange",
        "Marrón" => "brown",
        "Amarillo" => "yellow",
        _ => "beige",
    }
}
