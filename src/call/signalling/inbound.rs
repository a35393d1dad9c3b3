//! What the server and the partner's browser say, and what follows from it; it must not know the person.

use std::{mem, time::Duration};

use crate::{
    call::{
        Call, ConnectionId, CurrentMatch, Farewell, Joined, MatchEvent, Output, PeerEvent, Request, State,
        Switch,
        partner::context::{MatchContext, Terms},
    },
    protocol::{EndReason, IceServer, MatchId, PreparedOffer, Signal, ToBrowser, ToServer},
};

/// How long the page says that the other left before it looks for the next: long enough to read, and to press Stop.
const FAREWELL_FOR: Duration = Duration::from_secs(3);

impl Call {
    pub(crate) fn welcomed(&mut self, resumed: bool, known: Option<MatchId>, out: &mut Vec<Output>) {
        match &mut self.state {
            State::Landing(_) | State::Asking(_) | State::Mirror => {}
            // What was over here before the welcome goes on there, if the hello has shown its ticket; else to this server
            // there never was such a match.
            State::Ended { open, .. } if !resumed => *open = known,
            State::Ended { .. } => {}
            State::Ready { .. } if known.is_some() => self.want_next(known, out),
            State::Waiting { .. } if resumed => self.join_anew_if_changed(out),
            State::Waiting { unconnected, ahead, .. } => {
                let unconnected = *unconnected;
                ahead.iter().for_each(|it| it.connection.close(out));
                self.join(unconnected, out);
            }
            // Said again when the server wants to hear it; to a new session there is nothing to say it of.
            State::Ready { .. } if resumed && self.requests.is_put_off() => {}
            State::Ready { unconnected } => {
                let unconnected = *unconnected;
                self.join(unconnected, out);
            }
            State::Meeting(_) if resumed => {}
            State::Meeting(meeting) if known == Some(meeting.terms.match_id) => {
                meeting.on_server_restored(out);
                self.joined = Joined::default();
            }
            // The server has forgotten the match. A call can do without it, an attempt cannot.
            State::Meeting(meeting) => {
                meeting.known_to_server = false;
                if !meeting.is_alive(self.now) {
                    self.give_up(out);
                }
            }
        }
    }

    pub(crate) fn told(&mut self, msg: ToBrowser, out: &mut Vec<Output>) {
        let named = |it: &CurrentMatch, match_id| it.terms.match_id == match_id;
        match (msg, &mut self.state) {
            (ToBrowser::Waiting {}, State::Ready { unconnected }) => {
                self.topics.waits();
                self.requests.heard();
                self.state = State::Waiting { unconnected: *unconnected, ahead: None, here: None };
            }
            (ToBrowser::Here(said), State::Waiting { here, .. }) => *here = Some(said),
            (ToBrowser::Waiting {} | ToBrowser::Here(_), _) => {}
            (ToBrowser::Seeking { wants, widens_in_ms }, _) => {
                let until = widens_in_ms.map(|it| self.now + Duration::from_millis(u64::from(it)));
                self.topics.seeks(wants, until);
            }
            (ToBrowser::Prepare { ice }, _) => self.prepare(ice, out),
            (
                ToBrowser::Matched { match_id, role, partner, shared, ice, relay_only, ticket, pair, ahead },
                _,
            ) => {
                self.topics.found(&shared);
                self.acquainted(pair);
                self.matched(Terms { match_id, role, partner, ticket }, (ice, relay_only), ahead, out);
            }
            (ToBrowser::Ice { match_id, ice }, State::Meeting(it)) if named(it, match_id) => {
                it.on_ice_servers(ice, out);
            }
            (ToBrowser::Signal { match_id, epoch, signal }, State::Meeting(it)) if named(it, match_id) => {
                self.in_meeting(out, |meeting, around| {
                    meeting.on_signal(epoch, signal, around);
                    MatchEvent::None
                });
            }
            (ToBrowser::Partner { match_id, signalling }, State::Meeting(it)) if named(it, match_id) => {
                it.on_partner_signalling(signalling);
            }
            (ToBrowser::Ice { .. } | ToBrowser::Signal { .. } | ToBrowser::Partner { .. }, _) => {}
            (ToBrowser::Ended { match_id, reason }, _) => self.ended(match_id, reason, out),
            (ToBrowser::Error { code, retry_ms, .. }, _) => self.refused(code, retry_ms, out),
            (ToBrowser::Welcome { .. } | ToBrowser::ComeBack { .. } | ToBrowser::Pong {}, _) => {}
        }
    }

    /// Begins a match, unless it would tell the partner an address that is to be hidden.
    fn matched(
        &mut self,
        terms: Terms,
        (ice, relay_only): (Vec<IceServer>, bool),
        ahead: Option<PreparedOffer>,
        out: &mut Vec<Output>,
    ) {
        let own = match &mut self.state {
            State::Ready { .. } => None,
            State::Waiting { ahead, .. } => ahead.take(),
            State::Landing(_)
            | State::Asking(_)
            | State::Mirror
            | State::Meeting(_)
            | State::Ended { .. } => return,
        };
        let would_tell = self.preferences.has(Switch::HideAddress) && !relay_only;
        let used = match (&ahead, own) {
            (Some(PreparedOffer::Yours { number }), Some(own)) if own.number == *number && !would_tell => {
                Some(own)
            }
            (_, own) => {
                own.iter().for_each(|it| it.connection.close(out));
                None
            }
        };
        if would_tell {
            return self.leave_and_join(false, out);
        }
        let way = self.way(ice, relay_only);
        let (line_open, presence, chat_open) = (self.line.is_open(), self.presence(), self.chat_open);
        let around =
            &mut MatchContext { now: self.now, line_open, presence, chat_open, links: &mut self.links, out };
        let meeting = match (ahead, used) {
            (_, Some(own)) => CurrentMatch::with_prepared_connection(terms, way, *own, around),
            (Some(PreparedOffer::Theirs { offer, candidates }), None) => {
                let candidates = candidates.into_iter().map(Signal::Candidate);
                let signals = [Signal::Offer { sdp: offer }].into_iter().chain(candidates);
                CurrentMatch::with_prepared_offer(terms, way, signals, around)
            }
            // Where the offer that the server means has been replaced since, the match begins with another one.
            (Some(PreparedOffer::Yours { .. }) | None, None) => {
                CurrentMatch::with_new_connection(terms, way, around)
            }
        };
        self.state = State::Meeting(Box::new(meeting));
    }

