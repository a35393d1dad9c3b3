//! Random histories, applied to the matchmaker and to the reference model and compared after each step.
//!
//! `proptest` draws actions, [`ModelRun`] turns them into possible ones and applies them to the model, and
//! [`MatchmakerRun`] applies the same actions to the matchmaker through a [`Scene`].

use std::fmt::Write;

use proptest::{
    prelude::*,
    strategy::{BoxedStrategy, Union},
    test_runner::Config,
};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use uuid::Uuid;

use super::{
    scene::{self, ClientEvent, Scene, candidate_of, edge_of, offer, signal_text, with_wrong_secret},
    vocabulary::{
        DrawnProof, MatchAction, ModelEvent, NETWORKS, PageAction, PageState, TASTES, WireState, is_offer,
        relay_among, tastes,
    },
};
use crate::{
    matchmaker::{
        Census, GenuineReport, Input, Note,
        deadlines::SLOT_MS,
        outboxes::OutboxLoad,
        peers::{self, Peer, SocketState},
        reference::ReferenceModel,
    },
    protocol::{ErrorCode, MatchId, NoticeKind, Resume, Role, ToBrowser, ToServer},
    time::Moment,
};

/// Peers that the server admits: few, so that most messages concern some other page and the limit is reached often,
/// but enough for a queue.
const CAPACITY: usize = 8;

/// When a history begins: late enough that a page can have waited before.
const START_MS: u64 = 1_000_000;

/// A step as `proptest` draws it.
///
/// Numbers are taken modulo the number of candidates, so that a shortened history remains valid.
#[derive(Clone, Copy, Debug)]
enum DrawnAction {
    AddPage,
    /// Opens a new page on the device of one that is gone, or now and then of one that is not.
    Reload(usize),
    /// The same with a proof of a place at another server.
    ReloadWithProof(usize, DrawnProof),
    /// Opens a page whose first welcome is lost; on the device of another page or on a new one.
    AddGhost(Option<usize>),
    /// Opens a page that does not say hello.
    OpenPage,
    SendHello(usize),
    Send(usize, DrawnMessage, MatchChoice),
    /// Two partners connect, or do their part without success.
    Finish(usize, bool),
    SendInvalid(usize, Violation),
    Resume(usize),
    /// Resumes, and loses the welcome.
    LoseWelcome(usize),
    /// Shows the peer id of a page with a used secret, or with a wrong one.
    AddImpostor(usize, bool),
    CutWire(usize),
    LoseSocket(usize),
    ClosePage(usize),
    /// The edge of a network is lost, or is about to stop.
    EndEdge(usize, EdgeEnd),
    /// The edge of a network has a relay.
    AddRelay(usize),
    /// Moves the device of a page to another network, where its next socket comes from.
    Move(usize),
    /// Advances the time by so many ms.
    Advance(u64),
    AdvanceToDeadline,
    /// Advances the time without a tick, as a late timer does.
    AdvanceUnhandled(u64),
    /// Stops after so many ms at the latest; at 0 another server takes over.
    Drain(u64),
    /// Something is decided about the device of a page.
    Sanction(usize, Option<NoticeKind>),
    /// The pages of a network have to wait apart, or no longer.
    SetApart(usize, bool),
    /// The store can store nothing from now on, or can again.
    BreakStore(bool),
}

/// How an edge ends.
#[derive(Clone, Copy, Debug)]
enum EdgeEnd {
    Lost,
    Drains,
}

/// A message to draw; its match is drawn separately.
#[derive(Clone, Copy, Debug)]
enum DrawnMessage {
    Join(usize),
    Prepare,
    Leave,
    Next,
    Block,
    Unblock,
    UnblockOne,
    /// Reports with the ticket of this page, of another one, or of nobody.
    Report(Option<usize>),
    Failed,
    Connected,
    Signal(u32),
}

/// Which match a message is about.
#[derive(Clone, Copy, Debug)]
enum MatchChoice {
    /// The page's current match, or else the newest of all.
    Current,
    Any(usize),
    Invented,
}

/// A violation of the protocol that the server refuses.
#[derive(Clone, Copy, Debug)]
enum Violation {
    BadSdp,
    BadFrame,
    SkippedSequence,
    TooSoon,
}

/// A step as it is applied; times are absolute, in ms.
#[derive(Clone, Copy, Debug)]
enum Action {
    Nothing,
    AddPage,
    Reload(usize),
    ReloadWithProof(usize, DrawnProof),
    AddGhost(Option<usize>),
    OpenPage,
    SendHello(usize),
    Send(usize, PageAction),
    /// The pages of this match connect, or do their part without success.
    Finish {
        match_index: usize,
        ends: [usize; 2],
        connects: bool,
    },
    SendInvalid(usize, Violation),
    Resume(usize),
    LoseWelcome(usize),
    AddImpostor(usize, bool),
    CutWire(usize),
    LoseSocket(usize),
    ClosePage(usize),
    EndEdge(usize, EdgeEnd),
    AddRelay(usize),
    Move(usize),
    Advance(u64),
    AdvanceUnhandled(u64),
    /// Stops at this time at the latest.
    Drain(u64),
    Sanction(usize, Option<NoticeKind>),
    SetApart(usize, bool),
    BreakStore(bool),
}

/// The model and the last action applied to it.
#[derive(Clone, Debug)]
struct ModelRun {
    model: ReferenceModel,
    action: Action,
    steps: usize,
    /// Whether this history is about peers that fail to connect; otherwise about everything.
    is_about_failures: bool,
    /// How many edges have a relay when it begins.
    relays: usize,
}

impl ReferenceStateMachine for ModelRun {
    type State = Self;
    type Transition = DrawnAction;

