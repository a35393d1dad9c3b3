//! The server's own relay: real sockets, the credentials of a real match, and an independent TURN client.

use std::{
    net::{SocketAddr, TcpListener, UdpSocket},
    time::Duration,
};

use passerby::{
    protocol::{IceServer, Media, Tastes, ToBrowser, ToServer},
    server::{Config, config::relay::RelayAddress, run_relay},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use turn_client_proto::{
    api::{Transmit, TurnClientApi, TurnConfig, TurnRecvRet},
    impl_client,
    tcp::TurnClientTcp,
    types::{Instant, TransportType, TurnCredentials},
    udp::TurnClientUdp,
};

use super::{
    support::{SITE, TEST_TIMEOUT, TestClient, TestServer, request},
    tls::{TempFolder, connect},
};

impl_client!(TurnClient, (Udp, TurnClientUdp), (Tcp, TurnClientTcp));

/// A connection over TCP or TLS.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// How a client reaches the relay.
enum Socket {
    Udp(tokio::net::UdpSocket),
    Stream(Box<dyn Stream>),
}

/// A client of the relay on a socket of its own.
pub(crate) struct RelayClient {
    socket: Socket,
    turn: TurnClient,
    started: tokio::time::Instant,
    received: Vec<(SocketAddr, Vec<u8>)>,
}

impl RelayClient {
    /// Uses the credentials of a `matched`.
    pub(crate) async fn over_udp(ice: &[IceServer]) -> Self {
        let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let (local, remote) = (socket.local_addr().unwrap(), authority(ice, "udp"));
        Self::new(Socket::Udp(socket), TurnClientUdp::allocate(local, remote, config(ice)).into())
    }

    async fn over_tcp(ice: &[IceServer]) -> Self {
        let stream = TcpStream::connect(authority(ice, "tcp")).await.unwrap();
        Self::over(stream, ice)
    }

    /// The addresses do not matter to the library.
    fn over(stream: impl Stream + 'static, ice: &[IceServer]) -> Self {
        let remote = authority(ice, "tcp");
        let turn = TurnClientTcp::allocate(([127, 0, 0, 1], 9).into(), remote, config(ice));
        Self::new(Socket::Stream(Box::new(stream)), turn.into())
    }

    fn new(socket: Socket, turn: TurnClient) -> Self {
        Self { socket, turn, started: tokio::time::Instant::now(), received: Vec::new() }
    }

    fn now(&self) -> Instant {
        Instant::from_std(self.started.into_std())
    }

    async fn send(&mut self, bytes: &[u8]) {
        match &mut self.socket {
            Socket::Udp(socket) => {
                socket.send_to(bytes, self.turn.remote_addr()).await.unwrap();
            }
            Socket::Stream(stream) => stream.write_all(bytes).await.unwrap(),
        }
    }

    /// Sends and receives what there is.
    async fn run(&mut self) {
        let now = self.now();
        self.turn.poll(now);
        while let Some(it) = self.turn.poll_transmit(now) {
            self.send(&it.data).await;
        }
        while self.turn.poll_event().is_some() {}
        let mut buffer = [0; 4_096];
        let received = async {
            match &mut self.socket {
                Socket::Udp(socket) => socket.recv(&mut buffer).await,
                Socket::Stream(stream) => stream.read(&mut buffer).await,
            }
        };
        let Ok(Ok(len)) = timeout(Duration::from_millis(5), received).await else { return };
        assert!(len > 0, "the relay keeps the connection open");
        let (from, to) = (self.turn.remote_addr(), self.turn.local_addr());
        let transmit = Transmit::new(buffer[..len].to_vec(), self.turn.transport(), from, to);
        if let TurnRecvRet::PeerData(data) = self.turn.recv(transmit, now) {
            self.received.push((data.peer, data.data().to_vec()));
        }
        while let Some(data) = self.turn.poll_recv(now) {
            self.received.push((data.peer, data.data().to_vec()));
        }
    }

    fn name(&self) -> Option<SocketAddr> {
        self.turn.relayed_addresses().next().map(|(_, it)| it)
    }

    async fn send_to(&mut self, peer: SocketAddr, payload: &[u8]) {
        let now = self.now();
        let sent = self.turn.send_to(TransportType::Udp, peer, payload.to_vec(), now).unwrap();
        if let Some(it) = sent.map(|it| it.build().data) {
            self.send(&it).await;
        }
    }
}

/// Where the relay is reached over this transport.
fn authority(ice: &[IceServer], transport: &str) -> SocketAddr {
    let urls = &ice.last().unwrap().urls;
    let url = urls.iter().find_map(|it| it.strip_suffix(&format!("?transport={transport}"))).unwrap();
    url.strip_prefix("turn:").unwrap().parse().unwrap()
}

fn config(ice: &[IceServer]) -> TurnConfig {
    let server = ice.last().unwrap();
    let (name, password) = (server.username.as_deref().unwrap(), server.credential.as_deref().unwrap());
    TurnConfig::new(TurnCredentials::new(name, password))
}

/// Runs both clients until a condition holds.
async fn run_until(clients: &mut [RelayClient; 2], what: &str, done: impl Fn(&[RelayClient; 2]) -> bool) {
    let started = tokio::time::Instant::now();
    while !done(clients) {
        assert!(started.elapsed() < TEST_TIMEOUT, "{what}");
        for client in &mut *clients {
            client.run().await;
        }
    }
}

/// Two clients of one match exchange a packet in each direction.
pub(crate) async fn exchange(mut clients: [RelayClient; 2]) {
    let names = prepare(&mut clients).await;
    send_both_ways(&mut clients, names).await;
}

/// Two clients of one match get names, and permissions for each other. Returns the names.
async fn prepare(clients: &mut [RelayClient; 2]) -> [SocketAddr; 2] {
    run_until(clients, "both have a name", |it| it.iter().all(|it| it.name().is_some())).await;
    let names = clients.each_ref().map(|it| it.name().unwrap());
    assert!(names.iter().all(|it| it.ip().to_string() == "192.0.0.8"), "{names:?}");
    for (client, peer) in clients.iter_mut().zip([names[1], names[0]]) {
        let now = client.now();
        client.turn.create_permission(TransportType::Udp, peer.ip(), now).unwrap();
    }
    let permits = |it: &RelayClient| it.turn.have_permission(TransportType::Udp, names[0].ip());
    run_until(clients, "both have a permission", |it| it.iter().all(permits)).await;
    names
}

async fn send_both_ways(clients: &mut [RelayClient; 2], names: [SocketAddr; 2]) {
    for (from, to) in [(0, 1), (1, 0)] {
        // The library expects no padding in a stream, so there must be none.
        clients[from].send_to(names[to], b"hello...").await;
        run_until(clients, "it arrives", |it| !it[to].received.is_empty()).await;
        assert_eq!(std::mem::take(&mut clients[to].received), [(names[from], b"hello...".to_vec())]);
    }
}

/// A server with a relay, on a free port.
async fn with_relay(mut config: Config) -> TestServer {
    config.relay.addr = RelayAddress::At(free_address());
    TestServer::open_with(config).await
}

/// An address that is free over UDP and TCP.
pub(crate) fn free_address() -> SocketAddr {
    // Both could be taken before the server binds them, which has not been seen.
    let free = || {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        UdpSocket::bind(address).is_ok().then_some(address)
    };
    std::iter::repeat_with(free).flatten().next().unwrap()
}

/// The credentials of two who hide their addresses and are matched, at this server.
async fn credentials(server: &TestServer) -> [Vec<IceServer>; 2] {
    let mut peers = [TestClient::open(server).await, TestClient::open(server).await];
    for peer in &mut peers {
        let media = Media { audio: true, video: true };
        peer.send(ToServer::Join { media, hide: true, soft: false, tastes: Tastes::default() }).await;
    }
    let [first, second] = &mut peers;
    [matched(first).await, matched(second).await]
}

async fn matched(client: &mut TestClient) -> Vec<IceServer> {
    loop {
        if let ToBrowser::Matched { ice, relay_only, .. } = client.receive().await {
            assert!(relay_only);
            return ice;
        }
    }
}

#[tokio::test]
async fn two_who_hide_their_addresses_reach_each_other_through_the_relay_only() {
    let server = with_relay(Config::default()).await;
    let [one, other] = credentials(&server).await;
    assert_eq!((one.len(), other.len()), (1, 1), "no STUN server learns the addresses of people who hide");
    let clients = [RelayClient::over_udp(&one).await, RelayClient::over_udp(&other).await];
    exchange(clients).await;
    assert_eq!(server.metric("passerby_relay_allocations").await, 2);
    assert_eq!(server.metric("passerby_relay_allocated_total").await, 2);
    assert_eq!(server.metric("passerby_relay_packets_total").await, 2);
    assert_eq!(server.metric("passerby_relay_bytes_total").await, 16);
    assert_eq!(server.metric("passerby_relay_dropped_total{reason=\"unproven\"}").await, 0);
}

#[tokio::test]
async fn clients_over_udp_and_tcp_reach_each_other() {
    let server = with_relay(Config::default()).await;
    let [one, other] = credentials(&server).await;
    exchange([RelayClient::over_udp(&one).await, RelayClient::over_tcp(&other).await]).await;
    let [one, other] = credentials(&server).await;
    exchange([RelayClient::over_tcp(&one).await, RelayClient::over_tcp(&other).await]).await;
    while server.metric("passerby_relay_allocations").await > 1 {
        // The allocations of the closed connections end; the one over UDP cannot know.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn the_port_of_the_page_serves_the_relay_over_tls_too() {
    let folder = TempFolder::new("relay");
    let trusted = folder.write_certificate();
    let with_key = |mut config: Config| {
        config.state.dir = folder.at("state");
        config
    };
    // A server with the same key gives credentials without TLS.
    let plain = with_relay(with_key(Config::default())).await;
    let server = with_relay(with_key(folder.config())).await;
    let [one, other] = credentials(&plain).await;
    let [one, other] = [(connect(&server, &trusted).await, one), (connect(&server, &trusted).await, other)]
        .map(|(stream, ice)| RelayClient::over(stream.unwrap(), &ice));
    exchange([one, other]).await;
    assert_eq!(server.metric("passerby_relay_packets_total").await, 2);
    let mut page = connect(&server, &trusted).await.unwrap();
    let response = request(&mut page, "localhost", "/healthz", &[]).await;
    assert_eq!(response.status, 200);
}

#[tokio::test]
async fn calls_through_a_relay_apart_outlive_the_server() {
    let folder = TempFolder::new("apart");
    let mut config = Config::default();
    config.relay.addr = RelayAddress::At(free_address());
    (config.relay.apart, config.state.dir, config.metrics.addr) = (true, folder.at("state"), None);
    let server = TestServer::open_with(config.clone()).await;
    let [one, other] = credentials(&server).await;
    config.leptos.site_root = SITE.into();
    let (stop, requested) = tokio::sync::oneshot::channel::<()>();
    let relay = tokio::spawn(run_relay(config.resolve().unwrap(), async { drop(requested.await) }));
    let mut clients = [RelayClient::over_udp(&one).await, RelayClient::over_udp(&other).await];
    let names = prepare(&mut clients).await;
    send_both_ways(&mut clients, names).await;
    server.stop().await.unwrap().unwrap();
    send_both_ways(&mut clients, names).await;
    drop(stop);
    relay.await.unwrap().unwrap();
}

#[tokio::test]
async fn firefox_is_told_that_it_uses_no_relay_at_a_loopback_address() {
    let (with, without) = (with_relay(Config::default()).await, TestServer::open().await);
    for (server, browser, is_told) in [
        (&with, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", true),
        (&with, "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36", false),
        (&without, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", false),
    ] {
        let page = server.get("/", &[("User-Agent", browser)]).await;
        assert_eq!(page.status, 200);
        assert_eq!(page.body.contains("firefox-note"), is_told, "{browser}");
        assert_eq!(page.body.contains("data-relay"), std::ptr::eq(server, &with));
    }
}

/// How long the relay keeps this connection open.
async fn time_to_close(mut stream: TcpStream) -> Duration {
    let started = tokio::time::Instant::now();
    let closed = timeout(TEST_TIMEOUT, stream.read(&mut [0; 64])).await.expect("it is closed");
    assert!(matches!(closed, Ok(0) | Err(_)), "{closed:?}");
    started.elapsed()
}

#[tokio::test]
async fn a_connection_without_an_allocation_or_with_anything_else_is_closed() {
    let mut config = Config::default();
    config.limits.head_seconds = 1;
    let server = with_relay(config).await;
    let [ice, _] = credentials(&server).await;
    let open = async || TcpStream::connect(authority(&ice, "tcp")).await.unwrap();
    let silent = time_to_close(open().await).await;
    assert!(silent >= Duration::from_millis(900), "{silent:?}");
    let mut stream = open().await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let foreign = time_to_close(stream).await;
    assert!(foreign < Duration::from_millis(900), "{foreign:?}");
    assert_eq!(server.metric("passerby_relay_dropped_total{reason=\"malformed\"}").await, 1);

    let mut client = RelayClient::over_tcp(&ice).await;
    let started = tokio::time::Instant::now();
    while started.elapsed() < Duration::from_millis(2_500) {
        client.run().await;
    }
    assert!(client.name().is_some(), "one with an allocation stays");

    let now = client.now();
    client.turn.delete(now).unwrap();
    while let Some(it) = client.turn.poll_transmit(now) {
        client.send(&it.data).await;
    }
    let Socket::Stream(mut stream) = client.socket else { unreachable!() };
    let ended = timeout(TEST_TIMEOUT, stream.read_to_end(&mut Vec::new())).await.expect("it is closed");
    assert!(ended.unwrap() > 0, "after the answer");
}

#[tokio::test]
async fn the_connection_of_an_allocation_that_gives_way_is_closed() {
    let mut config = Config::default();
    config.limits.head_seconds = 60;
    let server = with_relay(config).await;
    let [ice, _] = credentials(&server).await;
    // More than one end may have: the one that was idle longest goes, and its connection with it.
    let mut clients = Vec::new();
    for _ in 0..33 {
        let mut client = RelayClient::over_tcp(&ice).await;
        let started = tokio::time::Instant::now();
        while client.name().is_none() {
            assert!(started.elapsed() < TEST_TIMEOUT);
            client.run().await;
        }
        clients.push(client);
    }
    let Socket::Stream(mut first) = clients.remove(0).socket else { unreachable!() };
    let ended = timeout(TEST_TIMEOUT, first.read_to_end(&mut Vec::new())).await.expect("it is closed");
    assert_eq!(ended.unwrap(), 0);
    assert_eq!(server.metric("passerby_relay_allocations").await, 32);
}

#[tokio::test]
async fn media_for_a_client_that_does_not_read_is_dropped_and_its_connection_closed() {
    let mut config = Config::default();
    config.limits.write_seconds = 1;
    config.relay.call_kib = 65_536;
    let server = with_relay(config).await;
    let [one, other] = credentials(&server).await;
    let mut clients = [RelayClient::over_udp(&one).await, RelayClient::over_tcp(&other).await];
    let names = prepare(&mut clients).await;
    let started = tokio::time::Instant::now();
    while server.metric("passerby_relay_allocations").await == 2 {
        assert!(started.elapsed() < TEST_TIMEOUT, "the connection is closed");
        for _ in 0..500 {
            clients[0].send_to(names[1], &[7; 1_000]).await;
        }
    }
    assert!(server.metric("passerby_relay_dropped_total{reason=\"full\"}").await > 100);
}
