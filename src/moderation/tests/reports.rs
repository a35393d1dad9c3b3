//! Reports through the interface: what they weigh, the automatic pause, and what the store refuses.

use std::time::Duration;

use super::scene::{SUBJECT, Scene, device, report, stamp};
use crate::{
    moderation::{
        Action, ModerationError, ModeratorDecision, NEW_REPORTER, PAUSED_FOR, PAUSED_SCORE, Report,
        ReportOutcome, SanctionEvent, SanctionKind, Seen, Status, SubjectId, reporter_weight,
    },
    protocol::{ReportReason, limits::MAX_REPORT_CHARS},
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test]
async fn match_is_reported_once_by_each_end() {
    let mut scene = Scene::new("once");
    let now = scene.now;
    let first = scene.moderation.report(stamp(now, 1), report(7, 1, 1, 2)).await.unwrap();
    let again = scene.moderation.report(stamp(now, 2), report(7, 1, 1, 2)).await.unwrap();
    assert!(first.is_new && !again.is_new);
    assert_eq!(again.code, first.code, "a page that got no answer gets the same one");
    let other = scene.moderation.report(stamp(now, 3), report(7, 2, 2, 1)).await.unwrap();
    assert!(other.is_new);
    let reports: Vec<_> = scene.queue().await.iter().map(|it| it.reports).collect();
    assert_eq!(reports, [1, 1]);
}

#[tokio::test]
async fn queue_says_how_many_reports_have_which_reason() {
    let mut scene = Scene::new("reasons");
    let reasons = [ReportReason::Spam, ReportReason::Threats, ReportReason::Nudity, ReportReason::Threats];
    for (number, reason) in (1..).zip(reasons) {
        let stamp = scene.stamp();
        let report = Report { reason, ..report(number.into(), number, number, SUBJECT) };
        scene.moderation.report(stamp, report).await.unwrap();
    }
    let entries = async |scene: &mut Scene| {
        let stamp = scene.stamp();
        scene.moderation.queue(stamp, "anna", Status::Open, None, 100).await.unwrap()
    };
    let [entry] = &entries(&mut scene).await[..] else { panic!("one subject") };
    assert_eq!(
        entry.reasons,
        [(ReportReason::Threats, 2), (ReportReason::Nudity, 1), (ReportReason::Spam, 1)]
    );
    scene.decide("anna", &entry.row, Action::Dismiss).await.unwrap();
    scene.report(9, 9).await;
    let [entry] = &entries(&mut scene).await[..] else { panic!("one subject") };
    assert_eq!(entry.reasons, [(ReportReason::Harassment, 1)], "only those that nobody has decided about");
}

#[tokio::test]
async fn words_are_bounded_and_nobody_reports_themselves() {
    let scene = Scene::new("refused");
    let mut long = report(1, 1, 1, 2);
    long.words = "é".repeat(MAX_REPORT_CHARS);
    scene.moderation.report(stamp(scene.now, 1), long.clone()).await.unwrap();
    long.words.push('é');
    long.match_id.0 = uuid::Uuid::from_u128(2);
    for wrong in [long, report(3, 1, 1, 1)] {
        let result = scene.moderation.report(stamp(scene.now, 2), wrong).await;
        assert!(matches!(result, Err(ModerationError::NotAllowed(_))));
    }
}

