//! What is said in which state: a pure look-up from `Snapshot` to words; it must not know how it is drawn.

use super::words::{Said, Words};
use crate::call::{Device, Farewell, Flow, Intent, Phase, Problem, Snapshot};

/// How the page is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Screen {
    /// The first look.
    Landing,
    /// Something must be answered or put right before anything can begin.
    Notice,
    /// The dark surface of a call, from the queue on.
    Stage,
}

impl Screen {
    /// The stable name, for `data-screen`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Landing => "landing",
            Self::Notice => "notice",
            Self::Stage => "stage",
        }
    }
}

/// What the panel says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene {
    pub(super) heading: &'static str,
    pub(super) sentence: &'static str,
    pub(super) note: Option<&'static str>,
    /// The one thing to do: its name, and what it wants.
    pub(super) action: Option<(&'static str, Intent)>,
}

/// How a state is laid out.
pub(super) const fn screen(snapshot: Snapshot) -> Screen {
    match snapshot.phase {
        Phase::Landing if snapshot.problem.is_none() => Screen::Landing,
        Phase::Landing | Phase::Asking => Screen::Notice,
        Phase::Ready
        | Phase::Waiting { .. }
        | Phase::Connecting { .. }
        | Phase::Talking { .. }
        | Phase::Ended { .. } => Screen::Stage,
    }
}

/// What the panel says in a state.
pub(super) const fn scene(words: &'static Words, snapshot: Snapshot) -> Scene {
    let said = said(words, snapshot);
    let (note, action) = match (notice(snapshot), snapshot.phase) {
        (Some(_), _) => (None, Some((words.try_again, Intent::Start))),
        (None, Phase::Landing) if snapshot.preferences.hide_address => {
            (Some(words.address_hidden), Some((words.start, Intent::Start)))
        }
        (None, Phase::Landing) => (Some(words.address), Some((words.start, Intent::Start))),
        (None, Phase::Asking) => (None, Some((words.stop, Intent::Stop))),
        (None, Phase::Talking { .. } | Phase::Ended { .. }) => (None, None),
        (None, Phase::Ready | Phase::Waiting { .. } | Phase::Connecting { .. }) => {
            (without(words, snapshot), None)
        }
    };
    Scene { heading: said.heading, sentence: said.sentence, note, action }
}

/// One short sentence for the polite live region; empty where there is no news or where [`alert`] has it.
pub(super) const fn status(words: &'static Words, snapshot: Snapshot) -> &'static str {
    if notice(snapshot).is_some() {
        return "";
    }
    match snapshot.phase {
        Phase::Connecting { .. } | Phase::Talking { .. } if snapshot.asks_next => words.next_asked,
        Phase::Talking { flow: Flow::Interrupted, .. } => words.interrupted,
        Phase::Talking { flow: Flow::Reconnecting { .. }, .. } => words.reconnecting,
        Phase::Talking { partner, .. } => match (partner.video, partner.audio) {
            (true, true) => words.talking.spoken,
            (false, true) => words.partner_camera_off,
            (true, false) => words.partner_muted,
            (false, false) => words.partner_silent,
        },
        Phase::Landing
        | Phase::Asking
        | Phase::Ready
        | Phase::Waiting { .. }
        | Phase::Connecting { .. }
        | Phase::Ended { .. } => said(words, snapshot).spoken,
    }
}

/// One short sentence for the urgent live region; empty where nothing is wrong.
pub(super) const fn alert(words: &'static Words, snapshot: Snapshot) -> &'static str {
    match (snapshot.problem, snapshot.phase) {
        (None, _) => "",
        (Some(Problem::ServerLost | Problem::ServerFull), Phase::Talking { .. }) => words.call_continues,
        (Some(problem), _) => trouble(words, problem).spoken,
    }
}

/// The problem that takes the whole panel: in a call none does.
const fn notice(snapshot: Snapshot) -> Option<Problem> {
    match snapshot.phase {
        Phase::Talking { .. } => None,
        Phase::Landing
        | Phase::Asking
        | Phase::Ready
        | Phase::Waiting { .. }
        | Phase::Connecting { .. }
        | Phase::Ended { .. } => snapshot.problem,
    }
}

const fn said(words: &'static Words, snapshot: Snapshot) -> &'static Said {
    if let Some(problem) = notice(snapshot) {
        return trouble(words, problem);
    }
    match snapshot.phase {
        Phase::Landing => &words.landing,
        Phase::Asking => &words.asking,
        Phase::Ready => &words.ready,
        Phase::Waiting { unconnected: false } => &words.waiting,
        Phase::Waiting { unconnected: true } => &words.unconnected,
        Phase::Connecting { slow: false } => &words.connecting,
        Phase::Connecting { slow: true } => &words.connecting_slow,
        Phase::Talking { .. } => &words.talking,
        Phase::Ended { why: Farewell::Left } => &words.left,
        Phase::Ended { why: Farewell::Lost } => &words.lost,
    }
}

const fn trouble(words: &'static Words, problem: Problem) -> &'static Said {
    match problem {
        Problem::CameraBlocked => &words.camera_blocked,
        Problem::NoDevice => &words.no_device,
        Problem::DeviceBusy => &words.device_busy,
        Problem::Unsupported => &words.unsupported,
        Problem::Insecure => &words.insecure,
        Problem::ServerLost => &words.server_lost,
        Problem::ServerFull => &words.server_full,
        Problem::NoRelay => &words.no_relay,
    }
}

/// What is said when something to meet with is missing.
const fn without(words: &'static Words, snapshot: Snapshot) -> Option<&'static str> {
    match (snapshot.camera, snapshot.microphone) {
        (Device::Absent, Device::Absent) => Some(words.without_both),
        (Device::Absent, Device::On | Device::Off) => Some(words.without_camera),
        (Device::On | Device::Off, Device::Absent) => Some(words.without_microphone),
        (Device::On | Device::Off, Device::On | Device::Off) => None,
    }
}
