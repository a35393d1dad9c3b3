//! Tests of reports: in a match, after it, after a reload, and with a server that does not answer.

use uuid::Uuid;

use super::test_page::{BOTH, TestPage, matched_message, millis, secs, site};
use crate::{
    call::{
        Call, Farewell, Input, Intent, PageEvent, PastPartners, Phase, Problem, ReportButton, ReportStep,
        ReportWish, StoredProfile,
    },
    protocol::{
        EndReason, ErrorCode, Features, MatchId, PairId, ReportReason, ReportResult, Role, ToBrowser,
        limits::MAX_REPORT_CHARS,
    },
};

const PAIR: PairId = PairId(Uuid::from_u128(7));

/// 14:05 on a day, in seconds since the Unix epoch.
const AFTERNOON: u64 = 1_764_079_500;

/// A page in a match that is not connected, at a server that takes reports.
fn matched() -> TestPage {
    let mut page = TestPage::new();
    page.unix_origin_ms = AFTERNOON * 1_000;
    page.press(Intent::Start);
    page.media_opens(BOTH);
    page.server_accepts_with(Features::all());
    page.receive(ToBrowser::Waiting {});
    meet(&mut page, Some(PAIR));
    page
}

/// The server finds a partner; its ticket is the number of the match.
fn meet(page: &mut TestPage, pair_id: Option<PairId>) {
    page.receive_match_with(|match_id| {
        let mut msg = matched_message(match_id, Role::Impolite, BOTH);
        if let ToBrowser::Matched { pair, ticket, .. } = &mut msg {
            (*pair, *ticket) = (pair_id, Some(format!("t.{}", match_id.0.as_u128())));
        }
        msg
    });
}

/// A press leads to the queue, and the server finds a partner.
fn find_next(page: &mut TestPage, press: Intent, pair_id: Option<PairId>) {
    page.press(press);
    page.receive(ToBrowser::Waiting {});
    meet(page, pair_id);
}

fn connect(page: &mut TestPage) {
    page.negotiate_as_impolite();
    page.media_flows = true;
    page.peer_connects();
    page.advance(millis(100));
    assert_eq!(page.phase_name(), "talking");
    page.take_actions();
}

fn talking() -> TestPage {
    let mut page = matched();
    connect(&mut page);
    page
}

fn wish(page: &mut TestPage, wish: ReportWish) {
    page.press(Intent::Report(wish));
}

/// Answers the question why.
fn send(page: &mut TestPage, reason: ReportReason, words: &str) {
    wish(page, ReportWish::Send(reason, words.into()));
}

/// Reports the partner as spam.
fn report(page: &mut TestPage) {
    wish(page, ReportWish::Partner);
    send(page, ReportReason::Spam, "a recording");
}

fn receive(page: &mut TestPage, match_id: Option<MatchId>, result: ReportResult) {
    let outcome = (result == ReportResult::Accepted).then(|| "8QX4-K2M7".to_owned());
    page.receive(ToBrowser::Reported { match_id, result, outcome });
}

fn step(page: &TestPage) -> ReportStep {
    page.call.snapshot().report
}

/// The tickets of the past matches that are offered, by the numbers of their matches.
fn offered(page: &TestPage) -> Vec<u128> {
    page.call.snapshot().past_calls.into_iter().flatten().map(|it| it.id.0.as_u128()).collect()
}

/// The same device after a reload, at the same time.
fn reloaded(page: &mut TestPage) -> TestPage {
    page.handle(Input::PageHidden);
    page_with(page.call.stored(), page.unix_origin_ms + page.now.as_millis())
}

/// A page of a device that has stored this, loaded at a time in milliseconds since the Unix epoch.
fn page_with(stored: StoredProfile, unix_ms: u64) -> TestPage {
    let mut page = TestPage::new();
    page.call = Call::new(3, stored, Default::default(), site());
    page.unix_origin_ms = unix_ms - page.now.as_millis();
    page.handle(Input::Tick);
    page
}

fn has_queued(page: &TestPage) -> bool {
    page.call.snapshot().keeps_report
}

