//! Tests of the questions before a start: age, rules, and a look at the own picture.

use super::test_page::{BOTH, TestPage, had_a_call, millis, secs, site};
use crate::{
    call::{Call, Consent, Gesture, Input, Intent, Phase, Problem, SiteFacts, StoredProfile},
    protocol::{ErrorCode, Frame, Role, ToBrowser},
};

/// 12:00 on a day, in seconds since the Unix epoch.
const NOON: u64 = 1_764_000_000;

/// A page that is opened at [`NOON`] on a device that has stored this consent.
fn page_with(consent: Consent) -> TestPage {
    let mut page = TestPage::new();
    let stored = StoredProfile { consent, ..StoredProfile::default() };
    page.unix_origin_ms = NOON * 1_000;
    page.call = Call::new(3, stored, Default::default(), site());
    page.handle(Input::Tick);
    page.take_actions();
    page
}

fn stored(page: &TestPage) -> Consent {
    page.call.stored().consent
}

#[test]
fn a_first_start_asks_for_age_and_rules_before_the_camera() {
    let mut page = page_with(Consent::default());
    page.press(Intent::Start);
    assert_eq!((page.phase(), page.take_actions()), (Phase::Gate, vec![]));
    page.press(Intent::Start);
    assert_eq!((page.phase(), page.take_actions()), (Phase::Gate, vec![]), "Start is no answer");
    page.press(Intent::AcceptRules);
    assert_eq!(page.phase(), Phase::Asking);
    assert!(page.take_actions().iter().any(|it| it.starts_with("open ")), "asks for the devices");
    assert_eq!(stored(&page).rules, "1");
}

#[test]
fn the_own_picture_is_shown_first_until_the_first_call() {
    let mut page = page_with(Consent { has_met: false, ..had_a_call().consent });
    for _ in 0..2 {
        page.press(Intent::Start);
        page.media_opens(BOTH);
        assert_eq!(page.phase(), Phase::Mirror);
        assert!(!page.take_actions().contains(&"open socket".to_owned()), "nobody is looked for yet");
        page.press(Intent::Start);
        page.server_accepts();
        assert_eq!(page.take_actions().last().map(String::as_str), Some("send join with audio and video"));
        page.receive(ToBrowser::Waiting {});
        page.press(Intent::Stop);
        page.take_actions();
    }
    page.press(Intent::Start);
    page.media_opens(BOTH);
    page.press(Intent::Start);
    page.server_accepts();
    page.receive(ToBrowser::Waiting {});
    page.receive_match(Role::Impolite, BOTH);
    page.negotiate_as_impolite();
    assert!(!stored(&page).has_met, "a match that is not connected is no call");
    page.media_flows = true;
    page.peer_connects();
    page.advance(millis(100));
    assert_eq!(page.phase_name(), "talking");
    assert!(stored(&page).has_met);
    page.press(Intent::Stop);
    page.press(Intent::Start);
    page.media_opens(BOTH);
    assert_eq!(page.phase(), Phase::Ready);
}

#[test]
fn changed_rules_are_asked_about_again_and_nothing_else_is() {
    let mut page = page_with(had_a_call().consent);
    let later = SiteFacts { rules: "2".into(), ..site() };
    page.call = Call::new(3, page.call.stored(), Default::default(), later);
    page.press(Intent::OpenMirror);
    assert_eq!(page.phase(), Phase::Gate);
    page.press(Intent::AcceptRules);
    page.media_opens(BOTH);
    assert_eq!((page.phase(), stored(&page).rules), (Phase::Mirror, "2".to_owned()));
    page.press(Intent::Stop);
    page.press(Intent::Start);
    page.media_opens(BOTH);
    assert_eq!(page.phase(), Phase::Ready);
}

#[test]
fn the_questions_can_be_left_without_an_answer() {
    for leave in [Intent::Stop, Intent::Gesture(Gesture::Back)] {
        let mut page = page_with(Consent::default());
        page.press(Intent::Start);
        page.press(leave);
        assert_eq!((page.phase(), page.problem()), (Phase::Landing, None));
        assert_eq!(stored(&page), Consent::default());
    }
    let mut page = page_with(Consent::default());
    page.press(Intent::AcceptRules);
    page.press(Intent::SayUnderAge);
    assert_eq!(stored(&page), Consent::default(), "nobody was asked");
}

