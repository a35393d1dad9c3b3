//! Tests of matches that a person ends: by Next, Esc or Stop, on either side.

use crate::{
    call::{
        Farewell, Gesture, Input, Intent, Output, PeerEvent, Phase,
        tests::test_page::{BOTH, TestPage, millis, secs},
    },
    protocol::{EndReason, Role, ToBrowser},
};

fn after_partner_left() -> TestPage {
    let mut page = TestPage::talking();
    page.receive_ended(EndReason::PartnerLeft);
    page.take_actions();
    page
}

#[test]
fn next_closes_the_connection_at_once_and_is_sent_once() {
    let mut page = TestPage::talking();
    page.press(Intent::Next);
    assert_eq!(page.take_actions(), ["close peer", "send next"]);
    assert_eq!(page.phase_name(), "ready");
    page.press(Intent::Next);
    page.press(Intent::Next);
    assert!(page.take_actions().is_empty());
    page.receive_ended(EndReason::Next);
    page.receive(ToBrowser::Waiting {});
    assert_eq!(page.phase(), Phase::Waiting { setback: None });
    assert!(page.take_actions().is_empty(), "the server has already queued the page");
}

#[test]
fn next_works_while_connecting() {
    let mut page = TestPage::matched(Role::Polite, BOTH);
    page.take_actions();
    page.press(Intent::Next);
    assert_eq!(page.take_actions(), ["close peer", "send next"]);
}

#[test]
fn next_without_a_partner_does_nothing() {
    for mut page in [TestPage::new(), TestPage::waiting()] {
        let phase = page.phase_name();
        page.press(Intent::Next);
        assert_eq!((page.take_actions(), page.phase_name()), (vec![], phase));
    }
}

#[test]
fn joins_again_when_the_partner_ended_the_match_first() {
    for reason in [EndReason::PartnerNext, EndReason::PartnerLeft, EndReason::PartnerLost] {
        let mut page = TestPage::talking();
        page.press(Intent::Next);
        page.take_actions();
        // The server ended the match for the partner before it received our `next`.
        page.receive_ended(reason);
        assert_eq!(page.take_actions(), ["send join with audio and video"]);
        page.receive(ToBrowser::Waiting {});
        assert_eq!(page.phase_name(), "waiting");
    }
}

#[test]
fn a_match_made_before_next_arrived_is_accepted() {
    let mut page = TestPage::talking();
    page.press(Intent::Next);
    // The server gave up on the match and made a new one before it received our `next`.
    page.receive_ended(EndReason::Unconnected);
    page.receive(ToBrowser::Waiting {});
    page.take_actions();
    page.receive_match(Role::Polite, BOTH);
    assert_eq!((page.take_actions(), page.phase_name()), (vec!["open peer".to_owned()], "connecting"));
}

#[test]
fn second_esc_confirms_next() {
    let mut page = TestPage::talking();
    page.press(Intent::Gesture(Gesture::Escape));
    assert!(page.take_actions().is_empty());
    assert_eq!(page.call.snapshot().asks, Some(Gesture::Escape));
    page.advance(millis(2_999));
    page.press(Intent::Gesture(Gesture::Escape));
    assert_eq!(page.take_actions(), ["close peer", "send next"]);
    assert_eq!(page.call.snapshot().asks, None);
}

#[test]
fn esc_confirmation_expires_after_3_s() {
    let mut page = TestPage::talking();
    page.press(Intent::Gesture(Gesture::Escape));
    page.advance(secs(3));
    assert_eq!(page.call.snapshot().asks, None);
    page.press(Intent::Gesture(Gesture::Escape));
    assert!(page.take_actions().is_empty());
    assert_eq!(page.call.snapshot().asks, Some(Gesture::Escape));
}

#[test]
fn the_same_gesture_confirms_and_another_one_asks_again() {
    let mut page = TestPage::talking();
    for gesture in [Gesture::Swipe, Gesture::Escape, Gesture::Back, Gesture::Swipe] {
        page.press(Intent::Gesture(gesture));
        assert_eq!((page.take_actions(), page.call.snapshot().asks), (vec![], Some(gesture)));
    }
    page.press(Intent::Gesture(Gesture::Swipe));
    assert_eq!(page.take_actions(), ["close peer", "send next"]);
}

