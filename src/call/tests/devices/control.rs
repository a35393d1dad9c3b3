//! Tests of the intents about camera, microphone, speaker and screen, and of the diagnostics text.

use crate::{
    call::{
        ChosenDevices, Device, DeviceEvent, DeviceInfo, DeviceKind, DeviceNotice, Facing, Input, Intent,
        MediaError, OpenedDevice, OpenedMedia, Output, PageEvent, PeerEvent, Phase, Preferences, Problem,
        ScreenEvent, StoredProfile, Switch,
        tests::test_page::{AUDIO, BOTH, NOTHING, TestPage, millis, secs},
    },
    protocol::{EndReason, PeerMessage, Presence, Role, ToBrowser},
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
        page.media_fails(error);
    }
    page.take_actions();
    page
}

/// A page in a call with an open data channel, in a browser that can share the screen.
fn with_open_channel() -> TestPage {
    let mut page = TestPage::talking();
    page.can_share_screen();
    page.peer_event(PeerEvent::ChannelOpened { nonce: uuid::Uuid::from_u128(7) });
    page.take_actions();
    page
}

#[test]
fn mirror_opens_only_the_devices() {
    let mut page = TestPage::new();
    page.press(Intent::OpenMirror);
    assert_eq!(page.take_actions(), ["open audio and video"], "opens no socket");
    page.media_opens(BOTH);
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
    page.media_opens(BOTH);
    assert_eq!(list_count(&page), 1);

    let mut page = TestPage::new();
    page.press(Intent::Start);
    page.media_opens(BOTH);
    assert_eq!(list_count(&page), 0);
    page.advance(secs(1));
    assert_eq!(list_count(&page), 1);
    page.advance(secs(5));
    assert_eq!(list_count(&page), 1, "lists them once");

    let mut page = with_device_error(MediaError::Missing);
    assert_eq!(list_count(&page), 1, "a device that is plugged in later is noticed");
    page.press(Intent::Start);
    page.media_opens(BOTH);
    page.press(Intent::Stop);
    page.advance(secs(5));
    assert_eq!(list_count(&page), 1, "does not list after stop");
}

#[test]
fn stop_closes_the_mirror() {
    let mut page = TestPage::new();
    page.press(Intent::OpenMirror);
    page.media_opens(AUDIO);
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
    assert_eq!(
        page.take_actions(),
        ["open audio, exactly 2", "save profile", "enable video"],
        "the old one is closed before the new one is opened"
    );
    opens_named(&mut page, DeviceKind::Microphone, "2");
    assert_eq!(page.call.menus().used.of(DeviceKind::Microphone), "2");
    assert_eq!(page.call.snapshot().microphone, Device::Off);
}

/// The last request opens the device with this id.
fn opens_named(page: &mut TestPage, kind: DeviceKind, id: &str) {
    opens_facing(page, kind, id, None);
}

fn opens_facing(page: &mut TestPage, kind: DeviceKind, id: &str, facing: Option<Facing>) {
    let device = Some(OpenedDevice { id: id.into(), facing, muted: false });
    let nothing = OpenedMedia::default();
    let opened = match kind {
        DeviceKind::Camera => OpenedMedia { camera: device, ..nothing },
        DeviceKind::Microphone | DeviceKind::Speaker => OpenedMedia { microphone: device, ..nothing },
    };
    page.handle(Input::MediaOpened(page.asked.number, opened));
}

/// A call with the first of two cameras.
fn with_two_cameras(facing: Option<Facing>) -> TestPage {
    let mut page = with_open_channel();
    list_devices(&mut page, vec![device(DeviceKind::Camera, "1"), device(DeviceKind::Camera, "2")]);
    page.press(Intent::Choose(DeviceKind::Camera, "1".into()));
    opens_facing(&mut page, DeviceKind::Camera, "1", facing);
    page.take_actions();
    page
}

#[test]
fn goes_back_to_the_camera_before_if_another_cannot_be_used() {
    let mut page = with_two_cameras(None);
    page.press(Intent::Choose(DeviceKind::Camera, "2".into()));
    assert_eq!(page.take_actions(), ["open video, exactly 2", "save profile", "enable audio"]);
    page.media_fails(MediaError::Busy);
    assert_eq!(page.take_actions(), ["open video, preferably 1", "save profile", "enable audio"]);
    assert_eq!(page.call.snapshot().notice, Some(DeviceNotice::NotChanged));
    opens_named(&mut page, DeviceKind::Camera, "1");
    assert_eq!(page.take_actions(), ["enable audio and video"], "the partner was told nothing");
    assert_eq!(
        (page.call.snapshot().camera, page.call.stored().chosen.of(DeviceKind::Camera)),
        (Device::On, "1")
    );
    page.advance(secs(8));
    assert_eq!(page.call.snapshot().notice, None);
}

