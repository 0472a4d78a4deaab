//! What a property should fetch, from what comparable ones ask or fetched. Nothing here reads or writes; the same homes
//! always give the same answer.
//!
//! Each comparable property says what this one would cost if it were like it, and has a say as far as it is like it: by
//! place, size and rooms, and more when it was sold lately than when somebody merely asks for so much. The middle of what
//! they say is the price.

use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use serde_json::{Value, json};
use uuid::Uuid;

use super::market_analysis::MarketPosition;

/// Comparable properties that have a say, at most.
const MOST: usize = 8;

/// How like a property must be to have a say, from 0 to 1.
const LEAST_LIKENESS: f64 = 0.35;

/// A price so far from the market's is the market's.
const TOLERANCE: f64 = 0.05;

/// What a property is, as far as prices go.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Home {
    pub(super) price: Decimal,
    pub(super) size_sqft: Option<i32>,
    pub(super) bedrooms: Option<i32>,
    pub(super) bathrooms: Option<i32>,
    /// Town or quarter, folded.
    pub(super) place: Option<String>,
}

/// A property of the same kind.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Comparable {
    pub(super) id: Uuid,
    pub(super) title: String,
    pub(super) home: Home,
    /// How many days ago it was sold; none while it is on offer.
    pub(super) sold_days_ago: Option<i32>,
}

/// What the market says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Appraisal {
    /// None when nothing can be compared.
    pub(super) price: Option<Decimal>,
    pub(super) position: Option<MarketPosition>,
    /// From 0 to 1.
    pub(super) confidence: Decimal,
    /// What was compared, the most alike first.
    pub(super) compared: Vec<Compared>,
}

/// A comparable property that has a say.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Compared {
    pub(super) comparable: Comparable,
    /// How like it is, from 0 to 1.
    pub(super) likeness: f64,
    /// What the other one would cost if it were like it.
    says: f64,
    weight: f64,
}

/// What a property should fetch.
pub(super) fn appraise(subject: &Home, comparables: Vec<Comparable>) -> Appraisal {
    let mut compared: Vec<Compared> =
        comparables.into_iter().filter_map(|comparable| compare(subject, comparable)).collect();
    compared.sort_by(|one, other| {
        other.weight.total_cmp(&one.weight).then_with(|| one.comparable.id.cmp(&other.comparable.id))
    });
    compared.truncate(MOST);
    let Some(middle) = weighted_median(&compared) else {
        return Appraisal { price: None, position: None, confidence: Decimal::ZERO, compared };
    };
    let weights: f64 = compared.iter().map(|one| one.weight).sum();
    let mean =
        |of: fn(&Compared, f64) -> f64| compared.iter().map(|one| one.weight * of(one, middle)).sum::<f64>() / weights;
    let likeness = mean(|one, _| one.likeness);
    let disagreement = mean(|one, middle| (one.says - middle).abs() / middle);
    // A few that agree are worth more than one; from six on there is little to win.
    let enough = (compared.len() as f64 / 6.0).min(1.0).sqrt();
    let confidence = enough * likeness * (1.0 - disagreement.min(0.9));
    let asked = subject.price.to_f64().unwrap_or_default();
    let position = match asked / middle {
        ratio if ratio > 1.0 + TOLERANCE => MarketPosition::Above,
        ratio if ratio < 1.0 - TOLERANCE => MarketPosition::Below,
        _ => MarketPosition::At,
    };
    Appraisal {
        price: Some(rounded(middle)),
        position: (asked > 0.0).then_some(position),
        confidence: decimal(confidence.clamp(0.0, 1.0)).round_dp(2),
        compared,
    }
}

impl Appraisal {
    /// What was compared, as it is kept.
    pub(super) fn comps(&self) -> Value {
        let comp = |one: &Compared| {
            json!({
                "propertyId": entity::id::format_id("property", one.comparable.id),
                "title": one.comparable.title,
                "price": one.comparable.home.price.to_string(),
                "sizeSqft": one.comparable.home.size_sqft,
                "bedrooms": one.comparable.home.bedrooms,
                "bathrooms": one.comparable.home.bathrooms,
                "sold": one.comparable.sold_days_ago.is_some(),
                "likeness": (one.likeness * 100.0).round() / 100.0,
            })
        };
        self.compared.iter().map(comp).collect()
    }

