//! Which transceiver of a connection carries the sound, and which the picture.

use crate::call::TrackKind;

/// The index of the transceiver that carries this kind; each item is a transceiver's kind and whether it has a mid.
///
/// One with a mid has a section in the descriptions, so nothing is left to negotiate. After a rollback another one of
/// the same kind may be left without (RFC 8829, 5.10); using that would add a second section.
pub fn carrier(transceivers: impl Iterator<Item = (TrackKind, bool)>, kind: TrackKind) -> Option<usize> {
    let of_kind = transceivers.enumerate().filter(|(_, (its, _))| *its == kind);
    of_kind.map(|(at, (_, has_mid))| (!has_mid, at)).min().map(|(_, at)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transceiver_with_a_mid_comes_first() {
        use TrackKind::{Audio, Video};
        let all = [(Audio, false), (Video, true), (Audio, true), (Audio, true)];
        assert_eq!(carrier(all.into_iter(), Audio), Some(2));
        assert_eq!(carrier(all.into_iter(), Video), Some(1));
        assert_eq!(carrier(all[..1].iter().copied(), Audio), Some(0));
        assert_eq!(carrier(all[..1].iter().copied(), Video), None);
    }
}
