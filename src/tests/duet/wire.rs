//! The wires of the duet: in order and whole while they last, then cut, with what is under way lost; each end notices
//! in its own time. It must not know what is said.

use passerby::{
    call::Input,
    matchmaker::{self, Closing, SocketId},
    protocol::{self, ToServer, limits::SILENCE},
    time::Moment,
};

use super::{Event, Side, World};

/// One socket between a page and the server; its number is its index.
pub(super) struct Wire {
    pub(super) side: Side,
    /// The page holds it open.
    pub(super) page_holds: bool,
    /// The server holds it open.
    pub(super) server_knows: bool,
    /// Nothing passes any more.
    pub(super) is_cut: bool,
    /// The next counted text in a direction arrives twice.
    pub(super) stutters: [bool; 2],
    /// When the last text in each direction arrives: later ones do not overtake.
    last: [Moment; 2],
}

impl World {
    pub(super) fn current_wire(&self, side: Side) -> Option<u64> {
        self.wires.iter().rposition(|it| it.side == side && it.page_holds).map(|it| it as u64)
    }

    pub(super) fn dial(&mut self, side: Side) {
        let last = [self.now; 2];
        self.wires.push(Wire {
            side,
            page_holds: true,
            server_knows: false,
            is_cut: false,
            stutters: [false; 2],
            last,
        });
        let at = self.now.max(self.stalled_until[side]) + self.within(1..200);
        self.schedule(at, Event::Dialled(side, self.wires.len() as u64 - 1));
    }

    pub(super) fn dialled(&mut self, side: Side, number: u64) {
        let reachable = self.server_reachable;
        let wire = &mut self.wires[number as usize];
        if !wire.page_holds {
            return;
        }
        if wire.is_cut || !reachable {
            return self.page_loses(side, number);
        }
        wire.server_knows = true;
        let network = matchmaker::Network::of([192, 0, 2, side as u8].into());
        self.tell_server(matchmaker::Input::Opened { socket: SocketId(number), network });
        self.tell_page(side, Input::SocketOpened);
    }

    pub(super) fn send_to_server(&mut self, side: Side, text: String, counted: bool) {
        let Some(number) = self.current_wire(side) else { return };
        for _ in 0..self.copies(number, 0, counted) {
            let at = self.arrival(number, 0);
            self.schedule(at, Event::AtServer(number, text.clone()));
        }
    }

    pub(super) fn send_to_page(&mut self, number: u64, text: String, counted: bool) {
        let side = self.wires[number as usize].side;
        for _ in 0..self.copies(number, 1, counted) {
            let at = self.arrival(number, 1);
            self.schedule(at, Event::AtPage(side, number, text.clone()));
        }
    }

    /// How often a text arrives.
    fn copies(&mut self, number: u64, direction: usize, counted: bool) -> usize {
        let stutters = &mut self.wires[number as usize].stutters[direction];
        1 + usize::from(counted && std::mem::take(stutters))
    }

    pub(super) fn arrives_at_server(&mut self, number: u64, text: &str) {
        let wire = &self.wires[number as usize];
        if wire.is_cut || !wire.server_knows {
            return;
        }
        let frame = protocol::decode_strict(text).expect("a page says only what the server understands");
        let socket = SocketId(number);
        let asks =
            matches!(frame.msg, ToServer::Join { .. } | ToServer::Next { .. } | ToServer::Failed { .. });
        if asks && self.all_too_soon {
            let retry = self.within(1..4_000);
            let numbers = (frame.seq, frame.ack);
            return self.tell_server(matchmaker::Input::RateLimited { socket, numbers, retry });
        }
        self.tell_server(matchmaker::Input::Message { socket, frame });
    }

    pub(super) fn arrives_at_page(&mut self, side: Side, number: u64, text: &str) {
        let wire = &self.wires[number as usize];
        if wire.is_cut || !wire.page_holds {
            return;
        }
        let frame = protocol::decode_lenient(text).expect("the server says only what a page understands");
        self.tell_page(side, Input::Message(frame));
    }

    /// Cuts the wire of a page. Either end may be the first to notice; the server may take until its heartbeat, and
    /// the page, if the wire is only half there, has to find out by itself.
    pub(super) fn cut(&mut self, side: Side, page_is_told: bool) {
        let Some(number) = self.current_wire(side) else { return };
        self.wires[number as usize].is_cut = true;
        if page_is_told {
            let page = self.now + self.within(0..2_000);
            self.schedule(page, Event::PageLost(side, number));
        }
        let server = self.now + self.within(0..SILENCE.as_millis() as u64);
        self.schedule(server, Event::ServerLost(number, Closing::Lost));
    }

    /// Holds up everything on the way to and from a page for a while, new wires too; nothing is lost.
    pub(super) fn stall(&mut self, side: Side) {
        self.stalled_until[side] = self.now + self.within(1_000..25_000);
    }

    pub(super) fn hang_up(&mut self, side: Side, goodbye: bool) {
        let Some(number) = self.current_wire(side) else { return };
        let at = self.arrival(number, 0);
        let wire = &mut self.wires[number as usize];
        wire.page_holds = false;
        if !wire.is_cut {
            let closing = if goodbye { Closing::Goodbye } else { Closing::Lost };
            self.schedule(at, Event::ServerLost(number, closing));
        }
    }

    pub(super) fn server_closes(&mut self, number: u64) {
        let at = self.arrival(number, 1);
        let wire = &mut self.wires[number as usize];
        wire.server_knows = false;
        let side = wire.side;
        self.schedule(at, Event::PageLost(side, number));
    }

    pub(super) fn server_loses(&mut self, number: u64, closing: Closing) {
        if std::mem::take(&mut self.wires[number as usize].server_knows) {
            self.tell_server(matchmaker::Input::Closed { socket: SocketId(number), closing });
        }
    }

    pub(super) fn page_loses(&mut self, side: Side, number: u64) {
        if std::mem::take(&mut self.wires[number as usize].page_holds) {
            self.tell_page(side, Input::SocketLost);
        }
    }

    fn arrival(&mut self, number: u64, direction: usize) -> Moment {
        let from = self.now.max(self.stalled_until[self.wires[number as usize].side]);
        let at = from + self.within(1..80);
        let last = &mut self.wires[number as usize].last[direction];
        *last = at.max(*last);
        *last
    }
}
