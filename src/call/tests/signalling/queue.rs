//! The offer made ahead, and what a page waits with; it must not know how a match goes on.

use crate::{
    call::{
        DescriptionKind, DeviceEvent, DeviceInfo, DeviceKind, Input, Intent, PeerEvent, Problem, Switch,
        tests::test_page::{BOTH, Page, candidate, description, secs, terms},
    },
    protocol::{Epoch, ErrorCode, PreparedOffer, Role, ToBrowser},
};

/// A page that waits and has sent its offer ahead.
fn prepared() -> Page {
    let mut page = Page::waiting();
    page.hears(ToBrowser::Prepare { ice: Vec::new() });
    offers(&mut page);
    page.did();
    page
}

fn offers(page: &mut Page) {
    page.peer(PeerEvent::NegotiationNeeded);
    page.peer(PeerEvent::LocalSet(Ok(description(DescriptionKind::Offer, "ours"))));
}

fn hiding() -> Page {
    let mut page = Page::new();
    page.wants(Intent::Toggle(Switch::HideAddress));
    page.wants(Intent::Start);
    page.tell(Input::MediaOpened(BOTH));
    page.is_welcomed();
    page
}

fn matched(page: &mut Page, number: u32) {
    page.is_matched_by(|match_id| {
        let mut msg = terms(match_id, Role::Impolite, BOTH);
        if let ToBrowser::Matched { ahead, .. } = &mut msg {
            *ahead = Some(PreparedOffer::Yours { number });
        }
        msg
    });
}

#[test]
fn who_is_asked_to_sends_its_offer_and_candidates_ahead() {
    let mut page = Page::waiting();
    page.hears(ToBrowser::Prepare { ice: Vec::new() });
    assert_eq!(page.did(), ["open peer", "attach"]);
    offers(&mut page);
    page.peer(PeerEvent::CandidateFound(candidate("ours", "a")));
    page.peer(PeerEvent::CandidatesEnded { username_fragment: None });
    assert_eq!(
        page.did(),
        [
            "set local",
            "say offer ahead, number 1",
            "say candidate a ahead, number 1",
            "say end of candidates ahead, number 1"
        ]
    );
}

#[test]
fn the_offer_that_was_used_goes_on_in_the_match_with_the_servers_of_the_match() {
    let mut page = prepared();
    matched(&mut page, 1);
    assert_eq!(page.did(), ["set servers"]);
    page.peer(PeerEvent::CandidateFound(candidate("ours", "late")));
    assert_eq!(page.did(), ["say candidate late"]);
    assert_eq!(page.signalled_in, [Epoch::PREPARED]);
}

#[test]
fn a_match_that_means_an_offer_of_before_begins_with_a_connection_of_its_own() {
    let mut page = prepared();
    page.tell(Input::NetworkChanged);
    assert_eq!(
        page.did(),
        ["say ping", "close peer", "open peer", "attach"],
        "another network, another offer"
    );
    matched(&mut page, 1);
    assert_eq!(page.did(), ["close peer", "open peer", "attach"]);
    offers(&mut page);
    assert_eq!(page.signalled_in, [Epoch::FIRST]);
}

#[test]
fn a_match_without_it_throws_it_away() {
    for role in [Role::Impolite, Role::Polite] {
        let mut page = prepared();
        page.is_matched(role, BOTH);
        assert_eq!(page.did()[..2], ["close peer", "open peer"]);
    }
}

#[test]
fn an_offer_that_grows_old_is_made_anew_before_the_server_drops_it() {
    let mut page = prepared();
    page.after(secs(44));
    assert!(!page.did().contains(&"open peer".to_owned()));
    page.after(secs(1));
    offers(&mut page);
    assert_eq!(page.did(), ["close peer", "open peer", "attach", "set local", "say offer ahead, number 2"]);
}

#[test]
fn an_offer_made_ahead_goes_with_the_queue() {
    let endings: [fn(&mut Page); 3] = [
        |page| page.wants(Intent::Stop),
        |page| {
            page.redials();
            page.is_welcomed();
        },
        |page| page.wants(Intent::Toggle(Switch::HideAddress)),
    ];
    for end in endings {
        let mut page = prepared();
        end(&mut page);
        assert!(page.did().contains(&"close peer".to_owned()));
    }
}

