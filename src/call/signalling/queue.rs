//! The queue of the server: joining it, asking for the next partner, and the offer that is prepared while waiting.

use super::{prepared_offer::PreparedConnection, queue_state::JoinRequest, retry::Request};
use crate::{
    call::{
        Call, ConnectionId, Output, PeerEvent, Problem, Setback, Switch,
        partner::connection::ConnectionConfig, state::CallState,
    },
    protocol::{ErrorCode, IceServer, MatchId, ToServer},
};

impl Call {
    /// Asks the server for a partner. Can be repeated without harm.
    pub(crate) fn join(&mut self, setback: Option<Setback>, out: &mut Vec<Output>) {
        if self.is_kept_out(out) {
            return;
        }
        self.set_ready(setback, out);
        // Without a session, the page joins after the next welcome; with a check in progress, after that.
        if self.session.is_open() && !self.waits_for_check(out) {
            self.send_request(Request::Join, out);
        }
    }

    /// Asks for the next partner; `open_match` is the match that the server may not know to be over.
    pub(crate) fn request_next(&mut self, open_match: Option<MatchId>, out: &mut Vec<Output>) {
        if self.is_kept_out(out) {
            return;
        }
        match open_match {
            // `next` would put the page into the queue with the content of its last `join`.
            Some(_) if self.has_join_changed() => self.leave_and_join(None, out),
            Some(match_id) => {
                self.set_ready(None, out);
                self.send_request(Request::Next(match_id), out);
            }
            None => self.join(None, out),
        }
    }

    /// Ends what the server believes this page to be in, and asks for a partner.
    pub(crate) fn leave_and_join(&mut self, setback: Option<Setback>, out: &mut Vec<Output>) {
        self.send(ToServer::Leave {}, out);
        self.join(setback, out);
    }

    /// The server has put this page back into the queue, with the content of its last `join`.
    pub(crate) fn on_requeued(&mut self, setback: Option<Setback>, out: &mut Vec<Output>) {
        if self.is_kept_out(out) {
            return;
        }
        self.set_ready(setback, out);
        if self.has_join_changed() {
            self.join(setback, out);
        }
    }

    /// The match could not be connected, or its connection was lost: asks for another one.
    pub(crate) fn report_failed(&mut self, match_id: MatchId, setback: Setback, out: &mut Vec<Output>) {
        if self.is_kept_out(out) {
            return;
        }
        self.send_request(Request::Failed(match_id), out);
        self.on_requeued(Some(setback), out);
    }

    /// Tells the server what this page joins with, if that has changed since the last `join`.
    pub(crate) fn join_if_changed(&mut self, out: &mut Vec<Output>) {
        if !self.session.is_open() || !self.has_join_changed() || self.devices.is_empty() {
            return;
        }
        if let CallState::Ready { setback } = self.state {
            // A postponed request is repeated anyway, and then with the new content.
            if !self.queue.requests.is_postponed() {
                self.join(setback, out);
            }
        } else if self.state.is_waiting() {
            self.send_request(Request::Join, out);
        }
    }

    /// Handles an error about the message with the number `about`. Other codes than these need no reaction.
    pub(crate) fn on_server_error(
        &mut self,
        code: ErrorCode,
        about: u64,
        retry_ms: Option<u32>,
        out: &mut Vec<Output>,
    ) {
        if code == ErrorCode::WrongOrigin && !self.state.is_matched() {
            // No attempt from this address can succeed. A call goes on, since it does not need the server.
            self.standing.set_aside();
            return self.stop(Some(Problem::WrongAddress), out);
        }
        if code == ErrorCode::Sanctioned {
            return self.on_refused();
        }
        if code == ErrorCode::AgeRequired {
            return self.on_age_required(out);
        }
        if code == ErrorCode::RateLimited && self.is_report_refused(about, retry_ms) {
            return;
        }
        if code == ErrorCode::RateLimited
            && let CallState::Matched(current) = &mut self.state
        {
            current.sent_signals.on_rate_limited(self.now, about, retry_ms, &mut self.rng);
        }
        if !self.state.is_searching() {
            return;
        }
        if code == ErrorCode::RateLimited {
            self.queue.requests.on_rate_limited(self.now, retry_ms, &mut self.rng);
        } else if code == ErrorCode::NoRelay {
            self.stop(Some(Problem::NoRelay), out);
        }
    }

