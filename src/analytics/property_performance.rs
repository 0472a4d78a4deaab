//! What was measured of a property: a view over events and tasks, so it is always up to date.

use entity::{Ref, entity};

use crate::properties::Property;

/// How a property does.
#[entity(
    table = property_performance, process = PROPERTIES, plural = "propertyPerformances",
    append_only, child_only, no_create
)]
pub struct PropertyPerformance {
    /// How often it was looked at: the sum of its events VIEW.
    #[field(read_only)]
    pub views: i32,
    /// How many contacts became interested: the sum of its events INQUIRY, of which each new PropertyInterest makes one.
    #[field(read_only)]
    pub inquiries: i32,
    /// How many tasks there are about it, of those that you see.
    #[field(read_only)]
    pub tasks: i32,
    /// For how many whole days it has been on offer: since it was noted or listed again, until it was sold or rented.
    #[field(read_only)]
    pub days_listed: i32,
    /// The property.
    #[belongs_to(read_only, one, inverse = "performance", doc = "What was measured of the property.")]
    pub property: Ref<Property>,
}
