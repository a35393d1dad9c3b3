//! Tests of the session with the server: connecting, heartbeat, loss, backoff and resume.

use std::time::Duration;

use crate::{
    call::{
        Input, Intent, MediaError, PeerEvent, Phase, Problem,
        tests::test_page::{
            AUDIO, BOTH, TestPage, candidate, candidate_signal, millis, secs, session, welcome,
        },
    },
    protocol::{
        ErrorCode, Features, Frame, Role, ToBrowser,
        limits::{ACK_EVERY, HEARTBEAT, IDLE_HEARTBEAT, MAX_OUTBOX_MESSAGES},
    },
};

/// Waits until the page opens a socket again; returns the wait.
fn wait_for_redial(page: &mut TestPage) -> Duration {
    page.take_actions();
    let since = page.now;
    while page.take_actions() != ["open socket"] {
        let due = page.call.next_deadline().unwrap();
        page.advance(due - page.now);
    }
    page.now - since
}

fn receive_error(page: &mut TestPage, code: ErrorCode) {
    page.receive(ToBrowser::Error { code, about: 0, retry_ms: None });
}

#[test]
fn redial_delay_doubles_up_to_15_s() {
    for seed in 0..50 {
        let mut page = TestPage::with_seed(seed);
        page.press(Intent::Start);
        for step in [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000] {
            page.lose_socket();
            let delay = wait_for_redial(&mut page);
            assert!(delay <= millis(step), "{delay:?} of {step} ms");
        }
    }
}

#[test]
fn redial_delay_is_spread_over_the_whole_backoff_step() {
    let fifth_delay = |seed| {
        let mut page = TestPage::with_seed(seed);
        page.press(Intent::Start);
        (0..5).map(|_| (page.lose_socket(), wait_for_redial(&mut page)).1).last().unwrap()
    };
    let delays: Vec<_> = (0..200).map(fifth_delay).collect();
    let in_quarter = |n: u64| {
        delays.iter().filter(|it| (millis(2_000 * n)..millis(2_000 * (n + 1))).contains(*it)).count()
    };
    assert!((0..4).all(|n| in_quarter(n) > 20), "{:?}", (0..4).map(in_quarter).collect::<Vec<_>>());
}

#[test]
fn welcome_resets_the_backoff() {
    let mut page = TestPage::waiting();
    for _ in 0..6 {
        page.lose_socket();
        wait_for_redial(&mut page);
    }
    page.server_resumes();
    page.lose_socket();
    assert!(wait_for_redial(&mut page) <= millis(500));
}

#[test]
fn open_socket_without_welcome_does_not_reset_the_backoff() {
    let mut longest = Duration::ZERO;
    for seed in 0..20 {
        let mut page = TestPage::with_seed(seed);
        page.press(Intent::Start);
        for _ in 0..6 {
            page.handle(Input::SocketOpened);
            page.lose_socket();
            longest = longest.max(wait_for_redial(&mut page));
        }
    }
    assert!(longest > secs(4));
}

#[test]
fn page_says_hello_again_on_the_same_socket() {
    let mut page = TestPage::waiting();
    page.take_actions();
    page.receive(ToBrowser::Again {});
    assert_eq!(page.take_actions(), ["send hello again"]);
    page.receive(ToBrowser::Again {});
    assert_eq!(page.take_actions(), ["send hello again"], "replaced once more before the welcome");
    page.advance(millis(9_999));
    assert!(page.take_actions().is_empty(), "nothing is sent before the welcome");
    page.advance(millis(1));
    assert_eq!(page.take_actions(), ["abandon socket"], "which never came");
}

#[test]
fn waiting_page_shows_the_last_proof_of_its_place() {
    let mut page = TestPage::waiting();
    page.receive(ToBrowser::Again {});
    assert_eq!(page.place, None, "it has none");
    page.server_resumes();
    for proof in ["p.1", "p.2"] {
        page.receive(ToBrowser::Place { proof: proof.into() });
    }
    page.receive(ToBrowser::Again {});
    assert_eq!(page.place.as_deref(), Some("p.2"));
    page.server_accepts();
    page.receive(ToBrowser::Waiting {});
    page.receive(ToBrowser::Again {});
    assert_eq!(page.place, None, "a new wait");
    page.server_resumes();
    page.receive(ToBrowser::Place { proof: "p.3".into() });
    page.receive_match(Role::Polite, BOTH);
    page.receive(ToBrowser::Again {});
    assert_eq!(page.place, None, "it does not wait any more");
}

