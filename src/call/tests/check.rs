//! Tests of the check of the connection: a page that cannot connect stops before a stranger waits for it.

use super::test_page::{ADDRESS, BOTH, RELAY, TestPage, millis, secs, session, welcome};
use crate::{
    call::{CheckFinding, Input, Intent, Output, PageEvent, Phase, Problem, Setback},
    protocol::{EndReason, Feature, Features, IceServer, Role, ToBrowser},
};

/// A page whose browser answers the check like this.
fn page_that_finds(checks: Option<CheckFinding>) -> TestPage {
    let mut page = TestPage::new();
    page.checks = checks;
    page
}

/// The page starts, opens its devices and reaches the server.
fn start(page: &mut TestPage) {
    page.press(Intent::Start);
    page.media_opens(BOTH);
    page.server_accepts();
}

/// The numbers of servers with which the page has gathered since the last call.
fn take_checks(page: &mut TestPage) -> Vec<usize> {
    let checks = page
        .page_outputs
        .iter()
        .filter_map(|it| if let Output::CheckConnection(ice) = it { Some(ice.len()) } else { None });
    let checks = checks.collect();
    page.page_outputs.clear();
    checks
}

/// How often a check has ended since the last call.
fn take_ends(page: &mut TestPage) -> usize {
    let outputs = std::mem::take(&mut page.page_outputs);
    outputs.iter().filter(|it| matches!(it, Output::EndCheck)).count()
}

fn stun() -> ToBrowser {
    ToBrowser::Check {
        ice: vec![IceServer { urls: vec!["stun:a".into()], username: None, credential: None }],
    }
}

/// A match that ends without having been connected.
fn fail_match(page: &mut TestPage) {
    page.receive_match(Role::Polite, BOTH);
    assert!(page.phase().is_matched());
    page.advance(secs(12));
    if page.phase_name() != "landing" {
        page.receive(ToBrowser::Waiting {});
    }
}

#[test]
fn the_first_candidate_is_enough_and_delays_nobody() {
    let mut page = page_that_finds(Some(ADDRESS));
    start(&mut page);
    assert_eq!(page.take_actions().last().map(String::as_str), Some("send join with audio and video"));
    assert_eq!(take_checks(&mut page), [0]);
    page.receive(ToBrowser::Waiting {});
    page.press(Intent::Stop);
    start(&mut page);
    assert!(take_checks(&mut page).is_empty(), "one check is enough for a page");
}

#[test]
fn the_check_begins_before_the_person_has_answered_the_browser() {
    for intent in [Intent::Start, Intent::OpenMirror] {
        let mut page = page_that_finds(Some(ADDRESS));
        page.press(intent);
        assert_eq!((take_checks(&mut page), page.phase_name()), (vec![0], "asking"));
    }
}

#[test]
fn a_browser_that_makes_no_connection_is_told_at_once() {
    let mut page = page_that_finds(Some(CheckFinding::Refused));
    page.press(Intent::Start);
    assert_eq!((page.phase_name(), page.problem()), ("landing", Some(Problem::CannotConnect)));
    page.press(Intent::Start);
    assert_eq!(page.problem(), Some(Problem::CannotConnect), "asked again, refused again");
    page.checks = Some(ADDRESS);
    start(&mut page);
    assert_eq!(page.phase(), Phase::Ready, "the extension was turned off");
}

#[test]
fn a_browser_without_any_candidate_does_not_join() {
    let mut page = page_that_finds(None);
    start(&mut page);
    assert_eq!((page.phase(), page.problem()), (Phase::Ready, None));
    page.advance(secs(1));
    let mut actions = page.take_actions();
    assert_eq!(actions.last().map(String::as_str), Some("send check"));
    page.receive(ToBrowser::Check { ice: Vec::new() });
    page.advance(secs(5));
    assert_eq!((page.phase_name(), page.problem()), ("landing", Some(Problem::CannotConnect)));
    actions.extend(page.take_actions());
    assert!(!actions.iter().any(|it| it.contains("join")), "no stranger was met: {actions:?}");
}

#[test]
fn the_servers_help_can_be_what_connects() {
    let mut page = page_that_finds(None);
    start(&mut page);
    page.advance(secs(1));
    page.checks = Some(ADDRESS);
    page.receive(stun());
    assert_eq!(take_checks(&mut page), [0, 1]);
    assert_eq!(page.take_actions().last().map(String::as_str), Some("send join with audio and video"));
    page.receive(ToBrowser::Waiting {});
    page.advance(secs(60));
    assert_eq!(page.problem(), None);
}

#[test]
fn a_relay_counts_once_bytes_have_come_back_through_it() {
    for echoes in [true, false] {
        let mut page = page_that_finds(None);
        start(&mut page);
        page.advance(secs(1));
        page.checks = Some(RELAY);
        page.receive(stun());
        page.advance(millis(500));
        assert_eq!(page.phase(), Phase::Ready, "its address proves nothing");
        assert_eq!(take_ends(&mut page), 0);
        if echoes {
            page.handle(Input::ConnectionChecked(CheckFinding::Echo));
            assert_eq!(
                page.take_actions().last().map(String::as_str),
                Some("send join with audio and video")
            );
            assert_eq!(take_ends(&mut page), 1, "the connections of the check are closed");
        } else {
            page.advance(secs(5));
            assert_eq!(page.problem(), Some(Problem::CannotConnect));
            assert!(!page.take_actions().iter().any(|it| it.contains("join")), "no stranger was met");
        }
    }
}

