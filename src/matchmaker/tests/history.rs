//! Random histories, lived through by the matchmaker and by the model side by side; it must not know either's rules.

use std::fmt::Write;

use proptest::{
    prelude::*,
    strategy::{BoxedStrategy, Union},
    test_runner::Config,
};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use uuid::Uuid;

use super::{
    scene::{self, Event, Scene, offer, text_of, wrong},
    vocabulary::{Deed, Heard, Saying, Standing, TASTES, Wire, tastes},
};
use crate::{
    matchmaker::{
        Census, Input, Note,
        deadlines::SLOT_MS,
        peers::{self, Peer, SocketState},
        reference::Town,
    },
    protocol::{ErrorCode, MatchId, Resume, Role, ToBrowser, ToServer},
    time::Moment,
};

/// Few enough that most of what is said concerns somebody, enough for a queue; one more finds the house full.
const ROOM: usize = 8;

/// A step as it is drawn. The numbers are taken modulo what there is, so that a shortened history is still one.
#[derive(Clone, Copy, Debug)]
enum Wish {
    Arrive,
    ArriveAgain(usize),
    Open,
    Hello(usize),
    Say(usize, Word, Which),
    Misbehave(usize, Misdeed),
    Resume(usize),
    Impostor(usize, bool),
    Cut(usize),
    Lose(usize),
    Goodbye(usize),
    Wait(u64),
    WaitForNext,
    Late(u64),
    Drain,
}

#[derive(Clone, Copy, Debug)]
enum Word {
    Join(usize),
    Leave,
    Next,
    Block,
    Unblock,
    Failed,
    Connected,
    Signal(u32),
}

#[derive(Clone, Copy, Debug)]
enum Which {
    Current,
    Any(usize),
    Invented,
}

#[derive(Clone, Copy, Debug)]
enum Misdeed {
    BadSdp,
    BadFrame,
    SkippedNumber,
    TooSoon,
}

/// A step as it was taken.
#[derive(Clone, Copy, Debug)]
enum Act {
    Nothing,
    Arrive,
    /// Of one who was here before, on the same device.
    ArriveAgain(usize),
    Open,
    Hello(usize),
    Say(usize, Saying),
    Misbehave(usize, Misdeed),
    Resume(usize),
    Impostor(usize, bool),
    Cut(usize),
    Lose(usize),
    Goodbye(usize),
    Wait(u64),
    Late(u64),
    Drain,
}

/// The model, and what it did last.
#[derive(Clone, Debug)]
struct History {
    town: Town,
    act: Act,
    steps: usize,
}

impl ReferenceStateMachine for History {
    type State = Self;
    type Transition = Wish;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self { town: Town::with_room_for(ROOM), act: Act::Nothing, steps: 0 }).boxed()
    }

    fn transitions(_: &Self) -> BoxedStrategy<Wish> {
        let who = || any::<u8>().prop_map(usize::from);
        let word = prop_oneof![
            5 => Just(Word::Join(0)),
            4 => (0..TASTES.len()).prop_map(Word::Join),
            2 => Just(Word::Leave),
            5 => Just(Word::Next),
            4 => Just(Word::Block),
            1 => Just(Word::Unblock),
            3 => Just(Word::Failed),
            5 => Just(Word::Connected),
            5 => (0..8_u32).prop_map(Word::Signal),
        ];
        let which = prop_oneof![
            12 => Just(Which::Current),
            5 => who().prop_map(Which::Any),
            1 => Just(Which::Invented),
        ];
        let misdeed = prop_oneof![
            3 => Just(Misdeed::BadSdp),
            1 => Just(Misdeed::BadFrame),
            1 => Just(Misdeed::SkippedNumber),
            2 => Just(Misdeed::TooSoon),
        ];
        let long = || prop_oneof![0..40_u64, 0..6_000_u64, 0..40_000_u64];
        Union::new_weighted(vec![
            (8, Just(Wish::Arrive).boxed()),
            (6, who().prop_map(Wish::ArriveAgain).boxed()),
            (1, Just(Wish::Open).boxed()),
            (1, who().prop_map(Wish::Hello).boxed()),
            (60, (who(), word, which).prop_map(|(a, b, c)| Wish::Say(a, b, c)).boxed()),
            (3, (who(), misdeed).prop_map(|(a, b)| Wish::Misbehave(a, b)).boxed()),
            (7, who().prop_map(Wish::Resume).boxed()),
            (1, (who(), any::<bool>()).prop_map(|(a, b)| Wish::Impostor(a, b)).boxed()),
            (3, who().prop_map(Wish::Cut).boxed()),
            (7, who().prop_map(Wish::Lose).boxed()),
            (1, who().prop_map(Wish::Goodbye).boxed()),
            (8, long().prop_map(Wish::Wait).boxed()),
            // As long as it is kept who met whom, and longer.
            (3, (1_000_000..2_400_000_u64).prop_map(Wish::Wait).boxed()),
            (8, Just(Wish::WaitForNext).boxed()),
            (3, long().prop_map(Wish::Late).boxed()),
            (1, Just(Wish::Drain).boxed()),
        ])
        .boxed()
    }

    fn apply(mut state: Self, wish: &Wish) -> Self {
        state.steps += 1;
        state.act = state.resolve(*wish);
        state.take();
        state
    }
}

