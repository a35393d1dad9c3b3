//! Handlers of what the person wants, and of what the browser reports about devices, window, and storage.

use super::{
    Call, ChatWish, DeviceEvent, DeviceKind, Intent, MediaError, Output, PageEvent, Preferences, Problem,
    StoredProfile, Switch, WindowWish, devices::acquire::Acquisition, diagnostics, state::CallState,
};
use crate::protocol::Media;

/// What the person wants.
impl Call {
    pub(crate) fn on_intent(&mut self, intent: Intent, out: &mut Vec<Output>) {
        let was_confirming = self.page.take_confirm_next(self.now);
        self.page.idle.on_activity(self.now);
        match intent {
            Intent::Start => self.start(out),
            Intent::Next => self.next(out),
            Intent::Escape if was_confirming => self.next(out),
            Intent::Escape if self.state.is_matched() => self.page.ask_to_confirm_next(self.now),
            Intent::Stop => self.stop(None, out),
            Intent::ToggleMicrophone if self.devices.toggle_microphone() => self.on_sending_changed(out),
            Intent::ToggleCamera if self.devices.toggle_camera() => self.on_sending_changed(out),
            Intent::HoldToTalk(hold) if self.devices.hold(hold) => self.on_sending_changed(out),
            Intent::Escape | Intent::ToggleMicrophone | Intent::ToggleCamera | Intent::HoldToTalk(_) => {}
            Intent::NextCamera => {
                if let Some(id) = self.devices.next_camera() {
                    self.switch_device(DeviceKind::Camera, id, out);
                }
            }
            Intent::Choose(kind, id) => self.switch_device(kind, id, out),
            Intent::TestSpeaker => out.push(Output::PlayTone),
            Intent::TalkAbout(written) => self.talk_about(written, out),
            Intent::ToggleScreen => {
                if self.state.is_matched() {
                    self.devices.toggle_screen(self.page.surroundings.abilities.screen, out);
                }
            }
            Intent::OpenMirror if self.state.is_landing() => self.acquire_devices(true, out),
            Intent::OpenMirror => {}
            Intent::StartWithout => self.start_without_devices(out),
            Intent::Toggle(switch) => self.toggle(switch, out),
            Intent::Block => self.block(out),
            Intent::Unblock => {
                self.profile.past_partners.unblock();
                self.save_profile(out);
                self.sync_blocked(out);
            }
            Intent::ForgetEverything => self.forget_everything(out),
            Intent::Window(WindowWish::MoveOwnPicture) => {
                let preferences = self.profile.preferences;
                self.set_preferences(preferences.with_corner(preferences.corner().next()), out);
            }
            Intent::Window(WindowWish::PlaceOwnPicture(corner)) => {
                self.set_preferences(self.profile.preferences.with_corner(corner), out);
            }
            Intent::Window(wish) => self.page.on_window_wish(wish, out),
            Intent::Chat(wish) => self.on_chat_wish(wish, out),
            Intent::LookAtDetails(look) => self.page.details_open = look,
            Intent::CopyReport => {
                let report = diagnostics::report(&self.snapshot(), self.state.current_match());
                out.push(Output::Copy(report));
            }
        }
    }

    fn start(&mut self, out: &mut Vec<Output>) {
        match &self.state {
            CallState::Landing(_) => {
                self.acquire_devices(false, out);
                // Connect while the person reads the question of the browser.
                self.session.open(self.now, out);
            }
            CallState::Mirror => {
                let sending = self.devices.sending();
                out.extend([Output::ShowLevel(false), Output::TakeOver, Output::EnableMedia(sending)]);
                self.session.open(self.now, out);
                self.join(None, out);
            }
            CallState::Ready { .. }
            | CallState::Waiting { .. }
            | CallState::Matched(_)
            | CallState::Ended { .. } => self.session.retry_now(self.now, out),
            CallState::Asking(_) => {}
        }
    }

    fn acquire_devices(&mut self, for_mirror: bool, out: &mut Vec<Output>) {
        self.state = CallState::Asking(Acquisition::new(for_mirror));
        out.push(Output::TakeOver);
        self.devices.acquire(out);
        out.push(Output::WarmUp(self.profile.preferences.send_profile()));
    }

    /// Starts without camera and microphone: the person only sees, hears, and writes.
    fn start_without_devices(&mut self, out: &mut Vec<Output>) {
        if let CallState::Landing(Some(_)) = self.state {
            self.devices.content_without = true;
            out.push(Output::TakeOver);
            self.devices.use_speaker(out);
            self.session.open(self.now, out);
            self.join(None, out);
        }
    }

