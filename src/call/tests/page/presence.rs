//! Tests of presence: a page that may have been left asks before it looks for a stranger.

use proptest::prelude::*;

use crate::{
    call::{
        Input, Intent, MediaError, Output, PageEvent, Phase, Problem,
        tests::test_page::{BOTH, TestPage, millis, secs},
    },
    protocol::{EndReason, Role, ToBrowser},
};

fn page_event(page: &mut TestPage, event: PageEvent) {
    page.handle(Input::Page(event));
}

/// The device sleeps. The monotonic clock goes on or stands still meanwhile, then the page wakes.
fn sleep(page: &mut TestPage, seconds: u64, ticks: bool) {
    if ticks {
        page.now = page.now + secs(seconds);
    } else {
        page.unix_origin_ms += seconds * 1_000;
    }
    page.handle(Input::Tick);
}

/// The page shows its person and asks, and nobody else sees them.
fn asks(page: &TestPage) -> bool {
    let snapshot = page.call.snapshot();
    assert_eq!(snapshot.surroundings.asks_presence, page.phase() == Phase::Mirror, "no test uses the mirror");
    snapshot.surroundings.asks_presence
}

#[test]
fn asks_after_ten_minutes_without_activity_and_stops_a_minute_later() {
    let mut page = TestPage::waiting();
    page.advance(secs(599));
    assert!(!asks(&page));
    page.advance(secs(1));
    assert!(asks(&page));
    assert_eq!(page.take_actions().last().map(String::as_str), Some("send leave"), "leaves the queue");
    page.receive_match(Role::Polite, BOTH);
    assert!(asks(&page), "a match that crossed the question does not begin");
    page.advance(secs(59));
    page_event(&mut page, PageEvent::Active);
    page.advance(secs(59));
    assert!(asks(&page), "any activity gives more time, but only the button goes on");
    page.take_actions();
    page.advance(secs(1));
    assert_eq!((page.phase_name(), page.problem()), ("landing", Some(Problem::Idle)));
    assert_eq!(page.take_actions(), ["close media", "send leave", "close socket with 4000"]);
}

#[test]
fn the_answer_leads_back_into_the_queue() {
    let mut page = TestPage::waiting();
    page.advance(secs(600));
    page.take_actions();
    page.press(Intent::Start);
    assert_eq!(page.take_actions(), ["send join with audio and video"]);
    page.receive(ToBrowser::Waiting {});
    page.advance(secs(599));
    assert_eq!((page.phase_name(), asks(&page)), ("waiting", false));
}

#[test]
fn asks_for_presence_after_a_long_call_but_not_during_it() {
    let mut page = TestPage::talking();
    page.advance(secs(3_600));
    assert_eq!((page.phase_name(), asks(&page)), ("talking", false));
    page.receive_ended(EndReason::PartnerLeft);
    page.take_actions();
    page.advance(secs(3));
    assert!(asks(&page));
    assert_eq!(page.take_actions(), ["send leave"], "asks without having joined");
    page.advance(secs(61));
    assert_eq!(page.problem(), Some(Problem::Idle));
}

#[test]
fn a_page_that_slept_in_a_call_is_not_live_until_pressed() {
    for ticks in [true, false] {
        let mut page = TestPage::talking();
        sleep(&mut page, 3_600, ticks);
        assert!(asks(&page), "{ticks}");
        assert_eq!(page.take_actions(), ["close peer", "send leave"]);
        page.lose_socket();
        page.advance(secs(2));
        page.server_accepts();
        assert!(asks(&page), "a new session changes nothing");
        assert!(!page.take_actions().iter().any(|it| it.contains("join")));
        page.press(Intent::Start);
        assert_eq!(page.phase(), Phase::Ready);
        assert_eq!(page.take_actions(), ["send join with audio and video"]);
    }
}

#[test]
fn a_page_that_wakes_because_its_socket_is_lost_sends_nothing_on_it() {
    let mut page = TestPage::talking();
    page.unix_origin_ms += 3_600_000;
    page.lose_socket();
    assert!(asks(&page));
    assert_eq!(page.take_actions(), ["close peer"]);
    page.advance(secs(2));
    page.server_resumes();
    assert!(
        page.take_actions().contains(&"send leave".to_owned()),
        "the server learns of it once it is back"
    );
}

