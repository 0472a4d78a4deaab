//! Every entity, in reading order.

use entity::declare::EntityDecl;

use crate::{crm, identity};

/// The declarations of all domains.
pub fn all() -> Vec<&'static EntityDecl> {
    [identity::entities(), crm::entities()].concat()
}
