//! What a page keeps of those it has met, what it tells the server of them, and whom it blocks; it must not know how the
//! server matches.

use uuid::Uuid;

use crate::{
    call::{
        Call, Input, Intent, Phase, StoredProfile,
        tests::test_page::{BOTH, Page, secs, session, terms, welcome},
    },
    protocol::{Delivery, Met, PairId, PastPairs, Role, ToBrowser},
};

const PAIR: PairId = PairId(Uuid::from_u128(7));
const OTHER: PairId = PairId(Uuid::from_u128(8));

fn talking() -> Page {
    let mut page = Page::new();
    page.wants(Intent::Start);
    page.tell(Input::MediaOpened(BOTH));
    page.tell(Input::SocketOpened);
    is_new(&mut page);
    page.hears(ToBrowser::Waiting {});
    meets(&mut page, PAIR);
    page
}

/// A server that has never heard of the page answers its hello, and names a device that has shown no name.
fn is_new(page: &mut Page) {
    page.server = Delivery::default();
    let mut msg = welcome(session(1), false);
    if let ToBrowser::Welcome { device, .. } = &mut msg {
        *device = page.device.is_none().then(|| "d.1".into());
    }
    page.hears(msg);
}

fn meets(page: &mut Page, name: PairId) {
    page.is_matched_by(|match_id| {
        let mut msg = terms(match_id, Role::Polite, BOTH);
        if let ToBrowser::Matched { pair, .. } = &mut msg {
            *pair = Some(name);
        }
        msg
    });
}

/// What a device keeps that has blocked the pair.
fn blocked() -> StoredProfile {
    let mut page = talking();
    page.wants(Intent::Block);
    page.call.stored()
}

/// Somebody comes again so many seconds later, to a page that remembers what the last one kept.
fn comes_again(kept: &StoredProfile, after: u64) -> Page {
    let mut page = Page::new();
    page.call = Call::new(2, kept.clone(), Default::default(), Vec::new(), String::new())
        .with_unix_origin(after * 1_000);
    page.wants(Intent::Start);
    page.tell(Input::MediaOpened(BOTH));
    page.is_welcomed();
    page
}

fn kept(page: &mut Page) -> StoredProfile {
    page.call.stored()
}

#[test]
fn who_was_met_is_told_for_half_an_hour_and_who_was_blocked_for_thirty_days() {
    let mut page = talking();
    let met = kept(&mut page);
    page.wants(Intent::Block);
    let blocked = kept(&mut page);
    assert_eq!(page.call.snapshot().blocked, 1);

    let ago = |minutes_ago| vec![Met { pair: PAIR, minutes_ago }];
    assert_eq!(comes_again(&met, 0).past, PastPairs { met: ago(0), blocked: Vec::new() });
    assert_eq!(comes_again(&met, 29 * 60).past, PastPairs { met: ago(29), blocked: Vec::new() });
    assert_eq!(comes_again(&met, 30 * 60).past, PastPairs::default());
    assert_eq!(comes_again(&blocked, 29 * 86_400).past, PastPairs { met: Vec::new(), blocked: vec![PAIR] });
    assert_eq!(comes_again(&blocked, 30 * 86_400).past, PastPairs::default());
}

#[test]
fn a_block_ends_the_match_and_is_said_before_the_next_is_wanted() {
    let mut page = talking();
    page.did();
    page.wants(Intent::Block);
    let said: Vec<_> =
        page.did().into_iter().filter(|it| it.starts_with("say") || it == "remember").collect();
    assert_eq!(said, ["remember", "say block", "say next"]);
    assert_eq!(page.sees(), Phase::Ready);
    page.wants(Intent::Unblock);
    assert_eq!(page.did(), ["remember", "say unblock"]);
    assert_eq!(page.call.snapshot().blocked, 0);
}

#[test]
fn without_anybody_there_is_nobody_to_block() {
    let mut page = Page::new();
    page.wants(Intent::Block);
    assert_eq!((page.did(), page.sees()), (vec![], Phase::Landing));
}

#[test]
fn a_device_shows_the_name_it_was_given_and_everything_can_be_forgotten() {
    let mut page = talking();
    let mut kept = kept(&mut page);
    kept.acquaintances.device = "d.1".into();
    let mut page = comes_again(&kept, 60);
    assert_eq!((page.device.as_deref(), page.past.met.len()), (Some("d.1"), 1));
    page.wants(Intent::ForgetEverything);
    assert_eq!(page.call.stored(), StoredProfile::default());
    page.after(secs(1));
    let mut page = comes_again(&page.call.stored(), 60);
    assert_eq!((page.device.take(), page.past.is_none()), (None, true));
}

