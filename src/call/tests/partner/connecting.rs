//! Tests of connecting: descriptions, candidates, colliding offers, and when a match counts as connected.

use uuid::Uuid;

use crate::{
    call::{
        ConnectionId, ConnectionState, DescriptionKind, Failed, Flow, Input, Intent, PeerEvent, Phase,
        Setback, SignalingState,
        tests::test_page::{
            AUDIO, BOTH, NOTHING, TestPage, answer, candidate, candidate_signal, description,
            matched_message, millis, offer, secs, session, welcome,
        },
    },
    protocol::{
        EndReason, Epoch, Frame, Media, Role, Signal, ToBrowser,
        limits::{MAX_CANDIDATES, MAX_HOST_CANDIDATES},
    },
};

/// A polite page that has answered the partner's first offer.
fn with_answered_offer() -> TestPage {
    let mut page = TestPage::matched(Role::Polite, BOTH);
    page.receive_signal(offer("theirs"));
    page.peer_event(PeerEvent::Signaling(SignalingState::HaveRemoteOffer));
    page.peer_event(PeerEvent::RemoteSet(Ok(())));
    page.peer_event(PeerEvent::Signaling(SignalingState::Stable));
    page.peer_event(PeerEvent::LocalSet(Ok(description(DescriptionKind::Answer, "ours"))));
    page
}

/// A page that has finished its first negotiation.
fn with_finished_negotiation(role: Role) -> TestPage {
    let mut page = match role {
        Role::Polite => with_answered_offer(),
        Role::Impolite => {
            let mut page = TestPage::matched(role, BOTH);
            page.negotiate_as_impolite();
            page
        }
    };
    page.take_actions();
    page
}

fn for_each_number(count: u16, mut each: impl FnMut(u16)) {
    (1..=count).for_each(&mut each);
}

#[test]
fn joins_after_the_welcome_and_waits_once_the_server_confirms() {
    let mut page = TestPage::new();
    page.press(Intent::Start);
    page.media_opens(BOTH);
    page.take_actions();
    page.handle(Input::SocketOpened);
    assert_eq!(page.take_actions(), ["send hello"]);
    page.receive(welcome(session(1), false));
    assert_eq!(page.take_actions(), ["send join with audio and video"]);
    assert_eq!(page.phase_name(), "ready");
    page.receive(ToBrowser::Waiting {});
    assert_eq!(page.phase(), Phase::Waiting { setback: None });
}

#[test]
fn impolite_end_attaches_its_tracks_and_offers() {
    let mut page = TestPage::matched(Role::Impolite, BOTH);
    assert_eq!(page.take_actions(), ["open peer", "attach"]);
    assert_eq!(page.phase(), Phase::Connecting { slow: false });
    page.peer_event(PeerEvent::NegotiationNeeded);
    assert_eq!(page.take_actions(), ["set local"]);
    page.peer_event(PeerEvent::LocalSet(Ok(description(DescriptionKind::Offer, "ours"))));
    assert_eq!(page.take_actions(), ["send offer"]);
    page.peer_event(PeerEvent::CandidateFound(candidate("ours", "a")));
    page.peer_event(PeerEvent::CandidatesEnded { username_fragment: None });
    assert_eq!(page.take_actions(), ["send candidate a", "send end of candidates"]);
    page.receive_signal(answer("theirs"));
    assert_eq!(page.take_actions(), ["set answer"]);
}

#[test]
fn polite_end_waits_for_the_offer_then_attaches_and_answers() {
    let mut page = TestPage::matched(Role::Polite, BOTH);
    assert_eq!(page.take_actions(), ["open peer"]);
    page.receive_signal(offer("theirs"));
    assert_eq!(page.take_actions(), ["set offer"]);
    page.peer_event(PeerEvent::RemoteSet(Ok(())));
    assert_eq!(page.take_actions(), ["attach", "set local"]);
    page.peer_event(PeerEvent::LocalSet(Ok(description(DescriptionKind::Answer, "ours"))));
    assert_eq!(page.take_actions(), ["send answer"]);
}

