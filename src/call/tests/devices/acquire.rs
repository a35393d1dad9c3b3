//! Tests of opening camera and microphone: permission, fallbacks, loss, mute and release.

use uuid::Uuid;

use crate::{
    call::{
        Device, DeviceKind, DeviceNotice, Flow, Input, Intent, MediaError, PeerEvent, Phase, Problem,
        tests::test_page::{AUDIO, BOTH, NOTHING, TestPage, VIDEO, millis, secs},
    },
    protocol::{EndReason, Media, PeerMessage, Role, ToBrowser},
};

fn with_open_prompt() -> TestPage {
    let mut page = TestPage::new();
    page.press(Intent::Start);
    page.take_actions();
    page
}

fn with_device_errors(errors: &[MediaError]) -> TestPage {
    let mut page = with_open_prompt();
    errors.iter().for_each(|error| page.media_fails(*error));
    page
}

fn blocked(granted: Media) -> MediaError {
    MediaError::Blocked { granted }
}

#[test]
fn start_opens_both_devices_and_the_socket_at_once() {
    let mut page = TestPage::new();
    page.press(Intent::Start);
    assert_eq!(page.take_actions(), ["open audio and video", "open socket"]);
    assert_eq!(page.phase_name(), "asking");
    page.press(Intent::Start);
    assert!(page.take_actions().is_empty(), "a second press changes nothing");
}

#[test]
fn joins_when_devices_open_after_the_socket() {
    let mut page = with_open_prompt();
    page.server_accepts();
    assert_eq!(page.take_actions(), ["send hello"]);
    page.media_opens(BOTH);
    assert_eq!(page.take_actions(), ["enable audio and video", "send join with audio and video"]);
    assert_eq!(page.phase_name(), "ready");
}

#[test]
fn joins_when_the_socket_opens_after_the_devices() {
    let mut page = with_open_prompt();
    page.media_opens(BOTH);
    assert_eq!(page.take_actions(), ["enable audio and video"]);
    page.server_accepts();
    assert_eq!(page.take_actions(), ["send hello", "send join with audio and video"]);
}

#[test]
fn falls_back_to_audio_and_then_to_video() {
    for error in [MediaError::Missing, MediaError::Busy] {
        let mut page = with_device_errors(&[error]);
        assert_eq!(page.take_actions(), ["open audio"]);
        page.media_fails(error);
        assert_eq!(page.take_actions(), ["open video"]);
        page.media_opens(VIDEO);
        assert_eq!(page.take_actions(), ["enable video"]);
        let snapshot = page.call.snapshot();
        assert_eq!((snapshot.microphone, snapshot.camera), (Device::Absent, Device::On));
    }
}

#[test]
fn join_names_only_the_opened_devices() {
    let mut page = with_device_errors(&[MediaError::Missing]);
    page.media_opens(AUDIO);
    page.take_actions();
    page.server_accepts();
    assert_eq!(page.take_actions(), ["send hello", "send join with audio"]);
}

#[test]
fn retries_only_with_granted_devices_after_a_block() {
    assert_eq!(
        with_device_errors(&[blocked(NOTHING)]).take_actions(),
        ["close media", "close socket with 1000"]
    );
    assert_eq!(with_device_errors(&[blocked(AUDIO)]).take_actions(), ["open audio"]);
    assert_eq!(with_device_errors(&[blocked(VIDEO)]).take_actions(), ["open video"]);
    assert_eq!(
        with_device_errors(&[blocked(AUDIO), MediaError::Busy]).take_actions(),
        ["open audio", "close media", "close socket with 1000"]
    );
}

#[test]
fn does_not_retry_where_the_browser_cannot_open_devices() {
    for (error, problem) in
        [(MediaError::Insecure, Problem::Insecure), (MediaError::Unsupported, Problem::Unsupported)]
    {
        let mut page = with_device_errors(&[error]);
        assert_eq!(page.take_actions(), ["close media", "close socket with 1000"]);
        assert_eq!((page.phase_name(), page.problem()), ("landing", Some(problem)));
    }
}

