//! Tests of how matches and waiting end, and of messages about matches that are over.

use super::scene::{Scene, candidate, offer, secs};
use crate::{
    matchmaker::{Census, Note},
    protocol::{Candidate, EndReason, Sdp, Signal, ToServer},
};

#[test]
fn next_ends_the_match_and_requeues_only_the_sender() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.advance(secs(4));
    scene.send(ann, ToServer::Next { match_id });
    assert_eq!(scene.take_events(ann), ["ended #1 next", "waiting"]);
    assert_eq!(scene.take_events(bob), ["ended #1 partner-next"]);
    let census = Census { idle: 1, waiting: 1, connections: 2, ..Census::default() };
    assert_eq!(scene.machine.census(), census);
    assert_eq!(scene.notes[1..], [Note::Ended { match_id, reason: EndReason::PartnerNext, lasted: secs(4) }]);
}

#[test]
fn simultaneous_next_ends_the_match_once_and_requeues_both() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.send(bob, ToServer::Next { match_id });
    scene.send(ann, ToServer::Next { match_id });
    assert_eq!(scene.take_events(ann), ["ended #1 partner-next", "waiting"]);
    assert_eq!(scene.take_events(bob), ["ended #1 next", "waiting"]);
    assert_eq!(scene.notes.len(), 2);
}

#[test]
fn repeated_next_ends_only_one_match() {
    let mut scene = Scene::new();
    let (ann, bob, before) = scene.add_matched_pair();
    let [cem] = scene.add_pages();
    scene.join(cem);
    scene.send(ann, ToServer::Next { match_id: before });
    assert_eq!(scene.take_events(ann), ["ended #1 next", "waiting", "matched #2 polite"]);
    scene.send(ann, ToServer::Next { match_id: before });
    scene.send(ann, ToServer::Next { match_id: before });
    assert_eq!(scene.take_events(ann), Vec::<String>::new());
    assert_eq!(
        scene.take_all_events(bob..cem + 1),
        [vec!["ended #1 partner-next"], vec!["waiting", "matched #2 impolite"]]
    );
}

#[test]
fn leave_ends_the_match_and_makes_both_ends_idle() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.report_connected(match_id, [ann, bob]);
    scene.send(ann, ToServer::Leave {});
    scene.send(ann, ToServer::Leave {});
    assert_eq!(scene.take_events(ann), ["ended #1 left"]);
    assert_eq!(scene.take_events(bob), ["ended #1 partner-left"]);
    assert_eq!(scene.machine.census(), Census { idle: 2, connections: 2, ..Census::default() });
}

#[test]
fn leaving_the_queue_prevents_pairing() {
    let mut scene = Scene::new();
    let [ann, bob] = scene.add_pages();
    scene.join(ann);
    scene.send(ann, ToServer::Leave {});
    scene.join(bob);
    assert_eq!(scene.take_all_events(ann..bob + 1), [["waiting"], ["waiting"]]);
    scene.join(ann);
    assert_eq!(scene.take_events(bob), ["matched #1 impolite"]);
}

#[test]
fn closed_page_is_forgotten_at_once() {
    let mut scene = Scene::new();
    let (ann, bob, _) = scene.add_matched_pair();
    let identity = scene.pages[ann].identity.unwrap();
    scene.close_page(ann);
    assert_eq!(scene.take_events(bob), ["ended #1 partner-left"]);
    let again = scene.add_impostor(identity);
    assert_eq!(scene.take_events(again), ["welcome"]);
    scene.advance(secs(60));
    assert_eq!(scene.take_events(bob), Vec::<String>::new());
    assert_eq!(scene.notes.len(), 2);
}

#[test]
fn closed_waiting_page_is_not_paired() {
    let mut scene = Scene::new();
    let [ann, bob] = scene.add_pages();
    scene.join(ann);
    scene.close_page(ann);
    scene.join(bob);
    assert_eq!(scene.take_events(bob), ["waiting"]);
    assert_eq!(scene.machine.census(), Census { waiting: 1, connections: 1, ..Census::default() });
}

#[test]
fn signal_reaches_only_the_partner() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    let (cem, dan, _) = scene.add_matched_pair();
    scene.send_signal(ann, match_id, 1, offer("v=0"));
    assert_eq!(scene.take_events(bob), ["signal #1 1 v=0"]);
    for page in [ann, cem, dan] {
        assert_eq!(scene.take_events(page), Vec::<String>::new());
    }
}

