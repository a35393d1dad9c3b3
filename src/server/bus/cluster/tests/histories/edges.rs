//! [`EdgeProcess`]: an edge with its sockets, as `edge_driver` runs it.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use super::{
    Order,
    checks::Checks,
    pages::{Address, FromPage, Page},
    redis::Redis,
    world::Command,
};
use crate::{
    matchmaker::{Closing, EdgeId, Input, Network, SiteIndex, SocketId, Visit, reference::checked::relay_of},
    protocol::{ErrorCode, Frame, ToBrowser},
    server::bus::cluster::{
        edge_link::{Appended, EdgeEvent, EdgeLink, Entry, FromCore},
        greetings::Greetings,
        lease::Holder,
    },
    time::Moment,
};

/// How long an edge may hear nothing of a core that takes its entries. After 5 s it gives up, with the last entry, and
/// the next one takes 3 s at most.
const MUST_HEAR_WITHIN: Duration = Duration::from_millis(8_500);

pub(super) struct EdgeProcess {
    place: usize,
    link: EdgeLink<Input>,
    greetings: Greetings,
    /// The page of each socket, by its number.
    sockets: BTreeMap<u64, usize>,
    /// What sockets have reported and the process has not read, and when it arrives.
    pub(super) inbox: VecDeque<(Moment, u64, FromPage)>,
    /// The id up to which it has read, in the stream of this term and edge.
    read: ((u64, EdgeId), u64),
    /// The entries that it has read there.
    entries: Vec<Arc<Entry<Order>>>,
    /// When the first entry was taken that the core has not answered.
    unanswered_since: Option<Moment>,
    /// The core and the id of the last append.
    under_way: (Option<Holder>, EdgeId),
    /// Since when it is about to stop.
    pub(super) draining: Option<Moment>,
    /// Ids for this process after it was reset.
    next_ids: std::ops::RangeFrom<u64>,
}

/// What an edge acts on.
pub(super) struct Around<'a> {
    pub(super) now: Moment,
    pub(super) pages: &'a mut [Page],
    pub(super) checks: &'a mut Checks,
}

impl Around<'_> {
    /// Sends a frame to a page, if it still has this socket.
    fn send(&mut self, page: usize, address: Address, frame: Frame<Arc<ToBrowser>>) {
        if self.pages[page].address() == Some(address) {
            self.pages[page].on_frame(frame, self.checks);
        }
    }

    /// Closes this socket of a page, if it still has it.
    fn close(&mut self, page: usize, address: Address, code: ErrorCode) {
        if self.pages[page].address() == Some(address) {
            self.pages[page].on_closed(code, self.checks);
        }
    }
}

impl EdgeProcess {
    /// A process that serves no sockets; `number` is used for no other one.
    pub(super) fn new(place: usize, number: u64, now: Moment) -> Self {
        let mut next_ids = number * 1_000..;
        let edge = EdgeId(next_ids.next().unwrap());
        let mut link = EdgeLink::new(edge, now);
        link.push(Input::EdgeRelay { edge, relay: relay_of(edge) });
        Self {
            place,
            link,
            greetings: Greetings::default(),
            sockets: BTreeMap::new(),
            inbox: VecDeque::new(),
            read: ((0, edge), 0),
            entries: Vec::new(),
            unanswered_since: None,
            under_way: (None, edge),
            draining: None,
            next_ids,
        }
    }

    pub(super) fn drain(&mut self, now: Moment) {
        if self.draining.is_none() {
            self.draining = Some(now);
            self.link.push(Input::EdgeDrains(self.link.edge()));
        }
    }

    /// Whether all its pages have gone, and the core knows that they have to.
    pub(super) fn is_drained(&self) -> bool {
        self.draining.is_some() && self.sockets.is_empty()
    }

    /// The id under which the core knows it.
    pub(super) fn id(&self) -> EdgeId {
        self.link.edge()
    }

    pub(super) fn has_core(&self, now: Moment) -> bool {
        self.link.has_core(now)
    }

    /// When it has something to do without hearing anything.
    pub(super) fn next_due(&self) -> Option<Moment> {
        self.link.next_due()
    }

    /// When it can read something more, if what it reads is so old.
    pub(super) fn next_entry(&self, redis: &Redis) -> Option<Moment> {
        let (key, after) = self.position()?;
        redis.for_edge(key, after).map(|it| it.at)
    }

    /// What it reads next: a stream, and the id of the last entry that it has read.
    fn position(&self) -> Option<((u64, EdgeId), u64)> {
        let key = (self.link.holder()?.term, self.link.edge());
        Some((key, if self.read.0 == key { self.read.1 } else { 0 }))
    }

    pub(super) fn on_appended(&mut self, result: Appended, around: &mut Around<'_>) {
        // One from before a new core or a reset says nothing.
        let is_taken = result == Appended::Done && self.under_way == (self.link.holder(), self.link.edge());
        if is_taken {
            self.unanswered_since.get_or_insert(around.now);
        }
        let event = self.link.on_appended(around.now, result);
        self.on_link_event(event, around);
        self.reset_after_gap(around);
        let is_heard = self.unanswered_since.is_none_or(|it| around.now - it < MUST_HEAR_WITHIN);
        assert!(!is_taken || is_heard, "the core takes entries, and the edge hears nothing");
    }

