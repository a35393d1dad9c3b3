//! One page without a browser: keeps its line as the real page does, negotiates with whom it meets; it must not know what
//! is measured.

use std::{net::SocketAddr, time::Duration};

use futures::{SinkExt, StreamExt};
use passerby::protocol::{
    Affinity, Candidate, Delivery, EndReason, Epoch, ErrorCode, Frame, Heartbeat, MatchId, Media,
    Message as _, PastPairs, Receipt, Resume, Role, Sdp, Signal, Tastes, ToBrowser, ToServer, decode_lenient,
    encode, limits::SUBPROTOCOL,
};
use tokio::{
    net::TcpStream,
    sync::{
        OwnedSemaphorePermit,
        mpsc::{UnboundedReceiver, UnboundedSender},
    },
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue, protocol::WebSocketConfig},
};

/// An offer as Chromium makes it.
const OFFER: &str = include_str!("../../src/server/validate/fixtures/chromium-offer.sdp");

/// The answer to it.
const ANSWER: &str = include_str!("../../src/server/validate/fixtures/chromium-answer.sdp");

/// Candidates of each end: what a machine with two networks finds.
const CANDIDATES: u16 = 10;

/// Between two signals of an end that chatters; with those above few enough for one description.
const CHATTER: Duration = Duration::from_millis(250);

/// How long a page waits after its first lost line, at most. This and what follows as in `src/call/signalling/session.rs`.
const FIRST_STEP: Duration = Duration::from_millis(500);

/// How long it waits later, at most.
const HIGHEST_STEP: Duration = Duration::from_secs(15);

/// How long it waits for a line to open.
const OPEN_WITHIN: Duration = Duration::from_secs(10);

/// How long it waits for the answer to a ping.
const PONG_WITHIN: Duration = Duration::from_secs(10);

type Socket = WebSocketStream<TcpStream>;

/// What a bot is told to do.
pub(crate) enum Order {
    /// Wait for somebody with these tastes.
    Join(Tastes),
    /// Neither wait nor talk.
    Leave,
    /// Let the line fall, as by a pulled cable, and come back as a page does.
    Cut,
    /// Say something to the partner all the time.
    Chatter,
}

/// What has happened to a bot.
#[derive(Debug)]
pub(crate) enum News {
    Welcomed {
        resumed: bool,
    },
    Waiting,
    Seeking(Affinity),
    Matched(MatchId),
    /// Everything that the two have to say to each other is said.
    Talking,
    /// It has said this to its partner, then.
    Said(u16, Instant),
    /// It was told this by its partner.
    Heard(u16),
    Ended(EndReason),
    ComeBack {
        after_ms: u32,
    },
    Error(ErrorCode),
    Lost,
}

/// The match of a bot.
struct Meeting {
    match_id: MatchId,
    described: bool,
    candidates: u16,
    said: u16,
}

/// A bot and everything it must remember.
pub(crate) struct Bot {
    number: usize,
    server: SocketAddr,
    orders: UnboundedReceiver<Order>,
    news: UnboundedSender<(usize, News)>,
    delivery: Delivery<ToServer>,
    resume: Option<Resume>,
    wants: Option<Tastes>,
    meeting: Option<Meeting>,
    heartbeat: Heartbeat,
    failures: u32,
    come_back_after: Option<Duration>,
    ping_at: Instant,
    pong_by: Option<Instant>,
    chatter_at: Option<Instant>,
}

impl Bot {
    pub(crate) fn new(
        number: usize,
        server: SocketAddr,
        orders: UnboundedReceiver<Order>,
        news: UnboundedSender<(usize, News)>,
    ) -> Self {
        Self {
            number,
            server,
            orders,
            news,
            delivery: Delivery::default(),
            resume: None,
            wants: None,
            meeting: None,
            heartbeat: Heartbeat::default(),
            failures: 0,
            come_back_after: None,
            ping_at: Instant::now(),
            pong_by: None,
            chatter_at: None,
        }
    }

    /// Keeps a line to the server until nobody gives orders any more; lets the next one in when it has one.
    pub(crate) async fn live(mut self, entry: OwnedSemaphorePermit) {
        let mut entry = Some(entry);
        loop {
            if let Ok(Some((mut socket, welcome))) = timeout(OPEN_WITHIN, self.dial()).await {
                drop(entry.take());
                let is_over = self.converse(&mut socket, welcome).await.is_ok();
                self.tell(News::Lost);
                if is_over {
                    return;
                }
            }
            sleep(self.rest()).await;
        }
    }

    fn tell(&self, news: News) {
        // Nobody listens any more: the scene is over.
        let _ = self.news.send((self.number, news));
    }