    fn init_state() -> BoxedStrategy<Self> {
        let start = |(is_about_failures, relays)| {
            let mut model = ReferenceModel::starting_at(START_MS, CAPACITY);
            (0..relays).for_each(|it| model.add_relay(edge_of(it)));
            Self { model, action: Action::Nothing, steps: 0, is_about_failures, relays }
        };
        (any::<bool>(), 0..=NETWORKS).prop_map(start).boxed()
    }

    fn transitions(run: &Self) -> BoxedStrategy<DrawnAction> {
        if run.is_about_failures {
            return failing_actions();
        }
        let index = || any::<u8>().prop_map(usize::from);
        let message = prop_oneof![
            5 => Just(DrawnMessage::Join(0)),
            4 => (0..TASTES.len()).prop_map(DrawnMessage::Join),
            4 => Just(DrawnMessage::Prepare),
            2 => Just(DrawnMessage::Leave),
            5 => Just(DrawnMessage::Next),
            4 => Just(DrawnMessage::Block),
            1 => Just(DrawnMessage::Unblock),
            2 => Just(DrawnMessage::UnblockOne),
            4 => Just(DrawnMessage::Report(None)),
            2 => index().prop_map(|it| DrawnMessage::Report(Some(it))),
            3 => Just(DrawnMessage::Failed),
            5 => Just(DrawnMessage::Connected),
            5 => (0..8_u32).prop_map(DrawnMessage::Signal),
        ];
        let choice = prop_oneof![
            12 => Just(MatchChoice::Current),
            5 => index().prop_map(MatchChoice::Any),
            1 => Just(MatchChoice::Invented),
        ];
        let violation = prop_oneof![
            3 => Just(Violation::BadSdp),
            1 => Just(Violation::BadFrame),
            1 => Just(Violation::SkippedSequence),
            2 => Just(Violation::TooSoon),
        ];
        let long = || prop_oneof![0..40_u64, 0..6_000_u64, 0..40_000_u64];
        Union::new_weighted(vec![
            (8, Just(DrawnAction::AddPage).boxed()),
            (6, index().prop_map(DrawnAction::Reload).boxed()),
            (4, (index(), proof()).prop_map(|(a, b)| DrawnAction::ReloadWithProof(a, b)).boxed()),
            (2, prop::option::of(index()).prop_map(DrawnAction::AddGhost).boxed()),
            (1, Just(DrawnAction::OpenPage).boxed()),
            (1, index().prop_map(DrawnAction::SendHello).boxed()),
            (60, (index(), message, choice).prop_map(|(a, b, c)| DrawnAction::Send(a, b, c)).boxed()),
            (8, (index(), any::<bool>()).prop_map(|(a, b)| DrawnAction::Finish(a, b)).boxed()),
            (3, (index(), violation).prop_map(|(a, b)| DrawnAction::SendInvalid(a, b)).boxed()),
            (7, index().prop_map(DrawnAction::Resume).boxed()),
            (4, index().prop_map(DrawnAction::LoseWelcome).boxed()),
            (1, (index(), any::<bool>()).prop_map(|(a, b)| DrawnAction::AddImpostor(a, b)).boxed()),
            (3, index().prop_map(DrawnAction::CutWire).boxed()),
            (7, index().prop_map(DrawnAction::LoseSocket).boxed()),
            (1, index().prop_map(DrawnAction::ClosePage).boxed()),
            (2, (0..NETWORKS).prop_map(|it| DrawnAction::EndEdge(it, EdgeEnd::Lost)).boxed()),
            (2, (0..NETWORKS).prop_map(|it| DrawnAction::EndEdge(it, EdgeEnd::Drains)).boxed()),
            (6, (0..NETWORKS).prop_map(DrawnAction::AddRelay).boxed()),
            (2, index().prop_map(DrawnAction::Move).boxed()),
            (8, long().prop_map(DrawnAction::Advance).boxed()),
            // Around the half hour for which meetings are remembered.
            (3, (1_000_000..2_400_000_u64).prop_map(DrawnAction::Advance).boxed()),
            (8, Just(DrawnAction::AdvanceToDeadline).boxed()),
            (3, long().prop_map(DrawnAction::AdvanceUnhandled).boxed()),
            (1, prop_oneof![Just(0), 1..40_000_u64].prop_map(DrawnAction::Drain).boxed()),
            (7, moderation_actions()),
        ])
        .boxed()
    }

    fn apply(mut state: Self, drawn: &DrawnAction) -> Self {
        state.steps += 1;
        state.action = state.resolve(*drawn);
        state.apply_action();
        state
    }
}

