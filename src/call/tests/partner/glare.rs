//! Two negotiations, one of each role, with slow browsers and a wire in order between them: whatever collides, both
//! come to rest with the same two descriptions. It must not know matches or the server.

use std::collections::{BTreeSet, VecDeque};

use proptest::{prelude::*, test_runner::Config};

use crate::{
    call::{
        Description, DescriptionKind, Failed, PeerCommand, SignalingState,
        partner::negotiation::{FirstOffer, Negotiation},
        tests::test_page::{candidate, sdp},
    },
    protocol::{Role, Signal},
};

/// Something that may happen next, to the end of this number.
#[derive(Clone, Copy, Debug)]
enum Turn {
    /// The browser wants to negotiate, as soon as the rules let it say so.
    Wish(usize),
    /// It does its next command.
    Deed(usize),
    /// The next signal arrives.
    Delivery(usize),
}

/// An `RTCPeerConnection` as far as descriptions go.
#[derive(Default)]
struct Connection {
    state: SignalingState,
    wishes: bool,
    serial: u32,
    local: Option<Description>,
    remote: Option<Description>,
    /// The own offer that is out.
    offered: Option<Description>,
    /// The fragments of the candidates it has been given.
    reached: BTreeSet<String>,
}

struct End {
    name: char,
    negotiation: Negotiation,
    connection: Connection,
    commands: VecDeque<PeerCommand>,
    arriving: VecDeque<Signal>,
}

struct Pair([End; 2]);

fn fragment(description: &Description) -> &str {
    description.sdp.0.split("ufrag:").nth(1).unwrap().trim_end()
}

impl Pair {
    fn new() -> Self {
        Self([(Role::Impolite, 'i'), (Role::Polite, 'p')].map(|(role, name)| {
            let beginning = if role == Role::Impolite { FirstOffer::Ours } else { FirstOffer::Theirs };
            let negotiation = Negotiation::new(role, beginning);
            let commands = (role == Role::Impolite).then_some(PeerCommand::Attach).into_iter().collect();
            End { name, negotiation, connection: Connection::default(), commands, arriving: VecDeque::new() }
        }))
    }

    fn take(&mut self, side: usize, steps: impl IntoIterator<Item = PeerCommand>) {
        self.0[side].commands.extend(steps);
    }

    /// A description goes to the other end, and after it a candidate.
    fn send(&mut self, side: usize, signal: Signal) {
        let (Signal::Offer { sdp } | Signal::Answer { sdp }) = &signal else {
            unreachable!("the browser's own")
        };
        let fragment = sdp.0.split("ufrag:").nth(1).unwrap().trim_end();
        let found = Signal::Candidate(candidate(fragment, "a"));
        self.0[1 - side].arriving.extend([signal, found]);
    }

    /// Takes one turn; `false` if there was nothing to do.
    fn turn(&mut self, turn: Turn) -> bool {
        match turn {
            Turn::Wish(side) => {
                self.0[side].connection.wishes = true;
                self.wish(side)
            }
            Turn::Deed(side) => {
                let Some(command) = self.0[side].commands.pop_front() else { return self.wish(side) };
                self.work(side, command);
                true
            }
            Turn::Delivery(side) => {
                let Some(signal) = self.0[side].arriving.pop_front() else { return false };
                let step = self.0[side].negotiation.on_signal(signal);
                self.take(side, step);
                true
            }
        }
    }

    /// `negotiationneeded` comes only while the connection is stable and has nothing else to do.
    fn wish(&mut self, side: usize) -> bool {
        let End { negotiation, connection, commands, .. } = &mut self.0[side];
        let comes = connection.wishes && connection.state == SignalingState::Stable && commands.is_empty();
        if comes {
            connection.wishes = false;
            let step = negotiation.on_negotiation_needed();
            self.take(side, [step]);
        }
        comes
    }

