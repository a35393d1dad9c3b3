//! The entries of a catalogue: single texts, the texts of a state of the page, and lists of both.

use std::array;

use serde_json::Value;

/// The texts of one state of the page.
#[derive(Clone, Copy, Debug)]
pub struct StateText {
    /// The heading, a few words.
    pub heading: &'static str,
    /// What happens and what can be done. A button that it mentions shows its name itself too.
    pub sentence: &'static str,
    /// One short sentence that screen readers announce when the state begins. Empty if there is nothing to announce.
    pub spoken: &'static str,
}

/// An entry of a catalogue: one or more texts.
pub(super) trait CatalogueEntry: Sized {
    /// Appends its texts to the list.
    fn push_to(&self, texts: &mut Vec<&'static str>);

    /// Reads as many texts as it needs from the list.
    fn read_from(texts: &mut dyn FnMut() -> &'static str) -> Self;

    /// Reads its texts from the value of a key; the error says what is wrong with which key.
    fn from_json(value: &Value, key: &str) -> Result<Self, String>;

    /// What a file would contain.
    #[cfg(test)]
    fn to_json(&self) -> Value;
}

/// Checks that an object has no other keys than these.
pub(super) fn know_keys(value: &Value, prefix: &str, known: &[&str]) -> Result<(), String> {
    let mut keys = value.as_object().into_iter().flat_map(|it| it.keys());
    match keys.find(|it| !known.contains(&it.as_str())) {
        Some(unknown) => Err(format!("{prefix}{unknown} is unknown")),
        None => Ok(()),
    }
}

impl CatalogueEntry for &'static str {
    fn push_to(&self, texts: &mut Vec<&'static str>) {
        texts.push(self);
    }

    fn read_from(texts: &mut dyn FnMut() -> &'static str) -> Self {
        texts()
    }

    fn from_json(value: &Value, key: &str) -> Result<Self, String> {
        // A catalogue is kept for as long as the program runs.
        value.as_str().map(|it| &*it.to_owned().leak()).ok_or_else(|| format!("{key} is no text"))
    }

    #[cfg(test)]
    fn to_json(&self) -> Value {
        Value::from(*self)
    }
}

impl CatalogueEntry for StateText {
    fn push_to(&self, texts: &mut Vec<&'static str>) {
        texts.extend([self.heading, self.sentence, self.spoken]);
    }

    fn read_from(texts: &mut dyn FnMut() -> &'static str) -> Self {
        Self { heading: texts(), sentence: texts(), spoken: texts() }
    }

    fn from_json(value: &Value, key: &str) -> Result<Self, String> {
        know_keys(value, &format!("{key}."), &["heading", "sentence", "spoken"])?;
        let text = |name| CatalogueEntry::from_json(&value[name], &format!("{key}.{name}"));
        Ok(Self { heading: text("heading")?, sentence: text("sentence")?, spoken: text("spoken")? })
    }

    #[cfg(test)]
    fn to_json(&self) -> Value {
        serde_json::json!({ "heading": self.heading, "sentence": self.sentence, "spoken": self.spoken })
    }
}

impl<T: CatalogueEntry, const N: usize> CatalogueEntry for [T; N] {
    fn push_to(&self, texts: &mut Vec<&'static str>) {
        self.iter().for_each(|it| it.push_to(texts));
    }

    fn read_from(texts: &mut dyn FnMut() -> &'static str) -> Self {
        array::from_fn(|_| T::read_from(texts))
    }

    fn from_json(value: &Value, key: &str) -> Result<Self, String> {
        let values = value.as_array().into_iter().flatten().enumerate();
        let entries = values.map(|(index, it)| T::from_json(it, &format!("{key}[{index}]")));
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        entries.try_into().map_err(|it: Vec<_>| format!("{key} has {} texts in place of {N}", it.len()))
    }

    #[cfg(test)]
    fn to_json(&self) -> Value {
        self.iter().map(CatalogueEntry::to_json).collect()
    }
}
