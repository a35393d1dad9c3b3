//! [`Allocations`]: the clients of the relay, and the match that each of them belongs to.

use std::collections::{BTreeSet, HashMap};

use stun_types::AddressFamily;

use super::{
    account::Account,
    name::{Name, Ports},
    path::{Network, Path},
};
use crate::time::{Moment, RateLimit, RateState};

/// Maximum number of allocations of one end of a match; with one more, the one that was idle longest goes. A browser
/// makes one for each interface, server URL and address family, and an ICE restart doubles them.
pub(crate) const MAX_PER_END: usize = 32;

/// Maximum number of allocations of one network.
pub(crate) const MAX_PER_NETWORK: u32 = 128;

/// Maximum number of channels of an allocation. A client needs one for each candidate of its partner.
pub(crate) const MAX_CHANNELS: usize = 8;

/// One client's allocation (RFC 8656, 3.2).
#[derive(Debug)]
pub(crate) struct Allocation {
    /// The match.
    pub(crate) match_id: u128,
    /// The end of the match.
    pub(crate) end: u8,
    /// The transaction that made it, so that a repeated request gets the same answer.
    pub(crate) transaction: u128,
    /// The port of its names.
    pub(crate) port: u16,
    /// The families in which it has a name.
    pub(crate) families: Families,
    /// When it ends.
    pub(crate) expires_at: Moment,
    /// When it last sent something.
    pub(crate) active_at: Moment,
    /// Until when it may exchange packets with the IPv4 names of its match, and with the IPv6 names.
    permissions: [Moment; 2],
    channels: Vec<Channel>,
}

/// The families in which an allocation has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Families {
    /// One of them.
    One(AddressFamily),
    /// IPv4 and IPv6.
    Both,
}

impl Families {
    /// All of them.
    pub(crate) fn iter(self) -> impl Iterator<Item = AddressFamily> {
        [AddressFamily::IPV4, AddressFamily::IPV6].into_iter().filter(move |it| self.contains(*it))
    }

    /// Whether this is one of them.
    pub(crate) fn contains(self, family: AddressFamily) -> bool {
        match self {
            Self::One(it) => it == family,
            Self::Both => true,
        }
    }
}

/// A number that stands for a name (RFC 8656, 12).
#[derive(Clone, Copy, Debug)]
struct Channel {
    number: u16,
    name: Name,
    until: Moment,
}

/// Why a channel cannot be bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChannelError {
    /// The number stands for another name, or the name has another number.
    Taken,
    /// The allocation has too many.
    TooMany,
}

impl Allocation {
    /// A new allocation without permissions.
    pub(crate) const fn new(
        account: &Account,
        transaction: u128,
        families: Families,
        times: (Moment, Moment),
    ) -> Self {
        let (active_at, expires_at) = times;
        let permissions = [Moment::from_millis(0); 2];
        let (match_id, end) = (account.match_id, account.end);
        Self {
            match_id,
            end,
            transaction,
            port: 0,
            families,
            expires_at,
            active_at,
            permissions,
            channels: Vec::new(),
        }
    }

    /// Its name in this family; `None` if it has none.
    pub(crate) fn name(&self, family: AddressFamily) -> Option<Name> {
        self.families.contains(family).then_some(Name { family, port: self.port })
    }

    /// Whether it belongs to this account.
    pub(crate) const fn is_of(&self, account: &Account) -> bool {
        self.match_id == account.match_id && self.end == account.end
    }

    /// Lets it exchange packets with the names of this family.
    pub(crate) fn permit(&mut self, family: AddressFamily, until: Moment) {
        let permission = &mut self.permissions[family as usize];
        *permission = (*permission).max(until);
    }

    /// Whether it may exchange packets with the names of this family.
    pub(crate) fn permits(&self, now: Moment, family: AddressFamily) -> bool {
        self.permissions[family as usize] > now
    }

    /// Binds a channel, or keeps it bound for longer.
    pub(crate) fn bind(
        &mut self,
        now: Moment,
        number: u16,
        name: Name,
        until: Moment,
    ) -> Result<(), ChannelError> {
        self.channels.retain(|it| it.until > now);
        let same = |it: &Channel| (it.number == number, it.name == name);
        let is_full = self.channels.len() == MAX_CHANNELS;
        match self.channels.iter_mut().find(|it| matches!(same(it), (true, _) | (_, true))) {
            Some(it) if same(it) == (true, true) => it.until = until,
            Some(_) => return Err(ChannelError::Taken),
            None if is_full => return Err(ChannelError::TooMany),
            None => self.channels.push(Channel { number, name, until }),
        }
        Ok(())
    }

    /// The name that a channel stands for.
    pub(crate) fn name_of_channel(&self, now: Moment, number: u16) -> Option<Name> {
        self.channels.iter().find(|it| it.number == number && it.until > now).map(|it| it.name)
    }

    /// The channel that stands for a name.
    pub(crate) fn channel_of_name(&self, now: Moment, name: Name) -> Option<u16> {
        self.channels.iter().find(|it| it.name == name && it.until > now).map(|it| it.number)
    }
}

/// The clients of one match.
#[derive(Debug)]
struct Match {
    ports: Ports,
    /// The allocations by port: at most [`MAX_PER_END`] for each end.
    members: Vec<(u16, Path)>,
    rate: RateState,
    /// How much it may still send, in bytes; `None` for a call.
    bytes_left: Option<u64>,
}

