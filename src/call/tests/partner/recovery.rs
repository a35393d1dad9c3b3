//! Tests of recovery from a lost media path: when each end restarts ICE, how often, and when it gives up.

use crate::{
    call::{
        ConnectionState, DescriptionKind, Farewell, Flow, Input, Intent, Path, PeerEvent, Phase, Setback,
        SignalingState,
        tests::test_page::{
            BOTH, TestPage, answer, candidate, description, matched_message, millis, offer, secs,
        },
    },
    protocol::{
        EndReason, Epoch, IceServer, MatchId, Media, PeerMessage, PreparedOffer, Role, Sdp, Signal,
        Signalling, ToBrowser,
    },
};

/// A polite page in a call.
fn talking_as_polite() -> TestPage {
    let mut page = TestPage::matched(Role::Polite, BOTH);
    page.receive_signal(offer("theirs"));
    page.peer_event(PeerEvent::RemoteSet(Ok(())));
    page.media_flows = true;
    page.peer_connects();
    page.advance(millis(100));
    assert_eq!(page.phase_name(), "talking");
    page.take_actions();
    page
}

fn ice_disconnects(page: &mut TestPage) {
    page.peer_event(PeerEvent::Connection(ConnectionState::Disconnected));
}

fn ice_fails(page: &mut TestPage) {
    page.peer_event(PeerEvent::Connection(ConnectionState::Failed));
    page.advance(millis(1));
}

fn count(page: &mut TestPage, command: &str) -> usize {
    page.take_actions().iter().filter(|it| *it == command).count()
}

#[test]
fn impolite_end_restarts_ice_at_once_and_polite_end_1_s_later() {
    let mut page = TestPage::talking();
    page.media_flows = false;
    ice_fails(&mut page);
    assert_eq!(page.take_actions(), ["send ping", "restart ice"]);

    let mut page = talking_as_polite();
    page.media_flows = false;
    ice_fails(&mut page);
    assert_eq!(count(&mut page, "restart ice"), 0);
    page.advance(secs(1));
    assert_eq!(count(&mut page, "restart ice"), 1);
}

#[test]
fn polite_end_does_not_restart_after_a_restart_by_the_partner() {
    let mut page = talking_as_polite();
    page.media_flows = false;
    ice_fails(&mut page);
    page.receive_signal(offer("theirs again"));
    page.advance(secs(3));
    assert_eq!(count(&mut page, "restart ice"), 0);
}

#[test]
fn restarts_a_disconnected_connection_after_2500_ms_without_bytes() {
    let mut page = TestPage::talking();
    page.media_flows = false;
    ice_disconnects(&mut page);
    page.advance(millis(2_499));
    assert_eq!(count(&mut page, "restart ice"), 0);
    page.advance(millis(1));
    assert_eq!(count(&mut page, "restart ice"), 1);

    let mut page = TestPage::talking();
    ice_disconnects(&mut page);
    page.advance(secs(10));
    assert_eq!(count(&mut page, "restart ice"), 0, "bytes kept arriving");
}

#[test]
fn network_change_restarts_ice_only_if_no_bytes_arrive() {
    let mut page = TestPage::talking();
    page.media_flows = false;
    page.handle(Input::NetworkChanged);
    page.advance(millis(1_499));
    assert_eq!(count(&mut page, "restart ice"), 0);
    page.advance(millis(1));
    assert_eq!(count(&mut page, "restart ice"), 1);

    let mut page = TestPage::talking();
    page.handle(Input::NetworkChanged);
    page.advance(secs(5));
    assert_eq!(count(&mut page, "restart ice"), 0);
}

#[test]
fn restarts_ice_after_5_s_of_unreported_silence() {
    let mut page = TestPage::talking();
    page.media_flows = false;
    page.advance(secs(5));
    assert_eq!(count(&mut page, "restart ice"), 1);
}

#[test]
fn channel_messages_count_as_signs_of_life() {
    let mut page = TestPage::talking();
    page.media_flows = false;
    for _ in 0..20 {
        page.advance(secs(1));
        page.peer_event(PeerEvent::Message(PeerMessage::Sending(
            Media { audio: false, video: false }.into(),
        )));
    }
    assert_eq!(count(&mut page, "restart ice"), 0);
    assert!(matches!(page.phase(), Phase::Talking { flow: Flow::Steady, .. }));
}

#[test]
fn sends_its_presence_every_second() {
    let mut page = TestPage::talking();
    page.peer_event(PeerEvent::ChannelOpened { nonce: uuid::Uuid::from_u128(1) });
    let before = page.presence_count;
    page.advance(secs(10));
    assert_eq!(page.presence_count - before, 10);
}