#[test]
fn attaches_tracks_once() {
    let mut page = with_finished_negotiation(Role::Polite);
    page.receive_signal(offer("theirs again"));
    page.peer_event(PeerEvent::RemoteSet(Ok(())));
    assert_eq!(page.take_actions(), ["set offer", "set local"]);
}

#[test]
fn adds_early_candidates_in_order_after_the_description() {
    let mut page = TestPage::matched(Role::Polite, BOTH);
    page.take_actions();
    page.receive_signal(candidate_signal("theirs", "a"));
    page.receive_signal(offer("theirs"));
    page.receive_signal(candidate_signal("theirs", "b"));
    page.receive_signal(Signal::EndOfCandidates { username_fragment: Some("theirs".into()) });
    assert_eq!(page.take_actions(), ["set offer"]);
    page.peer_event(PeerEvent::RemoteSet(Ok(())));
    assert_eq!(page.take_actions(), ["attach", "set local", "add a", "add b", "end candidates"]);
    page.receive_signal(candidate_signal("theirs", "c"));
    assert_eq!(page.take_actions(), ["add c"]);
}

#[test]
fn drops_candidates_of_another_ice_generation() {
    let mut page = TestPage::matched(Role::Impolite, BOTH);
    page.receive_signal(candidate_signal("rolled back", "a"));
    page.receive_signal(candidate_signal("theirs", "b"));
    page.negotiate_as_impolite();
    page.take_actions();
    page.receive_signal(candidate_signal("rolled back", "c"));
    page.receive_signal(Signal::EndOfCandidates { username_fragment: Some("rolled back".into()) });
    assert!(page.take_actions().is_empty());
    let mut nameless = candidate("", "d");
    nameless.username_fragment = None;
    page.receive_signal(Signal::Candidate(nameless));
    assert_eq!(
        page.take_actions(),
        ["add d"],
        "a candidate without a fragment belongs to the current generation"
    );
}

#[test]
fn adds_only_early_candidates_that_belong_to_the_description() {
    let mut page = TestPage::matched(Role::Polite, BOTH);
    page.receive_signal(candidate_signal("old", "a"));
    page.receive_signal(candidate_signal("theirs", "b"));
    page.receive_signal(offer("theirs"));
    page.take_actions();
    page.peer_event(PeerEvent::RemoteSet(Ok(())));
    assert_eq!(page.take_actions(), ["attach", "set local", "add b"]);
}

#[test]
fn drops_signals_of_another_match_or_epoch() {
    let mut page = with_finished_negotiation(Role::Impolite);
    let (match_id, epoch) = (page.match_id(), page.epoch);
    page.receive(ToBrowser::Signal { match_id, epoch: Epoch(2), signal: candidate_signal("theirs", "a") });
    page.receive(ToBrowser::Signal {
        match_id: TestPage::new().match_id(),
        epoch,
        signal: candidate_signal("theirs", "b"),
    });
    page.receive(ToBrowser::Signal { match_id: TestPage::new().match_id(), epoch, signal: offer("theirs") });
    assert!(page.take_actions().is_empty());
}

#[test]
fn ignores_events_of_another_connection() {
    let mut page = TestPage::talking();
    let link = ConnectionId(0);
    page.handle(Input::Peer { link, event: PeerEvent::Connection(ConnectionState::Failed) });
    page.handle(Input::Peer { link, event: PeerEvent::CandidateFound(candidate("ours", "a")) });
    assert!(page.take_actions().is_empty());
    assert_eq!(page.phase_name(), "talking");
}

