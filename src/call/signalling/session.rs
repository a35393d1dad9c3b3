//! The line to the server: opens it, keeps it alive, gets it back when it is lost; it must not know what is said on it.

use std::{mem, time::Duration};

use super::retry::LONGEST_PAUSE;
use crate::{
    call::{Output, Problem},
    protocol::{
        Delivery, ErrorCode, Frame, Heartbeat, MatchId, Message, PastPairs, Receipt, Resume, ToBrowser,
        ToServer,
    },
    time::{Moment, seconds_left, until_next_second},
};

/// The first step of the ladder; each further one is twice as high (full jitter: any moment up to the step).
const FIRST_STEP: Duration = Duration::from_millis(500);

/// The highest step: a server that was restarted is found again soon, one that is overrun is left in peace.
const HIGHEST_STEP: Duration = Duration::from_secs(15);

/// The shortest wait: a tick that hangs up must not leave the dialling for the same moment.
const SHORTEST_REST: Duration = Duration::from_millis(1);

/// How long opening a socket and being welcomed may take together; a bad mobile network needs a few seconds.
const OPEN_WITHIN: Duration = Duration::from_secs(10);

/// How long a ping, or who asks for somebody, may stay unanswered. Counted from then, since a page in the background is
/// seldom woken.
const PONG_WITHIN: Duration = Duration::from_secs(10);

/// The same for a line in doubt: a network that is there answers within a second, and a call may depend on it.
const DOUBTED_PONG_WITHIN: Duration = Duration::from_secs(3);

/// How long the line may be away before people are told: a hiccup is none of their business.
const TOLD_AFTER: Duration = Duration::from_secs(2);

/// One end of the conversation with the server; it outlives the sockets it is held on.
#[derive(Debug, Default)]
pub(crate) struct Line {
    wire: Wire,
    delivery: Delivery<ToServer>,
    heartbeat: Heartbeat,
    /// What the next hello shows.
    resume: Option<Resume>,
    /// Attempts that failed in a row.
    failures: u32,
    /// Since when the line is wanted and not there.
    away_since: Option<Moment>,
    /// The server has said when to come back.
    come_back_after: Option<Duration>,
    /// Why the server takes nobody in, as it has said on this socket.
    told: Option<Problem>,
    /// The same for the last one.
    refused: Option<Problem>,
}

/// The socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Wire {
    /// Not wanted.
    #[default]
    Off,
    /// Being opened, or open and not yet welcomed.
    Opening {
        /// When to give it up.
        until: Moment,
    },
    /// Open and welcomed.
    Open {
        /// When to say something, if there was nothing to say before.
        ping_at: Moment,
        /// A ping, or who asks for somebody, is unanswered until then.
        pong_by: Option<Moment>,
    },
    /// Lost; tried again at this moment.
    Resting {
        /// When.
        until: Moment,
    },
}

/// What came in.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// The line is there.
    Welcome {
        /// Whether the server still knows this peer.
        resumed: bool,
        /// The match that it knows by our ticket, though it has forgotten the peer.
        match_id: Option<MatchId>,
        /// The page that the server has.
        build: Option<String>,
        /// The name of this device, if it is news.
        device: Option<String>,
    },
    /// Something to act on.
    Message(ToBrowser),
    /// Nothing to act on.
    Nothing,
}

impl Line {
    /// Opens the line; does nothing if that is under way.
    pub(crate) fn open(&mut self, now: Moment, out: &mut Vec<Output>) {
        if self.wire == Wire::Off {
            self.away_since = Some(now);
            self.dial(now, out);
        }
    }

    /// Closes it for good; the server takes that for goodbye.
    pub(crate) fn close(&mut self, out: &mut Vec<Output>) {
        match self.wire {
            Wire::Off | Wire::Resting { .. } => {}
            Wire::Opening { .. } | Wire::Open { .. } => out.push(Output::CloseSocket { goodbye: true }),
        }
        *self = Self::default();
    }

    /// Whether it is open, or is to be.
    pub(crate) fn is_wanted(&self) -> bool {
        self.wire != Wire::Off
    }

    /// Tries again at once, if it is waiting to try again.
    pub(crate) fn hurry(&mut self, now: Moment, out: &mut Vec<Output>) {
        if let Wire::Resting { .. } = self.wire {
            self.dial(now, out);
        }
    }

    /// There is reason to think that the socket is dead though nobody has said so: asks, and does not wait long.
    pub(crate) fn doubt(&mut self, now: Moment, out: &mut Vec<Output>) {
        if let Wire::Open { pong_by, .. } = self.wire
            && pong_by.is_none_or(|by| by > now + DOUBTED_PONG_WITHIN)
        {
            self.ping(now, DOUBTED_PONG_WITHIN, out);
        }
    }

