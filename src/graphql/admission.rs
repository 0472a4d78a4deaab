//! Whether the session behind a valid token may do what is asked.

use std::sync::Arc;

use async_graphql::parser::types::{OperationDefinition, Selection, SelectionSet};
use entity::database::DbError;
use entity::roots::code_and_sentence;

use super::credentials::{Unidentified, is_of_accounts};
use super::documents;
use super::service::AnswerKind;
use crate::access::{AccessError, Viewer};
use crate::request::Services;
use crate::token::Identity;

/// What a session may do whose password must be changed; and signing in anew, for which nobody needs a session.
const WITH_AN_OLD_PASSWORD: [&str; 7] =
    ["viewer", "changePassword", "signOut", "signIn", "refreshSession", "startOauth", "finishOauth"];

/// Finds the viewer of an identity; nobody for a mutation of accounts whose session is over, as for a token that is.
pub(super) async fn admit(
    services: &Services,
    identity: &Identity,
    document: &documents::Document,
    operation: &OperationDefinition,
) -> Result<Option<Arc<Viewer>>, Unidentified> {
    let viewer = match services.access.viewer(identity).await {
        Ok(viewer) => viewer,
        Err(AccessError::Ended) if is_of_accounts(operation) => return Ok(None),
        Err(error) => return Err(refused(&error)),
    };
    if viewer.must_change_password(services.clock.now()) && !is_open_to_all(document, &operation.selection_set.node) {
        return Err(Unidentified {
            kind: AnswerKind::Forbidden,
            code: "PASSWORD_CHANGE_REQUIRED",
            message: "Choose a new password first: until then this session may do nothing else.".to_owned(),
        });
    }
    Ok(Some(viewer))
}

/// Why somebody with a valid token is not let in.
pub(super) fn refused(error: &AccessError) -> Unidentified {
    let AccessError::Database(fault) = error else {
        let message = error.to_string();
        return Unidentified { kind: AnswerKind::Unauthenticated, code: "UNAUTHENTICATED", message };
    };
    let (kind, code) = match fault {
        DbError::Unavailable(_) => (AnswerKind::Unavailable, "UNAVAILABLE"),
        DbError::TimedOut => (AnswerKind::Unavailable, "TIMEOUT"),
        _ => (AnswerKind::Internal, "INTERNAL"),
    };
    tracing::error!(target: "mostrador::request", code, reason = ?fault, "could not find out who asks");
    Unidentified { kind, code, message: code_and_sentence(fault).1.to_owned() }
}

/// Whether an operation asks for nothing that an old password would keep from it. Directives are not looked at: a field
/// that is skipped counts as asked for.
fn is_open_to_all(document: &documents::Document, selections: &SelectionSet) -> bool {
    selections.items.iter().all(|selection| match &selection.node {
        Selection::Field(field) => {
            let name = field.node.name.node.as_str();
            name.starts_with("__") || WITH_AN_OLD_PASSWORD.contains(&name)
        }
        Selection::InlineFragment(fragment) => is_open_to_all(document, &fragment.node.selection_set.node),
        // Cycles were refused when the document was measured.
        Selection::FragmentSpread(spread) => document
            .fragments
            .get(&spread.node.fragment_name.node)
            .is_some_and(|fragment| is_open_to_all(document, &fragment.node.selection_set.node)),
    })
}
