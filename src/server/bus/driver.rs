//! [`Driver`]: the one task of the edge and the core. It feeds the matchmaker with what the sockets report.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::{
    core::Core,
    edge::Edge,
    inbox::{self, Event, Inbox},
};
use crate::{
    matchmaker::{Input, Matchmaker, MatchmakerConfig, SanctionUpdate},
    server::{
        clock::{Clock, read_system},
        moderation::ReportToStore,
        shutdown::Shutdown,
        telemetry::Telemetry,
    },
    time::Moment,
};

/// Events handled before the gauges, the clock and the deadline are checked again.
const BATCH: usize = 64;

/// Owns the matchmaker and the way to each socket that the matchmaker knows.
pub(crate) struct Driver {
    core: Core,
    edge: Edge,
    inbox: mpsc::Receiver<(Moment, Event)>,
    telemetry: Arc<Telemetry>,
}

impl Driver {
    /// A driver without sockets, and the sender that sockets use.
    pub(crate) fn new(config: MatchmakerConfig, clock: Clock, telemetry: Arc<Telemetry>) -> (Self, Inbox) {
        let (sender, inbox) = inbox::inbox(clock);
        let core = Core::new(Matchmaker::new(config), clock, Arc::clone(&telemetry));
        (Self { core, edge: Edge::default(), inbox, telemetry }, sender)
    }

    /// Lets reports be stored, and applies these decisions before anybody comes.
    pub(crate) fn set_store(&mut self, reports: mpsc::Sender<ReportToStore>, decisions: Vec<SanctionUpdate>) {
        self.edge.set_store(reports);
        decisions.into_iter().for_each(|it| self.handle(Input::Sanction(it)));
    }

    /// Runs until the server stops.
    pub(crate) async fn run(mut self, shutdown: Shutdown) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut draining = false;
        loop {
            let due = self.core.next_due();
            let deadline = self.core.wait_until(due.map(|(at, _)| at));
            tokio::select! {
                () = shutdown.stopping.cancelled() => return,
                () = shutdown.draining.cancelled(), if !draining => {
                    draining = true;
                    self.handle(Input::Drain { until: self.core.now() + shutdown.grace });
                }
                count = self.inbox.recv_many(&mut batch, BATCH) => {
                    if count == 0 {
                        return;
                    }
                    self.telemetry.inbox_depth(count + self.inbox.len());
                    for (since, event) in batch.drain(..) {
                        self.telemetry.inbox_wait(self.core.now() - since);
                        self.on_event(event);
                    }
                }
                () = deadline => {
                    if let Some((_, reason)) = due {
                        tracing::debug!(reason, "deadline");
                    }
                    self.handle(Input::Tick);
                }
            }
            self.core.measure();
            if draining && self.core.is_drained() {
                shutdown.drained.cancel();
            }
        }
    }

    fn on_event(&mut self, event: Event) {
        let input = match event {
            Event::Opened(visit, outbox) => Some(self.edge.on_opened(visit, outbox)),
            Event::Input(socket, input) => self.edge.on_input(socket, input),
            Event::Moderation(input) => Some(input),
            Event::Probe(answer) => {
                // An error means that nobody waits for the answer any more.
                let _ = answer.send(());
                None
            }
        };
        if let Some(input) = input {
            self.handle(input);
        }
    }

    fn handle(&mut self, input: Input) {
        self.core.handle(self.core.now(), input, read_system, &mut self.edge);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;
    use crate::{
        matchmaker::{EdgeId, Ice, Network, SiteIndex, SocketId, Visit},
        protocol::{Features, Frame, PastPairs, ToServer, decode_strict},
        server::websocket::{
            outbox::{MAX_WAITING_MESSAGES, Outgoing, Tick, outbox},
            registration::Registration,
        },
    };

    fn config() -> MatchmakerConfig {
        MatchmakerConfig {
            seed: [0; 32],
            max_connections: 10,
            max_passed_by: 1,
            max_met: 1,
            max_blocked: 1,
            keys: [0; 32].into(),
            ice: Ice::default(),
            build: None,
            soft_start: crate::protocol::SoftStart::Off,
            moderates: true,
            age: None,
            hello_within: Duration::from_secs(5),
            outbox_bytes: u32::MAX,
            outbox_total_bytes: u64::MAX,
        }
    }

    fn visit(socket: SocketId) -> Visit {
        let network = Network::of([127, 0, 0, 1].into());
        Visit { socket, network, network_tags: Default::default(), site: SiteIndex::default() }
    }

    #[tokio::test]
    async fn drops_a_socket_that_never_reads_and_its_peer_may_resume() {
        let (mut driver, _inbox) = Driver::new(config(), Clock::start(), Arc::new(Telemetry::new()));
        let socket = SocketId { edge: EdgeId::default(), number: 1 };
        let (receiver, sender) = outbox(Tick(0), u32::MAX);
        driver.on_event(Event::Opened(visit(socket), sender));
        let hello = ToServer::Hello {
            resume: None,
            ticket: None,
            device: None,
            age: None,
            past: PastPairs::default(),
            place: None,
            features: Features::all(),
        };
        // There is no room for the answer to the last ping.
        for msg in std::iter::once(hello).chain((0..MAX_WAITING_MESSAGES).map(|_| ToServer::Ping {})) {
            let input = Input::Message { socket, frame: Frame { seq: 0, ack: 0, msg } };
            driver.on_event(Event::Input(socket, input));
        }
        assert!(matches!(receiver.next().await, Outgoing::SenderDropped));
        let census = driver.core.matchmaker().census();
        assert_eq!((census.idle, census.connections), (1, 0), "the peer may resume");
    }

    #[tokio::test]
    async fn loses_the_socket_of_a_task_that_panics() {
        fn fail() {
            panic!("on purpose")
        }
        for waiting in [0, inbox::CAPACITY - 2] {
            let (mut driver, inbox) = Driver::new(config(), Clock::start(), Arc::new(Telemetry::new()));
            let socket = SocketId { edge: EdgeId::default(), number: 1 };
            let (_receiver, sender) = outbox(Tick(0), u32::MAX);
            let mut registration = Registration::new(inbox.clone(), socket);
            registration.open(visit(socket), sender).await;
            let frame = decode_strict(r#"{"seq":0,"ack":0,"msg":{"hello":{}}}"#).unwrap();
            assert!(inbox.try_send(Event::Input(socket, Input::Message { socket, frame })).is_none());
            for _ in 0..waiting {
                assert!(
                    inbox.try_send(Event::Input(SocketId { number: 2, ..socket }, Input::Tick)).is_none()
                );
            }
            let task = tokio::spawn(async move {
                let _registration = registration;
                fail();
            });
            assert!(task.await.unwrap_err().is_panic());
            for _ in 0..waiting + 3 {
                let event = timeout(Duration::from_secs(5), driver.inbox.recv()).await;
                let (_, event) = event.expect("the loss is reported").unwrap();
                driver.on_event(event);
            }
            let census = driver.core.matchmaker().census();
            assert_eq!((census.idle, census.connections), (1, 0), "{waiting}: the peer may resume");
        }
    }
}