#[test]
fn whoever_is_under_18_can_start_nothing_for_a_day() {
    let mut page = page_with(Consent::default());
    page.press(Intent::Start);
    page.press(Intent::SayUnderAge);
    assert_eq!((page.phase(), page.problem()), (Phase::Landing, Some(Problem::UnderAge)));
    let presses = [
        Intent::Start,
        Intent::OpenMirror,
        Intent::StartWithout,
        Intent::StartUnhidden,
        Intent::AcceptRules,
        Intent::CheckPaths,
        Intent::ForgetEverything,
    ];
    page.take_actions();
    for intent in &presses {
        page.press(intent.clone());
        assert_eq!((page.problem(), page.take_actions()), (Some(Problem::UnderAge), vec![]), "{intent:?}");
    }
    let remembered = stored(&page);
    for (hours, is_kept_out) in [(0, true), (23, true), (24, false)] {
        let mut page = page_with(remembered.clone());
        page.unix_origin_ms += hours * 3_600 * 1_000;
        page.handle(Input::Tick);
        let expected = is_kept_out.then_some(Problem::UnderAge);
        assert_eq!(page.problem(), expected, "reloaded after {hours} hours");
        page.press(Intent::Start);
        assert_eq!(page.phase() == Phase::Gate, !is_kept_out, "the question comes again");
    }
}

#[test]
fn other_pages_of_this_browser_know_it_too() {
    let mut page = page_with(had_a_call().consent);
    page.press(Intent::Start);
    page.media_opens(BOTH);
    page.server_accepts();
    page.receive(ToBrowser::Waiting {});
    page.take_actions();
    let consent = Consent { under_age_since: Some(NOON), ..Consent::default() };
    page.handle(Input::StorageChanged(Box::new(StoredProfile { consent, ..StoredProfile::default() })));
    assert_eq!((page.phase(), page.problem()), (Phase::Landing, Some(Problem::UnderAge)));
    assert!(page.take_actions().contains(&"close media".to_owned()));
    page.advance(secs(1));
    assert_eq!(page.problem(), Some(Problem::UnderAge));
}

/// A page whose server wants a statement about the age, on a device that has stored this one.
fn page_with_age_check(age: &str) -> TestPage {
    let mut page = TestPage::new();
    let stored = StoredProfile { age: age.into(), ..had_a_call() };
    let site = SiteFacts { checks_age: true, ..site() };
    page.call = Call::new(3, stored, Default::default(), site);
    page.handle(Input::Tick);
    page.take_actions();
    page
}

#[test]
fn without_a_statement_about_the_age_the_page_leads_to_the_provider_before_the_camera() {
    let mut page = page_with_age_check("");
    for intent in [Intent::Start, Intent::OpenMirror] {
        page.press(intent);
        assert_eq!((page.phase(), page.problem()), (Phase::Landing, Some(Problem::AgeCheck)));
        assert!(!page.take_actions().iter().any(|it| it.starts_with("open ")), "no device and no socket");
    }
    page.press(Intent::ProveAge);
    assert_eq!(page.take_actions(), ["go to the age check"]);
}

#[test]
fn a_statement_about_the_age_is_sent_and_dropped_once_it_is_refused() {
    let mut page = page_with_age_check("e30.e30.AA");
    page.press(Intent::Start);
    page.media_opens(BOTH);
    page.handle(Input::SocketOpened);
    assert_eq!(page.age.as_deref(), Some("e30.e30.AA"));
    let msg = ToBrowser::Error { code: ErrorCode::AgeRequired, about: 0, retry_ms: None };
    page.handle(Input::Message(Frame { seq: 0, ack: 0, msg }));
    page.handle(Input::SocketLost);
    assert_eq!((page.phase(), page.problem()), (Phase::Landing, Some(Problem::AgeCheck)));
    assert_eq!(page.call.stored().age, "");
    assert!(page.take_actions().contains(&"close media".to_owned()));
    page.advance(secs(600));
    assert!(!page.take_actions().contains(&"open socket".to_owned()), "it does not try by itself");
    page.press(Intent::Start);
    assert_eq!(page.problem(), Some(Problem::AgeCheck));
}

#[test]
fn a_call_goes_on_without_a_statement_and_the_next_one_does_not_begin() {
    let mut page = TestPage::talking();
    let msg = ToBrowser::Error { code: ErrorCode::AgeRequired, about: 0, retry_ms: None };
    page.handle(Input::Message(Frame { seq: 0, ack: 0, msg }));
    page.handle(Input::SocketLost);
    assert_eq!(page.phase_name(), "talking");
    page.press(Intent::Next);
    assert_eq!((page.phase(), page.problem()), (Phase::Landing, Some(Problem::AgeCheck)));
    assert!(page.take_actions().contains(&"close media".to_owned()));
}
