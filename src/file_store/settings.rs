//! Which store the configuration wants.

use std::fmt;
use std::str::FromStr;

use url::Url;

/// Where bytes are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreChoice {
    /// In a folder of this machine.
    Local,
    /// In a bucket, below a prefix, which may be empty.
    S3 {
        /// Name of the bucket.
        bucket: String,
        /// First words of all keys.
        prefix: String,
    },
}

/// How to reach a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Settings {
    /// Name of the bucket.
    pub bucket: String,
    /// First words of all keys; empty for none.
    pub prefix: String,
    /// Region, for signatures.
    pub region: String,
    /// Address of the store; none for Amazon's own.
    pub endpoint: Option<Url>,
    /// Id and secret of the access key; without them, the machine's own role.
    pub access_key: Option<(String, StoreSecret)>,
}

/// The secret part of an access key. Shows nothing of itself.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreSecret(String);

impl StoreSecret {
    /// The secret itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for StoreSecret {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() { Err("must not be empty".to_owned()) } else { Ok(Self(text.to_owned())) }
    }
}

impl fmt::Debug for StoreSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("StoreSecret(…)")
    }
}

impl FromStr for StoreChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "local" {
            return Ok(Self::Local);
        }
        let wrong = || "must be local, or s3://bucket or s3://bucket/prefix".to_owned();
        let (bucket, prefix) =
            text.strip_prefix("s3://").map(|rest| rest.split_once('/').unwrap_or((rest, ""))).ok_or_else(wrong)?;
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
        if bucket.len() < 3 || !is_plain(bucket) || !is_plain(prefix) {
            return Err(wrong());
        }
        Ok(Self::S3 { bucket: bucket.to_owned(), prefix: prefix.trim_matches('/').to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_local_or_a_bucket() {
        assert_eq!("local".parse(), Ok(StoreChoice::Local));
        let s3 = |bucket: &str, prefix: &str| StoreChoice::S3 { bucket: bucket.into(), prefix: prefix.into() };
        assert_eq!("s3://papers".parse(), Ok(s3("papers", "")));
        assert_eq!("s3://papers/of/us/".parse(), Ok(s3("papers", "of/us")));
        for wrong in ["", "s3", "s3://", "s3://a", "s3://a b", "s3://bucket/ñ", "gs://bucket", "/srv/files"] {
            assert!(wrong.parse::<StoreChoice>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(format!("{:?}", "hush".parse::<StoreSecret>().unwrap()), "StoreSecret(…)");
    }
}
