//! What a person does with camera, microphone, speaker and screen; it must not know matches.

use crate::{
    call::{
        Abilities, ChosenDevices, Device, DeviceEvent, DeviceInfo, DeviceKind, Input, Intent, MediaError,
        Output, PageEvent, PeerEvent, Phase, Preferences, Problem, StoredProfile, Switch,
        tests::test_page::{AUDIO, BOTH, NOTHING, Page, secs},
    },
    protocol::{EndReason, PeerMessage, ToBrowser},
};

fn device(kind: DeviceKind, id: &str) -> DeviceInfo {
    DeviceInfo { kind, id: id.into(), label: String::new() }
}

fn listed(page: &mut Page, devices: Vec<DeviceInfo>) {
    page.tell(Input::Devices(DeviceEvent::Listed(devices)));
}

fn refused(error: MediaError) -> Page {
    let mut page = Page::new();
    page.wants(Intent::Start);
    for _ in 0..3 {
        page.tell(Input::MediaFailed(error));
    }
    page.did();
    page
}

fn able(page: &mut Page) {
    let abilities = Abilities { screen: true, ..Abilities::default() };
    page.tell(Input::Page(PageEvent::Able(abilities)));
}

/// A page that has told its partner what it sends, and can share its screen.
fn open() -> Page {
    let mut page = Page::talking();
    able(&mut page);
    page.peer(PeerEvent::ChannelOpened { nonce: uuid::Uuid::from_u128(7) });
    page.did();
    page
}

#[test]
fn the_mirror_opens_the_devices_and_nothing_else() {
    let mut page = Page::new();
    page.wants(Intent::OpenMirror);
    assert_eq!(page.did(), ["ask for audio and video"], "no line is opened");
    page.tell(Input::MediaOpened(BOTH));
    assert_eq!(page.did(), ["send audio and video", "level true"], "to oneself");
    assert_eq!((page.sees(), page.phase()), (Phase::Mirror, "ready"));
    page.wants(Intent::Start);
    assert_eq!(page.did(), ["level false", "send audio and video", "dial"]);
    page.is_welcomed();
    assert_eq!(page.did(), ["say hello", "say join with audio and video"], "with the devices that are open");
}

#[test]
fn devices_are_listed_at_once_for_who_looks_at_them_and_a_little_later_for_who_meets_somebody() {
    let lists = |page: &Page| page.asides.iter().filter(|it| matches!(it, Output::ListDevices)).count();
    let mut page = Page::new();
    page.wants(Intent::OpenMirror);
    assert_eq!(lists(&page), 0, "before one is open the browser does not tell their names");
    page.tell(Input::MediaOpened(BOTH));
    assert_eq!(lists(&page), 1);

    let mut page = Page::new();
    page.wants(Intent::Start);
    page.tell(Input::MediaOpened(BOTH));
    assert_eq!(lists(&page), 0);
    page.after(secs(1));
    assert_eq!(lists(&page), 1);
    page.after(secs(5));
    assert_eq!(lists(&page), 1, "once");

    let mut page = refused(MediaError::Missing);
    assert_eq!(lists(&page), 1, "so that one that comes is noticed");
    page.wants(Intent::Start);
    page.tell(Input::MediaOpened(BOTH));
    page.wants(Intent::Stop);
    page.after(secs(5));
    assert_eq!(lists(&page), 1, "nobody is there to choose");
}

#[test]
fn who_has_seen_enough_in_the_mirror_turns_it_off() {
    let mut page = Page::new();
    page.wants(Intent::OpenMirror);
    page.tell(Input::MediaOpened(AUDIO));
    page.did();
    page.wants(Intent::Stop);
    assert_eq!(page.did(), ["level false", "light out"]);
    assert_eq!(page.phase(), "landing");
}

