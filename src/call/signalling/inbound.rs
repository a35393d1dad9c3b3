//! Handlers of what comes in from the server and from the connection to the partner: a match begins, goes on, and ends.

use std::time::Duration;

use super::{
    handshake::Resync,
    queue_state::JoinRequest,
    server_knowledge::{Incoming, Welcome},
};
use crate::{
    call::{
        Call, ConnectionId, Farewell, Output, PeerEvent, Switch,
        partner::{
            CurrentMatch, MatchEvent,
            context::{MatchContext, Terms},
        },
        state::CallState,
    },
    protocol::{EndReason, Frame, IceServer, MatchId, Occupancy, PreparedOffer, Signal, ToBrowser, ToServer},
    time::Moment,
};

/// How long the page says that the partner left before it looks for the next one: enough to read it, and to press Stop.
const FAREWELL_FOR: Duration = Duration::from_secs(3);

/// How long a person watches the page before they do something else. Then a sound says that a stranger was found.
const CHIME_AFTER: Duration = Duration::from_secs(5);

impl Call {
    pub(crate) fn on_socket_opened(&mut self, out: &mut Vec<Output>) {
        let ticket = self.state.current_match().and_then(|it| it.ticket().map(str::to_owned));
        let tokens = (ticket, self.state.proof());
        self.session.send_hello(self.now, tokens, &mut self.profile, self.devices.chosen(), out);
    }

    pub(crate) fn on_frame(&mut self, frame: Frame<ToBrowser>, out: &mut Vec<Output>) {
        match self.session.on_frame(self.now, frame, &mut self.rng, out) {
            Incoming::Welcome(welcome) => self.on_welcome(&welcome, out),
            Incoming::Again => self.on_socket_opened(out),
            Incoming::Message(msg) => self.on_server_message(msg, out),
            Incoming::Nothing => {}
        }
    }

    fn on_welcome(&mut self, welcome: &Welcome, out: &mut Vec<Output>) {
        let (profile, chosen) = (&mut self.profile, self.devices.chosen());
        self.session.on_welcome(self.now, welcome, profile, chosen, &mut self.rng, out);
        if !welcome.resumed {
            self.reporting.forget_sent();
        }
        self.standing.on_welcome();
        let has_postponed = self.queue.requests.is_postponed();
        match self.state.on_welcome(self.now, welcome, has_postponed, out) {
            Resync::Nothing => {}
            Resync::Join { setback } => self.join(setback, out),
            Resync::JoinIfChanged => self.join_if_changed(out),
            Resync::Next(match_id) => self.request_next(Some(match_id), out),
            Resync::Leave => self.send(ToServer::Leave {}, out),
            Resync::MatchRestored => self.queue.joined_with = JoinRequest::default(),
            Resync::GiveUp => self.give_up(out),
        }
    }

    fn on_server_message(&mut self, msg: ToBrowser, out: &mut Vec<Output>) {
        match msg {
            ToBrowser::Waiting {} => self.on_waiting(out),
            ToBrowser::Here(now) => self.on_here(now),
            ToBrowser::Place { proof } => self.state.set_proof(proof),
            ToBrowser::Seeking { wants, widens_in_ms } => {
                let until = widens_in_ms.map(|it| self.now + Duration::from_millis(u64::from(it)));
                self.profile.topics.on_seeking(wants, until);
            }
            ToBrowser::Prepare { ice } => self.prepare_offer(ice, out),
            ToBrowser::Check { ice } => self.on_check_servers(ice, out),
            ToBrowser::Matched {
                match_id,
                role,
                partner,
                shared,
                ice,
                relay_only,
                soft,
                ticket,
                pair,
                ahead,
            } => {
                self.profile.topics.on_matched(&shared);
                self.profile.record_partner(self.now, pair, self.session.handshake.device());
                let terms = Terms { match_id, role, partner, soft, ticket };
                self.on_matched(terms, (ice, relay_only), ahead, out);
            }
            ToBrowser::Ice { match_id, ice } => {
                if let Some(current) = self.state.match_with_id(match_id) {
                    current.on_ice_servers(ice, out);
                }
            }
            ToBrowser::Signal { match_id, epoch, signal } => {
                if self.state.match_with_id(match_id).is_some() {
                    self.with_match(out, |current, context| {
                        current.on_signal(epoch, signal, context);
                        MatchEvent::None
                    });
                }
            }
            ToBrowser::Partner { match_id, signalling, signals_lost } => {
                if let Some(current) = self.state.match_with_id(match_id) {
                    current.on_partner_signalling(signalling);
                    if signals_lost {
                        current.on_signals_lost(out);
                    }
                }
            }
            ToBrowser::Ended { match_id, reason } => self.on_match_ended(match_id, reason, out),
            ToBrowser::Error { code, about, retry_ms } => self.on_server_error(code, about, retry_ms, out),
            ToBrowser::Reported { match_id, result, outcome } => {
                self.on_reported(match_id, result, outcome, out);
            }
            ToBrowser::Sanctioned(notice) => self.on_sanctioned(notice),
            // The session handles these.
            ToBrowser::Welcome { .. }
            | ToBrowser::ComeBack { .. }
            | ToBrowser::Again {}
            | ToBrowser::Pong {} => {}
        }
    }