#[test]
fn says_so_if_no_camera_can_be_used_any_more() {
    let mut page = with_two_cameras(None);
    page.press(Intent::NextCamera);
    page.media_fails(MediaError::Busy);
    page.take_actions();
    page.media_fails(MediaError::Busy);
    assert_eq!(page.take_actions(), ["enable audio", "presence audio, interrupted"]);
    page.advance(secs(8));
    assert_eq!(page.call.snapshot().notice, Some(DeviceNotice::CameraFailed));
    page.press(Intent::ToggleCamera);
    assert_eq!(page.take_actions(), ["open video, preferably 1", "enable audio", "presence audio"]);
}

#[test]
fn flips_between_front_and_back_and_mirrors_only_the_front() {
    let mut page = with_two_cameras(Some(Facing::User));
    assert!(!page.call.snapshot().faces_away);
    page.press(Intent::NextCamera);
    assert_eq!(page.take_actions(), ["open video, facing Environment", "enable audio"]);
    opens_facing(&mut page, DeviceKind::Camera, "2", Some(Facing::Environment));
    assert!(page.call.snapshot().faces_away);
    page.take_actions();
    page.press(Intent::ToggleCamera);
    page.take_actions();
    page.press(Intent::ToggleCamera);
    assert!(page.take_actions().contains(&"open video, preferably 2".to_owned()), "it stays the same one");
    opens_facing(&mut page, DeviceKind::Camera, "2", Some(Facing::Environment));
    page.press(Intent::NextCamera);
    opens_facing(&mut page, DeviceKind::Camera, "1", Some(Facing::User));
    assert!(!page.call.snapshot().faces_away);
}

#[test]
fn a_lost_microphone_is_replaced_where_the_browser_does_not_ask() {
    let mut page = with_open_channel();
    page.advance(secs(3));
    page.device_ends(DeviceKind::Microphone);
    assert_eq!(page.take_actions(), ["open audio quietly", "enable video", "presence video"]);
    page.media_fails(MediaError::WouldAsk);
    assert_eq!(page.take_actions(), ["enable video", "presence video, interrupted"]);
    assert_eq!(page.call.snapshot().notice, Some(DeviceNotice::MicrophoneFailed));
    page.press(Intent::Choose(DeviceKind::Microphone, "other".into()));
    assert_eq!(
        page.take_actions(),
        ["open audio, exactly other", "save profile", "enable video", "presence video"]
    );
    page.media_opens(AUDIO);
    assert_eq!(page.take_actions(), ["enable audio and video", "presence audio and video"]);
    page.device_ends(DeviceKind::Microphone);
    let is_open = |it: &String| it.starts_with("open");
    assert!(!page.take_actions().iter().any(is_open), "one that ends at once is not opened for ever");
    page.handle(Input::Devices(DeviceEvent::Focused));
    assert!(page.take_actions().iter().any(is_open), "until something has changed");
}

#[test]
fn a_camera_that_the_system_mutes_counts_as_off_until_it_is_back() {
    let mut page = with_open_channel();
    page.device_mutes(DeviceKind::Camera, true);
    assert_eq!(page.take_actions(), ["enable audio and video", "presence audio, interrupted"]);
    assert_eq!(page.call.snapshot().camera, Device::Interrupted);
    page.device_mutes(DeviceKind::Camera, false);
    assert_eq!(page.take_actions().first().map(String::as_str), Some("open video quietly"));
    page.media_fails(MediaError::WouldAsk);
    assert_eq!(
        page.take_actions(),
        ["enable audio and video", "presence audio and video"],
        "it is still open"
    );

    page.device_mutes(DeviceKind::Microphone, true);
    assert_eq!(page.take_actions(), ["enable audio and video", "presence video, interrupted"]);
    page.handle(Input::Page(PageEvent::Away(false)));
    assert_eq!(page.take_actions().first().map(String::as_str), Some("open audio quietly"));
    page.media_opens(AUDIO);
    assert_eq!(page.take_actions(), ["enable audio and video", "presence audio and video"]);
}

