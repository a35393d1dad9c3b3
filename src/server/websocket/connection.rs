//! One WebSocket, one task: bytes to messages and back, and whether the other end lives; it must not know the matchmaker.

use std::{
    io::ErrorKind,
    ops::{ControlFlow, Range},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::mpsc,
    time::{error::Elapsed, timeout},
};
use tokio_tungstenite::tungstenite::{
    Bytes, Error, Message, Utf8Bytes, error::ProtocolError, protocol::CloseFrame,
};

use super::{
    acks::Numbers,
    heartbeat::Wheel,
    outbox::{Mailbox, Outgoing, mailbox},
    upgrade::WebSocket,
};
use crate::{
    matchmaker::{Closing, Input, ROOM_AFTER, SocketId},
    protocol::{ErrorCode, Frame, Refusal, ToBrowser, decode_strict, encode},
    server::{
        clock::Clock,
        config::limits::{Limit, Limits},
        driver::Event,
        rate_limit::{
            message::{Allowance, Kind, Paces, Verdict},
            network::Pass,
        },
        shutdown::Life,
        telemetry::{Telemetry, label},
        validate,
    },
};

/// How long a closed socket is kept for the other end's farewell. Dropped with unread bytes in it, it would be reset,
/// and the reset would overtake the reason why.
const LINGER: Duration = Duration::from_secs(1);

/// The close code for a goodbye without a reason (RFC 6455, 7.4.1). Only the page itself closes with it on purpose: a
/// proxy that reloads closes with 1001, and that is a lost socket like any other.
const NORMAL: u16 = 1000;

/// What every socket needs of its server.
#[derive(Debug)]
pub(crate) struct Exchange {
    inbox: mpsc::Sender<Event>,
    wheel: Arc<Wheel>,
    life: Life,
    telemetry: Arc<Telemetry>,
    /// Whether addresses that nobody needs are taken out of signals.
    scrubs: bool,
    clock: Clock,
    paces: Paces,
    /// How long one message may take to leave.
    write_within: Duration,
    /// How much may wait for one socket.
    outbox_bytes: u32,
    last: AtomicU64,
}

/// What a text from the page is.
enum Read {
    /// A ping to be answered with this acknowledgement.
    Ping { ack: u64 },
    /// For the matchmaker.
    Fact(Input),
}

/// How a conversation ends.
enum End {
    /// The other end is gone, one way or the other.
    Gone(Closing),
    /// The matchmaker has closed it, and knows.
    Dismissed(ErrorCode),
    /// This task closes it.
    Failed(ErrorCode),
}

impl Exchange {
    /// One whose first socket gets the number 1.
    pub(crate) fn new(
        inbox: mpsc::Sender<Event>,
        wheel: Arc<Wheel>,
        life: Life,
        telemetry: Arc<Telemetry>,
        scrubs: bool,
        clock: Clock,
        limits: &Limits,
    ) -> Self {
        Self {
            inbox,
            wheel,
            life,
            telemetry,
            scrubs,
            clock,
            paces: Paces::new(&limits.peer),
            write_within: Duration::from_secs(limits.write_seconds),
            outbox_bytes: limits.outbox_kib * 1024,
            last: AtomicU64::new(0),
        }
    }

    /// Serves one socket until it is closed.
    pub(crate) async fn serve(self: Arc<Self>, socket: WebSocket, pass: Pass) {
        let connection = SocketId(self.last.fetch_add(1, Ordering::Relaxed) + 1);
        let (mailbox, post) = mailbox(self.wheel.now(), self.outbox_bytes);
        self.wheel.add(&mailbox);
        // It fails when the driver has ended; what then becomes of `post` says so to the conversation.
        let _ = self.inbox.send(Event::Opened(connection, pass.network(), post)).await;
        let mut talk = Talk {
            exchange: self,
            socket,
            connection,
            pass,
            allowance: Allowance::default(),
            mailbox,
            last: Utf8Bytes::default(),
            numbers: Numbers::default(),
            readable: true,
        };
        let end = loop {
            if let ControlFlow::Break(end) = talk.step().await {
                break end;
            }
        };
        // Boxed, so that a task that has yet to end needs no room for its end.
        Box::pin(talk.end(end)).await;
    }

    /// Tells a socket for which there is no room in its network when to come back, and closes it. A browser's page sees of
    /// a handshake that fails only that it has failed.
    pub(crate) async fn turn_away(self: Arc<Self>, mut socket: WebSocket) {
        let code = ErrorCode::NetworkFull;
        self.telemetry.closed(code);
        let Range { start, end } = ROOM_AFTER;
        let retry_ms = fastrand::u32(start.as_millis() as u32..end.as_millis() as u32);
        let error =
            Frame { seq: 0, ack: 0, msg: ToBrowser::Error { code, about: 0, retry_ms: Some(retry_ms) } };
        let farewell = async {
            socket.send(Message::text(encode(&error))).await?;
            socket.send(farewell(code)).await?;
            socket.see_off().await;
            Ok::<_, Error>(())
        };
        // Who does not take it is not waited for.
        let _ = timeout(LINGER, farewell).await;
    }
}

