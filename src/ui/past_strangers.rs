//! What the page says and does about past strangers: the buttons that block them.

use super::i18n::Words;
use crate::call::{Intent, PastStranger, Phase, Snapshot};

/// The text of the button that blocks a past stranger or unblocks them; `None` without one. The latest is the first.
pub(crate) const fn block_label(
    words: &'static Words,
    snapshot: Snapshot,
    index: usize,
) -> Option<&'static str> {
    match (snapshot.past_strangers[index], snapshot.phase) {
        (None, _) => None,
        (Some(PastStranger { is_blocked: true, .. }), _) => Some(words.unblock_past[index]),
        (Some(PastStranger { is_last: true, .. }), Phase::Ended { .. }) => Some(words.block_this),
        (Some(_), _) => Some(words.block_past[index]),
    }
}

/// The intent of that button.
pub(crate) const fn block_intent(snapshot: Snapshot, index: usize) -> Option<Intent> {
    match snapshot.past_strangers[index] {
        Some(PastStranger { number, is_blocked, .. }) => Some(Intent::SetPastBlocked(number, !is_blocked)),
        None => None,
    }
}

/// The stranger of the last match. The latest one that this person has met may be from an earlier match.
pub(crate) const fn last_stranger(snapshot: Snapshot) -> Option<PastStranger> {
    match snapshot.past_strangers[0] {
        Some(stranger) if stranger.is_last => Some(stranger),
        Some(_) | None => None,
    }
}

/// Whether that one is blocked.
pub(crate) const fn is_last_blocked(snapshot: Snapshot) -> bool {
    matches!(last_stranger(snapshot), Some(PastStranger { is_blocked: true, .. }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{call::Farewell, ui::i18n::in_language};

    #[test]
    fn buttons_for_past_strangers_say_whom_they_block() {
        let words = in_language("en");
        let label = |past: &[bool], phase, index| {
            let mut snapshot = Snapshot { phase, ..Snapshot::default() };
            for (number, is_blocked) in past.iter().enumerate() {
                snapshot.past_strangers[number] = Some(PastStranger {
                    number: number as u32,
                    is_last: number == 0,
                    is_blocked: *is_blocked,
                });
            }
            block_label(words, snapshot, index)
        };
        let ended = Phase::Ended { why: Farewell::Left };
        let waiting = Phase::Waiting { setback: None };
        assert_eq!(label(&[], ended, 0), None);
        assert_eq!(label(&[false], ended, 0), Some("Block this stranger"));
        assert_eq!(label(&[false], waiting, 0), Some("Block the previous stranger"));
        assert_eq!(label(&[true], waiting, 0), Some("Unblock the previous stranger"));
        assert_eq!(label(&[true, false], ended, 1), Some("Block the stranger before"));
        assert_eq!(label(&[true, false], ended, 2), None);
    }
}
