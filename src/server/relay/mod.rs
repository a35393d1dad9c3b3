//! [`RelayServer`]: the sockets and connections around the relay's state machine.
//!
//! One lock guards the machine. It is held while one packet is handled, never while one is sent.

mod accounts;
pub(crate) mod metrics;
mod outbox;
pub(crate) mod stream;
mod udp;

use std::{
    collections::HashMap,
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

/// How often the relay looks for a new deadline at least. No allocation is shorter.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(60);

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
        let state = Mutex::new(State { relay, outboxes: HashMap::new() });
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
            self.report(&state);
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
            self.report(&state);
            over_udp
        };
        if over_udp.is_some_and(|to| self.udp.send(packet.bytes(), to).is_err()) {
            self.state().relay.on_dropped(DropReason::Full);
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
        self.state().outboxes.entry(path).insert_entry(StreamOutbox::default()).get().filled()
    }

    /// The connection of a client has ended.
    fn on_closed(&self, path: Path) {
        let mut state = self.state();
        state.outboxes.remove(&path);
        state.relay.on_closed(path);
        self.report(&state);
    }

    /// Moves what waits for a client to the end of `bytes`.
    fn take_outbox(&self, path: Path, bytes: &mut Vec<u8>) {
        if let Some(it) = self.state().outboxes.get_mut(&path) {
            it.take(bytes);
        }
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
        let dropped = if is_answer {
            usize::from(!outbox.add_answer(packet.bytes()))
        } else {
            outbox.add_media(packet.bytes())
        };
        for _ in 0..dropped {
            self.relay.on_dropped(DropReason::Full);
        }
    }
}
