//! Tests of matches that are rebuilt from tickets after a restart of the server.

use super::{
    hidden_addresses::{join_hiding, scene_with_relay},
    scene::{ClientEvent, Scene, Wire, offer, secs},
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

/// Takes the secret from a page, so that only its ticket is left.
fn forget_secret(scene: &mut Scene, page: usize) {
    scene.pages[page].identity.as_mut().unwrap().secret = crate::protocol::Secret(uuid::Uuid::nil());
}

#[test]
fn partner_learns_that_a_takeover_has_lost_signals() {
    for notices in [false, true] {
        let mut scene = Scene::new();
        let (ann, bob, match_id) = scene.add_matched_pair();
        scene.report_connected(match_id, [ann, bob]);
        scene.pages[ann].wire = Wire::Cut;
        if notices {
            scene.lose_socket(ann);
        }
        scene.send_signal(bob, match_id, 1, offer("lost"));
        forget_secret(&mut scene, ann);
        scene.pages[bob].wire = Wire::NotReading;
        scene.resume_with_ticket(ann);
        scene.send_signal(bob, match_id, 1, offer("sent before bob knows"));
        assert_eq!(scene.take_events(ann), ["welcome"]);
        scene.pages[bob].wire = Wire::Working;
        scene.resume(bob);
        let expected = ["partner #1 lost", "welcome back", "partner #1 back, signals lost"];
        assert_eq!(scene.take_events(bob), expected[usize::from(!notices)..]);
        scene.send_signal(bob, match_id, 1, offer("again"));
        assert_eq!(scene.take_events(ann), ["signal #1 1 again"]);
    }
}

#[test]
fn signals_for_a_page_without_a_welcome_are_kept() {
    let (mut scene, ann, bob) = interrupted_call();
    let match_id = scene.last_match(ann);
    scene.resume_with_ticket(bob);
    scene.pages[ann].ticket_to_send = scene.last_ticket(ann);
    for _ in 0..2 {
        forget_secret(&mut scene, ann);
        scene.lose_welcome(ann);
        scene.send_signal(bob, match_id, 1, offer("one"));
    }
    scene.resume_with_ticket(ann);
    assert_eq!(scene.take_events(bob), ["welcome", "partner #1 back"], "nothing was lost");
    let signals = ["signal #1 1 one"; 2];
    assert_eq!(scene.take_events(ann), [&["welcome", "partner #1 back"][..], &signals].concat());
}

/// An edge that stood still reports a `hello` on a socket that the page has given up.
#[test]
fn a_late_hello_does_not_take_a_session_over() {
    let (mut scene, ann, bob) = interrupted_call();
    let match_id = scene.last_match(ann);
    for _ in 0..2 {
        let before = scene.pages[ann].identity;
        scene.resume_with_ticket(ann);
        scene.send(ann, ToServer::Ping {});
        let late = scene.open_page();
        scene.pages[late].ticket_to_send = scene.last_ticket(ann);
        scene.send_hello(late, before);
        assert_eq!(scene.take_events(late), ["error replaced about 0", "closed replaced"]);
    }
    scene.resume_with_ticket(bob);
    scene.send_signal(bob, match_id, 1, offer("to the page"));
    let events = scene.take_events(ann);
    assert_eq!(events.last().unwrap(), "signal #1 1 to the page", "{events:?}");
    assert_eq!(scene.machine.census().connections, 2);
}

/// A browser that has crashed may not have stored its last secret.
#[test]
fn a_page_without_a_socket_comes_back_with_a_former_secret() {
    let (mut scene, ann, _) = interrupted_call();
    let before = scene.pages[ann].identity;
    scene.resume_with_ticket(ann);
    scene.send(ann, ToServer::Ping {});
    scene.lose_socket(ann);
    let again = scene.open_page();
    scene.pages[again].ticket_to_send = scene.last_ticket(ann);
    scene.send_hello(again, before);
    let events = scene.take_events(again);
    assert!(events.first().is_some_and(|it| it.starts_with("welcome")), "{events:?}");
}

/// Ann met Bob and then Cem, with whom she talks. Bob was offline and still has the ticket of their match when the
/// server is replaced.
fn call_after_another() -> (Scene, [usize; 3]) {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.report_connected(match_id, [ann, bob]);
    scene.pages[bob].wire = Wire::Cut;
    scene.advance(secs(1));
    scene.send(ann, ToServer::Next { match_id });
    let [cem] = scene.add_pages();
    scene.join(cem);
    let match_id = scene.last_match(cem);
    scene.report_connected(match_id, [ann, cem]);
    scene.take_all_events(0..3);
    scene.restart_server();
    (scene, [ann, bob, cem])
}

#[test]
fn newer_match_is_rebuilt_in_whatever_order_tickets_arrive() {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let (mut scene, pages) = call_after_another();
        let [ann, _, cem] = pages;
        for index in order {
            scene.resume_with_ticket(pages[index]);
        }
        let match_id = scene.last_match(cem);
        let current = |page: usize| scene.machine.peers[&scene.pages[page].identity.unwrap().peer].match_id();
        assert_eq!([ann, cem].map(current), [Some(match_id); 2], "{order:?}");
        scene.send_signal(ann, match_id, 1, offer("hello"));
        let events = scene.take_events(cem);
        assert_eq!(events.last().unwrap(), "signal #1 1 hello", "{order:?}");
        scene.advance(secs(60));
        assert_eq!(scene.machine.census().talking, 2, "{order:?}");
    }
}

