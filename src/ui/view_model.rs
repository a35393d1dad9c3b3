//! What is said in which state: a pure look-up from `Snapshot` to words; it must not know how it is drawn.

use super::i18n::{Said, Words};
use crate::call::{Browser, Device, Farewell, Flow, Intent, Phase, Problem, Snapshot, Switch};

/// How the page is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Screen {
    /// The first look.
    Landing,
    /// Something must be answered or put right before anything can begin.
    Notice,
    /// Oneself, before anything begins.
    Mirror,
    /// The dark surface of a call, from the queue on.
    Stage,
}

impl Screen {
    /// The stable name, for `data-screen`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Landing => "landing",
            Self::Notice => "notice",
            Self::Mirror => "mirror",
            Self::Stage => "stage",
        }
    }
}

/// What the panel says.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) heading: &'static str,
    pub(crate) sentence: &'static str,
    pub(crate) note: Option<&'static str>,
    /// The one thing to do: its name, and what it wants.
    pub(crate) action: Option<(&'static str, Intent)>,
    /// What can be done instead.
    pub(crate) second: Option<(&'static str, Intent)>,
}

/// How a state is laid out.
pub(crate) const fn screen(snapshot: Snapshot) -> Screen {
    match snapshot.phase {
        Phase::Landing if snapshot.problem.is_none() => Screen::Landing,
        Phase::Landing | Phase::Asking => Screen::Notice,
        Phase::Mirror => Screen::Mirror,
        Phase::Ready
        | Phase::Waiting { .. }
        | Phase::Connecting { .. }
        | Phase::Talking { .. }
        | Phase::Ended { .. } => Screen::Stage,
    }
}

/// What the panel says in a state.
pub(crate) fn scene(words: &'static Words, snapshot: Snapshot) -> Scene {
    let said = said(words, snapshot);
    let start = Some((words.start, Intent::Start));
    let (note, action, second) = match (notice(snapshot), snapshot.phase) {
        (Some(problem), _) => {
            let (action, second) = remedies(words, problem);
            (None, Some(action), second)
        }
        (None, Phase::Landing) => {
            let hides = snapshot.preferences.has(Switch::HideAddress);
            let note = if hides { words.address_hidden } else { words.address };
            (Some(note), start, Some((words.check, Intent::OpenMirror)))
        }
        (None, Phase::Mirror) => (without(words, snapshot), start, Some((words.stop, Intent::Stop))),
        (None, Phase::Asking) => (None, Some((words.stop, Intent::Stop)), None),
        (None, Phase::Waiting { .. }) if is_asked(snapshot) => {
            (None, Some((words.here, Intent::Start)), None)
        }
        (None, Phase::Talking { .. } | Phase::Ended { .. }) => (None, None, None),
        (None, Phase::Ready | Phase::Waiting { .. } | Phase::Connecting { .. }) => {
            (without(words, snapshot), None, None)
        }
    };
    Scene { heading: said.heading, sentence: said.sentence, note, action, second }
}

/// What can be done about a problem: the first thing, and another one.
const fn remedies(
    words: &'static Words,
    problem: Problem,
) -> ((&'static str, Intent), Option<(&'static str, Intent)>) {
    let again = (words.try_again, Intent::Start);
    match problem {
        Problem::CameraBlocked
        | Problem::CameraDismissed
        | Problem::CameraBlockedBySystem
        | Problem::NoDevice
        | Problem::DeviceBusy => (again, Some((words.start_without, Intent::StartWithout))),
        Problem::OtherTab => ((words.use_here, Intent::Start), None),
        Problem::Idle => ((words.start, Intent::Start), None),
        Problem::RateLimited => ((words.stop, Intent::Stop), None),
        Problem::Unsupported
        | Problem::Insecure
        | Problem::ServerLost
        | Problem::ServerFull
        | Problem::NetworkFull
        | Problem::Offline
        | Problem::NoRelay => (again, None),
    }
}

const fn is_asked(snapshot: Snapshot) -> bool {
    snapshot.surroundings.asks_presence
}

/// One short sentence for the polite live region; empty where there is no news or where [`alert`] has it.
pub(crate) const fn status(words: &'static Words, snapshot: Snapshot) -> &'static str {
    match notice(snapshot) {
        // Nothing is wrong, and it goes on by itself.
        Some(Problem::RateLimited) => return words.rate_limited.spoken,
        Some(_) => return "",
        None => {}
    }
    match snapshot.phase {
        Phase::Connecting { .. } | Phase::Talking { .. } if snapshot.asks_next => words.next_asked,
        Phase::Talking { flow: Flow::Interrupted, .. } => words.interrupted,
        Phase::Talking { flow: Flow::Reconnecting { .. }, .. } => words.reconnecting,
        Phase::Talking { .. } if snapshot.stranger.away => words.partner_away,
        Phase::Talking { .. } if snapshot.stranger.screen => words.partner_shares,
        Phase::Talking { partner, .. } => match (partner.video, partner.audio) {
            (true, true) => words.talking.spoken,
            (false, true) => words.partner_camera_off,
            (true, false) => words.partner_muted,
            (false, false) => words.partner_silent,
        },
        Phase::Landing
        | Phase::Asking
        | Phase::Mirror
        | Phase::Ready
        | Phase::Waiting { .. }
        | Phase::Connecting { .. }
        | Phase::Ended { .. } => match snapshot.seeking {
            Some(seeking) if !is_asked(snapshot) => words.sought_spoken[seeking.wants as usize],
            Some(_) | None => said(words, snapshot).spoken,
        },
    }
}

/// One short sentence for the urgent live region; empty where nothing is wrong.
pub(crate) const fn alert(words: &'static Words, snapshot: Snapshot) -> &'static str {
    match (snapshot.problem, snapshot.phase) {
        (None | Some(Problem::RateLimited), _) => "",
        (
            Some(Problem::ServerLost | Problem::ServerFull | Problem::NetworkFull | Problem::Offline),
            Phase::Talking { .. },
        ) => words.call_continues,
        (Some(problem), _) => trouble(words, problem).spoken,
    }
}

/// Whether somebody is there, or is on the way.
pub(crate) const fn is_met(snapshot: Snapshot) -> bool {
    match snapshot.phase {
        Phase::Connecting { .. } | Phase::Talking { .. } => true,
        Phase::Landing
        | Phase::Asking
        | Phase::Mirror
        | Phase::Ready
        | Phase::Waiting { .. }
        | Phase::Ended { .. } => false,
    }
}

/// The problem that takes the whole panel: in a call none does.
const fn notice(snapshot: Snapshot) -> Option<Problem> {
    match snapshot.phase {
        Phase::Talking { .. } => None,
        Phase::Landing
        | Phase::Asking
        | Phase::Mirror
        | Phase::Ready
        | Phase::Waiting { .. }
        | Phase::Connecting { .. }
        | Phase::Ended { .. } => snapshot.problem,
    }
}

const fn said(words: &'static Words, snapshot: Snapshot) -> Said {
    match notice(snapshot) {
        Some(Problem::CameraBlocked) => {
            let sentence = words.blocked_steps[steps(snapshot.surroundings.browser)];
            return Said { sentence, ..words.camera_blocked };
        }
        Some(problem) => return trouble(words, problem),
        None => {}
    }
    match snapshot.phase {
        Phase::Landing => words.landing,
        Phase::Asking => words.asking,
        Phase::Mirror => words.mirror,
        Phase::Ready => words.ready,
        Phase::Waiting { .. } if is_asked(snapshot) => words.still_there,
        Phase::Waiting { unconnected: false } => words.waiting,
        Phase::Waiting { unconnected: true } => words.unconnected,
        Phase::Connecting { slow: false } => words.connecting,
        Phase::Connecting { slow: true } => words.connecting_slow,
        Phase::Talking { .. } => words.talking,
        Phase::Ended { why: Farewell::Left } => words.left,
        Phase::Ended { why: Farewell::Lost } => words.lost,
    }
}

const fn trouble(words: &'static Words, problem: Problem) -> Said {
    match problem {
        Problem::CameraBlocked => words.camera_blocked,
        Problem::CameraDismissed => words.camera_dismissed,
        Problem::CameraBlockedBySystem => words.blocked_by_system,
        Problem::NoDevice => words.no_device,
        Problem::DeviceBusy => words.device_busy,
        Problem::Unsupported => words.unsupported,
        Problem::Insecure => words.insecure,
        Problem::ServerLost => words.server_lost,
        Problem::ServerFull => words.server_full,
        Problem::NetworkFull => words.network_full,
        Problem::RateLimited => words.rate_limited,
        Problem::NoRelay => words.no_relay,
        Problem::Offline => words.offline,
        Problem::OtherTab => words.other_tab,
        Problem::Idle => words.idle,
    }
}

/// Which of the steps are this browser's.
const fn steps(browser: Browser) -> usize {
    match browser {
        Browser::Other => 0,
        Browser::Chromium => 1,
        Browser::ChromiumOnAndroid => 2,
        Browser::Firefox => 3,
        Browser::Safari => 4,
        Browser::OnIos => 5,
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
