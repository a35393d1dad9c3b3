//! Tests of sanctions: what ends, what is shown, and what a refused device may do.

use super::test_page::{BOTH, TestPage, had_a_call, millis, secs, session, welcome};
use crate::{
    call::{Consent, Farewell, Gesture, Input, Inquiry, Intent, Phase, Problem, StoredProfile, WindowWish},
    protocol::{ErrorCode, Frame, NoticeKind, ReportReason, Role, SanctionNotice, ToBrowser},
};

/// 12:00 on a day, in seconds since the Unix epoch.
const NOON: u64 = 1_764_000_000;

fn notice(kind: NoticeKind, seconds: u64) -> SanctionNotice {
    SanctionNotice {
        kind,
        reason: ReportReason::Nudity,
        until: NOON + seconds,
        automatic: kind == NoticeKind::Paused,
        appeal: Some("8QX4-K2M7".into()),
    }
}

/// A page in a call at [`NOON`].
fn talking() -> TestPage {
    let mut page = TestPage::new();
    page.unix_origin_ms = NOON * 1_000 - page.now.as_millis();
    page.press(Intent::Start);
    page.media_opens(BOTH);
    page.server_accepts();
    page.receive(ToBrowser::Waiting {});
    page.receive_match(Role::Impolite, BOTH);
    page.negotiate_as_impolite();
    page.media_flows = true;
    page.peer_connects();
    page.advance(millis(100));
    assert_eq!(page.phase_name(), "talking");
    page.take_actions();
    page
}

/// The server refuses the device: the notice, the error and the end of the socket.
fn refuse(page: &mut TestPage, notice: Option<SanctionNotice>) {
    for msg in notice.map(ToBrowser::Sanctioned).into_iter().chain([ToBrowser::Error {
        code: ErrorCode::Sanctioned,
        about: 0,
        retry_ms: None,
    }]) {
        page.handle(Input::Message(Frame { seq: 0, ack: 0, msg }));
    }
    page.handle(Input::SocketLost);
}

fn inquiry(page: &TestPage) -> Inquiry {
    page.call.snapshot().sanction.unwrap().inquiry
}

fn opens(page: &mut TestPage) -> usize {
    page.take_actions().iter().filter(|it| *it == "open socket").count()
}

#[test]
fn a_ban_ends_the_call_closes_the_devices_and_does_not_reconnect() {
    for (kind, problem) in [(NoticeKind::Banned, Problem::Banned), (NoticeKind::Paused, Problem::Paused)] {
        let mut page = talking();
        refuse(&mut page, Some(notice(kind, 900)));
        assert_eq!((page.phase(), page.problem()), (Phase::Landing, Some(problem)));
        let actions = page.take_actions();
        for action in ["close peer", "close media", "close socket with 4000"] {
            assert!(actions.contains(&action.to_owned()), "{action}: {actions:?}");
        }
        let shown = page.call.snapshot().sanction.unwrap();
        assert_eq!(shown.terms, Some((ReportReason::Nudity, NOON + 900)));
        assert_eq!((shown.automatic, shown.can_appeal), (kind == NoticeKind::Paused, true));
        assert_eq!(page.call.appeal(), "8QX4-K2M7");
        page.advance(secs(890));
        page.handle(Input::NetworkChanged);
        assert_eq!((page.problem(), opens(&mut page)), (Some(problem), 0));
        page.advance(secs(10));
        assert_eq!((page.problem(), page.call.snapshot().sanction), (None, None), "it ends at its time");
        assert_eq!(page.call.next_deadline(), None);
        page.press(Intent::Start);
        assert_eq!(opens(&mut page), 1);
    }
}

