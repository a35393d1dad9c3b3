//! What the page shows of a call: the snapshot, and the lists and texts that it leaves out.

use super::{
    Call, ChatLine, Menus, Problem, Sample, Snapshot, Surroundings, TopicTexts,
    state::{CallState, Pause},
};

impl Call {
    /// What the page shows, as of the last input.
    pub fn snapshot(&self) -> Snapshot {
        let (now, page) = (self.now, &self.page);
        let (mut seeking, mut here) = (None, None);
        if let CallState::Waiting { occupancy, .. } = self.state {
            (seeking, here) = (self.profile.topics.seeking(now), occupancy);
        }
        Snapshot {
            phase: self.state.phase(now),
            problem: self.problem(),
            retries_in: self.session.retry_seconds(now),
            microphone: self.devices.microphone(),
            camera: self.devices.camera(),
            notice: self.devices.notice(),
            faces_away: self.devices.faces_away(),
            sharing: self.devices.screen.is_on(),
            preferences: self.profile.preferences,
            devices: self.devices.revision(),
            can_change_camera: self.devices.can_change_camera(),
            seeking,
            topics: self.profile.topics.revision(),
            soft_start: self.soft_start,
            blocked: self.profile.past_partners.blocked_count(),
            past_strangers: self.profile.past_strangers(self.state.is_matched()),
            report_button: self.report_button(),
            report: self.report_step(),
            closed_reports: self.reporting.closed,
            keeps_report: self.profile.reports.queued.first().is_some(),
            past_calls: self.past_calls(),
            sanction: self.standing.shown(),
            paths: self.paths.shown(),
            asks: page.question(now),
            sound: page.sound,
            surroundings: Surroundings {
                outdated: self.session.handshake.is_outdated(),
                asks_presence: matches!(self.state, CallState::Paused { why: Pause::Absent, .. }),
                here,
                ..page.surroundings
            },
            ..self.match_snapshot()
        }
    }

    /// The part of the snapshot about the match; empty without one.
    fn match_snapshot(&self) -> Snapshot {
        let Some(current) = self.state.current_match() else { return Snapshot::default() };
        Snapshot {
            details: current.details(self.page.details_open),
            stranger: current.partner_presence(),
            picture: current.picture(),
            cover: current.cover,
            unreached: current
                .unreached(self.devices.presence(self.page.is_hidden, self.profile.preferences)),
            shared: self.profile.topics.shared(),
            chat: current.chat.status(self.now, self.page.chat_open),
            ..Snapshot::default()
        }
    }

    /// The devices to choose from; they change only when [`Snapshot::devices`] does.
    pub fn menus(&self) -> Menus {
        self.devices.menus().clone()
    }

    /// The texts about topics; they change only when [`Snapshot::topics`] does.
    pub fn topics(&self) -> TopicTexts {
        self.profile.topics.texts().clone()
    }

    /// The code with which the person can ask what came of the report whose answer the page shows; empty without one.
    pub fn outcome(&self) -> &str {
        self.reporting.outcome()
    }

    /// The code with which the person can appeal against [`Snapshot::sanction`]; empty without one.
    pub fn appeal(&self) -> &str {
        self.standing.appeal()
    }

    /// The lines of the chat, the oldest first; they change only when [`ChatStatus::revision`] does.
    pub fn lines(&self) -> Vec<ChatLine> {
        self.state.current_match().map_or_else(Vec::new, |it| it.chat.lines())
    }

    /// The last minute of the call, second by second; it changes only when [`Details::samples`] does.
    pub fn samples(&self) -> Vec<Sample> {
        self.state.current_match().map_or_else(Vec::new, |it| it.quality.samples())
    }

    fn problem(&self) -> Option<Problem> {
        match self.state {
            CallState::Landing(problem) => problem,
            CallState::Gate { .. } | CallState::Asking(_) | CallState::Mirror | CallState::Paused { .. } => {
                None
            }
            CallState::Ready { .. } => {
                let is_postponed = self.queue.requests.is_postponed();
                self.session_problem().or(is_postponed.then_some(Problem::RateLimited))
            }
            CallState::Waiting { .. } | CallState::Matched(_) | CallState::Ended { .. } => {
                self.session_problem()
            }
        }
    }

    pub(crate) fn session_problem(&self) -> Option<Problem> {
        self.session.problem(self.now, self.page.surroundings.offline)
    }
}
