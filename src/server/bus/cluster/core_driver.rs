//! [`CoreDriver`]: the task of a process of a cluster that may become the core. While it holds the lease, it runs the
//! matchmaker for all edges.

use std::{collections::BTreeSet, mem, sync::Arc};

use futures::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use redis::RedisResult;
use tokio_util::sync::CancellationToken;

use super::{
    core_link::{CoreLink, EntryVerdict},
    edge_link::Entry,
    items::{ToCore, ToEdge},
    lease::{Holder, Lease, LeaseEvent},
    metrics::ClusterMetrics,
    store::{
        entries::{Reading, Unreadable},
        streams::{FIRST_ID, Streams},
    },
};
use crate::{
    matchmaker::{
        Census, EdgeId, GenuineReport, Input, Matchmaker, MatchmakerConfig, OutboxTotals, ReportRequest,
        SanctionUpdate, SocketId, StoreAnswer,
    },
    protocol::{ErrorCode, Frame, ToBrowser},
    server::{
        bus::core::{Core, Outside},
        clock::{BatchReadings, Clock, random_key},
        telemetry::Telemetry,
    },
    time::Moment,
};

/// Runs the core while it holds the lease.
pub(crate) struct CoreDriver {
    lease: Lease,
    term: Option<Term>,
    streams: Arc<Streams>,
    /// Of each new matchmaker, but for the seed.
    config: MatchmakerConfig,
    clock: Clock,
    telemetry: Arc<Telemetry>,
    under_way: FuturesUnordered<BoxFuture<'static, Done>>,
}

/// What the core has in one term.
struct Term {
    holder: Holder,
    core: Core,
    /// When the inputs had come that came last, by the clock of the matchmaker, and readings for them.
    came_by: Moment,
    readings: BatchReadings,
    edges: Edges,
    /// Whether it reads, or prepares to.
    is_reading: bool,
    /// The id of the last entry that was read.
    after: String,
}

/// Something that was under way has ended.
enum Done {
    Asked(RedisResult<Holder>),
    /// The core that begins knows what was decided.
    Prepared(Holder, RedisResult<Vec<SanctionUpdate>>),
    Read(Holder, RedisResult<Reading<(EdgeId, Entry<ToCore>)>>),
    Written(Holder, bool),
}

/// All edges, one of which may have the moderation store.
struct Edges {
    link: CoreLink<ToEdge>,
    /// The one with the store.
    home: Option<EdgeId>,
    /// Reports that it has not answered.
    reports: BTreeSet<ReportRequest>,
    metrics: ClusterMetrics,
}

impl Outside for Edges {
    fn send(&mut self, socket: SocketId, frame: Frame<Arc<ToBrowser>>) -> Option<Input> {
        let (edge, item) = ToEdge::send(socket, frame);
        self.link.push(edge, item);
        None
    }

    fn close(&mut self, socket: SocketId, code: ErrorCode) {
        let (edge, item) = ToEdge::close(socket, code);
        self.link.push(edge, item);
    }

    fn store(&mut self, request: ReportRequest, report: Box<GenuineReport>) -> Option<Input> {
        let Some(home) = self.home else {
            return Some(Input::ReportStored { request, answer: StoreAnswer::Failed });
        };
        self.reports.insert(request);
        self.link.push(home, ToEdge::Store(request, report));
        None
    }
}

impl CoreDriver {
    /// A process that does not hold the lease.
    pub(crate) fn new(
        streams: Arc<Streams>,
        config: MatchmakerConfig,
        clock: Clock,
        telemetry: Arc<Telemetry>,
    ) -> Self {
        let lease = Lease::new(fastrand::u64(..));
        Self { lease, term: None, streams, config, clock, telemetry, under_way: FuturesUnordered::new() }
    }

    /// Runs until the server stops. Once `resigning` is cancelled, it gives the lease back, asks for it no more, and
    /// cancels `resigned`.
    pub(crate) async fn run(
        mut self,
        stopping: CancellationToken,
        resigning: CancellationToken,
        resigned: CancellationToken,
    ) {
        loop {
            self.act();
            let edges = self.active_term().map(|it| it.edges.link.edges());
            self.telemetry.cluster.set_core(edges);
            let due = self.clock.wait_until(self.next_due());
            tokio::select! {
                () = stopping.cancelled() => return,
                () = resigning.cancelled() => break,
                Some(done) = self.under_way.next() => self.on_done(done),
                () = due => {}
            }
        }
        if let Some(holder) = self.lease.resign() {
            tracing::info!("this process is not the core any more: it stops");
            // If it fails, the lease ends by itself.
            let _ = self.streams.resign(holder).await;
        }
        self.clear_gauges();
        resigned.cancel();
        stopping.cancelled().await;
    }