#[test]
fn an_older_server_is_not_asked() {
    let mut page = page_that_finds(None);
    page.press(Intent::Start);
    page.media_opens(BOTH);
    page.handle(Input::SocketOpened);
    let mut msg = welcome(session(1), false);
    if let ToBrowser::Welcome { features, .. } = &mut msg {
        *features = [Feature::Goodbye].into_iter().collect::<Features>();
    }
    page.receive(msg);
    page.advance(secs(5));
    assert_eq!(page.problem(), Some(Problem::CannotConnect));
    assert!(!page.take_actions().iter().any(|it| it == "send check"));
}

#[test]
fn without_a_network_nothing_is_concluded() {
    let mut page = page_that_finds(None);
    page.press(Intent::Start);
    page.media_opens(BOTH);
    page.handle(Input::Page(PageEvent::Online(false)));
    page.advance(secs(60));
    assert_eq!(page.problem(), Some(Problem::Offline));
    page.handle(Input::Page(PageEvent::Online(true)));
    page.checks = Some(ADDRESS);
    page.handle(Input::NetworkChanged);
    page.server_accepts();
    assert_eq!(page.take_actions().last().map(String::as_str), Some("send join with audio and video"));
}

#[test]
fn a_browser_that_says_offline_on_an_open_socket_is_checked_again() {
    let mut page = page_that_finds(None);
    start(&mut page);
    page.handle(Input::Page(PageEvent::Online(false)));
    page.advance(secs(30));
    assert_eq!((page.phase(), page.problem()), (Phase::Ready, None));
    page.checks = Some(ADDRESS);
    page.handle(Input::Page(PageEvent::Online(true)));
    assert_eq!(page.take_actions().last().map(String::as_str), Some("send join with audio and video"));
}

#[test]
fn a_person_who_insists_may_try_and_costs_one_stranger() {
    let mut page = page_that_finds(None);
    start(&mut page);
    page.advance(secs(12));
    assert_eq!(page.problem(), Some(Problem::CannotConnect));
    start(&mut page);
    assert_eq!(page.take_actions().last().map(String::as_str), Some("send join with audio and video"));
    page.receive(ToBrowser::Waiting {});
    fail_match(&mut page);
    assert_eq!((page.phase_name(), page.problem()), ("landing", Some(Problem::CannotConnect)));
}

#[test]
fn three_failed_matches_in_a_row_stop_the_search() {
    let mut page = TestPage::waiting();
    fail_match(&mut page);
    fail_match(&mut page);
    assert_eq!(page.phase(), Phase::Waiting { setback: Some(Setback::Unconnected) });
    page.take_actions();
    fail_match(&mut page);
    assert_eq!((page.phase_name(), page.problem()), ("landing", Some(Problem::CannotConnect)));
    let actions = page.take_actions();
    assert!(!actions.iter().any(|it| it == "send failed" || it.contains("join")), "{actions:?}");
    // Each further press costs one stranger at most.
    start(&mut page);
    page.receive(ToBrowser::Waiting {});
    fail_match(&mut page);
    assert_eq!(page.problem(), Some(Problem::CannotConnect));
}

#[test]
fn every_way_in_which_a_match_can_fail_counts() {
    let ways: [fn(&mut TestPage); 4] = [
        |page| page.advance(secs(12)),
        |page| page.receive_ended(EndReason::Unconnected),
        |page| {
            page.advance(secs(5));
            page.receive_ended(EndReason::PartnerNext);
            page.advance(secs(3));
        },
        |page| {
            page.advance(secs(5));
            page.press(Intent::Next);
        },
    ];
    for (number, way) in ways.into_iter().enumerate() {
        let mut page = TestPage::waiting();
        for _ in 0..3 {
            assert_ne!(page.phase_name(), "landing", "way {number}");
            page.receive(ToBrowser::Waiting {});
            page.receive_match(Role::Polite, BOTH);
            way(&mut page);
        }
        assert_eq!(page.problem(), Some(Problem::CannotConnect), "way {number}");
    }
}

#[test]
fn a_call_and_a_quick_next_are_no_failures() {
    let mut page = TestPage::talking();
    for _ in 0..6 {
        page.press(Intent::Next);
        page.receive(ToBrowser::Waiting {});
        page.receive_match(Role::Polite, BOTH);
        page.advance(secs(2));
    }
    assert_eq!(page.problem(), None);

    let mut page = TestPage::waiting();
    fail_match(&mut page);
    fail_match(&mut page);
    page.receive_match(Role::Impolite, BOTH);
    page.negotiate_as_impolite();
    page.media_flows = true;
    page.peer_connects();
    page.advance(millis(100));
    assert_eq!(page.phase_name(), "talking");
    page.media_flows = false;
    page.press(Intent::Next);
    page.receive(ToBrowser::Waiting {});
    fail_match(&mut page);
    fail_match(&mut page);
    assert_eq!(page.problem(), None, "a call in between shows that this browser can connect");
}

#[test]
fn after_a_stop_the_person_may_try_again_from_the_mirror() {
    let mut page = page_that_finds(Some(CheckFinding::Refused));
    start(&mut page);
    assert_eq!(page.problem(), Some(Problem::CannotConnect));
    page.press(Intent::Stop);
    page.checks = Some(ADDRESS);
    page.press(Intent::OpenMirror);
    page.media_opens(BOTH);
    page.press(Intent::Start);
    page.server_accepts();
    assert_eq!(page.take_actions().last().map(String::as_str), Some("send join with audio and video"));
}
