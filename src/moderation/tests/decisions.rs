//! Moderators at work: conflicts, claims, appeals, statements, tokens and counts.

use std::time::Duration;

use super::scene::{SUBJECT, Scene, device, report};
use crate::{
    moderation::{
        Action, AppealEffect, AppealId, AppealState, BanLength, CLAIMED_FOR, ModerationError,
        ModeratorDecision, Month, ReportOutcome, Sanction, SanctionKind, Sanctions, SignInEvent, Status,
        SubjectId, offline, records::MAX_NOTE_CHARS,
    },
    protocol::ReportReason,
};

#[tokio::test]
async fn two_moderators_do_not_collide() {
    let mut scene = Scene::new("collision");
    scene.report(1, 1).await;
    let row = scene.only().await;
    let stamp = scene.stamp();
    scene.moderation.claim(stamp, "anna", row.subject).await.unwrap();
    let result = scene.decide("bert", &row, Action::Dismiss).await;
    assert!(matches!(result, Err(ModerationError::Claimed(claim)) if claim.moderator == "anna"));
    assert_eq!(scene.only().await.claim.unwrap().moderator, "anna");
    scene.now = scene.now + CLAIMED_FOR;
    let stamp = scene.stamp();
    scene.moderation.claim(stamp, "bert", row.subject).await.unwrap();
    scene.decide("bert", &row, Action::Escalate).await.unwrap();
    let result = scene.decide("anna", &row, Action::Dismiss).await;
    assert!(matches!(result, Err(ModerationError::Conflict)), "Anna has not seen Bert's decision");
}

#[tokio::test]
async fn several_subjects_are_dismissed_each_by_itself() {
    let mut scene = Scene::new("bulk");
    for number in 0..3 {
        let stamp = scene.stamp();
        let report = report(number, 1 + number as u32, 1, SUBJECT + number as u32);
        scene.moderation.report(stamp, report).await.unwrap();
    }
    let rows = scene.queue().await;
    scene.decide("bert", &rows[1], Action::Note).await.unwrap();
    let stamp = scene.stamp();
    let all = rows.iter().map(|it| (it.subject, it.seen)).collect();
    let results = scene.moderation.dismiss_all(stamp, "anna", all).await.unwrap();
    assert!(matches!(results[..], [Ok(()), Err(ModerationError::Conflict), Ok(())]), "{results:?}");
    assert_eq!(scene.only().await.subject, rows[1].subject);
}

#[tokio::test]
async fn ban_is_explained_appealed_and_lifted() {
    let mut scene = Scene::new("appeal");
    let code = scene.report(1, 1).await.code;
    let row = scene.only().await;
    let too_long = Action::Ban(ReportReason::Spam, BanLength::HalfYear);
    assert!(matches!(scene.decide("anna", &row, too_long).await, Err(ModerationError::NotAllowed(_))));
    let action = Action::Ban(ReportReason::Harassment, BanLength::Week);
    let ban = scene.decide("anna", &row, action).await.unwrap().unwrap();
    let statement = scene.moderation.statement(ban.appeal).await.unwrap();
    assert_eq!((statement.kind, statement.reason), (SanctionKind::Ban, ReportReason::Harassment));
    assert_eq!((statement.reports, statement.is_automatic), (1, false));
    assert_eq!((statement.until, statement.ended, statement.state), (ban.until, None, AppealState::None));

    let stamp = scene.stamp();
    let words = "It was my brother.".to_owned();
    let appealed = scene.moderation.appeal(stamp, ban.appeal, words.clone()).await.unwrap();
    assert_eq!(appealed.state, AppealState::Waiting);
    let again = scene.moderation.appeal(stamp, ban.appeal, words).await;
    assert!(matches!(again, Err(ModerationError::NotAllowed(_))));
    let stamp = scene.stamp();
    let [appeal] = &scene.moderation.appeals(stamp, "bert", None).await.unwrap()[..] else { panic!() };
    assert_eq!(appeal.words, "It was my brother.");
    let (id, answer) = (appeal.appeal, "We believe you.".to_owned());
    let effect = scene.moderation.decide_appeal(stamp, "bert", id, true, answer.clone()).await.unwrap();
    assert_eq!(effect, AppealEffect::Lifted);
    let again = scene.moderation.decide_appeal(stamp, "anna", id, false, String::new()).await;
    assert!(matches!(again, Err(ModerationError::Conflict)));
    let statement = scene.moderation.statement(ban.appeal).await.unwrap();
    assert_eq!((statement.ended, statement.state), (Some(scene.now), AppealState::Granted { answer }));
    let sanctions = scene.moderation.sanctions().await.unwrap();
    assert_eq!(sanctions.of_device(scene.now, device(SUBJECT)), None);
    assert_eq!(scene.moderation.outcome(code).await.unwrap(), ReportOutcome::Dismissed);
}

