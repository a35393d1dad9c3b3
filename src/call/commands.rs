//! Handlers of what the person wants, and of what the browser reports about window and storage.

use super::{
    Call, ChatWish, DeviceKind, Gesture, Intent, Output, PageEvent, PictureWish, Preferences, Problem,
    StoredProfile, Switch, WindowWish, diagnostics,
    state::{CallState, Pause},
};

/// What the person wants.
impl Call {
    pub(crate) fn on_intent(&mut self, intent: Intent, out: &mut Vec<Output>) {
        if self.is_locked() && !intent.works_while_locked() {
            return if intent == Intent::Start {
                self.try_again(out)
            };
        }
        let asked = self.page.take_question(self.now);
        // The browser reports that one by itself when it loses the focus.
        if intent != Intent::HoldToTalk(false) {
            self.on_press();
        }
        match intent {
            Intent::Start => self.start(out),
            Intent::AcceptRules => self.accept_rules(out),
            Intent::SayUnderAge => self.say_under_age(out),
            Intent::ProveAge => out.push(Output::ProveAge),
            Intent::StartUnhidden => self.start_unhidden(out),
            Intent::Next => self.next(out),
            Intent::Reveal => self.reveal(out),
            Intent::Stop => self.stop(None, out),
            Intent::Gesture(gesture) => self.on_gesture(gesture, asked, out),
            Intent::ToggleMicrophone => self.toggle_device(DeviceKind::Microphone, out),
            Intent::ToggleCamera => self.toggle_device(DeviceKind::Camera, out),
            Intent::HoldToTalk(hold) => self.devices.hold(hold),
            Intent::NextCamera => {
                if self.devices.flip_camera(self.now, out) {
                    self.save_profile(out);
                }
            }
            Intent::Choose(kind, id) => {
                if self.devices.choose(kind, id, self.now, out) {
                    self.save_profile(out);
                }
            }
            Intent::TestSpeaker => out.push(Output::PlayTone),
            Intent::TalkAbout(written) => self.talk_about(written, out),
            Intent::ToggleScreen => self.toggle_screen(out),
            Intent::OpenMirror => self.open_mirror(out),
            Intent::StartWithout => self.start_without_devices(out),
            Intent::Toggle(switch) => self.toggle(switch, out),
            Intent::Block => self.block(out),
            Intent::SetPastBlocked(number, blocked) => self.set_past_blocked(number, blocked, out),
            Intent::Unblock => self.unblock(out),
            Intent::Report(wish) => self.on_report_wish(wish, out),
            Intent::AcceptWarning => self.accept_warning(out),
            Intent::ForgetEverything => self.forget_everything(out),
            // Picture-in-picture would show the picture without its cover.
            Intent::Window(WindowWish::TogglePictureInPicture) if self.is_covered() => {}
            // A call does not end for a newer page. The button is hidden, but may have been pressed just before.
            Intent::Window(WindowWish::Reload) if self.state.is_matched() => {}
            Intent::Window(WindowWish::Picture(wish)) => self.on_picture_wish(wish, out),
            Intent::Window(wish) => self.page.on_window_wish(wish, out),
            Intent::Chat(wish) => self.on_chat_wish(wish, out),
            Intent::CheckPaths => self.check_paths(out),
            Intent::LookAtDetails(look) => self.page.details_open = look,
            Intent::CopyReport => {
                let report = diagnostics::report(&self.snapshot(), self.state.current_match());
                out.push(Output::Copy(report));
            }
        }
    }

    pub(crate) fn start(&mut self, out: &mut Vec<Output>) {
        if self.standing.is_warned() {
            return;
        }
        match &self.state {
            CallState::Landing(_) => self.begin(false, out),
            // Neither is an answer.
            CallState::Gate { .. } => {}
            CallState::Mirror => {
                let sending = self.devices.sending();
                out.extend([Output::ShowLevel(false), Output::TakeOver, Output::EnableMedia(sending)]);
                self.session.open(self.now, out);
                self.join(None, out);
            }
            CallState::Paused { .. } => {
                self.session.retry_now(self.now, out);
                self.join(None, out);
            }
            CallState::Ready { .. }
            | CallState::Waiting { .. }
            | CallState::Matched(_)
            | CallState::Ended { .. } => self.session.retry_now(self.now, out),
            CallState::Asking(_) => {}
        }
    }

