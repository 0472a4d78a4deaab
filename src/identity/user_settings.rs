//! Settings that users make for themselves. Row-level security shows them to nobody else, whatever the role.

use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, VerbDecl};
use entity::kind::Scalar;
use entity::sql::Bind;
use entity::write::{Outcome, Writer};
use entity::{Entity, Ref, entity};
use futures_util::FutureExt;
use rust_decimal::Decimal;

use super::User;
use crate::own_row::OwnRow;
use crate::processes::ACCOUNT;

/// What a user has chosen for work with assistants. Only the user sees it.
#[entity(table = user_settings, process = ACCOUNT, child_only)]
pub struct UserSettings {
    /// The model that answers when a chat names none; null for the assistant's own.
    pub default_model: Option<String>,
    /// How freely assistants write, from 0 to 2; null as the assistant has it.
    pub temperature: Option<Decimal>,
    /// Longest answer in tokens, at least 1; null as the assistant has it.
    pub max_tokens: Option<i32>,
    /// Whether assistants may look things up in the user's documents.
    #[field(default)]
    pub rag_enabled: bool,
    /// Whose settings they are: always one's own.
    #[belongs_to(
        read_only,
        one,
        inverse = "settings",
        doc = "What the user has chosen; null for none, and for everybody else."
    )]
    pub user: Ref<User>,
}

/// `saveUserSettings`: makes the settings of the signed-in user, or changes them.
pub(super) static SAVE_USER_SETTINGS: VerbDecl = VerbDecl {
    mutation: "saveUserSettings",
    doc: "Changes your settings; makes them when there are none. What is left out stays as it is.",
    entity: UserSettings::decl,
    right: ACCOUNT.write(),
    inputs: &[
        InputDecl {
            name: "defaultModel",
            doc: "The model that answers when a chat names none; null for the assistant's own.",
            ty: <Option<String>>::TYPE,
            need: Input::Optional,
        },
        InputDecl {
            name: "temperature",
            doc: "How freely assistants write, from 0 to 2; null as the assistant has it.",
            ty: <Option<Decimal>>::TYPE,
            need: Input::Optional,
        },
        InputDecl {
            name: "maxTokens",
            doc: "Longest answer in tokens, at least 1; null as the assistant has it.",
            ty: <Option<i32>>::TYPE,
            need: Input::Optional,
        },
        InputDecl {
            name: "ragEnabled",
            doc: "Whether assistants may look things up in your documents.",
            ty: <Option<bool>>::TYPE,
            need: Input::Optional,
        },
    ],
    secret: None,
    run: |writer, input| save(writer, input).boxed(),
};

/// The column of an input, unless it is left as it is.
fn column(name: &str, value: &Bind) -> Option<&'static str> {
    match (name, value) {
        ("defaultModel", _) => Some("default_model"),
        ("temperature", _) => Some("temperature"),
        ("maxTokens", _) => Some("max_tokens"),
        // Null is no value of it.
        ("ragEnabled", Bind::Bool(_)) => Some("rag_enabled"),
        _ => None,
    }
}

const OWN: OwnRow = OwnRow { table: "user_settings", soft_delete: false };

async fn save(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let given = input.0.iter().filter_map(|(name, value)| Some((column(name, value)?, value.clone())));
    let id = OWN.save(writer, &given.collect::<Vec<_>>()).await?;
    Ok(Outcome { id, ..Outcome::default() })
}
