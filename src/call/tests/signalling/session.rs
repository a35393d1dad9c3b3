//! The line to the server: dialled, kept alive, lost, found again; it must not know matches.

use std::time::Duration;

use crate::{
    call::{
        Input, Intent, MediaError, PeerEvent, Phase, Problem,
        tests::test_page::{AUDIO, BOTH, Page, candidate, millis, secs, session, trickled},
    },
    protocol::{
        ErrorCode, Frame, Role, ToBrowser,
        limits::{ACK_EVERY, HEARTBEAT, IDLE_HEARTBEAT, MAX_OUTBOX_MESSAGES},
    },
};

/// How long the page waits until it dials again.
fn rest(page: &mut Page) -> Duration {
    page.did();
    let since = page.now;
    while page.did() != ["dial"] {
        let due = page.call.next_deadline().unwrap();
        page.after(due - page.now);
    }
    page.now - since
}

fn error(page: &mut Page, code: ErrorCode) {
    page.hears(ToBrowser::Error { code, about: 0, retry_ms: None });
}

#[test]
fn each_attempt_is_made_within_a_step_twice_as_high_up_to_15_s() {
    for seed in 0..50 {
        let mut page = Page::with_seed(seed);
        page.wants(Intent::Start);
        for step in [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000] {
            page.loses_its_socket();
            let waited = rest(&mut page);
            assert!(waited <= millis(step), "{waited:?} of {step} ms");
        }
    }
}

#[test]
fn the_whole_of_a_step_is_used_so_that_pages_do_not_come_all_at_once() {
    let fourth = |seed| {
        let mut page = Page::with_seed(seed);
        page.wants(Intent::Start);
        (0..5).map(|_| (page.loses_its_socket(), rest(&mut page)).1).last().unwrap()
    };
    let waits: Vec<_> = (0..200).map(fourth).collect();
    let in_quarter =
        |n: u64| waits.iter().filter(|it| (millis(2_000 * n)..millis(2_000 * (n + 1))).contains(*it)).count();
    assert!((0..4).all(|n| in_quarter(n) > 20), "{:?}", (0..4).map(in_quarter).collect::<Vec<_>>());
}

#[test]
fn the_ladder_begins_anew_after_a_welcome() {
    let mut page = Page::waiting();
    for _ in 0..6 {
        page.loses_its_socket();
        rest(&mut page);
    }
    page.is_taken_back();
    page.loses_its_socket();
    assert!(rest(&mut page) <= millis(500));
}

#[test]
fn a_socket_that_opens_without_a_welcome_does_not_reset_the_ladder() {
    let mut longest = Duration::ZERO;
    for seed in 0..20 {
        let mut page = Page::with_seed(seed);
        page.wants(Intent::Start);
        for _ in 0..6 {
            page.tell(Input::SocketOpened);
            page.loses_its_socket();
            longest = longest.max(rest(&mut page));
        }
    }
    assert!(longest > secs(4));
}

#[test]
fn a_server_that_says_when_to_come_back_is_believed_once() {
    let mut page = Page::waiting();
    page.hears(ToBrowser::ComeBack { after_ms: 4_321 });
    page.loses_its_socket();
    assert_eq!(rest(&mut page), millis(4_321));
    page.loses_its_socket();
    assert!(rest(&mut page) <= millis(1_000));
}

#[test]
fn a_server_that_says_at_once_leaves_no_tick_with_work_behind() {
    let mut page = Page::waiting();
    page.server_listens = false;
    page.hears(ToBrowser::ComeBack { after_ms: 0 });
    page.after(HEARTBEAT + secs(10));
    page.after(millis(1));
    assert_eq!(page.did(), ["say ping", "change sockets", "dial"]);
}

#[test]
fn a_network_that_is_back_and_a_press_on_start_hurry() {
    for hurry in [Input::NetworkChanged, Input::Intent(Intent::Start)] {
        let mut page = Page::waiting();
        page.hears(ToBrowser::ComeBack { after_ms: 60_000 });
        page.loses_its_socket();
        page.did();
        page.tell(hurry.clone());
        assert_eq!(page.did(), ["dial"]);
        page.tell(hurry);
        assert!(page.did().is_empty(), "it dials already");
    }
}

#[test]
fn a_socket_that_is_not_there_within_10_s_is_given_up() {
    let mut page = Page::new();
    page.wants(Intent::Start);
    page.tell(Input::SocketOpened);
    page.did();
    page.after(millis(9_999));
    assert!(page.did().is_empty());
    page.after(millis(1));
    assert_eq!(page.did(), ["change sockets"]);
    assert!(rest(&mut page) <= millis(500));
}

