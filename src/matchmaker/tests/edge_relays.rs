//! Tests of relays that are in the edges of a cluster. The page of each network is at an edge of its own.

use super::{
    hidden_addresses::join_hiding,
    scene::{ClientEvent, Scene, edge_of, secs},
    vocabulary::relay_among,
};
use crate::{
    matchmaker::{EdgeId, Keys, RelayAccount},
    protocol::{IceServer, MatchId, ToBrowser, ToServer},
};

/// The edges of the first pages.
const EDGES: [EdgeId; 3] = [edge_of(0), edge_of(1), edge_of(2)];

/// A scene with these edges, each with a relay.
fn scene() -> Scene {
    let mut scene = Scene::new().with_networks(EDGES.len());
    (0..EDGES.len()).for_each(|it| scene.add_relay(it));
    scene
}

/// What a page was last told of the servers for its match.
fn servers(scene: &Scene, page: usize) -> Vec<IceServer> {
    let of_match = |it: &ClientEvent| match it {
        ClientEvent::Received(ToBrowser::Matched { ice, .. } | ToBrowser::Ice { ice, .. }) => {
            Some(ice.clone())
        }
        ClientEvent::Received(_) | ClientEvent::Closed(_) => None,
    };
    scene.pages[page].events.iter().rev().find_map(of_match).expect("it was matched")
}

/// The edges whose relays two pages were last given.
fn relays(scene: &Scene, pages: [usize; 2]) -> [Option<EdgeId>; 2] {
    pages.map(|it| relay_among(&servers(scene, it)))
}

/// Whose credentials a page was last given.
fn account(scene: &Scene, page: usize) -> RelayAccount {
    let ice = servers(scene, page);
    let server = ice.iter().find(|it| it.username.is_some()).expect("a relay");
    RelayAccount::open(&Keys::from([3; 32]), server.username.as_deref().unwrap()).expect("a valid account")
}

/// How often a page was given other servers.
fn replacements(scene: &Scene, page: usize) -> usize {
    let events = scene.pages[page].events.iter();
    events.filter(|it| matches!(it, ClientEvent::Received(ToBrowser::Ice { .. }))).count()
}

fn matched_pair(scene: &mut Scene) -> ([usize; 2], MatchId) {
    let (one, other, match_id) = scene.add_matched_pair();
    ([one, other], match_id)
}

/// Lets so much time pass that credentials are renewed once. The pages stay there.
fn pass_a_renewal(scene: &mut Scene, pair: [usize; 2]) {
    for _ in 0..21 {
        scene.advance(secs(20));
        pair.iter().for_each(|it| scene.send(*it, ToServer::Ping {}));
    }
}

#[test]
fn both_ends_are_given_the_relay_of_the_edge_of_the_one_who_waited() {
    let mut scene = scene();
    let (pair, match_id) = matched_pair(&mut scene);
    assert_eq!(relays(&scene, pair), [Some(EDGES[0]); 2]);
    let accounts = pair.map(|it| account(&scene, it));
    assert!(accounts.iter().all(|it| it.match_id == match_id));
    assert_eq!(accounts.map(|it| it.end), [0, 1], "the relay connects the two ends of one match");
}

#[test]
fn a_relay_of_either_edge_does_and_else_that_of_another_one() {
    let mut scene = Scene::new().with_networks(EDGES.len());
    scene.add_relay(1);
    let (pair, _) = matched_pair(&mut scene);
    assert_eq!(relays(&scene, pair), [Some(EDGES[1]); 2], "the polite end's");
    let mut scene = Scene::new().with_networks(EDGES.len());
    scene.add_relay(2);
    let (pair, _) = matched_pair(&mut scene);
    assert_eq!(relays(&scene, pair), [Some(EDGES[2]); 2], "neither end's");
}

#[test]
fn a_match_goes_on_with_another_relay_when_the_edge_of_its_own_is_lost() {
    let mut scene = scene();
    let (pair @ [ann, bob], match_id) = matched_pair(&mut scene);
    scene.report_connected(match_id, pair);
    scene.lose_edge(2);
    assert_eq!(replacements(&scene, bob), 0, "that was not its own");
    scene.lose_edge(0);
    assert_eq!(relays(&scene, [bob; 2]), [Some(EDGES[1]); 2]);
    scene.pages[ann].network = 1;
    scene.resume(ann);
    assert_eq!(relays(&scene, pair), [Some(EDGES[1]); 2], "it hears of it when it is back");
    assert_eq!(account(&scene, ann).match_id, match_id);
    assert_eq!((replacements(&scene, ann), replacements(&scene, bob)), (1, 1));
}

