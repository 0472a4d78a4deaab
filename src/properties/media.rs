//! Media: the pictures, films and papers of a property.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};

use super::Property;

/// What kind of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum MediaType {
    /// A picture.
    Image,
    /// A paper, for instance a floor plan.
    Document,
    /// A film.
    Video,
}

/// A picture, film or paper of a property. Either `url` or `storageKey` says where it is.
#[entity(table = media, process = PROPERTIES, plural = "mediaItems")]
pub struct Media {
    /// Web address, when it is kept elsewhere.
    pub url: Option<String>,
    /// Key in the storage of the business, when it is kept there.
    pub storage_key: Option<String>,
    /// What kind of file it is.
    pub type_: MediaType,
    /// Facts about the file, for instance caption, width and height.
    pub metadata: Option<serde_json::Value>,
    /// When it was uploaded; now when it is not given.
    #[field(default)]
    pub uploaded_at: DateTime<Utc>,
    /// The property.
    #[belongs_to(inverse = "media", doc = "Pictures, films and papers of the property.")]
    pub property: Ref<Property>,
}