#[test]
fn older_match_without_its_other_end_is_lost_to_a_newer_one() {
    let (mut scene, [ann, bob, _]) = call_after_another();
    scene.resume_with_ticket(bob);
    scene.resume_with_ticket(ann);
    assert_eq!(scene.take_events(bob), ["welcome", "ended #1 partner-lost"]);
    assert_eq!(scene.take_events(ann), ["welcome"]);
    scene.advance(secs(60));
    assert_eq!(scene.machine.census().matches, 0, "the third page never came");
    assert_eq!(scene.machine.census().idle, 2);
}

/// The ticket of the first match of a page.
fn first_ticket(scene: &Scene, page: usize) -> Option<String> {
    scene.pages[page].events.iter().find_map(|it| match it {
        ClientEvent::Received(ToBrowser::Matched { ticket, .. }) => ticket.clone(),
        ClientEvent::Received(_) | ClientEvent::Closed(_) => None,
    })
}

#[test]
fn newer_ticket_displaces_neither_a_match_with_both_ends_nor_an_open_session() {
    for bob_comes in [true, false] {
        let (mut scene, [ann, bob, cem]) = call_after_another();
        // As if she had missed the end of that match.
        let ticket = first_ticket(&scene, ann);
        scene.show_ticket(ann, ticket);
        if bob_comes {
            scene.resume_with_ticket(bob);
        }
        let count = scene.pages.len();
        scene.resume_with_ticket(cem);
        assert_eq!(scene.pages.len(), count + 1, "cem becomes a new peer");
        assert_eq!(scene.machine.census().talking, 2);
        let events = scene.take_events(ann);
        assert_eq!(events, ["welcome", "partner #1 back"][..1 + usize::from(bob_comes)]);
    }
}

#[test]
fn record_that_no_page_has_claimed_does_not_outlive_its_match() {
    let (mut scene, [ann, bob, cem]) = call_after_another();
    scene.resume_with_ticket(bob);
    scene.send(bob, ToServer::Leave {});
    for page in [cem, ann] {
        let count = scene.pages.len();
        scene.resume_with_ticket(page);
        assert_eq!(scene.pages.len(), count, "the ticket is accepted");
    }
    assert_eq!(scene.machine.census().talking, 2);
}

#[test]
fn a_page_leaves_an_older_match_for_a_newer_one_if_only_it_has_come() {
    let (mut scene, [ann, bob, cem]) = call_after_another();
    let ticket = first_ticket(&scene, ann);
    scene.show_ticket(ann, ticket);
    scene.lose_socket(ann);
    forget_secret(&mut scene, ann);
    scene.resume_with_ticket(ann);
    scene.resume_with_ticket(cem);
    scene.resume_with_ticket(bob);
    let match_id = scene.last_match(cem);
    scene.send_signal(cem, match_id, 1, offer("hello"));
    assert_eq!(scene.take_events(ann), ["welcome", "welcome", "partner #1 back", "signal #1 1 hello"]);
    assert_eq!(scene.machine.census().talking, 2);
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
