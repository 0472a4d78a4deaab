//! Property interests: who likes which property.

use entity::{Ref, entity};

use super::Property;
use crate::crm::Contact;

/// Says that a contact is interested in a property; noted once for each pair.
#[entity(table = property_interests, process = PROPERTIES)]
pub struct PropertyInterest {
    /// What the contact said about it.
    pub notes: Option<String>,
    /// Who is interested.
    #[belongs_to(inverse = "propertyInterests", doc = "Properties that the contact is interested in.")]
    pub contact: Ref<Contact>,
    /// In what.
    #[belongs_to(inverse = "interests", doc = "Contacts who are interested in the property.")]
    pub property: Ref<Property>,
}