    fn next(&mut self, out: &mut Vec<Output>) {
        let open_match = if let Some(current) = self.state.current_match() {
            current.server_match_id()
        } else if let CallState::Ended { open_match, .. } = self.state {
            open_match
        } else {
            return;
        };
        self.leave_state(CallState::Ready { setback: None }, true, out);
        self.request_next(open_match, out);
    }

    /// Stops everything: closes devices, connection, and session. The landing page shows the problem, if there is one.
    pub(crate) fn stop(&mut self, problem: Option<Problem>, out: &mut Vec<Output>) {
        self.profile.pair = None;
        self.state.close_prepared(out);
        if let CallState::Mirror = self.state {
            out.push(Output::ShowLevel(false));
        }
        self.leave_state(CallState::Landing(problem), true, out);
        self.devices.close();
        self.queue.requests = Default::default();
        out.push(Output::CloseMedia);
        self.session.say_goodbye(self.now, out);
    }

    fn switch_device(&mut self, kind: DeviceKind, id: String, out: &mut Vec<Output>) {
        if self.devices.switch(kind, id, out) {
            self.save_profile(out);
        }
    }

    fn talk_about(&mut self, written: String, out: &mut Vec<Output>) {
        if self.profile.topics.set_written(written) {
            self.save_profile(out);
            self.join_if_changed(out);
        }
    }

    fn toggle(&mut self, switch: Switch, out: &mut Vec<Output>) {
        self.set_preferences(self.profile.preferences.toggled(switch), out);
        if switch == Switch::PushToTalk {
            self.devices.push_to_talk ^= true;
            self.on_sending_changed(out);
        } else if switch == Switch::Blur {
            out.push(Output::Blur(self.profile.preferences.has(Switch::Blur)));
        }
    }

    /// Blocks the current or last partner, and asks for the next one.
    fn block(&mut self, out: &mut Vec<Output>) {
        if self.profile.block_partner(self.now, self.session.handshake.device()) {
            self.save_profile(out);
            self.sync_blocked(out);
        }
        self.next(out);
    }

    fn forget_everything(&mut self, out: &mut Vec<Output>) {
        self.devices.forget_choices();
        self.profile.forget();
        self.sync_blocked(out);
        self.set_preferences(Preferences::default(), out);
        self.on_sending_changed(out);
        out.extend([Output::Blur(false), Output::EraseProfile]);
    }

    fn on_chat_wish(&mut self, wish: ChatWish, out: &mut Vec<Output>) {
        if wish == ChatWish::Toggle {
            self.page.chat_open ^= true;
        }
        let (now, open) = (self.now, self.page.chat_open);
        let CallState::Matched(current) = &mut self.state else { return };
        let message = match wish {
            ChatWish::Write(text) => current.chat.send_text(now, &text),
            ChatWish::Type => current.chat.send_typing(now),
            ChatWish::React(reaction) => current.chat.send_reaction(now, reaction),
            ChatWish::Toggle => None,
        };
        if open {
            current.chat.mark_read();
        }
        current.send_to_partner(message, out);
    }

    fn set_preferences(&mut self, preferences: Preferences, out: &mut Vec<Output>) {
        self.profile.preferences = preferences;
        self.save_profile(out);
        self.apply_preferences(out);
    }

    fn apply_preferences(&mut self, out: &mut Vec<Output>) {
        self.state.apply_preferences(self.profile.preferences, out);
        self.join_if_changed(out);
    }

    pub(crate) fn save_profile(&self, out: &mut Vec<Output>) {
        self.profile.save(self.devices.chosen(), out);
    }

    fn sync_blocked(&mut self, out: &mut Vec<Output>) {
        self.session.sync_blocked(self.now, &self.profile, &mut self.rng, out);
    }
}

/// What the browser reports.
impl Call {
    pub(crate) fn on_media_opened(&mut self, have: Media, out: &mut Vec<Output>) {
        if let CallState::Asking(Acquisition { for_mirror, .. }) = self.state {
            self.page.idle.on_activity(self.now);
            self.devices.on_opened(have, for_mirror, self.now, out);
            if for_mirror {
                self.state = CallState::Mirror;
            } else {
                self.join(None, out);
            }
        } else if self.state.is_landing() {
            // Stopped while the browser was asking: nothing may stay open.
            out.push(Output::CloseMedia);
        }
    }

    pub(crate) fn on_media_failed(&mut self, error: MediaError, out: &mut Vec<Output>) {
        if let CallState::Asking(acquisition) = &mut self.state
            && let Some(problem) = self.devices.on_open_failed(acquisition, error, out)
        {
            self.stop(Some(problem), out);
        }
    }

