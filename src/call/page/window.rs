//! Events of the browser window, and what the person does with it.

use std::time::Duration;

use super::PageState;
use crate::{
    call::{Output, PageEvent, WindowWish},
    time::Moment,
};

/// How soon the page does not play the partner again if the browser pauses them again and again.
const PLAY_AGAIN_AFTER: Duration = Duration::from_secs(2);

impl PageState {
    /// Keeps what the browser reports about the window.
    pub(crate) fn on_event(&mut self, event: PageEvent) {
        match event {
            PageEvent::Online(online) => self.surroundings.offline = !online,
            PageEvent::Away(away) => {
                self.is_hidden = away;
                self.absence.on_visibility(away);
            }
            PageEvent::InPicture(it) => self.surroundings.in_picture = it,
            PageEvent::FillsScreen(it) => self.surroundings.fills_screen = it,
            PageEvent::SoundBlocked(it) => self.surroundings.sound_blocked = it,
            PageEvent::Able(abilities) => self.surroundings.abilities = abilities,
            PageEvent::Active
            | PageEvent::TakenOver
            | PageEvent::Paused
            | PageEvent::NotificationsRefused => {}
        }
    }

    /// The browser has paused the partner, as when a picture-in-picture window is closed or a headset says so. A call
    /// cannot be paused, so it is played again. If that does not last, the person is asked.
    pub(crate) fn on_partner_paused(&mut self, now: Moment, out: &mut Vec<Output>) {
        if self.played_at.is_some_and(|at| now - at < PLAY_AGAIN_AFTER) {
            self.surroundings.sound_blocked = true;
        } else {
            self.played_at = Some(now);
            out.push(Output::PlaySound);
        }
    }

    /// Does what the person wants of the window. How the pictures are shown is a preference and not set here.
    pub(crate) fn on_window_wish(&mut self, wish: WindowWish, out: &mut Vec<Output>) {
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
                self.apply_sound(out);
            }
            WindowWish::ToggleSound => {
                self.sound.muted ^= true;
                self.apply_sound(out);
            }
            WindowWish::OpenSheet => out.push(Output::OpenSheet),
            WindowWish::Reload => out.push(Output::Reload),
            WindowWish::TogglePictureInPicture | WindowWish::ToggleFullScreen | WindowWish::Picture(_) => {}
        }
    }

    fn apply_sound(&self, out: &mut Vec<Output>) {
        out.push(Output::SetVolume(if self.sound.muted { 0 } else { self.sound.volume }));
    }
}
