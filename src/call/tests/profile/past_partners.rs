//! Tests of met and blocked pairs: how they are stored, sent to the server, shared between tabs and erased.

use uuid::Uuid;

use crate::{
    call::{
        Call, Farewell, Input, Intent, Phase, Problem, StoredProfile,
        tests::test_page::{
            BOTH, TestPage, had_a_call, matched_message, millis, secs, session, site, welcome,
        },
    },
    protocol::{Delivery, EndReason, Feature, Features, Met, PairId, PastPairs, Role, ToBrowser},
};

const PAIR: PairId = PairId(Uuid::from_u128(7));
const OTHER: PairId = PairId(Uuid::from_u128(8));

fn talking() -> TestPage {
    talking_at_a_server_with(Features::all())
}

fn talking_at_a_server_with(features: Features) -> TestPage {
    let mut page = TestPage::new();
    page.press(Intent::Start);
    page.media_opens(BOTH);
    page.handle(Input::SocketOpened);
    accept_as_unknown(&mut page, features);
    page.receive(ToBrowser::Waiting {});
    receive_match_with_pair(&mut page, PAIR);
    page
}

/// A server without the session answers the hello; it assigns a device name if the page sent none.
fn accept_as_unknown(page: &mut TestPage, supported: Features) {
    page.server = Delivery::default();
    let mut msg = welcome(session(1), false);
    if let ToBrowser::Welcome { device, features, .. } = &mut msg {
        *features = supported;
        *device = page.device.is_none().then(|| "d.1".into());
    }
    page.receive(msg);
}

fn receive_match_with_pair(page: &mut TestPage, pair_id: PairId) {
    page.receive_match_with(|match_id| {
        let mut msg = matched_message(match_id, Role::Impolite, BOTH);
        if let ToBrowser::Matched { pair, .. } = &mut msg {
            *pair = Some(pair_id);
        }
        msg
    });
}

/// The match is connected, so the person has met the partner.
fn connect(page: &mut TestPage) {
    page.negotiate_as_impolite();
    page.media_flows = true;
    page.peer_connects();
    page.advance(millis(100));
    assert_eq!(page.phase_name(), "talking");
}

/// A stored profile in which [`PAIR`] is blocked.
fn profile_with_block() -> StoredProfile {
    let mut page = talking();
    page.press(Intent::Block);
    page.call.stored()
}

/// A page that is opened with a stored profile, this many seconds after the Unix epoch.
fn page_with_profile(profile: &StoredProfile, seconds: u64) -> TestPage {
    let mut page = TestPage::new();
    let profile = StoredProfile { consent: had_a_call().consent, ..profile.clone() };
    page.call = Call::new(2, profile, Default::default(), site());
    page.unix_origin_ms = seconds * 1_000;
    page.press(Intent::Start);
    page.media_opens(BOTH);
    page.server_accepts();
    page
}

fn stored_profile(page: &mut TestPage) -> StoredProfile {
    page.call.stored()
}

#[test]
fn met_pairs_expire_after_30_minutes_and_blocks_after_30_days() {
    let mut page = talking();
    let met = stored_profile(&mut page);
    page.press(Intent::Block);
    let blocked = stored_profile(&mut page);
    assert_eq!(page.call.snapshot().blocked, 1);

    let met_minutes_ago = |minutes_ago| vec![Met { pair: PAIR, minutes_ago }];
    assert_eq!(page_with_profile(&met, 0).past, PastPairs { met: met_minutes_ago(0), blocked: Vec::new() });
    assert_eq!(
        page_with_profile(&met, 29 * 60).past,
        PastPairs { met: met_minutes_ago(29), blocked: Vec::new() }
    );
    assert_eq!(page_with_profile(&met, 30 * 60).past, PastPairs::default());
    assert_eq!(
        page_with_profile(&blocked, 29 * 86_400).past,
        PastPairs { met: Vec::new(), blocked: vec![PAIR] }
    );
    assert_eq!(page_with_profile(&blocked, 30 * 86_400).past, PastPairs::default());
}

/// The past strangers that the page offers to block, the latest first: their numbers, and whether they are blocked.
fn past_strangers(page: &TestPage) -> Vec<(u32, bool)> {
    let all = page.call.snapshot().past_strangers;
    all.into_iter().flatten().map(|it| (it.number, it.is_blocked)).collect()
}