#[test]
fn drops_the_65th_early_candidate_but_not_the_end_marker() {
    let mut page = TestPage::matched(Role::Polite, BOTH);
    for_each_number(MAX_CANDIDATES + 1, |n| page.receive_signal(candidate_signal("theirs", &n.to_string())));
    page.receive_signal(Signal::EndOfCandidates { username_fragment: Some("theirs".into()) });
    page.receive_signal(offer("theirs"));
    page.take_actions();
    page.peer_event(PeerEvent::RemoteSet(Ok(())));
    let mut expected = vec!["attach".to_owned(), "set local".to_owned()];
    expected.extend((1..=MAX_CANDIDATES).map(|n| format!("add {n}")));
    expected.push("end candidates".to_owned());
    assert_eq!(page.take_actions(), expected);
}

#[test]
fn sends_no_more_candidates_than_the_server_accepts() {
    let mut page = TestPage::matched(Role::Impolite, BOTH);
    page.take_actions();
    for_each_number(MAX_CANDIDATES + 20, |n| {
        page.peer_event(PeerEvent::CandidateFound(candidate("ours", &n.to_string())))
    });
    page.peer_event(PeerEvent::CandidatesEnded { username_fragment: None });
    let actions = page.take_actions();
    assert_eq!(actions.len(), usize::from(MAX_CANDIDATES) + 1);
    assert_eq!(actions.last().map(String::as_str), Some("send end of candidates"));
}

#[test]
fn drops_surplus_host_candidates_but_no_reflexive_or_relayed_one() {
    let mut page = TestPage::matched(Role::Impolite, BOTH);
    page.take_actions();
    let of_kind = |kind: &str, n: u32| format!("candidate:{n} 1 udp 1 192.0.2.1 9 typ {kind}");
    let found = |page: &mut TestPage, kind: &str, count: u32| {
        let names = (1..=count).map(|n| of_kind(kind, n)).collect::<Vec<_>>();
        for name in &names {
            page.peer_event(PeerEvent::CandidateFound(candidate("ours", name)));
        }
        names.into_iter().map(|it| format!("send candidate {it}")).collect::<Vec<_>>()
    };
    let hosts = found(&mut page, "host", 200);
    assert_eq!(page.take_actions(), hosts[..usize::from(MAX_HOST_CANDIDATES)]);
    let others = [found(&mut page, "srflx", 12), found(&mut page, "relay", 12)].concat();
    assert_eq!(page.take_actions(), others);
}

#[test]
fn early_relayed_candidates_are_kept_behind_many_early_hosts() {
    let mut page = TestPage::matched(Role::Polite, BOTH);
    for kind in ["host"; 100].into_iter().chain(["relay"; 24]) {
        page.receive_signal(candidate_signal(
            "theirs",
            &format!("candidate:1 1 udp 1 192.0.2.1 9 typ {kind}"),
        ));
    }
    page.receive_signal(offer("theirs"));
    page.take_actions();
    page.peer_event(PeerEvent::RemoteSet(Ok(())));
    let actions = page.take_actions();
    assert_eq!(actions.iter().filter(|it| it.ends_with("relay")).count(), 24);
    assert_eq!(actions.iter().filter(|it| it.ends_with("host")).count(), usize::from(MAX_HOST_CANDIDATES));
}

#[test]
fn polite_end_accepts_a_colliding_offer() {
    let mut page = with_finished_negotiation(Role::Polite);
    page.peer_event(PeerEvent::NegotiationNeeded);
    // The browser is still creating our offer.
    page.receive_signal(offer("theirs again"));
    assert_eq!(page.take_actions(), ["set local", "set offer"]);
    page.peer_event(PeerEvent::Signaling(SignalingState::HaveLocalOffer));
    page.peer_event(PeerEvent::LocalSet(Ok(description(DescriptionKind::Offer, "ours again"))));
    page.peer_event(PeerEvent::Signaling(SignalingState::HaveRemoteOffer));
    page.peer_event(PeerEvent::RemoteSet(Ok(())));
    assert_eq!(page.take_actions(), ["send offer", "set local"]);
    page.peer_event(PeerEvent::LocalSet(Ok(description(DescriptionKind::Answer, "ours"))));
    assert_eq!(page.take_actions(), ["send answer"]);
}

