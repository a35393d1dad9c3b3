//! A server that finds a page too fast, or has no room for it, and says when it may try again; it must not know why.

use std::time::Duration;

use crate::{
    call::{
        Input, Intent, Problem, Switch,
        tests::test_page::{BOTH, Page, millis, secs},
    },
    protocol::{EndReason, ErrorCode, Role, ToBrowser},
};

fn too_soon(page: &mut Page, retry_ms: Option<u32>) {
    page.hears(ToBrowser::Error { code: ErrorCode::RateLimited, about: 1, retry_ms });
}

fn ended(page: &mut Page, reason: EndReason) {
    let match_id = page.match_id();
    page.hears(ToBrowser::Ended { match_id, reason });
}

/// A page whose next was too soon.
fn put_off() -> Page {
    let mut page = Page::talking();
    page.wants(Intent::Next);
    assert_eq!(page.did(), ["close peer", "say next"]);
    too_soon(&mut page, Some(1_500));
    page
}

/// How long it takes until the page says anything, and what that is.
fn next_said(page: &mut Page) -> (Duration, Vec<String>) {
    let since = page.now;
    loop {
        let due = page.call.next_deadline().expect("something is due");
        page.after(due - page.now);
        let did = page.did();
        if !did.is_empty() && did != ["say ping"] {
            return (page.now - since, did);
        }
    }
}

#[test]
fn a_next_that_came_too_soon_is_said_again_when_it_may_be() {
    let mut page = put_off();
    assert_eq!((page.phase(), page.problem()), ("ready", Some(Problem::RateLimited)));
    page.wants(Intent::Next);
    page.wants(Intent::Start);
    assert!(page.did().is_empty(), "pressing it again changes nothing");
    let (waited, said) = next_said(&mut page);
    assert_eq!(said, ["say next"]);
    assert!((millis(1_501)..=millis(2_250)).contains(&waited), "{waited:?}");
    assert_eq!(page.problem(), None);
    ended(&mut page, EndReason::Next);
    page.hears(ToBrowser::Waiting {});
    assert_eq!((page.phase(), page.problem()), ("waiting", None));
    page.did();
    page.after(secs(9));
    assert!(page.did().is_empty());
}

#[test]
fn not_all_who_are_told_the_same_come_at_once() {
    let waits = (0..50).map(|seed| {
        let mut page = Page::with_seed(seed);
        page.wants(Intent::Start);
        page.tell(Input::MediaOpened(BOTH));
        page.is_welcomed();
        page.did();
        too_soon(&mut page, Some(1_000));
        let (waited, said) = next_said(&mut page);
        assert_eq!(said, ["say join with audio and video"]);
        waited.as_millis()
    });
    let different: std::collections::BTreeSet<_> = waits.collect();
    assert!(different.len() > 30, "{different:?}");
}

#[test]
fn a_failed_that_came_too_soon_is_said_again() {
    let mut page = Page::matched(Role::Impolite, BOTH);
    page.did();
    page.after(secs(12));
    assert!(page.did().contains(&"say failed".to_owned()));
    too_soon(&mut page, None);
    let (waited, said) = next_said(&mut page);
    assert_eq!(said, ["say failed"]);
    assert!(waited <= secs(3), "{waited:?}");
}

#[test]
fn where_the_partner_was_faster_there_is_nothing_to_say_again() {
    let mut page = put_off();
    ended(&mut page, EndReason::PartnerNext);
    assert_eq!(page.did(), ["say join with audio and video"]);
    page.hears(ToBrowser::Waiting {});
    page.after(secs(9));
    assert!(page.did().is_empty());
}

#[test]
fn a_line_that_is_lost_meanwhile_does_not_lose_the_wish() {
    let mut page = put_off();
    page.redials();
    page.did();
    page.is_taken_back();
    assert_eq!(page.did(), ["say hello again"], "to a server that still has the match a join means nothing");
    assert_eq!(next_said(&mut page).1, ["say next"]);

    let mut page = put_off();
    page.redials();
    page.did();
    page.is_welcomed();
    assert_eq!(
        page.did(),
        ["say hello again", "say join with audio and video"],
        "this one has never heard of it"
    );
}

#[test]
fn who_stops_says_nothing_again() {
    let mut page = put_off();
    page.wants(Intent::Stop);
    page.did();
    assert_eq!((page.call.next_deadline(), page.problem()), (None, None));
}

#[test]
fn who_waits_already_keeps_its_place_and_says_again_what_with() {
    let mut page = Page::waiting();
    page.wants(Intent::Toggle(Switch::HideAddress));
    page.did();
    too_soon(&mut page, Some(1_000));
    assert_eq!((page.phase(), page.problem()), ("waiting", None));
    let (_, said) = next_said(&mut page);
    assert_eq!(said, ["say join with audio and video, hidden"]);
}

#[test]
fn in_a_match_nothing_is_said_again() {
    let mut page = Page::talking();
    too_soon(&mut page, Some(1_000));
    assert_eq!((page.phase(), page.problem()), ("talking", None));
    page.after(secs(5));
    assert!(page.did().is_empty());
}

#[test]
fn no_server_is_waited_for_longer_than_a_minute_and_a_half() {
    let mut page = Page::talking();
    page.wants(Intent::Next);
    page.did();
    too_soon(&mut page, Some(u32::MAX));
    let (waited, _) = next_said(&mut page);
    assert!((secs(60)..=secs(90)).contains(&waited), "{waited:?}");
}

#[test]
fn a_server_without_room_is_left_alone_for_as_long_as_it_says_and_people_are_told() {
    for (code, problem) in
        [(ErrorCode::ServerFull, Problem::ServerFull), (ErrorCode::NetworkFull, Problem::NetworkFull)]
    {
        let mut page = Page::new();
        page.wants(Intent::Start);
        page.tell(Input::MediaOpened(BOTH));
        page.tell(Input::SocketOpened);
        page.hears(ToBrowser::Error { code, about: 0, retry_ms: Some(12_345) });
        page.loses_its_socket();
        page.did();
        let mut seen = Vec::new();
        while let Some(seconds) = page.call.snapshot().retries_in {
            seen.push(seconds);
            let due = page.call.next_deadline().unwrap();
            page.after(due - page.now);
        }
        seen.dedup();
        assert_eq!(seen, (1..=13).rev().collect::<Vec<_>>());
        assert_eq!(page.did(), ["dial"]);
        page.tell(Input::SocketOpened);
        page.hears(ToBrowser::Error { code, about: 0, retry_ms: Some(12_345) });
        page.loses_its_socket();
        page.did();
        let (waited, did) = next_said(&mut page);
        assert_eq!((waited, did), (millis(12_345), vec!["dial".to_owned()]));
        assert_eq!((page.phase(), page.problem()), ("ready", Some(problem)));

        page.tell(Input::SocketOpened);
        page.hears(ToBrowser::Error { code, about: 0, retry_ms: Some(u32::MAX) });
        page.loses_its_socket();
        page.did();
        assert_eq!(next_said(&mut page).0, secs(60));
    }
}
