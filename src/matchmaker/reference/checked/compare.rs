//! Compares what the matchmaker has done with what the model says.

use std::{collections::BTreeMap, sync::Arc};

use super::{CheckedMatchmaker, PageRecord, text_of};
use crate::{
    matchmaker::{
        Census, Note, Output, SocketId,
        peers::{PeerState, SocketState},
        reference::ReferenceModel,
        tests::vocabulary::{ModelEvent, PageState, WireState, relay_among},
    },
    protocol::{ErrorCode, Frame, MatchId, Message, ToBrowser},
    time::Moment,
};

impl CheckedMatchmaker {
    /// Compares the outputs of an input, and the state after it; these sockets end with it.
    pub(super) fn compare(&mut self, now: Moment, ending: &[SocketId], outputs: &[Output]) {
        self.learn_match_ids(outputs);
        let mut events: BTreeMap<usize, Vec<ModelEvent>> = BTreeMap::new();
        for output in outputs {
            match output {
                // To the former socket of a page that has another one.
                Output::Send { frame, .. } if is_replaced(&frame.msg) => {}
                Output::Close { socket, code: ErrorCode::Replaced } => assert!(ending.contains(socket)),
                Output::Send { socket, frame } => {
                    let page = self.page_of(*socket);
                    let event = self.on_sent(page, frame);
                    events.entry(page).or_default().extend(event);
                }
                Output::Close { socket, code } => {
                    let page = self.page_of(*socket);
                    events.entry(page).or_default().push(ModelEvent::Closed(*code));
                    self.sockets.remove(socket);
                }
                Output::StoreReport { .. } => panic!("nobody reports anybody"),
                Output::Note(_) => {}
            }
        }
        ending.iter().for_each(|it| _ = self.sockets.remove(it));
        self.compare_events(events);
        self.compare_states();
        self.compare_queue();
        self.compare_counts();
        self.compare_deadlines(now);
    }

    fn page_of(&self, socket: SocketId) -> usize {
        let page = self.sockets.get(&socket).copied();
        page.unwrap_or_else(|| panic!("something is sent on a closed socket\n{}", self.trail))
    }

    /// Both make and rebuild matches in the same order.
    fn learn_match_ids(&mut self, outputs: &[Output]) {
        let noted = outputs.iter().filter_map(|it| match it {
            Output::Note(Note::Matched { match_id, .. } | Note::Rebuilt { match_id }) => Some(*match_id),
            Output::Note(_) | Output::Send { .. } | Output::Close { .. } | Output::StoreReport { .. } => None,
        });
        self.matches.extend(noted);
        assert_eq!(self.matches.len(), self.model.matches.len(), "other matches\n{}", self.trail);
    }

    /// The matchmaker has sent something to a page. Messages that it sends again must be the same as before.
    fn on_sent(&mut self, page: usize, frame: &Frame<Arc<ToBrowser>>) -> Option<ModelEvent> {
        let Frame { seq, msg, .. } = frame;
        let record = self.records.entry(page).or_default();
        if msg.is_numbered() {
            assert_eq!(*seq, record.next, "page {page} gets another number\n{}", self.trail);
            record.next += 1;
            if let Some(before) = record.log.get(*seq as usize - 1) {
                assert_eq!(before, msg, "page {page} gets something else again\n{}", self.trail);
                return None;
            }
            record.log.push(Arc::clone(msg));
        }
        if let ToBrowser::Welcome { peer, secret, device, .. } = &**msg {
            let [held, sent] = record.secrets;
            let is_valid = record.peer.is_none_or(|it| it == *peer) && sent.is_none_or(|it| it == *secret);
            record.secrets = [held, Some(*secret)];
            record.peer = Some(*peer);
            record.device = record.device.take().or(device.clone());
            record.next = record.acknowledged as u64 + 1;
            let (name, index) = (record.device.clone().unwrap_or_default(), self.model.pages[page].device);
            assert!(is_valid, "page {page} is welcomed as another one\n{}", self.trail);
            let known = *self.devices.entry(name).or_insert(index);
            assert_eq!(known, index, "page {page} has another device\n{}", self.trail);
        }
        self.translate(page, msg)
    }

