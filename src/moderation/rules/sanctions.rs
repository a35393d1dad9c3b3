//! [`Sanctions`]: all warnings, pauses and bans that have effect, in memory, by device and by network.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use super::{codes::ReferenceCode, unix_time::UnixTime};
use crate::protocol::{DeviceId, NetworkTag, NoticeKind, ReportReason};

/// How long the ban of a device adds friction for its network. Addresses pass on to other people, so not for as long as
/// the ban.
pub const FRICTION_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How long a network may be refused, and within which time its devices must have been banned for that.
pub const NETWORK_REFUSED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// Devices of one network that must have been banned for it to be refused.
pub const BANNED_DEVICES: usize = 3;

/// What a decision does to a device, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SanctionKind {
    /// A page says that a rule was broken; calls go on.
    Warning,
    /// No calls for a quarter of an hour.
    Pause,
    /// No calls for a day or longer; always a person's decision.
    Ban,
}

impl SanctionKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Warning, Self::Pause, Self::Ban];

    /// Its name in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Pause => "pause",
            Self::Ban => "ban",
        }
    }

    /// What its page is told.
    pub const fn notice(self) -> NoticeKind {
        match self {
            Self::Warning => NoticeKind::Warned,
            Self::Pause => NoticeKind::Paused,
            Self::Ban => NoticeKind::Banned,
        }
    }
}

/// A warning, a pause or a ban of one device: what its page says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sanction {
    /// What it does.
    pub kind: SanctionKind,
    /// Which rule was broken.
    pub reason: ReportReason,
    /// When it was decided.
    pub started: UnixTime,
    /// From when on it has no effect.
    pub until: UnixTime,
    /// Whether it was imposed without a person; only a pause can be.
    pub is_automatic: bool,
    /// With this code its bearer can read the reasons and appeal.
    pub appeal: ReferenceCode,
}

impl Sanction {
    /// Whether it has effect.
    pub fn is_active(&self, now: UnixTime) -> bool {
        now < self.until
    }
}

/// What the bans of its devices mean for a network, which many people may share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkBans {
    /// Until when it is refused, if there were enough bans in one day; may be over.
    pub refused_until: Option<UnixTime>,
    /// Until when there is friction: its people wait apart and start softly. Later than the end of the refusal, and may
    /// be over, too.
    pub friction_until: UnixTime,
}

/// A change of [`Sanctions`] after a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SanctionChange {
    /// A device has a sanction; a former one has no effect any more.
    Imposed {
        /// The device.
        device: DeviceId,
        /// Its network, as far as it is known.
        network: Option<NetworkTag>,
        /// The sanction.
        sanction: Sanction,
    },
    /// The sanction of a device was lifted.
    Lifted {
        /// The device.
        device: DeviceId,
    },
}

/// The sanction of a device, and the network that it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    sanction: Sanction,
    network: Option<NetworkTag>,
}

/// All sanctions that have effect, for lookups in constant time. Expiry is worked out at the lookup.
///
/// It is filled from the store and follows its changes ([`Sanctions::apply`]). Its size is bounded by the number of
/// sanctions that moderators impose; [`Sanctions::remove_expired`] must be called now and then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sanctions {
    devices: HashMap<DeviceId, Entry>,
    /// The bans of each network: when each was decided, and of which device, the oldest first.
    networks: HashMap<NetworkTag, Vec<(UnixTime, DeviceId)>>,
}

impl Sanctions {
    /// Room for this many devices.
    pub(crate) fn with_capacity(devices: usize) -> Self {
        Self { devices: HashMap::with_capacity(devices), networks: HashMap::with_capacity(devices) }
    }

    /// Devices with a sanction, whether it has expired or not.
    pub fn len(&self) -> usize {
        self.devices.len()
    }

    /// Whether no device has a sanction.
    pub fn is_empty(&self) -> bool {
        self.devices.is_empty()
    }

    /// The sanction of a device that has effect now.
    pub fn of_device(&self, now: UnixTime, device: DeviceId) -> Option<&Sanction> {
        self.devices.get(&device).map(|it| &it.sanction).filter(|it| it.is_active(now))
    }

