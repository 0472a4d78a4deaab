//! How many files and sockets this process may have open.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// What the process needs beside the connections that stay open: the pool, files, requests.
const OTHERS: u64 = 1_000;

/// Raises the soft limit to the hard one: the soft one is low for the sake of old programs that use `select`. Says so
/// in the log when even that is not enough for the connections that may stay open.
pub(super) fn raise_limit(connections: u64) {
    let limit = getrlimit(Resource::RLIMIT_NOFILE).and_then(|(soft, hard)| {
        if soft < hard {
            setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
        }
        Ok(hard)
    });
    let wanted = connections.saturating_add(OTHERS);
    match limit {
        Ok(limit) if limit >= wanted => {}
        Ok(limit) => tracing::warn!(
            limit,
            wanted,
            "the system allows fewer open files than LIVE_MAX_CONNECTIONS may need: raise the limit (ulimit -Hn)"
        ),
        Err(error) => tracing::warn!(%error, "the limit of open files could not be raised"),
    }
}
