//! A call whose lines break, its own or the partner's: it goes on for as long as media flows; it must not know sockets.

use crate::{
    call::{
        DescriptionKind, Farewell, Flow, Input, Intent, PeerEvent, Phase, Problem,
        tests::test_page::{BOTH, Page, candidate, description, millis, secs},
    },
    protocol::{EndReason, Role, Signalling, ToBrowser, limits::HEARTBEAT},
};

fn partner(page: &mut Page, signalling: Signalling) {
    let match_id = page.match_id();
    page.hears(ToBrowser::Partner { match_id, signalling });
}

fn talks(page: &Page) -> bool {
    page.sees() == Phase::Talking { partner: BOTH, flow: Flow::Steady }
}

/// A call that a restarted server does not know.
fn forgotten() -> Page {
    let mut page = Page::talking();
    page.redials();
    page.is_welcomed();
    page.did();
    page
}

#[test]
fn a_picture_that_stands_for_2_s_is_said_to_stand_until_it_moves() {
    let mut page = Page::talking();
    page.media_flows = false;
    page.after(millis(1_800));
    assert!(talks(&page));
    page.after(secs(1));
    assert_eq!(page.sees(), Phase::Talking { partner: BOTH, flow: Flow::Interrupted });
    page.media_flows = true;
    page.after(secs(1));
    assert!(talks(&page));
}

#[test]
fn a_lost_line_of_the_partner_and_5_s_of_silence_end_the_match() {
    let mut page = Page::talking();
    partner(&mut page, Signalling::Lost);
    page.after(HEARTBEAT);
    assert!(talks(&page), "media outlives signalling");
    page.did();
    page.media_flows = false;
    page.after(secs(4));
    assert_eq!(page.phase(), "talking");
    page.after(secs(2));
    assert_eq!(page.did(), ["say ping", "say leave", "close peer"]);
    assert_eq!(page.sees(), Phase::Ended { why: Farewell::Lost });
    page.after(secs(3));
    assert_eq!(page.did(), ["say join with audio and video"]);
}

#[test]
fn a_partner_whose_line_is_back_may_be_silent() {
    let mut page = Page::talking();
    partner(&mut page, Signalling::Lost);
    partner(&mut page, Signalling::Back);
    page.media_flows = false;
    page.after(secs(30));
    assert_eq!(page.phase(), "talking");
}

#[test]
fn news_of_another_partners_line_is_none() {
    let mut page = Page::talking();
    page.hears(ToBrowser::Partner { match_id: Page::new().match_id(), signalling: Signalling::Lost });
    page.media_flows = false;
    page.after(secs(30));
    assert_eq!(page.phase(), "talking");
}

#[test]
fn an_own_lost_line_and_5_s_of_silence_end_the_match() {
    let mut page = Page::talking();
    page.media_flows = false;
    page.loses_its_socket();
    page.after(secs(6));
    let did = page.did();
    assert_eq!(did.last().map(String::as_str), Some("close peer"), "{did:?}");
    assert_eq!(page.sees(), Phase::Ended { why: Farewell::Lost });
}

#[test]
fn what_a_silent_end_wanted_to_say_is_said_when_the_line_is_back() {
    let mut page = Page::talking();
    page.media_flows = false;
    page.loses_its_socket();
    page.after(secs(6));
    page.did();
    page.is_taken_back();
    assert_eq!(page.did(), ["say hello again", "say leave"]);
    page.after(secs(3));
    assert_eq!(page.did(), ["say join with audio and video"]);
}

#[test]
fn a_lost_line_while_media_flows_is_a_problem_after_2_s_and_the_call_goes_on() {
    let mut page = Page::talking();
    page.loses_its_socket();
    page.after(millis(1_999));
    assert_eq!(page.problem(), None);
    page.after(millis(1));
    assert_eq!(page.problem(), Some(Problem::ServerLost));
    page.after(secs(60));
    assert!(talks(&page));
    // Whatever the ladder has come to: the page has dialled by the time the browser is online.
    page.tell(Input::NetworkChanged);
    page.is_taken_back();
    assert_eq!(page.problem(), None);
    assert!(talks(&page));
}

