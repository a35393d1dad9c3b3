//! The browser's side of the WebSocket conversation, without a browser.

use std::{io::Write, net::SocketAddr, os::fd::AsFd};

use futures::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use passerby::protocol::{
    Candidate, Delivery, EndReason, Epoch, ErrorCode, Features, Frame, MatchId, Media, Message as _,
    PastPairs, PeerId, Receipt, Resume, Role, Sdp, Secret, Signal, Tastes, ToBrowser, ToServer,
    decode_lenient, encode,
    limits::{CLOSE_GOODBYE, SUBPROTOCOL},
};
use tokio::{
    net::TcpStream,
    sync::mpsc,
    task::{AbortHandle, JoinSet},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        Message,
        client::IntoClientRequest,
        http::{HeaderValue, Request},
    },
};

use super::{ANSWER, CANDIDATE, OFFER, TEST_TIMEOUT};

/// A client's end of a WebSocket.
pub(crate) type RawSocket = WebSocketStream<TcpStream>;

/// A WebSocket to the server that sends and receives frames and does nothing else.
pub(crate) struct TestSocket {
    writer: SplitSink<RawSocket, Message>,
    /// Reads continuously, so that pings are answered while the test does something else.
    reader: AbortHandle,
    received: mpsc::UnboundedReceiver<Message>,
    /// The same connection, for bytes that are not a frame of a client.
    raw: std::net::TcpStream,
    _tasks: JoinSet<()>,
}

/// A client that numbers and acknowledges messages and resumes its session as the real page does.
pub(crate) struct TestClient {
    pub(crate) socket: TestSocket,
    pub(crate) peer: PeerId,
    pub(crate) secret: Secret,
    /// The latest match. Nil before the first one.
    pub(crate) match_id: MatchId,
    pub(crate) role: Role,
    /// The ticket of that match.
    pub(crate) ticket: Option<String>,
    /// The signed name of this device, as the server gave it.
    pub(crate) device: Option<String>,
    delivery: Delivery<ToServer>,
}

impl TestSocket {
    /// Connects with the origin of the server's own pages.
    pub(crate) async fn open(server: impl Into<SocketAddr>) -> Self {
        Self::open_via_proxy(server, None).await
    }

    /// Connects as a reverse proxy does, with this `X-Forwarded-For` header if there is one.
    pub(crate) async fn open_via_proxy(server: impl Into<SocketAddr>, forwarded_for: Option<&str>) -> Self {
        let address = server.into();
        let origin = format!("http://localhost:{}", address.port());
        Self::open_from(address, &origin, forwarded_for).await
    }

    /// The handshake of a page of this origin, with this `X-Forwarded-For` header if there is one.
    pub(crate) fn request(port: u16, origin: &str, forwarded_for: Option<&str>) -> Request<()> {
        let mut request = format!("ws://127.0.0.1:{port}/ws").into_client_request().unwrap();
        let header = |text: &str| HeaderValue::from_str(text).unwrap();
        request.headers_mut().insert("Origin", header(origin));
        request.headers_mut().insert("Sec-WebSocket-Protocol", header(SUBPROTOCOL));
        if let Some(forwarded_for) = forwarded_for {
            request.headers_mut().insert("X-Forwarded-For", header(forwarded_for));
        }
        request
    }

    /// Connects as a page of this origin does.
    pub(crate) async fn open_from(
        server: impl Into<SocketAddr>,
        origin: &str,
        forwarded_for: Option<&str>,
    ) -> Self {
        let socket = connect_from(server.into(), origin, forwarded_for).await;
        let raw = socket.get_ref().as_fd().try_clone_to_owned().unwrap().into();
        let (writer, reader) = socket.split();
        let (sender, received) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        let reader = tasks.spawn(forward_messages(reader, sender));
        Self { writer, reader, received, raw, _tasks: tasks }
    }

    /// Sends a message and returns whether the socket accepted it.
    pub(crate) async fn send(&mut self, message: impl Into<Message>) -> bool {
        timeout(TEST_TIMEOUT, self.writer.send(message.into())).await.expect("room to send").is_ok()
    }

