//! [`Listeners`]: the sockets on which a server listens, bound here or handed over by the service manager.

use std::{env, io, net::SocketAddr, time::Duration};

use anyhow::{Context, bail};
use listenfd::ListenFd;
use tokio::{
    net::{TcpListener, TcpSocket, UdpSocket},
    runtime::Handle,
};

use crate::server::config::{
    Config, Resolved,
    relay::{RelayPlan, RelayRunning},
};

/// The number of connections that may wait to be accepted. After a restart all pages connect at once, and a page that
/// finds no place tries again only after a second. The system may reduce it (`net.core.somaxconn`).
const BACKLOG: u32 = 16_384;

/// The sockets on which a server listens. They are bound before it runs, so that the caller knows the ports.
#[derive(Debug)]
pub struct Listeners {
    /// For pages and sockets.
    pub site: TcpListener,
    /// For plain HTTP, redirected to TLS.
    pub redirect: Option<TcpListener>,
    /// For `/metrics`.
    pub metrics: Option<TcpListener>,
    /// For the pages of the moderators.
    pub moderation: Option<TcpListener>,
    /// For the own relay.
    pub relay: Option<RelaySockets>,
    /// Whether the service manager keeps the site's socket when this server ends, so that new connections wait in the
    /// system for the next one.
    pub are_handed_over: bool,
}

/// The sockets of the own relay, with the same address.
#[derive(Debug)]
pub struct RelaySockets {
    /// For datagrams.
    pub udp: UdpSocket,
    /// For connections.
    pub tcp: TcpListener,
}

/// Listening sockets that the service manager has opened for this process (`sd_listen_fds(3)`).
#[derive(Debug, Default)]
pub struct InheritedSockets {
    site: Option<std::net::TcpListener>,
    redirect: Option<std::net::TcpListener>,
    metrics: Option<std::net::TcpListener>,
    moderation: Option<std::net::TcpListener>,
}

/// What a socket is for, by the name that the service manager gives it (`FileDescriptorName=`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Site,
    Redirect,
    Metrics,
    Moderation,
}

impl InheritedSockets {
    /// Takes the sockets over; there are none if no service manager has opened any for this process.
    ///
    /// It changes the environment, so call it before there are other threads.
    ///
    /// # Errors
    ///
    /// If a socket has an unknown name, two have the same name, or one is not a TCP socket.
    pub fn take() -> anyhow::Result<Self> {
        let names = env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut handed_over = ListenFd::from_env();
        let mut sockets = Self::default();
        for (index, purpose) in purposes(&names, handed_over.len())?.into_iter().enumerate() {
            let socket = handed_over.take_tcp_listener(index);
            let socket = socket.with_context(|| format!("socket {index} of the service manager"))?;
            match purpose {
                Purpose::Site => sockets.site = socket,
                Purpose::Redirect => sockets.redirect = socket,
                Purpose::Metrics => sockets.metrics = socket,
                Purpose::Moderation => sockets.moderation = socket,
            }
        }
        Ok(sockets)
    }

    /// Replaces the configured addresses by those of the sockets, so that the rest of the configuration is checked
    /// against the real ones.
    ///
    /// # Errors
    ///
    /// If a socket has no address.
    pub fn replace_addresses(&self, config: &mut Config) -> io::Result<()> {
        if let Some(site) = &self.site {
            config.leptos.site_addr = site.local_addr()?;
        }
        if let Some(redirect) = &self.redirect {
            config.tls.redirect_addr = Some(redirect.local_addr()?);
        }
        if let Some(metrics) = &self.metrics {
            config.metrics.addr = Some(metrics.local_addr()?);
        }
        if let Some(moderation) = &self.moderation {
            config.moderation.addr = Some(moderation.local_addr()?);
        }
        Ok(())
    }
}

/// What the sockets with these names, separated by colons, are for. A single socket without a name is the site's.
fn purposes(names: &str, count: usize) -> anyhow::Result<Vec<Purpose>> {
    let names: Vec<_> = match (names, count) {
        (_, 0) => return Ok(Vec::new()),
        ("", 1) => vec!["site"],
        (names, _) => names.split(':').collect(),
    };
    if names.len() != count {
        bail!("the service manager has opened {count} sockets, but named {}", names.len());
    }
    let mut purposes = Vec::with_capacity(count);
    for name in names {
        let purpose = match name {
            "site" => Purpose::Site,
            "redirect" => Purpose::Redirect,
            "metrics" => Purpose::Metrics,
            "moderation" => Purpose::Moderation,
            _ => bail!(
                "the service manager has opened a socket named {name:?}; \
                 `FileDescriptorName=` must be site, redirect, metrics or moderation"
            ),
        };
        if purposes.contains(&purpose) {
            bail!("the service manager has opened two sockets named {name:?}");
        }
        purposes.push(purpose);
    }
    Ok(purposes)
}