    fn on_here(&mut self, now: Occupancy) {
        if let CallState::Waiting { occupancy, .. } = &mut self.state {
            *occupancy = Some(now);
        }
    }

    fn on_waiting(&mut self, out: &mut Vec<Output>) {
        if let CallState::Ready { setback } = self.state {
            self.profile.topics.on_waiting();
            self.queue.requests.on_accepted();
            self.state =
                CallState::Waiting { since: self.now, setback, prepared: None, occupancy: None, proof: None };
        } else if let CallState::Ended { .. } = self.state {
            // A join crossed the match that has just ended. This page still says how it ended, and could neither
            // prepare an offer nor accept a partner. It joins again afterwards.
            self.send(ToServer::Leave {}, out);
        }
    }

    /// Begins a match, unless that would reveal an address which is to be hidden.
    fn on_matched(
        &mut self,
        terms: Terms,
        (ice, relay_only): (Vec<IceServer>, bool),
        offer: Option<PreparedOffer>,
        out: &mut Vec<Output>,
    ) {
        if !self.state.is_searching() {
            return;
        }
        let is_long_awaited = self.is_long_awaited();
        let own = self.state.take_prepared();
        let reveals_address = self.profile.preferences.has(Switch::HideAddress) && !relay_only;
        let used = match (&offer, own) {
            (Some(PreparedOffer::Yours { number }), Some(own))
                if own.number == *number && !reveals_address =>
            {
                Some(own)
            }
            (_, own) => {
                own.iter().for_each(|it| it.connection.close(out));
                None
            }
        };
        if reveals_address {
            return self.leave_and_join(None, out);
        }
        // Before anything is sent on the connection.
        self.send_blurred(terms.soft, out);
        // A stranger who writes first should not take room from their own picture.
        self.page.chat_open = false;
        let config = self.connection_config(ice, relay_only);
        let context = &mut MatchContext {
            now: self.now,
            line_open: self.session.is_open(),
            presence: self.devices.presence(self.page.is_hidden, self.profile.preferences),
            chat_open: self.page.chat_open,
            links: &mut self.connections,
            out,
        };
        let current = match (offer, used) {
            (_, Some(own)) => CurrentMatch::with_prepared_connection(terms, config, *own, context),
            (Some(PreparedOffer::Theirs { offer, candidates }), None) => {
                let candidates = candidates.into_iter().map(Signal::Candidate);
                let signals = [Signal::Offer { sdp: offer }].into_iter().chain(candidates);
                CurrentMatch::with_prepared_offer(terms, config, signals, context)
            }
            // This page may have replaced the offer that the server names. The match then begins with a new one.
            (Some(PreparedOffer::Yours { .. }) | None, None) => {
                CurrentMatch::with_new_connection(terms, config, context)
            }
        };
        self.state = CallState::Matched(Box::new(current));
        if is_long_awaited && !self.profile.preferences.has(Switch::NoChime) {
            out.push(Output::Chime);
        }
        if self.page.is_hidden && self.profile.preferences.has(Switch::Notify) {
            out.push(Output::Notify);
        }
    }

    /// Whether the person may be looking elsewhere by now: the page is in the background, or has waited for long.
    fn is_long_awaited(&self) -> bool {
        let is_long = |since: Moment| self.now - since >= CHIME_AFTER;
        self.page.is_hidden || matches!(self.state, CallState::Waiting { since, .. } if is_long(since))
    }

