//! A slow and obvious model of who is with whom and what everybody hears; it must not know how the matchmaker does it.
//!
//! Everything is a list, every question a walk through it. After every fact the queue is looked through from its head:
//! of all pairs that accept each other the best is made, then the next one, until there is none.

mod queueing;
mod past_partners;
mod queries;

use super::tests::vocabulary::{Deed, Heard, Saying, Standing, Wire};
use crate::protocol::{Affinity, EndReason, ErrorCode, Media, Signalling};

/// How often two others are paired past one for whom anybody is good enough.
const PATIENCE: usize = 2;

#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) standing: Standing,
    pub(crate) wire: Wire,
    pub(crate) heard: Vec<Heard>,
    /// What it has named.
    pub(crate) taste: usize,
    /// What it wants, and when that will be less.
    pub(crate) wants: (Affinity, Option<u64>),
    /// How often it was passed by while it was in the queue and anybody was good enough.
    pub(crate) passed: usize,
    /// What it will hear when it is back.
    missed: Vec<Heard>,
    /// Its device.
    pub(crate) device: usize,
    /// Devices it has met, and until when others are better.
    pub(crate) met: Vec<(usize, u64)>,
    /// Devices it never wants to meet; `None` for a pair that it has invented.
    pub(crate) blocked: Vec<Option<usize>>,
    /// What the server will hear then.
    unsaid: Vec<Saying>,
    refused: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Match {
    /// The longer waiter first.
    pub(crate) ends: [usize; 2],
    places: [(u64, usize); 2],
    connected: [bool; 2],
    epochs: [u32; 2],
    connect_by: u64,
    pub(crate) over: Option<u64>,
    forgotten: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Town {
    pub(crate) now: u64,
    /// When the server last looked at what is due.
    pub(crate) caught_up: u64,
    pub(crate) pages: Vec<Page>,
    pub(crate) matches: Vec<Match>,
    /// Two who are kept apart, and until when.
    apart: Vec<(usize, usize, u64)>,
    turns: usize,
    pub(crate) draining: bool,
    room: usize,
    /// What each device remembers.
    devices: Vec<Device>,
}

/// What a device remembers.
#[derive(Clone, Debug, Default)]
struct Device {
    /// Others that it has met, and when it heard of it.
    met: Vec<(usize, u64)>,
    blocked: Vec<Option<usize>>,
}

impl Town {
    pub(crate) fn with_room_for(room: usize) -> Self {
        let (pages, matches, apart) = (Vec::new(), Vec::new(), Vec::new());
        let devices = Vec::new();
        Self { now: 0, caught_up: 0, pages, matches, apart, turns: 0, draining: false, room, devices }
    }

    pub(crate) fn media(page: usize) -> Media {
        Media { audio: true, video: page.is_multiple_of(2) }
    }

    /// A socket is opened, by a page that is new.
    pub(crate) fn open(&mut self) {
        self.catch_up();
        let standing = Standing::Silent { until: self.now + 5_000 };
        let (heard, missed, unsaid) = (Vec::new(), Vec::new(), Vec::new());
        let (wire, wants) = (Wire::Whole, (Affinity::Anybody, None));
        self.pages.push(Page {
            standing,
            wire,
            heard,
            taste: 0,
            wants,
            passed: 0,
            device: self.devices.len(),
            met: Vec::new(),
            blocked: Vec::new(),
            missed,
            unsaid,
            refused: 0,
        });
        self.devices.push(Device::default());
        if let Some(code) = self.no_room(self.sockets() - 1) {
            self.dismiss(self.pages.len() - 1, code);
        }
    }

    /// A page without a name, or with one that is worth nothing, says hello.
    pub(crate) fn hello(&mut self, page: usize) {
        self.catch_up();
        match self.pages[page].standing {
            Standing::Silent { .. } if self.draining => self.dismiss(page, ErrorCode::ServerStops),
            Standing::Silent { .. } if self.named() >= self.room => self.dismiss(page, ErrorCode::ServerFull),
            Standing::Silent { .. } => {
                self.pages[page].standing = Standing::Idle;
                self.remember(page);
                self.tell(page, Heard::Welcome { resumed: false });
            }
            Standing::Gone => {}
            Standing::Idle | Standing::Waiting(..) | Standing::Matched(_) => {
                self.dismiss(page, ErrorCode::HelloTwice)
            }
        }
    }

    /// A page opens another socket and shows its secret there.
    pub(crate) fn resume(&mut self, page: usize) {
        self.catch_up();
        if let Some(code) = self.no_room(self.sockets()) {
            return self.pages[page].heard.extend([Heard::Error(code), Heard::Closed(code)]);
        }
        if self.pages[page].standing == Standing::Gone {
            return self.arrive_again(page);
        }
        let before = self.pages[page].wire;
        (self.pages[page].wire, self.pages[page].refused) = (Wire::Whole, 0);
        self.tell(page, Heard::Welcome { resumed: true });
        for heard in std::mem::take(&mut self.pages[page].missed) {
            self.tell(page, heard);
        }
        if let Wire::Lost { .. } = before {
            self.pages[page].passed = 0;
            self.tell_partner(page, Signalling::Back);
        }
        self.pair_all();
        for saying in std::mem::take(&mut self.pages[page].unsaid) {
            self.hear(page, saying);
        }
    }

    /// A page says something, which the server hears if the wire is whole.
    pub(crate) fn say(&mut self, page: usize, saying: Saying) {
        self.note(page, saying);
        if self.pages[page].wire != Wire::Whole {
            return self.pages[page].unsaid.push(saying);
        }
        self.catch_up();
        self.hear(page, saying);
    }

    fn hear(&mut self, page: usize, saying: Saying) {
        let standing = self.pages[page].standing;
        match (saying, standing) {
            (_, Standing::Gone) => {}
            (_, Standing::Silent { .. }) => self.dismiss(page, ErrorCode::HelloFirst),
            (Saying::Join(taste), Standing::Idle) => {
                self.pages[page].taste = taste;
                self.line_up(page);
            }
            (Saying::Join(taste), Standing::Waiting(..)) if taste != self.pages[page].taste => {
                self.pages[page].taste = taste;
                self.widen(page);
            }
            (Saying::Join(_), _) => {}
            (Saying::Leave, Standing::Matched(of)) => {
                self.part(of, page, EndReason::Left, EndReason::PartnerLeft);
                self.send_away_if_draining(page);
            }
            (Saying::Leave, _) => self.pages[page].standing = Standing::Idle,
            (Saying::Block(of), _) => {
                let partner = of.map(|of| self.partner_device(page, of));
                past_partners::block(&mut self.pages[page].blocked, partner);
            }
            (Saying::Unblock, _) => self.pages[page].blocked.clear(),
            (Saying::About(of, deed), _) => match self.is_current(page, of) {
                Ok(Some(of)) => self.act_on(page, of, deed),
                Ok(None) if matches!((deed, standing), (Deed::Next, Standing::Idle)) => self.line_up(page),
                Ok(None) => {}
                Err(code) => self.refuse(page, code),
            },
        }
        self.pair_all();
    }

    fn act_on(&mut self, page: usize, of: usize, deed: Deed) {
        let end = self.end_of(of, page);
        match deed {
            Deed::Next => {
                self.part(of, page, EndReason::Next, EndReason::PartnerNext);
                self.line_up(page);
            }
            Deed::Failed => self.fail(of),
            Deed::Connected => self.matches[of].connected[end] = true,
            Deed::Signal { epoch, .. } if epoch > 6 => self.refuse(page, ErrorCode::BadEpoch),
            Deed::Signal { epoch, .. } if epoch < self.matches[of].epochs[end] => {}
            Deed::Signal { epoch, text } => {
                self.matches[of].epochs[end] = epoch;
                self.tell(self.matches[of].ends[1 - end], Heard::Signal { of, epoch, text });
            }
        }
    }

    /// Something comes that is refused.
    pub(crate) fn misbehave(&mut self, page: usize, code: ErrorCode) {
        self.catch_up();
        if self.pages[page].standing != Standing::Gone {
            self.refuse(page, code);
        }
    }

    /// Something comes that is refused because of when it comes.
    pub(crate) fn too_soon(&mut self, page: usize) {
        self.catch_up();
        match self.pages[page].standing {
            Standing::Gone => {}
            Standing::Silent { .. } => self.dismiss(page, ErrorCode::HelloFirst),
            Standing::Idle | Standing::Waiting(..) | Standing::Matched(_) => {
                self.tell(page, Heard::Error(ErrorCode::RateLimited));
            }
        }
    }

    /// Nothing passes on a page's wire any more.
    pub(crate) fn cut(&mut self, page: usize) {
        self.pages[page].wire = Wire::Cut;
    }

    /// The server learns that a page's socket is gone.
    pub(crate) fn lose(&mut self, page: usize) {
        self.cut(page);
        self.catch_up();
        let grace = match self.pages[page].standing {
            Standing::Gone | Standing::Silent { .. } => return,
            Standing::Matched(_) => 20_000,
            Standing::Idle | Standing::Waiting(..) => 5_000,
        };
        self.pages[page].wire = Wire::Lost { until: self.now + grace };
        self.tell_partner(page, Signalling::Lost);
    }

    /// A page closes its socket.
    pub(crate) fn goodbye(&mut self, page: usize) {
        self.cut(page);
        self.catch_up();
        self.forget(page, EndReason::PartnerLeft);
    }

    pub(crate) fn drain(&mut self) {
        self.catch_up();
        self.draining = true;
        for page in 0..self.pages.len() {
            if let Standing::Idle | Standing::Waiting(..) = self.pages[page].standing {
                self.send_away_if_draining(page);
            }
        }
    }

    /// Does all that is due, in the order in which it is, and then pairs who can be paired.
    pub(crate) fn catch_up(&mut self) {
        self.caught_up = self.now;
        while let Some(due) = self.all_due().into_iter().min().filter(|(at, ..)| *at <= self.now) {
            match due {
                (_, 0, page) => self.dismiss(page, ErrorCode::HelloFirst),
                (_, 1, page) => self.forget(page, EndReason::PartnerLost),
                (_, 3, page) => self.widen(page),
                (_, _, of) if self.matches[of].ends.iter().any(|it| self.is_lost(*it)) => {
                    self.matches[of].connect_by = self.now + 20_000;
                }
                (_, _, of) => self.fail(of),
            }
        }
        self.pair_all();
    }

    fn all_due(&self) -> Vec<(u64, u8, usize)> {
        let of_page = |(n, page): (usize, &Page)| match (page.standing, page.wire) {
            (Standing::Gone, _) => None,
            (Standing::Silent { until }, _) => Some((until, 0, n)),
            (_, Wire::Lost { until }) => Some((until, 1, n)),
            (_, Wire::Whole | Wire::Cut) => None,
        };
        let pending = |it: &Match| it.over.is_none() && it.connected != [true; 2];
        let of_match = |(n, it): (usize, &Match)| pending(it).then_some((it.connect_by, 2, n));
        let pages = self.pages.iter().enumerate().filter_map(of_page);
        let widening = |(n, page): (usize, &Page)| match page.standing {
            Standing::Waiting(..) => Some((page.wants.1?, 3, n)),
            Standing::Silent { .. } | Standing::Idle | Standing::Matched(_) | Standing::Gone => None,
        };
        let widening = self.pages.iter().enumerate().filter_map(widening);
        pages.chain(widening).chain(self.matches.iter().enumerate().filter_map(of_match)).collect()
    }

    /// Ends a match by one end's doing, or by nobody's.
    fn part(&mut self, of: usize, by: usize, own: EndReason, partners: EndReason) {
        let (now, ends) = (self.now, self.matches[of].ends);
        for it in &mut self.matches {
            it.forgotten |= it.over.is_some_and(|at| now - at >= 600_000);
        }
        self.matches[of].over = Some(now);
        self.apart.push((ends[0], ends[1], now + 30_000));
        for page in ends {
            if self.pages[page].standing == Standing::Gone {
                continue;
            }
            self.pages[page].standing = Standing::Idle;
            self.tell(page, Heard::Ended { of, reason: if page == by { own } else { partners } });
            if page != by && partners != EndReason::Unconnected {
                self.send_away_if_draining(page);
            }
        }
    }

    /// The match, if it is this page's now; an error if it never was.
    fn is_current(&self, page: usize, of: Option<usize>) -> Result<Option<usize>, ErrorCode> {
        match of {
            Some(of) if self.pages[page].standing == Standing::Matched(of) => Ok(Some(of)),
            Some(of) if self.matches[of].ends.contains(&page) && !self.matches[of].forgotten => Ok(None),
            Some(_) | None => Err(ErrorCode::NotYourMatch),
        }
    }

    fn tell(&mut self, page: usize, heard: Heard) {
        let counted = !matches!(heard, Heard::Error(_) | Heard::ComeBack | Heard::Closed(_));
        match self.pages[page].wire {
            Wire::Whole => {
                if let Heard::Matched { of, .. } = heard {
                    let (device, other) = (self.pages[page].device, self.partner_device(page, of));
                    past_partners::meet(&mut self.devices[device].met, other, self.now);
                }
                self.pages[page].heard.push(heard);
            }
            Wire::Cut | Wire::Lost { .. } if counted => self.pages[page].missed.push(heard),
            Wire::Cut | Wire::Lost { .. } => {}
        }
    }

    fn tell_partner(&mut self, page: usize, signalling: Signalling) {
        if let Standing::Matched(of) = self.pages[page].standing {
            let partner = self.matches[of].ends[1 - self.end_of(of, page)];
            self.tell(partner, Heard::Partner { of, signalling });
        }
    }

    fn refuse(&mut self, page: usize, code: ErrorCode) {
        self.pages[page].refused += 1;
        if code.close_code().is_some() {
            return self.dismiss(page, code);
        }
        self.tell(page, Heard::Error(code));
        if self.pages[page].refused > 16 {
            self.dismiss(page, ErrorCode::TooManyRefusals);
        }
    }

    fn send_away_if_draining(&mut self, page: usize) {
        if self.draining {
            self.tell(page, Heard::ComeBack);
            self.dismiss(page, ErrorCode::ServerStops);
        }
    }

    fn dismiss(&mut self, page: usize, code: ErrorCode) {
        self.tell(page, Heard::Error(code));
        self.tell(page, Heard::Closed(code));
        self.forget(page, EndReason::PartnerLeft);
    }

    fn forget(&mut self, page: usize, reason: EndReason) {
        let before = std::mem::replace(&mut self.pages[page].standing, Standing::Gone);
        if let Standing::Matched(of) = before {
            self.part(of, page, reason, reason);
        }
    }

    fn no_room(&self, sockets: usize) -> Option<ErrorCode> {
        if self.draining {
            Some(ErrorCode::ServerStops)
        } else {
            (sockets >= self.room.saturating_add(self.lost())).then_some(ErrorCode::ServerFull)
        }
    }
}
