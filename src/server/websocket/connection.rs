//! The task of one WebSocket: decodes what comes in, sends what the outbox holds, and closes the socket.
//!
//! Each message from the page passes the rate limits and `validate` before it goes to the driver as an [`Input`].

use std::{io::ErrorKind, ops::ControlFlow, sync::Arc, time::Duration};

use tokio::time::{error::Elapsed, timeout};
use tokio_tungstenite::tungstenite::{Bytes, Error, Message, error::ProtocolError};

use super::{
    acks::AckTracker,
    outbox::{OutboxReceiver, Outgoing, outbox},
    registration::Registration,
    socket::{TextBatch, WebSocket, close_frame},
    sockets::Sockets,
};
use crate::{
    matchmaker::{Closing, Input, SiteIndex, SocketId, Visit, VisitTags},
    protocol::{
        ErrorCode, Feature, Frame, Refusal, ToBrowser, ToServer, decode_strict, encode, encode_to_browser,
    },
    server::{
        bus::inbox::{DriverGone, Event, Inbox, InboxFull, Room},
        config::limits::Limit,
        rate_limit::{
            message::{Decision, Kind, MessageLimiter},
            network::NetworkPermit,
        },
        validate::{self, Findings},
    },
};

/// How long a closed socket is kept open for the other end's close frame. Dropping a socket with unread bytes resets
/// the connection, and the reset would overtake the close code.
pub(super) const LINGER: Duration = Duration::from_secs(1);

/// What a text from the page amounts to.
enum Parsed {
    /// A ping to be answered with this acknowledgement.
    Ping { ack: u64 },
    /// An input for the matchmaker.
    Input(Input),
}

/// Why the connection ends.
enum CloseCause {
    /// The other end closed it, or it is lost.
    PeerGone(Closing),
    /// The matchmaker closed it, and knows.
    ClosedByMatchmaker(ErrorCode),
    /// This task closes it; the matchmaker does not know yet.
    ClosedHere(ErrorCode),
}

/// Serves one socket until it is closed: `site` is the origin of its page, and the tags are those of its network.
pub(crate) fn serve(
    sockets: Arc<Sockets>,
    socket: WebSocket,
    permit: NetworkPermit,
    (site, network_tags): (SiteIndex, VisitTags),
) -> impl Future<Output = ()> {
    let id = sockets.next_id();
    let (outbox, sender) = outbox(sockets.wheel.now(), sockets.outbox_bytes);
    sockets.wheel.add(outbox.probe());
    let registration = Registration::new(sockets.inbox.clone(), id);
    let visit = Visit { socket: id, network: permit.network(), network_tags, site };
    let mut connection = WebSocketConnection {
        sockets,
        socket,
        id,
        registration,
        permit,
        limiter: MessageLimiter::default(),
        outbox,
        acks: AckTracker::default(),
        announces_goodbye: false,
        readable: true,
        room: None,
    };
    // The future of an async function would hold the socket twice: as an argument, and as a part of the connection.
    async move {
        connection.registration.open(visit, sender).await;
        let cause = loop {
            if let ControlFlow::Break(cause) = connection.step().await {
                break cause;
            }
        };
        // Boxed, so that the task of an open socket does not reserve memory for closing it.
        Box::pin(connection.close(cause)).await;
    }
}

/// One open socket and its task's state.
struct WebSocketConnection {
    sockets: Arc<Sockets>,
    socket: WebSocket,
    id: SocketId,
    registration: Registration,
    permit: NetworkPermit,
    limiter: MessageLimiter,
    outbox: OutboxReceiver,
    acks: AckTracker,
    /// Whether the page's `hello` has announced [`Feature::Goodbye`].
    announces_goodbye: bool,
    /// Whether to go on reading. After an unreadable frame the start of the next one is unknown, and a peer over its
    /// rate limits is about to be disconnected.
    readable: bool,
    /// Room in the inbox for the message that is being handled, if this socket had to wait for it.
    room: Option<Room>,
}

/// Receives the next message; [`InboxFull`] if something has come that there is no room for.
async fn receive(socket: &mut WebSocket, inbox: &Inbox) -> Result<Option<Result<Message, Error>>, InboxFull> {
    socket.readable().await;
    inbox.unless_full(socket.recv()).await
}