#[test]
fn who_can_have_no_device_may_go_on_without() {
    let mut page = refused(MediaError::Missing);
    assert_eq!(page.problem(), Some(Problem::NoDevice));
    page.wants(Intent::StartWithout);
    assert_eq!(page.did(), ["dial"]);
    page.is_welcomed();
    page.hears(ToBrowser::Waiting {});
    assert_eq!(page.did(), ["say hello", "say join with nothing"]);
    page.after(secs(5));
    assert_eq!(page.phase(), "waiting");
    page.wants(Intent::Stop);
    page.wants(Intent::StartWithout);
    assert_eq!(page.phase(), "landing", "without a refusal there is nothing to go on without");
}

#[test]
fn what_is_granted_or_plugged_in_later_is_used_at_once() {
    let mut page = refused(MediaError::Blocked { granted: NOTHING });
    page.tell(Input::Devices(DeviceEvent::Permitted));
    assert_eq!(page.did(), ["ask for audio and video", "dial"]);

    let mut page = refused(MediaError::Missing);
    listed(&mut page, Vec::new());
    listed(&mut page, vec![device(DeviceKind::Speaker, "s")]);
    assert!(page.did().is_empty(), "nothing can be taken with a speaker");
    listed(&mut page, vec![device(DeviceKind::Camera, "c")]);
    assert_eq!(page.did(), ["ask for audio and video", "dial"]);
}

#[test]
fn a_question_that_was_closed_is_not_asked_again_by_itself() {
    let page = refused(MediaError::Dismissed);
    assert_eq!((page.phase(), page.problem()), ("landing", Some(Problem::CameraDismissed)));
    let page = refused(MediaError::BlockedBySystem);
    assert_eq!(page.problem(), Some(Problem::CameraBlockedBySystem));
}

#[test]
fn another_device_is_used_once_at_a_time_and_does_not_unmute() {
    let mut page = Page::talking();
    listed(&mut page, vec![device(DeviceKind::Microphone, "1"), device(DeviceKind::Microphone, "2")]);
    page.wants(Intent::ToggleMicrophone);
    page.did();
    page.wants(Intent::Choose(DeviceKind::Microphone, "2".into()));
    page.wants(Intent::Choose(DeviceKind::Microphone, "1".into()));
    assert_eq!(page.did(), ["use Microphone 2", "remember"]);
    page.tell(Input::Devices(DeviceEvent::Used(DeviceKind::Microphone, "2".into())));
    assert_eq!(page.call.menus().used.of(DeviceKind::Microphone), "2");
    assert_eq!(page.call.snapshot().microphone, Device::Off);
}

#[test]
fn a_screen_is_sent_in_place_of_the_camera_until_the_match_ends() {
    let mut page = open();
    page.wants(Intent::ToggleCamera);
    assert_eq!(page.did(), ["send audio", "tell of audio"]);
    page.wants(Intent::ToggleScreen);
    assert_eq!(page.did(), ["share screen"]);
    page.tell(Input::Devices(DeviceEvent::ScreenShared(true)));
    assert_eq!(page.did(), ["send audio", "tell of audio and video and the screen"]);
    page.wants(Intent::ToggleScreen);
    page.tell(Input::Devices(DeviceEvent::ScreenShared(false)));
    assert_eq!(page.did(), ["unshare screen", "send audio", "tell of audio"]);

    page.tell(Input::Devices(DeviceEvent::ScreenShared(true)));
    page.did();
    page.is_told_the_end(EndReason::PartnerNext);
    assert!(page.did().contains(&"unshare screen".to_owned()), "the next one must not see it");
    assert!(!page.call.snapshot().sharing);
    page.tell(Input::Devices(DeviceEvent::ScreenShared(true)));
    assert_eq!(page.did(), ["unshare screen"], "given too late");
}

