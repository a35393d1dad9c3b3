//! [`EdgeDriver`]: the task of an edge of a cluster. It passes on what the sockets report, and hands them what the core
//! sends.

use std::sync::Arc;

use futures::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use redis::RedisResult;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::{
    decisions::KeptDecisions,
    edge_link::{Appended, EdgeEvent, EdgeLink, FromCore},
    greetings::Greetings,
    items::{ToCore, ToEdge},
    lease::Holder,
    store::{
        entries::{Reading, Unreadable},
        streams::{FIRST_ID, Streams},
    },
};
use crate::{
    matchmaker::{EdgeId, Input, OwnRelay, SanctionUpdate, SocketId},
    protocol::{ErrorCode, Frame, ToBrowser},
    server::{
        bus::{
            core::Outside,
            edge::Edge,
            inbox::{Event, Inbox, inbox},
            presence::CorePresence,
        },
        clock::{Clock, since_1970},
        moderation::ReportToStore,
        shutdown::Shutdown,
        telemetry::Telemetry,
    },
    time::Moment,
};

/// Reports that may wait for Redis before the inbox is not read any more. Then sockets are not read either.
const MAX_WAITING: usize = 256;

/// Events taken from the inbox at once.
const BATCH: usize = 64;

/// Has the sockets of this process.
pub(crate) struct EdgeDriver {
    link: EdgeLink<ToCore>,
    edge: Edge,
    greetings: Greetings,
    inbox: mpsc::Receiver<(Moment, Event)>,
    streams: Arc<Streams>,
    presence: CorePresence,
    clock: Clock,
    telemetry: Arc<Telemetry>,
    /// The relay of this process, which the core gives to matches.
    relay: Option<OwnRelay>,
    /// What was decided, if this process has the store.
    decisions: Option<watch::Sender<KeptDecisions>>,
    /// What is read now, or was last.
    position: Position,
    is_reading: bool,
    /// Whether the peers of this edge are being sent to others.
    is_draining: bool,
    under_way: FuturesUnordered<BoxFuture<'static, Done>>,
}

/// A place in a stream to this edge.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Position {
    holder: Option<Holder>,
    edge: EdgeId,
    /// The id of the last entry that was read.
    after: String,
}

/// Something that was under way has ended.
enum Done {
    Appended(Appended),
    Read(Option<Holder>, EdgeId, RedisResult<Reading<FromCore<ToEdge>>>),
}

impl EdgeDriver {
    /// An edge without sockets, and the sender that sockets use.
    pub(crate) fn new(
        streams: Arc<Streams>,
        presence: CorePresence,
        clock: Clock,
        telemetry: Arc<Telemetry>,
    ) -> (Self, Inbox) {
        let (sender, inbox) = inbox(clock);
        let edge = EdgeId(fastrand::u64(..));
        let driver = Self {
            link: EdgeLink::new(edge, clock.now()),
            edge: Edge::default(),
            greetings: Greetings::default(),
            inbox,
            streams,
            presence,
            clock,
            telemetry,
            relay: None,
            decisions: None,
            position: Position { holder: None, edge, after: FIRST_ID.into() },
            is_reading: false,
            is_draining: false,
            under_way: FuturesUnordered::new(),
        };
        (driver, sender)
    }

    /// Lets reports be stored here, for all edges. Returns what was decided, as it changes.
    pub(crate) fn set_store(
        &mut self,
        reports: mpsc::Sender<ReportToStore>,
        decisions: Vec<SanctionUpdate>,
    ) -> watch::Receiver<KeptDecisions> {
        self.edge.set_store(reports);
        let mut all = KeptDecisions::default();
        decisions.into_iter().for_each(|it| all.apply(since_1970().as_secs(), it));
        let (sender, receiver) = watch::channel(all);
        self.decisions = Some(sender);
        receiver
    }

    /// Lets matches use the relay of this process. Call it before there are sockets.
    pub(crate) fn set_relay(&mut self, relay: OwnRelay) {
        self.relay = Some(relay);
        // It waits for the first core.
        self.push_relay();
    }

