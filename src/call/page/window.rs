//! What the person does with the window, and what happens to it; it must not know what is in it.

use crate::call::{Call, Corner, Output, PageEvent, Problem, State, WindowWish};

impl Call {
    pub(crate) fn surroundings_changed(&mut self, change: PageEvent, out: &mut Vec<Output>) {
        match change {
            PageEvent::Online(online) => {
                self.surroundings.offline = !online;
                if online {
                    self.network_changed(out);
                }
            }
            PageEvent::Away(away) => {
                self.away = away;
                self.let_go(out);
                self.tell_presence(out);
            }
            PageEvent::Active => self.attendance.active(self.now),
            PageEvent::TakenOver => match self.state {
                State::Landing(_) => {}
                State::Asking(_)
                | State::Mirror
                | State::Ready { .. }
                | State::Waiting { .. }
                | State::Meeting(_)
                | State::Ended { .. } => self.stop(Some(Problem::OtherTab), out),
            },
            PageEvent::InPicture(it) => self.surroundings.in_picture = it,
            PageEvent::FillsScreen(it) => self.surroundings.fills_screen = it,
            PageEvent::SoundBlocked(it) => self.surroundings.sound_blocked = it,
            PageEvent::Able(abilities) => self.surroundings.abilities = abilities,
        }
    }

    pub(crate) fn window_wanted(&mut self, wish: WindowWish, out: &mut Vec<Output>) {
        let surroundings = &self.surroundings;
        match wish {
            WindowWish::TogglePictureInPicture if surroundings.abilities.picture_in_picture => {
                out.push(Output::PictureInPicture(!surroundings.in_picture));
            }
            WindowWish::ToggleFullScreen if surroundings.abilities.full_screen => {
                out.push(Output::FullScreen(!surroundings.fills_screen));
            }
            WindowWish::AllowSound => out.push(Output::PlaySound),
            WindowWish::SetVolume(volume) => {
                self.sound.volume = volume.min(100);
                self.sound.muted = false;
                self.sound_changed(out);
            }
            WindowWish::ToggleSound => {
                self.sound.muted ^= true;
                self.sound_changed(out);
            }
            WindowWish::MoveOwnPicture => self.place_own_picture(self.preferences.corner().next(), out),
            WindowWish::PlaceOwnPicture(corner) => self.place_own_picture(corner, out),
            WindowWish::OpenSheet => out.push(Output::OpenSheet),
            WindowWish::Reload => out.push(Output::Reload),
            WindowWish::TogglePictureInPicture | WindowWish::ToggleFullScreen => {}
        }
    }

    /// Tells the partner what is sent and whether anybody is there.
    pub(crate) fn tell_presence(&self, out: &mut Vec<Output>) {
        if let State::Meeting(meeting) = &self.state {
            meeting.send_presence(self.presence(), out);
        }
    }

    /// Who waits and does not answer does not wait.
    pub(crate) fn stop_who_is_gone(&mut self, out: &mut Vec<Output>) {
        if self.may_be_gone() && self.attendance.is_over(self.now) {
            self.stop(Some(Problem::Idle), out);
        }
    }

    /// Whether it matters that nobody has done anything for long: a call may be long, and needs no hands.
    pub(crate) fn may_be_gone(&self) -> bool {
        match self.state {
            // Where there is a problem, that is what is said.
            State::Waiting { .. } => self.line_problem().is_none(),
            State::Landing(_)
            | State::Asking(_)
            | State::Mirror
            | State::Ready { .. }
            | State::Meeting(_)
            | State::Ended { .. } => false,
        }
    }

    fn sound_changed(&self, out: &mut Vec<Output>) {
        out.push(Output::SetVolume(if self.sound.muted { 0 } else { self.sound.volume }));
    }

    fn place_own_picture(&mut self, corner: Corner, out: &mut Vec<Output>) {
        self.prefer(self.preferences.with_corner(corner), out);
    }
}
