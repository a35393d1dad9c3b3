//! What a page shows of those who are here; it must not know how the server counts them.

use crate::{
    call::{
        Input, Intent,
        tests::test_page::{BOTH, Page},
    },
    protocol::{Occupancy, Role, ToBrowser, Wait},
};

fn seen(page: &Page) -> Option<Occupancy> {
    page.call.snapshot().surroundings.here
}

const FEW: Occupancy = Occupancy { around: 1, wait: None };
const MANY: Occupancy = Occupancy { around: 50, wait: Some(Wait::Moment) };

#[test]
fn who_waits_sees_what_the_server_has_said_last() {
    let mut page = Page::waiting();
    assert_eq!(seen(&page), None);
    page.hears(ToBrowser::Here(FEW));
    assert_eq!(seen(&page), Some(FEW));
    page.hears(ToBrowser::Here(MANY));
    assert_eq!(seen(&page), Some(MANY));
    assert_eq!(page.did(), [""; 0], "and that is all that comes of it");
    page.tell(Input::SocketLost);
    assert_eq!(seen(&page), Some(MANY), "a hiccup is nobody's business");
}

#[test]
fn who_does_not_wait_sees_nothing_of_it() {
    let mut page = Page::new();
    page.wants(Intent::Start);
    page.tell(Input::MediaOpened(BOTH));
    page.is_welcomed();
    page.hears(ToBrowser::Here(FEW));
    page.hears(ToBrowser::Waiting {});
    assert_eq!(seen(&page), None, "said before the wait began");
    page.hears(ToBrowser::Here(FEW));
    page.is_matched(Role::Polite, BOTH);
    assert_eq!(seen(&page), None);
    page.hears(ToBrowser::Here(MANY));
    page.wants(Intent::Next);
    page.hears(ToBrowser::Waiting {});
    assert_eq!(seen(&page), None, "what was said of another wait");
}
