//! From the match to the call: descriptions, candidates, collisions, the proof; it must not know how a call goes on.

use uuid::Uuid;

use crate::{
    call::{
        ConnectionId, ConnectionState, DescriptionKind, Failed, Flow, Input, Intent, PeerEvent, Phase,
        SignalingState,
        tests::test_page::{
            AUDIO, BOTH, NOTHING, Page, answer, candidate, description, millis, offer, secs, session, terms,
            trickled, welcome,
        },
    },
    protocol::{EndReason, Epoch, Frame, Media, Role, Signal, ToBrowser, limits::MAX_CANDIDATES},
};

/// A page that has taken in the partner's first offer and answered it.
fn answered() -> Page {
    let mut page = Page::matched(Role::Polite, BOTH);
    page.is_signalled(offer("theirs"));
    page.peer(PeerEvent::Signaling(SignalingState::HaveRemoteOffer));
    page.peer(PeerEvent::RemoteSet(Ok(())));
    page.peer(PeerEvent::Signaling(SignalingState::Stable));
    page.peer(PeerEvent::LocalSet(Ok(description(DescriptionKind::Answer, "ours"))));
    page
}

/// A page whose first negotiation is done.
fn negotiated(role: Role) -> Page {
    let mut page = match role {
        Role::Polite => answered(),
        Role::Impolite => {
            let mut page = Page::matched(role, BOTH);
            page.negotiates();
            page
        }
    };
    page.did();
    page
}

fn all(count: u16, mut each: impl FnMut(u16)) {
    (1..=count).for_each(&mut each);
}

#[test]
fn join_is_said_after_the_welcome_and_the_server_says_who_waits() {
    let mut page = Page::new();
    page.wants(Intent::Start);
    page.tell(Input::MediaOpened(BOTH));
    page.did();
    page.tell(Input::SocketOpened);
    assert_eq!(page.did(), ["say hello"]);
    page.hears(welcome(session(1), false));
    assert_eq!(page.did(), ["say join with audio and video"]);
    assert_eq!(page.phase(), "ready");
    page.hears(ToBrowser::Waiting {});
    assert_eq!(page.sees(), Phase::Waiting { unconnected: false });
}

#[test]
fn the_impolite_end_attaches_its_tracks_and_offers() {
    let mut page = Page::matched(Role::Impolite, BOTH);
    assert_eq!(page.did(), ["open peer", "attach"]);
    assert_eq!(page.sees(), Phase::Connecting { slow: false });
    page.peer(PeerEvent::NegotiationNeeded);
    assert_eq!(page.did(), ["set local"]);
    page.peer(PeerEvent::LocalSet(Ok(description(DescriptionKind::Offer, "ours"))));
    assert_eq!(page.did(), ["say offer"]);
    page.peer(PeerEvent::CandidateFound(candidate("ours", "a")));
    page.peer(PeerEvent::CandidatesEnded { username_fragment: None });
    assert_eq!(page.did(), ["say candidate a", "say end of candidates"]);
    page.is_signalled(answer("theirs"));
    assert_eq!(page.did(), ["set answer"]);
}

#[test]
fn the_polite_end_waits_for_the_offer_then_attaches_its_tracks_and_answers() {
    let mut page = Page::matched(Role::Polite, BOTH);
    assert_eq!(page.did(), ["open peer"]);
    page.is_signalled(offer("theirs"));
    assert_eq!(page.did(), ["set offer"]);
    page.peer(PeerEvent::RemoteSet(Ok(())));
    assert_eq!(page.did(), ["attach", "set local"]);
    page.peer(PeerEvent::LocalSet(Ok(description(DescriptionKind::Answer, "ours"))));
    assert_eq!(page.did(), ["say answer"]);
}

#[test]
fn tracks_are_attached_once() {
    let mut page = negotiated(Role::Polite);
    page.is_signalled(offer("theirs again"));
    page.peer(PeerEvent::RemoteSet(Ok(())));
    assert_eq!(page.did(), ["set offer", "set local"]);
}