impl WebSocketConnection {
    /// Waits for the next event and handles it. Outgoing messages go before incoming ones.
    async fn step(&mut self) -> ControlFlow<CloseCause> {
        tokio::select! {
            biased;
            outgoing = self.outbox.next() => match outgoing {
                Outgoing::Send(frame) => self.send_frames(frame).await,
                Outgoing::Close(code) => ControlFlow::Break(CloseCause::ClosedByMatchmaker(code)),
                Outgoing::SenderDropped => self.on_sender_dropped(),
                Outgoing::Ping => self.send_message(Message::Ping(Bytes::new())).await,
                Outgoing::Silent => ControlFlow::Break(CloseCause::ClosedHere(ErrorCode::Silent)),
            },
            received = receive(&mut self.socket, &self.sockets.inbox), if self.readable => match received {
                Ok(received) => self.on_received(received).await,
                Err(InboxFull) => self.receive_with_room().await,
            },
        }
    }

    /// Receives a message, if there is one, once there is room for it. Until then nothing is read: thousands of sockets
    /// may wait like this, and a message takes several times the memory of an idle socket.
    async fn receive_with_room(&mut self) -> ControlFlow<CloseCause> {
        match self.sockets.inbox.room().await {
            Ok(room) => self.room = Some(room),
            Err(DriverGone) => return ControlFlow::Break(CloseCause::ClosedHere(ErrorCode::ServerStops)),
        }
        let flow = match self.socket.recv_now() {
            Some(received) => self.on_received(received).await,
            None => ControlFlow::Continue(()),
        };
        self.room = None;
        flow
    }

    async fn on_received(&mut self, received: Option<Result<Message, Error>>) -> ControlFlow<CloseCause> {
        match received {
            Some(Ok(message)) => self.on_message(message).await,
            Some(Err(error)) => self.on_read_error(error).await,
            None => ControlFlow::Break(CloseCause::PeerGone(Closing::Lost)),
        }
    }

    /// The driver has dropped its end of the outbox.
    fn on_sender_dropped(&self) -> ControlFlow<CloseCause> {
        let stops = self.sockets.shutdown.stopping.is_cancelled();
        let code = if stops { ErrorCode::ServerStops } else { ErrorCode::TooSlow };
        ControlFlow::Break(CloseCause::ClosedHere(code))
    }

    async fn on_message(&mut self, message: Message) -> ControlFlow<CloseCause> {
        self.outbox.record_activity(self.sockets.wheel.now());
        match message {
            Message::Text(text) => {
                self.sockets.telemetry.bytes_in(text.len());
                let parsed = self.parse(&text);
                self.socket.release(text);
                match parsed {
                    Parsed::Ping { ack } => self.send_pong(ack).await,
                    Parsed::Input(input) => self.send_input(input).await,
                }
            }
            Message::Binary(_) | Message::Frame(_) => self.report_violation(ErrorCode::NotText).await,
            Message::Ping(_) | Message::Pong(_) => self.on_control_frame().await,
            Message::Close(frame) => {
                let closing = Closing::of(frame.map(|it| it.code.into()), self.announces_goodbye);
                ControlFlow::Break(CloseCause::PeerGone(closing))
            }
        }
    }

    /// Decodes, rate-limits and validates a text. Any failure becomes an input, too.
    fn parse(&mut self, text: &str) -> Parsed {
        let connection = self.id;
        let parsed = decode_strict(text).and_then(|frame| {
            if !self.acks.may_acknowledge(frame.ack) {
                return Err(Refusal { code: ErrorCode::BadSequence, about: frame.seq, ack: frame.ack });
            }
            self.outbox.update_heartbeat(&frame.msg);
            if let ToServer::Hello { features, .. } = frame.msg {
                self.announces_goodbye = features.has(Feature::Goodbye);
            }
            let kind = Kind::of(&frame.msg);
            if let Some(refused) = kind.and_then(|it| self.check_rate(it, (frame.seq, frame.ack))) {
                self.acks.record_received(frame.seq, frame.ack);
                return Ok(Parsed::Input(refused));
            }
            if let Some(ack) = self.acks.local_pong(&frame) {
                return Ok(Parsed::Ping { ack });
            }
            let mut findings = Findings::default();
            let vetted = validate::vet(frame, &mut findings);
            self.sockets.telemetry.vetted(&findings);
            let frame = vetted?;
            self.acks.record_received(frame.seq, frame.ack);
            Ok(Parsed::Input(Input::Message { socket: connection, frame }))
        });
        parsed.unwrap_or_else(|Refusal { code, about, ack }| {
            self.acks.record_received(about, ack);
            Parsed::Input(Input::Refused { socket: connection, code, numbers: Some((about, ack)) })
        })
    }

