//! A model of two negotiations, one of each role, with slow browsers and an ordered connection between them.
//!
//! However their offers collide, both must end with the same two descriptions, with one section for each kind of media,
//! and with all tracks that are to be sent on them.

use std::collections::{BTreeSet, VecDeque};

use proptest::{prelude::*, test_runner::Config};

use crate::{
    call::{
        Description, DescriptionKind, Failed, PeerCommand, SignalingState, TrackKind, carrier,
        partner::negotiation::{FirstOffer, Negotiation},
        tests::test_page::{candidate, sdp},
    },
    protocol::{Role, Sdp, Signal},
};

#[path = "../../../tests/duet/transceivers.rs"]
mod transceivers;

use transceivers::Transceivers;

/// Something that may happen next, to the end with this index.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// The browser needs to negotiate; it fires `negotiationneeded` as soon as the rules allow it.
    NegotiationNeeded(usize),
    /// The browser executes its next command.
    Command(usize),
    /// The next signal arrives.
    Delivery(usize),
    /// The microphone or camera is turned on or off.
    Toggle(usize, TrackKind),
}

/// The part of an `RTCPeerConnection` that handles descriptions.
#[derive(Default)]
struct FakeConnection {
    state: SignalingState,
    needs_negotiation: bool,
    serial: u32,
    local: Option<Description>,
    remote: Option<Description>,
    /// Our offer that has no answer yet.
    offered: Option<Description>,
    /// The fragments of the candidates that were added.
    candidate_fragments: BTreeSet<String>,
    transceivers: Transceivers,
    is_attached: bool,
    /// The tracks that are to be sent.
    tracks: [bool; 2],
}

struct End {
    name: char,
    negotiation: Negotiation,
    connection: FakeConnection,
    commands: VecDeque<PeerCommand>,
    arriving: VecDeque<Signal>,
}

struct Pair([End; 2]);

fn fragment(description: &Description) -> &str {
    fragment_of(&description.sdp.0)
}

fn fragment_of(sdp: &str) -> &str {
    sdp.split("ufrag:").nth(1).unwrap().lines().next().unwrap()
}

impl Pair {
    fn new(tracks: [[bool; 2]; 2]) -> Self {
        let ends = [(Role::Impolite, 'i', tracks[0]), (Role::Polite, 'p', tracks[1])];
        Self(ends.map(|(role, name, tracks)| {
            let first_offer = FirstOffer::of(role);
            let negotiation = Negotiation::new(role, first_offer);
            let commands =
                (first_offer == FirstOffer::Ours).then_some(PeerCommand::Attach).into_iter().collect();
            End {
                name,
                negotiation,
                connection: FakeConnection { tracks, ..FakeConnection::default() },
                commands,
                arriving: VecDeque::new(),
            }
        }))
    }

    fn enqueue(&mut self, side: usize, steps: impl IntoIterator<Item = PeerCommand>) {
        self.0[side].commands.extend(steps);
    }

    /// Sends a description to the other end, followed by a candidate.
    fn send(&mut self, side: usize, signal: Signal) {
        let (Signal::Offer { sdp } | Signal::Answer { sdp }) = &signal else {
            unreachable!("only descriptions are sent")
        };
        let fragment = fragment_of(&sdp.0);
        let found = Signal::Candidate(candidate(fragment, "a"));
        self.0[1 - side].arriving.extend([signal, found]);
    }

    /// Runs one event; returns `false` if there was nothing to do.
    fn run(&mut self, event: Event) -> bool {
        match event {
            Event::NegotiationNeeded(side) => {
                self.0[side].connection.needs_negotiation = true;
                self.fire_if_needed(side)
            }
            Event::Command(side) => {
                let Some(command) = self.0[side].commands.pop_front() else {
                    return self.fire_if_needed(side);
                };
                self.execute(side, command);
                true
            }
            Event::Delivery(side) => {
                let Some(signal) = self.0[side].arriving.pop_front() else { return false };
                let step = self.0[side].negotiation.on_signal(signal);
                self.enqueue(side, step);
                true
            }
            Event::Toggle(side, kind) => {
                let FakeConnection { tracks, transceivers, is_attached, .. } = &mut self.0[side].connection;
                tracks[kind as usize] ^= true;
                if *is_attached {
                    transceivers.send(*tracks);
                }
                true
            }
        }
    }

    /// Fires `negotiationneeded`, but only while the connection is stable and has no commands left.
    fn fire_if_needed(&mut self, side: usize) -> bool {
        let End { negotiation, connection, commands, .. } = &mut self.0[side];
        let fires =
            connection.needs_negotiation && connection.state == SignalingState::Stable && commands.is_empty();
        if fires {
            connection.needs_negotiation = false;
            let step = negotiation.on_negotiation_needed();
            self.enqueue(side, step);
        }
        fires
    }

    fn execute(&mut self, side: usize, command: PeerCommand) {
        let End { name, negotiation, connection, .. } = &mut self.0[side];
        match command {
            PeerCommand::Attach => {
                connection.is_attached = true;
                connection.transceivers.attach(connection.tracks);
                connection.needs_negotiation |= connection.state == SignalingState::Stable;
            }
            PeerCommand::SetLocal => {
                let set = connection.set_local(*name);
                negotiation.on_signaling_state(connection.state);
                if let Some((_, signal)) = negotiation.on_local_set(set) {
                    self.send(side, signal);
                }
            }
            PeerCommand::SetRemote(description) => {
                let set = connection.set_remote(description);
                negotiation.on_signaling_state(connection.state);
                if let Some((_, steps)) = negotiation.on_remote_set(set) {
                    self.enqueue(side, steps);
                }
            }
            PeerCommand::AddCandidate(it) => {
                let named = it.username_fragment.unwrap();
                let current = connection.remote.as_ref().map(fragment);
                assert_eq!(current, Some(named.as_str()), "a candidate of another generation");
                connection.candidate_fragments.insert(named);
            }
            PeerCommand::Open { .. }
            | PeerCommand::SetServers { .. }
            | PeerCommand::RestartIce
            | PeerCommand::LimitBitrate(_)
            | PeerCommand::RefreshPicture
            | PeerCommand::EndCandidates { .. }
            | PeerCommand::Send(_)
            | PeerCommand::Measure
            | PeerCommand::Close => unreachable!("not part of a negotiation"),
        }
    }

