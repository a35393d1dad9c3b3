//! Tests of calls whose sockets are lost, on either side. A call continues for as long as media flows.

use crate::{
    call::{
        ConnectionState, DescriptionKind, Farewell, Flow, Input, Intent, PeerEvent, Phase, Problem, Setback,
        tests::test_page::{BOTH, TestPage, candidate, description, millis, secs},
    },
    protocol::{EndReason, Role, Signalling, ToBrowser, limits::HEARTBEAT},
};

fn receive_partner_signalling(page: &mut TestPage, signalling: Signalling) {
    let match_id = page.match_id();
    page.receive(ToBrowser::Partner { match_id, signalling, signals_lost: false });
}

fn is_talking_steadily(page: &TestPage) -> bool {
    page.phase() == Phase::Talking { partner: BOTH, flow: Flow::Steady }
}

/// A page in a call that a restarted server does not know.
fn with_forgotten_call() -> TestPage {
    let mut page = TestPage::talking();
    page.lose_socket_and_redial();
    page.server_accepts();
    page.take_actions();
    page
}

#[test]
fn shows_an_interruption_after_2_s_until_media_returns() {
    let mut page = TestPage::talking();
    page.media_flows = false;
    page.advance(millis(1_800));
    assert!(is_talking_steadily(&page));
    page.advance(secs(1));
    assert_eq!(page.phase(), Phase::Talking { partner: BOTH, flow: Flow::Interrupted });
    page.media_flows = true;
    page.advance(secs(1));
    assert!(is_talking_steadily(&page));
}

#[test]
fn lost_partner_socket_and_5_s_of_silence_end_the_match() {
    let mut page = TestPage::talking();
    receive_partner_signalling(&mut page, Signalling::Lost);
    page.advance(HEARTBEAT);
    assert!(is_talking_steadily(&page), "media outlives signalling");
    page.take_actions();
    page.media_flows = false;
    page.advance(secs(4));
    assert_eq!(page.phase_name(), "talking");
    page.advance(secs(2));
    assert_eq!(page.take_actions(), ["send ping", "send leave", "close peer"]);
    assert_eq!(page.phase(), Phase::Ended { why: Farewell::Lost });
    page.advance(secs(3));
    assert_eq!(page.take_actions(), ["send join with audio and video"]);
}

#[test]
fn silence_does_not_end_the_match_once_the_partner_socket_is_back() {
    let mut page = TestPage::talking();
    receive_partner_signalling(&mut page, Signalling::Lost);
    receive_partner_signalling(&mut page, Signalling::Back);
    page.media_flows = false;
    page.advance(secs(30));
    assert_eq!(page.phase_name(), "talking");
}

#[test]
fn ignores_signalling_state_of_another_match() {
    let mut page = TestPage::talking();
    let match_id = TestPage::new().match_id();
    page.receive(ToBrowser::Partner { match_id, signalling: Signalling::Lost, signals_lost: false });
    page.media_flows = false;
    page.advance(secs(30));
    assert_eq!(page.phase_name(), "talking");
}

#[test]
fn own_lost_socket_and_5_s_of_silence_end_the_match() {
    let mut page = TestPage::talking();
    page.media_flows = false;
    page.lose_socket();
    page.advance(secs(6));
    let actions = page.take_actions();
    assert_eq!(actions.last().map(String::as_str), Some("close peer"), "{actions:?}");
    assert_eq!(page.phase(), Phase::Ended { why: Farewell::Lost });
}

#[test]
fn leave_is_sent_after_resume_if_the_match_ended_offline() {
    let mut page = TestPage::talking();
    page.media_flows = false;
    page.lose_socket();
    page.advance(secs(6));
    page.take_actions();
    page.server_resumes();
    assert_eq!(page.take_actions(), ["send hello again", "send leave"]);
    page.advance(secs(3));
    assert_eq!(page.take_actions(), ["send join with audio and video"]);
}

#[test]
fn lost_socket_is_reported_after_2_s_and_the_call_continues() {
    let mut page = TestPage::talking();
    page.lose_socket();
    page.advance(millis(1_999));
    assert_eq!(page.problem(), None);
    page.advance(millis(1));
    assert_eq!(page.problem(), Some(Problem::ServerLost));
    page.advance(secs(60));
    assert!(is_talking_steadily(&page));
    // The page redials at once on this event, however long its backoff is.
    page.handle(Input::NetworkChanged);
    page.server_resumes();
    assert_eq!(page.problem(), None);
    assert!(is_talking_steadily(&page));
}

