//! Folders. Their paths, and that none is inside itself, are the database's to keep.

use entity::{Ref, entity};

use crate::identity::User;

/// A folder for files. Only its user sees it.
#[entity(table = folders, process = FILES, order_by(path))]
pub struct Folder {
    /// Its name, unique where it is; without slashes, at most 100 characters.
    pub name: String,
    /// Where it is: the names from the outermost folder to this one, each behind a slash, as in /Letters/2026. It follows
    /// the name and the folder around it, also when those above are renamed or moved.
    #[field(read_only)]
    pub path: String,
    /// Colour as #RRGGBB; null for none.
    pub color: Option<String>,
    /// Whose it is: always one's own.
    #[belongs_to(read_only, inverse = "folders", doc = "The user's folders, at all depths; empty for everybody else.")]
    pub user: Ref<User>,
    /// The folder around it; null for the outermost. A folder cannot be inside itself.
    #[belongs_to(inverse = "children", doc = "The folders directly inside.")]
    pub parent: Option<Ref<Folder>>,
}