    fn toggle_screen(&mut self, out: &mut Vec<Output>) {
        // A screen that nobody can read is of no use, and one that somebody can is no soft start.
        if self.state.is_matched() && !self.is_covered() {
            self.devices.toggle_screen(self.page.surroundings.abilities.screen, out);
        }
    }

    fn open_mirror(&mut self, out: &mut Vec<Output>) {
        if let CallState::Landing(_) = self.state {
            self.begin(true, out);
        }
    }

    fn start_unhidden(&mut self, out: &mut Vec<Output>) {
        self.set_preferences(self.profile.preferences.with(Switch::HideAddress, false), out);
        self.start(out);
    }

    pub(crate) fn acquire_devices(&mut self, for_mirror: bool, out: &mut Vec<Output>) {
        out.push(Output::TakeOver);
        if let Some(acquisition) = self.devices.acquire(for_mirror, self.now, out) {
            self.state = CallState::Asking(acquisition);
            out.push(Output::WarmUp(self.profile.preferences.send_profile()));
            self.start_check(out);
        } else {
            self.start_check(out);
            self.devices.on_ready(for_mirror, self.now, out);
            self.on_devices_ready(for_mirror, out);
        }
    }

    /// Starts without camera and microphone: the person only sees, hears, and writes.
    fn start_without_devices(&mut self, out: &mut Vec<Output>) {
        if let (CallState::Landing(Some(_)), false) = (&self.state, self.has_accepted_rules()) {
            self.state = CallState::Gate { for_mirror: false };
        }
        let gives_up_asking = matches!(self.state, CallState::Asking(_)) && self.devices.is_slow();
        if gives_up_asking {
            out.push(Output::CloseMedia);
        } else if let CallState::Landing(Some(_)) = self.state {
            self.start_check(out);
        }
        if gives_up_asking || matches!(self.state, CallState::Landing(Some(_))) {
            self.devices.start_without();
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
        } else if let CallState::Paused { why: Pause::Blocked | Pause::Reported | Pause::Dialog, .. } =
            self.state
        {
            None
        } else {
            return;
        };
        self.leave_state(CallState::Ready { setback: None }, true, out);
        self.request_next(open_match, out);
    }

    /// A gesture was made; `asked` is the one that the page was asking about.
    fn on_gesture(&mut self, gesture: Gesture, asked: Option<Gesture>, out: &mut Vec<Output>) {
        if gesture == Gesture::Back {
            self.page.catches_back = false;
        }
        let is_confirmed = asked == Some(gesture);
        match gesture {
            Gesture::Escape | Gesture::Swipe if is_confirmed => self.next(out),
            Gesture::Back if self.state.is_first_page() => out.push(Output::GoBack),
            Gesture::Back if is_confirmed || !self.state.is_matched() => self.stop(None, out),
            _ if self.state.is_matched() => self.page.ask_about(gesture, self.now),
            Gesture::Escape | Gesture::Swipe | Gesture::Back => {}
        }
    }

    /// Stops everything: closes devices, connection, and session. The landing page shows the problem, if there is one.
    pub(crate) fn stop(&mut self, problem: Option<Problem>, out: &mut Vec<Output>) {
        self.state.close_prepared(out);
        if let CallState::Mirror = self.state {
            out.push(Output::ShowLevel(false));
        }
        self.leave_state(CallState::Landing(problem), true, out);
        self.devices.close();
        self.queue.requests = Default::default();
        self.check.on_stopped();
        self.stop_path_tests(out);
        out.push(Output::CloseMedia);
        self.session.say_goodbye(self.now, out);
    }