impl ModelRun {
    /// Picks a page to which the action can apply; `Action::Nothing` if there is none.
    fn resolve(&self, drawn: DrawnAction) -> Action {
        let pick = |n: usize, fits: &dyn Fn(usize) -> bool| self.pick(n, fits);
        let fits_to = |page: usize, fits: &dyn Fn(PageState, WireState) -> bool| {
            fits(self.model.pages[page].state, self.model.pages[page].wire)
        };
        let find = |n: usize, fits: &dyn Fn(PageState, WireState) -> bool| {
            pick(n, &|it| fits_to(it, fits) && !self.model.is_ghost(it))
        };
        let is_peer = |it| !matches!(it, PageState::AwaitingHello { .. } | PageState::Gone);
        // Most of the pages that resume have lost their socket; few open a second one.
        let resuming = |n| find(n / 2, &|it, wire| is_peer(it) && (n % 8 == 0 || wire != WireState::Working));
        let action = match drawn {
            DrawnAction::AddPage => Some(Action::AddPage),
            DrawnAction::Reload(n) => self.pick_device(n).map(Action::Reload),
            DrawnAction::ReloadWithProof(n, proof) => {
                self.pick_device(n).map(|it| Action::ReloadWithProof(it, proof))
            }
            DrawnAction::AddGhost(n) => {
                let tab_of = n.and_then(|it| pick(it, &|it| self.model.was_welcomed(it)));
                Some(Action::AddGhost(tab_of))
            }
            DrawnAction::OpenPage => Some(Action::OpenPage),
            DrawnAction::SendHello(n) => {
                find(n, &|it, wire| it != PageState::Gone && wire == WireState::Working)
                    .map(Action::SendHello)
            }
            DrawnAction::Send(n, message, choice) => find(n, &|it, _| it != PageState::Gone)
                .map(|page| Action::Send(page, self.page_action(page, message, choice))),
            DrawnAction::Finish(n, connects) => {
                let is_matched = |it, wire| matches!(it, PageState::Matched(_)) && wire == WireState::Working;
                find(n, &is_matched).and_then(|page| self.finish(page, connects))
            }
            DrawnAction::SendInvalid(n, violation) => {
                find(n, &|it, wire| is_peer(it) && wire == WireState::Working)
                    .map(|it| Action::SendInvalid(it, violation))
            }
            DrawnAction::Resume(n) => resuming(n).map(Action::Resume),
            DrawnAction::LoseWelcome(n) => resuming(n).map(Action::LoseWelcome),
            // A used secret is still valid until a message has arrived.
            DrawnAction::AddImpostor(n, used) => find(n, &|it, _| is_peer(it))
                .map(|it| Action::AddImpostor(it, used && self.model.pages[it].is_confirmed)),
            DrawnAction::CutWire(n) => {
                find(n, &|it, wire| is_peer(it) && wire == WireState::Working).map(Action::CutWire)
            }
            DrawnAction::LoseSocket(n) => {
                let fits = |it, wire| is_peer(it) && !matches!(wire, WireState::Lost { .. });
                pick(n, &|it| fits_to(it, &fits)).map(Action::LoseSocket)
            }
            DrawnAction::ClosePage(n) => {
                find(n, &|it, wire| is_peer(it) && wire == WireState::Working).map(Action::ClosePage)
            }
            DrawnAction::EndEdge(network, end) => Some(Action::EndEdge(network, end)),
            DrawnAction::AddRelay(network) => Some(Action::AddRelay(network)),
            DrawnAction::Move(n) => find(n, &|it, _| is_peer(it)).map(Action::Move),
            DrawnAction::Advance(ms) => Some(Action::Advance(self.model.now + ms)),
            DrawnAction::AdvanceToDeadline => self.next_deadline(),
            DrawnAction::AdvanceUnhandled(ms) => Some(Action::AdvanceUnhandled(self.model.now + ms)),
            // Late, so that most of a history happens before it.
            DrawnAction::Drain(ms) => (self.steps > 60).then_some(Action::Drain(self.model.now + ms)),
            DrawnAction::Sanction(n, kind) => self.sanction(n, kind),
            DrawnAction::SetApart(network, is_apart) => Some(Action::SetApart(network, is_apart)),
            DrawnAction::BreakStore(fails) => Some(Action::BreakStore(fails)),
        };
        action.unwrap_or(Action::Nothing)
    }

    /// One of the pages for which this holds.
    fn pick(&self, n: usize, fits: &dyn Fn(usize) -> bool) -> Option<usize> {
        let all: Vec<_> = (0..self.model.pages.len()).filter(|it| fits(*it)).collect();
        n.checked_rem(all.len()).map(|it| all[it])
    }

    /// A page whose device opens another one: mostly one that is gone.
    fn pick_device(&self, n: usize) -> Option<usize> {
        let is_tab = n.is_multiple_of(8);
        self.pick(n / 8, &|it| self.model.can_reload(it) || is_tab && self.model.was_welcomed(it))
    }

    /// Time passes until something is due.
    fn next_deadline(&self) -> Option<Action> {
        self.model.deadline().map(|at| Action::Advance(at.max(self.model.now)))
    }

    /// Something is decided about the device of a page that knows its name.
    fn sanction(&self, n: usize, kind: Option<NoticeKind>) -> Option<Action> {
        self.pick(n, &|it| self.model.was_welcomed(it)).map(|it| Action::Sanction(it, kind))
    }

    /// Both ends of a page's match report how it went.
    fn finish(&self, page: usize, connects: bool) -> Option<Action> {
        let PageState::Matched(match_index) = self.model.pages[page].state else { return None };
        Some(Action::Finish { match_index, ends: self.model.matches[match_index].ends, connects })
    }

    /// The message that a page sends.
    fn page_action(&self, page: usize, message: DrawnMessage, choice: MatchChoice) -> PageAction {
        let index = match (choice, self.model.pages[page].state) {
            (MatchChoice::Invented, _) => None,
            (MatchChoice::Current, PageState::Matched(it)) => Some(it),
            (MatchChoice::Current, _) => self.model.matches.len().checked_sub(1),
            (MatchChoice::Any(n), _) => n.checked_rem(self.model.matches.len()),
        };
        match message {
            DrawnMessage::Join(taste) => PageAction::Join(taste),
            DrawnMessage::Prepare => PageAction::Prepare,
            DrawnMessage::Leave => PageAction::Leave,
            DrawnMessage::Block => PageAction::Block(index.filter(|it| self.model.was_told_of(page, *it))),
            DrawnMessage::Unblock => PageAction::Unblock,
            DrawnMessage::UnblockOne => match index.filter(|it| self.model.was_told_of(page, *it)) {
                Some(index) => PageAction::UnblockOne(index),
                None => PageAction::Unblock,
            },
            DrawnMessage::Report(holder) => PageAction::Report(index.and_then(|it| {
                let knows = |page: usize| self.model.was_told_of(page, it);
                // Mostly its own ticket, or that of another page of its device; a few others are tried as well.
                let is_of_device =
                    |other: usize| self.model.pages[other].device == self.model.pages[page].device;
                let holder = match holder {
                    Some(n) => self.pick(n, &knows),
                    None => self.pick(0, &|other| knows(other) && is_of_device(other)),
                };
                Some((it, holder?))
            })),
            DrawnMessage::Next => PageAction::About(index, MatchAction::Next),
            DrawnMessage::Failed => PageAction::About(index, MatchAction::Failed),
            DrawnMessage::Connected => PageAction::About(index, MatchAction::Connected),
            DrawnMessage::Signal(epoch) => {
                PageAction::About(index, MatchAction::Signal { epoch, text: self.steps })
            }
        }
    }

