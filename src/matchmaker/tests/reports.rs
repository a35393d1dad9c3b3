//! Tests of reports: whom a ticket proves that its holder met, and what the store answers.

use super::scene::{Scene, secs};
use crate::{
    matchmaker::{Input, MatchmakerConfig, Participant, ReportRequest, StoreAnswer},
    protocol::{
        Feature, Features, NetworkTag, ReportReason, ReportWords, ToBrowser, ToServer, limits::MAX_REPORTS,
    },
};

/// The ticket of the last match of a page.
fn ticket(scene: &Scene, page: usize) -> String {
    scene.last_ticket(page).unwrap()
}

/// Two pages whose match is over.
fn after_a_match() -> (Scene, usize, usize) {
    let mut scene = Scene::new().with_networks(3);
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.report_connected(match_id, [ann, bob]);
    for page in [ann, bob] {
        scene.send(page, ToServer::Leave {});
        scene.take_events(page);
    }
    (scene, ann, bob)
}

#[test]
fn a_report_tells_the_store_who_met_whom_and_when() {
    let mut scene = Scene::new().with_networks(3);
    let (ann, bob, match_id) = scene.add_matched_pair();
    let parties = [ann, bob]
        .map(|it| Participant { device: scene.device_of(it), network: Some(NetworkTag([it as u8; 16])) });
    scene.advance(secs(9));
    let words = ReportWords::new("He shouted.").unwrap();
    let report = ToServer::Report { ticket: ticket(&scene, bob), reason: ReportReason::Hate, words };
    scene.send(bob, report);
    let [kept] = &scene.store.kept[..] else { panic!("{:?}", scene.store.kept) };
    assert_eq!([kept.subject, kept.reporter], parties);
    assert_eq!((kept.match_id, kept.started), (match_id, 1_700_000_000));
    assert_eq!((kept.reason, kept.words.as_ref()), (ReportReason::Hate, "He shouted."));
    assert!(!format!("{kept:?}").contains("shouted"), "the words are not printed");
}

#[test]
fn a_report_is_answered_whatever_its_page_does_and_ends_no_match() {
    let mut scene = Scene::new();
    let (ann, bob, _) = scene.add_matched_pair();
    scene.report(ann, ticket(&scene, ann));
    assert_eq!(scene.take_events(ann), ["reported #1 accepted, code 0"]);
    assert!(scene.take_events(bob).is_empty(), "the partner is not told");
    assert_eq!(scene.machine.census().matches, 1);
    scene.report(bob, ticket(&scene, bob));
    scene.send(bob, ToServer::Leave {});
    scene.join(ann);
    scene.take_events(ann);
    scene.report(ann, ticket(&scene, ann));
    assert_eq!(scene.take_events(ann), ["reported #1 already-reported, code 0"], "while it waits");
    let again = scene.reload(bob);
    scene.take_events(again);
    let before = ticket(&scene, bob);
    scene.report(again, before);
    assert_eq!(scene.take_events(again), ["reported #1 already-reported, code 1"], "after a reload");
    assert_eq!(scene.store.kept.len(), 2);
}

#[test]
fn a_report_after_a_restart_of_the_server_is_genuine() {
    let (mut scene, ann, _) = after_a_match();
    scene.restart_server();
    let before = ticket(&scene, ann);
    let again = scene.reload(ann);
    scene.take_events(again);
    scene.report(again, before);
    assert_eq!(scene.take_events(again), ["reported #1 accepted, code 0"]);
}

#[test]
fn tickets_that_prove_nothing_are_refused() {
    let (mut scene, ann, bob) = after_a_match();
    let [eve] = scene.add_pages();
    let own = ticket(&scene, ann);
    let altered = format!("{}A{}", &own[..40], &own[41..]);
    assert_ne!(own, altered);
    let extended = format!("{own}AAAA");
    for text in ["", "forged", &altered, &extended, &own[..own.len() - 1], &ticket(&scene, bob)] {
        scene.report(ann, text.to_owned());
        assert_eq!(scene.take_events(ann), ["reported invalid-ticket"], "{text}");
    }
    scene.report(eve, own);
    assert_eq!(scene.take_events(eve), ["reported invalid-ticket"], "somebody who was not there");
    assert!(scene.store.kept.is_empty());
}

#[test]
fn a_ticket_can_be_used_for_a_day() {
    for (seconds, expected) in [(86_399, "reported #1 accepted, code 0"), (86_400, "reported invalid-ticket")]
    {
        let (mut scene, ann, _) = after_a_match();
        scene.advance(secs(seconds));
        let before = ticket(&scene, ann);
        let again = scene.reload(ann);
        scene.take_events(again);
        scene.report(again, before);
        assert_eq!(scene.take_events(again), [expected], "after {seconds} s");
    }
}

