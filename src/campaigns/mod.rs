//! Campaigns: one message to many contacts, sent in batches.

mod campaign;
mod campaign_batch;

use entity::Entity;
use entity::declare::EntityDecl;

pub use campaign::Campaign;
pub use campaign_batch::CampaignBatch;

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![Campaign::decl(), CampaignBatch::decl()]
}
