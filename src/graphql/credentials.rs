//! Who asks: the bearer token, or the cookie of a page of ours.
//!
//! A bearer token wins over a cookie. A cookie comes along by itself, whichever page makes the browser ask; so it counts
//! only together with the header `x-csrf-token`, whose hash the token holds, and never for a page of a foreign origin.

use async_graphql::parser::types::{OperationDefinition, OperationType, Selection};
use sha2::{Digest, Sha256};

use super::service::{AnswerKind, Call, Caller};
use crate::token::{Identity, Tokens};

/// Why nobody is let in.
pub(super) struct Unidentified {
    pub(super) kind: AnswerKind,
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// Finds out who asks; `None` for nobody.
///
/// Mutations of accounts run for whoever has no valid token as for nobody: renewing a session is what one does when the
/// access token has expired.
pub(super) fn identify(
    tokens: &Tokens,
    call: &Call,
    operation: &OperationDefinition,
) -> Result<Option<Identity>, Unidentified> {
    match prove(tokens, call.bearer.as_deref(), &call.caller) {
        Err(_) if is_of_accounts(operation) => Ok(None),
        proven => proven,
    }
}

/// Finds out whose credentials these are; `None` when there are none.
pub(super) fn prove(tokens: &Tokens, bearer: Option<&str>, caller: &Caller) -> Result<Option<Identity>, Unidentified> {
    let refused = |kind, code, message: &str| Err(Unidentified { kind, code, message: message.to_owned() });
    if let Some(token) = bearer {
        return match tokens.verify(token) {
            Ok(identity) => Ok(Some(identity)),
            Err(error) => refused(AnswerKind::Unauthenticated, "UNAUTHENTICATED", &error.to_string()),
        };
    }
    let Some(token) = &caller.cookies.access else { return Ok(None) };
    if caller.is_foreign_page {
        return refused(
            AnswerKind::Forbidden,
            "FORBIDDEN",
            "Pages of other origins cannot use the cookies of this one.",
        );
    }
    match tokens.verify(token) {
        Ok(identity) if proves(caller.csrf_token.as_deref(), identity.csrf_hash.as_ref()) => Ok(Some(identity)),
        Ok(_) => {
            let message = "A request with cookies needs the header x-csrf-token with the value that signing in gave.";
            refused(AnswerKind::Forbidden, "FORBIDDEN", message)
        }
        Err(error) => refused(AnswerKind::Unauthenticated, "UNAUTHENTICATED", &error.to_string()),
    }
}

/// Whether a header is the one whose hash is known. Hashes are compared, so the time tells nothing of the token.
fn proves(header: Option<&str>, hash: Option<&[u8; 32]>) -> bool {
    header.zip(hash).is_some_and(|(header, hash)| <[u8; 32]>::from(Sha256::digest(header)) == *hash)
}

/// Whether all that is asked for are mutations of accounts, which look by themselves who asks.
pub(super) fn is_of_accounts(operation: &OperationDefinition) -> bool {
    operation.ty == OperationType::Mutation
        && operation.selection_set.node.items.iter().all(|selection| match &selection.node {
            Selection::Field(field) => super::mutation::is_of_accounts(&field.node.name.node),
            _ => false,
        })
}