    /// What to do, in words that follow from the figures.
    pub(super) fn advice(&self, subject: &Home, currency: &str) -> String {
        let Some(price) = self.price else {
            return "There are no comparable properties in the books, so the market says nothing about this price yet."
                .to_owned();
        };
        let sold = self.compared.iter().filter(|one| one.comparable.sold_days_ago.is_some()).count();
        let prices = || self.compared.iter().map(|one| one.comparable.home.price);
        let (lowest, highest) = (prices().min().unwrap_or_default(), prices().max().unwrap_or_default());
        let basis = format!(
            "{} comparable properties, {sold} of them sold, at {lowest} to {highest} {currency}: the market suggests {price} \
             {currency}.",
            self.compared.len()
        );
        let difference =
            if price.is_zero() { Decimal::ZERO } else { (subject.price - price) / price * Decimal::ONE_HUNDRED };
        let percent = difference.abs().round_dp(0).normalize();
        let asked = subject.price;
        let advice = match self.position {
            Some(MarketPosition::Above) => format!(
                "The price asked, {asked} {currency}, is {percent} % above that. Expect a longer sale, or come nearer to the \
                 suggestion."
            ),
            Some(MarketPosition::Below) => format!(
                "The price asked, {asked} {currency}, is {percent} % below that. There is room to ask for more."
            ),
            _ => format!("The price asked, {asked} {currency}, is in line with it. Keep it."),
        };
        let doubt = if self.confidence < Decimal::new(4, 1) {
            " The comparison stands on little: look at it together with somebody who knows the place."
        } else {
            ""
        };
        format!("{basis} {advice}{doubt}")
    }
}

fn compare(subject: &Home, comparable: Comparable) -> Option<Compared> {
    let home = &comparable.home;
    let price = home.price.to_f64().filter(|price| *price > 0.0)?;
    let likeness = 0.45 * alike_in_place(subject, home)
        + 0.35 * alike_in_size(subject.size_sqft, home.size_sqft)
        + 0.12 * alike_in_number(subject.bedrooms, home.bedrooms, 0.3)
        + 0.08 * alike_in_number(subject.bathrooms, home.bathrooms, 0.25);
    if likeness < LEAST_LIKENESS {
        return None;
    }
    let says = match (subject.size_sqft, home.size_sqft) {
        (Some(wanted), Some(known)) if known > 0 => price * f64::from(wanted) / f64::from(known),
        _ => match (subject.bedrooms, home.bedrooms) {
            (Some(wanted), Some(known)) => price * (1.0 + 0.1 * f64::from((wanted - known).clamp(-5, 5))),
            _ => price,
        },
    };
    // What somebody asks for is more than what it will fetch, and what was paid long ago says less every year.
    let trust = match comparable.sold_days_ago {
        Some(days) => 0.5_f64.powf(f64::from(days.max(0)) / 730.0),
        None => 0.7,
    };
    Some(Compared { comparable, likeness, says, weight: likeness * likeness * trust })
}

fn alike_in_place(one: &Home, other: &Home) -> f64 {
    let (Some(one), Some(other)) = (&one.place, &other.place) else { return 0.4 };
    if one == other {
        return 1.0;
    }
    let words = |place: &str| -> Vec<String> {
        place
            .split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| word.chars().count() > 3)
            .map(str::to_owned)
            .collect()
    };
    let known = words(other);
    if words(one).iter().any(|word| known.contains(word)) { 0.6 } else { 0.1 }
}

fn alike_in_size(one: Option<i32>, other: Option<i32>) -> f64 {
    match (one, other) {
        (Some(one), Some(other)) if one > 0 && other > 0 => {
            let ratio = f64::from(one.min(other)) / f64::from(one.max(other));
            ((ratio - 0.4) / 0.6).clamp(0.0, 1.0)
        }
        (None, None) => 0.5,
        _ => 0.4,
    }
}

fn alike_in_number(one: Option<i32>, other: Option<i32>, each: f64) -> f64 {
    match (one, other) {
        (Some(one), Some(other)) => (1.0 - each * f64::from((one - other).abs())).max(0.0),
        _ => 0.6,
    }
}

/// The price at which those who say less weigh as much as those who say more.
fn weighted_median(compared: &[Compared]) -> Option<f64> {
    let mut said: Vec<(f64, f64)> = compared.iter().map(|one| (one.says, one.weight)).collect();
    said.sort_by(|one, other| one.0.total_cmp(&other.0));
    let half = said.iter().map(|(_, weight)| weight).sum::<f64>() / 2.0;
    let mut below = 0.0;
    for (index, (price, weight)) in said.iter().enumerate() {
        below += weight;
        if below > half {
            return Some(*price);
        }
        if (below - half).abs() < f64::EPSILON {
            return Some(said.get(index + 1).map_or(*price, |(next, _)| f64::midpoint(*price, *next)));
        }
    }
    said.last().map(|(price, _)| *price)
}