#[test]
fn shows_the_most_useful_of_several_device_errors() {
    let (missing, busy) = (MediaError::Missing, MediaError::Busy);
    for (errors, problem) in [
        ([missing, missing, missing], Problem::NoDevice),
        ([missing, busy, missing], Problem::DeviceBusy),
        ([busy, missing, missing], Problem::DeviceBusy),
        ([busy, missing, blocked(NOTHING)], Problem::CameraBlocked),
        ([missing, missing, blocked(NOTHING)], Problem::CameraBlocked),
    ] {
        let page = with_device_errors(&errors);
        assert_eq!((page.phase_name(), page.problem()), ("landing", Some(problem)), "{errors:?}");
    }
}

#[test]
fn start_works_again_after_a_problem() {
    let mut page = with_device_errors(&[blocked(NOTHING)]);
    page.take_actions();
    page.press(Intent::Start);
    assert_eq!(page.take_actions(), ["open audio and video", "open socket"]);
    assert_eq!(page.problem(), None);
}

#[test]
fn stop_during_the_permission_prompt_closes_late_devices() {
    let mut page = with_open_prompt();
    page.press(Intent::Stop);
    assert_eq!(page.take_actions(), ["close media", "close socket with 1000"]);
    page.media_opens(BOTH);
    assert_eq!(page.take_actions(), ["close media"]);
    assert_eq!(page.phase_name(), "landing");
    page.media_fails(MediaError::Busy);
    assert_eq!((page.take_actions(), page.problem()), (vec![], None));
}

#[test]
fn every_ending_closes_the_devices() {
    let pages: [fn() -> TestPage; 4] = [
        || {
            let mut page = with_open_prompt();
            page.media_opens(BOTH);
            page.take_actions();
            page
        },
        TestPage::waiting,
        TestPage::talking,
        || {
            let mut page = TestPage::talking();
            page.receive_ended(EndReason::PartnerLeft);
            page.take_actions();
            page
        },
    ];
    for new_page in pages {
        for ending in [Input::Intent(Intent::Stop), Input::PageHidden] {
            let mut page = new_page();
            let in_call = page.phase_name() == "talking";
            let is_welcomed = page.phase_name() != "ready";
            page.handle(ending);
            // With the prompt open the page has not been welcomed.
            let goodbye = if is_welcomed { "close socket with 4000" } else { "close socket with 1000" };
            let mut expected = vec!["close media", goodbye];
            if is_welcomed {
                expected.insert(1, "send leave");
            }
            if in_call {
                expected.insert(0, "close peer");
            }
            assert_eq!(page.take_actions(), expected);
            assert_eq!((page.phase_name(), page.problem()), ("landing", None));
            assert_eq!(page.call.next_deadline(), None, "no deadline is left");
        }
    }
}

/// Both devices end, and the browser would ask before it opens others.
fn lose_both_devices(page: &mut TestPage) {
    page.advance(secs(3));
    page.take_actions();
    for kind in [DeviceKind::Camera, DeviceKind::Microphone] {
        page.device_ends(kind);
        page.media_fails(MediaError::WouldAsk);
    }
}

#[test]
fn losing_the_last_device_while_waiting_leaves_the_queue() {
    let mut page = TestPage::waiting();
    page.advance(secs(3));
    page.take_actions();
    page.device_ends(DeviceKind::Camera);
    assert_eq!(
        page.take_actions(),
        ["open video quietly", "enable audio", "send join with audio"],
        "the next partner must not expect video"
    );
    page.media_fails(MediaError::Missing);
    page.device_ends(DeviceKind::Microphone);
    page.take_actions();
    page.media_fails(MediaError::Missing);
    assert_eq!(
        page.take_actions(),
        ["enable nothing", "close media", "send leave", "close socket with 4000"]
    );
    assert_eq!((page.phase_name(), page.problem()), ("landing", Some(Problem::NoDevice)));
}