#[test]
fn a_page_that_slept_in_the_queue_leaves_it() {
    for ticks in [true, false] {
        let mut page = TestPage::waiting();
        sleep(&mut page, 45, ticks);
        assert!(asks(&page), "{ticks}");
    }
}

#[test]
fn a_short_sleep_disturbs_nothing() {
    for ticks in [true, false] {
        let mut page = TestPage::talking();
        sleep(&mut page, 25, ticks);
        assert_eq!(page.phase_name(), "talking", "{ticks}");
    }
}

#[test]
fn a_page_that_was_hidden_leaves_the_queue_but_not_a_call() {
    let mut page = TestPage::waiting();
    page_event(&mut page, PageEvent::Away(true));
    page.advance(millis(29_999));
    assert!(!asks(&page));
    page.advance(millis(1));
    assert!(asks(&page));

    let mut page = TestPage::talking();
    page_event(&mut page, PageEvent::Away(true));
    page.advance(secs(600));
    assert_eq!(page.phase_name(), "talking", "a call can go on in the background");
    page_event(&mut page, PageEvent::Away(false));
    page.receive_ended(EndReason::PartnerLeft);
    page.advance(secs(3));
    assert!(asks(&page), "the next stranger needs a press");

    let mut page = TestPage::talking();
    page_event(&mut page, PageEvent::Away(true));
    page.advance(secs(600));
    page_event(&mut page, PageEvent::Away(false));
    page_event(&mut page, PageEvent::Active);
    page.receive_ended(EndReason::PartnerLeft);
    page.advance(secs(3));
    assert_eq!(page.phase(), Phase::Ready, "the person has pressed something in the call");
}

#[test]
fn losing_the_focus_is_not_a_press() {
    let mut page = TestPage::talking();
    page_event(&mut page, PageEvent::Away(true));
    page.advance(secs(60));
    page_event(&mut page, PageEvent::Away(false));
    page.press(Intent::HoldToTalk(false));
    page.receive_ended(EndReason::PartnerLeft);
    page.advance(secs(3));
    assert!(asks(&page));
}

#[test]
fn a_page_that_starts_by_itself_after_a_sleep_asks_first() {
    let mut page = TestPage::new();
    page.press(Intent::Start);
    page.media_fails(MediaError::Dismissed);
    assert_eq!(page.problem(), Some(Problem::CameraDismissed));
    page.unix_origin_ms += 3_600_000;
    page.handle(Input::Devices(crate::call::DeviceEvent::Permitted));
    page.media_opens(BOTH);
    assert!(asks(&page));
    page.server_accepts();
    assert!(!page.take_actions().iter().any(|it| it.contains("join")));
}

#[test]
fn keeps_the_screen_awake_while_waiting_and_talking() {
    let mut page = TestPage::talking();
    page.press(Intent::Next);
    page.receive(ToBrowser::Waiting {});
    page.advance(secs(600));
    assert!(asks(&page));
    page.press(Intent::Start);
    page.press(Intent::Stop);
    let wake_locks = page.page_outputs.iter().filter(|it| matches!(it, Output::KeepAwake(_)));
    let wake_locks: Vec<_> = wake_locks.map(|it| format!("{it:?}")).collect();
    let [on, off] = ["KeepAwake(true)", "KeepAwake(false)"];
    assert_eq!(wake_locks, [on, off, on, off]);
}

#[test]
fn the_browser_asks_before_it_leaves_a_call_and_only_then() {
    let asked = |page: &TestPage| {
        let asked = |it: &Output| if let Output::AskBeforeLeaving(asks) = it { Some(*asks) } else { None };
        page.page_outputs.iter().filter_map(asked).collect::<Vec<_>>()
    };
    let page = TestPage::matched(Role::Impolite, BOTH);
    assert_eq!(asked(&page), [false; 0], "there is nothing to lose yet");
    let mut page = TestPage::talking();
    assert_eq!(asked(&page), [true]);
    page.press(Intent::Next);
    assert_eq!(asked(&page), [true, false]);
}

