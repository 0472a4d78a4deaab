//! The list of all entities, from which the schema is made. A new domain is one more line here.

use entity::declare::{EntityDecl, VerbDecl};

use crate::{audit, calendar, campaigns, crm, identity, inbound, inbox, inventory, jobs, outbound, properties, sales};

/// All entities, domain by domain in reading order.
#[must_use]
pub fn all() -> Vec<&'static EntityDecl> {
    [
        identity::entities(),
        crm::entities(),
        inbox::entities(),
        inbound::entities(),
        campaigns::entities(),
        calendar::entities(),
        inventory::entities(),
        sales::entities(),
        properties::entities(),
        audit::entities(),
        jobs::entities(),
        outbound::entities(),
    ]
    .concat()
}

/// All verbs that are more than an update of one row.
#[must_use]
pub fn verbs() -> Vec<&'static VerbDecl> {
    [identity::verbs(), inbox::verbs(), inbound::verbs(), jobs::verbs(), outbound::verbs()].concat()
}
