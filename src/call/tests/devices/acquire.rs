//! Camera and microphone: the asking, the refusals, and that the light goes out; it must not know matches.

use uuid::Uuid;

use crate::{
    call::{
        Device, Flow, Input, Intent, MediaError, PeerEvent, Phase, Problem,
        tests::test_page::{AUDIO, BOTH, NOTHING, Page, VIDEO, secs},
    },
    protocol::{EndReason, Media, PeerMessage, Role, ToBrowser},
};

fn started() -> Page {
    let mut page = Page::new();
    page.wants(Intent::Start);
    page.did();
    page
}

fn refused(errors: &[MediaError]) -> Page {
    let mut page = started();
    errors.iter().for_each(|error| page.tell(Input::MediaFailed(*error)));
    page
}

fn blocked(granted: Media) -> MediaError {
    MediaError::Blocked { granted }
}

#[test]
fn start_asks_for_both_devices_and_dials_at_the_same_time() {
    let mut page = Page::new();
    page.wants(Intent::Start);
    assert_eq!(page.did(), ["ask for audio and video", "dial"]);
    assert_eq!(page.phase(), "asking");
    page.wants(Intent::Start);
    assert!(page.did().is_empty(), "a second press changes nothing");
}

#[test]
fn a_line_that_is_there_before_the_camera_is_used_when_the_camera_is_there() {
    let mut page = started();
    page.is_welcomed();
    assert_eq!(page.did(), ["say hello"]);
    page.tell(Input::MediaOpened(BOTH));
    assert_eq!(page.did(), ["send audio and video", "say join with audio and video"]);
    assert_eq!(page.phase(), "ready");
}

#[test]
fn a_camera_that_is_there_before_the_line_waits_for_it() {
    let mut page = started();
    page.tell(Input::MediaOpened(BOTH));
    assert_eq!(page.did(), ["send audio and video"]);
    page.is_welcomed();
    assert_eq!(page.did(), ["say hello", "say join with audio and video"]);
}

#[test]
fn without_a_camera_a_voice_is_asked_for_and_without_a_voice_a_picture() {
    for error in [MediaError::Missing, MediaError::Busy] {
        let mut page = refused(&[error]);
        assert_eq!(page.did(), ["ask for audio"]);
        page.tell(Input::MediaFailed(error));
        assert_eq!(page.did(), ["ask for video"]);
        page.tell(Input::MediaOpened(VIDEO));
        assert_eq!(page.did(), ["send video"]);
        let seen = page.call.snapshot();
        assert_eq!((seen.microphone, seen.camera), (Device::Absent, Device::On));
    }
}

#[test]
fn what_was_opened_is_what_the_server_is_told_of() {
    let mut page = refused(&[MediaError::Missing]);
    page.tell(Input::MediaOpened(AUDIO));
    page.did();
    page.is_welcomed();
    assert_eq!(page.did(), ["say hello", "say join with audio"]);
}

#[test]
fn after_a_block_only_what_is_granted_is_asked_for() {
    assert_eq!(refused(&[blocked(NOTHING)]).did(), ["light out", "hang up"]);
    assert_eq!(refused(&[blocked(AUDIO)]).did(), ["ask for audio"]);
    assert_eq!(refused(&[blocked(VIDEO)]).did(), ["ask for video"]);
    assert_eq!(refused(&[blocked(AUDIO), MediaError::Busy]).did(), ["ask for audio", "light out", "hang up"]);
}

#[test]
fn a_browser_that_cannot_is_not_asked_twice() {
    for (error, problem) in
        [(MediaError::Insecure, Problem::Insecure), (MediaError::Unsupported, Problem::Unsupported)]
    {
        let mut page = refused(&[error]);
        assert_eq!(page.did(), ["light out", "hang up"]);
        assert_eq!((page.phase(), page.problem()), ("landing", Some(problem)));
    }
}

#[test]
fn of_several_errors_people_are_told_the_one_that_tells_most() {
    let (missing, busy) = (MediaError::Missing, MediaError::Busy);
    for (errors, problem) in [
        ([missing, missing, missing], Problem::NoDevice),
        ([missing, busy, missing], Problem::DeviceBusy),
        ([busy, missing, missing], Problem::DeviceBusy),
        ([busy, missing, blocked(NOTHING)], Problem::CameraBlocked),
        ([missing, missing, blocked(NOTHING)], Problem::CameraBlocked),
    ] {
        let page = refused(&errors);
        assert_eq!((page.phase(), page.problem()), ("landing", Some(problem)), "{errors:?}");
    }
}

#[test]
fn after_a_problem_start_begins_anew() {
    let mut page = refused(&[blocked(NOTHING)]);
    page.did();
    page.wants(Intent::Start);
    assert_eq!(page.did(), ["ask for audio and video", "dial"]);
    assert_eq!(page.problem(), None);
}

#[test]
fn stop_while_the_browser_asks_closes_what_opens_late() {
    let mut page = started();
    page.wants(Intent::Stop);
    assert_eq!(page.did(), ["light out", "hang up"]);
    page.tell(Input::MediaOpened(BOTH));
    assert_eq!(page.did(), ["light out"]);
    assert_eq!(page.phase(), "landing");
    page.tell(Input::MediaFailed(MediaError::Busy));
    assert_eq!((page.did(), page.problem()), (vec![], None));
}