#[tokio::test]
async fn escalated_subject_without_reports_is_not_kept_for_ever() {
    let mut scene = Scene::new("escalated");
    scene.report(1, 1).await;
    let row = scene.only().await;
    scene.decide("anna", &row, Action::Dismiss).await.unwrap();
    let stamp = scene.stamp();
    let closed = scene.moderation.view(stamp, "anna", row.subject).await.unwrap().row;
    let result = scene.decide("anna", &closed, Action::Escalate).await;
    assert!(matches!(result, Err(ModerationError::NotAllowed(_))), "{result:?}");
    // One that a former version has escalated.
    let connection = rusqlite::Connection::open(crate::moderation::store::path_in(&scene.folder.0)).unwrap();
    connection.execute("UPDATE subjects SET status = 'escalated'", []).unwrap();
    let mut status_after = async |days: u64| {
        scene.now = scene.now + Duration::from_secs(days * 24 * 60 * 60);
        let stamp = scene.stamp();
        scene.moderation.maintain(stamp).await.unwrap();
        scene.moderation.view(stamp, "anna", row.subject).await.map(|it| it.row.status)
    };
    assert_eq!(status_after(29).await.unwrap(), Status::Escalated);
    assert_eq!(status_after(1).await.unwrap(), Status::Closed);
    assert!(matches!(status_after(150).await, Err(ModerationError::NotFound)), "with its reports");
}

/// A device that was reported once and is banned for a day.
async fn banned_for_a_day(name: &str) -> (Scene, SubjectId, Sanction) {
    let mut scene = Scene::new(name);
    scene.report(1, 1).await;
    let row = scene.only().await;
    let action = Action::Ban(ReportReason::Harassment, BanLength::Day);
    let ban = scene.decide("anna", &row, action).await.unwrap().unwrap();
    (scene, row.subject, ban)
}

/// The rows of the audit log: the moderator, what was done, about which subject, and more of it.
fn audit_rows(scene: &mut Scene) -> Vec<(String, String, Option<i64>, String)> {
    let stamp = scene.stamp();
    let file = scene.folder.0.join(format!("{}.jsonl", stamp.random[7]));
    offline::export_audit(&scene.folder.0, stamp, &file).unwrap();
    let text = std::fs::read_to_string(file).unwrap();
    let rows = text.lines().map(|it| serde_json::from_str::<serde_json::Value>(it).unwrap());
    let text = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap().to_owned();
    rows.map(|it| (text(&it, "moderator"), text(&it, "what"), it["subject"].as_i64(), text(&it, "detail")))
        .collect()
}

#[tokio::test]
async fn audit_log_has_what_was_looked_at_and_who_came_and_copied() {
    let (mut scene, subject, ban) = banned_for_a_day("audit-rows").await;
    let stamp = scene.stamp();
    scene.moderation.appeal(stamp, ban.appeal, "It was my brother.".to_owned()).await.unwrap();
    let before = audit_rows(&mut scene).len();
    let appeal = scene.moderation.appeals(stamp, "bert", None).await.unwrap()[0].clone();
    let one = scene.moderation.waiting_appeal(stamp, "bert", appeal.appeal).await.unwrap();
    assert_eq!(one, appeal);
    let none = scene.moderation.waiting_appeal(stamp, "bert", AppealId(appeal.appeal.0 + 1)).await;
    assert!(matches!(none, Err(ModerationError::NotFound)));
    for event in [
        SignInEvent::SignedIn("anna".to_owned()),
        SignInEvent::Failed { left_out: 0 },
        SignInEvent::Failed { left_out: 7 },
        SignInEvent::SignedOut("anna".to_owned()),
    ] {
        scene.moderation.record_sign_in(stamp, event).await.unwrap();
    }
    let copy = scene.folder.0.join("copy.db");
    offline::backup(&scene.folder.0, stamp, &copy).unwrap();
    let rows = audit_rows(&mut scene);
    let rows: Vec<_> = rows[before..].iter().map(|it| (&*it.0, &*it.1, it.2, &*it.3)).collect();
    assert_eq!(
        rows,
        [
            ("bert", "view appeals", None, ""),
            ("bert", "view appeal", Some(subject.0), ""),
            ("anna", "sign in", None, ""),
            ("", "failed sign-in", None, ""),
            ("", "failed sign-in", None, "and 7 more"),
            ("anna", "sign out", None, ""),
            ("operator", "backup", None, ""),
            ("operator", "export audit log", None, ""),
        ]
    );
    let verified = offline::verify_audit(&scene.folder.0).unwrap();
    assert_eq!(verified.1 as usize, before + rows.len());
}