#[test]
fn a_ping_is_said_after_every_heartbeat_of_silence() {
    let mut page = Page::waiting();
    page.after(HEARTBEAT - millis(1));
    assert!(page.did().is_empty());
    page.after(HEARTBEAT * 2 + millis(1));
    assert_eq!(page.did(), ["say ping", "say ping", "say ping"]);
}

/// A page whose person still reads the browser's question.
fn idle() -> Page {
    let mut page = Page::new();
    page.wants(Intent::Start);
    page.is_welcomed();
    page.did();
    page
}

#[test]
fn a_page_on_which_nobody_counts_pings_seldom() {
    let mut page = idle();
    page.after(IDLE_HEARTBEAT - millis(1));
    assert!(page.did().is_empty());
    page.after(millis(1));
    assert_eq!(page.did(), ["say ping"]);
}

#[test]
fn who_asks_for_somebody_on_a_dead_line_waits_for_no_ping() {
    let mut page = idle();
    page.after(IDLE_HEARTBEAT - secs(1));
    page.server_listens = false;
    page.did();
    page.tell(Input::MediaOpened(BOTH));
    assert!(page.did().contains(&"say join with audio and video".to_owned()));
    page.after(millis(9_999));
    assert!(!page.did().contains(&"change sockets".to_owned()));
    page.after(millis(1));
    assert!(page.did().contains(&"change sockets".to_owned()));
}

#[test]
fn a_refusal_shows_that_the_line_is_there() {
    let mut page = idle();
    page.tell(Input::MediaOpened(BOTH));
    page.hears(ToBrowser::Error { code: ErrorCode::RateLimited, about: 1, retry_ms: Some(60_000) });
    page.did();
    page.after(secs(11));
    assert!(!page.did().contains(&"change sockets".to_owned()));
}

#[test]
fn who_has_said_something_needs_no_ping() {
    let mut page = Page::matched(Role::Impolite, BOTH);
    page.after(secs(8));
    page.peer(PeerEvent::CandidateFound(candidate("ours", "a")));
    page.did();
    page.after(secs(3));
    assert!(page.did().is_empty());
}

#[test]
fn an_unanswered_ping_hangs_up_and_dials_again() {
    let mut page = Page::waiting();
    page.server_listens = false;
    page.after(HEARTBEAT);
    assert_eq!(page.did(), ["say ping"]);
    page.after(millis(9_999));
    assert!(page.did().is_empty());
    page.after(millis(1));
    assert_eq!(page.did(), ["change sockets"]);
    assert!(rest(&mut page) <= millis(500));
    page.is_taken_back();
    assert_eq!(page.hellos.last(), Some(&Some(session(1))), "it shows what the last welcome gave");
}

#[test]
fn anything_that_is_heard_answers_a_ping() {
    let mut page = Page::waiting();
    page.server_listens = false;
    page.after(HEARTBEAT);
    assert_eq!(page.did(), ["say ping"]);
    page.is_matched(Role::Polite, AUDIO);
    page.did();
    page.after(secs(10));
    assert!(!page.did().contains(&"change sockets".to_owned()));
}

#[test]
fn what_was_said_while_the_line_was_away_is_said_when_it_is_back_and_nothing_twice() {
    let mut page = Page::matched(Role::Impolite, BOTH);
    page.peer(PeerEvent::CandidateFound(candidate("ours", "arrives")));
    page.server_listens = false;
    page.peer(PeerEvent::CandidateFound(candidate("ours", "lost")));
    page.server_listens = true;
    page.redials();
    page.peer(PeerEvent::CandidateFound(candidate("ours", "later")));
    page.did();
    page.is_taken_back();
    assert_eq!(page.did(), ["say hello again", "say candidate lost", "say candidate later"]);
}

#[test]
fn what_is_heard_twice_is_heeded_once() {
    let mut page = Page::matched(Role::Impolite, BOTH);
    page.negotiates();
    page.did();
    let (match_id, epoch) = (page.match_id(), page.epoch);
    let msg = ToBrowser::Signal { match_id, epoch, signal: trickled("theirs", "a") };
    let frame = page.server.send(msg).unwrap();
    page.tell(Input::Message(frame.clone()));
    page.tell(Input::Message(frame));
    assert_eq!(page.did(), ["add a"]);
}

#[test]
fn a_hello_acknowledges_what_was_heard() {
    let mut page = Page::matched(Role::Polite, BOTH);
    page.redials();
    page.tell(Input::SocketOpened);
    assert_eq!(page.ack, 2, "the waiting and the match");
}

