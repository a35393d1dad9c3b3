//! A match that outlives its server: both ends come with their tickets, in either order; it must not know what is in one.

use super::{
    hidden_addresses::{joins, with_relay},
    scene::{Scene, offer, secs},
};
use crate::protocol::{ToBrowser, ToServer};

/// Two whose call was on when the server was killed.
fn killed() -> (Scene, usize, usize) {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    scene.connect(match_id, [ann, bob]);
    scene.restart();
    (scene, ann, bob)
}

#[test]
fn both_come_back_in_either_order_and_are_heard_by_each_other() {
    for swapped in [false, true] {
        let (mut scene, ann, bob) = killed();
        let (first, second) = if swapped { (bob, ann) } else { (ann, bob) };
        let match_id = scene.current(first);
        scene.take_up(first);
        assert_eq!(scene.news(first), ["welcome"]);
        assert_eq!(scene.machine.census().talking, 2);
        scene.signal(first, match_id, 1, offer("said before the other came"));
        scene.take_up(second);
        assert_eq!(
            scene.news(second),
            ["welcome", "partner #1 back", "signal #1 1 said before the other came"]
        );
        assert_eq!(scene.news(first), ["partner #1 back"]);
        scene.signal(second, match_id, 1, offer("and back"));
        assert_eq!(scene.news(first), ["signal #1 1 and back"]);
        scene.say(second, ToServer::Next { match_id });
        assert_eq!(scene.news(second), ["ended #1 next", "waiting"]);
        assert_eq!(scene.news(first), ["ended #1 partner-next"]);
    }
}

#[test]
fn one_who_does_not_come_is_lost_after_its_grace() {
    let (mut scene, ann, _) = killed();
    scene.take_up(ann);
    scene.news(ann);
    scene.wait(secs(19));
    assert!(scene.news(ann).is_empty());
    scene.wait(secs(2));
    assert_eq!(scene.news(ann), ["ended #1 partner-lost"]);
}

#[test]
fn a_match_that_is_over_here_cannot_be_taken_up() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    scene.connect(match_id, [ann, bob]);
    scene.lose(ann);
    scene.wait(secs(21));
    let pages = scene.pages.len();
    scene.take_up(ann);
    assert_eq!(scene.pages.len(), pages + 1, "it is a new peer");
    assert_eq!(scene.machine.census().matches, 0);
}

#[test]
fn a_ticket_takes_over_a_peer_whose_secret_is_lost_and_numbers_start_anew() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    scene.connect(match_id, [ann, bob]);
    scene.pages[ann].name.as_mut().unwrap().secret = crate::protocol::Secret(uuid::Uuid::nil());
    scene.take_up(ann);
    assert_eq!(scene.news(ann), ["welcome"]);
    assert_eq!(scene.news_on_the_old_socket(ann).last().unwrap(), "closed replaced");
    scene.signal(bob, match_id, 1, offer("still there?"));
    assert_eq!(scene.news(ann), ["signal #1 1 still there?"]);
}

#[test]
fn somebody_elses_ticket_forged_or_stolen_after_the_fact_makes_no_second_peer() {
    let (mut scene, ann, bob) = killed();
    scene.take_up(ann);
    scene.take_up(bob);
    let stolen = scene.ticket(ann);
    let eve = scene.open();
    scene.pages[eve].shows = stolen;
    scene.hello(eve, None);
    assert_eq!(scene.machine.census().matches, 1);
    assert_eq!(scene.machine.peers.len(), 2, "whoever holds it is that peer, and the one before is fenced");
    let mal = scene.open();
    scene.pages[mal].shows = Some("forged".into());
    scene.hello(mal, None);
    assert_eq!(scene.machine.census().idle, 1);
}

#[test]
fn two_who_hid_are_still_hidden_after_the_restart() {
    let mut scene = with_relay();
    let [ann, bob] = scene.arrive();
    joins(&mut scene, ann, true);
    joins(&mut scene, bob, false);
    let match_id = scene.current(ann);
    scene.connect(match_id, [ann, bob]);
    scene.news(bob);
    scene.restart();
    scene.take_up(ann);
    scene.take_up(bob);
    let news = scene.news(bob);
    assert_eq!(news, ["welcome", "partner #1 back", "ice #1"], "with credentials that are good for a while");
    scene.signal(ann, match_id, 1, super::scene::candidate());
    assert!(scene.news(bob).is_empty(), "a host candidate");
}

#[test]
fn a_server_that_drains_or_is_full_takes_nothing_up() {
    let (mut scene, ann, bob) = killed();
    scene.feed(crate::matchmaker::Input::Drain);
    scene.take_up(ann);
    assert_eq!(scene.machine.census().matches, 0);
    let _ = bob;

    let mut scene = Scene::with_room_for(2);
    let (ann, bob, match_id) = scene.pair();
    scene.connect(match_id, [ann, bob]);
    scene.restart();
    let [_cem] = scene.arrive();
    scene.take_up(ann);
    assert_eq!(scene.machine.census().matches, 0, "there is room for one only");
}

#[test]
fn nothing_is_left_over_when_they_have_gone() {
    let (mut scene, ann, bob) = killed();
    scene.take_up(ann);
    scene.take_up(bob);
    scene.goodbye(ann);
    scene.goodbye(bob);
    assert_eq!(scene.machine.census(), Default::default());
    assert_eq!(scene.machine.deadline(), None);
}

#[test]
fn the_ticket_is_no_longer_than_a_hello_may_show() {
    let mut scene = Scene::new();
    let (ann, ..) = scene.pair();
    let ToBrowser::Matched { ticket: Some(ticket), .. } = scene.terms(ann) else { panic!("no ticket") };
    assert!(ticket.len() <= crate::protocol::limits::MAX_TOKEN_BYTES);
}