#[test]
fn a_report_ends_the_call_first_and_asks_then() {
    let mut page = talking();
    assert_eq!(page.call.snapshot().report_button, ReportButton::Active);
    wish(&mut page, ReportWish::Partner);
    let actions = page.take_actions();
    assert_eq!(actions[0], "close peer", "nothing comes before: {actions:?}");
    assert!(actions.contains(&"send leave".to_owned()), "{actions:?}");
    assert!(!actions.contains(&"send report".to_owned()), "nothing is said yet");
    assert_eq!(page.phase(), Phase::Ended { why: Farewell::Reported });
    assert_eq!(step(&page), ReportStep::Asking);

    send(&mut page, ReportReason::Hate, "  what he\nsaid ");
    assert_eq!(page.take_actions(), ["save profile", "send block", "send report"]);
    assert_eq!(page.reports, [("t.1".to_owned(), ReportReason::Hate, "what he said".to_owned())]);
    assert_eq!(step(&page), ReportStep::Sending);
    let id = page.match_id();
    receive(&mut page, Some(id), ReportResult::Accepted);
    assert_eq!((step(&page), page.call.outcome()), (ReportStep::Accepted, "8QX4-K2M7"));
    assert_eq!(page.call.stored().acquaintances.blocked.pairs(), [PAIR]);
    assert!(!has_queued(&page));

    wish(&mut page, ReportWish::Close);
    assert_eq!((step(&page), offered(&page)), (ReportStep::None, vec![]), "nobody is reported twice");
    page.take_actions();
    page.advance(secs(30));
    assert_eq!(page.phase(), Phase::Ended { why: Farewell::Reported }, "nobody is looked for before a press");
    page.press(Intent::Start);
    assert_eq!(page.take_actions().last().map(String::as_str), Some("send join with audio and video"));
}

#[test]
fn a_report_that_is_not_sent_changes_nothing_but_the_call() {
    let mut page = talking();
    wish(&mut page, ReportWish::Partner);
    wish(&mut page, ReportWish::Close);
    assert_eq!((step(&page), has_queued(&page)), (ReportStep::None, false));
    assert_eq!(page.call.stored().acquaintances.blocked.pairs(), []);
    assert_eq!(offered(&page), [1], "it can still be made");
    send(&mut page, ReportReason::Spam, "");
    assert_eq!(page.reports.len(), 0, "there is no question");
    page.press(Intent::Next);
    assert_eq!(page.phase(), Phase::Ready);
}

#[test]
fn only_a_server_with_a_store_is_sent_reports() {
    let mut page = TestPage::talking();
    assert_eq!(page.call.snapshot().report_button, ReportButton::Hidden);
    wish(&mut page, ReportWish::Partner);
    assert_eq!((page.phase_name(), step(&page)), ("talking", ReportStep::None));
    page.press(Intent::Stop);
    assert_eq!(offered(&page), [0; 0], "no ticket is kept");
}

#[test]
fn a_stranger_who_never_appeared_can_be_reported_in_the_match_only() {
    let mut page = matched();
    report(&mut page);
    assert_eq!((page.reports.len(), step(&page)), (1, ReportStep::Sending));
    assert_eq!(page.call.stored().acquaintances.blocked.pairs(), [PAIR]);

    let mut page = matched();
    page.press(Intent::Next);
    assert_eq!(offered(&page), [0; 0]);
}

#[test]
fn the_last_three_can_be_reported_for_ten_minutes_after_their_calls() {
    let mut page = talking();
    page.advance(secs(180));
    for _ in 0..3 {
        find_next(&mut page, Intent::Next, None);
        connect(&mut page);
    }
    assert_eq!(offered(&page), [3, 2, 1], "not the one who is there");
    page.receive_ended(EndReason::PartnerLeft);
    assert_eq!(offered(&page), [4, 3, 2], "the last three");
    page.press(Intent::Stop);
    let mut again = reloaded(&mut page);
    assert_eq!(offered(&again), [4, 3, 2]);
    again.advance(secs(598));
    assert_eq!(offered(&again), [4, 3, 2]);
    again.take_actions();
    again.advance(secs(3));
    assert_eq!((offered(&again), again.take_actions()), (vec![], vec!["save profile".to_owned()]));
    assert_eq!(again.call.stored().reports, Default::default(), "the tickets are dropped");
    assert_eq!(again.call.next_deadline(), None);
    wish(&mut again, ReportWish::Choose);
    wish(&mut again, ReportWish::Past(MatchId(Uuid::from_u128(4))));
    assert_eq!(step(&again), ReportStep::None);
}

#[test]
fn a_past_call_is_shown_with_its_time_and_length() {
    let mut page = talking();
    page.advance(secs(180));
    page.press(Intent::Next);
    let past = page.call.snapshot().past_calls[0].unwrap();
    assert_eq!((past.started, past.seconds), (AFTERNOON + 1, 180));
}

