//! What this device keeps of those it has met: its own signed name, and the names of pairs; it must not know who they are.

use std::{mem, time::Duration};

use crate::{
    call::{Call, Output},
    protocol::{
        Met, PairId, PastPairs, ToServer,
        limits::{BLOCKED_FOR, MAX_BLOCKED, MAX_MET, MET_FOR},
    },
};

/// Everything a device keeps of others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PastPartners {
    /// The signed name of this device, as the server has given it; empty before the first visit.
    pub device: String,
    /// Pairs that met, the latest last.
    pub met: Dated,
    /// Pairs that are never to meet again, the latest last.
    pub blocked: Dated,
}

/// What the server knows of this device in a session. That may be more than the device keeps.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The name that it goes by.
    device: String,
    /// Whom it has blocked.
    blocked: Vec<PairId>,
}

/// Pairs, each with a moment of the day in seconds since the Unix epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dated(Vec<(PairId, u64)>);

impl Dated {
    /// Those in a text that [`to_text`](Self::to_text) has made; what is none is passed over.
    pub fn from_text(text: &str) -> Self {
        let read = |it: &str| {
            let (pair, at) = it.split_once(':')?;
            Some((pair.parse().ok()?, at.parse().ok()?))
        };
        Self(text.split(',').filter_map(read).collect())
    }

    /// As text, to be kept.
    pub fn to_text(&self) -> String {
        let texts: Vec<_> =
            self.0.iter().map(|(pair, at)| [&*pair.0.to_string(), &*at.to_string()].join(":")).collect();
        texts.join(",")
    }

    fn add(&mut self, pair: PairId, at: u64, most: usize) {
        self.0.retain(|(it, _)| *it != pair);
        self.0.push((pair, at));
        self.0.drain(..self.0.len().saturating_sub(most));
    }

    /// Drops what is older than this. What is from a time that has not come was dated by a clock that ran ahead: it is
    /// from now, so that it is neither lost nor kept for ever. Says whether there was any.
    fn expire(&mut self, now: u64, after: Duration) -> bool {
        let mut any = false;
        self.0.retain_mut(|(_, at)| {
            any |= *at > now;
            *at = now.min(*at);
            now - *at < after.as_secs()
        });
        any
    }
}

impl Call {
    /// Says hello on a socket that has opened.
    pub(crate) fn greet(&mut self, out: &mut Vec<Output>) {
        let (ticket, past) = (self.ticket(), self.past(out));
        let device = self.acquaintances.device.clone();
        self.shown = Known { device: device.clone(), blocked: past.blocked.clone() };
        self.line.opened(ticket, Some(device).filter(|it| !it.is_empty()), past, out);
    }

    /// What the server is told of the past.
    fn past(&mut self, out: &mut Vec<Output>) -> PastPairs {
        let now = self.unix_seconds();
        let PastPartners { met, blocked, .. } = &mut self.acquaintances;
        if met.expire(now, MET_FOR) | blocked.expire(now, BLOCKED_FOR) {
            // Else it would be from now at every visit.
            self.remember(out);
        }
        let PastPartners { met, blocked, .. } = &self.acquaintances;
        // Less than half an hour, so less than 30.
        let ago = |at: u64| u8::try_from((now - at) / 60).unwrap_or(u8::MAX);
        PastPairs {
            met: met.0.iter().map(|(pair, at)| Met { pair: *pair, minutes_ago: ago(*at) }).collect(),
            blocked: blocked.0.iter().map(|(pair, _)| *pair).collect(),
        }
    }

    /// The server has answered a hello; where it remembers the session, nothing but the number of that has counted.
    pub(crate) fn greeted(&mut self, resumed: bool, named: Option<String>, out: &mut Vec<Output>) {
        if !resumed {
            self.known = mem::take(&mut self.shown);
        }
        if let Some(device) = named {
            self.known.device.clone_from(&device);
            self.acquaintances.device = device;
            self.remember(out);
        }
        // What was said between the hello and the answer was for a session that is over, if this is another one.
        self.say_blocked(out);
    }