    /// Reads what was appended until this time, and what sockets report. Returns what it appends.
    pub(super) fn run(
        &mut self,
        redis: &Redis,
        until: Option<Moment>,
        around: &mut Around<'_>,
    ) -> Option<Command> {
        if let Some(until) = until {
            self.read(redis, until, around);
        }
        while let Some((_, number, report)) = self.inbox.pop_front_if(|it| it.0 <= around.now) {
            self.on_report(number, report, around);
        }
        let append = self.link.next_append(around.now);
        assert!(self.link.next_due().is_none_or(|it| around.now < it), "all that is due is done");
        append.map(|(to, entry)| {
            self.under_way = (to, self.link.edge());
            Command::Append(self.link.edge(), to, entry)
        })
    }

    fn read(&mut self, redis: &Redis, until: Moment, around: &mut Around<'_>) {
        while let Some((key, after)) = self.position() {
            let Some(kept) = redis.for_edge(key, after).filter(|it| it.at <= until) else { break };
            if self.read.0 != key {
                self.entries.clear();
            }
            (self.read, self.unanswered_since) = ((key, kept.id), None);
            if let FromCore::Entry(entry) = &kept.entry {
                let is_news = !entry.items.is_empty();
                assert!(
                    !is_news || redis.was_last(key.0, kept.at),
                    "an edge hears of a core after the next one began"
                );
                self.check_number(entry);
            }
            let event = self.link.on_received(around.now, key.0, kept.entry.clone());
            self.on_link_event(event, around);
        }
        self.reset_after_gap(around);
    }

    /// An entry may come twice, but no two have the same number.
    fn check_number(&mut self, entry: &Arc<Entry<Order>>) {
        match self.entries.iter().find(|it| it.number == entry.number) {
            Some(before) => {
                assert!(Arc::ptr_eq(before, entry), "the core has sent two entries {}", entry.number)
            }
            None => self.entries.push(Arc::clone(entry)),
        }
    }

    fn reset_after_gap(&mut self, around: &mut Around<'_>) {
        if self.link.is_gap() {
            self.on_link_event(Some(EdgeEvent::Reset), around);
        }
    }

    fn on_link_event(&mut self, event: Option<EdgeEvent<Order>>, around: &mut Around<'_>) {
        match event {
            Some(EdgeEvent::Deliver(entry)) => {
                entry.items.iter().cloned().for_each(|it| self.deliver(it, around));
            }
            Some(EdgeEvent::NewCore { is_first }) => {
                self.unanswered_since = None;
                if !is_first {
                    self.push_relay();
                    self.introduce_all(around);
                }
                if self.draining.is_some() {
                    self.link.push(Input::EdgeDrains(self.link.edge()));
                }
            }
            Some(EdgeEvent::Reset) => {
                for (number, page) in std::mem::take(&mut self.sockets) {
                    around.close(page, (self.place, number), ErrorCode::ServerStops);
                }
                self.greetings.clear();
                let edge = EdgeId(self.next_ids.next().unwrap());
                self.unanswered_since = None;
                self.link.reset(around.now, edge);
                self.push_relay();
            }
            None => {}
        }
    }

    fn push_relay(&mut self) {
        let edge = self.link.edge();
        if self.draining.is_none() {
            self.link.push(Input::EdgeRelay { edge, relay: relay_of(edge) });
        }
    }

    fn deliver(&mut self, order: Order, around: &mut Around<'_>) {
        match order {
            Order::Send(number, frame) => {
                if let Some(page) = self.sockets.get(&number) {
                    around.send(*page, (self.place, number), frame);
                }
            }
            Order::Close(number, code) => {
                self.greetings.on_closed(number);
                if let Some(page) = self.sockets.remove(&number) {
                    around.close(page, (self.place, number), code);
                }
            }
        }
    }

    fn introduce_all(&mut self, around: &mut Around<'_>) {
        let all = self.greetings.introduce();
        all.visits.into_iter().for_each(|it| self.link.push(Input::Opened(it)));
        for number in all.ask {
            let again = Frame { seq: 0, ack: 0, msg: Arc::new(ToBrowser::Again {}) };
            self.deliver(Order::Send(number, again), around);
        }
        for number in all.close {
            self.deliver(Order::Close(number, ErrorCode::ServerStops), around);
        }
    }

    fn on_report(&mut self, number: u64, report: FromPage, around: &mut Around<'_>) {
        let socket = SocketId { edge: self.link.edge(), number };
        let input = match report {
            FromPage::Opened(page) if self.draining.is_some() => {
                return around.close(page, (self.place, number), ErrorCode::ServerStops);
            }
            FromPage::Opened(page) => {
                let network = Network::of([192, 0, 2, self.place as u8].into());
                let visit =
                    Visit { socket, network, network_tags: Default::default(), site: SiteIndex::default() };
                self.greetings.on_opened(visit);
                self.sockets.insert(number, page);
                return self.link.push(Input::Opened(visit));
            }
            FromPage::Frame(frame) => Input::Message { socket, frame },
            FromPage::Closed { goodbye } => {
                let closing = if goodbye { Closing::Goodbye } else { Closing::Lost };
                Input::Closed { socket, closing }
            }
        };
        let is_admitted = self.greetings.admits(socket, &input);
        let is_known = self.sockets.contains_key(&number);
        if let Input::Closed { .. } = input {
            self.sockets.remove(&number);
            self.greetings.on_closed(number);
        }
        if is_known && is_admitted {
            self.link.push(input);
        }
    }
}
