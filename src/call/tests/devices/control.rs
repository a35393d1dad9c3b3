//! Tests of the intents about camera, microphone, speaker and screen, and of the diagnostics text.

use crate::{
    call::{
        Abilities, ChosenDevices, Device, DeviceEvent, DeviceInfo, DeviceKind, Input, Intent, MediaError,
        Output, PageEvent, PeerEvent, Phase, Preferences, Problem, StoredProfile, Switch,
        tests::test_page::{AUDIO, BOTH, NOTHING, TestPage, secs},
    },
    protocol::{EndReason, PeerMessage, ToBrowser},
};

fn device(kind: DeviceKind, id: &str) -> DeviceInfo {
    DeviceInfo { kind, id: id.into(), label: String::new() }
}

fn list_devices(page: &mut TestPage, devices: Vec<DeviceInfo>) {
    page.handle(Input::Devices(DeviceEvent::Listed(devices)));
}

fn with_device_error(error: MediaError) -> TestPage {
    let mut page = TestPage::new();
    page.press(Intent::Start);
    for _ in 0..3 {
        page.handle(Input::MediaFailed(error));
    }
    page.take_actions();
    page
}

fn enable_screen_sharing(page: &mut TestPage) {
    let abilities = Abilities { screen: true, ..Abilities::default() };
    page.handle(Input::Page(PageEvent::Able(abilities)));
}

/// A page in a call with an open data channel, in a browser that can share the screen.
fn with_open_channel() -> TestPage {
    let mut page = TestPage::talking();
    enable_screen_sharing(&mut page);
    page.peer_event(PeerEvent::ChannelOpened { nonce: uuid::Uuid::from_u128(7) });
    page.take_actions();
    page
}

#[test]
fn mirror_opens_only_the_devices() {
    let mut page = TestPage::new();
    page.press(Intent::OpenMirror);
    assert_eq!(page.take_actions(), ["open audio and video"], "opens no socket");
    page.handle(Input::MediaOpened(BOTH));
    assert_eq!(
        page.take_actions(),
        ["enable audio and video", "show level true"],
        "shows the level of the own microphone"
    );
    assert_eq!((page.phase(), page.phase_name()), (Phase::Mirror, "ready"));
    page.press(Intent::Start);
    assert_eq!(page.take_actions(), ["show level false", "enable audio and video", "open socket"]);
    page.server_accepts();
    assert_eq!(
        page.take_actions(),
        ["send hello", "send join with audio and video"],
        "uses the devices that are already open"
    );
}

#[test]
fn lists_devices_at_once_in_the_mirror_and_1_s_later_in_a_call() {
    let list_count =
        |page: &TestPage| page.page_outputs.iter().filter(|it| matches!(it, Output::ListDevices)).count();
    let mut page = TestPage::new();
    page.press(Intent::OpenMirror);
    assert_eq!(list_count(&page), 0, "browsers hide device names until one is open");
    page.handle(Input::MediaOpened(BOTH));
    assert_eq!(list_count(&page), 1);

    let mut page = TestPage::new();
    page.press(Intent::Start);
    page.handle(Input::MediaOpened(BOTH));
    assert_eq!(list_count(&page), 0);
    page.advance(secs(1));
    assert_eq!(list_count(&page), 1);
    page.advance(secs(5));
    assert_eq!(list_count(&page), 1, "lists them once");

    let mut page = with_device_error(MediaError::Missing);
    assert_eq!(list_count(&page), 1, "a device that is plugged in later is noticed");
    page.press(Intent::Start);
    page.handle(Input::MediaOpened(BOTH));
    page.press(Intent::Stop);
    page.advance(secs(5));
    assert_eq!(list_count(&page), 1, "does not list after stop");
}

#[test]
fn stop_closes_the_mirror() {
    let mut page = TestPage::new();
    page.press(Intent::OpenMirror);
    page.handle(Input::MediaOpened(AUDIO));
    page.take_actions();
    page.press(Intent::Stop);
    assert_eq!(page.take_actions(), ["show level false", "close media"]);
    assert_eq!(page.phase_name(), "landing");
}