    fn ended(&mut self, match_id: MatchId, reason: EndReason, out: &mut Vec<Output>) {
        match (&mut self.state, reason) {
            (State::Meeting(meeting), _) if meeting.terms.match_id != match_id => {}
            // The server waits for it no longer; what still arrives is none of the server's business.
            (State::Meeting(meeting), EndReason::PartnerLost) if meeting.is_alive(self.now) => {
                meeting.known_to_server = false
            }
            (State::Meeting(_), EndReason::PartnerLost) => self.part(Farewell::Lost, None, out),
            (State::Meeting(_), EndReason::PartnerNext | EndReason::PartnerLeft) => {
                self.part(Farewell::Left, None, out)
            }
            // The server has put this page back into the queue and says so next.
            (State::Meeting(_), EndReason::Unconnected | EndReason::Next | EndReason::Left) => {
                self.close_meeting(State::Ready { unconnected: true }, out);
                self.was_queued(out);
            }
            (State::Ended { open, .. }, _) if *open != Some(match_id) => {}
            (State::Ended { .. }, EndReason::Unconnected) => self.was_queued(out),
            (
                State::Ended { open, .. },
                EndReason::PartnerNext
                | EndReason::PartnerLeft
                | EndReason::PartnerLost
                | EndReason::Next
                | EndReason::Left,
            ) => *open = None,
            // The partner was faster than what this page has said about the match: the wish for a next one holds.
            (
                State::Ready { unconnected },
                EndReason::PartnerNext | EndReason::PartnerLeft | EndReason::PartnerLost,
            ) => {
                let unconnected = *unconnected;
                self.join(unconnected, out);
            }
            (State::Ready { .. }, EndReason::Next | EndReason::Left | EndReason::Unconnected)
            | (State::Landing(_) | State::Asking(_) | State::Mirror | State::Waiting { .. }, _) => {}
        }
    }

    pub(crate) fn peer_event(&mut self, link: ConnectionId, event: PeerEvent, out: &mut Vec<Output>) {
        match &self.state {
            State::Waiting { ahead: Some(ahead), .. } if ahead.connection.id == link => {
                self.ahead_event(event, out);
            }
            State::Meeting(meeting) if meeting.is_on(link) => {
                let news = self.in_meeting(out, |meeting, around| meeting.on_peer_event(event, around));
                self.news(news, out);
            }
            State::Landing(_)
            | State::Asking(_)
            | State::Mirror
            | State::Ready { .. }
            | State::Waiting { .. }
            | State::Meeting(_)
            | State::Ended { .. } => {}
        }
    }

    pub(crate) fn news(&mut self, news: MatchEvent, out: &mut Vec<Output>) {
        let State::Meeting(meeting) = &self.state else { return };
        let (open, match_id, epoch) = (meeting.server_match_id(), meeting.terms.match_id, meeting.epoch);
        if news == MatchEvent::Connected {
            // Not before: nothing may come between a match and its first picture.
            out.extend([Output::KeepAwake(true), Output::PlaySound]);
            if self.pair.is_some() {
                self.remember(out);
            }
        }
        match news {
            MatchEvent::None => {}
            MatchEvent::Connected if open.is_some() => self.say(ToServer::Connected { match_id }, out),
            MatchEvent::Connected => {}
            MatchEvent::Failed => self.give_up(out),
            MatchEvent::Silent => {
                if open.is_some() {
                    self.say(ToServer::Leave {}, out);
                }
                self.part(Farewell::Lost, None, out);
            }
            MatchEvent::PartnerLeft => self.part(Farewell::Left, open, out),
            MatchEvent::SendSignal(signal) if open.is_some() => {
                self.say(ToServer::Signal { match_id, epoch, signal }, out);
            }
            // It could not pass it on, and would count it as a refusal.
            MatchEvent::SendSignal(_) => {}
        }
    }

    /// Ends a match that cannot be connected, or not any more, and waits for another.
    fn give_up(&mut self, out: &mut Vec<Output>) {
        let State::Meeting(meeting) = &self.state else { return };
        let open = meeting.server_match_id();
        self.close_meeting(State::Ready { unconnected: true }, out);
        match open {
            Some(match_id) => {
                self.request(Request::Failed(match_id), out);
                self.was_queued(out);
            }
            None => self.join(true, out),
        }
    }

    /// Ends a match for good, says so for a moment, then looks for the next; `open` if it is still one to the server.
    fn part(&mut self, why: Farewell, open: Option<MatchId>, out: &mut Vec<Output>) {
        self.close_meeting(State::Ended { why, until: self.now + FAREWELL_FOR, open }, out);
    }

    fn close_meeting(&mut self, next: State, out: &mut Vec<Output>) {
        self.asks_next_until = None;
        if let State::Meeting(meeting) = mem::replace(&mut self.state, next) {
            meeting.close(out);
            self.is_alone(out);
        }
    }
}