#[test]
fn early_candidates_are_kept_and_added_in_order_after_the_description() {
    let mut page = Page::matched(Role::Polite, BOTH);
    page.did();
    page.is_signalled(trickled("theirs", "a"));
    page.is_signalled(offer("theirs"));
    page.is_signalled(trickled("theirs", "b"));
    page.is_signalled(Signal::EndOfCandidates { username_fragment: Some("theirs".into()) });
    assert_eq!(page.did(), ["set offer"]);
    page.peer(PeerEvent::RemoteSet(Ok(())));
    assert_eq!(page.did(), ["attach", "set local", "add a", "add b", "end candidates"]);
    page.is_signalled(trickled("theirs", "c"));
    assert_eq!(page.did(), ["add c"]);
}

#[test]
fn candidates_of_another_generation_are_dropped_early_or_late() {
    let mut page = Page::matched(Role::Impolite, BOTH);
    page.is_signalled(trickled("rolled back", "a"));
    page.is_signalled(trickled("theirs", "b"));
    page.negotiates();
    page.did();
    page.is_signalled(trickled("rolled back", "c"));
    page.is_signalled(Signal::EndOfCandidates { username_fragment: Some("rolled back".into()) });
    assert!(page.did().is_empty());
    let mut nameless = candidate("", "d");
    nameless.username_fragment = None;
    page.is_signalled(Signal::Candidate(nameless));
    assert_eq!(page.did(), ["add d"], "where the browser does not tell, the current generation is meant");
}

#[test]
fn only_those_early_candidates_that_belong_to_the_description_are_added() {
    let mut page = Page::matched(Role::Polite, BOTH);
    page.is_signalled(trickled("old", "a"));
    page.is_signalled(trickled("theirs", "b"));
    page.is_signalled(offer("theirs"));
    page.did();
    page.peer(PeerEvent::RemoteSet(Ok(())));
    assert_eq!(page.did(), ["attach", "set local", "add b"]);
}

#[test]
fn a_signal_of_another_match_or_epoch_is_dropped() {
    let mut page = negotiated(Role::Impolite);
    let (match_id, epoch) = (page.match_id(), page.epoch);
    page.hears(ToBrowser::Signal { match_id, epoch: Epoch(2), signal: trickled("theirs", "a") });
    page.hears(ToBrowser::Signal {
        match_id: Page::new().match_id(),
        epoch,
        signal: trickled("theirs", "b"),
    });
    page.hears(ToBrowser::Signal { match_id: Page::new().match_id(), epoch, signal: offer("theirs") });
    assert!(page.did().is_empty());
}

#[test]
fn news_of_another_connection_is_stale() {
    let mut page = Page::talking();
    let link = ConnectionId(0);
    page.tell(Input::Peer { link, event: PeerEvent::Connection(ConnectionState::Failed) });
    page.tell(Input::Peer { link, event: PeerEvent::CandidateFound(candidate("ours", "a")) });
    assert!(page.did().is_empty());
    assert_eq!(page.phase(), "talking");
}

#[test]
fn of_65_early_candidates_the_last_is_dropped_but_not_the_end() {
    let mut page = Page::matched(Role::Polite, BOTH);
    all(MAX_CANDIDATES + 1, |n| page.is_signalled(trickled("theirs", &n.to_string())));
    page.is_signalled(Signal::EndOfCandidates { username_fragment: Some("theirs".into()) });
    page.is_signalled(offer("theirs"));
    page.did();
    page.peer(PeerEvent::RemoteSet(Ok(())));
    let mut expected = vec!["attach".to_owned(), "set local".to_owned()];
    expected.extend((1..=MAX_CANDIDATES).map(|n| format!("add {n}")));
    expected.push("end candidates".to_owned());
    assert_eq!(page.did(), expected);
}