    fn on_match_ended(&mut self, match_id: MatchId, reason: EndReason, out: &mut Vec<Output>) {
        let now = self.now;
        let by_partner =
            matches!(reason, EndReason::PartnerNext | EndReason::PartnerLeft | EndReason::PartnerLost);
        if let Some(current) = self.state.match_with_id(match_id) {
            if reason == EndReason::PartnerLost && current.is_alive(now) {
                // The server no longer waits for the partner, but the call does not need the server.
                current.known_to_server = false;
            } else if reason == EndReason::PartnerLost {
                self.say_farewell(Farewell::Lost, None, out);
            } else if by_partner {
                self.say_farewell(Farewell::Left, None, out);
            } else {
                // The server has put this page back into the queue, and says so next.
                let setback = current.setback();
                self.leave_state(CallState::Ready { setback: Some(setback) }, false, out);
                self.on_requeued(Some(setback), out);
            }
        } else if let CallState::Ended { open_match, .. } = &mut self.state {
            if *open_match == Some(match_id) && reason == EndReason::Unconnected {
                // The page has just said why the match ended.
                self.on_requeued(None, out);
            } else if *open_match == Some(match_id) {
                *open_match = None;
            }
        } else if let CallState::Ready { setback } = self.state
            && by_partner
        {
            // The partner ended the match before the server received the request of this page, which it then ignored.
            self.join(setback, out);
        }
    }

    /// Handles an event of a connection. Events of old connections are ignored.
    pub(crate) fn on_peer_event(&mut self, id: ConnectionId, event: PeerEvent, out: &mut Vec<Output>) {
        if self.state.current_match().is_some_and(|it| it.is_on(id)) {
            if let PeerEvent::Measured(measured) = &event
                && let Some(sound) = measured.own_sound
            {
                self.devices.on_own_sound(sound, self.now);
            }
            let event = self.with_match(out, |current, context| current.on_peer_event(event, context));
            self.on_match_event(event, out);
        } else {
            self.on_prepared_event(id, event, out);
        }
    }

    /// Handles what has become of the match.
    pub(crate) fn on_match_event(&mut self, event: MatchEvent, out: &mut Vec<Output>) {
        let Some(current) = self.state.current_match() else { return };
        let (open_match, match_id) = (current.server_match_id(), current.terms.match_id);
        match event {
            MatchEvent::None => {}
            MatchEvent::Connected => {
                self.check.on_connected();
                // Not earlier: nothing may delay the first picture of a match.
                out.push(Output::PlaySound);
                if self.profile.on_connected() {
                    self.save_profile(out);
                }
                if open_match.is_some() {
                    self.send(ToServer::Connected { match_id }, out);
                }
            }
            MatchEvent::Failed => self.give_up(out),
            MatchEvent::Silent => {
                if open_match.is_some() {
                    self.send(ToServer::Leave {}, out);
                }
                self.say_farewell(Farewell::Lost, None, out);
            }
            MatchEvent::PartnerLeft => self.say_farewell(Farewell::Left, open_match, out),
            MatchEvent::SendSignal(signal) => self.send_signal(signal, out),
        }
    }

    /// Sends a signal to the partner, or keeps it while an earlier one waits to be sent again.
    fn send_signal(&mut self, signal: Signal, out: &mut Vec<Output>) {
        let CallState::Matched(current) = &mut self.state else { return };
        // A server that does not know the match would reject the signal, and count it as a refusal.
        let Some(match_id) = current.server_match_id() else { return };
        if current.sent_signals.is_waiting() {
            return current.sent_signals.hold(signal);
        }
        let msg = ToServer::Signal { match_id, epoch: current.epoch, signal: signal.clone() };
        if let Some(number) = self.session.send(self.now, msg, &mut self.rng, out) {
            current.sent_signals.on_sent(number, signal);
        }
    }

    /// Sends signals again for which the server had no room, when it is time.
    pub(crate) fn resend_signals(&mut self, out: &mut Vec<Output>) {
        if let CallState::Matched(current) = &mut self.state {
            let due = current.sent_signals.take_due(self.now);
            due.into_iter().for_each(|it| self.send_signal(it, out));
        }
    }

    /// Ends a match that cannot be connected, or whose connection was lost, and asks for another one.
    fn give_up(&mut self, out: &mut Vec<Output>) {
        let Some(current) = self.state.current_match() else { return };
        let (open_match, setback) = (current.server_match_id(), current.setback());
        self.leave_state(CallState::Ready { setback: Some(setback) }, false, out);
        match open_match {
            Some(match_id) => self.report_failed(match_id, setback, out),
            None => self.join(Some(setback), out),
        }
    }

    /// Ends a match and shows why, then looks for the next partner; `open_match` is the match if the server may not
    /// know that it is over.
    fn say_farewell(&mut self, why: Farewell, open_match: Option<MatchId>, out: &mut Vec<Output>) {
        let Some(match_id) = self.state.current_match().map(|it| it.terms.match_id) else { return };
        let until = self.now + FAREWELL_FOR;
        self.leave_state(CallState::Ended { why, until, match_id, open_match }, false, out);
    }
}
