//! Tests of matches that are rebuilt from tickets after a restart of the server.

use super::{
    hidden_addresses::{join_hiding, scene_with_relay},
    scene::{Scene, offer, secs},
};
use crate::protocol::{ToBrowser, ToServer};

/// Two pages whose call was in progress when the server was killed and replaced.
fn interrupted_call() -> (Scene, usize, usize) {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.report_connected(match_id, [ann, bob]);
    scene.restart_server();
    (scene, ann, bob)
}

#[test]
fn tickets_rebuild_the_match_in_either_order() {
    for swapped in [false, true] {
        let (mut scene, ann, bob) = interrupted_call();
        let (first, second) = if swapped { (bob, ann) } else { (ann, bob) };
        let match_id = scene.last_match(first);
        scene.resume_with_ticket(first);
        assert_eq!(scene.take_events(first), ["welcome"]);
        assert_eq!(scene.machine.census().talking, 2);
        scene.send_signal(first, match_id, 1, offer("sent before the partner returned"));
        scene.resume_with_ticket(second);
        assert_eq!(
            scene.take_events(second),
            ["welcome", "partner #1 back", "signal #1 1 sent before the partner returned"]
        );
        assert_eq!(scene.take_events(first), ["partner #1 back"]);
        scene.send_signal(second, match_id, 1, offer("and back"));
        assert_eq!(scene.take_events(first), ["signal #1 1 and back"]);
        scene.send(second, ToServer::Next { match_id });
        assert_eq!(scene.take_events(second), ["ended #1 next", "waiting"]);
        assert_eq!(scene.take_events(first), ["ended #1 partner-next"]);
    }
}

#[test]
fn missing_partner_is_lost_after_its_grace_period() {
    let (mut scene, ann, _) = interrupted_call();
    scene.resume_with_ticket(ann);
    scene.take_events(ann);
    scene.advance(secs(19));
    assert!(scene.take_events(ann).is_empty());
    scene.advance(secs(2));
    assert_eq!(scene.take_events(ann), ["ended #1 partner-lost"]);
}

#[test]
fn ticket_of_an_ended_match_does_not_rebuild_it() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.report_connected(match_id, [ann, bob]);
    scene.lose_socket(ann);
    scene.advance(secs(21));
    let pages = scene.pages.len();
    scene.resume_with_ticket(ann);
    assert_eq!(scene.pages.len(), pages + 1, "the server makes it a new peer");
    assert_eq!(scene.machine.census().matches, 0);
}

#[test]
fn ticket_replaces_a_lost_secret_and_restarts_sequence_numbers() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.report_connected(match_id, [ann, bob]);
    scene.pages[ann].identity.as_mut().unwrap().secret = crate::protocol::Secret(uuid::Uuid::nil());
    scene.resume_with_ticket(ann);
    assert_eq!(scene.take_events(ann), ["welcome"]);
    assert_eq!(scene.events_on_replaced_socket(ann).last().unwrap(), "closed replaced");
    scene.send_signal(bob, match_id, 1, offer("still there?"));
    assert_eq!(scene.take_events(ann), ["signal #1 1 still there?"]);
}

#[test]
fn stolen_and_forged_tickets_do_not_duplicate_a_peer() {
    let (mut scene, ann, bob) = interrupted_call();
    scene.resume_with_ticket(ann);
    scene.resume_with_ticket(bob);
    let stolen = scene.last_ticket(ann);
    let eve = scene.open_page();
    scene.pages[eve].ticket_to_send = stolen;
    scene.send_hello(eve, None);
    assert_eq!(scene.machine.census().matches, 1);
    assert_eq!(
        scene.machine.peers.len(),
        2,
        "the holder becomes that peer, and the previous socket is replaced"
    );
    let mal = scene.open_page();
    scene.pages[mal].ticket_to_send = Some("forged".into());
    scene.send_hello(mal, None);
    assert_eq!(scene.machine.census().idle, 1);
}

#[test]
fn relay_only_match_stays_relay_only_after_a_restart() {
    let mut scene = scene_with_relay();
    let [ann, bob] = scene.add_pages();
    join_hiding(&mut scene, ann, true);
    join_hiding(&mut scene, bob, false);
    let match_id = scene.last_match(ann);
    scene.report_connected(match_id, [ann, bob]);
    scene.take_events(bob);
    scene.restart_server();
    scene.resume_with_ticket(ann);
    scene.resume_with_ticket(bob);
    let news = scene.take_events(bob);
    assert_eq!(
        news,
        ["welcome", "partner #1 back", "ice #1"],
        "new relay credentials come with the restored match"
    );
    scene.send_signal(ann, match_id, 1, super::scene::candidate());
    assert!(scene.take_events(bob).is_empty(), "the host candidate is dropped");
}

#[test]
fn draining_or_full_server_rebuilds_no_match() {
    let (mut scene, ann, bob) = interrupted_call();
    scene.drain(secs(8));
    scene.resume_with_ticket(ann);
    assert_eq!(scene.machine.census().matches, 0);
    let _ = bob;

    let mut scene = Scene::with_capacity(2);
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.report_connected(match_id, [ann, bob]);
    scene.restart_server();
    let [_cem] = scene.add_pages();
    scene.resume_with_ticket(ann);
    assert_eq!(scene.machine.census().matches, 0, "only one place is left");
}

#[test]
fn rebuilt_match_leaves_no_state_behind() {
    let (mut scene, ann, bob) = interrupted_call();
    scene.resume_with_ticket(ann);
    scene.resume_with_ticket(bob);
    scene.close_page(ann);
    scene.close_page(bob);
    assert_eq!(scene.machine.census(), Default::default());
    assert_eq!(scene.machine.deadline(), None);
}

#[test]
fn ticket_fits_into_a_hello() {
    let mut scene = Scene::new();
    let (ann, ..) = scene.add_matched_pair();
    let ToBrowser::Matched { ticket: Some(ticket), .. } = scene.last_matched(ann) else {
        panic!("no ticket")
    };
    assert!(ticket.len() <= crate::protocol::limits::MAX_TOKEN_BYTES);
}