#[test]
fn impolite_end_ignores_a_colliding_offer_and_its_candidates() {
    for offer_is_out in [false, true] {
        let mut page = with_finished_negotiation(Role::Impolite);
        page.peer_event(PeerEvent::NegotiationNeeded);
        if offer_is_out {
            page.peer_event(PeerEvent::Signaling(SignalingState::HaveLocalOffer));
            page.peer_event(PeerEvent::LocalSet(Ok(description(DescriptionKind::Offer, "ours again"))));
        }
        page.take_actions();
        page.receive_signal(offer("ignored"));
        page.receive_signal(candidate_signal("ignored", "a"));
        page.receive_signal(Signal::EndOfCandidates { username_fragment: Some("ignored".into()) });
        assert!(page.take_actions().is_empty());
    }
}

#[test]
fn an_offer_right_after_an_answer_is_not_a_collision() {
    let mut page = TestPage::matched(Role::Impolite, BOTH);
    page.peer_event(PeerEvent::NegotiationNeeded);
    page.peer_event(PeerEvent::Signaling(SignalingState::HaveLocalOffer));
    page.peer_event(PeerEvent::LocalSet(Ok(description(DescriptionKind::Offer, "ours"))));
    page.take_actions();
    page.receive_signal(answer("theirs"));
    page.receive_signal(offer("theirs again"));
    assert_eq!(page.take_actions(), ["set answer", "set offer"]);
}

#[test]
fn an_offer_after_a_rejected_answer_is_a_collision() {
    let mut page = TestPage::matched(Role::Impolite, BOTH);
    page.peer_event(PeerEvent::NegotiationNeeded);
    page.peer_event(PeerEvent::Signaling(SignalingState::HaveLocalOffer));
    page.peer_event(PeerEvent::LocalSet(Ok(description(DescriptionKind::Offer, "ours"))));
    page.receive_signal(answer("theirs"));
    page.peer_event(PeerEvent::RemoteSet(Err(Failed)));
    page.take_actions();
    page.receive_signal(offer("theirs again"));
    assert!(page.take_actions().is_empty());
}

#[test]
fn an_offer_that_failed_to_be_created_cannot_collide() {
    let mut page = with_finished_negotiation(Role::Impolite);
    page.peer_event(PeerEvent::NegotiationNeeded);
    page.peer_event(PeerEvent::LocalSet(Err(Failed)));
    page.take_actions();
    page.receive_signal(offer("theirs again"));
    assert_eq!(page.take_actions(), ["set offer"]);
}

#[test]
fn sends_connected_once_when_the_promised_media_arrives() {
    for (partner, frames, packets) in
        [(BOTH, 1, 0), (AUDIO, 0, 1), (Media { audio: false, video: true }, 1, 0)]
    {
        let mut page = TestPage::matched(Role::Impolite, partner);
        page.negotiate_as_impolite();
        page.peer_connects();
        page.take_actions();
        // Media that was not promised does not count.
        (page.measurement.frames_decoded, page.measurement.audio_packets) = (1 - frames, 1 - packets);
        page.peer_event(PeerEvent::ChannelOpened { nonce: Uuid::from_u128(7) });
        page.take_actions();
        page.advance(millis(500));
        assert_eq!(page.take_actions(), Vec::<String>::new(), "{partner:?}");
        (page.measurement.frames_decoded, page.measurement.audio_packets) = (frames, packets);
        page.advance(millis(250));
        assert_eq!(page.take_actions(), ["send connected"]);
        assert_eq!(page.phase(), Phase::Talking { partner, flow: Flow::Steady });
        page.advance(secs(2));
        assert!(page.take_actions().is_empty());
    }
}

