//! Tests of the queue: the prepared offer, and the preferences that a page waits with.

use crate::{
    call::{
        DescriptionKind, DeviceEvent, DeviceInfo, DeviceKind, Input, Intent, MediaError, PageEvent,
        PeerEvent, Problem, Switch,
        tests::test_page::{BOTH, TestPage, candidate, description, matched_message, secs},
    },
    protocol::{EndReason, Epoch, ErrorCode, PreparedOffer, Role, ToBrowser},
};

/// A waiting page that has sent its prepared offer.
fn with_prepared_offer() -> TestPage {
    let mut page = TestPage::waiting();
    page.receive(ToBrowser::Prepare { ice: Vec::new() });
    create_offer(&mut page);
    page.take_actions();
    page
}

fn create_offer(page: &mut TestPage) {
    page.peer_event(PeerEvent::NegotiationNeeded);
    page.peer_event(PeerEvent::LocalSet(Ok(description(DescriptionKind::Offer, "ours"))));
}

fn hidden_page() -> TestPage {
    let mut page = TestPage::new();
    page.press(Intent::Toggle(Switch::HideAddress));
    page.press(Intent::Start);
    page.media_opens(BOTH);
    page.server_accepts();
    page
}

fn receive_match_for_offer(page: &mut TestPage, number: u32) {
    page.receive_match_with(|match_id| {
        let mut msg = matched_message(match_id, Role::Impolite, BOTH);
        if let ToBrowser::Matched { ahead, .. } = &mut msg {
            *ahead = Some(PreparedOffer::Yours { number });
        }
        msg
    });
}

#[test]
fn prepares_an_offer_and_candidates_on_request() {
    let mut page = TestPage::waiting();
    page.receive(ToBrowser::Prepare { ice: Vec::new() });
    assert_eq!(page.take_actions(), ["open peer", "attach"]);
    create_offer(&mut page);
    page.peer_event(PeerEvent::CandidateFound(candidate("ours", "a")));
    page.peer_event(PeerEvent::CandidatesEnded { username_fragment: None });
    assert_eq!(
        page.take_actions(),
        [
            "set local",
            "send prepared offer, number 1",
            "send prepared candidate a, number 1",
            "send prepared end of candidates, number 1"
        ]
    );
}

#[test]
fn match_continues_the_prepared_offer_with_its_own_ice_servers() {
    let mut page = with_prepared_offer();
    receive_match_for_offer(&mut page, 1);
    assert_eq!(page.take_actions(), ["set servers"]);
    page.peer_event(PeerEvent::CandidateFound(candidate("ours", "late")));
    assert_eq!(page.take_actions(), ["send candidate late"]);
    assert_eq!(page.signal_epochs, [Epoch::PREPARED]);
}

#[test]
fn match_for_an_outdated_prepared_offer_opens_a_new_connection() {
    let mut page = with_prepared_offer();
    page.handle(Input::NetworkChanged);
    assert_eq!(
        page.take_actions(),
        ["send ping", "close peer", "open peer", "attach"],
        "a new network needs a new offer"
    );
    receive_match_for_offer(&mut page, 1);
    assert_eq!(page.take_actions(), ["close peer", "open peer", "attach"]);
    create_offer(&mut page);
    assert_eq!(page.signal_epochs, [Epoch::FIRST]);
}

#[test]
fn match_without_the_prepared_offer_discards_it() {
    for role in [Role::Impolite, Role::Polite] {
        let mut page = with_prepared_offer();
        page.receive_match(role, BOTH);
        assert_eq!(page.take_actions()[..2], ["close peer", "open peer"]);
    }
}

#[test]
fn renews_a_prepared_offer_before_the_server_drops_it() {
    let mut page = with_prepared_offer();
    page.advance(secs(44));
    assert!(!page.take_actions().contains(&"open peer".to_owned()));
    page.advance(secs(1));
    create_offer(&mut page);
    assert_eq!(
        page.take_actions(),
        ["close peer", "open peer", "attach", "set local", "send prepared offer, number 2"]
    );
}

#[test]
fn leaving_the_queue_discards_the_prepared_offer() {
    let endings: [fn(&mut TestPage); 3] = [
        |page| page.press(Intent::Stop),
        |page| {
            page.lose_socket_and_redial();
            page.server_accepts();
        },
        |page| page.press(Intent::Toggle(Switch::HideAddress)),
    ];
    for end in endings {
        let mut page = with_prepared_offer();
        end(&mut page);
        assert!(page.take_actions().contains(&"close peer".to_owned()));
    }
}

#[test]
fn hidden_page_joins_hidden_and_prepares_no_offer() {
    let mut page = hidden_page();
    assert_eq!(
        page.take_actions().last().map(String::as_str),
        Some("send join with audio and video, hidden")
    );
    page.receive(ToBrowser::Waiting {});
    page.receive(ToBrowser::Prepare { ice: Vec::new() });
    assert!(page.take_actions().is_empty());
}

#[test]
fn relay_only_match_opens_a_relay_only_connection() {
    let mut page = hidden_page();
    page.take_actions();
    page.receive_match_with(|match_id| {
        let mut msg = matched_message(match_id, Role::Impolite, BOTH);
        if let ToBrowser::Matched { relay_only, .. } = &mut msg {
            *relay_only = true;
        }
        msg
    });
    assert_eq!(page.take_actions(), ["open peer through a relay", "attach"]);
}

#[test]
fn refuses_a_match_that_would_reveal_the_address() {
    let mut page = TestPage::waiting();
    page.press(Intent::Toggle(Switch::HideAddress));
    assert_eq!(page.take_actions(), ["save profile", "send join with audio and video, hidden"]);
    page.receive_match(Role::Impolite, BOTH);
    assert_eq!(page.take_actions(), ["send leave", "send join with audio and video, hidden"]);
    assert_eq!(page.phase_name(), "ready");
}

