//! The keys of access tokens, from the settings.
//!
//! One signs: the key file, else the secret. The others verify what they signed before, so that keys are changed
//! without signing anybody out.

use std::fs;
use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::signing_secret;
use crate::config::{Config, ConfigError};
use crate::token::{Key, KeySet};

/// The keys that the settings name, or in development the one that is kept in `data_dir`.
///
/// # Errors
/// When there is none to sign with, or one cannot be read.
pub fn find(config: &Config, data_dir: Option<&Path>) -> Result<KeySet, Failure> {
    let mut others = Vec::new();
    for path in &config.jwt_keys_old {
        for file in files(path).map_err(|error| unreadable("JWT_KEYS_OLD", path, &error))? {
            others.push(read("JWT_KEYS_OLD", &file)?);
        }
    }
    for secret in &config.jwt_secrets_old {
        others.push(of_secret("JWT_SECRETS_OLD", secret.expose())?);
    }
    let signing = match &config.jwt_key_file {
        Some(path) => {
            if let Some(secret) = &config.jwt_secret {
                others.push(of_secret("JWT_SECRET", secret.expose())?);
            }
            read("JWT_KEY_FILE", path)?
        }
        None => of_secret("JWT_SECRET", signing_secret::find(config, data_dir)?.expose())?,
    };
    KeySet::new(&signing, others).map_err(|error| wrong("JWT_KEY_FILE", error.to_string()))
}

fn of_secret(variable: &'static str, secret: &[u8]) -> Result<Key, Failure> {
    Key::secret(secret).map_err(|error| wrong(variable, error.to_string()))
}

/// The file itself, or the `.pem` files of a folder.
fn files(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path)? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "pem") {
            files.push(file);
        }
    }
    Ok(files)
}

fn read(variable: &'static str, path: &Path) -> Result<Key, Failure> {
    let text = fs::read_to_string(path).map_err(|error| unreadable(variable, path, &error))?;
    Key::pem(&text).map_err(|error| wrong(variable, format!("names {}, which {error}", path.display())))
}

fn unreadable(variable: &'static str, path: &Path, error: &std::io::Error) -> Failure {
    wrong(variable, format!("names {}, which cannot be read: {error}", path.display()))
}

fn wrong(variable: &'static str, problem: String) -> Failure {
    ConfigError { variable, problem }.into()
}
