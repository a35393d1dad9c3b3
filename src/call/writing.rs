//! What the person writes and shows, and what is read of it; it must not know what it looks like.

use super::{Call, ChatLine, ChatWish, Output, Sample, State};

impl Call {
    pub(super) fn writing_wanted(&mut self, wish: ChatWish, out: &mut Vec<Output>) {
        if wish == ChatWish::Toggle {
            self.chat_open ^= true;
        }
        let (now, open) = (self.now, self.chat_open);
        let State::Meeting(meeting) = &mut self.state else { return };
        let message = match wish {
            ChatWish::Write(text) => meeting.chat.write(now, &text),
            ChatWish::Type => meeting.chat.types(now),
            ChatWish::React(reaction) => meeting.chat.react(now, reaction),
            ChatWish::Toggle => None,
        };
        if open {
            meeting.chat.read();
        }
        meeting.tell(message, out);
    }

    /// What the two have written, the oldest first; changes when [`ChatGlance::revision`](super::ChatGlance) does.
    pub fn lines(&self) -> Vec<ChatLine> {
        self.meeting().map_or_else(Vec::new, |it| it.chat.lines())
    }

    /// The last minute of the call, second by second; changes when [`Details::samples`](super::Details) does.
    pub fn samples(&self) -> Vec<Sample> {
        self.meeting().map_or_else(Vec::new, |it| it.record.samples())
    }
}
