//! Actions on open devices: switching them, sharing the screen, and what the partner is told of them.

use super::{ChoiceEffect, Devices};
use crate::{
    call::{DeviceKind, Output},
    protocol::Presence,
};

impl Devices {
    /// Uses another device: at once if one of its kind is open, and the next time in any case. `false` if another
    /// change is under way, so that nothing was chosen.
    pub(crate) fn switch(&mut self, kind: DeviceKind, id: String, out: &mut Vec<Output>) -> bool {
        let effect = self.choose(kind, &id);
        if effect == ChoiceEffect::Now {
            out.push(Output::SwitchDevice(kind, id));
        }
        effect != ChoiceEffect::Never
    }

    /// Plays the partner on the speaker that the person has chosen.
    pub(crate) fn use_speaker(&self, out: &mut Vec<Output>) {
        let id = self.chosen().of(DeviceKind::Speaker);
        if !id.is_empty() {
            out.push(Output::SwitchDevice(DeviceKind::Speaker, id.to_owned()));
        }
    }

    /// Starts or ends sharing the screen; `can_share` is whether the browser is able to.
    pub(crate) fn toggle_screen(&mut self, can_share: bool, out: &mut Vec<Output>) {
        if self.sharing {
            out.push(Output::UnshareScreen);
        } else if can_share && !self.asks_screen {
            self.asks_screen = true;
            out.push(Output::ShareScreen);
        }
    }

    /// Ends sharing the screen, which is meant for one partner only.
    pub(crate) fn unshare(&mut self, out: &mut Vec<Output>) {
        let (was_asked, was_shared) = (self.asks_screen, self.sharing);
        (self.asks_screen, self.sharing) = (false, false);
        if was_asked || was_shared {
            out.push(Output::UnshareScreen);
        }
        if was_shared {
            out.push(Output::EnableMedia(self.sending()));
        }
    }

    /// What the partner is told about this page.
    pub(crate) const fn presence(&self, away: bool) -> Presence {
        let (sending, screen) = (self.sending(), self.sharing);
        Presence { audio: sending.audio, video: sending.video || screen, screen, away }
    }
}
