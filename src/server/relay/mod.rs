//! The relay's driver: one task that owns the relay and its socket.

pub(crate) mod metrics;

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context;
use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;

use super::{
    clock::{Clock, random_key, since_1970},
    telemetry::Telemetry,
};
use crate::{
    matchmaker::{Keys, RelayAccount},
    relay::{Account, Accounts, Packet, Path, Relay, RelayLimits, Transport},
    time::Moment,
};

/// The user names that this server has sealed.
#[derive(Debug)]
struct SealedAccounts(Keys);

impl Accounts for SealedAccounts {
    fn account(&self, user_name: &str) -> Option<Account> {
        let it = RelayAccount::open(&self.0, user_name)?;
        Some(Account {
            match_id: it.match_id.0.as_u128(),
            end: it.end,
            password: it.password.to_string(),
            expires_at: it.expires_at,
            max_bytes: it.max_bytes,
        })
    }
}

/// Owns the relay and its socket.
#[derive(Debug)]
pub(crate) struct RelayDriver {
    relay: Relay<SealedAccounts>,
    socket: UdpSocket,
    local: SocketAddr,
}

impl RelayDriver {
    /// A relay on this socket, for the accounts of these keys; none without a socket.
    ///
    /// # Errors
    ///
    /// If the system has no randomness, or the socket no address.
    pub(crate) fn new(
        socket: Option<UdpSocket>,
        keys: Keys,
        limits: RelayLimits,
    ) -> anyhow::Result<Option<Self>> {
        let Some(socket) = socket else { return Ok(None) };
        let seed = random_key().context("the system has no randomness")?;
        let local = socket.local_addr().context("the relay's socket has no address")?;
        Ok(Some(Self { relay: Relay::new(seed, limits, SealedAccounts(keys)), socket, local }))
    }

    /// Runs until the server stops.
    pub(crate) async fn run(mut self, clock: Clock, telemetry: Arc<Telemetry>, stopping: CancellationToken) {
        let mut packet = Packet::new();
        loop {
            let deadline = clock.wait_until(self.relay.deadline());
            tokio::select! {
                () = stopping.cancelled() => return,
                received = self.socket.recv_from(packet.space()) => {
                    // An error tells of an earlier packet that a client did not take.
                    if let Ok((len, remote)) = received {
                        packet.set_len(len);
                        self.on_packet(clock.now(), &mut packet, remote, &telemetry);
                    }
                }
                () = deadline => {
                    self.relay.handle_timeout(clock.now());
                    self.report(&telemetry);
                }
            }
        }
    }

    fn on_packet(&mut self, now: Moment, packet: &mut Packet, remote: SocketAddr, telemetry: &Telemetry) {
        let from = Path { transport: Transport::Udp, local: self.local, remote };
        let to = self.relay.handle(now, since_1970().as_secs(), packet, from);
        self.report(telemetry);
        if let Some(to) = to {
            // A packet that cannot be sent now is lost, as on any other link.
            let _ = self.socket.try_send_to(packet.bytes(), to.remote);
        }
    }

    fn report(&self, telemetry: &Telemetry) {
        telemetry.relay.set(self.relay.allocations(), self.relay.counts());
    }
}
