//! [`KeptDecisions`]: everything that was decided about devices and networks and still holds, for cores that begin.

use std::collections::BTreeMap;

use crate::{
    matchmaker::{NetworkSanction, SanctionUpdate},
    protocol::{DeviceId, NetworkTag, SanctionNotice},
};

/// What a new core must know before anybody comes.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeptDecisions {
    devices: BTreeMap<DeviceId, SanctionNotice>,
    networks: BTreeMap<NetworkTag, NetworkSanction>,
}

impl KeptDecisions {
    /// Something was decided. What ended before `now`, in seconds since the Unix epoch, is forgotten.
    pub(crate) fn apply(&mut self, now: u64, update: SanctionUpdate) {
        match update {
            SanctionUpdate::Device(device, Some(notice)) => drop(self.devices.insert(device, notice)),
            SanctionUpdate::Device(device, None) => drop(self.devices.remove(&device)),
            SanctionUpdate::Network(tag, Some(sanction)) => drop(self.networks.insert(tag, sanction)),
            SanctionUpdate::Network(tag, None) => drop(self.networks.remove(&tag)),
        }
        self.devices.retain(|_, it| now < it.until);
        self.networks.retain(|_, it| now < it.refused_until.max(it.apart_until));
    }

    /// What a core has to be told.
    pub(crate) fn updates(&self) -> Vec<SanctionUpdate> {
        let devices =
            self.devices.iter().map(|(it, notice)| SanctionUpdate::Device(*it, Some(notice.clone())));
        let networks =
            self.networks.iter().map(|(it, sanction)| SanctionUpdate::Network(*it, Some(*sanction)));
        devices.chain(networks).collect()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::protocol::{NoticeKind, ReportReason};

    #[test]
    fn what_is_over_or_lifted_is_forgotten() {
        let device = |number| DeviceId(Uuid::from_u128(number));
        let until = |until| SanctionNotice {
            kind: NoticeKind::Banned,
            reason: ReportReason::Spam,
            until,
            automatic: false,
            appeal: None,
        };
        let mut decisions = KeptDecisions::default();
        decisions.apply(10, SanctionUpdate::Device(device(1), Some(until(20))));
        decisions.apply(10, SanctionUpdate::Device(device(2), Some(until(30))));
        let sanction = NetworkSanction { refused_until: 0, apart_until: 25 };
        decisions.apply(10, SanctionUpdate::Network(NetworkTag([7; 16]), Some(sanction)));
        assert_eq!(decisions.updates().len(), 3);
        decisions.apply(20, SanctionUpdate::Device(device(3), Some(until(40))));
        let devices =
            [2, 3].map(|it| SanctionUpdate::Device(device(it), Some(until(20 + 10 * (it as u64 - 1)))));
        let network = SanctionUpdate::Network(NetworkTag([7; 16]), Some(sanction));
        let [second, third] = devices;
        assert_eq!(decisions.updates(), [second, third, network]);
        decisions.apply(25, SanctionUpdate::Device(device(2), None));
        assert_eq!(decisions.updates(), [SanctionUpdate::Device(device(3), Some(until(40)))]);
    }
}
