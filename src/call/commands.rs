//! What the person wants, and what becomes of camera and microphone; it must not know the server.

use std::{mem, time::Duration};

use super::{
    Asking, Call, ChatLine, ChatWish, Intent, MediaError, Output, Problem, Requests, Sample, State,
    devices::Fallback,
};
use crate::protocol::Media;

/// How long the second Esc may take.
const SECOND_ESCAPE_WITHIN: Duration = Duration::from_secs(3);

impl Call {
    pub(crate) fn wanted(&mut self, intent: Intent, out: &mut Vec<Output>) {
        let asked = self.asks_next_until.take();
        self.attendance.active(self.now);
        match intent {
            Intent::Start => self.start(out),
            Intent::Next => self.next(out),
            Intent::Escape if asked.is_some_and(|until| until > self.now) => self.next(out),
            Intent::Escape => {
                let meets = matches!(self.state, State::Meeting(_));
                self.asks_next_until = meets.then_some(self.now + SECOND_ESCAPE_WITHIN);
            }
            Intent::Stop => self.stop(None, out),
            Intent::ToggleMicrophone if self.devices.toggle_microphone() => self.sending_changed(out),
            Intent::ToggleCamera if self.devices.toggle_camera() => self.sending_changed(out),
            Intent::HoldToTalk(hold) if self.devices.hold(hold) => self.sending_changed(out),
            Intent::ToggleMicrophone | Intent::ToggleCamera | Intent::HoldToTalk(_) => {}
            Intent::NextCamera => self.next_camera(out),
            Intent::Choose(kind, id) => self.choose(kind, id, out),
            Intent::TestSpeaker => out.push(Output::PlayTone),
            Intent::TalkAbout(written) => self.talk_about(written, out),
            Intent::ToggleScreen => self.toggle_screen(out),
            Intent::OpenMirror => self.open_mirror(out),
            Intent::StartWithout => self.start_without(out),
            Intent::Toggle(switch) => self.toggle(switch, out),
            Intent::Block => self.block(out),
            Intent::Unblock => self.unblock(out),
            Intent::ForgetEverything => self.forget(out),
            Intent::Window(wish) => self.window_wanted(wish, out),
            Intent::Chat(wish) => self.writing_wanted(wish, out),
            Intent::LookAtDetails(look) => self.details_open = look,
            Intent::CopyReport => out.push(Output::Copy(self.report())),
        }
    }

    pub(crate) fn start(&mut self, out: &mut Vec<Output>) {
        match &self.state {
            State::Landing(_) => {
                self.ask(Asking::FOR_A_PARTNER, out);
                // While the person reads the browser's question, the line can be had.
                self.line.open(self.now, out);
            }
            State::Mirror => {
                let sending = self.devices.sending();
                out.extend([Output::ShowLevel(false), Output::TakeOver, Output::EnableMedia(sending)]);
                self.line.open(self.now, out);
                self.join(false, out);
            }
            State::Ready { .. } | State::Waiting { .. } | State::Meeting(_) | State::Ended { .. } => {
                self.line.hurry(self.now, out);
            }
            State::Asking(_) => {}
        }
    }

    fn open_mirror(&mut self, out: &mut Vec<Output>) {
        if let State::Landing(_) = self.state {
            self.ask(Asking::FOR_THE_MIRROR, out);
        }
    }

    fn ask(&mut self, asking: Asking, out: &mut Vec<Output>) {
        self.state = State::Asking(asking);
        let chosen = self.devices.chosen().clone();
        out.extend([
            Output::TakeOver,
            Output::OpenMedia(Asking::FIRST, chosen),
            Output::WarmUp(self.quality()),
        ]);
    }

    /// Meets people with nothing but the eyes, the ears and the keyboard.
    fn start_without(&mut self, out: &mut Vec<Output>) {
        if let State::Landing(Some(_)) = self.state {
            self.devices.content_without = true;
            out.push(Output::TakeOver);
            self.use_speaker(out);
            self.line.open(self.now, out);
            self.join(false, out);
        }
    }

    pub(crate) fn next(&mut self, out: &mut Vec<Output>) {
        match mem::replace(&mut self.state, State::Ready { unconnected: false }) {
            State::Meeting(meeting) => {
                let open = meeting.server_match_id();
                meeting.leave(out);
                self.is_alone(out);
                self.want_next(open, out);
            }
            State::Ended { open, .. } => self.want_next(open, out),
            other @ (State::Landing(_)
            | State::Asking(_)
            | State::Mirror
            | State::Ready { .. }
            | State::Waiting { .. }) => self.state = other,
        }
    }