/// Meets the pair after the current one.
fn meet_next(page: &mut TestPage, pair: PairId) {
    page.press(Intent::Next);
    page.receive(ToBrowser::Waiting {});
    receive_match_with_pair(page, pair);
    connect(page);
}

#[test]
fn a_block_leaves_and_waits_for_a_press() {
    let mut page = talking();
    connect(&mut page);
    page.take_actions();
    page.press(Intent::Block);
    let actions: Vec<_> =
        page.take_actions().into_iter().filter(|it| it.starts_with("send") || it == "save profile").collect();
    assert_eq!(actions, ["save profile", "send block", "send leave", "save profile"]);
    assert_eq!(page.phase(), Phase::Ended { why: Farewell::Blocked });
    assert_eq!(past_strangers(&page), [(1, true)]);
    page.advance(secs(50));
    assert_eq!(page.phase(), Phase::Ended { why: Farewell::Blocked });
    page.take_actions();
    page.press(Intent::SetPastBlocked(1, false));
    assert_eq!(page.take_actions(), ["save profile", "send unblock"]);
    assert_eq!((past_strangers(&page), page.call.snapshot().blocked), (vec![(1, false)], 0));
    assert_eq!(page.phase(), Phase::Ended { why: Farewell::Blocked }, "still waits for a press");
    page.press(Intent::Start);
    assert_eq!(page.take_actions(), ["send join with audio and video"]);
    assert_eq!(page.phase(), Phase::Ready);
}

/// The `leave` has gone to a server that was replaced, after the hello with the ticket.
#[test]
fn a_match_that_a_new_server_has_rebuilt_after_a_block_is_left() {
    for is_rebuilt in [true, false] {
        let mut page = talking();
        connect(&mut page);
        let id = page.match_id();
        page.receive(ToBrowser::Again {});
        page.press(Intent::Block);
        page.take_actions();
        let mut msg = welcome(session(2), false);
        if let ToBrowser::Welcome { match_id, .. } = &mut msg {
            *match_id = Some(id).filter(|_| is_rebuilt);
        }
        page.receive(msg);
        assert_eq!(page.take_actions().contains(&"send leave".to_owned()), is_rebuilt);
        assert_eq!(page.phase(), Phase::Ended { why: Farewell::Blocked });
    }
}

#[test]
fn next_goes_on_after_a_block_and_nobody_stays_with_an_open_camera() {
    let mut page = talking();
    page.press(Intent::Block);
    assert_eq!(past_strangers(&page), [(1, true)], "one who was never seen, too");
    page.press(Intent::Next);
    assert_eq!(page.phase(), Phase::Ready);

    let mut page = talking();
    page.press(Intent::Block);
    page.advance(secs(61));
    assert_eq!((page.phase(), page.problem()), (Phase::Landing, Some(Problem::Idle)));
}

#[test]
fn a_block_just_after_the_partner_left_blocks_that_partner() {
    let mut page = talking();
    connect(&mut page);
    page.receive_ended(EndReason::PartnerLeft);
    page.press(Intent::Block);
    assert_eq!(page.call.stored().acquaintances.blocked.pairs(), [PAIR]);
    assert_eq!(page.phase(), Phase::Ended { why: Farewell::Blocked });
}

#[test]
fn block_without_a_partner_does_nothing() {
    let mut page = TestPage::new();
    for intent in [Intent::Block, Intent::SetPastBlocked(0, true), Intent::SetPastBlocked(1, true)] {
        page.press(intent);
        assert_eq!((page.take_actions(), page.phase()), (vec![], Phase::Landing));
    }
}

#[test]
fn stranger_who_has_left_can_be_blocked() {
    let mut page = talking();
    connect(&mut page);
    assert_eq!(past_strangers(&page), []);
    page.receive_ended(EndReason::PartnerLeft);
    assert_eq!((page.phase_name(), past_strangers(&page)), ("ended", vec![(1, false)]));
    page.take_actions();
    page.press(Intent::SetPastBlocked(1, true));
    assert_eq!(page.take_actions(), ["save profile", "send block"]);
    assert_eq!(page.phase_name(), "ended", "blocking does not end the pause before the next search");
    assert_eq!(past_strangers(&page), [(1, true)]);
    assert_eq!(page.call.stored().acquaintances.blocked.pairs(), [PAIR]);
}

