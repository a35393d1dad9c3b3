//! A client without a browser: keeps a session with the server as the real page does, and exchanges signals with its
//! partner.

use std::{net::SocketAddr, time::Duration};

use futures::{SinkExt, StreamExt};
use passerby::protocol::{
    Affinity, Candidate, Delivery, EndReason, Epoch, ErrorCode, Frame, Heartbeat, MatchId, Media,
    Message as _, Receipt, Resume, Role, Sdp, Signal, Tastes, ToBrowser, ToServer, decode_lenient, encode,
    limits::SUBPROTOCOL,
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

use crate::support::hello::hello;

/// An offer made by Chromium.
const OFFER: &str = include_str!("../../src/server/validate/fixtures/chromium-offer.sdp");

/// Chromium's answer to it.
const ANSWER: &str = include_str!("../../src/server/validate/fixtures/chromium-answer.sdp");

/// Candidates of each end, as many as a machine with two networks finds.
const CANDIDATES: u16 = 10;

/// The interval of signals after [`Order::SendSignals`].
///
/// Together with the candidates above, they stay below the limit of candidates for one description.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(250);

/// Offers that a bot sends in each match after [`Order::Attack`]: more than the outbox of its partner holds, and fewer
/// than the rate limit refuses.
const ATTACK_OFFERS: usize = 48;

/// The longest wait before the first reconnect. This and the next three as in `src/call/signalling/session.rs`.
const FIRST_BACKOFF: Duration = Duration::from_millis(500);

/// The longest wait before later reconnects.
const MAX_BACKOFF: Duration = Duration::from_secs(15);

/// How long a bot waits for the welcome on a new socket.
const OPEN_WITHIN: Duration = Duration::from_secs(10);

/// How long a bot waits for the answer to a ping.
const PONG_WITHIN: Duration = Duration::from_secs(10);

type Socket = WebSocketStream<TcpStream>;

/// An order to a bot.
pub(crate) enum Order {
    /// Join the queue with these interests and languages.
    Join(Tastes),
    /// Leave the queue or the match.
    Leave,
    /// Drop the connection without closing it, and reconnect as a page does.
    Cut,
    /// Send the next ping after this time, and go on from there.
    PingIn(Duration),
    /// Send signals to the partner at a fixed interval.
    SendSignals,
    /// From now on acknowledge nothing, and fill the outbox of every partner.
    Attack,
}

/// Something that happened to a bot.
#[derive(Debug)]
pub(crate) enum BotEvent {
    Welcomed {
        resumed: bool,
    },
    Waiting,
    Seeking(Affinity),
    Matched(MatchId),
    /// Both descriptions and all candidates have been exchanged.
    Talking,
    /// It sent the candidate of this number to its partner at this time.
    Sent(u16, Instant),
    /// It received the candidate of this number from its partner.
    Received(u16),
    Ended(EndReason),
    ComeBack {
        after_ms: u32,
    },
    Error(ErrorCode),
    Lost,
}

/// The current match of a bot.
struct BotMatch {
    match_id: MatchId,
    has_description: bool,
    /// Candidates received from the partner.
    candidates: u16,
    /// The number of the last candidate that was sent for [`Order::SendSignals`].
    sent: u16,
}

/// A bot and its state.
pub(crate) struct Bot {
    number: usize,
    server: SocketAddr,
    orders: UnboundedReceiver<Order>,
    events: UnboundedSender<(usize, BotEvent)>,
    delivery: Delivery<ToServer>,
    resume: Option<Resume>,
    /// What it joined with, if it waits or is matched.
    joined: Option<Tastes>,
    current_match: Option<BotMatch>,
    heartbeat: Heartbeat,
    failures: u32,
    come_back_after: Option<Duration>,
    ping_at: Instant,
    pong_by: Option<Instant>,
    send_signal_at: Option<Instant>,
    is_attacking: bool,
}

impl Bot {
    pub(crate) fn new(
        number: usize,
        server: SocketAddr,
        orders: UnboundedReceiver<Order>,
        events: UnboundedSender<(usize, BotEvent)>,
    ) -> Self {
        Self {
            number,
            server,
            orders,
            events,
            delivery: Delivery::default(),
            resume: None,
            joined: None,
            current_match: None,
            heartbeat: Heartbeat::default(),
            failures: 0,
            come_back_after: None,
            ping_at: Instant::now(),
            pong_by: None,
            send_signal_at: None,
            is_attacking: false,
        }
    }

    /// Keeps a session with the server until the crowd is dropped. Returns the permit once it is connected.
    pub(crate) async fn run(mut self, permit: OwnedSemaphorePermit) {
        let mut permit = Some(permit);
        loop {
            if let Ok(Some((mut socket, welcome))) = timeout(OPEN_WITHIN, self.connect()).await {
                drop(permit.take());
                let is_over = self.run_session(&mut socket, welcome).await.is_ok();
                self.report(BotEvent::Lost);
                if is_over {
                    return;
                }
            }
            sleep(self.next_backoff()).await;
        }
    }

    fn report(&self, event: BotEvent) {
        // An error means that the crowd was dropped and the scenario is over.
        let _ = self.events.send((self.number, event));
    }

    fn next_backoff(&mut self) -> Duration {
        let longest = FIRST_BACKOFF.saturating_mul(1 << self.failures.min(10)).min(MAX_BACKOFF);
        self.failures += 1;
        let jitter = Duration::from_millis(fastrand::u64(0..=longest.as_millis() as u64));
        self.come_back_after.take().unwrap_or(jitter)
    }

    /// Opens a socket, sends hello, and returns the socket with the first message.
    async fn connect(&mut self) -> Option<(Socket, Frame<ToBrowser>)> {
        let address = self.server;
        let mut request = format!("ws://{address}/ws").into_client_request().ok()?;
        let origin = format!("http://localhost:{}", address.port());
        request.headers_mut().insert("Origin", HeaderValue::from_str(&origin).ok()?);
        request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(SUBPROTOCOL));
        let stream = TcpStream::connect(address).await.ok()?;
        stream.set_nodelay(true).ok()?;
        let config = WebSocketConfig::default().read_buffer_size(1024).write_buffer_size(0);
        let (mut socket, _) = client_async_with_config(request, stream, Some(config)).await.ok()?;
        let hello = hello(self.resume);
        self.heartbeat = Heartbeat::after(&hello)?;
        let mut hello = self.delivery.send(hello).ok()?;
        self.withhold_ack(&mut hello);
        socket.send(Message::text(encode(&hello))).await.ok()?;
        let welcome = next_frame(&mut socket).await?;
        Some((socket, welcome))
    }

    async fn on_welcome(&mut self, socket: &mut Socket, welcome: Frame<ToBrowser>) -> Result<(), ()> {
        let ToBrowser::Welcome { peer, secret, resumed, .. } = welcome.msg else { return Err(()) };
        self.resume = Some(Resume { peer, secret });
        (self.failures, self.pong_by) = (0, None);
        self.ping_at = Instant::now() + self.heartbeat.interval();
        self.report(BotEvent::Welcomed { resumed });
        if resumed {
            self.delivery.acknowledge(welcome.ack);
            for frame in self.delivery.replay() {
                socket.send(Message::text(encode(&frame))).await.map_err(drop)?;
            }
        } else {
            (self.delivery, self.current_match) = (Delivery::default(), None);
            if let Some(tastes) = self.joined.clone() {
                self.join(socket, tastes).await?;
            }
        }
        Ok(())
    }

    /// Runs one connection: `Ok` when the crowd was dropped, `Err` when the connection is lost.
    async fn run_session(&mut self, socket: &mut Socket, welcome: Frame<ToBrowser>) -> Result<(), ()> {
        self.on_welcome(socket, welcome).await?;
        loop {
            let due = [Some(self.ping_at), self.pong_by, self.send_signal_at].into_iter().flatten().min();
            tokio::select! {
                frame = next_frame(socket) => self.on_frame(socket, frame.ok_or(())?).await?,
                order = self.orders.recv() => match order {
                    None => return Ok(()),
                    Some(Order::Join(tastes)) => {
                        self.joined = Some(tastes.clone());
                        self.join(socket, tastes).await?;
                    }
                    Some(Order::Leave) => {
                        (self.joined, self.current_match, self.send_signal_at) = (None, None, None);
                        self.send(socket, ToServer::Leave {}).await?;
                    }
                    Some(Order::Cut) => return Err(()),
                    Some(Order::SendSignals) => self.send_signal_at = Some(Instant::now()),
                    Some(Order::PingIn(wait)) => self.ping_at = Instant::now() + wait,
                    Some(Order::Attack) => self.is_attacking = true,
                },
                () = sleep_until(due.unwrap_or(self.ping_at)) => self.handle_timeout(socket).await?,
            }
        }
    }

    async fn handle_timeout(&mut self, socket: &mut Socket) -> Result<(), ()> {
        let now = Instant::now();
        if self.pong_by.is_some_and(|by| by <= now) {
            return Err(());
        }
        if self.ping_at <= now {
            self.pong_by = Some(now + PONG_WITHIN);
            self.send(socket, ToServer::Ping {}).await?;
        }
        if self.send_signal_at.is_some_and(|at| at <= now) {
            self.send_signal_at = Some(now + SIGNAL_INTERVAL);
            if let Some(it) = &mut self.current_match {
                it.sent += 1;
                let number = it.sent;
                self.send_signal(socket, candidate(number)).await?;
                self.report(BotEvent::Sent(number, now));
            }
        }
        Ok(())
    }

    async fn join(&mut self, socket: &mut Socket, tastes: Tastes) -> Result<(), ()> {
        let media = Media { audio: true, video: true };
        self.send(socket, ToServer::Join { media, hide: false, soft: false, tastes }).await
    }

    async fn send(&mut self, socket: &mut Socket, message: ToServer) -> Result<(), ()> {
        self.heartbeat = Heartbeat::after(&message).unwrap_or(self.heartbeat);
        let mut frame = self.delivery.send(message).map_err(drop)?;
        self.withhold_ack(&mut frame);
        self.ping_at = Instant::now() + self.heartbeat.interval();
        socket.send(Message::text(encode(&frame))).await.map_err(drop)
    }

    fn withhold_ack(&self, frame: &mut Frame<ToServer>) {
        if self.is_attacking {
            frame.ack = 0;
        }
    }

    async fn send_signal(&mut self, socket: &mut Socket, signal: Signal) -> Result<(), ()> {
        let Some(BotMatch { match_id, .. }) = self.current_match else { return Ok(()) };
        self.send(socket, ToServer::Signal { match_id, epoch: Epoch::FIRST, signal }).await
    }

    async fn on_frame(&mut self, socket: &mut Socket, frame: Frame<ToBrowser>) -> Result<(), ()> {
        let Frame { seq, ack, msg } = frame;
        match self.delivery.receive(seq, ack, msg.is_numbered()) {
            Receipt::Fresh => self.pong_by = None,
            Receipt::Duplicate => return Ok(()),
            Receipt::Broken => panic!("bot {} received {msg:?} out of sequence", self.number),
        }
        if self.delivery.owes_ack() {
            self.send(socket, ToServer::Ping {}).await?;
        }
        match msg {
            ToBrowser::Waiting {} => self.report(BotEvent::Waiting),
            ToBrowser::Seeking { wants, .. } => self.report(BotEvent::Seeking(wants)),
            ToBrowser::Matched { match_id, role, .. } => {
                self.current_match =
                    Some(BotMatch { match_id, has_description: false, candidates: 0, sent: 0 });
                self.report(BotEvent::Matched(match_id));
                if self.is_attacking {
                    for _ in 0..ATTACK_OFFERS {
                        self.send_signal(socket, Signal::Offer { sdp: Sdp(OFFER.into()) }).await?;
                    }
                } else if role == Role::Impolite {
                    self.send_description(socket, Signal::Offer { sdp: Sdp(OFFER.into()) }).await?;
                }
            }
            // As a page does; without an offer, the server would pass over this bot.
            ToBrowser::Prepare { .. } => {
                let signal = Signal::Offer { sdp: Sdp(OFFER.into()) };
                self.send(socket, ToServer::Prepared { number: 1, signal }).await?;
            }
            ToBrowser::Signal { signal, .. } => self.on_signal(socket, signal).await?,
            ToBrowser::Ended { reason, .. } => {
                self.current_match = None;
                self.report(BotEvent::Ended(reason));
            }
            ToBrowser::ComeBack { after_ms } => {
                self.come_back_after = Some(Duration::from_millis(u64::from(after_ms)));
                self.report(BotEvent::ComeBack { after_ms });
            }
            ToBrowser::Error { code, .. } => self.report(BotEvent::Error(code)),
            ToBrowser::Welcome { .. }
            | ToBrowser::Here(_)
            | ToBrowser::Place { .. }
            | ToBrowser::Ice { .. }
            | ToBrowser::Check { .. }
            | ToBrowser::Partner { .. }
            | ToBrowser::Reported { .. }
            | ToBrowser::Sanctioned(_)
            | ToBrowser::Again {}
            | ToBrowser::Pong {} => {}
        }
        Ok(())
    }

    async fn send_description(&mut self, socket: &mut Socket, description: Signal) -> Result<(), ()> {
        self.send_signal(socket, description).await?;
        for _ in 0..CANDIDATES {
            self.send_signal(socket, candidate(0)).await?;
        }
        Ok(())
    }

    async fn on_signal(&mut self, socket: &mut Socket, signal: Signal) -> Result<(), ()> {
        let Some(it) = &mut self.current_match else { return Ok(()) };
        match signal {
            Signal::Offer { .. } if self.is_attacking => {}
            Signal::Offer { .. } => {
                it.has_description = true;
                self.send_description(socket, Signal::Answer { sdp: Sdp(ANSWER.into()) }).await?;
            }
            Signal::Answer { .. } => it.has_description = true,
            Signal::Candidate(candidate) => match number_of(&candidate) {
                0 => it.candidates += 1,
                number => {
                    self.report(BotEvent::Received(number));
                    return Ok(());
                }
            },
            Signal::EndOfCandidates { .. } => {}
        }
        if let Some(BotMatch { match_id, has_description: true, candidates: CANDIDATES, .. }) =
            self.current_match
        {
            self.send(socket, ToServer::Connected { match_id }).await?;
            self.report(BotEvent::Talking);
        }
        Ok(())
    }
}

