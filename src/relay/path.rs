//! [`Path`]: where a packet came from and where answers go, and the [`Network`] that it counts for.

use core::net::{IpAddr, Ipv6Addr, SocketAddr};

/// How a client reaches the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// One packet per datagram.
    Udp,
    /// A stream of packets over TCP.
    Tcp,
    /// A stream of packets over TLS over TCP.
    Tls,
}

impl Transport {
    /// Whether packets follow each other in a stream. There `ChannelData` is padded (RFC 8656, 12.5).
    pub(crate) const fn is_stream(self) -> bool {
        !matches!(self, Self::Udp)
    }
}

/// The 5-tuple of a client (RFC 8656, 3.2): transport, the relay's address and the client's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    /// How the client reaches the relay.
    pub transport: Transport,
    /// The relay's address. Answers leave from it.
    pub local: SocketAddr,
    /// The client's address.
    pub remote: SocketAddr,
}

impl Path {
    /// The client's address as the client knows it: a socket for both families writes IPv4 addresses as IPv6.
    pub(crate) const fn client(self) -> SocketAddr {
        SocketAddr::new(self.remote.ip().to_canonical(), self.remote.port())
    }
}

/// The part of an address that one household or one machine has: an IPv4 address or an IPv6 /64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Network(IpAddr);

impl Network {
    /// The network of a client. An IPv4 address that is written as an IPv6 address counts as IPv4.
    pub(crate) fn of(path: Path) -> Self {
        /// The upper half of an IPv6 address: the prefix that providers give to one customer (RFC 6177, 3).
        const UPPER_HALF: u128 = !0 << 64;
        Self(match path.remote.ip().to_canonical() {
            IpAddr::V4(it) => it.into(),
            IpAddr::V6(it) => Ipv6Addr::from_bits(it.to_bits() & UPPER_HALF).into(),
        })
    }
}
