//! The server's own relay: real sockets, the credentials of a real match, and an independent TURN client.

use std::{
    net::{SocketAddr, UdpSocket},
    time::Duration,
};

use passerby::{
    protocol::{IceServer, Media, Tastes, ToBrowser, ToServer},
    server::Config,
};
use turn_client_proto::{
    api::{Transmit, TurnClientApi, TurnConfig, TurnRecvRet},
    types::{Instant, TransportType, TurnCredentials},
    udp::TurnClientUdp,
};

use super::support::{TEST_TIMEOUT, TestClient, TestServer};

/// A client of the relay on a socket of its own.
struct RelayClient {
    socket: UdpSocket,
    turn: TurnClientUdp,
    started: tokio::time::Instant,
    received: Vec<(SocketAddr, Vec<u8>)>,
}

impl RelayClient {
    /// Uses the credentials in the last server of a `matched`.
    fn new(ice: &[IceServer]) -> Self {
        let server = ice.last().unwrap();
        let authority = server.urls[0].strip_prefix("turn:").unwrap().strip_suffix("?transport=udp").unwrap();
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
        let (name, password) = (server.username.as_deref().unwrap(), server.credential.as_deref().unwrap());
        let config = TurnConfig::new(TurnCredentials::new(name, password));
        let turn = TurnClientUdp::allocate(socket.local_addr().unwrap(), authority.parse().unwrap(), config);
        Self { socket, turn, started: tokio::time::Instant::now(), received: Vec::new() }
    }

    fn now(&self) -> Instant {
        Instant::from_std(self.started.into_std())
    }

    fn send(&self, bytes: &[u8]) {
        self.socket.send_to(bytes, self.turn.remote_addr()).unwrap();
    }

    /// Sends and receives what there is.
    fn run(&mut self) {
        let now = self.now();
        self.turn.poll(now);
        while let Some(it) = self.turn.poll_transmit(now) {
            self.send(&it.data);
        }
        while self.turn.poll_event().is_some() {}
        let mut buffer = [0; 2_048];
        while let Ok((len, from)) = self.socket.recv_from(&mut buffer) {
            let to = self.socket.local_addr().unwrap();
            let transmit = Transmit::new(buffer[..len].to_vec(), TransportType::Udp, from, to);
            if let TurnRecvRet::PeerData(data) = self.turn.recv(transmit, now) {
                self.received.push((data.peer, data.data().to_vec()));
            }
        }
    }

    fn name(&self) -> Option<SocketAddr> {
        self.turn.relayed_addresses().next().map(|(_, it)| it)
    }

    fn send_to(&mut self, peer: SocketAddr, payload: &[u8]) {
        let now = self.now();
        let sent = self.turn.send_to(TransportType::Udp, peer, payload.to_vec(), now).unwrap();
        if let Some(it) = sent {
            self.send(&it.build().data);
        }
    }
}

/// Runs both clients until a condition holds.
fn run_until(clients: &mut [RelayClient; 2], what: &str, done: impl Fn(&[RelayClient; 2]) -> bool) {
    let started = tokio::time::Instant::now();
    while !done(clients) {
        assert!(started.elapsed() < TEST_TIMEOUT, "{what}");
        clients.iter_mut().for_each(RelayClient::run);
    }
}

/// A free port for the relay. It could be taken before the server binds it, which has not been seen.
fn free_address() -> SocketAddr {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

async fn matched(client: &mut TestClient) -> (bool, Vec<IceServer>) {
    loop {
        if let ToBrowser::Matched { ice, relay_only, .. } = client.receive().await {
            return (relay_only, ice);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_hide_their_addresses_reach_each_other_through_the_relay_only() {
    let mut config = Config::default();
    config.relay.addr = Some(free_address());
    let server = TestServer::open_with(config).await;
    let mut peers = [TestClient::open(&server).await, TestClient::open(&server).await];
    for peer in &mut peers {
        let media = Media { audio: true, video: true };
        peer.send(ToServer::Join { media, hide: true, tastes: Tastes::default() }).await;
    }
    let [first, second] = &mut peers;
    let ((relay_only, one), (_, other)) = (matched(first).await, matched(second).await);
    assert!(relay_only);
    assert_eq!((one.len(), other.len()), (1, 1), "no STUN server learns the addresses of people who hide");
    tokio::task::spawn_blocking(move || {
        let mut clients = [RelayClient::new(&one), RelayClient::new(&other)];
        run_until(&mut clients, "both have a name", |it| it.iter().all(|it| it.name().is_some()));
        let names = clients.each_ref().map(|it| it.name().unwrap());
        assert!(names.iter().all(|it| it.ip().to_string() == "192.0.0.8"), "{names:?}");
        for (client, peer) in clients.iter_mut().zip([names[1], names[0]]) {
            let now = client.now();
            client.turn.create_permission(TransportType::Udp, peer.ip(), now).unwrap();
        }
        let permits = |it: &RelayClient| it.turn.have_permission(TransportType::Udp, names[0].ip());
        run_until(&mut clients, "both have a permission", |it| it.iter().all(permits));
        clients[0].send_to(names[1], b"hello");
        run_until(&mut clients, "it arrives", |it| !it[1].received.is_empty());
        assert_eq!(clients[1].received, [(names[0], b"hello".to_vec())]);
    })
    .await
    .unwrap();
    assert_eq!(server.metric("passerby_relay_allocations").await, 2);
    assert_eq!(server.metric("passerby_relay_allocated_total").await, 2);
    assert_eq!(server.metric("passerby_relay_packets_total").await, 1);
    assert_eq!(server.metric("passerby_relay_bytes_total").await, 5);
    assert_eq!(server.metric("passerby_relay_dropped_total{reason=\"unproven\"}").await, 0);
}
