//! How often somebody may ask for mails, or try tokens out.
//!
//! Asking counts whatever comes of it: nobody but the owner of an address knows whether a mail arrived. What a real
//! account is sent is limited once more where mails are made, see `issue_tokens.rs`.

use std::time::Duration;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::sign_in::network_of;
use crate::request::{RequestContext, rate_limited};
use crate::throttle::{Attempt, Limit, Subject};

const WINDOW: Duration = Duration::from_secs(15 * 60);

/// Requests for one address of one business and one purpose, whether there is such an account or not.
const OF_ACCOUNT: Limit = Limit { failures: 5, window: WINDOW };

/// Requests from one network; an office shares one.
const OF_NETWORK: Limit = Limit { failures: 50, window: WINDOW };

/// Tokens from one network that were none. Nobody guesses 256 bits; it keeps the noise down.
const WRONG_TOKENS: Limit = Limit { failures: 30, window: WINDOW };

/// Counts a request.
///
/// # Errors
/// RATE_LIMITED.
pub(super) fn count_request(
    context: &RequestContext,
    purpose: &str,
    tenant: &str,
    email: &str,
) -> async_graphql::Result<()> {
    let account = subject(&["mail", purpose, &tenant.trim().to_lowercase(), &email.to_lowercase()]);
    let mut subjects = vec![(account, OF_ACCOUNT)];
    subjects.extend(network(context, "mail").map(|network| (network, OF_NETWORK)));
    // A request never succeeds, so it counts.
    context.services.throttle.begin(&subjects).map(drop).map_err(rate_limited)
}

/// Counts an attempt to use a token; it is to say whether it succeeded.
///
/// # Errors
/// RATE_LIMITED.
pub(super) fn count_token(context: &RequestContext, tenant: Uuid) -> async_graphql::Result<Attempt> {
    // Without an address, as in tests below HTTP, the claimed tenant stands for it.
    let network = network(context, "token").unwrap_or_else(|| subject(&["token of", &tenant.to_string()]));
    context.services.throttle.begin(&[(network, WRONG_TOKENS)]).map_err(rate_limited)
}

fn network(context: &RequestContext, what: &str) -> Option<Subject> {
    context.caller.address.map(|address| subject(&[what, &network_of(address)]))
}

fn subject(parts: &[&str]) -> Subject {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}
