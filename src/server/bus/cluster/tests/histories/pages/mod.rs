//! [`Page`]: what a page of a browser sends and keeps, as far as the protocol goes.

mod messages;

use std::{mem, sync::Arc, time::Duration};

use super::checks::Checks;
use crate::{
    matchmaker::EdgeId,
    protocol::{
        Delivery, Epoch, ErrorCode, Features, Frame, Heartbeat, MatchId, Media, Message, Met, PairId,
        PastPairs, Receipt, Resume, Sdp, Signal, Tastes, ToBrowser, ToServer,
    },
    time::Moment,
};

/// How long a server may take to answer a `hello` or a ping.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The first pause before another socket is opened; each further one is twice as long, up to the second.
const BACKOFF: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(5)];

/// Where a page sends something: the place of an edge, and the number of the socket.
pub(super) type Address = (usize, u64);

/// What an edge sees of a page.
#[derive(Debug)]
pub(super) enum FromPage {
    Opened(usize),
    Frame(Frame<ToServer>),
    Closed { goodbye: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Socket {
    Backoff { until: Moment },
    Connecting { address: Address, until: Moment },
    Open { address: Address, ping_at: Moment, pong_by: Option<Moment> },
}

/// What a page does, as its person sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    Nothing,
    /// It wants a partner and has not been told that it waits.
    Searching,
    Waiting,
    Talking(Call),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) id: MatchId,
    ticket: String,
    /// The edge whose relay it uses.
    pub(super) relay: Option<EdgeId>,
    /// The number of the last signal of its partner.
    pub(super) received: usize,
}

#[derive(Debug)]
pub(super) struct Page {
    pub(super) index: usize,
    pub(super) now: Moment,
    /// Whether its person wants a partner.
    pub(super) wants: bool,
    pub(super) doing: Doing,
    socket: Socket,
    delivery: Delivery<ToServer>,
    heartbeat: Heartbeat,
    resume: Option<Resume>,
    device: Option<String>,
    met: Vec<(Moment, PairId)>,
    failures: u32,
    come_back: Option<Duration>,
    offers: u32,
    /// How many sockets it has opened, each at another edge than the last one.
    sockets: u64,
    /// What it has sent.
    pub(super) sent: Vec<(Address, FromPage)>,
}

impl Page {
    /// A page that opens its first socket now.
    pub(super) fn new(index: usize, now: Moment) -> Self {
        Self {
            index,
            now,
            wants: true,
            doing: Doing::Searching,
            socket: Socket::Backoff { until: now },
            delivery: Delivery::default(),
            heartbeat: Heartbeat::default(),
            resume: None,
            device: None,
            met: Vec::new(),
            failures: 0,
            come_back: None,
            offers: 0,
            sockets: index as u64,
            sent: Vec::new(),
        }
    }

