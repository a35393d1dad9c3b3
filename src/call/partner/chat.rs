//! [`Chat`]: the texts and reactions of one match.
//!
//! The sender keeps a text until it is acknowledged and repeats it on a new connection; the receiver skips what it has
//! already got. Incoming texts are limited in length and number, so that no partner can flood the page.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use crate::{
    protocol::{
        PeerMessage, Reaction,
        limits::{MAX_CHAT_CHARS, MAX_CHAT_UNACKNOWLEDGED},
    },
    time::{Moment, RateLimit, RateState},
};

/// Lines to keep: more than anybody scrolls back to.
const MAX_LINES: usize = 200;

/// How long the page shows that the partner is typing: longer than [`TYPING_EVERY`].
const TYPING_FOR: Duration = Duration::from_secs(5);

/// Interval between two `typing` messages.
const TYPING_EVERY: Duration = Duration::from_secs(3);

/// How long the page shows a reaction.
const REACTION_FOR: Duration = Duration::from_secs(4);

/// The limit for our texts and reactions: five at once, then one a second.
const OWN_LIMIT: RateLimit = RateLimit::new(60, 5);

/// The limit for incoming ones: more than our own page ever sends, even when it repeats everything on a new connection.
const PARTNER_LIMIT: RateLimit = RateLimit::new(240, MAX_CHAT_UNACKNOWLEDGED + 8);

/// One line of the chat, as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatLine {
    /// Unique among the lines of this match.
    pub id: u32,
    /// The person that wrote it.
    pub author: Author,
    /// The text.
    pub text: Arc<str>,
}

/// The author of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    /// This person.
    Oneself {
        /// Whether the partner's page has acknowledged it.
        delivered: bool,
    },
    /// The partner.
    Stranger,
}

/// The state of the chat, without its lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChatStatus {
    /// Whether it is open beside the picture.
    pub open: bool,
    /// Grows with each change of the lines.
    pub revision: u32,
    /// Lines that arrived while it was closed.
    pub unread: u32,
    /// Whether the partner is typing.
    pub typing: bool,
    /// Whether a text can be sent now.
    pub ready: bool,
    /// This person's reaction, while it is shown.
    pub own: Option<Reaction>,
    /// The partner's reaction, while it is shown.
    pub theirs: Option<Reaction>,
}

/// A reaction, and until when it is shown.
type ActiveReaction = Option<(Reaction, Moment)>;

/// The texts of one match.
#[derive(Debug, Default)]
pub(crate) struct Chat {
    lines: VecDeque<ChatLine>,
    last_id: u32,
    revision: u32,
    unread: u32,
    /// The number of our last text.
    sent: u32,
    /// Our texts that are not acknowledged, the oldest first.
    pending: VecDeque<(u32, Arc<str>)>,
    /// The number of the partner's last text.
    received: u32,
    typing_until: Option<Moment>,
    typing_sent_at: Option<Moment>,
    own: ActiveReaction,
    partner: ActiveReaction,
    own_rate: RateState,
    partner_rate: RateState,
}

impl Chat {
    /// The person sends a text. Returns the message, or `None` if the text is empty or over the limits.
    pub(crate) fn send_text(&mut self, now: Moment, text: &str) -> Option<PeerMessage> {
        let text = clean(text)?;
        if !self.has_room() || !OWN_LIMIT.take(&mut self.own_rate, now) {
            return None;
        }
        self.sent += 1;
        let text: Arc<str> = text.into();
        self.pending.push_back((self.sent, Arc::clone(&text)));
        self.add(Author::Oneself { delivered: false }, Arc::clone(&text));
        self.typing_sent_at = None;
        Some(PeerMessage::Chat { number: self.sent, text: text.as_ref().into() })
    }

    /// The person is typing. Returns the message, at most one in [`TYPING_EVERY`].
    pub(crate) fn send_typing(&mut self, now: Moment) -> Option<PeerMessage> {
        let is_due = self.typing_sent_at.is_none_or(|at| now - at >= TYPING_EVERY);
        is_due.then(|| {
            self.typing_sent_at = Some(now);
            PeerMessage::Typing {}
        })
    }

    /// The person shows a reaction. Returns the message, or `None` over the limit.
    pub(crate) fn send_reaction(&mut self, now: Moment, reaction: Reaction) -> Option<PeerMessage> {
        OWN_LIMIT.take(&mut self.own_rate, now).then(|| {
            self.own = Some((reaction, now + REACTION_FOR));
            PeerMessage::React { reaction }
        })
    }