/// As prices are written: nobody asks for 311,427.
fn rounded(price: f64) -> Decimal {
    let step = match price {
        price if price >= 50_000.0 => 1000.0,
        price if price >= 5_000.0 => 100.0,
        price if price >= 200.0 => 5.0,
        _ => 1.0,
    };
    decimal((price / step).round() * step).round_dp(2)
}

fn decimal(number: f64) -> Decimal {
    Decimal::from_f64(number).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn home(price: i64, size: i32, bedrooms: i32, place: &str) -> Home {
        Home {
            price: price.into(),
            size_sqft: Some(size),
            bedrooms: Some(bedrooms),
            bathrooms: Some(2),
            place: Some(place.to_owned()),
        }
    }

    fn comparable(id: u128, home: Home, sold_days_ago: Option<i32>) -> Comparable {
        Comparable { id: Uuid::from_u128(id), title: format!("Casa {id}"), home, sold_days_ago }
    }

    #[test]
    fn the_middle_of_what_is_alike_is_the_price() {
        let subject = home(330_000, 1000, 3, "chamberi");
        let comparables = vec![
            comparable(1, home(300_000, 1000, 3, "chamberi"), Some(30)),
            comparable(2, home(310_000, 1000, 3, "chamberi"), Some(60)),
            comparable(3, home(290_000, 1000, 3, "chamberi"), Some(10)),
            comparable(4, home(1_900_000, 1000, 3, "chamberi"), None),
            comparable(5, home(60_000, 400, 1, "lejos"), Some(5)),
        ];
        let appraisal = appraise(&subject, comparables);
        let price = appraisal.price.unwrap();
        assert!((Decimal::from(290_000)..=Decimal::from(310_000)).contains(&price), "{price}");
        assert_eq!(appraisal.position, Some(MarketPosition::Above));
        assert!(appraisal.compared.iter().all(|one| one.comparable.id != Uuid::from_u128(5)), "it is not alike");
        let advice = appraisal.advice(&subject, "EUR");
        assert!(advice.contains("above") && advice.contains("330000 EUR"), "{advice}");
        assert_eq!(appraisal.comps()[0]["sold"], true);
    }

    #[test]
    fn prices_follow_sizes() {
        let comparables =
            vec![comparable(1, home(200_000, 800, 2, "x"), Some(1)), comparable(2, home(250_000, 1000, 3, "x"), None)];
        let appraisal = appraise(&home(300_000, 1200, 3, "x"), comparables);
        assert_eq!(appraisal.price, Some(300_000.into()));
        assert_eq!(appraisal.position, Some(MarketPosition::At));
    }

    #[test]
    fn without_comparables_nothing_is_said() {
        let appraisal = appraise(&home(1, 1, 1, "x"), vec![]);
        assert_eq!((appraisal.price, appraisal.position, appraisal.confidence), (None, None, Decimal::ZERO));
        assert_eq!(appraisal.comps(), json!([]));
        assert!(appraisal.advice(&home(1, 1, 1, "x"), "EUR").starts_with("There are no comparable"));
    }

    #[test]
    fn more_that_agree_are_more_sure() {
        let alike = |count: u128| (0..count).map(|id| comparable(id, home(300_000, 1000, 3, "x"), Some(9))).collect();
        let confidence = |count| appraise(&home(300_000, 1000, 3, "x"), alike(count)).confidence;
        assert!(confidence(1) < confidence(3) && confidence(3) < confidence(6));
        assert!(confidence(8) <= Decimal::ONE);
    }

    proptest! {
        #[test]
        fn the_price_lies_between_what_is_said(
            homes in proptest::collection::vec((1_000i64..2_000_000, 200i32..4000, 0i32..6, "[ab]"), 0..12),
            asked in 0i64..2_000_000,
        ) {
            let subject = home(asked, 1000, 3, "a");
            let comparables = homes.into_iter().enumerate().map(|(id, (price, size, rooms, place))| {
                comparable(id as u128, home(price, size, rooms, &place), (id % 2 == 0).then_some(100))
            });
            let appraisal = appraise(&subject, comparables.collect());
            prop_assert!((Decimal::ZERO..=Decimal::ONE).contains(&appraisal.confidence));
            prop_assert!(appraisal.compared.len() <= MOST);
            if let Some(price) = appraisal.price {
                let said = || appraisal.compared.iter().map(|one| one.says);
                let (low, high) = (said().fold(f64::MAX, f64::min), said().fold(0.0, f64::max));
                prop_assert!(price >= rounded(low) && price <= rounded(high), "{low} {price} {high}");
            } else {
                prop_assert!(appraisal.compared.is_empty());
            }
        }
    }
}
