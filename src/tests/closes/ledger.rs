//! [`Ledger`]: what all pages and their servers tell each other, and whether a server alone could have said it.

use std::collections::{BTreeMap, VecDeque};

use passerby::protocol::{Epoch, Frame, MatchId, Role, Signal, ToBrowser, ToServer, decode_lenient};

use super::browser::generation;

/// Everything that was said.
#[derive(Default)]
pub(crate) struct Ledger {
    pages: BTreeMap<usize, Session>,
    matches: BTreeMap<MatchId, Told>,
    /// What was wrong with it.
    pub(crate) faults: Vec<String>,
}

/// The session of a page.
#[derive(Default)]
struct Session {
    /// The number of its last message.
    sent: u64,
    /// The number of the last message to it.
    received: u64,
    /// The match in which it is, as far as it knows.
    current: Option<MatchId>,
    /// What it has prepared for the next match. The server forwards it in its own time.
    prepared: Vec<String>,
}

/// What two pages were told of a match.
#[derive(Default)]
struct Told {
    roles: BTreeMap<usize, Role>,
    /// What each has sent and the other one has not received.
    signals: BTreeMap<usize, VecDeque<String>>,
    /// Whether signals may be missing, because an end has lost its session or was told that some are.
    has_gap: bool,
}

impl Ledger {
    /// A page sends a frame, perhaps not for the first time.
    pub(super) fn on_sent(&mut self, page: usize, frame: &Frame<ToServer>) {
        let session = self.pages.entry(page).or_default();
        if frame.seq <= session.sent {
            return;
        }
        session.sent = frame.seq;
        match &frame.msg {
            ToServer::Signal { match_id, signal, .. } => {
                let told = self.matches.entry(*match_id).or_default();
                told.signals.entry(page).or_default().push_back(name_of(signal));
            }
            ToServer::Prepared { signal, .. } => session.prepared.push(name_of(signal)),
            ToServer::Next { .. } | ToServer::Failed { .. } | ToServer::Leave {} => session.current = None,
            _ => {}
        }
    }

    /// A page receives a frame, perhaps not for the first time.
    pub(super) fn on_received(&mut self, page: usize, frame: &Frame<ToBrowser>) {
        let session = self.pages.entry(page).or_default();
        if let ToBrowser::Welcome { resumed: false, match_id, .. } = frame.msg {
            let former = std::mem::replace(session, Session { current: match_id, ..Session::default() });
            for id in former.current.into_iter().chain(match_id) {
                self.matches.entry(id).or_default().has_gap = true;
            }
        }
        if frame.seq > 0 {
            if frame.seq <= session.received {
                return;
            }
            if frame.seq > session.received + 1 {
                self.faults.push(format!("page {page} got {} after {}", frame.seq, session.received));
            }
            session.received = frame.seq;
        }
        match &frame.msg {
            ToBrowser::Matched { match_id, role, .. } => self.on_matched(page, *match_id, *role),
            ToBrowser::Ended { match_id, .. } if session.current == Some(*match_id) => session.current = None,
            ToBrowser::Partner { match_id, signals_lost: true, .. } => {
                self.matches.entry(*match_id).or_default().has_gap = true;
            }
            ToBrowser::Signal { match_id, signal, .. } => self.on_signal(page, *match_id, &name_of(signal)),
            _ => {}
        }
    }

    fn on_matched(&mut self, page: usize, id: MatchId, role: Role) {
        let session = self.pages.entry(page).or_default();
        if let Some(former) = session.current.replace(id).filter(|it| *it != id) {
            self.faults.push(format!("page {page} is in {id:?} while it is in {former:?}"));
        }
        let roles = &mut self.matches.entry(id).or_default().roles;
        let before = roles.insert(page, role);
        let is_symmetric = roles.values().filter(|it| **it == role).count() == 1;
        if before.is_some() || roles.len() > 2 || !is_symmetric {
            self.faults.push(format!("{id:?} is between {roles:?}, and page {page} was {before:?}"));
        }
    }

