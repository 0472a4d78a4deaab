//! A secret file that is made once and kept from others.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use zeroize::Zeroizing;

/// Reads the kept text, or makes one. Two processes that start together agree on one, because the file is given its
/// name only when it is complete, and only once.
///
/// # Errors
/// When the file cannot be read or made, and when others than its owner can read it.
pub(super) fn keep(path: &Path, make: impl FnOnce() -> io::Result<Zeroizing<String>>) -> io::Result<Zeroizing<String>> {
    if let Some(text) = read(path)? {
        return Ok(text);
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
        .and_then(|mut file| file.write_all(make()?.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| match fs::hard_link(&draft, path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        });
    fs::remove_file(&draft)?;
    written?;
    read(path)?.ok_or_else(|| io::Error::other("the file vanished"))
}

fn read(path: &Path) -> io::Result<Option<Zeroizing<String>>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        return Err(io::Error::other("others can read the file: chmod 600"));
    }
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_made_once_and_kept_from_others() {
        let folder = std::env::temp_dir().join(format!("mostrador-kept-{}", std::process::id()));
        drop(fs::remove_dir_all(&folder));
        let path = folder.join("secret");
        let text = |text: &'static str| move || Ok(Zeroizing::new(text.to_owned()));
        assert_eq!(*keep(&path, text("first")).unwrap(), "first");
        assert_eq!(*keep(&path, text("second")).unwrap(), "first");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);

        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(keep(&path, text("third")).unwrap_err().to_string().contains("chmod 600"));
        fs::remove_dir_all(&folder).unwrap();
    }
}