#[test]
fn who_hides_says_so_and_makes_no_offer_ahead() {
    let mut page = hiding();
    assert_eq!(page.did().last().map(String::as_str), Some("say join with audio and video, hidden"));
    page.hears(ToBrowser::Waiting {});
    page.hears(ToBrowser::Prepare { ice: Vec::new() });
    assert!(page.did().is_empty());
}

#[test]
fn a_match_through_the_relay_uses_nothing_else() {
    let mut page = hiding();
    page.did();
    page.is_matched_by(|match_id| {
        let mut msg = terms(match_id, Role::Impolite, BOTH);
        if let ToBrowser::Matched { relay_only, .. } = &mut msg {
            *relay_only = true;
        }
        msg
    });
    assert_eq!(page.did(), ["open peer through a relay", "attach"]);
}

#[test]
fn a_match_that_would_tell_the_address_is_refused_before_anything_is_gathered() {
    let mut page = Page::waiting();
    page.wants(Intent::Toggle(Switch::HideAddress));
    assert_eq!(page.did(), ["remember", "say join with audio and video, hidden"]);
    page.is_matched(Role::Impolite, BOTH);
    assert_eq!(page.did(), ["say leave", "say join with audio and video, hidden"]);
    assert_eq!(page.phase(), "ready");
}

#[test]
fn hiding_counts_from_the_next_match_on() {
    let mut page = Page::talking();
    page.wants(Intent::Toggle(Switch::HideAddress));
    assert_eq!((page.did(), page.phase()), (vec!["remember".to_owned()], "talking"));
    page.wants(Intent::Next);
    assert_eq!(
        page.did(),
        ["close peer", "say leave", "say join with audio and video, hidden"],
        "a mere next would wait with what was said before"
    );
}

#[test]
fn a_server_without_a_relay_refuses_and_the_page_says_why() {
    let mut page = hiding();
    page.did();
    page.hears(ToBrowser::Error { code: ErrorCode::NoRelay, about: 1, retry_ms: None });
    assert_eq!((page.phase(), page.problem()), ("landing", Some(Problem::NoRelay)));
    assert_eq!(page.did(), ["light out", "hang up"]);
}

#[test]
fn who_saves_data_does_so_at_once_and_in_every_match_after() {
    let mut page = Page::talking();
    page.wants(Intent::Toggle(Switch::SaveData));
    assert_eq!(page.did(), ["remember", "send little"]);
    page.wants(Intent::Next);
    page.did();
    page.is_matched(Role::Impolite, BOTH);
    assert_eq!(page.did(), ["open peer", "attach", "send little"]);
    page.wants(Intent::Toggle(Switch::SaveData));
    assert_eq!(page.did(), ["remember"], "and back to the usual bounds");
}

fn cameras(number: usize) -> Vec<DeviceInfo> {
    let camera =
        |id: usize| DeviceInfo { kind: DeviceKind::Camera, id: id.to_string(), label: String::new() };
    (0..number).map(camera).collect()
}

#[test]
fn the_next_camera_is_asked_for_once_at_a_time_and_only_if_there_is_one() {
    let mut page = Page::talking();
    page.wants(Intent::NextCamera);
    page.tell(Input::Devices(DeviceEvent::Listed(cameras(2))));
    page.tell(Input::Devices(DeviceEvent::Used(DeviceKind::Camera, "0".into())));
    assert!(page.did().is_empty(), "nobody has chosen it");
    assert!(page.call.snapshot().can_change_camera);
    page.wants(Intent::NextCamera);
    page.wants(Intent::NextCamera);
    assert_eq!(page.did(), ["use Camera 1", "remember"]);
    page.tell(Input::Devices(DeviceEvent::Used(DeviceKind::Camera, "1".into())));
    page.did();
    page.wants(Intent::NextCamera);
    assert_eq!(page.did(), ["use Camera 0", "remember"]);
    page.tell(Input::Devices(DeviceEvent::Refused(DeviceKind::Camera)));
    page.wants(Intent::NextCamera);
    assert_eq!(page.did(), ["use Camera 0", "remember"], "a refusal is not the last word");
}