    /// Returns the next message from the server, or the close code if the server closed the socket (1006 without one).
    pub(crate) async fn receive(&mut self) -> Result<Frame<ToBrowser>, u16> {
        // The timeout covers the whole loop, because the server's pings would restart a timeout inside it for ever.
        timeout(TEST_TIMEOUT, self.next()).await.expect("a message in time")
    }

    async fn next(&mut self) -> Result<Frame<ToBrowser>, u16> {
        loop {
            match self.received.recv().await {
                Some(Message::Text(text)) => return Ok(decode_lenient(&text).expect("a message")),
                Some(Message::Close(frame)) => return Err(frame.map_or(1005, |it| it.code.into())),
                Some(Message::Ping(_) | Message::Pong(_)) => {}
                Some(other) => panic!("{other:?}"),
                None => return Err(1006),
            }
        }
    }

    /// Reads until the server closes the socket. Returns the last error code, if any, and the close code.
    pub(crate) async fn close_reason(&mut self) -> (Option<ErrorCode>, u16) {
        let mut error = None;
        loop {
            match self.receive().await {
                Ok(Frame { msg: ToBrowser::Error { code, .. }, .. }) => error = Some(code),
                Ok(_) => {}
                Err(close) => return (error, close),
            }
        }
    }

    /// Drops the connection without a closing handshake, as when a cable is pulled.
    pub(crate) fn disconnect(self) {}

    /// Stops reading, as a page on a suspended machine does.
    pub(crate) fn stop_reading(&self) {
        self.reader.abort();
    }

    /// Sends a close frame with this code.
    pub(crate) async fn close(&mut self, code: u16) {
        use tokio_tungstenite::tungstenite::protocol::CloseFrame;
        self.send(Message::Close(Some(CloseFrame { code: code.into(), reason: "".into() }))).await;
    }

    /// Writes these bytes to the connection as they are, as a faulty proxy may.
    pub(crate) fn send_raw(&mut self, bytes: &[u8]) {
        self.raw.write_all(bytes).unwrap();
    }

    /// Sends a text frame with arbitrary bytes, which a client library would refuse to send.
    pub(crate) async fn send_text_bytes(&mut self, bytes: &'static [u8]) -> bool {
        use tokio_tungstenite::tungstenite::protocol::frame::{
            Frame,
            coding::{Data, OpCode},
        };
        self.send(Message::Frame(Frame::message(bytes, OpCode::Data(Data::Text), true))).await
    }
}

/// Connects with the origin of the server's own pages; `None` if no server is there that takes the socket in time.
pub(crate) async fn try_connect(address: SocketAddr) -> Option<RawSocket> {
    let request = TestSocket::request(address.port(), &format!("http://localhost:{}", address.port()), None);
    let connect = async { client_async(request, TcpStream::connect(address).await.ok()?).await.ok() };
    timeout(TEST_TIMEOUT, connect).await.ok().flatten().map(|it| it.0)
}

async fn connect_from(address: SocketAddr, origin: &str, forwarded_for: Option<&str>) -> RawSocket {
    let request = TestSocket::request(address.port(), origin, forwarded_for);
    let stream = TcpStream::connect(address).await.expect("a server");
    let (socket, response) = client_async(request, stream).await.expect("a handshake");
    let protocol = response.headers().get("Sec-WebSocket-Protocol");
    assert_eq!(protocol, Some(&HeaderValue::from_static(SUBPROTOCOL)));
    socket
}

async fn forward_messages(mut reader: SplitStream<RawSocket>, sender: mpsc::UnboundedSender<Message>) {
    while let Some(Ok(message)) = reader.next().await {
        if sender.send(message).is_err() {
            return;
        }
    }
}

impl TestClient {
    /// Connects and completes the handshake.
    pub(crate) async fn open(server: impl Into<SocketAddr>) -> Self {
        let socket = TestSocket::open(server).await;
        Self::handshake(socket, Delivery::default(), (None, None, None), Features::all()).await
    }

    /// Connects as a page of the first release, which lists no features.
    pub(crate) async fn open_as_first_release(server: impl Into<SocketAddr>) -> Self {
        let socket = TestSocket::open(server).await;
        Self::handshake(socket, Delivery::default(), (None, None, None), Features::default()).await
    }