impl History {
    /// Finds somebody to whom a step can happen.
    fn resolve(&self, wish: Wish) -> Act {
        let find = |n: usize, fits: &dyn Fn(Standing, Wire) -> bool| {
            let fitting = |it: &usize| fits(self.town.pages[*it].standing, self.town.pages[*it].wire);
            let all: Vec<_> = (0..self.town.pages.len()).filter(fitting).collect();
            (!all.is_empty()).then(|| all[n % all.len()])
        };
        let greeted = |it| !matches!(it, Standing::Silent { .. } | Standing::Gone);
        let act = match wish {
            Wish::Arrive => Some(Act::Arrive),
            Wish::ArriveAgain(n) => {
                let mut gone: Vec<_> = (0..self.town.pages.len()).collect();
                gone.retain(|it| self.town.may_arrive_again(*it));
                n.checked_rem(gone.len()).map(|it| Act::ArriveAgain(gone[it]))
            }
            Wish::Open => Some(Act::Open),
            Wish::Hello(n) => {
                find(n, &|it, wire| it != Standing::Gone && wire == Wire::Whole).map(Act::Hello)
            }
            Wish::Say(n, word, which) => find(n, &|it, _| it != Standing::Gone)
                .map(|page| Act::Say(page, self.saying(page, word, which))),
            Wish::Misbehave(n, misdeed) => {
                find(n, &|it, wire| greeted(it) && wire == Wire::Whole).map(|it| Act::Misbehave(it, misdeed))
            }
            // Who lost its socket comes back more often than somebody opens a second one.
            Wish::Resume(n) => {
                find(n / 2, &|it, wire| greeted(it) && (n % 8 == 0 || wire != Wire::Whole)).map(Act::Resume)
            }
            Wish::Impostor(n, used) => find(n, &|it, _| greeted(it)).map(|it| Act::Impostor(it, used)),
            Wish::Cut(n) => find(n, &|it, wire| greeted(it) && wire == Wire::Whole).map(Act::Cut),
            Wish::Lose(n) => {
                find(n, &|it, wire| greeted(it) && !matches!(wire, Wire::Lost { .. })).map(Act::Lose)
            }
            Wish::Goodbye(n) => find(n, &|it, wire| greeted(it) && wire == Wire::Whole).map(Act::Goodbye),
            Wish::Wait(ms) => Some(Act::Wait(self.town.now + ms)),
            Wish::WaitForNext => self.town.next_event().map(|at| Act::Wait(at.max(self.town.now))),
            Wish::Late(ms) => Some(Act::Late(self.town.now + ms)),
            // Late, so that most of a history is lived before it.
            Wish::Drain => (self.steps > 60).then_some(Act::Drain),
        };
        act.unwrap_or(Act::Nothing)
    }

    fn saying(&self, page: usize, word: Word, which: Which) -> Saying {
        let of = match (which, self.town.pages[page].standing) {
            (Which::Invented, _) => None,
            (Which::Current, Standing::Matched(of)) => Some(of),
            (Which::Current, _) => self.town.matches.len().checked_sub(1),
            (Which::Any(n), _) => n.checked_rem(self.town.matches.len()),
        };
        match word {
            Word::Join(taste) => Saying::Join(taste),
            Word::Leave => Saying::Leave,
            Word::Block => Saying::Block(of.filter(|it| self.town.has_heard_of(page, *it))),
            Word::Unblock => Saying::Unblock,
            Word::Next => Saying::About(of, Deed::Next),
            Word::Failed => Saying::About(of, Deed::Failed),
            Word::Connected => Saying::About(of, Deed::Connected),
            Word::Signal(epoch) => Saying::About(of, Deed::Signal { epoch, text: self.steps }),
        }
    }

