//! [`Core`]: the matchmaker with its clock and chance, and what its outputs ask of the server itself.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::edge::Edge;
use crate::{
    matchmaker::{Input, Matchmaker, Output, SanctionUpdate, StoreAnswer},
    server::{
        clock::{Clock, read_system},
        moderation::ReportToStore,
        telemetry::Telemetry,
    },
    time::Moment,
};

/// Owns the matchmaker.
pub(crate) struct Core {
    matchmaker: Matchmaker,
    clock: Clock,
    /// Stores reports; `None` on a server without a store.
    reports: Option<mpsc::Sender<ReportToStore>>,
    telemetry: Arc<Telemetry>,
}

impl Core {
    /// A core of a server without a store.
    pub(crate) const fn new(matchmaker: Matchmaker, clock: Clock, telemetry: Arc<Telemetry>) -> Self {
        Self { matchmaker, clock, reports: None, telemetry }
    }

    /// Lets reports be stored, and applies these decisions before anybody comes.
    pub(crate) fn with_store(
        mut self,
        reports: mpsc::Sender<ReportToStore>,
        decisions: Vec<SanctionUpdate>,
    ) -> Self {
        self.reports = Some(reports);
        decisions.into_iter().for_each(|it| self.handle(Input::Sanction(it), &mut Edge::default()));
        self
    }

    /// The time on the clock of the matchmaker.
    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// When the matchmaker has something to do without an input, and a word for the log that says what.
    pub(crate) fn next_due(&self) -> Option<(Moment, &'static str)> {
        self.matchmaker.next_due()
    }

    /// Waits for that.
    pub(crate) fn wait_until(&self, due: Option<Moment>) -> impl Future<Output = ()> + use<> {
        self.clock.wait_until(due)
    }

    /// Whether the server drains, and no match needs it any more.
    pub(crate) fn is_drained(&self) -> bool {
        self.matchmaker.is_drained()
    }

    /// Handles an input and performs the outputs. What follows from them at once becomes the next input.
    pub(crate) fn handle(&mut self, input: Input, edge: &mut Edge) {
        let now = self.clock.now();
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            self.telemetry.message_in(&input);
            for output in self.matchmaker.handle(now, read_system(), input) {
                inputs.extend(self.perform(output, edge));
            }
        }
    }

    /// Updates the gauges.
    pub(crate) fn measure(&self) {
        self.telemetry.set_census(self.matchmaker.census());
        self.telemetry.set_outboxes(self.matchmaker.outbox_totals());
    }

    /// Performs one output; returns what follows from it.
    fn perform(&self, output: Output, edge: &mut Edge) -> Option<Input> {
        match output {
            Output::Send { socket, frame } => {
                self.telemetry.message_out();
                edge.send(socket, frame)
            }
            Output::Close { socket, code } => {
                self.telemetry.closed(code);
                edge.close(socket, code);
                None
            }
            Output::StoreReport { request, report } => {
                let sent = self.reports.as_ref().is_some_and(|it| it.try_send((request, report)).is_ok());
                (!sent).then_some(Input::ReportStored { request, answer: StoreAnswer::Failed })
            }
            Output::Note(note) => {
                self.telemetry.note(note);
                None
            }
        }
    }

    /// The matchmaker, for tests.
    #[cfg(test)]
    pub(crate) const fn matchmaker(&self) -> &Matchmaker {
        &self.matchmaker
    }
}
