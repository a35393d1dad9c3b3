//! A store in a folder of its own, with people who report each other.

use uuid::Uuid;

use super::Folder;
use crate::{
    moderation::{
        Action, Moderation, ModerationError, ModeratorDecision, Party, QueueRow, Report, ReportReceipt,
        Sanction, Stamp, Status, UnixTime,
    },
    protocol::{DeviceId, MatchId, NetworkTag, ReportReason},
};

/// When a scene begins: a morning in November 2026.
const START: UnixTime = UnixTime(1_794_700_800);

/// The device that the others report.
pub(super) const SUBJECT: u32 = 1_000_000;

pub(super) struct Scene {
    pub(super) folder: Folder,
    pub(super) moderation: Moderation,
    pub(super) now: UnixTime,
    count: u64,
}

pub(super) fn device(number: u32) -> DeviceId {
    DeviceId(Uuid::from_u128(number.into()))
}

pub(super) fn tag(number: u32) -> NetworkTag {
    NetworkTag(u128::from(number).to_be_bytes())
}

/// A stamp whose randomness is `count`.
pub(super) fn stamp(now: UnixTime, count: u64) -> Stamp {
    let mut random = [0; 32];
    random[..8].copy_from_slice(&count.to_be_bytes());
    random[10..18].copy_from_slice(&count.to_be_bytes());
    Stamp { now, random }
}

/// A report of match number `match_id` by a device in a network.
pub(super) fn report(match_id: u128, reporter: u32, network: u32, subject: u32) -> Report {
    Report {
        match_id: MatchId(Uuid::from_u128(match_id)),
        reporter: Party { device: device(reporter), network: tag(network) },
        subject: Party { device: device(subject), network: tag(999) },
        reason: ReportReason::Harassment,
        words: "They shouted at me.".to_owned(),
        started: START,
    }
}

impl Scene {
    pub(super) fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        let moderation = Moderation::open(&folder.0, stamp(START, 0)).unwrap();
        Self { folder, moderation, now: START, count: 1 }
    }

    pub(super) fn stamp(&mut self) -> Stamp {
        self.count += 1;
        stamp(self.now, self.count)
    }

    /// A new match of the reporter and [`SUBJECT`], and a report of it.
    pub(super) async fn report(&mut self, reporter: u32, network: u32) -> ReportReceipt {
        let stamp = self.stamp();
        let report = report(self.count.into(), reporter, network, SUBJECT);
        self.moderation.report(stamp, report).await.unwrap()
    }

    /// As [`Self::report`], all at once, for each pair of a reporter and a network.
    pub(super) async fn report_all(&mut self, reporters: impl Iterator<Item = (u32, u32)>) {
        let reports: Vec<_> = reporters
            .map(|(reporter, network)| {
                let stamp = self.stamp();
                (stamp, report(self.count.into(), reporter, network, SUBJECT))
            })
            .collect();
        let moderation = &self.moderation;
        for some in reports.chunks(100) {
            let all = some.iter().map(|(stamp, report)| moderation.report(*stamp, report.clone()));
            futures::future::try_join_all(all).await.unwrap();
        }
    }

    pub(super) async fn queue(&mut self) -> Vec<QueueRow> {
        let stamp = self.stamp();
        let entries = self.moderation.queue(stamp, "anna", Status::Open, None, 100).await.unwrap();
        entries.into_iter().map(|it| it.row).collect()
    }

    /// The only subject of the queue.
    pub(super) async fn only(&mut self) -> QueueRow {
        let mut rows = self.queue().await;
        assert_eq!(rows.len(), 1);
        rows.remove(0)
    }

    /// A decision about a subject as it was seen.
    pub(super) async fn decide(
        &mut self,
        moderator: &str,
        row: &QueueRow,
        action: Action,
    ) -> Result<Option<Sanction>, ModerationError> {
        let stamp = self.stamp();
        let decision =
            ModeratorDecision { subject: row.subject, seen: row.seen, action, note: String::new() };
        self.moderation.decide(stamp, moderator, decision).await
    }

    /// Closes the store, and opens it again.
    pub(super) async fn reopen(self) -> Self {
        let Self { folder, moderation, now, count } = self;
        moderation.close().await;
        let moderation = Moderation::open(&folder.0, stamp(now, 0)).unwrap();
        Self { folder, moderation, now, count }
    }
}
