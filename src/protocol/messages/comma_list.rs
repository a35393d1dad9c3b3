//! Lists as one text, with a comma between two: messages to the server have no other lists. It must not know what is in them.

use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// Stands between two.
pub(crate) const SEPARATOR: char = ',';

/// All of them as one text.
pub(crate) fn join<S: Serializer>(
    texts: impl Iterator<Item = String>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&texts.collect::<Vec<_>>().join(","))
}

/// Each of them, `most` at most, read by `read`.
///
/// # Errors
///
/// When there are more, or one of them is none.
pub(crate) fn split<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    most: usize,
    read: fn(&str) -> Option<T>,
) -> Result<Vec<T>, D::Error> {
    let text = String::deserialize(deserializer)?;
    // One more than allowed is as good as any number.
    let all: Option<Vec<_>> = text.split(SEPARATOR).take(most + 1).map(read).collect();
    all.filter(|it| it.len() <= most).ok_or_else(|| D::Error::custom("no such list"))
}