    pub(crate) fn on_media_lost(&mut self, lost: Media, out: &mut Vec<Output>) {
        self.devices.on_lost(lost);
        if self.state.is_meeting_people() {
            self.on_sending_changed(out);
            self.join_if_changed(out);
        }
    }

    /// Stops if no device is left to meet the next partner with. A call goes on, since it is still possible to see and
    /// hear.
    pub(crate) fn stop_without_devices(&mut self, out: &mut Vec<Output>) {
        let needs_devices =
            self.state.is_searching() || matches!(self.state, CallState::Mirror | CallState::Ended { .. });
        if needs_devices && self.devices.is_empty() {
            self.stop(Some(Problem::NoDevice), out);
        }
    }

    pub(crate) fn on_device_event(&mut self, event: DeviceEvent, out: &mut Vec<Output>) {
        match event {
            DeviceEvent::Listed(devices) => {
                let is_new = self.devices.on_listed(devices);
                let is_missing = matches!(self.state, CallState::Landing(Some(Problem::NoDevice)));
                if is_new && is_missing && !self.page.is_hidden {
                    self.start(out);
                }
            }
            DeviceEvent::Used(kind, id) => {
                self.devices.on_used(kind, id);
                // A new device has a new track, and needs its blur and its level meter again.
                out.push(Output::SendTracks);
                if kind == DeviceKind::Camera && self.profile.preferences.has(Switch::Blur) {
                    out.push(Output::Blur(true));
                } else if kind == DeviceKind::Microphone && matches!(self.state, CallState::Mirror) {
                    out.push(Output::ShowLevel(true));
                }
            }
            DeviceEvent::Refused(kind) => self.devices.on_refused(kind),
            DeviceEvent::ScreenShared(shared) => {
                if self.state.is_matched() {
                    (self.devices.asks_screen, self.devices.sharing) = (false, shared);
                    self.on_sending_changed(out);
                } else {
                    if shared {
                        // The match has ended meanwhile, and the next partner must not see the screen.
                        out.push(Output::UnshareScreen);
                    }
                    out.push(Output::SendTracks);
                }
            }
            DeviceEvent::Permitted => {
                // A page in the background does not start: another page of this browser may have asked.
                if let CallState::Landing(Some(
                    Problem::CameraBlocked | Problem::CameraDismissed | Problem::CameraBlockedBySystem,
                )) = self.state
                    && !self.page.is_hidden
                {
                    self.start(out);
                }
            }
        }
    }

    pub(crate) fn on_page_event(&mut self, event: PageEvent, out: &mut Vec<Output>) {
        self.page.on_event(event, self.now);
        if let PageEvent::Online(true) = event {
            self.on_network_changed(out);
        } else if let PageEvent::Away(_) = event {
            self.release_push_to_talk(out);
            self.send_presence(out);
        } else if let PageEvent::TakenOver = event
            && !self.state.is_landing()
        {
            self.stop(Some(Problem::OtherTab), out);
        }
    }

    /// Another page of this browser has stored a profile.
    pub(crate) fn on_stored(&mut self, stored: StoredProfile, out: &mut Vec<Output>) {
        let (before, after) = (self.profile.preferences, stored.preferences);
        let is_changed = |switch| before.has(switch) != after.has(switch);
        let chosen = self.profile.apply_stored(stored);
        self.devices.apply_stored(chosen, after.has(Switch::PushToTalk));
        self.sync_blocked(out);
        self.apply_preferences(out);
        if is_changed(Switch::PushToTalk) {
            self.on_sending_changed(out);
        }
        if is_changed(Switch::Blur) {
            out.push(Output::Blur(after.has(Switch::Blur)));
        }
    }

    /// Ends what was meant for one partner only.
    pub(crate) fn on_partner_gone(&mut self, out: &mut Vec<Output>) {
        self.devices.unshare(out);
        self.release_push_to_talk(out);
        if self.page.surroundings.in_picture {
            out.push(Output::PictureInPicture(false));
        }
        out.push(Output::KeepAwake(false));
    }

    fn release_push_to_talk(&mut self, out: &mut Vec<Output>) {
        if self.devices.hold(false) {
            self.on_sending_changed(out);
        }
    }

    /// Sends what is to be sent now, and tells the partner.
    fn on_sending_changed(&mut self, out: &mut Vec<Output>) {
        out.extend([Output::EnableMedia(self.devices.sending()), Output::SendTracks]);
        self.send_presence(out);
    }

    fn send_presence(&self, out: &mut Vec<Output>) {
        if let CallState::Matched(current) = &self.state {
            current.send_presence(self.devices.presence(self.page.is_hidden), out);
        }
    }
}