    /// Lets the model live through the step.
    fn take(&mut self) {
        let town = &mut self.town;
        match self.act {
            Act::Nothing => {}
            Act::Arrive | Act::Impostor(..) => {
                town.open();
                town.hello(town.pages.len() - 1);
            }
            Act::ArriveAgain(page) => town.arrive_again(page),
            Act::Open => town.open(),
            Act::Hello(page) => town.hello(page),
            Act::Say(page, saying) => town.say(page, saying),
            Act::Misbehave(page, Misdeed::BadSdp) => town.misbehave(page, ErrorCode::BadSdp),
            Act::Misbehave(page, Misdeed::BadFrame) => town.misbehave(page, ErrorCode::BadFrame),
            Act::Misbehave(page, Misdeed::SkippedNumber) => town.misbehave(page, ErrorCode::BadSequence),
            Act::Misbehave(page, Misdeed::TooSoon) => town.too_soon(page),
            Act::Resume(page) => town.resume(page),
            Act::Cut(page) => town.cut(page),
            Act::Lose(page) => town.lose(page),
            Act::Goodbye(page) => town.goodbye(page),
            Act::Wait(until) => {
                town.now = until;
                town.catch_up();
            }
            Act::Late(until) => town.now = until,
            Act::Drain => town.drain(),
        }
    }
}

/// The matchmaker's side of a history.
struct Life {
    scene: Scene,
    /// The name of each of the model's matches.
    names: Vec<Option<MatchId>>,
    /// How much of each page's inbox was compared.
    compared: Vec<usize>,
    /// The secret each page had before its last.
    used: Vec<Option<Resume>>,
    /// What happened so far, for who has to find out why it went wrong.
    trail: String,
}

impl StateMachineTest for Life {
    type SystemUnderTest = Self;
    type Reference = History;

    fn init_test(_: &History) -> Self {
        let (names, compared, used) = (Vec::new(), Vec::new(), Vec::new());
        Self { scene: Scene::with_room_for(ROOM), names, compared, used, trail: String::new() }
    }

    fn apply(mut life: Self, history: &History, _: Wish) -> Self {
        writeln!(life.trail, "{:>8} {:?}", life.scene.now.as_millis(), history.act).unwrap();
        life.take(history.act);
        life.compare_news(&history.town);
        life
    }

    fn check_invariants(life: &Self, history: &History) {
        life.compare_standings(&history.town);
        life.compare_counts(&history.town);
        if history.town.caught_up == history.town.now {
            life.check_queue(&history.town);
            life.compare_deadlines(&history.town);
        }
    }

    fn teardown(life: Self, _: History) {
        life.check_what_was_heard();
    }
}

impl Life {
    fn take(&mut self, act: Act) {
        let scene = &mut self.scene;
        match act {
            Act::Nothing => {}
            Act::Arrive => {
                let page = scene.open();
                scene.hello(page, None);
            }
            Act::ArriveAgain(page) => _ = scene.reload(page),
            Act::Open => _ = scene.open(),
            Act::Hello(page) => scene.hello(page, None),
            Act::Say(page, saying) => self.say(page, saying),
            Act::Misbehave(page, Misdeed::BadSdp) => scene.refused(page, ErrorCode::BadSdp, true),
            Act::Misbehave(page, Misdeed::BadFrame) => scene.refused(page, ErrorCode::BadFrame, false),
            Act::Misbehave(page, Misdeed::TooSoon) => scene.too_soon(page),
            Act::Misbehave(page, Misdeed::SkippedNumber) => {
                scene.say_raw(page, u64::from(u32::MAX), 0, ToServer::Leave {});
            }
            Act::Resume(page) => {
                let before = scene.pages[page].name;
                scene.resume(page);
                self.used.resize(scene.pages.len(), None);
                self.used[page] = before;
            }
            Act::Impostor(page, used) => {
                let name = scene.pages[page].name.unwrap();
                let before = self.used.get(page).copied().flatten().filter(|it| used && *it != name);
                scene.impostor(before.unwrap_or_else(|| wrong(name)));
            }
            Act::Cut(page) => scene.pages[page].wire = scene::Wire::Cut,
            Act::Lose(page) => scene.lose(page),
            Act::Goodbye(page) => scene.goodbye(page),
            Act::Wait(until) => {
                scene.now = Moment::from_millis(until);
                // Only when the machine asks for it, as a driver does.
                if scene.machine.deadline().is_some_and(|at| at <= scene.now) {
                    scene.feed(Input::Tick);
                }
            }
            Act::Late(until) => scene.now = Moment::from_millis(until),
            Act::Drain => scene.feed(Input::Drain),
        }
    }

