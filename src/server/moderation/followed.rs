//! [`Followed`]: what the matchmaker must be told when the sanctions of the store change. Pure.

use crate::{
    matchmaker::{NetworkSanction, SanctionUpdate},
    moderation::{Sanction, SanctionChange, SanctionEvent, Sanctions, UnixTime},
    protocol::{DeviceId, NetworkTag, SanctionNotice},
};

/// The sanctions of which the matchmaker knows.
#[derive(Debug, Default)]
pub(crate) struct Followed {
    sanctions: Sanctions,
}

impl Followed {
    /// Follows an event of the store. Returns what has changed for devices and networks.
    pub(crate) fn follow(&mut self, now: UnixTime, event: SanctionEvent) -> Vec<SanctionUpdate> {
        match event {
            SanctionEvent::Changed(change) => self.apply(now, change),
            SanctionEvent::Replaced(sanctions) => self.replace(now, sanctions),
        }
    }

    /// Looks at all sanctions to forget those that are over: decisions are rare.
    fn apply(&mut self, now: UnixTime, change: SanctionChange) -> Vec<SanctionUpdate> {
        let (SanctionChange::Imposed { device, .. } | SanctionChange::Lifted { device }) = change;
        let before = self.sanctions.network_of(device);
        self.sanctions.remove_expired(now);
        self.sanctions.apply(change);
        let after = self.sanctions.network_of(device).filter(|it| before != Some(*it));
        let networks = [before, after].into_iter().flatten().map(|it| self.about_network(it));
        [self.about_device(now, device)].into_iter().chain(networks).collect()
    }

    fn replace(&mut self, now: UnixTime, sanctions: Sanctions) -> Vec<SanctionUpdate> {
        let before = std::mem::replace(&mut self.sanctions, sanctions);
        let after = &self.sanctions;
        let devices = &before.devices() | &after.devices();
        let networks = &before.networks() | &after.networks();
        let is_new = |it: &DeviceId| before.of_device(now, *it) != after.of_device(now, *it);
        let means_more = |it: &NetworkTag| before.of_network(*it) != after.of_network(*it);
        let devices = devices.into_iter().filter(is_new).map(|it| self.about_device(now, it));
        let networks = networks.into_iter().filter(means_more).map(|it| self.about_network(it));
        devices.chain(networks).collect()
    }

    fn about_device(&self, now: UnixTime, device: DeviceId) -> SanctionUpdate {
        SanctionUpdate::Device(device, self.sanctions.of_device(now, device).map(notice))
    }

    fn about_network(&self, tag: NetworkTag) -> SanctionUpdate {
        let bans = self.sanctions.of_network(tag).map(|it| NetworkSanction {
            refused_until: it.refused_until.map_or(0, |it| it.0),
            apart_until: it.friction_until.0,
        });
        SanctionUpdate::Network(tag, bans)
    }
}

/// What the page of a device is told.
fn notice(sanction: &Sanction) -> SanctionNotice {
    SanctionNotice {
        kind: sanction.kind.notice(),
        reason: sanction.reason,
        until: sanction.until.0,
        automatic: sanction.is_automatic,
        appeal: Some(sanction.appeal.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::{
        moderation::{ReferenceCode, SanctionKind},
        protocol::ReportReason,
    };

    const DEVICES: u8 = 6;
    const NETWORKS: u8 = 3;
    const HOUR: u64 = 60 * 60;

    fn device(number: u8) -> DeviceId {
        DeviceId(Uuid::from_u128(number.into()))
    }

    fn tag(number: u8) -> NetworkTag {
        NetworkTag([number; 16])
    }

    fn imposed(kind: SanctionKind, number: u8, network: u8, hours: u64, lasts: u64) -> SanctionChange {
        let started = UnixTime(hours * HOUR);
        let sanction = Sanction {
            kind,
            reason: ReportReason::Spam,
            started,
            until: UnixTime(started.0 + lasts * HOUR),
            is_automatic: kind == SanctionKind::Pause,
            appeal: ReferenceCode([number; 10]),
        };
        SanctionChange::Imposed { device: device(number), network: Some(tag(network)), sanction }
    }

    /// What the matchmaker has been told.
    #[derive(Default)]
    struct Told {
        devices: HashMap<DeviceId, SanctionNotice>,
        networks: HashMap<NetworkTag, NetworkSanction>,
    }

    impl Told {
        fn hear(&mut self, updates: Vec<SanctionUpdate>) {
            for update in updates {
                match update {
                    SanctionUpdate::Device(it, Some(notice)) => _ = self.devices.insert(it, notice),
                    SanctionUpdate::Device(it, None) => _ = self.devices.remove(&it),
                    SanctionUpdate::Network(it, Some(bans)) => _ = self.networks.insert(it, bans),
                    SanctionUpdate::Network(it, None) => _ = self.networks.remove(&it),
                }
            }
        }
    }

    proptest! {
        #[test]
        fn the_matchmaker_knows_what_the_store_has_decided(
            steps in prop::collection::vec(
                (0_usize..5, 0..DEVICES, 0..NETWORKS, 0_u64..48, 1_u64..300, any::<bool>()), 0..60,
            ),
        ) {
            let (mut store, mut followed, mut told) = (Sanctions::default(), Followed::default(), Told::default());
            let mut hours = 0;
            for (what, number, network, passed, lasts, is_missed) in steps {
                hours += passed;
                let now = UnixTime(hours * HOUR);
                let change = match SanctionKind::ALL.get(what) {
                    Some(kind) => imposed(*kind, number, network, hours, lasts),
                    None => SanctionChange::Lifted { device: device(number) },
                };
                store.apply(change);
                store.remove_expired(now);
                let event = if is_missed { SanctionEvent::Replaced(store.clone()) } else { SanctionEvent::Changed(change) };
                told.hear(followed.follow(now, event));
                for number in 0..DEVICES {
                    let known = told.devices.get(&device(number)).filter(|it| now.0 < it.until);
                    prop_assert_eq!(known.cloned(), store.of_device(now, device(number)).map(notice));
                }
                for network in 0..NETWORKS {
                    let known = told.networks.get(&tag(network));
                    let means = |refused: u64, apart: u64| (refused.max(now.0), apart.max(now.0));
                    let actual = store.of_network(tag(network));
                    prop_assert_eq!(
                        known.map_or(means(0, 0), |it| means(it.refused_until, it.apart_until)),
                        actual.map_or(means(0, 0), |it| {
                            means(it.refused_until.map_or(0, |it| it.0), it.friction_until.0)
                        }),
                    );
                }
            }
        }
    }
}
