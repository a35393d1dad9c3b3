//! Addresses that an open relay would reach: none of them is.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{Client, World, indication};
use crate::relay::{DropReason, Transport};

/// One address in each range of IPv4 that is not for the public internet, the relay's own, and a public one.
const IPV4: [Ipv4Addr; 20] = [
    Ipv4Addr::UNSPECIFIED,
    Ipv4Addr::new(0, 1, 2, 3),
    Ipv4Addr::new(10, 0, 0, 1),
    Ipv4Addr::new(100, 64, 0, 1),
    Ipv4Addr::LOCALHOST,
    Ipv4Addr::new(127, 8, 8, 8),
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(172, 16, 0, 1),
    Ipv4Addr::new(192, 0, 0, 1),
    Ipv4Addr::new(192, 0, 0, 9),
    Ipv4Addr::new(192, 0, 2, 1),
    Ipv4Addr::new(192, 88, 99, 1),
    Ipv4Addr::new(192, 168, 0, 1),
    Ipv4Addr::new(198, 18, 0, 1),
    Ipv4Addr::new(198, 51, 100, 1),
    Ipv4Addr::new(203, 0, 113, 1),
    Ipv4Addr::new(224, 0, 0, 1),
    Ipv4Addr::new(240, 0, 0, 1),
    Ipv4Addr::BROADCAST,
    Ipv4Addr::new(9, 9, 9, 9),
];

/// The same for IPv6.
const IPV6: [Ipv6Addr; 14] = [
    Ipv6Addr::UNSPECIFIED,
    Ipv6Addr::LOCALHOST,
    Ipv6Addr::new(0x64, 0xFF9B, 1, 0, 0, 0, 0, 1),
    Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 1),
    Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 1),
    Ipv6Addr::new(0x2001, 0xDB8, 0, 0, 0, 0, 0, 1),
    Ipv6Addr::new(0x3FFF, 0, 0, 0, 0, 0, 0, 1),
    Ipv6Addr::new(0x5F00, 0, 0, 0, 0, 0, 0, 1),
    Ipv6Addr::new(0xFC00, 0, 0, 0, 0, 0, 0, 1),
    Ipv6Addr::new(0xFD00, 0xEC2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xFE80, 0, 0, 0, 0, 0, 0, 1),
    Ipv6Addr::new(0xFEC0, 0, 0, 0, 0, 0, 0, 1),
    Ipv6Addr::new(0xFF02, 0, 0, 0, 0, 0, 0, 1),
    Ipv6Addr::new(0x2620, 0xFE, 0, 0, 0, 0, 0, 9),
];

/// All of them, and each IPv4 address, names as well, in every form of an IPv6 address.
fn all() -> impl Iterator<Item = IpAddr> {
    let forms = IPV4.into_iter().chain([Ipv4Addr::new(192, 0, 0, 8)]).flat_map(|it| {
        let [high, low] = [it.to_bits() >> 16, it.to_bits() & 0xFFFF].map(|half| half as u16);
        [
            it.to_ipv6_mapped(),
            it.to_ipv6_compatible(),
            Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
            Ipv6Addr::new(0x64, 0xFF9B, 0, 0, 0, 0, high, low),
        ]
    });
    IPV4.into_iter().map(IpAddr::V4).chain(IPV6.into_iter().chain(forms).map(IpAddr::V6))
}

#[test]
fn no_address_but_a_name_is_reached() {
    for transport in [Transport::Udp, Transport::Tcp, Transport::Tls] {
        let mut world = World::new();
        let mut client = Client::new(1, 9, 0).over(transport);
        client.allocate(&mut world).unwrap();
        let mut probes = 0;
        for ip in all() {
            let peer = SocketAddr::new(ip, 50_000);
            assert_eq!(client.permit(&mut world, peer), Err(403), "{peer}");
            assert_eq!(client.bind(&mut world, 0x4000, peer), Err(403), "{peer}");
            assert_eq!(world.send(client.path, &indication(peer, b"probe")), None, "{peer}");
            probes += 1;
        }
        assert_eq!(world.relay.counts().dropped(DropReason::NoClient), probes);
        assert_eq!(world.relay.counts().packets, 0);
    }
}
