//! The simulated sockets between pages and server.
//!
//! A wire delivers in order and without loss until it is cut. Then the texts on the way are lost, and each end notices
//! at its own time.

use passerby::{
    call::Input,
    matchmaker::{self, Closing, EdgeId, SiteIndex, SocketId, Visit},
    protocol::{self, Feature, ToServer, limits::SILENCE},
    time::Moment,
};

use super::{Event, Side, World, millis};

/// One socket between a page and the server; its number is its index in the list.
pub(super) struct Wire {
    pub(super) side: Side,
    /// It is open at the page.
    pub(super) page_open: bool,
    /// It is open at the server.
    pub(super) server_open: bool,
    /// Nothing is delivered any more.
    pub(super) is_cut: bool,
    /// The page has announced how it says goodbye.
    announces_goodbye: bool,
    /// Whether the next numbered text in each direction arrives twice.
    pub(super) duplicate_next: [bool; 2],
    /// Whether the next numbered text to the page is lost, although the wire goes on.
    pub(super) lose_next: bool,
    /// When the last text in each direction arrives; later texts do not overtake it.
    last: [Moment; 2],
}

impl World {
    pub(super) fn current_wire(&self, side: Side) -> Option<u64> {
        self.wires.iter().rposition(|it| it.side == side && it.page_open).map(|it| it as u64)
    }

    pub(super) fn open_wire(&mut self, side: Side) {
        let last = [self.now; 2];
        self.wires.push(Wire {
            side,
            page_open: true,
            server_open: false,
            is_cut: false,
            announces_goodbye: false,
            duplicate_next: [false; 2],
            lose_next: false,
            last,
        });
        let at = self.now.max(self.stalled_until[side]) + self.random_duration(1..200);
        self.schedule(at, Event::WireOpened(side, self.wires.len() as u64 - 1));
    }

    pub(super) fn on_wire_opened(&mut self, side: Side, number: u64) {
        let reachable = self.server_reachable;
        let wire = &mut self.wires[number as usize];
        if !wire.page_open {
            return;
        }
        if wire.is_cut || !reachable {
            return self.page_loses(side, number);
        }
        wire.server_open = true;
        let network = matchmaker::Network::of([192, 0, 2, side as u8].into());
        let site = SiteIndex::default();
        let visit = Visit { socket: socket(number), network, network_tags: Default::default(), site };
        self.handle_server_input(matchmaker::Input::Opened(visit));
        self.handle_page_input(side, Input::SocketOpened);
    }

    pub(super) fn send_to_server(&mut self, side: Side, text: String, numbered: bool) {
        let Some(number) = self.current_wire(side) else { return };
        for _ in 0..self.copies(number, 0, numbered) {
            let at = self.arrival(number, 0);
            self.schedule(at, Event::AtServer(number, text.clone()));
        }
    }

    pub(super) fn send_to_page(&mut self, number: u64, text: String, numbered: bool) {
        let side = self.wires[number as usize].side;
        if numbered && std::mem::take(&mut self.wires[number as usize].lose_next) {
            return;
        }
        for _ in 0..self.copies(number, 1, numbered) {
            let at = self.arrival(number, 1);
            self.schedule(at, Event::AtPage(side, number, text.clone()));
        }
    }

    /// How many times a text arrives.
    fn copies(&mut self, number: u64, direction: usize, numbered: bool) -> usize {
        let duplicate_next = &mut self.wires[number as usize].duplicate_next[direction];
        1 + usize::from(numbered && std::mem::take(duplicate_next))
    }

