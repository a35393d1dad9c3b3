//! Tests of the topics and languages that a page sends to the server and shows.

use crate::{
    call::{
        Call, Input, Intent, Phase, Preferences, Seeking, StoredProfile, Switch,
        tests::test_page::{BOTH, TestPage, had_a_call, matched_message, millis, secs, site},
    },
    protocol::{Affinity, Interest, Language, Role, Tastes, ToBrowser},
};

fn waiting_with_topics(written: &str) -> TestPage {
    let mut page = TestPage::new();
    page.press(Intent::TalkAbout(written.into()));
    page.press(Intent::Start);
    page.media_opens(BOTH);
    page.server_accepts();
    page.receive(ToBrowser::Waiting {});
    page
}

fn seeking(page: &TestPage) -> Option<Seeking> {
    page.call.snapshot().seeking
}

fn interests(page: &TestPage) -> Vec<Interest> {
    page.tastes.interests.clone()
}

#[test]
fn join_sends_the_first_five_valid_topics() {
    let page = waiting_with_topics(
        " Jazz ,,cooking, a very long text that is no topic for anybody at all, go,chess,tea,bees",
    );
    assert_eq!(interests(&page), Interest::all_in("Jazz,cooking,go,chess,tea"), "sends the first five");
    assert!(page.tastes.languages.is_empty(), "sends no languages unless chosen");
}

#[test]
fn changed_topics_are_sent_once_while_waiting() {
    let mut page = waiting_with_topics("jazz");
    page.take_actions();
    page.press(Intent::TalkAbout("chess".into()));
    assert_eq!(page.take_actions(), ["save profile", "send join with audio and video"]);
    assert_eq!(interests(&page), Interest::all_in("chess"));
    page.press(Intent::TalkAbout("chess".into()));
    assert_eq!(page.take_actions(), [""; 0]);
}

#[test]
fn shows_what_the_server_seeks_with_a_countdown() {
    let mut page = waiting_with_topics("jazz");
    assert_eq!(seeking(&page), None);
    page.receive(ToBrowser::Seeking { wants: Affinity::Interest, widens_in_ms: Some(9_500) });
    let left = |page: &TestPage| seeking(page).and_then(|it| it.seconds);
    assert_eq!(seeking(&page), Some(Seeking { wants: Affinity::Interest, seconds: Some(10) }));
    page.advance(millis(499));
    assert_eq!(left(&page), Some(10));
    // The countdown shows whole seconds, rounded up.
    page.advance(millis(1));
    assert_eq!(left(&page), Some(9));
    page.advance(secs(20));
    assert_eq!(left(&page), None, "waits for the server's next search stage");
    page.receive(ToBrowser::Seeking { wants: Affinity::Anybody, widens_in_ms: None });
    assert_eq!(seeking(&page), Some(Seeking { wants: Affinity::Anybody, seconds: None }));
    page.receive_match(Role::Polite, BOTH);
    assert_eq!(seeking(&page), None);
}

#[test]
fn shows_shared_topics_during_the_match() {
    let mut page = waiting_with_topics("jazz, tea");
    let shared = Tastes { interests: Interest::all_in("tea,jazz"), languages: Vec::new() };
    page.receive_match_with(|match_id| {
        let mut msg = matched_message(match_id, Role::Polite, BOTH);
        if let ToBrowser::Matched { shared: slot, .. } = &mut msg {
            *slot = shared;
        }
        msg
    });
    assert_eq!(page.call.snapshot().shared, Some(Affinity::Interest));
    assert_eq!(page.call.topics().shared, "tea, jazz");
    page.press(Intent::Stop);
    assert_eq!((page.phase(), page.call.snapshot().shared), (Phase::Landing, None));
}

#[test]
fn stored_topics_and_languages_are_sent_until_erased() {
    let german = Language::new("de").unwrap();
    let profile = StoredProfile {
        preferences: Preferences::default().toggled(Switch::MyLanguages),
        topics: "jazz".into(),
        languages: vec![german],
        ..had_a_call()
    };
    let mut page = TestPage::new();
    page.call = Call::new(1, profile, Default::default(), site());
    page.press(Intent::Start);
    page.media_opens(BOTH);
    page.server_accepts();
    assert_eq!(page.tastes, Tastes { interests: Interest::all_in("jazz"), languages: vec![german] });
    page.press(Intent::ForgetEverything);
    assert!(page.tastes.are_none(), "the server is told as well");
    assert_eq!(page.call.topics().written, "");
}

#[test]
fn a_page_that_waits_tells_the_server_when_the_person_chooses_other_languages() {
    let languages = |tags: [&str; 2]| tags.map(|it| Language::new(it).unwrap()).to_vec();
    let preferences = Preferences::default().toggled(Switch::MyLanguages);
    let profile = StoredProfile { preferences, languages: languages(["de", "en"]), ..had_a_call() };
    let mut page = TestPage::new();
    page.call = Call::new(1, profile.clone(), Default::default(), site());
    page.press(Intent::Start);
    page.media_opens(BOTH);
    page.server_accepts();
    assert_eq!(page.tastes.languages, profile.languages);
    let chosen = StoredProfile { languages: languages(["tr", "hi"]), ..profile };
    page.handle(Input::StorageChanged(Box::new(chosen.clone())));
    assert_eq!(page.tastes.languages, chosen.languages);
}
