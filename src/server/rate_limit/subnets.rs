//! The networks of different sizes that an address counts for: an IPv4 address, or three nested prefixes of IPv6.
//!
//! A provider gives a household a /64, a /56 or a /48 (RIPE-690), and an organisation a /48. If only the /64 counted,
//! the owner of a /56 could use the limit 256 times.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

/// The size of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    /// One IPv4 address, or a /64 of IPv6: one link, or one phone.
    Link,
    /// A /56 of IPv6: usually a household.
    Home,
    /// A /48 of IPv6: a campus, or a household of a generous provider.
    Site,
}

impl Scope {
    /// All scopes, the smallest first.
    pub(crate) const ALL: [Self; 3] = [Self::Link, Self::Home, Self::Site];

    /// How many times the configured limit applies to a network of this size.
    ///
    /// A household has hardly more people than a link, and the limits of one link already fit a hundred. A campus has
    /// room for eight hundred, and yet ten of its size are needed to fill a server with default limits.
    pub(crate) const fn factor(self) -> u32 {
        match self {
            Self::Link => 1,
            Self::Home => 2,
            Self::Site => 8,
        }
    }

    /// The limit for a network of this size, if one of the smallest size may have `limit` of the `total` that all
    /// share. A larger network gets more, but not more than half of the total.
    pub(crate) fn share(self, limit: usize, total: usize) -> usize {
        limit.saturating_mul(self.factor() as usize).min(total / 2).max(limit)
    }

    /// The bits of an IPv6 address that are the same in the whole network.
    const fn mask(self) -> u128 {
        match self {
            Self::Link => u128::MAX << 64,
            Self::Home => u128::MAX << 72,
            Self::Site => u128::MAX << 80,
        }
    }
}

/// One network of one size.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Subnet {
    scope: Scope,
    first: IpAddr,
}

impl Subnet {
    /// The size of the network.
    pub(crate) const fn scope(self) -> Scope {
        self.scope
    }
}

impl fmt::Debug for Subnet {
    /// Hides the address, which must not reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subnet({:?}, hidden)", self.scope)
    }
}

/// Some of the networks that one address counts for; by default none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subnets([Option<Subnet>; Scope::ALL.len()]);

impl Subnets {
    /// All networks of an address. An IPv4-mapped IPv6 address counts as IPv4.
    pub(crate) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            first @ IpAddr::V4(_) => [Some(Subnet { scope: Scope::Link, first }), None, None],
            IpAddr::V6(address) => Scope::ALL.map(|scope| {
                let first = Ipv6Addr::from_bits(address.to_bits() & scope.mask()).into();
                Some(Subnet { scope, first })
            }),
        })
    }

    /// This network only.
    pub(crate) fn only(subnet: Subnet) -> Self {
        let mut only = Self::default();
        only.add(subnet);
        only
    }

    /// The networks, the smallest first.
    pub(crate) fn iter(self) -> impl DoubleEndedIterator<Item = Subnet> {
        self.0.into_iter().flatten()
    }

    /// Whether there is no network.
    pub(crate) fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// Adds a network of another size than those that are there.
    pub(crate) fn add(&mut self, subnet: Subnet) {
        self.0[subnet.scope as usize] = Some(subnet);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> Vec<Subnet> {
        Subnets::of(address.parse().unwrap()).iter().collect()
    }

    #[test]
    fn an_ipv6_address_counts_for_three_nested_networks() {
        let [link, home, site] = of("2001:db8:12:3456:789a::1")[..] else { panic!("three") };
        assert_eq!([link, home, site].map(Subnet::scope), Scope::ALL);
        for (address, same) in [
            ("2001:db8:12:3456::", [true; 3]),
            ("2001:db8:12:3456:ffff:ffff:ffff:ffff", [true; 3]),
            ("2001:db8:12:3457::1", [false, true, true]),
            ("2001:db8:12:34ff::1", [false, true, true]),
            ("2001:db8:12:3556::1", [false, false, true]),
            ("2001:db8:12:ffff::1", [false, false, true]),
            ("2001:db8:13:3456::1", [false; 3]),
        ] {
            let other = of(address);
            let [one, two, three] = other[..] else { panic!("three") };
            assert_eq!([one == link, two == home, three == site], same, "{address}");
        }
        let zeros = of("2001:db8::1");
        assert!(zeros[0] != zeros[1] && zeros[1] != zeros[2], "sizes differ even if the bits do not");
    }

    #[test]
    fn an_ipv4_address_counts_for_itself_only() {
        assert_eq!(of("192.0.2.7").len(), 1);
        assert_eq!(of("192.0.2.7"), of("::ffff:192.0.2.7"));
        assert_ne!(of("192.0.2.7"), of("192.0.2.8"));
    }

    #[test]
    fn larger_networks_get_more_but_not_more_than_half() {
        let shares = |limit, total| Scope::ALL.map(|it| it.share(limit, total));
        assert_eq!(shares(128, 10_000), [128, 256, 1_024]);
        assert_eq!(shares(512, 4_096), [512, 1_024, 2_048]);
        assert_eq!(shares(128, 200), [128; 3], "never less than a smaller network");
        assert_eq!(shares(usize::MAX, 4_096), [usize::MAX; 3], "no limit is no limit");
    }

    #[test]
    fn debug_output_contains_no_address() {
        let text = format!("{:?}", Subnets::of("2001:db8:12:3456::1".parse().unwrap()));
        assert!(!text.contains("2001") && !text.contains("3456"), "{text}");
    }
}