#[test]
fn call_goes_on_when_the_server_behind_the_socket_is_replaced() {
    let mut page = TestPage::talking();
    page.take_actions();
    page.receive(ToBrowser::Again {});
    assert_eq!(page.take_actions(), ["send hello again"]);
    let mut msg = welcome(session(2), false);
    if let ToBrowser::Welcome { match_id, .. } = &mut msg {
        *match_id = Some(page.match_id());
    }
    page.receive(msg);
    assert_eq!(page.phase_name(), "talking");
}

#[test]
fn come_back_delay_applies_to_one_redial() {
    let mut page = TestPage::waiting();
    page.receive(ToBrowser::ComeBack { after_ms: 4_321 });
    page.lose_socket();
    assert_eq!(wait_for_redial(&mut page), millis(4_321));
    page.lose_socket();
    assert!(wait_for_redial(&mut page) <= millis(1_000));
}

#[test]
fn come_back_delay_of_zero_leaves_no_work_after_a_tick() {
    let mut page = TestPage::waiting();
    page.server_receives = false;
    page.receive(ToBrowser::ComeBack { after_ms: 0 });
    page.advance(HEARTBEAT + secs(10));
    page.advance(millis(1));
    assert_eq!(page.take_actions(), ["send ping", "abandon socket", "open socket"]);
}

#[test]
fn network_change_and_start_redial_at_once() {
    for input in [Input::NetworkChanged, Input::Intent(Intent::Start)] {
        let mut page = TestPage::waiting();
        page.receive(ToBrowser::ComeBack { after_ms: 60_000 });
        page.lose_socket();
        page.take_actions();
        page.handle(input.clone());
        assert_eq!(page.take_actions(), ["open socket"]);
        page.handle(input);
        assert!(page.take_actions().is_empty(), "is already connecting");
    }
}

#[test]
fn abandons_a_socket_without_welcome_after_10_s() {
    let mut page = TestPage::new();
    page.press(Intent::Start);
    page.handle(Input::SocketOpened);
    page.take_actions();
    page.advance(millis(9_999));
    assert!(page.take_actions().is_empty());
    page.advance(millis(1));
    assert_eq!(page.take_actions(), ["abandon socket"]);
    assert!(wait_for_redial(&mut page) <= millis(500));
}

#[test]
fn sends_a_ping_after_each_heartbeat_of_silence() {
    let mut page = TestPage::waiting();
    page.advance(HEARTBEAT - millis(1));
    assert!(page.take_actions().is_empty());
    page.advance(HEARTBEAT * 2 + millis(1));
    assert_eq!(page.take_actions(), ["send ping", "send ping", "send ping"]);
}

/// A page whose permission prompt is still open.
fn with_open_prompt() -> TestPage {
    let mut page = TestPage::new();
    page.press(Intent::Start);
    page.server_accepts();
    page.take_actions();
    page
}

#[test]
fn idle_page_pings_at_the_idle_heartbeat() {
    let mut page = with_open_prompt();
    page.advance(IDLE_HEARTBEAT - millis(1));
    assert!(page.take_actions().is_empty());
    page.advance(millis(1));
    assert_eq!(page.take_actions(), ["send ping"]);
}

#[test]
fn join_on_a_dead_socket_is_noticed_within_10_s() {
    let mut page = with_open_prompt();
    page.advance(IDLE_HEARTBEAT - secs(1));
    page.server_receives = false;
    page.take_actions();
    page.media_opens(BOTH);
    assert!(page.take_actions().contains(&"send join with audio and video".to_owned()));
    page.advance(millis(9_999));
    assert!(!page.take_actions().contains(&"abandon socket".to_owned()));
    page.advance(millis(1));
    assert!(page.take_actions().contains(&"abandon socket".to_owned()));
}