/// All allocations.
#[derive(Debug)]
pub(crate) struct Allocations {
    by_path: HashMap<Path, Allocation>,
    matches: HashMap<u128, Match>,
    networks: HashMap<Network, u32>,
    expiries: BTreeSet<(Moment, Path)>,
    /// The streams whose allocation has ended since they were last taken.
    ended_streams: Vec<Path>,
    max: usize,
    rate: RateLimit,
}

/// Why there can be no further allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// The network has too many.
    Network,
    /// The relay has too many.
    Relay,
}

impl Allocations {
    /// No allocations; at most `max`, and in each match at most `bytes_per_second`.
    pub(crate) fn new(max: usize, bytes_per_second: u32) -> Self {
        /// How long a match may have been silent and then send everything at once: a key frame and its repairs.
        const BURST_SECONDS: u32 = 2;
        let rate = RateLimit::new(
            bytes_per_second.saturating_mul(60),
            bytes_per_second.saturating_mul(BURST_SECONDS),
        );
        let (by_path, matches, networks) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { by_path, matches, networks, expiries: BTreeSet::new(), ended_streams: Vec::new(), max, rate }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.by_path.len()
    }

    /// The allocation of a client.
    pub(crate) fn get(&self, path: Path) -> Option<&Allocation> {
        self.by_path.get(&path)
    }

    /// The allocation of a client, to change anything but its end.
    pub(crate) fn get_mut(&mut self, path: Path) -> Option<&mut Allocation> {
        self.by_path.get_mut(&path)
    }

    /// The path of the client of a match that has this name.
    pub(crate) fn path_of(&self, match_id: u128, name: Name) -> Option<Path> {
        let members = &self.matches.get(&match_id)?.members;
        let (_, path) = members.iter().find(|(port, _)| *port == name.port)?;
        self.by_path.get(path)?.families.contains(name.family).then_some(*path)
    }

    /// Adds an allocation and gives it a port. The client must not have one yet.
    pub(crate) fn insert(
        &mut self,
        path: Path,
        mut allocation: Allocation,
        (even, random, max_bytes): (bool, u32, Option<u64>),
    ) -> Result<&Allocation, Full> {
        let network = Network::of(path);
        if self.networks.get(&network).is_some_and(|it| *it >= MAX_PER_NETWORK) {
            return Err(Full::Network);
        }
        self.make_room(allocation.match_id, allocation.end);
        if self.by_path.len() >= self.max {
            return Err(Full::Relay);
        }
        let it = self.matches.entry(allocation.match_id).or_insert_with(|| Match {
            ports: Ports::new(random),
            members: Vec::new(),
            rate: RateState::default(),
            bytes_left: max_bytes,
        });
        allocation.port = it.ports.take(even);
        it.members.push((allocation.port, path));
        *self.networks.entry(network).or_default() += 1;
        self.expiries.insert((allocation.expires_at, path));
        Ok(self.by_path.entry(path).insert_entry(allocation).into_mut())
    }

    /// If an end of a match has all the allocations that it may have, removes the one that was idle longest.
    fn make_room(&mut self, match_id: u128, end: u8) {
        let Some(it) = self.matches.get(&match_id) else { return };
        let of_end = it.members.iter().filter_map(|(_, path)| {
            let allocation = self.by_path.get(path)?;
            (allocation.end == end).then_some((allocation.active_at, *path))
        });
        let of_end: Vec<_> = of_end.collect();
        if of_end.len() >= MAX_PER_END
            && let Some((_, idlest)) = of_end.into_iter().min()
        {
            self.remove(idlest);
        }
    }

    /// Changes when an allocation ends.
    pub(crate) fn set_expiry(&mut self, path: Path, expires_at: Moment) {
        let Some(it) = self.by_path.get_mut(&path) else { return };
        self.expiries.remove(&(it.expires_at, path));
        it.expires_at = expires_at;
        self.expiries.insert((expires_at, path));
    }

    /// Removes an allocation; does nothing if there is none.
    pub(crate) fn remove(&mut self, path: Path) {
        let Some(it) = self.by_path.remove(&path) else { return };
        self.expiries.remove(&(it.expires_at, path));
        if path.transport.is_stream() {
            self.ended_streams.push(path);
        }
        if let Some(of_match) = self.matches.get_mut(&it.match_id) {
            of_match.members.retain(|(_, member)| *member != path);
            if of_match.members.is_empty() {
                self.matches.remove(&it.match_id);
            }
        }
        let network = Network::of(path);
        if let Some(count) = self.networks.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                self.networks.remove(&network);
            }
        }
    }

    /// The streams whose allocation has ended since the last call.
    pub(crate) fn take_ended_streams(&mut self) -> Vec<Path> {
        std::mem::take(&mut self.ended_streams)
    }

    /// Takes `bytes` from what a match may send, if it may.
    pub(crate) fn take_bytes(&mut self, now: Moment, match_id: u128, bytes: usize) -> bool {
        let Some(it) = self.matches.get_mut(&match_id) else { return false };
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let left = it.bytes_left.map(|left| left.checked_sub(bytes.into()));
        if left == Some(None) || !self.rate.take_many(&mut it.rate, now, bytes) {
            return false;
        }
        it.bytes_left = left.flatten();
        true
    }

    /// When the next allocation ends.
    pub(crate) fn deadline(&self) -> Option<Moment> {
        self.expiries.first().map(|(at, _)| *at)
    }

    /// Removes the allocations that have ended.
    pub(crate) fn expire(&mut self, now: Moment) {
        while let Some((at, path)) = self.expiries.first().copied() {
            if at > now {
                break;
            }
            self.remove(path);
        }
    }
}
