//! [`RelayServer`]: the sockets and connections around the relay's state machine.
//!
//! One lock guards the machine. It is held while one packet is handled, never while one is sent.

mod accounts;
pub(crate) mod metrics;
mod outbox;
mod overflow;
pub(crate) mod stream;
mod udp;

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::Context;
use tokio::{net::UdpSocket, sync::Notify, time::sleep};

use super::{
    clock::{Clock, random_key, since_1970},
    telemetry::Telemetry,
};
use crate::{
    matchmaker::Keys,
    relay::{DropReason, Packet, Path, Relay, RelayLimits, Transport},
};
use accounts::SealedAccounts;
use outbox::StreamOutbox;
use udp::{Batch, UdpEndpoint};

/// The longest wait between two looks at the deadline; every allocation lasts longer.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(60);

/// How much may wait in all connections together, in bytes.
const MAX_WAITING: usize = 64 * 1024 * 1024;

/// How long to receive nothing after the system could not give what it has received: it lacks memory.
const RECEIVE_PAUSE: Duration = Duration::from_millis(50);

/// The relay of this server.
#[derive(Debug)]
pub(crate) struct RelayServer {
    state: Mutex<State>,
    udp: UdpEndpoint,
    clock: Clock,
    telemetry: Arc<Telemetry>,
}

#[derive(Debug)]
struct State {
    relay: Relay<SealedAccounts>,
    /// What waits for the client of each open connection.
    outboxes: HashMap<Path, StreamOutbox>,
    /// How much waits in all of them, in bytes.
    waiting: usize,
}

impl RelayServer {
    /// A relay on this socket, for the accounts of these keys.
    ///
    /// # Errors
    ///
    /// If the system has no randomness, or cannot use the socket.
    pub(crate) fn new(
        socket: UdpSocket,
        keys: Keys,
        limits: RelayLimits,
        clock: Clock,
        telemetry: Arc<Telemetry>,
    ) -> anyhow::Result<Self> {
        let seed = random_key().context("the system has no randomness")?;
        let udp = UdpEndpoint::new(socket).context("cannot use the relay's socket")?;
        let relay = Relay::new(seed, limits, SealedAccounts(keys));
        let state = Mutex::new(State { relay, outboxes: HashMap::new(), waiting: 0 });
        Ok(Self { state, udp, clock, telemetry })
    }

    /// Serves the UDP socket, and ends allocations in time. It never returns.
    pub(crate) async fn run(&self) {
        tokio::join!(self.serve_udp(), self.expire());
    }

    async fn serve_udp(&self) {
        let (mut batch, mut packet) = (Batch::new(), Packet::new());
        loop {
            if self.udp.receive(&mut batch).await.is_err() {
                sleep(RECEIVE_PAUSE).await;
            }
            for (datagram, from) in self.udp.datagrams(&batch) {
                packet.fill(datagram);
                self.on_packet(&mut packet, from);
            }
        }
    }

    async fn expire(&self) {
        loop {
            let latest = self.clock.now() + EXPIRY_INTERVAL;
            let deadline = self.state().relay.deadline().map_or(latest, |it| it.min(latest));
            self.clock.wait_until(Some(deadline)).await;
            let mut state = self.state();
            state.relay.handle_timeout(self.clock.now());
            state.end_streams();
            self.report(&state);
            drop(state);
            if let Some(lost) = overflow::overflowed(self.udp.port()) {
                self.telemetry.relay.set_overflowed(lost);
            }
        }
    }

    /// Handles a packet, and sends what follows from it.
    fn on_packet(&self, packet: &mut Packet, from: Path) {
        let over_udp = {
            let mut state = self.state();
            let to = state.relay.handle(self.clock.now(), since_1970().as_secs(), packet, from);
            let over_udp = to.filter(|it| it.transport == Transport::Udp);
            if let (Some(to), None) = (to, over_udp) {
                state.put(packet, to, to == from);
            }
            state.end_streams();
            self.report(&state);
            over_udp
        };
        if let Some(Err(error)) = over_udp.map(|to| self.udp.send(packet.bytes(), to)) {
            let is_full = error.kind() == io::ErrorKind::WouldBlock;
            let why = if is_full { DropReason::Full } else { DropReason::Unsendable };
            self.state().relay.on_dropped(why);
        }
    }

    /// A client has sent in a connection what is no packet.
    fn on_malformed(&self) {
        let mut state = self.state();
        state.relay.on_dropped(DropReason::Malformed);
        self.report(&state);
    }

    /// A client has opened a connection. Returns what is notified when there is something to send.
    fn on_opened(&self, path: Path) -> Arc<Notify> {
        let mut state = self.state();
        // The end of an earlier connection with the same addresses may not have been noticed yet.
        state.remove(path);
        let outbox = StreamOutbox::default();
        let filled = outbox.filled();
        state.outboxes.insert(path, outbox);
        filled
    }

    /// A connection of a client has ended: the one that is notified by `filled`.
    fn on_closed(&self, path: Path, filled: &Arc<Notify>) {
        let mut state = self.state();
        if state.outbox_of(path, filled).is_some() {
            state.remove(path);
            self.report(&state);
        }
    }

    /// Takes what waits for the client of this connection, and returns whether it is the last.
    fn take_outbox(&self, path: Path, filled: &Arc<Notify>) -> (Vec<Box<[u8]>>, bool) {
        let mut state = self.state();
        let Some(outbox) = state.outbox_of(path, filled) else { return (Vec::new(), true) };
        let size = outbox.bytes();
        let taken = outbox.take();
        state.waiting -= size;
        taken
    }

    fn has_allocation(&self, path: Path) -> bool {
        self.state().relay.has_allocation(path)
    }

    fn report(&self, state: &State) {
        self.telemetry.relay.set(state.relay.allocations(), state.relay.counts());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Puts a packet into the outbox of a connection.
    fn put(&mut self, packet: &Packet, to: Path, is_answer: bool) {
        let Some(outbox) = self.outboxes.get_mut(&to) else { return };
        let before = outbox.bytes();
        let dropped = if self.waiting + packet.bytes().len() > MAX_WAITING {
            1
        } else if is_answer {
            usize::from(!outbox.add_answer(packet.bytes()))
        } else {
            outbox.add_media(packet.bytes())
        };
        self.waiting = self.waiting - before + outbox.bytes();
        for _ in 0..dropped {
            self.relay.on_dropped(DropReason::Full);
        }
    }

    /// The outbox of the connection that is notified by `filled`; `None` if it is closed.
    fn outbox_of(&mut self, path: Path, filled: &Arc<Notify>) -> Option<&mut StreamOutbox> {
        self.outboxes.get_mut(&path).filter(|it| Arc::ptr_eq(&it.filled(), filled))
    }

    /// Forgets a connection and its client.
    fn remove(&mut self, path: Path) {
        if let Some(it) = self.outboxes.remove(&path) {
            self.waiting -= it.bytes();
        }
        self.relay.on_closed(path);
        self.end_streams();
    }

    /// Closes the connections whose allocation has ended.
    fn end_streams(&mut self) {
        for path in self.relay.take_ended_streams() {
            if let Some(outbox) = self.outboxes.get_mut(&path) {
                outbox.end();
            }
        }
    }
}