    /// Connects as a reverse proxy does, with this `X-Forwarded-For` header, and completes the handshake.
    pub(crate) async fn open_via_proxy(server: impl Into<SocketAddr>, forwarded_for: &str) -> Self {
        Self::open_again_via_proxy(server, forwarded_for, None).await
    }

    /// The same for a device that this server, or one with its key, has named before.
    pub(crate) async fn open_again_via_proxy(
        server: impl Into<SocketAddr>,
        forwarded_for: &str,
        device: Option<String>,
    ) -> Self {
        let socket = TestSocket::open_via_proxy(server, Some(forwarded_for)).await;
        Self::handshake(socket, Delivery::default(), (None, None, device), Features::all()).await
    }

    /// Drops the connection and resumes the session on a new one.
    pub(crate) async fn resume(self, server: impl Into<SocketAddr>) -> Self {
        let Self { socket, peer, secret, match_id, role, ticket, device, delivery } = self;
        socket.disconnect();
        let socket = TestSocket::open(server).await;
        let resume = Some(Resume { peer, secret });
        let client = Self::handshake(socket, delivery, (resume, None, device), Features::all()).await;
        assert_eq!(client.peer, peer);
        Self { match_id, role, ticket, ..client }
    }

    /// Drops the connection and shows the ticket of the match on a new one, to a server that does not know the session.
    pub(crate) async fn show_ticket(self, server: impl Into<SocketAddr>) -> Self {
        let Self { socket, peer, match_id, role, ticket, device, .. } = self;
        socket.disconnect();
        let socket = TestSocket::open(server).await;
        let shown = (None, ticket.clone(), device);
        let client = Self::handshake(socket, Delivery::default(), shown, Features::all()).await;
        assert_eq!(client.peer, peer);
        Self { match_id, role, ticket, ..client }
    }

    /// Sends `hello`, checks the welcome and replays the unacknowledged messages.
    async fn handshake(
        mut socket: TestSocket,
        mut delivery: Delivery<ToServer>,
        (resume, ticket, known_as): (Option<Resume>, Option<String>, Option<String>),
        features: Features,
    ) -> Self {
        let resumes = resume.is_some();
        let hello = delivery
            .send(ToServer::Hello {
                resume,
                ticket,
                device: known_as.clone(),
                age: None,
                past: PastPairs::default(),
                place: None,
                features,
            })
            .expect("room");
        socket.send(encode(&hello)).await;
        let welcome = socket.receive().await.expect("a welcome");
        let ToBrowser::Welcome { peer, secret, resumed, device, .. } = welcome.msg else {
            panic!("{welcome:?}")
        };
        assert_eq!(resumed, resumes);
        assert!(delivery.acknowledge(welcome.ack));
        for frame in delivery.replay() {
            socket.send(encode(&frame)).await;
        }
        let match_id = MatchId(uuid::Uuid::nil());
        let (ticket, device) = (None, device.or(known_as));
        Self { socket, peer, secret, match_id, role: Role::Polite, ticket, device, delivery }
    }

    /// Sends a numbered message and returns whether the socket accepted it.
    pub(crate) async fn send(&mut self, message: ToServer) -> bool {
        let frame = self.delivery.send(message).expect("room in the outbox");
        self.socket.send(encode(&frame)).await
    }

    /// Sends a signal for the current match and the first epoch.
    pub(crate) async fn send_signal(&mut self, signal: Signal) -> bool {
        let match_id = self.match_id;
        self.send(ToServer::Signal { match_id, epoch: Epoch::FIRST, signal }).await
    }

    /// Returns the next new message. Takes match and role from a `matched`; skips duplicates, `prepare` and `here`.
    pub(crate) async fn receive(&mut self) -> ToBrowser {
        loop {
            let Frame { seq, ack, msg } = self.socket.receive().await.expect("an open socket");
            match self.delivery.receive(seq, ack, msg.is_numbered()) {
                Receipt::Fresh => {}
                Receipt::Duplicate => continue,
                Receipt::Broken => panic!("wrong sequence or ack: {msg:?}"),
            }
            // This client prepares no offers and displays no occupancy.
            if let ToBrowser::Prepare { .. } | ToBrowser::Here(_) | ToBrowser::Place { .. } = msg {
                continue;
            }
            if let ToBrowser::Matched { match_id, role, ref ticket, .. } = msg {
                (self.match_id, self.role, self.ticket) = (match_id, role, ticket.clone());
            }
            return msg;
        }
    }

