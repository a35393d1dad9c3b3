//! What the two write and show to each other; it must not know how it is drawn, nor what it is carried by.
//!
//! A text is the sender's until it is acknowledged: a fresh connection says it again, and the receiver passes over what
//! it has had. What comes in is limited in length and in number, so that no partner can flood a page.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use crate::{
    protocol::{
        PeerMessage, Reaction,
        limits::{MAX_CHAT_CHARS, MAX_CHAT_UNACKNOWLEDGED},
    },
    time::{Moment, RateLimit},
};

/// Lines that are kept: more than anybody scrolls back to.
const MAX_LINES: usize = 200;

/// How long `typing` is shown: longer than the pause between two.
const TYPING_FOR: Duration = Duration::from_secs(5);

/// Between two `typing`s.
const TYPING_EVERY: Duration = Duration::from_secs(3);

/// How long a reaction is shown.
const REACTION_FOR: Duration = Duration::from_secs(4);

/// What one person may write: five at once, then one each second.
const OWN: RateLimit = RateLimit::new(Duration::from_secs(1), 5);

/// What is taken in: more than any page of ours says, all at once on a fresh connection included.
const THEIRS: RateLimit = RateLimit::new(Duration::from_millis(250), MAX_CHAT_UNACKNOWLEDGED + 8);

/// One text, as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatLine {
    /// Names it among the lines of this match.
    pub id: u32,
    /// Who has written it, and what became of it.
    pub author: Author,
    /// What is written.
    pub text: Arc<str>,
}

/// Who has written a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    /// This person.
    Oneself {
        /// The partner's page has it.
        delivered: bool,
    },
    /// The partner.
    Stranger,
}

/// The chat but for its lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChatGlance {
    /// It is open beside the picture.
    pub open: bool,
    /// Counts the changes of the lines.
    pub revision: u32,
    /// Lines that have come while it was closed.
    pub unread: u32,
    /// The partner is writing.
    pub typing: bool,
    /// Something can be written now.
    pub ready: bool,
    /// What this person shows.
    pub own: Option<Reaction>,
    /// What the partner shows.
    pub theirs: Option<Reaction>,
}

/// A reaction that is being shown.
type Shown = Option<(Reaction, Moment)>;

/// The texts of one match.
#[derive(Debug, Default)]
pub(crate) struct Chat {
    lines: VecDeque<ChatLine>,
    ids: u32,
    revision: u32,
    unread: u32,
    /// The number of our last text.
    sent: u32,
    /// Our texts that are not acknowledged, the oldest first.
    pending: VecDeque<(u32, Arc<str>)>,
    /// The number of their last text.
    got: u32,
    typing_until: Option<Moment>,
    typing_told_at: Option<Moment>,
    own: Shown,
    theirs: Shown,
    own_pace: Moment,
    their_pace: Moment,
}

impl Chat {
    /// The person writes something; what is to be said of it, or nothing where that cannot be now.
    pub(crate) fn write(&mut self, now: Moment, text: &str) -> Option<PeerMessage> {
        let text = clean(text)?;
        if !self.has_room() || !OWN.take(&mut self.own_pace, now) {
            return None;
        }
        self.sent += 1;
        let text: Arc<str> = text.into();
        self.pending.push_back((self.sent, Arc::clone(&text)));
        self.add(Author::Oneself { delivered: false }, Arc::clone(&text));
        self.typing_told_at = None;
        Some(PeerMessage::Chat { number: self.sent, text: text.as_ref().into() })
    }

    /// The person is writing; what is to be said of it.
    pub(crate) fn types(&mut self, now: Moment) -> Option<PeerMessage> {
        let is_due = self.typing_told_at.is_none_or(|at| now - at >= TYPING_EVERY);
        is_due.then(|| {
            self.typing_told_at = Some(now);
            PeerMessage::Typing {}
        })
    }

    /// The person shows something; what is to be said of it.
    pub(crate) fn react(&mut self, now: Moment, reaction: Reaction) -> Option<PeerMessage> {
        OWN.take(&mut self.own_pace, now).then(|| {
            self.own = Some((reaction, now + REACTION_FOR));
            PeerMessage::React { reaction }
        })
    }