#[test]
fn an_edge_that_stops_gives_its_relay_to_nobody_who_has_another() {
    let mut scene = scene();
    let (pair @ [ann, bob], _) = matched_pair(&mut scene);
    scene.drain_edge(0);
    scene.pages[ann].network = 1;
    scene.resume(ann);
    assert_eq!(relays(&scene, pair), [Some(EDGES[1]); 2]);
    scene.drain_edge(1);
    scene.drain_edge(2);
    assert_eq!(replacements(&scene, bob), 1, "as long as it is there, it is better than none");
    scene.lose_edge(1);
    scene.add_relay(2);
    for page in pair {
        scene.pages[page].network = 2;
        scene.resume(page);
    }
    assert_eq!(relays(&scene, pair), [Some(EDGES[2]); 2], "there is one again");
}

#[test]
fn credentials_are_renewed_for_the_same_relay_and_not_without_one() {
    let mut scene = Scene::new().with_networks(2);
    scene.add_relay(1);
    let (pair @ [_, bob], match_id) = matched_pair(&mut scene);
    scene.report_connected(match_id, pair);
    let before = account(&scene, bob).expires_at;
    pass_a_renewal(&mut scene, pair);
    assert_eq!(replacements(&scene, bob), 1);
    assert!(account(&scene, bob).expires_at > before);
    assert_eq!(relays(&scene, pair), [Some(EDGES[1]); 2]);
    let with_relay = scene.machine.deadline();
    scene.lose_edge(1);
    scene.lose_edge(0);
    scene.advance(secs(21));
    assert!(with_relay.is_some());
    assert_eq!(scene.machine.deadline(), None, "nothing is left of the match");
}

#[test]
fn nothing_is_renewed_when_the_last_relay_is_gone() {
    let mut scene = Scene::new().with_networks(2);
    scene.add_relay(1);
    let (pair @ [_, bob], match_id) = matched_pair(&mut scene);
    scene.report_connected(match_id, pair);
    scene.lose_edge(1);
    scene.pages[bob].network = 0;
    scene.resume(bob);
    let before = pair.map(|it| replacements(&scene, it));
    pass_a_renewal(&mut scene, pair);
    assert_eq!(pair.map(|it| replacements(&scene, it)), before);
    assert_eq!(scene.machine.census().talking, 2, "the call goes on");
}

#[test]
fn a_new_core_gives_rebuilt_matches_the_relays_that_it_hears_of() {
    let mut scene = scene();
    let (pair @ [ann, bob], match_id) = matched_pair(&mut scene);
    scene.report_connected(match_id, pair);
    scene.restart_server();
    scene.resume_with_ticket(bob);
    assert_eq!(replacements(&scene, bob), 0, "it has not heard of any");
    scene.add_relay(1);
    scene.add_relay(0);
    assert_eq!(replacements(&scene, bob), 1);
    scene.resume_with_ticket(ann);
    assert_eq!(relays(&scene, pair), [Some(EDGES[1]); 2]);
    assert_eq!(
        pair.map(|it| account(&scene, it)).map(|it| (it.match_id, it.end)),
        [(match_id, 0), (match_id, 1)]
    );

    scene.restart_server();
    scene.add_relay(0);
    scene.add_relay(1);
    scene.resume_with_ticket(bob);
    scene.resume_with_ticket(ann);
    assert_eq!(relays(&scene, pair), [Some(EDGES[1]); 2], "that of the edge of the first who came");
}

#[test]
fn a_page_that_hides_waits_only_while_there_is_a_relay() {
    let mut scene = Scene::new().with_networks(2);
    let [ann, bob] = scene.add_pages();
    join_hiding(&mut scene, ann, true);
    assert_eq!(scene.take_events(ann), ["error no-relay about 1"]);
    scene.add_relay(1);
    join_hiding(&mut scene, ann, true);
    assert_eq!(scene.take_events(ann), ["waiting"]);
    scene.lose_edge(1);
    assert_eq!(scene.take_events(ann), ["error no-relay about 0"]);
    assert_eq!(scene.machine.census().waiting, 0);

    scene.add_relay(1);
    scene.pages[bob].network = 0;
    scene.resume(bob);
    join_hiding(&mut scene, ann, true);
    join_hiding(&mut scene, bob, false);
    let match_id = scene.last_match(ann);
    scene.lose_edge(1);
    scene.take_events(ann);
    scene.send(ann, ToServer::Next { match_id });
    let last = scene.take_events(ann).pop();
    assert_eq!(last.as_deref(), Some("error no-relay about 0"), "nor does it wait again");
}

#[test]
fn a_page_without_a_partner_is_given_the_relay_of_its_own_edge() {
    let mut scene = scene();
    let [_, bob] = scene.add_pages();
    scene.send(bob, ToServer::Check {});
    let Some(ClientEvent::Received(ToBrowser::Check { ice })) = scene.pages[bob].events.last() else {
        panic!("no answer")
    };
    assert_eq!(relay_among(ice), Some(EDGES[1]));
    assert_eq!(ice[0].urls, ["stun:edge"]);
}
