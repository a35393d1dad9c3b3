//! The state machine of a call in the browser.
//!
//! [`Call::handle`] takes one [`Input`] and returns the [`Output`]s to perform, in order. [`Call::deadline`] says when
//! the next [`Input::Tick`] is due, and [`Call::snapshot`] what the page shows. The machine reads no clock and does not
//! touch the browser.
//!
//! [`Call`] consists of parts that own their data: the [`CallState`], the [`Session`] with the server, the queue, the
//! devices, the profile of the person, and the page. A handler that needs one part is a method of it. The handlers that
//! join parts are in `commands` (the person and the window), in `gate` (the questions before a start), in `soft_start`
//! (blurred pictures), in `safety` (reports and sanctions), in `device_events`, in `signalling::inbound` (the server
//! and the partner), in `signalling::queue`, and here.

pub(crate) mod interface;

pub(crate) mod state;
pub(crate) mod deadline;
pub(crate) mod commands;
pub(crate) mod gate;
pub(crate) mod soft_start;
pub(crate) mod device_events;
pub(crate) mod view;

pub(crate) mod signalling;
pub(crate) mod partner;
pub(crate) mod devices;
pub(crate) mod profile;
pub(crate) mod page;
pub(crate) mod check;
pub(crate) mod safety;

pub(crate) mod diagnostics;

#[cfg(test)]
mod tests;

use std::mem;

use crate::{
    protocol::{SoftStart, ToServer},
    time::Moment,
};
use check::{ConnectionCheck, paths::PathCheck};
use deadline::Deadline;
use devices::Devices;
use page::PageState;
use partner::{
    CurrentMatch, MatchEvent,
    context::{ConnectionIds, MatchContext},
};
use profile::Profile;
use safety::{reporting::Reporting, standing::Standing};
use signalling::{queue_state::QueueState, session::Session};
use state::CallState;

pub use deadline::DeadlineReason;
pub use devices::refusal::{MediaRefusal, Permission, screen_error};
pub use interface::details::{Code, Codec, Details, Marks, Milestone, Path, Sample, Strength};
pub use interface::devices::{
    ChosenDevices, Device, DeviceInfo, DeviceKind, DeviceNotice, Facing, Menus, OpenRequest, OpenedDevice,
    OpenedMedia, Pick,
};
pub use interface::input::{
    CheckFinding, Clocks, ConnectionId, ConnectionState, Description, DescriptionKind, DeviceEvent, Failed,
    Input, Measurement, MediaError, PageEvent, PeerEvent, ScreenEvent, SignalingState,
};
pub use interface::intent::{ChatWish, Gesture, Intent, PictureWish, WindowWish};
pub use interface::output::{Output, PeerCommand};
pub use interface::paths::{PathResult, PathResults, PathTests, TestedPath};
pub use interface::problem::Problem;
pub use interface::safety::{Inquiry, PastCall, ReportButton, ReportStep, ReportWish, Sanction};
pub use interface::send_profile::{PictureContent, SendProfile, SenderPart, TrackKind};
pub use interface::snapshot::{
    Cover, Farewell, Flow, PartnerPicture, PastStranger, Phase, Setback, Snapshot, Sound,
};
pub use interface::stored_profile::StoredProfile;
pub use page::environment::{Abilities, Browser, Surroundings};
pub use page::swipe::is_swipe;
pub use partner::chat::{Author, ChatLine, ChatStatus};
pub use partner::encoding::VideoLimits;
pub use partner::media::sender_queue::{SenderCall, SenderQueue, SenderReport};
pub use partner::media::transceivers::carrier;
pub use profile::consent::Consent;
pub use profile::past_matches::{PastMatch, PastMatches, Ticket};
pub use profile::past_partners::{Dated, PastPartners};
pub use profile::preferences::{Corner, Fit, Preferences, Switch};
pub use profile::queued_reports::{QueuedReport, QueuedReports, StoredReports};
pub use profile::topics::{Seeking, TopicTexts};

/// The call of one page.
#[derive(Debug)]
pub struct Call {
    /// The time of the last input.
    now: Moment,
    rng: fastrand::Rng,
    state: CallState,
    session: Session,
    queue: QueueState,
    devices: Devices,
    profile: Profile,
    page: PageState,
    check: ConnectionCheck,
    paths: PathCheck,
    connections: ConnectionIds,
    /// The version of the rules that a person has to accept before they start.
    rules: String,
    /// What the server wants of its visitors.
    soft_start: SoftStart,
    /// Whether a provider must have stated the age of the person.
    checks_age: bool,
    /// Whether the browser was last told to send the picture blurred.
    sends_blurred: bool,
    /// The reports that the person is making or has made.
    reporting: Reporting,
    /// What was decided about this device.
    standing: Standing,
}

