//! An independent TURN client against the relay, for hours.

use core::{net::SocketAddr, time::Duration};

use turn_client_proto::{
    api::{Transmit, TurnClientApi, TurnConfig, TurnEvent, TurnPollRet, TurnRecvRet},
    tcp::TurnClientTcp,
    types::{Instant, TransportType, TurnCredentials},
    udp::TurnClientUdp,
};

use super::{Client, World};
use crate::{
    relay::{Path, Transport},
    time::Moment,
};

/// Two clients of the library on one relay.
struct Pair<C> {
    world: World,
    clients: [C; 2],
    paths: [Path; 2],
    received: [Vec<(SocketAddr, Vec<u8>)>; 2],
    events: Vec<TurnEvent>,
}

impl<C: TurnClientApi> Pair<C> {
    fn new(transport: Transport, connect: impl Fn(SocketAddr, SocketAddr, TurnConfig) -> C) -> Self {
        let ends = [(1, 0), (2, 1)].map(|(number, end)| Client::new(number, 9, end).over(transport));
        let clients = ends.each_ref().map(|it| {
            let config = TurnConfig::new(TurnCredentials::new(&it.user_name, &it.password));
            connect(it.path.remote, it.path.local, config)
        });
        let paths = ends.map(|it| it.path);
        let mut it =
            Self { world: World::new(), clients, paths, received: Default::default(), events: Vec::new() };
        it.settle();
        it
    }

    /// The time as the library counts it.
    fn instant(&self) -> Instant {
        Instant::ZERO + Duration::from_millis(self.world.now.as_millis())
    }

    /// Delivers everything until nobody has anything to send. The library sends one request in 50 ms.
    fn settle(&mut self) {
        const ROUNDS: usize = 8;
        for _ in 0..ROUNDS {
            self.world.pass(Duration::from_millis(51));
            let now = self.instant();
            let mut sent = Vec::new();
            for (client, path) in self.clients.iter_mut().zip(self.paths) {
                client.poll(now);
                sent.extend(
                    std::iter::from_fn(|| client.poll_transmit(now)).map(|it| (path, it.data.to_vec())),
                );
                self.events.extend(std::iter::from_fn(|| client.poll_event()));
            }
            sent.into_iter().for_each(|(path, bytes)| self.send(path, &bytes));
        }
    }

    fn send(&mut self, path: Path, bytes: &[u8]) {
        let Some((to, bytes)) = self.world.send(path, bytes) else { return };
        let now = self.instant();
        let index = self.paths.iter().position(|it| *it == to).unwrap();
        let client = &mut self.clients[index];
        let transmit = Transmit::new(bytes, client.transport(), to.local, to.remote);
        if let TurnRecvRet::PeerData(data) = client.recv(transmit, now) {
            self.received[index].push((data.peer, data.data().to_vec()));
        }
        while let Some(data) = client.poll_recv(now) {
            self.received[index].push((data.peer, data.data().to_vec()));
        }
    }

    fn names(&self) -> [SocketAddr; 2] {
        self.clients.each_ref().map(|it| it.relayed_addresses().next().unwrap().1)
    }

    /// Lets time pass, and the clients do what they have to do in it.
    fn pass(&mut self, time: Duration) {
        let end = self.world.now + time;
        while self.world.now < end {
            let now = self.instant();
            let waits = self.clients.each_mut().map(|it| match it.poll(now) {
                TurnPollRet::WaitUntil(at) => at.saturating_duration_since(now),
                TurnPollRet::Closed
                | TurnPollRet::AllocateTcpSocket { .. }
                | TurnPollRet::TcpClose { .. } => time,
            });
            let wait = waits[0].min(waits[1]).max(Duration::from_millis(1)).min(end - self.world.now);
            // The library counts in nanoseconds, the relay in milliseconds.
            self.world.pass(Duration::from_millis(wait.as_millis() as u64 + 1));
            self.settle();
        }
    }

    fn exchange(&mut self, what: &str) {
        let names = self.names();
        for (from, to) in [(0, 1), (1, 0)] {
            // The library expects no padding in a stream, so there must be none.
            let payload = format!("{what:<28}from{from:>4}");
            let now = self.instant();
            let sent =
                self.clients[from].send_to(TransportType::Udp, names[to], payload.as_bytes().to_vec(), now);
            let transmit = sent.unwrap().map(|it| it.build().data);
            if let Some(bytes) = transmit {
                self.send(self.paths[from], &bytes);
            }
            self.settle();
            assert_eq!(self.received[to].pop(), Some((names[from], payload.into_bytes())), "{what}");
        }
    }

    /// Everything that a client does, for three hours with credentials for a minute.
    fn check(mut self) {
        let names = self.names();
        let now = self.instant();
        for (client, peer) in self.clients.iter_mut().zip([names[1], names[0]]) {
            client.create_permission(TransportType::Udp, peer.ip(), now).unwrap();
        }
        self.settle();
        self.exchange("indications");
        let now = self.instant();
        self.clients[0].bind_channel(TransportType::Udp, names[1], now).unwrap();
        self.settle();
        self.exchange("a channel and indications");
        let now = self.instant();
        self.clients[1].bind_channel(TransportType::Udp, names[0], now).unwrap();
        self.settle();
        self.exchange("channels");
        for minute in 1..=180 {
            self.pass(Duration::from_secs(60));
            self.exchange(&format!("minute {minute}"));
        }
        assert_eq!(self.names(), names, "they have kept their names");
        let failures = |it: &&TurnEvent| {
            matches!(
                it,
                TurnEvent::AllocationCreateFailed(_)
                    | TurnEvent::PermissionCreateFailed(..)
                    | TurnEvent::ChannelCreateFailed(..)
            )
        };
        assert_eq!(self.events.iter().filter(failures).count(), 0, "{:?}", self.events);
        let now = self.instant();
        self.clients.iter_mut().for_each(|it| it.delete(now).unwrap());
        self.settle();
        assert_eq!((self.world.relay.allocations(), self.world.relay.deadline()), (0, None));
        assert!(self.world.now > Moment::from_millis(10_800_000));
    }
}

#[test]
fn a_client_over_udp_stays_for_hours() {
    Pair::new(Transport::Udp, TurnClientUdp::allocate).check();
}

#[test]
fn a_client_over_tcp_stays_for_hours() {
    Pair::new(Transport::Tcp, TurnClientTcp::allocate).check();
}