#[test]
fn the_last_three_strangers_can_be_blocked_while_talking_to_another() {
    let mut page = talking();
    connect(&mut page);
    let pairs: Vec<_> = (10..14).map(|it| PairId(Uuid::from_u128(it))).collect();
    for pair in &pairs {
        meet_next(&mut page, *pair);
    }
    assert_eq!(past_strangers(&page), [(4, false), (3, false), (2, false)]);
    page.take_actions();
    page.press(Intent::SetPastBlocked(2, true));
    assert_eq!(page.take_actions(), ["save profile", "send block"]);
    assert_eq!(page.phase_name(), "talking", "the match goes on");
    assert_eq!(page.call.stored().acquaintances.blocked.pairs(), [pairs[0]]);
    page.press(Intent::SetPastBlocked(1, true));
    assert_eq!(page.take_actions(), [""; 0], "nobody remembers the first one");
    page.press(Intent::SetPastBlocked(3, true));
    page.take_actions();
    page.press(Intent::SetPastBlocked(2, false));
    assert_eq!(page.take_actions(), ["save profile", "send unblock of one"]);
    assert_eq!(page.call.stored().acquaintances.blocked.pairs(), [pairs[1]]);
    page.press(Intent::Unblock);
    assert_eq!(past_strangers(&page), [(4, false), (3, false), (2, false)]);

    page.press(Intent::Block);
    assert_eq!(
        page.call.stored().acquaintances.blocked.pairs(),
        [pairs[3]],
        "Block means the current stranger"
    );
    assert_eq!(past_strangers(&page), [(5, true), (4, false), (3, false)]);
}

#[test]
fn last_stranger_can_be_blocked_after_stop_and_the_next_hello_says_so() {
    let mut page = talking();
    connect(&mut page);
    page.press(Intent::Stop);
    page.take_actions();
    page.press(Intent::SetPastBlocked(1, true));
    assert_eq!(page.take_actions(), ["save profile"]);
    assert_eq!(page.phase(), Phase::Landing);
    page.press(Intent::Start);
    page.media_opens(BOTH);
    page.handle(Input::SocketOpened);
    assert_eq!(page.past.blocked, [PAIR]);
}

#[test]
fn stranger_who_never_appeared_is_not_a_past_one() {
    let mut page = talking();
    connect(&mut page);
    page.press(Intent::Next);
    page.receive(ToBrowser::Waiting {});
    receive_match_with_pair(&mut page, OTHER);
    page.receive_ended(EndReason::Unconnected);
    assert_eq!(past_strangers(&page), [(1, false)]);

    let mut page = talking();
    page.receive_ended(EndReason::Unconnected);
    assert_eq!(past_strangers(&page), []);
}

#[test]
fn stranger_met_again_is_not_a_past_one() {
    let mut page = talking();
    connect(&mut page);
    meet_next(&mut page, OTHER);
    meet_next(&mut page, PAIR);
    assert_eq!(past_strangers(&page), [(2, false)]);
    page.receive_ended(EndReason::PartnerLeft);
    assert_eq!(past_strangers(&page), [(3, false), (2, false)], "once, with the last number");
}

#[test]
fn a_server_that_cannot_unblock_one_learns_it_with_the_next_hello() {
    let without = Feature::ALL.into_iter().filter(|it| *it != Feature::UnblockPair);
    let mut page = talking_at_a_server_with(without.collect());
    connect(&mut page);
    meet_next(&mut page, OTHER);
    page.press(Intent::SetPastBlocked(1, true));
    page.press(Intent::Block);
    page.take_actions();
    page.press(Intent::SetPastBlocked(1, false));
    assert_eq!(page.take_actions(), ["save profile"]);
    assert_eq!(page.call.stored().acquaintances.blocked.pairs(), [OTHER]);
}

#[test]
fn sends_its_device_name_until_everything_is_erased() {
    let mut page = talking();
    let mut profile = stored_profile(&mut page);
    profile.acquaintances.device = "d.1".into();
    let mut page = page_with_profile(&profile, 60);
    assert_eq!((page.device.as_deref(), page.past.met.len()), (Some("d.1"), 1));
    page.press(Intent::ForgetEverything);
    assert_eq!(page.call.stored(), StoredProfile::default());
    page.advance(secs(1));
    let mut page = page_with_profile(&page.call.stored(), 60);
    assert_eq!((page.device.take(), page.past.is_none()), (None, true));
}