/// What the server has written into the page.
#[derive(Clone, Debug, Default)]
pub struct SiteFacts {
    /// The build of the page, empty if unknown.
    pub build: String,
    /// The version of the rules; nobody is asked about an empty one.
    pub rules: String,
    /// Whether calls start with blurred pictures.
    pub soft_start: SoftStart,
    /// Whether a provider must have stated the age of each person.
    pub checks_age: bool,
}

impl Call {
    /// A call that has not started. `seed` seeds its random generator, `stored` is what this device has stored, and
    /// `site` what the server has written into the page.
    pub fn new(seed: u64, stored: StoredProfile, browser: Browser, site: SiteFacts) -> Self {
        let SiteFacts { build, rules, soft_start, checks_age } = site;
        Self {
            now: Moment::default(),
            rng: fastrand::Rng::with_seed(seed),
            state: CallState::Landing(stored.consent.under_age_since.map(|_| Problem::UnderAge)),
            session: Session::new(build),
            queue: QueueState::default(),
            devices: Devices::from_stored(stored.chosen.clone(), stored.preferences),
            profile: Profile::new(stored),
            rules,
            soft_start,
            checks_age,
            sends_blurred: false,
            reporting: Reporting::default(),
            standing: Standing::default(),
            page: PageState::new(browser),
            check: ConnectionCheck::default(),
            paths: PathCheck::default(),
            connections: ConnectionIds::default(),
        }
    }

    /// Takes in one input and returns what must be done. Never fails and never waits.
    pub fn handle(&mut self, clocks: Clocks, input: Input) -> Vec<Output> {
        let (due, now) = (self.next_deadline(), clocks.now);
        self.now = now;
        self.profile.unix_origin_ms = clocks.unix_ms.saturating_sub(now.as_millis());
        if !self.idle_counts() {
            self.page.idle.suspend(now);
        }
        // What another page has stored is not stored again, and a page that is being left opens no socket.
        let is_stored = matches!(input, Input::StorageChanged(_));
        let is_left = matches!(input, Input::PageHidden);
        let mut out = Vec::new();
        if let Input::SocketLost = input {
            // Nothing below may send on it.
            self.session.on_socket_lost(now, &mut self.rng);
        }
        if !is_stored {
            self.keep_ticket(&mut out);
        }
        self.on_wake(clocks, due, &mut out);
        self.keep_out(&mut out);
        match input {
            Input::Intent(intent) => self.on_intent(intent, &mut out),
            Input::MediaOpened(request, opened) => self.on_media_opened(request, opened, &mut out),
            Input::MediaFailed(request, error) => self.on_media_failed(request, error, &mut out),
            Input::SocketOpened => self.on_socket_opened(&mut out),
            Input::SocketLost => {}
            Input::Message(frame) => self.on_frame(frame, &mut out),
            Input::UnknownMessage { seq, ack } => {
                self.session.on_unknown_message(now, (seq, ack), &mut self.rng, &mut out);
            }
            Input::Peer { link, event } => self.on_peer_event(link, event, &mut out),
            Input::Devices(event) => self.on_device_event(event, &mut out),
            Input::StorageChanged(stored) => self.on_stored(*stored, &mut out),
            Input::Page(event) => self.on_page_event(event, &mut out),
            Input::ConnectionChecked(finding) => self.on_connection_checked(finding, &mut out),
            Input::PathWorks(path) => self.on_path_works(path, &mut out),
            Input::NetworkChanged => self.on_network_changed(&mut out),
            Input::PageHidden => self.stop(None, &mut out),
            Input::Tick => self.handle_timeout(&mut out),
        }
        self.keep_out(&mut out);
        self.settle_devices(&mut out);
        self.stop_without_devices(&mut out);
        self.ask_if_absent(&mut out);
        self.pause_for_dialog(&mut out);
        self.ask_for_servers(&mut out);
        self.sync_wake_lock(&mut out);
        self.sync_ways_back(&mut out);
        self.sync_blur(&mut out);
        if !is_stored {
            self.keep_ticket(&mut out);
        }
        if !is_left {
            self.sync_reports(&mut out);
        }
        out
    }