#[test]
fn messages_about_an_ended_match_are_dropped() {
    let mut scene = Scene::new();
    let (ann, bob, before) = scene.add_matched_pair();
    let [cem] = scene.add_pages();
    scene.join(cem);
    scene.send(ann, ToServer::Next { match_id: before });
    scene.take_all_events(ann..cem + 1);
    scene.send_signal(ann, before, 1, offer("late"));
    scene.send_signal(bob, before, 1, offer("late"));
    scene.send(bob, ToServer::Connected { match_id: before });
    scene.send(bob, ToServer::Failed { match_id: before });
    assert_eq!(scene.take_all_events(ann..cem + 1), [const { Vec::<String>::new() }; 3]);
}

#[test]
fn messages_about_a_foreign_match_are_refused() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    let [eve] = scene.add_pages();
    scene.send_signal(eve, match_id, 1, offer("mine"));
    scene.send(eve, ToServer::Connected { match_id });
    scene.send(eve, ToServer::Failed { match_id });
    scene.send(eve, ToServer::Next { match_id });
    let refusal = |seq| format!("error not-your-match about {seq}");
    assert_eq!(scene.take_events(eve), (1..5).map(refusal).collect::<Vec<_>>());
    assert_eq!(scene.take_all_events(ann..bob + 1), [const { Vec::<String>::new() }; 2]);
    assert_eq!(scene.machine.census().connecting, 2);
}

#[test]
fn ended_match_is_forgotten_after_ten_minutes() {
    let mut scene = Scene::new();
    let (ann, _, before) = scene.add_matched_pair();
    scene.send(ann, ToServer::Leave {});
    scene.advance(secs(599));
    scene.send_signal(ann, before, 1, offer("late"));
    assert_eq!(scene.take_events(ann), ["ended #1 left"]);
    scene.advance(secs(1));
    let (cem, ..) = scene.add_matched_pair();
    scene.send(cem, ToServer::Leave {});
    scene.send_signal(ann, before, 1, offer("very late"));
    assert_eq!(scene.take_events(ann), ["error not-your-match about 4"]);
}

#[test]
fn stale_epochs_are_dropped_and_impossible_epochs_refused() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.send_signal(ann, match_id, 2, offer("second"));
    scene.send_signal(ann, match_id, 1, offer("first"));
    scene.send_signal(bob, match_id, 1, offer("own count"));
    scene.send_signal(ann, match_id, 0, offer("none"));
    scene.send_signal(ann, match_id, 7, offer("seventh"));
    assert_eq!(scene.take_events(bob), ["signal #1 2 second"]);
    assert_eq!(scene.take_events(ann), ["signal #1 1 own count", "error bad-epoch about 5"]);
}

#[test]
fn candidate_limit_applies_per_epoch() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    let relayed = || signal_of("candidate:1 1 udp 1 192.0.2.1 9 typ relay");
    (0..65).for_each(|_| scene.send_signal(ann, match_id, 1, relayed()));
    assert_eq!(scene.take_events(bob).len(), 64);
    assert_eq!(scene.take_events(ann).last().unwrap(), "error too-many-candidates about 66");
    scene.send_signal(ann, match_id, 1, offer("not counted"));
    scene.send_signal(ann, match_id, 2, relayed());
    assert_eq!(scene.take_events(bob).len(), 2);
}

#[test]
fn many_host_candidates_leave_room_for_late_relayed_ones() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    (0..64).for_each(|_| scene.send_signal(ann, match_id, 1, candidate()));
    assert_eq!(scene.take_events(bob).len(), 40, "surplus host candidates are dropped");
    (0..24).for_each(|_| {
        scene.send_signal(ann, match_id, 1, signal_of("candidate:1 1 udp 1 192.0.2.1 9 typ relay"));
    });
    assert_eq!(scene.take_events(bob).len(), 24);
    assert!(scene.take_events(ann).is_empty(), "nothing was refused");
    scene.send_signal(ann, match_id, 1, candidate());
    assert_eq!(scene.take_events(ann), ["error too-many-candidates about 90"]);
}

fn signal_of(candidate: &str) -> Signal {
    let candidate = Sdp(candidate.to_owned());
    Signal::Candidate(Candidate { candidate, sdp_mid: None, sdp_m_line_index: None, username_fragment: None })
}