#[test]
fn a_refused_page_does_nothing_but_ask_again() {
    let mut page = talking();
    refuse(&mut page, Some(notice(NoticeKind::Banned, 900)));
    page.take_actions();
    for intent in [
        Intent::OpenMirror,
        Intent::StartWithout,
        Intent::StartUnhidden,
        Intent::CheckPaths,
        Intent::Stop,
        Intent::Next,
        Intent::AcceptWarning,
        Intent::Window(WindowWish::Reload),
    ] {
        page.press(intent.clone());
        assert_eq!((page.problem(), page.take_actions()), (Some(Problem::Banned), vec![]), "{intent:?}");
    }
    page.press(Intent::Gesture(Gesture::Back));
    assert_eq!(page.problem(), Some(Problem::Banned), "Back leaves the page");
    page.press(Intent::Start);
    assert_eq!(page.take_actions(), ["open socket"], "no device is opened before the answer");
    assert!(matches!(inquiry(&page), Inquiry::Asking { .. }));
    page.handle(Input::SocketOpened);
    refuse(&mut page, Some(notice(NoticeKind::Banned, 900)));
    assert_eq!((page.problem(), inquiry(&page)), (Some(Problem::Banned), Inquiry::Confirmed));
    assert_eq!(page.take_actions().last().map(String::as_str), Some("close socket with 4000"));
    page.press(Intent::Start);
    page.server_accepts();
    assert_eq!((page.phase(), page.problem()), (Phase::Landing, None), "the appeal was granted");
    assert_eq!(page.take_actions().last().map(String::as_str), Some("close socket with 4000"));
    page.press(Intent::Start);
    assert_eq!(page.phase(), Phase::Asking);
}

#[test]
fn a_refused_page_gives_up_a_server_that_does_not_answer() {
    let mut page = talking();
    refuse(&mut page, Some(notice(NoticeKind::Banned, 900)));
    page.take_actions();
    page.press(Intent::Start);
    page.lose_socket_and_redial();
    assert!(matches!(inquiry(&page), Inquiry::Asking { .. }), "it tries more than once");
    page.advance(secs(10));
    assert_eq!((page.problem(), inquiry(&page)), (Some(Problem::Banned), Inquiry::Unanswered));
    page.take_actions();
    page.advance(secs(100));
    assert_eq!(opens(&mut page), 0);
}

#[test]
fn a_refused_page_that_has_to_do_something_else_first_says_so() {
    for (code, problem) in
        [(ErrorCode::AgeRequired, Problem::AgeCheck), (ErrorCode::WrongOrigin, Problem::WrongAddress)]
    {
        let mut page = talking();
        refuse(&mut page, Some(notice(NoticeKind::Banned, 900)));
        page.press(Intent::Start);
        page.handle(Input::SocketOpened);
        let msg = ToBrowser::Error { code, about: 0, retry_ms: None };
        page.handle(Input::Message(Frame { seq: 0, ack: 0, msg }));
        page.handle(Input::SocketLost);
        assert_eq!(page.problem(), Some(problem));
    }
}

#[test]
fn another_refusal_than_the_one_before_is_news() {
    let mut page = talking();
    refuse(&mut page, Some(notice(NoticeKind::Paused, 900)));
    page.press(Intent::Start);
    page.handle(Input::SocketOpened);
    refuse(&mut page, Some(notice(NoticeKind::Banned, 9_000)));
    assert_eq!((page.problem(), inquiry(&page)), (Some(Problem::Banned), Inquiry::None));
}

#[test]
fn a_refusal_without_a_reason_keeps_the_one_that_is_known() {
    let mut page = talking();
    refuse(&mut page, Some(notice(NoticeKind::Banned, 900)));
    page.press(Intent::Start);
    page.handle(Input::SocketOpened);
    refuse(&mut page, None);
    assert_eq!(inquiry(&page), Inquiry::Confirmed);
    assert!(page.call.snapshot().sanction.unwrap().can_appeal);
}

#[test]
fn a_warning_that_comes_during_the_search_pauses_it() {
    let mut page = talking();
    page.press(Intent::Next);
    page.receive(ToBrowser::Waiting {});
    page.receive(ToBrowser::Sanctioned(notice(NoticeKind::Warned, 900)));
    assert_eq!(page.phase(), Phase::Ended { why: Farewell::Paused });
    page.press(Intent::AcceptWarning);
    assert_eq!(page.phase(), Phase::Ended { why: Farewell::Paused });
    page.press(Intent::Start);
    assert_eq!(page.phase(), Phase::Ready);
}

#[test]
fn a_refusal_without_a_notice_has_no_end() {
    let mut page = talking();
    refuse(&mut page, None);
    let shown = page.call.snapshot().sanction.unwrap();
    assert_eq!((page.problem(), shown.terms, shown.can_appeal), (Some(Problem::Banned), None, false));
    page.advance(secs(30 * 86_400));
    assert_eq!((page.problem(), opens(&mut page)), (Some(Problem::Banned), 0));
    page.press(Intent::Start);
    page.server_accepts();
    assert_eq!(page.problem(), None);
}

