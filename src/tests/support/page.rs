//! [`Page`]: the browser's end of a conversation, without a browser; it must not know what is tested.

use std::net::SocketAddr;

use futures::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use passerby::protocol::{
    Candidate, Delivery, EndReason, Epoch, ErrorCode, Frame, MatchId, Media, Message as _, PastPairs, PeerId,
    Receipt, Resume, Role, Sdp, Secret, Signal, Tastes, ToBrowser, ToServer, decode_lenient, encode,
    limits::SUBPROTOCOL,
};
use tokio::{
    net::TcpStream,
    sync::mpsc,
    task::{AbortHandle, JoinSet},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

use super::{ANSWER, CANDIDATE, OFFER, PATIENCE};

/// A socket and nothing more.
pub(crate) struct Link {
    writer: SplitSink<WebSocketStream<TcpStream>, Message>,
    /// Reads all the time, so that pings are answered whatever the test does.
    reader: AbortHandle,
    received: mpsc::UnboundedReceiver<Message>,
    _tasks: JoinSet<()>,
}

/// A page: numbers, acknowledges and resumes as the real one does.
pub(crate) struct Page {
    pub(crate) link: Link,
    pub(crate) peer: PeerId,
    pub(crate) secret: Secret,
    /// The current match, if any.
    pub(crate) match_id: MatchId,
    pub(crate) role: Role,
    delivery: Delivery<ToServer>,
}

impl Link {
    /// Connects as one of the server's own pages would.
    pub(crate) async fn open(server: impl Into<SocketAddr>) -> Self {
        Self::open_for(server, None).await
    }

    /// Connects as a proxy does for somebody else, with what it says of them.
    pub(crate) async fn open_for(server: impl Into<SocketAddr>, client: Option<&str>) -> Self {
        let address = server.into();
        let origin = format!("http://localhost:{}", address.port());
        let mut request = format!("ws://{address}/ws").into_client_request().unwrap();
        let header = |text: &str| HeaderValue::from_str(text).unwrap();
        request.headers_mut().insert("Origin", header(&origin));
        request.headers_mut().insert("Sec-WebSocket-Protocol", header(SUBPROTOCOL));
        if let Some(client) = client {
            request.headers_mut().insert("X-Forwarded-For", header(client));
        }
        let stream = TcpStream::connect(address).await.expect("a server");
        let (socket, response) = client_async(request, stream).await.expect("a handshake");
        assert_eq!(response.headers().get("Sec-WebSocket-Protocol"), Some(&header(SUBPROTOCOL)));
        let (writer, reader) = socket.split();
        let (sender, received) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        let reader = tasks.spawn(read(reader, sender));
        Self { writer, reader, received, _tasks: tasks }
    }

    /// Sends, and says whether it could.
    pub(crate) async fn send(&mut self, message: impl Into<Message>) -> bool {
        timeout(PATIENCE, self.writer.send(message.into())).await.expect("room to send").is_ok()
    }

    /// What the server said next, `Err` with the close code when that was goodbye.
    pub(crate) async fn receive(&mut self) -> Result<Frame<ToBrowser>, u16> {
        // Around the whole: the server's pings come in time for ever.
        timeout(PATIENCE, self.next()).await.expect("something in time")
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

    /// The last error and the close code.
    pub(crate) async fn verdict(&mut self) -> (Option<ErrorCode>, u16) {
        let mut error = None;
        loop {
            match self.receive().await {
                Ok(Frame { msg: ToBrowser::Error { code, .. }, .. }) => error = Some(code),
                Ok(_) => {}
                Err(close) => return (error, close),
            }
        }
    }

    /// Is gone without a word, as by a pulled cable.
    pub(crate) fn cut(self) {}

    /// Stops reading, as a page does whose machine sleeps.
    pub(crate) fn freeze(&self) {
        self.reader.abort();
    }

    /// Closes the socket with this code.
    pub(crate) async fn close(&mut self, code: u16) {
        use tokio_tungstenite::tungstenite::protocol::CloseFrame;
        self.send(Message::Close(Some(CloseFrame { code: code.into(), reason: "".into() }))).await;
    }

    /// A frame that no client library would send.
    pub(crate) async fn send_text_bytes(&mut self, bytes: &'static [u8]) -> bool {
        use tokio_tungstenite::tungstenite::protocol::frame::{
            Frame,
            coding::{Data, OpCode},
        };
        self.send(Message::Frame(Frame::message(bytes, OpCode::Data(Data::Text), true))).await
    }
}

async fn read(mut reader: SplitStream<WebSocketStream<TcpStream>>, sender: mpsc::UnboundedSender<Message>) {
    while let Some(Ok(message)) = reader.next().await {
        if sender.send(message).is_err() {
            return;
        }
    }
}

impl Page {
    /// Connects and says hello.
    pub(crate) async fn open(server: impl Into<SocketAddr>) -> Self {
        let link = Link::open(server).await;
        Self::hello(link, Delivery::default(), None).await
    }

    /// The same through a proxy.
    pub(crate) async fn open_for(server: impl Into<SocketAddr>, client: &str) -> Self {
        let link = Link::open_for(server, Some(client)).await;
        Self::hello(link, Delivery::default(), None).await
    }

    /// Connects again as the same peer.
    pub(crate) async fn resume(self, server: impl Into<SocketAddr>) -> Self {
        let Self { link, peer, secret, match_id, role, delivery } = self;
        link.cut();
        let link = Link::open(server).await;
        let page = Self::hello(link, delivery, Some(Resume { peer, secret })).await;
        assert_eq!(page.peer, peer);
        Self { match_id, role, ..page }
    }

    async fn hello(mut link: Link, mut delivery: Delivery<ToServer>, resume: Option<Resume>) -> Self {
        let resumes = resume.is_some();
        let hello = delivery
            .send(ToServer::Hello { resume, ticket: None, device: None, past: PastPairs::default() })
            .expect("room");
        link.send(encode(&hello)).await;
        let welcome = link.receive().await.expect("a welcome");
        let ToBrowser::Welcome { peer, secret, resumed, .. } = welcome.msg else { panic!("{welcome:?}") };
        assert_eq!(resumed, resumes);
        assert!(delivery.acknowledge(welcome.ack));
        for frame in delivery.replay() {
            link.send(encode(&frame)).await;
        }
        let match_id = MatchId(uuid::Uuid::nil());
        Self { link, peer, secret, match_id, role: Role::Polite, delivery }
    }

    pub(crate) async fn say(&mut self, message: ToServer) -> bool {
        let frame = self.delivery.send(message).expect("room in the outbox");
        self.link.send(encode(&frame)).await
    }

    pub(crate) async fn signal(&mut self, signal: Signal) -> bool {
        let match_id = self.match_id;
        self.say(ToServer::Signal { match_id, epoch: Epoch::FIRST, signal }).await
    }

    /// The next message that was not heard before; notices of a match are remembered.
    pub(crate) async fn hear(&mut self) -> ToBrowser {
        loop {
            let Frame { seq, ack, msg } = self.link.receive().await.expect("an open socket");
            match self.delivery.receive(seq, ack, msg.is_numbered()) {
                Receipt::Fresh => {}
                Receipt::Duplicate => continue,
                Receipt::Broken => panic!("broken by {msg:?}"),
            }
            // A page that makes no offers ahead and shows nothing passes over it.
            if let ToBrowser::Prepare { .. } | ToBrowser::Here(_) = msg {
                continue;
            }
            if let ToBrowser::Matched { match_id, role, .. } = msg {
                (self.match_id, self.role) = (match_id, role);
            }
            return msg;
        }
    }

    pub(crate) async fn join(&mut self) {
        self.say(ToServer::Join {
            media: Media { audio: true, video: true },
            hide: false,
            tastes: Tastes::default(),
        })
        .await;
    }

    /// Everything up to and including the match.
    pub(crate) async fn hear_match(&mut self) {
        while !matches!(self.hear().await, ToBrowser::Matched { .. }) {}
    }

    pub(crate) async fn hear_signal(&mut self) -> Signal {
        loop {
            match self.hear().await {
                ToBrowser::Signal { signal, match_id, .. } => {
                    assert_eq!(match_id, self.match_id);
                    return signal;
                }
                ToBrowser::Partner { .. } | ToBrowser::Waiting {} | ToBrowser::Pong {} => {}
                other => panic!("{other:?}"),
            }
        }
    }

    pub(crate) async fn hear_end(&mut self) -> EndReason {
        loop {
            if let ToBrowser::Ended { match_id, reason } = self.hear().await {
                assert_eq!(match_id, self.match_id);
                return reason;
            }
        }
    }

    pub(crate) async fn hear_error(&mut self) -> ErrorCode {
        loop {
            if let ToBrowser::Error { code, .. } = self.hear().await {
                return code;
            }
        }
    }

    /// Asserts that nothing more than what was heard has been said to this page so far.
    pub(crate) async fn hears_nothing(&mut self) {
        self.say(ToServer::Ping {}).await;
        assert_eq!(self.hear().await, ToBrowser::Pong {});
    }

    /// Negotiates as a browser would, up to the call.
    pub(crate) async fn negotiate(&mut self) {
        let offer = Signal::Offer { sdp: Sdp(OFFER.into()) };
        let answer = Signal::Answer { sdp: Sdp(ANSWER.into()) };
        match self.role {
            Role::Impolite => {
                self.signal(offer).await;
                self.signal(candidate(CANDIDATE)).await;
                assert_eq!(self.hear_signal().await, answer);
                assert_eq!(self.hear_signal().await, candidate(CANDIDATE));
            }
            Role::Polite => {
                assert_eq!(self.hear_signal().await, offer);
                self.signal(answer).await;
                self.signal(candidate(CANDIDATE)).await;
                assert_eq!(self.hear_signal().await, candidate(CANDIDATE));
            }
        }
        let match_id = self.match_id;
        self.say(ToServer::Connected { match_id }).await;
    }

    /// Leaves as a page does that is stopped or closed.
    pub(crate) async fn close(mut self) {
        self.link.close(1000).await;
    }
}

/// A candidate of the first section.
pub(crate) fn candidate(text: &str) -> Signal {
    Signal::Candidate(Candidate {
        candidate: Sdp(text.into()),
        sdp_mid: Some("0".into()),
        sdp_m_line_index: Some(0),
        username_fragment: Some("I+IT".into()),
    })
}

/// Two pages in a match, the impolite one first; nobody else may be waiting.
pub(crate) async fn meet(server: impl Into<SocketAddr>) -> (Page, Page) {
    let server = server.into();
    let (mut first, mut second) = (Page::open(server).await, Page::open(server).await);
    first.join().await;
    assert_eq!(first.hear().await, ToBrowser::Waiting {});
    second.join().await;
    first.hear_match().await;
    second.hear_match().await;
    assert_eq!((first.role, second.role), (Role::Impolite, Role::Polite));
    assert_eq!(first.match_id, second.match_id);
    (first, second)
}