    /// The name of each of the model's matches. Those of which no page has heard, because nothing arrives there, are
    /// taken from the notes: both sides count matches in the order in which they are made.
    fn all_names(&self) -> Vec<MatchId> {
        let noted = self.scene.notes.iter().filter_map(|it| match it {
            Note::Matched { match_id, .. } => Some(*match_id),
            Note::Connected { .. } | Note::Rebuilt { .. } | Note::Ended { .. } | Note::Refused { .. } => None,
        });
        let mut unheard = noted.filter(|it| !self.names.contains(&Some(*it)));
        self.names.iter().map(|it| it.or_else(|| unheard.next()).unwrap()).collect()
    }

    fn say(&mut self, page: usize, saying: Saying) {
        let names = self.all_names();
        let scene = &mut self.scene;
        let name = |of: Option<usize>| of.map_or(MatchId(Uuid::max()), |it| names[it]);
        match saying {
            Saying::Join(taste) => scene.join_with(page, tastes(TASTES[taste])),
            Saying::Leave => scene.say(page, ToServer::Leave {}),
            Saying::Block(of) => scene.block(page, name(of)),
            Saying::Unblock => scene.unblock(page),
            Saying::About(of, Deed::Next) => scene.say(page, ToServer::Next { match_id: name(of) }),
            Saying::About(of, Deed::Failed) => scene.say(page, ToServer::Failed { match_id: name(of) }),
            Saying::About(of, Deed::Connected) => scene.say(page, ToServer::Connected { match_id: name(of) }),
            Saying::About(of, Deed::Signal { epoch, text }) => {
                scene.signal(page, name(of), epoch, offer(&text.to_string()));
            }
        }
    }

    /// Each page has heard what the model says it has, in that order.
    fn compare_news(&mut self, town: &Town) {
        assert_eq!(self.scene.pages.len(), town.pages.len(), "as many pages\n{}", self.trail);
        self.compared.resize(town.pages.len(), 0);
        self.names.resize(town.matches.len(), None);
        for page in 0..town.pages.len() {
            let from = self.compared[page];
            let is_pong = |it: &&Event| **it == Event::Said(ToBrowser::Pong {});
            let all = self.scene.pages[page].events.iter();
            let events: Vec<_> = all.filter(|it| !is_pong(it)).skip(from).cloned().collect();
            let expected = &town.pages[page].heard[from..];
            self.learn_names(&events, expected);
            let heard: Vec<_> = events.iter().map(|it| self.translate(page, it)).collect();
            assert_eq!(heard, expected, "page {page} has heard what it should\n{}", self.trail);
            self.compared[page] += heard.len();
        }
        for (of, it) in town.matches.iter().enumerate() {
            // Nobody has heard of it yet whose wire is cut.
            let told = it.ends.iter().find_map(|page| self.peer(*page)?.match_id());
            if self.names[of].is_none() {
                self.names[of] = told;
            }
        }
    }

    /// A match gets its name from the first page that hears of it; of all others the same name is expected.
    fn learn_names(&mut self, events: &[Event], expected: &[Heard]) {
        for pair in events.iter().zip(expected) {
            if let (Event::Said(ToBrowser::Matched { match_id, .. }), Heard::Matched { of, .. }) = pair
                && self.names[*of].is_none()
            {
                assert!(
                    !self.names.contains(&Some(*match_id)),
                    "each match has its own name\n{}",
                    self.trail
                );
                self.names[*of] = Some(*match_id);
            }
        }
    }

    /// The machine's record of a page.
    fn peer(&self, page: usize) -> Option<&Peer> {
        self.scene.machine.peers.get(&self.scene.pages.get(page)?.name?.peer)
    }

