//! Settings of files.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use url::Url;

use super::ConfigError;
use super::value::{number, web_address};
use crate::file_store::{StoreChoice, StoreSecret};
use crate::scanner::Scanner;

/// Where bytes are kept, and who looks through them.
#[derive(Args, Clone, Debug)]
pub struct FileSettings {
    /// Where the bytes of files are kept: local, a folder of this machine; or s3://bucket/prefix, any S3-compatible store,
    /// which several gateways can share.
    #[arg(long, env, global = true, hide_env_values = true, default_value = "local")]
    pub file_store: StoreChoice,

    /// Folder of a local store. Default: files in the data folder.
    #[arg(long, env, global = true, hide_env_values = true)]
    pub file_store_dir: Option<PathBuf>,

    /// Address of an S3-compatible store that is not Amazon's: `https://minio.internal:9000`.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = web_address)]
    pub file_store_endpoint: Option<Url>,

    /// Region of the bucket.
    #[arg(long, env, global = true, hide_env_values = true, default_value = "us-east-1")]
    pub file_store_region: String,

    /// Id of the access key of the bucket. Without one, the role of the machine counts.
    #[arg(long, env, global = true, hide_env_values = true)]
    pub file_store_access_key_id: Option<String>,

    /// Secret of that access key.
    #[arg(long, env, global = true, hide_env_values = true)]
    pub file_store_secret_access_key: Option<StoreSecret>,

    /// Who looks through files for viruses: clamd:/run/clamav/clamd.ctl, clamd://host:3310, or none. With none, files count
    /// as clean in development, and in production they wait.
    #[arg(long, env, global = true, hide_env_values = true, default_value = "none")]
    pub file_scanner: Scanner,

    /// How long deleted files can be restored, in days; then their bytes are deleted.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<1, 3_650>, default_value = "30")]
    pub file_trash_days: u64,

    /// How long one upload may take, in seconds. Other requests have REQUEST_TIMEOUT_MS, which is also how long an upload
    /// may go without a byte.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<1, 86_400>,
        default_value = "3600")]
    pub file_upload_seconds: u64,
}

impl FileSettings {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let missing = |variable, other| Err(ConfigError { variable, problem: format!("is required with {other}") });
        match (&self.file_store_access_key_id, &self.file_store_secret_access_key) {
            (Some(_), None) => missing("FILE_STORE_SECRET_ACCESS_KEY", "FILE_STORE_ACCESS_KEY_ID"),
            (None, Some(_)) => missing("FILE_STORE_ACCESS_KEY_ID", "FILE_STORE_SECRET_ACCESS_KEY"),
            _ => Ok(()),
        }
    }

    /// [`FileSettings::file_upload_seconds`].
    pub fn upload_timeout(&self) -> Duration {
        Duration::from_secs(self.file_upload_seconds)
    }
}
