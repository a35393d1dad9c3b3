//! Tests of the occupancy that a waiting page shows.

use crate::{
    call::{
        Input, Intent,
        tests::test_page::{BOTH, TestPage},
    },
    protocol::{Occupancy, Role, ToBrowser, Wait},
};

fn shown_occupancy(page: &TestPage) -> Option<Occupancy> {
    page.call.snapshot().surroundings.here
}

const FEW: Occupancy = Occupancy { around: 1, wait: None, all_met: false };
const MANY: Occupancy = Occupancy { around: 50, wait: Some(Wait::Moment), all_met: false };

#[test]
fn waiting_page_shows_the_latest_occupancy() {
    let mut page = TestPage::waiting();
    assert_eq!(shown_occupancy(&page), None);
    page.receive(ToBrowser::Here(FEW));
    assert_eq!(shown_occupancy(&page), Some(FEW));
    page.receive(ToBrowser::Here(MANY));
    assert_eq!(shown_occupancy(&page), Some(MANY));
    assert_eq!(page.take_actions(), [""; 0], "has no other effect");
    page.handle(Input::SocketLost);
    assert_eq!(shown_occupancy(&page), Some(MANY), "a short loss changes nothing");
}

#[test]
fn shows_no_occupancy_outside_the_queue() {
    let mut page = TestPage::new();
    page.press(Intent::Start);
    page.media_opens(BOTH);
    page.server_accepts();
    page.receive(ToBrowser::Here(FEW));
    page.receive(ToBrowser::Waiting {});
    assert_eq!(shown_occupancy(&page), None, "it was sent before the wait began");
    page.receive(ToBrowser::Here(FEW));
    page.receive_match(Role::Polite, BOTH);
    assert_eq!(shown_occupancy(&page), None);
    page.receive(ToBrowser::Here(MANY));
    page.press(Intent::Next);
    page.receive(ToBrowser::Waiting {});
    assert_eq!(shown_occupancy(&page), None, "it was sent during an earlier wait");
}