#[test]
fn the_screen_may_turn_off_while_the_server_is_lost() {
    let mut page = TestPage::waiting();
    page.lose_socket();
    page.advance(secs(3));
    let last = page.page_outputs.iter().rev().find(|it| matches!(it, Output::KeepAwake(_)));
    assert!(matches!(last, Some(Output::KeepAwake(false))), "{last:?}");
}

/// A step of a random history.
#[derive(Clone, Copy, Debug)]
enum Step {
    Sleep(u64, bool),
    Hide(bool),
    Wait(u64),
    Press,
    Match,
    PartnerLeaves,
    Waiting,
    LoseSocket,
    AcceptSocket,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0..100_u64, any::<bool>()).prop_map(|(seconds, ticks)| Step::Sleep(seconds, ticks)),
        any::<bool>().prop_map(Step::Hide),
        (0..100_u64).prop_map(Step::Wait),
        Just(Step::Press),
        Just(Step::Match),
        Just(Step::PartnerLeaves),
        Just(Step::Waiting),
        Just(Step::LoseSocket),
        Just(Step::AcceptSocket),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    /// The model: a sleep or a hidden time of more than 30 s makes the person absent until a press. An absent person
    /// gets no new stranger, and none remains after a sleep.
    #[test]
    fn nobody_meets_a_new_stranger_after_an_absence_without_a_press(steps in steps()) {
        let mut page = TestPage::waiting();
        let (mut is_absent, mut hidden_since) = (false, None);
        let mut is_connected = true;
        for step in steps {
            let matched_before = page.phase().is_matched();
            match step {
                Step::Sleep(seconds, ticks) => {
                    sleep(&mut page, seconds, ticks);
                    // A sleep in which the clock went on counts only from when the page wanted to wake; it always
                    // wants to within ten seconds of a match, and within a heartbeat of the queue.
                    if seconds > 30 + if ticks { 12 } else { 0 } {
                        is_absent |= !matches!(page.phase(), Phase::Landing);
                        prop_assert!(!page.phase().is_matched(), "a call survives a sleep");
                    }
                }
                Step::Hide(hide) => {
                    page_event(&mut page, PageEvent::Away(hide));
                    hidden_since = hide.then_some(hidden_since.unwrap_or(page.now));
                }
                Step::Wait(seconds) => page.advance(secs(seconds)),
                Step::Press => {
                    is_absent = false;
                    hidden_since = hidden_since.map(|_| page.now);
                    page_event(&mut page, PageEvent::Away(hidden_since.is_some()));
                    page.press(Intent::Start);
                    if page.phase_name() == "asking" {
                        page.media_opens(BOTH);
                        is_connected = false;
                    }
                }
                Step::Match if is_connected => page.receive_match(Role::Polite, BOTH),
                Step::PartnerLeaves if is_connected => page.receive_ended(EndReason::PartnerLeft),
                Step::Waiting if is_connected => page.receive(ToBrowser::Waiting {}),
                Step::LoseSocket if is_connected => {
                    page.lose_socket();
                    is_connected = false;
                }
                Step::AcceptSocket if !is_connected && page.phase_name() != "landing" => {
                    page.advance(secs(20));
                    page.handle(Input::NetworkChanged);
                    page.server_accepts();
                    is_connected = true;
                }
                Step::Match | Step::PartnerLeaves | Step::Waiting | Step::LoseSocket | Step::AcceptSocket => {}
            }
            is_absent |= hidden_since.is_some_and(|since| page.now - since >= secs(30));
            if page.phase_name() == "landing" {
                (is_absent, is_connected) = (false, false);
            }
            let begins = page.phase().is_matched() && !matched_before;
            prop_assert!(!(begins && is_absent), "{step:?}");
            let searches = matches!(page.phase(), Phase::Waiting { .. }) && page.problem().is_none();
            prop_assert!(!(searches && is_absent), "{step:?}: waits in the queue");
        }
    }
}