    /// What the bans of its devices mean for the network with this tag; `None` without a ban.
    pub fn of_network(&self, tag: NetworkTag) -> Option<NetworkBans> {
        let bans = self.networks.get(&tag)?;
        let friction_until = bans.last()?.0 + FRICTION_FOR;
        Some(NetworkBans { refused_until: refused_until(bans), friction_until })
    }

    /// All devices with a sanction, whether it has expired or not.
    #[expect(clippy::disallowed_methods, reason = "sorted at once")]
    pub fn devices(&self) -> BTreeSet<DeviceId> {
        self.devices.keys().copied().collect()
    }

    /// All networks with a ban, whether it still means anything or not.
    #[expect(clippy::disallowed_methods, reason = "sorted at once")]
    pub fn networks(&self) -> BTreeSet<NetworkTag> {
        self.networks.keys().copied().collect()
    }

    /// The network that the sanction of this device counts for.
    pub fn network_of(&self, device: DeviceId) -> Option<NetworkTag> {
        self.devices.get(&device)?.network
    }

    /// Follows a change of the store.
    pub fn apply(&mut self, change: SanctionChange) {
        match change {
            SanctionChange::Imposed { device, network, sanction } => {
                self.remove(device);
                self.devices.insert(device, Entry { sanction, network });
                if let Some(tag) = network.filter(|_| sanction.kind == SanctionKind::Ban) {
                    let bans = self.networks.entry(tag).or_default();
                    let ban = (sanction.started, device);
                    bans.insert(bans.partition_point(|it| *it < ban), ban);
                }
            }
            SanctionChange::Lifted { device } => self.remove(device),
        }
    }

    /// Forgets what has no effect any more, not even on a network.
    pub fn remove_expired(&mut self, now: UnixTime) {
        let networks = &mut self.networks;
        self.devices.retain(|device, entry| {
            let is_kept = now < kept_until(&entry.sanction);
            if !is_kept {
                remove_from(networks, *device, entry);
            }
            is_kept
        });
    }

    fn remove(&mut self, device: DeviceId) {
        if let Some(entry) = self.devices.remove(&device) {
            remove_from(&mut self.networks, device, &entry);
        }
    }
}

/// Until when a sanction must be known: a ban that is over may still count for its network.
pub(crate) fn kept_until(sanction: &Sanction) -> UnixTime {
    match sanction.kind {
        SanctionKind::Warning | SanctionKind::Pause => sanction.until,
        SanctionKind::Ban => sanction.until.max(sanction.started + FRICTION_FOR),
    }
}

/// Until when a network with these bans is refused: enough of them must have been decided in one day.
fn refused_until(bans: &[(UnixTime, DeviceId)]) -> Option<UnixTime> {
    let first = bans.len().checked_sub(BANNED_DEVICES)?;
    // Of the newest bans that are enough, the first one leaves the window first.
    bans.get(first).map(|it| it.0 + NETWORK_REFUSED_FOR)
}