#[test]
fn the_light_goes_out_in_every_ending() {
    let pages: [fn() -> Page; 4] = [
        || {
            let mut page = started();
            page.tell(Input::MediaOpened(BOTH));
            page.did();
            page
        },
        Page::waiting,
        Page::talking,
        || {
            let mut page = Page::talking();
            page.is_told_the_end(EndReason::PartnerLeft);
            page.did();
            page
        },
    ];
    for make in pages {
        for ending in [Input::Intent(Intent::Stop), Input::PageHidden] {
            let mut page = make();
            let met = page.phase() == "talking";
            page.tell(ending);
            let mut expected = vec!["light out", "hang up"];
            if met {
                expected.insert(0, "close peer");
            }
            assert_eq!(page.did(), expected);
            assert_eq!((page.phase(), page.problem()), ("landing", None));
            assert_eq!(page.call.next_deadline(), None, "nothing is left to do");
        }
    }
}

#[test]
fn who_loses_the_last_device_while_waiting_waits_no_more() {
    let mut page = Page::waiting();
    page.tell(Input::MediaLost(VIDEO));
    assert_eq!(page.did(), ["send audio", "say join with audio"], "the next one must not wait for a picture");
    page.tell(Input::MediaLost(AUDIO));
    assert_eq!(page.did(), ["send nothing", "light out", "hang up"]);
    assert_eq!((page.phase(), page.problem()), ("landing", Some(Problem::NoDevice)));
}

#[test]
fn who_loses_the_last_device_in_a_call_keeps_the_call_and_then_meets_nobody_else() {
    let endings: [fn(&mut Page); 3] = [
        |page| page.wants(Intent::Next),
        |page| page.is_told_the_end(EndReason::PartnerNext),
        |page| page.is_told_the_end(EndReason::Unconnected),
    ];
    for end in endings {
        let mut page = Page::talking();
        page.tell(Input::MediaLost(BOTH));
        assert_eq!(page.did(), ["send nothing"]);
        assert_eq!(page.phase(), "talking");
        end(&mut page);
        assert_eq!((page.phase(), page.problem()), ("landing", Some(Problem::NoDevice)));
        assert_eq!(page.did().last().map(String::as_str), Some("hang up"));
    }
}

#[test]
fn a_toggle_mutes_and_unmutes_and_is_kept_from_one_match_to_the_next() {
    let mut page = Page::waiting();
    page.wants(Intent::ToggleCamera);
    assert_eq!(page.did(), ["send audio"]);
    assert_eq!(page.call.snapshot().camera, Device::Off);
    page.is_matched(Role::Impolite, BOTH);
    page.did();
    page.peer(PeerEvent::ChannelOpened { nonce: Uuid::from_u128(7) });
    assert_eq!(page.did(), ["tell of audio", "commit"]);
    page.wants(Intent::ToggleMicrophone);
    assert_eq!(page.did(), ["send nothing", "tell of nothing"]);
    page.wants(Intent::ToggleCamera);
    page.wants(Intent::ToggleMicrophone);
    assert_eq!(
        page.did(),
        ["send video", "tell of video", "send audio and video", "tell of audio and video"]
    );
    page.wants(Intent::Stop);
    page.wants(Intent::Start);
    page.tell(Input::MediaOpened(BOTH));
    assert_eq!(page.call.snapshot().camera, Device::On, "who starts anew is seen");
}

#[test]
fn the_partner_is_told_of_a_toggle_only_when_the_channel_is_open() {
    let mut page = Page::talking();
    page.wants(Intent::ToggleMicrophone);
    assert_eq!(page.did(), ["send video"]);
    page.peer(PeerEvent::ChannelOpened { nonce: Uuid::from_u128(7) });
    assert_eq!(page.did(), ["tell of video", "commit"]);
    page.tell(Input::MediaLost(VIDEO));
    assert_eq!(page.did(), ["send nothing", "tell of nothing"]);
}

#[test]
fn what_the_partner_tells_of_itself_is_seen() {
    let mut page = Page::talking();
    page.peer(PeerEvent::Message(PeerMessage::Sending(Media { audio: true, video: false }.into())));
    assert_eq!(page.sees(), Phase::Talking { partner: AUDIO, flow: Flow::Steady });
}

#[test]
fn a_device_that_is_not_there_cannot_be_muted() {
    let mut page = Page::new();
    page.wants(Intent::ToggleMicrophone);
    assert!(page.did().is_empty());
    page.wants(Intent::Start);
    page.tell(Input::MediaOpened(AUDIO));
    page.wants(Intent::ToggleCamera);
    assert_eq!(page.call.snapshot().camera, Device::Absent);
    assert_eq!(page.call.snapshot().microphone, Device::On, "a press before the start mutes nothing unseen");
    page.is_welcomed();
    page.hears(ToBrowser::Waiting {});
    page.after(secs(1));
    assert_eq!(page.phase(), "waiting");
}