    /// Counts a message against the limits of this peer and of its network. Returns an input for the matchmaker if a
    /// limit is exceeded.
    fn check_rate(&mut self, kind: Kind, numbers: (u64, u64)) -> Option<Input> {
        let (connection, sockets) = (self.id, &self.sockets);
        let retry = match self.limiter.check(&sockets.rate_limits, sockets.clock.now(), kind) {
            Decision::Allow => self.permit.check(kind)?,
            Decision::Delay(retry) => {
                sockets.telemetry.limited(kind.limit());
                retry
            }
            Decision::Disconnect => {
                sockets.telemetry.limited(kind.limit());
                // Stop reading; the matchmaker is about to close this socket.
                self.readable = false;
                let code = ErrorCode::TooManyRefusals;
                return Some(Input::Refused { socket: connection, code, numbers: Some(numbers) });
            }
        };
        Some(Input::RateLimited { socket: connection, numbers, retry })
    }

    /// Rate-limits ping and pong frames. A page cannot send pings, and has few of ours to answer.
    async fn on_control_frame(&mut self) -> ControlFlow<CloseCause> {
        let sockets = &self.sockets;
        match self.limiter.check(&sockets.rate_limits, sockets.clock.now(), Kind::Other) {
            Decision::Allow => ControlFlow::Continue(()),
            Decision::Delay(_) => {
                sockets.telemetry.limited(Limit::PeerOthers);
                ControlFlow::Continue(())
            }
            Decision::Disconnect => {
                sockets.telemetry.limited(Limit::PeerOthers);
                self.readable = false;
                self.report_violation(ErrorCode::TooManyRefusals).await
            }
        }
    }

