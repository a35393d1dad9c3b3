//! A path that is lost: when it is looked for again, by whom, how often, and how that ends; it must not know the lines to
//! the server beyond whether they are there.

use crate::{
    call::{
        ConnectionState, DescriptionKind, Farewell, Flow, Input, Intent, PeerEvent, Phase, SignalingState,
        tests::test_page::{BOTH, Page, answer, description, millis, offer, secs, terms},
    },
    protocol::{
        EndReason, Epoch, IceServer, MatchId, Media, PeerMessage, PreparedOffer, Role, Sdp, Signal,
        Signalling, ToBrowser,
    },
};

/// A polite page that sees its partner.
fn polite() -> Page {
    let mut page = Page::matched(Role::Polite, BOTH);
    page.is_signalled(offer("theirs"));
    page.peer(PeerEvent::RemoteSet(Ok(())));
    page.media_flows = true;
    page.connects();
    page.after(millis(100));
    assert_eq!(page.phase(), "talking");
    page.did();
    page
}

fn disconnects(page: &mut Page) {
    page.peer(PeerEvent::Connection(ConnectionState::Disconnected));
}

fn fails(page: &mut Page) {
    page.peer(PeerEvent::Connection(ConnectionState::Failed));
    page.after(millis(1));
}

fn count(page: &mut Page, command: &str) -> usize {
    page.did().iter().filter(|it| *it == command).count()
}

fn flow(page: &Page) -> Option<Flow> {
    match page.sees() {
        Phase::Talking { flow, .. } => Some(flow),
        Phase::Landing
        | Phase::Asking
        | Phase::Mirror
        | Phase::Ready
        | Phase::Waiting { .. }
        | Phase::Connecting { .. }
        | Phase::Ended { .. } => None,
    }
}

#[test]
fn a_failed_connection_is_restarted_at_once_by_the_impolite_end_and_a_second_later_by_the_polite() {
    let mut page = Page::talking();
    page.media_flows = false;
    fails(&mut page);
    assert_eq!(page.did(), ["say ping", "restart ice"]);

    let mut page = polite();
    page.media_flows = false;
    fails(&mut page);
    assert_eq!(count(&mut page, "restart ice"), 0);
    page.after(secs(1));
    assert_eq!(count(&mut page, "restart ice"), 1);
}

#[test]
fn the_polite_end_leaves_it_to_a_restart_that_has_come_meanwhile() {
    let mut page = polite();
    page.media_flows = false;
    fails(&mut page);
    page.is_signalled(offer("theirs again"));
    page.after(secs(3));
    assert_eq!(count(&mut page, "restart ice"), 0);
}

#[test]
fn a_disconnected_connection_is_given_2500_ms_and_not_restarted_if_bytes_come() {
    let mut page = Page::talking();
    page.media_flows = false;
    disconnects(&mut page);
    page.after(millis(2_499));
    assert_eq!(count(&mut page, "restart ice"), 0);
    page.after(millis(1));
    assert_eq!(count(&mut page, "restart ice"), 1);

    let mut page = Page::talking();
    disconnects(&mut page);
    page.after(secs(10));
    assert_eq!(count(&mut page, "restart ice"), 0, "bytes have come all the time");
}

#[test]
fn another_network_makes_the_page_look_for_bytes_before_it_restarts() {
    let mut page = Page::talking();
    page.media_flows = false;
    page.tell(Input::NetworkChanged);
    page.after(millis(1_499));
    assert_eq!(count(&mut page, "restart ice"), 0);
    page.after(millis(1));
    assert_eq!(count(&mut page, "restart ice"), 1);

    let mut page = Page::talking();
    page.tell(Input::NetworkChanged);
    page.after(secs(5));
    assert_eq!(count(&mut page, "restart ice"), 0);
}

#[test]
fn silence_that_no_browser_reports_is_a_lost_path_too() {
    let mut page = Page::talking();
    page.media_flows = false;
    page.after(secs(5));
    assert_eq!(count(&mut page, "restart ice"), 1);
}

#[test]
fn signs_of_life_over_the_channel_are_no_silence() {
    let mut page = Page::talking();
    page.media_flows = false;
    for _ in 0..20 {
        page.after(secs(1));
        page.peer(PeerEvent::Message(PeerMessage::Sending(Media { audio: false, video: false }.into())));
    }
    assert_eq!(count(&mut page, "restart ice"), 0);
    assert!(matches!(page.sees(), Phase::Talking { flow: Flow::Steady, .. }));
}

#[test]
fn the_page_gives_a_sign_of_life_every_second() {
    let mut page = Page::talking();
    page.peer(PeerEvent::ChannelOpened { nonce: uuid::Uuid::from_u128(1) });
    let before = page.tellings;
    page.after(secs(10));
    assert_eq!(page.tellings - before, 10);
}