    /// Applies the last action to the model.
    fn apply_action(&mut self) {
        let model = &mut self.model;
        match self.action {
            Action::Nothing => {}
            Action::AddPage | Action::AddImpostor(..) => {
                model.open_page();
                model.send_hello(model.pages.len() - 1);
            }
            Action::Reload(page) => model.reload(page),
            Action::ReloadWithProof(page, proof) => model.reload_with_proof(page, proof),
            Action::AddGhost(tab_of) => model.add_ghost(tab_of),
            Action::OpenPage => model.open_page(),
            Action::SendHello(page) => model.send_hello(page),
            Action::Send(page, page_action) => model.send(page, page_action),
            Action::Finish { match_index, ends, connects } => {
                for (page, page_action) in finish(match_index, ends, connects) {
                    model.send(page, page_action);
                    model.ask_for_offers();
                }
            }
            Action::SendInvalid(page, Violation::BadSdp) => model.send_invalid(page, ErrorCode::BadSdp),
            Action::SendInvalid(page, Violation::BadFrame) => model.send_invalid(page, ErrorCode::BadFrame),
            Action::SendInvalid(page, Violation::SkippedSequence) => {
                model.send_invalid(page, ErrorCode::BadSequence)
            }
            Action::SendInvalid(page, Violation::TooSoon) => model.send_too_soon(page),
            Action::Resume(page) => model.resume(page),
            Action::LoseWelcome(page) => model.lose_welcome(page),
            Action::CutWire(page) => model.cut_wire(page),
            Action::LoseSocket(page) => model.lose_socket(page),
            Action::ClosePage(page) => model.close_page(page),
            Action::EndEdge(network, EdgeEnd::Lost) => model.lose_edge(network),
            Action::EndEdge(network, EdgeEnd::Drains) => model.drain_edge(network),
            Action::AddRelay(network) => model.add_relay(edge_of(network)),
            Action::Move(page) => {
                let network = &mut model.pages[page].next_network;
                *network = (*network + 1) % NETWORKS;
            }
            Action::Advance(until) => {
                model.now = until;
                model.catch_up();
            }
            Action::AdvanceUnhandled(until) => model.now = until,
            Action::Drain(until) => model.drain(until),
            Action::Sanction(page, kind) => model.sanction(page, kind),
            Action::SetApart(network, is_apart) => model.set_apart(network, is_apart),
            Action::BreakStore(fails) => model.moderation.store_fails = fails,
        }
        model.ask_for_offers();
        if let Action::AddImpostor(..) = self.action {
            model.set_engaged_by_hello(model.pages.len() - 1, true);
        }
        model.settle_acknowledgements();
    }
}

/// Proofs of a few peers, some of them too old.
fn proof() -> impl Strategy<Value = DrawnProof> {
    (0..4_usize, 0..40_000_u64, 0..70_000_u64).prop_map(|(peer, waited_ms, age_ms)| DrawnProof {
        peer,
        waited_ms,
        age_ms,
    })
}

/// Decisions of moderators, and a store that fails.
fn moderation_actions() -> BoxedStrategy<DrawnAction> {
    let kind = prop_oneof![
        2 => Just(None),
        2 => Just(Some(NoticeKind::Warned)),
        1 => Just(Some(NoticeKind::Paused)),
        1 => Just(Some(NoticeKind::Banned)),
    ];
    let sanction = (any::<u8>(), kind).prop_map(|(a, b)| DrawnAction::Sanction(a.into(), b));
    let network = (0..NETWORKS, any::<bool>()).prop_map(|(a, b)| DrawnAction::SetApart(a, b));
    prop_oneof![4 => sanction, 2 => network, 1 => any::<bool>().prop_map(DrawnAction::BreakStore)].boxed()
}

/// Actions that soon set devices and networks apart: pages wait, answer `prepare`, connect and fail.
fn failing_actions() -> BoxedStrategy<DrawnAction> {
    let index = || any::<u8>().prop_map(usize::from);
    let send =
        |message| index().prop_map(move |it| DrawnAction::Send(it, message, MatchChoice::Current)).boxed();
    Union::new_weighted(vec![
        (5, Just(DrawnAction::AddPage).boxed()),
        (1, index().prop_map(DrawnAction::Reload).boxed()),
        (24, send(DrawnMessage::Join(0))),
        (16, send(DrawnMessage::Prepare)),
        (2, send(DrawnMessage::Leave)),
        (4, send(DrawnMessage::Next)),
        (2, send(DrawnMessage::Failed)),
        (24, (index(), prop::bool::weighted(0.3)).prop_map(|(a, b)| DrawnAction::Finish(a, b)).boxed()),
        (1, index().prop_map(DrawnAction::Move).boxed()),
        (2, index().prop_map(DrawnAction::Resume).boxed()),
        (1, index().prop_map(DrawnAction::LoseSocket).boxed()),
        (8, (0..12_000_u64).prop_map(DrawnAction::Advance).boxed()),
        (1, (0..400_000_u64).prop_map(DrawnAction::Advance).boxed()),
        (8, Just(DrawnAction::AdvanceToDeadline).boxed()),
    ])
    .boxed()
}

