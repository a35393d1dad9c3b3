//! Random histories of the store against the slow model.

use proptest::prelude::*;
use uuid::Uuid;

use super::{
    Folder,
    model::{Model, Number, Refusal},
};
use crate::{
    moderation::{
        Action, BanLength, ModerationError, ModeratorDecision, Party, Report, Sanctions, Seen, Stamp, Status,
        SubjectId, UnixTime,
        store::{self, Store, counts::Removal},
    },
    protocol::{DeviceId, MatchId, NetworkTag, ReportReason},
};

/// Devices and networks of a history: few, so that they meet again.
const DEVICES: Number = 6;
const NETWORKS: Number = 4;

#[derive(Clone, Debug)]
enum Step {
    Report { match_id: Number, reporter: (Number, Number), subject: (Number, Number), reason: Number },
    Claim { moderator: Number, subject: Number },
    Decide { moderator: Number, subject: Number, is_stale: bool, action: Action },
    Wait(u64),
    RemoveOld,
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let party = || (0..DEVICES, 0..NETWORKS);
    let step = prop_oneof![
        12 => (0_u8..60, party(), party(), 0_u8..7)
            .prop_map(|(match_id, reporter, subject, reason)| Step::Report { match_id, reporter, subject, reason }),
        1 => (0_u8..2, 0..DEVICES).prop_map(|(moderator, subject)| Step::Claim { moderator, subject }),
        6 => (0_u8..2, 0..DEVICES, prop::bool::weighted(0.2), action())
            .prop_map(|(moderator, subject, is_stale, action)| Step::Decide { moderator, subject, is_stale, action }),
        3 => prop::sample::select(vec![60_u64, 600, 3_600, 20 * 3_600, 4 * 86_400, 29 * 86_400, 100 * 86_400])
            .prop_map(Step::Wait),
        2 => Just(Step::RemoveOld),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..60)
}

fn action() -> impl Strategy<Value = Action> {
    let reason = ReportReason::Threats;
    prop::sample::select(vec![
        Action::Dismiss,
        Action::Warn(reason),
        Action::Pause(reason),
        Action::Ban(reason, BanLength::Day),
        Action::Ban(reason, BanLength::Day),
        Action::Ban(reason, BanLength::HalfYear),
        Action::Escalate,
        Action::Note,
        Action::Lift,
    ])
}

fn device(number: Number) -> DeviceId {
    DeviceId(Uuid::from_u128(u128::from(number) + 1))
}

fn tag(number: Number) -> NetworkTag {
    NetworkTag([number; 16])
}

/// The store and the model, on one clock.
struct World {
    folder: Folder,
    store: Store,
    model: Model,
    now: UnixTime,
    count: u64,
}

impl World {
    fn new() -> Self {
        let folder = Folder::new("history");
        let now = UnixTime(1_800_000_000);
        let store = Self::open(&folder, now);
        Self { folder, store, model: Model::default(), now, count: 0 }
    }

    fn open(folder: &Folder, now: UnixTime) -> Store {
        let store = Store::open(&folder.0, now).unwrap();
        // Thousands of commits, and no loss of power.
        store.connection.pragma_update(None, "synchronous", "OFF").unwrap();
        store
    }

    fn stamp(&mut self) -> Stamp {
        self.count += 1;
        let mut random = [0; 32];
        random[..8].copy_from_slice(&self.count.to_be_bytes());
        random[10..18].copy_from_slice(&self.count.to_be_bytes());
        Stamp { now: self.now, random }
    }

    fn subject(&self, number: Number) -> SubjectId {
        let read = self.store.connection.query_row(
            "SELECT id FROM subjects WHERE device = ?",
            [device(number).0.as_bytes()],
            |row| row.get(0),
        );
        SubjectId(read.unwrap_or(-1))
    }

