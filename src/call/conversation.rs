//! What the server and the partner's browser say, and what follows from it; it must not know the person.

use std::{mem, time::Duration};

use super::{Call, Farewell, Link, Meeting, Output, PeerEvent, State, meeting::News};
use crate::protocol::{EndReason, MatchId, ToBrowser, ToServer};

/// How long the page says that the other left before it looks for the next: long enough to read, and to press Stop.
const FAREWELL_FOR: Duration = Duration::from_secs(3);

impl Call {
    pub(super) fn welcomed(&mut self, resumed: bool, out: &mut Vec<Output>) {
        match &mut self.state {
            State::Landing(_) | State::Asking(_) | State::Ended(..) => {}
            State::Waiting { .. } if resumed => {}
            State::Ready { unconnected } | State::Waiting { unconnected } => {
                let unconnected = *unconnected;
                self.join(unconnected, out);
            }
            State::Meeting(_) if resumed => {}
            // The server has forgotten the match. A call can do without it, an attempt cannot.
            State::Meeting(meeting) => {
                meeting.known = false;
                if !meeting.is_alive(self.now) {
                    self.give_up(out);
                }
            }
        }
    }

    pub(super) fn told(&mut self, msg: ToBrowser, out: &mut Vec<Output>) {
        match (msg, &mut self.state) {
            (ToBrowser::Waiting {}, State::Ready { unconnected }) => {
                self.state = State::Waiting { unconnected: *unconnected };
            }
            (ToBrowser::Waiting {} | ToBrowser::Prepare { .. } | ToBrowser::Ice { .. }, _) => {}
            (
                ToBrowser::Matched { match_id, role, partner, ice, .. },
                State::Ready { .. } | State::Waiting { .. },
            ) => {
                let link = self.next_link();
                let meeting = Meeting::new(self.now, link, match_id, role, partner, ice, out);
                self.state = State::Meeting(Box::new(meeting));
            }
            (ToBrowser::Matched { .. }, _) => {}
            (ToBrowser::Signal { match_id, epoch, signal }, State::Meeting(it))
                if it.match_id == match_id =>
            {
                it.signalled(epoch, signal, out);
            }
            (ToBrowser::Signal { .. }, _) => {}
            (ToBrowser::Partner { match_id, signalling }, State::Meeting(it)) if it.match_id == match_id => {
                it.partner_signalling(signalling);
            }
            (ToBrowser::Partner { .. }, _) => {}
            (ToBrowser::Ended { match_id, reason }, _) => self.ended(match_id, reason, out),
            (
                ToBrowser::Welcome { .. }
                | ToBrowser::Error { .. }
                | ToBrowser::ComeBack { .. }
                | ToBrowser::Pong {},
                _,
            ) => {}
        }
    }

    pub(super) fn ended(&mut self, match_id: MatchId, reason: EndReason, out: &mut Vec<Output>) {
        match (&mut self.state, reason) {
            (State::Meeting(meeting), _) if meeting.match_id != match_id => {}
            // The server waits for it no longer; what still arrives is none of the server's business.
            (State::Meeting(meeting), EndReason::PartnerLost) if meeting.is_alive(self.now) => {
                meeting.known = false
            }
            (State::Meeting(_), EndReason::PartnerLost) => self.part(Farewell::Lost, out),
            (State::Meeting(_), EndReason::PartnerNext | EndReason::PartnerLeft) => {
                self.part(Farewell::Left, out)
            }
            // The server has put this page back into the queue and says so next.
            (State::Meeting(_), EndReason::Unconnected | EndReason::Next | EndReason::Left) => {
                self.close_meeting(State::Ready { unconnected: true }, out);
            }
            // The partner was faster than what this page has said about the match: the wish for a next one holds.
            (
                State::Ready { unconnected },
                EndReason::PartnerNext | EndReason::PartnerLeft | EndReason::PartnerLost,
            ) => {
                let unconnected = *unconnected;
                self.join(unconnected, out);
            }
            (State::Ready { .. }, EndReason::Next | EndReason::Left | EndReason::Unconnected)
            | (State::Landing(_) | State::Asking(_) | State::Waiting { .. } | State::Ended(..), _) => {}
        }
    }

    pub(super) fn peer_event(&mut self, link: Link, event: PeerEvent, out: &mut Vec<Output>) {
        let line_open = self.line.is_open();
        let State::Meeting(meeting) = &mut self.state else { return };
        if meeting.link != link {
            return;
        }
        let news = meeting.happened(self.now, event, line_open, out);
        self.news(news, out);
    }

    pub(super) fn news(&mut self, news: News, out: &mut Vec<Output>) {
        let State::Meeting(meeting) = &self.state else { return };
        let (known, match_id, epoch) = (meeting.known, meeting.match_id, meeting.epoch);
        match news {
            News::None => {}
            News::Connected => self.say(ToServer::Connected { match_id }, out),
            News::ChannelOpened => {
                if let State::Meeting(meeting) = &self.state {
                    meeting.tell_sending(self.devices.sending(), out);
                }
            }
            News::Failed => self.give_up(out),
            News::Silent => {
                if known {
                    self.say(ToServer::Leave {}, out);
                }
                self.part(Farewell::Lost, out);
            }
            News::Send(signal) if known => self.say(ToServer::Signal { match_id, epoch, signal }, out),
            // It could not pass it on, and would count it as a refusal.
            News::Send(_) => {}
        }
    }

    /// Ends a match that cannot be connected, and waits for another.
    fn give_up(&mut self, out: &mut Vec<Output>) {
        let State::Meeting(meeting) = &self.state else { return };
        let (match_id, known) = (meeting.match_id, meeting.known);
        self.close_meeting(State::Ready { unconnected: true }, out);
        if known {
            self.say(ToServer::Failed { match_id }, out);
        } else {
            self.join(true, out);
        }
    }

    /// Ends a match for good, says so for a moment, then looks for the next.
    fn part(&mut self, why: Farewell, out: &mut Vec<Output>) {
        self.close_meeting(State::Ended(why, self.now + FAREWELL_FOR), out);
    }

    fn close_meeting(&mut self, next: State, out: &mut Vec<Output>) {
        self.asks_next_until = None;
        if let State::Meeting(meeting) = mem::replace(&mut self.state, next) {
            meeting.close(out);
        }
    }
}