/// A conversation.
struct Talk {
    exchange: Arc<Exchange>,
    socket: WebSocket,
    connection: SocketId,
    pass: Pass,
    allowance: Allowance,
    mailbox: Mailbox,
    /// The last text, kept until there is another one. It points into the buffer in which the next ones are read, so that
    /// a new one of the usual size has to be begun when this one is used up; else the buffer would be used again, and keep
    /// the size of the largest message for good.
    last: Utf8Bytes,
    numbers: Numbers,
    /// After a frame that could not be read there is no telling where the next one starts, and after far too many nobody
    /// wants to know.
    readable: bool,
}

impl Talk {
    /// Waits for the next thing to happen, and does what is due. What must go out goes before what has come in.
    async fn step(&mut self) -> ControlFlow<End> {
        tokio::select! {
            biased;
            outgoing = self.mailbox.next() => match outgoing {
                Outgoing::Say(frame) => self.say(&frame).await,
                Outgoing::Close(code) => ControlFlow::Break(End::Dismissed(code)),
                Outgoing::Forsaken => ControlFlow::Break(End::Failed(self.forsaken())),
                Outgoing::Ping => self.write(Message::Ping(Bytes::new())).await,
                Outgoing::Silent => ControlFlow::Break(End::Failed(ErrorCode::Silent)),
            },
            received = self.socket.recv(), if self.readable => match received {
                Some(Ok(message)) => self.hear(message).await,
                Some(Err(error)) => self.misread(error).await,
                None => ControlFlow::Break(End::Gone(Closing::Lost)),
            },
        }
    }

    /// Why the driver has let go of this socket.
    fn forsaken(&self) -> ErrorCode {
        if self.exchange.life.stopping.is_cancelled() { ErrorCode::ServerStops } else { ErrorCode::TooSlow }
    }

    async fn hear(&mut self, message: Message) -> ControlFlow<End> {
        self.mailbox.hears(self.exchange.wheel.now());
        match message {
            Message::Text(text) => {
                self.exchange.telemetry.took(text.len());
                let read = self.read(&text);
                self.last = text;
                match read {
                    Read::Ping { ack } => self.pong(ack).await,
                    Read::Fact(input) => self.tell(input).await,
                }
            }
            Message::Binary(_) | Message::Frame(_) => self.refuse(ErrorCode::NotText).await,
            Message::Ping(_) | Message::Pong(_) => self.control().await,
            Message::Close(frame) => {
                let code = frame.map(|it| it.code.into());
                let closing = if code == Some(NORMAL) { Closing::Goodbye } else { Closing::Lost };
                ControlFlow::Break(End::Gone(closing))
            }
        }
    }

    /// What a text is, well-formed or not.
    fn read(&mut self, text: &str) -> Read {
        let connection = self.connection;
        let read = decode_strict(text).and_then(|frame| {
            self.mailbox.heeds(&frame.msg);
            let kind = Kind::of(&frame.msg);
            if let Some(refused) = kind.and_then(|it| self.weigh(it, (frame.seq, frame.ack))) {
                self.numbers.pass(frame.seq, frame.ack);
                return Ok(Read::Fact(refused));
            }
            if let Some(ack) = self.numbers.answer(&frame) {
                return Ok(Read::Ping { ack });
            }
            let frame = validate::vet(frame, self.exchange.scrubs)?;
            self.numbers.pass(frame.seq, frame.ack);
            Ok(Read::Fact(Input::Message { socket: connection, frame }))
        });
        read.unwrap_or_else(|Refusal { code, about, ack }| {
            self.numbers.pass(about, ack);
            Read::Fact(Input::Refused { socket: connection, code, numbers: Some((about, ack)) })
        })
    }

    /// Counts a message of this peer and of its network; a fact where it is too much.
    fn weigh(&mut self, kind: Kind, numbers: (u64, u64)) -> Option<Input> {
        let (connection, exchange) = (self.connection, &self.exchange);
        let retry = match self.allowance.weigh(&exchange.paces, exchange.clock.now(), kind) {
            Verdict::Heard => self.pass.weigh(kind)?,
            Verdict::TooSoon(retry) => {
                exchange.telemetry.limited(kind.limit());
                retry
            }
            Verdict::TooOften => {
                exchange.telemetry.limited(kind.limit());
                // What else it says is left to itself while the matchmaker takes its leave.
                self.readable = false;
                let code = ErrorCode::TooManyRefusals;
                return Some(Input::Refused { socket: connection, code, numbers: Some(numbers) });
            }
        };
        Some(Input::RateLimited { socket: connection, numbers, retry })
    }