#[test]
fn keeps_a_call_that_the_server_forgot_until_next() {
    let mut page = TestPage::talking();
    page.lose_socket_and_redial();
    page.take_actions();
    page.server_accepts();
    assert_eq!(page.take_actions(), ["send hello again"]);
    page.advance(secs(60));
    assert!(is_talking_steadily(&page));
    page.take_actions();
    page.press(Intent::Next);
    assert_eq!(page.take_actions(), ["close peer", "send join with audio and video"]);
}

#[test]
fn sends_no_signals_for_a_match_that_the_server_forgot() {
    let mut page = with_forgotten_call();
    page.peer_event(PeerEvent::CandidateFound(candidate("ours", "late")));
    page.peer_event(PeerEvent::CandidatesEnded { username_fragment: None });
    assert!(
        page.take_actions().is_empty(),
        "the server would answer with errors, and too many of them end the session"
    );
    page.peer_event(PeerEvent::NegotiationNeeded);
    page.peer_event(PeerEvent::LocalSet(Ok(description(DescriptionKind::Offer, "ours"))));
    assert_eq!(page.take_actions(), ["set local"]);
}

#[test]
fn silence_ends_a_forgotten_call_without_a_leave() {
    let mut page = with_forgotten_call();
    page.media_flows = false;
    page.advance(secs(6));
    assert_eq!(page.take_actions(), ["send ping", "close peer"]);
    assert_eq!(page.phase(), Phase::Ended { why: Farewell::Lost });
    page.advance(secs(3));
    assert_eq!(page.take_actions(), ["send join with audio and video"]);
}

#[test]
fn drops_a_connection_attempt_that_the_server_forgot() {
    let mut page = TestPage::matched(Role::Impolite, BOTH);
    page.lose_socket_and_redial();
    page.take_actions();
    page.server_accepts();
    assert_eq!(page.take_actions(), ["send hello again", "close peer", "send join with audio and video"]);
    page.receive(ToBrowser::Waiting {});
    assert_eq!(page.phase(), Phase::Waiting { setback: Some(Setback::Unconnected) });
}

#[test]
fn drops_a_silent_call_that_the_server_forgot() {
    let mut page = TestPage::talking();
    page.lose_socket();
    page.advance(millis(500));
    page.media_flows = false;
    page.take_actions();
    page.now = page.now + secs(6);
    page.server_accepts();
    assert_eq!(page.take_actions(), ["send hello again", "close peer", "send join with audio and video"]);
}

#[test]
fn resumed_match_continues_where_it_was() {
    let mut page = TestPage::matched(Role::Polite, BOTH);
    page.lose_socket_and_redial();
    page.take_actions();
    page.server_resumes();
    assert_eq!((page.take_actions(), page.phase_name()), (vec!["send hello again".to_owned()], "connecting"));
}

#[test]
fn keeps_the_call_after_the_partners_grace_while_media_flows() {
    let mut page = TestPage::talking();
    receive_partner_signalling(&mut page, Signalling::Lost);
    page.receive_ended(EndReason::PartnerLost);
    page.advance(secs(60));
    assert!(is_talking_steadily(&page));
    page.take_actions();
    page.press(Intent::Next);
    assert_eq!(page.take_actions(), ["close peer", "send join with audio and video"]);
}

#[test]
fn ends_the_match_after_the_partners_grace_without_media() {
    let mut connecting = TestPage::matched(Role::Impolite, BOTH);
    connecting.take_actions();
    let mut silent = TestPage::talking();
    silent.media_flows = false;
    silent.advance(secs(6));
    silent.take_actions();
    for mut page in [connecting, silent] {
        page.receive_ended(EndReason::PartnerLost);
        assert_eq!(page.take_actions(), ["close peer"]);
        assert_eq!(page.phase(), Phase::Ended { why: Farewell::Lost });
    }
}

#[test]
fn cannot_recover_a_connection_after_the_partner_was_lost() {
    let mut page = TestPage::talking();
    page.receive_ended(EndReason::PartnerLost);
    page.media_flows = false;
    page.take_actions();
    page.peer_event(PeerEvent::Connection(ConnectionState::Failed));
    page.advance(secs(6));
    assert_eq!(page.take_actions(), ["send ping", "close peer"]);
    assert_eq!(page.phase(), Phase::Ended { why: Farewell::Lost });
}