#[test]
fn three_restarts_then_one_fresh_connection_then_an_honest_end() {
    let mut page = Page::talking();
    page.media_flows = false;
    fails(&mut page);
    page.after(secs(14));
    let done = page.did();
    assert_eq!(done.iter().filter(|it| *it == "restart ice").count(), 3, "{done:?}");
    page.after(secs(2));
    assert_eq!(page.did(), ["close peer", "open peer", "attach"]);
    assert!(matches!(flow(&page), Some(Flow::Reconnecting { seconds: 15.. })));
    page.peer(PeerEvent::NegotiationNeeded);
    page.peer(PeerEvent::LocalSet(Ok(description(DescriptionKind::Offer, "fresh"))));
    assert_eq!(page.signalled_in.last(), Some(&Epoch(2)));
    page.did();
    page.after(secs(12));
    let done = page.did();
    assert!(done.ends_with(&["close peer", "say failed"].map(str::to_owned)), "{done:?}");
    page.hears(ToBrowser::Ended { match_id: page.match_id(), reason: EndReason::Unconnected });
    page.hears(ToBrowser::Waiting {});
    assert_eq!(page.sees(), Phase::Waiting { unconnected: true });
}

#[test]
fn a_restart_that_fails_is_followed_by_the_next_without_waiting() {
    let mut page = Page::talking();
    page.media_flows = false;
    for _ in 0..3 {
        fails(&mut page);
    }
    assert_eq!(count(&mut page, "restart ice"), 3);
    fails(&mut page);
    assert_eq!(page.did(), ["close peer", "open peer", "attach"]);
}

#[test]
fn bytes_end_the_ladder_and_the_next_loss_begins_at_its_foot() {
    let mut page = Page::talking();
    page.media_flows = false;
    fails(&mut page);
    page.after(secs(6));
    assert!(matches!(flow(&page), Some(Flow::Reconnecting { seconds: 6.. })));
    page.media_flows = true;
    page.after(secs(1));
    assert_eq!(flow(&page), Some(Flow::Steady));
    page.did();
    page.media_flows = false;
    fails(&mut page);
    page.after(secs(14));
    assert_eq!(count(&mut page, "restart ice"), 3);
}

#[test]
fn a_fresh_connection_on_which_something_comes_goes_on_as_before() {
    let mut page = Page::talking();
    page.media_flows = false;
    fails(&mut page);
    page.after(secs(16));
    page.did();
    page.media_flows = true;
    page.after(secs(20));
    assert_eq!(flow(&page), Some(Flow::Steady));
    assert!(page.did().iter().all(|it| it == "say ping"), "nothing is said of it to the server");
}

#[test]
fn a_partner_who_begins_afresh_is_followed_and_what_is_left_of_the_old_is_dropped() {
    for mut page in [Page::talking(), polite()] {
        page.epoch = Epoch(2);
        page.is_signalled(offer("fresh"));
        assert_eq!(page.did()[..3], ["close peer", "open peer", "set offer"]);
        page.peer(PeerEvent::RemoteSet(Ok(())));
        assert_eq!(page.did(), ["attach", "set local"]);
        page.epoch = Epoch::FIRST;
        page.is_signalled(offer("stale"));
        assert!(page.did().is_empty());
    }
}

#[test]
fn nothing_is_restarted_while_nobody_can_be_told_and_soon_after_somebody_can() {
    let mut page = Page::talking();
    page.hears(ToBrowser::Partner { match_id: page.match_id(), signalling: Signalling::Lost });
    page.did();
    fails(&mut page);
    page.media_flows = false;
    page.after(secs(4));
    assert_eq!(count(&mut page, "restart ice"), 0);
    page.hears(ToBrowser::Partner { match_id: page.match_id(), signalling: Signalling::Back });
    page.after(millis(1));
    assert_eq!(count(&mut page, "restart ice"), 1);
}

#[test]
fn while_a_path_is_looked_for_a_dead_line_is_noticed_within_3_s() {
    let mut page = Page::talking();
    (page.media_flows, page.server_listens) = (false, false);
    fails(&mut page);
    page.after(secs(3));
    assert!(page.did().contains(&"change sockets".to_owned()));
}

#[test]
fn an_attempt_that_fails_is_restarted_too_until_its_time_is_over() {
    let mut page = Page::matched(Role::Impolite, BOTH);
    page.negotiates();
    page.did();
    fails(&mut page);
    assert_eq!(count(&mut page, "restart ice"), 1);
    page.after(secs(12));
    assert_eq!(page.phase(), "ready");
}

#[test]
fn a_server_that_knows_a_match_by_its_ticket_can_help_again() {
    let mut page = Page::talking();
    page.redials();
    page.did();
    page.is_known_by_its_ticket();
    assert_eq!(page.ticket.as_deref(), Some("ticket"));
    assert_eq!(page.did(), ["say hello again"]);
    page.media_flows = false;
    fails(&mut page);
    assert_eq!(count(&mut page, "restart ice"), 1);
    page.wants(Intent::Next);
    let done = page.did();
    let said = ["close peer", "say leave", "say join with audio and video"];
    assert!(done.ends_with(&said.map(str::to_owned)), "it does not know what this page waits with: {done:?}");
}

