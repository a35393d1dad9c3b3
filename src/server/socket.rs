//! One WebSocket, one task: bytes to messages and back, and whether the other end lives; it must not know the matchmaker.

use std::{
    ops::ControlFlow,
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
    driver::Event,
    life::Life,
    mailbox::{Mailbox, Outgoing, mailbox},
    reading,
    telemetry::{Telemetry, label},
    upgrade::WebSocket,
    wheel::Wheel,
};
use crate::{
    matchmaker::{Closing, Connection, Input, Network},
    protocol::{ErrorCode, Frame, Refusal, ToBrowser, ToServer, encode},
};

/// How long one message may take to leave: a page that does not read for so long is lost.
const WRITE_WITHIN: Duration = Duration::from_secs(5);

/// How long a closed socket is kept for the other end's farewell. Dropped with unread bytes in it, it would be reset,
/// and the reset would overtake the reason why.
const LINGER: Duration = Duration::from_secs(1);

/// The close code for a goodbye without a reason (RFC 6455, 7.4.1).
const NORMAL: u16 = 1000;

/// The close code of a page that is left (RFC 6455, 7.4.1).
const GOING_AWAY: u16 = 1001;

/// What every socket needs of its server.
#[derive(Debug)]
pub(super) struct Exchange {
    inbox: mpsc::Sender<Event>,
    wheel: Arc<Wheel>,
    life: Life,
    telemetry: Arc<Telemetry>,
    /// Whether addresses that nobody needs are taken out of signals.
    scrubs: bool,
    last: AtomicU64,
}

/// What this task has seen of the numbers in the frames, to know a ping that says nothing new.
#[derive(Debug, Default)]
struct Numbers {
    /// The last of the page's counted messages.
    seq: u64,
    /// The last of ours that the page has acknowledged.
    ack: u64,
    /// The last of the page's that was acknowledged to it; `None` before anything was said.
    told: Option<u64>,
}

impl Numbers {
    /// What the answer to a frame acknowledges, where it is a ping and the matchmaker need not hear of it: it has heard
    /// the page's acknowledgement, and so has the page its.
    fn answer(&self, frame: &Frame<ToServer>) -> Option<u64> {
        let is_known = frame.seq == 0 && frame.ack == self.ack;
        self.told.filter(|told| is_known && frame.msg == ToServer::Ping {} && *told >= self.seq)
    }

    /// A frame goes to the matchmaker.
    fn pass(&mut self, seq: u64, ack: u64) {
        // Uncounted ones have no number.
        (self.seq, self.ack) = (self.seq.max(seq), ack);
    }
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
    pub(super) fn new(
        inbox: mpsc::Sender<Event>,
        wheel: Arc<Wheel>,
        life: Life,
        telemetry: Arc<Telemetry>,
        scrubs: bool,
    ) -> Self {
        Self { inbox, wheel, life, telemetry, scrubs, last: AtomicU64::new(0) }
    }