#[test]
fn can_start_without_devices_after_a_failure() {
    let mut page = with_device_error(MediaError::Missing);
    assert_eq!(page.problem(), Some(Problem::NoDevice));
    page.press(Intent::StartWithout);
    assert_eq!(page.take_actions(), ["open socket"]);
    page.server_accepts();
    page.receive(ToBrowser::Waiting {});
    assert_eq!(page.take_actions(), ["send hello", "send join with nothing"]);
    page.advance(secs(5));
    assert_eq!(page.phase_name(), "waiting");
    page.press(Intent::Stop);
    page.press(Intent::StartWithout);
    assert_eq!(page.phase_name(), "landing", "needs a device error first");
}

#[test]
fn permission_or_a_new_device_retries_at_once() {
    let mut page = with_device_error(MediaError::Blocked { granted: NOTHING });
    page.handle(Input::Devices(DeviceEvent::Permitted));
    assert_eq!(page.take_actions(), ["open audio and video", "open socket"]);

    let mut page = with_device_error(MediaError::Missing);
    list_devices(&mut page, Vec::new());
    list_devices(&mut page, vec![device(DeviceKind::Speaker, "s")]);
    assert!(page.take_actions().is_empty(), "a speaker cannot record");
    list_devices(&mut page, vec![device(DeviceKind::Camera, "c")]);
    assert_eq!(page.take_actions(), ["open audio and video", "open socket"]);
}

#[test]
fn does_not_repeat_a_dismissed_prompt() {
    let page = with_device_error(MediaError::Dismissed);
    assert_eq!((page.phase_name(), page.problem()), ("landing", Some(Problem::CameraDismissed)));
    let page = with_device_error(MediaError::BlockedBySystem);
    assert_eq!(page.problem(), Some(Problem::CameraBlockedBySystem));
}

#[test]
fn switches_one_device_at_a_time_and_stays_muted() {
    let mut page = TestPage::talking();
    list_devices(&mut page, vec![device(DeviceKind::Microphone, "1"), device(DeviceKind::Microphone, "2")]);
    page.press(Intent::ToggleMicrophone);
    page.take_actions();
    page.press(Intent::Choose(DeviceKind::Microphone, "2".into()));
    page.press(Intent::Choose(DeviceKind::Microphone, "1".into()));
    assert_eq!(page.take_actions(), ["switch Microphone to 2", "save profile"]);
    page.handle(Input::Devices(DeviceEvent::Used(DeviceKind::Microphone, "2".into())));
    assert_eq!(page.call.menus().used.of(DeviceKind::Microphone), "2");
    assert_eq!(page.call.snapshot().microphone, Device::Off);
}

#[test]
fn screen_replaces_the_camera_until_the_match_ends() {
    let mut page = with_open_channel();
    page.press(Intent::ToggleCamera);
    assert_eq!(page.take_actions(), ["enable audio", "presence audio"]);
    page.press(Intent::ToggleScreen);
    assert_eq!(page.take_actions(), ["share screen"]);
    page.handle(Input::Devices(DeviceEvent::ScreenShared(true)));
    assert_eq!(page.take_actions(), ["enable audio", "presence audio and video and the screen"]);
    page.press(Intent::ToggleScreen);
    page.handle(Input::Devices(DeviceEvent::ScreenShared(false)));
    assert_eq!(page.take_actions(), ["unshare screen", "enable audio", "presence audio"]);

    page.handle(Input::Devices(DeviceEvent::ScreenShared(true)));
    page.take_actions();
    page.receive_ended(EndReason::PartnerNext);
    assert!(page.take_actions().contains(&"unshare screen".to_owned()), "the next partner must not see it");
    assert!(!page.call.snapshot().sharing);
    page.handle(Input::Devices(DeviceEvent::ScreenShared(true)));
    assert_eq!(page.take_actions(), ["unshare screen"], "the permission came too late");
}