#[test]
fn a_refusal_that_is_over_by_the_clock_of_this_device_stands_until_the_server_says_otherwise() {
    let mut page = talking();
    page.unix_origin_ms += 3_600_000;
    refuse(&mut page, Some(notice(NoticeKind::Paused, 900)));
    let shown = page.call.snapshot().sanction.unwrap();
    assert_eq!(
        (page.problem(), shown.can_appeal),
        (Some(Problem::Paused), true),
        "not a ban without a reason"
    );
    page.advance(secs(2_000));
    assert_eq!(page.problem(), Some(Problem::Paused));
    page.press(Intent::Start);
    page.server_accepts();
    assert_eq!(page.problem(), None);
}

#[test]
fn a_dialog_over_the_page_of_a_refused_device_can_be_left() {
    let mut page = talking();
    page.receive(ToBrowser::Sanctioned(notice(NoticeKind::Warned, 900)));
    let consent = Consent { under_age_since: Some(NOON), ..had_a_call().consent };
    page.handle(Input::StorageChanged(Box::new(StoredProfile { consent, ..StoredProfile::default() })));
    assert_eq!(page.problem(), Some(Problem::UnderAge));
    page.press(Intent::AcceptWarning);
    assert_eq!((page.problem(), page.call.snapshot().sanction), (Some(Problem::UnderAge), None));
}

#[test]
fn a_warning_is_shown_in_the_call_until_it_is_read() {
    let mut page = talking();
    page.receive(ToBrowser::Sanctioned(notice(NoticeKind::Warned, 900)));
    assert_eq!((page.phase_name(), page.problem()), ("talking", None));
    assert_eq!(page.call.snapshot().sanction.unwrap().kind, NoticeKind::Warned);
    page.press(Intent::Stop);
    page.press(Intent::Start);
    assert_eq!(page.phase(), Phase::Landing, "it has to be read first");
    page.advance(secs(2_000));
    assert!(page.call.snapshot().sanction.is_some(), "it does not go away by itself");
    page.press(Intent::AcceptWarning);
    assert_eq!(page.call.snapshot().sanction, None);
    page.press(Intent::Start);
    assert_eq!(page.phase(), Phase::Asking);
}

#[test]
fn a_warning_is_read_once_on_all_pages_of_the_device() {
    let mut page = talking();
    let warning = notice(NoticeKind::Warned, 900);
    page.receive(ToBrowser::Sanctioned(warning.clone()));
    let consent = Consent { read_warning: Some(warning.until), ..had_a_call().consent };
    page.handle(Input::StorageChanged(Box::new(StoredProfile { consent, ..StoredProfile::default() })));
    assert_eq!(page.call.snapshot().sanction, None, "another page has shown it");
    page.receive(ToBrowser::Sanctioned(warning));
    assert_eq!(page.call.snapshot().sanction, None, "the server tells it again");
    page.receive(ToBrowser::Sanctioned(notice(NoticeKind::Warned, 901)));
    assert!(page.call.snapshot().sanction.is_some(), "a new one");
    page.press(Intent::AcceptWarning);
    assert_eq!(page.call.stored().consent.read_warning, Some(notice(NoticeKind::Warned, 901).until));
}

#[test]
fn a_refusal_beats_a_warning_and_not_the_other_way_round() {
    let mut page = talking();
    page.receive(ToBrowser::Sanctioned(notice(NoticeKind::Warned, 900)));
    refuse(&mut page, Some(notice(NoticeKind::Paused, 900)));
    assert_eq!(page.problem(), Some(Problem::Paused));
    page.press(Intent::AcceptWarning);
    assert_eq!(page.problem(), Some(Problem::Paused));
}

#[test]
fn nobody_under_18_asks_again() {
    let mut page = talking();
    refuse(&mut page, Some(notice(NoticeKind::Banned, 900)));
    let consent = Consent { under_age_since: Some(NOON), ..had_a_call().consent };
    page.handle(Input::StorageChanged(Box::new(StoredProfile { consent, ..StoredProfile::default() })));
    assert_eq!(page.problem(), Some(Problem::UnderAge));
    page.take_actions();
    page.press(Intent::Start);
    assert_eq!((page.problem(), opens(&mut page)), (Some(Problem::UnderAge), 0));
}

#[test]
fn a_welcome_says_nothing_about_a_warning_that_was_not_read() {
    let mut page = talking();
    page.receive(ToBrowser::Sanctioned(notice(NoticeKind::Warned, 900)));
    page.lose_socket_and_redial();
    page.handle(Input::SocketOpened);
    page.server = Default::default();
    page.receive(welcome(session(9), false));
    assert!(page.call.snapshot().sanction.is_some());
}
