//! Tests of age checks: whose session starts, and whose goes on.

use super::scene::{Scene, secs};
use crate::{
    matchmaker::{
        AgeKey, MatchmakerConfig,
        moderation::age::tests::{provider, token},
    },
    protocol::ToServer,
};

/// The end of a statement, in seconds since the Unix epoch: fifteen minutes after the beginning of a scene.
const END: u64 = 1_700_000_900;

/// A scene whose server wants a statement, and a valid one.
fn scene_with_check() -> (Scene, String) {
    let (pair, key) = provider(1);
    let config = MatchmakerConfig { age: AgeKey::parse(&key), ..MatchmakerConfig::for_tests(7) };
    let valid = token(&pair, r#"{"alg":"EdDSA"}"#, &format!(r#"{{"over18":true,"exp":{END}}}"#));
    (Scene::with_config(config), valid)
}

#[test]
fn a_session_starts_only_with_a_valid_statement() {
    let (mut scene, valid) = scene_with_check();
    for (statement, expected) in [
        (None, &["error age-required about 0", "closed age-required"][..]),
        (Some("e30.e30.AA".to_owned()), &["error age-required about 0", "closed age-required"]),
        (Some(valid.clone()), &["welcome"]),
    ] {
        let page = scene.open_page();
        scene.pages[page].age = statement;
        scene.send_hello(page, None);
        assert_eq!(scene.take_events(page), expected);
    }
    scene.advance(secs(900));
    let page = scene.open_page();
    scene.pages[page].age = Some(valid);
    scene.send_hello(page, None);
    assert_eq!(scene.take_events(page).last().unwrap(), "closed age-required", "it has expired");
}

#[test]
fn a_session_goes_on_after_the_statement_has_expired() {
    let (mut scene, statement) = scene_with_check();
    let pages: [usize; 2] = std::array::from_fn(|_| {
        let page = scene.open_page();
        scene.pages[page].age = Some(statement.clone());
        scene.send_hello(page, None);
        page
    });
    for page in pages {
        scene.join(page);
    }
    let match_id = scene.last_match(pages[0]);
    scene.report_connected(match_id, pages);
    scene.advance(secs(900));
    scene.lose_socket(pages[0]);
    scene.resume(pages[0]);
    assert_eq!(scene.take_events(pages[0]).last().unwrap(), "welcome back");
    scene.restart_server();
    for page in pages {
        scene.take_events(page);
        scene.resume_with_ticket(page);
        assert!(scene.take_events(page).iter().any(|it| it.starts_with("welcome")), "the ticket is enough");
    }
    let match_id = scene.last_match(pages[0]);
    scene.send(pages[0], ToServer::Next { match_id });
    assert_eq!(scene.take_events(pages[0]).last().unwrap(), "closed age-required", "for this match only");
    assert_eq!(scene.take_events(pages[1]), ["ended #1 partner-next"]);
    scene.join(pages[1]);
    assert_eq!(scene.take_events(pages[1]).last().unwrap(), "closed age-required");
}