#[test]
fn after_next_and_during_another_call_the_stranger_before_can_be_reported() {
    let mut page = talking();
    find_next(&mut page, Intent::Next, None);
    connect(&mut page);
    wish(&mut page, ReportWish::Choose);
    assert_eq!(step(&page), ReportStep::Choosing);
    wish(&mut page, ReportWish::Past(MatchId(Uuid::from_u128(1))));
    send(&mut page, ReportReason::Threats, "");
    assert_eq!(page.reports.last().map(|it| it.0.as_str()), Some("t.1"));
    assert_eq!(page.phase_name(), "talking", "the call goes on");
    assert_eq!(page.call.stored().acquaintances.blocked.pairs(), [PAIR]);
    receive(&mut page, Some(MatchId(Uuid::from_u128(1))), ReportResult::Accepted);
    assert_eq!(step(&page), ReportStep::Accepted);
}

#[test]
fn the_page_never_asks_for_more_about_children_and_cuts_long_words() {
    let mut page = matched();
    wish(&mut page, ReportWish::Partner);
    send(&mut page, ReportReason::UnderAge, "maybe 15");
    assert_eq!(page.reports[0].2, "");
    let mut page = matched();
    wish(&mut page, ReportWish::Partner);
    send(&mut page, ReportReason::Other, &"x".repeat(MAX_REPORT_CHARS + 9));
    assert_eq!(page.reports[0].2.len(), MAX_REPORT_CHARS);
}

#[test]
fn a_report_outlives_a_lost_line_and_a_server_that_forgets() {
    let mut page = talking();
    page.lose_socket();
    report(&mut page);
    assert_eq!((page.reports.len(), step(&page)), (0, ReportStep::Kept));
    page.advance(millis(600));
    page.server_accepts_with(Features::all());
    assert_eq!((page.reports.len(), step(&page)), (1, ReportStep::Sending));
    // The server is killed between the press and its answer.
    page.lose_socket_and_redial();
    page.server_accepts_with(Features::all());
    assert_eq!(page.reports.len(), 2);
    receive(&mut page, Some(MatchId(Uuid::from_u128(1))), ReportResult::AlreadyReported);
    assert_eq!((step(&page), has_queued(&page)), (ReportStep::Accepted, false));
}

#[test]
fn a_resumed_session_answers_the_report_that_was_sent() {
    let mut page = talking();
    report(&mut page);
    page.lose_socket_and_redial();
    page.server_resumes();
    assert_eq!(page.reports.len(), 1, "delivered once");
    receive(&mut page, Some(MatchId(Uuid::from_u128(1))), ReportResult::Accepted);
    assert_eq!(step(&page), ReportStep::Accepted);
}

#[test]
fn after_a_reload_a_report_is_sent_from_the_start_page_and_the_session_ends() {
    let mut page = talking();
    page.lose_socket();
    report(&mut page);
    let mut page = reloaded(&mut page);
    assert_eq!((page.phase(), page.take_actions()), (Phase::Landing, vec!["open socket".to_owned()]));
    assert!(has_queued(&page) && step(&page) == ReportStep::None);
    page.server_accepts_with(Features::all());
    assert_eq!(page.reports.len(), 1);
    receive(&mut page, Some(MatchId(Uuid::from_u128(1))), ReportResult::Accepted);
    assert_eq!((step(&page), page.call.outcome()), (ReportStep::Accepted, "8QX4-K2M7"));
    assert_eq!(page.take_actions().last().map(String::as_str), Some("close socket with 4000"));
    page.advance(secs(600));
    assert!(!page.take_actions().contains(&"open socket".to_owned()));
}

#[test]
fn a_report_made_after_a_reload_comes_from_the_same_device() {
    let mut page = talking();
    page.press(Intent::Stop);
    let stored = StoredProfile {
        acquaintances: PastPartners { device: "d.1".into(), ..page.call.stored().acquaintances },
        ..page.call.stored()
    };
    let mut page = page_with(stored, page.unix_origin_ms + page.now.as_millis());
    let id = page.call.snapshot().past_calls[0].unwrap().id;
    wish(&mut page, ReportWish::Past(id));
    wish(&mut page, ReportWish::Send(ReportReason::Hate, "".into()));
    page.server_accepts_with(Features::all());
    assert_eq!((page.device.as_deref(), page.reports.len()), (Some("d.1"), 1));
}

#[test]
fn a_page_that_is_left_opens_no_socket() {
    let mut page = talking();
    page.lose_socket();
    report(&mut page);
    page.take_actions();
    page.handle(Input::PageHidden);
    assert!(!page.take_actions().contains(&"open socket".to_owned()));
}

