//! Where a service is, and how it is called.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use url::Url;
use zeroize::Zeroizing;

/// How a service is called.
#[derive(Clone, Debug)]
pub struct ModelSettings {
    /// Where its API begins, for instance `https://api.openai.com/v1`.
    pub url: Url,
    /// Its key; `None` for a service that asks for none.
    pub key: Option<ApiKey>,
    /// The model that answers when nobody chose one.
    pub chat_model: String,
    /// The model that makes vectors; `None`: they are made here.
    pub embedding_model: Option<String>,
    /// How many numbers its vectors have.
    pub embedding_dimensions: usize,
    /// How long to wait for the beginning of an answer, and for each further piece.
    pub timeout: Duration,
}

/// The key of a service: never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(Zeroizing<String>);

impl ApiKey {
    /// The key itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for ApiKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_key = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if is_key { Ok(Self(Zeroizing::new(text.to_owned()))) } else { Err("must be a key in one word".to_owned()) }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiKey(…)")
    }
}

impl ModelSettings {
    /// The address of one of its operations.
    pub(super) fn operation(&self, path: &str) -> Result<Url, String> {
        let text = format!("{}/{path}", self.url.as_str().trim_end_matches('/'));
        Url::parse(&text).map_err(|_| "MODEL_URL is not the address of an API".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_not_printed_and_a_wrong_one_not_quoted() {
        let key: ApiKey = "sk-hunter2".parse().unwrap();
        assert_eq!(format!("{key:?} {}", key.expose()), "ApiKey(…) sk-hunter2");
        assert_eq!("hunter 2".parse::<ApiKey>(), Err("must be a key in one word".to_owned()));
    }
}
