//! [`Session`]: the conversation with the server, which outlives its sockets. It opens them, keeps them alive, and
//! replaces the ones that are lost.

use std::{mem, time::Duration};

use super::{
    reconnect::Reconnect,
    server_knowledge::{Handshake, Incoming, Welcome},
};
use crate::{
    call::{
        Output, Problem,
        deadline::{Deadline, DeadlineReason},
    },
    protocol::{
        Delivery, ErrorCode, Features, Frame, Heartbeat, Message, PastPairs, Receipt, Resume, ToBrowser,
        ToServer,
    },
    time::{Moment, seconds_left, until_next_second},
};

/// How long opening a socket and the welcome may take together; a bad mobile network needs a few seconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the server may take to answer a ping, or a request for a partner. Counted from when it was sent, since
/// timers of a page in the background are late.
const PONG_TIMEOUT: Duration = Duration::from_secs(10);

/// The same for a probe: a working network answers within a second, and a call may depend on it.
const PROBE_TIMEOUT: Duration = Duration::from_secs(3);

/// How long the server may be out of reach before the page says so; a hiccup is not worth mentioning.
const REPORT_LOSS_AFTER: Duration = Duration::from_secs(2);

/// One end of the conversation with the server.
#[derive(Debug, Default)]
pub(crate) struct Session {
    /// What both ends have told each other in their handshakes.
    pub(crate) handshake: Handshake,
    socket: SocketState,
    delivery: Delivery<ToServer>,
    heartbeat: Heartbeat,
    /// What the next hello presents to resume the session.
    resume: Option<Resume>,
    /// Since when the session is wanted without being open.
    disconnected_since: Option<Moment>,
    /// When to connect again.
    reconnect: Reconnect,
}

/// The state of the socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum SocketState {
    /// Not wanted.
    #[default]
    Closed,
    /// Being opened, or open and not welcomed yet.
    Connecting {
        /// When to give up.
        until: Moment,
    },
    /// Open and welcomed.
    Open {
        /// When to send a ping, if nothing else is sent before.
        ping_at: Moment,
        /// When to give up, if the server sends nothing before.
        pong_by: Option<Moment>,
    },
    /// Lost; opened again after a pause.
    Backoff {
        /// The end of the pause.
        until: Moment,
    },
}

impl Session {
    /// The session of a page of this build; the name is empty if the page does not know it.
    pub(crate) fn new(build: String) -> Self {
        Self { handshake: Handshake::new(build), ..Self::default() }
    }

    /// Connects; does nothing if that is under way.
    pub(crate) fn open(&mut self, now: Moment, out: &mut Vec<Output>) {
        if self.socket == SocketState::Closed {
            self.disconnected_since = Some(now);
            self.connect(now, out);
        }
    }

    /// Ends the session with this close code.
    pub(crate) fn close(&mut self, code: u16, out: &mut Vec<Output>) {
        if self.has_socket() {
            out.push(Output::CloseSocket { code: Some(code) });
        }
        *self = Self { handshake: mem::take(&mut self.handshake), ..Self::default() };
    }

    /// Whether the session is open or is to be opened.
    pub(crate) fn is_wanted(&self) -> bool {
        self.socket != SocketState::Closed
    }