#[test]
fn an_error_reply_proves_that_the_socket_is_alive() {
    let mut page = with_open_prompt();
    page.media_opens(BOTH);
    page.receive(ToBrowser::Error { code: ErrorCode::RateLimited, about: 1, retry_ms: Some(60_000) });
    page.take_actions();
    page.advance(secs(11));
    assert!(!page.take_actions().contains(&"abandon socket".to_owned()));
}

#[test]
fn any_sent_message_postpones_the_ping() {
    let mut page = TestPage::matched(Role::Impolite, BOTH);
    page.advance(secs(8));
    page.peer_event(PeerEvent::CandidateFound(candidate("ours", "a")));
    page.take_actions();
    page.advance(secs(3));
    assert!(page.take_actions().is_empty());
}

#[test]
fn unanswered_ping_redials_and_resumes_the_session() {
    let mut page = TestPage::waiting();
    page.server_receives = false;
    page.advance(HEARTBEAT);
    assert_eq!(page.take_actions(), ["send ping"]);
    page.advance(millis(9_999));
    assert!(page.take_actions().is_empty());
    page.advance(millis(1));
    assert_eq!(page.take_actions(), ["abandon socket"]);
    assert!(wait_for_redial(&mut page) <= millis(500));
    page.server_resumes();
    assert_eq!(page.hellos.last(), Some(&Some(session(1))), "resumes the session of the last welcome");
}

#[test]
fn any_received_message_answers_a_ping() {
    let mut page = TestPage::waiting();
    page.server_receives = false;
    page.advance(HEARTBEAT);
    assert_eq!(page.take_actions(), ["send ping"]);
    page.receive_match(Role::Polite, AUDIO);
    page.take_actions();
    page.advance(secs(10));
    assert!(!page.take_actions().contains(&"abandon socket".to_owned()));
}

#[test]
fn resume_sends_unacknowledged_messages_exactly_once() {
    let mut page = TestPage::matched(Role::Impolite, BOTH);
    page.peer_event(PeerEvent::CandidateFound(candidate("ours", "arrives")));
    page.server_receives = false;
    page.peer_event(PeerEvent::CandidateFound(candidate("ours", "lost")));
    page.server_receives = true;
    page.lose_socket_and_redial();
    page.peer_event(PeerEvent::CandidateFound(candidate("ours", "later")));
    page.take_actions();
    page.server_resumes();
    assert_eq!(page.take_actions(), ["send hello again", "send candidate lost", "send candidate later"]);
}

#[test]
fn ignores_duplicate_messages() {
    let mut page = TestPage::matched(Role::Impolite, BOTH);
    page.negotiate_as_impolite();
    page.take_actions();
    let (match_id, epoch) = (page.match_id(), page.epoch);
    let msg = ToBrowser::Signal { match_id, epoch, signal: candidate_signal("theirs", "a") };
    let frame = page.server.send(msg).unwrap();
    page.handle(Input::Message(frame.clone()));
    page.handle(Input::Message(frame));
    assert_eq!(page.take_actions(), ["add a"]);
}

#[test]
fn hello_acknowledges_received_messages() {
    let mut page = TestPage::matched(Role::Polite, BOTH);
    page.lose_socket_and_redial();
    page.handle(Input::SocketOpened);
    assert_eq!(page.ack, 2, "`waiting` and `matched`");
}

#[test]
fn acknowledges_in_time_without_anything_to_send() {
    let mut page = TestPage::matched(Role::Polite, BOTH);
    page.take_actions();
    (0..ACK_EVERY - 3).for_each(|_| page.receive_signal(candidate_signal("theirs", "a")));
    assert!(page.take_actions().is_empty());
    page.receive_signal(candidate_signal("theirs", "a"));
    assert_eq!((page.take_actions(), page.ack), (vec!["send ping".to_owned()], ACK_EVERY));
}

#[test]
fn page_whose_timers_are_late_acknowledges_what_arrives() {
    let mut page = TestPage::matched(Role::Polite, BOTH);
    page.receive_signal(candidate_signal("theirs", "a"));
    page.take_actions();
    // No tick comes, as in a page in the background.
    page.now = page.now + HEARTBEAT;
    page.receive(ToBrowser::Pong {});
    assert_eq!((page.take_actions(), page.ack), (vec!["send ping".to_owned()], 3));
    page.receive(ToBrowser::Pong {});
    assert!(page.take_actions().is_empty(), "one answer is enough");
}

