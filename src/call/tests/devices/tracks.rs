//! Tests of when the open connection has to send other tracks.

use crate::{
    call::{
        DeviceEvent, DeviceKind, Input, Intent, Output, PageEvent, Switch,
        tests::test_page::{AUDIO, BOTH, Page},
    },
    protocol::{EndReason, Media, ToBrowser},
};

/// How often the page was told to send its tracks since the last call.
fn sends(page: &mut Page) -> usize {
    std::mem::take(&mut page.asides).iter().filter(|it| matches!(it, Output::SendTracks)).count()
}

fn used(kind: DeviceKind) -> Input {
    Input::Devices(DeviceEvent::Used(kind, "2".into()))
}

#[test]
fn muting_and_unmuting_sends_the_tracks_again() {
    let mut page = Page::talking();
    sends(&mut page);
    for intent in [Intent::ToggleMicrophone, Intent::ToggleCamera, Intent::Toggle(Switch::PushToTalk)] {
        page.wants(intent);
        assert_eq!(sends(&mut page), 1);
    }
    page.wants(Intent::HoldToTalk(true));
    assert_eq!(sends(&mut page), 1);
    page.tell(Input::Page(PageEvent::Away(true)));
    assert_eq!(sends(&mut page), 1, "the microphone is released");
    page.tell(Input::MediaLost(AUDIO));
    assert_eq!(sends(&mut page), 1);
}

#[test]
fn another_device_or_the_screen_sends_the_tracks_again() {
    let mut page = Page::talking();
    sends(&mut page);
    for event in [used(DeviceKind::Camera), used(DeviceKind::Microphone)] {
        page.tell(event);
        assert_eq!(sends(&mut page), 1);
    }
    for shared in [true, false] {
        page.tell(Input::Devices(DeviceEvent::ScreenShared(shared)));
        assert_eq!(sends(&mut page), 1);
    }
    page.is_told_the_end(EndReason::PartnerLeft);
    sends(&mut page);
    page.tell(Input::Devices(DeviceEvent::ScreenShared(true)));
    assert_eq!(sends(&mut page), 1, "the screen is taken back");
}

#[test]
fn the_prepared_connection_gets_the_tracks_too() {
    let mut page = Page::waiting();
    page.hears(ToBrowser::Prepare { ice: Vec::new() });
    sends(&mut page);
    page.wants(Intent::ToggleCamera);
    assert_eq!(sends(&mut page), 1);
    page.tell(used(DeviceKind::Microphone));
    assert_eq!(sends(&mut page), 1);
}

#[test]
fn tracks_follow_what_is_let_through() {
    let mut page = Page::talking();
    let out = page.call.handle(page.now, Input::Intent(Intent::ToggleCamera));
    let at = |is_it: fn(&Output) -> bool| out.iter().position(is_it);
    let enabled = at(|it| matches!(it, Output::EnableMedia(Media { audio: true, video: false })));
    let sent = at(|it| matches!(it, Output::SendTracks));
    assert!(enabled.is_some() && enabled < sent);
}

#[test]
fn opening_the_devices_sends_nothing() {
    let mut page = Page::new();
    page.wants(Intent::Start);
    page.tell(Input::MediaOpened(BOTH));
    assert_eq!(sends(&mut page), 0, "there is no connection yet");
}