#[test]
fn tries_three_restarts_then_a_fresh_connection_then_gives_up() {
    let mut page = TestPage::talking();
    page.media_flows = false;
    ice_fails(&mut page);
    page.advance(secs(14));
    let actions = page.take_actions();
    assert_eq!(actions.iter().filter(|it| *it == "restart ice").count(), 3, "{actions:?}");
    page.advance(secs(2));
    assert_eq!(page.take_actions(), ["close peer", "open peer", "attach"]);
    assert!(matches!(page.phase().flow(), Some(Flow::Reconnecting { seconds: 15.. })));
    page.peer_event(PeerEvent::NegotiationNeeded);
    page.peer_event(PeerEvent::LocalSet(Ok(description(DescriptionKind::Offer, "fresh"))));
    assert_eq!(page.signal_epochs.last(), Some(&Epoch(2)));
    page.take_actions();
    page.advance(secs(12));
    let actions = page.take_actions();
    assert!(actions.ends_with(&["close peer", "send failed"].map(str::to_owned)), "{actions:?}");
    page.receive(ToBrowser::Ended { match_id: page.match_id(), reason: EndReason::Unconnected });
    page.receive(ToBrowser::Waiting {});
    assert_eq!(page.phase(), Phase::Waiting { setback: Some(Setback::Lost) });
}

#[test]
fn a_call_that_was_lost_is_not_called_unconnected() {
    let mut page = TestPage::talking();
    // The partner has given up.
    page.receive_ended(EndReason::Unconnected);
    page.receive(ToBrowser::Waiting {});
    assert_eq!(page.phase(), Phase::Waiting { setback: Some(Setback::Lost) });
}

#[test]
fn the_polite_end_leaves_a_new_connection_to_the_impolite_one() {
    let mut page = talking_as_polite();
    page.media_flows = false;
    ice_fails(&mut page);
    page.advance(secs(26));
    let actions = page.take_actions();
    assert!(actions.iter().all(|it| *it == "restart ice" || *it == "send ping"), "{actions:?}");
    page.epoch = Epoch(2);
    page.receive_signal(offer("fresh"));
    assert_eq!(page.take_actions(), ["close peer", "open peer", "set offer"]);
}

#[test]
fn restarts_of_the_polite_end_do_not_put_off_a_new_connection() {
    let mut page = TestPage::talking();
    page.media_flows = false;
    ice_fails(&mut page);
    for _ in 0..5 {
        page.advance(secs(3));
        page.receive_signal(offer("theirs again"));
    }
    page.advance(secs(1));
    assert!(page.take_actions().contains(&"open peer".to_owned()));
}

#[test]
fn failed_restart_is_followed_by_the_next_at_once() {
    let mut page = TestPage::talking();
    page.media_flows = false;
    for _ in 0..3 {
        ice_fails(&mut page);
    }
    assert_eq!(count(&mut page, "restart ice"), 3);
    ice_fails(&mut page);
    assert_eq!(page.take_actions(), ["close peer", "open peer", "attach"]);
}

#[test]
fn bytes_end_the_recovery_and_reset_its_attempts() {
    let mut page = TestPage::talking();
    page.media_flows = false;
    ice_fails(&mut page);
    page.advance(secs(6));
    assert!(matches!(page.phase().flow(), Some(Flow::Reconnecting { seconds: 6.. })));
    page.media_flows = true;
    page.advance(secs(1));
    assert_eq!(page.phase().flow(), Some(Flow::Steady));
    page.take_actions();
    page.media_flows = false;
    ice_fails(&mut page);
    page.advance(secs(14));
    assert_eq!(count(&mut page, "restart ice"), 3);
}

#[test]
fn call_continues_when_media_arrives_on_a_fresh_connection() {
    let mut page = TestPage::talking();
    page.media_flows = false;
    ice_fails(&mut page);
    page.advance(secs(16));
    page.take_actions();
    page.media_flows = true;
    page.advance(secs(20));
    assert_eq!(page.phase().flow(), Some(Flow::Steady));
    assert!(page.take_actions().iter().all(|it| it == "send ping"), "sends nothing about it to the server");
}

#[test]
fn follows_a_partner_to_a_new_epoch_and_drops_old_signals() {
    for mut page in [TestPage::talking(), talking_as_polite()] {
        page.epoch = Epoch(2);
        page.receive_signal(offer("fresh"));
        assert_eq!(page.take_actions()[..3], ["close peer", "open peer", "set offer"]);
        page.peer_event(PeerEvent::RemoteSet(Ok(())));
        assert_eq!(page.take_actions(), ["attach", "set local"]);
        page.epoch = Epoch::FIRST;
        page.receive_signal(offer("stale"));
        assert!(page.take_actions().is_empty());
    }
}

