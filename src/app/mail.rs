//! Puts the mail room together: the outbox, the way out, and the workers.

use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::config::Config;
use crate::db::Database;
use crate::ids::SharedIds;
use crate::mail::{Links, MailKeeper, Outbox, Pace, Postman, Transport};
use crate::secrets::KeyRing;
use crate::work::{Tenancy, Worker};

/// The folder in the data folder that mails are written into.
const FOLDER: &str = "mails";

/// The outbox that requests put mails into.
///
/// # Errors
/// When the configuration gives no address for links.
pub(super) fn outbox(config: &Config, keys: KeyRing, ids: SharedIds) -> Result<Outbox, Failure> {
    Ok(Outbox::new(keys, ids, Links::new(&config.app_url()?)))
}

/// How mails leave; `None` when they wait in the outbox, because nobody said where to.
pub(super) fn transport(config: &Config, data_dir: Option<&Path>) -> Option<Transport> {
    if let Some(server) = &config.mail.mail_url {
        return Some(Transport::Smtp(server.clone()));
    }
    let kept = || data_dir.or(config.data_dir.as_deref()).filter(|_| config.is_development());
    let folder: Option<PathBuf> = config.mail.mail_folder.clone().or_else(|| kept().map(|folder| folder.join(FOLDER)));
    folder.map(Transport::Folder)
}

/// The workers of the mail room.
///
/// # Errors
/// When the configuration names no sender.
pub(super) fn workers(
    config: &Config,
    data_dir: Option<&Path>,
    database: Database,
    outbox: Outbox,
    ids: SharedIds,
) -> Result<Vec<Box<dyn Worker>>, Failure> {
    let tenancy = Tenancy::new(database);
    let kept_days = i32::try_from(config.mail.mail_kept_days).unwrap_or(i32::MAX);
    let mut workers: Vec<Box<dyn Worker>> = vec![Box::new(MailKeeper::new(tenancy.clone(), kept_days))];
    match transport(config, data_dir) {
        Some(transport) => {
            let sender = config.mail_from()?;
            workers.push(Box::new(Postman::new(tenancy, outbox, ids, sender, transport, Pace::default())));
        }
        None => tracing::warn!("mails wait in the outbox: set MAIL_URL to the server that takes them"),
    }
    Ok(workers)
}