#[test]
fn a_camera_without_frames_counts_as_off_after_2_s() {
    let mut page = with_open_channel();
    page.advance(secs(5));
    assert_eq!(page.call.snapshot().camera, Device::On);
    page.camera_gives_frames = false;
    page.handle(Input::Page(PageEvent::Away(true)));
    page.advance(secs(60));
    assert_eq!(page.call.snapshot().camera, Device::On, "nobody can see the frames of a hidden page");
    page.handle(Input::Page(PageEvent::Away(false)));
    page.take_actions();
    page.advance(millis(1_999));
    assert_eq!(page.call.snapshot().camera, Device::On);
    page.advance(millis(1_001));
    assert_eq!(page.call.snapshot().camera, Device::Interrupted);
    assert_eq!(page.take_actions(), ["enable audio and video", "presence audio, interrupted"]);
    assert_eq!(page.call.snapshot().notice, Some(DeviceNotice::CameraInterrupted));
    let request = page.request(DeviceKind::Camera);
    page.handle(Input::Devices(DeviceEvent::Frame(request)));
    assert_eq!(page.take_actions(), ["enable audio and video", "presence audio and video"]);
}

#[test]
fn data_is_saved_in_both_directions() {
    let mut page = with_open_channel();
    page.press(Intent::Toggle(Switch::SaveData));
    assert_eq!(
        page.take_actions(),
        ["save profile", "saving bitrate", "presence audio and video, less data"]
    );
    page.press(Intent::Toggle(Switch::SaveData));
    page.take_actions();
    let wish =
        |less_data| PeerEvent::Message(PeerMessage::Sending(Presence { less_data, ..Presence::from(BOTH) }));
    page.peer_event(wish(true));
    page.peer_event(wish(true));
    assert_eq!(page.take_actions(), ["saving bitrate"], "the partner's wish limits what is sent, once");
    page.press(Intent::Toggle(Switch::SaveData));
    page.take_actions();
    page.peer_event(wish(false));
    assert_eq!(page.take_actions(), ["saving bitrate"], "the own wish stays");
}

#[test]
fn screen_replaces_the_camera_until_the_match_ends() {
    let mut page = with_open_channel();
    page.press(Intent::ToggleCamera);
    assert_eq!(page.take_actions(), ["save profile", "close Camera", "enable audio", "presence audio"]);
    page.press(Intent::ToggleScreen);
    assert_eq!(page.take_actions(), ["share screen"]);
    page.screen(ScreenEvent::Shared);
    assert_eq!(page.take_actions(), ["enable audio", "presence audio and video and the screen"]);
    page.press(Intent::ToggleScreen);
    assert_eq!(page.take_actions(), ["unshare screen", "enable audio", "presence audio"]);

    page.press(Intent::ToggleScreen);
    page.screen(ScreenEvent::Shared);
    page.take_actions();
    page.receive_ended(EndReason::PartnerNext);
    assert!(page.take_actions().contains(&"unshare screen".to_owned()), "the next partner must not see it");
    assert!(!page.call.snapshot().sharing);
    page.screen(ScreenEvent::Shared);
    assert!(page.take_actions().is_empty(), "the permission came too late");
    assert!(!page.call.snapshot().sharing);
}

#[test]
fn a_microphone_that_was_never_heard_is_interrupted_until_it_is() {
    let mut page = with_open_channel();
    let shown = |page: &TestPage| (page.call.snapshot().microphone, page.call.snapshot().notice);
    page.measurement.own_sound = None;
    page.advance(secs(20));
    assert_eq!(shown(&page), (Device::On, None), "the browser does not say");

    page.measurement.own_sound = Some(false);
    page.press(Intent::ToggleMicrophone);
    page.advance(secs(20));
    assert_eq!(shown(&page), (Device::Off, None), "a muted microphone is silent");
    page.press(Intent::ToggleMicrophone);
    page.advance(secs(9));
    assert_eq!(shown(&page), (Device::On, None), "the person listens");
    page.take_actions();
    page.advance(secs(6));
    assert_eq!(shown(&page), (Device::Interrupted, Some(DeviceNotice::MicrophoneInterrupted)));
    assert!(page.take_actions().iter().any(|it| it.contains("interrupted")), "the partner is told");

    page.measurement.own_sound = Some(true);
    page.advance(secs(5));
    assert_eq!(shown(&page), (Device::On, None));
    page.measurement.own_sound = Some(false);
    page.advance(secs(20));
    assert_eq!(shown(&page), (Device::On, None), "it has worked, so the person is silent");
}