#[test]
fn waits_for_the_partners_signalling_before_restarting_ice() {
    let mut page = TestPage::talking();
    let match_id = page.match_id();
    let receive = |page: &mut TestPage, signalling| {
        page.receive(ToBrowser::Partner { match_id, signalling, signals_lost: false })
    };
    receive(&mut page, Signalling::Lost);
    page.take_actions();
    ice_fails(&mut page);
    page.media_flows = false;
    page.advance(secs(4));
    assert_eq!(count(&mut page, "restart ice"), 0);
    receive(&mut page, Signalling::Back);
    page.advance(millis(1));
    assert_eq!(count(&mut page, "restart ice"), 1);
}

#[test]
fn dead_socket_is_noticed_within_3_s_during_recovery() {
    let mut page = TestPage::talking();
    (page.media_flows, page.server_receives) = (false, false);
    ice_fails(&mut page);
    page.advance(secs(3));
    assert!(page.take_actions().contains(&"abandon socket".to_owned()));
}

#[test]
fn restarts_a_failed_connection_attempt_until_its_deadline() {
    let mut page = TestPage::matched(Role::Impolite, BOTH);
    page.negotiate_as_impolite();
    page.take_actions();
    ice_fails(&mut page);
    assert_eq!(count(&mut page, "restart ice"), 1);
    page.advance(secs(12));
    assert_eq!(page.phase_name(), "ready");
}

#[test]
fn restarts_ice_after_the_server_rebuilt_the_match_by_ticket() {
    let mut page = TestPage::talking();
    page.lose_socket_and_redial();
    page.take_actions();
    page.server_accepts_ticket();
    assert_eq!(page.ticket.as_deref(), Some("ticket"));
    assert_eq!(page.take_actions(), ["send hello again"]);
    page.media_flows = false;
    ice_fails(&mut page);
    assert_eq!(count(&mut page, "restart ice"), 1);
    page.press(Intent::Next);
    let actions = page.take_actions();
    let expected = ["close peer", "send leave", "send join with audio and video"];
    assert!(
        actions.ends_with(&expected.map(str::to_owned)),
        "the rebuilt session has no join to requeue the page with: {actions:?}"
    );
}

#[test]
fn repeats_an_offer_that_was_lost_with_the_server() {
    let mut page = TestPage::talking();
    page.peer_event(PeerEvent::NegotiationNeeded);
    page.peer_event(PeerEvent::Signaling(SignalingState::HaveLocalOffer));
    page.peer_event(PeerEvent::LocalSet(Ok(description(DescriptionKind::Offer, "lost"))));
    page.lose_socket_and_redial();
    page.take_actions();
    page.server_accepts_ticket();
    assert_eq!(page.take_actions(), ["send hello again", "restart ice", "set local"]);
}

/// The partner's page is back in a new session.
fn receive_signals_lost(page: &mut TestPage) {
    let match_id = page.match_id();
    page.receive(ToBrowser::Partner { match_id, signalling: Signalling::Back, signals_lost: true });
}

#[test]
fn repeats_an_unanswered_offer_when_signals_were_lost() {
    let mut page = TestPage::talking();
    page.peer_event(PeerEvent::NegotiationNeeded);
    page.peer_event(PeerEvent::Signaling(SignalingState::HaveLocalOffer));
    page.peer_event(PeerEvent::LocalSet(Ok(description(DescriptionKind::Offer, "lost"))));
    page.take_actions();
    receive_signals_lost(&mut page);
    assert_eq!(page.take_actions(), ["restart ice", "set local"]);
}

#[test]
fn lost_signals_concern_only_a_negotiation_or_a_search_for_a_path() {
    for mut page in [TestPage::talking(), talking_as_polite()] {
        receive_signals_lost(&mut page);
        assert_eq!(count(&mut page, "restart ice"), 0, "media flows");
    }
    for (mut page, restarts) in [(TestPage::talking(), 1), (talking_as_polite(), 0)] {
        page.media_flows = false;
        ice_fails(&mut page);
        page.advance(millis(1_001));
        page.take_actions();
        receive_signals_lost(&mut page);
        assert_eq!(count(&mut page, "restart ice"), restarts, "one restart serves both ends");
    }
}

#[test]
fn shows_a_ticket_only_for_an_established_call() {
    let mut page = TestPage::matched(Role::Impolite, BOTH);
    page.lose_socket_and_redial();
    page.server_accepts();
    assert_eq!(page.ticket, None, "a connection attempt starts over instead");
}

