//! Signing in with accounts at other providers, against a small provider on this machine.

mod client;
mod issuer;
