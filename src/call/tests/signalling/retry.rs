//! Tests of retries after the server reported a rate limit or that it is full.

use std::time::Duration;

use crate::{
    call::{
        DescriptionKind, Input, Intent, PeerEvent, Problem, SignalingState, Switch,
        tests::test_page::{BOTH, TestPage, candidate, description, millis, offer, secs},
    },
    protocol::{EndReason, Epoch, ErrorCode, Role, ToBrowser},
};

fn receive_rate_limited(page: &mut TestPage, retry_ms: Option<u32>) {
    page.receive(ToBrowser::Error { code: ErrorCode::RateLimited, about: 1, retry_ms });
}

/// A page whose `next` was rejected by the rate limit.
fn with_rate_limited_next() -> TestPage {
    let mut page = TestPage::talking();
    page.press(Intent::Next);
    assert_eq!(page.take_actions(), ["close peer", "send next"]);
    receive_rate_limited(&mut page, Some(1_500));
    page
}

/// Waits for the next action other than a ping; returns the wait and the actions.
fn wait_for_action(page: &mut TestPage) -> (Duration, Vec<String>) {
    let since = page.now;
    loop {
        let due = page.call.next_deadline().expect("a deadline is set");
        page.advance(due - page.now);
        let actions = page.take_actions();
        if !actions.is_empty() && actions != ["send ping"] {
            return (page.now - since, actions);
        }
    }
}

#[test]
fn repeats_a_rate_limited_next_after_the_retry_time() {
    let mut page = with_rate_limited_next();
    assert_eq!((page.phase_name(), page.problem()), ("ready", Some(Problem::RateLimited)));
    page.press(Intent::Next);
    page.press(Intent::Start);
    assert!(page.take_actions().is_empty(), "further presses change nothing");
    let (waited, actions) = wait_for_action(&mut page);
    assert_eq!(actions, ["send next"]);
    assert!((millis(1_501)..=millis(2_250)).contains(&waited), "{waited:?}");
    assert_eq!(page.problem(), None);
    page.receive_ended(EndReason::Next);
    page.receive(ToBrowser::Waiting {});
    assert_eq!((page.phase_name(), page.problem()), ("waiting", None));
    page.take_actions();
    page.advance(secs(9));
    assert!(page.take_actions().is_empty());
}

#[test]
fn retries_are_spread_by_jitter() {
    let waits = (0..50).map(|seed| {
        let mut page = TestPage::with_seed(seed);
        page.press(Intent::Start);
        page.media_opens(BOTH);
        page.server_accepts();
        page.take_actions();
        receive_rate_limited(&mut page, Some(1_000));
        let (waited, actions) = wait_for_action(&mut page);
        assert_eq!(actions, ["send join with audio and video"]);
        waited.as_millis()
    });
    let different: std::collections::BTreeSet<_> = waits.collect();
    assert!(different.len() > 30, "{different:?}");
}

#[test]
fn repeats_a_rate_limited_failed() {
    let mut page = TestPage::matched(Role::Impolite, BOTH);
    page.take_actions();
    page.advance(secs(12));
    assert!(page.take_actions().contains(&"send failed".to_owned()));
    receive_rate_limited(&mut page, None);
    let (waited, actions) = wait_for_action(&mut page);
    assert_eq!(actions, ["send failed"]);
    assert!(waited <= secs(3), "{waited:?}");
}

#[test]
fn does_not_repeat_next_after_the_partner_ended_the_match() {
    let mut page = with_rate_limited_next();
    page.receive_ended(EndReason::PartnerNext);
    assert_eq!(page.take_actions(), ["send join with audio and video"]);
    page.receive(ToBrowser::Waiting {});
    page.advance(secs(9));
    assert!(page.take_actions().is_empty());
}

#[test]
fn a_rate_limited_next_survives_a_lost_socket() {
    let mut page = with_rate_limited_next();
    page.lose_socket_and_redial();
    page.take_actions();
    page.server_resumes();
    assert_eq!(
        page.take_actions(),
        ["send hello again"],
        "does not join while the server still has the match"
    );
    assert_eq!(wait_for_action(&mut page).1, ["send next"]);

    let mut page = with_rate_limited_next();
    page.lose_socket_and_redial();
    page.take_actions();
    page.server_accepts();
    assert_eq!(
        page.take_actions(),
        ["send hello again", "send join with audio and video"],
        "a new session has no match to leave"
    );
}

#[test]
fn stop_cancels_the_retry() {
    let mut page = with_rate_limited_next();
    page.press(Intent::Stop);
    page.take_actions();
    assert_eq!((page.call.next_deadline(), page.problem()), (None, None));
}

#[test]
fn repeats_a_rate_limited_join_while_still_waiting() {
    let mut page = TestPage::waiting();
    page.press(Intent::Toggle(Switch::HideAddress));
    page.take_actions();
    receive_rate_limited(&mut page, Some(1_000));
    assert_eq!((page.phase_name(), page.problem()), ("waiting", None));
    let (_, actions) = wait_for_action(&mut page);
    assert_eq!(actions, ["send join with audio and video, hidden"]);
}

