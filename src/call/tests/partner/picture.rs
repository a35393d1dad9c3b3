//! Tests of calls without the picture that was announced: it never comes, stops, or is not sent.

use std::time::Duration;

use uuid::Uuid;

use crate::{
    call::{
        Failed, Intent, Output, PartnerPicture, PeerEvent, Phase, SenderPart, TrackKind,
        tests::test_page::{BOTH, TestPage, millis, secs},
    },
    protocol::{Media, PeerMessage, Presence, Role},
};

const CAMERA: Presence =
    Presence { audio: true, video: true, screen: false, away: false, interrupted: false, less_data: false };

/// Lets sound arrive for so long, but no picture.
fn hear(page: &mut TestPage, time: Duration) {
    page.media_flows = false;
    let end = page.now + time;
    while page.now < end {
        page.measurement.audio_packets += 2;
        page.measurement.bytes_received += 200;
        page.advance(millis(40));
    }
}

/// An impolite page whose connection is up, with a partner that announces sound and picture.
fn connecting() -> TestPage {
    let mut page = TestPage::matched(Role::Impolite, BOTH);
    page.negotiate_as_impolite();
    page.peer_connects();
    page.peer_event(PeerEvent::ChannelOpened { nonce: Uuid::from_u128(7) });
    page.take_actions();
    page
}

fn picture(page: &TestPage) -> PartnerPicture {
    page.call.snapshot().picture
}

fn partner_announces(page: &mut TestPage, presence: Presence) {
    page.peer_event(PeerEvent::Message(PeerMessage::Sending(presence)));
}

#[test]
fn a_call_with_sound_connects_2_s_later_without_the_picture() {
    let mut page = connecting();
    hear(&mut page, millis(1_900));
    assert_eq!(page.phase_name(), "connecting", "the picture may come a moment later");
    hear(&mut page, millis(400));
    assert!(matches!(page.phase(), Phase::Talking { partner: BOTH, .. }));
    assert_eq!(picture(&page), PartnerPicture::Missing);
    assert_eq!(page.take_actions(), ["sees picture false", "send connected"]);
    hear(&mut page, secs(20));
    assert_eq!(page.phase_name(), "talking", "nobody is dropped");
    page.take_actions();
    page.media_flows = true;
    page.advance(secs(1));
    assert_eq!(picture(&page), PartnerPicture::Fine);
    assert_eq!(page.take_actions(), ["sees picture true"]);
}

#[test]
fn an_open_channel_connects_when_neither_sound_nor_picture_comes() {
    let mut page = connecting();
    page.advance(millis(2_300));
    assert_eq!(page.phase_name(), "talking");
    assert!(page.take_actions().contains(&"send connected".to_owned()));
    let mut page = TestPage::matched(Role::Impolite, BOTH);
    page.negotiate_as_impolite();
    page.peer_connects();
    page.advance(secs(5));
    assert_eq!(page.phase_name(), "connecting", "without a sign of the partner there is no call");
}

#[test]
fn a_camera_that_freezes_is_noticed_within_3_s_and_a_still_screen_is_not() {
    for screen in [false, true] {
        let mut page = connecting();
        page.media_flows = true;
        page.advance(secs(2));
        partner_announces(&mut page, Presence { screen, ..CAMERA });
        page.take_actions();
        let start = page.now;
        while picture(&page) == PartnerPicture::Fine && page.now < start + secs(10) {
            hear(&mut page, millis(40));
        }
        if screen {
            assert_eq!(picture(&page), PartnerPicture::Fine);
            assert!(!page.take_actions().iter().any(|it| it.starts_with("sees")));
        } else {
            assert!(page.now - start < millis(2_600), "{:?}", page.now - start);
            assert_eq!(page.take_actions(), ["sees picture false"]);
            page.media_flows = true;
            page.advance(secs(1));
            assert_eq!(picture(&page), PartnerPicture::Fine);
        }
    }
}

#[test]
fn a_camera_that_is_turned_off_is_not_missing() {
    let mut page = connecting();
    page.media_flows = true;
    page.advance(secs(2));
    partner_announces(&mut page, Presence { video: false, ..CAMERA });
    hear(&mut page, secs(5));
    assert_eq!(picture(&page), PartnerPicture::Fine);
    partner_announces(&mut page, CAMERA);
    hear(&mut page, millis(1_000));
    assert_eq!(picture(&page), PartnerPicture::Fine, "a camera takes a moment to start");
    hear(&mut page, millis(2_100));
    assert_eq!(picture(&page), PartnerPicture::Missing);
}

#[test]
fn a_silent_connection_is_interrupted_and_not_frozen() {
    let mut page = connecting();
    page.media_flows = true;
    page.advance(secs(2));
    page.media_flows = false;
    page.advance(secs(3));
    assert_eq!(picture(&page), PartnerPicture::Fine);
    assert_eq!(page.phase().flow().map(|it| it.name()), Some("interrupted"));
}

#[test]
fn an_unseen_picture_gets_a_key_frame_at_most_every_2_s_and_its_person_is_told() {
    let mut page = connecting();
    page.media_flows = true;
    page.advance(secs(1));
    page.take_actions();
    let unseen = PeerEvent::Message(PeerMessage::Sees { picture: false });
    (0..100).for_each(|_| page.peer_event(unseen.clone()));
    assert_eq!(page.take_actions(), ["refresh picture"]);
    assert_eq!(page.call.snapshot().unreached, Media { audio: false, video: true });
    page.advance(secs(2));
    page.peer_event(unseen);
    assert_eq!(page.take_actions(), ["refresh picture"]);
    page.peer_event(PeerEvent::Message(PeerMessage::Sees { picture: true }));
    assert_eq!(page.call.snapshot().unreached, Media::default());
}

#[test]
fn a_refused_track_is_asked_for_again_and_not_announced() {
    let mut page = connecting();
    page.media_flows = true;
    page.advance(secs(1));
    page.take_actions();
    page.page_outputs.clear();
    let sender = |result| PeerEvent::Sender { kind: TrackKind::Video, part: SenderPart::Track, result };
    page.peer_event(sender(Err(Failed)));
    assert_eq!(page.take_actions(), ["presence audio"]);
    assert_eq!(page.call.snapshot().unreached, Media { audio: false, video: true });
    page.advance(secs(10));
    let retries = page.page_outputs.iter().filter(|it| matches!(it, Output::SendTracks)).count();
    assert_eq!(retries, 3);
    page.peer_event(sender(Ok(())));
    assert_eq!(page.take_actions().last().map(String::as_str), Some("presence audio and video"));
    assert_eq!(page.call.snapshot().unreached, Media::default());
}

#[test]
fn refused_limits_are_set_again() {
    let mut page = connecting();
    page.media_flows = true;
    page.press(Intent::Toggle(crate::call::Switch::SaveData));
    page.advance(secs(1));
    page.take_actions();
    let sender = |result| PeerEvent::Sender { kind: TrackKind::Audio, part: SenderPart::Limits, result };
    page.peer_event(sender(Err(Failed)));
    page.advance(millis(2_100));
    assert_eq!(page.take_actions(), ["saving bitrate", "saving bitrate"]);
    page.peer_event(sender(Ok(())));
    page.advance(secs(2));
    assert!(page.take_actions().is_empty());
}
