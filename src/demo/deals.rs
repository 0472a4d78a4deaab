//! The life of what a firm offers: when each car or home came on the market,
//! and the deals that were opened, agreed, carried out or called off.
//!
//! Both trades share this plan; stock and homes dress it with details. Every
//! status follows from dates, so the data is consistent by construction: a
//! deal is PENDING because its later dates lie in the future.

use chrono::{DateTime, Duration, Utc};

use super::clock::working;
use super::firm::Trade;
use super::rng::Rng;

/// A car or a home on its way through the books.
#[derive(Clone, Debug)]
pub(crate) struct Listing {
    /// When it was bought in or listed.
    pub(crate) since: DateTime<Utc>,
    /// To let rather than for sale.
    pub(crate) rental: bool,
    /// Its deals in order of time, as places in the list of deals.
    pub(crate) deals: Vec<usize>,
    /// When the deal that went through was opened; none while on the market.
    pub(crate) taken: Option<DateTime<Utc>>,
}

/// A sale or a letting with the moments that are past.
#[derive(Clone, Debug)]
pub(crate) struct Deal {
    /// Place of the car or home in the list of listings.
    pub(crate) listing: usize,
    pub(crate) rental: bool,
    pub(crate) opened: DateTime<Utc>,
    pub(crate) approved: Option<DateTime<Utc>>,
    pub(crate) completed: Option<DateTime<Utc>>,
    pub(crate) delivered: Option<DateTime<Utc>>,
    pub(crate) cancelled: Option<DateTime<Utc>>,
}

impl Deal {
    /// The value of `sales.status` that these dates mean.
    pub(crate) fn status(&self) -> &'static str {
        match self {
            Self { cancelled: Some(_), .. } => "CANCELLED",
            Self { delivered: Some(_), .. } => "DELIVERED",
            Self { completed: Some(_), .. } => "COMPLETED",
            Self { approved: Some(_), .. } => "APPROVED",
            _ => "PENDING",
        }
    }

    /// The last thing that happened to it.
    pub(crate) fn last_event(&self) -> DateTime<Utc> {
        let events = [self.approved, self.completed, self.delivered, self.cancelled];
        events.into_iter().flatten().fold(self.opened, DateTime::max)
    }
}

/// Plans `count` deals over the 24 months before `today`, and listings for
/// them and for what is on the market today.
pub(crate) fn plan(trade: Trade, number: usize, count: usize, today: DateTime<Utc>) -> (Vec<Listing>, Vec<Deal>) {
    let mut rng = Rng::for_subject(number, "deals");
    let mut listings: Vec<Listing> = Vec::new();
    let mut deals: Vec<Deal> = Vec::new();
    // What is back on the market after a deal was called off.
    let mut free: Vec<(DateTime<Utc>, usize)> = Vec::new();
    for opened in openings(count, today, &mut rng) {
        let back = free.iter().position(|(since, _)| *since < opened - Duration::days(2));
        let listing = match back {
            Some(place) if rng.chance(80) => free.remove(place).1,
            _ => {
                listings.push(Listing {
                    since: working(opened - Duration::days(rng.between(8, 110)), &mut rng),
                    rental: trade == Trade::Agency && rng.chance(42),
                    deals: Vec::new(),
                    taken: None,
                });
                listings.len() - 1
            }
        };
        let deal = deal(trade, listing, listings[listing].rental, opened, today, &mut rng);
        if let Some(cancelled) = deal.cancelled {
            free.push((cancelled, listing));
        } else {
            listings[listing].taken = Some(opened);
        }
        listings[listing].deals.push(deals.len());
        deals.push(deal);
    }
    show_every_status(&mut deals);
    for _ in 0..count * 2 / 5 {
        listings.push(Listing {
            since: working(today - Duration::days(rng.between(3, 160)), &mut rng),
            rental: trade == Trade::Agency && rng.chance(35),
            deals: Vec::new(),
            taken: None,
        });
    }
    (listings, deals)
}

/// Lets every status appear today, where chance has left one out: somebody
/// gets an answer from the bank, or waits another day for it or for the keys.
fn show_every_status(deals: &mut [Deal]) {
    let missing = |deals: &[Deal], status| deals.iter().all(|deal| deal.status() != status);
    if missing(deals, "COMPLETED")
        && let Some(deal) = deals.iter_mut().rev().find(|deal| deal.delivered.is_some())
    {
        deal.delivered = None;
    }
    if missing(deals, "APPROVED")
        && let Some(deal) = deals.iter_mut().find(|deal| deal.status() == "PENDING")
    {
        deal.approved = Some(deal.opened + Duration::minutes(20));
    }
    if missing(deals, "PENDING")
        && let Some(deal) = deals.iter_mut().rev().find(|deal| deal.status() == "APPROVED")
    {
        deal.approved = None;
    }
}

/// When deals are opened: all over the two years, and some in the last three
/// weeks, so that every status has rows today.
fn openings(count: usize, today: DateTime<Utc>, rng: &mut Rng) -> Vec<DateTime<Utc>> {
    let recent = (count / 16).max(8).min(count);
    let mut openings: Vec<_> = (0..count)
        .map(|place| {
            let days = if place < recent { (place * 21 / recent) as i64 } else { rng.between(22, 729) };
            let at = working(today - Duration::days(days), rng);
            // A holiday may have put it into the future.
            if at < today { at } else { working(at - Duration::days(4), rng) }
        })
        .collect();
    openings.sort_unstable();
    openings
}

fn deal(
    trade: Trade,
    listing: usize,
    rental: bool,
    opened: DateTime<Utc>,
    today: DateTime<Utc>,
    rng: &mut Rng,
) -> Deal {
    // Days until approval, completion and handover: a car waits for the bank
    // and the registry, a home for the mortgage and the notary.
    let (approval, completion, handover) = match (trade, rental) {
        (Trade::Dealership, _) => ((1, 4), (2, 12), (1, 7)),
        (Trade::Agency, true) => ((1, 3), (1, 6), (1, 10)),
        (Trade::Agency, false) => ((3, 12), (20, 50), (0, 4)),
    };
    let mut after = |from: DateTime<Utc>, (low, high): (i64, i64)| {
        working(from + Duration::days(rng.between(low, high)), rng).max(from + Duration::minutes(30))
    };
    let approved = after(opened, approval);
    let completed = after(approved, completion);
    let delivered = after(completed, handover);
    let given_up = after(opened, (2, 14));
    let past = |at: DateTime<Utc>| (at <= today).then_some(at);
    let cancelled = rng.chance(9).then_some(given_up).and_then(past);
    let before_end = |at: DateTime<Utc>| past(at).filter(|at| cancelled.is_none_or(|end| *at < end));
    Deal {
        listing,
        rental,
        opened,
        approved: before_end(approved),
        completed: before_end(completed).filter(|_| cancelled.is_none()),
        delivered: before_end(delivered).filter(|_| cancelled.is_none()),
        cancelled,
    }
}
