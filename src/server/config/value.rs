//! Value types and parsers that several tables of the configuration share, and the error that names a key.

use std::{
    fmt::{self, Display},
    fs,
    net::SocketAddr,
    path::Path,
};

use config::ConfigError;
use secrecy::{ExposeSecret, SecretString};
use serde::{
    Deserialize, Deserializer,
    de::{self, SeqAccess, Visitor},
};
use zeroize::Zeroizing;

use super::environment::SetBy;

/// Why the server does not start; each message names the key.
#[derive(Debug, thiserror::Error)]
pub enum InvalidConfig {
    /// The file cannot be read or is not TOML, or a value has the wrong type.
    #[error("{0}{1}")]
    Unreadable(ConfigError, SetBy),
    /// There is no such key.
    #[error("unknown key `{0}`{1}")]
    UnknownKey(String, SetBy),
    /// A value is out of range, contradicts another or names a file that cannot be used.
    #[error("{0}{1}")]
    InvalidValue(InvalidKey, SetBy),
}

/// A configuration key and what is wrong with its value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{key}` {problem}")]
pub struct InvalidKey {
    /// The key, as `table.key`.
    pub(crate) key: &'static str,
    /// The rest of a sentence that starts with the key.
    pub(crate) problem: String,
}

impl InvalidKey {
    pub(crate) fn new(key: &'static str, problem: impl Display) -> Self {
        Self { key, problem: problem.to_string() }
    }
}

/// The key that an error of the parser is about, if it says so.
pub(super) fn key_of(error: &ConfigError) -> Option<&str> {
    if let ConfigError::At { key, .. } | ConfigError::Type { key, .. } = error {
        key.as_deref()
    } else {
        None
    }
}

/// A text that `Debug` does not print and that is wiped when it is dropped; empty if there is none.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct SecretText(pub SecretString);

impl SecretText {
    /// Whether the secret is set.
    pub(crate) fn is_set(&self) -> bool {
        !self.0.expose_secret().is_empty()
    }

    /// The secret, or else the contents of `file`, a key and its path. `variable` sets the secret in the environment.
    ///
    /// # Errors
    ///
    /// An [`InvalidKey`] if both are set, or the file is empty or cannot be read.
    pub(crate) fn or_file(
        &self,
        variable: &str,
        (key, file): (&'static str, &Path),
    ) -> Result<Option<SecretString>, InvalidKey> {
        match (self.is_set(), !file.as_os_str().is_empty()) {
            (false, false) => Ok(None),
            (true, false) => Ok(Some(self.0.clone())),
            (true, true) => Err(InvalidKey::new(key, format!("cannot be set together with {variable}"))),
            (false, true) => {
                let text = fs::read_to_string(file)
                    .map_err(|error| InvalidKey::new(key, format!("cannot be read: {error}")))?;
                let text = Zeroizing::new(text);
                let secret = text.trim();
                if secret.is_empty() {
                    return Err(InvalidKey::new(key, "names an empty file"));
                }
                Ok(Some(secret.into()))
            }
        }
    }
}

impl fmt::Debug for SecretText {
    /// Prints only whether the secret is set.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_set() { "hidden" } else { "none" })
    }
}

/// Deserialises a socket address; an empty text means none.
pub(crate) fn address_or_none<'de, D: Deserializer<'de>>(input: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(input)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error| de::Error::custom(format_args!("{error}: {text:?}")))
}

/// A host with an optional port. The authority of an HTTP URL has the same syntax, so its parser checks it.
pub(crate) fn is_host(text: &str) -> bool {
    let uri = format!("http://{text}").parse::<axum::http::Uri>().ok();
    let authority = uri.as_ref().and_then(axum::http::Uri::authority);
    authority.is_some_and(|it| it.as_str() == text && !it.host().is_empty() && !text.contains('@'))
}

/// Deserialises a list of texts: an array in the file, or one text with commas, as in the environment.
pub(crate) fn list<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<String>, D::Error> {
    input.deserialize_any(ListVisitor)
}

struct ListVisitor;

impl<'de> Visitor<'de> for ListVisitor {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of texts")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(text.split(',').map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut texts = Vec::new();
        while let Some(text) = sequence.next_element()? {
            texts.push(text);
        }
        Ok(texts)
    }
}