    async fn on_read_error(&mut self, error: Error) -> ControlFlow<CloseCause> {
        self.readable = false;
        let code = match error {
            Error::Capacity(_) => ErrorCode::TooLarge,
            Error::Utf8(_) => ErrorCode::NotUtf8,
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
                return ControlFlow::Break(CloseCause::PeerGone(Closing::Lost));
            }
            // A browser makes no such mistake, but a proxy may: Caddy before 2.7 closes the sockets of a reload with a
            // frame that is not masked. So this is a lost socket, and the peer may resume.
            Error::Protocol(_) => {
                return ControlFlow::Break(CloseCause::ClosedHere(ErrorCode::BadFrame));
            }
            Error::ConnectionClosed
            | Error::AlreadyClosed
            | Error::Io(_)
            | Error::Tls(_)
            | Error::WriteBufferFull(_)
            | Error::AttackAttempt
            | Error::Url(_)
            | Error::Http(_)
            | Error::HttpFormat(_) => return ControlFlow::Break(CloseCause::PeerGone(Closing::Lost)),
        };
        self.report_violation(code).await
    }

    /// Reports to the matchmaker something that is not even a frame of the protocol.
    async fn report_violation(&mut self, code: ErrorCode) -> ControlFlow<CloseCause> {
        self.send_input(Input::Refused { socket: self.id, code, numbers: None }).await
    }

    async fn send_input(&mut self, input: Input) -> ControlFlow<CloseCause> {
        let event = Event::Input(self.id, input);
        if let Some(room) = self.room.take() {
            room.send(event);
            return ControlFlow::Continue(());
        }
        match self.sockets.inbox.send(event).await {
            Ok(()) => ControlFlow::Continue(()),
            Err(DriverGone) => ControlFlow::Break(CloseCause::ClosedHere(ErrorCode::ServerStops)),
        }
    }

    /// Answers a ping without the matchmaker. Most pings are of this kind, and the way through the driver would cost
    /// two task switches each.
    async fn send_pong(&mut self, ack: u64) -> ControlFlow<CloseCause> {
        self.sockets.telemetry.pong_answered();
        // Sending may take a while.
        self.room = None;
        let mut batch = TextBatch::new();
        self.add_text(&mut batch, &encode(&Frame { seq: 0, ack, msg: ToBrowser::Pong {} }));
        self.send_batch(batch).await
    }

    /// Sends a frame from the outbox and, with the same call of the system, those that wait behind it.
    async fn send_frames(&mut self, first: Frame<Arc<ToBrowser>>) -> ControlFlow<CloseCause> {
        let mut batch = TextBatch::new();
        self.add_frame(&mut batch, &first);
        // Sending may take a while, and the matchmaker may forget the message meanwhile.
        drop(first);
        while !batch.is_full()
            && let Some(frame) = self.outbox.next_frame()
        {
            self.add_frame(&mut batch, &frame);
        }
        self.send_batch(batch).await
    }

    fn add_frame(&mut self, batch: &mut TextBatch, frame: &Frame<Arc<ToBrowser>>) {
        self.acks.record_sent(frame);
        self.add_text(batch, &encode_to_browser(&Frame { seq: frame.seq, ack: frame.ack, msg: &*frame.msg }));
    }

    fn add_text(&self, batch: &mut TextBatch, text: &str) {
        self.sockets.telemetry.bytes_out(text.len());
        batch.add(text);
    }

    async fn send_batch(&mut self, batch: TextBatch) -> ControlFlow<CloseCause> {
        let result = timeout(self.sockets.write_timeout, self.socket.send_batch(batch)).await;
        self.on_write_result(result)
    }

    async fn send_message(&mut self, message: Message) -> ControlFlow<CloseCause> {
        let result = timeout(self.sockets.write_timeout, self.socket.send(message)).await;
        self.on_write_result(result)
    }

    fn on_write_result(&self, result: Result<Result<(), Error>, Elapsed>) -> ControlFlow<CloseCause> {
        let is_late = match &result {
            Ok(Ok(())) => return ControlFlow::Continue(()),
            Ok(Err(Error::Io(error))) => error.kind() == ErrorKind::TimedOut,
            Ok(Err(_)) => false,
            Err(_) => true,
        };
        if is_late {
            self.sockets.telemetry.limited(Limit::Write);
        }
        ControlFlow::Break(CloseCause::PeerGone(Closing::Lost))
    }

    /// Tells the matchmaker and the page that the connection ends, as far as they do not know.
    async fn close(mut self, cause: CloseCause) {
        // Closing may take seconds, in which thousands of full outboxes would take the memory of all others.
        self.outbox.discard();
        let (closing, code) = match cause {
            CloseCause::PeerGone(closing) => (Some(closing), None),
            CloseCause::ClosedByMatchmaker(code) => (None, Some(code)),
            CloseCause::ClosedHere(code) => (Some(Closing::Lost), Some(code)),
        };
        match closing {
            // The matchmaker first, so that a partner does not wait for the closing handshake.
            Some(closing) => self.registration.close(closing).await,
            None => self.registration.on_closed_by_matchmaker(),
        }
        if let Some(code) = code {
            if closing.is_some() {
                self.sockets.telemetry.closed(code);
                let error = Frame {
                    seq: 0,
                    ack: 0,
                    msg: Arc::new(ToBrowser::Error { code, about: 0, retry_ms: None }),
                };
                let _ = self.send_frames(error).await;
            }
            let _ = self.send_message(close_frame(code)).await;
        }
        if self.readable || code.is_some() {
            let _ = timeout(LINGER, self.linger()).await;
        }
    }

    /// Waits for the other end to close the connection; forever if the socket cannot be read.
    async fn linger(&mut self) {
        if self.readable {
            self.socket.wait_for_close().await;
        } else {
            std::future::pending().await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that a call of `_function` takes in memory while it waits.
    fn size_of_future<A, B, C, D, F: Future>(_function: impl Fn(A, B, C, D) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn the_task_of_a_socket_is_small() {
        let size = size_of_future(serve);
        assert!(size < 1536, "{size}");
    }
}