    /// Runs all that is left, in turns; fails if that never ends.
    fn run_until_idle(&mut self) {
        for _ in 0..1_000 {
            let events = [Event::Command(0), Event::Delivery(1), Event::Command(1), Event::Delivery(0)];
            if !events.map(|event| self.run(event)).contains(&true) {
                return;
            }
        }
        panic!("the two ends never become idle");
    }
}

impl FakeConnection {
    fn set_local(&mut self, name: char) -> Result<Description, Failed> {
        self.serial += 1;
        let serial = self.serial;
        let described = |kind, sections: String| {
            let Sdp(text) = sdp(&format!("{name}{serial}"));
            Description { kind, sdp: Sdp(text + &sections) }
        };
        match self.state {
            SignalingState::Stable => {
                self.state = SignalingState::HaveLocalOffer;
                let offer = described(DescriptionKind::Offer, self.transceivers.set_local_offer());
                self.offered = Some(offer.clone());
                Ok(offer)
            }
            SignalingState::HaveRemoteOffer => {
                self.state = SignalingState::Stable;
                let answer = described(DescriptionKind::Answer, self.transceivers.set_local_answer());
                self.needs_negotiation |= self.transceivers.needs_negotiation();
                self.local = Some(answer.clone());
                Ok(answer)
            }
            SignalingState::HaveLocalOffer | SignalingState::Closed => Err(Failed),
        }
    }

    fn set_remote(&mut self, description: Description) -> Result<(), Failed> {
        match (description.kind, self.state) {
            (DescriptionKind::Offer, SignalingState::Stable) => {
                self.transceivers.set_remote_offer(&description.sdp.0);
                self.state = SignalingState::HaveRemoteOffer;
            }
            // The implicit rollback; the change that our offer announced must still be negotiated.
            (DescriptionKind::Offer, SignalingState::HaveLocalOffer) => {
                (self.offered, self.needs_negotiation) = (None, true);
                self.transceivers.set_remote_offer(&description.sdp.0);
                self.state = SignalingState::HaveRemoteOffer;
            }
            (DescriptionKind::Answer, SignalingState::HaveLocalOffer) => {
                self.local = self.offered.take();
                self.transceivers.set_remote_answer();
                self.needs_negotiation |= self.transceivers.needs_negotiation();
                self.state = SignalingState::Stable;
            }
            (DescriptionKind::Offer, _) | (DescriptionKind::Answer, _) => return Err(Failed),
        }
        self.remote = Some(description);
        Ok(())
    }
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = (0..2_usize, 0..9, any::<bool>()).prop_map(|(side, kind, is_video)| match kind {
        0 => Event::NegotiationNeeded(side),
        8 => Event::Toggle(side, if is_video { TrackKind::Video } else { TrackKind::Audio }),
        1..=4 => Event::Command(side),
        _ => Event::Delivery(side),
    });
    prop::collection::vec(event, 0..80)
}

proptest! {
    #![proptest_config(Config { cases: 2_000, ..Config::default() })]

    #[test]
    fn colliding_negotiations_always_agree_in_the_end(tracks: [[bool; 2]; 2], events in events()) {
        let mut pair = Pair::new(tracks);
        for event in events {
            pair.run(event);
        }
        pair.run_until_idle();
        let Pair([impolite, polite]) = pair;
        for end in [&impolite, &polite] {
            prop_assert_eq!(end.connection.state, SignalingState::Stable);
        }
        let (one, other) = (impolite.connection, polite.connection);
        prop_assert!(one.local.is_some() && other.local.is_some());
        prop_assert_eq!(&one.local, &other.remote);
        prop_assert_eq!(&other.local, &one.remote);
        for end in [&one, &other] {
            prop_assert_eq!(end.transceivers.sent(), end.tracks, "what is to be sent is sent");
        }
        let [one_kind, other_kind] = [&one, &other].map(|it| it.local.as_ref().map(|it| it.kind));
        prop_assert_ne!(one_kind, other_kind, "exactly one offer is answered");
        for (end, of) in [(&one, &other), (&other, &one)] {
            let theirs = of.local.as_ref().map(fragment).unwrap();
            let arrived = end.candidate_fragments.contains(theirs);
            prop_assert!(arrived, "the candidates of the agreed description arrived");
        }
    }
}

#[test]
fn both_ends_can_have_an_offer_out_at_once() {
    let mut pair = Pair::new([[true; 2]; 2]);
    pair.run_until_idle();
    for side in 0..2 {
        pair.run(Event::NegotiationNeeded(side));
        pair.run(Event::Command(side));
    }
    let states = pair.0.each_ref().map(|it| it.connection.state);
    assert_eq!(states, [SignalingState::HaveLocalOffer; 2]);
    pair.run_until_idle();
    assert_eq!(pair.0[1].connection.remote.as_ref().map(|it| fragment(it).starts_with('i')), Some(true));
}