    /// Repeats the last request when it is due, if it still makes sense.
    pub(crate) fn repeat_request(&mut self, out: &mut Vec<Output>) {
        let Some(request) = self.queue.requests.take_due(self.now) else { return };
        let ready = if let CallState::Ready { setback } = self.state { Some(setback) } else { None };
        match (request, ready) {
            (Request::Next(match_id), Some(_)) => self.request_next(Some(match_id), out),
            // As for `next`, the server would use the content of the last `join`.
            (Request::Failed(_), Some(setback)) if self.has_join_changed() => {
                self.leave_and_join(setback, out);
            }
            (Request::Failed(_), Some(_)) => self.send_request(request, out),
            // Without a session, the page joins after the next welcome.
            (Request::Join | Request::Next(_) | Request::Failed(_), _) => {
                if self.state.is_searching() && self.session.is_open() {
                    self.send_request(Request::Join, out);
                }
            }
        }
    }

    /// The server asks for an offer that it can give to the next partner.
    pub(crate) fn prepare_offer(&mut self, ice: Vec<IceServer>, out: &mut Vec<Output>) {
        if self.profile.preferences.has(Switch::HideAddress) {
            return;
        }
        let config = self.connection_config(ice, false);
        let CallState::Waiting { prepared, .. } = &mut self.state else { return };
        if let Some(before) = prepared.take() {
            before.connection.close(out);
        }
        let (id, number) = (self.connections.next(), self.queue.next_offer());
        *prepared = Some(Box::new(PreparedConnection::new(self.now, id, number, config, out)));
    }

    /// Replaces the prepared offer, because it gets too old or the network has changed.
    pub(crate) fn renew_offer(&mut self, out: &mut Vec<Output>) {
        if let Some(prepared) = self.state.prepared() {
            let ice = prepared.config.ice.clone();
            self.prepare_offer(ice, out);
        }
    }

    /// Handles an event of a connection, if it is the prepared one.
    pub(crate) fn on_prepared_event(&mut self, id: ConnectionId, event: PeerEvent, out: &mut Vec<Output>) {
        let Some(prepared) = self.state.prepared().filter(|it| it.connection.id == id) else { return };
        let number = prepared.number;
        if let Some(signal) = prepared.on_peer_event(event, out) {
            self.send(ToServer::Prepared { number, signal }, out);
        }
    }

    /// How a new connection is made.
    pub(crate) fn connection_config(&self, ice: Vec<IceServer>, relay_only: bool) -> ConnectionConfig {
        ConnectionConfig { ice, relay_only, send_profile: self.profile.preferences.send_profile() }
    }

    /// Looks for a partner from now on, and lets the browser warm up for the connection.
    fn set_ready(&mut self, setback: Option<Setback>, out: &mut Vec<Output>) {
        self.state = CallState::Ready { setback };
        out.push(Output::WarmUp(self.profile.preferences.send_profile()));
    }

    fn send_request(&mut self, request: Request, out: &mut Vec<Output>) {
        let msg = match request {
            Request::Join => {
                let join = self.join_request();
                self.queue.joined_with = join.clone();
                let JoinRequest { media, hide, soft, tastes } = join;
                ToServer::Join { media, hide, soft, tastes }
            }
            Request::Next(match_id) => ToServer::Next { match_id },
            Request::Failed(match_id) => ToServer::Failed { match_id },
        };
        self.send(msg, out);
        self.queue.requests.record(request);
    }

    fn has_join_changed(&self) -> bool {
        self.queue.joined_with != self.join_request()
    }

    /// What a `join` has to contain now.
    fn join_request(&self) -> JoinRequest {
        JoinRequest::new(self.devices.announced(), self.announces_soft_start(), &self.profile)
    }
}