#[test]
fn an_answer_does_not_interrupt_the_next_call() {
    let mut page = talking();
    report(&mut page);
    wish(&mut page, ReportWish::Close);
    find_next(&mut page, Intent::Start, None);
    connect(&mut page);
    receive(&mut page, Some(MatchId(Uuid::from_u128(1))), ReportResult::Accepted);
    assert_eq!(step(&page), ReportStep::None);
    page.receive_ended(EndReason::PartnerLeft);
    page.advance(secs(4));
    assert_eq!((step(&page), page.phase()), (ReportStep::None, Phase::Ready), "nor the search after it");
    page.press(Intent::Stop);
    assert_eq!(step(&page), ReportStep::Accepted, "the code is shown after it");
}

#[test]
fn no_answer_replaces_another_one_or_a_question() {
    let mut page = talking();
    page.lose_socket();
    report(&mut page);
    wish(&mut page, ReportWish::Close);
    let mut page = reloaded(&mut page);
    page.server_accepts_with(Features::all());
    // Another page of this browser has added one.
    let mut stored = page.call.stored();
    let second = stored
        .reports
        .queued
        .to_text()
        .replace(&Uuid::from_u128(1).to_string(), &Uuid::from_u128(2).to_string());
    let both = [stored.reports.queued.to_text(), second].join("\n");
    stored.reports.queued = crate::call::QueuedReports::from_text(&both);
    page.handle(Input::StorageChanged(Box::new(stored)));
    for (number, code) in [(1, "8QX4-K2M7"), (2, "K2M7-8QX4")] {
        page.receive(ToBrowser::Reported {
            match_id: Some(MatchId(Uuid::from_u128(number))),
            result: ReportResult::Accepted,
            outcome: Some(code.into()),
        });
    }
    let shown = |page: &TestPage| (step(page), page.call.outcome().to_owned());
    assert_eq!(shown(&page), (ReportStep::Accepted, "8QX4-K2M7".into()));
    let before = page.call.snapshot();
    wish(&mut page, ReportWish::Close);
    assert_eq!(shown(&page), (ReportStep::Accepted, "K2M7-8QX4".into()));
    assert_ne!(page.call.snapshot(), before, "the page sees that it is another one");
    wish(&mut page, ReportWish::Close);
    assert_eq!(step(&page), ReportStep::None);
}

#[test]
fn an_answer_that_comes_during_another_question_is_shown_after_it() {
    let mut page = talking();
    report(&mut page);
    wish(&mut page, ReportWish::Close);
    find_next(&mut page, Intent::Start, None);
    connect(&mut page);
    wish(&mut page, ReportWish::Partner);
    receive(&mut page, Some(MatchId(Uuid::from_u128(1))), ReportResult::Accepted);
    assert_eq!(step(&page), ReportStep::Asking);
    wish(&mut page, ReportWish::Close);
    assert_eq!((step(&page), page.call.outcome()), (ReportStep::Accepted, "8QX4-K2M7"));
}

#[test]
fn the_stranger_who_has_just_left_can_be_reported_with_the_same_button() {
    let mut page = talking();
    page.receive_ended(EndReason::PartnerLeft);
    page.handle(Input::Tick);
    assert_eq!(page.call.snapshot().report_button, ReportButton::Active);
    wish(&mut page, ReportWish::Partner);
    assert_eq!(page.phase(), Phase::Ended { why: Farewell::Reported });
    send(&mut page, ReportReason::Nudity, "");
    assert_eq!(page.reports.last().map(|it| it.0.as_str()), Some("t.1"));

    let mut page = matched();
    page.receive_ended(EndReason::PartnerLeft);
    assert_eq!(page.call.snapshot().report_button, ReportButton::Inactive, "nobody has appeared");
}

#[test]
fn after_a_report_block_and_undo_are_about_the_reported_stranger() {
    let mut page = talking();
    find_next(&mut page, Intent::Next, Some(PairId(Uuid::from_u128(8))));
    wish(&mut page, ReportWish::Partner);
    wish(&mut page, ReportWish::Close);
    let past = page.call.snapshot().past_strangers[0].unwrap();
    assert!(past.is_last && !past.is_blocked);
    page.press(Intent::SetPastBlocked(past.number, true));
    assert_eq!(page.call.stored().acquaintances.blocked.pairs(), [PairId(Uuid::from_u128(8))]);

    let mut page = talking();
    find_next(&mut page, Intent::Next, None);
    wish(&mut page, ReportWish::Partner);
    let past = page.call.snapshot().past_strangers[0].unwrap();
    assert!(!past.is_last, "the server has not named the pair of the last one");
}

