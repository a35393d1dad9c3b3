//! The relay's driver: one task that owns the relay and its socket.

pub(crate) mod metrics;

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context;
use tokio::{net::UdpSocket, time::sleep_until};
use tokio_util::sync::CancellationToken;

use super::{
    clock::{Clock, since_1970},
    telemetry::Telemetry,
};
use crate::{
    matchmaker::{Keys, RelayAccount},
    relay::{Account, Accounts, Packet, Path, Relay, RelayConfig, Transport},
    time::Moment,
};

/// What the relay needs to know of the configuration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RelayLimits {
    /// Maximum number of allocations.
    pub(crate) max_allocations: usize,
    /// How much the two ends of a match may send together, in bytes per second.
    pub(crate) match_bytes_per_second: u32,
}

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
}

impl RelayDriver {
    /// A relay on this socket, for the accounts of these keys; none without a socket.
    ///
    /// # Errors
    ///
    /// If the system has no randomness.
    pub(crate) fn new(
        socket: Option<UdpSocket>,
        keys: Keys,
        limits: RelayLimits,
    ) -> anyhow::Result<Option<Self>> {
        let Some(socket) = socket else { return Ok(None) };
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).context("the system has no randomness")?;
        let RelayLimits { max_allocations, match_bytes_per_second } = limits;
        let config = RelayConfig { seed, max_allocations, match_bytes_per_second };
        let relay = Relay::new(&config, SealedAccounts(keys));
        Ok(Some(Self { relay, socket }))
    }

    /// Runs until the server stops.
    pub(crate) async fn run(mut self, clock: Clock, telemetry: Arc<Telemetry>, stopping: CancellationToken) {
        let mut packet = Packet::new();
        loop {
            let deadline = self.relay.deadline().map(|at| clock.instant(at));
            let deadline = async {
                match deadline {
                    Some(instant) => sleep_until(instant).await,
                    None => std::future::pending().await,
                }
            };
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
        let Ok(local) = self.socket.local_addr() else { return };
        let from = Path { transport: Transport::Udp, local, remote };
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