/// What the ends of a match send if they connect, or if they do their part without success.
fn finish(match_index: usize, ends: [usize; 2], connects: bool) -> Vec<(usize, PageAction)> {
    let about = |action| PageAction::About(Some(match_index), action);
    let signal = MatchAction::Signal { epoch: 1, text: 1 };
    let [one, other] = ends;
    if connects {
        vec![(one, about(MatchAction::Connected)), (other, about(MatchAction::Connected))]
    } else {
        vec![(one, about(signal)), (other, about(signal)), (one, about(MatchAction::Failed))]
    }
}

/// The matchmaker and the results of the comparison so far.
struct MatchmakerRun {
    scene: Scene,
    /// The id of each match of the model, once known.
    match_ids: Vec<Option<MatchId>>,
    /// How many events of each page have been compared.
    compared: Vec<usize>,
    /// The identity of each page before its last resume, with a used secret.
    used_identities: Vec<Option<Resume>>,
    /// All actions so far; printed if an assertion fails.
    trail: String,
}

impl StateMachineTest for MatchmakerRun {
    type SystemUnderTest = Self;
    type Reference = ModelRun;

    fn init_test(history: &ModelRun) -> Self {
        let (match_ids, compared, used_identities) = (Vec::new(), Vec::new(), Vec::new());
        let mut scene = Scene::with_capacity(CAPACITY).with_networks(NETWORKS);
        scene.has_unsteady_clock = true;
        scene.now = Moment::from_millis(START_MS);
        scene.feed(Input::Tick);
        (0..history.relays).for_each(|it| scene.add_relay(it));
        // The model does not count all messages, so it does not know when a page has received many.
        scene.acknowledges_many = false;
        Self { scene, match_ids, compared, used_identities, trail: String::new() }
    }

    fn apply(mut run: Self, history: &ModelRun, _: DrawnAction) -> Self {
        writeln!(run.trail, "{:>8} {:?}", run.scene.now.as_millis(), history.action).unwrap();
        run.apply_action(history.action);
        run.compare_events(&history.model);
        run
    }

    fn check_invariants(run: &Self, history: &ModelRun) {
        run.compare_states(&history.model);
        run.check_outboxes(&history.model);
        run.compare_counts(&history.model);
        if history.model.caught_up_at == history.model.now {
            run.check_queue(&history.model);
            run.compare_deadlines(&history.model);
        }
    }

    fn teardown(run: Self, _: ModelRun) {
        run.check_all_events();
        run.check_reports();
    }
}

impl MatchmakerRun {
    /// Applies an action to the matchmaker.
    fn apply_action(&mut self, action: Action) {
        let scene = &mut self.scene;
        match action {
            Action::Nothing => {}
            Action::AddPage => {
                let page = scene.open_page();
                scene.send_hello(page, None);
            }
            Action::Reload(page) => _ = scene.reload(page),
            Action::ReloadWithProof(page, proof) => _ = scene.reload_with_proof(page, proof),
            Action::AddGhost(tab_of) => _ = scene.add_ghost(tab_of),
            Action::OpenPage => _ = scene.open_page(),
            Action::SendHello(page) => scene.send_hello(page, None),
            Action::Send(page, page_action) => self.send(page, page_action),
            Action::Finish { match_index, ends, connects } => {
                for (page, page_action) in finish(match_index, ends, connects) {
                    self.send(page, page_action);
                }
            }
            Action::SendInvalid(page, Violation::BadSdp) => scene.send_invalid(page, ErrorCode::BadSdp, true),
            Action::SendInvalid(page, Violation::BadFrame) => {
                scene.send_invalid(page, ErrorCode::BadFrame, false)
            }
            Action::SendInvalid(page, Violation::TooSoon) => scene.send_too_soon(page),
            Action::SendInvalid(page, Violation::SkippedSequence) => {
                scene.send_raw(page, u64::from(u32::MAX), 0, ToServer::Leave {});
            }
            Action::Resume(page) => {
                let before = scene.pages[page].identity;
                scene.resume(page);
                self.used_identities.resize(scene.pages.len(), None);
                self.used_identities[page] = before;
            }
            Action::LoseWelcome(page) => _ = scene.lose_welcome(page),
            Action::AddImpostor(page, used) => {
                let identity = scene.pages[page].identity.unwrap();
                let before =
                    self.used_identities.get(page).copied().flatten().filter(|it| used && *it != identity);
                scene.add_impostor(before.unwrap_or_else(|| with_wrong_secret(identity)));
            }
            Action::CutWire(page) => scene.pages[page].wire = scene::Wire::Cut,
            Action::LoseSocket(page) => scene.lose_socket(page),
            Action::ClosePage(page) => scene.close_page(page),
            Action::EndEdge(network, EdgeEnd::Lost) => scene.lose_edge(network),
            Action::EndEdge(network, EdgeEnd::Drains) => scene.drain_edge(network),
            Action::AddRelay(network) => scene.add_relay(network),
            Action::Move(page) => scene.pages[page].network = (scene.pages[page].network + 1) % NETWORKS,
            Action::Advance(until) => {
                scene.now = Moment::from_millis(until);
                // Only when the machine has a deadline, as a driver does it.
                if scene.machine.deadline().is_some_and(|at| at <= scene.now) {
                    scene.feed(Input::Tick);
                }
            }
            Action::AdvanceUnhandled(until) => scene.now = Moment::from_millis(until),
            Action::Drain(until) => scene.feed(Input::Drain { until: Moment::from_millis(until) }),
            Action::Sanction(page, kind) => scene.sanction(page, kind),
            Action::SetApart(network, is_apart) => scene.set_apart(network, is_apart),
            Action::BreakStore(fails) => scene.store.fails = fails,
        }
    }

