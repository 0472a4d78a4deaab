//! The secret that signs access tokens: the configured one, or in development one of our own.

use std::io;
use std::path::Path;

use zeroize::Zeroizing;

use super::failure::Failure;
use super::kept_file;
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

/// Reads the kept secret, or makes one.
fn keep(path: &Path) -> io::Result<JwtSecret> {
    let text = kept_file::keep(path, generate)?;
    text.trim().parse().map_err(|error| io::Error::other(format!("the secret in the file {error}: delete the file")))
}

/// 32 random bytes as text.
fn generate() -> io::Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut_slice()).map_err(io::Error::other)?;
    Ok(Zeroizing::new(crate::hex::encode(bytes.as_slice())))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

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
