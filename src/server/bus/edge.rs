//! [`Edge`]: the open sockets of this process, as far as the matchmaker knows them, and the way to its store.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::core::Outside;
use crate::{
    matchmaker::{Closing, GenuineReport, Input, ReportRequest, SocketId, StoreAnswer, Visit, id_map::IdMap},
    protocol::{ErrorCode, Frame, ToBrowser},
    server::{
        moderation::ReportToStore,
        websocket::outbox::{OutboxFull, OutboxSender},
    },
};

/// The way to each socket that the matchmaker knows.
#[derive(Debug, Default)]
pub(crate) struct Edge {
    /// By the number of the socket.
    outboxes: IdMap<u64, OutboxSender>,
    /// Stores reports; `None` in a process without a store.
    reports: Option<mpsc::Sender<ReportToStore>>,
}

impl Edge {
    /// Lets reports be stored.
    pub(crate) fn set_store(&mut self, reports: mpsc::Sender<ReportToStore>) {
        self.reports = Some(reports);
    }

    /// A socket is open.
    pub(crate) fn on_opened(&mut self, visit: Visit, outbox: OutboxSender) -> Input {
        self.outboxes.insert(visit.socket.number, outbox);
        Input::Opened(visit)
    }

    /// What a socket reports; `None` if the matchmaker has closed this socket and forgotten it.
    pub(crate) fn on_input(&mut self, socket: SocketId, input: Input) -> Option<Input> {
        let is_known = if let Input::Closed { .. } = input {
            self.outboxes.remove(&socket.number).is_some()
        } else {
            self.outboxes.contains_key(&socket.number)
        };
        is_known.then_some(input)
    }

    /// Whether no socket is open.
    pub(crate) fn is_empty(&self) -> bool {
        self.outboxes.is_empty()
    }

    /// Closes all sockets: their pages come back on others.
    pub(crate) fn lose_all(&mut self) {
        let outboxes = std::mem::take(&mut self.outboxes);
        outboxes.into_values().for_each(|it| it.close(ErrorCode::ServerStops));
    }
}

impl Outside for Edge {
    /// A socket whose outbox overflows is lost.
    fn send(&mut self, socket: SocketId, frame: Frame<Arc<ToBrowser>>) -> Option<Input> {
        match self.outboxes.get(&socket.number)?.send(frame) {
            Ok(()) => None,
            Err(OutboxFull) => {
                self.outboxes.remove(&socket.number)?.abandon();
                Some(Input::Closed { socket, closing: Closing::Lost })
            }
        }
    }

    fn close(&mut self, socket: SocketId, code: ErrorCode) {
        if let Some(outbox) = self.outboxes.remove(&socket.number) {
            outbox.close(code);
        }
    }
    fn store(&mut self, request: ReportRequest, report: Box<GenuineReport>) -> Option<Input> {
        let sent = self.reports.as_ref().is_some_and(|it| it.try_send((request, report)).is_ok());
        (!sent).then_some(Input::ReportStored { request, answer: StoreAnswer::Failed })
    }
}