#[tokio::test]
async fn granted_appeal_says_whether_it_has_lifted_something() {
    for expected in [AppealEffect::WasOver, AppealEffect::AnotherStays, AppealEffect::Rejected] {
        let (mut scene, _, ban) = banned_for_a_day("appeal-effect").await;
        let stamp = scene.stamp();
        scene.moderation.appeal(stamp, ban.appeal, "It was my brother.".to_owned()).await.unwrap();
        if expected == AppealEffect::WasOver {
            scene.now = ban.until;
        }
        if expected == AppealEffect::AnotherStays {
            scene.report(2, 2).await;
            let row = scene.only().await;
            let longer = Action::Ban(ReportReason::Harassment, BanLength::Week);
            scene.decide("anna", &row, longer).await.unwrap().unwrap();
        }
        let before = scene.moderation.sanctions().await.unwrap();
        let stamp = scene.stamp();
        let id = scene.moderation.appeals(stamp, "bert", None).await.unwrap()[0].appeal;
        let is_granted = expected != AppealEffect::Rejected;
        let answer = String::new();
        let effect = scene.moderation.decide_appeal(stamp, "bert", id, is_granted, answer).await.unwrap();
        assert_eq!(effect, expected);
        let after = scene.moderation.sanctions().await.unwrap();
        let current = |it: &Sanctions| it.of_device(scene.now, device(SUBJECT)).copied();
        assert_eq!(current(&after), current(&before), "nothing was lifted");
    }
}

#[tokio::test]
async fn appeal_keeps_its_sanction_while_it_waits_and_a_week_after_the_answer() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    for is_answered in [true, false] {
        let (mut scene, _, ban) = banned_for_a_day("kept-appeal").await;
        // It comes on the last day on which there is a ban to appeal against.
        scene.now = ban.until + 6 * DAY;
        let stamp = scene.stamp();
        scene.moderation.appeal(stamp, ban.appeal, "It was my brother.".to_owned()).await.unwrap();
        let is_there_after = async |scene: &mut Scene, wait: Duration| {
            scene.now = scene.now + wait;
            let stamp = scene.stamp();
            scene.moderation.maintain(stamp).await.unwrap();
            scene.moderation.statement(ban.appeal).await.is_ok()
        };
        assert!(is_there_after(&mut scene, 29 * DAY).await, "the appeal waits");
        if is_answered {
            let stamp = scene.stamp();
            let id = scene.moderation.appeals(stamp, "bert", None).await.unwrap()[0].appeal;
            scene.moderation.decide_appeal(stamp, "bert", id, false, "No.".to_owned()).await.unwrap();
            assert!(is_there_after(&mut scene, 6 * DAY).await, "the answer can be read");
        }
        assert!(!is_there_after(&mut scene, DAY).await, "{is_answered}");
        let stamp = scene.stamp();
        assert_eq!(scene.moderation.appeals(stamp, "bert", None).await.unwrap(), []);
    }
}

#[tokio::test]
async fn subject_is_shown_with_its_history() {
    let mut scene = Scene::new("view");
    scene.report(1, 1).await;
    scene.report(2, 2).await;
    let stamp = scene.stamp();
    scene.moderation.report(stamp, report(99, SUBJECT, 999, 7)).await.unwrap();
    let rows = scene.queue().await;
    let row = &rows[0];
    let decision =
        |note: String| ModeratorDecision { subject: row.subject, seen: row.seen, action: Action::Note, note };
    let stamp = scene.stamp();
    let long = decision("x".repeat(MAX_NOTE_CHARS + 1));
    assert!(matches!(
        scene.moderation.decide(stamp, "anna", long).await,
        Err(ModerationError::NotAllowed(_))
    ));
    scene.moderation.decide(stamp, "anna", decision("Ask Bert.".to_owned())).await.unwrap();
    let view = scene.moderation.view(stamp, "bert", row.subject).await.unwrap();
    assert_eq!(view.reasons, [(ReportReason::Harassment, 2)]);
    assert_eq!((view.reports.len(), view.own_reports.len(), view.sanction), (2, 1, None));
    let [note] = &view.decisions[..] else { panic!("one decision") };
    assert_eq!((&*note.moderator, &*note.action, &*note.note), ("anna", "note", "Ask Bert."));
    let (_, count) = offline::verify_audit(&scene.folder.0).unwrap();
    assert_eq!(count, 3, "the queue, the note and the view");
}