    fn on_signal(&mut self, page: usize, id: MatchId, name: &str) {
        let Told { roles, signals, has_gap } = self.matches.entry(id).or_default();
        let partner = roles.keys().find(|it| **it != page);
        // What was prepared may arrive before its own page is told of the match.
        let others = self.pages.iter_mut().filter(|it| partner.map_or(*it.0 != page, |other| other == it.0));
        for (_, session) in others {
            if let Some(at) = session.prepared.iter().position(|it| it == name) {
                session.prepared.remove(at);
                return;
            }
        }
        let sent = partner.and_then(|it| signals.get_mut(it));
        let before = sent.as_ref().and_then(|it| it.iter().position(|it| it == name));
        match (sent, before) {
            (Some(sent), Some(before)) if before == 0 || *has_gap => drop(sent.drain(..=before)),
            (sent, _) => {
                let fault =
                    format!("page {page} got {name} of {id:?}, while {sent:?} of {partner:?} have not come");
                self.faults.push(fault);
            }
        }
    }

    /// Whether everything has arrived that the ends of this match have sent each other.
    pub(crate) fn has_heard_all(&self, id: MatchId) -> bool {
        self.matches.get(&id).is_some_and(|it| it.has_gap || it.signals.values().all(VecDeque::is_empty))
    }
}

/// What the server does not change in a signal.
fn name_of(signal: &Signal) -> String {
    match signal {
        Signal::Offer { sdp } => format!("offer {:?}", generation(sdp)),
        Signal::Answer { sdp } => format!("answer {:?}", generation(sdp)),
        Signal::Candidate(it) => format!("candidate {:?}", it.username_fragment),
        Signal::EndOfCandidates { username_fragment } => format!("end {username_fragment:?}"),
    }
}

#[test]
fn finds_what_no_server_says() {
    let id = |number| MatchId(uuid::Uuid::from_u128(number));
    let matched = |seq: u64, number, role: &str| {
        let media = serde_json::json!({ "audio": true, "video": true });
        let msg = serde_json::json!({ "match": id(number), "role": role, "partner": media });
        let text = serde_json::json!({ "seq": seq, "ack": 0, "msg": { "matched": msg } }).to_string();
        decode_lenient(&text).expect("a message")
    };
    let end = |name: &str| Signal::EndOfCandidates { username_fragment: Some(name.to_owned()) };
    let (match_id, epoch) = (id(1), Epoch::FIRST);
    let sent =
        |seq, name| Frame { seq, ack: 0, msg: ToServer::Signal { match_id, epoch, signal: end(name) } };
    let heard =
        |seq, name| Frame { seq, ack: 0, msg: ToBrowser::Signal { match_id, epoch, signal: end(name) } };
    let pair = || {
        let mut ledger = Ledger::default();
        ledger.on_received(0, &matched(1, 1, "polite"));
        ledger.on_received(1, &matched(1, 1, "impolite"));
        for (seq, name) in [(1, "a"), (2, "b"), (2, "b")] {
            ledger.on_sent(0, &sent(seq, name));
        }
        ledger
    };
    let faults = |page: usize, frames: &[Frame<ToBrowser>]| {
        let mut ledger = pair();
        frames.iter().for_each(|it| ledger.on_received(page, it));
        ledger.faults.len()
    };
    assert_eq!(faults(1, &[heard(2, "a"), heard(2, "a"), heard(3, "b")]), 0);
    for (page, frames, what) in [
        (1, &[heard(2, "b")][..], "one is missing"),
        (1, &[heard(2, "a"), heard(3, "a")], "one comes twice"),
        (1, &[heard(3, "a")], "a number is missing"),
        (1, &[heard(2, "c")], "nobody has sent it"),
        (0, &[heard(2, "a")], "it is the page's own"),
        (1, &[matched(2, 2, "polite")], "another match begins before the end of the first one"),
        (2, &[matched(1, 1, "polite")], "a third page is told of the match"),
        (0, &[matched(2, 1, "impolite")], "the page meets itself"),
    ] {
        assert_eq!(faults(page, frames), 1, "{what}");
    }
    let mut ledger = Ledger::default();
    ledger.on_sent(0, &Frame { seq: 1, ack: 0, msg: ToServer::Prepared { number: 1, signal: end("a") } });
    for frame in [matched(1, 1, "polite"), heard(2, "a"), heard(3, "a")] {
        ledger.on_received(1, &frame);
    }
    assert_eq!(
        ledger.faults.len(),
        1,
        "what was prepared comes once, also before its page is told of the match"
    );
    let mut ledger = Ledger::default();
    for page in 0..2 {
        ledger.on_received(page, &matched(1, 1, "polite"));
    }
    assert_eq!(ledger.faults.len(), 1, "both have the same role");
    assert!(!pair().has_heard_all(match_id), "two signals are under way");
}