    /// Joins the queue with audio and video and without interests or languages.
    pub(crate) async fn join(&mut self) {
        self.send(ToServer::Join {
            media: Media { audio: true, video: true },
            hide: false,
            soft: false,
            tastes: Tastes::default(),
        })
        .await;
    }

    /// Reads up to and including `matched`.
    pub(crate) async fn receive_match(&mut self) {
        while !matches!(self.receive().await, ToBrowser::Matched { .. }) {}
    }

    /// Reads up to the next signal of the current match. Only partner states, `waiting` and `pong` may precede it.
    pub(crate) async fn receive_signal(&mut self) -> Signal {
        loop {
            match self.receive().await {
                ToBrowser::Signal { signal, match_id, .. } => {
                    assert_eq!(match_id, self.match_id);
                    return signal;
                }
                ToBrowser::Partner { .. } | ToBrowser::Waiting {} | ToBrowser::Pong {} => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Reads up to the end of the current match.
    pub(crate) async fn receive_end(&mut self) -> EndReason {
        loop {
            if let ToBrowser::Ended { match_id, reason } = self.receive().await {
                assert_eq!(match_id, self.match_id);
                return reason;
            }
        }
    }

    /// Reads up to the next error.
    pub(crate) async fn receive_error(&mut self) -> ErrorCode {
        loop {
            if let ToBrowser::Error { code, .. } = self.receive().await {
                return code;
            }
        }
    }

    /// Asserts that the server has sent nothing more so far: the answer to a ping comes next.
    pub(crate) async fn receives_nothing(&mut self) {
        self.send(ToServer::Ping {}).await;
        assert_eq!(self.receive().await, ToBrowser::Pong {});
    }

    /// Exchanges offer, answer and candidates as a browser does, then reports `connected`.
    pub(crate) async fn negotiate(&mut self) {
        let offer = Signal::Offer { sdp: Sdp(OFFER.into()) };
        let answer = Signal::Answer { sdp: Sdp(ANSWER.into()) };
        match self.role {
            Role::Impolite => {
                self.send_signal(offer).await;
                self.send_signal(candidate(CANDIDATE)).await;
                assert_eq!(self.receive_signal().await, answer);
                assert_eq!(self.receive_signal().await, candidate(CANDIDATE));
            }
            Role::Polite => {
                assert_eq!(self.receive_signal().await, offer);
                self.send_signal(answer).await;
                self.send_signal(candidate(CANDIDATE)).await;
                assert_eq!(self.receive_signal().await, candidate(CANDIDATE));
            }
        }
        let match_id = self.match_id;
        self.send(ToServer::Connected { match_id }).await;
    }

    /// Leaves and closes the socket, as a page does when it is stopped or closed.
    pub(crate) async fn close(mut self) {
        self.send(ToServer::Leave {}).await;
        self.socket.close(CLOSE_GOODBYE).await;
    }
}

/// A candidate of the first media section.
pub(crate) fn candidate(text: &str) -> Signal {
    Signal::Candidate(Candidate {
        candidate: Sdp(text.into()),
        sdp_mid: Some("0".into()),
        sdp_m_line_index: Some(0),
        username_fragment: Some("I+IT".into()),
    })
}

/// Connects two clients and waits until they are matched. Returns the impolite one first. Nobody else may be waiting.
pub(crate) async fn match_pair(server: impl Into<SocketAddr>) -> (TestClient, TestClient) {
    let server = server.into();
    let (mut first, mut second) = (TestClient::open(server).await, TestClient::open(server).await);
    first.join().await;
    assert_eq!(first.receive().await, ToBrowser::Waiting {});
    second.join().await;
    first.receive_match().await;
    second.receive_match().await;
    assert_eq!((first.role, second.role), (Role::Impolite, Role::Polite));
    assert_eq!(first.match_id, second.match_id);
    (first, second)
}