    fn work(&mut self, side: usize, command: PeerCommand) {
        let End { name, negotiation, connection, .. } = &mut self.0[side];
        match command {
            PeerCommand::Attach => connection.wishes |= connection.state == SignalingState::Stable,
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
                    self.take(side, steps);
                }
            }
            PeerCommand::AddCandidate(it) => {
                let named = it.username_fragment.unwrap();
                let current = connection.remote.as_ref().map(fragment);
                assert_eq!(current, Some(named.as_str()), "a candidate of another generation");
                connection.reached.insert(named);
            }
            PeerCommand::Open { .. }
            | PeerCommand::SetServers { .. }
            | PeerCommand::RestartIce
            | PeerCommand::LimitBitrate(_)
            | PeerCommand::EndCandidates { .. }
            | PeerCommand::Send(_)
            | PeerCommand::Measure
            | PeerCommand::Close => unreachable!("no part of a negotiation"),
        }
    }

    /// Lets both do what is left, in turns; fails if that never ends.
    fn rest(&mut self) {
        for _ in 0..1_000 {
            let turns = [Turn::Deed(0), Turn::Delivery(1), Turn::Deed(1), Turn::Delivery(0)];
            if !turns.map(|turn| self.turn(turn)).contains(&true) {
                return;
            }
        }
        panic!("the two never come to rest");
    }
}

impl Connection {
    fn set_local(&mut self, name: char) -> Result<Description, Failed> {
        self.serial += 1;
        let described = |kind, serial| Description { kind, sdp: sdp(&format!("{name}{serial}")) };
        match self.state {
            SignalingState::Stable => {
                self.state = SignalingState::HaveLocalOffer;
                let offer = described(DescriptionKind::Offer, self.serial);
                self.offered = Some(offer.clone());
                Ok(offer)
            }
            SignalingState::HaveRemoteOffer => {
                self.state = SignalingState::Stable;
                let answer = described(DescriptionKind::Answer, self.serial);
                self.local = Some(answer.clone());
                Ok(answer)
            }
            SignalingState::HaveLocalOffer | SignalingState::Closed => Err(Failed),
        }
    }

    fn set_remote(&mut self, description: Description) -> Result<(), Failed> {
        match (description.kind, self.state) {
            (DescriptionKind::Offer, SignalingState::Stable) => self.state = SignalingState::HaveRemoteOffer,
            // The implicit rollback; what the own offer was for is still wanted.
            (DescriptionKind::Offer, SignalingState::HaveLocalOffer) => {
                (self.offered, self.wishes) = (None, true);
                self.state = SignalingState::HaveRemoteOffer;
            }
            (DescriptionKind::Answer, SignalingState::HaveLocalOffer) => {
                self.local = self.offered.take();
                self.state = SignalingState::Stable;
            }
            (DescriptionKind::Offer, _) | (DescriptionKind::Answer, _) => return Err(Failed),
        }
        self.remote = Some(description);
        Ok(())
    }
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let turn = (0..2_usize, 0..8).prop_map(|(side, kind)| match kind {
        0 => Turn::Wish(side),
        1..=4 => Turn::Deed(side),
        _ => Turn::Delivery(side),
    });
    prop::collection::vec(turn, 0..80)
}

proptest! {
    #![proptest_config(Config { cases: 2_000, ..Config::default() })]

    #[test]
    fn however_they_collide_two_negotiations_come_to_rest_with_the_same_two_descriptions(turns in turns()) {
        let mut pair = Pair::new();
        for turn in turns {
            pair.turn(turn);
        }
        pair.rest();
        let Pair([impolite, polite]) = pair;
        for end in [&impolite, &polite] {
            prop_assert_eq!(end.connection.state, SignalingState::Stable);
        }
        let (one, other) = (impolite.connection, polite.connection);
        prop_assert!(one.local.is_some() && other.local.is_some());
        prop_assert_eq!(&one.local, &other.remote);
        prop_assert_eq!(&other.local, &one.remote);
        prop_assert_ne!(one.local.as_ref().map(|it| it.kind), other.local.as_ref().map(|it| it.kind), "one wins");
        for (end, of) in [(&one, &other), (&other, &one)] {
            let theirs = of.local.as_ref().map(fragment).unwrap();
            prop_assert!(end.reached.contains(theirs), "the candidates of what was agreed on are there");
        }
    }
}

#[test]
fn collisions_do_happen_in_these_histories() {
    let mut pair = Pair::new();
    pair.rest();
    for side in 0..2 {
        pair.turn(Turn::Wish(side));
        pair.turn(Turn::Deed(side));
    }
    let states = pair.0.each_ref().map(|it| it.connection.state);
    assert_eq!(states, [SignalingState::HaveLocalOffer; 2]);
    pair.rest();
    assert_eq!(pair.0[1].connection.remote.as_ref().map(|it| fragment(it).starts_with('i')), Some(true));
}
