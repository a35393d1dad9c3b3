//! What the person wants, and what becomes of camera and microphone; it must not know the server.

use std::{mem, time::Duration};

use super::{Asking, Call, Devices, Intent, MediaError, Output, Preferences, Problem, State, media::Verdict};
use crate::protocol::Media;

/// How long the second Esc may take.
const SECOND_ESCAPE_WITHIN: Duration = Duration::from_secs(3);

impl Call {
    pub(super) fn wanted(&mut self, intent: Intent, out: &mut Vec<Output>) {
        let asked = self.asks_next_until.take();
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
            Intent::NextCamera if self.devices.change_camera() => out.push(Output::NextCamera),
            Intent::ToggleMicrophone | Intent::ToggleCamera | Intent::NextCamera => {}
            Intent::ToggleHideAddress => {
                let hide_address = !self.preferences.hide_address;
                self.prefer(Preferences { hide_address, ..self.preferences }, out);
            }
            Intent::LookAtDetails(look) => self.details_open = look,
            Intent::ToggleSaveData => {
                let save_data = !self.preferences.save_data;
                self.prefer(Preferences { save_data, ..self.preferences }, out);
            }
        }
    }

    pub(super) fn start(&mut self, out: &mut Vec<Output>) {
        match &self.state {
            State::Landing(_) => {
                let (asking, wish) = Asking::begin();
                self.state = State::Asking(asking);
                out.extend([Output::OpenMedia(wish), Output::WarmUp]);
                // While the person reads the browser's question, the line can be had.
                self.line.open(self.now, out);
            }
            State::Ready { .. } | State::Waiting { .. } | State::Meeting(_) | State::Ended { .. } => {
                self.line.hurry(self.now, out);
            }
            State::Asking(_) => {}
        }
    }

    pub(super) fn next(&mut self, out: &mut Vec<Output>) {
        match mem::replace(&mut self.state, State::Ready { unconnected: false }) {
            State::Meeting(meeting) => {
                let open = meeting.open();
                meeting.leave(out);
                self.want_next(open, out);
            }
            State::Ended { open, .. } => self.want_next(open, out),
            other @ (State::Landing(_) | State::Asking(_) | State::Ready { .. } | State::Waiting { .. }) => {
                self.state = other
            }
        }
    }

    /// Gives everything back: the camera, the connection, the line.
    pub(super) fn stop(&mut self, problem: Option<Problem>, out: &mut Vec<Output>) {
        self.asks_next_until = None;
        match mem::replace(&mut self.state, State::Landing(problem)) {
            State::Waiting { ahead: Some(ahead), .. } => ahead.connection.close(out),
            State::Meeting(meeting) => meeting.leave(out),
            State::Landing(_)
            | State::Asking(_)
            | State::Ready { .. }
            | State::Waiting { .. }
            | State::Ended { .. } => {}
        }
        self.devices = Devices::default();
        out.push(Output::CloseMedia);
        self.line.close(out);
    }

    pub(super) fn media_opened(&mut self, have: Media, out: &mut Vec<Output>) {
        match self.state {
            State::Asking(_) => {
                self.devices.have = have;
                out.push(Output::EnableMedia(self.devices.sending()));
                self.join(false, out);
            }
            // Stopped while the browser asked: nothing may stay open.
            State::Landing(_) => out.push(Output::CloseMedia),
            State::Ready { .. } | State::Waiting { .. } | State::Meeting(_) | State::Ended { .. } => {}
        }
    }

    pub(super) fn media_failed(&mut self, error: MediaError, out: &mut Vec<Output>) {
        let State::Asking(asking) = &mut self.state else { return };
        match asking.refused(error) {
            Verdict::Ask(wish) => out.push(Output::OpenMedia(wish)),
            Verdict::Tell(problem) => self.stop(Some(problem), out),
        }
    }

    pub(super) fn media_lost(&mut self, lost: Media, out: &mut Vec<Output>) {
        self.devices.lost(lost);
        match self.state {
            State::Landing(_) | State::Asking(_) => {}
            State::Ready { .. } | State::Waiting { .. } | State::Meeting(_) | State::Ended { .. } => {
                self.sending_changed(out);
                self.join_anew_if_changed(out);
            }
        }
    }

    /// Stops where nothing is left to meet the next one with; a call goes on, since one can still see and hear.
    pub(super) fn stop_without_devices(&mut self, out: &mut Vec<Output>) {
        match self.state {
            State::Ready { .. } | State::Waiting { .. } | State::Ended { .. } if self.devices.is_empty() => {
                self.stop(Some(Problem::NoDevice), out);
            }
            State::Landing(_)
            | State::Asking(_)
            | State::Ready { .. }
            | State::Waiting { .. }
            | State::Meeting(_)
            | State::Ended { .. } => {}
        }
    }

    pub(super) fn sending_changed(&mut self, out: &mut Vec<Output>) {
        let sending = self.devices.sending();
        out.push(Output::EnableMedia(sending));
        if let State::Meeting(meeting) = &self.state {
            meeting.tell_sending(sending, out);
        }
    }
}
