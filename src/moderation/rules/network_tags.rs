//! [`NetworkTags`]: keyed tags of networks, with a key that changes every month and is deleted after two.
//!
//! A key is random, not derived from another one: a derived key could be derived again for ever. So tags become
//! unlinkable once their key is gone.

use core::net::IpAddr;
use std::fmt;

use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::unix_time::UnixTime;
use crate::protocol::NetworkTag;

/// A month of the calendar (UTC), counted from the first month of the year 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Month(pub(crate) u32);

impl Month {
    /// The month of a time.
    pub fn of(time: UnixTime) -> Self {
        let seconds = i64::try_from(time.0).unwrap_or(i64::MAX);
        // Years beyond 9999 are all the last one: no clock shows them.
        let date = ::time::OffsetDateTime::from_unix_timestamp(seconds)
            .map_or(::time::Date::MAX, ::time::OffsetDateTime::date);
        let year = u32::try_from(date.year()).unwrap_or_default();
        Self(year * 12 + u32::from(u8::from(date.month())) - 1)
    }

    /// The month before.
    pub(crate) const fn previous(self) -> Self {
        self.before(1)
    }

    /// The month that came so many months before.
    pub const fn before(self, months: u32) -> Self {
        Self(self.0.saturating_sub(months))
    }

    /// The month of a text such as "2026-11".
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let (year, month): (u32, u32) = (year.parse().ok()?, month.parse().ok()?);
        let parsed = Self(year.checked_mul(12)?.checked_add(month.checked_sub(1)?)?);
        (parsed.to_string() == text).then_some(parsed)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0 / 12, self.0 % 12 + 1)
    }
}

/// What is to be done with the keys of the months: pure, so that it is tested without files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyPlan {
    /// The month whose key makes tags now, if it is missing.
    pub(crate) create: Option<Month>,
    /// Months whose keys nobody may have any more.
    pub(crate) delete: Vec<Month>,
}

impl KeyPlan {
    /// Keeps the keys of this month and of the last one, and that of the next one, which a server whose clock is ahead
    /// may have made.
    pub(crate) fn at(now: UnixTime, existing: &[Month]) -> Self {
        let month = Month::of(now);
        let is_kept = |it: &Month| (month.previous()..=Month(month.0 + 1)).contains(it);
        Self {
            create: (!existing.contains(&month)).then_some(month),
            delete: existing.iter().copied().filter(|it| !is_kept(it)).collect(),
        }
    }
}

/// The key of one month; wiped when it is dropped.
pub(crate) type MonthKey = Zeroizing<[u8; 32]>;

/// Makes the tags of one month, and recognises those of the month before.
#[derive(Clone, Serialize, Deserialize)]
pub struct NetworkTags {
    month: Month,
    current: MonthKey,
    last: Option<MonthKey>,
}

impl fmt::Debug for NetworkTags {
    /// Hides the keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NetworkTags({})", self.month)
    }
}

impl NetworkTags {
    /// Tags of `month`, with its key and that of the month before, if there is one.
    pub(crate) const fn new(month: Month, current: MonthKey, last: Option<MonthKey>) -> Self {
        Self { month, current, last }
    }

    /// The month whose key makes tags.
    pub const fn month(&self) -> Month {
        self.month
    }

    /// The tag of the network of an address: an IPv4 address, or an IPv6 /64.
    pub fn tag(&self, address: IpAddr) -> NetworkTag {
        tag(&self.current, address)
    }

    /// The tags under which a network may be known: that of this month, and that of the last one.
    pub fn known_as(&self, address: IpAddr) -> impl Iterator<Item = NetworkTag> {
        [Some(&self.current), self.last.as_ref()].into_iter().flatten().map(move |key| tag(key, address))
    }
}

/// HMAC-SHA-256 of the family and the prefix, cut to 128 bits.
fn tag(key: &[u8; 32], address: IpAddr) -> NetworkTag {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        unreachable!("HMAC accepts a key of any length")
    };
    match address.to_canonical() {
        IpAddr::V4(address) => {
            mac.update(b"v4/32");
            mac.update(&address.octets());
        }
        IpAddr::V6(address) => {
            mac.update(b"v6/64");
            mac.update(&address.octets()[..8]);
        }
    }
    let all = mac.finalize().into_bytes();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&all[..16]);
    NetworkTag(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(month: u32, current: u8, last: Option<u8>) -> NetworkTags {
        NetworkTags::new(Month(month), Zeroizing::new([current; 32]), last.map(|it| Zeroizing::new([it; 32])))
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn months_follow_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01"),
            (951_782_399, "2000-02"),
            (951_868_799, "2000-02"),
            (951_868_800, "2000-03"),
            (1_798_761_599, "2026-12"),
            (1_798_761_600, "2027-01"),
            (u64::MAX, "9999-12"),
        ] {
            assert_eq!(Month::of(UnixTime(seconds)).to_string(), text);
            assert_eq!(Month::parse(text), Some(Month::of(UnixTime(seconds))));
        }
        for text in ["", "2026", "2026-00", "2026-13", "2026-1", "26-01x", "+2026-01", "99999999999-01"] {
            assert_eq!(Month::parse(text), None, "{text}");
        }
    }

    #[test]
    fn keys_are_kept_for_two_months() {
        fn month(text: &str) -> Month {
            Month::parse(text).unwrap()
        }
        let december = UnixTime(1_798_761_599);
        let plan = |existing: &[&str]| {
            let existing: Vec<_> = existing.iter().map(|it| month(it)).collect();
            KeyPlan::at(december, &existing)
        };
        assert_eq!(plan(&[]), KeyPlan { create: Some(month("2026-12")), delete: vec![] });
        let all = ["2026-10", "2026-11", "2026-12", "2027-01", "2027-02", "2025-12"];
        let delete = ["2026-10", "2027-02", "2025-12"].map(month).to_vec();
        assert_eq!(plan(&all), KeyPlan { create: None, delete });
    }

    #[test]
    fn tag_tells_networks_apart_and_nothing_else() {
        let tags = tags(1, 7, None);
        let tag = |text| tags.tag(address(text));
        assert_eq!(tag("192.0.2.1"), tag("::ffff:192.0.2.1"));
        assert_ne!(tag("192.0.2.1"), tag("192.0.2.2"));
        assert_eq!(tag("2001:db8::1"), tag("2001:db8::ffff:1"));
        assert_ne!(tag("2001:db8::1"), tag("2001:db8:0:1::1"));
    }

    #[test]
    fn tag_is_recognised_in_the_next_month_but_not_after() {
        let here = address("192.0.2.1");
        let made = tags(1, 7, None).tag(here);
        let is_known = |tags: NetworkTags| tags.known_as(here).any(|it| it == made);
        assert!(is_known(tags(1, 7, None)) && is_known(tags(2, 8, Some(7))));
        assert!(!is_known(tags(3, 9, Some(8))));
    }
}
