//! How a page gets into the queue, stays in it and makes its offer ahead; it must not know what comes of a match.

use crate::{
    call::{
        Call, Joined, Output, PeerEvent, Preferences, PreparedConnection, Problem, Request, SendProfile,
        State, Switch, partner::connection::ConnectionConfig,
    },
    protocol::{ErrorCode, IceServer, MatchId, ToServer},
};

impl Call {
    fn warm_up(&self, out: &mut Vec<Output>) {
        out.push(Output::WarmUp(self.quality()));
    }

    /// Asks the server for a partner; safe to say twice.
    pub(crate) fn join(&mut self, unconnected: bool, out: &mut Vec<Output>) {
        self.state = State::Ready { unconnected };
        self.warm_up(out);
        // Said on a line that is away it would be said again by `welcomed`.
        if self.line.is_open() {
            self.request(Request::Join, out);
        }
    }

    pub(crate) fn say_join(&mut self, out: &mut Vec<Output>) {
        self.joined = self.to_join_with();
        let Joined { media, hide, tastes } = self.joined.clone();
        self.say(ToServer::Join { media, hide, tastes }, out);
    }

    /// Asks for the next partner, after a match that may still be one to the server.
    pub(crate) fn want_next(&mut self, open: Option<MatchId>, out: &mut Vec<Output>) {
        match open {
            // The server would let this peer wait with what it said the last time.
            Some(_) if self.has_changed() => self.leave_and_join(false, out),
            Some(match_id) => {
                self.state = State::Ready { unconnected: false };
                self.warm_up(out);
                self.request(Request::Next(match_id), out);
            }
            None => self.join(false, out),
        }
    }

    /// Ends what the server knows of, and asks for a partner.
    pub(crate) fn leave_and_join(&mut self, unconnected: bool, out: &mut Vec<Output>) {
        self.say(ToServer::Leave {}, out);
        self.join(unconnected, out);
    }

    /// The server has put this page back into the queue by itself.
    pub(crate) fn was_queued(&mut self, out: &mut Vec<Output>) {
        self.state = State::Ready { unconnected: true };
        self.warm_up(out);
        if self.has_changed() {
            self.join(true, out);
        }
    }

    /// The server refuses to let this page wait as it wants to, or as soon.
    pub(crate) fn refused(&mut self, code: ErrorCode, retry_ms: Option<u32>, out: &mut Vec<Output>) {
        match (&self.state, code) {
            (_, ErrorCode::RateLimited) => self.too_soon(retry_ms),
            (State::Ready { .. } | State::Waiting { .. }, ErrorCode::NoRelay) => {
                self.stop(Some(Problem::NoRelay), out);
            }
            (
                State::Landing(_)
                | State::Asking(_)
                | State::Mirror
                | State::Ready { .. }
                | State::Waiting { .. }
                | State::Meeting(_)
                | State::Ended { .. },
                _,
            ) => {}
        }
    }

    /// The person has chosen something once and for all.
    pub(crate) fn prefer(&mut self, preferences: Preferences, out: &mut Vec<Output>) {
        self.preferences = preferences;
        self.remember(out);
        self.preferred(out);
    }

    /// What the person has chosen, here or in another page, holds from now on.
    pub(crate) fn preferred(&mut self, out: &mut Vec<Output>) {
        let (preferences, quality) = (self.preferences, self.quality());
        match &mut self.state {
            State::Meeting(meeting) => meeting.set_send_profile(quality, out),
            State::Waiting { ahead, .. } if preferences.has(Switch::HideAddress) => {
                // It names the address that is to be hidden.
                ahead.take().iter().for_each(|it| it.connection.close(out));
            }
            State::Waiting { ahead: Some(ahead), .. } => {
                ahead.config.send_profile = quality;
                ahead.connection.set_send_profile(quality, out);
            }
            State::Landing(_)
            | State::Asking(_)
            | State::Mirror
            | State::Ready { .. }
            | State::Waiting { .. }
            | State::Ended { .. } => {}
        }
        self.join_anew_if_changed(out);
    }

    /// Tells the server what this page waits with, if that is not what it waits with now.
    pub(crate) fn join_anew_if_changed(&mut self, out: &mut Vec<Output>) {
        if !self.line.is_open() || !self.has_changed() || self.devices.is_empty() {
            return;
        }
        match &mut self.state {
            // What was put off is said again in its time, and then with what is wanted now.
            State::Ready { .. } if self.requests.is_put_off() => {}
            State::Ready { unconnected } => {
                let unconnected = *unconnected;
                self.join(unconnected, out);
            }
            State::Waiting { .. } => self.request(Request::Join, out),
            State::Landing(_)
            | State::Asking(_)
            | State::Mirror
            | State::Meeting(_)
            | State::Ended { .. } => {}
        }
    }

    /// The server asks for an offer ahead.
    pub(crate) fn prepare(&mut self, ice: Vec<IceServer>, out: &mut Vec<Output>) {
        if self.preferences.has(Switch::HideAddress) {
            return;
        }
        let way = self.way(ice, false);
        let State::Waiting { ahead, .. } = &mut self.state else { return };
        if let Some(before) = ahead.take() {
            before.connection.close(out);
        }
        self.offers += 1;
        let made = PreparedConnection::new(self.now, self.links.next(), self.offers, way, out);
        *ahead = Some(Box::new(made));
    }

    /// Makes the offer anew, because it is old or the network another one.
    pub(crate) fn offer_ahead_again(&mut self, out: &mut Vec<Output>) {
        if let State::Waiting { ahead: Some(ahead), .. } = &self.state {
            let ice = ahead.config.ice.clone();
            self.prepare(ice, out);
        }
    }

    /// Something has happened to the connection made ahead.
    pub(crate) fn ahead_event(&mut self, event: PeerEvent, out: &mut Vec<Output>) {
        let State::Waiting { ahead: Some(ahead), .. } = &mut self.state else { return };
        let number = ahead.number;
        if let Some(signal) = ahead.happened(event, out) {
            self.say(ToServer::Prepared { number, signal }, out);
        }
    }

    fn to_join_with(&self) -> Joined {
        Joined {
            media: self.devices.have,
            hide: self.preferences.has(Switch::HideAddress),
            tastes: self.topics.tastes(self.preferences),
        }
    }

    pub(crate) fn has_changed(&self) -> bool {
        self.joined != self.to_join_with()
    }

    /// How a connection is made.
    pub(crate) fn way(&self, ice: Vec<IceServer>, relay_only: bool) -> ConnectionConfig {
        ConnectionConfig { ice, relay_only, send_profile: self.quality() }
    }

    pub(crate) const fn quality(&self) -> SendProfile {
        if self.preferences.has(Switch::SaveData) { SendProfile::Saving } else { SendProfile::Full }
    }
}