    /// The socket is open: says hello.
    pub(crate) fn opened(
        &mut self,
        ticket: Option<String>,
        device: Option<String>,
        past: PastPairs,
        out: &mut Vec<Output>,
    ) {
        if let Wire::Opening { .. } = self.wire {
            let hello = ToServer::Hello { resume: self.resume, ticket, device, past };
            self.heartbeat = Heartbeat::after(&hello).unwrap_or_default();
            out.extend(self.delivery.send(hello).ok().map(Output::Send));
        }
    }

    /// The socket is gone.
    pub(crate) fn lost(&mut self, now: Moment, rng: &mut fastrand::Rng) {
        if self.wire == Wire::Off {
            return;
        }
        self.away_since.get_or_insert(now);
        self.refused = mem::take(&mut self.told);
        let step = FIRST_STEP.saturating_mul(1 << self.failures.min(10)).min(HIGHEST_STEP);
        let jitter = Duration::from_millis(rng.u64(0..=step.as_millis() as u64));
        self.failures += 1;
        let rest = self.come_back_after.take().unwrap_or(jitter).max(SHORTEST_REST);
        self.wire = Wire::Resting { until: now + rest };
    }

    /// Says something: now, or when the line is back. `false` if it is not to be had any more in this session.
    pub(crate) fn send(&mut self, now: Moment, msg: ToServer, out: &mut Vec<Output>) -> bool {
        let heartbeat = Heartbeat::after(&msg).unwrap_or(self.heartbeat);
        let was = mem::replace(&mut self.heartbeat, heartbeat);
        let Ok(frame) = self.delivery.send(msg) else { return false };
        if let Wire::Open { ping_at, pong_by } = &mut self.wire {
            *ping_at = now + heartbeat.interval();
            if (was, heartbeat) == (Heartbeat::Idle, Heartbeat::Engaged) {
                // Nothing may have been heard for long, and who has just pressed Start should not wait for the next ping.
                pong_by.get_or_insert(now + PONG_WITHIN);
            }
            out.push(Output::Send(frame));
        }
        true
    }

    /// Takes in a message.
    pub(crate) fn heard(
        &mut self,
        now: Moment,
        frame: Frame<ToBrowser>,
        rng: &mut fastrand::Rng,
        out: &mut Vec<Output>,
    ) -> Incoming {
        let Frame { seq, ack, msg } = frame;
        match (self.wire, msg) {
            (Wire::Off | Wire::Resting { .. }, _) => Incoming::Nothing,
            (Wire::Opening { .. } | Wire::Open { .. }, msg @ ToBrowser::Error { code, retry_ms, .. }) => {
                self.told = reason(code);
                if code.close_code().is_some() && retry_ms.is_some() {
                    self.come_back_after =
                        retry_ms.map(|it| Duration::from_millis(u64::from(it)).min(LONGEST_PAUSE));
                }
                self.answered();
                if self.is_open() { Incoming::Message(msg) } else { Incoming::Nothing }
            }
            (
                Wire::Opening { .. },
                ToBrowser::Welcome { peer, secret, resumed, match_id, build, device, .. },
            ) => {
                self.welcomed(now, Resume { peer, secret }, resumed, ack, out);
                Incoming::Welcome { resumed, match_id, build, device }
            }
            (Wire::Opening { .. }, _) => Incoming::Nothing,
            (Wire::Open { .. }, msg) => {
                let counted = msg.is_numbered();
                if self.is_fresh(now, (seq, ack), counted, rng, out) {
                    self.heed(msg)
                } else {
                    Incoming::Nothing
                }
            }
        }
    }

    /// Takes in a message that this page does not know; not to count it would break the numbers of all that follow.
    pub(crate) fn heard_unknown(
        &mut self,
        now: Moment,
        numbers: (u64, u64),
        rng: &mut fastrand::Rng,
        out: &mut Vec<Output>,
    ) {
        match self.wire {
            Wire::Off | Wire::Resting { .. } | Wire::Opening { .. } => {}
            Wire::Open { .. } => _ = self.is_fresh(now, numbers, numbers.0 != 0, rng, out),
        }
    }

    /// Gives the session up: the next welcome is a new one's.
    pub(crate) fn abandon(&mut self, now: Moment, rng: &mut fastrand::Rng, out: &mut Vec<Output>) {
        self.resume = None;
        self.delivery = Delivery::default();
        match self.wire {
            Wire::Off | Wire::Resting { .. } => {}
            Wire::Opening { .. } | Wire::Open { .. } => self.hang_up(now, rng, out),
        }
    }

    /// Does what is due.
    pub(crate) fn tick(&mut self, now: Moment, rng: &mut fastrand::Rng, out: &mut Vec<Output>) {
        match self.wire {
            Wire::Resting { until } if until <= now => self.dial(now, out),
            Wire::Opening { until } if until <= now => self.hang_up(now, rng, out),
            Wire::Open { pong_by: Some(by), .. } if by <= now => self.hang_up(now, rng, out),
            Wire::Open { ping_at, .. } if ping_at <= now => {
                self.ping(now, PONG_WITHIN, out);
            }
            Wire::Off | Wire::Resting { .. } | Wire::Opening { .. } | Wire::Open { .. } => {}
        }
    }

