//! A model of the transceivers of one connection (JSEP, RFC 8829), with the sections of audio and video in each
//! description. Fails if a description would have a second section of one kind, which the server refuses.
//!
//! The module that includes this file imports the call's choice of transceivers.

use super::{TrackKind, carrier};

/// A transceiver.
#[derive(Clone, Debug)]
struct Transceiver {
    kind: TrackKind,
    mid: Option<usize>,
    /// It was created by `addTrack()`. Only such a one is used for a section of the partner's offer.
    by_add_track: bool,
    /// Its direction contains `send`.
    sends: bool,
    /// The same in the last agreed description.
    agreed: bool,
    has_track: bool,
}

/// All transceivers of a connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transceivers {
    all: Vec<Transceiver>,
    /// Those that have their mid from an offer that is not answered yet.
    offered: Vec<usize>,
}

impl Transceivers {
    /// Adds these tracks, and a transceiver for each kind that has none, as the browser half does.
    pub(crate) fn attach(&mut self, tracks: [bool; 2]) {
        for kind in TrackKind::ALL {
            let is_attached = self.carrier(kind).is_some_and(|at| self.all[at].has_track);
            if tracks[kind as usize] && !is_attached {
                self.add_track(kind);
            }
            match self.carrier(kind) {
                Some(at) => self.all[at].sends = true,
                None => self.all.push(Transceiver::new(kind, None, true)),
            }
        }
        self.send(tracks);
    }

    /// Replaces the tracks of all senders.
    pub(crate) fn send(&mut self, tracks: [bool; 2]) {
        for kind in TrackKind::ALL {
            if let Some(at) = self.carrier(kind) {
                self.all[at].has_track = tracks[kind as usize];
            }
        }
    }

    /// `addTrack()`: uses a transceiver that sends nothing, or creates one.
    fn add_track(&mut self, kind: TrackKind) {
        let free = self.all.iter().position(|it| it.kind == kind && !it.has_track);
        let at = free.unwrap_or(self.all.len());
        if free.is_none() {
            self.all.push(Transceiver { by_add_track: true, ..Transceiver::new(kind, None, true) });
        }
        (self.all[at].sends, self.all[at].has_track) = (true, true);
    }

    /// A local offer: its sections, as lines.
    pub(crate) fn set_local_offer(&mut self) -> String {
        for at in 0..self.all.len() {
            if self.all[at].mid.is_none() {
                self.all[at].mid = Some(self.all.iter().filter(|it| it.mid.is_some()).count());
                self.offered.push(at);
            }
        }
        self.lines()
    }

    /// A local answer: its sections, as lines.
    pub(crate) fn set_local_answer(&mut self) -> String {
        self.on_agreed();
        self.lines()
    }

    /// The partner's offer, after a rollback of ours if there is one.
    pub(crate) fn set_remote_offer(&mut self, description: &str) {
        for at in std::mem::take(&mut self.offered) {
            self.all[at].mid = None;
        }
        for (mid, kind) in sections(description).into_iter().enumerate() {
            if self.all.iter().any(|it| it.mid == Some(mid)) {
                continue;
            }
            let fits = |it: &Transceiver| it.kind == kind && it.by_add_track && it.mid.is_none();
            match self.all.iter_mut().find(|it| fits(it)) {
                Some(it) => it.mid = Some(mid),
                None => self.all.push(Transceiver::new(kind, Some(mid), false)),
            }
        }
    }

    /// The partner's answer.
    pub(crate) fn set_remote_answer(&mut self) {
        self.offered.clear();
        self.on_agreed();
    }

    /// Whether `negotiationneeded` fires once the connection is stable.
    pub(crate) fn needs_negotiation(&self) -> bool {
        self.all.iter().any(|it| it.mid.is_none() || it.sends != it.agreed)
    }

    /// The kinds that reach the partner.
    pub(crate) fn sent(&self) -> [bool; 2] {
        let is_sent = |it: &Transceiver| it.mid.is_some() && it.has_track && it.agreed;
        TrackKind::ALL.map(|kind| self.all.iter().any(|it| it.kind == kind && is_sent(it)))
    }

    fn carrier(&self, kind: TrackKind) -> Option<usize> {
        carrier(self.all.iter().map(|it| (it.kind, it.mid.is_some())), kind)
    }

    fn on_agreed(&mut self) {
        self.all.iter_mut().filter(|it| it.mid.is_some()).for_each(|it| it.agreed = it.sends);
    }

    fn lines(&self) -> String {
        let count = |kind| self.all.iter().filter(|it| it.kind == kind && it.mid.is_some()).count();
        let counts = TrackKind::ALL.map(count);
        assert!(counts.iter().all(|it| *it <= 1), "a second section of one kind: {:?}", self.all);
        let mut all: Vec<_> = self.all.iter().filter(|it| it.mid.is_some()).collect();
        all.sort_by_key(|it| it.mid);
        let line = |it: &Transceiver| {
            format!("m={} {}\r\n", it.kind.name(), if it.sends { "sendrecv" } else { "recvonly" })
        };
        all.into_iter().map(line).collect()
    }
}

impl Transceiver {
    const fn new(kind: TrackKind, mid: Option<usize>, sends: bool) -> Self {
        Self { kind, mid, by_add_track: false, sends, agreed: false, has_track: false }
    }
}

/// The kinds of the sections of a description. The mid of a section is its number.
fn sections(description: &str) -> Vec<TrackKind> {
    let section = |line: &str| {
        let (kind, _) = line.strip_prefix("m=")?.split_once(' ')?;
        TrackKind::ALL.into_iter().find(|it| it.name() == kind)
    };
    description.lines().filter_map(section).collect()
}

#[test]
fn a_rollback_loses_the_section_of_a_transceiver_without_a_track() {
    let mut offers = Transceivers::default();
    offers.attach([true, true]);
    let theirs = offers.set_local_offer();
    let mut polite = Transceivers::default();
    polite.attach([false, true]);
    polite.set_local_offer();
    polite.set_remote_offer(&theirs);
    polite.set_local_answer();
    assert!(polite.needs_negotiation(), "the transceiver of the muted microphone is left over");
    assert!(std::panic::catch_unwind(move || polite.set_local_offer()).is_err(), "a second audio section");
}
