//! Tests of page events (other tabs, visibility, network) and of the intents about the window.

use uuid::Uuid;

use crate::{
    call::{
        Abilities, Corner, Fit, Input, Intent, Output, PageEvent, PeerEvent, PictureWish, Problem,
        WindowWish,
        tests::test_page::{BOTH, TestPage, millis, secs, session, welcome},
    },
    protocol::{PeerMessage, Presence, ToBrowser},
};

fn page_event(page: &mut TestPage, event: PageEvent) {
    page.handle(Input::Page(event));
}

fn press(page: &mut TestPage, intent: WindowWish) {
    page.press(Intent::Window(intent));
}

#[test]
fn the_newest_page_takes_over_from_the_others() {
    let mut page = TestPage::talking();
    assert!(page.page_outputs.iter().any(|it| matches!(it, Output::TakeOver)), "tells the other tabs");
    page_event(&mut page, PageEvent::TakenOver);
    assert_eq!((page.phase_name(), page.problem()), ("landing", Some(Problem::OtherTab)));
    assert_eq!(page.take_actions(), ["close peer", "close media", "send leave", "close socket with 4000"]);
    page.press(Intent::Start);
    assert_eq!(page.phase_name(), "asking", "this tab can take the call back");

    let mut untouched = TestPage::new();
    page_event(&mut untouched, PageEvent::TakenOver);
    assert_eq!(untouched.problem(), None);
}

#[test]
fn reports_offline_while_the_browser_has_no_network() {
    let mut page = TestPage::waiting();
    page.lose_socket();
    page_event(&mut page, PageEvent::Online(false));
    page.advance(secs(3));
    assert_eq!(page.problem(), Some(Problem::Offline));
    page.take_actions();
    page_event(&mut page, PageEvent::Online(true));
    assert_eq!(page.problem(), Some(Problem::ServerLost));
    page.advance(millis(0));
    page.server_resumes();
    assert_eq!(page.problem(), None);
}

#[test]
fn both_ends_show_when_the_other_page_is_in_the_background() {
    let mut page = TestPage::talking();
    page.peer_event(PeerEvent::ChannelOpened { nonce: Uuid::from_u128(7) });
    page.take_actions();
    page_event(&mut page, PageEvent::Away(true));
    assert_eq!(page.take_actions(), ["presence audio and video, away"]);
    page_event(&mut page, PageEvent::Away(false));
    assert_eq!(page.take_actions(), ["presence audio and video"]);
    let presence = Presence { screen: true, away: true, ..Presence::from(BOTH) };
    page.peer_event(PeerEvent::Message(PeerMessage::Sending(presence)));
    assert_eq!(page.call.snapshot().stranger, presence);
}

#[test]
fn only_a_different_build_marks_the_page_outdated() {
    for (build, outdated) in [(None, false), (Some("b1"), false), (Some("b2"), true)] {
        let mut page = TestPage::new();
        page.press(Intent::Start);
        page.handle(Input::SocketOpened);
        let mut msg = welcome(session(1), false);
        if let ToBrowser::Welcome { build: it, .. } = &mut msg {
            *it = build.map(Into::into);
        }
        page.receive(msg);
        assert_eq!(page.call.snapshot().surroundings.outdated, outdated, "{build:?}");
    }
}

#[test]
fn a_newer_build_does_not_end_a_call() {
    let mut page = TestPage::talking();
    press(&mut page, WindowWish::Reload);
    assert!(page.take_actions().is_empty(), "the button was pressed just before the match");
    page.press(Intent::Stop);
    page.take_actions();
    press(&mut page, WindowWish::Reload);
    assert_eq!(page.take_actions(), ["reload"]);
}

#[test]
fn window_features_are_used_only_where_the_browser_has_them() {
    let mut page = TestPage::talking();
    press(&mut page, WindowWish::TogglePictureInPicture);
    press(&mut page, WindowWish::ToggleFullScreen);
    assert!(page.take_actions().is_empty());
    let abilities = Abilities { picture_in_picture: true, full_screen: true, ..Abilities::default() };
    page_event(&mut page, PageEvent::Able(abilities));
    press(&mut page, WindowWish::TogglePictureInPicture);
    page_event(&mut page, PageEvent::InPicture(true));
    press(&mut page, WindowWish::ToggleFullScreen);
    page_event(&mut page, PageEvent::FillsScreen(true));
    press(&mut page, WindowWish::ToggleFullScreen);
    assert_eq!(page.take_actions(), ["picture in picture true", "full screen true", "full screen false"]);
    page.press(Intent::Next);
    assert!(
        page.take_actions().contains(&"picture in picture false".to_owned()),
        "does not leave an empty window"
    );
}

#[test]
fn volume_is_capped_at_100_and_survives_muting() {
    let mut page = TestPage::talking();
    press(&mut page, WindowWish::SetVolume(40));
    press(&mut page, WindowWish::ToggleSound);
    press(&mut page, WindowWish::ToggleSound);
    press(&mut page, WindowWish::SetVolume(255));
    assert_eq!(page.take_actions(), ["volume 40", "volume 0", "volume 40", "volume 100"]);
}

#[test]
fn own_picture_moves_clockwise_from_corner_to_corner() {
    let mut page = TestPage::talking();
    let mut corners = Vec::new();
    for _ in 0..4 {
        press(&mut page, WindowWish::Picture(PictureWish::MoveOwn));
        corners.push(page.call.snapshot().preferences.corner());
    }
    assert_eq!(corners, [Corner::TopStart, Corner::TopEnd, Corner::BottomEnd, Corner::BottomStart]);
    press(&mut page, WindowWish::Picture(PictureWish::PlaceOwn(Corner::TopEnd)));
    assert_eq!(page.take_actions(), ["save profile"; 5]);
}

#[test]
fn the_way_the_stranger_is_shown_is_kept_for_later_visits() {
    let mut page = TestPage::talking();
    for fit in [Fit::Filling, Fit::Whole] {
        press(&mut page, WindowWish::Picture(PictureWish::Fit(fit)));
        assert_eq!(page.take_actions(), ["save profile"]);
        assert_eq!(
            (page.call.snapshot().preferences.fit(), page.call.stored().preferences.fit()),
            (fit, fit)
        );
    }
}

#[test]
fn a_partner_whom_the_browser_pauses_is_played_again_or_the_person_is_asked() {
    let plays = |page: &mut TestPage| {
        let outputs = std::mem::take(&mut page.page_outputs);
        outputs.iter().filter(|it| matches!(it, Output::PlaySound)).count()
    };
    let mut page = TestPage::talking();
    plays(&mut page);
    page_event(&mut page, PageEvent::Paused);
    assert_eq!((plays(&mut page), page.call.snapshot().surroundings.sound_blocked), (1, false));
    page_event(&mut page, PageEvent::Paused);
    assert_eq!(
        (plays(&mut page), page.call.snapshot().surroundings.sound_blocked),
        (0, true),
        "no endless loop"
    );
    press(&mut page, WindowWish::AllowSound);
    page_event(&mut page, PageEvent::SoundBlocked(false));
    page.advance(secs(3));
    plays(&mut page);
    page_event(&mut page, PageEvent::Paused);
    assert_eq!((plays(&mut page), page.call.snapshot().surroundings.sound_blocked), (1, false));
    page.press(Intent::Stop);
    plays(&mut page);
    page_event(&mut page, PageEvent::Paused);
    assert_eq!(plays(&mut page), 0, "there is nobody to play");
}