#[test]
fn broken_sequence_starts_a_new_session() {
    for (seq, ack) in [(7, 0), (0, 0), (2, 99)] {
        let mut page = TestPage::waiting();
        page.handle(Input::Message(Frame { seq, ack, msg: ToBrowser::Waiting {} }));
        assert_eq!(page.take_actions(), ["abandon socket"]);
        wait_for_redial(&mut page);
        page.server_accepts();
        assert_eq!(page.take_actions(), ["send hello", "send join with audio and video"]);
    }
}

#[test]
fn skips_unknown_messages_but_counts_their_sequence_numbers() {
    let mut page = TestPage::waiting();
    let Frame { seq, ack, .. } = page.server.send(ToBrowser::Waiting {}).unwrap();
    page.handle(Input::UnknownMessage { seq, ack });
    page.handle(Input::UnknownMessage { seq: 0, ack });
    page.receive_match(Role::Polite, BOTH);
    assert_eq!(page.phase_name(), "connecting");
    page.handle(Input::UnknownMessage { seq: seq + 7, ack });
    assert!(
        page.take_actions().contains(&"abandon socket".to_owned()),
        "a gap in the numbers breaks the sequence"
    );
}

#[test]
fn full_outbox_starts_a_new_session_without_closing_a_socket() {
    let mut page = TestPage::talking();
    page.lose_socket();
    page.advance(secs(3));
    page.lose_socket();
    page.take_actions();
    for _ in 0..MAX_OUTBOX_MESSAGES + 10 {
        page.peer_event(PeerEvent::CandidatesEnded { username_fragment: None });
    }
    assert!(page.take_actions().is_empty());
    wait_for_redial(&mut page);
    page.server_accepts();
    assert_eq!(page.take_actions(), ["send hello"]);
    assert_eq!(page.phase_name(), "talking");
}

#[test]
fn reports_a_full_server_and_redials() {
    let mut page = TestPage::new();
    page.press(Intent::Start);
    page.media_opens(BOTH);
    page.handle(Input::SocketOpened);
    receive_error(&mut page, ErrorCode::ServerFull);
    page.lose_socket();
    assert_eq!(page.problem(), None);
    page.advance(secs(2));
    assert_eq!(page.problem(), Some(Problem::ServerFull));
    page.handle(Input::NetworkChanged);
    assert_eq!(page.problem(), Some(Problem::ServerFull), "is kept until the next answer");
    page.lose_socket();
    assert_eq!(page.problem(), Some(Problem::ServerLost), "the socket was lost without an answer");
    page.handle(Input::NetworkChanged);
    page.server_accepts();
    assert_eq!((page.problem(), page.phase()), (None, Phase::Ready));
}

#[test]
fn page_at_the_wrong_address_stops_and_closes_the_devices() {
    for has_devices in [true, false] {
        let mut page = TestPage::new();
        page.press(Intent::Start);
        if has_devices {
            page.media_opens(BOTH);
        }
        page.handle(Input::SocketOpened);
        page.take_actions();
        receive_error(&mut page, ErrorCode::WrongOrigin);
        assert_eq!((page.phase(), page.problem()), (Phase::Landing, Some(Problem::WrongAddress)));
        let actions = page.take_actions();
        assert!(
            actions.contains(&"close media".into()) && actions.contains(&"close socket with 1000".into()),
            "{actions:?}"
        );
        page.handle(Input::SocketLost);
        page.advance(secs(120));
        assert_eq!(page.take_actions(), [""; 0], "no attempt from here can succeed");
        page.press(Intent::Start);
        assert!(page.take_actions().contains(&"open socket".into()), "a person may try again");
    }
}