    fn translate(&self, page: usize, event: &Event) -> Heard {
        let number = |id: &MatchId| {
            let known = self.names.iter().position(|it| *it == Some(*id));
            known.unwrap_or_else(|| panic!("page {page} hears of a match that is none\n{}", self.trail))
        };
        match event {
            Event::Closed(code) => Heard::Closed(*code),
            Event::Said(msg) => match msg {
                ToBrowser::Welcome { resumed, .. } => Heard::Welcome { resumed: *resumed },
                ToBrowser::Waiting {} => Heard::Waiting,
                ToBrowser::Seeking { wants, widens_in_ms } => {
                    Heard::Seeking { wants: *wants, widens_in_ms: *widens_in_ms }
                }
                ToBrowser::Matched { match_id, role, partner, shared, .. } => Heard::Matched {
                    of: number(match_id),
                    role: *role,
                    partner: *partner,
                    shared: [shared.interests.len(), shared.languages.len()],
                },
                ToBrowser::Signal { match_id, epoch, signal } => Heard::Signal {
                    of: number(match_id),
                    epoch: epoch.0,
                    text: text_of(signal).parse().unwrap(),
                },
                ToBrowser::Partner { match_id, signalling } => {
                    Heard::Partner { of: number(match_id), signalling: *signalling }
                }
                ToBrowser::Ended { match_id, reason } => {
                    Heard::Ended { of: number(match_id), reason: *reason }
                }
                ToBrowser::Error { code, .. } => Heard::Error(*code),
                ToBrowser::ComeBack { .. } => Heard::ComeBack,
                ToBrowser::Here(_)
                | ToBrowser::Prepare { .. }
                | ToBrowser::Ice { .. }
                | ToBrowser::Pong {} => {
                    unreachable!("left out before")
                }
            },
        }
    }

    /// Everybody stands where the model says, and is kept from whom the model says.
    fn compare_standings(&self, town: &Town) {
        for (page, it) in town.pages.iter().enumerate() {
            let peer = self.peer(page);
            let stands = peer.map(|it| it.state);
            let is_right = match (it.standing, stands) {
                (Standing::Silent { .. } | Standing::Gone, it) => it.is_none(),
                (Standing::Idle, it) => it == Some(peers::PeerState::Idle),
                (Standing::Matched(of), it) => it == self.names[of].map(peers::PeerState::Matched),
                (Standing::Waiting(since, _), Some(peers::PeerState::Waiting { place, .. })) => {
                    place.since == Moment::from_millis(since)
                }
                (Standing::Waiting(..), _) => false,
            };
            assert!(is_right, "page {page} stands at {:?}, not {stands:?}\n{}", it.standing, self.trail);
            let Some(peer) = peer else { continue };
            let link = match it.wire {
                Wire::Whole | Wire::Cut => SocketState::Attached(self.scene.socket(page)),
                Wire::Lost { until } => SocketState::Detached { until: Moment::from_millis(until) },
            };
            assert_eq!(peer.socket, link, "page {page} is reached, or is not\n{}", self.trail);
        }
    }

    /// The queue is the model's. Law 5, said once more without the model: of those who wait and can be reached no two accept each other.
    fn check_queue(&self, town: &Town) {
        let queue: Vec<_> = self.scene.machine.queue.in_order().collect();
        let names = town.queue().into_iter().filter_map(|it| Some(self.scene.pages[it].name?.peer));
        assert_eq!(queue, names.collect::<Vec<_>>(), "in the order they came\n{}", self.trail);

        for page in town.queue().into_iter().filter(|it| town.pages[*it].wire == Wire::Whole) {
            assert!(self.scene.pages[page].here.is_some(), "{page} was told how busy it is\n{}", self.trail);
        }

        let reachable = |it: &Peer| {
            matches!((it.socket, it.state), (SocketState::Attached(_), peers::PeerState::Waiting { .. }))
        };
        let name = |page: usize| self.scene.pages[page].name.map(|it| it.peer);
        for one in 0..town.pages.len() {
            let Some(mine) = self.peer(one).filter(|it| reachable(it)) else { continue };
            for other in 0..one {
                let Some(theirs) = self.peer(other).filter(|it| reachable(it)) else { continue };
                let avoids =
                    |it: &Peer, page| it.cooldown_until(self.scene.now, name(page).unwrap()).is_some();
                let apart = avoids(mine, other) || avoids(theirs, one);
                assert!(
                    !apart || town.are_apart(one, other),
                    "{one} and {other} have not parted\n{}",
                    self.trail
                );
                let may = town.claim(one, other).is_some() && town.accept_now(one, other);
                assert!(!may, "{one} and {other} both wait, and for what?\n{}", self.trail);
            }
        }
    }

