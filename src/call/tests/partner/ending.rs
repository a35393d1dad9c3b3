//! How matches end by somebody's wish: Next, Esc, Stop, the partner's; it must not know lost sockets.

use crate::{
    call::{
        Farewell, Input, Intent, Phase,
        tests::test_page::{BOTH, Page, millis, secs},
    },
    protocol::{EndReason, Role, ToBrowser},
};

fn left() -> Page {
    let mut page = Page::talking();
    page.is_told_the_end(EndReason::PartnerLeft);
    page.did();
    page
}

#[test]
fn next_closes_at_once_and_says_so_once() {
    let mut page = Page::talking();
    page.wants(Intent::Next);
    assert_eq!(page.did(), ["close peer", "say next"]);
    assert_eq!(page.phase(), "ready");
    page.wants(Intent::Next);
    page.wants(Intent::Next);
    assert!(page.did().is_empty());
    page.is_told_the_end(EndReason::Next);
    page.hears(ToBrowser::Waiting {});
    assert_eq!(page.sees(), Phase::Waiting { unconnected: false });
    assert!(page.did().is_empty(), "the server has put it into the queue already");
}

#[test]
fn next_works_while_connecting_too() {
    let mut page = Page::matched(Role::Polite, BOTH);
    page.did();
    page.wants(Intent::Next);
    assert_eq!(page.did(), ["close peer", "say next"]);
}

#[test]
fn next_means_nothing_where_nobody_is() {
    for mut page in [Page::new(), Page::waiting()] {
        let phase = page.phase();
        page.wants(Intent::Next);
        assert_eq!((page.did(), page.phase()), (vec![], phase));
    }
}

#[test]
fn when_both_want_the_next_each_joins_again() {
    for reason in [EndReason::PartnerNext, EndReason::PartnerLeft, EndReason::PartnerLost] {
        let mut page = Page::talking();
        page.wants(Intent::Next);
        page.did();
        // The server had ended the match at the partner's wish before it heard of this one's.
        page.is_told_the_end(reason);
        assert_eq!(page.did(), ["say join with audio and video"]);
        page.hears(ToBrowser::Waiting {});
        assert_eq!(page.phase(), "waiting");
    }
}

#[test]
fn a_match_that_was_under_way_when_next_was_pressed_is_the_next_one() {
    let mut page = Page::talking();
    page.wants(Intent::Next);
    // The server had given the match up and paired the page anew before it heard the wish.
    page.is_told_the_end(EndReason::Unconnected);
    page.hears(ToBrowser::Waiting {});
    page.did();
    page.is_matched(Role::Polite, BOTH);
    assert_eq!((page.did(), page.phase()), (vec!["open peer".to_owned()], "connecting"));
}

#[test]
fn esc_asks_and_the_second_esc_means_it() {
    let mut page = Page::talking();
    page.wants(Intent::Escape);
    assert!(page.did().is_empty());
    assert!(page.call.snapshot().asks_next);
    page.after(millis(2_999));
    page.wants(Intent::Escape);
    assert_eq!(page.did(), ["close peer", "say next"]);
    assert!(!page.call.snapshot().asks_next);
}

#[test]
fn an_esc_is_forgotten_after_3_s_and_the_next_one_asks_again() {
    let mut page = Page::talking();
    page.wants(Intent::Escape);
    page.after(secs(3));
    assert!(!page.call.snapshot().asks_next);
    page.wants(Intent::Escape);
    assert!(page.did().is_empty());
    assert!(page.call.snapshot().asks_next);
}

#[test]
fn what_the_second_esc_would_not_mean_is_not_offered() {
    let mut page = Page::talking();
    page.wants(Intent::Escape);
    // The clock has gone on, and something else is told before the tick.
    page.now = page.now + secs(3);
    page.tell(Input::NetworkChanged);
    assert!(!page.call.snapshot().asks_next);
}

#[test]
fn any_other_wish_calls_the_question_off() {
    for wish in [Intent::Start, Intent::ToggleCamera, Intent::ToggleMicrophone] {
        let mut page = Page::talking();
        page.wants(Intent::Escape);
        page.wants(wish.clone());
        assert!(!page.call.snapshot().asks_next);
        page.did();
        page.wants(Intent::Escape);
        assert!(page.did().is_empty(), "{wish:?}: this is a first one again");
    }
}

#[test]
fn the_end_of_the_match_calls_the_question_off() {
    for reason in [EndReason::PartnerLeft, EndReason::Unconnected] {
        let mut page = Page::talking();
        page.wants(Intent::Escape);
        page.is_told_the_end(reason);
        assert!(!page.call.snapshot().asks_next);
    }
}

#[test]
fn esc_asks_nothing_where_there_is_nobody_to_leave() {
    for mut page in [Page::new(), Page::waiting(), left()] {
        page.wants(Intent::Escape);
        page.wants(Intent::Escape);
        assert!(page.did().is_empty());
        assert!(!page.call.snapshot().asks_next);
    }
}

#[test]
fn who_was_left_reads_so_for_3_s_and_then_joins() {
    for (reason, why) in [(EndReason::PartnerLeft, Farewell::Left), (EndReason::PartnerNext, Farewell::Left)]
    {
        let mut page = Page::talking();
        page.is_told_the_end(reason);
        assert_eq!(page.did(), ["close peer"]);
        assert_eq!(page.sees(), Phase::Ended { why });
        page.after(millis(2_999));
        assert_eq!(page.phase(), "ended");
        page.after(millis(1));
        assert_eq!(page.did(), ["say join with audio and video"]);
        assert_eq!(page.phase(), "ready");
    }
}

#[test]
fn stop_during_the_farewell_stops() {
    let mut page = left();
    page.wants(Intent::Stop);
    assert_eq!(page.did(), ["light out", "hang up"]);
    page.after(secs(10));
    assert_eq!((page.did(), page.phase()), (vec![], "landing"));
}

#[test]
fn next_during_the_farewell_joins_at_once() {
    let mut page = left();
    page.wants(Intent::Next);
    assert_eq!(page.did(), ["say join with audio and video"]);
    page.after(secs(5));
    assert!(page.did().is_empty());
}

#[test]
fn the_end_of_another_match_ends_nothing() {
    let mut page = Page::talking();
    page.hears(ToBrowser::Ended { match_id: Page::new().match_id(), reason: EndReason::PartnerLeft });
    assert_eq!((page.did(), page.phase()), (vec![], "talking"));
}

#[test]
fn after_stop_nothing_that_comes_late_has_an_effect() {
    let mut page = Page::talking();
    let (link, match_id) = (page.link(), page.match_id());
    page.wants(Intent::Stop);
    page.did();
    page.hears(ToBrowser::Ended { match_id, reason: EndReason::PartnerNext });
    page.hears(ToBrowser::Waiting {});
    page.tell(Input::Peer { link, event: crate::call::PeerEvent::NegotiationNeeded });
    page.tell(Input::SocketLost);
    page.tell(Input::NetworkChanged);
    page.after(secs(60));
    assert_eq!((page.did(), page.phase()), (vec![], "landing"));
}
