//! Hands one mail to an SMTP server.
//!
//! The dialogue is led step by step, because what a refusal means depends on the step: a server that refuses our
//! password has nothing against the mail, one that refuses the recipient will do so again tomorrow.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use percent_encoding::percent_decode_str;
use url::Url;

use super::transport::{Failed, Outgoing};

/// How long the connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// How long the whole dialogue may take. A lease is longer.
pub(super) const DIALOGUE_TIMEOUT: Duration = Duration::from_secs(90);

/// How long we wait for a server's farewell; the mail is its by then.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(5);

/// A server that takes mail, and how to sign in there.
#[derive(Clone)]
pub struct SmtpServer {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<Credentials>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Security {
    /// TLS from the first byte (`smtps://`).
    Tls,
    /// TLS after STARTTLS, or nothing is sent (`smtp://`).
    StartTls,
    /// None: a server on this machine (`smtp://localhost`).
    Plain,
}

impl FromStr for SmtpServer {
    type Err = String;

    /// Reads `smtps://user:password@host:465` or `smtp://user:password@host:587`. The message never quotes the text.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || "must be the URL of an SMTP server, as smtps://user:password@mail.example:465".to_owned();
        let url = Url::parse(text).map_err(|_| wrong())?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(wrong)?.to_owned();
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err("must end after the port: smtps:// means TLS from the start, smtp:// STARTTLS".to_owned());
        }
        let here = matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]");
        let (security, port) = match url.scheme() {
            "smtps" => (Security::Tls, 465),
            "smtp" if here => (Security::Plain, 25),
            "smtp" => (Security::StartTls, 587),
            _ => return Err(wrong()),
        };
        let decoded =
            |part: &str| percent_decode_str(part).decode_utf8().map(|text| text.into_owned()).map_err(|_| wrong());
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            (user, Some(password)) if !user.is_empty() => Some(Credentials::new(decoded(user)?, decoded(password)?)),
            _ => return Err("must name both a user and a password, or neither".to_owned()),
        };
        Ok(Self { host, port: url.port().unwrap_or(port), security, credentials })
    }
}

/// Without user and password.
impl fmt::Debug for SmtpServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SmtpServer({self})")
    }
}

impl fmt::Display for SmtpServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.security == Security::Tls { "smtps" } else { "smtp" };
        write!(formatter, "{scheme}://{}:{}", self.host, self.port)
    }
}

impl SmtpServer {
    /// Gives one mail to the server. `Ok` means that the server has taken it.
    pub(super) async fn deliver(&self, mail: &Outgoing) -> Result<(), Failed> {
        match tokio::time::timeout(DIALOGUE_TIMEOUT, self.dialogue(mail)).await {
            Ok(Ok(mut connection)) => {
                // The mail is delivered whatever becomes of the farewell, so nobody waits for it.
                tokio::spawn(async move {
                    let _ = tokio::time::timeout(FAREWELL_TIMEOUT, connection.quit()).await;
                });
                Ok(())
            }
            Ok(Err(failed)) => Err(failed),
            Err(_) => Err(Failed::later("TIMEOUT")),
        }
    }

    async fn dialogue(&self, mail: &Outgoing) -> Result<AsyncSmtpConnection, Failed> {
        let mut connection = self.connect().await?;
        let mut parameters = Vec::new();
        let address: &str = mail.recipient.as_ref();
        if !address.is_ascii() {
            if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(Failed::never("ADDRESS_NOT_SUPPORTED"));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        // About us, not about the mail: somebody can put that right.
        let sent = connection.command(Mail::new(Some(mail.sender.clone()), parameters)).await;
        sent.map_err(|error| temporary("SENDER", &error))?;
        let sent = connection.command(Rcpt::new(mail.recipient.clone(), Vec::new())).await;
        sent.map_err(|error| by_code("RECIPIENT", &error))?;
        let sent = connection.command(Data).await;
        sent.map_err(|error| by_code("MESSAGE", &error))?;
        let sent = connection.message(&mail.message).await;
        sent.map_err(|error| by_code("MESSAGE", &error))?;
        Ok(connection)
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Failed> {
        let hello = ClientId::default();
        let tls = || {
            TlsParameters::new_rustls(self.host.trim_matches(['[', ']']).to_owned())
                .map_err(|error| temporary("TLS", &error))
        };
        let implicit = if self.security == Security::Tls { Some(tls()?) } else { None };
        let address = (self.host.trim_matches(['[', ']']), self.port);
        let connected =
            AsyncSmtpConnection::connect_tokio1(address, Some(CONNECT_TIMEOUT), &hello, implicit, None).await;
        let mut connection = connected.map_err(|error| temporary("CONNECTION", &error))?;
        if self.security == Security::StartTls {
            connection.starttls(tls()?, &hello).await.map_err(|error| temporary("TLS", &error))?;
        }
        if let Some(credentials) = &self.credentials {
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            let signed_in = connection.auth(&mechanisms, credentials).await;
            signed_in.map_err(|error| temporary("SIGN_IN", &error))?;
        }
        Ok(connection)
    }
}

type SmtpError = lettre::transport::smtp::Error;

/// `RECIPIENT_550`, or `RECIPIENT_FAILED` when the server did not get to say anything. Never the server's own words,
/// which may quote the address.
fn code(step: &str, error: &SmtpError) -> String {
    match error.status() {
        Some(status) => format!("{step}_{status}"),
        None => format!("{step}_FAILED"),
    }
}

fn temporary(step: &str, error: &SmtpError) -> Failed {
    Failed::later(code(step, error))
}

fn by_code(step: &str, error: &SmtpError) -> Failed {
    if error.is_permanent() { Failed::never(code(step, error)) } else { Failed::later(code(step, error)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_read_from_urls_and_shown_without_credentials() {
        for (url, shown, security) in [
            ("smtps://joe:p%40ss@mail.example", "smtps://mail.example:465", Security::Tls),
            ("smtp://joe:pass@mail.example", "smtp://mail.example:587", Security::StartTls),
            ("smtp://mail.example:2525/", "smtp://mail.example:2525", Security::StartTls),
            ("smtp://localhost:1025", "smtp://localhost:1025", Security::Plain),
        ] {
            let server: SmtpServer = url.parse().unwrap();
            assert_eq!((server.to_string().as_str(), server.security), (shown, security));
            assert!(!format!("{server:?}").contains("joe"));
        }
    }

    #[test]
    fn wrong_urls_are_refused_without_being_quoted() {
        for url in [
            "",
            "mail.example",
            "http://mail.example",
            "smtps://",
            "smtps://joe@mail.example",
            "smtp://h/secret",
            "smtp://h?tls=none",
        ] {
            let problem = url.parse::<SmtpServer>().unwrap_err();
            assert!(!problem.contains("secret") && !problem.contains("joe"), "{problem}");
        }
    }
}