fn remove_from(
    networks: &mut HashMap<NetworkTag, Vec<(UnixTime, DeviceId)>>,
    device: DeviceId,
    entry: &Entry,
) {
    let Some(tag) = entry.network else { return };
    if let Some(bans) = networks.get_mut(&tag) {
        // A search by halves: the bans of one network may be many.
        if let Ok(at) = bans.binary_search(&(entry.sanction.started, device)) {
            bans.remove(at);
        }
        if bans.is_empty() {
            networks.remove(&tag);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const HOUR: u64 = 60 * 60;

    fn device(number: u8) -> DeviceId {
        DeviceId(Uuid::from_u128(number.into()))
    }

    fn tag(number: u8) -> NetworkTag {
        NetworkTag([number; 16])
    }

    fn imposed(kind: SanctionKind, number: u8, network: u8, started: u64, hours: u64) -> SanctionChange {
        let sanction = Sanction {
            kind,
            reason: ReportReason::Spam,
            started: UnixTime(started),
            until: UnixTime(started + hours * HOUR),
            is_automatic: false,
            appeal: ReferenceCode([number; 10]),
        };
        SanctionChange::Imposed { device: device(number), network: Some(tag(network)), sanction }
    }

    /// Whether a network is refused, and whether there is friction.
    fn network(sanctions: &Sanctions, now: u64, network: u8) -> (bool, bool) {
        let bans = sanctions.of_network(tag(network));
        let is_before = |it: Option<UnixTime>| it.is_some_and(|it| UnixTime(now) < it);
        (is_before(bans.and_then(|it| it.refused_until)), is_before(bans.map(|it| it.friction_until)))
    }

    #[test]
    fn sanction_of_a_device_has_effect_until_its_end() {
        let mut sanctions = Sanctions::default();
        sanctions.apply(imposed(SanctionKind::Ban, 1, 1, 0, 24));
        let kind = |it: &Sanctions, now| it.of_device(UnixTime(now), device(1)).map(|it| it.kind);
        assert_eq!(kind(&sanctions, 24 * HOUR - 1), Some(SanctionKind::Ban));
        assert_eq!(kind(&sanctions, 24 * HOUR), None);
        for changed in [SanctionKind::Pause, SanctionKind::Warning] {
            sanctions.apply(imposed(changed, 1, 1, 0, 1));
            assert_eq!(kind(&sanctions, 0), Some(changed), "it takes the place of the former one");
        }
        sanctions.apply(SanctionChange::Lifted { device: device(1) });
        assert_eq!(sanctions, Sanctions::default());
    }

    #[test]
    fn network_alone_is_friction_and_only_many_bans_close_it_for_a_day() {
        let mut sanctions = Sanctions::default();
        let (open, friction, refused) = ((false, false), (false, true), (true, true));
        sanctions.apply(imposed(SanctionKind::Pause, 9, 1, 0, 24));
        assert_eq!(sanctions.of_network(tag(1)), None, "only a ban counts for a network");
        sanctions.apply(imposed(SanctionKind::Ban, 1, 1, 0, 24));
        sanctions.apply(imposed(SanctionKind::Ban, 2, 1, 2 * HOUR, 24));
        assert_eq!(network(&sanctions, 2 * HOUR, 1), friction);
        assert_eq!(network(&sanctions, 2 * HOUR, 2), open);
        sanctions.apply(imposed(SanctionKind::Ban, 3, 1, 23 * HOUR, 24));
        assert_eq!(network(&sanctions, 23 * HOUR, 1), refused);
        assert_eq!(network(&sanctions, 24 * HOUR, 1), friction);
        sanctions.apply(SanctionChange::Lifted { device: device(2) });
        assert_eq!(network(&sanctions, 23 * HOUR, 1), friction);
        let end = 23 * HOUR + FRICTION_FOR.as_secs();
        assert_eq!([end - 1, end].map(|now| network(&sanctions, now, 1)), [friction, open]);
    }

    proptest! {
        #[test]
        fn removing_the_expired_changes_nothing(
            changes in prop::collection::vec((0_usize..4, 0_u8..6, 0_u8..3, 0_u64..400, 1_u64..300), 0..40),
            now in 0_u64..800,
        ) {
            let mut sanctions = Sanctions::default();
            for (what, number, network, started, hours) in changes {
                sanctions.apply(match SanctionKind::ALL.get(what) {
                    Some(kind) => imposed(*kind, number, network, started * HOUR, hours),
                    None => SanctionChange::Lifted { device: device(number) },
                });
            }
            let mut fewer = sanctions.clone();
            fewer.remove_expired(UnixTime(now * HOUR));
            prop_assert!(fewer.len() <= sanctions.len());
            for number in 0..7 {
                let of_device = |it: &Sanctions| it.of_device(UnixTime(now * HOUR), device(number)).copied();
                prop_assert_eq!(of_device(&fewer), of_device(&sanctions));
            }
            for tag in 0..3 {
                prop_assert_eq!(network(&fewer, now * HOUR, tag), network(&sanctions, now * HOUR, tag));
            }
        }
    }
}