#[test]
fn an_offer_that_was_lost_with_the_server_is_made_again() {
    let mut page = Page::talking();
    page.peer(PeerEvent::NegotiationNeeded);
    page.peer(PeerEvent::Signaling(SignalingState::HaveLocalOffer));
    page.peer(PeerEvent::LocalSet(Ok(description(DescriptionKind::Offer, "lost"))));
    page.redials();
    page.did();
    page.is_known_by_its_ticket();
    assert_eq!(page.did(), ["say hello again", "restart ice", "set local"]);
}

#[test]
fn a_ticket_is_shown_for_a_call_and_for_nothing_else() {
    let mut page = Page::matched(Role::Impolite, BOTH);
    page.redials();
    page.is_welcomed();
    assert_eq!(page.ticket, None, "an attempt begins anew");
}

#[test]
fn leaving_is_told_to_the_partner_itself_and_heard_from_it() {
    for wish in [Intent::Next, Intent::Stop] {
        let mut page = Page::talking();
        page.peer(PeerEvent::ChannelOpened { nonce: uuid::Uuid::from_u128(1) });
        page.did();
        page.wants(wish);
        assert_eq!(page.did()[..2], ["say bye", "close peer"]);
    }
    let mut page = Page::talking();
    page.peer(PeerEvent::Message(PeerMessage::Bye {}));
    assert_eq!(page.sees(), Phase::Ended { why: Farewell::Left });
    assert_eq!(page.did(), ["close peer"]);
    page.after(secs(3));
    assert_eq!(page.did(), ["say next"], "the server may not know that the match is over");
}

#[test]
fn a_server_that_says_so_too_makes_it_a_join_and_one_that_queues_by_itself_is_believed() {
    let mut page = Page::talking();
    page.peer(PeerEvent::Message(PeerMessage::Bye {}));
    page.is_told_the_end(EndReason::PartnerNext);
    page.did();
    page.after(secs(3));
    assert_eq!(page.did(), ["say join with audio and video"]);

    let mut page = Page::talking();
    page.peer(PeerEvent::Message(PeerMessage::Bye {}));
    page.is_told_the_end(EndReason::Unconnected);
    page.hears(ToBrowser::Waiting {});
    assert_eq!(page.sees(), Phase::Waiting { unconnected: true });
}

fn relay() -> Vec<IceServer> {
    let urls = vec!["turn:relay.example:3478".to_owned()];
    vec![IceServer { urls, username: Some("1:2:polite".into()), credential: Some("c".into()) }]
}

#[test]
fn new_credentials_are_taken_and_a_relayed_call_moves_over_to_them_by_its_impolite_end() {
    for (mut page, path, restarts) in [
        (Page::talking(), crate::call::Path::Relayed, 1),
        (Page::talking(), crate::call::Path::Direct, 0),
        (polite(), crate::call::Path::Relayed, 0),
    ] {
        page.measured.path = Some(path);
        page.after(secs(1));
        page.did();
        page.hears(ToBrowser::Ice { match_id: page.match_id(), ice: relay() });
        let done = page.did();
        assert_eq!(done[0], "set servers");
        assert_eq!(done.len() - 1, restarts, "{path:?}");
    }
}

fn ahead(match_id: MatchId, role: Role, ahead: PreparedOffer) -> ToBrowser {
    let mut msg = terms(match_id, role, BOTH);
    if let ToBrowser::Matched { ice, ahead: slot, .. } = &mut msg {
        (*ice, *slot) = (relay(), Some(ahead));
    }
    msg
}

#[test]
fn a_match_that_began_ahead_of_its_relay_is_restarted_with_it_when_no_path_is_found() {
    let mut page = Page::waiting();
    page.hears(ToBrowser::Prepare { ice: Vec::new() });
    page.peer(PeerEvent::NegotiationNeeded);
    page.peer(PeerEvent::LocalSet(Ok(description(DescriptionKind::Offer, "ours"))));
    page.is_matched_by(|it| ahead(it, Role::Impolite, PreparedOffer::Yours { number: 1 }));
    page.epoch = Epoch::PREPARED;
    page.is_signalled(answer("theirs"));
    page.peer(PeerEvent::RemoteSet(Ok(())));
    page.did();
    page.after(secs(5));
    assert_eq!(count(&mut page, "restart ice"), 1);
}

#[test]
fn an_offer_made_ahead_is_answered_as_soon_as_the_match_is_known() {
    let mut page = Page::waiting();
    let candidates = vec![crate::call::tests::test_page::candidate("theirs", "a")];
    let offer = Sdp("v=0\r\na=ice-ufrag:theirs\r\n".into());
    page.is_matched_by(|it| ahead(it, Role::Polite, PreparedOffer::Theirs { offer, candidates }));
    assert_eq!(page.did(), ["open peer", "set offer"]);
    page.peer(PeerEvent::RemoteSet(Ok(())));
    assert_eq!(page.did(), ["attach", "set local", "add a"]);
    page.peer(PeerEvent::LocalSet(Ok(description(DescriptionKind::Answer, "ours"))));
    assert_eq!(page.signalled_in, [Epoch::PREPARED]);
    page.epoch = Epoch::PREPARED;
    page.is_signalled(Signal::EndOfCandidates { username_fragment: None });
    assert_eq!(page.did(), ["say answer", "end candidates"]);
}