#[test]
fn leaving_sends_bye_to_the_partner_and_receiving_bye_ends_the_match() {
    for intent in [Intent::Next, Intent::Stop] {
        let mut page = TestPage::talking();
        page.peer_event(PeerEvent::ChannelOpened { nonce: uuid::Uuid::from_u128(1) });
        page.take_actions();
        page.press(intent);
        assert_eq!(page.take_actions()[..2], ["bye", "close peer"]);
    }
    let mut page = TestPage::talking();
    page.peer_event(PeerEvent::Message(PeerMessage::Bye {}));
    assert_eq!(page.phase(), Phase::Ended { why: Farewell::Left });
    assert_eq!(page.take_actions(), ["close peer"]);
    page.advance(secs(3));
    assert_eq!(page.take_actions(), ["send next"], "the server may not have noticed the end of the match");
}

#[test]
fn server_confirmation_after_bye_decides_how_to_queue_again() {
    let mut page = TestPage::talking();
    page.peer_event(PeerEvent::Message(PeerMessage::Bye {}));
    page.receive_ended(EndReason::PartnerNext);
    page.take_actions();
    page.advance(secs(3));
    assert_eq!(page.take_actions(), ["send join with audio and video"]);

    let mut page = TestPage::talking();
    page.peer_event(PeerEvent::Message(PeerMessage::Bye {}));
    page.receive_ended(EndReason::Unconnected);
    page.receive(ToBrowser::Waiting {});
    assert_eq!(page.phase(), Phase::Waiting { setback: None }, "the page has said that they left");
}

fn relay_servers() -> Vec<IceServer> {
    let urls = vec!["turn:relay.example:3478".to_owned()];
    vec![IceServer { urls, username: Some("1:2:polite".into()), credential: Some("c".into()) }]
}

#[test]
fn impolite_end_of_a_relayed_call_restarts_ice_on_new_credentials() {
    for (mut page, path, restarts) in [
        (TestPage::talking(), Path::Relayed, 1),
        (TestPage::talking(), Path::Direct, 0),
        (talking_as_polite(), Path::Relayed, 0),
    ] {
        page.measurement.path = Some(path);
        page.advance(secs(1));
        page.take_actions();
        page.receive(ToBrowser::Ice { match_id: page.match_id(), ice: relay_servers() });
        let actions = page.take_actions();
        assert_eq!(actions[0], "set servers");
        assert_eq!(actions.len() - 1, restarts, "{path:?}");
    }
}

fn matched_with_prepared_offer(match_id: MatchId, role: Role, prepared: PreparedOffer) -> ToBrowser {
    let mut msg = matched_message(match_id, role, BOTH);
    if let ToBrowser::Matched { ice, ahead: slot, .. } = &mut msg {
        (*ice, *slot) = (relay_servers(), Some(prepared));
    }
    msg
}

#[test]
fn prepared_match_restarts_ice_with_the_relay_after_5_s() {
    let mut page = TestPage::waiting();
    page.receive(ToBrowser::Prepare { ice: Vec::new() });
    page.peer_event(PeerEvent::NegotiationNeeded);
    page.peer_event(PeerEvent::LocalSet(Ok(description(DescriptionKind::Offer, "ours"))));
    page.receive_match_with(|it| {
        matched_with_prepared_offer(it, Role::Impolite, PreparedOffer::Yours { number: 1 })
    });
    page.epoch = Epoch::PREPARED;
    page.receive_signal(answer("theirs"));
    page.peer_event(PeerEvent::RemoteSet(Ok(())));
    page.take_actions();
    page.advance(secs(5));
    assert_eq!(count(&mut page, "restart ice"), 1);
}

#[test]
fn answers_a_prepared_offer_as_soon_as_matched() {
    let mut page = TestPage::waiting();
    let candidates = vec![candidate("theirs", "a")];
    let offer = Sdp("v=0\r\na=ice-ufrag:theirs\r\n".into());
    page.receive_match_with(|it| {
        matched_with_prepared_offer(it, Role::Polite, PreparedOffer::Theirs { offer, candidates })
    });
    assert_eq!(page.take_actions(), ["open peer", "set offer"]);
    page.peer_event(PeerEvent::RemoteSet(Ok(())));
    assert_eq!(page.take_actions(), ["attach", "set local", "add a"]);
    page.peer_event(PeerEvent::LocalSet(Ok(description(DescriptionKind::Answer, "ours"))));
    assert_eq!(page.signal_epochs, [Epoch::PREPARED]);
    page.epoch = Epoch::PREPARED;
    page.receive_signal(Signal::EndOfCandidates { username_fragment: None });
    assert_eq!(page.take_actions(), ["send answer", "end candidates"]);
}