    /// Whether messages reach the server now.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.socket, SocketState::Open { .. })
    }

    /// Ends the current backoff.
    pub(crate) fn retry_now(&mut self, now: Moment, out: &mut Vec<Output>) {
        if let SocketState::Backoff { .. } = self.socket {
            self.connect(now, out);
        }
    }

    /// Sends a ping with a short timeout, because the socket may be dead without having been closed.
    pub(crate) fn probe(&mut self, now: Moment, out: &mut Vec<Output>) {
        if let SocketState::Open { pong_by, .. } = self.socket
            && pong_by.is_none_or(|by| by > now + PROBE_TIMEOUT)
        {
            self.ping(now, PROBE_TIMEOUT, out);
        }
    }

    /// Sends the first message on a socket that has just opened, with the ticket of a match or the proof of a place,
    /// the name of the device and the statement about the age; the last two may be empty.
    pub(crate) fn start(
        &mut self,
        (ticket, place): (Option<String>, Option<Box<str>>),
        tokens: [String; 2],
        past: PastPairs,
        out: &mut Vec<Output>,
    ) {
        if let SocketState::Connecting { .. } = self.socket {
            let [device, age] = tokens.map(|it| Some(it).filter(|it| !it.is_empty()));
            let age = age.map(String::into_boxed_str);
            let (resume, features) = (self.resume, Features::all());
            let hello = ToServer::Hello { resume, ticket, device, age, past, place, features };
            self.heartbeat = Heartbeat::after(&hello).unwrap_or_default();
            out.extend(self.delivery.send(hello).ok().map(Output::Send));
        }
    }

    /// Starts a backoff after the socket was lost.
    pub(crate) fn on_socket_lost(&mut self, now: Moment, rng: &mut fastrand::Rng) {
        if self.socket == SocketState::Closed {
            return;
        }
        self.disconnected_since.get_or_insert(now);
        self.socket = SocketState::Backoff { until: now + self.reconnect.on_lost(rng) };
    }

    /// Sends a message, now or when the session is open again, and returns its number. Starts a new session if the
    /// outbox of this one is full.
    pub(crate) fn send(
        &mut self,
        now: Moment,
        msg: ToServer,
        rng: &mut fastrand::Rng,
        out: &mut Vec<Output>,
    ) -> Option<u64> {
        let number = self.try_send(now, msg, out);
        if number.is_none() {
            self.abandon(now, rng, out);
        }
        number
    }

    /// Handles a frame.
    pub(crate) fn on_frame(
        &mut self,
        now: Moment,
        frame: Frame<ToBrowser>,
        rng: &mut fastrand::Rng,
        out: &mut Vec<Output>,
    ) -> Incoming {
        let Frame { seq, ack, msg } = frame;
        match (self.socket, msg) {
            (SocketState::Closed | SocketState::Backoff { .. }, _) => Incoming::Nothing,
            (_, ToBrowser::Again {}) => {
                self.disconnected_since.get_or_insert(now);
                self.socket = SocketState::Connecting { until: now + CONNECT_TIMEOUT };
                Incoming::Again
            }
            (_, msg @ ToBrowser::Error { code, retry_ms, .. }) => {
                self.reconnect.on_error(code, retry_ms);
                self.on_answer();
                let is_told_first =
                    matches!(code, ErrorCode::WrongOrigin | ErrorCode::Sanctioned | ErrorCode::AgeRequired);
                if is_told_first || self.is_open() { Incoming::Message(msg) } else { Incoming::Nothing }
            }
            (
                SocketState::Connecting { .. },
                ToBrowser::Welcome { peer, secret, resumed, match_id, build, device, features, .. },
            ) => {
                self.on_established(now, Resume { peer, secret }, resumed, ack, out);
                Incoming::Welcome(Welcome { resumed, match_id, build, device, features })
            }
            (SocketState::Connecting { .. }, msg @ ToBrowser::Sanctioned(_)) => Incoming::Message(msg),
            (SocketState::Connecting { .. }, _) => Incoming::Nothing,
            (SocketState::Open { .. }, msg) => {
                let counted = msg.is_numbered();
                if self.receive(now, (seq, ack), counted, rng, out) {
                    self.process(msg)
                } else {
                    Incoming::Nothing
                }
            }
        }
    }

    /// Handles the numbers of a frame with an unknown message. If it was not counted, the numbers of all later frames
    /// would be wrong.
    pub(crate) fn on_unknown_message(
        &mut self,
        now: Moment,
        numbers: (u64, u64),
        rng: &mut fastrand::Rng,
        out: &mut Vec<Output>,
    ) {
        if self.is_open() {
            self.receive(now, numbers, numbers.0 != 0, rng, out);
        }
    }

    /// Does what is due.
    pub(crate) fn handle_timeout(&mut self, now: Moment, rng: &mut fastrand::Rng, out: &mut Vec<Output>) {
        match self.socket {
            SocketState::Backoff { until } if until <= now => self.connect(now, out),
            SocketState::Connecting { until } if until <= now => self.replace_socket(now, rng, out),
            SocketState::Open { pong_by: Some(by), .. } if by <= now => self.replace_socket(now, rng, out),
            SocketState::Open { ping_at, .. } if ping_at <= now => self.ping(now, PONG_TIMEOUT, out),
            SocketState::Closed
            | SocketState::Backoff { .. }
            | SocketState::Connecting { .. }
            | SocketState::Open { .. } => {}
        }
    }

    /// When something is due, or the page has to show something else.
    pub(crate) fn deadline(&self, now: Moment) -> Option<Deadline> {
        let due = match self.socket {
            SocketState::Closed => None,
            SocketState::Backoff { until } => Some((until, DeadlineReason::Reconnect)),
            SocketState::Connecting { until } => Some((until, DeadlineReason::ConnectTimeout)),
            SocketState::Open { ping_at, pong_by } => {
                let ping = (ping_at, DeadlineReason::Ping);
                Some(pong_by.map_or(ping, |by| ping.min((by, DeadlineReason::PongTimeout))))
            }
        };
        let report_at = self.disconnected_since.map(|since| since + REPORT_LOSS_AFTER).filter(|at| *at > now);
        let report = report_at.map(|at| (at, DeadlineReason::ServerLost));
        let next_second = self.announced_pause(now).and_then(until_next_second);
        let countdown = next_second.map(|it| (now + it, DeadlineReason::Countdown));
        due.into_iter().chain(report).chain(countdown).min()
    }

    /// Seconds until the next attempt, rounded up, if the server has said when.
    pub(crate) fn retry_seconds(&self, now: Moment) -> Option<u32> {
        self.announced_pause(now).and_then(seconds_left)
    }

    /// What is wrong with the session, once it has been disconnected for long enough to say so; `offline` if the
    /// browser reports that there is no network.
    pub(crate) fn problem(&self, now: Moment, offline: bool) -> Option<Problem> {
        let is_reported = self.disconnected_since.is_some_and(|since| now - since >= REPORT_LOSS_AFTER);
        let reason = if offline {
            Problem::Offline
        } else {
            self.reconnect.last_rejection().unwrap_or(Problem::ServerLost)
        };
        is_reported.then_some(reason)
    }

    /// Whether a socket is open or being opened.
    fn has_socket(&self) -> bool {
        match self.socket {
            SocketState::Closed | SocketState::Backoff { .. } => false,
            SocketState::Connecting { .. } | SocketState::Open { .. } => true,
        }
    }

    fn announced_pause(&self, now: Moment) -> Option<Duration> {
        if let SocketState::Backoff { until } = self.socket
            && self.reconnect.last_rejection().is_some()
        {
            Some(until - now)
        } else {
            None
        }
    }

    /// Sends a message like [`send`](Self::send), but returns `None` if the outbox is full, else the message's number.
    pub(super) fn try_send(&mut self, now: Moment, msg: ToServer, out: &mut Vec<Output>) -> Option<u64> {
        let heartbeat = Heartbeat::after(&msg).unwrap_or(self.heartbeat);
        let before = mem::replace(&mut self.heartbeat, heartbeat);
        let frame = self.delivery.send(msg).ok()?;
        let number = frame.seq;
        if let SocketState::Open { ping_at, pong_by } = &mut self.socket {
            *ping_at = now + heartbeat.interval();
            if (before, heartbeat) == (Heartbeat::Idle, Heartbeat::Engaged) {
                // An idle socket may have been dead for long. A person who has just pressed Start should not have to
                // wait for the next ping to notice it.
                pong_by.get_or_insert(now + PONG_TIMEOUT);
            }
            out.push(Output::Send(frame));
        }
        Some(number)
    }

    /// Gives the session up; the next welcome starts a new one.
    fn abandon(&mut self, now: Moment, rng: &mut fastrand::Rng, out: &mut Vec<Output>) {
        self.resume = None;
        self.delivery = Delivery::default();
        if self.has_socket() {
            self.replace_socket(now, rng, out);
        }
    }

    fn ping(&mut self, now: Moment, timeout: Duration, out: &mut Vec<Output>) {
        let ping_at = now + self.heartbeat.interval();
        self.socket = SocketState::Open { ping_at, pong_by: Some(now + timeout) };
        self.try_send(now, ToServer::Ping {}, out);
    }

    fn connect(&mut self, now: Moment, out: &mut Vec<Output>) {
        self.socket = SocketState::Connecting { until: now + CONNECT_TIMEOUT };
        out.push(Output::OpenSocket);
    }

    fn replace_socket(&mut self, now: Moment, rng: &mut fastrand::Rng, out: &mut Vec<Output>) {
        out.push(Output::CloseSocket { code: None });
        self.on_socket_lost(now, rng);
    }

    /// The server has sent something, so the socket is alive.
    fn on_answer(&mut self) {
        if let SocketState::Open { pong_by, .. } = &mut self.socket {
            *pong_by = None;
        }
    }

    fn on_established(
        &mut self,
        now: Moment,
        resume: Resume,
        resumed: bool,
        ack: u64,
        out: &mut Vec<Output>,
    ) {
        self.resume = Some(resume);
        self.disconnected_since = None;
        self.reconnect.on_welcome();
        self.socket = SocketState::Open { ping_at: now + self.heartbeat.interval(), pong_by: None };
        if resumed {
            self.delivery.acknowledge(ack);
            out.extend(self.delivery.replay().into_iter().map(Output::Send));
        } else {
            self.delivery = Delivery::default();
        }
    }

    /// Handles the numbers of a frame; `false` if its message must be ignored.
    fn receive(
        &mut self,
        now: Moment,
        (seq, ack): (u64, u64),
        counted: bool,
        rng: &mut fastrand::Rng,
        out: &mut Vec<Output>,
    ) -> bool {
        match self.delivery.receive(seq, ack, counted) {
            Receipt::Fresh => {
                self.on_answer();
                // Timers of a page in the background are late, but what arrives is handled at once.
                let is_late = matches!(self.socket, SocketState::Open { ping_at, .. } if ping_at <= now);
                if self.delivery.owes_ack() || is_late {
                    self.try_send(now, ToServer::Ping {}, out);
                }
                true
            }
            Receipt::Duplicate => false,
            Receipt::Broken => {
                self.abandon(now, rng, out);
                false
            }
        }
    }

    /// Handles messages about the session itself, and passes on the others.
    fn process(&mut self, msg: ToBrowser) -> Incoming {
        if let ToBrowser::ComeBack { after_ms } = msg {
            self.reconnect.on_come_back(after_ms);
            Incoming::Nothing
        } else if let ToBrowser::Pong {} = msg {
            Incoming::Nothing
        } else {
            Incoming::Message(msg)
        }
    }
}
