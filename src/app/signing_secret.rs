//! The secret that signs access tokens: the configured one, or in development one of our own.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use super::failure::Failure;
use crate::config::secret::JwtSecret;
use crate::config::{Config, ConfigError};

/// The file in the data folder that keeps a generated secret.
const FILE: &str = "jwt-secret";

/// The configured secret; else, in development, the one kept in `data_dir`, made when missing.
///
/// # Errors
/// When production has none, when there is no folder to keep one in, or when somebody else can
/// read the one that is kept.
pub fn find(config: &Config, data_dir: Option<&Path>) -> Result<JwtSecret, Failure> {
    if let Some(secret) = &config.jwt_secret {
        return Ok(secret.clone());
    }
    let missing = |problem: &str| ConfigError { variable: "JWT_SECRET", problem: problem.to_owned() };
    if !config.is_development() {
        return Err(missing("is required when ENVIRONMENT is production").into());
    }
    let folder = data_dir
        .or(config.data_dir.as_deref())
        .ok_or_else(|| missing("is required with DATABASE_URL, unless DATA_DIR says where to keep one"))?;
    let path = folder.join(FILE);
    keep(&path).map_err(|error| Failure::because(format_args!("could not keep a secret in {}", path.display()), &error))
}

/// Reads the kept secret, or makes one. Two processes that start together agree on one, because
/// the file is given its name only when it is complete, and only once.
fn keep(path: &Path) -> io::Result<JwtSecret> {
    if let Some(secret) = read(path)? {
        return Ok(secret);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let draft = path.with_extension(std::process::id().to_string());
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut file| file.write_all(generate()?.as_bytes()))
        .and_then(|()| match fs::hard_link(&draft, path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        });
    fs::remove_file(&draft)?;
    written?;
    read(path)?.ok_or_else(|| io::Error::other("the file vanished"))
}

fn read(path: &Path) -> io::Result<Option<JwtSecret>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        return Err(io::Error::other("others can read the file: chmod 600"));
    }
    text.trim()
        .parse()
        .map(Some)
        .map_err(|error| io::Error::other(format!("the secret in the file {error}: delete the file")))
}

/// 32 random bytes as text.
fn generate() -> io::Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of this test's own.
    fn folder(name: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("mostrador-{name}-{}", std::process::id()));
        drop(fs::remove_dir_all(&folder));
        folder
    }

    #[test]
    fn a_secret_is_made_once_and_kept_from_others() {
        let folder = folder("secret");
        let path = folder.join(FILE);
        let first = keep(&path).unwrap();
        assert_eq!(keep(&path).unwrap(), first);
        assert!(!first.is_weak());
        assert_eq!(first.expose().len(), 64);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);

        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(keep(&path).unwrap_err().to_string().contains("chmod 600"));
        fs::remove_file(&path).unwrap();
        assert_ne!(keep(&path).unwrap(), first);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_spoilt_secret_is_named() {
        let folder = folder("spoilt");
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join(FILE);
        fs::write(&path, "short").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(keep(&path).unwrap_err().to_string().contains("delete the file"));
        fs::remove_dir_all(&folder).unwrap();
    }
}
