//! Connections to other systems, with their tokens and runs.

use entity::declare::{EntityDecl, VerbDecl};
use entity::roots::MadeQuery;

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![]
}

/// The verbs of this domain.
pub fn verbs() -> Vec<&'static VerbDecl> {
    vec![]
}

/// The queries of this domain that are more than rows of an entity.
pub fn queries() -> Vec<&'static MadeQuery> {
    vec![]
}