#[tokio::test]
async fn thousand_reports_of_one_device_or_network_weigh_no_more_than_one() {
    for (name, reporter, network) in
        [("device", (|_| 1) as fn(u32) -> u32, (|it| it) as fn(u32) -> u32), ("network", |it| it, |_| 1)]
    {
        let mut scene = Scene::new(name);
        scene.report_all((0..1_000).map(|it| (reporter(it), network(it)))).await;
        let row = scene.only().await;
        assert_eq!((row.reports, row.score, row.is_paused), (1_000, NEW_REPORTER, false));
        assert!(scene.moderation.sanctions().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn false_reports_cause_one_short_pause_and_lose_weight() {
    let mut scene = Scene::new("false-reports");
    let end = scene.now + DAY;
    let mut paused = Vec::new();
    // Ten bots on three networks report one good peer whenever they can, for a day.
    while scene.now < end {
        scene.report_all((0..10).map(|bot| (bot, bot % 3))).await;
        let sanctions = scene.moderation.sanctions().await.unwrap();
        if let Some(sanction) = sanctions.of_device(scene.now, device(SUBJECT)) {
            assert!(sanction.is_automatic && sanction.kind == SanctionKind::Pause);
            paused.push(*sanction);
        }
        scene.now = scene.now + Duration::from_secs(20 * 60);
    }
    paused.dedup();
    assert_eq!(paused.len(), 1, "one pause");
    assert_eq!(paused[0].until, paused[0].started + PAUSED_FOR);

    let row = scene.only().await;
    assert!(row.is_paused && row.score > PAUSED_SCORE, "it waits for a person, before all others");
    scene.decide("anna", &row, Action::Dismiss).await.unwrap();
    assert_eq!(scene.queue().await, []);
    scene.report_all((0..10).map(|bot| (bot, bot % 3))).await;
    let row = scene.only().await;
    assert_eq!((row.score, row.is_paused), (3 * reporter_weight(0, 1), false));
    assert!(row.score < 3 * NEW_REPORTER);
    // Not even when a pause would be possible again.
    scene.now = scene.now + 2 * DAY;
    scene.report_all((0..10).map(|bot| (bot, bot % 3))).await;
    let sanctions = scene.moderation.sanctions().await.unwrap();
    assert_eq!(sanctions.of_device(scene.now, device(SUBJECT)), None);
}

#[tokio::test]
async fn automatic_pause_ends_a_warning_which_stays_in_the_history() {
    let mut scene = Scene::new("ended-warning");
    scene.report(1, 1).await;
    let row = scene.only().await;
    let warning = scene.decide("anna", &row, Action::Warn(ReportReason::Hate)).await.unwrap().unwrap();
    scene.report_all([(2, 2), (3, 3), (4, 4)].into_iter()).await;
    let sanctions = scene.moderation.sanctions().await.unwrap();
    assert!(sanctions.of_device(scene.now, device(SUBJECT)).unwrap().is_automatic);
    // Its person can still read the warning by its code.
    let statement = scene.moderation.statement(warning.appeal).await.unwrap();
    assert_eq!((statement.kind, statement.ended), (SanctionKind::Warning, Some(scene.now)));
    scene.now = scene.now + PAUSED_FOR;
    let sanctions = scene.moderation.sanctions().await.unwrap();
    assert_eq!(sanctions.of_device(scene.now, device(SUBJECT)), None, "the warning does not come back");
    let row = scene.only().await;
    assert!(row.is_paused, "a person is asked");
    let stamp = scene.stamp();
    let view = scene.moderation.view(stamp, "anna", row.subject).await.unwrap();
    let actions: Vec<_> = view.decisions.iter().map(|it| &*it.action).collect();
    assert_eq!(actions, ["pause", "warn"]);
}

#[tokio::test]
async fn page_from_before_an_automatic_pause_decides_nothing() {
    let mut scene = Scene::new("unseen-pause");
    scene.report(1, 1).await;
    scene.report(2, 2).await;
    let before = scene.only().await;
    scene.report(3, 3).await;
    for action in [Action::Lift, Action::Dismiss, Action::Warn(ReportReason::Spam)] {
        let result = scene.decide("anna", &before, action).await;
        assert!(matches!(result, Err(ModerationError::Conflict)), "{action:?}: {result:?}");
    }
    let sanctions = scene.moderation.sanctions().await.unwrap();
    let pause = sanctions.of_device(scene.now, device(SUBJECT)).unwrap();
    assert!(pause.is_automatic && pause.kind == SanctionKind::Pause);
    let row = scene.only().await;
    scene.decide("anna", &row, Action::Lift).await.unwrap();
}

#[tokio::test]
async fn reporter_learns_the_outcome_by_the_code() {
    let mut scene = Scene::new("outcome");
    let code = scene.report(1, 1).await.code;
    assert_eq!(scene.moderation.outcome(code).await.unwrap(), ReportOutcome::Undecided);
    let row = scene.only().await;
    // One that comes while the moderator reads is not decided with the others.
    let later = scene.report(2, 2).await.code;
    scene.decide("anna", &row, Action::Warn(ReportReason::Spam)).await.unwrap();
    assert_eq!(scene.moderation.outcome(code).await.unwrap(), ReportOutcome::Upheld);
    assert_eq!(scene.moderation.outcome(later).await.unwrap(), ReportOutcome::Undecided);
    let row = scene.only().await;
    scene.decide("anna", &row, Action::Dismiss).await.unwrap();
    assert_eq!(scene.moderation.outcome(later).await.unwrap(), ReportOutcome::Dismissed);
    let unknown = "0000-0000-0000-0000".parse().unwrap();
    assert!(matches!(scene.moderation.outcome(unknown).await, Err(ModerationError::NotFound)));
}

#[tokio::test]
async fn changes_of_sanctions_reach_subscribers_and_survive_a_restart() {
    let mut scene = Scene::new("subscribers");
    let (mut sanctions, mut feed) = scene.moderation.subscribe().await.unwrap();
    scene.report(1, 1).await;
    let row = scene.only().await;
    let imposed = scene.decide("anna", &row, Action::Pause(ReportReason::Spam)).await.unwrap().unwrap();
    assert_eq!(imposed.kind, SanctionKind::Pause);
    let Some(SanctionEvent::Changed(change)) = feed.next().await else { panic!() };
    sanctions.apply(change);
    assert_eq!(sanctions.of_device(scene.now, device(SUBJECT)), Some(&imposed));
    assert_eq!(scene.moderation.sanctions().await.unwrap(), sanctions);
    let scene = scene.reopen().await;
    assert!(feed.next().await.is_none(), "a subscriber does not keep the store open");
    assert_eq!(scene.moderation.sanctions().await.unwrap(), sanctions);
}

#[tokio::test]
async fn slow_subscriber_gets_all_sanctions_again() {
    let scene = Scene::new("slow-subscriber");
    let (_, mut feed) = scene.moderation.subscribe().await.unwrap();
    let (moderation, now) = (&scene.moderation, scene.now);
    for first in (0..11).map(|it| it * 100 + 1) {
        let numbers = first..first + 100_u32;
        let reports = numbers
            .clone()
            .map(|it| moderation.report(stamp(now, it.into()), report(it.into(), 5_000 + it, 1, it)));
        futures::future::try_join_all(reports).await.unwrap();
        // The subjects have the numbers of the reports.
        let decisions = numbers.map(|it| {
            let seen = Seen { version: 0, last_report: it.into() };
            let action = Action::Warn(ReportReason::Spam);
            let decision =
                ModeratorDecision { subject: SubjectId(it.into()), seen, action, note: String::new() };
            moderation.decide(stamp(now, it.into()), "anna", decision)
        });
        futures::future::try_join_all(decisions).await.unwrap();
    }
    let Some(SanctionEvent::Replaced(sanctions)) = feed.next().await else { panic!("it has missed some") };
    assert_eq!(sanctions, scene.moderation.sanctions().await.unwrap());
}
