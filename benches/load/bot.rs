//! A client without a browser: keeps a session with the server as the real page does, and exchanges signals with its
//! partner.

use std::{iter, net::SocketAddr, sync::Arc, time::Duration};

use futures::{SinkExt, StreamExt};
use passerby::protocol::{
    Affinity, Delivery, EndReason, Epoch, ErrorCode, Frame, Heartbeat, MatchId, Media, Message as _,
    PreparedOffer, Receipt, Resume, Role, Signal, Tastes, ToBrowser, ToServer, decode_lenient, encode,
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

use crate::{
    signals::{CANDIDATES, answer, candidate, number_of, offer},
    support::hello::hello,
};

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
    /// The server knows it, with its session if `resumed`, or with the match of its ticket if `restored`.
    Welcomed {
        resumed: bool,
        restored: bool,
    },
    Waiting,
    Seeking(Affinity),
    Matched(BotMatched),
    /// Both descriptions and all candidates have been exchanged.
    Talking,
    /// The server behind its socket was replaced, and it says `hello` to the next one.
    Again,
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

/// A bot was matched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BotMatched {
    pub(crate) match_id: MatchId,
    /// When it sent its last `join`.
    pub(crate) joined_at: Instant,
    /// When it learned of the match.
    pub(crate) at: Instant,
}

/// The current match of a bot.
struct BotMatch {
    match_id: MatchId,
    epoch: Epoch,
    /// From which another server rebuilds the match.
    ticket: Option<String>,
    has_description: bool,
    /// Candidates received from the partner.
    candidates: u16,
    /// The number of the last candidate that was sent for [`Order::SendSignals`].
    sent: u16,
    is_talking: bool,
}