#[test]
fn call_goes_on_at_the_wrong_address() {
    let mut page = TestPage::talking();
    page.lose_socket_and_redial();
    page.take_actions();
    page.handle(Input::SocketOpened);
    receive_error(&mut page, ErrorCode::WrongOrigin);
    page.lose_socket();
    page.advance(secs(2));
    assert_eq!((page.phase_name(), page.problem()), ("talking", Some(Problem::WrongAddress)));
    page.press(Intent::Next);
    assert_eq!((page.phase_name(), page.problem()), ("ready", Some(Problem::WrongAddress)));
    page.handle(Input::NetworkChanged);
    page.handle(Input::SocketOpened);
    receive_error(&mut page, ErrorCode::WrongOrigin);
    assert_eq!((page.phase(), page.problem()), (Phase::Landing, Some(Problem::WrongAddress)));
}

#[test]
fn errors_without_consequence_change_nothing() {
    for code in
        [ErrorCode::NotYourMatch, ErrorCode::TooManyCandidates, ErrorCode::Replaced, ErrorCode::BadFrame]
    {
        let mut page = TestPage::talking();
        receive_error(&mut page, code);
        assert_eq!((page.take_actions(), page.phase_name(), page.problem()), (vec![], "talking", None));
    }
}

#[test]
fn reports_an_unreachable_server_after_2_s() {
    let mut page = TestPage::new();
    page.press(Intent::Start);
    page.media_opens(BOTH);
    page.advance(millis(1_999));
    assert_eq!(page.problem(), None);
    page.advance(millis(1));
    assert_eq!((page.phase_name(), page.problem()), ("ready", Some(Problem::ServerLost)));
}

#[test]
fn waiting_page_joins_again_after_a_server_restart() {
    let mut page = TestPage::waiting();
    page.lose_socket_and_redial();
    page.take_actions();
    page.server_accepts();
    assert_eq!(page.take_actions(), ["send hello again", "send join with audio and video"]);
    assert_eq!(page.phase_name(), "ready");
}

#[test]
fn resumed_waiting_page_keeps_its_place() {
    let mut page = TestPage::waiting();
    page.lose_socket_and_redial();
    page.take_actions();
    page.server_resumes();
    assert_eq!((page.take_actions(), page.phase_name()), (vec!["send hello again".to_owned()], "waiting"));
}

#[test]
fn start_after_stop_does_not_resume_the_old_session() {
    let mut page = TestPage::waiting();
    page.press(Intent::Stop);
    page.press(Intent::Start);
    page.handle(Input::SocketOpened);
    assert_eq!(page.hellos, [None, None]);
    page.media_fails(MediaError::Missing);
}

/// A page whose server lists these features, after Start.
fn page_welcomed_with(listed: Features) -> TestPage {
    let mut page = TestPage::new();
    page.press(Intent::Start);
    page.handle(Input::SocketOpened);
    let mut msg = welcome(session(1), false);
    if let ToBrowser::Welcome { features, .. } = &mut msg {
        *features = listed;
    }
    page.receive(msg);
    page.take_actions();
    page
}

#[test]
fn a_page_says_goodbye_in_the_way_that_the_server_knows() {
    for ending in [Input::Intent(Intent::Stop), Input::PageHidden] {
        let mut page = page_welcomed_with(Features::all());
        page.handle(ending.clone());
        assert_eq!(page.take_actions(), ["close media", "send leave", "close socket with 4000"]);
        let mut page = page_welcomed_with(Features::default());
        page.handle(ending);
        assert_eq!(page.take_actions(), ["close media", "close socket with 1000"], "an older server");
    }
}

#[test]
fn a_page_that_is_not_welcomed_yet_leaves_without_a_message() {
    let mut page = page_welcomed_with(Features::all());
    page.lose_socket_and_redial();
    page.handle(Input::SocketOpened);
    page.take_actions();
    page.press(Intent::Stop);
    assert_eq!(page.take_actions(), ["close media", "close socket with 4000"]);
}

#[test]
fn the_last_server_decides_how_a_page_says_goodbye() {
    let mut page = page_welcomed_with(Features::default());
    page.lose_socket_and_redial();
    page.server_resumes();
    page.take_actions();
    page.press(Intent::Stop);
    assert_eq!(page.take_actions(), ["close media", "send leave", "close socket with 4000"]);
}

#[test]
fn replacing_a_dead_socket_is_no_goodbye() {
    let mut page = TestPage::waiting();
    page.server_receives = false;
    page.advance(HEARTBEAT + secs(10));
    assert_eq!(page.take_actions(), ["send ping", "abandon socket"]);
}