#[test]
fn back_leads_to_the_start_page_and_from_there_out_of_the_page() {
    let back = |page: &mut TestPage| {
        page.page_outputs.clear();
        page.press(Intent::Gesture(Gesture::Back));
        let count = |wanted: fn(&Output) -> bool| page.page_outputs.iter().filter(|it| wanted(it)).count();
        let catches = count(|it| matches!(it, Output::CatchBack));
        (page.phase_name(), catches, count(|it| matches!(it, Output::GoBack)))
    };
    let mut page = TestPage::talking();
    assert_eq!(back(&mut page), ("talking", 1, 0), "asks, and is caught again");
    assert_eq!(back(&mut page), ("landing", 0, 0));
    assert_eq!(back(&mut page), ("landing", 0, 1), "the entry of the last start is skipped");
    for mut page in [TestPage::waiting(), after_partner_left()] {
        assert_eq!(back(&mut page), ("landing", 0, 0), "there is nothing to lose");
    }
}

#[test]
fn expired_confirmation_is_hidden_before_the_tick() {
    let mut page = TestPage::talking();
    page.press(Intent::Gesture(Gesture::Escape));
    // The time is over, but another input arrives before the tick.
    page.now = page.now + secs(3);
    page.handle(Input::NetworkChanged);
    assert_eq!(page.call.snapshot().asks, None);
}

#[test]
fn any_other_intent_cancels_the_confirmation() {
    for intent in [Intent::Start, Intent::ToggleCamera, Intent::ToggleMicrophone] {
        let mut page = TestPage::talking();
        page.press(Intent::Gesture(Gesture::Escape));
        page.press(intent.clone());
        assert_eq!(page.call.snapshot().asks, None);
        page.take_actions();
        page.press(Intent::Gesture(Gesture::Escape));
        assert!(page.take_actions().is_empty(), "{intent:?}: this Esc is a first one again");
    }
}

#[test]
fn end_of_the_match_cancels_the_confirmation() {
    for reason in [EndReason::PartnerLeft, EndReason::Unconnected] {
        let mut page = TestPage::talking();
        page.press(Intent::Gesture(Gesture::Escape));
        page.receive_ended(reason);
        assert_eq!(page.call.snapshot().asks, None);
    }
}

#[test]
fn esc_without_a_partner_does_nothing() {
    for mut page in [TestPage::new(), TestPage::waiting(), after_partner_left()] {
        page.press(Intent::Gesture(Gesture::Escape));
        page.press(Intent::Gesture(Gesture::Escape));
        assert!(page.take_actions().is_empty());
        assert_eq!(page.call.snapshot().asks, None);
    }
}

#[test]
fn shows_that_the_partner_left_for_3_s_then_joins() {
    for (reason, why) in [(EndReason::PartnerLeft, Farewell::Left), (EndReason::PartnerNext, Farewell::Left)]
    {
        let mut page = TestPage::talking();
        page.receive_ended(reason);
        assert_eq!(page.take_actions(), ["close peer"]);
        assert_eq!(page.phase(), Phase::Ended { why });
        page.advance(millis(2_999));
        assert_eq!(page.phase_name(), "ended");
        page.advance(millis(1));
        assert_eq!(page.take_actions(), ["send join with audio and video"]);
        assert_eq!(page.phase_name(), "ready");
    }
}

#[test]
fn stop_works_after_the_partner_left() {
    let mut page = after_partner_left();
    page.press(Intent::Stop);
    assert_eq!(page.take_actions(), ["close media", "send leave", "close socket with 4000"]);
    page.advance(secs(10));
    assert_eq!((page.take_actions(), page.phase_name()), (vec![], "landing"));
}

#[test]
fn next_after_the_partner_left_joins_at_once() {
    let mut page = after_partner_left();
    page.press(Intent::Next);
    assert_eq!(page.take_actions(), ["send join with audio and video"]);
    page.advance(secs(5));
    assert!(page.take_actions().is_empty());
}

#[test]
fn ignores_the_end_of_another_match() {
    let mut page = TestPage::talking();
    page.receive(ToBrowser::Ended { match_id: TestPage::new().match_id(), reason: EndReason::PartnerLeft });
    assert_eq!((page.take_actions(), page.phase_name()), (vec![], "talking"));
}

#[test]
fn late_events_after_stop_have_no_effect() {
    let mut page = TestPage::talking();
    let (link, match_id) = (page.connection(), page.match_id());
    page.press(Intent::Stop);
    page.take_actions();
    page.receive(ToBrowser::Ended { match_id, reason: EndReason::PartnerNext });
    page.receive(ToBrowser::Waiting {});
    page.handle(Input::Peer { link, event: PeerEvent::NegotiationNeeded });
    page.handle(Input::SocketLost);
    page.handle(Input::NetworkChanged);
    page.advance(secs(60));
    assert_eq!((page.take_actions(), page.phase_name()), (vec![], "landing"));
}
