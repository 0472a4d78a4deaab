//! Which bus the configuration wants.

use std::fmt;
use std::str::FromStr;

use url::Url;

/// The first word of subjects, unless the address says another one.
const PREFIX: &str = "mostrador";

/// What carries messages between nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BusChoice {
    /// Notifications of the database: nothing else to run.
    Postgres,
    /// A NATS server.
    Nats(NatsUrl),
}

/// Where a NATS server is, and under which subjects this installation speaks there. May hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct NatsUrl {
    server: Url,
    prefix: String,
}

impl NatsUrl {
    /// The server's address with everything in it, for connecting.
    pub(super) fn server(&self) -> &str {
        self.server.as_str()
    }

    /// The first word of every subject. Installations that share a server need different ones.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}

impl FromStr for BusChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "postgres" {
            return Ok(Self::Postgres);
        }
        // The parser's own message could quote a part of the password.
        parse(text).map(Self::Nats).ok_or_else(|| {
            "must be postgres, or the address of a NATS server, as nats://user:password@host:4222/name-of-installation"
                .to_owned()
        })
    }
}

fn parse(text: &str) -> Option<NatsUrl> {
    let mut server = Url::parse(text).ok()?;
    let is_address = matches!(server.scheme(), "nats" | "tls") && server.has_host();
    if !is_address || server.query().is_some() || server.fragment().is_some() {
        return None;
    }
    let path = server.path().trim_start_matches('/');
    let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let prefix = if path.is_empty() { PREFIX } else { path };
    let prefix = is_word(prefix).then(|| prefix.to_owned())?;
    server.set_path("");
    Some(NatsUrl { server, prefix })
}

impl fmt::Debug for NatsUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("NatsUrl(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_names_the_installation() {
        let Ok(BusChoice::Nats(url)) = "nats://ana:hunter2@bus.example:4222/autos-production".parse() else {
            panic!("not a NATS server")
        };
        assert_eq!(url.server(), "nats://ana:hunter2@bus.example:4222");
        assert_eq!(url.prefix(), "autos-production");
        assert!(!format!("{url:?}").contains("hunter2"));
        let Ok(BusChoice::Nats(url)) = "tls://bus.example".parse() else { panic!("not a NATS server") };
        assert_eq!(url.prefix(), "mostrador");
        assert_eq!("postgres".parse(), Ok(BusChoice::Postgres));
    }

    #[test]
    fn other_addresses_are_refused_without_quoting_them() {
        for text in [
            "",
            "redis://x:hunter2@y",
            "nats:hunter2",
            "nats://h/a.b",
            "nats://h/a/b",
            "nats://h/>",
            "nats://h?hunter2",
        ] {
            let problem = text.parse::<BusChoice>().unwrap_err();
            assert!(problem.starts_with("must be postgres") && !problem.contains("hunter2"), "{text}: {problem}");
        }
    }
}