    /// Gives everything back: the camera, the connection, the line.
    pub(crate) fn stop(&mut self, problem: Option<Problem>, out: &mut Vec<Output>) {
        (self.asks_next_until, self.pair) = (None, None);
        match mem::replace(&mut self.state, State::Landing(problem)) {
            State::Waiting { ahead: Some(ahead), .. } => ahead.connection.close(out),
            State::Meeting(meeting) => {
                meeting.leave(out);
                self.is_alone(out);
            }
            State::Mirror => out.push(Output::ShowLevel(false)),
            State::Landing(_)
            | State::Asking(_)
            | State::Ready { .. }
            | State::Waiting { .. }
            | State::Ended { .. } => {}
        }
        self.devices.close();
        self.requests = Requests::default();
        out.push(Output::CloseMedia);
        self.line.close(out);
    }

    pub(crate) fn media_opened(&mut self, have: Media, out: &mut Vec<Output>) {
        match self.state {
            State::Asking(asking) => {
                self.devices.have = have;
                self.attendance.active(self.now);
                self.use_speaker(out);
                if asking.for_the_mirror {
                    self.state = State::Mirror;
                    // Nobody hears what is muted for others.
                    out.extend([Output::EnableMedia(have), Output::ShowLevel(true), Output::ListDevices]);
                } else {
                    out.push(Output::EnableMedia(self.devices.sending()));
                    self.devices.list_later(self.now);
                    self.join(false, out);
                }
            }
            // Stopped while the browser asked: nothing may stay open.
            State::Landing(_) => out.push(Output::CloseMedia),
            State::Mirror
            | State::Ready { .. }
            | State::Waiting { .. }
            | State::Meeting(_)
            | State::Ended { .. } => {}
        }
    }

    pub(crate) fn media_failed(&mut self, error: MediaError, out: &mut Vec<Output>) {
        let State::Asking(asking) = &mut self.state else { return };
        match asking.refused(error) {
            Fallback::Ask(wish) => {
                out.push(Output::OpenMedia(wish, self.devices.chosen().clone()));
            }
            Fallback::GiveUp(problem) => {
                // Who plugs one in now starts with it.
                out.push(Output::ListDevices);
                self.stop(Some(problem), out);
            }
        }
    }

    pub(crate) fn media_lost(&mut self, lost: Media, out: &mut Vec<Output>) {
        self.devices.on_lost(lost);
        match self.state {
            State::Landing(_) | State::Asking(_) | State::Mirror => {}
            State::Ready { .. } | State::Waiting { .. } | State::Meeting(_) | State::Ended { .. } => {
                self.sending_changed(out);
                self.join_anew_if_changed(out);
            }
        }
    }

    /// Stops where nothing is left to meet the next one with; a call goes on, since one can still see and hear.
    pub(crate) fn stop_without_devices(&mut self, out: &mut Vec<Output>) {
        match self.state {
            State::Mirror | State::Ready { .. } | State::Waiting { .. } | State::Ended { .. }
                if self.devices.is_empty() =>
            {
                self.stop(Some(Problem::NoDevice), out);
            }
            State::Landing(_)
            | State::Asking(_)
            | State::Mirror
            | State::Ready { .. }
            | State::Waiting { .. }
            | State::Meeting(_)
            | State::Ended { .. } => {}
        }
    }

    pub(crate) fn sending_changed(&mut self, out: &mut Vec<Output>) {
        out.extend([Output::EnableMedia(self.devices.sending()), Output::SendTracks]);
        self.tell_presence(out);
    }

    /// Whatever held the microphone open does so no longer.
    pub(crate) fn let_go(&mut self, out: &mut Vec<Output>) {
        if self.devices.hold(false) {
            self.sending_changed(out);
        }
    }

    /// The partner is gone: what was for the call only ends with it.
    pub(crate) fn is_alone(&mut self, out: &mut Vec<Output>) {
        self.unshare(out);
        self.let_go(out);
        if self.surroundings.in_picture {
            out.push(Output::PictureInPicture(false));
        }
        out.push(Output::KeepAwake(false));
    }
}

impl Call {
    pub(crate) fn writing_wanted(&mut self, wish: ChatWish, out: &mut Vec<Output>) {
        if wish == ChatWish::Toggle {
            self.chat_open ^= true;
        }
        let (now, open) = (self.now, self.chat_open);
        let State::Meeting(meeting) = &mut self.state else { return };
        let message = match wish {
            ChatWish::Write(text) => meeting.chat.send_text(now, &text),
            ChatWish::Type => meeting.chat.send_typing(now),
            ChatWish::React(reaction) => meeting.chat.send_reaction(now, reaction),
            ChatWish::Toggle => None,
        };
        if open {
            meeting.chat.mark_read();
        }
        meeting.send_to_partner(message, out);
    }

    /// What the two have written, the oldest first; changes when [`ChatStatus::revision`](super::ChatStatus) does.
    pub fn lines(&self) -> Vec<ChatLine> {
        self.meeting().map_or_else(Vec::new, |it| it.chat.lines())
    }

    /// The last minute of the call, second by second; changes when [`Details::samples`](super::Details) does.
    pub fn samples(&self) -> Vec<Sample> {
        self.meeting().map_or_else(Vec::new, |it| it.quality.samples())
    }
}