    /// A text from the partner. Returns the acknowledgement.
    pub(crate) fn on_text(
        &mut self,
        now: Moment,
        number: u32,
        text: &str,
        open: bool,
    ) -> Option<PeerMessage> {
        // After a text over the limit no later one is accepted: it would acknowledge one that was never shown.
        if number > self.received + 1 {
            return None;
        }
        if number == self.received + 1 {
            let text = clean(text).filter(|_| PARTNER_LIMIT.take(&mut self.partner_rate, now))?;
            self.received = number;
            self.typing_until = None;
            self.unread += u32::from(!open);
            self.add(Author::Stranger, text.into());
        }
        Some(PeerMessage::Got { number: self.received })
    }

    /// The partner has acknowledged our texts up to this number.
    pub(crate) fn on_acknowledged(&mut self, number: u32) {
        let before = self.pending.len();
        self.pending.retain(|(it, _)| *it > number);
        let mut delivered = before - self.pending.len();
        if delivered == 0 {
            return;
        }
        self.revision += 1;
        for line in &mut self.lines {
            if let (Author::Oneself { delivered: done @ false }, true) = (&mut line.author, delivered > 0) {
                *done = true;
                delivered -= 1;
            }
        }
    }

    /// The partner is typing.
    pub(crate) fn on_typing(&mut self, now: Moment) {
        self.typing_until = Some(now + TYPING_FOR);
    }

    /// A reaction from the partner.
    pub(crate) fn on_reaction(&mut self, now: Moment, reaction: Reaction) {
        if PARTNER_LIMIT.take(&mut self.partner_rate, now) {
            self.partner = Some((reaction, now + REACTION_FOR));
        }
    }

    /// The messages to repeat on a new connection: all texts that are not acknowledged.
    pub(crate) fn unacknowledged(&self) -> impl Iterator<Item = PeerMessage> {
        self.pending
            .iter()
            .map(|(number, text)| PeerMessage::Chat { number: *number, text: text.as_ref().into() })
    }

    /// The person has the lines in view.
    pub(crate) const fn mark_read(&mut self) {
        self.unread = 0;
    }

    /// All lines, the oldest first.
    pub(crate) fn lines(&self) -> Vec<ChatLine> {
        self.lines.iter().cloned().collect()
    }

    /// Everything that the page shows besides the lines.
    pub(crate) fn status(&self, now: Moment, open: bool) -> ChatStatus {
        let active = |it: ActiveReaction| it.filter(|(_, until)| *until > now).map(|(reaction, _)| reaction);
        ChatStatus {
            open,
            revision: self.revision,
            unread: self.unread,
            typing: self.typing_until.is_some_and(|until| until > now),
            ready: self.has_room() && OWN_LIMIT.next_at(self.own_rate) <= now,
            own: active(self.own),
            theirs: active(self.partner),
        }
    }

    /// When the page stops showing a reaction or that the partner is typing, or a text can be sent again.
    pub(crate) fn deadline(&self, now: Moment) -> Option<Moment> {
        let [own, partner] = [self.own, self.partner].map(|it| it.map(|(_, until)| until));
        let all = [own, partner, self.typing_until, Some(OWN_LIMIT.next_at(self.own_rate))];
        all.into_iter().flatten().filter(|it| *it > now).min()
    }

    fn has_room(&self) -> bool {
        self.pending.len() < MAX_CHAT_UNACKNOWLEDGED as usize
    }

    fn add(&mut self, author: Author, text: Arc<str>) {
        if self.lines.len() == MAX_LINES {
            self.lines.pop_front();
        }
        (self.last_id, self.revision) = (self.last_id + 1, self.revision + 1);
        self.lines.push_back(ChatLine { id: self.last_id, author, text });
    }
}