#[test]
fn a_screen_of_an_earlier_request_is_not_taken_for_the_current_one() {
    let mut page = with_open_channel();
    page.press(Intent::ToggleScreen);
    let first = page.screen_request;
    page.receive_ended(EndReason::PartnerNext);
    page.advance(secs(3));
    page.receive(ToBrowser::Waiting {});
    page.receive_match(Role::Impolite, BOTH);
    page.press(Intent::ToggleScreen);
    assert!(page.screen_request > first);
    for event in [ScreenEvent::Shared, ScreenEvent::Refused(MediaError::Dismissed), ScreenEvent::Ended] {
        page.handle(Input::Devices(DeviceEvent::Screen(first, event)));
        assert!(!page.call.snapshot().sharing);
    }
    page.screen(ScreenEvent::Shared);
    assert!(page.call.snapshot().sharing, "the current request is still open");
}

#[test]
fn tells_why_a_screen_could_not_be_shared_and_when_it_gives_no_picture() {
    let mut page = with_open_channel();
    let notice = |page: &TestPage| page.call.snapshot().notice;
    for (error, expected) in [
        (MediaError::Dismissed, None),
        (MediaError::BlockedBySystem, Some(DeviceNotice::ScreenBlocked)),
        (MediaError::Busy, Some(DeviceNotice::ScreenFailed)),
    ] {
        page.press(Intent::ToggleScreen);
        page.screen(ScreenEvent::Refused(error));
        assert_eq!(notice(&page), expected, "{error:?}");
    }
    page.advance(secs(9));
    assert_eq!(notice(&page), None, "the notice goes away");

    page.press(Intent::ToggleScreen);
    page.screen(ScreenEvent::Shared);
    page.take_actions();
    page.screen(ScreenEvent::Muted(true));
    assert_eq!(notice(&page), Some(DeviceNotice::ScreenInterrupted));
    assert!(page.take_actions().iter().any(|it| it.contains("interrupted")), "the partner is told");
    page.screen(ScreenEvent::Muted(false));
    assert_eq!(notice(&page), None);
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
    assert!(page.take_actions().contains(&"erase profile".to_owned()));
    assert_eq!(page.call.snapshot().microphone, Device::Off, "to forget unmutes nobody");
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
    assert_eq!(page.take_actions(), ["use speaker loud", "save profile"]);
    page.handle(Input::Devices(DeviceEvent::SpeakerUsed("loud".into())));
    page.press(Intent::Toggle(Switch::Blur));
    page.take_actions();
    page.press(Intent::Start);
    page.take_actions();
    page.media_opens(BOTH);
    assert_eq!(page.take_actions(), ["blur true", "use speaker loud", "enable audio and video"]);
    page.press(Intent::ForgetEverything);
    page.press(Intent::Stop);
    page.press(Intent::Start);
    page.press(Intent::AcceptRules);
    page.take_actions();
    page.media_opens(BOTH);
    assert_eq!(page.take_actions(), ["enable audio and video", "show level true"]);
}

#[test]
fn choices_of_another_page_apply_here_without_unmuting() {
    let mut page = with_open_channel();
    let preferences = Preferences::default().toggled(Switch::PushToTalk).toggled(Switch::Blur);
    let chosen = ChosenDevices(["front", "", "loud"].map(Into::into));
    let profile = StoredProfile { preferences, chosen, topics: "jazz".into(), ..StoredProfile::default() };
    page.handle(Input::StorageChanged(Box::new(profile.clone())));
    assert_eq!(page.take_actions(), ["blur true", "enable video", "presence video"]);
    assert_eq!((page.call.stored(), page.call.snapshot().microphone), (profile, Device::Off));
    page.handle(Input::StorageChanged(Box::default()));
    assert_eq!(page.take_actions(), ["blur false", "enable video"]);
    assert_eq!(
        (page.call.stored(), page.call.snapshot().microphone),
        (StoredProfile::default(), Device::Off)
    );
    page.press(Intent::ToggleMicrophone);
    assert_eq!(page.take_actions(), ["enable audio and video", "presence audio and video"]);
}