#[test]
fn push_to_talk_unmutes_only_while_held() {
    let mut page = with_open_channel();
    page.press(Intent::Toggle(Switch::PushToTalk));
    assert_eq!(page.take_actions(), ["save profile", "enable video", "presence video"]);
    page.press(Intent::HoldToTalk(true));
    assert_eq!(page.take_actions(), ["enable audio and video", "presence audio and video"]);
    page.press(Intent::HoldToTalk(true));
    assert!(page.take_actions().is_empty(), "ignores key repeat");
    page.press(Intent::HoldToTalk(false));
    assert_eq!(page.take_actions(), ["enable video", "presence video"]);
    page.press(Intent::ForgetEverything);
    assert!(page.take_actions().ends_with(&["erase profile".into()]));
    page.press(Intent::HoldToTalk(true));
    assert!(page.take_actions().is_empty(), "push to talk was erased with the other preferences");
}

#[test]
fn diagnostics_contain_state_but_no_private_text() {
    let mut page = with_open_channel();
    page.advance(secs(5));
    page.peer_event(PeerEvent::Message(PeerMessage::Chat { number: 1, text: "my secret".into() }));
    page.take_actions();
    page.press(Intent::CopyReport);
    assert_eq!(page.take_actions(), ["copy text"]);
    let report = page.clipboard();
    for part in ["phase: talking\n", "strength: good\n", "epoch: 1\n", "match: 0 ms\n", "kbit/s in"] {
        assert!(report.contains(part), "{part:?} in {report}");
    }
    assert!(!report.contains("secret"));
}

#[test]
fn screen_prompt_is_cancelled_at_the_end_of_its_match() {
    let mut page = with_open_channel();
    page.press(Intent::ToggleScreen);
    page.press(Intent::ToggleScreen);
    assert_eq!(page.take_actions(), ["share screen"], "opens one prompt at a time");
    page.receive_ended(EndReason::PartnerNext);
    assert!(page.take_actions().contains(&"unshare screen".to_owned()));
}

#[test]
fn chosen_devices_are_reused_and_others_are_not_stored() {
    let mut page = TestPage::new();
    page.press(Intent::Choose(DeviceKind::Speaker, "loud".into()));
    assert_eq!(page.take_actions(), ["switch Speaker to loud", "save profile"]);
    page.handle(Input::Devices(DeviceEvent::Used(DeviceKind::Speaker, "loud".into())));
    page.press(Intent::Toggle(Switch::Blur));
    page.take_actions();
    page.press(Intent::Start);
    page.take_actions();
    page.handle(Input::Devices(DeviceEvent::Used(DeviceKind::Camera, "front".into())));
    assert_eq!(page.take_actions(), ["blur true"], "applies to any camera");
    page.handle(Input::MediaOpened(BOTH));
    assert_eq!(page.take_actions(), ["switch Speaker to loud", "enable audio and video"]);
    page.press(Intent::ForgetEverything);
    page.press(Intent::Stop);
    page.press(Intent::Start);
    page.take_actions();
    page.handle(Input::MediaOpened(BOTH));
    assert_eq!(page.take_actions(), ["enable audio and video"]);
}

#[test]
fn choices_of_another_page_apply_here_without_unmuting() {
    let mut page = with_open_channel();
    let preferences = Preferences::default().toggled(Switch::PushToTalk).toggled(Switch::Blur);
    let chosen = ChosenDevices(["front", "", "loud"].map(Into::into));
    let profile = StoredProfile { preferences, chosen, topics: "jazz".into(), ..StoredProfile::default() };
    page.handle(Input::StorageChanged(profile.clone()));
    assert_eq!(page.take_actions(), ["enable video", "presence video", "blur true"]);
    assert_eq!((page.call.stored(), page.call.snapshot().microphone), (profile, Device::Off));
    page.handle(Input::StorageChanged(StoredProfile::default()));
    assert_eq!(page.take_actions(), ["enable video", "blur false"]);
    assert_eq!(
        (page.call.stored(), page.call.snapshot().microphone),
        (StoredProfile::default(), Device::Off)
    );
    page.press(Intent::ToggleMicrophone);
    assert_eq!(page.take_actions(), ["enable audio and video", "presence audio and video"]);
}