    /// Runs until the server stops. Cancels `drained` when the server drains and all its peers have gone to other
    /// edges.
    pub(crate) async fn run(mut self, shutdown: Shutdown, drained: CancellationToken) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            self.start_commands();
            let due = self.clock.wait_until(self.link.next_due());
            tokio::select! {
                () = shutdown.stopping.cancelled() => return,
                () = shutdown.draining.cancelled(), if !self.is_draining => {
                    self.is_draining = true;
                    self.link.push(ToCore::Drains);
                }
                count = self.inbox.recv_many(&mut batch, BATCH), if self.link.waiting() < MAX_WAITING => {
                    if count == 0 {
                        return;
                    }
                    self.telemetry.inbox_depth(count + self.inbox.len());
                    for (since, event) in batch.drain(..) {
                        self.telemetry.inbox_wait(self.clock.now() - since);
                        self.on_event(event);
                    }
                }
                Some(done) = self.under_way.next() => self.on_done(done),
                () = due => {}
            }
            let has_core = self.link.has_core(self.clock.now());
            self.presence.set(has_core);
            self.telemetry.cluster.set_core_heard(has_core);
            if self.is_draining && self.edge.is_empty() {
                drained.cancel();
            }
        }
    }

    /// Starts what the link wants to append, and the next read.
    fn start_commands(&mut self) {
        if let Some((to, entry)) = self.link.next_append(self.clock.now()) {
            let (streams, edge) = (Arc::clone(&self.streams), self.link.edge());
            let append = async move { Done::Appended(streams.append(edge, to, &entry).await) };
            self.under_way.push(Box::pin(append));
        }
        let (holder, edge) = (self.link.holder(), self.link.edge());
        if (self.position.holder, self.position.edge) != (holder, edge) {
            self.position = Position { holder, edge, after: FIRST_ID.into() };
            // What is being read from the former stream is ignored.
            self.is_reading = false;
        }
        if let Some(core) = holder.filter(|_| !self.is_reading) {
            self.is_reading = true;
            let (streams, after) = (Arc::clone(&self.streams), self.position.after.clone());
            let read = async move { Done::Read(holder, edge, streams.read_edge(core, edge, &after).await) };
            self.under_way.push(Box::pin(read));
        }
    }

    fn on_event(&mut self, event: Event) {
        let input = match event {
            Event::Opened(_, outbox) if self.is_draining => {
                outbox.close(ErrorCode::ServerStops);
                None
            }
            Event::Opened(visit, outbox) => {
                self.greetings.on_opened(visit);
                Some(self.edge.on_opened(visit, outbox))
            }
            Event::Moderation(input) => {
                if let (Some(decisions), Input::Sanction(update)) = (&self.decisions, &input) {
                    let now = since_1970().as_secs();
                    decisions.send_modify(|it| it.apply(now, update.clone()));
                }
                Some(input)
            }
            Event::Input(socket, input) => {
                let is_admitted = self.greetings.admits(socket, &input);
                self.edge.on_input(socket, input).filter(|_| is_admitted)
            }
            Event::Probe(answer) => {
                // An error means that nobody waits for the answer any more.
                let _ = answer.send(());
                None
            }
        };
        if let Some(input) = input {
            self.report(input);
        }
    }

    fn report(&mut self, input: Input) {
        if let Input::Closed { socket, .. } = input {
            self.greetings.on_closed(socket.number);
        }
        if let Some(report) = ToCore::of(input) {
            self.link.push(report);
        }
    }

    fn on_done(&mut self, done: Done) {
        match done {
            Done::Appended(result) => {
                let event = self.link.on_appended(self.clock.now(), result);
                self.on_link_event(event);
            }
            Done::Read(holder, edge, result) => {
                if (holder, edge) == (self.position.holder, self.position.edge) {
                    self.on_read(holder, result);
                }
            }
        }
        if self.link.is_gap() {
            self.on_link_event(Some(EdgeEvent::Reset));
        }
    }

    fn on_read(&mut self, holder: Option<Holder>, result: RedisResult<Reading<FromCore<ToEdge>>>) {
        self.is_reading = false;
        let (Ok(reading), Some(Holder { term, .. })) = (result, holder) else { return };
        if let Some(id) = reading.last_id {
            self.position.after = id;
        }
        for from in reading.entries {
            let from = match from {
                Ok(from) => from,
                Err(it) => {
                    report_unreadable(it);
                    continue;
                }
            };
            let event = self.link.on_received(self.clock.now(), term, from);
            self.on_link_event(event);
            if self.link.edge() != self.position.edge {
                // The rest was for the former id of this edge.
                return;
            }
        }
    }

    fn on_link_event(&mut self, event: Option<EdgeEvent<ToEdge>>) {
        match event {
            Some(EdgeEvent::Deliver(entry)) => {
                let items = Arc::unwrap_or_clone(entry).items;
                items.into_iter().for_each(|it| self.deliver(it));
            }
            Some(EdgeEvent::NewCore { is_first }) => {
                tracing::info!(is_first, "there is a new core");
                self.push_decisions();
                if !is_first {
                    self.push_relay();
                    self.introduce_all();
                }
                if self.is_draining {
                    self.link.push(ToCore::Drains);
                }
            }
            Some(EdgeEvent::Reset) => {
                tracing::warn!(
                    "something between this edge and the core is missing: all its sockets are closed"
                );
                self.telemetry.cluster.reset();
                self.edge.lose_all();
                self.greetings.clear();
                self.link.reset(self.clock.now(), EdgeId(fastrand::u64(..)));
                self.push_relay();
                self.push_decisions();
            }
            None => {}
        }
    }

    /// Tells a core that does not know this edge what was decided, if this edge has the store.
    fn push_decisions(&mut self) {
        if let Some(decisions) = &self.decisions {
            self.link.push(ToCore::Home(decisions.borrow().updates()));
        }
    }

    /// Tells a core that does not know this edge where its relay is, unless that ends soon.
    fn push_relay(&mut self) {
        if let Some(relay) = self.relay.clone().filter(|_| !self.is_draining) {
            self.link.push(ToCore::Relay(relay));
        }
    }

    fn deliver(&mut self, order: ToEdge) {
        let socket = |number| SocketId { edge: self.link.edge(), number };
        let follows = match order {
            ToEdge::Send(number, frame) => self.edge.send(socket(number), frame),
            ToEdge::Close(number, code) => {
                self.greetings.on_closed(number);
                self.edge.close(socket(number), code);
                None
            }
            ToEdge::Store(request, report) => self.edge.store(request, report),
            ToEdge::Edges(edges) => {
                self.presence.set_edges(edges);
                None
            }
        };
        if let Some(input) = follows {
            self.report(input);
        }
    }

    /// Introduces all sockets to a core that knows none of them, and asks their pages to say `hello` again.
    fn introduce_all(&mut self) {
        let all = self.greetings.introduce();
        for visit in all.visits {
            self.report(Input::Opened(visit));
        }
        let socket = |number| SocketId { edge: self.link.edge(), number };
        let again: Arc<ToBrowser> = Arc::new(ToBrowser::Again {});
        let lost: Vec<_> = all
            .ask
            .into_iter()
            .filter_map(|number| {
                self.edge.send(socket(number), Frame { seq: 0, ack: 0, msg: Arc::clone(&again) })
            })
            .collect();
        lost.into_iter().for_each(|it| self.report(it));
        for number in all.close {
            self.edge.close(SocketId { edge: self.link.edge(), number }, ErrorCode::ServerStops);
        }
    }
}

/// What the core has written cannot be read. Then the edge hears no core, and says so in `/readyz`.
fn report_unreadable(entry: Unreadable) {
    match entry {
        Unreadable::Sealed => tracing::error!("the core has another `state.key` than this edge"),
        Unreadable::Version { version, .. } => {
            tracing::error!(
                version,
                "the core speaks a version that this edge does not: update the older of the two"
            );
        }
    }
}
