//! The chat of a match: what is said of it, when, and what is seen; it must not know how texts are counted.

use uuid::Uuid;

use crate::{
    call::{
        Author, ChatWish, DescriptionKind, Intent, PeerEvent,
        tests::test_page::{BOTH, Page, secs},
    },
    protocol::{EndReason, Epoch, PeerMessage, Reaction, Role, ToBrowser},
};

fn open() -> Page {
    let mut page = Page::talking();
    page.peer(PeerEvent::ChannelOpened { nonce: Uuid::from_u128(7) });
    page.did();
    page
}

fn wants(page: &mut Page, wish: ChatWish) {
    page.wants(Intent::Chat(wish));
}

fn told(page: &mut Page, message: PeerMessage) {
    page.peer(PeerEvent::Message(message));
}

fn chat(number: u32, text: &str) -> PeerMessage {
    PeerMessage::Chat { number, text: text.into() }
}

fn lines(page: &Page) -> Vec<(Author, String)> {
    page.call.lines().into_iter().map(|it| (it.author, it.text.to_string())).collect()
}

#[test]
fn a_text_is_sent_acknowledged_and_seen_at_both_ends() {
    let mut page = open();
    wants(&mut page, ChatWish::Type);
    wants(&mut page, ChatWish::Write(" Hello ".into()));
    assert_eq!(page.did(), ["type", "write 1 Hello"]);
    assert_eq!(lines(&page), [(Author::Oneself { delivered: false }, "Hello".into())]);
    told(&mut page, PeerMessage::Got { number: 1 });
    told(&mut page, PeerMessage::Typing {});
    assert!(page.call.snapshot().chat.typing);
    told(&mut page, chat(1, "Hi"));
    assert_eq!(page.did(), ["got 1"]);
    assert_eq!(
        lines(&page),
        [(Author::Oneself { delivered: true }, "Hello".into()), (Author::Stranger, "Hi".into())]
    );
    assert!(!page.call.snapshot().chat.typing);
}

#[test]
fn what_comes_while_the_chat_is_closed_is_counted_until_it_is_opened() {
    let mut page = open();
    told(&mut page, chat(1, "one"));
    told(&mut page, chat(2, "two"));
    assert_eq!(page.call.snapshot().chat.unread, 2);
    wants(&mut page, ChatWish::Toggle);
    assert_eq!(page.call.snapshot().chat.unread, 0);
    told(&mut page, chat(3, "three"));
    assert_eq!(page.call.snapshot().chat.unread, 0);
}

#[test]
fn a_reaction_is_shown_for_a_moment() {
    let mut page = open();
    wants(&mut page, ChatWish::React(Reaction::Wave));
    assert_eq!(page.did(), ["react Wave"]);
    told(&mut page, PeerMessage::React { reaction: Reaction::Heart });
    let chat = page.call.snapshot().chat;
    assert_eq!((chat.own, chat.theirs), (Some(Reaction::Wave), Some(Reaction::Heart)));
    page.after(secs(4));
    let chat = page.call.snapshot().chat;
    assert_eq!((chat.own, chat.theirs), (None, None));
}

#[test]
fn what_was_not_acknowledged_is_said_again_on_a_fresh_connection() {
    let mut page = open();
    wants(&mut page, ChatWish::Write("one".into()));
    wants(&mut page, ChatWish::Write("two".into()));
    told(&mut page, PeerMessage::Got { number: 1 });
    page.did();
    let match_id = page.match_id();
    let offer = crate::call::tests::test_page::offer("fresh");
    page.hears(ToBrowser::Signal { match_id, epoch: Epoch(2), signal: offer });
    page.epoch = Epoch(2);
    page.peer(PeerEvent::LocalSet(Ok(crate::call::tests::test_page::description(
        DescriptionKind::Answer,
        "ours",
    ))));
    page.peer(PeerEvent::ChannelOpened { nonce: Uuid::from_u128(8) });
    assert!(page.did().ends_with(&["write 2 two".into()]));
}

#[test]
fn the_chat_ends_with_the_match() {
    let mut page = open();
    wants(&mut page, ChatWish::Toggle);
    wants(&mut page, ChatWish::Write("for you only".into()));
    page.is_told_the_end(EndReason::PartnerLeft);
    assert!(lines(&page).is_empty());
    page.after(secs(3));
    page.hears(ToBrowser::Waiting {});
    page.is_matched(Role::Polite, BOTH);
    assert!(lines(&page).is_empty());
    page.did();
    wants(&mut page, ChatWish::Write("nobody can hear this yet".into()));
    assert!(page.did().is_empty(), "there is no channel");
    page.peer(PeerEvent::ChannelOpened { nonce: Uuid::from_u128(9) });
    assert!(page.did().ends_with(&["write 1 nobody can hear this yet".into()]));
}