#[tokio::test]
async fn queue_has_pages() {
    let mut scene = Scene::new("pages");
    for number in 0..25_u32 {
        for reporter in 0..number % 3 + 1 {
            let stamp = scene.stamp();
            let report = report(u128::from(number * 3 + reporter), reporter, reporter, SUBJECT + number);
            scene.moderation.report(stamp, report).await.unwrap();
        }
    }
    let all = scene.queue().await;
    assert_eq!(all.len(), 25);
    assert!(all.is_sorted_by_key(|it| (std::cmp::Reverse(it.score), it.subject)));
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let stamp = scene.stamp();
        let page = scene.moderation.queue(stamp, "anna", Status::Open, after, 10).await.unwrap();
        let Some(last) = page.last().map(|it| &it.row) else { break };
        after = Some(crate::moderation::QueuePosition { score: last.score, subject: last.subject });
        pages.extend(page.into_iter().map(|it| it.row));
    }
    assert_eq!(pages, all);
}

#[tokio::test]
async fn tokens_are_shown_once_and_end_with_their_moderator() {
    let mut scene = Scene::new("tokens");
    let folder = scene.folder.0.clone();
    let mut random = scene.stamp();
    let mut add = |name: &str| {
        random.random[31] += 1;
        offline::add_moderator(&folder, random, name)
    };
    let token = add("anna").unwrap();
    assert!(token.len() >= 43, "256 bits");
    for wrong in ["anna", "", "a b", "operator", "ä", &"x".repeat(33)] {
        assert!(matches!(add(wrong), Err(ModerationError::NotAllowed(_))), "{wrong}");
    }
    let other = add("bert").unwrap();
    assert_ne!(token, other);
    let found = scene.moderation.moderator(token.to_string()).await.unwrap();
    assert_eq!(found.unwrap().name, "anna");
    assert!(scene.moderation.is_moderator("bert".to_owned()).await.unwrap());
    for wrong in [String::new(), token[1..].to_owned(), format!("{}x", *token)] {
        assert_eq!(scene.moderation.moderator(wrong).await.unwrap(), None);
    }
    let stamp = scene.stamp();
    offline::remove_moderator(&folder, stamp, "anna").unwrap();
    assert!(matches!(offline::remove_moderator(&folder, stamp, "anna"), Err(ModerationError::NotFound)));
    assert_eq!(scene.moderation.moderator(token.to_string()).await.unwrap(), None);
    let names: Vec<_> = offline::moderators(&folder, stamp).unwrap().into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["bert"]);
    let text = std::fs::read(folder.join("moderation.db-wal")).unwrap();
    let holds = |needle: &[u8]| text.windows(needle.len()).any(|it| it == needle);
    assert!(holds(b"add moderator") && !holds(other.as_bytes()), "a token is not stored");
}

#[tokio::test]
async fn what_is_counted_outlives_the_rows() {
    let mut scene = Scene::new("counts");
    scene.report(1, 1).await;
    let row = scene.only().await;
    scene.decide("anna", &row, Action::Ban(ReportReason::Harassment, BanLength::Day)).await.unwrap();
    let since = Month::of(scene.now);
    let counts = |all: Vec<crate::moderation::MonthCount>| -> Vec<_> {
        all.into_iter().map(|it| (it.what, it.count)).collect()
    };
    let expected = [("ban".to_owned(), 1), ("report harassment".to_owned(), 1)];
    assert_eq!(counts(scene.moderation.counts(since).await.unwrap()), expected);
    scene.now = scene.now + Duration::from_secs(400 * 24 * 60 * 60);
    let stamp = scene.stamp();
    scene.moderation.maintain(stamp).await.unwrap();
    assert_eq!(counts(scene.moderation.counts(since).await.unwrap()), expected);
    assert_eq!(scene.moderation.network_tags().borrow().month(), Month::of(scene.now));
    // Everything else is gone, and the chain still holds.
    let (last, count) = offline::verify_audit(&scene.folder.0).unwrap();
    assert_eq!((last.number, count), (2, 0));
    let stamp = scene.stamp();
    assert!(matches!(
        scene.moderation.view(stamp, "anna", row.subject).await,
        Err(ModerationError::NotFound)
    ));
    scene.queue().await;
    assert_eq!(offline::verify_audit(&scene.folder.0).unwrap().1, 1);
}
