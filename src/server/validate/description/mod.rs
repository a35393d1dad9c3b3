//! The rewriting of session descriptions from an allow-list of lines (RFC 8829, RFC 8866, RFC 8839).
//!
//! One pass from the first line to the last decides for each line whether it is passed on as it is, replaced, dropped,
//! or a reason to refuse the description. What browsers send passes byte for byte, apart from addresses; the text is
//! copied only if something changes. Names of codecs and of their parameters are free, so that a new codec needs no
//! new server.
//!
//! The receiving browser parses everything again, in its sandbox. Refused is what it would act on without asking and
//! what parsers may read differently: where to send packets, which certificate to trust, how much to allocate.

mod attributes;
mod lines;
mod outline;
pub(crate) mod values;
pub(crate) mod verdict;

use std::ops::Range;

use super::copy_on_change::CopyOnChange;
use crate::protocol::limits::MAX_SDP_BYTES;
use lines::Lines;
use outline::Outline;
use verdict::{DescriptionKind, DroppedLines, Flaw, Verdict};

/// Rewrites a description, and tells which lines it has lost. The text stays the same if nothing has to change.
///
/// Rewriting the result again changes nothing.
///
/// # Errors
///
/// A [`Flaw`] if a browser could not have made this description, or should not act on it.
pub(crate) fn rewrite(text: &mut String, kind: DescriptionKind) -> Result<DroppedLines, Flaw> {
    if text.len() > MAX_SDP_BYTES {
        return Err(Flaw::Size);
    }
    let mut dropped = DroppedLines::default();
    let mut copy = CopyOnChange::of(text);
    let mut outline = Outline::of(kind);
    for line in Lines::of(text) {
        let line = line?;
        match outline.judge(line)? {
            Verdict::Pass => {}
            Verdict::Replace(by) => replace_if_different(&mut copy, text, line.text(), by),
            Verdict::Drop(why) => {
                dropped.count(why);
                copy.remove(line.whole());
            }
        }
    }
    outline.finish()?;
    if let Some(changed) = copy.finish() {
        // A placeholder can be longer than the address that it replaces.
        if changed.len() > MAX_SDP_BYTES {
            return Err(Flaw::Size);
        }
        *text = changed;
    }
    Ok(dropped)
}

fn replace_if_different(copy: &mut CopyOnChange<'_>, text: &str, part: Range<usize>, by: [&str; 3]) {
    let mut rest = Some(&text[part.clone()]);
    for it in by {
        rest = rest.and_then(|text| text.strip_prefix(it));
    }
    if rest != Some("") {
        copy.replace(part, by);
    }
}

#[cfg(test)]
mod tests;