impl Listeners {
    /// Uses the inherited sockets, and binds the other configured addresses. Must run inside the runtime of the site's
    /// listener; the others belong to `workers`.
    ///
    /// # Errors
    ///
    /// If an address is in use or does not belong to this machine; the message names its key.
    pub fn bind(resolved: &Resolved, inherited: InheritedSockets, workers: &Handle) -> anyhow::Result<Self> {
        let are_handed_over = inherited.site.is_some();
        let open = |key: &str, address, inherited| match inherited {
            Some(socket) => {
                adopt(socket).with_context(|| format!("cannot use the inherited socket (`{key}`)"))
            }
            None => listen_at(address).with_context(|| format!("cannot listen on {address} (`{key}`)")),
        };
        let open_if = |key: &str, address: Option<_>, inherited| {
            address.map(|address| open(key, address, inherited)).transpose()
        };
        let site = open("site-addr", resolved.site_addr, inherited.site)?;
        let _inside = workers.enter();
        Ok(Self {
            site,
            redirect: open_if("tls.redirect_addr", resolved.redirect_addr, inherited.redirect)?,
            metrics: open_if("metrics.addr", resolved.metrics_addr, inherited.metrics)?,
            moderation: open_if("moderation.addr", resolved.moderation.addr, inherited.moderation)?,
            relay: match &resolved.relay {
                Some(plan) if plan.running != RelayRunning::Apart => bind_relay(plan)?,
                Some(_) | None => None,
            },
            are_handed_over,
        })
    }

    /// How long calls may go on when the server is told to stop: not at all if the next process listens already.
    pub(crate) fn grace(&self, resolved: &Resolved) -> Duration {
        if self.are_handed_over { Duration::ZERO } else { resolved.grace }
    }

    /// Binds the addresses of a relay that runs apart: its own, and that for `/metrics`.
    ///
    /// # Errors
    ///
    /// If the relay is not to run apart, or an address is in use; the message names its key.
    pub fn bind_relay(resolved: &Resolved) -> anyhow::Result<(RelaySockets, Option<TcpListener>)> {
        let plan = resolved.relay.as_ref().filter(|it| it.running == RelayRunning::Apart);
        let plan = plan.context("`relay.apart` is false: the server runs the relay itself")?;
        let sockets = bind_relay(plan)?.context("there are no sockets")?;
        let metrics =
            |addr| listen_at(addr).with_context(|| format!("cannot listen on {addr} (`metrics.addr`)"));
        Ok((sockets, resolved.metrics_addr.map(metrics).transpose()?))
    }
}

/// Binds the relay's sockets; `None` if that fails and the server can do without a relay.
fn bind_relay(plan: &RelayPlan) -> anyhow::Result<Option<RelaySockets>> {
    let RelayPlan { addr, running, .. } = *plan;
    let bind = || {
        let udp = std::net::UdpSocket::bind(addr)?;
        udp.set_nonblocking(true)?;
        Ok::<_, io::Error>(RelaySockets { udp: UdpSocket::from_std(udp)?, tcp: listen_at(addr)? })
    };
    match bind() {
        Err(error) if running == RelayRunning::IfPossible => {
            tracing::warn!(%addr, %error, "cannot listen for a relay: set `relay.addr` to another address");
            Ok(None)
        }
        result => result.map(Some).with_context(|| format!("cannot listen on {addr} (`relay.addr`)")),
    }
}

fn adopt(socket: std::net::TcpListener) -> io::Result<TcpListener> {
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket)
}

/// Like [`TcpListener::bind`], but with a longer backlog.
fn listen_at(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restarted server must not wait until the last packets of the old one's connections have expired.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_sockets_are_for() {
        assert_eq!(purposes("", 0).unwrap(), []);
        assert_eq!(purposes("stale", 0).unwrap(), [], "no sockets, only a variable that was left over");
        assert_eq!(purposes("", 1).unwrap(), [Purpose::Site]);
        assert_eq!(purposes("redirect", 1).unwrap(), [Purpose::Redirect]);
        let all = [Purpose::Metrics, Purpose::Site, Purpose::Moderation, Purpose::Redirect];
        assert_eq!(purposes("metrics:site:moderation:redirect", 4).unwrap(), all);
    }

    #[test]
    fn refuses_sockets_whose_purpose_is_not_clear() {
        for (names, count, problem) in [
            ("passerby.socket", 1, "FileDescriptorName="),
            ("site:", 2, "FileDescriptorName="),
            ("site:site", 2, "two sockets"),
            ("", 2, "named 1"),
            ("site:redirect", 1, "named 2"),
        ] {
            let message = purposes(names, count).unwrap_err().to_string();
            assert!(message.contains(problem), "{names:?}: {message}");
        }
    }

    #[test]
    fn configuration_is_checked_against_the_address_of_the_inherited_socket() {
        let site = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
        let address = site.local_addr().unwrap();
        let sockets = InheritedSockets { site: Some(site), ..InheritedSockets::default() };
        let mut config = Config::default();
        config.leptos.site_root = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/support/site").into();
        sockets.replace_addresses(&mut config).unwrap();
        assert_eq!(config.leptos.site_addr, address);
        let message = config.resolve().unwrap_err().to_string();
        assert!(message.contains("`server.origins`"), "a public address needs origins: {message}");
    }
}