#[test]
fn losing_the_last_device_keeps_the_call_but_allows_no_other() {
    let endings: [fn(&mut TestPage); 3] = [
        |page| page.press(Intent::Next),
        |page| page.receive_ended(EndReason::PartnerNext),
        |page| page.receive_ended(EndReason::Unconnected),
    ];
    for end in endings {
        let mut page = TestPage::talking();
        lose_both_devices(&mut page);
        assert_eq!(page.phase_name(), "talking");
        end(&mut page);
        assert_eq!((page.phase_name(), page.problem()), ("landing", Some(Problem::NoDevice)));
        assert_eq!(page.take_actions().last().map(String::as_str), Some("close socket with 4000"));
    }
}

#[test]
fn what_is_switched_off_stays_off_between_matches_and_past_stop() {
    let mut page = TestPage::waiting();
    page.press(Intent::ToggleCamera);
    assert_eq!(
        page.take_actions(),
        ["save profile", "close Camera", "enable audio", "send join with audio"],
        "a camera that is off is closed"
    );
    assert_eq!(page.call.snapshot().camera, Device::Off);
    page.receive_match(Role::Impolite, BOTH);
    page.take_actions();
    page.peer_event(PeerEvent::ChannelOpened { nonce: Uuid::from_u128(7) });
    assert_eq!(page.take_actions(), ["presence audio", "commit"]);
    page.press(Intent::ToggleMicrophone);
    assert_eq!(
        page.take_actions(),
        ["save profile", "enable nothing", "presence nothing"],
        "a muted microphone stays open during a call"
    );
    page.press(Intent::Next);
    assert!(page.take_actions().contains(&"close Microphone".to_owned()), "and is closed after it");

    page.press(Intent::Stop);
    page.take_actions();
    page.press(Intent::Start);
    assert_eq!(page.take_actions(), ["enable nothing", "open socket"], "there is nothing to ask for");
    assert_eq!((page.call.snapshot().microphone, page.call.snapshot().camera), (Device::Off, Device::Off));
    page.press(Intent::Stop);
    page.press(Intent::ToggleCamera);
    page.take_actions();
    page.press(Intent::Start);
    assert_eq!(page.take_actions(), ["open video", "open socket"], "asks only for what is on");
}

#[test]
fn switching_off_what_the_browser_asks_for_ends_the_question() {
    let mut page = with_open_prompt();
    page.press(Intent::ToggleCamera);
    assert_eq!(page.phase_name(), "asking", "the microphone is still asked for");
    page.press(Intent::ToggleMicrophone);
    assert_eq!(page.phase_name(), "ready");
    let actions = page.take_actions();
    assert!(["close Camera", "close Microphone"].iter().all(|it| actions.contains(&(*it).into())));
    page.media_opens(BOTH);
    assert_eq!((page.call.snapshot().microphone, page.call.snapshot().camera), (Device::Off, Device::Off));
}

#[test]
fn what_is_stored_as_off_is_not_opened() {
    let mut page = TestPage::new();
    page.press(Intent::ToggleMicrophone);
    assert_eq!(page.take_actions(), ["save profile"]);
    let stored = page.call.stored();
    let mut other = TestPage::new();
    other.handle(Input::StorageChanged(Box::new(stored)));
    other.press(Intent::OpenMirror);
    assert_eq!(other.take_actions(), ["open video"]);
    other.media_opens(VIDEO);
    assert_eq!(other.call.snapshot().microphone, Device::Off);
}

#[test]
fn both_can_be_turned_on_in_a_call_that_began_with_both_off() {
    let mut page = TestPage::new();
    page.press(Intent::ToggleMicrophone);
    page.press(Intent::ToggleCamera);
    page.press(Intent::Start);
    page.server_accepts();
    page.receive(ToBrowser::Waiting {});
    page.receive_match(Role::Impolite, BOTH);
    page.negotiate_as_impolite();
    page.media_flows = true;
    page.peer_connects();
    page.advance(millis(100));
    page.peer_event(PeerEvent::ChannelOpened { nonce: Uuid::from_u128(7) });
    assert_eq!(page.phase_name(), "talking");
    page.take_actions();
    page.press(Intent::ToggleCamera);
    assert_eq!(page.take_actions(), ["open video", "save profile", "enable nothing"]);
    page.media_opens(VIDEO);
    assert_eq!(page.take_actions(), ["enable video", "presence video"]);
    page.press(Intent::ToggleMicrophone);
    page.media_opens(AUDIO);
    assert!(page.take_actions().ends_with(&["presence audio and video".into()]));
}