    /// The ids of all matches of the model.
    ///
    /// If neither page of a match was reachable, its id is taken from the notes, since both sides make matches in the
    /// same order.
    fn all_match_ids(&self) -> Vec<MatchId> {
        let noted = self.scene.notes.iter().filter_map(|it| match it {
            Note::Matched { match_id, .. } => Some(*match_id),
            Note::Connected { .. }
            | Note::Rebuilt { .. }
            | Note::Ended { .. }
            | Note::Refused { .. }
            | Note::ReportRefused { .. }
            | Note::CandidateDropped { .. } => None,
        });
        let mut unknown = noted.filter(|it| !self.match_ids.contains(&Some(*it)));
        self.match_ids.iter().map(|it| it.or_else(|| unknown.next()).unwrap()).collect()
    }

    fn send(&mut self, page: usize, action: PageAction) {
        let match_ids = self.all_match_ids();
        let scene = &mut self.scene;
        let id = |index: Option<usize>| index.map_or(MatchId(Uuid::max()), |it| match_ids[it]);
        match action {
            PageAction::Join(taste) => scene.join_with(page, tastes(TASTES[taste])),
            PageAction::Prepare => {
                scene.offers += 1;
                let (number, signal) = (scene.offers, offer("ahead"));
                scene.send(page, ToServer::Prepared { number, signal });
            }
            PageAction::Leave => scene.send(page, ToServer::Leave {}),
            PageAction::Block(index) => scene.block(page, id(index)),
            PageAction::Unblock => scene.unblock(page),
            PageAction::UnblockOne(index) => scene.unblock_one(page, match_ids[index]),
            PageAction::Report(ticket) => {
                let ticket = ticket.and_then(|(index, holder)| scene.ticket_of(holder, match_ids[index]));
                scene.report(page, ticket.unwrap_or_else(|| "forged".into()));
            }
            PageAction::About(index, MatchAction::Next) => {
                scene.send(page, ToServer::Next { match_id: id(index) })
            }
            PageAction::About(index, MatchAction::Failed) => {
                scene.send(page, ToServer::Failed { match_id: id(index) })
            }
            PageAction::About(index, MatchAction::Connected) => {
                scene.send(page, ToServer::Connected { match_id: id(index) })
            }
            PageAction::About(index, MatchAction::Signal { epoch, text }) => {
                let signal = if is_offer(text) { offer } else { candidate_of };
                scene.send_signal(page, id(index), epoch, signal(&text.to_string()));
            }
        }
    }

    /// Checks that each page has received what the model expects, in the same order.
    fn compare_events(&mut self, model: &ReferenceModel) {
        assert_eq!(
            self.scene.pages.len(),
            model.pages.len(),
            "the scene and the model have the same number of pages\n{}",
            self.trail
        );
        self.compared.resize(model.pages.len(), 0);
        self.match_ids.resize(model.matches.len(), None);
        for page in 0..model.pages.len() {
            let from = self.compared[page];
            let is_pong = |it: &&ClientEvent| **it == ClientEvent::Received(ToBrowser::Pong {});
            let all = self.scene.pages[page].events.iter();
            let events: Vec<_> = all.filter(|it| !is_pong(it)).skip(from).cloned().collect();
            let expected = &model.pages[page].events[from..];
            self.learn_match_ids(&events, expected);
            events.iter().for_each(|it| self.check_come_back(it, model));
            let received: Vec<_> = events.iter().map(|it| self.translate(page, it)).collect();
            assert_eq!(received, expected, "page {page} received other events\n{}", self.trail);
            self.compared[page] += received.len();
        }
        for (index, it) in model.matches.iter().enumerate() {
            // A page with a cut wire has not been told of its match yet.
            let match_id = it.ends.iter().find_map(|page| self.peer(*page)?.match_id());
            if self.match_ids[index].is_none() {
                self.match_ids[index] = match_id;
            }
        }
    }

    /// Checks the time after which a page was just told to come back: some seconds after the server stops. It stops
    /// earlier than planned without matches; while this input was handled there were at least as many as now.
    fn check_come_back(&self, event: &ClientEvent, model: &ReferenceModel) {
        let ClientEvent::Received(ToBrowser::ComeBack { after_ms }) = event else { return };
        // An edge that stops does so at once.
        let until = model.draining.unwrap_or(model.now);
        let rest = until.saturating_sub(model.now);
        let has_matches = model.match_count(false) + model.match_count(true) > 0;
        let earliest = if has_matches { rest } else { 0 };
        let expected = earliest + 500..rest + 5_000;
        assert!(
            expected.contains(&u64::from(*after_ms)),
            "come back after {after_ms} ms, not in {expected:?}\n{}",
            self.trail
        );
    }

    /// Learns the id of a match from the first page that is told of it; the other page must be told the same id.
    fn learn_match_ids(&mut self, events: &[ClientEvent], expected: &[ModelEvent]) {
        for pair in events.iter().zip(expected) {
            if let (
                ClientEvent::Received(ToBrowser::Matched { match_id, .. }),
                ModelEvent::Matched { match_index, .. },
            ) = pair
                && self.match_ids[*match_index].is_none()
            {
                assert!(
                    !self.match_ids.contains(&Some(*match_id)),
                    "each match has its own id\n{}",
                    self.trail
                );
                self.match_ids[*match_index] = Some(*match_id);
            }
        }
    }

    /// The matchmaker's record of a page.
    fn peer(&self, page: usize) -> Option<&Peer> {
        self.scene.machine.peers.get(&self.scene.pages.get(page)?.peer?).map(|it| &**it)
    }

