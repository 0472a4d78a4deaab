//! How a user wants documents to be searched.

use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, VerbDecl};
use entity::kind::Scalar;
use entity::write::{Outcome, Writer};
use entity::{Entity, Ref, entity};
use futures_util::FutureExt;
use rust_decimal::Decimal;

use crate::identity::User;
use crate::own_row::OwnRow;
use crate::processes::ASSISTANTS;

/// How a user wants documents to be searched, in chats and by `searchRagDocuments`. Only the user sees it.
#[entity(table = rag_settings, process = ASSISTANTS, child_only)]
pub struct RagSettings {
    /// Most passages that a search gives, from 1 to 50; 5 when it is not given.
    #[field(default)]
    pub top_k: i32,
    /// How near a passage must be to the question, from 0 (anything) to 1 (the same meaning); 0.7 when it is not given.
    #[field(default)]
    pub threshold: Decimal,
    /// Tags of the documents that are searched; empty for all documents.
    #[field(default, no_order)]
    pub collections: Vec<String>,
    /// Whose settings they are: always one's own.
    #[belongs_to(
        read_only,
        one,
        inverse = "ragSettings",
        doc = "How the user wants documents to be searched; null for the usual way, and for everybody else."
    )]
    pub user: Ref<User>,
}

/// `saveRagSettings`: makes the settings of the signed-in user, or changes them.
pub(super) static SAVE_RAG_SETTINGS: VerbDecl = VerbDecl {
    mutation: "saveRagSettings",
    doc: "Changes how your documents are searched; makes the settings when there are none. What is left out stays as it \
          is.",
    entity: RagSettings::decl,
    right: ASSISTANTS.write(),
    inputs: &[
        InputDecl {
            name: "topK",
            doc: "Most passages that a search gives, from 1 to 50; 5 to begin with.",
            ty: i32::TYPE,
            need: Input::Optional,
        },
        InputDecl {
            name: "threshold",
            doc: "How near a passage must be to the question, from 0 to 1; 0.7 to begin with.",
            ty: Decimal::TYPE,
            need: Input::Optional,
        },
        InputDecl {
            name: "collections",
            doc: "Tags of the documents that are searched; empty for all documents.",
            ty: Vec::<String>::TYPE,
            need: Input::Optional,
        },
    ],
    secret: None,
    run: |writer, input| save(writer, input).boxed(),
};

const OWN: OwnRow = OwnRow { table: "rag_settings", soft_delete: false };

async fn save(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let columns = [("topK", "top_k"), ("threshold", "threshold"), ("collections", "collections")];
    let given = columns.iter().filter_map(|(name, column)| Some((*column, input.get(name)?.clone())));
    let id = OWN.save(writer, &given.collect::<Vec<_>>()).await?;
    Ok(Outcome { id, ..Outcome::default() })
}