/// A bot and its state.
pub(crate) struct Bot {
    number: usize,
    /// Any of them will do.
    servers: Arc<[SocketAddr]>,
    /// The one that it uses now, or tries next.
    server: usize,
    orders: UnboundedReceiver<Order>,
    events: UnboundedSender<(usize, BotEvent)>,
    delivery: Delivery<ToServer>,
    resume: Option<Resume>,
    /// Whether it has said `hello` again on the same socket, and is not welcomed yet.
    is_greeting: bool,
    /// What it joined with, if it waits or is matched.
    joined: Option<Tastes>,
    joined_at: Instant,
    /// The number of its last prepared offer.
    prepared: u32,
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
        servers: Arc<[SocketAddr]>,
        server: usize,
        orders: UnboundedReceiver<Order>,
        events: UnboundedSender<(usize, BotEvent)>,
    ) -> Self {
        Self {
            number,
            servers,
            server,
            orders,
            events,
            delivery: Delivery::default(),
            resume: None,
            is_greeting: false,
            joined: None,
            joined_at: Instant::now(),
            prepared: 0,
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
            self.server = (self.server + 1) % self.servers.len();
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
        let address = self.servers[self.server];
        let mut request = format!("ws://{address}/ws").into_client_request().ok()?;
        let origin = format!("http://localhost:{}", address.port());
        request.headers_mut().insert("Origin", HeaderValue::from_str(&origin).ok()?);
        request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(SUBPROTOCOL));
        let stream = TcpStream::connect(address).await.ok()?;
        stream.set_nodelay(true).ok()?;
        let config = WebSocketConfig::default().read_buffer_size(1024).write_buffer_size(0);
        let (mut socket, _) = client_async_with_config(request, stream, Some(config)).await.ok()?;
        self.greet(&mut socket).await.ok()?;
        let welcome = next_frame(&mut socket).await?;
        Some((socket, welcome))
    }

    async fn greet(&mut self, socket: &mut Socket) -> Result<(), ()> {
        let mut hello = hello(self.resume);
        if let ToServer::Hello { ticket, .. } = &mut hello {
            *ticket = self.current_match.as_ref().and_then(|it| it.ticket.clone());
        }
        self.heartbeat = Heartbeat::after(&hello).unwrap_or(self.heartbeat);
        let mut hello = self.delivery.send(hello).map_err(drop)?;
        self.withhold_ack(&mut hello);
        socket.send(Message::text(encode(&hello))).await.map_err(drop)
    }

    async fn on_welcome(&mut self, socket: &mut Socket, welcome: Frame<ToBrowser>) -> Result<(), ()> {
        let ToBrowser::Welcome { peer, secret, resumed, match_id, .. } = welcome.msg else { return Err(()) };
        self.resume = Some(Resume { peer, secret });
        (self.failures, self.pong_by, self.is_greeting) = (0, None, false);
        self.ping_at = Instant::now() + self.heartbeat.interval();
        let restored = match_id.is_some() && match_id == self.current_match.as_ref().map(|it| it.match_id);
        self.report(BotEvent::Welcomed { resumed, restored });
        if resumed {
            self.delivery.acknowledge(welcome.ack);
            for frame in self.delivery.replay() {
                socket.send(Message::text(encode(&frame))).await.map_err(drop)?;
            }
        } else if restored {
            self.delivery = Delivery::default();
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
        self.joined_at = Instant::now();
        self.send(socket, ToServer::Join { media, hide: false, soft: false, tastes }).await
    }

    async fn send(&mut self, socket: &mut Socket, message: ToServer) -> Result<(), ()> {
        self.heartbeat = Heartbeat::after(&message).unwrap_or(self.heartbeat);
        let mut frame = self.delivery.send(message).map_err(drop)?;
        self.withhold_ack(&mut frame);
        self.ping_at = Instant::now() + self.heartbeat.interval();
        if self.is_greeting {
            // It is sent after the welcome, if the session goes on.
            return Ok(());
        }
        socket.send(Message::text(encode(&frame))).await.map_err(drop)
    }

    fn withhold_ack(&self, frame: &mut Frame<ToServer>) {
        if self.is_attacking {
            frame.ack = 0;
        }
    }

    async fn send_signal(&mut self, socket: &mut Socket, signal: Signal) -> Result<(), ()> {
        let Some(BotMatch { match_id, epoch, .. }) = self.current_match else { return Ok(()) };
        self.send(socket, ToServer::Signal { match_id, epoch, signal }).await
    }

    async fn on_frame(&mut self, socket: &mut Socket, frame: Frame<ToBrowser>) -> Result<(), ()> {
        if matches!(frame.msg, ToBrowser::Again {}) {
            self.is_greeting = true;
            self.pong_by = Some(Instant::now() + PONG_WITHIN);
            self.report(BotEvent::Again);
            return self.greet(socket).await;
        }
        if self.is_greeting {
            let is_answer = matches!(frame.msg, ToBrowser::Welcome { .. } | ToBrowser::Error { .. });
            // Anything else comes from the former server.
            return if is_answer { self.on_welcome(socket, frame).await } else { Ok(()) };
        }
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
            ToBrowser::Matched { match_id, role, ticket, ahead, .. } => {
                self.on_matched(socket, (match_id, ticket), role, ahead).await?;
            }
            // As a page does; without an offer, the server would pass over this bot.
            ToBrowser::Prepare { .. } => {
                self.prepared += 1;
                let signals =
                    iter::once(offer()).chain(iter::repeat_with(|| candidate(0)).take(CANDIDATES.into()));
                for signal in signals {
                    self.send(socket, ToServer::Prepared { number: self.prepared, signal }).await?;
                }
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

    async fn on_matched(
        &mut self,
        socket: &mut Socket,
        (match_id, ticket): (MatchId, Option<String>),
        role: Role,
        ahead: Option<PreparedOffer>,
    ) -> Result<(), ()> {
        let at = Instant::now();
        let epoch = if ahead.is_some() { Epoch::PREPARED } else { Epoch::FIRST };
        let (has_description, candidates, sent, is_talking) = (false, 0, 0, false);
        let this = BotMatch { match_id, epoch, ticket, has_description, candidates, sent, is_talking };
        self.current_match = Some(this);
        self.report(BotEvent::Matched(BotMatched { match_id, joined_at: self.joined_at, at }));
        match ahead {
            _ if self.is_attacking => {
                for _ in 0..ATTACK_OFFERS {
                    self.send_signal(socket, offer()).await?;
                }
            }
            Some(PreparedOffer::Theirs { candidates, .. }) => {
                self.on_signal(socket, offer()).await?;
                for candidate in candidates {
                    self.on_signal(socket, Signal::Candidate(candidate)).await?;
                }
            }
            None if role == Role::Impolite => self.send_description(socket, offer()).await?,
            Some(PreparedOffer::Yours { .. }) | None => {}
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
                self.send_description(socket, answer()).await?;
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
        if let Some(it) = &mut self.current_match
            && it.has_description
            && it.candidates == CANDIDATES
            && !it.is_talking
        {
            it.is_talking = true;
            let match_id = it.match_id;
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