    fn compare_counts(&self, town: &Town) {
        let expected = Census {
            idle: town.count(|it| it == Standing::Idle),
            waiting: town.count(|it| matches!(it, Standing::Waiting(..))),
            connecting: 2 * town.matches(false),
            talking: 2 * town.matches(true),
            matches: town.matches(false) + town.matches(true),
            connections: town.sockets(),
        };
        assert_eq!(self.scene.machine.census(), expected, "everybody is counted once\n{}", self.trail);
        let drained = town.draining && expected.matches == 0;
        assert_eq!(self.scene.machine.is_drained(), drained, "drained\n{}", self.trail);
    }

    /// The machine wakes up in time, and with nobody in the queue not for nothing.
    fn compare_deadlines(&self, town: &Town) {
        let next = self.scene.machine.deadline().map(Moment::as_millis);
        let needed = town.next_event();
        let is_near = |next: Option<u64>, needed: Option<u64>| match (next, needed) {
            (Some(next), Some(needed)) => (next..next + SLOT_MS).contains(&needed),
            (next, needed) => next == needed,
        };
        assert!(next.is_none_or(|it| it > town.now), "nothing is overdue\n{}", self.trail);
        assert!(
            needed.is_none_or(|at| next.is_some_and(|it| it <= at)),
            "overslept {needed:?}\n{}",
            self.trail
        );
        assert!(
            !town.queue().is_empty() || is_near(next, needed),
            "woken for {needed:?} at {next:?}\n{}",
            self.trail
        );
    }

    /// Laws 4 and 5, said once more without the model, over all that was heard in a whole history.
    fn check_what_was_heard(&self) {
        let mut ends: Vec<(MatchId, usize, Role)> = Vec::new();
        for (page, it) in self.scene.pages.iter().enumerate() {
            let mut current = None;
            for event in &it.events {
                match event {
                    Event::Said(ToBrowser::Matched { match_id, role, .. }) => {
                        assert_eq!(current, None, "{page} talks to one at a time\n{}", self.trail);
                        current = Some(*match_id);
                        ends.push((*match_id, page, *role));
                    }
                    Event::Said(ToBrowser::Waiting {}) => {
                        assert_eq!(current, None, "{page} waits and talks at once\n{}", self.trail);
                    }
                    Event::Said(ToBrowser::Ended { match_id, .. }) => {
                        assert_eq!(
                            current.take(),
                            Some(*match_id),
                            "{page} hears of an end once\n{}",
                            self.trail
                        );
                    }
                    Event::Said(ToBrowser::Signal { match_id, .. } | ToBrowser::Partner { match_id, .. }) => {
                        assert_eq!(current, Some(*match_id), "{page} hears of who has left\n{}", self.trail);
                    }
                    Event::Said(_) | Event::Closed(_) => {}
                }
            }
            let allowed = [ErrorCode::Replaced];
            let others = |it: &&Event| match it {
                Event::Said(ToBrowser::Error { code, .. }) | Event::Closed(code) => !allowed.contains(code),
                Event::Said(_) => true,
            };
            assert_eq!(it.on_fenced.iter().find(others), None, "the old socket hears that it is one");
        }
        for (n, (id, page, role)) in ends.iter().enumerate() {
            for (other_id, other, others) in &ends[..n] {
                let fine = id != other_id || (page != other && role != others);
                assert!(fine, "{page} and {other} are both {role:?}\n{}", self.trail);
            }
        }
    }
}

/// At least as many as the unit tests have time for; `PROPTEST_CASES` asks for more.
fn config() -> Config {
    let config = Config::default();
    Config { cases: config.cases.max(512), ..config }
}

prop_state_machine! {
    #![proptest_config(config())]

    #[test]
    fn the_matchmaker_does_in_every_history_what_the_model_does(sequential 1..=100 => Life);
}
