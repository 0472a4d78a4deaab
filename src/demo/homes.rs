//! The agency's homes: rows of `properties`.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::deals::{Deal, Listing};
use super::firm::Firm;
use super::ids::Ids;
use super::offer::Offer;
use super::people::Language;
use super::places::{self, TOWNS, Town};
use super::rng::Rng;
use super::row::rows;
use super::script::{Words, euros};

rows! {
    /// A home for sale or to let.
    PropertyRow in "properties" {
        id: Uuid, title: String, address: String, location: &'static str, property_type: &'static str,
        bedrooms: Option<i64>, bathrooms: Option<i64>, size_sqft: i64, price: i64, currency: &'static str,
        status: &'static str, owner_id: Option<Uuid>, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
}

/// A kind of home.
struct Kind {
    /// The value of `properties.property_type`.
    code: &'static str,
    /// Article and name.
    spanish: (&'static str, &'static str),
    english: &'static str,
    /// Square metres, from and to.
    metres: (i64, i64),
    /// From and to; 0 for what nobody lives in.
    bedrooms: (i64, i64),
    /// What a square metre costs, relative to the town.
    factor: f64,
    /// Found by the sea only.
    seaside: bool,
    /// Sometimes let.
    to_let: bool,
}

const fn kind(
    code: &'static str,
    spanish: (&'static str, &'static str),
    english: &'static str,
    metres: (i64, i64),
    bedrooms: (i64, i64),
    factor: f64,
    (seaside, to_let): (bool, bool),
) -> Kind {
    Kind { code, spanish, english, metres, bedrooms, factor, seaside, to_let }
}

const KINDS: &[(u32, Kind)] = &[
    (34, kind("APARTMENT", ("el", "piso"), "flat", (58, 135), (1, 4), 1.0, (false, true))),
    (
        10,
        kind(
            "APARTMENT",
            ("el", "ático con terraza"),
            "penthouse with terrace",
            (70, 140),
            (2, 3),
            1.35,
            (false, true),
        ),
    ),
    (10, kind("CONDO", ("el", "apartamento en primera línea"), "beachfront flat", (48, 95), (1, 3), 1.4, (true, true))),
    (12, kind("TOWNHOUSE", ("el", "adosado"), "terraced house", (105, 190), (3, 4), 0.95, (false, true))),
    (14, kind("HOUSE", ("el", "chalet con piscina"), "villa with pool", (160, 390), (3, 6), 1.3, (true, false))),
    (
        7,
        kind(
            "HOUSE",
            ("la", "casa de pueblo reformada"),
            "restored village house",
            (95, 240),
            (2, 5),
            0.75,
            (false, true),
        ),
    ),
    (4, kind("LAND", ("la", "parcela urbanizable"), "building plot", (600, 1_900), (0, 0), 0.11, (true, false))),
    (5, kind("COMMERCIAL", ("el", "local comercial"), "shop", (60, 210), (0, 0), 0.7, (false, true))),
    (4, kind("OFFICE", ("la", "oficina"), "office", (45, 160), (0, 0), 0.8, (false, true))),
];

/// One home for each listing, in the same order.
pub(crate) fn properties(
    firm: &Firm,
    listings: &[Listing],
    deals: &[Deal],
    agents: &[Uuid],
    ids: &mut Ids,
) -> (Vec<PropertyRow>, Vec<Offer>) {
    let mut rng = Rng::for_subject(firm.number, "properties");
    let mut property = |listing: &Listing| {
        let (kind, town) = loop {
            let (kind, town) = (rng.choose_weighted(KINDS), rng.choose(TOWNS));
            if (!kind.seaside || town.seaside) && (kind.to_let || !listing.rental) {
                break (kind, town);
            }
        };
        let metres = rng.between(kind.metres.0, kind.metres.1);
        // Large homes have more bedrooms.
        let share = (metres - kind.metres.0) as f64 / (kind.metres.1 - kind.metres.0) as f64;
        let bedrooms = kind.bedrooms.0 + (share * (kind.bedrooms.1 - kind.bedrooms.0) as f64).round() as i64;
        let price = price(kind, town, metres, listing.rental, &mut rng);
        let address = places::street(&mut rng);
        let last = listing.deals.last().map(|place| &deals[*place]);
        let status = match last.map(|deal| (deal.status(), deal.rental)) {
            _ if listing.taken.is_none() => "ACTIVE",
            Some(("PENDING" | "APPROVED", _)) => "UNDER_OFFER",
            Some(("COMPLETED" | "DELIVERED", true)) => "RENTED",
            Some(("COMPLETED" | "DELIVERED", false)) => "SOLD",
            _ => "ACTIVE",
        };
        let mut row = PropertyRow {
            id: ids.at(listing.since),
            title: String::new(),
            address: format!("{address}, {} {}", town.postcode, town.name),
            location: town.name,
            property_type: kind.code,
            bedrooms: (kind.bedrooms.1 > 0).then_some(bedrooms),
            bathrooms: (kind.bedrooms.1 > 0).then_some(1 + bedrooms / 2),
            size_sqft: metres * 10_764 / 1_000,
            price,
            currency: "EUR",
            status,
            owner_id: Some(rng.pick(agents)),
            created_at: listing.since,
            updated_at: last.map_or(listing.since, Deal::last_event),
        };
        let street = address.rsplit_once(' ').map_or(address.as_str(), |(street, _)| street).to_owned();
        let offer = offer(&row, kind, &street, metres, listing, &mut rng);
        row.title = headline(firm, kind, town, bedrooms, listing.rental);
        (row, offer)
    };
    listings.iter().map(&mut property).unzip()
}

fn price(kind: &Kind, town: &Town, metres: i64, rental: bool, rng: &mut Rng) -> i64 {
    let value = metres as f64 * town.square_metre as f64 * kind.factor * (0.85 + rng.unit() * 0.35);
    if rental {
        // A year's rent is about 5.5 % of what a home is worth.
        return (value * 0.055 / 12.0 / 10.0).round().max(42.0) as i64 * 10;
    }
    (value / 5_000.0).round() as i64 * 5_000 - rng.pick(&[0, 0, 1_000, 5_000])
}

fn headline(firm: &Firm, kind: &Kind, town: &Town, bedrooms: i64, rental: bool) -> String {
    let (mut title, rooms) = match firm.language() {
        Language::Spanish => (format!("{}{}", kind.spanish.1, if rental { " en alquiler" } else { "" }), "dormitorio"),
        Language::English => (format!("{}{}", kind.english, if rental { " to rent" } else { "" }), "bedroom"),
    };
    let first = title.chars().next().map_or(0, char::len_utf8);
    title[..first].make_ascii_uppercase();
    if kind.bedrooms.1 > 0 {
        title = format!("{title}, {bedrooms} {rooms}{}", if bedrooms == 1 { "" } else { "s" });
    }
    format!("{title}, {}", town.name)
}

fn offer(row: &PropertyRow, kind: &Kind, street: &str, metres: i64, listing: &Listing, rng: &mut Rng) -> Offer {
    let fees = rng.between(4, 19) * 10;
    let words = |language| {
        let spanish = language == Language::Spanish;
        let mut words = Words::default();
        let title = if spanish {
            format!("{} en {street} ({})", kind.spanish.1, row.location)
        } else {
            format!("{} in {street} ({})", kind.english, row.location)
        };
        let item = if spanish {
            format!("{} {} de {street}", kind.spanish.0, kind.spanish.1)
        } else {
            format!("the {} in {street}", kind.english)
        };
        words.set("title", title);
        words.set("item", item);
        words.set("price", euros(row.price, language));
        let rounding = if listing.rental { 10 } else { 1_000 };
        words.set("deal_price", euros(row.price * 96 / 100 / rounding * rounding, language));
        words.set("size", metres.to_string());
        words.set("rooms", row.bedrooms.unwrap_or(0).to_string());
        words.set("baths", row.bathrooms.unwrap_or(1).to_string());
        let seaside = TOWNS.iter().any(|town| town.name == row.location && town.seaside);
        words.set(
            "beach",
            match (spanish, seaside) {
                (true, true) => "diez minutos andando",
                (true, false) => "media hora en coche",
                (false, true) => "ten minutes' walk away",
                (false, false) => "half an hour by car",
            },
        );
        words.set("town", row.location);
        words.set("address", row.address.split(',').next().unwrap_or_default());
        words.set("fees", euros(fees, language));
        words.set("tax", euros(fees * 6, language));
        let down = row.price * 3 / 10 / 1_000 * 1_000;
        words.set("down", euros(down, language));
        // An annuity of 25 years at 3.1 % a year.
        words.set("monthly", euros((row.price - down) * 479 / 100_000, language));
        words
    };
    Offer {
        id: row.id,
        price: row.price,
        rental: listing.rental,
        since: listing.since,
        taken: listing.taken,
        // The scripts speak of bedrooms and kitchens.
        talked_about: kind.bedrooms.1 > 0,
        spanish: words(Language::Spanish),
        english: words(Language::English),
    }
}