#[test]
fn nobody_is_looked_for_behind_a_dialog() {
    let mut page = talking();
    page.press(Intent::Next);
    page.receive(ToBrowser::Waiting {});
    page.take_actions();
    wish(&mut page, ReportWish::Choose);
    assert_eq!((page.phase(), step(&page)), (Phase::Ended { why: Farewell::Paused }, ReportStep::Choosing));
    assert!(page.take_actions().contains(&"send leave".to_owned()));
    wish(&mut page, ReportWish::Close);
    page.advance(secs(5));
    assert_eq!(page.phase(), Phase::Ended { why: Farewell::Paused }, "a press is awaited");
    page.press(Intent::Start);
    assert_eq!(page.phase(), Phase::Ready);

    // Nobody appears behind it either.
    page.receive(ToBrowser::Waiting {});
    meet(&mut page, None);
    assert_eq!(page.phase_name(), "connecting");
    wish(&mut page, ReportWish::Choose);
    assert_eq!(page.phase(), Phase::Ended { why: Farewell::Paused });
    wish(&mut page, ReportWish::Close);
    page.press(Intent::Start);

    // A call that ends while the person chooses.
    page.receive(ToBrowser::Waiting {});
    meet(&mut page, None);
    connect(&mut page);
    wish(&mut page, ReportWish::Choose);
    assert_eq!(page.phase_name(), "talking");
    page.receive_ended(EndReason::PartnerLeft);
    assert_eq!(page.phase(), Phase::Ended { why: Farewell::Paused });
}

#[test]
fn the_calls_to_choose_from_stay_while_the_person_chooses() {
    let mut page = talking();
    find_next(&mut page, Intent::Next, None);
    connect(&mut page);
    wish(&mut page, ReportWish::Choose);
    page.receive_ended(EndReason::PartnerLeft);
    page.handle(Input::Tick);
    assert_eq!(offered(&page), [1], "no button becomes that of another call");
    wish(&mut page, ReportWish::Past(MatchId(Uuid::from_u128(1))));
    assert_eq!((step(&page), offered(&page)), (ReportStep::Asking, vec![1]), "the page says which one");
    wish(&mut page, ReportWish::Close);
    assert_eq!(offered(&page), [2, 1]);
}

#[test]
fn a_page_in_the_background_leaves_reports_to_the_one_that_is_seen() {
    let mut page = talking();
    page.lose_socket();
    report(&mut page);
    page.handle(Input::PageHidden);
    let stored = page.call.stored();
    let mut hidden = TestPage::new();
    hidden.call = Call::new(3, stored, Default::default(), site());
    hidden.unix_origin_ms = page.unix_origin_ms;
    hidden.handle(Input::Page(PageEvent::Away(true)));
    hidden.take_actions();
    hidden.handle(Input::Tick);
    assert!(!hidden.take_actions().contains(&"open socket".to_owned()));
    hidden.handle(Input::Page(PageEvent::Away(false)));
    assert!(hidden.take_actions().contains(&"open socket".to_owned()));
    hidden.server_accepts_with(Features::all());
    hidden.handle(Input::Page(PageEvent::Away(true)));
    assert!(!hidden.take_actions().contains(&"close socket with 4000".to_owned()), "it waits for the answer");
}

#[test]
fn a_start_does_not_wait_for_the_next_attempt_to_send_a_report() {
    let mut page = talking();
    page.lose_socket();
    report(&mut page);
    let mut page = reloaded(&mut page);
    page.lose_socket();
    page.take_actions();
    page.press(Intent::Start);
    assert!(page.take_actions().contains(&"open socket".to_owned()));
}

#[test]
fn a_report_that_cannot_be_stored_is_sent_again_with_growing_pauses() {
    let mut page = talking();
    report(&mut page);
    let id = page.match_id();
    let mut last = 0;
    for attempt in 1..8 {
        assert_eq!(page.reports.len(), attempt);
        receive(&mut page, Some(id), ReportResult::NotNow);
        assert_eq!(step(&page), ReportStep::Kept);
        let waited = (1..1_000).find(|_| {
            page.advance(secs(1));
            // The person does nothing, so the page stops, and connects again for the report.
            if page.take_actions().contains(&"open socket".to_owned()) {
                page.server_accepts_with(Features::all());
            }
            page.reports.len() > attempt
        });
        let waited = waited.unwrap();
        assert!(waited <= 600 && (waited > last || last > 200), "{waited} s after {last} s");
        last = waited;
    }
    // The person has been idle, and the page has stopped.
    assert_eq!(page.problem(), Some(Problem::Idle));
}

