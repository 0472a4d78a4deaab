//! A car or a home as customers and staff talk about it.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::people::Language;
use super::rng::Rng;
use super::script::Words;

/// What is offered, in the words of both languages.
#[derive(Debug)]
pub(crate) struct Offer {
    pub(crate) id: Uuid,
    /// Price in whole euros; of a rental, the month's rent.
    pub(crate) price: i64,
    pub(crate) rental: bool,
    pub(crate) since: DateTime<Utc>,
    /// When somebody else's deal took it off the market.
    pub(crate) taken: Option<DateTime<Utc>>,
    /// Whether the scripts of conversations fit it.
    pub(crate) talked_about: bool,
    pub(crate) spanish: Words,
    pub(crate) english: Words,
}

impl Offer {
    /// The words for the gaps of a text.
    pub(crate) fn words(&self, language: Language) -> &Words {
        match language {
            Language::Spanish => &self.spanish,
            Language::English => &self.english,
        }
    }

    /// Whether it was on the market at that moment.
    pub(crate) fn on_market(&self, at: DateTime<Utc>) -> bool {
        self.since <= at && self.taken.is_none_or(|taken| at < taken)
    }
}

/// An offer that was on the market then and that one can talk about; failing
/// that, any that one can talk about.
pub(crate) fn on_market(offers: &[Offer], at: DateTime<Utc>, rng: &mut Rng) -> usize {
    let start = rng.below(offers.len());
    let mut places = (start..offers.len()).chain(0..start).filter(|place| offers[*place].talked_about);
    let any = places.clone().next().unwrap_or(start);
    places.find(|place| offers[*place].on_market(at)).unwrap_or(any)
}