#[test]
fn a_device_has_ten_reports_a_day() {
    let mut scene = Scene::new();
    let [ann] = scene.add_pages();
    let mut answers = Vec::new();
    for _ in 0..=MAX_REPORTS {
        let [partner] = scene.add_pages();
        scene.join(ann);
        scene.join(partner);
        scene.send(ann, ToServer::Leave {});
        scene.take_events(ann);
        scene.report(ann, ticket(&scene, ann));
        answers.extend(scene.take_events(ann));
    }
    let accepted = answers.iter().filter(|it| it.contains("accepted")).count();
    assert_eq!((accepted, answers.len()), (MAX_REPORTS, MAX_REPORTS + 1));
    assert_eq!(answers.last().unwrap(), "reported #11 too-many");
    assert_eq!(scene.store.kept.len(), MAX_REPORTS);
}

#[test]
fn a_store_that_fails_or_is_late_can_be_asked_again() {
    let (mut scene, ann, _) = after_a_match();
    scene.store.fails = true;
    scene.report(ann, ticket(&scene, ann));
    assert_eq!(scene.take_events(ann), ["reported #1 not-now"]);
    (scene.store.fails, scene.store.is_silent) = (false, true);
    scene.report(ann, ticket(&scene, ann));
    scene.advance(secs(10) - secs(1) / 1_000);
    assert!(scene.take_events(ann).is_empty());
    scene.advance(secs(1) / 1_000);
    assert_eq!(scene.take_events(ann), ["reported #1 not-now"]);
    scene.wake_store();
    assert!(scene.take_events(ann).is_empty(), "the answer came too late");
    scene.report(ann, ticket(&scene, ann));
    assert_eq!(scene.take_events(ann), ["reported #1 already-reported, code 0"]);
    assert_eq!(
        scene.machine.deadline().filter(|at| *at < scene.now + secs(30)),
        None,
        "nothing is left over"
    );
}

#[test]
fn an_answer_waits_for_a_page_that_has_lost_its_socket() {
    let (mut scene, ann, _) = after_a_match();
    scene.store.is_silent = true;
    scene.report(ann, ticket(&scene, ann));
    scene.lose_socket(ann);
    scene.wake_store();
    scene.resume(ann);
    assert_eq!(scene.take_events(ann), ["welcome back", "reported #1 accepted, code 0"]);
}

#[test]
fn an_answer_for_a_page_that_is_gone_is_dropped() {
    let (mut scene, ann, _) = after_a_match();
    scene.store.is_silent = true;
    scene.report(ann, ticket(&scene, ann));
    scene.close_page(ann);
    scene.wake_store();
    assert_eq!(scene.store.kept.len(), 1);
    let answer = StoreAnswer::Failed;
    scene.feed(Input::ReportStored { request: ReportRequest(77), answer });
}

#[test]
fn reports_that_wait_for_the_store_are_bounded() {
    let (mut scene, ann, _) = after_a_match();
    scene.store.is_silent = true;
    for _ in 0..256 {
        scene.report(ann, ticket(&scene, ann));
    }
    assert!(scene.take_events(ann).is_empty());
    scene.report(ann, ticket(&scene, ann));
    assert_eq!(scene.take_events(ann), ["reported #1 not-now"]);
    assert_eq!(scene.store.requests.len(), 256);
}

#[test]
fn a_server_without_a_store_takes_no_reports_and_says_so() {
    let config = MatchmakerConfig { moderates: false, ..MatchmakerConfig::for_tests(7) };
    let mut scene = Scene::with_config(config);
    let (ann, ..) = scene.add_matched_pair();
    scene.report(ann, ticket(&scene, ann));
    assert_eq!(scene.take_events(ann), ["reported not-now"]);
    assert!(scene.store.kept.is_empty());
    assert_eq!(features(&scene, ann), Features::all().without(Feature::Report));
    let (scene, ann, _) = after_a_match();
    assert_eq!(features(&scene, ann), Features::all());
}

/// What the server has listed in its `welcome`.
fn features(scene: &Scene, page: usize) -> Features {
    let events = &scene.pages[page].events;
    let listed = events.iter().find_map(|it| match it {
        super::scene::ClientEvent::Received(ToBrowser::Welcome { features, .. }) => Some(*features),
        super::scene::ClientEvent::Received(_) | super::scene::ClientEvent::Closed(_) => None,
    });
    listed.unwrap()
}
