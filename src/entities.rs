//! The list of all entities, from which the schema is made. A new domain is one more line here.

use entity::declare::{EntityDecl, VerbDecl};
use entity::roots::MadeQuery;

use crate::{
    analytics, artifacts, assistants, audit, calendar, campaigns, crm, files, finance, health, identity, inbound,
    inbox, integrations, inventory, jobs, logistics, outbound, properties, retrieval, sales, support, usage,
};

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
        files::entities(),
        logistics::entities(),
        assistants::entities(),
        artifacts::entities(),
        retrieval::entities(),
        usage::entities(),
        health::entities(),
        finance::entities(),
        support::entities(),
        integrations::entities(),
        analytics::entities(),
        audit::entities(),
        jobs::entities(),
        outbound::entities(),
    ]
    .concat()
}

/// All verbs that are more than an update of one row.
#[must_use]
pub fn verbs() -> Vec<&'static VerbDecl> {
    [
        identity::verbs(),
        inbox::verbs(),
        inbound::verbs(),
        properties::verbs(),
        files::verbs(),
        logistics::verbs(),
        assistants::verbs(),
        artifacts::verbs(),
        retrieval::verbs(),
        usage::verbs(),
        health::verbs(),
        finance::verbs(),
        support::verbs(),
        integrations::verbs(),
        analytics::verbs(),
        jobs::verbs(),
        outbound::verbs(),
    ]
    .concat()
}

/// All root queries that are more than rows of an entity.
#[must_use]
pub fn queries() -> Vec<&'static MadeQuery> {
    [
        files::queries(),
        logistics::queries(),
        assistants::queries(),
        artifacts::queries(),
        retrieval::queries(),
        usage::queries(),
        health::queries(),
        finance::queries(),
        support::queries(),
        integrations::queries(),
        analytics::queries(),
    ]
    .concat()
}