    /// Serves one socket until it is closed.
    pub(super) async fn serve(self: Arc<Self>, socket: WebSocket, network: Network) {
        let connection = Connection(self.last.fetch_add(1, Ordering::Relaxed) + 1);
        let (mailbox, post) = mailbox(self.wheel.now());
        self.wheel.add(&mailbox);
        // It fails when the driver has ended; what then becomes of `post` says so to the conversation.
        let _ = self.inbox.send(Event::Opened(connection, network, post)).await;
        let mut talk = Talk {
            exchange: self,
            socket,
            connection,
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
        talk.end(end).await;
    }
}

/// A conversation.
struct Talk {
    exchange: Arc<Exchange>,
    socket: WebSocket,
    connection: Connection,
    mailbox: Mailbox,
    /// The last text, kept until there is another one. It points into the buffer in which the next ones are read, so that
    /// a new one of the usual size has to be begun when this one is used up; else the buffer would be used again, and keep
    /// the size of the largest message for good.
    last: Utf8Bytes,
    numbers: Numbers,
    /// After a frame that could not be read there is no telling where the next one starts.
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
                let read = self.read(&text);
                self.last = text;
                match read {
                    Read::Ping { ack } => self.pong(ack).await,
                    Read::Fact(input) => self.tell(input).await,
                }
            }
            Message::Binary(_) | Message::Frame(_) => self.refuse(ErrorCode::NotText).await,
            Message::Ping(_) | Message::Pong(_) => ControlFlow::Continue(()),
            Message::Close(frame) => {
                let code = frame.map(|it| it.code.into());
                let closing =
                    if matches!(code, Some(NORMAL | GOING_AWAY)) { Closing::Goodbye } else { Closing::Lost };
                ControlFlow::Break(End::Gone(closing))
            }
        }
    }

    /// What a text is, well-formed or not.
    fn read(&mut self, text: &str) -> Read {
        let connection = self.connection;
        match reading::read(text, self.exchange.scrubs) {
            Ok(frame) => {
                if let Some(ack) = self.numbers.answer(&frame) {
                    return Read::Ping { ack };
                }
                self.numbers.pass(frame.seq, frame.ack);
                Read::Fact(Input::Said { connection, frame })
            }
            Err(Refusal { code, about, ack }) => {
                self.numbers.pass(about, ack);
                Read::Fact(Input::Refused { connection, code, numbers: Some((about, ack)) })
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
        self.tell(Input::Refused { connection: self.connection, code, numbers: None }).await
    }

    async fn tell(&mut self, input: Input) -> ControlFlow<End> {
        match self.exchange.inbox.send(Event::Happened(self.connection, input)).await {
            Ok(()) => ControlFlow::Continue(()),
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
        self.numbers.told = Some(frame.ack);
        let frame = Frame { seq: frame.seq, ack: frame.ack, msg: &*frame.msg };
        self.write_text(encode(&frame)).await
    }

    async fn write(&mut self, message: Message) -> ControlFlow<End> {
        Self::written(timeout(WRITE_WITHIN, self.socket.send(message)).await)
    }

    async fn write_text(&mut self, text: String) -> ControlFlow<End> {
        Self::written(timeout(WRITE_WITHIN, self.socket.send_text(text)).await)
    }

    fn written(result: Result<Result<(), Error>, Elapsed>) -> ControlFlow<End> {
        match result {
            Ok(Ok(())) => ControlFlow::Continue(()),
            Ok(Err(_)) | Err(_) => ControlFlow::Break(End::Gone(Closing::Lost)),
        }
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
            let _ = self.tell(Input::Closed { connection: self.connection, closing }).await;
        }
        if let Some(code) = code {
            if closing.is_some() {
                self.exchange.telemetry.closed(code);
                let error = Frame { seq: 0, ack: 0, msg: Arc::new(ToBrowser::Error { code, about: 0 }) };
                let _ = self.say(&error).await;
            }
            let frame =
                CloseFrame { code: code.close_code().unwrap_or(NORMAL).into(), reason: label(&code).into() };
            let _ = self.write(Message::Close(Some(frame))).await;
        }
        if self.readable || code.is_some() {
            let _ = timeout(LINGER, self.linger()).await;
        }
    }

    /// Waits for the other end's farewell, or for ever where it cannot be read.
    async fn linger(&mut self) {
        while self.readable {
            match self.socket.recv().await {
                Some(Ok(_)) => {}
                Some(Err(_)) => self.readable = false,
                None => return,
            }
        }
        std::future::pending().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of what a call of `_function` leaves in memory while it waits.
    fn size_of_future<A, B, C, F: Future>(_function: impl Fn(A, B, C) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn only_a_ping_that_says_nothing_new_is_answered_here() {
        let ping = |ack| Frame { seq: 0, ack, msg: ToServer::Ping {} };
        let mut numbers = Numbers::default();
        assert_eq!(numbers.answer(&ping(0)), None, "nothing was said yet");
        numbers.told = Some(7);
        assert_eq!(numbers.answer(&ping(0)), Some(7), "a peer that was taken back");
        assert_eq!(numbers.answer(&Frame { seq: 0, ack: 0, msg: ToServer::Leave {} }), None);
        assert_eq!(numbers.answer(&Frame { seq: 8, ..ping(0) }), None, "a ping has no number");
        assert_eq!(numbers.answer(&ping(1)), None, "something is acknowledged");
        numbers.pass(0, 1);
        assert_eq!(numbers.answer(&ping(1)), Some(7));
        numbers.pass(8, 1);
        assert_eq!(numbers.answer(&ping(1)), None, "an acknowledgement is owed");
        numbers.told = Some(8);
        assert_eq!(numbers.answer(&ping(1)), Some(8));
        assert_eq!(numbers.answer(&ping(0)), None, "less than before");
    }

    #[test]
    fn ten_thousand_sockets_need_little_memory() {
        let size = size_of_future(Exchange::serve);
        assert!(size < 3 * 1024, "{size}");
    }
}