    fn perform(&mut self, step: &Step) {
        let stamp = self.stamp();
        match *step {
            Step::Report { match_id, reporter, subject, reason } => {
                let reason = ReportReason::ALL[usize::from(reason)];
                let party = |it: (Number, Number)| Party { device: device(it.0), network: tag(it.1) };
                let report = Report {
                    match_id: MatchId(Uuid::from_u128(match_id.into())),
                    reporter: party(reporter),
                    subject: party(subject),
                    reason,
                    words: "words".to_owned(),
                    started: self.now,
                };
                let result = self.store.run(|it| it.report(stamp, &report));
                if reporter.0 == subject.0 {
                    assert!(matches!(result, Err(ModerationError::NotAllowed(_))));
                } else {
                    let is_new = self.model.report(self.now, match_id, reporter, subject);
                    assert_eq!(result.unwrap().is_new, is_new);
                }
            }
            Step::Claim { moderator, subject } => {
                let id = self.subject(subject);
                let result = self.store.run(|it| it.claim(stamp, &moderator.to_string(), id));
                let expected = self.model.claim(self.now, moderator, subject);
                assert_eq!(result.map(|_| ()).map_err(refusal), expected);
            }
            Step::Decide { moderator, subject, is_stale, action } => {
                let version = self.model.subjects.get(&subject).map_or(0, |it| it.version);
                let last = self.model.undecided(subject).map(|it| it.id).max().unwrap_or_default();
                // A moderator may have looked before the last report came, or before the last decision.
                let seen = match (is_stale, self.count / 2 % 2) {
                    (false, _) => (version, last),
                    (true, 0) => (version, last - 1),
                    (true, _) => (version - 1, last),
                };
                let seen_text = format!("{}.{}", seen.0, seen.1);
                let decision = ModeratorDecision {
                    subject: self.subject(subject),
                    seen: seen_text.parse::<Seen>().unwrap(),
                    action,
                    note: String::new(),
                };
                let result = self.store.run(|it| it.decide(stamp, &moderator.to_string(), &decision));
                let expected = self.model.decide(self.now, moderator, subject, seen, action);
                assert_eq!(result.map(|_| ()).map_err(refusal), expected);
            }
            Step::Wait(seconds) => self.now.0 += seconds,
            Step::RemoveOld => self.remove_old(),
            Step::Reopen => {
                let store = Self::open(&self.folder, self.now);
                self.store.sanctions.remove_expired(self.now);
                assert_eq!(store.sanctions, self.store.sanctions);
                self.store = store;
            }
        }
    }

    fn remove_old(&mut self) {
        let now = self.now;
        for part in Removal::ALL {
            while self.store.run(|it| it.remove_old(part, now)).unwrap() > 0 {}
        }
        self.model.remove_old(now);
    }

    fn compare(&mut self) {
        let stamp = self.stamp();
        for status in [Status::Open, Status::Escalated] {
            let rows = self.store.run(|it| it.queue(stamp, "anna", status, None, 100)).unwrap();
            let mut expected: Vec<_> = self
                .model
                .subjects
                .iter()
                .filter(|it| it.1.status == status)
                .map(|(number, subject)| {
                    let reports: Vec<_> = self.model.undecided(*number).collect();
                    let received = || reports.iter().map(|it| it.received);
                    (
                        std::cmp::Reverse(self.model.score(*number)),
                        self.subject(*number),
                        subject.version,
                        subject.is_paused,
                        reports.len() as u32,
                        received().min().unwrap_or_default(),
                        received().max().unwrap_or_default(),
                    )
                })
                .collect();
            expected.sort_unstable();
            let actual: Vec<_> = rows
                .into_iter()
                .map(|it| {
                    let it = it.row;
                    let score = std::cmp::Reverse(it.score);
                    let version = it.seen.version;
                    (score, it.subject, version, it.is_paused, it.reports, it.first_report, it.last_report)
                })
                .collect();
            assert_eq!(actual, expected);
        }
        let count: usize =
            self.store.connection.query_row("SELECT count(*) FROM subjects", [], |row| row.get(0)).unwrap();
        assert_eq!(count, self.model.subjects.len());
        for number in 0..DEVICES {
            let actual =
                self.store.sanctions.of_device(self.now, device(number)).map(|it| (it.kind, it.until));
            assert_eq!(actual, self.model.sanction(self.now, number));
        }
        for network in 0..NETWORKS {
            let actual = network_access(&self.store.sanctions, self.now, network);
            assert_eq!(actual, self.model.network(self.now, network));
        }
        store::audit::verify(&mut self.store.connection, |_| Ok(())).unwrap();
    }
}

/// Until when a network is refused, and whether there is friction.
fn network_access(sanctions: &Sanctions, now: UnixTime, network: Number) -> (Option<UnixTime>, bool) {
    let bans = sanctions.of_network(tag(network));
    let refused_until = bans.and_then(|it| it.refused_until).filter(|it| now < *it);
    (refused_until, bans.is_some_and(|it| now < it.friction_until))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "any other error is a failed test")]
fn refusal(error: ModerationError) -> Refusal {
    match error {
        ModerationError::NotFound => Refusal::NotFound,
        ModerationError::Conflict => Refusal::Conflict,
        ModerationError::Claimed(_) => Refusal::Claimed,
        ModerationError::NotAllowed(_) => Refusal::NotAllowed,
        other => panic!("{other}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn store_does_what_the_slow_model_does(steps in steps()) {
        let mut world = World::new();
        for step in &steps {
            world.perform(step);
            world.compare();
        }
    }
}
