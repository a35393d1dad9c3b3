//! Tests of the chat of a match: texts, acknowledgements, unread count, typing and reactions.

use uuid::Uuid;

use crate::{
    call::{
        Author, ChatWish, DescriptionKind, Intent, PeerEvent,
        tests::test_page::{BOTH, TestPage, description, offer, secs},
    },
    protocol::{EndReason, Epoch, PeerMessage, Reaction, Role, ToBrowser},
};

fn with_open_channel() -> TestPage {
    let mut page = TestPage::talking();
    page.peer_event(PeerEvent::ChannelOpened { nonce: Uuid::from_u128(7) });
    page.take_actions();
    page
}

fn press(page: &mut TestPage, intent: ChatWish) {
    page.press(Intent::Chat(intent));
}

fn receive_from_partner(page: &mut TestPage, message: PeerMessage) {
    page.peer_event(PeerEvent::Message(message));
}

fn chat_message(number: u32, text: &str) -> PeerMessage {
    PeerMessage::Chat { number, text: text.into() }
}

fn lines(page: &TestPage) -> Vec<(Author, String)> {
    page.call.lines().into_iter().map(|it| (it.author, it.text.to_string())).collect()
}

#[test]
fn sends_receives_and_acknowledges_texts() {
    let mut page = with_open_channel();
    press(&mut page, ChatWish::Type);
    press(&mut page, ChatWish::Write(" Hello ".into()));
    assert_eq!(page.take_actions(), ["typing", "chat 1 Hello"]);
    assert_eq!(lines(&page), [(Author::Oneself { delivered: false }, "Hello".into())]);
    receive_from_partner(&mut page, PeerMessage::Got { number: 1 });
    receive_from_partner(&mut page, PeerMessage::Typing {});
    assert!(page.call.snapshot().chat.typing);
    receive_from_partner(&mut page, chat_message(1, "Hi"));
    assert_eq!(page.take_actions(), ["got 1"]);
    assert_eq!(
        lines(&page),
        [(Author::Oneself { delivered: true }, "Hello".into()), (Author::Stranger, "Hi".into())]
    );
    assert!(!page.call.snapshot().chat.typing);
}

#[test]
fn counts_unread_texts_while_the_chat_is_closed() {
    let mut page = with_open_channel();
    receive_from_partner(&mut page, chat_message(1, "one"));
    receive_from_partner(&mut page, chat_message(2, "two"));
    assert_eq!(page.call.snapshot().chat.unread, 2);
    press(&mut page, ChatWish::Toggle);
    assert_eq!(page.call.snapshot().chat.unread, 0);
    receive_from_partner(&mut page, chat_message(3, "three"));
    assert_eq!(page.call.snapshot().chat.unread, 0);
}

#[test]
fn reactions_disappear_after_4_s() {
    let mut page = with_open_channel();
    press(&mut page, ChatWish::React(Reaction::Wave));
    assert_eq!(page.take_actions(), ["react Wave"]);
    receive_from_partner(&mut page, PeerMessage::React { reaction: Reaction::Heart });
    let chat = page.call.snapshot().chat;
    assert_eq!((chat.own, chat.theirs), (Some(Reaction::Wave), Some(Reaction::Heart)));
    page.advance(secs(4));
    let chat = page.call.snapshot().chat;
    assert_eq!((chat.own, chat.theirs), (None, None));
}

#[test]
fn resends_unacknowledged_texts_on_a_fresh_connection() {
    let mut page = with_open_channel();
    press(&mut page, ChatWish::Write("one".into()));
    press(&mut page, ChatWish::Write("two".into()));
    receive_from_partner(&mut page, PeerMessage::Got { number: 1 });
    page.take_actions();
    let match_id = page.match_id();
    let offer = offer("fresh");
    page.receive(ToBrowser::Signal { match_id, epoch: Epoch(2), signal: offer });
    page.epoch = Epoch(2);
    page.peer_event(PeerEvent::LocalSet(Ok(description(DescriptionKind::Answer, "ours"))));
    page.peer_event(PeerEvent::ChannelOpened { nonce: Uuid::from_u128(8) });
    assert!(page.take_actions().ends_with(&["chat 2 two".into()]));
}

#[test]
fn chat_is_cleared_at_the_end_of_the_match() {
    let mut page = with_open_channel();
    press(&mut page, ChatWish::Toggle);
    press(&mut page, ChatWish::Write("for you only".into()));
    page.receive_ended(EndReason::PartnerLeft);
    assert!(lines(&page).is_empty());
    page.advance(secs(3));
    page.receive(ToBrowser::Waiting {});
    page.receive_match(Role::Polite, BOTH);
    assert!(lines(&page).is_empty());
    page.take_actions();
    press(&mut page, ChatWish::Write("nobody can hear this yet".into()));
    assert!(page.take_actions().is_empty(), "the channel is not open yet");
    page.peer_event(PeerEvent::ChannelOpened { nonce: Uuid::from_u128(9) });
    assert!(page.take_actions().ends_with(&["chat 1 nobody can hear this yet".into()]));
}

#[test]
fn is_closed_again_for_each_new_stranger() {
    let mut page = with_open_channel();
    press(&mut page, ChatWish::Toggle);
    assert!(page.call.snapshot().chat.open);
    page.press(Intent::Next);
    page.receive(ToBrowser::Waiting {});
    page.receive_match(Role::Polite, BOTH);
    assert!(page.call.snapshot().phase.is_matched() && !page.call.snapshot().chat.open);
}
