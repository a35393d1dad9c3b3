//! What a page does with the messages of a core.

use std::time::Duration;

use super::{super::checks::Checks, Call, Doing, FromPage, Page};
use crate::{
    matchmaker::reference::checked::{relay_among, text_of},
    protocol::{Delivery, EndReason, MatchId, Sdp, Signal, ToBrowser, ToServer},
};

/// Past partners that a page remembers.
const MAX_MET: usize = 3;

impl Page {
    pub(super) fn on_welcome(
        &mut self,
        resumed: bool,
        ack: u64,
        match_id: Option<MatchId>,
        checks: &mut Checks,
    ) {
        if resumed {
            assert!(self.delivery.acknowledge(ack), "page {} has not sent {ack} messages", self.index);
            let address = self.address();
            let again = self.delivery.replay().into_iter();
            self.sent.extend(again.filter_map(|it| Some((address?, FromPage::Frame(it)))));
        } else {
            checks.on_session(self.index);
            self.delivery = Delivery::default();
        }
        match &self.doing {
            // It has left, or wants another partner, since it has shown the ticket.
            Doing::Nothing if match_id.is_some() => self.send(ToServer::Leave {}),
            Doing::Nothing => {}
            Doing::Waiting if resumed => {}
            Doing::Searching | Doing::Waiting => match match_id {
                Some(match_id) => self.send(ToServer::Next { match_id }),
                None => self.search(),
            },
            Doing::Talking(_) if resumed => {}
            Doing::Talking(call) if match_id == Some(call.id) => checks.calls_restored += 1,
            Doing::Talking(call) => {
                checks.on_call_lost(self.index, call.id, None);
                self.search();
            }
        }
    }

    pub(super) fn on_message(&mut self, msg: &ToBrowser, checks: &mut Checks) {
        match msg {
            ToBrowser::Waiting {} if self.doing == Doing::Searching => self.doing = Doing::Waiting,
            ToBrowser::Waiting {} => assert_eq!(self.call(), None, "page {} waits during a call", self.index),
            ToBrowser::Prepare { .. } if self.doing == Doing::Waiting => {
                self.offers += 1;
                let signal = Signal::Offer { sdp: Sdp("1".into()) };
                self.send(ToServer::Prepared { number: self.offers, signal });
            }
            ToBrowser::Matched { .. } => self.on_matched(msg, checks),
            ToBrowser::Signal { match_id, signal, .. } => {
                let Doing::Talking(call) = &mut self.doing else { return };
                if call.id == *match_id {
                    let number = (text_of(signal) - 1) / 3;
                    let before = call.received;
                    call.received = number.max(before);
                    checks.on_signal(self.index, *match_id, before, number);
                    if before == 0 {
                        self.send(ToServer::Connected { match_id: *match_id });
                    }
                }
            }
            ToBrowser::Ice { match_id, ice } => {
                if let Doing::Talking(call) = &mut self.doing
                    && call.id == *match_id
                {
                    call.relay = relay_among(ice);
                }
            }
            ToBrowser::Ended { match_id, reason } => self.on_ended(*match_id, *reason, checks),
            ToBrowser::ComeBack { after_ms } => {
                self.come_back = Some(Duration::from_millis((*after_ms).into()));
            }
            ToBrowser::Partner { signals_lost: true, .. } => checks.on_session(self.index),
            ToBrowser::Prepare { .. }
            | ToBrowser::Partner { .. }
            | ToBrowser::Here(_)
            | ToBrowser::Place { .. }
            | ToBrowser::Pong {} => {}
            ToBrowser::Welcome { .. }
            | ToBrowser::Seeking { .. }
            | ToBrowser::Check { .. }
            | ToBrowser::Reported { .. }
            | ToBrowser::Sanctioned(_)
            | ToBrowser::Error { .. }
            | ToBrowser::Again {} => panic!("page {} gets {msg:?}", self.index),
        }
    }

    fn on_matched(&mut self, msg: &ToBrowser, checks: &mut Checks) {
        let ToBrowser::Matched { match_id, role, ticket: Some(ticket), pair: Some(pair), ice, .. } = msg
        else {
            panic!("page {} gets {msg:?}", self.index)
        };
        assert_eq!(self.call(), None, "page {} is told of {match_id:?} during another match", self.index);
        let met_before = self.met.iter().any(|it| it.1 == *pair);
        checks.on_matched(self.index, *match_id, *role, *pair, met_before);
        self.met.retain(|it| it.1 != *pair);
        self.met.push((self.now, *pair));
        self.met.drain(..self.met.len().saturating_sub(MAX_MET));
        if self.doing == Doing::Nothing {
            // It has said so already.
            checks.on_left(*match_id);
        } else {
            let (ticket, relay) = (ticket.clone(), relay_among(ice));
            self.doing = Doing::Talking(Call { id: *match_id, ticket, relay, received: 0 });
            self.signal(checks);
        }
    }

    fn on_ended(&mut self, id: MatchId, reason: EndReason, checks: &mut Checks) {
        if self.call().is_none_or(|it| it.id != id) {
            return;
        }
        match reason {
            EndReason::PartnerLost => checks.on_call_lost(self.index, id, Some(reason)),
            // The core lets both wait again.
            EndReason::Unconnected => {
                checks.on_call_lost(self.index, id, Some(reason));
                self.doing = Doing::Searching;
                return;
            }
            // It had left before it was told of this match, and has joined again.
            EndReason::Next | EndReason::Left => {
                checks.on_left(id);
                self.doing = Doing::Searching;
                return;
            }
            EndReason::PartnerNext | EndReason::PartnerLeft => checks.on_left(id),
        }
        self.search();
    }
}