#[test]
fn who_pushes_to_talk_is_heard_only_then() {
    let mut page = open();
    page.wants(Intent::Toggle(Switch::PushToTalk));
    assert_eq!(page.did(), ["remember", "send video", "tell of video"]);
    page.wants(Intent::HoldToTalk(true));
    assert_eq!(page.did(), ["send audio and video", "tell of audio and video"]);
    page.wants(Intent::HoldToTalk(true));
    assert!(page.did().is_empty(), "a key that repeats");
    page.wants(Intent::HoldToTalk(false));
    assert_eq!(page.did(), ["send video", "tell of video"]);
    page.wants(Intent::ForgetEverything);
    assert!(page.did().ends_with(&["forget".into()]));
    page.wants(Intent::HoldToTalk(true));
    assert!(page.did().is_empty(), "which is forgotten with all else");
}

#[test]
fn a_report_says_what_a_developer_needs_and_nothing_of_anybody() {
    let mut page = open();
    page.after(secs(5));
    page.peer(PeerEvent::Message(PeerMessage::Chat { number: 1, text: "my secret".into() }));
    page.did();
    page.wants(Intent::CopyReport);
    assert_eq!(page.did(), ["copy"]);
    let report = page.copied();
    for part in ["phase: talking\n", "strength: good\n", "epoch: 1\n", "match: 0 ms\n", "kbit/s in"] {
        assert!(report.contains(part), "{part:?} in {report}");
    }
    assert!(!report.contains("secret"));
}

#[test]
fn a_question_for_the_screen_ends_with_the_match_it_was_asked_in() {
    let mut page = open();
    page.wants(Intent::ToggleScreen);
    page.wants(Intent::ToggleScreen);
    assert_eq!(page.did(), ["share screen"], "one question at a time");
    page.is_told_the_end(EndReason::PartnerNext);
    assert!(page.did().contains(&"unshare screen".to_owned()));
}

#[test]
fn what_was_chosen_is_used_again_and_what_was_not_is_not_kept() {
    let mut page = Page::new();
    page.wants(Intent::Choose(DeviceKind::Speaker, "loud".into()));
    assert_eq!(page.did(), ["use Speaker loud", "remember"]);
    page.tell(Input::Devices(DeviceEvent::Used(DeviceKind::Speaker, "loud".into())));
    page.wants(Intent::Toggle(Switch::Blur));
    page.did();
    page.wants(Intent::Start);
    page.did();
    page.tell(Input::Devices(DeviceEvent::Used(DeviceKind::Camera, "front".into())));
    assert_eq!(page.did(), ["blur true"], "whichever camera it is");
    page.tell(Input::MediaOpened(BOTH));
    assert_eq!(page.did(), ["use Speaker loud", "send audio and video"]);
    page.wants(Intent::ForgetEverything);
    page.wants(Intent::Stop);
    page.wants(Intent::Start);
    page.did();
    page.tell(Input::MediaOpened(BOTH));
    assert_eq!(page.did(), ["send audio and video"]);
}

#[test]
fn what_is_chosen_in_another_page_is_chosen_here_and_nobody_is_heard_for_that_who_was_not() {
    let mut page = open();
    let preferences = Preferences::default().toggled(Switch::PushToTalk).toggled(Switch::Blur);
    let chosen = ChosenDevices(["front", "", "loud"].map(Into::into));
    let kept = StoredProfile { preferences, chosen, topics: "jazz".into(), ..StoredProfile::default() };
    page.tell(Input::StorageChanged(kept.clone()));
    assert_eq!(page.did(), ["send video", "tell of video", "blur true"]);
    assert_eq!((page.call.stored(), page.call.snapshot().microphone), (kept, Device::Off));
    page.tell(Input::StorageChanged(StoredProfile::default()));
    assert_eq!(page.did(), ["send video", "blur false"]);
    assert_eq!(
        (page.call.stored(), page.call.snapshot().microphone),
        (StoredProfile::default(), Device::Off)
    );
    page.wants(Intent::ToggleMicrophone);
    assert_eq!(page.did(), ["send audio and video", "tell of audio and video"]);
}