    /// What a message means to the model; `None` if the model has no such event.
    fn translate(&mut self, page: usize, msg: &ToBrowser) -> Option<ModelEvent> {
        let index_of = |id: &MatchId| self.matches.iter().rposition(|it| it == id).unwrap();
        Some(match msg {
            ToBrowser::Welcome { resumed, .. } => ModelEvent::Welcome { resumed: *resumed },
            ToBrowser::Waiting {} => ModelEvent::Waiting,
            ToBrowser::Matched { match_id, role, partner, shared, pair, ice, .. } => {
                let match_index = index_of(match_id);
                let [one, other] = self.model.matches[match_index].ends;
                let other = if one == page { other } else { one };
                let record = |it: usize| self.records.get(&it).expect("it was welcomed");
                assert_eq!(*partner, record(other).media, "what the partner sends\n{}", self.trail);
                let names = [page, other].map(|it| record(it).device.clone().unwrap());
                self.shared.acquaintances.borrow_mut().insert((*pair)?, names);
                let (partner, shared) =
                    (ReferenceModel::media_of(other), [shared.interests.len(), shared.languages.len()]);
                ModelEvent::Matched { match_index, role: *role, partner, shared, relay: relay_among(ice) }
            }
            ToBrowser::Signal { match_id, epoch, signal } => {
                ModelEvent::Signal { match_index: index_of(match_id), epoch: epoch.0, text: text_of(signal) }
            }
            ToBrowser::Partner { match_id, signalling, signals_lost } => {
                let sends_lost_signals = self.records.get(&page).is_some_and(|it| it.sends_lost_signals);
                assert!(!signals_lost || sends_lost_signals, "no signals were lost\n{}", self.trail);
                ModelEvent::Partner { match_index: index_of(match_id), signalling: *signalling }
            }
            ToBrowser::Ended { match_id, reason } => {
                ModelEvent::Ended { match_index: index_of(match_id), reason: *reason }
            }
            ToBrowser::Ice { match_id, ice } => {
                ModelEvent::Ice { match_index: index_of(match_id), relay: relay_among(ice) }
            }
            ToBrowser::Error { code, .. } => ModelEvent::Error(*code),
            ToBrowser::ComeBack { .. } => ModelEvent::ComeBack,
            ToBrowser::Here(_) | ToBrowser::Place { .. } | ToBrowser::Prepare { .. } | ToBrowser::Pong {} => {
                return None;
            }
            ToBrowser::Seeking { .. }
            | ToBrowser::Check { .. }
            | ToBrowser::Reported { .. }
            | ToBrowser::Sanctioned(_)
            | ToBrowser::Again {} => panic!("not modelled: {msg:?}"),
        })
    }

    fn compare_events(&mut self, mut events: BTreeMap<usize, Vec<ModelEvent>>) {
        for page in 0..self.model.pages.len() {
            let record = self.records.entry(page).or_default();
            let expected = &self.model.pages[page].events[record.compared..];
            record.compared += expected.len();
            let sent = events.remove(&page).unwrap_or_default();
            assert_eq!(sent, expected, "page {page} is sent other messages\n{}", self.trail);
        }
    }

    fn compare_states(&self) {
        for (page, it) in self.model.pages.iter().enumerate().filter(|it| it.1.state != PageState::Gone) {
            let PageRecord { peer, .. } = &self.records[&page];
            let peer = peer.and_then(|it| self.machine.peers.get(&it));
            let actual = peer.map(|it| it.state);
            let is_same = match (it.state, actual) {
                (PageState::AwaitingHello { .. } | PageState::Gone, it) => it.is_none(),
                (PageState::Idle, it) => it == Some(PeerState::Idle),
                (PageState::Matched(index), it) => it == Some(PeerState::Matched(self.matches[index])),
                (PageState::Waiting(since, _), Some(PeerState::Waiting { place, .. })) => {
                    place.since == Moment::from_millis(since)
                }
                (PageState::Waiting(..), _) => false,
            };
            assert!(is_same, "page {page} should be {:?}, not {actual:?}\n{}", it.state, self.trail);
            let Some(peer) = peer else { continue };
            let socket = match it.wire {
                WireState::Working | WireState::Cut => {
                    let socket = self.sockets.iter().find(|it| *it.1 == page).map(|it| *it.0);
                    SocketState::Attached(socket.unwrap())
                }
                WireState::Lost { until } => SocketState::Detached { until: Moment::from_millis(until) },
            };
            assert_eq!(peer.socket, socket, "page {page} has another socket\n{}", self.trail);
        }
    }

    fn compare_queue(&self) {
        let expected = self.model.queue().into_iter().filter_map(|it| self.records[&it].peer);
        let queue: Vec<_> = self.machine.queue.in_order().collect();
        assert_eq!(queue, expected.collect::<Vec<_>>(), "the queues differ\n{}", self.trail);
    }

    fn compare_counts(&self) {
        let model = &self.model;
        let expected = Census {
            idle: model.count_pages(|it| it == PageState::Idle),
            waiting: model.count_pages(|it| matches!(it, PageState::Waiting(..))),
            connecting: 2 * model.match_count(false),
            talking: 2 * model.match_count(true),
            matches: model.match_count(false) + model.match_count(true),
            connections: model.open_sockets(),
        };
        assert_eq!(self.machine.census(), expected, "each peer is counted once\n{}", self.trail);
        assert_eq!(self.sockets.len(), expected.connections, "open sockets\n{}", self.trail);
    }

    fn compare_deadlines(&self, now: Moment) {
        let next = self.machine.deadline();
        let needed = self.model.deadline().map(Moment::from_millis);
        assert!(next.is_none_or(|it| it > now), "no deadline is overdue\n{}", self.trail);
        let is_early = |it: Moment| next.is_some_and(|next| next <= it);
        assert!(needed.is_none_or(is_early), "{next:?} is after the deadline at {needed:?}\n{}", self.trail);
    }
}

const fn is_replaced(msg: &ToBrowser) -> bool {
    matches!(msg, ToBrowser::Error { code: ErrorCode::Replaced, .. })
}