#[test]
fn a_page_sends_no_more_candidates_than_the_server_takes() {
    let mut page = Page::matched(Role::Impolite, BOTH);
    page.did();
    all(MAX_CANDIDATES + 20, |n| page.peer(PeerEvent::CandidateFound(candidate("ours", &n.to_string()))));
    page.peer(PeerEvent::CandidatesEnded { username_fragment: None });
    let said = page.did();
    assert_eq!(said.len(), usize::from(MAX_CANDIDATES) + 1);
    assert_eq!(said.last().map(String::as_str), Some("say end of candidates"));
}

#[test]
fn when_two_offers_collide_the_polite_end_takes_the_other_one() {
    let mut page = negotiated(Role::Polite);
    page.peer(PeerEvent::NegotiationNeeded);
    // The own offer is still being made.
    page.is_signalled(offer("theirs again"));
    assert_eq!(page.did(), ["set local", "set offer"]);
    page.peer(PeerEvent::Signaling(SignalingState::HaveLocalOffer));
    page.peer(PeerEvent::LocalSet(Ok(description(DescriptionKind::Offer, "ours again"))));
    page.peer(PeerEvent::Signaling(SignalingState::HaveRemoteOffer));
    page.peer(PeerEvent::RemoteSet(Ok(())));
    assert_eq!(page.did(), ["say offer", "set local"]);
    page.peer(PeerEvent::LocalSet(Ok(description(DescriptionKind::Answer, "ours"))));
    assert_eq!(page.did(), ["say answer"]);
}

#[test]
fn when_two_offers_collide_the_impolite_end_ignores_the_other_one_and_its_candidates() {
    for offer_is_out in [false, true] {
        let mut page = negotiated(Role::Impolite);
        page.peer(PeerEvent::NegotiationNeeded);
        if offer_is_out {
            page.peer(PeerEvent::Signaling(SignalingState::HaveLocalOffer));
            page.peer(PeerEvent::LocalSet(Ok(description(DescriptionKind::Offer, "ours again"))));
        }
        page.did();
        page.is_signalled(offer("ignored"));
        page.is_signalled(trickled("ignored", "a"));
        page.is_signalled(Signal::EndOfCandidates { username_fragment: Some("ignored".into()) });
        assert!(page.did().is_empty());
    }
}

#[test]
fn an_offer_right_behind_an_answer_is_no_collision() {
    let mut page = Page::matched(Role::Impolite, BOTH);
    page.peer(PeerEvent::NegotiationNeeded);
    page.peer(PeerEvent::Signaling(SignalingState::HaveLocalOffer));
    page.peer(PeerEvent::LocalSet(Ok(description(DescriptionKind::Offer, "ours"))));
    page.did();
    page.is_signalled(answer("theirs"));
    page.is_signalled(offer("theirs again"));
    assert_eq!(page.did(), ["set answer", "set offer"]);
}

#[test]
fn after_an_answer_that_the_browser_refused_a_colliding_offer_is_a_collision_again() {
    let mut page = Page::matched(Role::Impolite, BOTH);
    page.peer(PeerEvent::NegotiationNeeded);
    page.peer(PeerEvent::Signaling(SignalingState::HaveLocalOffer));
    page.peer(PeerEvent::LocalSet(Ok(description(DescriptionKind::Offer, "ours"))));
    page.is_signalled(answer("theirs"));
    page.peer(PeerEvent::RemoteSet(Err(Failed)));
    page.did();
    page.is_signalled(offer("theirs again"));
    assert!(page.did().is_empty());
}

#[test]
fn an_offer_that_could_not_be_made_is_not_being_made_any_more() {
    let mut page = negotiated(Role::Impolite);
    page.peer(PeerEvent::NegotiationNeeded);
    page.peer(PeerEvent::LocalSet(Err(Failed)));
    page.did();
    page.is_signalled(offer("theirs again"));
    assert_eq!(page.did(), ["set offer"]);
}

