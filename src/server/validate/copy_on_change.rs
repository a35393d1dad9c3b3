//! [`CopyOnChange`]: a text that is copied only if something in it changes.

use std::ops::Range;

/// Bytes reserved beyond the length of the original: replacements may be longer, but only by a few bytes each.
const SLACK: usize = 128;

/// A text in which parts are replaced from its beginning to its end.
#[derive(Debug)]
pub(crate) struct CopyOnChange<'a> {
    original: &'a str,
    /// The beginning of the result; `None` until the first change.
    copy: Option<String>,
    /// Where the part of the original begins that is not in `copy` yet.
    copied: usize,
}

impl<'a> CopyOnChange<'a> {
    /// The unchanged text.
    pub(crate) const fn of(original: &'a str) -> Self {
        Self { original, copy: None, copied: 0 }
    }

    /// Replaces a part of the original, which must begin after all parts replaced so far.
    pub(crate) fn replace(&mut self, part: Range<usize>, by: [&str; 3]) {
        let copy = self.copy.get_or_insert_with(|| String::with_capacity(self.original.len() + SLACK));
        copy.push_str(&self.original[self.copied..part.start]);
        by.into_iter().for_each(|it| copy.push_str(it));
        self.copied = part.end;
    }

    /// Removes a part of the original, which must begin after all parts replaced so far.
    pub(crate) fn remove(&mut self, part: Range<usize>) {
        self.replace(part, [""; 3]);
    }

    /// The result; `None` if it equals the original.
    pub(crate) fn finish(self) -> Option<String> {
        let mut copy = self.copy?;
        copy.push_str(&self.original[self.copied..]);
        // It may wait in an outbox, whose budget counts its length.
        if copy.len() < self.original.len() / 2 {
            copy.shrink_to_fit();
        }
        Some(copy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_only_what_changes() {
        assert_eq!(CopyOnChange::of("one two").finish(), None);
        let mut text = CopyOnChange::of("one two three");
        text.replace(0..3, ["1", "", "st"]);
        text.remove(7..13);
        assert_eq!(text.finish().as_deref(), Some("1st two"));
    }

    #[test]
    fn does_not_keep_the_memory_of_a_long_original() {
        let original = "x".repeat(10_000);
        let mut text = CopyOnChange::of(&original);
        text.remove(1..10_000);
        let result = text.finish().unwrap();
        assert_eq!(result, "x");
        assert!(result.capacity() < 100, "{}", result.capacity());
    }
}
