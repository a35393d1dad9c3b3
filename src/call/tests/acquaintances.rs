//! What a page keeps of those it has met, what it tells the server of them, and whom it blocks; it must not know how the
//! server matches.

use uuid::Uuid;

use super::page::{BOTH, Page, secs, terms};
use crate::{
    call::{Call, Input, Intent, Kept, Phase},
    protocol::{Met, PairId, Past, Role, ToBrowser},
};

const PAIR: PairId = PairId(Uuid::from_u128(7));

fn talking() -> Page {
    let mut page = Page::new();
    page.wants(Intent::Start);
    page.tell(Input::MediaOpened(BOTH));
    page.is_welcomed();
    page.hears(ToBrowser::Waiting {});
    page.is_matched_by(|match_id| {
        let mut msg = terms(match_id, Role::Polite, BOTH);
        if let ToBrowser::Matched { pair, .. } = &mut msg {
            *pair = Some(PAIR);
        }
        msg
    });
    page
}

/// Somebody comes again so many seconds later, to a page that remembers what the last one kept.
fn comes_again(kept: &Kept, after: u64) -> Page {
    let mut page = Page::new();
    page.call =
        Call::new(2, kept.clone(), Default::default(), Vec::new(), String::new()).begun_at(after * 1_000);
    page.wants(Intent::Start);
    page.tell(Input::MediaOpened(BOTH));
    page.is_welcomed();
    page
}

fn kept(page: &mut Page) -> Kept {
    page.call.kept()
}

#[test]
fn who_was_met_is_told_for_half_an_hour_and_who_was_blocked_for_thirty_days() {
    let mut page = talking();
    let met = kept(&mut page);
    page.wants(Intent::Block);
    let blocked = kept(&mut page);
    assert_eq!(page.call.snapshot().blocked, 1);

    let ago = |minutes_ago| vec![Met { pair: PAIR, minutes_ago }];
    assert_eq!(comes_again(&met, 0).past, Past { met: ago(0), blocked: Vec::new() });
    assert_eq!(comes_again(&met, 29 * 60).past, Past { met: ago(29), blocked: Vec::new() });
    assert_eq!(comes_again(&met, 30 * 60).past, Past::default());
    assert_eq!(comes_again(&blocked, 29 * 86_400).past, Past { met: Vec::new(), blocked: vec![PAIR] });
    assert_eq!(comes_again(&blocked, 30 * 86_400).past, Past::default());
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
    assert_eq!(page.call.kept(), Kept::default());
    page.after(secs(1));
    let mut page = comes_again(&page.call.kept(), 60);
    assert_eq!((page.device.take(), page.past.is_none()), (None, true));
}
