//! What `serve` prints on a developer's terminal.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::demo::DEMO_PASSWORD;
use crate::config::Config;
use crate::http::routes::{GRAPHIQL, GRAPHQL, INBOX};
use crate::http::service::{Login, SignedIn};

/// The addresses, and for whom the demo data is there a login with a token that works already.
pub fn banner(config: &Config, address: SocketAddr, login: Option<&(Login, SignedIn)>) -> String {
    let base = base_url(address);
    let mut text = String::from("\nMostrador is running. Ctrl-C stops it.\n\n");
    let mut line = |name: &str, value: &str| {
        // Writing to a String does not fail.
        let _ = writeln!(text, "  {name:<10}{value}");
    };
    line("GraphQL", &format!("{base}{GRAPHQL}"));
    if config.is_graphiql_on() {
        line("GraphiQL", &format!("{base}{GRAPHIQL}"));
    }
    if config.is_development() {
        line("Inbox", &format!("{base}{INBOX}"));
    }
    if let Some((login, signed_in)) = login {
        line("Login", &format!("{} of {} ({})", login.name, login.tenant_name, login.role));
        line("", &format!("--tenant {} --user {}", login.tenant, login.email));
        line("Password", DEMO_PASSWORD);
        line("Token", &signed_in.token);
        line("", &format!("valid until {}", signed_in.expires_at.format("%Y-%m-%d %H:%M UTC")));
    }
    text
}

/// An address a browser on this machine can open.
fn base_url(address: SocketAddr) -> String {
    let mut address = address;
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    format!("http://{address}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_can_be_opened() {
        for (address, url) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("0.0.0.0:80", "http://127.0.0.1:80"),
            ("[::]:80", "http://127.0.0.1:80"),
            ("[::1]:80", "http://[::1]:80"),
        ] {
            assert_eq!(base_url(address.parse().unwrap()), url);
        }
    }
}
