//! One WebSocket, one task: bytes to messages and back, and whether the other end lives; it must not know the matchmaker.

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Error,
    body::Bytes,
    extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket},
};
use tokio::{sync::mpsc, time::timeout};
use tungstenite::error::ProtocolError;

use super::{
    driver::Event,
    life::Life,
    mailbox::{Mailbox, Outgoing, mailbox},
    normal, scrub, sdp,
    telemetry::{Telemetry, label},
    wheel::Wheel,
};
use crate::{
    matchmaker::{Closing, Connection, Input, Network},
    protocol::{ErrorCode, Frame, Refusal, ToBrowser, decode_strict, encode},
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
        let mut talk =
            Talk { exchange: self, socket, connection, mailbox, last: Utf8Bytes::default(), readable: true };
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
                let input = self.read(&text);
                self.last = text;
                self.tell(input).await
            }
            Message::Binary(_) => self.refuse(ErrorCode::NotText).await,
            Message::Ping(_) | Message::Pong(_) => ControlFlow::Continue(()),
            Message::Close(frame) => {
                let code = frame.map(|it| it.code);
                let closing =
                    if matches!(code, Some(NORMAL | GOING_AWAY)) { Closing::Goodbye } else { Closing::Lost };
                ControlFlow::Break(End::Gone(closing))
            }
        }
    }

    /// A text as a fact, well-formed or not.
    fn read(&self, text: &str) -> Input {
        let connection = self.connection;
        match decode_strict(text) {
            Ok(mut frame) => match sdp::check(&frame.msg) {
                Ok(()) => {
                    normal::message(&mut frame.msg);
                    if self.exchange.scrubs {
                        scrub::message(&mut frame.msg);
                    }
                    Input::Said { connection, frame }
                }
                Err(code) => Input::Refused { connection, code, numbers: Some((frame.seq, frame.ack)) },
            },
            Err(Refusal { code, about, ack }) => {
                Input::Refused { connection, code, numbers: Some((about, ack)) }
            }
        }
    }

    async fn misread(&mut self, error: Error) -> ControlFlow<End> {
        self.readable = false;
        let code = match error.into_inner().downcast_ref() {
            Some(tungstenite::Error::Capacity(_)) => ErrorCode::TooLarge,
            Some(tungstenite::Error::Utf8(_)) => ErrorCode::NotUtf8,
            Some(tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => {
                return ControlFlow::Break(End::Gone(Closing::Lost));
            }
            Some(tungstenite::Error::Protocol(_)) => ErrorCode::BadFrame,
            Some(_) | None => return ControlFlow::Break(End::Gone(Closing::Lost)),
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

    async fn say(&mut self, frame: &Frame<Arc<ToBrowser>>) -> ControlFlow<End> {
        let frame = Frame { seq: frame.seq, ack: frame.ack, msg: &*frame.msg };
        self.write(Message::text(encode(&frame))).await
    }

    async fn write(&mut self, message: Message) -> ControlFlow<End> {
        match timeout(WRITE_WITHIN, self.socket.send(message)).await {
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
            let frame = CloseFrame { code: code.close_code().unwrap_or(NORMAL), reason: label(&code).into() };
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
    fn ten_thousand_sockets_need_little_memory() {
        let size = size_of_future(Exchange::serve);
        assert!(size < 3 * 1024, "{size}");
    }
}
