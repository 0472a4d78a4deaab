//! The keys that seal values: the configured ones, or in development one of our own.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::failure::Failure;
use super::kept_file::keep;
use crate::config::{Config, ConfigError};
use crate::secrets::KeyRing;

/// The file in the data folder that keeps a generated key.
const FILE: &str = "encryption-keys";

/// The id of a generated key.
const GENERATED: &str = "generated";

/// The configured keys; else, in development, the one kept in `data_dir`, made when missing.
///
/// # Errors
/// When production has none, when there is no folder to keep one in, or when a file cannot be read as keys.
pub fn find(config: &Config, data_dir: Option<&Path>) -> Result<KeyRing, Failure> {
    if let Some(keys) = &config.encryption_keys {
        return Ok(keys.clone());
    }
    if let Some(path) = &config.encryption_key_file {
        return read(path)
            .map_err(|error| Failure::Configuration(format!("ENCRYPTION_KEY_FILE names {}: {error}", path.display())));
    }
    let missing = |problem: &str| ConfigError { variable: "ENCRYPTION_KEYS", problem: problem.to_owned() };
    if !config.is_development() {
        return Err(missing("or ENCRYPTION_KEY_FILE is required when ENVIRONMENT is production").into());
    }
    let folder = data_dir
        .or(config.data_dir.as_deref())
        .ok_or_else(|| missing("is required with DATABASE_URL, unless DATA_DIR says where to keep a key"))?;
    let path = folder.join(FILE);
    keep(&path, generate)
        .and_then(|text| text.parse::<KeyRing>().map_err(|error| io::Error::other(format!("its text {error}"))))
        .map_err(|error| Failure::because(format_args!("could not keep a key in {}", path.display()), &error))
}

/// Whether others than the owner may read the configured file. Secrets that an orchestrator mounts often are readable
/// inside of their container only, so this is no reason not to start.
pub(super) fn is_readable_by_others(config: &Config) -> bool {
    let mode = |path| fs::metadata(path).map(|metadata| metadata.permissions().mode());
    let path = config.encryption_key_file.as_ref().filter(|_| config.encryption_keys.is_none());
    path.is_some_and(|path| mode(path).is_ok_and(|mode| mode & 0o077 != 0))
}

fn read(path: &Path) -> Result<KeyRing, String> {
    let text = zeroize::Zeroizing::new(fs::read_to_string(path).map_err(|error| error.to_string())?);
    text.parse::<KeyRing>().map_err(|error| format!("its text {error}"))
}

fn generate() -> io::Result<zeroize::Zeroizing<String>> {
    let id = GENERATED.parse().map_err(io::Error::other)?;
    KeyRing::draw(&id).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        config: Config,
    }

    fn config(flags: &[&str]) -> Config {
        Flags::try_parse_from(["mostrador"].iter().chain(flags)).unwrap().config
    }

    fn ids(keys: &KeyRing) -> Vec<&str> {
        keys.ids().map(crate::secrets::KeyId::as_str).collect()
    }

    #[test]
    fn development_makes_a_key_and_keeps_it() {
        let folder = std::env::temp_dir().join(format!("mostrador-keys-{}", std::process::id()));
        let first = find(&config(&[]), Some(&folder)).unwrap();
        assert_eq!(ids(&first), [GENERATED]);
        let place = crate::secrets::Place {
            tenant: uuid::Uuid::nil(),
            table: "emails",
            column: "body",
            row: uuid::Uuid::nil(),
        };
        let sealed = first.seal(&place, b"x").unwrap();
        let second = find(&config(&[]), Some(&folder)).unwrap();
        assert_eq!(second.open(&place, sealed.as_bytes()).unwrap().expose(), b"x");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn production_makes_no_key() {
        let failure = find(&config(&["--environment=production"]), None).unwrap_err();
        assert_eq!(
            failure.to_string(),
            "ENCRYPTION_KEYS or ENCRYPTION_KEY_FILE is required when ENVIRONMENT is production"
        );
    }

    #[test]
    fn a_file_of_keys_is_read_and_a_bad_one_named_without_its_content() {
        let path = std::env::temp_dir().join(format!("mostrador-key-file-{}", std::process::id()));
        let flag = format!("--encryption-key-file={}", path.display());
        fs::write(
            &path,
            "2026:Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA\n2025:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
        )
        .unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(ids(&find(&config(&[&flag]), None).unwrap()), ["2026", "2025"]);
        assert!(is_readable_by_others(&config(&[&flag])));
        fs::write(&path, "hunter2").unwrap();
        let failure = find(&config(&[&flag]), None).unwrap_err().to_string();
        assert!(failure.contains("must list keys as id:base64") && !failure.contains("hunter2"), "{failure}");
        fs::remove_file(&path).unwrap();
        assert!(find(&config(&[&flag]), None).is_err());
    }
}