    /// Translates an event to the model's terms.
    fn translate(&self, page: usize, event: &ClientEvent) -> ModelEvent {
        let index_of = |id: &MatchId| {
            let index = self.match_ids.iter().position(|it| *it == Some(*id));
            index.unwrap_or_else(|| panic!("page {page} was told of an unknown match\n{}", self.trail))
        };
        match event {
            ClientEvent::Closed(code) => ModelEvent::Closed(*code),
            ClientEvent::Received(msg) => match msg {
                ToBrowser::Welcome { resumed, .. } => ModelEvent::Welcome { resumed: *resumed },
                ToBrowser::Waiting {} => ModelEvent::Waiting,
                ToBrowser::Seeking { wants, widens_in_ms } => {
                    ModelEvent::Seeking { wants: *wants, widens_in_ms: *widens_in_ms }
                }
                ToBrowser::Matched { match_id, role, partner, shared, ice, .. } => ModelEvent::Matched {
                    match_index: index_of(match_id),
                    role: *role,
                    partner: *partner,
                    shared: [shared.interests.len(), shared.languages.len()],
                    relay: relay_among(ice),
                },
                ToBrowser::Ice { match_id, ice } => {
                    ModelEvent::Ice { match_index: index_of(match_id), relay: relay_among(ice) }
                }
                ToBrowser::Signal { match_id, epoch, signal } => ModelEvent::Signal {
                    match_index: index_of(match_id),
                    epoch: epoch.0,
                    text: signal_text(signal).parse().unwrap(),
                },
                ToBrowser::Partner { match_id, signalling, .. } => {
                    ModelEvent::Partner { match_index: index_of(match_id), signalling: *signalling }
                }
                ToBrowser::Ended { match_id, reason } => {
                    ModelEvent::Ended { match_index: index_of(match_id), reason: *reason }
                }
                ToBrowser::Reported { match_id, result, .. } => {
                    ModelEvent::Reported { match_index: match_id.as_ref().map(index_of), result: *result }
                }
                ToBrowser::Sanctioned(it) => ModelEvent::Sanctioned(it.kind),
                ToBrowser::Error { code, .. } => ModelEvent::Error(*code),
                ToBrowser::ComeBack { .. } => ModelEvent::ComeBack,
                ToBrowser::Here(_)
                | ToBrowser::Place { .. }
                | ToBrowser::Prepare { .. }
                | ToBrowser::Check { .. }
                | ToBrowser::Again {}
                | ToBrowser::Pong {} => {
                    unreachable!("not recorded as an event, or filtered out")
                }
            },
        }
    }

    /// Checks the state and the connection of each peer.
    fn compare_states(&self, model: &ReferenceModel) {
        for (page, it) in model.pages.iter().enumerate() {
            let peer = self.peer(page);
            let actual = peer.map(|it| it.state);
            let is_same = match (it.state, actual) {
                (PageState::AwaitingHello { .. } | PageState::Gone, it) => it.is_none(),
                (PageState::Idle, it) => it == Some(peers::PeerState::Idle),
                (PageState::Matched(index), it) => it == self.match_ids[index].map(peers::PeerState::Matched),
                (PageState::Waiting(since, _), Some(peers::PeerState::Waiting { place, .. })) => {
                    place.since == Moment::from_millis(since)
                }
                (PageState::Waiting(..), _) => false,
            };
            assert!(is_same, "page {page} should be {:?}, not {actual:?}\n{}", it.state, self.trail);
            let Some(peer) = peer else { continue };
            let link = match it.wire {
                WireState::Working | WireState::Cut => SocketState::Attached(self.scene.socket(page)),
                WireState::Lost { until } => SocketState::Detached { until: Moment::from_millis(until) },
            };
            assert_eq!(peer.socket, link, "page {page} has another connection state\n{}", self.trail);
        }
    }

    /// Checks that the totals of all outboxes include each peer once.
    fn check_outboxes(&self, model: &ReferenceModel) {
        let peers: Vec<_> = (0..model.pages.len()).filter_map(|it| self.peer(it)).collect();
        let totals = self.scene.machine.outbox_totals();
        let load = |it: &&Peer| OutboxLoad::of(&it.delivery);
        let bytes = peers.iter().map(|it| load(it).bytes).sum::<u64>();
        assert_eq!(totals.bytes, bytes, "the bytes of all outboxes\n{}", self.trail);
        let oldest = peers.iter().filter_map(|it| load(it).oldest).min();
        let seconds = |it: Moment| it.as_millis() / 1_000;
        assert_eq!(totals.oldest.map(seconds), oldest.map(seconds), "the oldest message\n{}", self.trail);
    }

    /// Checks that the queues are equal.
    ///
    /// Also checks law 5 apart from the model's search: no two waiting and reachable peers accept each other.
    fn check_queue(&self, model: &ReferenceModel) {
        let queue: Vec<_> = self.scene.machine.queue.in_order().collect();
        let expected = model.queue().into_iter().filter_map(|it| Some(self.scene.pages[it].identity?.peer));
        assert_eq!(queue, expected.collect::<Vec<_>>(), "the queues differ\n{}", self.trail);

        for page in model.queue().into_iter().filter(|it| model.pages[*it].wire == WireState::Working) {
            assert!(
                self.scene.pages[page].occupancy.is_some(),
                "waiting page {page} was told the occupancy\n{}",
                self.trail
            );
        }

        let is_reachable = |it: &Peer| {
            matches!((it.socket, it.state), (SocketState::Attached(_), peers::PeerState::Waiting { .. }))
        };
        let id = |page: usize| self.scene.pages[page].identity.map(|it| it.peer);
        for one in 0..model.pages.len() {
            let Some(one_peer) = self.peer(one).filter(|it| is_reachable(it)) else { continue };
            for other in 0..one {
                let Some(other_peer) = self.peer(other).filter(|it| is_reachable(it)) else { continue };
                let avoids = |it: &Peer, page| it.cooldown_until(self.scene.now, id(page).unwrap()).is_some();
                let apart = avoids(one_peer, other) || avoids(other_peer, one);
                assert!(
                    !apart || model.are_kept_apart(one, other),
                    "{one} and {other} avoid each other without having parted\n{}",
                    self.trail
                );
                let may_pair = model.priority(one, other).is_some() && model.may_meet_now(one, other);
                assert!(
                    !may_pair,
                    "{one} and {other} both wait although they accept each other\n{}",
                    self.trail
                );
            }
        }
    }