#[test]
fn does_not_retry_requests_during_a_match() {
    let mut page = TestPage::talking();
    receive_rate_limited(&mut page, Some(1_000));
    assert_eq!((page.phase_name(), page.problem()), ("talking", None));
    page.advance(secs(5));
    assert!(page.take_actions().is_empty());
}

/// The server has no room for the message that the page sent last.
fn refuse_last(page: &mut TestPage) {
    let about = page.last_number;
    page.receive(ToBrowser::Error { code: ErrorCode::RateLimited, about, retry_ms: Some(1_000) });
}

fn set_local(page: &mut TestPage, kind: DescriptionKind, fragment: &str) {
    page.peer_event(PeerEvent::LocalSet(Ok(description(kind, fragment))));
}

fn find_candidate(page: &mut TestPage, name: &str) {
    page.peer_event(PeerEvent::CandidateFound(candidate("ours", name)));
}

#[test]
fn sends_refused_signals_again_before_later_ones() {
    let mut page = TestPage::matched(Role::Impolite, BOTH);
    page.peer_event(PeerEvent::NegotiationNeeded);
    page.peer_event(PeerEvent::Signaling(SignalingState::HaveLocalOffer));
    page.take_actions();
    set_local(&mut page, DescriptionKind::Offer, "ours");
    refuse_last(&mut page);
    find_candidate(&mut page, "a");
    find_candidate(&mut page, "b");
    assert_eq!(page.take_actions(), ["send offer"], "candidates wait for their offer");
    page.advance(millis(1_000));
    assert!(page.take_actions().is_empty());
    page.advance(millis(500));
    assert_eq!(page.take_actions(), ["send offer", "send candidate a", "send candidate b"]);
    refuse_last(&mut page);
    page.advance(millis(2_000));
    assert!(page.take_actions().is_empty(), "the second pause is longer");
    page.advance(millis(1_000));
    assert_eq!(page.take_actions(), ["send candidate b"]);
    find_candidate(&mut page, "c");
    assert_eq!(page.take_actions(), ["send candidate c"]);
    assert_eq!(page.signal_epochs, [Epoch::FIRST; 6]);
}

#[test]
fn refused_signals_are_forgotten_with_their_connection() {
    let mut page = TestPage::talking();
    page.peer_event(PeerEvent::NegotiationNeeded);
    page.peer_event(PeerEvent::Signaling(SignalingState::HaveLocalOffer));
    set_local(&mut page, DescriptionKind::Offer, "ours");
    refuse_last(&mut page);
    page.take_actions();
    page.epoch = Epoch(2);
    page.receive_signal(offer("fresh"));
    page.advance(secs(3));
    assert!(!page.take_actions().contains(&"send offer".to_owned()));
}

#[test]
fn retry_delay_is_capped_at_90_s() {
    let mut page = TestPage::talking();
    page.press(Intent::Next);
    page.take_actions();
    receive_rate_limited(&mut page, Some(u32::MAX));
    let (waited, _) = wait_for_action(&mut page);
    assert!((secs(60)..=secs(90)).contains(&waited), "{waited:?}");
}

#[test]
fn full_server_sets_the_redial_time_and_the_countdown() {
    for (code, problem) in
        [(ErrorCode::ServerFull, Problem::ServerFull), (ErrorCode::NetworkFull, Problem::NetworkFull)]
    {
        let mut page = TestPage::new();
        page.press(Intent::Start);
        page.media_opens(BOTH);
        page.handle(Input::SocketOpened);
        page.receive(ToBrowser::Error { code, about: 0, retry_ms: Some(12_345) });
        page.lose_socket();
        page.take_actions();
        let mut countdown = Vec::new();
        while let Some(seconds) = page.call.snapshot().retries_in {
            countdown.push(seconds);
            let due = page.call.next_deadline().unwrap();
            page.advance(due - page.now);
        }
        countdown.dedup();
        assert_eq!(countdown, (1..=13).rev().collect::<Vec<_>>());
        assert_eq!(page.take_actions(), ["open socket"]);
        page.handle(Input::SocketOpened);
        page.receive(ToBrowser::Error { code, about: 0, retry_ms: Some(12_345) });
        page.lose_socket();
        page.take_actions();
        let (waited, actions) = wait_for_action(&mut page);
        assert_eq!((waited, actions), (millis(12_345), vec!["open socket".to_owned()]));
        assert_eq!((page.phase_name(), page.problem()), ("ready", Some(problem)));

        page.handle(Input::SocketOpened);
        page.receive(ToBrowser::Error { code, about: 0, retry_ms: Some(u32::MAX) });
        page.lose_socket();
        page.take_actions();
        assert_eq!(wait_for_action(&mut page).0, secs(60));
    }
}