#[test]
fn pairs_recorded_after_erasing_keep_the_device_name_of_the_session() {
    let mut page = talking();
    page.press(Intent::ForgetEverything);
    assert_eq!(page.call.stored(), StoredProfile::default());
    page.lose_socket_and_redial();
    page.server_resumes();
    page.press(Intent::Block);
    let next_visit = page_with_profile(&page.call.stored(), 60);
    assert_eq!((next_visit.device.as_deref(), next_visit.past.blocked), (Some("d.1"), vec![PAIR]));

    page.press(Intent::ForgetEverything);
    page.receive(ToBrowser::Waiting {});
    receive_match_with_pair(&mut page, OTHER);
    let next_visit = page_with_profile(&page.call.stored(), 60);
    assert_eq!((next_visit.device.as_deref(), next_visit.past.met.len()), (Some("d.1"), 1));
}

#[test]
fn new_session_repeats_block_changes_made_after_the_hello() {
    let mut page = talking();
    page.lose_socket_and_redial();
    page.handle(Input::SocketOpened);
    page.press(Intent::Block);
    page.press(Intent::Start);
    assert!(page.past.blocked.is_empty());
    page.take_actions();
    accept_as_unknown(&mut page, Features::all());
    assert_eq!(page.take_actions(), ["send block", "send join with audio and video"]);

    page.lose_socket_and_redial();
    page.handle(Input::SocketOpened);
    assert_eq!(page.past.blocked, [PAIR]);
    page.press(Intent::Unblock);
    page.take_actions();
    accept_as_unknown(&mut page, Features::all());
    assert_eq!(page.take_actions(), ["send unblock", "send join with audio and video"]);

    page.lose_socket_and_redial();
    page.handle(Input::SocketOpened);
    page.take_actions();
    accept_as_unknown(&mut page, Features::all());
    assert_eq!(page.take_actions(), ["send join with audio and video"], "the hello contained everything");
}

#[test]
fn blocks_stored_by_another_page_are_sent_and_kept() {
    let profile = profile_with_block();
    let mut page = TestPage::new();
    page.handle(Input::StorageChanged(Box::new(profile.clone())));
    assert_eq!(page.take_actions(), [""; 0]);
    assert_eq!((page.call.stored(), page.call.snapshot().blocked), (profile, 1));
    page.press(Intent::Start);
    page.media_opens(BOTH);
    page.handle(Input::SocketOpened);
    assert_eq!((page.device.as_deref(), page.past.blocked.as_slice()), (Some("d.1"), &[PAIR][..]));
    accept_as_unknown(&mut page, Features::all());
    page.receive(ToBrowser::Waiting {});
    receive_match_with_pair(&mut page, OTHER);
    page.press(Intent::Block);
    assert_eq!(page_with_profile(&page.call.stored(), 60).past.blocked, [PAIR, OTHER]);
}

#[test]
fn block_changes_by_another_page_are_sent_to_the_server() {
    let mut page = TestPage::waiting();
    page.handle(Input::StorageChanged(Box::new(profile_with_block())));
    assert_eq!(page.take_actions(), ["send block"]);
    page.handle(Input::StorageChanged(Box::new(profile_with_block())));
    assert_eq!(page.take_actions(), [""; 0], "sends the change once");
    page.handle(Input::StorageChanged(Box::default()));
    assert_eq!(page.take_actions(), ["send unblock"]);
}

#[test]
fn future_dated_blocks_expire_30_days_after_the_clock_is_corrected() {
    const YEAR: u64 = 365 * 86_400;
    let mut page = page_with_profile(&StoredProfile::default(), YEAR);
    page.receive(ToBrowser::Waiting {});
    receive_match_with_pair(&mut page, PAIR);
    page.press(Intent::Block);
    let mut page = page_with_profile(&page.call.stored(), 60);
    assert_eq!(page.past, PastPairs { met: vec![Met { pair: PAIR, minutes_ago: 0 }], blocked: vec![PAIR] });
    assert!(
        page.take_actions().contains(&"save profile".to_owned()),
        "saves the corrected date, or each visit would correct it again"
    );
    let profile = page.call.stored();
    assert_eq!(page_with_profile(&profile, 29 * 86_400).past.blocked, [PAIR]);
    assert_eq!(page_with_profile(&profile, 31 * 86_400).past, PastPairs::default());
}