    /// When something is due, or people must be told that the line is away.
    pub(crate) fn deadline(&self, now: Moment) -> Option<Moment> {
        let due = match self.wire {
            Wire::Off => None,
            Wire::Resting { until } | Wire::Opening { until } => Some(until),
            Wire::Open { ping_at, pong_by } => Some(pong_by.map_or(ping_at, |by| by.min(ping_at))),
        };
        let told_at = self.away_since.map(|since| since + TOLD_AFTER).filter(|at| *at > now);
        let another_second = self.rest(now).and_then(until_next_second).map(|it| now + it);
        due.into_iter().chain(told_at).chain(another_second).min()
    }

    /// Seconds until it is tried again, rounded up, where the server has said when.
    pub(crate) fn seconds(&self, now: Moment) -> Option<u32> {
        self.rest(now).and_then(seconds_left)
    }

    fn rest(&self, now: Moment) -> Option<Duration> {
        match self.wire {
            Wire::Resting { until } if self.refused.is_some() => Some(until - now),
            Wire::Off | Wire::Resting { .. } | Wire::Opening { .. } | Wire::Open { .. } => None,
        }
    }

    /// Whether the server can be reached at this moment.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.wire, Wire::Open { .. })
    }

    /// Whether it is away so long that people should know.
    pub(crate) fn is_missed(&self, now: Moment) -> bool {
        self.away_since.is_some_and(|since| now - since >= TOLD_AFTER)
    }

    /// Why it is away, as far as anybody knows.
    pub(crate) fn problem(&self) -> Problem {
        self.refused.unwrap_or(Problem::ServerLost)
    }

    fn ping(&mut self, now: Moment, pong_within: Duration, out: &mut Vec<Output>) {
        let ping_at = now + self.heartbeat.interval();
        self.wire = Wire::Open { ping_at, pong_by: Some(now + pong_within) };
        self.send(now, ToServer::Ping {}, out);
    }

    fn dial(&mut self, now: Moment, out: &mut Vec<Output>) {
        self.wire = Wire::Opening { until: now + OPEN_WITHIN };
        out.push(Output::OpenSocket);
    }

    /// The server is there.
    fn answered(&mut self) {
        if let Wire::Open { pong_by, .. } = &mut self.wire {
            *pong_by = None;
        }
    }

    fn hang_up(&mut self, now: Moment, rng: &mut fastrand::Rng, out: &mut Vec<Output>) {
        out.push(Output::CloseSocket { goodbye: false });
        self.lost(now, rng);
    }

    fn welcomed(&mut self, now: Moment, resume: Resume, resumed: bool, ack: u64, out: &mut Vec<Output>) {
        self.resume = Some(resume);
        (self.failures, self.away_since, self.refused) = (0, None, None);
        self.wire = Wire::Open { ping_at: now + self.heartbeat.interval(), pong_by: None };
        if resumed {
            self.delivery.acknowledge(ack);
            out.extend(self.delivery.replay().into_iter().map(Output::Send));
        } else {
            self.delivery = Delivery::default();
        }
    }

    /// Takes in the numbers of a message; `false` for one that must not be heeded.
    fn is_fresh(
        &mut self,
        now: Moment,
        (seq, ack): (u64, u64),
        counted: bool,
        rng: &mut fastrand::Rng,
        out: &mut Vec<Output>,
    ) -> bool {
        match self.delivery.receive(seq, ack, counted) {
            Receipt::Fresh => {
                self.answered();
                if self.delivery.owes_ack() {
                    self.send(now, ToServer::Ping {}, out);
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

    fn heed(&mut self, msg: ToBrowser) -> Incoming {
        match msg {
            ToBrowser::Pong {} => Incoming::Nothing,
            ToBrowser::ComeBack { after_ms } => {
                self.come_back_after = Some(Duration::from_millis(u64::from(after_ms)));
                Incoming::Nothing
            }
            msg @ (ToBrowser::Welcome { .. }
            | ToBrowser::Waiting {}
            | ToBrowser::Seeking { .. }
            | ToBrowser::Here(_)
            | ToBrowser::Prepare { .. }
            | ToBrowser::Matched { .. }
            | ToBrowser::Ice { .. }
            | ToBrowser::Signal { .. }
            | ToBrowser::Partner { .. }
            | ToBrowser::Ended { .. }
            | ToBrowser::Error { .. }) => Incoming::Message(msg),
        }
    }
}

/// Why the server takes nobody in, where it is that what it says.
fn reason(code: ErrorCode) -> Option<Problem> {
    if code == ErrorCode::ServerFull {
        Some(Problem::ServerFull)
    } else if code == ErrorCode::NetworkFull {
        Some(Problem::NetworkFull)
    } else {
        None
    }
}
