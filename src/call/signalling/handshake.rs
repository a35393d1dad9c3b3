//! The handshake with the server: the hello on a new socket, the welcome that answers it, and what has to be sent again
//! to a session that lacks it. Also the goodbye.

use super::{server_knowledge::Welcome, session::Session};
use crate::{
    call::{ChosenDevices, Output, Setback, profile::Profile, state::CallState},
    protocol::{Feature, MatchId, ToServer},
    time::Moment,
};

/// What the call has to do after a welcome, so that the server knows what the page wants.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Resync {
    /// Nothing.
    Nothing,
    /// Join the queue.
    Join {
        /// As in [`CallState::Ready`].
        setback: Option<Setback>,
    },
    /// Join the queue with other media or preferences, if they have changed.
    JoinIfChanged,
    /// Leave this match, which the server has rebuilt from its ticket, and ask for the next partner.
    Next(MatchId),
    /// Leave the match, which the server has rebuilt from its ticket.
    Leave,
    /// Go on with the match, which the server has rebuilt in a new session.
    MatchRestored,
    /// Give the match up: the server does not know it any more, and it is not connected.
    GiveUp,
}

impl Session {
    /// Sends the hello on a socket that has opened. The ticket lets a server rebuild the match that it names.
    pub(crate) fn send_hello(
        &mut self,
        now: Moment,
        tokens: (Option<String>, Option<Box<str>>),
        profile: &mut Profile,
        chosen: &ChosenDevices,
        out: &mut Vec<Output>,
    ) {
        let unix_now = profile.unix_seconds(now);
        if profile.past_partners.expire(unix_now) {
            profile.save(chosen, out);
        }
        let past = profile.past_partners.for_hello(unix_now);
        let device = profile.past_partners.device.clone();
        self.handshake.on_hello_sent(device.clone(), past.blocked.clone());
        self.start(tokens, [device, profile.age.clone()], past, out);
    }

    /// Says goodbye to the server in the way that it understands, and ends the session.
    pub(crate) fn say_goodbye(&mut self, now: Moment, out: &mut Vec<Output>) {
        if self.is_open() && self.handshake.has_feature(Feature::Goodbye) {
            // A proxy may replace the close code. If the outbox is full, the close code has to do.
            self.try_send(now, ToServer::Leave {}, out);
        }
        self.close(self.handshake.goodbye_code(), out);
    }

    /// Takes in a welcome and sends the blocked pairs that the session lacks.
    pub(crate) fn on_welcome(
        &mut self,
        now: Moment,
        welcome: &Welcome,
        profile: &mut Profile,
        chosen: &ChosenDevices,
        rng: &mut fastrand::Rng,
        out: &mut Vec<Output>,
    ) {
        self.handshake.on_welcome(welcome);
        if let Some(device) = &welcome.device {
            profile.past_partners.device.clone_from(device);
            profile.save(chosen, out);
        }
        // What was sent between the hello and a welcome to a new session went to the old one.
        self.sync_blocked(now, profile, rng, out);
    }

    /// Tells the server what it does not know about the blocked pairs.
    pub(crate) fn sync_blocked(
        &mut self,
        now: Moment,
        profile: &Profile,
        rng: &mut fastrand::Rng,
        out: &mut Vec<Output>,
    ) {
        // A session that is not wanted yet begins with a hello, which contains all of them.
        if !self.is_wanted() {
            return;
        }
        let blocked = profile.past_partners.blocked.pairs();
        if self.handshake.clear_blocked_unless_any_in(&blocked) {
            self.send(now, ToServer::Unblock { pair: None }, rng, out);
        }
        for pair in self.handshake.take_unblocked(&blocked) {
            self.send(now, ToServer::Unblock { pair: Some(pair) }, rng, out);
        }
        for pair in blocked {
            if self.handshake.add_blocked(pair) {
                self.send(now, ToServer::Block { pair }, rng, out);
            }
        }
    }
}

impl CallState {
    /// Compares the state with what the server knows after a welcome, and returns what has to be done;
    /// `has_postponed` is whether a request is going to be repeated later.
    pub(crate) fn on_welcome(
        &mut self,
        now: Moment,
        welcome: &Welcome,
        has_postponed: bool,
        out: &mut Vec<Output>,
    ) -> Resync {
        let Welcome { resumed, match_id, .. } = *welcome;
        match self {
            // The page has said so to the former server, after the hello with the ticket.
            Self::Paused { .. } if match_id.is_some() => Resync::Leave,
            Self::Landing(_) | Self::Gate { .. } | Self::Asking(_) | Self::Mirror | Self::Paused { .. } => {
                Resync::Nothing
            }
            Self::Ended { open_match, .. } => {
                // A new session only knows the match if it was rebuilt from the ticket in the hello.
                if !resumed {
                    *open_match = match_id;
                }
                Resync::Nothing
            }
            Self::Ready { setback } => match match_id {
                Some(match_id) => Resync::Next(match_id),
                None if resumed && has_postponed => Resync::Nothing,
                None => Resync::Join { setback: *setback },
            },
            Self::Waiting { .. } if resumed => Resync::JoinIfChanged,
            Self::Waiting { setback, .. } => {
                let setback = *setback;
                self.close_prepared(out);
                Resync::Join { setback }
            }
            Self::Matched(_) if resumed => Resync::Nothing,
            Self::Matched(current) if match_id == Some(current.terms.match_id) => {
                current.on_server_restored(out);
                Resync::MatchRestored
            }
            Self::Matched(current) => {
                // A connected call can do without the server, an attempt to connect cannot.
                current.known_to_server = false;
                if current.is_alive(now) { Resync::Nothing } else { Resync::GiveUp }
            }
        }
    }
}