#[test]
fn the_page_does_not_keep_a_session_for_a_report_that_has_to_wait() {
    let mut page = talking();
    page.lose_socket();
    report(&mut page);
    let mut page = reloaded(&mut page);
    page.server_accepts_with(Features::all());
    receive(&mut page, None, ReportResult::NotNow);
    assert_eq!(page.take_actions().last().map(String::as_str), Some("close socket with 4000"));
    page.advance(secs(5));
    assert!(page.take_actions().contains(&"open socket".to_owned()));
    page.server_accepts();
    assert_eq!(page.reports.len(), 1, "the server has no store any more");
    assert_eq!(page.take_actions().last().map(String::as_str), Some("close socket with 4000"));
    assert!(has_queued(&page));
}

#[test]
fn a_report_is_given_up_when_its_ticket_is_void() {
    let mut page = talking();
    page.lose_socket();
    report(&mut page);
    page.handle(Input::PageHidden);
    let (stored, begun) = (page.call.stored(), page.unix_origin_ms);
    let day = 24 * 60 * 60 * 1_000;
    for (after, waits) in [(day, true), (day + 2_000, false)] {
        let mut page = page_with(stored.clone(), begun + after);
        let opens = page.take_actions().contains(&"open socket".to_owned());
        assert_eq!((has_queued(&page), opens), (waits, waits), "{after} ms later");
    }
}

#[test]
fn the_other_answers_end_a_report_and_say_why() {
    for (result, expected) in [
        (ReportResult::InvalidTicket, ReportStep::TooLate),
        (ReportResult::TooMany, ReportStep::TooMany),
        (ReportResult::AlreadyReported, ReportStep::Accepted),
    ] {
        let mut page = talking();
        report(&mut page);
        let id = (result != ReportResult::InvalidTicket).then(|| page.match_id());
        receive(&mut page, id, result);
        assert_eq!((step(&page), has_queued(&page)), (expected, false), "{result:?}");
        page.advance(secs(50));
        assert_eq!(page.reports.len(), 1);
    }
}

#[test]
fn a_report_that_is_refused_as_too_early_or_not_answered_is_sent_again() {
    let mut page = talking();
    report(&mut page);
    let about = page.last_number;
    page.receive(ToBrowser::Error { code: ErrorCode::RateLimited, about, retry_ms: Some(2_000) });
    assert_eq!(page.phase(), Phase::Ended { why: Farewell::Reported });
    page.advance(millis(3_001));
    assert_eq!(page.reports.len(), 2);
    page.advance(secs(41));
    assert_eq!(page.reports.len(), 3);
}

#[test]
fn reports_are_sent_one_after_another_and_no_more_than_five_are_kept() {
    let mut page = talking();
    page.server_receives = false;
    for _ in 0..5 {
        report(&mut page);
        wish(&mut page, ReportWish::Close);
        find_next(&mut page, Intent::Start, None);
    }
    assert_eq!(page.reports.len(), 1, "the first one was not answered");
    report(&mut page);
    assert_eq!(step(&page), ReportStep::TooMany);
    page.server_receives = true;
    page.lose_socket_and_redial();
    page.server_accepts_with(Features::all());
    for number in 1..=5 {
        receive(&mut page, Some(MatchId(Uuid::from_u128(number))), ReportResult::Accepted);
    }
    let tickets: Vec<_> = page.reports[1..].iter().map(|it| it.0.as_str()).collect();
    assert_eq!(tickets, ["t.1", "t.2", "t.3", "t.4", "t.5"]);
    assert!(!has_queued(&page));
}

#[test]
fn clearing_the_data_forgets_tickets_and_reports() {
    let mut page = talking();
    page.press(Intent::Next);
    wish(&mut page, ReportWish::Choose);
    page.press(Intent::ForgetEverything);
    assert_eq!((offered(&page), page.call.stored().reports), (vec![], Default::default()));
}

#[test]
fn another_page_that_sends_the_report_answers_for_this_one() {
    let mut page = talking();
    page.lose_socket();
    report(&mut page);
    let mut stored = page.call.stored();
    stored.reports = Default::default();
    page.handle(Input::StorageChanged(Box::new(stored)));
    assert_eq!((step(&page), has_queued(&page)), (ReportStep::None, false));
}
