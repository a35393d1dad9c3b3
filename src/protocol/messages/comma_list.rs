//! Lists as one text with commas, for `#[serde(with = "comma_list")]`: the form of the first lists in the protocol.
//!
//! Pages and servers of the first release know only this form, so these lists keep it. A new list is a JSON list.

use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// The character between two items.
pub(crate) const SEPARATOR: char = ',';

/// An item of such a list.
pub(crate) trait Item: Sized {
    /// The most items that a list may have.
    const MOST: usize;

    /// The item as text; contains no [`SEPARATOR`].
    fn write(&self) -> String;

    /// Reads an item; `None` if the text is not a valid one.
    fn read(text: &str) -> Option<Self>;
}

pub(crate) fn serialize<T: Item, S: Serializer>(items: &[T], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&items.iter().map(Item::write).collect::<Vec<_>>().join(","))
}

/// # Errors
///
/// When there are more than [`Item::MOST`] items, or one of them is invalid.
pub(crate) fn deserialize<'de, T: Item, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let text = String::deserialize(deserializer)?;
    // One item too many is enough to refuse the list.
    let items: Option<Vec<_>> = text.split(SEPARATOR).take(T::MOST + 1).map(T::read).collect();
    items.filter(|it| it.len() <= T::MOST).ok_or_else(|| D::Error::custom("no such list"))
}
