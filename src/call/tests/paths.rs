//! Tests of the test of all paths, which a person may ask for at any time.

use super::test_page::{BOTH, TestPage, secs};
use crate::{
    call::{Input, Intent, Output, PageEvent, PathResult, PathTests, Phase, Problem, TestedPath},
    protocol::{ErrorCode, IceServer, ToBrowser},
};

use PathResult::{Fails, NotOffered, Testing, Works};

fn server(urls: &[&str], username: Option<&str>) -> IceServer {
    IceServer {
        urls: urls.iter().map(|it| (*it).to_owned()).collect(),
        username: username.map(str::to_owned),
        credential: None,
    }
}

/// A server that names STUN and a relay with three URLs.
fn servers() -> ToBrowser {
    let relay = ["turn:a?transport=udp", "turn:a?transport=tcp", "turns:a:443?transport=tcp"];
    ToBrowser::Check { ice: vec![server(&["stun:a"], None), server(&relay, Some("ada"))] }
}

/// The tests that the page has begun since the last call, and `None` for their end.
fn take_tests(page: &mut TestPage) -> Vec<Option<(TestedPath, Vec<IceServer>)>> {
    let outputs = std::mem::take(&mut page.page_outputs);
    let test = |output| {
        if let Output::TestPath(path, ice) = output {
            Some(Some((path, ice)))
        } else {
            matches!(output, Output::EndPathTests).then_some(None)
        }
    };
    outputs.into_iter().filter_map(test).collect()
}

/// A page on the landing page that has asked the server.
fn asking() -> TestPage {
    let mut page = TestPage::new();
    page.press(Intent::CheckPaths);
    assert_eq!(page.take_actions(), ["open socket"]);
    page.server_accepts();
    assert_eq!(page.take_actions().last().map(String::as_str), Some("send check"));
    page
}

#[test]
fn each_path_gets_only_the_servers_for_it() {
    let mut page = asking();
    assert_eq!(page.call.snapshot().paths, PathTests::Asking);
    page.receive(servers());
    let expected = [
        (TestedPath::Direct, vec![server(&["stun:a"], None)]),
        (TestedPath::RelayUdp, vec![server(&["turn:a?transport=udp"], Some("ada"))]),
        (TestedPath::RelayTcp, vec![server(&["turn:a?transport=tcp"], Some("ada"))]),
        (TestedPath::RelayTls, vec![server(&["turns:a:443?transport=tcp"], Some("ada"))]),
    ];
    assert_eq!(take_tests(&mut page), expected.map(Some));
    assert_eq!(page.call.snapshot().paths, PathTests::Tested([Testing; 4]));
}

#[test]
fn on_the_landing_page_the_session_ends_with_the_last_answer() {
    let mut page = asking();
    page.receive(servers());
    take_tests(&mut page);
    for path in TestedPath::ALL {
        assert!(page.take_actions().is_empty(), "the session is still open");
        page.handle(Input::PathWorks(path));
    }
    assert_eq!(page.call.snapshot().paths, PathTests::Tested([Works; 4]));
    assert_eq!(take_tests(&mut page), [None], "the connections are closed");
    assert_eq!(page.take_actions(), ["send leave", "close socket with 4000"]);
    assert_eq!((page.phase(), page.call.next_deadline()), (Phase::Landing, None));
}

#[test]
fn what_has_not_answered_within_ten_seconds_fails() {
    let mut page = asking();
    let relay = server(&["turn:a"], None);
    page.receive(ToBrowser::Check { ice: vec![relay] });
    page.handle(Input::PathWorks(TestedPath::Direct));
    page.advance(secs(9));
    assert_eq!(page.call.snapshot().paths, PathTests::Tested([Works, Testing, NotOffered, NotOffered]));
    page.advance(secs(1));
    assert_eq!(page.call.snapshot().paths, PathTests::Tested([Works, Fails, NotOffered, NotOffered]));
    page.handle(Input::PathWorks(TestedPath::RelayUdp));
    assert_eq!(
        page.call.snapshot().paths,
        PathTests::Tested([Works, Fails, NotOffered, NotOffered]),
        "too late"
    );
}

#[test]
fn a_server_that_does_not_answer_is_left() {
    let mut page = TestPage::new();
    page.press(Intent::CheckPaths);
    page.lose_socket();
    page.advance(secs(10));
    assert_eq!(page.call.snapshot().paths, PathTests::Unanswered);
    assert_eq!(page.call.next_deadline(), None, "nothing more is tried");
    assert_eq!(page.problem(), None, "nothing was started, so nothing is wrong with it");

    let mut page = asking();
    page.receive(ToBrowser::Error { code: ErrorCode::RateLimited, about: 1, retry_ms: None });
    page.advance(secs(10));
    assert_eq!((page.call.snapshot().paths, page.call.next_deadline()), (PathTests::Unanswered, None));
}

#[test]
fn during_a_call_the_session_goes_on() {
    let mut page = TestPage::talking();
    page.take_actions();
    page.press(Intent::CheckPaths);
    page.press(Intent::CheckPaths);
    assert_eq!(page.take_actions(), ["send check"], "one test at a time");
    page.receive(servers());
    page.advance(secs(10));
    assert_eq!(page.call.snapshot().paths, PathTests::Tested([Fails; 4]));
    assert_eq!(page.phase_name(), "talking");
    assert!(!page.take_actions().iter().any(|it| it.contains("socket")));
}

#[test]
fn start_takes_the_session_over_and_stop_ends_the_test() {
    let mut page = asking();
    page.receive(servers());
    take_tests(&mut page);
    page.press(Intent::Start);
    page.media_opens(BOTH);
    assert_eq!(page.phase_name(), "ready");
    page.advance(secs(10));
    assert_eq!(page.call.snapshot().paths, PathTests::Tested([Fails; 4]));
    assert_eq!(page.phase_name(), "ready");

    page.press(Intent::CheckPaths);
    page.receive(servers());
    take_tests(&mut page);
    page.press(Intent::Stop);
    assert_eq!(take_tests(&mut page), [None]);
    assert_eq!((page.call.snapshot().paths, page.call.next_deadline()), (PathTests::NotAsked, None));
}

#[test]
fn a_page_at_a_wrong_address_says_so() {
    let mut page = TestPage::new();
    page.press(Intent::CheckPaths);
    page.handle(Input::SocketOpened);
    page.receive(ToBrowser::Error { code: ErrorCode::WrongOrigin, about: 0, retry_ms: None });
    assert_eq!(page.problem(), Some(Problem::WrongAddress));
    assert_eq!(page.call.snapshot().paths, PathTests::NotAsked);
    page.handle(Input::Page(PageEvent::TakenOver));
    assert_eq!(page.problem(), Some(Problem::WrongAddress));
}
