//! Tests of when the open connection has to send other tracks.

use crate::{
    call::{
        Clocks, DeviceKind, Input, Intent, Output, PageEvent, ScreenEvent, Switch,
        tests::test_page::{AUDIO, BOTH, TestPage, VIDEO, secs},
    },
    protocol::{EndReason, Media, ToBrowser},
};

/// How often the page was told to send its tracks since the last call.
fn sends(page: &mut TestPage) -> usize {
    std::mem::take(&mut page.page_outputs).iter().filter(|it| matches!(it, Output::SendTracks)).count()
}

#[test]
fn sends_the_tracks_again_after_muting() {
    let mut page = TestPage::talking();
    sends(&mut page);
    for intent in [Intent::ToggleMicrophone, Intent::ToggleCamera, Intent::Toggle(Switch::PushToTalk)] {
        page.press(intent);
        assert_eq!(sends(&mut page), 1);
    }
    page.press(Intent::HoldToTalk(true));
    assert_eq!(sends(&mut page), 1);
    page.handle(Input::Page(PageEvent::Away(true)));
    assert_eq!(sends(&mut page), 1, "the microphone is released");
    page.advance(secs(3));
    sends(&mut page);
    page.device_ends(DeviceKind::Microphone);
    assert_eq!(sends(&mut page), 1);
    page.media_opens(AUDIO);
    assert_eq!(sends(&mut page), 1);
}

#[test]
fn sends_the_tracks_again_after_a_device_change() {
    let mut page = TestPage::talking();
    sends(&mut page);
    for (kind, media) in [(DeviceKind::Camera, VIDEO), (DeviceKind::Microphone, AUDIO)] {
        page.press(Intent::Choose(kind, "2".into()));
        sends(&mut page);
        page.media_opens(media);
        assert_eq!(sends(&mut page), 1);
    }
    page.can_share_screen();
    page.press(Intent::ToggleScreen);
    for event in [ScreenEvent::Shared, ScreenEvent::Ended] {
        page.screen(event);
        assert_eq!(sends(&mut page), 1, "{event:?}");
    }
    page.press(Intent::ToggleScreen);
    page.screen(ScreenEvent::Shared);
    sends(&mut page);
    page.receive_ended(EndReason::PartnerLeft);
    assert_eq!(sends(&mut page), 1, "the screen is taken back");
}

#[test]
fn sends_the_tracks_on_a_prepared_connection() {
    let mut page = TestPage::waiting();
    page.receive(ToBrowser::Prepare { ice: Vec::new() });
    sends(&mut page);
    page.press(Intent::ToggleCamera);
    assert_eq!(sends(&mut page), 1);
    page.press(Intent::ToggleCamera);
    sends(&mut page);
    page.media_opens(VIDEO);
    assert_eq!(sends(&mut page), 1);
}

#[test]
fn sends_the_tracks_after_enabling_them() {
    let mut page = TestPage::talking();
    let out = page.call.handle(Clocks::for_tests(page.now), Input::Intent(Intent::ToggleCamera));
    let at = |is_it: fn(&Output) -> bool| out.iter().position(is_it);
    let enabled = at(|it| matches!(it, Output::EnableMedia(Media { audio: true, video: false })));
    let sent = at(|it| matches!(it, Output::SendTracks));
    assert!(enabled.is_some() && enabled < sent);
}

#[test]
fn sends_no_tracks_without_a_connection() {
    let mut page = TestPage::new();
    page.press(Intent::Start);
    page.media_opens(BOTH);
    assert_eq!(sends(&mut page), 0, "there is no connection yet");
}