#[test]
fn open_channel_connects_a_partner_without_media() {
    let mut page = TestPage::matched(Role::Impolite, NOTHING);
    page.negotiate_as_impolite();
    page.peer_connects();
    page.media_flows = true;
    page.advance(millis(500));
    assert_eq!(page.phase_name(), "connecting");
    page.take_actions();
    page.peer_event(PeerEvent::ChannelOpened { nonce: Uuid::from_u128(7) });
    page.advance(millis(50));
    assert_eq!(page.take_actions(), ["presence audio and video", "commit", "send connected"]);
}

#[test]
fn measures_often_from_connection_until_sound_arrives() {
    let mut page = TestPage::matched(Role::Impolite, AUDIO);
    page.negotiate_as_impolite();
    page.advance(millis(900));
    assert_eq!(page.measure_count, 0);
    page.peer_connects();
    page.advance(millis(90));
    assert_eq!(page.measure_count, 1);
    page.media_flows = true;
    page.advance(millis(10));
    assert_eq!((page.measure_count, page.phase_name()), (2, "talking"));
    page.advance(secs(3));
    assert_eq!(page.measure_count, 5, "measures once a second during a call");
}

/// A page whose connection is up. The picture arrives, and the browser has presented no frame yet.
fn with_a_picture_on_its_way() -> TestPage {
    let mut page = TestPage::matched(Role::Impolite, BOTH);
    page.negotiate_as_impolite();
    page.peer_connects();
    page.media_flows = true;
    page
}

#[test]
fn measures_seldom_until_a_picture_arrives() {
    let mut page = with_a_picture_on_its_way();
    page.advance(millis(100));
    assert_eq!((page.measure_count, page.phase_name()), (0, "connecting"));
    page.peer_event(PeerEvent::FramePresented);
    page.advance(millis(0));
    assert_eq!((page.measure_count, page.phase_name()), (1, "talking"));
}

#[test]
fn notices_a_picture_that_the_browser_does_not_present() {
    let mut page = with_a_picture_on_its_way();
    page.advance(millis(250));
    assert_eq!((page.measure_count, page.phase_name()), (1, "talking"));
}

#[test]
fn connecting_is_slow_after_4_s_and_fails_after_12_s() {
    let mut page = TestPage::matched(Role::Impolite, BOTH);
    page.negotiate_as_impolite();
    page.advance(millis(3_999));
    assert_eq!(page.phase(), Phase::Connecting { slow: false });
    page.advance(millis(1));
    assert_eq!(page.phase(), Phase::Connecting { slow: true });
    page.take_actions();
    page.advance(millis(7_999));
    assert_eq!(page.phase_name(), "connecting");
    page.take_actions();
    page.advance(millis(1));
    // The ping is due as well.
    assert_eq!(page.take_actions(), ["send ping", "close peer", "send failed"]);
    assert_eq!(page.phase_name(), "ready");
    page.receive_ended(EndReason::Unconnected);
    page.receive(ToBrowser::Waiting {});
    assert_eq!(page.phase(), Phase::Waiting { setback: Some(Setback::Unconnected) });
    assert!(page.take_actions().is_empty(), "the server kept its place, so it does not join again");
}

#[test]
fn waits_again_when_the_partner_could_not_connect() {
    let mut page = with_finished_negotiation(Role::Polite);
    page.receive_ended(EndReason::Unconnected);
    assert_eq!(page.take_actions(), ["close peer"]);
    page.receive(ToBrowser::Waiting {});
    assert_eq!(page.phase(), Phase::Waiting { setback: Some(Setback::Unconnected) });
    page.receive_match(Role::Polite, BOTH);
    assert_eq!(page.take_actions(), ["open peer"]);
}

#[test]
fn ignores_a_duplicate_match() {
    let mut page = TestPage::matched(Role::Impolite, BOTH);
    page.take_actions();
    let match_id = page.match_id();
    let msg = matched_message(match_id, Role::Impolite, BOTH);
    page.handle(Input::Message(Frame { seq: 2, ack: 0, msg }));
    assert!(page.take_actions().is_empty());
}