#[test]
fn connected_is_said_once_when_what_was_promised_is_there() {
    for (partner, frames, packets) in
        [(BOTH, 1, 0), (AUDIO, 0, 1), (Media { audio: false, video: true }, 1, 0)]
    {
        let mut page = Page::matched(Role::Impolite, partner);
        page.negotiates();
        page.connects();
        page.did();
        // What was not promised proves nothing.
        (page.measured.frames_decoded, page.measured.audio_packets) = (1 - frames, 1 - packets);
        page.peer(PeerEvent::ChannelOpened { nonce: Uuid::from_u128(7) });
        page.did();
        page.after(millis(500));
        assert_eq!(page.did(), Vec::<String>::new(), "{partner:?}");
        (page.measured.frames_decoded, page.measured.audio_packets) = (frames, packets);
        page.after(millis(50));
        assert_eq!(page.did(), ["say connected"]);
        assert_eq!(page.sees(), Phase::Talking { partner, flow: Flow::Steady });
        page.after(secs(2));
        assert!(page.did().is_empty());
    }
}

#[test]
fn who_promised_nothing_is_there_when_the_channel_is() {
    let mut page = Page::matched(Role::Impolite, NOTHING);
    page.negotiates();
    page.connects();
    page.media_flows = true;
    page.after(millis(500));
    assert_eq!(page.phase(), "connecting");
    page.did();
    page.peer(PeerEvent::ChannelOpened { nonce: Uuid::from_u128(7) });
    page.after(millis(50));
    assert_eq!(page.did(), ["tell of audio and video", "commit", "say connected"]);
}

#[test]
fn the_proof_is_looked_for_at_once_when_the_connection_is_there_and_then_often() {
    let mut page = Page::matched(Role::Impolite, BOTH);
    page.negotiates();
    page.after(millis(900));
    assert_eq!(page.looks, 0);
    page.connects();
    page.after(millis(0));
    assert_eq!(page.looks, 1);
    page.after(millis(90));
    assert_eq!(page.looks, 2);
    page.media_flows = true;
    page.after(millis(10));
    assert_eq!((page.looks, page.phase()), (3, "talking"));
    page.after(secs(3));
    assert_eq!(page.looks, 6, "once a second in a call");
}

#[test]
fn connecting_is_slow_after_4_s_and_has_failed_after_12() {
    let mut page = Page::matched(Role::Impolite, BOTH);
    page.negotiates();
    page.after(millis(3_999));
    assert_eq!(page.sees(), Phase::Connecting { slow: false });
    page.after(millis(1));
    assert_eq!(page.sees(), Phase::Connecting { slow: true });
    page.did();
    page.after(millis(7_999));
    assert_eq!(page.phase(), "connecting");
    page.did();
    page.after(millis(1));
    // A heartbeat of silence is over as well.
    assert_eq!(page.did(), ["say ping", "close peer", "say failed"]);
    assert_eq!(page.phase(), "ready");
    page.is_told_the_end(EndReason::Unconnected);
    page.hears(ToBrowser::Waiting {});
    assert_eq!(page.sees(), Phase::Waiting { unconnected: true });
    assert!(page.did().is_empty(), "its place is kept, so it does not join again");
}

#[test]
fn where_the_partner_has_given_up_both_wait_again() {
    let mut page = negotiated(Role::Polite);
    page.is_told_the_end(EndReason::Unconnected);
    assert_eq!(page.did(), ["close peer"]);
    page.hears(ToBrowser::Waiting {});
    assert_eq!(page.sees(), Phase::Waiting { unconnected: true });
    page.is_matched(Role::Polite, BOTH);
    assert_eq!(page.did(), ["open peer"]);
}

#[test]
fn a_match_that_comes_twice_is_taken_once() {
    let mut page = Page::matched(Role::Impolite, BOTH);
    page.did();
    let match_id = page.match_id();
    let msg = terms(match_id, Role::Impolite, BOTH);
    page.tell(Input::Message(Frame { seq: 2, ack: 0, msg }));
    assert!(page.did().is_empty());
}
