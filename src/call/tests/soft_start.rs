//! Tests of soft start: when the pictures are blurred, and what ends that.

use uuid::Uuid;

use super::test_page::{BOTH, TestPage, had_a_call, matched_message, secs, site};
use crate::{
    call::{Call, Cover, Input, Intent, PeerEvent, SiteFacts, Strength, Switch, WindowWish},
    protocol::{Feature, Features, PeerMessage, Role, SoftStart, ToBrowser},
};

/// A page of a server with this policy, whose person has pressed these switches.
fn page_of(soft_start: SoftStart, pressed: &[Switch]) -> TestPage {
    let mut page = TestPage::new();
    page.call = Call::new(3, had_a_call(), Default::default(), SiteFacts { soft_start, ..site() });
    page.handle(Input::Tick);
    pressed.iter().for_each(|it| page.press(Intent::Toggle(*it)));
    page
}

/// A page in a match that starts softly or not.
fn matched(soft: bool) -> TestPage {
    let mut page = TestPage::waiting();
    page.take_actions();
    page.receive_match_with(|id| {
        let mut msg = matched_message(id, Role::Impolite, BOTH);
        if let ToBrowser::Matched { soft: slot, .. } = &mut msg {
            *slot = soft;
        }
        msg
    });
    page
}

/// The channel to the partner opens.
fn open_channel(page: &mut TestPage) {
    page.peer_event(PeerEvent::ChannelOpened { nonce: Uuid::from_u128(7) });
}

fn cover(page: &TestPage) -> Cover {
    page.call.snapshot().cover
}

fn partner_reveals(page: &mut TestPage) {
    page.peer_event(PeerEvent::Message(PeerMessage::Revealed {}));
}

#[test]
fn the_pictures_are_shown_once_both_have_revealed_theirs_in_either_order() {
    for own_first in [true, false] {
        let mut page = matched(true);
        let actions = page.take_actions();
        let blurred = actions.iter().position(|it| it == "send blurred true");
        let opened = actions.iter().position(|it| it.starts_with("open peer"));
        assert!(blurred.is_some() && blurred < opened, "blurred before there is a connection: {actions:?}");
        open_channel(&mut page);
        page.take_actions();
        assert_eq!(cover(&page), Cover::Blurred);
        if own_first {
            page.press(Intent::Reveal);
            assert_eq!(
                (cover(&page), page.take_actions()),
                (Cover::OwnRevealed, vec!["revealed".to_owned()])
            );
            page.press(Intent::Reveal);
            assert_eq!(cover(&page), Cover::OwnRevealed);
            page.take_actions();
            partner_reveals(&mut page);
            assert_eq!(page.take_actions(), ["send blurred false"]);
        } else {
            partner_reveals(&mut page);
            partner_reveals(&mut page);
            assert_eq!((cover(&page), page.take_actions()), (Cover::PartnerRevealed, vec![]));
            page.press(Intent::Reveal);
            assert_eq!(page.take_actions(), ["revealed", "send blurred false"]);
        }
        assert_eq!(cover(&page), Cover::Lifted);
    }
}

#[test]
fn a_match_without_a_soft_start_is_not_blurred_whatever_the_partner_says() {
    let mut page = matched(false);
    open_channel(&mut page);
    partner_reveals(&mut page);
    page.press(Intent::Reveal);
    assert_eq!(cover(&page), Cover::Lifted);
    assert!(!page.take_actions().iter().any(|it| it.starts_with("send blurred") || it == "revealed"));
}

#[test]
fn the_next_stranger_is_covered_again_and_nobody_is_left_sharp() {
    let mut page = matched(true);
    open_channel(&mut page);
    partner_reveals(&mut page);
    page.press(Intent::Reveal);
    page.take_actions();
    page.press(Intent::Next);
    page.receive(ToBrowser::Waiting {});
    page.receive_match_with(|id| {
        let mut msg = matched_message(id, Role::Polite, BOTH);
        if let ToBrowser::Matched { soft, .. } = &mut msg {
            *soft = true;
        }
        msg
    });
    assert_eq!(cover(&page), Cover::Blurred);
    assert!(page.take_actions().contains(&"send blurred true".to_owned()));
}

#[test]
fn the_few_frames_of_a_blurred_picture_are_no_sign_of_a_weak_network() {
    for soft in [true, false] {
        let mut page = matched(soft);
        page.negotiate_as_impolite();
        page.media_flows = true;
        page.measurement.picture = Some([64, 36, 10]);
        page.peer_connects();
        open_channel(&mut page);
        (0..8).for_each(|_| page.advance(secs(1)));
        assert_eq!(page.call.snapshot().details.strength == Strength::Good, soft);
    }
}

#[test]
fn a_new_channel_repeats_that_the_person_has_revealed_theirs() {
    let mut page = matched(true);
    page.press(Intent::Reveal);
    assert!(!page.take_actions().contains(&"revealed".to_owned()), "there is no channel yet");
    for _ in 0..2 {
        open_channel(&mut page);
        assert!(page.take_actions().contains(&"revealed".to_owned()));
    }
    let mut page = matched(true);
    open_channel(&mut page);
    assert!(!page.take_actions().contains(&"revealed".to_owned()), "nothing was revealed");
}

#[test]
fn neither_the_screen_nor_picture_in_picture_gets_around_the_cover() {
    let mut page = matched(true);
    page.can_share_screen();
    open_channel(&mut page);
    page.take_actions();
    let wishes = [Intent::ToggleScreen, Intent::Window(WindowWish::TogglePictureInPicture)];
    wishes.iter().for_each(|it| page.press(it.clone()));
    assert_eq!(page.take_actions(), [""; 0]);
    partner_reveals(&mut page);
    page.press(Intent::Reveal);
    page.take_actions();
    page.press(Intent::ToggleScreen);
    assert_eq!(page.take_actions(), ["share screen"]);
}

#[test]
fn the_server_proposes_and_the_person_decides_unless_it_is_forced() {
    let both = [Switch::SoftStart, Switch::NoSoftStart];
    let cases = [
        (SoftStart::Off, &both[..0], false),
        (SoftStart::Off, &both[..1], true),
        (SoftStart::Off, &both[1..], false),
        (SoftStart::On, &both[..0], true),
        (SoftStart::On, &both[1..], false),
        (SoftStart::On, &both[..1], true),
        (SoftStart::Forced, &both[..], true),
    ];
    for (policy, pressed, expected) in cases {
        let mut page = page_of(policy, pressed);
        let actions = page.take_actions();
        let last = actions.iter().rfind(|it| it.starts_with("send blurred"));
        assert_eq!(last.is_some_and(|it| it.ends_with("true")), expected, "{policy:?} {pressed:?}");
        for supports in [true, false] {
            let mut page = page_of(policy, pressed);
            page.press(Intent::Start);
            page.media_opens(BOTH);
            let others = Features::all();
            let features = if supports { others } else { [Feature::Check].into_iter().collect() };
            page.server_accepts_with(features);
            let joins =
                page.take_actions().iter().any(|it| it.starts_with("send join") && it.ends_with(", soft"));
            assert_eq!(joins, expected && supports, "{policy:?} {pressed:?}, server knows it: {supports}");
        }
    }
}