    /// The device keeps the name that a pair is about to be of; it may have forgotten it since the session began.
    fn keep_name(&mut self) {
        self.acquaintances.device.clone_from(&self.known.device);
    }

    /// This page has a partner. It is kept later: nothing comes between a match and its first picture.
    pub(crate) fn acquainted(&mut self, pair: Option<PairId>) {
        let now = self.unix_seconds();
        self.pair = pair;
        if let Some(pair) = pair {
            self.keep_name();
            self.acquaintances.met.add(pair, now, MAX_MET);
        }
    }

    /// Never the last partner again, and somebody else now.
    pub(crate) fn block(&mut self, out: &mut Vec<Output>) {
        if let Some(pair) = self.pair {
            let now = self.unix_seconds();
            self.keep_name();
            self.acquaintances.blocked.add(pair, now, MAX_BLOCKED);
            self.remember(out);
            self.say_blocked(out);
        }
        self.next(out);
    }

    /// Nobody is blocked any more.
    pub(crate) fn unblock(&mut self, out: &mut Vec<Output>) {
        self.acquaintances.blocked = Dated::default();
        self.remember(out);
        self.say_blocked(out);
    }

    /// This device knows nobody, and has no name.
    pub(crate) fn forget_acquaintances(&mut self, out: &mut Vec<Output>) {
        self.acquaintances = PastPartners::default();
        self.say_blocked(out);
    }

    /// Tells the server what it does not know of whom this device has blocked.
    pub(crate) fn say_blocked(&mut self, out: &mut Vec<Output>) {
        // A line that is not wanted begins with a hello, which says it all.
        if !self.line.is_wanted() {
            return;
        }
        let blocked: Vec<_> = self.acquaintances.blocked.0.iter().map(|(pair, _)| *pair).collect();
        // Of many that are known a few may be too old by now, or too many. To take all back for that would let the others
        // be met before they are named again.
        if !self.known.blocked.is_empty() && !self.known.blocked.iter().any(|it| blocked.contains(it)) {
            self.known.blocked.clear();
            self.say(ToServer::Unblock {}, out);
        }
        for pair in blocked {
            if !self.known.blocked.contains(&pair) {
                self.known.blocked.push(pair);
                self.say(ToServer::Block { pair }, out);
            }
        }
    }

    /// How many are blocked.
    pub(crate) fn blocked(&self) -> u32 {
        self.acquaintances.blocked.0.len() as u32
    }

    const fn unix_seconds(&self) -> u64 {
        (self.unix_origin_ms + self.now.as_millis()) / 1_000
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn pair(number: u128) -> PairId {
        PairId(Uuid::from_u128(number))
    }

    #[test]
    fn what_is_kept_is_read_again_and_nonsense_is_passed_over() {
        let mut all = Dated::default();
        all.add(pair(1), 1_000, 16);
        all.add(pair(2), 2_000, 16);
        assert_eq!(Dated::from_text(&all.to_text()), all);
        assert_eq!(Dated::from_text(&format!("x,{},:,", all.to_text())), all);
        assert_eq!(Dated::from_text(""), Dated::default());
    }

    #[test]
    fn the_oldest_goes_and_who_is_met_again_is_the_latest() {
        let mut all = Dated::default();
        for number in [1, 2, 3, 1] {
            all.add(pair(number), number as u64, 3);
        }
        assert_eq!(all.0, [(pair(2), 2), (pair(3), 3), (pair(1), 1)]);
        all.add(pair(4), 9, 3);
        assert_eq!(all.0, [(pair(3), 3), (pair(1), 1), (pair(4), 9)]);
        all.expire(9, Duration::from_secs(7));
        assert_eq!(all.0, [(pair(3), 3), (pair(4), 9)]);
        all.expire(8, Duration::from_secs(7));
        assert_eq!(all.0, [(pair(3), 3), (pair(4), 8)], "a clock that was set back loses nobody");
        all.expire(15, Duration::from_secs(7));
        assert_eq!(all.0, [], "nor does it keep anybody away for ever");
    }
}
