//! The operating system account that the server runs as.
//!
//! PostgreSQL refuses to run as root. When we are root, its processes change to an unprivileged
//! account; otherwise they stay what we are.

use std::{
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use nix::unistd::{Gid, Uid, User};

use super::error::LaunchError;

/// The account that PostgreSQL's processes run as.
#[derive(Clone, Debug)]
pub(super) struct Account {
    /// User id.
    pub(super) uid: u32,
    /// Group id.
    pub(super) gid: u32,
    /// For messages.
    pub(super) name: String,
    /// Whether we are root, and processes must change to it.
    pub(super) is_switch: bool,
}

impl Account {
    /// Chooses the account for a cluster folder, which need not exist yet. As root this is the
    /// owner of what is there: a cluster that once ran as `nobody` keeps doing so after a
    /// `postgres` account has appeared, and nothing is ever chowned from one user to another.
    pub(super) fn choose(cluster: &Path) -> Result<Self, LaunchError> {
        let owner = cluster.symlink_metadata().ok().map(|meta| (meta.uid(), meta.gid()));
        let own = Uid::effective();
        if !own.is_root() {
            return match owner {
                Some((uid, _)) if uid != own.as_raw() => {
                    Err(LaunchError::ForeignOwner { folder: cluster.to_owned(), owner: name_of(uid) })
                }
                _ => Ok(Self {
                    uid: own.as_raw(),
                    gid: Gid::effective().as_raw(),
                    name: name_of(own.as_raw()),
                    is_switch: false,
                }),
            };
        }
        if let Some((uid, gid)) = owner
            && uid != 0
        {
            return Ok(Self { uid, gid, name: name_of(uid), is_switch: true });
        }
        ["postgres", "nobody"]
            .into_iter()
            .filter_map(|name| User::from_name(name).ok().flatten())
            .find(|user| !user.uid.is_root())
            .map(|user| Self { uid: user.uid.as_raw(), gid: user.gid.as_raw(), name: user.name, is_switch: true })
            .ok_or(LaunchError::NoAccount)
    }

    /// A command that will run as this account, in `folder` (ours may be closed to it).
    pub(super) fn command(&self, program: impl AsRef<Path>, folder: &Path) -> Command {
        let mut command = Command::new(program.as_ref());
        command.current_dir(folder);
        if self.is_switch {
            // The standard library also drops root's supplementary groups here.
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Refuses a folder that the account cannot enter, naming the first one on the way that is
    /// closed. Asks the kernel, as the account, because mode bits do not tell about ACLs.
    pub(super) fn check_reach(&self, folder: &Path) -> Result<(), LaunchError> {
        if !self.is_switch {
            return Ok(());
        }
        let mut way: Vec<&Path> = folder.ancestors().filter(|path| path.exists()).collect();
        way.reverse();
        let output = self
            .command("/bin/sh", Path::new("/"))
            .args(["-c", "for i; do [ -x \"$i\" ] || exit 1; echo; done", "sh"])
            .args(&way)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .map_err(LaunchError::system(format!("run a command as {}", self.name)))?;
        // One line for each folder that is open, so their number points at the closed one.
        match way.get(output.stdout.len()) {
            Some(barrier) if !output.status.success() => Err(LaunchError::Unreachable {
                folder: folder.to_owned(),
                barrier: PathBuf::from(barrier),
                account: self.name.clone(),
            }),
            _ => Ok(()),
        }
    }
}

/// The name of a user, or its number when it has none.
pub(super) fn name_of(uid: u32) -> String {
    match User::from_uid(Uid::from_raw(uid)) {
        Ok(Some(user)) => user.name,
        _ => format!("user {uid}"),
    }
}