    /// The term, while the core may act.
    fn active_term(&mut self) -> Option<&mut Term> {
        let is_active = self.lease.is_active(self.clock.now());
        self.term.as_mut().filter(|_| is_active)
    }

    fn next_due(&mut self) -> Option<Moment> {
        let of_link = self.active_term().and_then(|it| it.edges.link.next_due());
        of_link.into_iter().chain(self.lease.next_due()).min()
    }

    /// Starts what is due.
    fn act(&mut self) {
        let now = self.clock.now();
        let (event, ask) = self.lease.on_time(now);
        self.on_lease_event(event);
        if let Some(ask) = ask {
            let streams = Arc::clone(&self.streams);
            self.under_way.push(Box::pin(async move { Done::Asked(streams.ask(ask).await) }));
        }
        if !self.lease.is_active(now) {
            return;
        }
        let Some(term) = &mut self.term else { return };
        let holder = term.holder;
        if !term.is_reading {
            term.is_reading = true;
            let (streams, after) = (Arc::clone(&self.streams), term.after.clone());
            let read = async move { Done::Read(holder, streams.read_core(holder, &after).await) };
            self.under_way.push(Box::pin(read));
        }
        if let Some(batch) = term.edges.link.next_batch(now) {
            let streams = Arc::clone(&self.streams);
            let write = async move { Done::Written(holder, streams.write(holder, &batch).await) };
            self.under_way.push(Box::pin(write));
        }
    }

    fn on_done(&mut self, done: Done) {
        let now = self.clock.now();
        match done {
            Done::Asked(result) => {
                let event = self.lease.on_answer(now, result.ok());
                self.on_lease_event(event);
            }
            Done::Written(holder, is_done) => {
                if let Some(term) = self.term.as_mut().filter(|it| it.holder == holder) {
                    term.edges.link.on_written(now, is_done);
                }
            }
            Done::Prepared(holder, result) => {
                let Some(term) = self.term.as_mut().filter(|it| it.holder == holder) else { return };
                match result {
                    Ok(decisions) => {
                        term.begin_batch();
                        decisions.into_iter().for_each(|it| term.handle(Input::Sanction(it)));
                        term.is_reading = false;
                    }
                    Err(_) => self.prepare(holder),
                }
            }
            Done::Read(holder, result) => {
                if let Some(term) = self.term.as_mut().filter(|it| it.holder == holder) {
                    term.is_reading = false;
                }
                // What was read while the core may not act is read again when it may.
                if let (Ok(reading), Some(term)) = (result, self.active_term())
                    && term.holder == holder
                {
                    term.on_read(now, reading);
                }
            }
        }
    }

    fn on_lease_event(&mut self, event: Option<LeaseEvent>) {
        match event {
            Some(LeaseEvent::Began(holder)) => self.begin(holder),
            Some(LeaseEvent::Suspended) => {
                tracing::warn!("the core waits: Redis does not confirm that it is the one");
                self.clear_gauges();
            }
            Some(LeaseEvent::Resumed { paused }) => {
                tracing::info!("the core goes on");
                if let Some(term) = &mut self.term {
                    term.edges.link.forgive_silence(self.clock.now(), paused);
                    term.core.put_off(paused);
                }
            }
            Some(LeaseEvent::Lost) => {
                tracing::warn!("another process is the core now");
                self.clear_gauges();
                self.term = None;
            }
            None => {}
        }
    }

    /// Reports nobody: the sum over all processes is that of the core.
    fn clear_gauges(&self) {
        self.telemetry.cluster.set_core(None);
        self.telemetry.set_census(Census::default());
        self.telemetry.set_outboxes(OutboxTotals::default());
    }