    pub(super) fn call(&self) -> Option<&Call> {
        if let Doing::Talking(call) = &self.doing { Some(call) } else { None }
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.socket, Socket::Open { .. })
    }

    /// The socket that it has, or is opening.
    pub(super) fn address(&self) -> Option<Address> {
        match self.socket {
            Socket::Backoff { .. } => None,
            Socket::Connecting { address, .. } | Socket::Open { address, .. } => Some(address),
        }
    }

    pub(super) fn next_due(&self) -> Moment {
        match self.socket {
            Socket::Backoff { until } | Socket::Connecting { until, .. } => until,
            Socket::Open { ping_at, pong_by, .. } => pong_by.map_or(ping_at, |it| it.min(ping_at)),
        }
    }

    pub(super) fn on_time(&mut self) {
        match self.socket {
            Socket::Backoff { until } if until <= self.now => self.connect(),
            Socket::Connecting { until, .. } if until <= self.now => self.close(false),
            Socket::Open { pong_by: Some(by), .. } if by <= self.now => self.close(false),
            Socket::Open { address, ping_at, .. } if ping_at <= self.now => {
                let pong_by = Some(self.now + ANSWER_WITHIN);
                self.socket = Socket::Open { address, ping_at, pong_by };
                self.send(ToServer::Ping {});
            }
            Socket::Backoff { .. } | Socket::Connecting { .. } | Socket::Open { .. } => {}
        }
    }

    fn connect(&mut self) {
        self.sockets += 1;
        let address = ((self.sockets % 2) as usize, self.sockets * 100 + self.index as u64);
        self.sent.push((address, FromPage::Opened(self.index)));
        self.say_hello(address);
    }

    fn say_hello(&mut self, address: Address) {
        self.socket = Socket::Connecting { address, until: self.now + ANSWER_WITHIN };
        let minutes = |at: Moment| ((self.now - at).as_secs() / 60) as u8;
        let met = self.met.iter().map(|(at, pair)| Met { pair: *pair, minutes_ago: minutes(*at) });
        let past = PastPairs { met: met.collect(), blocked: Vec::new() };
        let (ticket, device) = (self.call().map(|it| it.ticket.clone()), self.device.clone());
        let (resume, features) = (self.resume, Features::all());
        let hello = ToServer::Hello { resume, ticket, device, age: None, past, place: None, features };
        self.heartbeat = Heartbeat::after(&hello).unwrap_or_default();
        let frame = self.delivery.send(hello).unwrap();
        self.sent.push((address, FromPage::Frame(frame)));
    }

    /// The page closes its socket, or the network does.
    pub(super) fn close(&mut self, goodbye: bool) {
        if let Some(address) = self.address() {
            self.sent.push((address, FromPage::Closed { goodbye }));
            self.on_lost();
        }
    }

    /// Its socket is gone.
    pub(super) fn on_lost(&mut self) {
        let [first, most] = BACKOFF;
        let pause = self.come_back.take().unwrap_or(most.min(first * (1 << self.failures.min(6))));
        self.failures += 1;
        self.socket = Socket::Backoff { until: self.now + pause };
    }

    /// The server has closed its socket.
    pub(super) fn on_closed(&mut self, code: ErrorCode, checks: &mut Checks) {
        checks.on_closed(self.index, code);
        self.on_lost();
    }

    /// The person leaves the page, which may have the time to say so, and opens it again.
    pub(super) fn reload(&mut self, goodbye: bool, checks: &mut Checks) {
        self.close(goodbye);
        if let Some(call) = self.call() {
            checks.on_left(call.id);
        }
        checks.on_session(self.index);
        let (device, met, sent) = (self.device.take(), mem::take(&mut self.met), mem::take(&mut self.sent));
        *self = Self { device, met, sent, sockets: self.sockets, ..Self::new(self.index, self.now) };
    }

    pub(super) fn join(&mut self) {
        self.wants = true;
        if self.doing == Doing::Nothing {
            self.search();
        }
    }

    pub(super) fn leave(&mut self, checks: &mut Checks) {
        self.wants = false;
        if let Doing::Talking(call) = mem::replace(&mut self.doing, Doing::Nothing) {
            checks.on_left(call.id);
        }
        self.send(ToServer::Leave {});
    }

    pub(super) fn next(&mut self, checks: &mut Checks) {
        let Some(id) = self.call().map(|it| it.id) else { return };
        checks.on_left(id);
        self.doing = Doing::Searching;
        self.send(ToServer::Next { match_id: id });
    }

    /// Sends a signal to its partner, if it has one.
    pub(super) fn signal(&mut self, checks: &mut Checks) {
        let Some(match_id) = self.call().map(|it| it.id) else { return };
        // To the model, what is no multiple of three is an offer.
        let text = 3 * checks.on_signal_sent(self.index, match_id) + 1;
        let signal = Signal::Offer { sdp: Sdp(text.to_string()) };
        self.send(ToServer::Signal { match_id, epoch: Epoch::FIRST, signal });
    }

    fn search(&mut self) {
        self.doing = Doing::Searching;
        let media = Media { audio: true, video: self.index.is_multiple_of(2) };
        self.send(ToServer::Join { media, hide: false, soft: false, tastes: Tastes::default() });
    }

    /// Sends a message now, or when the session goes on.
    fn send(&mut self, msg: ToServer) {
        self.heartbeat = Heartbeat::after(&msg).unwrap_or(self.heartbeat);
        let frame = self.delivery.send(msg).unwrap();
        if let Socket::Open { address, ping_at, .. } = &mut self.socket {
            *ping_at = self.now + self.heartbeat.interval();
            self.sent.push((*address, FromPage::Frame(frame)));
        }
    }

    /// An edge has sent a frame on its socket.
    pub(super) fn on_frame(&mut self, frame: Frame<Arc<ToBrowser>>, checks: &mut Checks) {
        let Frame { seq, ack, msg } = frame;
        match (self.socket, &*msg) {
            (Socket::Backoff { .. }, _) => {}
            (Socket::Connecting { address, .. } | Socket::Open { address, .. }, ToBrowser::Again {}) => {
                self.say_hello(address);
            }
            (_, ToBrowser::Error { code, .. }) => checks.on_closed(self.index, *code),
            (
                Socket::Connecting { address, .. },
                ToBrowser::Welcome { peer, secret, resumed, match_id, device, .. },
            ) => {
                checks.on_contact(self.index);
                self.failures = 0;
                let ping_at = self.now + self.heartbeat.interval();
                self.socket = Socket::Open { address, ping_at, pong_by: None };
                self.resume = Some(Resume { peer: *peer, secret: *secret });
                self.device = device.clone().or(self.device.take());
                self.on_welcome(*resumed, ack, *match_id, checks);
            }
            (Socket::Connecting { .. }, _) => {}
            (Socket::Open { .. }, msg) => {
                checks.on_contact(self.index);
                match self.delivery.receive(seq, ack, msg.is_numbered()) {
                    Receipt::Fresh => {
                        self.on_acknowledged(checks);
                        self.on_message(msg, checks);
                    }
                    Receipt::Duplicate => {}
                    Receipt::Broken => panic!("page {} gets {seq}, {ack}: {msg:?}", self.index),
                }
                self.acknowledge_if_late();
            }
        }
    }

    fn on_acknowledged(&self, checks: &mut Checks) {
        let is_report = |it: &ToServer| matches!(it, ToServer::Connected { .. });
        if let Some(call) = self.call().filter(|it| it.received > 0)
            && !self.delivery.has_unacknowledged(is_report)
        {
            checks.on_connected(self.index, call.id);
        }
    }

    fn acknowledge_if_late(&mut self) {
        if let Socket::Open { ping_at, pong_by, .. } = &mut self.socket {
            *pong_by = None;
            if *ping_at <= self.now || self.delivery.owes_ack() {
                self.send(ToServer::Ping {});
            }
        }
    }
}
