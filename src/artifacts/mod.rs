//! What assistants make and people keep: artifacts with their versions.

mod artifact;
mod share_artifact;
mod write_artifact;

use entity::Entity;
use entity::declare::{EntityDecl, VerbDecl};
use entity::roots::MadeQuery;

pub use artifact::{Artifact, ArtifactType};

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![Artifact::decl()]
}

/// The verbs of this domain.
pub fn verbs() -> Vec<&'static VerbDecl> {
    vec![&write_artifact::CREATE_ARTIFACT, &write_artifact::CREATE_ARTIFACT_VERSION, &share_artifact::SHARE_ARTIFACT]
}

/// The queries of this domain that are more than rows of an entity.
pub fn queries() -> Vec<&'static MadeQuery> {
    vec![&share_artifact::SHARED_ARTIFACT]
}