#[test]
fn hiding_the_address_applies_from_the_next_match() {
    let mut page = TestPage::talking();
    page.press(Intent::Toggle(Switch::HideAddress));
    assert_eq!((page.take_actions(), page.phase_name()), (vec!["save profile".to_owned()], "talking"));
    page.press(Intent::Next);
    assert_eq!(
        page.take_actions(),
        ["close peer", "send leave", "send join with audio and video, hidden"],
        "next alone would keep the earlier join without hiding"
    );
}

#[test]
fn shows_no_relay_when_the_server_has_none() {
    let mut page = hidden_page();
    page.take_actions();
    page.receive(ToBrowser::Error { code: ErrorCode::NoRelay, about: 1, retry_ms: None });
    assert_eq!((page.phase_name(), page.problem()), ("landing", Some(Problem::NoRelay)));
    assert_eq!(page.take_actions(), ["close media", "send leave", "close socket with 4000"]);

    page.press(Intent::StartUnhidden);
    assert!(!page.call.snapshot().preferences.has(Switch::HideAddress));
    page.media_opens(BOTH);
    page.server_accepts();
    assert_eq!(page.take_actions().last().map(String::as_str), Some("send join with audio and video"));
}

#[test]
fn saving_data_applies_at_once_and_to_later_matches() {
    let mut page = TestPage::talking();
    page.press(Intent::Toggle(Switch::SaveData));
    assert_eq!(page.take_actions(), ["save profile", "saving bitrate"]);
    page.press(Intent::Next);
    page.take_actions();
    page.receive_match(Role::Impolite, BOTH);
    assert_eq!(page.take_actions(), ["open peer", "attach", "saving bitrate"]);
    page.press(Intent::Toggle(Switch::SaveData));
    assert_eq!(page.take_actions(), ["save profile"], "restores the usual limits");
}

fn cameras(number: usize) -> Vec<DeviceInfo> {
    let camera =
        |id: usize| DeviceInfo { kind: DeviceKind::Camera, id: id.to_string(), label: String::new() };
    (0..number).map(camera).collect()
}

#[test]
fn switches_to_the_next_camera_one_request_at_a_time() {
    let mut page = TestPage::talking();
    page.press(Intent::NextCamera);
    page.handle(Input::Devices(DeviceEvent::Listed(cameras(2))));
    assert!(page.take_actions().is_empty(), "no camera was chosen by a person");
    assert!(page.call.snapshot().can_change_camera);
    page.press(Intent::NextCamera);
    page.press(Intent::NextCamera);
    assert_eq!(page.take_actions(), ["open video, exactly 0", "save profile", "enable audio"]);
    page.camera_opens("0");
    page.take_actions();
    page.press(Intent::NextCamera);
    assert_eq!(page.take_actions(), ["open video, exactly 1", "save profile", "enable audio"]);
    page.media_fails(MediaError::Busy);
    page.camera_opens("0");
    page.take_actions();
    page.press(Intent::NextCamera);
    let again = ["open video, exactly 1", "save profile", "enable audio"];
    assert_eq!(page.take_actions(), again, "tries again after a failure");
}

#[test]
fn a_place_in_the_queue_from_a_crossed_join_is_given_up_during_the_farewell() {
    let mut page = TestPage::talking();
    page.receive_ended(EndReason::PartnerNext);
    page.take_actions();
    page.receive(ToBrowser::Waiting {});
    assert_eq!(page.take_actions(), ["send leave"], "it could not answer a partner now");
    page.advance(secs(3));
    assert_eq!(page.take_actions(), ["send join with audio and video"]);
}

#[test]
fn a_stranger_who_is_found_after_a_wait_or_in_the_background_is_heard() {
    let chimes = |wait: u64, prepare: fn(&mut TestPage)| {
        let mut page = TestPage::waiting();
        prepare(&mut page);
        page.take_actions();
        page.advance(secs(wait));
        page.receive_match(Role::Polite, BOTH);
        page.take_actions().iter().filter(|it| *it == "chime").count()
    };
    assert_eq!(chimes(5, |_| ()), 1);
    assert_eq!(chimes(4, |_| ()), 0, "the person still watches");
    assert_eq!(chimes(1, |it| it.handle(Input::Page(PageEvent::Away(true)))), 1, "in another tab");
    assert_eq!(chimes(60, |it| it.press(Intent::Toggle(Switch::NoChime))), 0, "turned off");
}

#[test]
fn a_notification_tells_who_asked_for_it_and_looks_elsewhere() {
    let notified = |is_away: bool, answer: Option<PageEvent>| {
        let mut page = TestPage::waiting();
        page.press(Intent::Toggle(Switch::Notify));
        assert!(page.take_actions().contains(&"ask to notify".to_owned()));
        if let Some(it) = answer {
            page.handle(Input::Page(it));
        }
        page.handle(Input::Page(PageEvent::Away(is_away)));
        page.receive_match(Role::Polite, BOTH);
        page.take_actions().contains(&"notify".to_owned())
    };
    assert!(notified(true, None));
    assert!(!notified(false, None), "the person watches");
    assert!(!notified(true, Some(PageEvent::NotificationsRefused)));
}

#[test]
fn a_long_wait_does_not_count_for_the_next_stranger() {
    let mut page = TestPage::waiting();
    page.advance(secs(9));
    page.receive_match(Role::Polite, BOTH);
    page.take_actions();
    page.press(Intent::Next);
    page.receive(ToBrowser::Waiting {});
    page.receive_match(Role::Polite, BOTH);
    assert!(!page.take_actions().contains(&"chime".to_owned()), "found at once");
}
