//! How much data a scale means.
//!
//! Scale 1 is for people: two firms, a dealership and an agency, together about
//! 3,000 contacts, 4,000 conversations and 40,000 messages. Scale `n` from 2 on
//! is for load tests: `n` firms, alternately of both trades, each of the size
//! that the benchmarks use. So 20 gives 20 tenants with 57,500 contacts, 69,000
//! conversations, 690,000 messages and 8,600 sales in all.

/// How much one firm has of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) contacts: usize,
    pub(crate) conversations: usize,
    /// Wanted; a conversation is not cut short for it, so it is met about.
    pub(crate) messages: usize,
    pub(crate) sales: usize,
}

/// The firm that a person meets in the demo.
const DEMO: Size = Size { contacts: 1_500, conversations: 2_000, messages: 20_000, sales: 220 };
/// The firm that the benchmarks measure.
const LOAD: Size = Size { contacts: 2_875, conversations: 3_450, messages: 34_500, sales: 430 };

/// The number of firms at this scale, and their size.
pub(crate) fn firms(scale: u32) -> (usize, Size) {
    match scale {
        0 | 1 => (2, DEMO),
        many => (many as usize, LOAD),
    }
}
