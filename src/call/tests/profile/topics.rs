//! What a page says of its topics, and what it shows of them; it must not know how the server matches.

use crate::{
    call::{
        Call, Input, Intent, Phase, Preferences, Seeking, StoredProfile, Switch,
        tests::test_page::{BOTH, Page, millis, secs, terms},
    },
    protocol::{Affinity, Interest, Language, Role, Tastes, ToBrowser},
};

fn waiting_for(written: &str) -> Page {
    let mut page = Page::new();
    page.wants(Intent::TalkAbout(written.into()));
    page.wants(Intent::Start);
    page.tell(Input::MediaOpened(BOTH));
    page.is_welcomed();
    page.hears(ToBrowser::Waiting {});
    page
}

fn seeking(page: &Page) -> Option<Seeking> {
    page.call.snapshot().seeking
}

fn interests(page: &Page) -> Vec<Interest> {
    page.tastes.interests.clone()
}

#[test]
fn what_is_written_goes_along_and_what_is_none_does_not() {
    let page = waiting_for(
        " Jazz ,,cooking, a very long text that is no topic for anybody at all, go,chess,tea,bees",
    );
    assert_eq!(interests(&page), Interest::all_in("Jazz,cooking,go,chess,tea"), "the first five");
    assert!(page.tastes.languages.is_empty(), "nothing that was not chosen");
}

#[test]
fn who_writes_something_else_while_waiting_says_so_and_once() {
    let mut page = waiting_for("jazz");
    page.did();
    page.wants(Intent::TalkAbout("chess".into()));
    assert_eq!(page.did(), ["remember", "say join with audio and video"]);
    assert_eq!(interests(&page), Interest::all_in("chess"));
    page.wants(Intent::TalkAbout("chess".into()));
    assert_eq!(page.did(), [""; 0]);
}

#[test]
fn whom_the_server_looks_for_is_shown_with_the_seconds_that_are_left() {
    let mut page = waiting_for("jazz");
    assert_eq!(seeking(&page), None);
    page.hears(ToBrowser::Seeking { wants: Affinity::Interest, widens_in_ms: Some(9_500) });
    let left = |page: &Page| seeking(page).and_then(|it| it.seconds);
    assert_eq!(seeking(&page), Some(Seeking { wants: Affinity::Interest, seconds: Some(10) }));
    page.after(millis(499));
    assert_eq!(left(&page), Some(10));
    // Only what somebody looks at as soon as it changes is seen to count.
    page.after(millis(1));
    assert_eq!(left(&page), Some(9));
    page.after(secs(20));
    assert_eq!(left(&page), None, "the server will say what comes next");
    page.hears(ToBrowser::Seeking { wants: Affinity::Anybody, widens_in_ms: None });
    assert_eq!(seeking(&page), Some(Seeking { wants: Affinity::Anybody, seconds: None }));
    page.is_matched(Role::Polite, BOTH);
    assert_eq!(seeking(&page), None);
}

#[test]
fn what_two_have_in_common_is_shown_for_as_long_as_they_are_together() {
    let mut page = waiting_for("jazz, tea");
    let shared = Tastes { interests: Interest::all_in("tea,jazz"), languages: Vec::new() };
    page.is_matched_by(|match_id| {
        let mut msg = terms(match_id, Role::Polite, BOTH);
        if let ToBrowser::Matched { shared: slot, .. } = &mut msg {
            *slot = shared;
        }
        msg
    });
    assert_eq!(page.call.snapshot().shared, Some(Affinity::Interest));
    assert_eq!(page.call.topics().shared, "tea, jazz");
    page.wants(Intent::Stop);
    assert_eq!((page.sees(), page.call.snapshot().shared), (Phase::Landing, None));
}

#[test]
fn what_a_device_remembers_is_said_again_and_can_be_forgotten() {
    let german = Language::new("de").unwrap();
    let kept = StoredProfile {
        preferences: Preferences::default().toggled(Switch::MyLanguages),
        topics: "jazz".into(),
        ..StoredProfile::default()
    };
    let mut page = Page::new();
    page.call = Call::new(1, kept, Default::default(), vec![german], String::new());
    page.wants(Intent::Start);
    page.tell(Input::MediaOpened(BOTH));
    page.is_welcomed();
    assert_eq!(page.tastes, Tastes { interests: Interest::all_in("jazz"), languages: vec![german] });
    page.wants(Intent::ForgetEverything);
    assert!(page.tastes.are_none(), "and the server hears of it");
    assert_eq!(page.call.topics().written, "");
}