    fn compare_counts(&self, model: &ReferenceModel) {
        let expected = Census {
            idle: model.count_pages(|it| it == PageState::Idle),
            waiting: model.count_pages(|it| matches!(it, PageState::Waiting(..))),
            connecting: 2 * model.match_count(false),
            talking: 2 * model.match_count(true),
            matches: model.match_count(false) + model.match_count(true),
            connections: model.open_sockets(),
        };
        assert_eq!(self.scene.machine.census(), expected, "each peer is counted once\n{}", self.trail);
        let drained = model.draining.is_some() && expected.matches == 0;
        assert_eq!(self.scene.machine.is_drained(), drained, "whether the server is drained\n{}", self.trail);
    }

    /// Checks that the machine wakes up in time and, if the queue is empty, not without a reason.
    fn compare_deadlines(&self, model: &ReferenceModel) {
        let next = self.scene.machine.deadline().map(Moment::as_millis);
        let needed = model.deadline();
        // Acknowledgements do not cancel a check, so the machine may wake up for nothing.
        let check_of = |page| self.peer(page)?.acks.deadline().map(Moment::as_millis);
        let checks = (0..model.pages.len()).filter_map(check_of);
        let first = needed.into_iter().chain(checks).min();
        let is_near = |next: Option<u64>, needed: Option<u64>| match (next, needed) {
            (Some(next), Some(needed)) => (next..next + SLOT_MS).contains(&needed),
            (next, needed) => next == needed,
        };
        assert!(next.is_none_or(|it| it > model.now), "no deadline is overdue\n{}", self.trail);
        assert!(
            needed.is_none_or(|at| next.is_some_and(|it| it <= at)),
            "the machine misses the deadline at {needed:?}\n{}",
            self.trail
        );
        assert!(
            !model.queue().is_empty() || is_near(next, first),
            "the machine wakes up at {next:?}, but the next deadline is {first:?}\n{}",
            self.trail
        );
    }

    /// Checks without the model that every stored report is about somebody whom its reporter met in that match, and
    /// that no end of a match has reported twice.
    fn check_reports(&self) {
        let kept = &self.scene.store.kept;
        for (n, report) in kept.iter().enumerate() {
            let was_told = |it: &scene::Page| {
                let is_it = |it: &ClientEvent| matches!(it, ClientEvent::Received(ToBrowser::Matched { match_id, .. }) if *match_id == report.match_id);
                it.events.iter().any(is_it)
            };
            let told = (0..self.scene.pages.len()).filter(|it| was_told(&self.scene.pages[*it]));
            let devices: Vec<_> = told.map(|it| self.scene.device_of(it)).collect();
            assert!(
                devices.contains(&report.reporter.device),
                "the reporter was in the match\n{}",
                self.trail
            );
            assert!(
                devices.iter().all(|it| [report.reporter.device, report.subject.device].contains(it)),
                "only the two of the match are named\n{}",
                self.trail
            );
            assert_ne!(report.reporter.device, report.subject.device, "{}", self.trail);
            let same = |it: &&GenuineReport| {
                (it.match_id, it.reporter.device) == (report.match_id, report.reporter.device)
            };
            assert_eq!(kept[..n].iter().find(same), None, "reported twice\n{}", self.trail);
        }
    }

    /// Checks laws 4 and 5 without the model, over all events of a whole history.
    fn check_all_events(&self) {
        let mut ends: Vec<(MatchId, usize, Role)> = Vec::new();
        for (page, it) in self.scene.pages.iter().enumerate() {
            let mut current = None;
            for event in &it.events {
                match event {
                    ClientEvent::Received(ToBrowser::Matched { match_id, role, .. }) => {
                        assert_eq!(current, None, "{page} has one match at a time\n{}", self.trail);
                        current = Some(*match_id);
                        ends.push((*match_id, page, *role));
                    }
                    ClientEvent::Received(ToBrowser::Waiting {}) => {
                        assert_eq!(current, None, "{page} does not wait during a match\n{}", self.trail);
                    }
                    ClientEvent::Received(ToBrowser::Ended { match_id, .. }) => {
                        assert_eq!(
                            current.take(),
                            Some(*match_id),
                            "{page} is told of the end of its match once\n{}",
                            self.trail
                        );
                    }
                    ClientEvent::Received(
                        ToBrowser::Signal { match_id, .. } | ToBrowser::Partner { match_id, .. },
                    ) => {
                        assert_eq!(
                            current,
                            Some(*match_id),
                            "{page} gets nothing about a match that is over\n{}",
                            self.trail
                        );
                    }
                    ClientEvent::Received(_) | ClientEvent::Closed(_) => {}
                }
            }
            let allowed = [ErrorCode::Replaced];
            let others = |it: &&ClientEvent| match it {
                ClientEvent::Received(ToBrowser::Error { code, .. }) | ClientEvent::Closed(code) => {
                    !allowed.contains(code)
                }
                ClientEvent::Received(_) => true,
            };
            assert_eq!(
                it.events_on_replaced.iter().find(others),
                None,
                "the previous socket is only told that it was replaced"
            );
        }
        for (n, (id, page, role)) in ends.iter().enumerate() {
            for (other_id, other, others) in &ends[..n] {
                let device = |page: usize| &self.scene.pages[page].device;
                let is_valid = id != other_id || (device(*page) != device(*other) && role != others);
                assert!(is_valid, "{page} and {other} are one device or both {role:?}\n{}", self.trail);
            }
        }
    }
}

/// At least 512 histories, for which the unit tests have time; `PROPTEST_CASES` can ask for more.
fn config() -> Config {
    let config = Config::default();
    Config { cases: config.cases.max(512), ..config }
}

prop_state_machine! {
    #![proptest_config(config())]

    #[test]
    fn matchmaker_agrees_with_the_reference_model(sequential 1..=100 => MatchmakerRun);
}