/// Receives the next message and answers WebSocket pings meanwhile; `None` when the connection is lost.
async fn next_frame(socket: &mut Socket) -> Option<Frame<ToBrowser>> {
    loop {
        match socket.next().await?.ok()? {
            Message::Text(text) => return decode_lenient(&text),
            Message::Ping(_) => socket.flush().await.ok()?,
            Message::Pong(_) => {}
            Message::Binary(_) | Message::Close(_) | Message::Frame(_) => return None,
        }
    }
}

/// A candidate whose port carries a number; 0 marks the ordinary ones. The others are not host candidates, which have a
/// lower limit.
fn candidate(number: u16) -> Signal {
    let port = 1024 + number;
    let kind = if number == 0 { "host" } else { "srflx raddr 0.0.0.0 rport 0" };
    Signal::Candidate(Candidate {
        candidate: Sdp(format!(
            "candidate:1 1 udp 2113937151 192.0.2.7 {port} typ {kind} generation 0 ufrag I+IT network-cost 999"
        )),
        sdp_mid: Some("0".into()),
        sdp_m_line_index: Some(0),
        username_fragment: Some("I+IT".into()),
    })
}

fn number_of(candidate: &Candidate) -> u16 {
    let port = candidate.candidate.0.split(' ').nth(5).and_then(|it| it.parse::<u16>().ok());
    port.expect("the candidate was made by a bot") - 1024
}