    fn rest(&mut self) -> Duration {
        let step = FIRST_STEP.saturating_mul(1 << self.failures.min(10)).min(HIGHEST_STEP);
        self.failures += 1;
        let jitter = Duration::from_millis(fastrand::u64(0..=step.as_millis() as u64));
        self.come_back_after.take().unwrap_or(jitter)
    }

    /// A line, and the welcome on it.
    async fn dial(&mut self) -> Option<(Socket, Frame<ToBrowser>)> {
        let address = self.server;
        let mut request = format!("ws://{address}/ws").into_client_request().ok()?;
        let origin = format!("http://localhost:{}", address.port());
        request.headers_mut().insert("Origin", HeaderValue::from_str(&origin).ok()?);
        request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(SUBPROTOCOL));
        let stream = TcpStream::connect(address).await.ok()?;
        stream.set_nodelay(true).ok()?;
        let config = WebSocketConfig::default().read_buffer_size(1024).write_buffer_size(0);
        let (mut socket, _) = client_async_with_config(request, stream, Some(config)).await.ok()?;
        let hello =
            ToServer::Hello { resume: self.resume, ticket: None, device: None, past: PastPairs::default() };
        self.heartbeat = Heartbeat::after(&hello)?;
        let hello = self.delivery.send(hello).ok()?;
        socket.send(Message::text(encode(&hello))).await.ok()?;
        let welcome = next(&mut socket).await?;
        Some((socket, welcome))
    }

    async fn welcomed(&mut self, socket: &mut Socket, welcome: Frame<ToBrowser>) -> Result<(), ()> {
        let ToBrowser::Welcome { peer, secret, resumed, .. } = welcome.msg else { return Err(()) };
        self.resume = Some(Resume { peer, secret });
        (self.failures, self.pong_by) = (0, None);
        self.ping_at = Instant::now() + self.heartbeat.interval();
        self.tell(News::Welcomed { resumed });
        if resumed {
            self.delivery.acknowledge(welcome.ack);
            for frame in self.delivery.replay() {
                socket.send(Message::text(encode(&frame))).await.map_err(drop)?;
            }
        } else {
            (self.delivery, self.meeting) = (Delivery::default(), None);
            if let Some(tastes) = self.wants.clone() {
                self.join(socket, tastes).await?;
            }
        }
        Ok(())
    }

    /// `Ok` when nobody gives orders any more, `Err` when the line is lost.
    async fn converse(&mut self, socket: &mut Socket, welcome: Frame<ToBrowser>) -> Result<(), ()> {
        self.welcomed(socket, welcome).await?;
        loop {
            let due = [Some(self.ping_at), self.pong_by, self.chatter_at].into_iter().flatten().min();
            tokio::select! {
                frame = next(socket) => self.hear(socket, frame.ok_or(())?).await?,
                order = self.orders.recv() => match order {
                    None => return Ok(()),
                    Some(Order::Join(tastes)) => {
                        self.wants = Some(tastes.clone());
                        self.join(socket, tastes).await?;
                    }
                    Some(Order::Leave) => {
                        (self.wants, self.meeting, self.chatter_at) = (None, None, None);
                        self.say(socket, ToServer::Leave {}).await?;
                    }
                    Some(Order::Cut) => return Err(()),
                    Some(Order::Chatter) => self.chatter_at = Some(Instant::now()),
                },
                () = sleep_until(due.unwrap_or(self.ping_at)) => self.tick(socket).await?,
            }
        }
    }

    async fn tick(&mut self, socket: &mut Socket) -> Result<(), ()> {
        let now = Instant::now();
        if self.pong_by.is_some_and(|by| by <= now) {
            return Err(());
        }
        if self.ping_at <= now {
            self.pong_by = Some(now + PONG_WITHIN);
            self.say(socket, ToServer::Ping {}).await?;
        }
        if self.chatter_at.is_some_and(|at| at <= now) {
            self.chatter_at = Some(now + CHATTER);
            if let Some(meeting) = &mut self.meeting {
                meeting.said += 1;
                let number = meeting.said;
                self.signal(socket, candidate(number)).await?;
                self.tell(News::Said(number, now));
            }
        }
        Ok(())
    }

    async fn join(&mut self, socket: &mut Socket, tastes: Tastes) -> Result<(), ()> {
        let media = Media { audio: true, video: true };
        self.say(socket, ToServer::Join { media, hide: false, tastes }).await
    }

    async fn say(&mut self, socket: &mut Socket, message: ToServer) -> Result<(), ()> {
        self.heartbeat = Heartbeat::after(&message).unwrap_or(self.heartbeat);
        let frame = self.delivery.send(message).map_err(drop)?;
        self.ping_at = Instant::now() + self.heartbeat.interval();
        socket.send(Message::text(encode(&frame))).await.map_err(drop)
    }

    async fn signal(&mut self, socket: &mut Socket, signal: Signal) -> Result<(), ()> {
        let Some(Meeting { match_id, .. }) = self.meeting else { return Ok(()) };
        self.say(socket, ToServer::Signal { match_id, epoch: Epoch::FIRST, signal }).await
    }

    async fn hear(&mut self, socket: &mut Socket, frame: Frame<ToBrowser>) -> Result<(), ()> {
        let Frame { seq, ack, msg } = frame;
        match self.delivery.receive(seq, ack, msg.is_numbered()) {
            Receipt::Fresh => self.pong_by = None,
            Receipt::Duplicate => return Ok(()),
            Receipt::Broken => panic!("{} does not understand {msg:?}", self.number),
        }
        if self.delivery.owes_ack() {
            self.say(socket, ToServer::Ping {}).await?;
        }
        match msg {
            ToBrowser::Waiting {} => self.tell(News::Waiting),
            ToBrowser::Seeking { wants, .. } => self.tell(News::Seeking(wants)),
            ToBrowser::Matched { match_id, role, .. } => {
                self.meeting = Some(Meeting { match_id, described: false, candidates: 0, said: 0 });
                self.tell(News::Matched(match_id));
                if role == Role::Impolite {
                    self.describe(socket, Signal::Offer { sdp: Sdp(OFFER.into()) }).await?;
                }
            }
            ToBrowser::Signal { signal, .. } => self.signalled(socket, signal).await?,
            ToBrowser::Ended { reason, .. } => {
                self.meeting = None;
                self.tell(News::Ended(reason));
            }
            ToBrowser::ComeBack { after_ms } => {
                self.come_back_after = Some(Duration::from_millis(u64::from(after_ms)));
                self.tell(News::ComeBack { after_ms });
            }
            ToBrowser::Error { code, .. } => self.tell(News::Error(code)),
            ToBrowser::Welcome { .. }
            | ToBrowser::Here(_)
            | ToBrowser::Prepare { .. }
            | ToBrowser::Ice { .. }
            | ToBrowser::Partner { .. }
            | ToBrowser::Pong {} => {}
        }
        Ok(())
    }

    async fn describe(&mut self, socket: &mut Socket, description: Signal) -> Result<(), ()> {
        self.signal(socket, description).await?;
        for _ in 0..CANDIDATES {
            self.signal(socket, candidate(0)).await?;
        }
        Ok(())
    }

    async fn signalled(&mut self, socket: &mut Socket, signal: Signal) -> Result<(), ()> {
        let Some(meeting) = &mut self.meeting else { return Ok(()) };
        match signal {
            Signal::Offer { .. } => {
                meeting.described = true;
                self.describe(socket, Signal::Answer { sdp: Sdp(ANSWER.into()) }).await?;
            }
            Signal::Answer { .. } => meeting.described = true,
            Signal::Candidate(candidate) => match number_of(&candidate) {
                0 => meeting.candidates += 1,
                number => {
                    self.tell(News::Heard(number));
                    return Ok(());
                }
            },
            Signal::EndOfCandidates { .. } => {}
        }
        if let Some(Meeting { match_id, described: true, candidates: CANDIDATES, .. }) = self.meeting {
            self.say(socket, ToServer::Connected { match_id }).await?;
            self.tell(News::Talking);
        }
        Ok(())
    }
}

/// What the server says next; pings are answered meanwhile. `None` when the line is lost.
async fn next(socket: &mut Socket) -> Option<Frame<ToBrowser>> {
    loop {
        match socket.next().await?.ok()? {
            Message::Text(text) => return decode_lenient(&text),
            Message::Ping(_) => socket.flush().await.ok()?,
            Message::Pong(_) => {}
            Message::Binary(_) | Message::Close(_) | Message::Frame(_) => return None,
        }
    }
}

/// A candidate with a number, which is its port.
fn candidate(number: u16) -> Signal {
    let port = 1024 + number;
    Signal::Candidate(Candidate {
        candidate: Sdp(format!(
            "candidate:1 1 udp 2113937151 192.0.2.7 {port} typ host generation 0 ufrag I+IT network-cost 999"
        )),
        sdp_mid: Some("0".into()),
        sdp_m_line_index: Some(0),
        username_fragment: Some("I+IT".into()),
    })
}

fn number_of(candidate: &Candidate) -> u16 {
    let port = candidate.candidate.0.split(' ').nth(5).and_then(|it| it.parse::<u16>().ok());
    port.expect("a candidate as it was sent") - 1024
}