    /// When `handle(now, Input::Tick)` next has something to do, and why.
    pub fn deadline(&self) -> Option<(Moment, DeadlineReason)> {
        let now = self.now;
        let parts: [Option<Deadline>; 10] = [
            self.state.deadline(now, self.session.is_open()),
            self.session.deadline(now),
            self.queue.requests.deadline(),
            self.devices.deadline(self.sees_own_picture()).map(|at| (at, DeadlineReason::Devices)),
            self.profile.deadline(now, self.state.is_waiting()),
            self.page.deadline(self.idle_counts()),
            self.check.deadline(now),
            self.paths.deadline(),
            self.report_deadline(),
            self.sanction_deadline(),
        ];
        parts.into_iter().flatten().min()
    }

    /// [`deadline`](Self::deadline) without the reason.
    pub fn next_deadline(&self) -> Option<Moment> {
        self.deadline().map(|(at, _)| at)
    }

    /// What this device stores for the next visit.
    #[cfg(test)]
    pub(crate) fn stored(&self) -> StoredProfile {
        self.profile.stored(self.devices.chosen())
    }

    /// Whether it matters that the person has done nothing for long. A call may be long and needs no hands, and if
    /// there is a problem, the page shows that instead.
    fn idle_counts(&self) -> bool {
        self.state.is_waiting() && self.session_problem().is_none()
    }

    fn handle_timeout(&mut self, out: &mut Vec<Output>) {
        self.session.handle_timeout(self.now, &mut self.rng, out);
        self.repeat_request(out);
        self.stop_if_unanswered(out);
        self.handle_check_timeout(out);
        self.handle_report_timeout(out);
        self.standing.handle_timeout(self.now);
        self.page.handle_timeout(self.now);
        self.devices.handle_timeout(self.now, out);
        self.handle_state_timeout(out);
    }

    fn handle_state_timeout(&mut self, out: &mut Vec<Output>) {
        if self.state.is_matched() {
            self.resend_signals(out);
            let event = self.with_match(out, |current, context| current.handle_timeout(context));
            self.on_match_event(event, out);
        } else if self.state.prepared().is_some_and(|it| it.renew_at() <= self.now) {
            self.renew_offer(out);
        } else if let CallState::Ended { until, open_match, .. } = self.state
            && until <= self.now
        {
            self.request_next(open_match, out);
        }
    }

    /// The network may have changed: retries or checks everything that depends on it.
    fn on_network_changed(&mut self, out: &mut Vec<Output>) {
        self.session.retry_now(self.now, out);
        self.session.probe(self.now, out);
        self.restart_check(out);
        if let CallState::Matched(current) = &mut self.state {
            current.on_network_changed(self.now);
        }
        self.renew_offer(out);
    }

    /// Lets the match handle something, if there is one.
    ///
    /// When the match begins to look for a new path, the session is probed: it may be lost for the same reason, and the
    /// two ends need it to agree on the path.
    fn with_match(
        &mut self,
        out: &mut Vec<Output>,
        act: impl FnOnce(&mut CurrentMatch, &mut MatchContext) -> MatchEvent,
    ) -> MatchEvent {
        let CallState::Matched(current) = &mut self.state else { return MatchEvent::None };
        let was_recovering = current.is_recovering();
        let context = &mut MatchContext {
            now: self.now,
            line_open: self.session.is_open(),
            presence: self.devices.presence(self.page.is_hidden, self.profile.preferences),
            chat_open: self.page.chat_open,
            links: &mut self.connections,
            out,
        };
        let event = act(current, context);
        if current.is_recovering() && !was_recovering {
            self.session.probe(self.now, out);
        }
        event
    }

    /// Changes to another state and closes the connection of the match, if there is one; with a `goodbye` the partner
    /// knows at once that it was left.
    pub(crate) fn leave_state(&mut self, next: CallState, goodbye: bool, out: &mut Vec<Output>) {
        self.page.take_question(self.now);
        if let CallState::Matched(current) = mem::replace(&mut self.state, next) {
            let has_failed = matches!(self.state, CallState::Ready { setback: Some(Setback::Unconnected) });
            if self.profile.has_met_partner() {
                self.reporting.ended = self.past_match(&current);
            }
            if let Phase::Connecting { slow } = current.phase(self.now)
                && (slow || has_failed)
            {
                self.check.on_match_failed();
            }
            if goodbye {
                current.leave(out)
            } else {
                current.close(out)
            }
            self.on_partner_gone(out);
        }
    }

    fn send(&mut self, msg: ToServer, out: &mut Vec<Output>) {
        self.session.send(self.now, msg, &mut self.rng, out);
    }
}
