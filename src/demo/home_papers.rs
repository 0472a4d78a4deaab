//! What is kept about a home: rows of `media` and `market_analyses`.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::firm::Firm;
use super::homes::PropertyRow;
use super::ids::Ids;
use super::places;
use super::rng::Rng;
use super::row::rows;

rows! {
    /// A photo, plan or paper of a home.
    MediaRow in "media" {
        id: Uuid, property_id: Uuid, url: String, r#type: &'static str, metadata: Value, uploaded_at: DateTime<Utc>,
        created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// What a home is worth beside others.
    AnalysisRow in "market_analyses" {
        id: Uuid, property_id: Uuid, suggested_price: Option<i64>, currency: &'static str,
        market_position: Option<&'static str>, confidence: Option<f64>, comps: Option<Value>,
        recommendations: Option<String>, completed_at: Option<DateTime<Utc>>, created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
    }
}

/// Photos, a plan and papers of each home.
pub(crate) fn media(firm: &Firm, properties: &[PropertyRow], ids: &mut Ids) -> Vec<MediaRow> {
    const ROOMS: &[&str] = &["facade", "living room", "kitchen", "bedroom", "bathroom", "terrace", "view", "garage"];
    let mut rng = Rng::for_subject(firm.number, "media");
    let mut rows = Vec::new();
    for property in properties {
        let photos = rng.between(3, ROOMS.len() as i64) as usize;
        let mut files: Vec<_> = ROOMS[..photos].iter().map(|room| ("IMAGE", *room, "jpg")).collect();
        files.push(("DOCUMENT", "floor plan", "pdf"));
        if property.price > 400_000 {
            files.push(("VIDEO", "tour", "mp4"));
        }
        for (place, (kind, subject, ending)) in files.into_iter().enumerate() {
            let at = property.created_at + Duration::minutes(9 + 2 * place as i64);
            let file = subject.replace(' ', "-");
            rows.push(MediaRow {
                id: ids.at(at),
                property_id: property.id,
                url: format!("https://media.{}/properties/{}/{file}.{ending}", firm.domain(), property.id),
                r#type: kind,
                metadata: match kind {
                    "IMAGE" => json!({ "caption": subject, "width": 2048, "height": 1365, "position": place + 1 }),
                    "VIDEO" => json!({ "caption": subject, "seconds": rng.between(48, 140) }),
                    _ => json!({ "caption": subject, "pages": 1 }),
                },
                uploaded_at: at,
                created_at: at,
                updated_at: at,
            });
        }
    }
    rows
}

/// A valuation for every third home; the newest are still being worked on.
pub(crate) fn analyses(
    firm: &Firm,
    properties: &[PropertyRow],
    ids: &mut Ids,
    today: DateTime<Utc>,
) -> Vec<AnalysisRow> {
    let mut rng = Rng::for_subject(firm.number, "analyses");
    let mut rows = Vec::new();
    for (place, property) in properties.iter().enumerate() {
        if place % 3 != 0 {
            continue;
        }
        let at = (property.created_at + Duration::hours(rng.between(2, 70))).min(today - Duration::minutes(40));
        let done = at + Duration::minutes(rng.between(6, 50));
        // Prices are in thousands, rents in tens.
        let rounding = if property.price > 15_000 { 1_000 } else { 10 };
        let near = |rng: &mut Rng| (property.price as f64 * (0.9 + rng.unit() * 0.2)) as i64 / rounding * rounding;
        let suggested = near(&mut rng);
        let position = match property.price * 100 / suggested.max(1) {
            104.. => "ABOVE",
            97..104 => "AT",
            _ => "BELOW",
        };
        let comps: Vec<_> = (0..rng.between(3, 5))
            .map(|_| {
                json!({
                    "address": format!("{}, {}", places::street(&mut rng), property.location),
                    "price": near(&mut rng),
                    "sizeSqft": property.size_sqft + rng.between(-160, 160),
                    "soldDaysAgo": rng.between(12, 210),
                })
            })
            .collect();
        let advice = match position {
            "ABOVE" => "Priced above the comparables: expect a longer sale, or come down to the suggested price.",
            "AT" => "In line with the comparables. Keep the price and renew the photos.",
            _ => "Below the comparables: expect several offers in the first two weeks.",
        };
        let finished = done <= today;
        rows.push(AnalysisRow {
            id: ids.at(at),
            property_id: property.id,
            suggested_price: finished.then_some(suggested),
            currency: "EUR",
            market_position: finished.then_some(position),
            confidence: finished.then_some(rng.between(58, 96) as f64 / 100.0),
            comps: finished.then_some(Value::Array(comps)),
            recommendations: finished.then(|| advice.to_owned()),
            completed_at: finished.then_some(done),
            created_at: at,
            updated_at: if finished { done } else { at },
        });
    }
    rows
}