#[test]
fn who_is_met_or_blocked_after_all_was_forgotten_is_so_by_the_name_that_the_server_still_knows() {
    let mut page = talking();
    page.wants(Intent::ForgetEverything);
    assert_eq!(page.call.stored(), StoredProfile::default());
    page.redials();
    page.is_taken_back();
    page.wants(Intent::Block);
    let again = comes_again(&page.call.stored(), 60);
    assert_eq!((again.device.as_deref(), again.past.blocked), (Some("d.1"), vec![PAIR]));

    page.wants(Intent::ForgetEverything);
    page.hears(ToBrowser::Waiting {});
    meets(&mut page, OTHER);
    let again = comes_again(&page.call.stored(), 60);
    assert_eq!((again.device.as_deref(), again.past.met.len()), (Some("d.1"), 1));
}

#[test]
fn what_is_said_of_blocks_after_a_hello_is_said_again_to_a_server_that_has_forgotten_the_page() {
    let mut page = talking();
    page.redials();
    page.tell(Input::SocketOpened);
    page.wants(Intent::Block);
    assert!(page.past.blocked.is_empty());
    page.did();
    is_new(&mut page);
    assert_eq!(page.did(), ["say block", "say join with audio and video"]);

    page.redials();
    page.tell(Input::SocketOpened);
    assert_eq!(page.past.blocked, [PAIR]);
    page.wants(Intent::Unblock);
    page.did();
    is_new(&mut page);
    assert_eq!(page.did(), ["say unblock", "say join with audio and video"]);

    page.redials();
    page.tell(Input::SocketOpened);
    page.did();
    is_new(&mut page);
    assert_eq!(page.did(), ["say join with audio and video"], "the hello has said it all");
}

#[test]
fn what_another_page_of_this_browser_keeps_is_shown_to_the_server_and_kept_on() {
    let kept = blocked();
    let mut page = Page::new();
    page.tell(Input::StorageChanged(kept.clone()));
    assert_eq!(page.did(), [""; 0]);
    assert_eq!((page.call.stored(), page.call.snapshot().blocked), (kept, 1));
    page.wants(Intent::Start);
    page.tell(Input::MediaOpened(BOTH));
    page.tell(Input::SocketOpened);
    assert_eq!((page.device.as_deref(), page.past.blocked.as_slice()), (Some("d.1"), &[PAIR][..]));
    is_new(&mut page);
    page.hears(ToBrowser::Waiting {});
    meets(&mut page, OTHER);
    page.wants(Intent::Block);
    assert_eq!(comes_again(&page.call.stored(), 60).past.blocked, [PAIR, OTHER]);
}

#[test]
fn a_server_that_knows_the_page_hears_what_another_page_has_blocked_and_that_nobody_is_any_more() {
    let mut page = Page::waiting();
    page.tell(Input::StorageChanged(blocked()));
    assert_eq!(page.did(), ["say block"]);
    page.tell(Input::StorageChanged(blocked()));
    assert_eq!(page.did(), [""; 0], "and once");
    page.tell(Input::StorageChanged(StoredProfile::default()));
    assert_eq!(page.did(), ["say unblock"]);
}

#[test]
fn a_block_by_a_clock_that_ran_ahead_holds_for_thirty_days_from_when_it_is_right() {
    const YEAR: u64 = 365 * 86_400;
    let mut page = comes_again(&StoredProfile::default(), YEAR);
    page.hears(ToBrowser::Waiting {});
    meets(&mut page, PAIR);
    page.wants(Intent::Block);
    let mut page = comes_again(&page.call.stored(), 60);
    assert_eq!(page.past, PastPairs { met: vec![Met { pair: PAIR, minutes_ago: 0 }], blocked: vec![PAIR] });
    assert!(page.did().contains(&"remember".to_owned()), "else it would hold anew from each visit");
    let kept = page.call.stored();
    assert_eq!(comes_again(&kept, 29 * 86_400).past.blocked, [PAIR]);
    assert_eq!(comes_again(&kept, 31 * 86_400).past, PastPairs::default());
}