/// Shortens a text to [`MAX_CHAT_CHARS`], puts it on one line and removes control characters and those that change the
/// direction of writing, which can deceive. `None` if nothing is left.
fn clean(text: &str) -> Option<String> {
    let is_control =
        |it: char| it.is_control() || matches!(it, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let text: String =
        text.chars().map(|it| if is_control(it) { ' ' } else { it }).take(MAX_CHAT_CHARS).collect();
    let text = text.trim();
    text.contains(is_visible).then(|| text.to_owned())
}

/// Whether a character can be seen by itself: not a space, a filler, as of Hangul and Braille, or one that only changes
/// its neighbours (`Default_Ignorable_Code_Point` in Unicode).
fn is_visible(it: char) -> bool {
    let is_ignorable = matches!(it,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}');
    !it.is_whitespace() && !is_ignorable
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millis: u64) -> Moment {
        Moment::from_millis(100_000 + millis)
    }

    fn texts(chat: &Chat) -> Vec<String> {
        chat.lines().iter().map(|it| it.text.to_string()).collect()
    }

    #[test]
    fn allows_five_texts_at_once_then_one_a_second() {
        let mut chat = Chat::default();
        let written = (0..8).filter(|_| chat.send_text(at(0), "hi").is_some()).count();
        assert_eq!(written, 5);
        assert!(!chat.status(at(0), true).ready);
        assert_eq!(chat.deadline(at(0)), Some(at(1_000)));
        assert!(chat.status(at(1_000), true).ready);
        assert!(chat.send_text(at(1_000), "hi").is_some() && chat.send_text(at(1_000), "hi").is_none());
    }

    #[test]
    fn unacknowledged_texts_are_limited() {
        let mut chat = Chat::default();
        for second in 0..100 {
            chat.send_text(at(1_000 * second), "hello?");
        }
        assert_eq!(chat.lines().len(), 32);
        chat.on_acknowledged(1);
        assert!(chat.send_text(at(200_000), "there you are").is_some());
    }

    #[test]
    fn a_flood_is_cut_at_the_limit() {
        let mut chat = Chat::default();
        let acknowledged =
            (1..=10_000).filter(|it| chat.on_text(at(u64::from(*it) / 10), *it, "spam", false).is_some());
        assert_eq!(acknowledged.count(), 40, "no later text is accepted");
        assert_eq!(chat.status(at(1_000), false).unread, 40);
    }

    #[test]
    fn removes_deceptive_characters() {
        assert_eq!(clean("  a\u{202e}b\nc\u{0}  ").as_deref(), Some("a b c"));
        assert_eq!(clean(" \n\t "), None);
        assert_eq!(clean("\u{3164}\u{200b} \u{2800}\u{2060}\u{feff}"), None, "nothing of it can be seen");
        assert_eq!(clean(&"x".repeat(600)).map(|it| it.len()), Some(500));
        assert_eq!(
            clean("שלום 👩‍👩‍👧").as_deref(),
            Some("שלום 👩‍👩‍👧"),
            "every script is kept, and so are joined emoji"
        );
    }

    #[test]
    fn typing_is_sent_rarely_and_shown_briefly() {
        let mut chat = Chat::default();
        let sent: Vec<_> = (0..70).filter(|it| chat.send_typing(at(100 * it)).is_some()).collect();
        assert_eq!(sent, [0, 30, 60]);
        chat.on_typing(at(0));
        assert!(chat.status(at(4_999), true).typing && !chat.status(at(5_000), true).typing);
        chat.on_typing(at(6_000));
        chat.on_text(at(6_500), 1, "done", true);
        assert!(!chat.status(at(6_500), true).typing, "the text has arrived");
    }

    proptest! {
        /// Every text arrives once and in order, whatever a connection loses and the next one repeats.
        #[test]
        fn texts_survive_lost_connections(steps in prop::collection::vec((0..4_u8, any::<bool>()), 1..200)) {
            let (mut one, mut other) = (Chat::default(), Chat::default());
            let (mut wire, mut back) = (VecDeque::new(), VecDeque::new());
            let mut written = Vec::new();
            for (second, (step, lost)) in steps.into_iter().enumerate() {
                let now = at(1_000 * second as u64);
                match step {
                    0 => {
                        let text = format!("text {}", written.len());
                        if let Some(message) = one.send_text(now, &text) {
                            written.push(text);
                            wire.push_back(message);
                        }
                    }
                    1 => {
                        if let Some(PeerMessage::Chat { number, text }) = wire.pop_front() {
                            back.extend(other.on_text(now, number, &text, true));
                        }
                    }
                    2 => {
                        if let Some(PeerMessage::Got { number }) = back.pop_front() {
                            one.on_acknowledged(number);
                        }
                    }
                    _ if lost => {
                        wire.clear();
                        back.clear();
                        wire.extend(one.unacknowledged());
                    }
                    _ => {}
                }
                prop_assert!(written.starts_with(&texts(&other)));
                prop_assert_eq!(&texts(&one), &written);
                let delivered = one.lines().iter().filter(|it| it.author == Author::Oneself { delivered: true }).count();
                prop_assert!(delivered <= texts(&other).len(), "only texts that arrived are marked as delivered");
            }
            wire.clear();
            wire.extend(one.unacknowledged());
            for (step, message) in wire.into_iter().enumerate() {
                let PeerMessage::Chat { number, text } = message else { continue };
                if let Some(PeerMessage::Got { number }) = other.on_text(at(1_000_000 + 1_000 * step as u64), number, &text, true) {
                    one.on_acknowledged(number);
                }
            }
            prop_assert_eq!(texts(&other), written);
            let all = one.lines().iter().all(|it| it.author == Author::Oneself { delivered: true });
            prop_assert!(all);
        }
    }
}
