//! [`Name`]: the address that stands for a client within its match. No socket is opened for it.

use core::net::{IpAddr, SocketAddr};

use stun_types::AddressFamily;

use crate::protocol::limits::{RELAY_IPV4, RELAY_IPV6};

/// The first port of names. Browsers do not talk to a port below 1024.
const FIRST_PORT: u16 = 49_152;

/// How many ports there are for names.
const PORTS: u16 = u16::MAX - FIRST_PORT + 1;

/// The address that stands for a client within its match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    /// The address family.
    pub(crate) family: AddressFamily,
    /// The port, which no other client of the match has.
    pub(crate) port: u16,
}

impl Name {
    /// The name with this address; `None` if it is not the address of names.
    pub(crate) fn of(address: SocketAddr) -> Option<Self> {
        let family = match address.ip() {
            IpAddr::V4(RELAY_IPV4) => AddressFamily::IPV4,
            IpAddr::V6(RELAY_IPV6) => AddressFamily::IPV6,
            IpAddr::V4(_) | IpAddr::V6(_) => return None,
        };
        Some(Self { family, port: address.port() })
    }

    /// The address that a client sees.
    pub(crate) fn address(self) -> SocketAddr {
        let ip = match self.family {
            AddressFamily::IPV4 => RELAY_IPV4.into(),
            AddressFamily::IPV6 => RELAY_IPV6.into(),
        };
        SocketAddr::new(ip, self.port)
    }
}

/// The ports of the names of one match, in a random order in which none comes twice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    next: u16,
    step: u16,
}

impl Ports {
    /// An order that depends on a random number.
    pub(crate) const fn new(random: u32) -> Self {
        let [a, b, c, d] = random.to_le_bytes();
        // An odd step visits every port, since the number of ports is a power of two.
        Self { next: u16::from_le_bytes([a, b]), step: u16::from_le_bytes([c, d]) | 1 }
    }

    /// The next port; the next even one on demand.
    pub(crate) const fn take(&mut self, even: bool) -> u16 {
        loop {
            let port = FIRST_PORT + self.next % PORTS;
            self.next = self.next.wrapping_add(self.step);
            if !even || port.is_multiple_of(2) {
                return port;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_port_of_a_match_comes_twice(random in any::<u32>()) {
            let mut ports = Ports::new(random);
            let all: HashSet<_> = (0..PORTS).map(|_| ports.take(false)).collect();
            prop_assert_eq!(all.len(), usize::from(PORTS));
            prop_assert!(all.iter().all(|it| *it >= FIRST_PORT));
            prop_assert!(ports.take(true).is_multiple_of(2));
        }
    }

    #[test]
    fn only_the_addresses_of_names_are_names() {
        for name in ["192.0.0.8:49152", "[100::8]:65535"] {
            let address = name.parse().unwrap();
            assert_eq!(Name::of(address).map(Name::address), Some(address));
        }
        for other in [
            "192.0.0.9:49152",
            "127.0.0.1:49152",
            "[::ffff:192.0.0.8]:49152",
            "[100::9]:49152",
            "[::1]:49152",
        ] {
            assert_eq!(Name::of(other.parse().unwrap()), None, "{other}");
        }
    }
}