    /// The partner has written something; what is to be said of it.
    pub(crate) fn heard(&mut self, now: Moment, number: u32, text: &str, open: bool) -> Option<PeerMessage> {
        // After a text that was too much no later one counts: none is called delivered that was never seen.
        if number > self.got + 1 {
            return None;
        }
        if number == self.got + 1 {
            let text = clean(text).filter(|_| THEIRS.take(&mut self.their_pace, now))?;
            self.got = number;
            self.typing_until = None;
            self.unread += u32::from(!open);
            self.add(Author::Stranger, text.into());
        }
        Some(PeerMessage::Got { number: self.got })
    }

    /// The partner has our texts up to this one.
    pub(crate) fn acknowledged(&mut self, number: u32) {
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

    /// The partner is writing.
    pub(crate) fn partner_types(&mut self, now: Moment) {
        self.typing_until = Some(now + TYPING_FOR);
    }

    /// The partner shows something.
    pub(crate) fn partner_reacts(&mut self, now: Moment, reaction: Reaction) {
        if THEIRS.take(&mut self.their_pace, now) {
            self.theirs = Some((reaction, now + REACTION_FOR));
        }
    }

    /// What is to be said on a fresh connection: all that was not acknowledged.
    pub(crate) fn again(&self) -> impl Iterator<Item = PeerMessage> {
        self.pending
            .iter()
            .map(|(number, text)| PeerMessage::Chat { number: *number, text: text.as_ref().into() })
    }

    /// The lines are being read.
    pub(crate) const fn read(&mut self) {
        self.unread = 0;
    }

    /// All lines, the oldest first.
    pub(crate) fn lines(&self) -> Vec<ChatLine> {
        self.lines.iter().cloned().collect()
    }

    /// What is seen besides them.
    pub(crate) fn glance(&self, now: Moment, open: bool) -> ChatGlance {
        let shown = |it: Shown| it.filter(|(_, until)| *until > now).map(|(reaction, _)| reaction);
        ChatGlance {
            open,
            revision: self.revision,
            unread: self.unread,
            typing: self.typing_until.is_some_and(|until| until > now),
            ready: self.has_room() && OWN.next_at(self.own_pace) <= now,
            own: shown(self.own),
            theirs: shown(self.theirs),
        }
    }

    /// When something that is shown has been shown for long enough, or something can be written again.
    pub(crate) fn deadline(&self, now: Moment) -> Option<Moment> {
        let shown = [self.own, self.theirs].map(|it| it.map(|(_, until)| until));
        let [own, theirs] = shown;
        let all = [own, theirs, self.typing_until, Some(OWN.next_at(self.own_pace))];
        all.into_iter().flatten().filter(|it| *it > now).min()
    }

    fn has_room(&self) -> bool {
        self.pending.len() < MAX_CHAT_UNACKNOWLEDGED as usize
    }

    fn add(&mut self, author: Author, text: Arc<str>) {
        if self.lines.len() == MAX_LINES {
            self.lines.pop_front();
        }
        (self.ids, self.revision) = (self.ids + 1, self.revision + 1);
        self.lines.push_back(ChatLine { id: self.ids, author, text });
    }
}

/// A text as it is shown: within bounds, on one line, without what is there to deceive. `None` where nothing is left.
fn clean(text: &str) -> Option<String> {
    let is_control =
        |it: char| it.is_control() || matches!(it, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let text: String =
        text.chars().map(|it| if is_control(it) { ' ' } else { it }).take(MAX_CHAT_CHARS).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
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
    fn five_at_once_then_one_each_second() {
        let mut chat = Chat::default();
        let written = (0..8).filter(|_| chat.write(at(0), "hi").is_some()).count();
        assert_eq!(written, 5);
        assert!(!chat.glance(at(0), true).ready);
        assert_eq!(chat.deadline(at(0)), Some(at(1_000)));
        assert!(chat.glance(at(1_000), true).ready);
        assert!(chat.write(at(1_000), "hi").is_some() && chat.write(at(1_000), "hi").is_none());
    }

    #[test]
    fn who_is_never_acknowledged_cannot_write_for_ever() {
        let mut chat = Chat::default();
        for second in 0..100 {
            chat.write(at(1_000 * second), "hello?");
        }
        assert_eq!(chat.lines().len(), 32);
        chat.acknowledged(1);
        assert!(chat.write(at(200_000), "there you are").is_some());
    }

    #[test]
    fn a_flood_leaves_what_a_person_could_have_written() {
        let mut chat = Chat::default();
        let acknowledged =
            (1..=10_000).filter(|it| chat.heard(at(u64::from(*it) / 10), *it, "spam", false).is_some());
        assert_eq!(acknowledged.count(), 40, "then nothing, for good");
        assert_eq!(chat.glance(at(1_000), false).unread, 40);
    }

    #[test]
    fn what_is_there_to_deceive_is_not_shown() {
        assert_eq!(clean("  a\u{202e}b\nc\u{0}  ").as_deref(), Some("a b c"));
        assert_eq!(clean(" \n\t "), None);
        assert_eq!(clean(&"x".repeat(600)).map(|it| it.len()), Some(500));
        assert_eq!(clean("שלום 👩‍👩‍👧").as_deref(), Some("שלום 👩‍👩‍👧"), "any script, and what is joined stays so");
    }

    #[test]
    fn typing_is_said_seldom_and_shown_for_a_while() {
        let mut chat = Chat::default();
        let said: Vec<_> = (0..70).filter(|it| chat.types(at(100 * it)).is_some()).collect();
        assert_eq!(said, [0, 30, 60]);
        chat.partner_types(at(0));
        assert!(chat.glance(at(4_999), true).typing && !chat.glance(at(5_000), true).typing);
        chat.partner_types(at(6_000));
        chat.heard(at(6_500), 1, "done", true);
        assert!(!chat.glance(at(6_500), true).typing, "what was written is there");
    }

    proptest! {
        /// Texts arrive once each and in order, whatever is lost with a connection and said again on the next.
        #[test]
        fn texts_outlive_connections(steps in prop::collection::vec((0..4_u8, any::<bool>()), 1..200)) {
            let (mut one, mut other) = (Chat::default(), Chat::default());
            let (mut wire, mut back) = (VecDeque::new(), VecDeque::new());
            let mut written = Vec::new();
            for (second, (step, lost)) in steps.into_iter().enumerate() {
                let now = at(1_000 * second as u64);
                match step {
                    0 => {
                        let text = format!("text {}", written.len());
                        if let Some(message) = one.write(now, &text) {
                            written.push(text);
                            wire.push_back(message);
                        }
                    }
                    1 => {
                        if let Some(PeerMessage::Chat { number, text }) = wire.pop_front() {
                            back.extend(other.heard(now, number, &text, true));
                        }
                    }
                    2 => {
                        if let Some(PeerMessage::Got { number }) = back.pop_front() {
                            one.acknowledged(number);
                        }
                    }
                    _ if lost => {
                        wire.clear();
                        back.clear();
                        wire.extend(one.again());
                    }
                    _ => {}
                }
                prop_assert!(written.starts_with(&texts(&other)));
                prop_assert_eq!(&texts(&one), &written);
                let delivered = one.lines().iter().filter(|it| it.author == Author::Oneself { delivered: true }).count();
                prop_assert!(delivered <= texts(&other).len(), "nothing is called delivered that is not");
            }
            wire.clear();
            wire.extend(one.again());
            for (step, message) in wire.into_iter().enumerate() {
                let PeerMessage::Chat { number, text } = message else { continue };
                if let Some(PeerMessage::Got { number }) = other.heard(at(1_000_000 + 1_000 * step as u64), number, &text, true) {
                    one.acknowledged(number);
                }
            }
            prop_assert_eq!(texts(&other), written);
            let all = one.lines().iter().all(|it| it.author == Author::Oneself { delivered: true });
            prop_assert!(all);
        }
    }
}