    fn begin(&mut self, holder: Holder) {
        let Ok(seed) = random_key() else {
            // It does not fail after it has worked at the start.
            tracing::error!("the system has no randomness: this process cannot be the core");
            return;
        };
        tracing::info!(term = holder.term, "this process is the core");
        let matchmaker = Matchmaker::new(MatchmakerConfig { seed, ..self.config.clone() });
        let core = Core::new(matchmaker, self.clock, Arc::clone(&self.telemetry));
        let link = CoreLink::new(self.clock.now());
        let metrics = self.telemetry.cluster.clone();
        let edges = Edges { link, home: None, reports: BTreeSet::new(), metrics };
        let (came_by, readings) = (core.now(), BatchReadings::read());
        let after = FIRST_ID.into();
        self.term = Some(Term { holder, core, came_by, readings, edges, is_reading: true, after });
        self.prepare(holder);
    }

    fn prepare(&self, holder: Holder) {
        let streams = Arc::clone(&self.streams);
        let prepare = async move { Done::Prepared(holder, streams.decisions().await) };
        self.under_way.push(Box::pin(prepare));
    }
}

impl Term {
    /// Inputs have come.
    fn begin_batch(&mut self) {
        (self.came_by, self.readings) = (self.core.now(), BatchReadings::read());
    }

    fn on_read(&mut self, now: Moment, reading: Reading<(EdgeId, Entry<ToCore>)>) {
        self.begin_batch();
        if let Some(id) = reading.last_id {
            self.after = id;
        }
        for entry in reading.entries {
            match entry {
                Ok((edge, entry)) => self.on_entry(now, edge, entry),
                Err(it) => self.on_unreadable(it),
            }
        }
        // Nothing is late that may still be unread.
        if reading.is_complete {
            for edge in self.edges.link.take_silent(now) {
                tracing::warn!("an edge is lost: it was silent for too long");
                self.on_edge_lost(edge);
            }
            if self.core.next_due().is_some_and(|(at, _)| at <= self.came_by) {
                self.handle(Input::Tick);
            }
        }
        if let Some(edges) = self.edges.link.take_new_count(now) {
            self.edges.link.push_to_all(&ToEdge::Edges(edges));
        }
        self.core.measure();
    }

    fn on_unreadable(&mut self, entry: Unreadable) {
        match entry {
            Unreadable::Sealed => tracing::error!("an edge has another `state.key` than this core"),
            Unreadable::Version { version, edge } => {
                tracing::error!(
                    version,
                    "an edge speaks a version that this core does not: update the older of the two"
                );
                if let Some(edge) = edge {
                    self.edges.link.refuse(edge);
                }
            }
        }
    }

    fn on_entry(&mut self, now: Moment, edge: EdgeId, entry: Entry<ToCore>) {
        match self.edges.link.on_entry(now, edge, entry.number) {
            EntryVerdict::Accept => entry.items.into_iter().for_each(|it| self.on_item(edge, it)),
            EntryVerdict::Ignore => {}
            EntryVerdict::Lost => {
                tracing::warn!("an edge is lost: something that it has sent is missing");
                self.on_edge_lost(edge);
            }
        }
    }

    fn on_item(&mut self, edge: EdgeId, item: ToCore) {
        match &item {
            ToCore::Home(_) if self.edges.home != Some(edge) => {
                self.fail_reports();
                self.edges.home = Some(edge);
            }
            ToCore::Stored(request, _) => drop(self.edges.reports.remove(request)),
            ToCore::Home(_) | ToCore::Socket(..) | ToCore::Drains | ToCore::Relay(_) | ToCore::Decided(_) => {
            }
        }
        item.into_inputs(edge).into_iter().for_each(|it| self.handle(it));
    }

    fn on_edge_lost(&mut self, edge: EdgeId) {
        self.edges.metrics.lost_edge();
        if self.edges.home == Some(edge) {
            self.edges.home = None;
            self.fail_reports();
        }
        self.handle(Input::EdgeLost(edge));
    }

    /// The store answers nothing any more. Pages keep their reports, and send them again.
    fn fail_reports(&mut self) {
        for request in mem::take(&mut self.edges.reports) {
            self.handle(Input::ReportStored { request, answer: StoreAnswer::Failed });
        }
    }

    fn handle(&mut self, input: Input) {
        self.core.handle(self.came_by, input, || self.readings.next(), &mut self.edges);
    }
}