#[test]
fn who_only_listens_acknowledges_in_time() {
    let mut page = Page::matched(Role::Polite, BOTH);
    page.did();
    (0..ACK_EVERY - 3).for_each(|_| page.is_signalled(trickled("theirs", "a")));
    assert!(page.did().is_empty());
    page.is_signalled(trickled("theirs", "a"));
    assert_eq!((page.did(), page.ack), (vec!["say ping".to_owned()], ACK_EVERY));
}

#[test]
fn a_broken_sequence_begins_a_new_session() {
    for (seq, ack) in [(7, 0), (0, 0), (2, 99)] {
        let mut page = Page::waiting();
        page.tell(Input::Message(Frame { seq, ack, msg: ToBrowser::Waiting {} }));
        assert_eq!(page.did(), ["change sockets"]);
        rest(&mut page);
        page.is_welcomed();
        assert_eq!(page.did(), ["say hello", "say join with audio and video"]);
    }
}

#[test]
fn a_message_of_a_later_age_is_passed_over_and_counted() {
    let mut page = Page::waiting();
    let Frame { seq, ack, .. } = page.server.send(ToBrowser::Waiting {}).unwrap();
    page.tell(Input::UnknownMessage { seq, ack });
    page.tell(Input::UnknownMessage { seq: 0, ack });
    page.is_matched(Role::Polite, BOTH);
    assert_eq!(page.phase(), "connecting");
    page.tell(Input::UnknownMessage { seq: seq + 7, ack });
    assert!(page.did().contains(&"change sockets".to_owned()), "a gap is a gap");
}

#[test]
fn an_outbox_that_is_full_begins_a_new_session_and_closes_nothing_that_is_not_open() {
    let mut page = Page::talking();
    page.loses_its_socket();
    page.after(secs(3));
    page.loses_its_socket();
    page.did();
    for _ in 0..MAX_OUTBOX_MESSAGES + 10 {
        page.peer(PeerEvent::CandidatesEnded { username_fragment: None });
    }
    assert!(page.did().is_empty());
    rest(&mut page);
    page.is_welcomed();
    assert_eq!(page.did(), ["say hello"]);
    assert_eq!(page.phase(), "talking");
}

#[test]
fn a_server_without_room_is_named_and_tried_again() {
    let mut page = Page::new();
    page.wants(Intent::Start);
    page.tell(Input::MediaOpened(BOTH));
    page.tell(Input::SocketOpened);
    error(&mut page, ErrorCode::ServerFull);
    page.loses_its_socket();
    assert_eq!(page.problem(), None);
    page.after(secs(2));
    assert_eq!(page.problem(), Some(Problem::ServerFull));
    page.tell(Input::NetworkChanged);
    assert_eq!(page.problem(), Some(Problem::ServerFull), "until the next answer");
    page.loses_its_socket();
    assert_eq!(page.problem(), Some(Problem::ServerLost), "which was none");
    page.tell(Input::NetworkChanged);
    page.is_welcomed();
    assert_eq!((page.problem(), page.sees()), (None, Phase::Ready));
}

#[test]
fn an_error_changes_nothing_by_itself() {
    for code in
        [ErrorCode::NotYourMatch, ErrorCode::TooManyCandidates, ErrorCode::Replaced, ErrorCode::BadFrame]
    {
        let mut page = Page::talking();
        error(&mut page, code);
        assert_eq!((page.did(), page.phase(), page.problem()), (vec![], "talking", None));
    }
}

#[test]
fn a_server_that_cannot_be_reached_is_named_after_2_s() {
    let mut page = Page::new();
    page.wants(Intent::Start);
    page.tell(Input::MediaOpened(BOTH));
    page.after(millis(1_999));
    assert_eq!(page.problem(), None);
    page.after(millis(1));
    assert_eq!((page.phase(), page.problem()), ("ready", Some(Problem::ServerLost)));
}

#[test]
fn who_waits_is_in_the_queue_again_after_a_restart() {
    let mut page = Page::waiting();
    page.redials();
    page.did();
    page.is_welcomed();
    assert_eq!(page.did(), ["say hello again", "say join with audio and video"]);
    assert_eq!(page.phase(), "ready");
}

#[test]
fn who_was_taken_back_while_waiting_waits_on() {
    let mut page = Page::waiting();
    page.redials();
    page.did();
    page.is_taken_back();
    assert_eq!((page.did(), page.phase()), (vec!["say hello again".to_owned()], "waiting"));
}

#[test]
fn a_new_start_shows_no_secret_of_the_old_one() {
    let mut page = Page::waiting();
    page.wants(Intent::Stop);
    page.wants(Intent::Start);
    page.tell(Input::SocketOpened);
    assert_eq!(page.hellos, [None, None]);
    page.tell(Input::MediaFailed(MediaError::Missing));
}
