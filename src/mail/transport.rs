//! The ways in which a mail can leave.

use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use lettre::message::header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use uuid::Uuid;

use super::content::Content;
use super::smtp::SmtpServer;

/// Where mails go.
#[derive(Clone, Debug)]
pub enum Transport {
    /// To an SMTP server.
    Smtp(SmtpServer),
    /// Into a folder, a file each, for somebody who develops.
    Folder(PathBuf),
}

/// Who sends mails, as recipients see it: `Mostrador <no-reply@example.com>`.
#[derive(Clone, Debug)]
pub struct Sender(Mailbox);

impl std::str::FromStr for Sender {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| "must be an address, as Mostrador <no-reply@example.com>".to_owned())
    }
}

/// A mail on its way out.
pub(super) struct Outgoing {
    pub(super) id: Uuid,
    pub(super) sender: Address,
    pub(super) recipient: Address,
    /// The whole message as it goes over the wire.
    pub(super) message: Vec<u8>,
}

/// Why a mail did not leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failed {
    /// A code such as `RECIPIENT_550`; holds no address and nothing of the mail.
    pub(super) code: String,
    /// Trying again would not help.
    pub(super) is_final: bool,
}

impl Failed {
    pub(super) fn later(code: impl Into<String>) -> Self {
        Self { code: code.into(), is_final: false }
    }

    pub(super) fn never(code: impl Into<String>) -> Self {
        Self { code: code.into(), is_final: true }
    }
}

impl Transport {
    /// Hands over one mail. `Ok` means that it has arrived where we can bring it.
    pub(super) async fn deliver(&self, mail: &Outgoing) -> Result<(), Failed> {
        match self {
            Self::Smtp(server) => server.deliver(mail).await,
            Self::Folder(folder) => {
                let (folder, name, message) = (folder.clone(), format!("{}.eml", mail.id), mail.message.clone());
                let file = name.clone();
                let written = tokio::task::spawn_blocking(move || write(&folder, &file, &message)).await;
                match written {
                    Ok(Ok(())) => {
                        tracing::info!(file = name, "a mail was written into the folder of mails");
                        Ok(())
                    }
                    _ => Err(Failed::later("FOLDER_FAILED")),
                }
            }
        }
    }
}

/// Writes the whole file or none; a repeated mail replaces its file.
fn write(folder: &Path, name: &str, message: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let unfinished = folder.join(format!(".{name}"));
    let mut options = std::fs::OpenOptions::new();
    options.create(true).write(true).truncate(true);
    // Mails hold tokens.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&unfinished)?.write_all(message)?;
    std::fs::rename(unfinished, folder.join(name))
}

/// Tells other programs that nobody waits for their answer (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

impl Sender {
    /// Makes the message of a mail. Everything that tells it from others comes from its row, so that a mail that is
    /// sent twice is recognised by its Message-ID.
    pub(super) fn compose(
        &self,
        id: Uuid,
        to: &str,
        written: DateTime<Utc>,
        content: &Content,
    ) -> Result<Outgoing, Failed> {
        let recipient: Address = to.parse().map_err(|_| Failed::never("ADDRESS_INVALID"))?;
        let sender = self.0.email.clone();
        let part = |kind: ContentType, text: &str| {
            // Quoted-printable is plain ASCII, which every server takes.
            SinglePart::builder().header(kind).header(ContentTransferEncoding::QuotedPrintable).body(text.to_owned())
        };
        let alternatives = MultiPart::alternative()
            .singlepart(part(ContentType::TEXT_PLAIN, &content.text))
            .singlepart(part(ContentType::TEXT_HTML, &content.html));
        let message = Message::builder()
            .from(self.0.clone())
            .to(Mailbox::new(None, recipient.clone()))
            .subject(content.subject.clone())
            .date(written.into())
            .message_id(Some(format!("<{id}@{}>", sender.domain())))
            .header(AutoSubmitted)
            .multipart(alternatives)
            .map_err(|_| Failed::never("MESSAGE_INVALID"))?
            .formatted();
        Ok(Outgoing { id, sender, recipient, message })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content() -> Content {
        Content { subject: "Invitación a Autos".into(), text: "Hola\n.\nfin\n".into(), html: "<p>Hola</p>".into() }
    }

    #[test]
    fn a_message_is_ascii_and_has_the_rows_id() {
        let sender: Sender = "Mostrador <no-reply@shop.example>".parse().unwrap();
        let id = Uuid::from_u128(7);
        let mail = sender.compose(id, "ana@autos.test", DateTime::UNIX_EPOCH, &content()).unwrap();
        let text = String::from_utf8(mail.message).unwrap();
        assert!(text.is_ascii(), "{text}");
        assert!(text.contains(&format!("Message-ID: <{id}@shop.example>")), "{text}");
        assert!(text.contains("Date: Thu, 01 Jan 1970") && text.contains("Auto-Submitted: auto-generated"), "{text}");
    }

    #[test]
    fn an_address_that_is_none_is_given_up() {
        let sender: Sender = "no-reply@shop.example".parse().unwrap();
        let failed = sender.compose(Uuid::nil(), "a b@c", DateTime::UNIX_EPOCH, &content()).err().unwrap();
        assert_eq!(failed, Failed::never("ADDRESS_INVALID"));
    }

    #[test]
    fn a_repeated_mail_replaces_its_file() {
        let folder = std::env::temp_dir().join(format!("mostrador-mail-{}", std::process::id()));
        write(&folder, "a.eml", b"one").unwrap();
        write(&folder, "a.eml", b"two").unwrap();
        assert_eq!(std::fs::read(folder.join("a.eml")).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