    /// Counts what the WebSocket itself says. No browser's page can send a ping, and an answer to ours is seldom.
    async fn control(&mut self) -> ControlFlow<End> {
        let exchange = &self.exchange;
        match self.allowance.weigh(&exchange.paces, exchange.clock.now(), Kind::Other) {
            Verdict::Heard => ControlFlow::Continue(()),
            Verdict::TooSoon(_) => {
                exchange.telemetry.limited(Limit::PeerOthers);
                ControlFlow::Continue(())
            }
            Verdict::TooOften => {
                exchange.telemetry.limited(Limit::PeerOthers);
                self.readable = false;
                self.refuse(ErrorCode::TooManyRefusals).await
            }
        }
    }

    async fn misread(&mut self, error: Error) -> ControlFlow<End> {
        self.readable = false;
        let code = match error {
            Error::Capacity(_) => ErrorCode::TooLarge,
            Error::Utf8(_) => ErrorCode::NotUtf8,
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
                return ControlFlow::Break(End::Gone(Closing::Lost));
            }
            Error::Protocol(_) => ErrorCode::BadFrame,
            Error::ConnectionClosed
            | Error::AlreadyClosed
            | Error::Io(_)
            | Error::Tls(_)
            | Error::WriteBufferFull(_)
            | Error::AttackAttempt
            | Error::Url(_)
            | Error::Http(_)
            | Error::HttpFormat(_) => return ControlFlow::Break(End::Gone(Closing::Lost)),
        };
        self.refuse(code).await
    }

    async fn refuse(&mut self, code: ErrorCode) -> ControlFlow<End> {
        self.tell(Input::Refused { socket: self.connection, code, numbers: None }).await
    }

    async fn tell(&mut self, input: Input) -> ControlFlow<End> {
        match self.exchange.inbox.reserve().await {
            Ok(place) => {
                place.send(Event::Happened(self.connection, input));
                ControlFlow::Continue(())
            }
            Err(_) => ControlFlow::Break(End::Failed(ErrorCode::ServerStops)),
        }
    }

    /// Answers a ping that the matchmaker need not hear of. Most are such; each would cost two changes of task.
    async fn pong(&mut self, ack: u64) -> ControlFlow<End> {
        self.exchange.telemetry.ponged();
        let frame = Frame { seq: 0, ack, msg: ToBrowser::Pong {} };
        self.write_text(encode(&frame)).await
    }

    async fn say(&mut self, frame: &Frame<Arc<ToBrowser>>) -> ControlFlow<End> {
        self.numbers.say(frame);
        let frame = Frame { seq: frame.seq, ack: frame.ack, msg: &*frame.msg };
        self.write_text(encode(&frame)).await
    }

    async fn write(&mut self, message: Message) -> ControlFlow<End> {
        let written = timeout(self.exchange.write_within, self.socket.send(message)).await;
        self.written(written)
    }

    async fn write_text(&mut self, text: String) -> ControlFlow<End> {
        self.exchange.telemetry.gives(text.len());
        let written = timeout(self.exchange.write_within, self.socket.send_text(text)).await;
        self.written(written)
    }

    fn written(&self, result: Result<Result<(), Error>, Elapsed>) -> ControlFlow<End> {
        let is_late = match &result {
            Ok(Ok(())) => return ControlFlow::Continue(()),
            Ok(Err(Error::Io(error))) => error.kind() == ErrorKind::TimedOut,
            Ok(Err(_)) => false,
            Err(_) => true,
        };
        if is_late {
            self.exchange.telemetry.limited(Limit::Write);
        }
        ControlFlow::Break(End::Gone(Closing::Lost))
    }

    /// Tells both sides that it is over.
    async fn end(mut self, end: End) {
        let (closing, code) = match end {
            End::Gone(closing) => (Some(closing), None),
            End::Dismissed(code) => (None, Some(code)),
            End::Failed(code) => (Some(Closing::Lost), Some(code)),
        };
        if let Some(closing) = closing {
            // First of all, so that a partner does not wait for our farewells.
            let _ = self.tell(Input::Closed { socket: self.connection, closing }).await;
        }
        if let Some(code) = code {
            if closing.is_some() {
                self.exchange.telemetry.closed(code);
                let error = Frame {
                    seq: 0,
                    ack: 0,
                    msg: Arc::new(ToBrowser::Error { code, about: 0, retry_ms: None }),
                };
                let _ = self.say(&error).await;
            }
            let _ = self.write(farewell(code)).await;
        }
        if self.readable || code.is_some() {
            let _ = timeout(LINGER, self.linger()).await;
        }
    }

    /// Waits for the other end's farewell, or for ever where it cannot be read.
    async fn linger(&mut self) {
        if self.readable {
            self.socket.see_off().await;
        } else {
            std::future::pending().await
        }
    }
}

fn farewell(code: ErrorCode) -> Message {
    Message::Close(Some(CloseFrame {
        code: code.close_code().unwrap_or(NORMAL).into(),
        reason: label(&code).into(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of what a call of `_function` leaves in memory while it waits.
    fn size_of_future<A, B, C, F: Future>(_function: impl Fn(A, B, C) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn ten_thousand_sockets_need_little_memory() {
        let size = size_of_future(Exchange::serve);
        assert!(size < 1536, "{size}");
    }
}
