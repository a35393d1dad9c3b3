//! Tests of opening camera and microphone: permission, fallbacks, loss, mute and release.

use uuid::Uuid;

use crate::{
    call::{
        Device, Flow, Input, Intent, MediaError, PeerEvent, Phase, Problem,
        tests::test_page::{AUDIO, BOTH, NOTHING, TestPage, VIDEO, secs},
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
    errors.iter().for_each(|error| page.handle(Input::MediaFailed(*error)));
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
    page.handle(Input::MediaOpened(BOTH));
    assert_eq!(page.take_actions(), ["enable audio and video", "send join with audio and video"]);
    assert_eq!(page.phase_name(), "ready");
}

#[test]
fn joins_when_the_socket_opens_after_the_devices() {
    let mut page = with_open_prompt();
    page.handle(Input::MediaOpened(BOTH));
    assert_eq!(page.take_actions(), ["enable audio and video"]);
    page.server_accepts();
    assert_eq!(page.take_actions(), ["send hello", "send join with audio and video"]);
}

#[test]
fn falls_back_to_audio_and_then_to_video() {
    for error in [MediaError::Missing, MediaError::Busy] {
        let mut page = with_device_errors(&[error]);
        assert_eq!(page.take_actions(), ["open audio"]);
        page.handle(Input::MediaFailed(error));
        assert_eq!(page.take_actions(), ["open video"]);
        page.handle(Input::MediaOpened(VIDEO));
        assert_eq!(page.take_actions(), ["enable video"]);
        let snapshot = page.call.snapshot();
        assert_eq!((snapshot.microphone, snapshot.camera), (Device::Absent, Device::On));
    }
}

#[test]
fn join_names_only_the_opened_devices() {
    let mut page = with_device_errors(&[MediaError::Missing]);
    page.handle(Input::MediaOpened(AUDIO));
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
    page.handle(Input::MediaOpened(BOTH));
    assert_eq!(page.take_actions(), ["close media"]);
    assert_eq!(page.phase_name(), "landing");
    page.handle(Input::MediaFailed(MediaError::Busy));
    assert_eq!((page.take_actions(), page.problem()), (vec![], None));
}

#[test]
fn every_ending_closes_the_devices() {
    let pages: [fn() -> TestPage; 4] = [
        || {
            let mut page = with_open_prompt();
            page.handle(Input::MediaOpened(BOTH));
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

#[test]
fn losing_the_last_device_while_waiting_leaves_the_queue() {
    let mut page = TestPage::waiting();
    page.handle(Input::MediaLost(VIDEO));
    assert_eq!(
        page.take_actions(),
        ["enable audio", "send join with audio"],
        "the next partner must not expect video"
    );
    page.handle(Input::MediaLost(AUDIO));
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
        page.handle(Input::MediaLost(BOTH));
        assert_eq!(page.take_actions(), ["enable nothing"]);
        assert_eq!(page.phase_name(), "talking");
        end(&mut page);
        assert_eq!((page.phase_name(), page.problem()), ("landing", Some(Problem::NoDevice)));
        assert_eq!(page.take_actions().last().map(String::as_str), Some("close socket with 4000"));
    }
}

#[test]
fn mute_state_lasts_between_matches_but_not_past_stop() {
    let mut page = TestPage::waiting();
    page.press(Intent::ToggleCamera);
    assert_eq!(page.take_actions(), ["enable audio"]);
    assert_eq!(page.call.snapshot().camera, Device::Off);
    page.receive_match(Role::Impolite, BOTH);
    page.take_actions();
    page.peer_event(PeerEvent::ChannelOpened { nonce: Uuid::from_u128(7) });
    assert_eq!(page.take_actions(), ["presence audio", "commit"]);
    page.press(Intent::ToggleMicrophone);
    assert_eq!(page.take_actions(), ["enable nothing", "presence nothing"]);
    page.press(Intent::ToggleCamera);
    page.press(Intent::ToggleMicrophone);
    assert_eq!(
        page.take_actions(),
        ["enable video", "presence video", "enable audio and video", "presence audio and video"]
    );
    page.press(Intent::Stop);
    page.press(Intent::Start);
    page.handle(Input::MediaOpened(BOTH));
    assert_eq!(page.call.snapshot().camera, Device::On, "a new start unmutes the camera");
}

#[test]
fn sends_mute_state_only_over_an_open_channel() {
    let mut page = TestPage::talking();
    page.press(Intent::ToggleMicrophone);
    assert_eq!(page.take_actions(), ["enable video"]);
    page.peer_event(PeerEvent::ChannelOpened { nonce: Uuid::from_u128(7) });
    assert_eq!(page.take_actions(), ["presence video", "commit"]);
    page.handle(Input::MediaLost(VIDEO));
    assert_eq!(page.take_actions(), ["enable nothing", "presence nothing"]);
}

#[test]
fn shows_the_media_that_the_partner_announces() {
    let mut page = TestPage::talking();
    page.peer_event(PeerEvent::Message(PeerMessage::Sending(Media { audio: true, video: false }.into())));
    assert_eq!(page.phase(), Phase::Talking { partner: AUDIO, flow: Flow::Steady });
}

#[test]
fn an_absent_device_cannot_be_muted() {
    let mut page = TestPage::new();
    page.press(Intent::ToggleMicrophone);
    assert!(page.take_actions().is_empty());
    page.press(Intent::Start);
    page.handle(Input::MediaOpened(AUDIO));
    page.press(Intent::ToggleCamera);
    assert_eq!(page.call.snapshot().camera, Device::Absent);
    assert_eq!(page.call.snapshot().microphone, Device::On, "a press before the start has no effect");
    page.server_accepts();
    page.receive(ToBrowser::Waiting {});
    page.advance(secs(1));
    assert_eq!(page.phase_name(), "waiting");
}
