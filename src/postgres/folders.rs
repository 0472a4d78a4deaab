//! Where the database, its socket and the fetched binaries live, and who may enter.

use std::{
    env,
    ffi::OsStr,
    fs::{self, DirBuilder, Permissions},
    hash::{DefaultHasher, Hash, Hasher},
    io,
    os::unix::{
        ffi::OsStrExt,
        fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

use nix::unistd::Uid;

use super::{
    account::{self, Account},
    error::LaunchError,
};

/// The longest path of a socket that every Unix takes (macOS: 104 bytes with the final NUL).
const LONGEST_SOCKET: usize = 100;
const SOCKET_NAME: &str = "/.s.PGSQL.5432";

/// The absolute data folder for the setting.
pub(super) fn data_dir(setting: Option<&Path>) -> Result<PathBuf, LaunchError> {
    place(setting, "/var/lib/mostrador", "XDG_DATA_HOME", ".local/share")
}

/// The absolute cache folder for the setting.
pub(super) fn cache_dir(setting: Option<&Path>) -> Result<PathBuf, LaunchError> {
    place(setting, "/var/cache/mostrador", "XDG_CACHE_HOME", ".cache")
}

fn place(setting: Option<&Path>, of_root: &str, variable: &str, in_home: &str) -> Result<PathBuf, LaunchError> {
    if let Some(path) = setting {
        return std::path::absolute(path).map_err(LaunchError::system(format!("find the folder {}", path.display())));
    }
    if Uid::effective().is_root() {
        return Ok(PathBuf::from(of_root));
    }
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute(variable)
        .or_else(|| absolute("HOME").map(|home| home.join(in_home)))
        .map(|base| base.join("mostrador"))
        .ok_or(LaunchError::NoHome)
}

/// Creates `folder` and its missing parents so that any account can pass through, whatever our
/// umask is: root's often shuts everybody else out.
pub(super) fn create_open(folder: &Path) -> Result<(), LaunchError> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|path| !path.exists()).collect();
    for path in missing.into_iter().rev() {
        match fs::create_dir(path) {
            Ok(()) => fs::set_permissions(path, Permissions::from_mode(0o755)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
        .map_err(LaunchError::system(format!("create the folder {}", path.display())))?;
    }
    Ok(())
}

/// Creates `database/` of the data folder. It is ours and not the server account's, so that root
/// never writes a file where somebody else could have put a link; the account passes through.
pub(super) fn create_home(home: &Path, account: &Account) -> Result<(), LaunchError> {
    let attempt = || format!("create the folder {}", home.display());
    match fs::create_dir(home) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(LaunchError::system(attempt())(error));
        }
        _ => {}
    }
    let owner = home.metadata().map_err(LaunchError::system(attempt()))?.uid();
    if owner != Uid::effective().as_raw() {
        return Err(LaunchError::ForeignOwner { folder: home.to_owned(), owner: account::name_of(owner) });
    }
    let mode = if account.is_switch { 0o711 } else { 0o700 };
    fs::set_permissions(home, Permissions::from_mode(mode)).map_err(LaunchError::system(attempt()))
}

/// Makes `folder` a private folder of `account` (mode 0700; root enters it all the same), or
/// finds that it is one. Refuses any other that exists.
pub(super) fn claim_private(folder: &Path, account: &Account) -> Result<(), LaunchError> {
    let attempt = || format!("make {} a private folder", folder.display());
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(LaunchError::system(attempt())(error));
        }
        _ => {}
    }
    // Not followed: in a shared temporary folder a link could be somebody's trap.
    let meta = folder.symlink_metadata().map_err(LaunchError::system(attempt()))?;
    let is_private = meta.mode() & 0o7777 == 0o700;
    if meta.is_dir() && meta.uid() == account.uid && is_private {
        return Ok(());
    }
    if !meta.is_dir() || meta.uid() != Uid::effective().as_raw() {
        return Err(LaunchError::ForeignOwner { folder: folder.to_owned(), owner: account::name_of(meta.uid()) });
    }
    // Ours, so nobody can replace it between these two; the other order would let its new owner.
    fs::set_permissions(folder, Permissions::from_mode(0o700))
        .and_then(|()| std::os::unix::fs::lchown(folder, Some(account.uid), Some(account.gid)))
        .map_err(LaunchError::system(attempt()))
}

/// A private folder for the socket: `run` beside the data, or, when that path is too long or has
/// characters that would need quoting in PostgreSQL's settings, one in the temporary folder.
pub(super) fn socket_dir(home: &Path, account: &Account) -> Result<PathBuf, LaunchError> {
    let mut hasher = DefaultHasher::new();
    home.hash(&mut hasher);
    let name = format!("mostrador-{:016x}", hasher.finish());
    [home.join("run"), env::temp_dir().join(&name), Path::new("/tmp").join(&name)]
        .into_iter()
        .filter(|folder| is_fit_for_socket(folder.as_os_str()))
        .find(|folder| claim_private(folder, account).and_then(|()| account.check_reach(folder)).is_ok())
        .ok_or(LaunchError::NoSocketFolder)
}

fn is_fit_for_socket(folder: &OsStr) -> bool {
    let bytes = folder.as_bytes();
    bytes.starts_with(b"/")
        && bytes.len() + SOCKET_NAME.len() < LONGEST_SOCKET
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(byte))
}

/// Removes a file, if there is one.
pub(super) fn remove_file(path: &Path) -> Result<(), LaunchError> {
    if_any(fs::remove_file(path)).map_err(LaunchError::system(format!("remove {}", path.display())))
}

/// Removes a folder and what is in it, if there is one.
pub(super) fn remove_dir(path: &Path) -> Result<(), LaunchError> {
    if_any(fs::remove_dir_all(path)).map_err(LaunchError::system(format!("remove {}", path.display())))
}

/// Gives a file, if there is one, another name.
pub(super) fn rename_file(from: &Path, to: &Path) -> Result<(), LaunchError> {
    if_any(fs::rename(from, to)).map_err(LaunchError::system(format!("rename {}", from.display())))
}

fn if_any(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_folder_is_short_and_needs_no_quoting() {
        assert!(is_fit_for_socket(OsStr::new("/home/ana/.local/share/mostrador/database/run")));
        assert!(!is_fit_for_socket(OsStr::new("relative")));
        assert!(!is_fit_for_socket(OsStr::new("/with space")));
        assert!(!is_fit_for_socket(OsStr::new("/with,comma")));
        assert!(!is_fit_for_socket(OsStr::new(&format!("/{}", "x".repeat(90)))));
    }
}