#[test]
fn a_call_that_the_server_has_forgotten_is_kept_until_somebody_wants_the_next() {
    let mut page = Page::talking();
    page.redials();
    page.did();
    page.is_welcomed();
    assert_eq!(page.did(), ["say hello again"]);
    page.after(secs(60));
    assert!(talks(&page));
    page.did();
    page.wants(Intent::Next);
    assert_eq!(page.did(), ["close peer", "say join with audio and video"]);
}

#[test]
fn a_server_that_has_forgotten_the_match_is_told_nothing_of_it() {
    let mut page = forgotten();
    page.peer(PeerEvent::CandidateFound(candidate("ours", "late")));
    page.peer(PeerEvent::CandidatesEnded { username_fragment: None });
    assert!(page.did().is_empty(), "it would be a refusal, and too many of them end the session");
    page.peer(PeerEvent::NegotiationNeeded);
    page.peer(PeerEvent::LocalSet(Ok(description(DescriptionKind::Offer, "ours"))));
    assert_eq!(page.did(), ["set local"]);
}

#[test]
fn a_forgotten_call_that_falls_silent_ends_without_a_word_to_the_server() {
    let mut page = forgotten();
    page.media_flows = false;
    page.after(secs(6));
    assert_eq!(page.did(), ["say ping", "close peer"]);
    assert_eq!(page.sees(), Phase::Ended { why: Farewell::Lost });
    page.after(secs(3));
    assert_eq!(page.did(), ["say join with audio and video"]);
}

#[test]
fn an_attempt_that_the_server_has_forgotten_is_given_up() {
    let mut page = Page::matched(Role::Impolite, BOTH);
    page.redials();
    page.did();
    page.is_welcomed();
    assert_eq!(page.did(), ["say hello again", "close peer", "say join with audio and video"]);
    page.hears(ToBrowser::Waiting {});
    assert_eq!(page.sees(), Phase::Waiting { unconnected: true });
}

#[test]
fn a_forgotten_call_in_which_nothing_comes_is_given_up() {
    let mut page = Page::talking();
    page.loses_its_socket();
    page.after(millis(500));
    page.media_flows = false;
    page.did();
    page.now = page.now + secs(6);
    page.is_welcomed();
    assert_eq!(page.did(), ["say hello again", "close peer", "say join with audio and video"]);
}

#[test]
fn a_match_that_the_server_has_kept_goes_on_where_it_was() {
    let mut page = Page::matched(Role::Polite, BOTH);
    page.redials();
    page.did();
    page.is_taken_back();
    assert_eq!((page.did(), page.phase()), (vec!["say hello again".to_owned()], "connecting"));
}

#[test]
fn a_partner_whose_grace_has_ended_is_kept_while_media_flows() {
    let mut page = Page::talking();
    partner(&mut page, Signalling::Lost);
    page.is_told_the_end(EndReason::PartnerLost);
    page.after(secs(60));
    assert!(talks(&page));
    page.did();
    page.wants(Intent::Next);
    assert_eq!(page.did(), ["close peer", "say join with audio and video"]);
}

#[test]
fn a_partner_whose_grace_has_ended_and_of_whom_nothing_comes_is_lost() {
    let mut connecting = Page::matched(Role::Impolite, BOTH);
    connecting.did();
    let mut silent = Page::talking();
    silent.media_flows = false;
    silent.after(secs(6));
    silent.did();
    for mut page in [connecting, silent] {
        page.is_told_the_end(EndReason::PartnerLost);
        assert_eq!(page.did(), ["close peer"]);
        assert_eq!(page.sees(), Phase::Ended { why: Farewell::Lost });
    }
}

#[test]
fn after_a_partner_who_was_lost_a_connection_that_fails_cannot_be_mended() {
    let mut page = Page::talking();
    page.is_told_the_end(EndReason::PartnerLost);
    page.media_flows = false;
    page.did();
    page.peer(PeerEvent::Connection(crate::call::ConnectionState::Failed));
    page.after(secs(6));
    assert_eq!(page.did(), ["say ping", "close peer"]);
    assert_eq!(page.sees(), Phase::Ended { why: Farewell::Lost });
}