    /// Mutes or unmutes the microphone, or turns the camera on or off, and stores that for later visits.
    fn toggle_device(&mut self, kind: DeviceKind, out: &mut Vec<Output>) {
        self.devices.toggle(kind, self.now, out);
        let (off, before) = (self.devices.off(), self.profile.preferences);
        let after = before.with(Switch::MicrophoneOff, off.audio).with(Switch::CameraOff, off.video);
        if after != before {
            self.profile.preferences = after;
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
        let is_on = self.profile.preferences.has(switch);
        match switch {
            Switch::PushToTalk => self.devices.set_push_to_talk(is_on, self.now, out),
            Switch::MicrophoneOff => self.switch_off(DeviceKind::Microphone, is_on, out),
            Switch::CameraOff => self.switch_off(DeviceKind::Camera, is_on, out),
            Switch::Blur => out.push(Output::Blur(is_on)),
            Switch::SaveData => self.send_presence(out),
            Switch::Notify if is_on => out.push(Output::AskToNotify),
            Switch::HideAddress
            | Switch::MyLanguages
            | Switch::Unmirrored
            | Switch::HideOwnPicture
            | Switch::NoKeys
            | Switch::NoChime
            | Switch::Notify
            | Switch::SoftStart
            | Switch::NoSoftStart => {}
        }
    }

    fn switch_off(&mut self, kind: DeviceKind, off: bool, out: &mut Vec<Output>) {
        self.devices.set_off(kind, off);
        self.devices.open_wanted(kind, self.now, out);
    }

    /// Blocks the partner, also one that has just left, and pauses. Where the server has named no pair, asks for the
    /// next partner.
    fn block(&mut self, out: &mut Vec<Output>) {
        if !matches!(self.state, CallState::Matched(_) | CallState::Ended { .. }) {
            return;
        }
        if self.profile.block_partner(self.now, self.session.handshake.device()) {
            self.save_profile(out);
            self.sync_blocked(out);
            self.pause(Pause::Blocked, out);
        } else {
            self.next(out);
        }
    }

    /// Blocks or unblocks a past partner. The current match, if there is one, goes on.
    fn set_past_blocked(&mut self, number: u32, blocked: bool, out: &mut Vec<Output>) {
        let device = self.session.handshake.device();
        if self.profile.set_past_blocked(self.now, number, blocked, device) {
            self.save_profile(out);
            self.sync_blocked(out);
        }
    }

    fn unblock(&mut self, out: &mut Vec<Output>) {
        self.profile.past_partners.unblock_all();
        self.save_profile(out);
        self.sync_blocked(out);
    }

    fn forget_everything(&mut self, out: &mut Vec<Output>) {
        self.devices.forget_choices();
        self.profile.forget();
        self.sync_blocked(out);
        self.set_preferences(Preferences::default(), out);
        self.send_presence(out);
        out.extend([Output::Blur(false), Output::EraseProfile]);
    }

    fn on_picture_wish(&mut self, wish: PictureWish, out: &mut Vec<Output>) {
        let preferences = self.profile.preferences;
        let preferences = match wish {
            PictureWish::MoveOwn => preferences.with_corner(preferences.corner().next()),
            PictureWish::PlaceOwn(corner) => preferences.with_corner(corner),
            PictureWish::Fit(fit) => preferences.with_fit(fit),
        };
        self.set_preferences(preferences, out);
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

    pub(crate) fn sync_blocked(&mut self, out: &mut Vec<Output>) {
        self.session.sync_blocked(self.now, &self.profile, &mut self.rng, out);
    }
}

/// What the browser reports.
impl Call {
    pub(crate) fn on_page_event(&mut self, event: PageEvent, out: &mut Vec<Output>) {
        self.page.on_event(event);
        if let PageEvent::Online(true) = event {
            self.on_network_changed(out);
        } else if let PageEvent::Away(away) = event {
            self.devices.hold(false);
            if !away {
                self.on_return(out);
            }
            self.send_presence(out);
        } else if let PageEvent::Paused = event
            && self.state.is_matched()
        {
            self.page.on_partner_paused(self.now, out);
        } else if let PageEvent::Active = event {
            self.on_press();
        } else if let PageEvent::NotificationsRefused = event {
            self.set_preferences(self.profile.preferences.with(Switch::Notify, false), out);
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
        self.devices.apply_stored(chosen, after);
        self.sync_blocked(out);
        self.apply_preferences(out);
        if is_changed(Switch::SaveData) {
            self.send_presence(out);
        }
        if is_changed(Switch::Blur) {
            out.push(Output::Blur(after.has(Switch::Blur)));
        }
    }

    /// Ends what was meant for one partner only.
    pub(crate) fn on_partner_gone(&mut self, out: &mut Vec<Output>) {
        self.devices.unshare(out);
        self.devices.hold(false);
        if self.page.surroundings.in_picture {
            out.push(Output::PictureInPicture(false));
        }
    }

    pub(crate) fn send_presence(&self, out: &mut Vec<Output>) {
        if let CallState::Matched(current) = &self.state {
            current.send_presence(self.devices.presence(self.page.is_hidden, self.profile.preferences), out);
        }
    }
}