#[test]
fn sends_mute_state_only_over_an_open_channel() {
    let mut page = TestPage::talking();
    page.press(Intent::ToggleMicrophone);
    assert_eq!(page.take_actions(), ["save profile", "enable video"]);
    page.peer_event(PeerEvent::ChannelOpened { nonce: Uuid::from_u128(7) });
    assert_eq!(page.take_actions(), ["presence video", "commit"]);
    page.press(Intent::ToggleCamera);
    assert_eq!(page.take_actions(), ["save profile", "close Camera", "enable nothing", "presence nothing"]);
}

#[test]
fn shows_the_media_that_the_partner_announces() {
    let mut page = TestPage::talking();
    page.peer_event(PeerEvent::Message(PeerMessage::Sending(Media { audio: true, video: false }.into())));
    assert_eq!(page.phase(), Phase::Talking { partner: AUDIO, flow: Flow::Steady });
}

#[test]
fn a_device_that_was_missing_can_be_turned_on_in_a_call() {
    for without_any in [false, true] {
        let mut page = with_open_prompt();
        if without_any {
            (0..3).for_each(|_| page.media_fails(MediaError::Missing));
            page.press(Intent::StartWithout);
        } else {
            page.media_fails(MediaError::Missing);
            page.media_opens(AUDIO);
        }
        assert_eq!(page.call.snapshot().camera, Device::Absent);
        page.server_accepts();
        page.receive(ToBrowser::Waiting {});
        page.advance(secs(1));
        assert_eq!(page.phase_name(), "waiting");
        page.take_actions();
        page.press(Intent::ToggleCamera);
        assert_eq!(page.take_actions().first().map(String::as_str), Some("open video"));
        page.media_opens(VIDEO);
        assert_eq!(page.call.snapshot().camera, Device::On);
    }
}

#[test]
fn a_browser_that_does_not_answer_is_explained_after_15_s() {
    let mut page = with_open_prompt();
    page.take_actions();
    page.advance(millis(14_999));
    assert_eq!(page.call.snapshot().notice, None);
    page.press(Intent::StartWithout);
    assert_eq!(page.phase_name(), "asking", "a person may need some seconds to answer");
    page.advance(millis(1));
    assert_eq!(page.call.snapshot().notice, Some(DeviceNotice::NoAnswer));
    let mut patient = with_open_prompt();
    patient.advance(secs(20));
    patient.media_opens(BOTH);
    assert_eq!((patient.phase_name(), patient.call.snapshot().notice), ("ready", None));

    page.take_actions();
    page.press(Intent::StartWithout);
    assert_eq!(page.take_actions().first().map(String::as_str), Some("close media"));
    assert_eq!(page.phase_name(), "ready");
    page.media_opens(BOTH);
    assert_eq!(page.call.snapshot().camera, Device::Absent, "the answer comes too late");
}

#[test]
fn an_answer_to_an_earlier_question_is_ignored() {
    let mut page = with_open_prompt();
    let first = page.asked.number;
    page.press(Intent::Stop);
    page.press(Intent::Start);
    page.take_actions();
    page.handle(Input::MediaOpened(first, BOTH.into()));
    page.handle(Input::MediaFailed(first, blocked(NOTHING)));
    assert_eq!((page.take_actions(), page.phase_name()), (vec![], "asking"));
    page.media_opens(BOTH);
    page.media_opens(AUDIO);
    let snapshot = page.call.snapshot();
    assert_eq!((snapshot.microphone, snapshot.camera), (Device::On, Device::On));
}
