//! The rule that decides whether two waiting peers may be paired.

use super::Acceptance;
use crate::{
    matchmaker::{keys::Keys, peers::Peer},
    protocol::{PeerId, limits::AGAIN_AFTER},
    time::Moment,
};

/// Whether two waiting peers may be paired now.
///
/// Two peers of one device are never paired: one is another tab, or a session that its page has lost. Peers that have
/// just parted are kept apart for a while. Peers are never paired if one has blocked the other. Peers that met recently
/// are paired only after both have waited for [`AGAIN_AFTER`] without finding anybody else.
pub(crate) fn check_eligibility(
    now: Moment,
    keys: &Keys,
    (one, mine): (PeerId, &Peer),
    (other, theirs): (PeerId, &Peer),
) -> Acceptance {
    if mine.device == theirs.device {
        return Acceptance::Never;
    }
    let mut not_before = mine.cooldown_until(now, other).max(theirs.cooldown_until(now, one));
    let histories = [mine, theirs].map(|it| it.past_partners.as_deref());
    // Most peers have no history, and pair ids are expensive.
    if histories.iter().any(Option::is_some) {
        let later = mine.reachable_place().max(theirs.reachable_place());
        let again = later.map(|it| it.since + AGAIN_AFTER);
        for pair in keys.pairs(mine.device, theirs.device) {
            if histories.iter().flatten().any(|it| it.has_blocked(pair)) {
                return Acceptance::Never;
            }
            let met = histories.iter().flatten().filter_map(|it| it.met_until(pair)).max();
            not_before = not_before.max(met.min(again));
        }
    }
    not_before.filter(|at| *at > now).map_or(Acceptance::Now, Acceptance::NotBefore)
}