    pub(super) fn arrives_at_server(&mut self, number: u64, text: &str) {
        let wire = &mut self.wires[number as usize];
        if wire.is_cut || !wire.server_open {
            return;
        }
        let frame = protocol::decode_strict(text).expect("a page sends only what the server understands");
        if let ToServer::Hello { features, .. } = frame.msg {
            wire.announces_goodbye = features.has(Feature::Goodbye);
        }
        let connection = socket(number);
        let asks =
            matches!(frame.msg, ToServer::Join { .. } | ToServer::Next { .. } | ToServer::Failed { .. });
        let is_signal = matches!(frame.msg, ToServer::Signal { .. });
        if asks && self.rate_limits_all || is_signal && self.refuses_signals && self.rng.bool() {
            let retry = if is_signal { millis(1_000) } else { self.random_duration(1..4_000) };
            let numbers = (frame.seq, frame.ack);
            return self.handle_server_input(matchmaker::Input::RateLimited {
                socket: connection,
                numbers,
                retry,
            });
        }
        self.handle_server_input(matchmaker::Input::Message { socket: connection, frame });
    }

    pub(super) fn arrives_at_page(&mut self, side: Side, number: u64, text: &str) {
        let wire = &self.wires[number as usize];
        if wire.is_cut || !wire.page_open {
            return;
        }
        let frame = protocol::decode_lenient(text).expect("the server sends only what a page understands");
        self.handle_page_input(side, Input::Message(frame));
    }

    /// Cuts the wire of a page.
    ///
    /// Either end may notice first. The server may take until its heartbeat timeout. Unless `page_notices`, the page
    /// gets no event and has to detect the loss by its own heartbeat.
    pub(super) fn cut(&mut self, side: Side, page_notices: bool) {
        let Some(number) = self.current_wire(side) else { return };
        self.wires[number as usize].is_cut = true;
        if page_notices {
            let page = self.now + self.random_duration(0..2_000);
            self.schedule(page, Event::PageLost(side, number));
        }
        let server = self.now + self.random_duration(0..SILENCE.as_millis() as u64);
        self.schedule(server, Event::ServerLost(number, None));
    }

    /// Delays everything to and from a page for a while, on new wires too; nothing is lost.
    pub(super) fn stall(&mut self, side: Side) {
        self.stalled_until[side] = self.now + self.random_duration(1_000..25_000);
    }

    pub(super) fn page_closes(&mut self, side: Side, code: Option<u16>) {
        let Some(number) = self.current_wire(side) else { return };
        let at = self.arrival(number, 0);
        let wire = &mut self.wires[number as usize];
        wire.page_open = false;
        if !wire.is_cut {
            self.schedule(at, Event::ServerLost(number, code));
        }
    }

    /// Replaces the server by another one that listens on the same socket. The old one closes all its sockets.
    pub(super) fn hand_over(&mut self) {
        self.handle_server_input(matchmaker::Input::Drain { until: self.now });
        let seed = self.rng.u64(..);
        self.matchmaker = super::matchmaker(seed);
        // Those on which no page has said hello yet.
        let open: Vec<_> = (0..self.wires.len()).filter(|it| self.wires[*it].server_open).collect();
        open.into_iter().for_each(|it| self.server_closes(it as u64));
    }

    pub(super) fn server_closes(&mut self, number: u64) {
        let at = self.arrival(number, 1);
        let wire = &mut self.wires[number as usize];
        wire.server_open = false;
        let side = wire.side;
        self.schedule(at, Event::PageLost(side, number));
    }

    pub(super) fn server_loses(&mut self, number: u64, code: Option<u16>) {
        let wire = &mut self.wires[number as usize];
        if std::mem::take(&mut wire.server_open) {
            let closing = Closing::of(code, wire.announces_goodbye);
            self.handle_server_input(matchmaker::Input::Closed { socket: socket(number), closing });
        }
    }

    pub(super) fn page_loses(&mut self, side: Side, number: u64) {
        if std::mem::take(&mut self.wires[number as usize].page_open) {
            self.handle_page_input(side, Input::SocketLost);
        }
    }

    fn arrival(&mut self, number: u64, direction: usize) -> Moment {
        let from = self.now.max(self.stalled_until[self.wires[number as usize].side]);
        let at = from + self.random_duration(1..80);
        let last = &mut self.wires[number as usize].last[direction];
        *last = at.max(*last);
        *last
    }
}

fn socket(number: u64) -> SocketId {
    SocketId { edge: EdgeId::default(), number }
}
