//! What happens around a page, and what a person does with its window; it must not know what is in it.

use uuid::Uuid;

use crate::{
    call::{
        Abilities, Corner, Input, Intent, Output, PageEvent, PeerEvent, Problem, WindowWish,
        tests::test_page::{Page, millis, secs},
    },
    protocol::{EndReason, PeerMessage, Presence, ToBrowser},
};

fn change(page: &mut Page, change: PageEvent) {
    page.tell(Input::Page(change));
}

fn wants(page: &mut Page, wish: WindowWish) {
    page.wants(Intent::Window(wish));
}

#[test]
fn only_one_page_of_a_browser_is_used() {
    let mut page = Page::talking();
    assert!(page.asides.iter().any(|it| matches!(it, Output::TakeOver)), "the others are told");
    change(&mut page, PageEvent::TakenOver);
    assert_eq!((page.phase(), page.problem()), ("landing", Some(Problem::OtherTab)));
    assert_eq!(page.did(), ["close peer", "light out", "hang up"]);
    page.wants(Intent::Start);
    assert_eq!(page.phase(), "asking", "use here");

    let mut untouched = Page::new();
    change(&mut untouched, PageEvent::TakenOver);
    assert_eq!(untouched.problem(), None);
}

#[test]
fn who_is_not_there_waits_no_longer_than_eleven_minutes() {
    let mut page = Page::waiting();
    page.after(secs(599));
    assert!(!page.call.snapshot().surroundings.asks_presence);
    page.after(secs(2));
    assert!(page.call.snapshot().surroundings.asks_presence);
    change(&mut page, PageEvent::Active);
    assert!(!page.call.snapshot().surroundings.asks_presence, "any touch will do");
    page.after(secs(661));
    assert_eq!((page.phase(), page.problem()), ("landing", Some(Problem::Idle)));
}

#[test]
fn a_long_call_needs_no_hands() {
    let mut page = Page::talking();
    page.after(secs(3_600));
    assert_eq!((page.phase(), page.call.snapshot().surroundings.asks_presence), ("talking", false));
    page.is_told_the_end(EndReason::PartnerLeft);
    page.after(secs(3));
    page.hears(ToBrowser::Waiting {});
    assert!(page.call.snapshot().surroundings.asks_presence, "but who meets the next one is asked for");
    page.after(secs(61));
    assert_eq!(page.problem(), Some(Problem::Idle));
}

#[test]
fn without_a_network_that_is_what_is_said() {
    let mut page = Page::waiting();
    page.loses_its_socket();
    change(&mut page, PageEvent::Online(false));
    page.after(secs(3));
    assert_eq!(page.problem(), Some(Problem::Offline));
    page.did();
    change(&mut page, PageEvent::Online(true));
    assert_eq!(page.problem(), Some(Problem::ServerLost));
    page.after(millis(0));
    page.is_taken_back();
    assert_eq!(page.problem(), None);
}

#[test]
fn the_partner_is_told_who_looks_away_and_the_other_way_round() {
    let mut page = Page::talking();
    page.peer(PeerEvent::ChannelOpened { nonce: Uuid::from_u128(7) });
    page.did();
    change(&mut page, PageEvent::Away(true));
    assert_eq!(page.did(), ["tell of audio and video, away"]);
    change(&mut page, PageEvent::Away(false));
    assert_eq!(page.did(), ["tell of audio and video"]);
    let presence = Presence { audio: true, video: true, screen: true, away: true };
    page.peer(PeerEvent::Message(PeerMessage::Sending(presence)));
    assert_eq!(page.call.snapshot().stranger, presence);
}

#[test]
fn a_newer_page_is_told_of_and_the_same_one_is_not() {
    for (build, outdated) in [(None, false), (Some("b1"), false), (Some("b2"), true)] {
        let mut page = Page::new();
        page.wants(Intent::Start);
        page.tell(Input::SocketOpened);
        let mut msg =
            crate::call::tests::test_page::welcome(crate::call::tests::test_page::session(1), false);
        if let ToBrowser::Welcome { build: it, .. } = &mut msg {
            *it = build.map(Into::into);
        }
        page.hears(msg);
        assert_eq!(page.call.snapshot().surroundings.outdated, outdated, "{build:?}");
    }
}

#[test]
fn only_what_the_browser_can_is_asked_of_it() {
    let mut page = Page::talking();
    wants(&mut page, WindowWish::TogglePictureInPicture);
    wants(&mut page, WindowWish::ToggleFullScreen);
    assert!(page.did().is_empty());
    let abilities = Abilities { picture_in_picture: true, full_screen: true, ..Abilities::default() };
    change(&mut page, PageEvent::Able(abilities));
    wants(&mut page, WindowWish::TogglePictureInPicture);
    change(&mut page, PageEvent::InPicture(true));
    wants(&mut page, WindowWish::ToggleFullScreen);
    change(&mut page, PageEvent::FillsScreen(true));
    wants(&mut page, WindowWish::ToggleFullScreen);
    assert_eq!(page.did(), ["picture in picture true", "full screen true", "full screen false"]);
    page.wants(Intent::Next);
    assert!(page.did().contains(&"picture in picture false".to_owned()), "an empty window is of no use");
}

#[test]
fn a_stranger_is_as_loud_as_wanted() {
    let mut page = Page::talking();
    wants(&mut page, WindowWish::SetVolume(40));
    wants(&mut page, WindowWish::ToggleSound);
    wants(&mut page, WindowWish::ToggleSound);
    wants(&mut page, WindowWish::SetVolume(255));
    assert_eq!(page.did(), ["volume 40", "volume 0", "volume 40", "volume 100"]);
}

#[test]
fn ones_own_picture_is_moved_from_corner_to_corner() {
    let mut page = Page::talking();
    let mut corners = Vec::new();
    for _ in 0..4 {
        wants(&mut page, WindowWish::MoveOwnPicture);
        corners.push(page.call.snapshot().preferences.corner());
    }
    assert_eq!(corners, [Corner::TopStart, Corner::TopEnd, Corner::BottomEnd, Corner::BottomStart]);
    wants(&mut page, WindowWish::PlaceOwnPicture(Corner::TopEnd));
    assert_eq!(page.did(), ["remember"; 5]);
}

#[test]
fn the_screen_stays_lit_for_as_long_as_there_is_a_match() {
    let mut page = Page::talking();
    page.wants(Intent::Next);
    let lit = page.asides.iter().filter(|it| matches!(it, Output::KeepAwake(_)));
    let lit: Vec<_> = lit.map(|it| format!("{it:?}")).collect();
    assert_eq!(lit, ["KeepAwake(true)", "KeepAwake(false)"]);
}
