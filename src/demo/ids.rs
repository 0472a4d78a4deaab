//! Ids of demo rows: UUIDs of version 7 made from the row's own time.
//!
//! They sort by time like those the server makes, and are the same in every
//! load of the same scale and day.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::rng::mix;

/// Makes the ids of one tenant.
#[derive(Clone, Debug)]
pub(crate) struct Ids {
    salt: u64,
    made: u64,
}

impl Ids {
    /// The ids of the tenant with this number.
    pub(crate) fn for_tenant(tenant: usize) -> Self {
        Self { salt: mix(0x6964_7300 + tenant as u64), made: 0 }
    }

    /// A new id for a row that came into being at `at`.
    pub(crate) fn at(&mut self, at: DateTime<Utc>) -> Uuid {
        self.made += 1;
        // 48 bits of milliseconds, then the counter (ids of one millisecond
        // stay in order), then bits that differ between tenants.
        let millis = at.timestamp_millis().max(0) as u64;
        let high = (millis << 16) | 0x7000 | (self.made >> 8 & 0xfff);
        let low = (self.made & 0xff) << 54 | mix(self.salt ^ self.made) >> 10;
        Uuid::from_u64_pair(high, 1 << 63 | low)
    }
}
